#include "lab.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define CLOCK_START_US 1767225600000000
#define STEP_US 1000
#define VALUE_SIZE_MAX 1800

/* ---- chance --------------------------------------------------------------------------------- */

static uint64_t draw_from(uint64_t *random, uint64_t below) {
  uint64_t z = *random += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return (z ^ (z >> 31)) % below;
}

static uint64_t draw(lab *l, uint64_t below) { return draw_from(&l->random, below); }

static tn_slice value_text(lab *l) {
  static char room[VALUE_SIZE_MAX];
  static const size_t sizes[] = {3, 20, 20, 90, 90, 300, 700, VALUE_SIZE_MAX};
  size_t size = sizes[draw(l, 8)];
  for (size_t i = 0; i < size; i++) room[i] = (char)('a' + (l->step * 7 + i) % 26);
  return (tn_slice){room, size};
}

/* ---- engines on recorded files -------------------------------------------------------------- */

/* After all that a workload could have written. */
static int64_t late_clock(void *arg) {
  (void)arg;
  return CLOCK_START_US + 3600 * (int64_t)1000000;
}

tn_status lab_open_engine(const recorded_io *io, const char *config, bool read_only, tn_engine **out,
                          tn_error *error) {
  tn_open_options options = {.config_text = config,
                             .base_dir = "",
                             .read_only = read_only,
                             .io = recorded_io_tn_io(io),
                             .clock_us = late_clock};
  return tn_open(NULL, &options, out, error);
}

void lab_abandon(recorded_io *io, tn_engine *engine) {
  recorded_io_fail(io, 1, TN_IO, true);
  (void)tn_close(engine, NULL);
  recorded_io_fail(io, 0, TN_OK, false);
}

lab_found lab_look(tn_engine *engine) {
  lab_found found = {0};
  tn_result stats = TN_RESULT_INIT;
  tn_slice digest = {NULL, 0};
  assert_status(tn_stats(engine, &stats, NULL), TN_OK);
  assert_status(tn_get_int(stats.value, "epoch", &found.epoch), TN_OK);
  assert_status(tn_get_string(stats.value, "digest", &digest), TN_OK);
  assert_true(tn_as_bool(tn_field(tn_field(stats.value, "journal"), "opened_clean"), &found.clean));
  assert_true(tn_as_bool(tn_field(stats.value, "writable"), &found.writable));
  memcpy(found.digest, digest.data, 32);
  found.seq = stats.seq;
  tn_result_free(&stats);
  return found;
}

/* ---- what was promised ---------------------------------------------------------------------- */

static size_t now(const lab *l) { return recorded_io_op_count(l->io); }
static bool is_mode(const lab *l, const char *durability) { return strcmp(l->plan.durability, durability) == 0; }

static void mark(lab *l, uint64_t seq) {
  assert_true(l->mark_count < LAB_MARKS_MAX);
  l->marks[l->mark_count++] = (lab_mark){now(l), seq};
}

/* An answer that covers everything up to `seq`. */
static void answered(lab *l, uint64_t seq) {
  l->answered = seq;
  if (is_mode(l, "sync")) mark(l, seq);
}

uint64_t lab_durable_at(const lab *l, size_t op) {
  uint64_t seq = 0;
  for (size_t i = 0; i < l->mark_count; i++)
    if (l->marks[i].op <= op && l->marks[i].seq > seq) seq = l->marks[i].seq;
  return seq;
}

uint64_t lab_submitted_at(const lab *l, size_t op) {
  uint64_t seq = l->base_seq;
  while (seq < l->noted && l->begun[seq + 1] < op) seq++;
  return seq;
}

typedef struct noting {
  lab *lab;
  size_t begun;
} noting;

static tn_status note_record(void *arg, uint64_t seq, tn_value record) {
  noting *n = arg;
  lab *l = n->lab;
  tn_slice bytes = {NULL, 0};
  assert_true(seq == l->noted + 1 && seq < LAB_SEQ_MAX);
  assert_status(tn_get_bytes(record, "digest", &bytes), TN_OK);
  assert_int_equal(bytes.size, 16);
  for (int i = 0; i < 16; i++) snprintf(l->digest[seq] + 2 * i, 3, "%02x", ((const uint8_t *)bytes.data)[15 - i]);
  l->begun[seq] = n->begun;
  l->noted = seq;
  return TN_OK;
}

/* The journal says which digest each new record led to; the live one must agree. */
static void note(lab *l, size_t begun) {
  noting n = {l, begun};
  lab_found found = lab_look(l->engine);
  const lab *known = l->reference ? l->reference : l;
  if (!l->reference && found.seq > l->noted)
    assert_status(tn_journal_read(l->engine, l->noted + 1, 0, note_record, &n, &l->error), TN_OK);
  assert_int_equal(found.seq, l->applied);
  assert_string_equal(found.digest, known->digest[found.seq]);
  l->after_step[l->step] = found.seq;
}

