/* test_engine_states.c - the whole engine over storage/file in every state a crash can leave: what was promised is
 * there, no batch is half there, and it goes on. */
#include <inttypes.h>

#include "crash/budget.h"
#include "crash/check_state.h"

#define STATES_EXHAUSTIVE 1024 /* at a point of a small run that has no more than these, each is tried */
#define DRAWN_RUNS 40

typedef struct tally {
  size_t states, nested;
} tally;

static void fail_at(const lab *l, const crash_walk *w) {
  char line[1500];
  crash_walk_describe(w, line, sizeof line);
  fail_msg("%s; plan %" PRIu64 " (%s%s), %s", check_failure(), l->plan.seed, l->plan.durability, l->plan.more, line);
}

/* The recovery of a crash state is itself stopped at each of its operations. What an open answered is there for good.
 */
static void check_stopped_recovery(const lab *l, const crash_walk *w, uint64_t seed, tally *t) {
  recorded_io *state = crash_walk_state(w);
  tn_engine *engine;
  lab_found first, found;
  assert_true(check_opens(l, state, &engine, &first));
  size_t done = recorded_io_op_count(state);
  crash_walk *again = crash_walk_create(state, 0, 3, seed);
  while (crash_walk_next(again)) {
    recorded_io *stopped = crash_walk_state(again);
    tn_engine *second;
    bool good = check_opens(l, stopped, &second, &found) && check_is_right(l, crash_walk_op(w), &found);
    if (good && crash_walk_op(again) >= done) good = check_same(&first, &found) && found.epoch > first.epoch;
    if (!good) fail_at(l, again);
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
    if (!check_state(l, crash_walk_op(w), state, t->states)) fail_at(l, w);
    recorded_io_destroy(state);
    if (++t->states % 50 == 0) check_stopped_recovery(l, w, l->plan.seed + t->states, t);
  }
  crash_walk_destroy(w);
}

static size_t states_tried;

static void print_tally(const tally *t, const char *of, uint64_t first, uint64_t last) {
  states_tried += t->states + t->nested;
  print_message("# %zu crash states of the engine, %zu more of its recovery; %s, seeds %" PRIu64 " to %" PRIu64 "\n",
                t->states, t->nested, of, first, last);
}

static void try_runs(lab_plan plan, size_t runs, size_t states_max) {
  tally t = {0, 0};
  uint64_t seed = plan.seed;
  for (size_t i = 0; i < runs; i++, plan.seed++) {
    lab *l = lab_run(&plan);
    check_run(l, states_max, &t);
    lab_destroy(l);
  }
  print_tally(&t, plan.durability, seed, plan.seed - 1);
}

static void every_crash_state_of_a_small_run_opens_with_what_was_answered(void **state) {
  (void)state;
  try_runs((lab_plan){10, "sync", "", 1, 4, false}, 2, STATES_EXHAUSTIVE);
  try_runs((lab_plan){15, "interval", LAB_TEXT, 1, 4, false}, 1, STATES_EXHAUSTIVE);
  try_runs((lab_plan){20, "none", "", 1, 5, false}, 1, STATES_EXHAUSTIVE);
}

static void crash_states_of_long_runs_open_with_what_was_answered(void **state) {
  (void)state;
  try_runs((lab_plan){100, "sync", "", 3, 10, false}, 2, 5);
  try_runs((lab_plan){200, "sync", LAB_KEEP_SNAPSHOT, 3, 10, false}, 2, 5);
}

static void an_interval_engine_keeps_what_a_sync_covered(void **state) {
  (void)state;
  try_runs((lab_plan){300, "interval", "", 3, 10, false}, 2, 4);
  try_runs((lab_plan){400, "interval", LAB_KEEP_SNAPSHOT, 3, 10, false}, 2, 4);
}

static void an_engine_without_syncs_keeps_what_snapshots_and_closes_covered(void **state) {
  (void)state;
  try_runs((lab_plan){500, "none", "", 3, 10, false}, 2, 4);
  try_runs((lab_plan){600, "none", LAB_KEEP_SNAPSHOT, 3, 10, false}, 2, 4);
}

/* Lives with closes, kills and power cuts, of any durability and format; what `make crash` does most of. */
static void crash_states_after_power_cuts_open_with_what_was_answered(void **state) {
  (void)state;
  tally t = {0, 0};
  uint64_t seed = 0;
  budget b = budget_make(1000, DRAWN_RUNS);
  while (budget_next(&b, &seed)) {
    lab_plan plan = lab_plan_draw(seed);
    lab *l = lab_run(&plan);
    check_run(l, 2 + seed % 16, &t);
    lab_destroy(l);
  }
  print_tally(&t, "drawn", b.first_seed, seed);
}

static int print_states(void **state) {
  (void)state;
  print_message("# %zu crash states of the engine in all\n", states_tried);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_crash_state_of_a_small_run_opens_with_what_was_answered),
      cmocka_unit_test(crash_states_of_long_runs_open_with_what_was_answered),
      cmocka_unit_test(an_interval_engine_keeps_what_a_sync_covered),
      cmocka_unit_test(an_engine_without_syncs_keeps_what_snapshots_and_closes_covered),
      cmocka_unit_test(crash_states_after_power_cuts_open_with_what_was_answered),
  };
  return cmocka_run_group_tests(tests, NULL, print_states);
}
