#include "work.h"

#include <stdio.h>

#include "try.h"
#include "utf8.h"

/* A group that has grown this far is sealed before anything is added: whoever is ahead of the storage waits for it.
 */
#define GROUP_BYTES_MAX (64u << 20)

/* ---- envs ----------------------------------------------------------------------------------- */

static tni_env env_for(tn_engine *e, const tni_root *roots, uint64_t seq, int64_t now_us, bool writable) {
  return (tni_env){.catalog = &e->catalog,
                   .memory = &e->memory.memory,
                   .limits = &e->config.limits,
                   .state = e->state,
                   .roots = roots,
                   .writable = writable,
                   .seq = seq,
                   .now_us = now_us,
                   .interrupts = &e->interrupts,
                   .interrupts_seen = atomic_load(&e->interrupts)};
}

tni_env tni_env_pinned(tn_engine *e, const tni_version *version) {
  int64_t now_us = e->query_clock_us(e->clock_arg);
  if (now_us < version->time_us || e->in_history) now_us = version->time_us;
  return env_for(e, version->roots, version->seq, now_us, false);
}

void tni_call_apply(const tn_call *call, tni_env *env) {
  if (!call) return;
  if (call->timeout_ms > 0) env->deadline_ms = tni_monotonic_ms() + call->timeout_ms;
  env->on_progress = call->on_progress;
  env->progress_arg = call->progress_arg;
}

/* Waits for the writer's right as long as the config says and the call's own time allows. */
tn_status tni_call_writer(tn_engine *e, const tn_call *call, tn_error *error) {
  int64_t wait_ms = e->config.write_wait_ms;
  bool own_limit = call && call->timeout_ms > 0 && call->timeout_ms < wait_ms;
  tn_status status = tni_writer_take(e, own_limit ? call->timeout_ms : wait_ms, error);
  if (status != TN_BUSY || !own_limit) return status;
  return tn_error_set(error, TN_LIMIT, "timeout_ms", "the operation ran out of its time behind another write txn");
}

tni_sink tni_sink_of(const tn_call *call) {
  return call && call->on_row ? (tni_sink){call->on_row, call->row_arg} : (tni_sink){NULL, NULL};
}

/* ---- results -------------------------------------------------------------------------------- */

void tn_result_free(tn_result *result) {
  if (!result) return;
  tn_builder_free(&result->builder);
  result->value = TN_NO_VALUE;
}

bool tni_lies_in(tn_value value, const tn_builder *b) {
  return value.size > 0 && b->data && value.data >= b->data && value.data < b->data + b->capacity;
}

void tni_answer_begin(tni_answering *a, tn_result *result, bool aliased) {
  a->result = result;
  a->own = (tn_builder)TN_BUILDER_INIT;
  a->out = result && !aliased ? &result->builder : &a->own;
  tn_builder_clear(a->out);
  if (!result) return;
  result->value = TN_NO_VALUE;
  result->seq = 0;
}

void tni_answer_end(tni_answering *a, tn_status status, uint64_t seq) {
  if (a->result && a->out == &a->own) {
    tn_builder_free(&a->result->builder);
    a->result->builder = a->own;
  } else if (a->own.data) {
    tn_builder_free(&a->own);
  }
  if (!a->result || status != TN_OK) return;
  a->result->value = tn_built(&a->result->builder);
  a->result->seq = seq;
}

/* A call fills its caller's error only when it fails; what handlers tried on the way stays out of it. */
tn_status tni_hand_over(const tn_error *own, tn_status status, tn_error *error) {
  if (status != TN_OK && error) *error = *own;
  return status;
}

tn_status tni_count_outcome(tn_engine *e, tn_op_kind kind, tn_status status) {
  char here; /* its stack tells a thread from others */
  tni_tally *tally = &e->totals.tallies[((uintptr_t)&here >> 16) % TNI_TALLIES];
  _Atomic uint64_t *total = kind == TN_COMMAND ? &tally->commands : &tally->queries;
  atomic_fetch_add_explicit(status == TN_OK ? total : &tally->failures, 1, memory_order_relaxed);
  return status;
}

/* ---- a record in the making ----------------------------------------------------------------- */

static void open_array(tn_builder *b) {
  tn_builder_clear(b);
  tn_array_begin(b);
}

static uint64_t next_seed(tn_engine *e) {
  uint64_t seed = (e->seed = e->seed * 6364136223846793005u + 1442695040888963407u) >> 1;
  return seed == 0 ? 1 : seed;
}

tn_status tni_work_begin(tn_engine *e, const tn_call *call, tni_work *w, tn_error *error) {
  if (call && call->user && !tni_is_utf8(call->user, strlen(call->user)))
    return tn_error_set(error, TN_INVALID, "user", "expected UTF-8");
  if (e->building->bytes.size > GROUP_BYTES_MAX) tni_group_close(e);
  if (tni_state_savepoint(e->state, &w->before) != TN_OK) return tn_error_set(error, TN_NOMEM, NULL, "out of memory");
  w->env = env_for(e, tni_state_working(e->state), e->applied_seq + 1, tni_next_time_us(e, e->applied_time_us), true);
  w->env.seed = next_seed(e);
  tni_call_apply(call, &w->env);
  w->draws = false;
  w->user = call && call->user ? (tn_slice){call->user, strlen(call->user)} : (tn_slice){NULL, 0};
  e->draft.op_count = e->draft.event_count = 0;
  open_array(&e->draft.ops);
  open_array(&e->draft.events);
  return TN_OK;
}

