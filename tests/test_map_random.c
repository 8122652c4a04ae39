/* Random operations on the map, held against the model, for keys of every shape. TEST_SEED in the environment is
 * added to every seed. */
#include "test_map_model.h"

#define PINS 4

/* ThreadSanitizer is slow and has nothing to find here. */
#ifdef __SANITIZE_THREAD__
#define LONG_STEPS 2000
#else
#define LONG_STEPS 20000
#endif

typedef struct pinned {
  bool held;
  tni_pin pin;
  model models[3];
} pinned;

/* A cursor that lives through all edits, and the place where it must stand. */
typedef struct walker {
  tni_cursor cursor;
  uint8_t key[TNI_KEY_SIZE_MAX];
  size_t key_size;
  bool behind; /* the key, else before it */
} walker;

typedef struct run {
  fixture f;
  pool pool;
  model models[3];
  model published[3];
  pinned pins[PINS];
  walker walkers[3];
  uint64_t seed;
  key_shape shape;
  uint32_t range;
  uint64_t seq;
} run;

static void run_init(run *r, key_shape shape, uint32_t range, uint64_t seed) {
  memset(r, 0, sizeof *r);
  fixture_init(&r->f);
  const char *more = getenv("TEST_SEED");
  seed += more ? strtoull(more, NULL, 10) : 0;
  r->seed = seed;
  r->shape = shape;
  r->range = range;
  for (int i = 0; i < 3; i++) r->published[i] = model_copy(&r->models[i]);
  for (uint32_t i = 0; i < 3; i++)
    tni_cursor_init(&r->walkers[i].cursor, r->f.state, tni_state_working(r->f.state), i);
  printf("# keys of shape %d, seed %llu\n", (int)shape, (unsigned long long)seed);
}

static void drop_pin(run *r, pinned *p) {
  for (uint32_t map = 0; map < 3; map++) {
    check_same(r->f.state, p->pin.version->roots, map, &p->models[map]);
    model_free(&p->models[map]);
  }
  check_state(r->f.state, p->pin.version->roots);
  tni_pin_drop(r->f.state, &p->pin);
  p->held = false;
}

static void run_fini(run *r) {
  for (int i = 0; i < PINS; i++)
    if (r->pins[i].held) drop_pin(r, &r->pins[i]);
  for (int i = 0; i < 3; i++) {
    model_free(&r->models[i]);
    model_free(&r->published[i]);
  }
  pool_free(&r->pool);
  fixture_fini(&r->f);
}

static void check_working(run *r) {
  const tni_root *roots = tni_state_working(r->f.state);
  check_state(r->f.state, roots);
  check_digest(r->f.state);
  for (uint32_t map = 0; map < 3; map++) {
    check_same(r->f.state, roots, map, &r->models[map]);
    check_same_backwards(r->f.state, roots, map, &r->models[map]);
  }
}

/* ---- single operations ---------------------------------------------------------------------- */

static void put_key(run *r, uint32_t map, tn_slice key) {
  uint8_t value_bytes[TEST_VALUE_MAX];
  tn_slice value = make_value(&r->seed, value_bytes);
  assert_int_equal(tni_map_put(r->f.state, map, key, value), TN_OK);
  model_put(&r->models[map], &r->pool, key, value);
}

static void delete_key(run *r, uint32_t map, tn_slice key) {
  bool exact;
  size_t at = model_find(&r->models[map], key, &exact);
  assert_int_equal(tni_map_delete(r->f.state, map, key), exact ? TN_OK : TN_NOT_FOUND);
  model_remove(&r->models[map], at, at + exact);
}

static void get_key(run *r, uint32_t map, tn_slice key) {
  tn_slice value;
  bool exact;
  size_t at = model_find(&r->models[map], key, &exact);
  tn_status status = tni_map_get(r->f.state, tni_state_working(r->f.state), map, key, &value);
  assert_int_equal(status, exact ? TN_OK : TN_NOT_FOUND);
  if (exact) assert_true(same_bytes(value, r->models[map].entries[at]->value));
}

