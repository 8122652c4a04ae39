/* Drawn documents through $match, $sort, $group and $lookup, beside a naive way of doing the same. */
#include <stdio.h>

#include "support/array_world.h"
#include "support/assert_status.h"
#include "support/handler.h"
#include "support/naive_filter.h"
#include "support/values.h"
#include "tenon.h"

#define ROUNDS 150
#define DOCS_MAX 40

static values_source source;

/* ---- documents -------------------------------------------------------------------------------- */

/* Few different values, of which some are equal though their bytes are not. */
static const char *const keys[] = {"1",
                                   "1.0",
                                   "2",
                                   "\"a\"",
                                   "\"b\"",
                                   "null",
                                   "true",
                                   "{\"x\": 1}",
                                   "{\"x\": 1.0}",
                                   "{\"y\": [2]}",
                                   "[1, 2]",
                                   "[1.0, 2]",
                                   "[\"a\", null]",
                                   "[]",
                                   "{}",
                                   "{\"$numberDouble\": \"NaN\"}"};

static const char *some_key(void) { return keys[values_below(&source, TNI_LENGTH(keys))]; }

static void add_doc(char *to, size_t room, unsigned id) {
  char key[64] = "", value[64] = "";
  if (!values_chance(&source, 15)) (void)snprintf(key, sizeof key, ", \"k\": %s", some_key());
  if (!values_chance(&source, 15))
    (void)snprintf(value, sizeof value, ", \"v\": %d", (int)values_below(&source, 7) - 3);
  (void)snprintf(to + strlen(to), room - strlen(to), "%s{\"_id\": %u%s%s}", id > 0 ? ", " : "", id, key, value);
}

static tn_value parse(tn_ctx *ctx, const char *json) {
  tn_builder *builder = tn_builder_for(ctx);
  tn_error error = TN_ERROR_INIT;
  assert_non_null(builder);
  if (tn_decode("json", tni_slice_of(json), builder, NULL, &error) != TN_OK) fail_msg("%s: %s", json, error.text);
  return tn_built(builder);
}

static tn_value draw_docs(tn_ctx *ctx) {
  static char json[DOCS_MAX * 160];
  unsigned count = (unsigned)values_below(&source, DOCS_MAX);
  (void)snprintf(json, sizeof json, "[");
  for (unsigned i = 0; i < count; i++) add_doc(json, sizeof json - 2, i);
  strcat(json, "]");
  return parse(ctx, json);
}

static tn_value run(tn_ctx *ctx, array_world *w, const char *collection, const char *pipeline) {
  tni_pipeline_options options = {.ms_max = 0};
  tn_value rows = TN_NO_VALUE;
  tn_status status = array_world_run(w, ctx, &options, collection, parse(ctx, pipeline), &rows);
  if (status != TN_OK) fail_msg("%s: %s", pipeline, ctx->error->text);
  return rows;
}

static void expect_same(tn_value got, tn_value expected, tn_value docs, const char *pipeline) {
  if (tn_value_same(got, expected)) return;
  tn_slice a, b, c;
  assert_status(tn_encode("json", got, &a, NULL), TN_OK);
  assert_status(tn_encode("json", expected, &b, NULL), TN_OK);
  assert_status(tn_encode("json", docs, &c, NULL), TN_OK);
  fail_msg("%s of %.*s\n  gives    %.*s\n  expected %.*s", pipeline, (int)c.size, (const char *)c.data, (int)a.size,
           (const char *)a.data, (int)b.size, (const char *)b.data);
}

static array_world world_of(const char *name, tn_value docs) {
  array_world w = {.names = {name}, .arrays = {docs}, .count = 1};
  return w;
}

/* ---- $group ----------------------------------------------------------------------------------- */

static tn_value field_or_null(tn_value doc, const char *name) {
  tn_value value = tn_field(doc, name);
  return tn_is_absent(value) ? tni_null_value : value;
}

