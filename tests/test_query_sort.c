/* Orders of documents: what tests/query/sort.txt says, limits, interruption, memory. */
#include "models/query/sort.h"

#include <stdio.h>

#include "support/assert_status.h"
#include "support/cases.h"
#include "support/values.h"
#include "tenon.h"

/* ---- cases ------------------------------------------------------------------------------------ */

static tn_status sort_docs(tn_ctx *ctx, const tni_sort *sort, tn_value docs, uint64_t limit, tn_builder *out) {
  tni_pool pool;
  tni_sorter *sorter;
  tn_value keys[TNI_SORT_FIELDS_MAX];
  tn_slice doc;
  tni_pool_init(&pool, ctx, TNI_POOL_LIMIT_DEFAULT);
  TRY(tni_sorter_create(&pool, sort, limit, &sorter));
  for (tn_iter it = tn_iter_of(docs); tn_iter_next(&it);) {
    tni_sort_keys(sort, it.value, keys);
    TRY(tni_sorter_add(sorter, keys, tn_value_bytes(it.value)));
  }
  TRY(tni_sorter_finish(sorter));
  tn_array_begin(out);
  while (tni_sorter_next(sorter, &doc) == TN_OK) tn_add(out, tn_bytes_value(doc));
  tn_end(out);
  return tn_builder_status(out);
}

static void expect_sorted(tn_ctx *ctx, query_case *c) {
  tni_sort sort;
  tn_builder *out = tn_builder_for(ctx);
  if (tni_sort_compile(ctx, case_value(ctx, c, 0), "sort", &sort) != TN_OK) {
    case_expect_error(ctx, c, 1);
    return;
  }
  assert_status(sort_docs(ctx, &sort, case_value(ctx, c, 1), 0, out), TN_OK);
  case_expect_value(c, 2, tn_built(out));
}

/* ---- against a slow sort ---------------------------------------------------------------------- */

#define DOCS_MAX 300
#define ROUNDS 60

static tn_value decode(tn_ctx *ctx, const char *json) {
  tn_builder *builder = tn_builder_for(ctx);
  assert_status(tn_decode("json", tni_slice_of(json), builder, NULL, NULL), TN_OK);
  return tn_built(builder);
}

static tn_value random_docs(tn_ctx *ctx, values_source *source, uint32_t count) {
  tn_builder *b = tn_builder_for(ctx);
  tn_array_begin(b);
  for (uint32_t i = 0; i < count; i++) {
    tn_object_begin(b);
    tn_set(b, "n", i);
    tn_set(b, "a", (int64_t)values_below(source, 20));
    if (values_chance(source, 80)) {
      tn_name(b, "b");
      values_add(source, b, 1);
    }
    tn_end(b);
  }
  tn_end(b);
  return tn_built(b);
}

/* Insertion: each behind those that are not greater. */
static void sort_slowly(tn_ctx *ctx, const tni_sort *sort, tn_value docs, uint32_t *places) {
  tn_value mine[TNI_SORT_FIELDS_MAX], other[TNI_SORT_FIELDS_MAX];
  for (uint32_t i = 0; i < tn_count(docs); i++) {
    uint32_t at = i;
    tni_sort_keys(sort, tn_item(docs, i), mine);
    for (; at > 0; at--) {
      tni_sort_keys(sort, tn_item(docs, places[at - 1]), other);
      if (tni_sort_compare(ctx, sort, other, mine) <= 0) break;
      places[at] = places[at - 1];
    }
    places[at] = i;
  }
}

static void any_limit_gives_the_first_of_all(tn_ctx *ctx, void *arg) {
  values_source source = values_source_for_run("sort");
  tni_sort sort;
  (void)arg;
  assert_status(tni_sort_compile(ctx, decode(ctx, "{\"a\": 1, \"b\": -1}"), "sort", &sort), TN_OK);
  for (int round = 0; round < ROUNDS; round++) {
    uint32_t count = (uint32_t)values_below(&source, DOCS_MAX), places[DOCS_MAX];
    uint64_t limit = values_below(&source, 2 * count + 2);
    tn_value docs = random_docs(ctx, &source, count);
    tn_builder *out = tn_builder_for(ctx);
    assert_status(sort_docs(ctx, &sort, docs, limit, out), TN_OK);
    sort_slowly(ctx, &sort, docs, places);
    assert_int_equal(tn_count(tn_built(out)), limit == 0 || limit > count ? count : limit);
    for (uint32_t i = 0; i < tn_count(tn_built(out)); i++)
      assert_true(tn_value_same(tn_item(tn_built(out), i), tn_item(docs, places[i])));
  }
}

/* ---- limits ----------------------------------------------------------------------------------- */

