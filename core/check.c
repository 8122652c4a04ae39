/* check.c - reads everything there is and says what is wrong with it. */
#include <stdarg.h>
#include <stdio.h>

#include "engine.h"
#include "try.h"

typedef struct checking {
  tn_engine *engine;
  void (*on_problem)(void *arg, const char *line);
  void *arg;
  uint64_t problems, snapshots, records;
  tn_builder lines; /* the problems, an open array: told at the end, when it is sure that they are ones */
  tn_error *error;
} checking;

static void problem(checking *c, const char *format, ...) TN_PRINTF(2, 3);
static void problem(checking *c, const char *format, ...) {
  char line[TN_ERROR_TEXT_MAX + TN_ERROR_WHERE_MAX + 64];
  va_list args;
  va_start(args, format);
  vsnprintf(line, sizeof line, format, args);
  va_end(args);
  c->problems++;
  tn_add(&c->lines, line);
}

/* Damage is a finding: it is reported and the check goes on. Anything else keeps the check itself from working. */
static tn_status found(checking *c, tn_status status, const tn_error *error) {
  if (status != TN_CORRUPT && status != TN_UNSUPPORTED) {
    *c->error = *error;
    return status;
  }
  problem(c, "%s%s%s", error->where, error->where[0] ? ": " : "", error->text);
  return TN_OK;
}

/* Loads a snapshot by itself and compares it with what the journal made of the same point. */
static tn_status check_snapshot(checking *c, const tni_replay *journal, uint64_t seq) {
  tni_replay r;
  tn_error error = TN_ERROR_INIT;
  TRY(tni_replay_init(&r, c->engine, c->error));
  tn_status status = tni_replay_snapshot(&r, seq, &error);
  c->snapshots++;
  if (status != TN_OK)
    status = found(c, status, &error);
  else if (journal && journal->seq == seq &&
           !tni_digest_equal(tni_state_digest(r.state), tni_state_digest(journal->state)))
    problem(c, "snapshot %llu is not what the journal makes of record %llu", (unsigned long long)seq,
            (unsigned long long)seq);
  tni_replay_fini(&r);
  return status;
}

/* Replays up to `to`. Records of a model's older version cannot be run again: they are passed over, to the snapshot
 * that the newer one began from. */
static tn_status check_records(checking *c, tni_replay *r, uint64_t to, bool *passed_over) {
  tn_error error = TN_ERROR_INIT;
  tn_status status = *passed_over ? TN_OK : tni_replay_journal(r, to, &error);
  if (status == TN_INVALID) *passed_over = true;
  return status == TN_OK || status == TN_INVALID ? TN_OK : found(c, status, &error);
}

static tn_status begin_from(checking *c, tni_replay *r, uint64_t seq) {
  tn_error error = TN_ERROR_INIT;
  tni_replay_fini(r);
  TRY(tni_replay_init(r, c->engine, c->error));
  tn_status status = tni_replay_snapshot(r, seq, &error);
  c->snapshots++;
  return status == TN_OK ? TN_OK : found(c, status, &error);
}

/* The whole journal from where it begins, stopping at each snapshot (newest first in `seqs`) to compare. */
static tn_status check_history(checking *c, tni_replay *r, const uint64_t *seqs, size_t count, uint64_t end) {
  uint64_t first = atomic_load(&c->engine->first_seq);
  bool passed_over = first > 1; /* what is older than the journal is known by snapshots alone */
  for (size_t left = count; left > 0; left--) {
    uint64_t seq = seqs[left - 1];
    if (seq > end) continue;
    if (seq + 1 < first)
      TRY(check_snapshot(c, NULL, seq));
    else
      TRY(check_records(c, r, seq, &passed_over));
    if (seq + 1 >= first && passed_over) {
      c->records += r->records;
      TRY(begin_from(c, r, seq));
      passed_over = false;
    } else if (seq + 1 >= first) {
      TRY(check_snapshot(c, r, seq));
    }
    if (c->problems > 0) return TN_OK;
  }
  if (first > 1 && passed_over) return problem(c, "no snapshot reaches the oldest record"), TN_OK;
  return check_records(c, r, end, &passed_over);
}

/* Beside a live owner what was being read may have been removed: then what looks like damage is none. */
static bool view_moved(checking *c, const uint64_t *seqs, size_t count) {
  tn_engine *e = c->engine;
  uint64_t *now;
  size_t now_count;
  void *cursor;
  tn_error ignored;
  if (!e->read_only) return false;
  tn_status status = e->storage->read_open(e->storage_self, atomic_load(&e->first_seq), &cursor, &ignored);
  if (status == TN_OK) e->storage->read_close(e->storage_self, cursor);
  if (status == TN_TRIMMED || tni_snapshot_seqs(e, &now, &now_count, &ignored) != TN_OK) return true;
  bool moved = now_count != count || (count > 0 && memcmp(now, seqs, count * sizeof *seqs) != 0);
  tni_free(&e->memory.memory, now, now_count * sizeof *now);
  return moved;
}

