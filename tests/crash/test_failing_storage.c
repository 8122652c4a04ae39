/* test_failing_storage.c - every public operation with the storage below it failing at its 1st, 2nd, 3rd... call
 * until it succeeds, over each durable storage: a clear status, nothing lost, no sync tried twice, reads go on. */
#include <stdio.h>
#include <stdlib.h>

#include "crash/budget.h"
#include "crash/deeds.h"
#include "crash/every_op.h"
#include "support/assert_status.h"

#define KEYS 6
#define TRIES_MAX 400
#define DRAWN_ROUNDS 60

/* Which call fails, and how. */
typedef struct fault {
  const char *on, *fail;
  bool all_after;
} fault;

/* One durable storage with data in it, and what a deed may make of that. */
typedef struct setting {
  place prepared;
  char more[80]; /* of the config: the durability */
  uint64_t seq;  /* of the newest record prepared */
  known_states known;
} setting;

static size_t failures;     /* that were answered, in this test */
static const char *current; /* deed */

static const char *const durability[] = {"sync", "interval", "none"};

/* ---- preparing ------------------------------------------------------------------------------ */

static void expect_no_leak(uint64_t left) { assert_int_equal(left, 0); }

static setting prepare(const durable_storage *storage, const char *mode) {
  setting t = {.prepared = place_make(storage, false)};
  snprintf(t.more, sizeof t.more, ", \"durability\": \"%s\", \"sync_interval_ms\": 1", mode);
  subject *s = subject_create(&t.prepared, NULL, t.more);
  assert_status(subject_open(s), TN_OK);
  subject_prepare(s, KEYS);
  t.seq = s->answered;
  assert_status(subject_close(s), TN_OK);
  expect_no_leak(subject_destroy(s));
  return t;
}

static void clear(setting *t) { place_remove(&t->prepared); }

static subject *subject_with(const setting *t, const place *p, const fault *f, uint64_t nth) {
  char storage[400];
  snprintf(storage, sizeof storage,
           "{\"type\": \"faulty\", \"of\": %s, \"on\": \"%s\", \"fail\": \"%s\", \"nth\": %llu, \"all_after\": %s}",
           p->storage->config, f->on, f->fail, (unsigned long long)nth, f->all_after ? "true" : "false");
  subject *s = subject_create(p, storage, t->more);
  s->clock_us += 60000000; /* as far as prepare() left it */
  s->answered = t->seq;
  return s;
}

/* The deed done with nothing failing: the states that it goes through, and the calls before it. */
static void rehearse(setting *t, const deed *d, const fault *f, uint64_t *calls) {
  place p = place_copy(&t->prepared);
  subject *s = subject_with(t, &p, f, 0);
  assert_status(subject_open(s), TN_OK);
  *calls = (uint64_t)subject_stat(s, "storage.faults.calls");
  tn_status status = d->run(s);
  if (status != TN_OK) fail_msg("%s: %s: %s", d->name, tn_status_name(status), s->error.text);
  subject_states(s, &t->known);
  assert_status(subject_close(s), TN_OK);
  expect_no_leak(subject_destroy(s));
  place_remove(&p);
}

/* ---- what the deeds leave out: nothing --------------------------------------------------------- */

static bool names_op(tn_value batch, tn_slice name) {
  tn_iter it = tn_iter_of(batch);
  tn_slice op;
  while (tn_iter_next(&it))
    if (tn_get_string(it.value, "1", &op) == TN_OK && op.size == name.size && !memcmp(op.data, name.data, op.size))
      return true;
  return false;
}

static void expect_each_op_in(tn_value batch, tn_value ops) {
  tn_iter it = tn_iter_of(ops);
  tn_slice name;
  while (tn_iter_next(&it)) {
    assert_status(tn_get_string(it.value, "name", &name), TN_OK);
    if (!names_op(batch, name)) fail_msg("no request with %.*s", (int)name.size, (const char *)name.data);
  }
}

static void each_op_of_each_model_is_in_a_request_that_goes_well(void **state) {
  (void)state;
  tn_result described = TN_RESULT_INIT;
  place p = place_make(&durable_storages[0], false);
  subject *s = subject_create(&p, NULL, "");
  assert_status(subject_open(s), TN_OK);
  subject_prepare(s, KEYS);
  assert_status(tn_describe(s->engine, &described, &s->error), TN_OK);
  tn_iter models = tn_iter_of(tn_field(described.value, "models"));
  while (tn_iter_next(&models)) {
    char type[20] = "";
    tn_slice name = {NULL, 0};
    assert_status(tn_get_string(models.value, "type", &name), TN_OK);
    memcpy(type, name.data, name.size);
    tn_value request = every_op_of(type, &s->args);
    expect_each_op_in(tn_field(request, "batch"), tn_field(models.value, "ops"));
    tn_status status = tn_request(s->engine, request, NULL, &s->result, &s->error);
    if (status != TN_OK) fail_msg("%s: %s [%s]", type, s->error.text, s->error.where);
  }
  tn_result_free(&described);
  expect_no_leak(subject_destroy(s));
  place_remove(&p);
}

