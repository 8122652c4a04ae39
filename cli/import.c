#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "mapping.h"
#include "open.h"
#include "output.h"
#include "progress.h"
#include "records.h"
#include "signals.h"

#define BATCH_DEFAULT 1000
#define BATCH_BYTES_MAX ((size_t)32 << 20) /* of arguments, the last ones not counted */
#define NAME_SIZE 64                       /* of a parameter in a message */

/* Arguments that wait to become one record, one after another in `data`. */
typedef struct waiting {
  uint8_t *data;
  size_t size, capacity;
  size_t *ends;
  uint64_t *lines;
  size_t count;
} waiting;

typedef struct importing {
  tn_engine *engine;
  const char *model, *op;
  records records;
  mappings maps;
  uint64_t batch, errors_max;
  waiting waiting;
  tn_builder args;
  tn_result result;
  progress progress;
  uint64_t seen, imported, batches, errors;
  uint64_t imported_line; /* everything up to it was taken in, but for what was refused */
} importing;

/* ---- what waits ------------------------------------------------------------------------------ */

static bool keep(waiting *w, tn_value args, uint64_t line) {
  if (w->capacity - w->size < args.size) {
    size_t capacity = w->capacity * 2 + args.size + 4096;
    uint8_t *data = (uint8_t *)realloc(w->data, capacity);
    if (!data) return false;
    w->data = data;
    w->capacity = capacity;
  }
  memcpy(w->data + w->size, args.data, args.size);
  w->size += args.size;
  w->ends[w->count] = w->size;
  w->lines[w->count++] = line;
  return true;
}

/* ---- what is refused ------------------------------------------------------------------------- */

/* Says which record it is; true when the import goes on without it. */
static bool refuse(importing *im, uint64_t line, const tn_error *error) {
  tn_error shown = *error;
  progress_clear(&im->progress);
  snprintf(shown.where, sizeof shown.where, "line %" PRIu64 "%s%.100s", line, error->where[0] ? ", " : "",
           error->where);
  complain("import", &shown);
  im->errors++;
  return im->errors <= im->errors_max;
}

/* The record's fault, not the engine's or the system's. */
static bool is_about_record(tn_status status) { return status != TN_OK && status < TN_BUSY && status != TN_DENIED; }

/* ---- batches -------------------------------------------------------------------------------- */

/* Within the txn a failing operation takes back only itself. */
static tn_status do_waiting(importing *im, tn_txn *txn, uint64_t *done, tn_error *error) {
  const waiting *w = &im->waiting;
  for (size_t i = 0, start = 0; i < w->count; start = w->ends[i++]) {
    tn_value args = {w->data + start, w->ends[i] - start};
    *error = (tn_error)TN_ERROR_INIT;
    tn_status status = tn_do(txn, im->model, im->op, args, &im->result, error);
    error->status = status;
    if (status == TN_OK)
      ++*done;
    else if (!is_about_record(status))
      return status;
    else if (!refuse(im, w->lines[i], error))
      return error->status = TN_OK, status;
  }
  return TN_OK;
}

/* All that wait become one record. */
static tn_status flush(importing *im, tn_error *error) {
  waiting *w = &im->waiting;
  tn_txn *txn;
  uint64_t done = 0;
  if (w->count == 0) return TN_OK;
  tn_status status = tn_begin(im->engine, TN_WRITE, NULL, &txn, error);
  if (status != TN_OK) return status;
  status = do_waiting(im, txn, &done, error);
  if (status != TN_OK) {
    tn_abort(txn);
    return status;
  }
  status = tn_commit(txn, NULL, error);
  if (status != TN_OK) return status;
  im->imported += done;
  im->batches += done > 0;
  im->imported_line = w->lines[w->count - 1];
  w->count = w->size = 0;
  return tn_tick(im->engine, error);
}

/* Keeps the arguments; what waits becomes a record when it is enough. */
static tn_status take(importing *im, tn_value args, tn_error *error) {
  if (!keep(&im->waiting, args, im->records.line)) return tn_error_set(error, TN_NOMEM, NULL, "out of memory");
  im->seen++;
  if (im->waiting.count < im->batch && im->waiting.size < BATCH_BYTES_MAX) return TN_OK;
  return flush(im, error);
}

