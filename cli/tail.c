#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "open.h"
#include "point.h"
#include "record.h"
#include "signals.h"

#define WAIT_MS 100 /* how long a signal, or a reader that went away, may go unnoticed */
#define MODELS_MAX 64

/* Somebody read from a pipe and has gone: waiting for the next record would be waiting for nobody. */
static bool reader_is_gone(const output *out) {
  struct pollfd p = {fileno(out->file), 0, 0};
  return poll(&p, 1, 0) == 1 && (p.revents & POLLERR) != 0;
}

static bool goes_on(output *out) { return signals_caught() == 0 && output_is_fine(out) && !reader_is_gone(out); }

/* What is there is printed at once; before it waits, all of it is handed on. */
static int print_items(tn_feed *feed, record_printer *p) {
  tn_error error = TN_ERROR_INIT;
  tn_feed_item item;
  uint32_t wait_ms = 0;
  while (goes_on(&p->output)) {
    tn_status status = tn_feed_next(feed, wait_ms, &item, &error);
    if (status == TN_OK) status = record_print(p, item.record, item.changes, &error);
    wait_ms = status == TN_NOT_FOUND ? WAIT_MS : 0;
    if (status == TN_NOT_FOUND && !output_flush(&p->output)) break;
    if (status == TN_OK || status == TN_NOT_FOUND || status == TN_INTERRUPTED)
      continue; /* by a signal: it was noted */
    complain("tail", &error);
    return EXIT_FAILED;
  }
  return reader_is_gone(&p->output) ? EXIT_SIGNAL + SIGPIPE : EXIT_FINE;
}

static tn_status read_options(const cli_arguments *arguments, tn_feed_options *options,
                              const char *models[MODELS_MAX + 1], tn_error *error) {
  const char *from = arguments_text(arguments, "--from", 0);
  unsigned count = 0;
  while (count <= MODELS_MAX && (models[count] = arguments_text(arguments, "--model", count)) != NULL) count++;
  if (count > MODELS_MAX)
    return tn_error_set(error, TN_LIMIT, "--model", "at most %d models can be named", MODELS_MAX);
  if (count > 0) options->models = models;
  options->changes = arguments_has(arguments, "--changes");
  if (arguments_text(arguments, "--from", 1))
    return tn_error_set(error, TN_INVALID, "--from", "--from is given more than once");
  return from ? point_parse_from(from, options, error) : TN_OK;
}

static int tail_engine(tn_engine *engine, const tn_feed_options *options) {
  record_printer p = RECORD_PRINTER_INIT;
  tn_error error = TN_ERROR_INIT;
  tn_feed *feed = NULL;
  int code = EXIT_USAGE;
  if (!signals_catch(engine))
    fprintf(stderr, "tenon tail: cannot catch signals: %s\n", strerror(errno));
  else if (tn_feed_open(engine, options, &feed, &error) != TN_OK)
    complain("tail", &error);
  else
    code = print_items(feed, &p);
  tn_feed_close(feed);
  signals_forget_engine();
  tn_builder_free(&p.line);
  return output_end(&p.output, "tail", code);
}

static int tail(const cli_arguments *arguments) {
  const char *models[MODELS_MAX + 1];
  tn_feed_options feed = TN_FEED_OPTIONS_INIT;
  tn_open_options options = TN_OPEN_OPTIONS_INIT;
  tn_error error = TN_ERROR_INIT;
  tn_engine *engine;
  options.read_only = true;
  tn_status status = read_options(arguments, &feed, models, &error);
  if (status == TN_OK) status = open_config(arguments, &options, &engine, &error);
  if (status != TN_OK) {
    complain("tail", &error);
    return EXIT_USAGE;
  }
  int code = tail_engine(engine, &feed);
  (void)tn_close(engine, NULL);
  return signals_caught() != 0 ? EXIT_SIGNAL + signals_caught() : code;
}

static const cli_option tail_options[] = {
    {"--from", "EPOCH:SEQ", OPTION_TEXTS, "begin after this record, or with the oldest there is: --from oldest"},
    {"--model", "NAME", OPTION_TEXTS, "only records that change this model; may be repeated"},
    {"--changes", NULL, OPTION_FLAG, "with each record the entries that it changed, before and after"},
    {NULL, NULL, OPTION_FLAG, NULL},
};

const cli_command command_tail = {
    .name = "tail",
    .operands = "CONFIG",
    .operands_min = 1,
    .operands_max = 1,
    .options = tail_options,
    .summary = "print the journal's records as they come",
    .details =
        "Each record is a line of JSON as `tenon log` prints it, printed once it is durable. It changes nothing, "
        "and\n"
        "follows whoever owns the data, through restarts too; it needs data to be there already.\n"
        "Without --from it begins with what comes. To go on later, keep epoch and seq of the last line.\n"
        "With --changes a record also has \"changes\": [{\"model\",\"map\",\"key\",\"old\",\"new\"},...], what "
        "differs between "
        "the\n"
        "states before and after it; no \"old\": a new entry, no \"new\": deleted. To know that, it holds a state "
        "of\n"
        "its own, as large as the data.\n"
        "When the owner trims the journal faster than it reads, it ends with LAGGED.\n"
        "\n"
        "Exit code: 128 + N ended by signal N, 1 the journal could not be followed any further, 2 it could not be "
        "opened.\n",
    .run = tail,
};