/* ---- what a step does ----------------------------------------------------------------------- */

/* One command that changes something when it succeeds; `expected` counts as success. */
static tn_status run(lab *l, const char *op, tn_value args, tn_status expected) {
  if (expected == TN_OK) l->applied++;
  tn_status status = tn_run(l->engine, "cart", op, args, &l->result, &l->error);
  if (status != expected) {
    assert_status(status == TN_OK ? status : expected, expected);
    return status;
  }
  if (status == TN_OK) assert_int_equal(l->result.seq, l->applied);
  answered(l, l->applied);
  return TN_OK;
}

static tn_value put_args(lab *l, tn_builder *b) {
  char key[16];
  snprintf(key, sizeof key, "k%d", (int)draw(l, 12));
  tn_slice value = value_text(l);
  if (draw(l, 4) == 0) return tn_obj(b, "key", key, "value", value, "ttl_ms", 2);
  return tn_obj(b, "key", key, "value", tn_text(value));
}

static tn_status step_put(lab *l) { return run(l, "put", put_args(l, &l->args), TN_OK); }

static tn_status step_incr(lab *l) { return run(l, "incr", tn_obj(&l->args, "key", "n", "by", draw(l, 9)), TN_OK); }

/* The base is a number. */
static tn_status step_refused(lab *l) {
  return run(l, "append", tn_obj(&l->args, "key", "base", "value", "x"), TN_INVALID);
}

#define BATCH_MAX 8

static tn_status run_batch(lab *l, bool fails) {
  tn_builder args[BATCH_MAX + 3];
  tn_batch_op ops[BATCH_MAX + 3];
  size_t n = 0, puts = 1 + (size_t)draw(l, BATCH_MAX);
  for (size_t i = 0; i < BATCH_MAX + 3; i++) args[i] = (tn_builder)TN_BUILDER_INIT;
  ops[n++] = (tn_batch_op){"cart", "incr", tn_obj(&args[0], "key", "n")};
  for (; n <= puts; n++) ops[n] = (tn_batch_op){"cart", "put", put_args(l, &args[n])};
  ops[n] = (tn_batch_op){"cart", "delete_range", tn_obj(&args[n], "prefix", "k1")};
  n++;
  if (fails) ops[n] = (tn_batch_op){"cart", "append", tn_obj(&args[n], "key", "base", "value", "x")}, n++;
  if (!fails) l->applied++;
  tn_status status = tn_batch(l->engine, ops, n, NULL, &l->result, &l->error);
  for (size_t i = 0; i < BATCH_MAX + 3; i++) tn_builder_free(&args[i]);
  if (status != (fails ? TN_INVALID : TN_OK)) return status;
  if (!fails) assert_int_equal(l->result.seq, l->applied);
  answered(l, l->applied);
  return TN_OK;
}

static tn_status step_batch(lab *l) { return run_batch(l, false); }
static tn_status step_refused_batch(lab *l) { return run_batch(l, true); }

/* A command fails in the middle, and a change of its own txn is seen. */
static void do_some(lab *l, tn_txn *txn) {
  for (int i = 0; i < 3; i++) {
    assert_status(tn_do(txn, "cart", "put", put_args(l, &l->args), NULL, &l->error), TN_OK);
    tn_value refused = tn_obj(&l->args, "key", "base", "value", "x");
    assert_status(tn_do(txn, "cart", "append", refused, NULL, &l->error), TN_INVALID);
  }
  assert_status(tn_do(txn, "cart", "incr", tn_obj(&l->args, "key", "n"), &l->result, &l->error), TN_OK);
  assert_status(tn_do(txn, "cart", "get", tn_obj(&l->args, "key", "n"), NULL, &l->error), TN_OK);
}

static tn_status step_txn(lab *l) {
  tn_txn *txn;
  uint64_t seq = 0;
  tn_status status = tn_begin(l->engine, TN_WRITE, NULL, &txn, &l->error);
  if (status != TN_OK) return status;
  do_some(l, txn);
  l->applied++;
  status = tn_commit(txn, &seq, &l->error);
  if (status != TN_OK) return status;
  assert_int_equal(seq, l->applied);
  answered(l, seq);
  return TN_OK;
}

static tn_status step_abort(lab *l) {
  tn_txn *txn;
  tn_status status = tn_begin(l->engine, TN_WRITE, NULL, &txn, &l->error);
  if (status != TN_OK) return status;
  do_some(l, txn);
  tn_abort(txn);
  return TN_OK;
}

static void job_done(void *arg, tn_status status, const tn_result *result, const tn_error *error) {
  lab *l = arg;
  (void)error;
  l->jobs_open--;
  if (status == TN_OK) {
    l->jobs_done++;
    if (result->seq > l->answered) answered(l, result->seq);
  } else {
    assert_status(status, TN_OUTCOME_UNKNOWN);
    l->jobs_failed++;
  }
}