static void do_put(run *r) {
  uint8_t key_bytes[TNI_KEY_SIZE_MAX];
  uint32_t map = below(&r->seed, 3);
  put_key(r, map, make_key(r->shape, r->range, &r->seed, key_bytes));
}

static void do_delete(run *r) {
  uint8_t key_bytes[TNI_KEY_SIZE_MAX];
  uint32_t map = below(&r->seed, 3);
  tn_slice key = make_key(r->shape, r->range, &r->seed, key_bytes);
  if (below(&r->seed, 2) && r->models[map].count > 0)
    key = r->models[map].entries[below(&r->seed, (uint32_t)r->models[map].count)]->key;
  delete_key(r, map, key);
}

static void do_get(run *r) {
  uint8_t key_bytes[TNI_KEY_SIZE_MAX];
  uint32_t map = below(&r->seed, 3);
  get_key(r, map, make_key(r->shape, r->range, &r->seed, key_bytes));
}

/* One key again and again, with something else in between now and then. */
static void do_stay(run *r) {
  uint8_t key_bytes[TNI_KEY_SIZE_MAX];
  uint32_t map = below(&r->seed, 3);
  tn_slice key = make_key(r->shape, r->range, &r->seed, key_bytes);
  for (uint32_t steps = 2 + below(&r->seed, 6); steps > 0; steps--) {
    get_key(r, map, key);
    uint32_t what = below(&r->seed, 8);
    if (what < 3) put_key(r, map, key);
    if (what == 3) delete_key(r, map, key);
    if (what == 4) do_put(r);
    if (what == 5) do_delete(r);
    if (what == 6) get_key(r, (map + 1) % 3, key);
  }
}

/* Keys one behind the other, as appends are. */
static void do_run(run *r) {
  uint8_t key_bytes[TNI_KEY_SIZE_MAX];
  uint32_t map = below(&r->seed, 3), steps = below(&r->seed, 40);
  tn_slice key = make_key(r->shape, r->range, &r->seed, key_bytes);
  if (key.size == TNI_KEY_SIZE_MAX) key.size--;
  for (key.size++; steps > 0; steps--) {
    key_bytes[key.size - 1] = (uint8_t)(255 - steps);
    put_key(r, map, key);
  }
}

static void do_delete_range(run *r) {
  uint8_t a_bytes[TNI_KEY_SIZE_MAX], b_bytes[TNI_KEY_SIZE_MAX];
  uint32_t map = below(&r->seed, 3);
  tn_slice from = make_key(r->shape, r->range, &r->seed, a_bytes),
           to = make_key(r->shape, r->range, &r->seed, b_bytes);
  if (below(&r->seed, 8) == 0) to.size = 0;
  uint64_t count = 99;
  bool exact;
  model *m = &r->models[map];
  size_t a = model_find(m, from, &exact), b = to.size == 0 ? m->count : model_find(m, to, &exact);
  if (b < a) b = a;
  assert_int_equal(tni_map_delete_range(r->f.state, map, from, to, &count), TN_OK);
  assert_int_equal(count, b - a);
  model_remove(m, a, b);
}

static void seek_walker(run *r, walker *w) {
  tn_slice key = make_key(r->shape, r->range, &r->seed, w->key);
  w->key_size = key.size;
  w->behind = false;
  tni_cursor_seek(&w->cursor, key);
}

