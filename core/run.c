/* run.c - from a call to a handler and back: queries on pinned versions, commands as records, batches, txns, submit. */
#include <stdio.h>
#include <time.h>

#include "engine.h"
#include "refs.h"
#include "try.h"
#include "utf8.h"

/* ---- envs ----------------------------------------------------------------------------------- */

static tni_env env_for(tn_engine *e, const tni_root *roots, uint64_t seq, int64_t now_us, bool writable) {
  return (tni_env){.catalog = &e->catalog,
                   .memory = &e->memory.memory,
                   .state = e->state,
                   .roots = roots,
                   .writable = writable,
                   .seq = seq,
                   .now_us = now_us,
                   .interrupts = &e->interrupts,
                   .interrupts_seen = atomic_load(&e->interrupts)};
}

tni_env tni_env_pinned(tn_engine *e, const tni_version *version) {
  int64_t now_us = e->clock_us(e->clock_arg);
  if (now_us < version->time_us || e->in_history) now_us = version->time_us;
  return env_for(e, version->roots, version->seq, now_us, false);
}

static void set_deadline(tni_env *env, const tn_call *call) {
  if (call && call->timeout_ms > 0) env->deadline_ms = tni_monotonic_ms() + call->timeout_ms;
}

/* Waits for the writer's right as long as the config says and the call's own time allows. */
static tn_status take_writer(tn_engine *e, const tn_call *call, tn_error *error) {
  int64_t wait_ms = e->config.write_wait_ms;
  bool own_limit = call && call->timeout_ms > 0 && call->timeout_ms < wait_ms;
  tn_status status = tni_writer_take(e, own_limit ? call->timeout_ms : wait_ms, error);
  if (status != TN_BUSY || !own_limit) return status;
  return tn_error_set(error, TN_LIMIT, "timeout_ms", "the operation ran out of its time behind another write txn");
}

static tni_sink sink_of(const tn_call *call) {
  return call && call->on_row ? (tni_sink){call->on_row, call->row_arg} : (tni_sink){NULL, NULL};
}

/* ---- results -------------------------------------------------------------------------------- */

void tn_result_free(tn_result *result) {
  if (!result) return;
  tn_builder_free(&result->builder);
  result->value = TN_NO_VALUE;
}

static bool lies_in(tn_value value, const tn_builder *b) {
  return value.size > 0 && b->data && value.data >= b->data && value.data < b->data + b->capacity;
}

/* Where an operation's answer is built: the caller's builder; or one of its own where he wants none, or where his arguments lie
 * in the result he passes again. */
typedef struct answering {
  tn_result *result;
  tn_builder own;
  tn_builder *out;
} answering;

static void answering_begin(answering *a, tn_result *result, bool aliased) {
  a->result = result;
  a->own = (tn_builder)TN_BUILDER_INIT;
  a->out = result && !aliased ? &result->builder : &a->own;
  tn_builder_clear(a->out);
  if (!result) return;
  result->value = TN_NO_VALUE;
  result->seq = 0;
}

static void answering_end(answering *a, tn_status status, uint64_t seq) {
  if (a->result && a->out == &a->own) {
    tn_builder_free(&a->result->builder);
    a->result->builder = a->own;
  } else {
    tn_builder_free(&a->own);
  }
  if (!a->result || status != TN_OK) return;
  a->result->value = tn_built(&a->result->builder);
  a->result->seq = seq;
}

/* A call fills its caller's error only when it fails; what handlers tried on the way stays out of it. */
static tn_status hand_over(const tn_error *own, tn_status status, tn_error *error) {
  if (status != TN_OK && error) *error = *own;
  return status;
}

static tn_status count_outcome(tn_engine *e, tn_op_kind kind, tn_status status) {
  _Atomic uint64_t *total = kind == TN_COMMAND ? &e->totals.commands : &e->totals.queries;
  atomic_fetch_add_explicit(status == TN_OK ? total : &e->totals.failures, 1, memory_order_relaxed);
  return status;
}

