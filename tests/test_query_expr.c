/* Every file tests/query/expr_*.txt is two tests: with memory enough, and with each request for memory refused in
 * turn. A line is a case: an expression, the document it is computed on, what comes out ("missing" where nothing
 * does), or what it is refused with: the status, the place in the request, the text. "..." ends a text early. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formatters/json/json.h"
#include "models/query/expr.h"
#include "support/assert_status.h"
#include "support/handler.h"

#define FOLDER "tests/query"
#define FILES_MAX 64
#define LINE_MAX_SIZE 4096
#define NAME_MAX_SIZE 320
#define POOL_LIMIT ((size_t)1 << 20)

typedef struct text_case {
  const char *expression, *document, *expected;
  char got[LINE_MAX_SIZE];
} text_case;

/* ---- one case --------------------------------------------------------------------------------- */

static tn_status parse(tn_ctx *ctx, const char *text, tn_value *out) {
  size_t used;
  tn_builder *builder = tn_builder_for(ctx);
  if (!builder) return tni_no_memory(ctx);
  TRY(tni_formatter_json.decode(ctx->host, tni_slice_of(text), builder, &used, ctx->error));
  *out = tn_built(builder);
  return TN_OK;
}

static tn_status print(tn_ctx *ctx, tn_value value, char *to) {
  tn_buffer buffer = {.memory = tn_memory_system()};
  tn_status status = TN_OK;
  if (tn_is_absent(value))
    (void)snprintf(to, LINE_MAX_SIZE, "missing");
  else
    status = tni_formatter_json.encode(ctx->host, value, &buffer, ctx->error);
  if (!tn_is_absent(value)) (void)snprintf(to, LINE_MAX_SIZE, "%.*s", (int)buffer.size, (const char *)buffer.data);
  tn_buffer_free(&buffer);
  return status;
}

/* Twice, so that what is compiled is seen to change by nothing, and with the pool's memory used again. */
static tn_status evaluate(tn_ctx *ctx, text_case *c) {
  tni_scope scope = {.count = 0};
  tni_pool pool;
  tni_eval eval;
  const tni_expr *expr;
  tn_value spec, result;
  tni_pool_init(&pool, ctx, POOL_LIMIT);
  TRY(parse(ctx, c->expression, &spec));
  TRY(tni_expr_compile(ctx, &scope, spec, "", &expr));
  assert_int_equal(scope.count, 0);
  TRY(tni_eval_init(&eval, ctx, &pool, &scope));
  TRY(parse(ctx, c->document, &eval.root));
  tni_pool_mark mark = tni_pool_at(&pool);
  TRY(tni_expr_eval(expr, &eval, &result));
  tni_pool_back(&pool, mark);
  TRY(tni_expr_eval(expr, &eval, &result));
  return print(ctx, result, c->got);
}

static tn_status evaluate_quietly(tn_ctx *ctx, void *arg) {
  text_case *c = arg;
  tn_status status = evaluate(ctx, c);
  if (status == TN_OK || status == TN_NOMEM) return status;
  (void)snprintf(c->got, sizeof c->got, "%s %s: %s", tn_status_name(status), ctx->error->where, ctx->error->text);
  return TN_OK;
}

static void evaluate_plainly(tn_ctx *ctx, void *arg) { assert_status(evaluate_quietly(ctx, arg), TN_OK); }

static bool matches(const char *got, const char *expected) {
  size_t size = strlen(expected);
  bool cut = size >= 3 && strcmp(expected + size - 3, "...") == 0;
  return cut ? strncmp(got, expected, size - 3) == 0 : strcmp(got, expected) == 0;
}

/* ---- files ------------------------------------------------------------------------------------ */

typedef struct file_test {
  char path[NAME_MAX_SIZE];
  char name[NAME_MAX_SIZE];
  bool scarce;
} file_test;

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
  out->expression = trimmed(line);
  out->document = trimmed(first + 3);
  out->expected = trimmed(second + 3);
  return true;
}

