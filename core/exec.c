#include "exec.h"

#include <time.h>

#include "frame.h"
#include "key.h"
#include "try.h"

int64_t tni_monotonic_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What the handler built must be one finished value; nothing built is null. */
static tn_status finish_result(tni_frame *f, tn_builder *result) {
  if (result->size == 0 && result->depth == 0 && result->status == TN_OK) tn_add(result, TN_ARG_NULL);
  tn_status status = tn_builder_status(result);
  if (status != TN_OK)
    return tni_frame_explain(f, status, "result", "the result of '%s' could not be built", f->op->def->name);
  return tni_frame_within(f, TNI_RESULT_BYTES, result->size);
}

static tn_status run_rows(tni_frame *f, const tn_value *argv, tn_builder *result) {
  tn_builder *row = tni_frame_builder(f);
  if (!row) return tni_frame_no_memory(f);
  f->result = f->sink.take ? NULL : result;
  if (f->result) tn_array_begin(result);
  TRY(f->op->def->fn(&f->ctx, argv, row));
  if (f->result) tn_end(result);
  return finish_result(f, result);
}

static unsigned depth_of(tn_value value) {
  tn_type type = tn_value_type(value);
  unsigned deepest = 0;
  if (type != TN_ARRAY && type != TN_OBJECT) return 0;
  for (tn_iter it = tn_iter_of(value); tn_iter_next(&it);) {
    unsigned depth = depth_of(it.value);
    if (depth > deepest) deepest = depth;
  }
  return deepest + 1;
}

static tn_status check_depths(tni_frame *f, const tn_value *argv) {
  const tni_limits *limits = f->env->limits;
  if (!limits || limits->most[TNI_DEPTH] == TN_DEPTH_MAX) return TN_OK;
  for (size_t i = 0; i < f->op->def->param_count; i++) TRY(tni_frame_within(f, TNI_DEPTH, depth_of(argv[i])));
  return TN_OK;
}

tn_status tni_frame_run(tni_frame *f, const tn_value *argv, tn_builder *result) {
  tn_status status = tni_frame_check_call(f);
  if (status == TN_OK) status = check_depths(f, argv);
  if (status == TN_OK && (f->op->def->flags & TN_OP_ROWS)) {
    status = run_rows(f, argv, result);
  } else if (status == TN_OK) {
    status = f->op->def->fn(&f->ctx, argv, result);
    if (status == TN_OK) status = finish_result(f, result);
  }
  if (status == TN_OK || f->explained) return status;
  if (status != TN_NOT_FOUND)
    return tn_error_set(f->ctx.error, status, f->op->def->name, "%s", tn_status_text(status));
  f->ctx.error->status = status;
  f->ctx.error->text[0] = f->ctx.error->where[0] = '\0';
  return status;
}

tni_first tni_exec_send_for(const tni_state *state, const tni_root *roots, const tn_op *op, const tn_value *argv,
                            uint8_t *room) {
  tn_buffer key = {NULL, room, 0, TN_KEY_SIZE_MAX}; /* no key outgrows it */
  tni_first first = {{NULL, 0}, NULL};
  if (!(op->def->flags & TN_OP_KEYED) || tni_key_add_value(&key, argv[0]) != TN_OK) return first;
  first.key = (tn_slice){key.data, key.size};
  first.leaf = tni_map_get_begin(state, roots, op->instance->map_base, first.key);
  return first;
}

/* A key is made once. Where it cannot be made the handler says so. */
static void know_first(tni_frame *f, tn_value arg) {
  tn_buffer key = {&f->arena.memory, NULL, 0, 0};
  f->first = f->env->first;
  f->first_arg = arg;
  if (!f->first.key.data && tni_key_add_value(&key, arg) == TN_OK) f->first.key = (tn_slice){key.data, key.size};
}

tn_status tni_exec_op(tni_env *env, const tn_op *op, const tn_value *argv, tni_sink sink, tn_builder *result,
                      tn_error *error) {
  tni_frame f;
  tni_frame_init(&f, env, op->instance, op, sink, error);
  if (op->def->flags & TN_OP_KEYED) know_first(&f, argv[0]);
  f.writable = env->writable && op->def->kind == TN_COMMAND;
  tn_status status = tni_frame_run(&f, argv, result);
  tni_frame_fini(&f);
  return status;
}

tn_status tni_exec_slot(tni_env *env, tni_instance *instance, tni_slot_fn call, void *arg, tni_sink sink,
                        tn_error *error) {
  tni_frame f;
  tni_frame_init(&f, env, instance, NULL, sink, error);
  tn_status status = call(&f.ctx, arg);
  if (status != TN_OK && !f.explained) tn_error_set(error, status, instance->name, "%s", tn_status_text(status));
  tni_frame_fini(&f);
  return status;
}
