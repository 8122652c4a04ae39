/* Accumulators: what tests/query/accumulators.txt says, with memory enough and with each request for memory refused
 * in turn; that none is without a case; and large groups against a naive look at all values. */
#include "models/query/accumulator.h"

#include <stdio.h>

#include "models/query/hash.h"
#include "support/assert_status.h"
#include "support/cases.h"
#include "support/text_cases.h"
#include "support/values.h"
#include "tenon.h"

/* ---- one group -------------------------------------------------------------------------------- */

typedef struct group {
  tn_value spec, documents;
  size_t keep_limit;
  tn_value result; /* in the handler's memory */
} group;

static const char group_id[] = "{\"region\": \"west\"}";

static tn_status decode(tn_ctx *ctx, const char *text, tn_value *out) {
  tn_builder builder = TN_BUILDER_INIT;
  assert_status(tn_decode("json", tni_slice_of(text), &builder, NULL, NULL), TN_OK);
  tn_value value = tn_built(&builder);
  uint8_t *bytes = tn_scratch(ctx, value.size);
  if (bytes) memcpy(bytes, value.data, value.size);
  *out = (tn_value){bytes, value.size};
  tn_builder_free(&builder);
  return bytes ? TN_OK : tni_no_memory(ctx);
}

/* The documents' pool is emptied behind each one. */
static tn_status take_all(const tni_accumulator *a, void *state, tni_pool *keep, tni_eval *eval, tn_value documents) {
  for (tn_iter it = tn_iter_of(documents); tn_iter_next(&it);) {
    tni_pool_mark mark = tni_pool_at(eval->pool);
    eval->root = it.value;
    TRY(tni_accumulator_add(a, state, keep, eval));
    tni_pool_back(eval->pool, mark);
  }
  return TN_OK;
}

static tn_status run_group(tn_ctx *ctx, void *arg) {
  group *g = arg;
  tni_scope scope = {.count = 0};
  tni_pool keep, pool;
  tni_eval eval;
  const tni_accumulator *a;
  tni_pool_init(&keep, ctx, g->keep_limit);
  tni_pool_init(&pool, ctx, TNI_POOL_LIMIT_DEFAULT);
  TRY(tni_accumulator_compile(ctx, &scope, g->spec, "acc", &a));
  void *state = tni_pool_alloc(&keep, tni_accumulator_size(a));
  if (!state) return tni_pool_full(&keep);
  TRY(tni_eval_init(&eval, ctx, &pool, &scope));
  TRY(decode(ctx, group_id, &eval.root));
  TRY(tni_accumulator_begin(a, state, &eval));
  TRY(take_all(a, state, &keep, &eval, g->documents));
  return tni_accumulator_result(a, state, &eval, &g->result);
}

static group group_of(tn_ctx *ctx, query_case *c) {
  return (group){case_value(ctx, c, 0), case_value(ctx, c, 1), TNI_POOL_LIMIT_DEFAULT, TN_NO_VALUE};
}

static void expect_result(tn_ctx *ctx, query_case *c) {
  group g = group_of(ctx, c);
  if (run_group(ctx, &g) == TN_OK)
    case_expect_value(c, 2, g.result);
  else
    case_expect_error(ctx, c, 2);
}

static tn_status run_or_refuse(tn_ctx *ctx, void *arg) {
  tn_status status = run_group(ctx, arg);
  return status == TN_NOMEM ? status : TN_OK;
}

static void expect_no_memory(tn_ctx *ctx, query_case *c) {
  group g = group_of(ctx, c);
  handler_run_scarce(run_or_refuse, &g);
}

/* ---- all of them ------------------------------------------------------------------------------ */

static void every_accumulator_has_a_case(tn_ctx *ctx, void *arg) {
  size_t count;
  unsigned without = 0;
  const char *const *names = tni_accumulator_names(ctx, &count);
  (void)arg;
  assert_non_null(names);
  for (size_t i = 0; i < count; i++) {
    char begin[64];
    (void)snprintf(begin, sizeof begin, "{\"%s\":", names[i]);
    if (!cases_have("accumulators", begin)) without++, print_error("%s has no case\n", names[i]);
  }
  assert_int_equal(without, 0);
}

/* ---- large groups ----------------------------------------------------------------------------- */

#define DOCUMENTS 2000
#define N 7

/* {"n": a number out of few} many times over. */
static tn_value many_documents(tn_ctx *ctx, values_source *source) {
  tn_builder *builder = tn_builder_for(ctx);
  assert_non_null(builder);
  tn_array_begin(builder);
  for (unsigned i = 0; i < DOCUMENTS; i++) {
    tn_object_begin(builder);
    tn_set(builder, "n", values_below(source, 500));
    tn_set(builder, "i", i);
    tn_end(builder);
  }
  tn_end(builder);
  return tn_built(builder);
}

static tn_value result_of(tn_ctx *ctx, const char *spec, tn_value documents) {
  group g = {TN_NO_VALUE, documents, TNI_POOL_LIMIT_DEFAULT, TN_NO_VALUE};
  assert_status(decode(ctx, spec, &g.spec), TN_OK);
  assert_status(run_group(ctx, &g), TN_OK);
  return g.result;
}