/* A record that is none, or gives no arguments. What is told already leaves no status in the error. */
static tn_status pass_over(importing *im, tn_error *error) {
  bool goes_on = refuse(im, im->records.line, error);
  error->status = TN_OK;
  if (goes_on && !im->records.broken) return TN_OK;
  tn_status status = goes_on ? flush(im, error) : TN_OK;
  return status != TN_OK ? status : TN_INVALID;
}

/* TN_OK: everything was read. An error that was not told yet has its status set. */
static tn_status import_all(importing *im, tn_error *error) {
  for (;;) {
    tn_value record, args;
    *error = (tn_error)TN_ERROR_INIT;
    if (signals_caught() != 0) return TN_INTERRUPTED;
    tn_status status = records_next(&im->records, &record, error);
    if (status == TN_NOT_FOUND) return flush(im, error);
    if (status == TN_OK) status = mappings_args(&im->maps, record, &im->args, &args, error);
    if (status == TN_OK)
      status = take(im, args, error);
    else if (status == TN_INVALID || status == TN_LIMIT)
      status = pass_over(im, error);
    if (status != TN_OK) return status;
    progress_show(&im->progress, im->seen, im->records.consumed);
  }
}

static int finish(importing *im, tn_status status, const tn_error *error) {
  output out = OUTPUT_INIT;
  progress_clear(&im->progress);
  if (status != TN_OK && error->status != TN_OK && signals_caught() == 0) complain("import", error);
  fprintf(out.file, "imported %" PRIu64 " record%s in %" PRIu64 " batch%s", im->imported,
          im->imported == 1 ? "" : "s", im->batches, im->batches == 1 ? "" : "es");
  if (im->errors > 0) fprintf(out.file, ", %" PRIu64 " refused", im->errors);
  if (status != TN_OK && im->imported_line == 0)
    fputs("; stopped: nothing is in", out.file);
  else if (status != TN_OK)
    fprintf(out.file, "; stopped: nothing after line %" PRIu64 " is in", im->imported_line);
  fputc('\n', out.file);
  return output_end(&out, "import", status == TN_OK && im->errors == 0 ? EXIT_FINE : EXIT_FAILED);
}

/* ---- what was typed -------------------------------------------------------------------------- */

static tn_status read_maps(importing *im, const cli_arguments *arguments, tn_error *error) {
  static const char *const options[] = {"--map", "--set"};
  const char *text;
  tn_status status = TN_OK;
  for (int o = 0; o < 2; o++)
    for (unsigned i = 0; status == TN_OK && (text = arguments_text(arguments, options[o], i)) != NULL; i++)
      status = mappings_add(&im->maps, options[o], text, error);
  return status;
}

static tn_status find_format(const cli_arguments *arguments, records_format *out, tn_error *error) {
  const char *name = arguments_text(arguments, "--format", 0), *file = arguments_operand(arguments, 3);
  const char *dot = strrchr(file, '.');
  if (name)
    return records_format_of(name, out)
               ? TN_OK
               : tn_error_set(error, TN_UNKNOWN, "--format", "'%s' is none of jsonl, json, csv", name);
  if (dot && (records_format_of(dot + 1, out) || (strcmp(dot, ".ndjson") == 0 && records_format_of("jsonl", out))))
    return TN_OK;
  return tn_error_set(error, TN_INVALID, file,
                      "the format does not show in the name; say --format jsonl, json or csv");
}

static bool is_named(tn_value object, const char *name, tn_slice wanted) {
  tn_slice have;
  return tn_get_string(object, name, &have) == TN_OK && have.size == wanted.size &&
         memcmp(have.data, wanted.data, wanted.size) == 0;
}

static tn_value find_named(tn_value list, tn_slice name) {
  for (tn_iter it = tn_iter_of(list); tn_iter_next(&it);)
    if (is_named(it.value, "name", name)) return it.value;
  return TN_NO_VALUE;
}

