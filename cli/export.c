#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "open.h"
#include "output.h"
#include "sets.h"
#include "signals.h"

#define OP_DEFAULT "export"

typedef struct exporting {
  output output;
  bool array;
  uint64_t rows;
  tn_error error; /* why a row could not be printed */
} exporting;

static tn_status print_row(void *arg, tn_value row) {
  exporting *ex = (exporting *)arg;
  tn_slice text;
  if (!output_is_fine(&ex->output) || signals_caught() != 0) return TN_INTERRUPTED;
  tn_status status = tn_encode("json", row, &text, &ex->error);
  if (status != TN_OK) return status;
  if (ex->array) fputs(ex->rows == 0 ? "[" : ",\n", ex->output.file);
  output_slice(&ex->output, text);
  if (!ex->array) fputc('\n', ex->output.file);
  tn_text_free(text);
  ex->rows++;
  return TN_OK;
}

/* A query that does not give rows answers one value. */
static tn_status print_rows(tn_engine *engine, const tn_op *op, tn_value args, exporting *ex, tn_error *error) {
  tn_result result = TN_RESULT_INIT;
  tn_call call = TN_CALL_INIT;
  call.on_row = print_row;
  call.row_arg = ex;
  tn_status status = tn_run_op(engine, op, args, &call, &result, error);
  tn_result_free(&result);
  if (status == TN_OK && ex->array) fputs(ex->rows == 0 ? "[]\n" : "]\n", ex->output.file);
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

static tn_status find_op(tn_engine *engine, const char *model, const char *name, const tn_op **op, tn_error *error) {
  tn_error found = TN_ERROR_INIT;
  tn_status status = tn_op_prepare(engine, model, name ? name : OP_DEFAULT, op, &found);
  if (status == TN_OK) return check_rows(engine, model, name ? name : OP_DEFAULT, error);
  if (name || strcmp(found.where, "op") != 0) return *error = found, status;
  return tn_error_set(error, status, "op", "'%s' has no operation '%s'; name a query that gives rows: --op QUERY",
                      model, OP_DEFAULT);
}

static int export_rows(const cli_arguments *arguments, tn_engine *engine, tn_value args, bool array) {
  exporting ex = {OUTPUT_INIT, array, 0, TN_ERROR_INIT};
  tn_error error = TN_ERROR_INIT;
  const tn_op *op;
  if (find_op(engine, arguments_operand(arguments, 1), arguments_text(arguments, "--op", 0), &op, &error) != TN_OK) {
    complain("export", &error);
    return EXIT_USAGE;
  }
  (void)signals_catch(engine);
  tn_status status = print_rows(engine, op, args, &ex, &error);
  signals_forget_engine();
  if (status != TN_OK && !ex.output.failed && signals_caught() == 0)
    complain("export", ex.error.status != TN_OK ? &ex.error : &error);
  int code = output_end(&ex.output, "export", status == TN_OK ? EXIT_FINE : EXIT_FAILED);
  return signals_caught() != 0 ? EXIT_SIGNAL + signals_caught() : code;
}

static int export(const cli_arguments *arguments) {
  const char *format = arguments_text(arguments, "--format", 0);
  tn_error error = TN_ERROR_INIT;
  tn_builder args = TN_BUILDER_INIT;
  tn_engine *engine;
  bool array = format && strcmp(format, "json") == 0;
  if (format && !array && strcmp(format, "jsonl") != 0) {
    fprintf(stderr, "tenon export: --format is jsonl or json, not '%s'\n", format);
    return EXIT_USAGE;
  }
  if (read_sets(arguments, &args, &error) != TN_OK || open_source(arguments, &engine, &error) != TN_OK) {
    complain("export", &error);
    tn_builder_free(&args);
    return EXIT_USAGE;
  }
  int code = export_rows(arguments, engine, tn_built(&args), array);
  (void)tn_close(engine, NULL);
  tn_builder_free(&args);
  return code;
}

static const cli_option export_options[] = {
    {"--op", "QUERY", OPTION_TEXT, "the query whose rows are printed; export when not given"},
    OPTION_SET,
    {"--format", "jsonl|json", OPTION_TEXT, "a line per row, or one array; jsonl when not given"},
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
        "restores keys, values and expiry. Any other query that gives rows is named by --op, and gets its arguments "
        "by\n"
        "--set. The documents of a collection, as they are:\n"
        "\n"
        "  tenon export shop.json catalog --op find --set collection=people --set 'sort={\"name\":1}' >people.jsonl\n"
        "\n"
        "A program may own the data; what is durable is printed, as one version.\n"
        "\n"
        "Exit code: 0 all printed, 1 not all of it, 2 nothing could be read or written, 128 + N ended by signal N.\n",
    .run = export,
};
