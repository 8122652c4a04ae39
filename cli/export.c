#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "mapping.h"
#include "open.h"
#include "output.h"
#include "signals.h"

#define OP_DEFAULT "export"

/* How rows are printed. */
typedef enum form {
  FORM_LINES, /* of JSON */
  FORM_ARRAY, /* one of JSON */
  FORM_TEXT   /* rows are strings, lines as they are */
} form;

typedef struct exporting {
  output output;
  form form;
  uint64_t rows;
  tn_error error; /* why a row could not be printed */
} exporting;

static tn_status print_text(exporting *ex, tn_value row) {
  tn_slice line;
  if (!tn_as_string(row, &line))
    return tn_error_set(&ex->error, TN_INVALID, NULL, "a row is no text but %s", tn_type_name(tn_value_type(row)));
  output_slice(&ex->output, line);
  fputc('\n', ex->output.file);
  return TN_OK;
}

static tn_status print_json(exporting *ex, tn_value row) {
  tn_slice text;
  tn_status status = tn_encode("json", row, &text, &ex->error);
  if (status != TN_OK) return status;
  if (ex->form == FORM_ARRAY) fputs(ex->rows == 0 ? "[" : ",\n", ex->output.file);
  output_slice(&ex->output, text);
  if (ex->form == FORM_LINES) fputc('\n', ex->output.file);
  tn_text_free(text);
  return TN_OK;
}

static tn_status print_row(void *arg, tn_value row) {
  exporting *ex = (exporting *)arg;
  if (!output_is_fine(&ex->output) || signals_caught() != 0) return TN_INTERRUPTED;
  tn_status status = ex->form == FORM_TEXT ? print_text(ex, row) : print_json(ex, row);
  ex->rows += status == TN_OK;
  return status;
}

/* A query that does not give rows answers one value. */
static tn_status print_rows(tn_engine *engine, const tn_op *op, tn_value args, exporting *ex, tn_error *error) {
  tn_result result = TN_RESULT_INIT;
  tn_call call = TN_CALL_INIT;
  call.on_row = print_row;
  call.row_arg = ex;
  tn_status status = tn_run_op(engine, op, args, &call, &result, error);
  tn_result_free(&result);
  if (status == TN_OK && ex->form == FORM_ARRAY) fputs(ex->rows == 0 ? "[]\n" : "]\n", ex->output.file);
  return status;
}

/* Only a query that gives rows is something to export. */
static tn_status check_rows(tn_engine *engine, const char *model, const char *op, tn_error *error) {
  tn_result all = TN_RESULT_INIT;
  bool rows = false;
  tn_slice name;
  tn_status status = tn_describe(engine, &all, error);
  tn_value ops = tn_field(tn_field(tn_field(all.value, "models"), model), "ops");
  for (tn_iter it = tn_iter_of(ops); status == TN_OK && tn_iter_next(&it);)
    if (tn_get_string(it.value, "name", &name) == TN_OK && name.size == strlen(op) &&
        memcmp(name.data, op, name.size) == 0)
      (void)tn_get_bool(it.value, "rows", &rows);
  tn_result_free(&all);
  if (status != TN_OK || rows) return status;
  return tn_error_set(error, TN_INVALID, "--op", "'%s' is no query that gives rows", op);
}

/* What is asked for: a form, and the query whose rows have it. */
typedef struct request {
  form form;
  const char *op;
  bool named; /* the op was, by --op */
  tn_value args;
  tn_builder built; /* they are in it */
} request;

/* The arguments that --set gives. */
static tn_status read_sets(const cli_arguments *arguments, request *r, tn_error *error) {
  tn_builder none = TN_BUILDER_INIT;
  mappings sets = {.count = 0};
  const char *text;
  tn_status status = TN_OK;
  for (unsigned i = 0; status == TN_OK && (text = arguments_text(arguments, "--set", i)) != NULL; i++)
    status = mappings_add(&sets, "--set", text, error);
  if (status == TN_OK && sets.count > 0)
    status = mappings_args(&sets, tn_build_object(&none, NULL, 0), &r->built, &r->args, error);
  mappings_free(&sets);
  tn_builder_free(&none);
  return status;
}

/* A form that a model may offer: its query is export_NAME, and its rows are lines of text. */
static bool text_form(const cli_arguments *arguments, const char **op) {
  static const char *const ops[][2] = {{"--dot", OP_DEFAULT "_dot"}, {"--graphml", OP_DEFAULT "_graphml"}};
  for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
    if (arguments_has(arguments, ops[i][0])) return *op = ops[i][1], true;
  return false;
}