/* ---- a record in the making ----------------------------------------------------------------- */

/* From here to work_end() or work_drop() the caller holds the writer's right. */
typedef struct work {
  tni_env env;
  tni_savepoint before;
  tn_slice user;
  bool draws; /* a command took random numbers: the record needs its seed */
} work;

static void open_array(tn_builder *b) {
  tn_builder_clear(b);
  tn_array_begin(b);
}

static uint64_t next_seed(tn_engine *e) {
  uint64_t seed = (e->seed = e->seed * 6364136223846793005u + 1442695040888963407u) >> 1;
  return seed == 0 ? 1 : seed;
}

static tn_status work_begin(tn_engine *e, const tn_call *call, work *w, tn_error *error) {
  if (call && call->user && !tni_is_utf8(call->user, strlen(call->user)))
    return tn_error_set(error, TN_INVALID, "user", "expected UTF-8");
  if (tni_state_savepoint(e->state, &w->before) != TN_OK) return tn_error_set(error, TN_NOMEM, NULL, "out of memory");
  w->env = env_for(e, tni_state_working(e->state), e->applied_seq + 1, tni_next_time_us(e, e->applied_time_us), true);
  w->env.seed = next_seed(e);
  set_deadline(&w->env, call);
  w->draws = false;
  w->user = call && call->user ? (tn_slice){call->user, strlen(call->user)} : (tn_slice){NULL, 0};
  e->draft.op_count = e->draft.event_count = 0;
  open_array(&e->draft.ops);
  open_array(&e->draft.events);
  return TN_OK;
}

static void work_drop(tn_engine *e, work *w) { tni_state_rollback(e->state, &w->before); }

