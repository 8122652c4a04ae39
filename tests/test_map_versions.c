/* What map.h promises, one promise a test: versions, pins, savepoints, and memory. */
#include "test_map_model.h"

/* ---- versions ------------------------------------------------------------------------------- */

static void a_sealed_version_is_not_seen_before_it_is_published(void **state) {
  fixture *f = *state;
  tni_version *version;
  tni_pin before, after;
  put(f->state, SLICE("a"), SLICE("1"));
  assert_int_equal(tni_state_seal(f->state, 7, 2, 99, &version), TN_OK);
  put(f->state, SLICE("a"), SLICE("2"));
  assert_int_equal(tni_pin_take(f->state, &before), TN_OK);
  tni_state_publish(f->state, version);
  assert_int_equal(tni_pin_take(f->state, &after), TN_OK);
  tn_slice value;
  assert_false(has(f->state, before.version->roots, SLICE("a"), NULL));
  assert_true(has(f->state, after.version->roots, SLICE("a"), &value));
  assert_true(same_bytes(value, SLICE("1")));
  assert_true(after.version->seq == 7 && after.version->epoch == 2 && after.version->time_us == 99);
  tni_pin_drop(f->state, &before);
  tni_pin_drop(f->state, &after);
}

static void abandon_goes_back_to_what_is_published(void **state) {
  fixture *f = *state;
  tni_version *version;
  put_numbers(f->state, 0, 1000, 1);
  (void)commit(f->state);
  tni_digest digest = tni_state_digest(f->state);
  put_numbers(f->state, 500, 1500, 2);
  assert_int_equal(tni_state_seal(f->state, 2, 1, 0, &version), TN_OK);
  put_numbers(f->state, 0, 2000, 3);
  assert_int_equal(tni_state_seal(f->state, 3, 1, 0, &version), TN_OK);
  put_numbers(f->state, 100, 200, 4);
  tni_state_abandon(f->state);
  assert_true(same_digest(digest, tni_state_digest(f->state)));
  assert_int_equal(count_of(f->state), 1000);
  assert_int_equal(tni_state_get_stats(f->state).retired_bytes, 0);
  check_state(f->state, tni_state_working(f->state));
  check_digest(f->state);
  put_numbers(f->state, 0, 10, 9);
  (void)commit(f->state);
  check_state(f->state, tni_state_working(f->state));
}

static void nothing_is_retired_when_the_last_pin_has_gone(void **state) {
  fixture *f = *state;
  tni_pin pins[5];
  for (int i = 0; i < 5; i++) {
    put_numbers(f->state, 0, 2000, (uint8_t)i);
    (void)commit(f->state);
    assert_int_equal(tni_pin_take(f->state, &pins[i]), TN_OK);
  }
  assert_true(tni_state_get_stats(f->state).retired_bytes > 0);
  assert_int_equal(tni_state_get_stats(f->state).pins, 5);
  static const int order[] = {2, 0, 4, 1, 3};
  for (int i = 0; i < 5; i++) {
    tni_pin *pin = &pins[order[i]];
    check_state(f->state, pin->version->roots);
    assert_true(same_digest(pin->version->digest, tni_state_digest_scan(f->state, pin->version->roots)));
    tni_pin_drop(f->state, pin);
    tni_state_reclaim(f->state);
  }
  assert_int_equal(tni_state_get_stats(f->state).retired_bytes, 0);
  assert_int_equal(tni_state_get_stats(f->state).pins, 0);
}

static void a_large_release_is_spread_over_seals(void **state) {
  fixture *f = *state;
  tni_pin pin;
  for (uint64_t n = 0; n < 40; n++) put_numbers(f->state, n * 1000, n * 1000 + 1000, 1);
  (void)commit(f->state);
  assert_int_equal(tni_pin_take(f->state, &pin), TN_OK);
  put_numbers(f->state, 0, 40000, 2);
  (void)commit(f->state);
  tni_pin_drop(f->state, &pin);
  (void)commit(f->state);
  assert_true(tni_state_get_stats(f->state).retired_bytes > 0);
  for (int i = 0; i < 10; i++) (void)commit(f->state);
  assert_int_equal(tni_state_get_stats(f->state).retired_bytes, 0);
}

