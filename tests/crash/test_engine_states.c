/* test_engine_states.c - the whole engine over storage/file in every state a crash can leave, and with any call below
 * it failing: what was promised is there, no batch is half there, and it goes on. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "crash/lab.h"

#define KEEP_SNAPSHOT ", \"journal\": {\"keep\": \"snapshot\"}"

/* ---- one state ------------------------------------------------------------------------------ */

static char what_failed[600];

#define CHECK(condition)                                                          \
  do {                                                                            \
    if (!(condition)) {                                                           \
      if (!what_failed[0]) snprintf(what_failed, sizeof what_failed, #condition); \
      return false;                                                               \
    }                                                                             \
  } while (0)

static bool same(const lab_found *a, const lab_found *b) {
  return a->seq == b->seq && strcmp(a->digest, b->digest) == 0;
}

static bool opens(const lab *l, const recorded_io *io, tn_engine **out, lab_found *found) {
  tn_error error = TN_ERROR_INIT;
  tn_status status = lab_open_engine(io, l->config, false, out, &error);
  if (status != TN_OK)
    snprintf(what_failed, sizeof what_failed, "open: %s: %s (%s)", tn_status_name(status), error.text, error.where);
  CHECK(status == TN_OK);
  *found = lab_look(*out);
  return true;
}

/* Everything promised by then, nothing that was not handed in by then, and nothing in halves. */
static bool is_right(const lab *l, size_t op, const lab_found *found) {
  CHECK(found->seq >= lab_durable_at(l, op));
  CHECK(found->seq <= lab_submitted_at(l, op));
  CHECK(strcmp(found->digest, l->digest[found->seq]) == 0);
  return true;
}

/* A new command is taken, and still there after `io` was opened again. */
static bool goes_on(const lab *l, const recorded_io *io, tn_engine *engine, uint64_t seq, bool kill) {
  tn_builder args = TN_BUILDER_INIT;
  tn_result result = TN_RESULT_INIT;
  lab_found after = {0}, again = {0};
  tn_value put = tn_obj(&args, "key", "later", "value", "x");
  bool good = tn_run(engine, "cart", "put", put, &result, NULL) == TN_OK && result.seq == seq + 1;
  good = good && (strcmp(l->plan.durability, "sync") == 0 || tn_snapshot(engine, NULL, NULL) == TN_OK);
  after = lab_look(engine);
  tn_builder_free(&args);
  tn_result_free(&result);
  recorded_io *left = recorded_io_copy(io);
  good = tn_close(engine, NULL) == TN_OK && good;
  if (good && opens(l, kill ? left : io, &engine, &again)) good = tn_close(engine, NULL) == TN_OK;
  recorded_io_destroy(left);
  CHECK(good && after.seq == seq + 1 && same(&after, &again));
  CHECK(again.clean == !kill);
  return true;
}

static void print_problem(void *arg, const char *line) {
  (void)arg;
  print_message("%s\n", line);
}

/* A reader changes nothing, and sees some prefix. */
static bool check_read_only(const lab *l, size_t op, const recorded_io *state) {
  tn_engine *engine;
  tn_error error = TN_ERROR_INIT;
  tn_status status = lab_open_engine(state, l->config, true, &engine, &error);
  if (status == TN_NOT_FOUND && lab_durable_at(l, op) == 0) return true;
  if (status != TN_OK) snprintf(what_failed, sizeof what_failed, "open to read: %s (%s)", error.text, error.where);
  CHECK(status == TN_OK);
  lab_found found = lab_look(engine);
  CHECK(tn_close(engine, NULL) == TN_OK);
  CHECK(found.seq <= lab_submitted_at(l, op));
  CHECK(strcmp(found.digest, l->digest[found.seq]) == 0);
  CHECK(recorded_io_op_count(state) == 0);
  return true;
}

static bool check_state(const lab *l, size_t op, const recorded_io *state, size_t number) {
  tn_engine *engine;
  lab_found found, again;
  what_failed[0] = '\0';
  if (number % 4 == 0 && !check_read_only(l, op, state)) return false;
  if (!opens(l, state, &engine, &found)) return false;
  recorded_io *killed = recorded_io_copy(state);
  bool good = is_right(l, op, &found);
  if (good && number % 8 == 0) good = tn_check(engine, print_problem, NULL, NULL, NULL) == TN_OK;
  good = tn_close(engine, NULL) == TN_OK && good;
  good = good && opens(l, state, &engine, &again) && same(&found, &again) && again.clean;
  good = good && goes_on(l, state, engine, found.seq, false);
  good = good && opens(l, killed, &engine, &again) && same(&found, &again) && again.epoch > found.epoch;
  good = good && goes_on(l, killed, engine, found.seq, true);
  recorded_io_destroy(killed);
  CHECK(good);
  return true;
}

/* ---- all states of a run -------------------------------------------------------------------- */

typedef struct tally {
  size_t states, nested;
} tally;

static void fail_at(const lab *l, const crash_walk *w, uint64_t seed) {
  char line[1500];
  crash_walk_describe(w, line, sizeof line);
  fail_msg("%s; %s, seed %" PRIu64 ", %s", what_failed, l->plan.durability, seed, line);
}

/* The recovery of a crash state is itself stopped at each of its operations. What an open answered is there for good.
 */
static void check_stopped_recovery(const lab *l, const crash_walk *w, uint64_t seed, tally *t) {
  recorded_io *state = crash_walk_state(w);
  tn_engine *engine;
  lab_found first, found;
  assert_true(opens(l, state, &engine, &first));
  size_t done = recorded_io_op_count(state);
  crash_walk *again = crash_walk_create(state, 0, 3, seed);
  while (crash_walk_next(again)) {
    recorded_io *stopped = crash_walk_state(again);
    tn_engine *second;
    bool good = opens(l, stopped, &second, &found) && is_right(l, crash_walk_op(w), &found);
    if (good && crash_walk_op(again) >= done) good = same(&first, &found) && found.epoch > first.epoch;
    if (!good) fail_at(l, again, seed);
    assert_status(tn_close(second, NULL), TN_OK);
    recorded_io_destroy(stopped);
    t->nested++;
  }
  crash_walk_destroy(again);
  lab_abandon(state, engine);
  recorded_io_destroy(state);
}

static void check_run(const lab *l, size_t states_max, tally *t) {
  crash_walk *w = crash_walk_create(l->io, 0, states_max, l->plan.seed);
  while (crash_walk_next(w)) {
    recorded_io *state = crash_walk_state(w);
    if (!check_state(l, crash_walk_op(w), state, t->states)) fail_at(l, w, l->plan.seed);
    recorded_io_destroy(state);
    if (++t->states % 50 == 0) check_stopped_recovery(l, w, l->plan.seed + t->states, t);
  }
  crash_walk_destroy(w);
}

static void try_runs(lab_plan plan, size_t runs, size_t states_max) {
  tally t = {0, 0};
  uint64_t seed = plan.seed;
  for (size_t i = 0; i < runs; i++, plan.seed++) {
    lab *l = lab_run(&plan);
    check_run(l, states_max, &t);
    lab_destroy(l);
  }
  print_message("# %zu crash states of the engine, %zu more of its recovery; durability %s, seeds %" PRIu64
                " to %" PRIu64 "\n",
                t.states, t.nested, plan.durability, seed, plan.seed - 1);
}

static void every_crash_state_of_a_small_run_opens_with_what_was_answered(void **state) {
  (void)state;
  try_runs((lab_plan){10, "sync", "", 1, 4}, 2, 64);
  try_runs((lab_plan){20, "none", "", 1, 5}, 1, 64);
}

static void crash_states_of_long_runs_open_with_what_was_answered(void **state) {
  (void)state;
  try_runs((lab_plan){100, "sync", "", 3, 10}, 2, 5);
  try_runs((lab_plan){200, "sync", KEEP_SNAPSHOT, 3, 10}, 2, 5);
}

static void an_interval_engine_keeps_what_a_sync_covered(void **state) {
  (void)state;
  try_runs((lab_plan){300, "interval", "", 3, 10}, 2, 4);
  try_runs((lab_plan){400, "interval", KEEP_SNAPSHOT, 3, 10}, 2, 4);
}

static void an_engine_without_syncs_keeps_what_snapshots_and_closes_covered(void **state) {
  (void)state;
  try_runs((lab_plan){500, "none", "", 3, 10}, 2, 4);
  try_runs((lab_plan){600, "none", KEEP_SNAPSHOT, 3, 10}, 2, 4);
}

/* ---- calls that fail ------------------------------------------------------------------------ */

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
  assert_true(same(&before, &after));
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
static void check_what_is_left(const lab *l, const lab *reference, uint64_t published, tally *t) {
  uint64_t most = reference->after_step[l->step];
  tn_engine *engine;
  lab_found found;
  recorded_io *copy = recorded_io_copy(l->io);
  assert_true(opens(l, copy, &engine, &found));
  assert_true(found.seq >= published && found.seq <= most);
  assert_string_equal(found.digest, reference->digest[found.seq]);
  assert_true(goes_on(l, copy, engine, found.seq, t->states % 2 == 0));
  recorded_io_destroy(copy);
  uint64_t durable = lab_durable_at(l, SIZE_MAX);
  crash_walk *w = crash_walk_create(l->io, recorded_io_op_count(l->io), 3, t->states);
  while (crash_walk_next(w)) {
    recorded_io *state = crash_walk_state(w);
    t->states++;
    if (!opens(l, state, &engine, &found)) fail_at(l, w, l->plan.seed);
    assert_true(found.seq >= durable && found.seq <= most);
    assert_string_equal(found.digest, reference->digest[found.seq]);
    assert_status(tn_close(engine, NULL), TN_OK);
    recorded_io_destroy(state);
  }
  crash_walk_destroy(w);
}

static void check_dead(lab *l, const lab *reference, bool upkeep, tally *t) {
  check_refuses_writes(l);
  check_reads_go_on(l, reference, upkeep);
  uint64_t published = lab_look(l->engine).seq;
  assert_status(tn_close(l->engine, &l->error), TN_IO);
  l->engine = NULL;
  heal(l);
  check_what_is_left(l, reference, published, t);
}

/* False when the engine is dead, and has been looked at. */
static bool step_and_look(lab *l, const failing *f, tally *t) {
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
    check_dead(l, f->reference, upkeep, t);
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
static bool run_failing(const failing *f, tally *t) {
  lab *l = lab_create(&f->reference->plan, f->reference);
  recorded_io_fail(l->io, f->nth, f->status, f->all_after);
  bool alive = true;
  for (size_t i = 0; alive && i < l->plan.sessions; i++) {
    alive = open_and_look(l);
    for (size_t k = 0; alive && k < l->plan.steps; k++) alive = step_and_look(l, f, t);
    if (!alive) break;
    tn_status status = lab_close(l);
    assert_true(status == TN_OK || is_io(status));
    if (status != TN_OK) heal(l);
  }
  if (alive) {
    heal(l);
    l->step--;
    check_what_is_left(l, f->reference, l->answered, t);
  }
  bool reached = recorded_io_call_count(l->io) >= f->nth;
  lab_destroy(l);
  return reached;
}

static void try_failing(lab_plan plan) {
  tally t = {0, 0};
  size_t runs = 0;
  lab *reference = lab_run(&plan);
  for (int i = 0; i < 2; i++) {
    failing f = {reference, 1, i == 0 ? TN_IO : TN_FULL, i == 1};
    for (; run_failing(&f, &t); f.nth++) runs++;
  }
  lab_destroy(reference);
  print_message("# %zu runs with a failing call, %zu crash states after them; durability %s, seed %" PRIu64 "\n",
                runs, t.states, plan.durability, plan.seed);
}

static void any_call_may_fail_and_nothing_that_was_answered_is_lost(void **state) {
  (void)state;
  try_failing((lab_plan){700, "sync", "", 2, 9});
  try_failing((lab_plan){701, "sync", KEEP_SNAPSHOT, 2, 9});
}

static void any_call_may_fail_where_syncs_come_later(void **state) {
  (void)state;
  try_failing((lab_plan){702, "interval", KEEP_SNAPSHOT, 2, 8});
  try_failing((lab_plan){703, "none", "", 2, 8});
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_crash_state_of_a_small_run_opens_with_what_was_answered),
      cmocka_unit_test(crash_states_of_long_runs_open_with_what_was_answered),
      cmocka_unit_test(an_interval_engine_keeps_what_a_sync_covered),
      cmocka_unit_test(an_engine_without_syncs_keeps_what_snapshots_and_closes_covered),
      cmocka_unit_test(any_call_may_fail_and_nothing_that_was_answered_is_lost),
      cmocka_unit_test(any_call_may_fail_where_syncs_come_later),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
