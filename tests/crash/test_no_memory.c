/* Every public operation with the allocator failing at the 1st, 2nd, 3rd... request until it succeeds: a status each
 * time, nothing changed by a failure, nothing leaked. */
#include <stdio.h>

#include "support/shop.h"

#define TRIES_MAX 2000

typedef tn_status (*operation)(shop *s);

static tn_status put_one(shop *s) { return shop_put(s, "new", 1); }

static tn_status put_large(shop *s) {
  static char big[20000];
  return tn_run(s->engine, "cart", "put", tn_obj(&s->args, "key", "big", "value", ((tn_slice){big, sizeof big})),
                NULL, &s->error);
}

static tn_status delete_some(shop *s) {
  return tn_run(s->engine, "cart", "delete_range", tn_obj(&s->args, "prefix", "k1"), NULL, &s->error);
}

static tn_status scan(shop *s) { return tn_run(s->engine, "cart", "scan", TN_NO_VALUE, NULL, &s->error); }

static tn_status batch(shop *s) {
  tn_builder a = TN_BUILDER_INIT, b = TN_BUILDER_INIT;
  tn_batch_op ops[] = {{"cart", "incr", tn_obj(&a, "key", "n")},
                       {"cart", "put", tn_obj(&b, "key", "m", "value", "text")}};
  tn_status status = tn_batch(s->engine, ops, 2, NULL, NULL, &s->error);
  tn_builder_free(&a);
  tn_builder_free(&b);
  return status;
}

static tn_status txn(shop *s) {
  tn_txn *t;
  tn_status status = tn_begin(s->engine, TN_WRITE, NULL, &t, &s->error);
  if (status != TN_OK) return status;
  for (int i = 0; i < 20 && status == TN_OK; i++)
    status = tn_do(t, "cart", "put", tn_obj(&s->args, "key", i, "value", i), NULL, &s->error);
  if (status == TN_OK) return tn_commit(t, NULL, &s->error);
  tn_abort(t);
  return status;
}

static tn_status failing_command(shop *s) {
  tn_status status = tn_run(s->engine, "cart", "take", tn_obj(&s->args, "key", "none"), NULL, &s->error);
  return status == TN_NOT_FOUND ? TN_OK : status;
}

static void nothing(void *arg, tn_status status, const tn_result *result, const tn_error *error) {
  (void)result, (void)error;
  *(tn_status *)arg = status;
}

static tn_status submit(shop *s) {
  const tn_op *incr;
  size_t count;
  tn_status outcome = TN_OK, status = tn_op_prepare(s->engine, "cart", "incr", &incr, &s->error);
  if (status == TN_OK)
    status = tn_submit(s->engine, incr, tn_obj(&s->args, "key", "n"), TN_DONE_POLLED, nothing, &outcome, &s->error);
  if (status == TN_OK) status = tn_poll(s->engine, 1000, &count, &s->error);
  return status == TN_OK ? outcome : status;
}

static tn_status snapshot(shop *s) { return tn_snapshot(s->engine, NULL, &s->error); }
static tn_status check(shop *s) { return tn_check(s->engine, NULL, NULL, NULL, &s->error); }
static tn_status tick(shop *s) { return tn_tick(s->engine, &s->error); }

/* Fails `run` at each of its requests in turn. `changes` = its success may change the digest. */
static void fail_at_each(shop *s, const char *name, operation run, bool changes) {
  char before[33], after[33];
  int failures = 0;
  for (;; failures++) {
    shop_digest(s, before);
    atomic_store(&s->memory.fail_at, atomic_load(&s->memory.requests) + 1 + (uint64_t)failures);
    tn_status status = run(s);
    atomic_store(&s->memory.fail_at, 0);
    shop_digest(s, after);
    if (status == TN_OK) {
      if (!changes) assert_string_equal(before, after);
      break;
    }
    if (status == TN_IO ||
        status == TN_OUTCOME_UNKNOWN) { /* the storage had no memory: writes are over until reopened */
      assert_status(tn_close(s->engine, &s->error), TN_IO);
      s->engine = NULL;
      shop_reopen(s);
      continue;
    }
    assert_status(status, TN_NOMEM);
    assert_string_equal(before, after);
    assert_true(failures < TRIES_MAX);
  }
  printf("# %s: %d failures\n", name, failures);
  shop_reopen(s);
  shop_digest(s, before);
  assert_string_equal(before, after);
}

static void every_operation_survives_running_out_of_memory(void **state) {
  static const struct {
    const char *name;
    operation run;
    bool changes;
  } operations[] = {
      {"put", put_one, true},
      {"put large", put_large, true},
      {"delete_range", delete_some, true},
      {"scan", scan, false},
      {"batch", batch, true},
      {"txn", txn, true},
      {"failing command", failing_command, false},
      {"submit", submit, true},
      {"snapshot", snapshot, false},
      {"check", check, false},
      {"tick", tick, false},
  };
  shop *s = *state;
  for (int i = 0; i < 300; i++) {
    char key[16];
    snprintf(key, sizeof key, "k%d", i);
    assert_status(shop_put(s, key, i), TN_OK);
  }
  for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
    fail_at_each(s, operations[i].name, operations[i].run, operations[i].changes);
}

static void opening_survives_running_out_of_memory(void **state) {
  shop *s = *state;
  for (int i = 0; i < 50; i++) assert_status(shop_put(s, (char[]){'k', (char)('0' + i), 0}, i), TN_OK);
  assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
  for (int i = 0; i < 50; i++) assert_status(shop_put(s, (char[]){'l', (char)('0' + i), 0}, i), TN_OK);
  shop_close(s);
  int failures = 0;
  for (;; failures++) {
    assert_int_equal(atomic_load(&s->memory.blocks), 0);
    atomic_store(&s->memory.fail_at, atomic_load(&s->memory.requests) + 1 + (uint64_t)failures);
    tn_status status = tn_open(NULL, &s->options, &s->engine, &s->error);
    atomic_store(&s->memory.fail_at, 0);
    if (status == TN_OK) break;
    s->engine = NULL;
    assert_status(status, TN_NOMEM);
    assert_true(failures < TRIES_MAX);
  }
  printf("# open: %d failures\n", failures);
  assert_int_equal(shop_stat(s, "seq"), 100);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, shop_setup, shop_teardown)
  const struct CMUnitTest tests[] = {
      TEST(every_operation_survives_running_out_of_memory),
      TEST(opening_survives_running_out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