/* ---- what has to hold ----------------------------------------------------------------------- */

static void expect_known_state(const setting *t, subject *s, uint64_t least, uint64_t most) {
  char digest[33];
  uint64_t seq = subject_state(s, digest);
  if (seq < least || seq > most)
    fail_msg("%s%s: record %d, expected %d to %d", current, t->more, (int)seq, (int)least, (int)most);
  assert_string_equal(digest, t->known.digest[seq]);
}

static void expect_reads(subject *s) {
  tn_slice text = {"", 0};
  tn_value args = tn_obj(&s->args, "key", "text");
  assert_status(tn_run(s->engine, "cart", "get", args, &s->result, &s->error), TN_OK);
  assert_true(tn_as_string(s->result.value, &text) && text.size == 6);
}

/* Every way to write says that an earlier write failed, and does nothing. */
static void expect_writes_are_refused(subject *s) {
  tn_txn *txn;
  const tn_op *op;
  char before[33], after[33];
  uint64_t seq = subject_state(s, before);
  tn_value args = tn_obj(&s->args, "key", "more", "value", 1);
  assert_status(tn_run(s->engine, "cart", "put", args, NULL, &s->error), TN_IO);
  assert_non_null(strstr(s->error.text, "an earlier write failed"));
  assert_status(tn_batch(s->engine, &(tn_batch_op){"cart", "put", args}, 1, NULL, NULL, &s->error), TN_IO);
  assert_status(tn_begin(s->engine, TN_WRITE, NULL, &txn, &s->error), TN_IO);
  assert_status(tn_op_prepare(s->engine, "cart", "put", &op, &s->error), TN_OK);
  assert_status(tn_submit(s->engine, op, args, TN_DONE_POLLED, NULL, NULL, &s->error), TN_IO);
  assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_IO);
  assert_status(tn_tick(s->engine, &s->error), TN_OK);
  assert_int_equal(subject_state(s, after), seq);
  assert_string_equal(before, after);
}

/* Nothing fails any more: all that was answered is there, perhaps some of what was in flight, and it goes on. */
static void expect_all_is_there(const setting *t, const place *p, uint64_t answered, uint64_t most) {
  subject *s = subject_create(p, NULL, t->more);
  s->clock_us += 60000000;
  tn_status status = subject_open(s);
  if (status != TN_OK) fail_msg("open: %s: %s [%s]", tn_status_name(status), s->error.text, s->error.where);
  expect_known_state(t, s, answered, most);
  tn_value args = tn_obj(&s->args, "key", "later", "value", 1);
  assert_status(tn_run(s->engine, "cart", "put", args, &s->result, &s->error), TN_OK);
  assert_status(tn_check(s->engine, NULL, NULL, NULL, &s->error), TN_OK);
  assert_status(subject_close(s), TN_OK);
  expect_no_leak(subject_destroy(s));
}

static bool is_failure(tn_status status) { return status == TN_IO || status == TN_FULL; }

/* An append or a sync has failed. */
static bool storage_is_broken(subject *s) {
  bool broken = false;
  assert_status(tn_stats(s->engine, &s->result, &s->error), TN_OK);
  assert_status(tn_get_bool(s->result.value, "storage.faults.broken", &broken), TN_OK);
  return broken;
}

/* Looks at an engine under which something failed, and closes it. */
static void expect_it_bears_that(const setting *t, const deed *d, subject *s, tn_status status) {
  bool writable = subject_is_writable(s);
  if (status != TN_OK && !is_failure(status)) assert_status(status, TN_OUTCOME_UNKNOWN);
  if (status == TN_OUTCOME_UNKNOWN) assert_false(writable);
  if (storage_is_broken(s)) assert_false(writable);
  expect_known_state(t, s, s->answered, d->commits_apart ? t->known.seq : s->answered);
  expect_reads(s);
  if (!writable) expect_writes_are_refused(s);
  assert_int_equal(subject_stat(s, "storage.faults.refused"), 0);
  tn_status closed = subject_close(s);
  if (writable)
    assert_true(closed == TN_OK || is_failure(closed));
  else
    assert_status(closed, TN_IO);
}

/* ---- every operation ------------------------------------------------------------------------ */