static tn_status submit(lab *l, size_t count) {
  const tn_op *put;
  assert_status(tn_op_prepare(l->engine, "cart", "put", &put, &l->error), TN_OK);
  l->jobs_done = l->jobs_failed = 0;
  for (size_t i = 0; i < count; i++) {
    tn_done_by by = draw(l, 2) ? TN_DONE_POLLED : TN_DONE_ANYWHERE;
    tn_status status = tn_submit(l->engine, put, put_args(l, &l->args), by, job_done, l, &l->error);
    if (status != TN_OK) return status;
    l->jobs_open++;
    l->applied++;
  }
  return TN_OK;
}

/* All or nothing: the jobs of a group fail together. */
static tn_status poll(lab *l) {
  size_t count;
  while (l->jobs_open > 0) assert_status(tn_poll(l->engine, 1000, &count, &l->error), TN_OK);
  assert_true(l->jobs_done == 0 || l->jobs_failed == 0);
  return l->jobs_failed == 0 ? TN_OK : TN_OUTCOME_UNKNOWN;
}

static tn_status step_submit(lab *l) {
  tn_status status = submit(l, 2 + (size_t)draw(l, 6));
  return status == TN_OK ? poll(l) : status;
}

/* A refusal leaves only when what it was built on is as good as answered. */
static tn_status step_submit_then_refused(lab *l) {
  tn_status status = submit(l, 2);
  if (status == TN_OK) status = step_refused(l);
  tn_status jobs = poll(l);
  return status == TN_OK ? jobs : status;
}

/* Two groups: the one that the txn's begin sealed, and the txn. */
static tn_status step_submit_then_txn(lab *l) {
  tn_status status = submit(l, 3);
  if (status == TN_OK) status = step_txn(l);
  tn_status jobs = poll(l);
  return status == TN_OK ? jobs : status;
}

static tn_status step_snapshot(lab *l) {
  uint64_t seq;
  tn_status status = tn_snapshot(l->engine, &seq, &l->error);
  if (status != TN_OK) return status;
  assert_int_equal(seq, l->applied);
  mark(l, seq);
  return TN_OK;
}

/* Syncs where that is due, then purges what expired: records of its own. */
static tn_status step_tick(lab *l) {
  uint64_t before = l->applied;
  if (is_mode(l, "interval")) (void)nanosleep(&(struct timespec){0, 2000000}, NULL);
  tn_status status = tn_tick(l->engine, &l->error);
  if (status == TN_OK && is_mode(l, "interval")) mark(l, before);
  l->applied = l->answered = lab_look(l->engine).seq;
  if (status == TN_OK) answered(l, l->applied);
  return status;
}

typedef tn_status (*step_fn)(lab *l);
static const step_fn steps[] = {step_put,
                                step_put,
                                step_put,
                                step_put,
                                step_incr,
                                step_refused,
                                step_batch,
                                step_batch,
                                step_txn,
                                step_refused_batch,
                                step_abort,
                                step_submit,
                                step_submit,
                                step_snapshot,
                                step_snapshot,
                                step_tick,
                                step_tick,
                                step_submit_then_refused,
                                step_submit_then_txn};

/* ---- a life --------------------------------------------------------------------------------- */

static int64_t read_clock(void *arg) { return ((const lab *)arg)->clock_us; }

lab *lab_create(const lab_plan *plan, const lab *reference) {
  lab *l = calloc(1, sizeof *l);
  assert_non_null(l);
  l->plan = *plan;
  l->reference = reference;
  l->io = recorded_io_create();
  l->args = (tn_builder)TN_BUILDER_INIT;
  l->result = (tn_result)TN_RESULT_INIT;
  l->clock_us = CLOCK_START_US;
  snprintf(l->digest[0], sizeof l->digest[0], "%032d", 0);
  snprintf(l->config, sizeof l->config,
           "{\"data\": \"data\", \"service_thread\": false, \"durability\": \"%s\", \"sync_interval_ms\": 1, "
           "\"storage\": {\"type\": \"file\", \"segment_bytes_min\": 4096, \"segment_bytes_max\": 4096}, "
           "\"snapshot\": {\"every_commands\": 0, \"keep\": 2}, \"models\": {\"cart\": {\"type\": \"kv\"}}%s}",
           plan->durability, plan->more);
  return l;
}

void lab_destroy(lab *l) {
  if (l->engine) lab_abandon(l->io, l->engine);
  recorded_io_destroy(l->io);
  tn_builder_free(&l->args);
  tn_result_free(&l->result);
  free(l);
}