static tn_status does_not_fit(tn_status status, tn_error *error) {
  return tn_error_set(error, status, "record", "the record of these commands does not fit: %s", tn_status_text(status));
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
static tn_status work_command(tn_engine *e, work *w, const tn_op *op, const tn_value *argv, tn_builder *result,
                              tn_error *error) {
  tni_draft *d = &e->draft;
  bool recorded = (op->def->flags & TN_OP_JOURNAL_CHANGES) != 0;
  uint64_t edits = tni_state_edits(e->state);
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
  draft_op(d, op, argv, recorded);
  TRY(check_draft(d, error));
  w->draws |= w->env.random_drawn > 0;
  return TN_OK;
}

static tn_status work_query(tn_engine *e, work *w, const tn_op *op, const tn_value *argv, tni_sink sink, tn_builder *result,
                            tn_error *error) {
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

static tn_status add_record(tn_engine *e, const work *w, tn_error *error) {
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
    if (tn_builder_status(&d->models) != TN_OK) return tn_error_set(error, TN_NOMEM, NULL, "no memory for the record");
    record.models = tn_built(&d->models);
  }
  tni_record_build(&record, &d->record);
  tn_status status = tn_builder_status(&d->record);
  if (status != TN_OK) return does_not_fit(status, error);
  return tni_group_add(e, record.seq, record.time_us, tn_built(&d->record), error);
}

/* Turns what the commands did into a record of the group being built; *seq is 0 when they changed nothing. On failure all
 * of it is taken back. */
static tn_status work_end(tn_engine *e, work *w, uint64_t *seq, tn_error *error) {
  tn_status status = e->draft.op_count > 0 ? add_record(e, w, error) : TN_OK;
  *seq = status == TN_OK && e->draft.op_count > 0 ? w->env.seq : 0;
  if (status != TN_OK) {
    work_drop(e, w);
    return status;
  }
  if (*seq != 0) e->models_recorded = true;
  tni_state_release(e->state, &w->before);
  return TN_OK;
}

/* Gives the writer's right back and waits until what was done, or only read, may be answered. */
static tn_status answer(tn_engine *e, tn_status status, uint64_t seq, tn_error *error) {
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

static tn_status command_once(tn_engine *e, const tn_op *op, const tn_value *argv, const tn_call *call, tn_builder *result,
                              uint64_t *seq, tn_error *error) {
  work w;
  *seq = 0;
  TRY(work_begin(e, call, &w, error));
  tn_status status = work_command(e, &w, op, argv, result, error);
  if (status == TN_OK) return work_end(e, &w, seq, error);
  work_drop(e, &w);
  return status;
}

static tn_status run_command(tn_engine *e, const tn_op *op, const tn_value *argv, const tn_call *call, tn_builder *result,
                             uint64_t *seq, tn_error *error) {
  TRY(take_writer(e, call, error));
  tn_status status = command_once(e, op, argv, call, result, seq, error);
  return answer(e, status, *seq, error);
}

static tn_status run_query(tn_engine *e, const tn_op *op, const tn_value *argv, const tn_call *call, tn_builder *result,
                           uint64_t *seq, tn_error *error) {
  tni_pin pin;
  if (tni_pin_take(e->state, &pin) != TN_OK) return tn_error_set(error, TN_NOMEM, NULL, "no memory to pin a version");
  tni_env env = tni_env_pinned(e, pin.version);
  set_deadline(&env, call);
  *seq = env.seq;
  tn_status status = tni_exec_op(&env, op, argv, sink_of(call), result, error);
  tni_pin_drop(e->state, &pin);
  return status;
}

static tn_status run_into(tn_engine *e, const tn_op *op, tn_value args, const tn_call *call, tn_builder *result,
                          uint64_t *seq, tn_error *error) {
  tn_value argv[TN_OP_PARAM_MAX];
  TRY(tni_bind(op, args, argv, error));
  if (op->def->kind == TN_QUERY) return run_query(e, op, argv, call, result, seq, error);
  return run_command(e, op, argv, call, result, seq, error);
}

tn_status tn_run_op(tn_engine *engine, const tn_op *op, tn_value args, const tn_call *call, tn_result *result,
                    tn_error *error) {
  tn_error own_error;
  answering a;
  uint64_t seq = 0;
  answering_begin(&a, result, result && lies_in(args, &result->builder));
  tn_status status = run_into(engine, op, args, call, a.out, &seq, &own_error);
  answering_end(&a, status, seq);
  return count_outcome(engine, op->def->kind, hand_over(&own_error, status, error));
}

tn_status tn_op_prepare(tn_engine *engine, const char *model, const char *op, const tn_op **out, tn_error *error) {
  return tni_catalog_op(&engine->catalog, (tn_slice){model, strlen(model)}, (tn_slice){op, strlen(op)}, out, error);
}

tn_status tn_run(tn_engine *engine, const char *model, const char *op, tn_value args, tn_result *result, tn_error *error) {
  const tn_op *found;
  TRY(tn_op_prepare(engine, model, op, &found, error));
  return tn_run_op(engine, found, args, NULL, result, error);
}

/* ---- batches -------------------------------------------------------------------------------- */

typedef struct step {
  const tn_op *op;
  tn_value args;
} step;

/* Says which operation of the batch an error is about. */
static tn_status in_batch(tn_status status, size_t i, tn_error *error) {
  char where[TN_ERROR_WHERE_MAX];
  snprintf(where, sizeof where, "batch[%zu]%s%.120s", i, error->where[0] ? "." : "", error->where);
  memcpy(error->where, where, sizeof where);
  return status;
}

static tn_status batch_step(tn_engine *e, work *w, const step *s, tni_results *results, tn_builder *scratch,
                            tn_builder *result, tn_error *error) {
  tn_value args, argv[TN_OP_PARAM_MAX];
  TRY(tni_refs_resolve(results, s->args, scratch, &args, error));
  TRY(tni_bind(s->op, args, argv, error));
  tn_builder_clear(result);
  if (s->op->def->kind == TN_COMMAND) TRY(work_command(e, w, s->op, argv, result, error));
  else if (w->env.writable) TRY(work_query(e, w, s->op, argv, (tni_sink){NULL, NULL}, result, error));
  else TRY(tni_exec_op(&w->env, s->op, argv, (tni_sink){NULL, NULL}, result, error));
  if (tni_results_add(results, tn_built(result)) == TN_OK) return TN_OK;
  return tn_error_set(error, TN_NOMEM, NULL, "no memory for the results");
}

static tn_status batch_steps(tn_engine *e, work *w, const step *steps, size_t count, tn_builder *out, tn_error *error) {
  const tn_memory *memory = &e->memory.memory;
  tni_results results = {.bytes = {memory, NULL, 0, 0}};
  tn_builder scratch = TN_BUILDER_INIT, result = TN_BUILDER_INIT;
  tn_status status = TN_OK;
  scratch.memory = result.memory = memory;
  for (size_t i = 0; i < count && status == TN_OK; i++) {
    status = batch_step(e, w, &steps[i], &results, &scratch, &result, error);
    if (status != TN_OK) in_batch(status, i, error);
  }
  tn_array_begin(out);
  for (size_t i = 0; i < results.count && status == TN_OK; i++) tn_add(out, tni_results_at(&results, i));
  tn_end(out);
  if (status == TN_OK && tn_builder_status(out) != TN_OK)
    status = tn_error_set(error, tn_builder_status(out), "result", "the batch's results do not fit in one value");
  tn_builder_free(&scratch);
  tn_builder_free(&result);
  tni_results_fini(&results);
  return status;
}

static tn_status write_batch(tn_engine *e, const step *steps, size_t count, const tn_call *call, tn_builder *out,
                             uint64_t *seq, tn_error *error) {
  work w;
  TRY(take_writer(e, call, error));
  tn_status status = work_begin(e, call, &w, error);
  if (status == TN_OK) {
    status = batch_steps(e, &w, steps, count, out, error);
    if (status == TN_OK) status = work_end(e, &w, seq, error);
    else work_drop(e, &w);
  }
  return answer(e, status, *seq, error);
}

/* Only queries: one pinned version answers all. */
static tn_status read_batch(tn_engine *e, const step *steps, size_t count, const tn_call *call, tn_builder *out,
                            uint64_t *seq, tn_error *error) {
  tni_pin pin;
  if (tni_pin_take(e->state, &pin) != TN_OK) return tn_error_set(error, TN_NOMEM, NULL, "no memory to pin a version");
  work w = {.env = tni_env_pinned(e, pin.version)};
  set_deadline(&w.env, call);
  tn_status status = batch_steps(e, &w, steps, count, out, error);
  *seq = pin.version->seq;
  tni_pin_drop(e->state, &pin);
  return status;
}

static tn_status run_batch(tn_engine *e, const step *steps, size_t count, const tn_call *call, tn_result *result,
                           tn_error *error) {
  tn_error own_error;
  answering a;
  uint64_t seq = 0;
  bool writes = false, aliased = false;
  for (size_t i = 0; i < count; i++) {
    writes |= steps[i].op->def->kind == TN_COMMAND;
    aliased |= result && lies_in(steps[i].args, &result->builder);
  }
  answering_begin(&a, result, aliased);
  tn_status status = writes ? write_batch(e, steps, count, call, a.out, &seq, &own_error)
                            : read_batch(e, steps, count, call, a.out, &seq, &own_error);
  answering_end(&a, status, seq);
  return count_outcome(e, writes ? TN_COMMAND : TN_QUERY, hand_over(&own_error, status, error));
}

static tn_status take_steps(tn_engine *e, size_t count, step **out, tn_error *error) {
  if (count > TN_BATCH_OPS_MAX)
    return tn_error_set(error, TN_LIMIT, "batch", "a batch may have %d operations, this one has %zu", TN_BATCH_OPS_MAX, count);
  *out = (step *)tni_alloc(&e->memory.memory, (count + 1) * sizeof **out);
  return *out ? TN_OK : tn_error_set(error, TN_NOMEM, "batch", "no memory for %zu operations", count);
}

tn_status tn_batch(tn_engine *engine, const tn_batch_op *ops, size_t count, const tn_call *call, tn_result *result,
                   tn_error *error) {
  tn_error own_error;
  step *steps;
  tn_status status = TN_OK;
  error = error ? error : &own_error;
  TRY(take_steps(engine, count, &steps, error));
  for (size_t i = 0; i < count && status == TN_OK; i++) {
    steps[i].args = ops[i].args;
    status = tn_op_prepare(engine, ops[i].model, ops[i].op, &steps[i].op, error);
    if (status != TN_OK) in_batch(status, i, error);
  }
  if (status == TN_OK) status = run_batch(engine, steps, count, call, result, error);
  tni_free(&engine->memory.memory, steps, (count + 1) * sizeof *steps);
  return status;
}

/* ---- requests that are values --------------------------------------------------------------- */

static tn_status read_step(tn_engine *e, tn_value request, step *out, tn_error *error) {
  tn_slice model, op;
  uint32_t count = tn_count(request);
  if (tn_value_type(request) != TN_ARRAY || count < 2 || count > 3 || !tn_as_string(tn_item(request, 0), &model) ||
      !tn_as_string(tn_item(request, 1), &op))
    return tn_error_set(error, TN_INVALID, "", "expected [\"MODEL\", \"OP\", arguments]");
  out->args = tn_item(request, 2);
  return tni_catalog_op(&e->catalog, model, op, &out->op, error);
}

static tn_status request_batch(tn_engine *e, tn_value list, const tn_call *call, tn_result *result, tn_error *error) {
  step *steps;
  size_t count = tn_count(list), i = 0;
  tn_status status = TN_OK;
  TRY(take_steps(e, count, &steps, error));
  for (tn_iter it = tn_iter_of(list); status == TN_OK && tn_iter_next(&it); i++) {
    status = read_step(e, it.value, &steps[i], error);
    if (status != TN_OK) in_batch(status, i, error);
  }
  if (status == TN_OK) status = run_batch(e, steps, count, call, result, error);
  tni_free(&e->memory.memory, steps, (count + 1) * sizeof *steps);
  return status;
}

tn_status tn_request(tn_engine *engine, tn_value request, const tn_call *call, tn_result *result, tn_error *error) {
  tn_error own_error;
  step one;
  error = error ? error : &own_error;
  tn_value list = tn_field(request, "batch");
  if (tn_value_type(list) == TN_ARRAY && tn_count(request) == 1) return request_batch(engine, list, call, result, error);
  if (tn_value_type(request) == TN_OBJECT)
    return tn_error_set(error, TN_INVALID, "", "expected {\"batch\": [[\"MODEL\", \"OP\", arguments], ...]}");
  TRY(read_step(engine, request, &one, error));
  return tn_run_op(engine, one.op, one.args, call, result, error);
}

/* ---- interactive transactions --------------------------------------------------------------- */

struct tn_txn {
  tn_engine *engine;
  tn_txn_mode mode;
  tn_call call;
  tni_pin pin;        /* TN_READ */
  work work;          /* TN_WRITE; its env serves TN_READ too */
  int64_t started_ms;
  bool over;          /* aborted by txn_max_ms */
};

static tn_status begin_write(tn_engine *e, tn_txn *txn, tn_error *error) {
  TRY(tni_writer_take(e, e->config.write_wait_ms, error));
  tni_group_close(e);
  tn_status status = work_begin(e, &txn->call, &txn->work, error);
  if (status != TN_OK) tni_writer_give(e);
  return status;
}

static tn_status begin_read(tn_engine *e, tn_txn *txn, tn_error *error) {
  if (tni_pin_take(e->state, &txn->pin) != TN_OK) return tn_error_set(error, TN_NOMEM, NULL, "no memory to pin a version");
  txn->work.env = tni_env_pinned(e, txn->pin.version);
  return TN_OK;
}

tn_status tn_begin(tn_engine *engine, tn_txn_mode mode, const tn_call *call, tn_txn **out, tn_error *error) {
  tn_txn *txn = (tn_txn *)tni_alloc_zero(&engine->memory.memory, sizeof *txn);
  if (!txn) return tn_error_set(error, TN_NOMEM, NULL, "no memory for a txn");
  txn->engine = engine;
  txn->mode = mode;
  txn->started_ms = tni_monotonic_ms();
  if (call) txn->call = *call;
  txn->call.timeout_ms = 0;
  tn_status status = mode == TN_WRITE ? begin_write(engine, txn, error) : begin_read(engine, txn, error);
  if (status != TN_OK) {
    tni_free(&engine->memory.memory, txn, sizeof *txn);
    return status;
  }
  pthread_mutex_lock(&engine->mu);
  engine->open_txns++;
  pthread_mutex_unlock(&engine->mu);
  *out = txn;
  return TN_OK;
}

static void txn_free(tn_txn *txn) {
  tn_engine *e = txn->engine;
  pthread_mutex_lock(&e->mu);
  e->open_txns--;
  pthread_mutex_unlock(&e->mu);
  tni_free(&e->memory.memory, txn, sizeof *txn);
}

/* Past txn_max_ms a write txn is taken back at its next call, and the writer's right passes on. */
static tn_status check_age(tn_txn *txn, tn_error *error) {
  tn_engine *e = txn->engine;
  if (txn->mode != TN_WRITE || e->config.txn_max_ms == 0) return TN_OK;
  if (!txn->over && tni_monotonic_ms() - txn->started_ms <= e->config.txn_max_ms) return TN_OK;
  if (!txn->over) {
    work_drop(e, &txn->work);
    tni_writer_give(e);
    txn->over = true;
  }
  return tn_error_set(error, TN_LIMIT, "txn_max_ms", "the txn went on for more than %lld ms and was aborted",
                      (long long)e->config.txn_max_ms);
}

/* In a write txn a command has a savepoint of its own. */
static tn_status do_command(tn_txn *txn, const tn_op *op, const tn_value *argv, tn_builder *result, bool *changed,
                            tn_error *error) {
  tn_engine *e = txn->engine;
  tni_savepoint own;
  if (txn->mode != TN_WRITE) return tn_error_set(error, TN_MISUSE, op->def->name, "'%s' is a command; this is a read txn", op->def->name);
  if (tni_state_savepoint(e->state, &own) != TN_OK) return tn_error_set(error, TN_NOMEM, NULL, "out of memory");
  uint64_t ops = e->draft.op_count;
  tn_status status = work_command(e, &txn->work, op, argv, result, error);
  *changed = e->draft.op_count != ops;
  if (status == TN_OK) tni_state_release(e->state, &own);
  else tni_state_rollback(e->state, &own);
  return status;
}

static tn_status do_into(tn_txn *txn, const char *model, const char *name, tn_value args, tn_builder *result,
                         const tn_op **op, uint64_t *seq, tn_error *error) {
  tn_engine *e = txn->engine;
  tn_value argv[TN_OP_PARAM_MAX];
  txn->work.env.interrupts_seen = atomic_load(&e->interrupts);
  TRY(check_age(txn, error));
  TRY(tn_op_prepare(e, model, name, op, error));
  TRY(tni_bind(*op, args, argv, error));
  *seq = txn->work.env.seq;
  if ((*op)->def->kind == TN_COMMAND) {
    bool changed = false;
    TRY(do_command(txn, *op, argv, result, &changed, error));
    if (!changed) *seq = 0;
    return TN_OK;
  }
  if (txn->mode != TN_WRITE) return tni_exec_op(&txn->work.env, *op, argv, sink_of(&txn->call), result, error);
  *seq = e->applied_seq;
  return work_query(e, &txn->work, *op, argv, sink_of(&txn->call), result, error);
}

tn_status tn_do(tn_txn *txn, const char *model, const char *op, tn_value args, tn_result *result, tn_error *error) {
  tn_error own_error;
  answering a;
  const tn_op *found = NULL;
  uint64_t seq = 0;
  answering_begin(&a, result, result && lies_in(args, &result->builder));
  tn_status status = do_into(txn, model, op, args, a.out, &found, &seq, &own_error);
  answering_end(&a, status, seq);
  hand_over(&own_error, status, error);
  return found ? count_outcome(txn->engine, found->def->kind, status) : status;
}

tn_status tn_commit(tn_txn *txn, uint64_t *seq, tn_error *error) {
  tn_engine *e = txn->engine;
  tn_error own_error;
  uint64_t made = 0;
  error = error ? error : &own_error;
  tn_status status = check_age(txn, error);
  if (txn->mode == TN_READ) {
    tni_pin_drop(e->state, &txn->pin);
  } else if (!txn->over) {
    status = work_end(e, &txn->work, &made, error);
    status = answer(e, status, made, error);
  }
  txn_free(txn);
  if (status == TN_OK && seq) *seq = made;
  return status;
}

void tn_abort(tn_txn *txn) {
  if (!txn) return;
  tn_engine *e = txn->engine;
  if (txn->mode == TN_READ) {
    tni_pin_drop(e->state, &txn->pin);
  } else if (!txn->over) {
    work_drop(e, &txn->work);
    tni_writer_give(e);
  }
  txn_free(txn);
}

/* ---- submit and poll ------------------------------------------------------------------------ */

static tn_status job_take_place(tn_engine *e, tn_error *error) {
  pthread_mutex_lock(&e->mu);
  bool room = e->jobs_in_flight < TN_SUBMIT_MAX;
  if (room) e->jobs_in_flight++;
  pthread_mutex_unlock(&e->mu);
  return room ? TN_OK : tn_error_set(error, TN_BUSY, NULL, "%d operations are submitted and not done", TN_SUBMIT_MAX);
}

static void job_give_place(tn_engine *e) {
  pthread_mutex_lock(&e->mu);
  e->jobs_in_flight--;
  pthread_mutex_unlock(&e->mu);
}

static void job_finish(tni_job *job) {
  if (job->status == TN_OK) job->result.value = tn_built(&job->result.builder);
}

/* Once the job is in a group, whoever flushes it owns it. */
static tn_status job_command(tn_engine *e, tni_job *job, const tn_op *op, const tn_value *argv, tn_error *error) {
  TRY(tni_writer_take(e, e->config.write_wait_ms, error));
  job->status = command_once(e, op, argv, NULL, &job->result.builder, &job->result.seq, &job->error);
  job->has_record = job->status == TN_OK && job->result.seq != 0;
  job_finish(job);
  count_outcome(e, TN_COMMAND, job->status);
  tni_group_add_job(e, job);
  tni_writer_give(e);
  return TN_OK;
}

static tn_status job_run(tn_engine *e, tni_job *job, const tn_op *op, tn_value args, tn_error *error) {
  tn_value argv[TN_OP_PARAM_MAX];
  job->result.builder.memory = &e->memory.memory;
  job->status = tni_bind(op, args, argv, &job->error);
  if (job->status == TN_OK && op->def->kind == TN_COMMAND) return job_command(e, job, op, argv, error);
  if (job->status == TN_OK) job->status = run_query(e, op, argv, NULL, &job->result.builder, &job->result.seq, &job->error);
  job_finish(job);
  count_outcome(e, op->def->kind, job->status);
  tni_group_add_query(e, job);
  return TN_OK;
}

/* Where no thread serves, what is completed at once is told at once; but not to a thread in the middle of a write txn. */
static void deliver_unless_writing(tn_engine *e) {
  pthread_mutex_lock(&e->mu);
  bool writing = e->writer_held && pthread_equal(e->writer, pthread_self());
  pthread_mutex_unlock(&e->mu);
  if (!writing) tni_deliver(e);
}

tn_status tn_submit(tn_engine *engine, const tn_op *op, tn_value args, tn_done_by by, tn_done_fn done, void *arg,
                    tn_error *error) {
  TRY(job_take_place(engine, error));
  tni_job *job = (tni_job *)tni_alloc_zero(&engine->memory.memory, sizeof *job);
  tn_status status = job ? TN_OK : tn_error_set(error, TN_NOMEM, NULL, "no memory to submit");
  if (job) {
    *job = (tni_job){.done = done, .arg = arg, .by = by, .result = TN_RESULT_INIT};
    status = job_run(engine, job, op, args, error);
  }
  if (status != TN_OK) {
    tni_free(&engine->memory.memory, job, job ? sizeof *job : 0);
    job_give_place(engine);
    return status;
  }
  if (engine->service_running) tni_service_poke(engine);
  else deliver_unless_writing(engine);
  return TN_OK;
}

static size_t deliver(tn_engine *e, tni_job *jobs) {
  size_t count = 0;
  while (jobs) {
    tni_job *job = jobs;
    jobs = job->next;
    job->done(job->arg, job->status, &job->result, &job->error);
    tn_result_free(&job->result);
    tni_free(&e->memory.memory, job, sizeof *job);
    job_give_place(e);
    count++;
  }
  return count;
}

static tni_job *take_polled(tn_engine *e) {
  tni_job *jobs = e->polled.first;
  e->polled.first = NULL;
  e->polled.last = &e->polled.first;
  return jobs;
}

/* Waits under mu until somebody finished a group, or `until_ms`. */
static void wait_flushed(tn_engine *e, int64_t until_ms) {
  struct timespec until = {until_ms / 1000, until_ms % 1000 * 1000000};
  pthread_cond_timedwait(&e->flushed, &e->mu, &until);
}

tn_status tn_poll(tn_engine *engine, uint32_t timeout_ms, size_t *count, tn_error *error) {
  (void)error;
  int64_t until_ms = tni_monotonic_ms() + timeout_ms;
  tni_job *jobs;
  pthread_mutex_lock(&engine->mu);
  while (!(jobs = take_polled(engine)) && engine->jobs_in_flight > 0) {
    pthread_mutex_unlock(&engine->mu);
    bool flushed = tni_group_flush(engine);
    pthread_mutex_lock(&engine->mu);
    if (flushed || engine->polled.first) continue;
    if (tni_monotonic_ms() >= until_ms) break;
    wait_flushed(engine, until_ms);
  }
  pthread_mutex_unlock(&engine->mu);
  *count = deliver(engine, jobs);
  return TN_OK;
}

void tn_interrupt(tn_engine *engine) { atomic_fetch_add(&engine->interrupts, 1); }

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

static tn_status upgrade_one(tn_engine *e, work *w, tni_instance *instance, uint32_t from_version, tn_error *error) {
  upgrade u = {instance->model, from_version};
  open_array(&e->draft.changes);
  w->env.changes = &e->draft.changes;
  w->env.events = NULL;
  TRY(tni_exec_slot(&w->env, instance, call_upgrade, &u, (tni_sink){NULL, NULL}, error));
  draft_upgrade(&e->draft, instance, from_version);
  return e->draft.ops.status == TN_OK ? TN_OK : tn_error_set(error, e->draft.ops.status, "record", "the upgrade does not fit");
}

tn_status tni_upgrade(tn_engine *e, const uint32_t *from_versions, tn_error *error) {
  work w;
  uint64_t seq = 0;
  TRY(tni_writer_take(e, e->config.write_wait_ms, error));
  tn_status status = work_begin(e, NULL, &w, error);
  if (status == TN_OK) {
    for (size_t i = 0; i < e->catalog.instance_count && status == TN_OK; i++)
      if (from_versions[i] != 0) status = upgrade_one(e, &w, &e->catalog.instances[i], from_versions[i], error);
    if (status == TN_OK) status = work_end(e, &w, &seq, error);
    else work_drop(e, &w);
  }
  return answer(e, status, seq, error);
}
