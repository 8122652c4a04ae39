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

/* ---- limits ----------------------------------------------------------------------------------- */

/* `text` `count` times, with something before and behind it. */
static tn_value repeated(tn_ctx *ctx, const char *before, const char *text, unsigned count, const char *behind) {
  char *json = tn_scratch(ctx, strlen(before) + count * strlen(text) + strlen(behind) + 1);
  tn_value out = TN_NO_VALUE;
  assert_non_null(json);
  strcpy(json, before);
  char *at = json + strlen(json);
  for (unsigned i = 0; i < count; i++, at += strlen(text)) strcpy(at, text);
  strcpy(at, behind);
  assert_status(case_parse(ctx, json, &out), TN_OK);
  return out;
}

static tn_value parsed(tn_ctx *ctx, const char *json) { return repeated(ctx, json, "", 0, ""); }

static tn_status run(tn_ctx *ctx, array_world *w, tni_pipeline_options options, tn_value pipeline, tn_value *rows) {
  array_world_init(w);
  return array_world_run(w, ctx, &options, "docs", pipeline, rows);
}

static void expect_limit(tn_ctx *ctx, tn_status status, const char *where) {
  assert_status(status, TN_LIMIT);
  assert_string_equal(ctx->error->where, where);
}

static array_world world_of(tn_value docs) { return (array_world){.names = {"docs"}, .arrays = {docs}, .count = 1}; }

static const tni_pipeline_options no_limits = {.ms_max = 0};

static void a_pipeline_has_a_number_of_stages(tn_ctx *ctx, void *arg) {
  array_world w = world_of(parsed(ctx, "[{\"_id\": 1}]"));
  tn_value rows;
  (void)arg;
  tn_value most = repeated(ctx, "[{\"$count\": \"n\"}", ", {\"$match\": {}}", TNI_PIPELINE_STAGES_MAX - 1, "]");
  assert_status(run(ctx, &w, no_limits, most, &rows), TN_OK);
  assert_int_equal(tn_count(rows), 1);
  tn_value more = repeated(ctx, "[{\"$count\": \"n\"}", ", {\"$match\": {}}", TNI_PIPELINE_STAGES_MAX, "]");
  expect_limit(ctx, run(ctx, &w, no_limits, more, &rows), "pipeline.500");
}

/* One within the other, `depth` of them. */
static tn_value nested(tn_ctx *ctx, unsigned depth) {
  char ends[4 * TNI_PIPELINE_DEPTH_MAX + 8] = "[]";
  for (unsigned i = 1; i < depth; i++) strcat(ends, "}}]");
  return repeated(ctx, "", "[{\"$unionWith\": {\"coll\": \"docs\", \"pipeline\": ", depth - 1, ends);
}

static void pipelines_nest_so_deep_and_no_deeper(tn_ctx *ctx, void *arg) {
  array_world w = world_of(parsed(ctx, "[{\"_id\": 1}]"));
  tn_value rows;
  (void)arg;
  assert_status(run(ctx, &w, no_limits, nested(ctx, TNI_PIPELINE_DEPTH_MAX), &rows), TN_OK);
  assert_int_equal(tn_count(rows), TNI_PIPELINE_DEPTH_MAX);
  tn_status status = run(ctx, &w, no_limits, nested(ctx, TNI_PIPELINE_DEPTH_MAX + 1), &rows);
  assert_status(status, TN_LIMIT);
  assert_non_null(strstr(ctx->error->text, "deeper than 20"));
}

static tn_value many_docs(tn_ctx *ctx) {
  return repeated(ctx, "[{\"a\": 1}", ", {\"a\": 2, \"b\": \"0123456789\"}", 999, "]");
}

static void a_limit_draws_no_more_than_it_lets_through(tn_ctx *ctx, void *arg) {
  array_world w = world_of(many_docs(ctx));
  tn_value rows;
  (void)arg;
  tn_value pipeline =
      parsed(ctx, "[{\"$skip\": 0}, {\"$match\": {\"a\": 2}}, {\"$set\": {\"c\": 1}}, {\"$limit\": 2}]");
  assert_status(run(ctx, &w, no_limits, pipeline, &rows), TN_OK);
  assert_int_equal(tn_count(rows), 2);
  assert_int_equal(w.drawn, 2 * 3);
}

static void a_sort_before_a_limit_keeps_no_more(tn_ctx *ctx, void *arg) {
  tni_pipeline_options options = {.memory_max = 4096};
  array_world w = world_of(many_docs(ctx));
  tn_value rows;
  (void)arg;
  tn_value few =
      parsed(ctx, "[{\"$skip\": 0}, {\"$match\": {}}, {\"$sort\": {\"a\": -1}}, {\"$skip\": 2}, {\"$limit\": 3}]");
  assert_status(run(ctx, &w, options, few, &rows), TN_OK);
  assert_int_equal(tn_count(rows), 3);
  tn_value all = parsed(ctx, "[{\"$skip\": 0}, {\"$match\": {}}, {\"$sort\": {\"a\": -1}}]");
  expect_limit(ctx, run(ctx, &w, options, all, &rows), "max_memory_bytes");
}

/* What a pipeline within $lookup held for one document is free for the next. */
static void closing_gives_memory_back(tn_ctx *ctx, void *arg) {
  tni_pipeline_options options = {.memory_max = 400000};
  array_world w = world_of(many_docs(ctx));
  tn_value rows;
  (void)arg;
  tn_value pipeline = parsed(
      ctx,
      "[{\"$limit\": 100}, {\"$lookup\": {\"from\": \"docs\", \"let\": {\"x\": 1}, \"as\": \"n\","
      " \"pipeline\": [{\"$group\": {\"_id\": null, \"all\": {\"$push\": \"$$ROOT\"}}}, {\"$count\": \"n\"}]}}]");
  assert_status(run(ctx, &w, options, pipeline, &rows), TN_OK);
  assert_int_equal(tn_count(rows), 100);
}

static void a_pipeline_has_its_time(tn_ctx *ctx, void *arg) {
  tni_pipeline_options options = {.ms_max = 5};
  array_world w = world_of(many_docs(ctx));
  tn_value rows;
  (void)arg;
  tn_value pipeline = parsed(ctx,
                             "[{\"$lookup\": {\"from\": \"docs\", \"let\": {\"x\": 1}, \"as\": \"n\", \"pipeline\":"
                             " [{\"$lookup\": {\"from\": \"docs\", \"let\": {\"y\": 1}, \"as\": \"n\", \"pipeline\":"
                             " [{\"$count\": \"n\"}]}}, {\"$count\": \"n\"}]}}]");
  expect_limit(ctx, run(ctx, &w, options, pipeline, &rows), "max_ms");
}

int main(int argc, char **argv) {
  const struct CMUnitTest more[] = {
      HANDLER_TEST(every_stage_has_a_case),
      HANDLER_TEST(a_pipeline_has_a_number_of_stages),
      HANDLER_TEST(pipelines_nest_so_deep_and_no_deeper),
      HANDLER_TEST(a_limit_draws_no_more_than_it_lets_through),
      HANDLER_TEST(a_sort_before_a_limit_keeps_no_more),
      HANDLER_TEST(closing_gives_memory_back),
      HANDLER_TEST(a_pipeline_has_its_time),
  };
  if (argc > 1) cmocka_set_test_filter(argv[1]);
  return cases_main("stage_", run_case, more, TNI_LENGTH(more));
}
