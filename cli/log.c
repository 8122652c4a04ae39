#include <inttypes.h>
#include <stdio.h>

#include "commands.h"
#include "open.h"
#include "record.h"
#include "signals.h"

typedef struct printer {
  record_printer records;
  tn_error error; /* why a record could not be printed */
} printer;

static tn_status print_record(void *arg, uint64_t seq, tn_value record) {
  printer *p = (printer *)arg;
  (void)seq;
  if (!output_is_fine(&p->records.output) || signals_caught() != 0) return TN_INTERRUPTED;
  return record_print(&p->records, record, TN_NO_VALUE, &p->error);
}

static int print_log(tn_engine *engine, printer *p, uint64_t from, uint64_t to) {
  tn_error error = TN_ERROR_INIT;
  tn_status status = tn_journal_read(engine, from, to, print_record, p, &error);
  if (status == TN_OK || p->records.output.failed || signals_caught() != 0) return EXIT_FINE;
  complain("log", p->error.status != TN_OK ? &p->error : &error);
  return EXIT_FAILED;
}

static int log_records(const cli_arguments *arguments) {
  uint64_t from = arguments_number(arguments, "--from", 0), to = arguments_number(arguments, "--to", UINT64_MAX);
  printer p = {RECORD_PRINTER_INIT, TN_ERROR_INIT};
  tn_error error = TN_ERROR_INIT;
  tn_engine *engine;
  if (to == 0 || to < from) {
    fprintf(stderr, "tenon log: no record is from %" PRIu64 " to %" PRIu64 "; the first one ever is 1\n", from, to);
    return EXIT_USAGE;
  }
  if (open_engine(arguments, true, &engine, &error) != TN_OK) {
    complain("log", &error);
    return EXIT_USAGE;
  }
  (void)signals_catch(engine);
  int code = print_log(engine, &p, from, to == UINT64_MAX ? 0 : to);
  signals_forget_engine();
  tn_builder_free(&p.records.line);
  (void)tn_close(engine, NULL);
  code = output_end(&p.records.output, "log", code);
  return signals_caught() != 0 ? EXIT_SIGNAL + signals_caught() : code;
}

static const cli_option log_options[] = {
    {"--from", "SEQ", OPTION_NUMBER, "the first record wanted; the oldest there is when not given"},
    {"--to", "SEQ", OPTION_NUMBER, "the last record wanted; the newest there is when not given"},
    {NULL, NULL, OPTION_FLAG, NULL},
};

const cli_command command_log = {
    .name = "log",
    .operands = "CONFIG",
    .operands_min = 1,
    .operands_max = 1,
    .options = log_options,
    .summary = "print the journal's records",
    .details =
        "Each record is a line of JSON: what was done, when, by whom, and the digest of the state after it.\n"
        "It changes nothing and works beside a program that owns the data; it then prints what is durable.\n"
        "\n"
        "Exit code: 0 all printed, 1 the journal could not be read to the end, 2 it could not be opened.\n",
    .run = log_records,
};