static bool in_group(tn_value doc, tn_value first) {
  return tn_value_compare(field_or_null(doc, "k"), field_or_null(first, "k")) == 0;
}

static bool is_first(tn_value docs, uint32_t i) {
  bool first = true;
  for (uint32_t j = 0; j < i; j++) first = first && !in_group(tn_item(docs, i), tn_item(docs, j));
  return first;
}

static void add_group(tn_value docs, tn_value first, tn_builder *to) {
  int64_t count = 0, sum = 0, v = 0, least = INT64_MAX;
  tn_object_begin(to);
  tn_set(to, "_id", field_or_null(first, "k"));
  tn_name(to, "ids");
  tn_array_begin(to);
  for (tn_iter it = tn_iter_of(docs); tn_iter_next(&it);) {
    if (!in_group(it.value, first)) continue;
    tn_add(to, tn_field(it.value, "_id"));
    count++;
    if (!tn_as_int(tn_field(it.value, "v"), &v)) continue;
    sum += v;
    if (v < least) least = v;
  }
  tn_end(to);
  tn_set(to, "n", count);
  tn_set(to, "sum", sum);
  tn_set(to, "min", least == INT64_MAX ? TN_ARG_NULL : tn_arg_int(least));
  tn_end(to);
}

static void groups_are_what_a_search_for_equals_finds(tn_ctx *ctx, void *arg) {
  static const char pipeline[] =
      "[{\"$group\": {\"_id\": \"$k\", \"ids\": {\"$push\": \"$_id\"}, \"n\": {\"$sum\": 1},"
      " \"sum\": {\"$sum\": \"$v\"}, \"min\": {\"$min\": \"$v\"}}}]";
  tn_builder *expected = tn_builder_for(ctx);
  (void)arg;
  for (unsigned round = 0; round < ROUNDS; round++) {
    tn_value docs = draw_docs(ctx);
    array_world w = world_of("docs", docs);
    tn_builder_clear(expected);
    tn_array_begin(expected);
    for (uint32_t i = 0; i < tn_count(docs); i++)
      if (is_first(docs, i)) add_group(docs, tn_item(docs, i), expected);
    tn_end(expected);
    array_world_init(&w);
    expect_same(run(ctx, &w, "docs", pipeline), tn_built(expected), docs, pipeline);
  }
}

/* ---- $match, $sort, $skip, $limit ------------------------------------------------------------- */

static bool comes_before(tn_value a, tn_value b) {
  int order = tn_value_compare(field_or_null(b, "v"), field_or_null(a, "v"));
  return order != 0 ? order < 0 : tn_value_compare(tn_field(a, "_id"), tn_field(b, "_id")) < 0;
}

static bool is_taken(tn_value doc, int64_t from) {
  int64_t v = 0;
  return tn_as_int(tn_field(doc, "v"), &v) && v >= from;
}

/* The one with `rank` others before it. */
static tn_value ranked(tn_value docs, int64_t from, uint32_t rank) {
  for (tn_iter a = tn_iter_of(docs); tn_iter_next(&a);) {
    uint32_t before = 0;
    if (!is_taken(a.value, from)) continue;
    for (tn_iter b = tn_iter_of(docs); tn_iter_next(&b);)
      before += is_taken(b.value, from) && comes_before(b.value, a.value);
    if (before == rank) return a.value;
  }
  return TN_NO_VALUE;
}