static unsigned run_line(const file_test *test, char *line, unsigned number) {
  text_case c = {.expression = NULL};
  if (*line == '#' || *trimmed(line) == '\0') return 0;
  if (!split(line, &c)) return (void)fprintf(stderr, "%s:%u: not a case\n", test->path, number), 1;
  if (test->scarce)
    handler_run_scarce(evaluate_quietly, &c);
  else
    handler_run(evaluate_plainly, &c);
  if (matches(c.got, c.expected)) return 0;
  (void)fprintf(stderr, "%s:%u: %s | %s\n  expected: %s\n  got:      %s\n", test->path, number, c.expression,
                c.document, c.expected, c.got);
  return 1;
}

static void run_file(void **state) {
  const file_test *test = *state;
  char line[LINE_MAX_SIZE];
  unsigned number = 0, failures = 0;
  FILE *file = fopen(test->path, "r");
  assert_non_null(file);
  while (fgets(line, sizeof line, file)) failures += run_line(test, line, ++number);
  (void)fclose(file);
  assert_int_equal(failures, 0);
}

static int is_case_file(const struct dirent *entry) {
  size_t size = strlen(entry->d_name);
  return strncmp(entry->d_name, "expr_", 5) == 0 && size > 4 && strcmp(entry->d_name + size - 4, ".txt") == 0;
}

static size_t find_files(file_test *tests) {
  struct dirent **files;
  size_t count = 0;
  int found = scandir(FOLDER, &files, is_case_file, alphasort);
  for (int i = 0; i < 2 * found && count < 2 * FILES_MAX; i++) {
    file_test *test = &tests[count++];
    const char *file = files[i / 2]->d_name;
    test->scarce = i % 2 == 1;
    (void)snprintf(test->path, sizeof test->path, FOLDER "/%s", file);
    (void)snprintf(test->name, sizeof test->name, "%.*s%s", (int)strlen(file) - 4, file,
                   test->scarce ? "_scarce" : "");
  }
  for (int i = 0; i < found; i++) free(files[i]);
  if (found >= 0) free(files);
  return count;
}

/* ---- all operators ---------------------------------------------------------------------------- */

static file_test tests[2 * FILES_MAX];
static size_t test_count;

static bool file_has(const char *path, const char *text) {
  char line[LINE_MAX_SIZE];
  bool found = false;
  FILE *file = fopen(path, "r");
  assert_non_null(file);
  while (!found && fgets(line, sizeof line, file)) found = *line != '#' && strstr(line, text) != NULL;
  (void)fclose(file);
  return found;
}

static void every_operator_has_a_case(tn_ctx *ctx, void *arg) {
  size_t count;
  unsigned missing = 0;
  const char *const *names = tni_expr_operators(ctx, &count);
  (void)arg;
  assert_non_null(names);
  for (size_t i = 0; i < count; i++) {
    char quoted[64];
    bool found = false;
    (void)snprintf(quoted, sizeof quoted, "\"%s\"", names[i]);
    for (size_t k = 0; k < test_count && !found; k++) found = file_has(tests[k].path, quoted);
    if (!found) missing++, (void)fprintf(stderr, "%s: no case\n", names[i]);
  }
  assert_int_equal(missing, 0);
}

static void operators_have_names_of_their_own(tn_ctx *ctx, void *arg) {
  size_t count;
  const char *const *names = tni_expr_operators(ctx, &count);
  (void)arg;
  assert_non_null(names);
  for (size_t i = 0; i < count; i++)
    for (size_t k = 0; k < i; k++) assert_string_not_equal(names[i], names[k]);
}

int main(int argc, char **argv) {
  const struct CMUnitTest plain[] = {
      HANDLER_TEST(every_operator_has_a_case),
      HANDLER_TEST(operators_have_names_of_their_own),
  };
  static struct CMUnitTest units[2 * FILES_MAX + TNI_LENGTH(plain)];
  if (argc > 1) cmocka_set_test_filter(argv[1]);
  test_count = find_files(tests);
  for (size_t i = 0; i < test_count; i++)
    units[i] = (struct CMUnitTest){tests[i].name, run_file, NULL, NULL, &tests[i]};
  memcpy(units + test_count, plain, sizeof plain);
  if (test_count == 0) return (void)fprintf(stderr, "no cases in " FOLDER ": run from the project's folder\n"), 1;
  return _cmocka_run_group_tests("query_expr", units, test_count + TNI_LENGTH(plain), NULL, NULL);
}