static void a_pin_during_updates_of_a_hot_set_costs_what_changed(void **state) {
  fixture *f = *state;
  uint8_t key[8], value[100] = {0};
  tni_pin pin;
  put_numbers(f->state, 0, 20000, 1);
  (void)commit(f->state);
  assert_int_equal(tni_pin_take(f->state, &pin), TN_OK);
  uint64_t seed = 5;
  for (uint64_t i = 0; i < 20000; i++) {
    memcpy(value, &i, sizeof i);
    put(f->state, number_key(below(&seed, 100), key), (tn_slice){value, sizeof value});
    (void)commit(f->state);
  }
  assert_true(tni_state_get_stats(f->state).retired_bytes < 100000);
  assert_int_equal(pin.version->roots[0].count, 20000);
  check_state(f->state, pin.version->roots);
  tni_pin_drop(f->state, &pin);
}

static void pins_beyond_the_first_slots_are_found_new_ones(void **state) {
  fixture *f = *state;
  enum { COUNT = 200 };
  tni_pin pins[COUNT];
  for (uint64_t i = 0; i < COUNT; i++) {
    put_numbers(f->state, i, i + 1, 1);
    (void)commit(f->state);
    assert_int_equal(tni_pin_take(f->state, &pins[i]), TN_OK);
  }
  assert_int_equal(tni_state_get_stats(f->state).pins, COUNT);
  for (uint64_t i = 0; i < COUNT; i++) {
    assert_int_equal(pins[i].version->roots[0].count, i + 1);
    check_state(f->state, pins[i].version->roots);
    tni_pin_drop(f->state, &pins[i]);
  }
}

static void releasing_savepoints_leaves_no_garbage_behind(void **state) {
  fixture *f = *state;
  put_numbers(f->state, 0, 1000, 1);
  (void)commit(f->state);
  uint64_t most = 0;
  for (uint64_t n = 0; n < 5000; n++) {
    tni_savepoint savepoint;
    assert_int_equal(tni_state_savepoint(f->state, &savepoint), TN_OK);
    put_numbers(f->state, n % 10, n % 10 + 1, (uint8_t)n);
    tni_state_release(f->state, &savepoint);
    uint64_t retired = tni_state_get_stats(f->state).retired_bytes;
    most = retired > most ? retired : most;
  }
  assert_true(most < 20000);
}

static void a_rollback_takes_back_only_what_came_after_its_savepoint(void **state) {
  fixture *f = *state;
  tni_savepoint outer, inner;
  put(f->state, SLICE("a"), SLICE("1"));
  assert_int_equal(tni_state_savepoint(f->state, &outer), TN_OK);
  put(f->state, SLICE("b"), SLICE("2"));
  assert_int_equal(tni_state_savepoint(f->state, &inner), TN_OK);
  put(f->state, SLICE("c"), SLICE("3"));
  tni_state_rollback(f->state, &inner);
  assert_int_equal(count_of(f->state), 2);
  assert_int_equal(tni_state_savepoint(f->state, &inner), TN_OK);
  put(f->state, SLICE("d"), SLICE("4"));
  tni_state_release(f->state, &inner);
  assert_true(has(f->state, tni_state_working(f->state), SLICE("d"), NULL));
  tni_state_rollback(f->state, &outer);
  assert_int_equal(count_of(f->state), 1);
  check_digest(f->state);
}

static void exclusive_edits_are_published_by_the_next_seal(void **state) {
  fixture *f = *state;
  put_numbers(f->state, 0, 3000, 1);
  (void)commit(f->state);
  tni_state_set_exclusive(f->state, true);
  put_numbers(f->state, 1000, 6000, 2);
  uint64_t gone;
  uint8_t from[8], to[8];
  assert_int_equal(tni_map_delete_range(f->state, 0, number_key(10, from), number_key(500, to), &gone), TN_OK);
  assert_int_equal(tni_state_get_stats(f->state).retired_bytes, 0);
  check_state(f->state, tni_state_working(f->state));
  check_digest(f->state);
  tni_state_set_exclusive(f->state, false);
  put_numbers(f->state, 0, 5, 3);
  tni_state_abandon(f->state);
  assert_int_equal(count_of(f->state), 6000 - 490);
  tni_version *version = commit(f->state);
  assert_int_equal(version->roots[0].count, 6000 - 490);
  tni_state_set_exclusive(f->state, true);
  put_numbers(f->state, 0, 10, 4);
  (void)commit(f->state);
  check_state(f->state, tni_state_working(f->state));
  check_digest(f->state);
}