static void step_walker(run *r, uint32_t map, bool forwards) {
  walker *w = &r->walkers[map];
  const model *m = &r->models[map];
  tn_slice key, value;
  bool exact;
  size_t at = model_find(m, (tn_slice){w->key, w->key_size}, &exact);
  if (exact && w->behind) at++;
  bool there = forwards ? at < m->count : at > 0;
  tn_status status = forwards ? tni_cursor_next(&w->cursor, &key, &value) : tni_cursor_prev(&w->cursor, &key, &value);
  assert_int_equal(status, there ? TN_OK : TN_NOT_FOUND);
  if (!there) return;
  const entry *want = m->entries[forwards ? at : at - 1];
  assert_true(same_bytes(key, want->key) && same_bytes(value, want->value));
  memcpy(w->key, key.data, key.size);
  w->key_size = key.size;
  w->behind = forwards;
}

static void do_walk(run *r) {
  uint32_t map = below(&r->seed, 3), steps = below(&r->seed, 8);
  if (below(&r->seed, 5) == 0) seek_walker(r, &r->walkers[map]);
  bool forwards = below(&r->seed, 3) != 0;
  for (uint32_t i = 0; i < steps; i++) step_walker(r, map, below(&r->seed, 8) ? forwards : !forwards);
}

static void do_pin(run *r) {
  pinned *p = &r->pins[below(&r->seed, PINS)];
  if (p->held) {
    drop_pin(r, p);
    return;
  }
  assert_int_equal(tni_pin_take(r->f.state, &p->pin), TN_OK);
  for (int i = 0; i < 3; i++) p->models[i] = model_copy(&r->published[i]);
  p->held = true;
}

static void do_seal(run *r) {
  tni_version *version;
  assert_int_equal(tni_state_seal(r->f.state, ++r->seq, 1, 0, &version), TN_OK);
  if (below(&r->seed, 4) == 0) return; /* some version later is published with it */
  tni_state_publish(r->f.state, version);
  for (int i = 0; i < 3; i++) {
    model_free(&r->published[i]);
    r->published[i] = model_copy(&r->models[i]);
  }
}

static void do_abandon(run *r) {
  tni_state_abandon(r->f.state);
  for (int i = 0; i < 3; i++) {
    model_free(&r->models[i]);
    r->models[i] = model_copy(&r->published[i]);
  }
}

static void do_edits(run *r, uint32_t count);

static void do_savepoint(run *r, uint32_t depth) {
  tni_savepoint savepoint;
  model before[3];
  for (int i = 0; i < 3; i++) before[i] = model_copy(&r->models[i]);
  assert_int_equal(tni_state_savepoint(r->f.state, &savepoint), TN_OK);
  do_edits(r, below(&r->seed, 20));
  if (depth > 0 && below(&r->seed, 2)) do_savepoint(r, depth - 1);
  do_edits(r, below(&r->seed, 5));
  bool keep = below(&r->seed, 2);
  if (keep)
    tni_state_release(r->f.state, &savepoint);
  else
    tni_state_rollback(r->f.state, &savepoint);
  for (int i = 0; i < 3; i++) {
    model_free(keep ? &before[i] : &r->models[i]);
    if (!keep) r->models[i] = before[i];
  }
}

static void do_edits(run *r, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    uint32_t what = below(&r->seed, 100);
    if (what < 50)
      do_put(r);
    else if (what < 55)
      do_stay(r);
    else if (what < 60)
      do_walk(r);
    else if (what < 98)
      do_delete(r);
    else
      do_delete_range(r);
  }
}

static void do_something(run *r, bool growing) {
  uint32_t what = below(&r->seed, 200);
  if (what < (growing ? 120u : 60u))
    do_put(r);
  else if (what < 160)
    do_delete(r);
  else if (what < 165)
    do_get(r);
  else if (what < 169)
    do_stay(r);
  else if (what < 170)
    do_run(r);
  else if (what < 180)
    do_walk(r);
  else if (what < 182)
    do_delete_range(r);
  else if (what < 188)
    do_seal(r);
  else if (what < 193)
    do_pin(r);
  else if (what < 194)
    do_abandon(r);
  else if (what < 195)
    tni_state_reclaim(r->f.state);
  else
    do_savepoint(r, 2);
}

/* ---- keys that are expected ----------------------------------------------------------------- */

