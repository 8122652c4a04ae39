/* test_failing_calls.c - the whole engine over storage/file with any call to the files below it failing: what was
 * promised is there, nothing more is written, reads go on. */
#include <inttypes.h>

#include "crash/check_state.h"

typedef struct failing {
  const lab *reference;
  uint64_t nth;
  tn_status status;
  bool all_after; /* and every call after it, until somebody makes room */
} failing;

static void heal(const lab *l) { recorded_io_fail(l->io, 0, TN_OK, false); }

static bool is_io(tn_status status) { return status == TN_IO || status == TN_FULL; }

/* After a failed write there is no other one, but reads go on. */
static void check_refuses_writes(lab *l) {
  tn_txn *txn;
  const tn_op *put;
  tn_builder args = TN_BUILDER_INIT;
  tn_value one = tn_obj(&args, "key", "more", "value", 1);
  lab_found before = lab_look(l->engine);
  assert_false(before.writable);
  assert_status(tn_run(l->engine, "cart", "put", one, NULL, &l->error), TN_IO);
  assert_status(tn_batch(l->engine, &(tn_batch_op){"cart", "put", one}, 1, NULL, NULL, &l->error), TN_IO);
  assert_status(tn_begin(l->engine, TN_WRITE, NULL, &txn, &l->error), TN_IO);
  assert_status(tn_op_prepare(l->engine, "cart", "put", &put, &l->error), TN_OK);
  assert_status(tn_submit(l->engine, put, one, TN_DONE_POLLED, NULL, NULL, &l->error), TN_IO);
  assert_status(tn_snapshot(l->engine, NULL, &l->error), TN_IO);
  assert_status(tn_tick(l->engine, &l->error), TN_OK);
  tn_builder_free(&args);
  lab_found after = lab_look(l->engine);
  assert_true(check_same(&before, &after));
}

static void check_reads_go_on(lab *l, const lab *reference, bool upkeep) {
  int64_t n = 0;
  lab_found found = lab_look(l->engine);
  assert_true(upkeep ? found.seq >= l->answered : found.seq == l->answered);
  assert_string_equal(found.digest, reference->digest[found.seq]);
  if (found.seq == 0) return;
  tn_value base = tn_obj(&l->args, "key", "base");
  assert_status(tn_run(l->engine, "cart", "get", base, &l->result, &l->error), TN_OK);
  assert_true(tn_as_int(l->result.value, &n) && n == 1);
}

/* What is there now, and what a crash could leave of it: all that was answered, then perhaps some of the rest. */
static void check_what_is_left(const lab *l, const lab *reference, uint64_t published, size_t *states) {
  uint64_t most = reference->after_step[l->step];
  tn_engine *engine;
  lab_found found;
  recorded_io *copy = recorded_io_copy(l->io);
  assert_true(check_opens(l, copy, &engine, &found));
  assert_true(found.seq >= published && found.seq <= most);
  assert_string_equal(found.digest, reference->digest[found.seq]);
  assert_true(check_goes_on(l, copy, engine, found.seq, *states % 2 == 0));
  recorded_io_destroy(copy);
  uint64_t durable = lab_durable_at(l, SIZE_MAX);
  crash_walk *w = crash_walk_create(l->io, recorded_io_op_count(l->io), 3, *states);
  while (crash_walk_next(w)) {
    recorded_io *state = crash_walk_state(w);
    (*states)++;
    if (!check_opens(l, state, &engine, &found)) fail_msg("%s; seed %" PRIu64, check_failure(), l->plan.seed);
    assert_true(found.seq >= durable && found.seq <= most);
    assert_string_equal(found.digest, reference->digest[found.seq]);
    assert_status(tn_close(engine, NULL), TN_OK);
    recorded_io_destroy(state);
  }
  crash_walk_destroy(w);
}

static void check_dead(lab *l, const lab *reference, bool upkeep, size_t *states) {
  check_refuses_writes(l);
  check_reads_go_on(l, reference, upkeep);
  uint64_t published = lab_look(l->engine).seq;
  assert_status(tn_close(l->engine, &l->error), TN_IO);
  l->engine = NULL;
  heal(l);
  check_what_is_left(l, reference, published, states);
}

/* False when the engine is dead, and has been looked at. */
static bool step_and_look(lab *l, const failing *f, size_t *states) {
  bool upkeep = lab_step_is_upkeep(l), sync = strcmp(l->plan.durability, "sync") == 0;
  tn_status status = lab_step(l);
  if (status == TN_OK) return true;
  bool writable = lab_look(l->engine).writable;
  if (!upkeep) assert_status(status, TN_OUTCOME_UNKNOWN);
  if (status != TN_OUTCOME_UNKNOWN) {
    assert_true(is_io(status));
    assert_true(writable || !sync); /* else the journal's own sync may be what failed */
  }
  if (!writable) {
    check_dead(l, f->reference, upkeep, states);
    return false;
  }
  heal(l); /* upkeep that fails harms nothing: it is done again, and all goes on */
  assert_status(lab_step(l), TN_OK);
  return true;
}

static bool open_and_look(lab *l) {
  tn_status status = lab_open(l);
  if (status == TN_OK) return true;
  assert_true(is_io(status));
  heal(l);
  assert_status(lab_open(l), TN_OK);
  return true;
}

/* False when the failing call came to nobody's notice: the workload is shorter than that. */
static bool run_failing(const failing *f, size_t *states) {
  lab *l = lab_create(&f->reference->plan, f->reference);
  recorded_io_fail(l->io, f->nth, f->status, f->all_after);
  bool alive = true;
  for (size_t i = 0; alive && i < l->plan.sessions; i++) {
    alive = open_and_look(l);
    for (size_t k = 0; alive && k < l->plan.steps; k++) alive = step_and_look(l, f, states);
    if (!alive) break;
    tn_status status = lab_close(l);
    assert_true(status == TN_OK || is_io(status));
    if (status != TN_OK) heal(l);
  }
  if (alive) {
    heal(l);
    l->step--;
    check_what_is_left(l, f->reference, l->answered, states);
  }
  bool reached = recorded_io_call_count(l->io) >= f->nth;
  lab_destroy(l);
  return reached;
}

static void try_failing(lab_plan plan) {
  size_t states = 0;
  size_t runs = 0;
  lab *reference = lab_run(&plan);
  for (int i = 0; i < 2; i++) {
    failing f = {reference, 1, i == 0 ? TN_IO : TN_FULL, i == 1};
    for (; run_failing(&f, &states); f.nth++) runs++;
  }
  lab_destroy(reference);
  print_message("# %zu runs with a failing call, %zu crash states after them; durability %s, seed %" PRIu64 "\n",
                runs, states, plan.durability, plan.seed);
}

static void any_call_may_fail_and_nothing_that_was_answered_is_lost(void **state) {
  (void)state;
  try_failing((lab_plan){700, "sync", "", 2, 9, false});
  try_failing((lab_plan){701, "sync", LAB_KEEP_SNAPSHOT, 2, 9, false});
}

static void any_call_may_fail_where_syncs_come_later(void **state) {
  (void)state;
  try_failing((lab_plan){702, "interval", LAB_KEEP_SNAPSHOT, 2, 8, false});
  try_failing((lab_plan){703, "none", "", 2, 8, false});
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(any_call_may_fail_and_nothing_that_was_answered_is_lost),
      cmocka_unit_test(any_call_may_fail_where_syncs_come_later),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