void tni_work_drop(tn_engine *e, tni_work *w) { tni_state_rollback(e->state, &w->before); }

static tn_status does_not_fit(tn_status status, tn_error *error) {
  return tn_error_set(error, status, "record", "the record of these commands does not fit: %s",
                      tn_status_text(status));
}

/* Once something did not fit, part of a command that was taken back may stand in it: the txn cannot be recorded. */
static tn_status check_draft(const tni_draft *d, tn_error *error) {
  tn_status status = d->ops.status != TN_OK ? d->ops.status : d->events.status;
  return status == TN_OK ? TN_OK : does_not_fit(status, error);
}

static void draft_op(tni_draft *d, const tn_op *op, const tn_value *argv, bool with_changes) {
  tn_array_begin(&d->ops);
  tn_add(&d->ops, op->instance->name);
  tn_add(&d->ops, op->def->name);
  tni_bound_args(op, argv, &d->ops);
  if (with_changes) tn_add(&d->ops, tn_built(&d->changes));
  tn_end(&d->ops);
  d->op_count++;
  for (tn_iter it = tn_iter_of(tn_built(&d->command_events)); tn_iter_next(&it); d->event_count++)
    tn_add(&d->events, it.value);
}

/* Runs one command on the working state. What a failing one did is still there. */
tn_status tni_work_command(tn_engine *e, tni_work *w, const tn_op *op, const tn_value *argv, tn_builder *result,
                           tn_error *error) {
  tni_draft *d = &e->draft;
  bool recorded = (op->def->flags & TN_OP_JOURNAL_CHANGES) != 0;
  uint64_t edits = tni_state_edits(e->state);
  TRY(tni_limit_check(w->env.limits, TNI_BATCH_OPS, d->op_count + 1, error));
  open_array(&d->command_events);
  open_array(&d->changes);
  TRY(check_draft(d, error));
  w->env.op_number = d->op_count;
  w->env.random_drawn = 0;
  w->env.events = &d->command_events;
  w->env.changes = recorded ? &d->changes : NULL;
  TRY(tni_exec_op(&w->env, op, argv, (tni_sink){NULL, NULL}, result, error));
  if (tni_state_edits(e->state) == edits) return TN_OK;
  tn_end(&d->command_events);
  tn_end(&d->changes);
  tn_status status = d->changes.status != TN_OK ? d->changes.status : d->command_events.status;
  if (status != TN_OK) return does_not_fit(status, error);
  draft_op(d, op, argv, w->env.changes != NULL);
  TRY(check_draft(d, error));
  w->draws |= w->env.random_drawn > 0;
  return TN_OK;
}

tn_status tni_work_query(tn_engine *e, tni_work *w, const tn_op *op, const tn_value *argv, tni_sink sink,
                         tn_builder *result, tn_error *error) {
  tni_env env = w->env;
  env.writable = false;
  env.events = env.changes = NULL;
  env.seq = e->applied_seq;
  return tni_exec_op(&env, op, argv, sink, result, error);
}

void tni_models_value(const tn_engine *e, tn_builder *out) {
  tn_builder_clear(out);
  tn_object_begin(out);
  for (size_t i = 0; i < e->catalog.instance_count; i++) {
    const tni_instance *instance = &e->catalog.instances[i];
    tn_name(out, instance->name);
    tn_array_begin(out);
    tn_add(out, instance->model->plugin.name);
    tn_add(out, instance->model->plugin.version);
    tn_end(out);
  }
  tn_end(out);
}

static tn_status add_record(tn_engine *e, const tni_work *w, tn_error *error) {
  tni_draft *d = &e->draft;
  tni_record record = {.epoch = e->storage_found.epoch,
                       .seq = w->env.seq,
                       .time_us = w->env.now_us,
                       .seed = w->draws ? w->env.seed : 0,
                       .user = w->user,
                       .digest = tni_state_digest(e->state)};
  tn_end(&d->ops);
  tn_end(&d->events);
  TRY(check_draft(d, error));
  record.ops = tn_built(&d->ops);
  if (d->event_count > 0) record.events = tn_built(&d->events);
  if (!e->models_recorded) {
    tni_models_value(e, &d->models);
    if (tn_builder_status(&d->models) != TN_OK)
      return tn_error_set(error, TN_NOMEM, NULL, "no memory for the record");
    record.models = tn_built(&d->models);
  }
  tni_record_build(&record, &d->record);
  tn_status status = tn_builder_status(&d->record);
  if (status != TN_OK) return does_not_fit(status, error);
  TRY(tni_limit_check(w->env.limits, TNI_BATCH_BYTES, d->record.size, error));
  return tni_group_add(e, record.seq, record.time_us, tn_built(&d->record), error);
}

