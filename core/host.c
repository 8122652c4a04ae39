/* host.c - tn_host: what the library answers to plugins. */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "frame.h"
#include "host_maps.h"
#include "nearest.h"
#include "try.h"

#define QUERY_DEPTH_MAX 16 /* queries that query */
#define HINT_SIZE 160

/* ---- failing, and memory -------------------------------------------------------------------- */

static tn_status host_fail(tn_ctx *ctx, tn_status status, const char *where, const char *format, ...) {
  va_list args;
  va_start(args, format);
  tni_frame_explain_v(tni_frame_of(ctx), status, where, format, args);
  va_end(args);
  return status;
}

static void *host_scratch(tn_ctx *ctx, size_t size) { return tni_arena_alloc(&tni_frame_of(ctx)->arena, size); }

static tn_builder *host_builder(tn_ctx *ctx) { return tni_frame_builder(tni_frame_of(ctx)); }

/* ---- rows, queries, events, randomness ------------------------------------------------------ */

static tn_status host_row(tn_ctx *ctx, tn_builder *row) {
  tni_frame *f = tni_frame_of(ctx);
  TRY(tni_frame_step(f));
  tn_value value = tn_built(row);
  if (tn_is_absent(value))
    return tni_frame_explain(f, tn_builder_status(row), f->instance->name, "a row could not be built");
  tn_status status = TN_OK;
  if (f->sink.take)
    status = f->sink.take(f->sink.arg, value);
  else if (f->result)
    tn_add(f->result, value);
  if (f->result && f->result->status != TN_OK)
    status = tni_frame_explain(f, f->result->status, "result", "the result does not fit");
  if (status == TN_OK && f->result) status = tni_frame_within(f, TNI_RESULT_BYTES, f->result->size);
  tn_builder_clear(row);
  return status;
}

static tn_status find_query(tni_frame *f, const char *name, const char *op_name, const tn_op **out) {
  tn_error *error = f->ctx.error;
  if (!f->env->replaying && !tni_instance_uses(f->instance, name))
    return tn_error_set(error, TN_DENIED, f->instance->name, "'%s' does not stand in \"uses\" of '%s'", name,
                        f->instance->name);
  if (f->depth + 1 >= QUERY_DEPTH_MAX)
    return tn_error_set(error, TN_LIMIT, f->instance->name, "queries query each other more than %d deep",
                        QUERY_DEPTH_MAX);
  TRY(tni_catalog_op(f->env->catalog, (tn_slice){name, strlen(name)}, (tn_slice){op_name, strlen(op_name)}, out,
                     error));
  if ((*out)->def->kind == TN_QUERY) return TN_OK;
  return tn_error_set(error, TN_MISUSE, f->instance->name, "'%s.%s' is a command; a handler may only query", name,
                      op_name);
}

static tn_status run_nested(tni_frame *f, const tn_op *op, const tn_value *argv, tn_builder *result) {
  tni_frame *nested = (tni_frame *)tni_arena_alloc(&f->arena, sizeof *nested);
  if (!nested) return tni_frame_no_memory(f);
  tni_frame_init(nested, f->env, op->instance, op, (tni_sink){NULL, NULL}, f->ctx.error);
  nested->writable = false;
  nested->depth = f->depth + 1;
  nested->budget_ms = f->budget_ms;
  nested->budget_end = f->budget_end;
  nested->budget_where = f->budget_where;
  tn_builder_clear(result);
  tn_status status = tni_frame_run(nested, argv, result);
  tni_frame_fini(nested);
  return status;
}

static tn_status host_query(tn_ctx *ctx, const char *name, const char *op_name, tn_value args, tn_builder *result) {
  tni_frame *f = tni_frame_of(ctx);
  const tn_op *op;
  tn_value argv[TN_OP_PARAM_MAX];
  f->explained = true;
  TRY(find_query(f, name, op_name, &op));
  TRY(tni_bind(op, args, argv, ctx->error));
  tn_status status = run_nested(f, op, argv, result);
  f->explained = status != TN_OK;
  return status;
}