static tn_status refuse_param(const char *op, tn_slice wanted, tn_value params, tn_error *error) {
  char typed[NAME_SIZE], known[NAME_SIZE], meant[NAME_SIZE] = "";
  unsigned best = WORD_FAR;
  snprintf(typed, sizeof typed, "%.*s", (int)wanted.size, (const char *)wanted.data);
  for (tn_iter it = tn_iter_of(params); tn_iter_next(&it);) {
    tn_slice name = {"", 0};
    (void)tn_get_string(it.value, "name", &name);
    snprintf(known, sizeof known, "%.*s", (int)name.size, (const char *)name.data);
    if (word_nearer(typed, known, &best)) memcpy(meant, known, sizeof meant);
  }
  if (meant[0] != '\0')
    return tn_error_set(error, TN_UNKNOWN, "--map", "'%s' has no parameter '%s'; did you mean '%s'?", op, typed,
                        meant);
  return tn_error_set(error, TN_UNKNOWN, "--map", "'%s' has no parameter '%s'; `tenon info` lists them", op, typed);
}

/* The op is there, changes something, and has the parameters that are mapped. */
static tn_status check_op(const importing *im, tn_error *error) {
  const tn_op *prepared;
  tn_result all = TN_RESULT_INIT;
  tn_status status = tn_op_prepare(im->engine, im->model, im->op, &prepared, error);
  if (status == TN_OK) status = tn_describe(im->engine, &all, error);
  if (status != TN_OK) return status;
  tn_value ops = tn_field(tn_field(tn_field(all.value, "models"), im->model), "ops");
  tn_value op = find_named(ops, (tn_slice){im->op, strlen(im->op)}), params = tn_field(op, "params");
  if (is_named(op, "kind", (tn_slice){"query", 5}))
    status = tn_error_set(error, TN_INVALID, "OP",
                          "'%s' is a query; an import needs an operation that changes something", im->op);
  for (unsigned i = 0; status == TN_OK && i < im->maps.count; i++) {
    tn_slice param = mappings_param(&im->maps, i);
    if (tn_is_absent(find_named(params, param))) status = refuse_param(im->op, param, params, error);
  }
  tn_result_free(&all);
  return status;
}

static tn_status read_arguments(importing *im, const cli_arguments *arguments, tn_error *error) {
  records_format format;
  tn_status status = find_format(arguments, &format, error);
  bool typed = arguments_has(arguments, "--typed");
  if (status == TN_OK && typed && format != RECORDS_CSV)
    status = tn_error_set(error, TN_INVALID, "--typed", "only CSV has fields without a type");
  if (status == TN_OK) status = read_maps(im, arguments, error);
  im->model = arguments_operand(arguments, 1);
  im->op = arguments_operand(arguments, 2);
  im->batch = arguments_number(arguments, "--batch", BATCH_DEFAULT);
  im->errors_max = arguments_number(arguments, "--max-errors", 0);
  if (status == TN_OK && (im->batch == 0 || im->batch > TN_BATCH_OPS_MAX))
    status = tn_error_set(error, TN_INVALID, "--batch", "expected 1 to %d records", TN_BATCH_OPS_MAX);
  if (status != TN_OK) return status;
  im->records = (records)RECORDS_INIT(STDIN_FILENO, format, typed);
  im->waiting.ends = (size_t *)malloc(im->batch * sizeof *im->waiting.ends);
  im->waiting.lines = (uint64_t *)malloc(im->batch * sizeof *im->waiting.lines);
  return im->waiting.ends && im->waiting.lines ? TN_OK : tn_error_set(error, TN_NOMEM, NULL, "out of memory");
}

static tn_status open_file(importing *im, const char *path, tn_error *error) {
  struct stat found;
  if (strcmp(path, "-") != 0) im->records.fd = open(path, O_RDONLY | O_CLOEXEC);
  if (im->records.fd < 0 || fstat(im->records.fd, &found) != 0)
    return tn_error_set(error, TN_IO, path, "cannot open it: %s", strerror(errno));
  if (S_ISDIR(found.st_mode)) return tn_error_set(error, TN_IO, path, "this is a folder");
  im->progress = progress_start("import", S_ISREG(found.st_mode) ? (uint64_t)found.st_size : 0);
  return TN_OK;
}

