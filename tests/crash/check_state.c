#include "check_state.h"

#include <stdio.h>

static char what_failed[600];

const char *check_failure(void) { return what_failed; }

#define CHECK(condition)                                                          \
  do {                                                                            \
    if (!(condition)) {                                                           \
      if (!what_failed[0]) snprintf(what_failed, sizeof what_failed, #condition); \
      return false;                                                               \
    }                                                                             \
  } while (0)

bool check_same(const lab_found *a, const lab_found *b) {
  return a->seq == b->seq && strcmp(a->digest, b->digest) == 0;
}

bool check_opens(const lab *l, const recorded_io *io, tn_engine **out, lab_found *found) {
  tn_error error = TN_ERROR_INIT;
  tn_status status = lab_open_engine(io, l->config, false, out, &error);
  if (status != TN_OK)
    snprintf(what_failed, sizeof what_failed, "open: %s: %s (%s)", tn_status_name(status), error.text, error.where);
  CHECK(status == TN_OK);
  *found = lab_look(*out);
  return true;
}

/* Everything promised by then, nothing that was not handed in by then, and nothing in halves. */
bool check_is_right(const lab *l, size_t op, const lab_found *found) {
  CHECK(found->seq >= lab_durable_at(l, op));
  CHECK(found->seq <= lab_submitted_at(l, op));
  CHECK(strcmp(found->digest, l->digest[found->seq]) == 0);
  return true;
}

/* A new command is taken, and still there after `io` was opened again. */
bool check_goes_on(const lab *l, const recorded_io *io, tn_engine *engine, uint64_t seq, bool kill) {
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
  if (good && check_opens(l, kill ? left : io, &engine, &again)) good = tn_close(engine, NULL) == TN_OK;
  recorded_io_destroy(left);
  CHECK(good && after.seq == seq + 1 && check_same(&after, &again));
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

/* A stop without a close, before anything was written: all is as before but for the epoch. */
static bool check_killed(const lab *l, const recorded_io *state, const lab_found *found) {
  tn_engine *engine;
  lab_found again;
  if (!check_opens(l, state, &engine, &again)) return false;
  bool good = check_same(found, &again) && again.epoch > found->epoch;
  good = check_goes_on(l, state, engine, found->seq, true) && good;
  CHECK(good);
  return true;
}

/* A second open finds the same, cleanly closed. */
static bool check_again(const lab *l, const recorded_io *state, const lab_found *found, bool go_on) {
  tn_engine *engine;
  lab_found again;
  if (!check_opens(l, state, &engine, &again)) return false;
  bool good = check_same(found, &again) && again.clean && again.epoch == found->epoch;
  if (go_on)
    good = check_goes_on(l, state, engine, found->seq, false) && good;
  else
    good = tn_close(engine, NULL) == TN_OK && good;
  CHECK(good);
  return true;
}

bool check_state(const lab *l, size_t op, const recorded_io *state, size_t number) {
  tn_engine *engine;
  lab_found found;
  what_failed[0] = '\0';
  if (number % 4 == 0 && !check_read_only(l, op, state)) return false;
  if (!check_opens(l, state, &engine, &found)) return false;
  recorded_io *killed = number % 4 == 1 ? recorded_io_copy(state) : NULL;
  bool good = check_is_right(l, op, &found);
  if (good && number % 8 == 0) good = tn_check(engine, print_problem, NULL, NULL, NULL) == TN_OK;
  good = tn_close(engine, NULL) == TN_OK && good;
  good = good && check_again(l, state, &found, number % 4 == 2);
  good = good && (!killed || check_killed(l, killed, &found));
  recorded_io_destroy(killed);
  CHECK(good);
  return true;
}
