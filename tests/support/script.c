#include "script.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/line.h"
#include "folder.h"
#include "tenon.h"

#define CLOCK_START_US INT64_C(1767225600000000) /* 2026-01-01T00:00:00Z */
#define DEFAULT_CONFIG "{\"models\":{\"cart\":{\"type\":\"kv\"}}}"
#define DIGEST_MAX 40

typedef struct state {
  int64_t seq;
  char digest[DIGEST_MAX];
} state;

typedef struct script {
  const char *path;
  script_mode mode;
  folder data;
  unsigned line; /* of the file, from 1 */
  unsigned failures;
  tn_engine *engine; /* NULL until the first > line */
  char *config;
  int64_t clock_us;
  char *answer; /* to the last > line, and not compared yet; NULL = none */
  tn_result description;
} script;

static void fail(script *s, const char *format, ...) TN_PRINTF(2, 3);
static void fail(script *s, const char *format, ...) {
  va_list args;
  va_start(args, format);
  (void)fprintf(stderr, "%s:%u: ", s->path, s->line);
  (void)vfprintf(stderr, format, args);
  (void)fputc('\n', stderr);
  va_end(args);
  s->failures++;
}

static void fail_error(script *s, const char *what, const tn_error *error) {
  fail(s, "%s: %s: %s (%s)", what, tn_status_name(error->status), error->text, error->where);
}

/* ---- the engine ------------------------------------------------------------------------------ */

static int64_t read_clock(void *arg) { return ((script *)arg)->clock_us; }

/* The script's config, on the storage of the mode, with nothing going on beside it. */
static char *compose(script *s, tn_slice text) {
  tn_builder given = TN_BUILDER_INIT, made = TN_BUILDER_INIT;
  tn_error error = TN_ERROR_INIT;
  tn_slice out = {NULL, 0};
  if (tn_decode("json", text, &given, NULL, &error) != TN_OK) fail_error(s, "@config", &error);
  tn_object_begin(&made);
  for (tn_iter it = tn_iter_of(tn_built(&given)); tn_iter_next(&it);) {
    tn_name_slice(&made, it.name);
    tn_add(&made, it.value);
  }
  tn_name(&made, "storage");
  tn_object_begin(&made);
  tn_set(&made, "type", s->mode == SCRIPT_IN_MEMORY ? "memory" : "file");
  tn_end(&made);
  tn_set(&made, "durability", "none");
  tn_set(&made, "service_thread", TN_ARG_FALSE);
  tn_end(&made);
  if (tn_encode("json", tn_built(&made), &out, &error) != TN_OK) fail_error(s, "@config", &error);
  char *config = out.data ? strdup(out.data) : NULL;
  if (out.data) tn_text_free(out);
  tn_builder_free(&given);
  tn_builder_free(&made);
  return config;
}

static void open_engine(script *s) {
  if (s->engine) return;
  if (!s->config) s->config = compose(s, (tn_slice){DEFAULT_CONFIG, strlen(DEFAULT_CONFIG)});
  tn_open_options options = TN_OPEN_OPTIONS_INIT;
  tn_error error = TN_ERROR_INIT;
  options.config_text = s->config;
  options.data = s->mode == SCRIPT_IN_MEMORY ? NULL : s->data.path;
  options.clock_us = read_clock;
  options.clock_arg = s;
  if (tn_open(NULL, &options, &s->engine, &error) != TN_OK) fail_error(s, "cannot open", &error);
}

static void close_engine(script *s) {
  tn_error error = TN_ERROR_INIT;
  if (tn_close(s->engine, &error) != TN_OK) fail_error(s, "cannot close", &error);
  s->engine = NULL;
}

static state state_of(script *s) {
  state at = {0, ""};
  tn_result stats = TN_RESULT_INIT;
  tn_error error = TN_ERROR_INIT;
  tn_slice digest = {"", 0};
  if (tn_stats(s->engine, &stats, &error) != TN_OK) fail_error(s, "tn_stats", &error);
  if (tn_get_int(stats.value, "seq", &at.seq) != TN_OK) fail(s, "tn_stats tells no seq");
  if (tn_get_string(stats.value, "digest", &digest) != TN_OK) fail(s, "tn_stats tells no digest");
  (void)snprintf(at.digest, sizeof at.digest, "%.*s", (int)digest.size, (const char *)digest.data);
  tn_result_free(&stats);
  return at;
}

static void expect_state(script *s, const state *before, const char *what) {
  state now = state_of(s);
  if (now.seq != before->seq || strcmp(now.digest, before->digest) != 0)
    fail(s, "%s changed the state: seq %lld, digest %s became seq %lld, digest %s", what, (long long)before->seq,
         before->digest, (long long)now.seq, now.digest);
}

static void reopen(script *s) {
  if (!s->engine || s->mode == SCRIPT_IN_MEMORY) return;
  state before = state_of(s);
  close_engine(s);
  open_engine(s);
  if (s->engine) expect_state(s, &before, "opening again");
}

static void print_problem(void *arg, const char *line) { fail(arg, "tn_check: %s", line); }

static void check_engine(script *s) {
  tn_error error = TN_ERROR_INIT;
  if (!s->engine) return;
  if (tn_check(s->engine, print_problem, s, NULL, &error) != TN_OK) fail_error(s, "tn_check", &error);
}