/* What is there goes on from here; records that a power cut took are forgotten. */
static void settle(lab *l) {
  lab_found found = lab_look(l->engine);
  assert_true(found.epoch >= l->epoch);
  assert_true(found.clean || found.epoch > l->epoch || found.seq == 0);
  l->older_epoch = l->epoch;
  l->epoch = found.epoch;
  l->opened = now(l);
  if (!l->after_cut) return;
  l->after_cut = false;
  assert_true(found.seq >= lab_durable_at(l, 0) && found.seq <= l->noted);
  assert_string_equal(found.digest, l->digest[found.seq]);
  l->applied = l->answered = l->noted = l->base_seq = found.seq;
}

tn_status lab_open(lab *l) {
  tn_open_options options = {.config_text = l->config,
                             .base_dir = "",
                             .io = recorded_io_tn_io(l->io),
                             .clock_us = read_clock,
                             .clock_arg = l};
  l->begun_session = now(l);
  tn_status status = tn_open(NULL, &options, &l->engine, &l->error);
  if (status != TN_OK) {
    l->engine = NULL;
    return status;
  }
  settle(l);
  note(l, now(l));
  mark(l, l->applied);
  return TN_OK;
}

static step_fn step_at(const lab *l) {
  uint64_t random = l->plan.seed * 1000 + l->step;
  return l->applied == 0 ? NULL : steps[draw_from(&random, sizeof steps / sizeof steps[0])];
}

bool lab_step_is_upkeep(const lab *l) { return step_at(l) == step_snapshot || step_at(l) == step_tick; }

tn_status lab_step(lab *l) {
  size_t begun = now(l);
  step_fn fn = step_at(l);
  l->random = ~(l->plan.seed * 1000 + l->step);
  l->clock_us = CLOCK_START_US + STEP_US * (int64_t)(l->step + 1);
  tn_status status = fn ? fn(l) : run(l, "put", tn_obj(&l->args, "key", "base", "value", 1), TN_OK);
  if (status != TN_OK) return status;
  note(l, begun);
  l->step++;
  return TN_OK;
}

tn_status lab_close(lab *l) {
  tn_status status = tn_close(l->engine, &l->error);
  l->engine = NULL;
  if (status == TN_OK) mark(l, l->applied);
  return status;
}

static void kill_engine(lab *l) {
  lab_abandon(l->io, l->engine);
  l->engine = NULL;
}

/* The files as a power cut at some moment of this session could have left them. */
static void cut_power(lab *l) {
  size_t first = l->begun_session, op = first + (size_t)draw(l, now(l) - first + 1);
  crash_walk *walk = crash_walk_create(l->io, op, 4, draw(l, UINT64_MAX));
  for (uint64_t i = 1 + draw(l, 4); i > 0 && crash_walk_next(walk); i--) op = crash_walk_op(walk);
  recorded_io *left = crash_walk_state(walk);
  crash_walk_destroy(walk);
  uint64_t durable = lab_durable_at(l, op), submitted = lab_submitted_at(l, op);
  if (op < l->opened) l->epoch = l->older_epoch;
  kill_engine(l);
  recorded_io_destroy(l->io);
  l->io = left;
  l->after_cut = true;
  l->noted = l->base_seq = submitted;
  l->mark_count = 0;
  mark(l, durable);
}

static void end_session(lab *l, size_t number) {
  uint64_t how = l->plan.power_cuts ? draw(l, 4) : number % 2;
  if (how == 0)
    assert_status(lab_close(l), TN_OK);
  else if (how == 1)
    kill_engine(l);
  else
    cut_power(l);
}

lab *lab_run(const lab_plan *plan) {
  lab *l = lab_create(plan, NULL);
  for (size_t i = 0; i < plan->sessions; i++) {
    assert_status(lab_open(l), TN_OK);
    for (size_t k = 0; k < plan->steps; k++) {
      tn_status status = lab_step(l);
      if (status != TN_OK)
        fail_msg("seed %" PRIu64 ", step %zu: %s: %s", plan->seed, l->step, tn_status_name(status), l->error.text);
    }
    if (i + 1 < plan->sessions || !plan->power_cuts)
      end_session(l, i);
    else if (draw(l, 2))
      assert_status(lab_close(l), TN_OK);
  }
  return l;
}

lab_plan lab_plan_draw(uint64_t seed) {
  static const char *const durability[] = {"sync", "interval", "none"};
  static const char *const more[] = {"", LAB_KEEP_SNAPSHOT, LAB_TEXT, LAB_TEXT LAB_KEEP_SNAPSHOT};
  uint64_t random = seed;
  lab_plan plan = {.seed = seed, .power_cuts = true};
  plan.durability = durability[draw_from(&random, 3)];
  plan.more = more[draw_from(&random, 4)];
  plan.sessions = 1 + (size_t)draw_from(&random, 4);
  plan.steps = 3 + (size_t)draw_from(&random, 10);
  return plan;
}
