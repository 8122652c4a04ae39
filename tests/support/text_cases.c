#include "support/text_cases.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formatters/json/json.h"
#include "support/assert_status.h"
#include "support/handler.h"

#define FOLDER "tests/query"
#define FILES_MAX 64
#define NAME_MAX_SIZE 320

typedef struct case_file {
  char path[NAME_MAX_SIZE];
  char name[NAME_MAX_SIZE];
  case_fn fn;
  bool scarce;
} case_file;

/* ---- for the tests' functions ----------------------------------------------------------------- */

const char *case_option(const text_case *c, const char *name) {
  size_t size = strlen(name);
  for (unsigned i = 0; i < c->option_count; i++) {
    const char *option = c->options[i] + 1;
    if (strncmp(option, name, size) == 0 && (option[size] == ' ' || option[size] == '\0')) return option + size;
  }
  return NULL;
}

tn_status case_parse(tn_ctx *ctx, const char *json, tn_value *out) {
  size_t used;
  tn_builder *builder = tn_builder_for(ctx);
  if (!builder) return tn_error_set(ctx->error, TN_NOMEM, NULL, "no memory for the case");
  tn_status status = tni_formatter_json.decode(ctx->host, (tn_slice){json, strlen(json)}, builder, &used, ctx->error);
  if (status == TN_OK) *out = tn_built(builder);
  return status;
}

tn_status case_print(tn_ctx *ctx, tn_value value, text_case *c) {
  tn_buffer buffer = {.memory = tn_memory_system()};
  tn_status status = tni_formatter_json.encode(ctx->host, value, &buffer, ctx->error);
  if (status == TN_OK) (void)snprintf(c->got, sizeof c->got, "%.*s", (int)buffer.size, (const char *)buffer.data);
  tn_buffer_free(&buffer);
  return status;
}

/* ---- one case --------------------------------------------------------------------------------- */

typedef struct call {
  case_fn fn;
  text_case *c;
} call;

/* A failure is an outcome, but for the one that running out of memory is. */
static tn_status run_case(tn_ctx *ctx, void *arg) {
  const call *one = arg;
  tn_status status = one->fn(ctx, one->c);
  if (status == TN_OK || status == TN_NOMEM) return status;
  (void)snprintf(one->c->got, sizeof one->c->got, "%s %s: %s", tn_status_name(status), ctx->error->where,
                 ctx->error->text);
  return TN_OK;
}

static void run_plain_case(tn_ctx *ctx, void *arg) { assert_status(run_case(ctx, arg), TN_OK); }

static bool is_expected(const char *got, const char *expected) {
  size_t size = strlen(expected);
  bool cut = size >= 3 && strcmp(expected + size - 3, "...") == 0;
  return cut ? strncmp(got, expected, size - 3) == 0 : strcmp(got, expected) == 0;
}

static unsigned judge(const case_file *file, text_case *c, unsigned line) {
  call one = {file->fn, c};
  if (file->scarce)
    handler_run_scarce(run_case, &one);
  else
    handler_run(run_plain_case, &one);
  if (is_expected(c->got, c->expected)) return 0;
  (void)fprintf(stderr, "%s:%u: %s | %s\n  expected: %s\n  got:      %s\n", file->path, line, c->first, c->second,
                c->expected, c->got);
  return 1;
}

/* ---- files ------------------------------------------------------------------------------------ */

static char *trimmed(char *text) {
  while (*text == ' ') text++;
  size_t size = strlen(text);
  while (size > 0 && (text[size - 1] == ' ' || text[size - 1] == '\n')) text[--size] = '\0';
  return text;
}

static bool split(char *line, text_case *out) {
  char *first = strstr(line, " | "), *second = first ? strstr(first + 3, " | ") : NULL;
  if (!second) return false;
  *first = *second = '\0';
  out->first = trimmed(line);
  out->second = trimmed(first + 3);
  out->expected = trimmed(second + 3);
  return true;
}

static void forget_options(text_case *c) {
  while (c->option_count > 0) free(c->options[--c->option_count]);
}

static void keep_option(text_case *c, const char *line) {
  assert_true(c->option_count < CASE_OPTIONS_MAX);
  c->options[c->option_count++] = strdup(line);
}

static unsigned run_line(const case_file *file, text_case *c, char *line, unsigned number) {
  line = trimmed(line);
  if (*line == '#') return 0;
  if (*line == '\0') return forget_options(c), 0;
  if (*line == '@') return keep_option(c, line), 0;
  if (split(line, c)) return judge(file, c, number);
  (void)fprintf(stderr, "%s:%u: not a case\n", file->path, number);
  return 1;
}

static void run_file(void **state) {
  const case_file *file = *state;
  static text_case c;
  char line[CASE_SIZE_MAX];
  unsigned number = 0, failures = 0;
  FILE *in = fopen(file->path, "r");
  assert_non_null(in);
  while (fgets(line, sizeof line, in)) failures += run_line(file, &c, line, ++number);
  (void)fclose(in);
  forget_options(&c);
  assert_int_equal(failures, 0);
}

static bool is_case_file(const char *name, const char *prefix) {
  size_t size = strlen(name);
  return strncmp(name, prefix, strlen(prefix)) == 0 && size > 4 && strcmp(name + size - 4, ".txt") == 0;
}

static size_t find_files(const char *prefix, case_fn fn, case_file *files) {
  struct dirent **entries;
  size_t count = 0;
  int found = scandir(FOLDER, &entries, NULL, alphasort);
  for (int i = 0; i < found; i++) {
    const char *name = entries[i]->d_name;
    for (int scarce = 0; scarce < 2 && is_case_file(name, prefix) && count < 2 * FILES_MAX; scarce++) {
      case_file *file = &files[count++];
      *file = (case_file){.fn = fn, .scarce = scarce};
      (void)snprintf(file->path, sizeof file->path, FOLDER "/%s", name);
      (void)snprintf(file->name, sizeof file->name, "%.*s%s", (int)strlen(name) - 4, name, scarce ? "_scarce" : "");
    }
    free(entries[i]);
  }
  if (found >= 0) free(entries);
  return count;
}

static bool file_has(const char *path, const char *text) {
  char line[CASE_SIZE_MAX];
  bool found = false;
  FILE *in = fopen(path, "r");
  assert_non_null(in);
  while (!found && fgets(line, sizeof line, in)) found = *line != '#' && strstr(line, text) != NULL;
  (void)fclose(in);
  return found;
}

bool cases_have(const char *prefix, const char *text) {
  static case_file files[2 * FILES_MAX];
  size_t count = find_files(prefix, NULL, files);
  for (size_t i = 0; i < count; i++)
    if (file_has(files[i].path, text)) return true;
  return false;
}

int cases_main(const char *prefix, case_fn fn, const struct CMUnitTest *more, size_t more_count) {
  static case_file files[2 * FILES_MAX];
  static struct CMUnitTest tests[2 * FILES_MAX + 32];
  size_t count = find_files(prefix, fn, files);
  if (count == 0) return (void)fprintf(stderr, "no cases in " FOLDER ": run from the project's folder\n"), 1;
  for (size_t i = 0; i < count; i++) tests[i] = (struct CMUnitTest){files[i].name, run_file, NULL, NULL, &files[i]};
  for (size_t i = 0; i < more_count; i++) tests[count + i] = more[i];
  return _cmocka_run_group_tests(prefix, tests, count + more_count, NULL, NULL);
}