/* ---- the command ---------------------------------------------------------------------------- */

static int run_import(importing *im) {
  tn_error error = TN_ERROR_INIT, closing = TN_ERROR_INIT;
  int code;
  tn_status status = check_op(im, &error);
  if (status != TN_OK) {
    complain("import", &error);
    code = EXIT_USAGE;
  } else {
    (void)signals_catch(im->engine);
    status = import_all(im, &error);
    signals_forget_engine();
    code = finish(im, status, &error);
    if (status != TN_OK && signals_caught() != 0) code = EXIT_SIGNAL + signals_caught();
  }
  if (tn_close(im->engine, &closing) != TN_OK) {
    complain("import", &closing);
    code = EXIT_FAILED;
  }
  return code;
}

static void free_import(importing *im) {
  if (im->records.fd > STDIN_FILENO) close(im->records.fd);
  records_free(&im->records);
  free(im->waiting.data);
  free(im->waiting.ends);
  free(im->waiting.lines);
  tn_builder_free(&im->args);
  mappings_free(&im->maps);
  tn_result_free(&im->result);
}

static int import(const cli_arguments *arguments) {
  importing im = {
      .records = RECORDS_INIT(-1, RECORDS_JSONL, false), .args = TN_BUILDER_INIT, .result = TN_RESULT_INIT};
  tn_error error = TN_ERROR_INIT;
  int code = EXIT_USAGE;
  tn_status status = read_arguments(&im, arguments, &error);
  if (status == TN_OK) status = open_file(&im, arguments_operand(arguments, 3), &error);
  if (status == TN_OK) status = open_engine(arguments, false, &im.engine, &error);
  if (status == TN_OK)
    code = run_import(&im);
  else
    complain("import", &error);
  free_import(&im);
  return code;
}

static const cli_option import_options[] = {
    {"--format", "jsonl|json|csv", OPTION_TEXT, "what FILE holds; by its extension when not given"},
    {"--map", "PARAM=FIELD", OPTION_TEXTS, "argument PARAM is the record's FIELD; may be repeated"},
    {"--set", "PARAM=VALUE", OPTION_TEXTS,
     "argument PARAM is VALUE, JSON or a word, for each record; may be repeated"},
    {"--typed", NULL, OPTION_FLAG, "CSV: numbers, true, false and null without quotes are such"},
    {"--batch", "N", OPTION_NUMBER, "records that become one atomic journal record; 1000 when not given"},
    {"--max-errors", "N", OPTION_NUMBER, "go on without up to N records that are refused; 0 when not given"},
    {NULL, NULL, OPTION_FLAG, NULL},
};

const cli_command command_import = {
    .name = "import",
    .operands = "CONFIG MODEL OP FILE",
    .operands_min = 4,
    .operands_max = 4,
    .options = import_options,
    .summary = "run one operation for each record of a file",
    .details =
        "FILE (- is standard input) holds JSON lines, one JSON array, or CSV whose first row names the fields. It "
        "is\n"
        "read piece by piece, whatever its size. Each record is the operation's arguments: an object by name, an "
        "array\n"
        "by position. With --map only what is mapped is handed over; FIELD is a name or a path like address.city, "
        "and\n"
        ". is the whole record. A field that is not there is an argument that is not given. --set adds what no "
        "record\n"
        "has, such as the label of all nodes of a file.\n"
        "\n"
        "CSV follows RFC 4180: fields are separated by commas, may stand in quotes, and then hold commas, line "
        "feeds\n"
        "and doubled quotes. They are strings, unless --typed is given: then one without quotes that is a JSON\n"
        "number, true, false or null becomes that.\n"
        "\n"
        "A record that is refused is reported with its line. Beyond --max-errors the import stops, and nothing of "
        "the\n"
        "batch that the record is in gets in; the last line printed says up to where everything is.\n"
        "\n"
        "Exit code: 0 everything is in, 1 records were refused, or it stopped, 2 it could not begin, 128 + N "
        "stopped\n"
        "by signal N.\n",
    .run = import,
};