/* What the journal makes is what the engine holds. */
static tn_status compare_with_state(checking *c, const tni_replay *r) {
  tn_engine *e = c->engine;
  tni_pin pin;
  if (tni_pin_take(e->state, &pin) != TN_OK)
    return tn_error_set(c->error, TN_NOMEM, NULL, "no memory to pin a version");
  if (pin.version->seq > r->seq && e->read_only)
    problem(c, "the journal ends at record %llu, the state is of record %llu", (unsigned long long)r->seq,
            (unsigned long long)pin.version->seq);
  if (pin.version->seq == r->seq && !tni_digest_equal(pin.version->digest, tni_state_digest(r->state)))
    problem(c, "the open engine's digest is not that of its journal at record %llu", (unsigned long long)r->seq);
  tni_pin_drop(e->state, &pin);
  return TN_OK;
}

static tn_status replay_everything(checking *c, const uint64_t *seqs, size_t count) {
  tn_engine *e = c->engine;
  tni_replay r;
  TRY(tni_replay_init(&r, e, c->error));
  tn_status status = check_history(c, &r, seqs, count, atomic_load(&e->acked_seq));
  c->records += r.records;
  if (status == TN_OK && c->problems == 0) status = compare_with_state(c, &r);
  tni_replay_fini(&r);
  return status;
}

static tn_status check_journal(checking *c) {
  tn_engine *e = c->engine;
  uint64_t *seqs;
  size_t count;
  TRY(tni_snapshot_seqs(e, &seqs, &count, c->error));
  tn_status status = replay_everything(c, seqs, count);
  if ((status != TN_OK || c->problems > 0) && view_moved(c, seqs, count))
    status = tn_error_set(c->error, TN_BUSY, NULL, "the owner removed what was being checked; check again");
  tni_free(&e->memory.memory, seqs, count * sizeof *seqs);
  return status;
}

typedef struct model_check {
  checking *checking;
  const tni_instance *instance;
} model_check;

static tn_status model_problem(void *arg, tn_value row) {
  const model_check *m = (const model_check *)arg;
  tn_slice text = {"", 0};
  (void)tn_as_string(row, &text);
  problem(m->checking, "model '%s': %.*s", m->instance->name, (int)text.size, (const char *)text.data);
  return TN_OK;
}

static tn_status call_check(tn_ctx *ctx, void *arg) {
  tn_builder *row = tn_builder_for(ctx);
  return row ? ((const model_check *)arg)->instance->model->check(ctx, row) : TN_NOMEM;
}

static tn_status check_state(checking *c, const tni_version *version) {
  tn_error error = TN_ERROR_INIT;
  tn_status checked = tni_state_check(c->engine->state, version->roots, &error);
  if (checked == TN_NOMEM) return *c->error = error, checked;
  if (checked != TN_OK) problem(c, "the state: %s", error.text);
  if (!tni_digest_equal(tni_state_digest_scan(c->engine->state, version->roots), version->digest))
    problem(c, "the state's digest is not that of its entries");
  for (size_t i = 0; i < c->engine->catalog.instance_count; i++) {
    tni_instance *instance = &c->engine->catalog.instances[i];
    if (!instance->model->check) continue;
    model_check m = {c, instance};
    tni_env env = tni_env_pinned(c->engine, version);
    tn_status status = tni_exec_slot(&env, instance, call_check, &m, (tni_sink){model_problem, &m}, &error);
    if (status != TN_OK) TRY(found(c, status, &error));
  }
  return TN_OK;
}

static tn_status check_everything(checking *c, uint64_t *seq) {
  tn_engine *e = c->engine;
  tni_pin pin;
  pthread_mutex_lock(&e->keeping);
  tn_status status = check_journal(c);
  pthread_mutex_unlock(&e->keeping);
  TRY(status);
  if (tni_pin_take(e->state, &pin) != TN_OK)
    return tn_error_set(c->error, TN_NOMEM, NULL, "no memory to pin a version");
  status = check_state(c, pin.version);
  *seq = pin.version->seq;
  tni_pin_drop(e->state, &pin);
  tn_end(&c->lines);
  if (status == TN_OK && tn_builder_status(&c->lines) != TN_OK)
    status = tn_error_set(c->error, TN_NOMEM, NULL, "no memory for the problems that were found");
  return status;
}

static void tell_problems(const checking *c) {
  tn_slice line;
  for (tn_iter it = tn_iter_of(tn_built(&c->lines)); tn_iter_next(&it);)
    if (c->on_problem && tn_as_string(it.value, &line)) {
      char text[TN_ERROR_TEXT_MAX + TN_ERROR_WHERE_MAX + 64];
      snprintf(text, sizeof text, "%.*s", (int)line.size, (const char *)line.data);
      c->on_problem(c->arg, text);
    }
}

tn_status tn_check(tn_engine *engine, void (*on_problem)(void *arg, const char *line), void *arg, tn_result *result,
                   tn_error *error) {
  tn_error own_error;
  uint64_t seq = 0;
  checking c = {.engine = engine,
                .on_problem = on_problem,
                .arg = arg,
                .lines = TN_BUILDER_INIT,
                .error = error ? error : &own_error};
  tn_array_begin(&c.lines);
  tn_status status = check_everything(&c, &seq);
  if (status == TN_OK) tell_problems(&c);
  tn_builder_free(&c.lines);
  TRY(status);
  if (result) {
    (void)tn_obj(tni_result_begin(result), "records", c.records, "snapshots", c.snapshots, "seq", seq, "problems",
                 c.problems);
    TRY(tni_result_end(result, c.error));
  }
  return c.problems == 0
             ? TN_OK
             : tn_error_set(c.error, TN_CORRUPT, NULL, "problems found: %llu", (unsigned long long)c.problems);
}
