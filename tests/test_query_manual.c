/* docs/DOCUMENTS.md and docs/GRAPHS.md name everything there is: each operator, stage and operation. */
#include <stdio.h>

#include "models/document/pipeline.h"
#include "models/document/update_op.h"
#include "models/query/accumulator.h"
#include "models/query/filter.h"
#include "support/assert_status.h"
#include "support/handler.h"
#include "tenon.h"

#define DOCUMENTS "docs/DOCUMENTS.md"
#define GRAPHS "docs/GRAPHS.md"
#define PAGE_SIZE_MAX 65536

static const char *page_of(const char *path) {
  static char text[PAGE_SIZE_MAX];
  FILE *file = fopen(path, "r");
  if (!file) fail_msg("%s is missing; tests run in the top folder", path);
  size_t size = fread(text, 1, sizeof text, file);
  assert_true(size < sizeof text);
  text[size] = '\0';
  fclose(file);
  return text;
}

/* As `name` in the page. */
static bool is_in(const char *page, tn_slice name) {
  char quoted[80];
  snprintf(quoted, sizeof quoted, "`%.*s`", (int)name.size, (const char *)name.data);
  return strstr(page, quoted) != NULL;
}

static void expect_names(tn_ctx *ctx, const char *const *(*names_of)(tn_ctx *ctx, size_t *count)) {
  const char *page = page_of(DOCUMENTS);
  size_t count;
  const char *const *names = names_of(ctx, &count);
  assert_non_null(names);
  for (size_t i = 0; i < count; i++)
    if (!is_in(page, tni_slice_of(names[i]))) fail_msg(DOCUMENTS " does not name %s", names[i]);
}

static const char *const *update_names(tn_ctx *ctx, size_t *count) {
  const char **names = tn_scratch(ctx, tni_update_op_count * sizeof *names);
  for (size_t i = 0; names && i < tni_update_op_count; i++) names[i] = tni_update_ops[i].name;
  *count = tni_update_op_count;
  return names;
}

static void the_page_on_documents_names_every_operator(tn_ctx *ctx, void *arg) {
  (void)arg;
  expect_names(ctx, tni_filter_operators);
  expect_names(ctx, tni_expr_operators);
  expect_names(ctx, tni_accumulator_names);
  expect_names(ctx, tni_stage_names);
  expect_names(ctx, update_names);
}

static void expect_ops(tn_value model, const char *path) {
  const char *page = page_of(path);
  tn_iter ops = tn_iter_of(tn_field(model, "ops"));
  tn_slice name;
  while (tn_iter_next(&ops)) {
    assert_status(tn_get_string(ops.value, "name", &name), TN_OK);
    if (!is_in(page, name)) fail_msg("%s does not name %.*s", path, (int)name.size, (const char *)name.data);
  }
}

static void the_pages_name_every_operation(void **state) {
  (void)state;
  tn_open_options options = {.config_text =
                                 "{\"storage\": {\"type\": \"memory\"}, "
                                 "\"models\": {\"shop\": {\"type\": \"document\"}, \"net\": {\"type\": \"graph\"}}}"};
  tn_engine *engine;
  tn_result result = TN_RESULT_INIT;
  tn_error error;
  assert_status(tn_open(NULL, &options, &engine, &error), TN_OK);
  assert_status(tn_describe(engine, &result, &error), TN_OK);
  expect_ops(tn_path(result.value, "models.shop"), DOCUMENTS);
  expect_ops(tn_path(result.value, "models.net"), GRAPHS);
  tn_result_free(&result);
  assert_status(tn_close(engine, &error), TN_OK);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      HANDLER_TEST(the_page_on_documents_names_every_operator),
      cmocka_unit_test(the_pages_name_every_operation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