static tn_status read_request(const cli_arguments *arguments, request *r, tn_error *error) {
  const char *format = arguments_text(arguments, "--format", 0), *op = arguments_text(arguments, "--op", 0);
  int forms = (format != NULL) + arguments_has(arguments, "--jsonl") + arguments_has(arguments, "--dot") +
              arguments_has(arguments, "--graphml");
  bool array = format && strcmp(format, "json") == 0;
  if (format && !array && strcmp(format, "jsonl") != 0)
    return tn_error_set(error, TN_INVALID, "--format", "expected jsonl or json, not '%s'", format);
  if (forms > 1) return tn_error_set(error, TN_INVALID, "--format", "expected one form, not several");
  r->form = array ? FORM_ARRAY : FORM_LINES;
  r->op = op ? op : OP_DEFAULT;
  r->named = op != NULL;
  tn_status status = read_sets(arguments, r, error);
  if (status != TN_OK) return status;
  if (!text_form(arguments, &r->op)) return TN_OK;
  r->form = FORM_TEXT;
  return op ? tn_error_set(error, TN_INVALID, "--op", "a form of text has its own query, '%s'", r->op) : TN_OK;
}

static tn_status find_op(tn_engine *engine, const char *model, const request *r, const tn_op **op, tn_error *error) {
  tn_error found = TN_ERROR_INIT;
  tn_status status = tn_op_prepare(engine, model, r->op, op, &found);
  if (status == TN_OK) return check_rows(engine, model, r->op, error);
  if (r->named || strcmp(found.where, "op") != 0) return *error = found, status;
  if (r->form == FORM_TEXT)
    return tn_error_set(error, status, "op", "'%s' has no operation '%s', so it cannot be had in this form", model,
                        r->op);
  return tn_error_set(error, status, "op", "'%s' has no operation '%s'; name a query that gives rows: --op QUERY",
                      model, OP_DEFAULT);
}

static int export_rows(const cli_arguments *arguments, tn_engine *engine, const request *r) {
  exporting ex = {OUTPUT_INIT, r->form, 0, TN_ERROR_INIT};
  tn_error error = TN_ERROR_INIT;
  const tn_op *op;
  if (find_op(engine, arguments_operand(arguments, 1), r, &op, &error) != TN_OK) {
    complain("export", &error);
    return EXIT_USAGE;
  }
  (void)signals_catch(engine);
  tn_status status = print_rows(engine, op, r->args, &ex, &error);
  signals_forget_engine();
  if (status != TN_OK && !ex.output.failed && signals_caught() == 0)
    complain("export", ex.error.status != TN_OK ? &ex.error : &error);
  int code = output_end(&ex.output, "export", status == TN_OK ? EXIT_FINE : EXIT_FAILED);
  return signals_caught() != 0 ? EXIT_SIGNAL + signals_caught() : code;
}

static int export(const cli_arguments *arguments) {
  tn_error error = TN_ERROR_INIT;
  tn_engine *engine;
  request r = {FORM_LINES, OP_DEFAULT, false, TN_NO_VALUE, TN_BUILDER_INIT};
  tn_status status = read_request(arguments, &r, &error);
  if (status == TN_OK) status = open_source(arguments, &engine, &error);
  if (status != TN_OK) {
    complain("export", &error);
    tn_builder_free(&r.built);
    return EXIT_USAGE;
  }
  int code = export_rows(arguments, engine, &r);
  (void)tn_close(engine, NULL);
  tn_builder_free(&r.built);
  return code;
}

static const cli_option export_options[] = {
    {"--op", "QUERY", OPTION_TEXT, "the query whose rows are printed; export when not given"},
    {"--set", "PARAM=VALUE", OPTION_TEXTS, "argument PARAM of the query is VALUE, JSON or a word; may be repeated"},
    {"--format", "jsonl|json", OPTION_TEXT, "a line per row, or one array; jsonl when not given"},
    {"--jsonl", NULL, OPTION_FLAG, "the same as --format jsonl"},
    {"--dot", NULL, OPTION_FLAG, "Graphviz text, of a model that has export_dot: a graph"},
    {"--graphml", NULL, OPTION_FLAG, "GraphML, of a model that has export_graphml: a graph"},
    {NULL, NULL, OPTION_FLAG, NULL},
};

const cli_command command_export = {
    .name = "export",
    .operands = "CONFIG MODEL",
    .operands_min = 2,
    .operands_max = 2,
    .options = export_options,
    .summary = "print what a model holds, as records that import takes",
    .details =
        "Prints the rows of the model's query `export`; each is the arguments of one of its commands. For a kv that "
        "is\n"
        "put:\n"
        "\n"
        "  tenon export old.json cart >cart.jsonl\n"
        "  tenon import new.json cart put cart.jsonl\n"
        "\n"
        "restores keys, values and expiry. Any other query that gives rows is named by --op, its\n"
        "arguments by --set:\n"
        "\n"
        "  tenon export shop.json catalog --set collection=people >people.jsonl\n"
        "\n"
        "A program may own the data; what is durable is printed, as one version.\n"
        "\n"
        "Exit code: 0 all printed, 1 not all of it, 2 nothing could be read or written, 128 + N ended by signal N.\n",
    .run = export,
};