/* How many documents come before item `i`'s place in the order: {n, i} going up. */
static unsigned rank_of(tn_value documents, int64_t n, int64_t place) {
  unsigned before = 0;
  for (tn_iter it = tn_iter_of(documents); tn_iter_next(&it);) {
    int64_t other = 0, other_place = 0;
    (void)tn_get_int(it.value, "n", &other);
    (void)tn_get_int(it.value, "i", &other_place);
    before += other < n || (other == n && other_place < place);
  }
  return before;
}

static void assert_ranks(tn_value documents, tn_value pairs, unsigned first) {
  assert_int_equal(tn_count(pairs), N);
  for (unsigned i = 0; i < N; i++) {
    int64_t n = 0, place = 0;
    (void)tn_as_int(tn_item(tn_item(pairs, i), 0), &n);
    (void)tn_as_int(tn_item(tn_item(pairs, i), 1), &place);
    assert_int_equal(rank_of(documents, n, place), first + i);
  }
}

static void the_first_of_an_order_are_those_of_a_full_sort(tn_ctx *ctx, void *arg) {
  values_source source = values_source_for_run("accumulators");
  tn_value documents = many_documents(ctx, &source);
  (void)arg;
  assert_ranks(
      documents,
      result_of(ctx, "{\"$topN\": {\"n\": 7, \"sortBy\": {\"n\": 1}, \"output\": [\"$n\", \"$i\"]}}", documents), 0);
  assert_ranks(
      documents,
      result_of(ctx, "{\"$bottomN\": {\"n\": 7, \"sortBy\": {\"n\": 1}, \"output\": [\"$n\", \"$i\"]}}", documents),
      DOCUMENTS - N);
  assert_ranks(documents, result_of(ctx, "{\"$minN\": {\"n\": 7, \"input\": [\"$n\", \"$i\"]}}", documents), 0);
}

static void a_set_holds_each_value_once(tn_ctx *ctx, void *arg) {
  values_source source = values_source_for_run("accumulators");
  tn_value documents = many_documents(ctx, &source), set = result_of(ctx, "{\"$addToSet\": \"$n\"}", documents);
  bool seen[500] = {false};
  unsigned distinct = 0;
  (void)arg;
  for (tn_iter it = tn_iter_of(documents); tn_iter_next(&it);) {
    int64_t n = 0;
    (void)tn_get_int(it.value, "n", &n);
    distinct += !seen[n];
    seen[n] = true;
  }
  assert_int_equal(tn_count(set), distinct);
}

static void a_group_is_full_at_its_limit(tn_ctx *ctx, void *arg) {
  values_source source = values_source_for_run("accumulators");
  group g = {TN_NO_VALUE, many_documents(ctx, &source), 4096, TN_NO_VALUE};
  (void)arg;
  assert_status(decode(ctx, "{\"$push\": \"$$ROOT\"}", &g.spec), TN_OK);
  assert_status(run_group(ctx, &g), TN_LIMIT);
  assert_string_equal(ctx->error->where, "max_memory_bytes");
}

/* What is replaced all the time takes its memory once. */
static void what_is_kept_alone_needs_little(tn_ctx *ctx, void *arg) {
  static const char *const specs[] = {"{\"$last\": \"$$ROOT\"}", "{\"$max\": \"$$ROOT\"}",
                                      "{\"$lastN\": {\"n\": 3, \"input\": \"$$ROOT\"}}",
                                      "{\"$maxN\": {\"n\": 3, \"input\": \"$$ROOT\"}}"};
  values_source source = values_source_for_run("accumulators");
  group g = {TN_NO_VALUE, many_documents(ctx, &source), 1024, TN_NO_VALUE};
  (void)arg;
  for (size_t i = 0; i < TNI_LENGTH(specs); i++) {
    assert_status(decode(ctx, specs[i], &g.spec), TN_OK);
    assert_status(run_group(ctx, &g), TN_OK);
  }
}

/* ---- hashes ----------------------------------------------------------------------------------- */

static void equal_values_have_equal_hashes(tn_ctx *ctx, void *arg) {
  values_source source = values_source_for_run("accumulators");
  tn_builder *a = tn_builder_for(ctx), *b = tn_builder_for(ctx);
  (void)arg;
  for (unsigned i = 0; i < 20000; i++) {
    tn_value value = values_build(&source, a, 3), near = values_build_near(&source, b, value);
    if (tn_value_compare(value, near) == 0)
      assert_int_equal(tni_hash_value(ctx, value), tni_hash_value(ctx, near));
    else
      assert_int_not_equal(tni_hash_value(ctx, value), tni_hash_value(ctx, near));
  }
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      CASES("accumulators", expect_result),          CASES("accumulators", expect_no_memory),
      HANDLER_TEST(every_accumulator_has_a_case),    HANDLER_TEST(the_first_of_an_order_are_those_of_a_full_sort),
      HANDLER_TEST(a_set_holds_each_value_once),     HANDLER_TEST(a_group_is_full_at_its_limit),
      HANDLER_TEST(what_is_kept_alone_needs_little), HANDLER_TEST(equal_values_have_equal_hashes),
  };
  if (argc > 1) cmocka_set_test_filter(argv[1]);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