/* At the front they are the find's; behind another stage their own. */
static void orders_are_what_counting_who_is_before_gives(tn_ctx *ctx, void *arg) {
  tn_builder *expected = tn_builder_for(ctx);
  (void)arg;
  for (unsigned round = 0; round < ROUNDS; round++) {
    tn_value docs = draw_docs(ctx), doc;
    array_world w = world_of("docs", docs);
    char pipeline[256];
    int64_t from = (int64_t)values_below(&source, 7) - 3;
    uint32_t skip = (uint32_t)values_below(&source, 5), limit = 1 + (uint32_t)values_below(&source, 12);
    (void)snprintf(pipeline, sizeof pipeline,
                   "[%s{\"$match\": {\"v\": {\"$gte\": %d}}}, {\"$sort\": {\"v\": -1, \"_id\": 1}},"
                   " {\"$skip\": %u}, {\"$limit\": %u}]",
                   values_chance(&source, 50) ? "{\"$skip\": 0}, " : "", (int)from, skip, limit);
    tn_builder_clear(expected);
    tn_array_begin(expected);
    for (uint32_t i = skip; i < skip + limit && !tn_is_absent(doc = ranked(docs, from, i)); i++)
      tn_add(expected, doc);
    tn_end(expected);
    array_world_init(&w);
    expect_same(run(ctx, &w, "docs", pipeline), tn_built(expected), docs, pipeline);
  }
}

/* ---- $lookup ---------------------------------------------------------------------------------- */

/* {"k": {"$in": [the values of the document's k]}} */
static tn_value filter_of(tn_value doc, tn_builder *to) {
  tn_value key = field_or_null(doc, "k");
  tn_builder_clear(to);
  tn_object_begin(to);
  tn_name(to, "k");
  tn_object_begin(to);
  tn_name(to, "$in");
  tn_array_begin(to);
  for (tn_iter it = tn_iter_of(key); tn_value_type(key) == TN_ARRAY && tn_iter_next(&it);) tn_add(to, it.value);
  if (tn_value_type(key) != TN_ARRAY) tn_add(to, key);
  if (tn_value_type(key) == TN_ARRAY && tn_count(key) == 0) tn_add(to, TN_ARG_NULL);
  tn_end(to);
  tn_end(to);
  tn_end(to);
  return tn_built(to);
}

static void add_joined(tn_value doc, tn_value others, tn_builder *filter, tn_builder *to) {
  tn_value wanted = filter_of(doc, filter);
  tn_object_begin(to);
  tn_set(to, "_id", tn_field(doc, "_id"));
  tn_name(to, "others");
  tn_array_begin(to);
  for (tn_iter it = tn_iter_of(others); tn_iter_next(&it);)
    if (naive_matches(wanted, it.value)) tn_add(to, it.value);
  tn_end(to);
  tn_end(to);
}

static void a_lookup_is_a_filter_for_each_document(tn_ctx *ctx, void *arg) {
  static const char pipeline[] =
      "[{\"$lookup\": {\"from\": \"others\", \"localField\": \"k\", \"foreignField\": \"k\", \"as\": \"others\"}},"
      " {\"$project\": {\"others\": 1}}]";
  tn_builder *expected = tn_builder_for(ctx), *filter = tn_builder_for(ctx);
  (void)arg;
  for (unsigned round = 0; round < ROUNDS; round++) {
    tn_value docs = draw_docs(ctx), others = draw_docs(ctx);
    array_world w = {.names = {"docs", "others"}, .arrays = {docs, others}, .count = 2};
    array_world_init(&w);
    tn_builder_clear(expected);
    tn_array_begin(expected);
    for (tn_iter it = tn_iter_of(docs); tn_iter_next(&it);) add_joined(it.value, others, filter, expected);
    tn_end(expected);
    expect_same(run(ctx, &w, "docs", pipeline), tn_built(expected), docs, "by a table");
    w.indexed = "others k";
    expect_same(run(ctx, &w, "docs", pipeline), tn_built(expected), docs, "by an index");
  }
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      HANDLER_TEST(groups_are_what_a_search_for_equals_finds),
      HANDLER_TEST(orders_are_what_counting_who_is_before_gives),
      HANDLER_TEST(a_lookup_is_a_filter_for_each_document),
  };
  if (argc > 1) cmocka_set_test_filter(argv[1]);
  source = values_source_for_run("pipelines");
  return cmocka_run_group_tests(tests, NULL, NULL);
}
