#include "frame.h"

#include <stdio.h>
#include <time.h>

#include "memory.h"
#include "try.h"

#define BUDGET_MAX ((uint64_t)INT64_MAX / 2) /* milliseconds */
#define SMALL_MAX 4096                       /* a handler's builder lies in its arena up to this size */

typedef struct tni_owned_builder {
  tn_builder builder;
  struct tni_owned_builder *next;
} owned_builder;

/* ---- failing -------------------------------------------------------------------------------- */

tn_status tni_frame_explain_v(tni_frame *f, tn_status status, const char *where, const char *format, va_list args) {
  char text[TN_ERROR_TEXT_MAX];
  vsnprintf(text, sizeof text, format, args);
  f->explained = true;
  return tn_error_set(f->ctx.error, status, where, "%s", text);
}

tn_status tni_frame_explain(tni_frame *f, tn_status status, const char *where, const char *format, ...) {
  va_list args;
  va_start(args, format);
  tni_frame_explain_v(f, status, where, format, args);
  va_end(args);
  return status;
}

tn_status tni_frame_no_memory(tni_frame *f) { return tni_frame_explain(f, TN_NOMEM, NULL, "out of memory"); }

tn_status tni_frame_may_write(tni_frame *f) {
  if (f->writable) return TN_OK;
  return tni_frame_explain(f, TN_MISUSE, f->instance->name, "a query's handler tried to change a map");
}

tn_status tni_frame_within(tni_frame *f, tni_limit limit, uint64_t size) {
  tn_status status = tni_limit_check(f->env->limits, limit, size, f->ctx.error);
  f->explained |= status != TN_OK;
  return status;
}

/* ---- time ----------------------------------------------------------------------------------- */

/* Reads in a few instructions, some milliseconds late. */
static int64_t coarse_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void tni_frame_budget(tni_frame *f, uint64_t ms, const char *where) {
  if (f->env->replaying) return;
  f->budget_ms = ms < BUDGET_MAX ? ms : BUDGET_MAX;
  f->budget_end = coarse_ms() + (int64_t)f->budget_ms;
  f->budget_where = where;
}

static tn_status check_budget(tni_frame *f) {
  if (f->budget_ms == 0 || coarse_ms() <= f->budget_end) return TN_OK;
  return tni_frame_explain(f, TN_LIMIT, f->budget_where, "the request took longer than its %llu ms",
                           (unsigned long long)f->budget_ms);
}

tn_status tni_frame_check_call(tni_frame *f) {
  const tni_env *env = f->env;
  if (env->interrupts && atomic_load_explicit(env->interrupts, memory_order_relaxed) != env->interrupts_seen)
    return tni_frame_explain(f, TN_INTERRUPTED, NULL, "interrupted");
  if (env->deadline_ms != 0 && tni_monotonic_ms() >= env->deadline_ms)
    return tni_frame_explain(f, TN_LIMIT, "timeout_ms", "the operation ran out of its time");
  return TN_OK;
}

tn_status tni_frame_check(tni_frame *f, bool due) {
  TRY(check_budget(f));
  return due ? tni_frame_check_call(f) : TN_OK;
}

/* ---- memory --------------------------------------------------------------------------------- */

/* What is small costs no allocation; what is not does not fill the arena with what it has outgrown. */
static void *resize_builder(void *context, void *data, size_t old_size, size_t new_size) {
  tni_frame *f = (tni_frame *)context;
  const tn_memory *from = old_size <= SMALL_MAX ? &f->arena.memory : f->env->memory;
  const tn_memory *to = new_size <= SMALL_MAX ? &f->arena.memory : f->env->memory;
  if (from == to || new_size == 0) return tni_resize(from, data, old_size, new_size);
  void *moved = tni_alloc(to, new_size);
  if (moved && data) memcpy(moved, data, old_size < new_size ? old_size : new_size);
  if (moved) tni_free(from, data, old_size);
  return moved;
}

tn_builder *tni_frame_builder(tni_frame *f) {
  owned_builder *owned = (owned_builder *)tni_arena_alloc(&f->arena, sizeof *owned);
  if (!owned) return NULL;
  owned->builder = (tn_builder)TN_BUILDER_INIT;
  owned->builder.memory = &f->builder_memory;
  owned->next = f->builders;
  f->builders = owned;
  return &owned->builder;
}

/* ---- life ----------------------------------------------------------------------------------- */

void tni_frame_init(tni_frame *f, tni_env *env, tni_instance *instance, const tn_op *op, tni_sink sink,
                    tn_error *error) {
  f->ctx = (tn_ctx){&tni_host, instance->state, env->seq, env->now_us, error, env->op_number, false};
  f->ctx.working = env->state && env->roots == tni_state_working(env->state);
  f->env = env;
  f->instance = instance;
  f->op = op;
  f->sink = sink;
  f->result = NULL;
  f->writable = env->writable;
  f->explained = f->changed = false;
  f->depth = 0;
  f->steps = f->progresses = 0;
  f->budget_ms = 0;
  f->first = (tni_first){{NULL, 0}, NULL};
  f->builders = NULL;
  f->builder_memory = (tn_memory){resize_builder, f};
  tni_arena_init(&f->arena, env->memory);
}

void tni_frame_fini(tni_frame *f) {
  for (owned_builder *b = f->builders; b; b = b->next) tn_builder_free(&b->builder);
  tni_arena_fini(&f->arena);
}
