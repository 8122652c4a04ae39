#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "input.h"
#include "line.h"
#include "open.h"
#include "output.h"
#include "pipeline.h"
#include "point.h"
#include "prompt.h"
#include "signals.h"

#define TEND_MS 100 /* how often an engine without a service thread is tended */

typedef struct session {
  tn_engine *engine;
  pipeline *pipeline;
  input input;
  output output;
  tn_result description;
  tn_builder request;
  bool stop_at_failure;
  int64_t tended_ms;
} session;

/* ---- lines ---------------------------------------------------------------------------------- */

/* An error about the line itself also says which line it was: not every line has an answer. */
static void refuse_line(session *s, const tn_error *error) {
  tn_error shown = TN_ERROR_INIT;
  char where[TN_ERROR_WHERE_MAX + 32];
  snprintf(where, sizeof where, "line %llu%s%s", (unsigned long long)s->input.line_number,
           error->where[0] != '\0' ? ", " : "", error->where);
  (void)tn_error_set(&shown, error->status, where, "%s", error->text);
  pipeline_refuse(s->pipeline, &shown);
}

static void refuse_long_line(session *s) {
  tn_error error = TN_ERROR_INIT;
  (void)tn_error_set(&error, TN_LIMIT, NULL, "a line may have %zu bytes, this one is longer", INPUT_LINE_MAX);
  refuse_line(s, &error);
}

static void take_line(session *s, tn_slice line) {
  tn_error error = TN_ERROR_INIT;
  if (line_parse(line, tn_field(s->description.value, "models"), &s->request, &error) != TN_OK)
    refuse_line(s, &error);
  else if (!tn_is_absent(tn_built(&s->request)))
    pipeline_request(s->pipeline, tn_built(&s->request));
}

static bool goes_on(const session *s) {
  return signals_caught() == 0 && !s->output.failed && !(s->stop_at_failure && pipeline_failed(s->pipeline));
}

/* An engine without a service thread is tended here; any other has nothing to do. What fails in the background
 * reaches the engine's log. */
static void tend(session *s) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  int64_t now_ms = (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
  if (now_ms - s->tended_ms < TEND_MS) return;
  s->tended_ms = now_ms;
  tn_status status = tn_tick(s->engine, NULL);
  (void)status;
}

/* Before it waits for more input, what was taken is answered. */
static input_status next_line(session *s, tn_slice *line) {
  tend(s);
  input_status status = input_next(&s->input, 0, line);
  if (status != INPUT_NOT_YET) return status;
  pipeline_drain(s->pipeline);
  while ((status = input_next(&s->input, TEND_MS, line)) == INPUT_NOT_YET) tend(s);
  return status;
}

static int run_lines(session *s) {
  while (goes_on(s)) {
    tn_slice line;
    input_status status = next_line(s, &line);
    if (status == INPUT_LINE) {
      take_line(s, line);
    } else if (status == INPUT_TOO_LONG) {
      refuse_long_line(s);
    } else if (status == INPUT_FAILED) {
      fprintf(stderr, "tenon run: reading the operations failed: %s\n", strerror(errno));
      pipeline_drain(s->pipeline);
      return EXIT_USAGE;
    } else {
      break;
    }
  }
  pipeline_drain(s->pipeline);
  return pipeline_failed(s->pipeline) ? EXIT_FAILED : EXIT_FINE;
}

/* ---- the command ---------------------------------------------------------------------------- */

/* A prompt is for people: who names a file, asks for an option of the plain lines, or takes the output elsewhere gets
 * those. */
static bool wants_prompt(const cli_arguments *arguments) {
  if (arguments_operand(arguments, 1) || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) return false;
  if (arguments_has(arguments, "--rows") || arguments_has(arguments, "--stop")) return false;
  if (prompt_is_built()) return true;
  fputs("tenon run: built without libedit, so there is no prompt; reading plain lines\n", stderr);
  return false;
}

static int run_session(session *s, const cli_arguments *arguments) {
  pipeline_options options = {arguments_has(arguments, "--rows"), s->stop_at_failure};
  tn_error error = TN_ERROR_INIT;
  if (!signals_catch(s->engine)) {
    fprintf(stderr, "tenon run: cannot catch signals: %s\n", strerror(errno));
    return EXIT_USAGE;
  }
  if (wants_prompt(arguments)) return prompt_run(s->engine, arguments_operand(arguments, 0));
  if (tn_describe(s->engine, &s->description, &error) != TN_OK ||
      pipeline_create(s->engine, &s->output, &options, &s->pipeline, &error) != TN_OK) {
    complain("run", &error);
    return EXIT_USAGE;
  }
  int code = run_lines(s);
  pipeline_destroy(s->pipeline);
  return code;
}

