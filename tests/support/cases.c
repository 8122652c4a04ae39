#include "support/cases.h"

#include <stdio.h>
#include <stdlib.h>

#include "support/assert_status.h"
#include "tenon.h"

#define LINE_SIZE_MAX 4096
#define SEPARATOR " | "

static void say_wrong(query_case *c, unsigned i, const char *got) {
  print_error("%s:%u: expected %s\n  but got %s\n", c->path, c->line, i < c->count ? c->fields[i] : "nothing", got);
  c->failed = true;
}

/* ---- fields ----------------------------------------------------------------------------------- */

static char *trimmed(char *text) {
  text += strspn(text, " ");
  size_t size = strlen(text);
  while (size > 0 && (text[size - 1] == ' ' || text[size - 1] == '\n')) text[--size] = '\0';
  return text;
}

static void split(query_case *c, char *line) {
  c->count = 0;
  c->failed = false;
  for (char *next = line; next && c->count < CASE_FIELDS_MAX;) {
    char *field = next, *end = strstr(next, SEPARATOR);
    next = end ? end + strlen(SEPARATOR) : NULL;
    if (end) *end = '\0';
    c->fields[c->count++] = trimmed(field);
  }
}

tn_value case_value(tn_ctx *ctx, query_case *c, unsigned i) {
  tn_builder *builder = tn_builder_for(ctx);
  tn_error error = TN_ERROR_INIT;
  assert_non_null(builder);
  if (i >= c->count) return TN_NO_VALUE;
  tn_slice text = {c->fields[i], strlen(c->fields[i])};
  if (tn_decode("json", text, builder, NULL, &error) != TN_OK) say_wrong(c, i, error.text);
  return tn_built(builder);
}

void case_expect(query_case *c, unsigned i, const char *got) {
  if (i >= c->count || strcmp(c->fields[i], got) != 0) say_wrong(c, i, got);
}

/* Written by the formatter, so that spaces in the file do not matter. */
static tn_slice json_of(tn_value value) {
  tn_slice text = {NULL, 0};
  assert_status(tn_encode("json", value, &text, NULL), TN_OK);
  return text;
}

void case_expect_value(query_case *c, unsigned i, tn_value got) {
  tn_builder expected = TN_BUILDER_INIT;
  tn_error error = TN_ERROR_INIT;
  tn_slice text = {i < c->count ? c->fields[i] : "", i < c->count ? strlen(c->fields[i]) : 0};
  if (tn_is_absent(got)) {
    case_expect(c, i, "absent");
  } else {
    bool same = tn_decode("json", text, &expected, NULL, &error) == TN_OK && tn_value_same(tn_built(&expected), got);
    tn_slice json = json_of(got);
    if (!same) say_wrong(c, i, json.data);
    tn_text_free(json);
  }
  tn_builder_free(&expected);
}

void case_expect_error(tn_ctx *ctx, query_case *c, unsigned i) {
  char text[TN_ERROR_TEXT_MAX + TN_ERROR_WHERE_MAX + 4];
  bool any_text = i < c->count && strncmp(c->fields[i], "... @ ", 6) == 0;
  (void)snprintf(text, sizeof text, "%s @ %s", any_text ? "..." : ctx->error->text, ctx->error->where);
  case_expect(c, i, text);
}

/* ---- files ------------------------------------------------------------------------------------ */

typedef struct run {
  FILE *lines;
  const char *path;
  void (*one)(tn_ctx *ctx, query_case *c);
  unsigned count, failed;
} run;

static void run_lines(tn_ctx *ctx, void *arg) {
  run *r = arg;
  query_case c = {.path = r->path};
  char line[LINE_SIZE_MAX];
  while (fgets(line, sizeof line, r->lines)) {
    c.line++;
    if (*line == '#' || *line == '\n') continue;
    split(&c, line);
    *ctx->error = (tn_error)TN_ERROR_INIT;
    r->one(ctx, &c);
    r->count++;
    r->failed += c.failed;
  }
}

void cases_run(const char *path, void (*one)(tn_ctx *ctx, query_case *c)) {
  run r = {fopen(path, "r"), path, one, 0, 0};
  if (!r.lines) fail_msg("no %s: run from the project's folder", path);
  handler_run(run_lines, &r);
  (void)fclose(r.lines);
  if (r.failed > 0 || r.count == 0) fail_msg("%s: %u of %u cases failed", path, r.failed, r.count);
}

void cases_test(void **state) {
  const cases_file *file = *state;
  cases_run(file->path, file->one);
}
