#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "open.h"
#include "output.h"
#include "signals.h"

static const cli_option no_options[] = {{NULL, NULL, OPTION_FLAG, NULL}};

/* ---- snapshot ------------------------------------------------------------------------------- */

static int snapshot(const cli_arguments *arguments) {
  output out = OUTPUT_INIT;
  tn_error error = TN_ERROR_INIT;
  tn_engine *engine;
  uint64_t seq = 0;
  if (open_engine(arguments, false, &engine, &error) != TN_OK) {
    complain("snapshot", &error);
    return EXIT_USAGE;
  }
  (void)signals_catch(engine);
  tn_status status = tn_snapshot(engine, &seq, &error);
  signals_forget_engine();
  if (status == TN_OK)
    status = tn_close(engine, &error);
  else
    (void)tn_close(engine, NULL);
  if (status == TN_OK)
    fprintf(out.file, "snapshot at seq %" PRIu64 "\n", seq);
  else
    complain("snapshot", &error);
  int code = output_end(&out, "snapshot", status == TN_OK ? EXIT_FINE : EXIT_FAILED);
  return signals_caught() != 0 ? EXIT_SIGNAL + signals_caught() : code;
}

const cli_command command_snapshot = {
    .name = "snapshot",
    .operands = "CONFIG",
    .operands_min = 1,
    .operands_max = 1,
    .options = no_options,
    .summary = "write a snapshot, from which the next open starts",
    .details =
        "The data must not be in use by another program; that one takes snapshots itself.\n"
        "\n"
        "Exit code: 0 written, 1 writing it failed, 2 the engine could not be opened.\n",
    .run = snapshot,
};

/* ---- check ---------------------------------------------------------------------------------- */

typedef struct report {
  output output;
  uint64_t problems;
} report;

static void print_problem(void *arg, const char *line) {
  report *r = (report *)arg;
  r->problems++;
  fprintf(r->output.file, "%s\n", line);
}

/* Damage that keeps the data from being opened is a finding like any other. */
static void print_damage(report *r, const tn_error *error) {
  char line[TN_ERROR_TEXT_MAX + TN_ERROR_WHERE_MAX + 8];
  const char *text = error->text[0] != '\0' ? error->text : tn_status_text(error->status);
  snprintf(line, sizeof line, "%s%s%s", error->where, error->where[0] != '\0' ? ": " : "", text);
  print_problem(r, line);
}

/* What was looked at; the problems have been counted here. */
static void print_counts(report *r, tn_value counts) {
  const char *between = ": ";
  for (tn_iter it = tn_iter_of(counts); tn_iter_next(&it);) {
    tn_slice text;
    bool is_known = it.name.size == 8 && memcmp(it.name.data, "problems", 8) == 0;
    if (is_known || tn_encode("json", it.value, &text, NULL) != TN_OK) continue;
    fputs(between, r->output.file);
    output_slice(&r->output, it.name);
    fputc(' ', r->output.file);
    output_slice(&r->output, text);
    tn_text_free(text);
    between = ", ";
  }
}

static int summarise(report *r, tn_value counts) {
  if (r->problems == 0)
    fputs("no problems", r->output.file);
  else
    fprintf(r->output.file, "%" PRIu64 " problem%s", r->problems, r->problems == 1 ? "" : "s");
  print_counts(r, counts);
  fputc('\n', r->output.file);
  return output_end(&r->output, "check", r->problems == 0 ? EXIT_FINE : EXIT_FAILED);
}

static int check_engine(tn_engine *engine, report *r) {
  tn_result counts = TN_RESULT_INIT;
  tn_error error = TN_ERROR_INIT;
  int code;
  tn_status status = tn_check(engine, print_problem, r, &counts, &error);
  if (status == TN_CORRUPT && r->problems == 0) print_damage(r, &error);
  if (status == TN_OK || status == TN_CORRUPT) {
    code = summarise(r, counts.value);
  } else {
    complain("check", &error);
    code = output_end(&r->output, "check", EXIT_USAGE);
  }
  tn_result_free(&counts);
  return code;
}

static int check(const cli_arguments *arguments) {
  report r = {OUTPUT_INIT, 0};
  tn_error error = TN_ERROR_INIT;
  tn_engine *engine;
  tn_status status = open_engine(arguments, true, &engine, &error);
  if (status == TN_CORRUPT) {
    print_damage(&r, &error);
    return summarise(&r, TN_NO_VALUE);
  }
  if (status != TN_OK) {
    complain("check", &error);
    return EXIT_USAGE;
  }
  int code = check_engine(engine, &r);
  (void)tn_close(engine, NULL);
  return code;
}

const cli_command command_check = {
    .name = "check",
    .operands = "CONFIG",
    .operands_min = 1,
    .operands_max = 1,
    .options = no_options,
    .summary = "read everything and report what is damaged",
    .details =
        "Reads every record and snapshot, replays the journal and compares digests on the way, and runs the\n"
        "models' own checks. Each problem is a line; the last line is the summary. It changes nothing.\n"
        "\n"
        "Exit code: 0 no problems, 1 problems, 2 the check could not be made.\n",
    .run = check,
};
