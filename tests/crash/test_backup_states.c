/* test_backup_states.c - a backup stopped anywhere, or with any call below it failing: it opens as the whole, or not
 * at all, and the engine it was taken from has lost nothing. */
#include <inttypes.h>
#include <string.h>

#include "crash/budget.h"
#include "crash/check_state.h"

#define STATES_AT_A_POINT 6
#define ROUNDS 8

/* A lab with an open engine in mid-life. */
static lab *begin(uint64_t seed) {
  lab_plan plan = lab_plan_draw(seed);
  lab *l = lab_create(&plan, NULL);
  assert_status(lab_open(l), TN_OK);
  for (size_t i = 0; i < 3 + plan.steps; i++) assert_status(lab_step(l), TN_OK);
  return l;
}

static tn_status open_backup(const lab *l, const recorded_io *io, bool read_only, tn_engine **out, tn_error *error) {
  tn_open_options options = {.config_text = l->config,
                             .base_dir = "",
                             .data = "backup",
                             .read_only = read_only,
                             .io = recorded_io_tn_io(io)};
  return tn_open(NULL, &options, out, error);
}

/* There, and what it was made of; else it is not there, or says that it is unfinished. */
static bool is_whole(const lab *l, const recorded_io *io, uint64_t seq) {
  tn_engine *engine;
  tn_error error = TN_ERROR_INIT;
  tn_status status = open_backup(l, io, true, &engine, &error);
  if (status == TN_NOT_FOUND) return false;
  if (status == TN_INVALID) return assert_non_null(strstr(error.text, "unfinished backup")), false;
  if (status != TN_OK) fail_msg("%s: %s [%s]", tn_status_name(status), error.text, error.where);
  assert_status(tn_close(engine, NULL), TN_OK);
  assert_status(open_backup(l, io, false, &engine, &error), TN_OK);
  lab_found found = lab_look(engine);
  assert_true(found.seq == seq && strcmp(found.digest, l->digest[seq]) == 0);
  assert_status(tn_close(engine, NULL), TN_OK);
  return true;
}

static void expect_source(const lab *l, size_t op, const recorded_io *io) {
  tn_engine *engine;
  lab_found found;
  if (!check_opens(l, io, &engine, &found) || !check_is_right(l, op, &found)) fail_msg("source: %s", check_failure());
  assert_status(tn_close(engine, NULL), TN_OK);
}

static void a_backup_stopped_anywhere_is_whole_or_does_not_open(void **state) {
  (void)state;
  uint64_t seed = 0;
  size_t states = 0, whole = 0;
  budget b = budget_make(1, ROUNDS);
  while (budget_next(&b, &seed)) {
    uint64_t seq = 0;
    lab *l = begin(seed);
    size_t before = recorded_io_op_count(l->io);
    assert_status(tn_backup(l->engine, "backup", &seq, &l->error), TN_OK);
    size_t done = recorded_io_op_count(l->io);
    crash_walk *w = crash_walk_create(l->io, before, STATES_AT_A_POINT, seed);
    while (crash_walk_next(w)) {
      recorded_io *left = crash_walk_state(w);
      bool opens = is_whole(l, left, seq);
      if (crash_walk_op(w) >= done) assert_true(opens);
      whole += opens;
      states++;
      expect_source(l, crash_walk_op(w), left);
      recorded_io_destroy(left);
    }
    crash_walk_destroy(w);
    lab_destroy(l);
  }
  print_message("# %zu crash states of a backup, %zu of them whole, seeds %" PRIu64 " to %" PRIu64 "\n", states,
                whole, b.first_seed, seed);
  assert_true(whole > 0 && whole < states);
}

/* The engine may be dead afterwards: in "interval" and "none" a backup syncs its journal. */
static void a_backup_with_a_failing_call_is_whole_or_does_not_open(void **state) {
  (void)state;
  size_t failures = 0, whole = 0;
  for (uint64_t seed = 1; seed <= 6; seed++) {
    tn_status status = TN_IO;
    for (uint64_t nth = 1; status != TN_OK; nth++) {
      uint64_t seq = 0;
      lab *l = begin(seed);
      recorded_io_fail(l->io, nth, nth % 2 ? TN_IO : TN_FULL, false);
      status = tn_backup(l->engine, "backup", &seq, &l->error);
      recorded_io_fail(l->io, 0, TN_OK, false);
      if (status != TN_OK) assert_true(status == TN_IO || status == TN_FULL);
      if (status == TN_OK) assert_true(is_whole(l, l->io, seq));
      if (status != TN_OK) whole += is_whole(l, l->io, l->applied);
      failures += status != TN_OK;
      lab_abandon(l->io, l->engine);
      l->engine = NULL;
      expect_source(l, recorded_io_op_count(l->io), l->io);
      lab_destroy(l);
    }
  }
  print_message("# %zu backups with a failing call, %zu of them whole all the same\n", failures, whole);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_backup_stopped_anywhere_is_whole_or_does_not_open),
      cmocka_unit_test(a_backup_with_a_failing_call_is_whole_or_does_not_open),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
