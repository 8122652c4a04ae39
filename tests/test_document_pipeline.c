/* Pipelines over arrays. tests/query/stage_*.txt has the cases: documents, the pipeline, the documents that come out.
 * The first column is an array, or the name of one of the options, "@orders [...]", all of which are collections;
 * "@indexed items sku" gives items an index on sku. */
#include "models/document/pipeline.h"

#include <stdio.h>

#include "support/array_world.h"
#include "support/assert_status.h"
#include "support/handler.h"
#include "support/text_cases.h"

static tn_status add_collection(tn_ctx *ctx, array_world *w, const char *name, const char *json) {
  assert_true(w->count < ARRAY_WORLD_MAX);
  w->names[w->count] = name;
  return case_parse(ctx, json, &w->arrays[w->count++]);
}

/* "@orders [...]" */
static tn_status add_option(tn_ctx *ctx, array_world *w, const char *option) {
  size_t size = strcspn(option, " ");
  char *name = tn_scratch(ctx, size);
  if (!name) return tni_no_memory(ctx);
  memcpy(name, option + 1, size - 1);
  name[size - 1] = '\0';
  return strcmp(name, "indexed") == 0 ? TN_OK : add_collection(ctx, w, name, option + size);
}

static tn_status run_case(tn_ctx *ctx, text_case *c) {
  array_world w = {.count = 0};
  tni_pipeline_options options = {.hint = TN_NO_VALUE};
  const char *indexed = case_option(c, "indexed");
  tn_value pipeline, rows;
  array_world_init(&w);
  if (indexed) w.indexed = indexed + 1;
  for (unsigned i = 0; i < c->option_count; i++) TRY(add_option(ctx, &w, c->options[i]));
  if (*c->first == '[') TRY(add_collection(ctx, &w, "docs", c->first));
  TRY(case_parse(ctx, c->second, &pipeline));
  TRY(array_world_run(&w, ctx, &options, *c->first == '[' ? "docs" : c->first, pipeline, &rows));
  return case_print(ctx, rows, c);
}

static void every_stage_has_a_case(tn_ctx *ctx, void *arg) {
  size_t count, missing = 0;
  const char *const *names = tni_stage_names(ctx, &count);
  (void)arg;
  for (size_t i = 0; i < count; i++) {
    char text[64];
    (void)snprintf(text, sizeof text, "\"%s\"", names[i]);
    if (cases_have("stage_", text)) continue;
    missing++;
    (void)fprintf(stderr, "%s: no case\n", names[i]);
  }
  assert_int_equal(missing, 0);
}

int main(int argc, char **argv) {
  const struct CMUnitTest more[] = {
      HANDLER_TEST(every_stage_has_a_case),
  };
  if (argc > 1) cmocka_set_test_filter(argv[1]);
  return cases_main("stage_", run_case, more, TNI_LENGTH(more));
}