/* Turns what the commands did into a record of the group being built; *seq is 0 when they changed nothing. On failure
 * all of it is taken back. */
tn_status tni_work_end(tn_engine *e, tni_work *w, uint64_t *seq, tn_error *error) {
  tn_status status = e->draft.op_count > 0 ? add_record(e, w, error) : TN_OK;
  *seq = status == TN_OK && e->draft.op_count > 0 ? w->env.seq : 0;
  if (status != TN_OK) {
    tni_work_drop(e, w);
    return status;
  }
  if (*seq != 0) e->models_recorded = true;
  tni_state_release(e->state, &w->before);
  return TN_OK;
}

/* Gives the writer's right back and waits until what was done, or only read, may be answered. */
tn_status tni_work_answer(tn_engine *e, tn_status status, uint64_t seq, tn_error *error) {
  tni_waiter waiter = {.has_record = status == TN_OK && seq != 0};
  tni_group_wait_for(e, &waiter);
  tni_writer_give(e);
  tn_error waiting = TN_ERROR_INIT;
  tn_status waited = tni_group_wait(e, &waiter, &waiting);
  if (waited == TN_OK) return status;
  *error = waiting;
  return waited;
}

/* ---- one operation -------------------------------------------------------------------------- */

tn_status tni_command_once(tn_engine *e, const tn_op *op, const tn_value *argv, const tn_call *call,
                           tn_builder *result, uint64_t *seq, tn_error *error) {
  tni_work w;
  *seq = 0;
  TRY(tni_work_begin(e, call, &w, error));
  tn_status status = tni_work_command(e, &w, op, argv, result, error);
  if (status == TN_OK) return tni_work_end(e, &w, seq, error);
  tni_work_drop(e, &w);
  return status;
}

tn_status tni_query_once(tn_engine *e, const tn_op *op, const tn_value *argv, const tn_call *call, tn_builder *result,
                         uint64_t *seq, tn_error *error) {
  tni_pin pin;
  uint8_t key[TN_KEY_SIZE_MAX];
  if (tni_pin_take(e->state, &pin) != TN_OK) return tn_error_set(error, TN_NOMEM, NULL, "no memory to pin a version");
  tni_first first = tni_exec_send_for(e->state, pin.version->roots, op, argv, key);
  tni_env env = tni_env_pinned(e, pin.version);
  env.first = first;
  tni_call_apply(call, &env);
  *seq = env.seq;
  tn_status status = tni_exec_op(&env, op, argv, tni_sink_of(call), result, error);
  tni_pin_drop(e->state, &pin);
  return status;
}

/* ---- upgrades ------------------------------------------------------------------------------- */

typedef struct upgrade {
  const tn_model *model;
  uint32_t from_version;
} upgrade;

static tn_status call_upgrade(tn_ctx *ctx, void *arg) {
  const upgrade *u = (const upgrade *)arg;
  return u->model->upgrade(ctx, u->from_version);
}

static void draft_upgrade(tni_draft *d, const tni_instance *instance, uint32_t from_version) {
  tn_end(&d->changes);
  tn_array_begin(&d->ops);
  tn_add(&d->ops, instance->name);
  tn_add(&d->ops, TNI_UPGRADE_OP);
  tn_array_begin(&d->ops);
  tn_add(&d->ops, from_version);
  tn_add(&d->ops, instance->model->plugin.version);
  tn_end(&d->ops);
  tn_add(&d->ops, tn_built(&d->changes));
  tn_end(&d->ops);
  d->op_count++;
}

static tn_status upgrade_one(tn_engine *e, tni_work *w, tni_instance *instance, uint32_t from_version,
                             tn_error *error) {
  upgrade u = {instance->model, from_version};
  open_array(&e->draft.changes);
  w->env.changes = &e->draft.changes;
  w->env.events = NULL;
  w->env.limits = NULL;
  TRY(tni_exec_slot(&w->env, instance, call_upgrade, &u, (tni_sink){NULL, NULL}, error));
  draft_upgrade(&e->draft, instance, from_version);
  return e->draft.ops.status == TN_OK
             ? TN_OK
             : tn_error_set(error, e->draft.ops.status, "record", "the upgrade does not fit");
}

tn_status tni_upgrade(tn_engine *e, const uint32_t *from_versions, tn_error *error) {
  tni_work w;
  uint64_t seq = 0;
  TRY(tni_writer_take(e, e->config.write_wait_ms, error));
  tn_status status = tni_work_begin(e, NULL, &w, error);
  if (status == TN_OK) {
    for (size_t i = 0; i < e->catalog.instance_count && status == TN_OK; i++)
      if (from_versions[i] != 0) status = upgrade_one(e, &w, &e->catalog.instances[i], from_versions[i], error);
    if (status == TN_OK)
      status = tni_work_end(e, &w, &seq, error);
    else
      tni_work_drop(e, &w);
  }
  return tni_work_answer(e, status, seq, error);
}
