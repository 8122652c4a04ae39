/* Work beside commits: when it is slow, how long it rests, and how large the runs are that a snapshot is handed to a
 * storage in. No test waits for a clock. */
#include <stdlib.h>

#include "engine.h"
#include "pace.h"
#include "support/shop.h"

#define MS INT64_C(1000)

/* ---- when and how long ---------------------------------------------------------------------- */

static void what_was_synced_before_work_began_does_not_slow_it(void **state) {
  _Atomic uint64_t syncs = 7;
  tni_pace pace;
  (void)state;
  tni_pace_init(&pace, &syncs);
  assert_false(tni_pace_is_slow(&pace, 0));
  assert_false(tni_pace_is_slow(&pace, 1000 * MS));
}

static void work_is_slow_until_a_while_after_the_last_sync(void **state) {
  _Atomic uint64_t syncs = 7;
  tni_pace pace;
  (void)state;
  tni_pace_init(&pace, &syncs);
  atomic_store(&syncs, 8);
  assert_true(tni_pace_is_slow(&pace, 1000 * MS));
  assert_true(tni_pace_is_slow(&pace, 1099 * MS));
  atomic_store(&syncs, 9);
  assert_true(tni_pace_is_slow(&pace, 1099 * MS));
  assert_true(tni_pace_is_slow(&pace, 1198 * MS));
  assert_false(tni_pace_is_slow(&pace, 1199 * MS));
}

static void a_rest_is_twice_as_long_as_the_step_but_ends(void **state) {
  (void)state;
  assert_int_equal(tni_pace_rest_us(0), 0);
  assert_int_equal(tni_pace_rest_us(300), 600);
  assert_int_equal(tni_pace_rest_us(49 * MS), 98 * MS);
  assert_int_equal(tni_pace_rest_us(50 * MS), 100 * MS);
  assert_int_equal(tni_pace_rest_us(INT64_MAX), 100 * MS);
}

/* ---- a snapshot's runs ---------------------------------------------------------------------- */

/* A storage that notes how large the runs are, and makes the engine look as if it had synced meanwhile. */
typedef struct noter {
  tn_engine *engine;
  bool syncs;
  size_t runs;
  size_t first, largest_after; /* bytes */
} noter;

static tn_status begin(void *self, uint64_t seq, void **writer, tn_error *error) {
  (void)seq, (void)error;
  *writer = self;
  return TN_OK;
}

static tn_status note(void *self, void *writer, tn_slice bytes, tn_error *error) {
  noter *n = self;
  (void)writer, (void)error;
  if (n->runs == 0)
    n->first = bytes.size;
  else if (bytes.size > n->largest_after)
    n->largest_after = bytes.size;
  n->runs++;
  if (n->syncs) atomic_fetch_add(&n->engine->totals.syncs, 1);
  return TN_OK;
}

static tn_status commit(void *self, void *writer, tn_error *error) {
  (void)self, (void)writer, (void)error;
  return TN_OK;
}

static void abort_it(void *self, void *writer) { (void)self, (void)writer; }

static const tn_storage noting = {
    .snapshot_begin = begin, .snapshot_write = note, .snapshot_commit = commit, .snapshot_abort = abort_it};

/* Writes a snapshot of 3 MiB in items of 10 KiB. */
static noter note_runs(shop *s, bool syncs) {
  static const uint8_t bytes[10240];
  noter n = {.engine = s->engine, .syncs = syncs};
  tni_pin pin;
  for (int i = 0; i < 300; i++)
    assert_status(tn_run(s->engine, "cart", "put", tn_obj(&s->args, "key", i, "value", ((tn_slice){bytes, 10240})),
                         NULL, &s->error),
                  TN_OK);
  assert_status(tni_pin_take(s->engine->state, &pin), TN_OK);
  assert_status(tni_snapshot_write(s->engine, pin.version, &noting, &n, &s->error), TN_OK);
  tni_pin_drop(s->engine->state, &pin);
  return n;
}

static void beside_nobody_a_snapshot_goes_in_large_runs(void **state) {
  noter n = note_runs(*state, false);
  assert_true(n.runs >= 4 && n.runs <= 7);
  assert_true(n.first >= 512u << 10);
}

static void beside_syncs_a_snapshot_goes_in_small_runs(void **state) {
  noter n = note_runs(*state, true);
  assert_true(n.runs >= 30);
  assert_true(n.largest_after <= (64u << 10) + 2 * 10240);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, shop_setup, shop_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_was_synced_before_work_began_does_not_slow_it),
      cmocka_unit_test(work_is_slow_until_a_while_after_the_last_sync),
      cmocka_unit_test(a_rest_is_twice_as_long_as_the_step_but_ends),
      TEST(beside_nobody_a_snapshot_goes_in_large_runs),
      TEST(beside_syncs_a_snapshot_goes_in_small_runs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