static void a_limit_keeps_memory_small(tn_ctx *ctx, void *arg) {
  tni_pool pool;
  tni_sort sort;
  tni_sorter *sorter;
  char text[500];
  (void)arg;
  memset(text, 'x', sizeof text);
  tni_pool_init(&pool, ctx, TNI_POOL_LIMIT_DEFAULT);
  assert_status(tni_sort_compile(ctx, decode(ctx, "{\"a\": -1}"), "sort", &sort), TN_OK);
  assert_status(tni_sorter_create(&pool, &sort, 10, &sorter), TN_OK);
  for (int64_t i = 0; i < 20000; i++) {
    uint8_t ints[8];
    tn_value key = {ints, 5};
    ints[0] = TN_TAG_INT32;
    for (unsigned k = 0; k < 4; k++) ints[1 + k] = (uint8_t)((i + 100000) >> (8 * k));
    assert_status(tni_sorter_add(sorter, &key, (tn_slice){text, (size_t)(i % 500)}), TN_OK);
  }
  assert_true(pool.used < 40000);
}

static void too_much_to_sort_is_refused(tn_ctx *ctx, void *arg) {
  tni_pool pool;
  tni_sort sort;
  tni_sorter *sorter;
  tn_value key = tni_true_value;
  tn_status status = TN_OK;
  (void)arg;
  tni_pool_init(&pool, ctx, 100000);
  assert_status(tni_sort_compile(ctx, decode(ctx, "{\"a\": 1}"), "sort", &sort), TN_OK);
  assert_status(tni_sorter_create(&pool, &sort, 0, &sorter), TN_OK);
  for (int i = 0; i < 2000 && status == TN_OK; i++) status = tni_sorter_add(sorter, &key, tni_slice_of("payload"));
  assert_status(status, TN_LIMIT);
  assert_string_equal(ctx->error->where, "max_memory_bytes");
}

static void at_most_32_fields(tn_ctx *ctx, void *arg) {
  tn_builder *b = tn_builder_for(ctx);
  tni_sort sort;
  (void)arg;
  tn_object_begin(b);
  for (int i = 0; i <= TNI_SORT_FIELDS_MAX; i++) {
    char name[8];
    (void)snprintf(name, sizeof name, "f%d", i);
    tn_set(b, name, 1);
  }
  tn_end(b);
  assert_status(tni_sort_compile(ctx, tn_built(b), "sort", &sort), TN_LIMIT);
}

/* ---- interruption ----------------------------------------------------------------------------- */

static tn_status interrupted(tn_ctx *ctx) { return (void)ctx, TN_INTERRUPTED; }

static void finishing_can_be_interrupted(tn_ctx *ctx, void *arg) {
  tn_host host = *ctx->host;
  const tn_host *before = ctx->host;
  tni_sort sort;
  values_source source = values_source_for_run("interrupted sort");
  (void)arg;
  tn_value docs = random_docs(ctx, &source, 100);
  assert_status(tni_sort_compile(ctx, decode(ctx, "{\"a\": 1}"), "sort", &sort), TN_OK);
  host.step = interrupted;
  ctx->host = &host;
  tn_status status = sort_docs(ctx, &sort, docs, 0, tn_builder_for(ctx));
  ctx->host = before;
  assert_status(status, TN_INTERRUPTED);
}

/* ---- memory ----------------------------------------------------------------------------------- */

static tn_status sort_something(tn_ctx *ctx, void *arg) {
  tni_sort sort;
  tn_builder *out = tn_builder_for(ctx);
  const tn_value *request = arg;
  if (!out) return tni_no_memory(ctx);
  TRY(tni_sort_compile(ctx, tn_field(*request, "sort"), "sort", &sort));
  tn_status status = sort_docs(ctx, &sort, tn_field(*request, "docs"), 2, out);
  return status == TN_NOMEM ? tni_no_memory(ctx) : status;
}

static void sorting_without_memory_says_so(void **state) {
  tn_builder builder = TN_BUILDER_INIT;
  (void)state;
  assert_status(
      tn_decode("json", tni_slice_of("{\"sort\": {\"a.b\": 1, \"c\": -1}, \"docs\": [{}, {\"c\": 1}, {\"c\": 2}]}"),
                &builder, NULL, NULL),
      TN_OK);
  tn_value request = tn_built(&builder);
  handler_run_scarce(sort_something, &request);
  tn_builder_free(&builder);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      CASES("sort", expect_sorted),
      HANDLER_TEST(any_limit_gives_the_first_of_all),
      HANDLER_TEST(a_limit_keeps_memory_small),
      HANDLER_TEST(too_much_to_sort_is_refused),
      HANDLER_TEST(at_most_32_fields),
      HANDLER_TEST(finishing_can_be_interrupted),
      cmocka_unit_test(sorting_without_memory_says_so),
  };
  if (argc > 1) cmocka_set_test_filter(argv[1]);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