/* ---- memory --------------------------------------------------------------------------------- */

static void deleting_most_entries_gives_their_memory_back(void **state) {
  fixture *f = *state, fresh;
  enum { COUNT = 30000 };
  uint64_t seed = 3, kept = 0;
  uint8_t key[8], value[60] = {1};
  fixture_init(&fresh);
  for (uint64_t n = 0; n < COUNT; n++) {
    uint64_t mixed = n * 0x9e3779b97f4a7c15u;
    put(f->state, number_key(mixed, key), (tn_slice){value, sizeof value});
  }
  (void)commit(f->state);
  for (uint64_t n = 0; n < COUNT; n++) {
    if (below(&seed, 10) == 0) continue;
    assert_int_equal(tni_map_delete(f->state, 0, number_key(n * 0x9e3779b97f4a7c15u, key)), TN_OK);
    if (n % 100 == 0) (void)commit(f->state);
  }
  (void)commit(f->state);
  tni_cursor cursor;
  tn_slice k, v;
  tni_cursor_init(&cursor, f->state, tni_state_working(f->state), 0);
  for (; tni_cursor_next(&cursor, &k, &v) == TN_OK; kept++)
    assert_int_equal(tni_map_load(fresh.state, 0, k, v), TN_OK);
  assert_int_equal(kept, count_of(f->state));
  uint64_t have = tni_state_get_stats(f->state).live_bytes, want = tni_state_get_stats(fresh.state).live_bytes;
  assert_true(have <= 2 * want);
  fixture_fini(&fresh);
}

static void put_answers_limit_beyond_memory_max_and_delete_still_works(void **state) {
  fixture *f = *state;
  uint8_t key[8], value[1000] = {1};
  tni_state_set_memory_max(f->state, 500000);
  tn_status status = TN_OK;
  uint64_t n = 0;
  for (; n < 10000; n++) {
    tni_digest before = tni_state_digest(f->state);
    status = tni_map_put(f->state, 0, number_key(n, key), (tn_slice){value, n % 2 ? sizeof value : 100});
    if (status == TN_OK) continue;
    assert_true(same_digest(before, tni_state_digest(f->state)));
    break;
  }
  assert_int_equal(status, TN_LIMIT);
  assert_true(tni_state_get_stats(f->state).live_bytes < 520000);
  assert_int_equal(count_of(f->state), n);
  check_digest(f->state);
  for (uint64_t i = 0; i < n; i++) assert_int_equal(tni_map_delete(f->state, 0, number_key(i, key)), TN_OK);
  assert_int_equal(tni_map_put(f->state, 0, number_key(n, key), (tn_slice){value, sizeof value}), TN_OK);
}

typedef tn_status (*attempt_fn)(fixture *f, uint64_t *seed);

/* Tries with the 1st, 2nd, 3rd ... request for memory failing until it succeeds; after each failure nothing must have
 * changed. Returns how often it failed. */
static unsigned try_until_ok(fixture *f, attempt_fn attempt, uint64_t *seed) {
  for (unsigned failures = 0;; failures++) {
    uint64_t again = *seed, edits = tni_state_edits(f->state), count = count_of(f->state);
    tni_digest before = tni_state_digest(f->state);
    f->memory.fail_at = f->memory.requests + failures + 1;
    tn_status status = attempt(f, &again);
    f->memory.fail_at = 0;
    if (status == TN_OK) return *seed = again, failures;
    assert_int_equal(status, TN_NOMEM);
    assert_true(same_digest(before, tni_state_digest(f->state)));
    assert_true(edits == tni_state_edits(f->state) && count == count_of(f->state));
    check_state(f->state, tni_state_working(f->state));
    assert_true(failures < 10);
  }
}

