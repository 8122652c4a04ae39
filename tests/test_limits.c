/* test_limits.c - what is larger than the operator allows is refused with the limit's name and both sizes, and
 * changes nothing. */
#include <stdio.h>

#include "support/shop.h"

static void a_command_past_max_memory_is_refused_and_others_go_on(void **state) {
  shop *s = *state;
  shop_open(s, "\"max_memory\": 400000");
  static char big[100000];
  tn_status status = TN_OK;
  int stored = 0;
  for (; stored < 100 && status == TN_OK; stored++)
    status = tn_run(s->engine, "cart", "put", tn_obj(&s->args, "key", stored, "value", ((tn_slice){big, sizeof big})),
                    NULL, &s->error);
  assert_status(status, TN_LIMIT);
  assert_string_equal(s->error.where, "max_memory");
  assert_in_range(stored, 2, 5);
  assert_status(tn_run(s->engine, "cart", "delete", tn_obj(&s->args, "key", 0), NULL, &s->error), TN_OK);
  shop_reopen(s);
}

/* What a command that exceeds a limit answers; `at` is the limit's name. */
static void assert_over(shop *s, tn_status status, const char *at, const char *text) {
  char where[64];
  snprintf(where, sizeof where, "limits.%s", at);
  assert_status(status, TN_LIMIT);
  assert_string_equal(s->error.where, where);
  assert_string_equal(s->error.text, text);
}

static tn_status put_text(shop *s, const char *key, size_t size) {
  static char text[4096];
  memset(text, 'x', sizeof text);
  return tn_run(s->engine, "cart", "put", tn_obj(&s->args, "key", key, "value", tn_text((tn_slice){text, size})),
                NULL, &s->error);
}

static void keys_and_values_have_limits(void **state) {
  shop *s = *state;
  shop_open(s, "\"limits\": {\"value_bytes\": 100, \"key_bytes\": 20}");
  assert_status(put_text(s, "fits", 60), TN_OK);
  tn_status status = put_text(s, "does not", 1000);
  assert_status(status, TN_LIMIT);
  assert_string_equal(s->error.where, "limits.value_bytes");
  assert_non_null(strstr(s->error.text, "a map's value may have 100 bytes, this one has 10"));
  assert_over(s, put_text(s, "a key of thirty characters ...", 1), "key_bytes",
              "a map's key may have 20 bytes encoded, this one has 32");
  assert_int_equal(shop_number(s, "fits"), -1);
  assert_status(shop_get(s, "does not"), TN_NOT_FOUND);
}

static void a_limit_that_was_narrowed_refuses_nothing_that_is_there(void **state) {
  shop *s = *state;
  char before[33], after[33];
  assert_status(put_text(s, "large", 4000), TN_OK);
  shop_digest(s, before);
  shop_open(s, "\"limits\": {\"value_bytes\": 10, \"key_bytes\": 2, \"batch_bytes\": 10, \"depth\": 1}");
  shop_digest(s, after);
  assert_string_equal(before, after);
}

static void nesting_and_results_have_limits(void **state) {
  shop *s = *state;
  tn_builder list = TN_BUILDER_INIT, deep = TN_BUILDER_INIT;
  shop_open(s, "\"limits\": {\"depth\": 2, \"result_bytes\": 500}");
  tn_value flat = tn_arr(&list, 1, 2), nested = tn_arr(&deep, flat, flat);
  assert_status(tn_run(s->engine, "cart", "put", tn_obj(&s->args, "key", "a", "value", nested), NULL, &s->error),
                TN_OK);
  tn_builder deeper = TN_BUILDER_INIT;
  nested = tn_arr(&deeper, nested);
  assert_over(s, tn_run(s->engine, "cart", "put", tn_obj(&s->args, "key", "b", "value", nested), NULL, &s->error),
              "depth", "an argument may be nested 2 levels deep, this one is nested 3");
  for (int i = 0; i < 10; i++) assert_status(put_text(s, (char[]){(char)('c' + i), '\0'}, 80), TN_OK);
  assert_status(tn_run(s->engine, "cart", "scan", TN_NO_VALUE, &s->result, &s->error), TN_LIMIT);
  assert_string_equal(s->error.where, "limits.result_bytes");
  assert_status(shop_get(s, "c"), TN_OK);
  tn_builder_free(&list);
  tn_builder_free(&deep);
  tn_builder_free(&deeper);
}