static int close_session(session *s, int code) {
  tn_error error = TN_ERROR_INIT;
  signals_forget_engine();
  if (tn_close(s->engine, &error) != TN_OK) {
    complain("run", &error);
    code = EXIT_USAGE;
  }
  tn_builder_free(&s->request);
  tn_result_free(&s->description);
  input_free(&s->input);
  code = output_end(&s->output, "run", code);
  return signals_caught() != 0 ? EXIT_SIGNAL + signals_caught() : code;
}

static int open_file(const char *path) {
  if (!path || strcmp(path, "-") == 0) return STDIN_FILENO;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) fprintf(stderr, "tenon run: cannot open %s: %s\n", path, strerror(errno));
  return fd;
}

/* The newest state, or that of --at. */
static tn_status open_session(const cli_arguments *arguments, tn_engine **out, tn_error *error) {
  tn_open_options options = TN_OPEN_OPTIONS_INIT;
  const char *at = arguments_text(arguments, "--at", 0);
  if (!at) return open_engine(arguments, false, out, error);
  if (arguments_text(arguments, "--at", 1))
    return tn_error_set(error, TN_INVALID, "--at", "--at is given more than once");
  if (strcmp(arguments_operand(arguments, 0), "-") == 0 || arguments_text(arguments, "--model", 0))
    return tn_error_set(error, TN_INVALID, "--at", "an engine in memory (-) has no history");
  tn_status status = point_parse_at(at, &options, error);
  return status == TN_OK ? open_config(arguments, &options, out, error) : status;
}

static int run(const cli_arguments *arguments) {
  int fd = open_file(arguments_operand(arguments, 1));
  if (fd < 0) return EXIT_USAGE;
  session s = {NULL, NULL, INPUT_INIT(fd), OUTPUT_INIT, TN_RESULT_INIT, TN_BUILDER_INIT, arguments_has(arguments, "--stop"), 0};
  tn_error error = TN_ERROR_INIT;
  int code = EXIT_USAGE;
  if (open_session(arguments, &s.engine, &error) != TN_OK) {
    complain("run", &error);
  } else {
    code = close_session(&s, run_session(&s, arguments));
  }
  if (fd != STDIN_FILENO) close(fd);
  return code;
}

static const cli_option run_options[] = {
    {"--rows", NULL, OPTION_FLAG, "a line per row of a query that gives rows"},
    {"--at", "SEQ|TIME", OPTION_TEXTS, "the state as it was: as of a record, or of a moment; nothing can be changed"},
    {"--stop", NULL, OPTION_FLAG, "end at the first operation that fails"},
    OPTION_MODEL,
    {NULL, NULL, OPTION_FLAG, NULL},
};

const cli_command command_run = {
    .name = "run",
    .operands = "CONFIG [FILE]",
    .operands_min = 1,
    .operands_max = 2,
    .options = run_options,
    .summary = "run operations, one per line, on the engine that CONFIG describes",
    .details =
        "At a terminal: a prompt with editing, completion and history; .help there says more. Else operations\n"
        "come from FILE, or from standard input (also at a terminal when FILE is -), one per line:\n"
        "\n"
        "  [\"MODEL\",\"OP\",{\"name\":value,...}]     arguments by name\n"
        "  [\"MODEL\",\"OP\",[value,...]]            arguments by position\n"
        "  {\"batch\":[[...],[...]]}               all of them or none; {\"$result\":[0,\"path\"]} as an\n"
        "                                        argument stands for what operation 0 answered\n"
        "  MODEL OP ARG... --NAME ARG...         each ARG is JSON if it parses, else a string; those behind a\n"
        "                                        --NAME are arguments by name, and --NAME alone is true\n"
        "\n"
        "Blank lines and lines that begin with # are skipped. A line may have 64 MiB.\n"
        "Each operation is answered by a line, in order, printed when it is durable:\n"
        "\n"
        "  {\"ok\":true,\"result\":...}\n"
        "  {\"ok\":false,\"error\":{\"status\":\"NOT_FOUND\",\"text\":\"...\",\"where\":\"...\"}}\n"
        "\n"
        "A query that gives rows answers an array. With --rows each row is a line {\"row\":...}, and a line\n"
        "{\"ok\":true,\"rows\":N} ends them; within a batch it is an array still.\n"
        "Commands that wait in the input become durable together, unless --stop is given.\n"
        "\n"
        "With --at queries see the state as of that record, or of the last one made up to that moment\n"
        "(2026-01-31T12:00:00Z, +01:00 for Z, or less of it: 2026-01-31 is its first instant in UTC); the time is\n"
        "the record's. It works beside a program that owns the data.\n"
        "\n"
        "With - as CONFIG the engine lives in memory and ends with the program:\n"
        "\n"
        "  echo 'shop put apples 3' | tenon run - --model shop=kv\n"
        "\n"
        "Exit code: 0 all went well, 1 an operation failed, 2 nothing could be run or printed, 128 + N ended by\n"
        "signal N. SIGINT and SIGTERM end it cleanly; SIGKILL loses nothing that was answered.\n",
    .run = run,
};