/* False when the call that was to fail came no more: the deed is shorter than that. */
static bool fails_once(const setting *t, const deed *d, const fault *f, uint64_t nth) {
  place p = place_copy(&t->prepared);
  subject *s = subject_with(t, &p, f, nth);
  assert_status(subject_open(s), TN_OK);
  tn_status status = d->run(s);
  bool failed = subject_stat(s, "storage.faults.failed") > 0;
  if (!failed && status != TN_OK) fail_msg("%s: %s: %s", d->name, tn_status_name(status), s->error.text);
  uint64_t answered = s->answered, most = t->known.seq;
  if (is_failure(status) && !d->commits_apart) most = answered; /* only OUTCOME_UNKNOWN leaves it open */
  expect_it_bears_that(t, d, s, status);
  expect_no_leak(subject_destroy(s));
  expect_all_is_there(t, &p, answered, most);
  place_remove(&p);
  failures += failed;
  return failed;
}

static void try_every_deed(const durable_storage *storage, const char *mode, const fault *f) {
  setting t = prepare(storage, mode);
  for (const deed *d = deeds; d->name; d++) {
    uint64_t calls;
    current = d->name;
    rehearse(&t, d, f, &calls);
    for (uint64_t n = 1; fails_once(&t, d, f, calls + n); n++) assert_true(n < TRIES_MAX);
  }
  clear(&t);
}

static void try_everywhere(const fault *f) {
  failures = 0;
  for (const durable_storage *storage = durable_storages; storage->name; storage++)
    for (int i = 0; i < 3; i++) try_every_deed(storage, durability[i], f);
  assert_true(failures > 100);
  print_message("# %zu calls failed (%s, %s%s)\n", failures, f->on, f->fail, f->all_after ? ", and all after" : "");
}

static void any_call_may_fail_under_any_operation(void **state) {
  (void)state;
  try_everywhere(&(fault){"any", "io", false});
}

static void a_disk_may_be_full_from_any_call_on(void **state) {
  (void)state;
  try_everywhere(&(fault){"any", "full", true});
}

static void what_is_written_may_be_cut_short(void **state) {
  (void)state;
  try_everywhere(&(fault){"any", "short", false});
}

/* ---- syncs ---------------------------------------------------------------------------------- */

static void a_failed_sync_is_not_tried_again_and_not_forgotten(void **state) {
  (void)state;
  static const fault once = {"sync", "io", false};
  for (const durable_storage *storage = durable_storages; storage->name; storage++) {
    setting t = prepare(storage, "sync");
    place p = place_copy(&t.prepared);
    subject *s = subject_with(&t, &p, &once, 1);
    assert_status(subject_open(s), TN_OK);
    tn_value args = tn_obj(&s->args, "key", "k1", "value", 2);
    assert_status(tn_run(s->engine, "cart", "put", args, NULL, &s->error), TN_OUTCOME_UNKNOWN);
    assert_non_null(strstr(s->error.text, "cannot sync"));
    int64_t calls = subject_stat(s, "storage.faults.calls");
    expect_writes_are_refused(s);
    assert_int_equal(subject_stat(s, "storage.faults.calls"), calls);
    assert_int_equal(subject_stat(s, "storage.faults.refused"), 0);
    assert_status(subject_close(s), TN_IO);
    expect_no_leak(subject_destroy(s));
    place_remove(&p);
    clear(&t);
  }
}

static void a_slow_sync_only_takes_longer(void **state) {
  (void)state;
  for (const durable_storage *storage = durable_storages; storage->name; storage++) {
    setting t = prepare(storage, "sync");
    char config[300];
    snprintf(config, sizeof config, "{\"type\": \"faulty\", \"of\": %s, \"sync_ms\": 20}", storage->config);
    subject *s = subject_create(&t.prepared, config, t.more);
    assert_status(subject_open(s), TN_OK);
    for (const deed *d = deeds; d->name; d++) assert_status(d->run(s), TN_OK);
    assert_status(subject_close(s), TN_OK);
    expect_no_leak(subject_destroy(s));
    clear(&t);
  }
}

/* ---- opening -------------------------------------------------------------------------------- */

/* How an engine is opened on what was prepared. */
static void as_owner(subject *s, const setting *t) { (void)s, (void)t; }
static void to_read(subject *s, const setting *t) { s->options.read_only = true, (void)t; }
static void in_history(subject *s, const setting *t) { s->options.at_seq = t->seq - 1; }

static bool open_fails_once(const setting *t, void (*how)(subject *s, const setting *t), const fault *f,
                            uint64_t nth) {
  place p = place_copy(&t->prepared);
  subject *s = subject_with(t, &p, f, nth);
  how(s, t);
  tn_status status = subject_open(s);
  if (status == TN_OK) status = subject_close(s);
  bool failed = status != TN_OK;
  if (failed) assert_true(is_failure(status));
  expect_no_leak(subject_destroy(s));
  expect_all_is_there(t, &p, t->seq, t->seq);
  place_remove(&p);
  failures += failed;
  return failed;
}