/* ---- lines ----------------------------------------------------------------------------------- */

/* What lines may name, looked up once. */
static tn_value models_of(script *s) {
  tn_error error = TN_ERROR_INIT;
  if (tn_is_absent(s->description.value) && tn_describe(s->engine, &s->description, &error) != TN_OK)
    fail_error(s, "tn_describe", &error);
  return tn_field(s->description.value, "models");
}

/* What `tenon run` would print for a line, without the line feed; NULL for a line without an answer. */
static char *answer_of(script *s, const char *line) {
  char *text = NULL;
  size_t size = 0;
  FILE *out = open_memstream(&text, &size);
  tn_builder request = TN_BUILDER_INIT;
  tn_result result = TN_RESULT_INIT;
  tn_error error = TN_ERROR_INIT;
  tn_status status = line_parse((tn_slice){line, strlen(line)}, models_of(s), &request, &error);
  bool blank = status == TN_OK && tn_is_absent(tn_built(&request));
  if (status == TN_OK && !blank) status = tn_request(s->engine, tn_built(&request), NULL, &result, &error);
  if (status != TN_OK && error.status != status) (void)tn_error_set(&error, status, NULL, "%s", "");
  if (status == TN_OK && !blank) status = line_print_result(out, result.value, &error);
  if (status != TN_OK && line_print_error(out, &error, NULL) != TN_OK) fail(s, "the answer cannot be printed");
  (void)fclose(out);
  tn_builder_free(&request);
  tn_result_free(&result);
  if (size > 0 && text[size - 1] == '\n') text[size - 1] = '\0';
  if (blank) free(text);
  return blank ? NULL : text;
}

static void drop_answer(script *s) {
  if (s->answer) fail(s, "nothing is expected before this line, but there was the answer\n  %s", s->answer);
  free(s->answer);
  s->answer = NULL;
}

static void give(script *s, const char *line) {
  drop_answer(s);
  open_engine(s);
  if (!s->engine) return;
  state before = state_of(s);
  s->answer = answer_of(s, line);
  if (s->answer && strncmp(s->answer, "{\"ok\":true", 10) != 0) expect_state(s, &before, "a line that was refused");
  if (s->mode == SCRIPT_REOPENED) reopen(s);
}

/* `...` in the pattern stands for any run of characters. */
static bool matches(const char *pattern, const char *text) {
  const char *gap = strstr(pattern, "...");
  if (!gap) return strcmp(pattern, text) == 0;
  size_t head = (size_t)(gap - pattern);
  if (strncmp(pattern, text, head) != 0) return false;
  for (text += head;; text++) {
    if (matches(gap + 3, text)) return true;
    if (*text == '\0') return false;
  }
}

static void expect(script *s, const char *line) {
  if (!s->answer) {
    fail(s, "expected an answer where there is none\n  %s", line);
    return;
  }
  if (!matches(line, s->answer)) fail(s, "expected\n  %s\ngot\n  %s", line, s->answer);
  free(s->answer);
  s->answer = NULL;
}

/* ---- directives ------------------------------------------------------------------------------ */

static void configure(script *s, const char *text) {
  if (s->engine || s->config)
    fail(s, "@config comes once, before the first > line");
  else
    s->config = compose(s, (tn_slice){text, strlen(text)});
}

static void maintain(script *s) {
  tn_error error = TN_ERROR_INIT;
  open_engine(s);
  if (s->engine && tn_tick(s->engine, &error) != TN_OK) fail_error(s, "@maintain", &error);
}

static void direct(script *s, const char *line) {
  long long ms;
  drop_answer(s);
  if (strncmp(line, "@config ", 8) == 0)
    configure(s, line + 8);
  else if (sscanf(line, "@clock +%lld", &ms) == 1)
    s->clock_us += ms * 1000;
  else if (strcmp(line, "@maintain") == 0)
    maintain(s);
  else if (strcmp(line, "@reopen") == 0)
    reopen(s);
  else
    fail(s, "no directive is called %s", line);
}

static void take_line(script *s, const char *line) {
  if (line[0] == '\0' || line[0] == '#') return;
  if (line[0] == '@')
    direct(s, line);
  else if (line[0] == '>')
    give(s, line[1] == ' ' ? line + 2 : line + 1);
  else
    expect(s, line);
}

static void run_lines(script *s, FILE *in) {
  char *line = NULL;
  size_t capacity = 0;
  ssize_t size;
  while ((size = getline(&line, &capacity, in)) >= 0) {
    if (size > 0 && line[size - 1] == '\n') line[size - 1] = '\0';
    s->line++;
    take_line(s, line);
  }
  drop_answer(s);
  free(line);
}

unsigned script_run(const char *path, script_mode mode) {
  script s = {path, mode, {""}, 0, 0, NULL, NULL, CLOCK_START_US, NULL, TN_RESULT_INIT};
  FILE *in = fopen(path, "r");
  if (!in || !folder_make(&s.data)) {
    fail(&s, "cannot be read, or no folder for its data");
    if (in) (void)fclose(in);
    return s.failures;
  }
  run_lines(&s, in);
  check_engine(&s);
  close_engine(&s);
  (void)fclose(in);
  free(s.config);
  tn_result_free(&s.description);
  folder_remove(&s.data);
  return s.failures;
}
