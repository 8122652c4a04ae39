/* run.c - from a call to a handler and back: single operations, batches, requests that are values. */
#include <stdio.h>

#include "refs.h"
#include "try.h"
#include "work.h"

/* ---- one operation -------------------------------------------------------------------------- */

static tn_status run_command(tn_engine *e, const tn_op *op, const tn_value *argv, const tn_call *call,
                             tn_builder *result, uint64_t *seq, tn_error *error) {
  TRY(tni_call_writer(e, call, error));
  tn_status status = tni_command_once(e, op, argv, call, result, seq, error);
  return tni_work_answer(e, status, *seq, error);
}

static tn_status run_into(tn_engine *e, const tn_op *op, tn_value args, const tn_call *call, tn_builder *result,
                          uint64_t *seq, tn_error *error) {
  tn_value argv[TN_OP_PARAM_MAX];
  TRY(tni_bind(op, args, argv, error));
  if (op->def->kind == TN_QUERY) return tni_query_once(e, op, argv, call, result, seq, error);
  return run_command(e, op, argv, call, result, seq, error);
}

tn_status tn_run_op(tn_engine *engine, const tn_op *op, tn_value args, const tn_call *call, tn_result *result,
                    tn_error *error) {
  tn_error own_error;
  tni_answering a;
  uint64_t seq = 0;
  tni_answer_begin(&a, result, result && tni_lies_in(args, &result->builder));
  tn_status status = run_into(engine, op, args, call, a.out, &seq, &own_error);
  tni_answer_end(&a, status, seq);
  return tni_count_outcome(engine, op->def->kind, tni_hand_over(&own_error, status, error));
}

tn_status tn_op_prepare(tn_engine *engine, const char *model, const char *op, const tn_op **out, tn_error *error) {
  return tni_catalog_op(&engine->catalog, (tn_slice){model, strlen(model)}, (tn_slice){op, strlen(op)}, out, error);
}

tn_status tn_run(tn_engine *engine, const char *model, const char *op, tn_value args, tn_result *result,
                 tn_error *error) {
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

static tn_status batch_step(tn_engine *e, tni_work *w, const step *s, tni_results *results, tn_builder *scratch,
                            tn_builder *result, tn_error *error) {
  tn_value args, argv[TN_OP_PARAM_MAX];
  TRY(tni_refs_resolve(results, s->args, scratch, &args, error));
  TRY(tni_bind(s->op, args, argv, error));
  tn_builder_clear(result);
  if (s->op->def->kind == TN_COMMAND)
    TRY(tni_work_command(e, w, s->op, argv, result, error));
  else if (w->env.writable)
    TRY(tni_work_query(e, w, s->op, argv, (tni_sink){NULL, NULL}, result, error));
  else
    TRY(tni_exec_op(&w->env, s->op, argv, (tni_sink){NULL, NULL}, result, error));
  if (tni_results_add(results, tn_built(result)) == TN_OK) return TN_OK;
  return tn_error_set(error, TN_NOMEM, NULL, "no memory for the results");
}

static tn_status batch_steps(tn_engine *e, tni_work *w, const step *steps, size_t count, tn_builder *out,
                             tn_error *error) {
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
  tni_work w;
  TRY(tni_call_writer(e, call, error));
  tn_status status = tni_work_begin(e, call, &w, error);
  if (status == TN_OK) {
    status = batch_steps(e, &w, steps, count, out, error);
    if (status == TN_OK)
      status = tni_work_end(e, &w, seq, error);
    else
      tni_work_drop(e, &w);
  }
  return tni_work_answer(e, status, *seq, error);
}

/* Only queries: one pinned version answers all. */
static tn_status read_batch(tn_engine *e, const step *steps, size_t count, const tn_call *call, tn_builder *out,
                            uint64_t *seq, tn_error *error) {
  tni_pin pin;
  if (tni_pin_take(e->state, &pin) != TN_OK) return tn_error_set(error, TN_NOMEM, NULL, "no memory to pin a version");
  tni_work w = {.env = tni_env_pinned(e, pin.version)};
  tni_call_apply(call, &w.env);
  tn_status status = batch_steps(e, &w, steps, count, out, error);
  *seq = pin.version->seq;
  tni_pin_drop(e->state, &pin);
  return status;
}

static tn_status run_batch(tn_engine *e, const step *steps, size_t count, const tn_call *call, tn_result *result,
                           tn_error *error) {
  tn_error own_error;
  tni_answering a;
  uint64_t seq = 0;
  bool writes = false, aliased = false;
  for (size_t i = 0; i < count; i++) {
    writes |= steps[i].op->def->kind == TN_COMMAND;
    aliased |= result && tni_lies_in(steps[i].args, &result->builder);
  }
  tni_answer_begin(&a, result, aliased);
  tn_status status = writes ? write_batch(e, steps, count, call, a.out, &seq, &own_error)
                            : read_batch(e, steps, count, call, a.out, &seq, &own_error);
  tni_answer_end(&a, status, seq);
  return tni_count_outcome(e, writes ? TN_COMMAND : TN_QUERY, tni_hand_over(&own_error, status, error));
}

static tn_status take_steps(tn_engine *e, size_t count, step **out, tn_error *error) {
  TRY(tni_limit_check(&e->config.limits, TNI_BATCH_OPS, count, error));
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
  if (tn_value_type(list) == TN_ARRAY && tn_count(request) == 1)
    return request_batch(engine, list, call, result, error);
  if (tn_value_type(request) == TN_OBJECT)
    return tn_error_set(error, TN_INVALID, "", "expected {\"batch\": [[\"MODEL\", \"OP\", arguments], ...]}");
  TRY(read_step(engine, request, &one, error));
  return tn_run_op(engine, one.op, one.args, call, result, error);
}