static void opening_and_closing_may_fail_at_any_call_and_the_next_open_finds_everything(void **state) {
  (void)state;
  static void (*const ways[])(subject * s, const setting *t) = {as_owner, to_read, in_history};
  static const fault fails[] = {{"any", "io", false}, {"any", "full", true}};
  failures = 0;
  current = "open";
  for (const durable_storage *storage = durable_storages; storage->name; storage++)
    for (int i = 0; i < 6; i++) {
      setting t = prepare(storage, "sync");
      uint64_t calls;
      rehearse(&t, &deeds[0], &fails[i % 2], &calls);
      uint64_t nth = 1;
      while (open_fails_once(&t, ways[i / 2], &fails[i % 2], nth)) nth++;
      assert_true(nth > 3);
      clear(&t);
    }
  print_message("# %zu opens and closes failed\n", failures);
}

/* ---- seeded fractions ----------------------------------------------------------------------- */

static const deed *drawn_deed(uint64_t *random) {
  size_t count = 0;
  while (deeds[count].name) count++;
  *random = *random * 6364136223846793005u + 1442695040888963407u;
  return &deeds[(*random >> 33) % count];
}

/* Deeds one after another until the engine takes no more; the newest record that was answered. */
static uint64_t live_until_it_fails(subject *s, uint64_t *random) {
  bool writable = subject_open(s) == TN_OK;
  if (!writable) return 0;
  for (int i = 0; i < 6 && writable; i++) {
    tn_status status = drawn_deed(random)->run(s);
    if (status != TN_OK && !is_failure(status)) assert_status(status, TN_OUTCOME_UNKNOWN);
    failures += status != TN_OK;
    writable = subject_is_writable(s);
  }
  assert_int_equal(subject_stat(s, "storage.faults.refused"), 0);
  expect_reads(s);
  (void)subject_close(s);
  return s->answered;
}

/* Everything answered is there, sound, and there again after a close. */
static void expect_sound(const setting *t, uint64_t answered) {
  char digest[33], again[33];
  subject *s = subject_create(&t->prepared, NULL, t->more);
  assert_status(subject_open(s), TN_OK);
  uint64_t seq = subject_state(s, digest);
  assert_true(seq >= answered);
  assert_status(tn_check(s->engine, NULL, NULL, NULL, &s->error), TN_OK);
  assert_status(subject_close(s), TN_OK);
  assert_status(subject_open(s), TN_OK);
  assert_int_equal(subject_state(s, again), seq);
  assert_string_equal(digest, again);
  expect_no_leak(subject_destroy(s));
}

/* One call in fifty fails; it is opened again when it takes no more. */
static void live_with_faults(const durable_storage *storage, uint64_t seed) {
  setting t = prepare(storage, durability[seed % 3]);
  uint64_t random = seed;
  char config[400];
  snprintf(config, sizeof config,
           "{\"type\": \"faulty\", \"of\": %s, \"rate\": 0.02, \"seed\": %llu, \"fail\": \"%s\"}", storage->config,
           (unsigned long long)seed, seed % 2 ? "short" : "full");
  for (int i = 0; i < 6; i++) {
    subject *s = subject_create(&t.prepared, config, t.more);
    uint64_t answered = live_until_it_fails(s, &random);
    expect_no_leak(subject_destroy(s));
    expect_sound(&t, answered);
  }
  clear(&t);
}

static void a_storage_that_fails_now_and_then_loses_nothing(void **state) {
  (void)state;
  uint64_t seed = 0;
  budget b = budget_make(1, DRAWN_ROUNDS);
  failures = 0;
  while (budget_next(&b, &seed))
    for (const durable_storage *storage = durable_storages; storage->name; storage++) live_with_faults(storage, seed);
  print_message("# %zu operations failed, seeds %llu to %llu\n", failures, (unsigned long long)b.first_seed,
                (unsigned long long)seed);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_op_of_each_model_is_in_a_request_that_goes_well),
      cmocka_unit_test(any_call_may_fail_under_any_operation),
      cmocka_unit_test(a_disk_may_be_full_from_any_call_on),
      cmocka_unit_test(what_is_written_may_be_cut_short),
      cmocka_unit_test(a_failed_sync_is_not_tried_again_and_not_forgotten),
      cmocka_unit_test(a_slow_sync_only_takes_longer),
      cmocka_unit_test(opening_and_closing_may_fail_at_any_call_and_the_next_open_finds_everything),
      cmocka_unit_test(a_storage_that_fails_now_and_then_loses_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
