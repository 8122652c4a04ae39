/* Tables by value. */
#include "models/query/table.h"

#include "support/assert_status.h"
#include "support/handler.h"
#include "tenon.h"

#define KEYS 3000

static tn_value parse(tn_ctx *ctx, const char *json) {
  tn_builder *builder = tn_builder_for(ctx);
  assert_non_null(builder);
  assert_status(tn_decode("json", tni_slice_of(json), builder, NULL, NULL), TN_OK);
  return tn_built(builder);
}

static void equal_values_are_one_key(tn_ctx *ctx, void *arg) {
  static const char *const pairs[][2] = {{"1", "1.0"},
                                         {"0", "-0.0"},
                                         {"9007199254740992", "9007199254740992.0"},
                                         {"[1, {\"a\": 2}]", "[1.0, {\"a\": 2.0}]"},
                                         {"{\"$numberDouble\": \"NaN\"}", "{\"$numberDouble\": \"NaN\"}"}};
  tni_pool pool;
  tni_table table;
  void *payload;
  bool is_new;
  (void)arg;
  tni_pool_init(&pool, ctx, TNI_POOL_LIMIT_DEFAULT);
  tni_table_init(&table, &pool, 16);
  for (size_t i = 0; i < TNI_LENGTH(pairs); i++) {
    assert_status(tni_table_add(&table, parse(ctx, pairs[i][0]), &payload, &is_new), TN_OK);
    assert_true(is_new);
    assert_ptr_equal(tni_table_find(&table, parse(ctx, pairs[i][1])), payload);
    assert_status(tni_table_add(&table, parse(ctx, pairs[i][1]), &payload, &is_new), TN_OK);
    assert_false(is_new);
  }
}

static void near_values_are_keys_of_their_own(tn_ctx *ctx, void *arg) {
  static const char *const values[] = {"1",
                                       "\"1\"",
                                       "true",
                                       "[1]",
                                       "{\"a\": 1}",
                                       "{\"b\": 1}",
                                       "null",
                                       "[[1]]",
                                       "[]",
                                       "{}",
                                       "\"\"",
                                       "1.5",
                                       "-1",
                                       "[1, 2]",
                                       "[2, 1]",
                                       "{\"a\": [1]}",
                                       "9007199254740993",
                                       "9007199254740992.0"};
  tni_pool pool;
  tni_table table;
  void *payload;
  size_t count = 0;
  (void)arg;
  tni_pool_init(&pool, ctx, TNI_POOL_LIMIT_DEFAULT);
  tni_table_init(&table, &pool, 0);
  for (size_t i = 0; i < TNI_LENGTH(values); i++) {
    bool is_new = false;
    assert_null(tni_table_find(&table, parse(ctx, values[i])));
    assert_status(tni_table_add(&table, parse(ctx, values[i]), &payload, &is_new), TN_OK);
    assert_true(is_new);
  }
  for (tni_table_entry *e = tni_table_first(&table); e; e = tni_table_next(e), count++)
    assert_int_equal(tn_value_compare(tni_table_key(e), parse(ctx, values[count])), 0);
  assert_int_equal(count, TNI_LENGTH(values));
}

/* Adds keys until there is no room; those that were added are found. *count is how many. */
static tn_status fill(tn_ctx *ctx, size_t limit, int64_t *count) {
  tni_pool pool, keys;
  tni_table table;
  void *payload;
  tn_value key;
  bool is_new;
  tn_status status = TN_OK;
  tni_pool_init(&pool, ctx, limit);
  tni_pool_init(&keys, ctx, TNI_POOL_LIMIT_DEFAULT);
  tni_table_init(&table, &pool, 8);
  for (*count = 0; *count < KEYS; ++*count) {
    TRY(tni_pool_value(&keys, &key, TN_ARG(*count * 7)));
    status = tni_table_add(&table, key, &payload, &is_new);
    if (status != TN_OK) break;
    memcpy(payload, count, sizeof *count);
  }
  for (int64_t i = 0; i < *count; i++) {
    TRY(tni_pool_value(&keys, &key, TN_ARG((double)i * 7)));
    payload = tni_table_find(&table, key);
    assert_non_null(payload);
    assert_memory_equal(payload, &i, sizeof i);
  }
  return status;
}

static void a_full_table_still_has_what_is_in_it(tn_ctx *ctx, void *arg) {
  int64_t count = 0, before = 0;
  (void)arg;
  for (size_t limit = 500; limit < 200000; limit = limit * 5 / 4, before = count) {
    tn_status status = fill(ctx, limit, &count);
    if (status != TN_OK) assert_status(status, TN_LIMIT);
    assert_true(count >= before);
  }
  assert_true(count > 500);
}

static tn_status fill_scarce(tn_ctx *ctx, void *arg) {
  int64_t count;
  (void)arg;
  return fill(ctx, TNI_POOL_LIMIT_DEFAULT, &count);
}

static void a_table_without_memory_says_so(void **state) {
  (void)state;
  handler_run_scarce(fill_scarce, NULL);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      HANDLER_TEST(equal_values_are_one_key),
      HANDLER_TEST(near_values_are_keys_of_their_own),
      HANDLER_TEST(a_full_table_still_has_what_is_in_it),
      cmocka_unit_test(a_table_without_memory_says_so),
  };
  if (argc > 1) cmocka_set_test_filter(argv[1]);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