static tn_status try_put(fixture *f, uint64_t *seed) {
  uint8_t key[TNI_KEY_SIZE_MAX], value[TEST_VALUE_MAX];
  return tni_map_put(f->state, 0, make_key(KEYS_MIXED, 2000, seed, key), make_value(seed, value));
}
static tn_status try_delete(fixture *f, uint64_t *seed) {
  uint8_t key[TNI_KEY_SIZE_MAX];
  tn_status status = tni_map_delete(f->state, 0, make_key(KEYS_MIXED, 2000, seed, key));
  return status == TN_NOT_FOUND ? TN_OK : status;
}
static tn_status try_seal(fixture *f, uint64_t *seed) {
  tni_version *version;
  tn_status status = tni_state_seal(f->state, 1, 1, 0, &version);
  if (status == TN_OK && below(seed, 2)) tni_state_publish(f->state, version);
  return status;
}
static tn_status try_nested_savepoints(fixture *f, uint64_t *seed) {
  tni_savepoint outer, inner;
  (void)seed;
  tn_status status = tni_state_savepoint(f->state, &outer);
  if (status != TN_OK) return status;
  status = tni_state_savepoint(f->state, &inner);
  if (status == TN_OK) tni_state_release(f->state, &inner);
  tni_state_release(f->state, &outer);
  return status;
}

static void running_out_of_memory_changes_nothing(void **state) {
  fixture *f = *state;
  uint64_t seed = 17;
  unsigned failures = 0;
  printf("# seed %llu\n", (unsigned long long)seed);
  for (int i = 0; i < 6000; i++) {
    uint32_t what = below(&seed, i < 3000 ? 100 : 60);
    if (what < 40)
      failures += try_until_ok(f, try_delete, &seed);
    else if (what == 40)
      failures += try_until_ok(f, try_seal, &seed);
    else if (what == 41)
      failures += try_until_ok(f, try_nested_savepoints, &seed);
    else
      failures += try_until_ok(f, try_put, &seed);
  }
  assert_true(failures > 100);
  check_digest(f->state);
}

static void a_state_is_made_whole_or_not_at_all(void **state) {
  (void)state;
  tni_counted_memory memory;
  tni_counted_memory_init(&memory, tn_memory_system());
  tni_state *s = NULL;
  tn_status status = TN_NOMEM;
  for (uint64_t n = 1; status != TN_OK; n++) {
    memory.fail_at = memory.requests + n;
    status = tni_state_create(&memory.memory, 3, test_seeds, &s);
    if (status != TN_OK) assert_int_equal(memory.blocks, 0);
  }
  memory.fail_at = 0;
  tni_state_destroy(s);
  assert_int_equal(memory.blocks, 0);
}

static void a_range_delete_that_runs_out_of_memory_can_be_rolled_back(void **state) {
  fixture *f = *state;
  put_numbers(f->state, 0, 5000, 1);
  (void)commit(f->state);
  for (uint64_t n = 1; n < 20; n++) {
    tni_savepoint savepoint;
    tni_digest before = tni_state_digest(f->state);
    uint8_t from[8], to[8];
    uint64_t count = 0;
    assert_int_equal(tni_state_savepoint(f->state, &savepoint), TN_OK);
    f->memory.fail_at = f->memory.requests + n;
    tn_status status = tni_map_delete_range(f->state, 0, number_key(n * 10, from), number_key(3000 + n, to), &count);
    f->memory.fail_at = 0;
    check_state(f->state, tni_state_working(f->state));
    check_digest(f->state);
    if (status == TN_OK)
      assert_int_equal(count, 3000 + n - n * 10);
    else
      assert_int_equal(status, TN_NOMEM);
    tni_state_rollback(f->state, &savepoint);
    assert_true(same_digest(before, tni_state_digest(f->state)));
    check_state(f->state, tni_state_working(f->state));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_sealed_version_is_not_seen_before_it_is_published),
      TEST(abandon_goes_back_to_what_is_published),
      TEST(nothing_is_retired_when_the_last_pin_has_gone),
      TEST(a_large_release_is_spread_over_seals),
      TEST(a_pin_during_updates_of_a_hot_set_costs_what_changed),
      TEST(pins_beyond_the_first_slots_are_found_new_ones),
      TEST(releasing_savepoints_leaves_no_garbage_behind),
      TEST(a_rollback_takes_back_only_what_came_after_its_savepoint),
      TEST(exclusive_edits_are_published_by_the_next_seal),
      TEST(deleting_most_entries_gives_their_memory_back),
      TEST(put_answers_limit_beyond_memory_max_and_delete_still_works),
      TEST(running_out_of_memory_changes_nothing),
      cmocka_unit_test(a_state_is_made_whole_or_not_at_all),
      TEST(a_range_delete_that_runs_out_of_memory_can_be_rolled_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
