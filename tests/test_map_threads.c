/* Readers beside the writer. Most of its worth is under ThreadSanitizer. */
#include "test_map_model.h"

#include <pthread.h>

enum { READERS = 3, KEYS = 2000, COMMITS = 1500 };

typedef struct shared {
  tni_state *state;
  _Atomic bool stop;
  _Atomic uint64_t reads;
  tni_version *_Atomic sealed; /* for the publisher; NULL = none */
} shared;

/* Version `seq` holds `seq` in every value, once all keys are there. */
static void write_all_of(tni_state *s, uint64_t seq, uint64_t seed) {
  uint8_t key[8], large[300] = {0};
  memcpy(large, &seq, sizeof seq);
  assert_int_equal(tni_map_put(s, 0, SLICE("seq"), (tn_slice){large, 8}), TN_OK);
  for (int i = 0; i < 20; i++) {
    uint64_t n = next_random(&seed) % KEYS;
    tn_slice value = {large, n % 3 ? 60 : sizeof large};
    if (n % 7 == 0 && seq % 2)
      (void)!tni_map_delete(s, 0, number_key(n, key));
    else
      assert_int_equal(tni_map_put(s, 0, number_key(n, key), value), TN_OK);
  }
}

/* A version's digest is right, or what the reader saw was no version. */
static bool read_once(tni_state *s, bool whole) {
  tni_pin pin;
  if (tni_pin_take(s, &pin) != TN_OK) return false;
  tn_slice value;
  uint64_t seq = 0;
  if (tni_map_get(s, pin.version->roots, 0, SLICE("seq"), &value) == TN_OK) memcpy(&seq, value.data, sizeof seq);
  bool right = seq == pin.version->seq;
  if (whole) {
    tni_digest digest = tni_state_digest_scan(s, pin.version->roots);
    right = right && digest.low == pin.version->digest.low && digest.high == pin.version->digest.high;
  }
  tni_pin_drop(s, &pin);
  return right;
}

static void *reader(void *arg) {
  shared *sh = arg;
  uintptr_t wrong = 0;
  for (uint64_t n = 0; !sh->stop; n++) {
    wrong += !read_once(sh->state, n % 4 == 0);
    sh->reads++;
  }
  return (void *)wrong;
}

/* Publishes what the writer sealed, as the thread that syncs the journal does. */
static void *publisher(void *arg) {
  shared *sh = arg;
  for (;;) {
    bool last = sh->stop;
    tni_version *version = atomic_exchange(&sh->sealed, NULL);
    if (version)
      tni_state_publish(sh->state, version);
    else if (last)
      return NULL;
  }
}

static void seal(shared *sh, uint64_t seq, bool elsewhere) {
  tni_version *version;
  assert_int_equal(tni_state_seal(sh->state, seq, 1, 0, &version), TN_OK);
  if (elsewhere)
    atomic_store(&sh->sealed, version);
  else
    tni_state_publish(sh->state, version);
}

static void run(bool elsewhere) {
  fixture f;
  fixture_init(&f);
  shared sh = {.state = f.state};
  pthread_t readers[READERS], publishing;
  for (int i = 0; i < READERS; i++) assert_int_equal(pthread_create(&readers[i], NULL, reader, &sh), 0);
  if (elsewhere) assert_int_equal(pthread_create(&publishing, NULL, publisher, &sh), 0);
  for (uint64_t seq = 1; seq <= COMMITS; seq++) {
    write_all_of(f.state, seq, seq);
    seal(&sh, seq, elsewhere);
    if (seq % 100 == 0) tni_state_reclaim(f.state);
  }
  while (sh.reads < 100) continue;
  sh.stop = true;
  if (elsewhere) assert_int_equal(pthread_join(publishing, NULL), 0);
  for (int i = 0; i < READERS; i++) {
    void *wrong;
    assert_int_equal(pthread_join(readers[i], &wrong), 0);
    assert_null(wrong);
  }
  tni_state_reclaim(f.state);
  tni_state_reclaim(f.state);
  assert_int_equal(tni_state_get_stats(f.state).retired_bytes, 0);
  check_state(f.state, tni_state_working(f.state));
  check_digest(f.state);
  fixture_fini(&f);
}

static void readers_see_whole_versions_beside_a_writer(void **unused) {
  (void)unused;
  run(false);
}

static void a_version_may_be_published_by_another_thread(void **unused) {
  (void)unused;
  run(true);
}

static void *pin_many(void *arg) {
  enum { COUNT = 50 };
  tni_pin pins[COUNT];
  uintptr_t wrong = 0;
  for (int round = 0; round < 20; round++) {
    for (int i = 0; i < COUNT; i++) wrong += tni_pin_take(arg, &pins[i]) != TN_OK;
    for (int i = 0; i < COUNT; i++) tni_pin_drop(arg, &pins[i]);
  }
  return (void *)wrong;
}

static void slots_grow_under_many_threads(void **unused) {
  (void)unused;
  fixture f;
  fixture_init(&f);
  pthread_t threads[4];
  for (int i = 0; i < 4; i++) assert_int_equal(pthread_create(&threads[i], NULL, pin_many, f.state), 0);
  for (uint64_t seq = 1; seq <= 200; seq++) {
    write_all_of(f.state, seq, seq);
    seal(&(shared){.state = f.state}, seq, false);
  }
  for (int i = 0; i < 4; i++) {
    void *wrong;
    assert_int_equal(pthread_join(threads[i], &wrong), 0);
    assert_null(wrong);
  }
  assert_int_equal(tni_state_get_stats(f.state).pins, 0);
  fixture_fini(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(readers_see_whole_versions_beside_a_writer),
      cmocka_unit_test(a_version_may_be_published_by_another_thread),
      cmocka_unit_test(slots_grow_under_many_threads),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