static tn_status host_emit(tn_ctx *ctx, const char *event, tn_value data) {
  tni_frame *f = tni_frame_of(ctx);
  TRY(tni_frame_may_write(f));
  tn_builder *b = f->env->events;
  if (!b) return TN_OK;
  tn_array_begin(b);
  tn_add(b, f->instance->name);
  tn_add(b, event);
  if (tn_is_absent(data))
    tn_add(b, TN_ARG_NULL);
  else
    tn_add(b, data);
  tn_end(b);
  return b->status == TN_OK ? TN_OK : tni_frame_explain(f, b->status, "event", "the event does not fit");
}

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t host_random(tn_ctx *ctx) {
  tni_env *env = tni_frame_of(ctx)->env;
  uint64_t z = env->seed + env->op_number * 0xd1342543de82ef95u + ++env->random_drawn * 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static tn_status host_journal_args(tn_ctx *ctx) {
  tni_frame *f = tni_frame_of(ctx);
  TRY(tni_frame_may_write(f));
  if (f->changed)
    return tni_frame_explain(f, TN_MISUSE, f->instance->name, "a handler changed maps before tn_journal_args()");
  f->env->changes = NULL;
  return TN_OK;
}

/* ---- long work, names, memory ---------------------------------------------------------------- */

static tn_status host_step(tn_ctx *ctx) { return tni_frame_step(tni_frame_of(ctx)); }

static void host_budget(tn_ctx *ctx, uint64_t ms, const char *where) {
  tni_frame_budget(tni_frame_of(ctx), ms, where);
}

static tn_status host_progress(tn_ctx *ctx, const char *what, uint64_t done, uint64_t total) {
  tni_frame *f = tni_frame_of(ctx);
  if (f->env->on_progress && f->progresses++ % TNI_STEPS_BETWEEN_CHECKS == 0)
    f->env->on_progress(f->env->progress_arg, what, done, total);
  return tni_frame_step(f);
}

static const char *host_nearest(tn_ctx *ctx, tn_slice wanted, const char *const *names, size_t count) {
  char hint[HINT_SIZE];
  tni_nearest nearest = tni_nearest_to(wanted);
  for (size_t i = 0; i < count; i++) tni_nearest_offer(&nearest, names[i]);
  const char *text = tni_nearest_hint(&nearest, hint, sizeof hint);
  char *kept = host_scratch(ctx, strlen(text) + 1);
  return kept ? strcpy(kept, text) : "";
}

static const tn_memory *host_memory(tn_ctx *ctx) { return tni_frame_of(ctx)->env->memory; }

/* ---- for every plugin ----------------------------------------------------------------------- */

static void host_builder_init(tn_builder *b, const tn_memory *memory) {
  *b = (tn_builder)TN_BUILDER_INIT;
  b->memory = memory;
}

static uint64_t host_hash64(tn_slice bytes, uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data, bytes.size, seed);
}

static tn_status host_random_bytes(void *data, size_t size) {
  uint8_t *to = (uint8_t *)data;
  while (size > 0) {
    ssize_t got = getrandom(to, size, 0);
    if (got <= 0) return TN_IO;
    to += got;
    size -= (size_t)got;
  }
  return TN_OK;
}

const tn_host tni_host = {
    .abi = TN_ABI,
    .struct_size = sizeof(tn_host),
    .error_set = tn_error_set,
    .value_check = tn_value_check,
    .value_compare = tn_value_compare,
    .hash64 = host_hash64,
    .random_bytes = host_random_bytes,
    .builder_init = host_builder_init,
    .fail = host_fail,
    .scratch = host_scratch,
    .builder = host_builder,
    .key = tni_host_key,
    .key_decode = tni_host_key_decode,
    .key_end = tni_host_key_end,
    .key_prefix = tni_host_key_prefix,
    .get = tni_host_get,
    .get_many = tni_host_get_many,
    .put = tni_host_put,
    .del = tni_host_delete,
    .delete_range = tni_host_delete_range,
    .count = tni_host_count,
    .cursor_open = tni_host_cursor_open,
    .cursor_seek = tni_host_cursor_seek,
    .cursor_seek_end = tni_host_cursor_seek_end,
    .cursor_next = tni_host_cursor_next,
    .cursor_prev = tni_host_cursor_prev,
    .row = host_row,
    .query = host_query,
    .emit = host_emit,
    .random = host_random,
    .key_items = tni_host_key_items,
    .step = host_step,
    .progress = host_progress,
    .nearest = host_nearest,
    .memory = host_memory,
    .key_add = tni_host_key_add,
    .estimate = tni_host_estimate,
    .insert = tni_host_insert,
    .journal_args = host_journal_args,
    .budget = host_budget,
};
