/* The memory that filters, expressions and updates work in. */
#include "models/query/pool.h"
#include "support/assert_status.h"
#include "support/handler.h"

static void what_was_taken_since_a_mark_is_taken_again(tn_ctx *ctx, void *arg) {
  tni_pool pool;
  (void)arg;
  tni_pool_init(&pool, ctx, TNI_POOL_LIMIT_DEFAULT);
  assert_non_null(tni_pool_alloc(&pool, 100));
  tni_pool_mark mark = tni_pool_at(&pool);
  uint8_t *first = tni_pool_alloc(&pool, 1000), *far = tni_pool_alloc(&pool, 200000);
  tni_pool_back(&pool, mark);
  assert_ptr_equal(tni_pool_alloc(&pool, 1000), first);
  assert_ptr_equal(tni_pool_alloc(&pool, 200000), far);
}

static void a_copy_of_nothing_is_nothing(tn_ctx *ctx, void *arg) {
  tni_pool pool;
  tn_value copy = tni_null_value;
  (void)arg;
  tni_pool_init(&pool, ctx, TNI_POOL_LIMIT_DEFAULT);
  assert_status(tni_pool_copy(&pool, TN_NO_VALUE, &copy), TN_OK);
  assert_true(tn_is_absent(copy));
}

static void a_pool_is_full_at_its_limit(tn_ctx *ctx, void *arg) {
  tni_pool pool;
  (void)arg;
  tni_pool_init(&pool, ctx, 1024);
  assert_non_null(tni_pool_alloc(&pool, 1000));
  assert_null(tni_pool_alloc(&pool, 17));
  assert_status(tni_pool_full(&pool), TN_LIMIT);
  assert_string_equal(ctx->error->where, "max_memory_bytes");
  assert_non_null(tni_pool_alloc(&pool, 16));
}

static void a_pool_of_a_fixed_size_names_no_argument(tn_ctx *ctx, void *arg) {
  tni_pool whole, pool;
  (void)arg;
  tni_pool_init_fixed(&whole, ctx);
  tni_pool_init_within(&pool, &whole);
  assert_null(tni_pool_alloc(&pool, TNI_POOL_LIMIT_DEFAULT + 1));
  assert_status(tni_pool_full(&pool), TN_LIMIT);
  assert_string_equal(ctx->error->where, "");
  assert_string_equal(ctx->error->text, "the request needs more than its 104857600 bytes of memory");
}

static void pools_within_one_share_its_limit(tn_ctx *ctx, void *arg) {
  tni_pool whole, a, b;
  (void)arg;
  tni_pool_init(&whole, ctx, 1024);
  tni_pool_init_within(&a, &whole);
  tni_pool_init_within(&b, &whole);
  assert_non_null(tni_pool_alloc(&a, 512));
  assert_non_null(tni_pool_alloc(&b, 512));
  assert_null(tni_pool_alloc(&a, 1));
  assert_status(tni_pool_full(&a), TN_LIMIT);
  tni_pool_reset(&b);
  assert_non_null(tni_pool_alloc(&a, 512));
  tni_pool_reset(&a);
  assert_int_equal(whole.used, 0);
}

static tn_status build_in_pool(tn_ctx *ctx, void *arg) {
  tni_pool pool;
  tn_value value;
  int64_t n = 0;
  (void)arg;
  tni_pool_init(&pool, ctx, TNI_POOL_LIMIT_DEFAULT);
  for (int64_t i = 0; i < 100; i++) {
    TRY(tni_pool_value(&pool, &value, TN_ARG(i * 1000)));
    assert_true(tn_as_int(value, &n));
    assert_int_equal(n, i * 1000);
  }
  return TN_OK;
}

static void a_pool_without_memory_says_so(void **state) {
  (void)state;
  handler_run_scarce(build_in_pool, NULL);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      HANDLER_TEST(what_was_taken_since_a_mark_is_taken_again),
      HANDLER_TEST(a_copy_of_nothing_is_nothing),
      HANDLER_TEST(a_pool_is_full_at_its_limit),
      HANDLER_TEST(a_pool_of_a_fixed_size_names_no_argument),
      HANDLER_TEST(pools_within_one_share_its_limit),
      cmocka_unit_test(a_pool_without_memory_says_so),
  };
  if (argc > 1) cmocka_set_test_filter(argv[1]);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