#define EXPECTED_MAX 20 /* more than are remembered */

typedef struct expected {
  uint32_t count;
  uint32_t maps[EXPECTED_MAX];
  tn_slice keys[EXPECTED_MAX];
  uint8_t bytes[EXPECTED_MAX][TNI_KEY_SIZE_MAX];
} expected;

static void expect_some(run *r, expected *x) {
  x->count = below(&r->seed, EXPECTED_MAX + 1);
  for (uint32_t i = 0, map = below(&r->seed, 3); i < x->count; i++) {
    if (below(&r->seed, 8) == 0) map = below(&r->seed, 3);
    x->maps[i] = map;
    x->keys[i] = make_key(r->shape, r->range, &r->seed, x->bytes[i]);
    tni_map_expect(r->f.state, map, &x->keys[i], 1);
  }
}

/* Most of them are put, as at a replay; some do not come, and others come in between. */
static void meet_expectations(run *r, const expected *x) {
  for (uint32_t i = 0; i < x->count; i++) {
    uint32_t what = below(&r->seed, 60);
    if (what > 0) get_key(r, x->maps[i], x->keys[i]);
    if (what > 1) put_key(r, x->maps[i], x->keys[i]);
    if (what == 2) delete_key(r, x->maps[i], x->keys[i]);
    if (what == 3) do_put(r);
    if (what == 4) do_stay(r);
    if (what == 5) do_run(r);
    if (what == 6) do_delete_range(r);
  }
}

static void expect_and_edit(run *r, uint32_t rounds) {
  expected x[2] = {{.count = 0}, {.count = 0}};
  tni_state_set_exclusive(r->f.state, true);
  for (uint32_t i = 0; i < rounds; i++) {
    tni_map_expect_now(r->f.state);
    expect_some(r, &x[i % 2]);
    meet_expectations(r, &x[1 - i % 2]);
  }
  check_working(r);
  tni_state_set_exclusive(r->f.state, false);
}

/* ---- tests ---------------------------------------------------------------------------------- */

static void random_operations_match_the_model_after_every_step(void **unused) {
  (void)unused;
  for (int shape = 0; shape < KEY_SHAPES; shape++) {
    run r;
    run_init(&r, (key_shape)shape, 60, 1000 + (uint64_t)shape);
    for (int i = 0; i < 600; i++) {
      do_something(&r, i % 300 < 200);
      check_working(&r);
    }
    run_fini(&r);
  }
}

static void long_random_runs_match_the_model(void **unused) {
  (void)unused;
  for (int shape = 0; shape < KEY_SHAPES; shape++) {
    for (uint64_t seed = 1; seed <= 4; seed++) {
      run r;
      run_init(&r, (key_shape)shape, shape == KEYS_LONG || shape == KEYS_STAIRS ? 1000 : 5000,
               seed * 7919 + (uint64_t)shape);
      for (int i = 0; i < LONG_STEPS; i++) {
        do_something(&r, i % (LONG_STEPS / 2) < LONG_STEPS * 3 / 8);
        if (i % (LONG_STEPS / 20) == 0) check_working(&r);
      }
      run_fini(&r);
    }
  }
}

static void keys_that_were_expected_are_found_and_edited_as_others_are(void **unused) {
  (void)unused;
  for (int shape = 0; shape < KEY_SHAPES; shape++) {
    run r;
    run_init(&r, (key_shape)shape, 3000, 4000 + (uint64_t)shape);
    for (int i = 0; i < 20; i++) {
      expect_and_edit(&r, shape == KEYS_LONG || shape == KEYS_STAIRS ? 5 : 30);
      do_edits(&r, 20);
    }
    run_fini(&r);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_operations_match_the_model_after_every_step),
      cmocka_unit_test(long_random_runs_match_the_model),
      cmocka_unit_test(keys_that_were_expected_are_found_and_edited_as_others_are),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