static tn_status put_in(shop *s, tn_txn *txn, const char *key, int64_t value) {
  return tn_do(txn, "cart", "put", tn_obj(&s->args, "key", key, "value", value), NULL, &s->error);
}

static void a_batch_has_limits(void **state) {
  shop *s = *state;
  tn_txn *txn;
  tn_batch_op ops[] = {
      {"cart", "count", TN_NO_VALUE}, {"cart", "count", TN_NO_VALUE}, {"cart", "count", TN_NO_VALUE}};
  shop_open(s, "\"limits\": {\"batch_ops\": 2, \"batch_bytes\": 600}");
  assert_over(s, tn_batch(s->engine, ops, 3, NULL, NULL, &s->error), "batch_ops",
              "a batch may have 2 operations, this one has 3");
  assert_status(tn_begin(s->engine, TN_WRITE, NULL, &txn, &s->error), TN_OK);
  assert_status(put_in(s, txn, "a", 1), TN_OK);
  assert_status(put_in(s, txn, "b", 1), TN_OK);
  assert_over(s, put_in(s, txn, "c", 1), "batch_ops", "a batch may have 2 operations, this one has 3");
  assert_status(tn_commit(txn, NULL, &s->error), TN_OK);
  assert_int_equal(shop_number(s, "b"), 1);
  assert_int_equal(shop_number(s, "c"), -1);
  tn_status status = put_text(s, "large", 700);
  assert_status(status, TN_LIMIT);
  assert_string_equal(s->error.where, "limits.batch_bytes");
  assert_status(shop_get(s, "large"), TN_NOT_FOUND);
  shop_reopen(s);
}

static void read_txns_have_a_limit(void **state) {
  shop *s = *state;
  tn_txn *open[3];
  shop_open(s, "\"limits\": {\"read_txns\": 2}");
  for (int i = 0; i < 2; i++) assert_status(tn_begin(s->engine, TN_READ, NULL, &open[i], &s->error), TN_OK);
  assert_over(s, tn_begin(s->engine, TN_READ, NULL, &open[2], &s->error), "read_txns",
              "an engine may have 2 read txns open, with this one it has 3");
  assert_status(shop_put(s, "a", 1), TN_OK);
  tn_abort(open[0]);
  assert_status(tn_begin(s->engine, TN_READ, NULL, &open[0], &s->error), TN_OK);
  for (int i = 0; i < 2; i++) tn_abort(open[i]);
}

static void ignore_done(void *arg, tn_status status, const tn_result *result, const tn_error *error) {
  (void)arg, (void)result, (void)error;
  assert_status(status, TN_OK);
}

/* Submitted commands that wait for nobody make groups of a bounded size all the same. */
static void what_is_submitted_does_not_pile_up_in_one_group(void **state) {
  shop *s = *state;
  const tn_op *put;
  static char big[8 << 20];
  size_t done = 0;
  shop_open(s, "\"durability\": \"none\"");
  assert_status(tn_op_prepare(s->engine, "cart", "put", &put, &s->error), TN_OK);
  for (int i = 0; i < 24; i++)
    assert_status(tn_submit(s->engine, put, tn_obj(&s->args, "key", i, "value", ((tn_slice){big, sizeof big})),
                            TN_DONE_POLLED, ignore_done, NULL, &s->error),
                  TN_OK);
  for (size_t n = 0; done < 24; done += n) assert_status(tn_poll(s->engine, 1000, &n, &s->error), TN_OK);
  assert_in_range(shop_stat(s, "since_open.groups"), 3, 24);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, shop_setup, shop_teardown)

int main(void) {
  static const struct CMUnitTest tests[] = {
      TEST(a_command_past_max_memory_is_refused_and_others_go_on),
      TEST(keys_and_values_have_limits),
      TEST(a_limit_that_was_narrowed_refuses_nothing_that_is_there),
      TEST(nesting_and_results_have_limits),
      TEST(a_batch_has_limits),
      TEST(read_txns_have_a_limit),
      TEST(what_is_submitted_does_not_pile_up_in_one_group),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
