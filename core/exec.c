#include "exec.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "arena.h"
#include "key.h"
#include "memory.h"
#include "nearest.h"
#include "try.h"

#define QUERY_DEPTH_MAX 16 /* queries that query */
#define STEPS_BETWEEN_CHECKS 64
#define BUDGET_MAX ((uint64_t)INT64_MAX / 2) /* milliseconds */
#define SMALL_MAX 4096                       /* a handler's builder lies in its arena up to this size */
#define HINT_SIZE 160

/* One handler's call. The context comes first, so that a tn_ctx is a frame. */
typedef struct frame {
  tn_ctx ctx;
  tni_env *env;
  tni_instance *instance;
  const tn_op *op; /* NULL for a slot */
  tni_sink sink;
  tn_builder *result;
  bool writable;
  bool explained; /* the error has been filled */
  bool changed;   /* a map was edited */
  unsigned depth;
  unsigned steps;
  uint64_t budget_ms; /* of tn_budget(); 0 = none */
  int64_t budget_end;
  const char *budget_where;
  unsigned progresses; /* calls of tn_progress() */
  tni_first first;
  tn_value first_arg; /* what its key was made of */
  struct owned_builder *builders;
  tn_memory builder_memory;
  tni_arena arena;
} frame;

typedef struct owned_builder {
  tn_builder builder;
  struct owned_builder *next;
} owned_builder;

struct tn_cursor {
  frame *owner;
  tn_slice from, to;
  tni_cursor place;
};

static frame *frame_of(tn_ctx *ctx) { return (frame *)(void *)ctx; }

int64_t tni_monotonic_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- errors and limits ---------------------------------------------------------------------- */

static tn_status explain(frame *f, tn_status status, const char *where, const char *format, ...) TN_PRINTF(4, 5);

static tn_status explain_v(frame *f, tn_status status, const char *where, const char *format, va_list args) {
  char text[TN_ERROR_TEXT_MAX];
  vsnprintf(text, sizeof text, format, args);
  f->explained = true;
  return tn_error_set(f->ctx.error, status, where, "%s", text);
}

static tn_status explain(frame *f, tn_status status, const char *where, const char *format, ...) {
  va_list args;
  va_start(args, format);
  explain_v(f, status, where, format, args);
  va_end(args);
  return status;
}

static tn_status host_fail(tn_ctx *ctx, tn_status status, const char *where, const char *format, ...) {
  va_list args;
  va_start(args, format);
  explain_v(frame_of(ctx), status, where, format, args);
  va_end(args);
  return status;
}

/* Reads in a few instructions, some milliseconds late. */
static int64_t coarse_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static tn_status check_budget(frame *f) {
  if (f->budget_ms == 0 || coarse_ms() <= f->budget_end) return TN_OK;
  return explain(f, TN_LIMIT, f->budget_where, "the request took longer than its %llu ms",
                 (unsigned long long)f->budget_ms);
}

static tn_status check_limits(frame *f) {
  const tni_env *env = f->env;
  if (env->interrupts && atomic_load_explicit(env->interrupts, memory_order_relaxed) != env->interrupts_seen)
    return explain(f, TN_INTERRUPTED, NULL, "interrupted");
  if (env->deadline_ms != 0 && tni_monotonic_ms() >= env->deadline_ms)
    return explain(f, TN_LIMIT, "timeout_ms", "the operation ran out of its time");
  return TN_OK;
}

static tn_status step(frame *f) {
  TRY(check_budget(f));
  return ++f->steps % STEPS_BETWEEN_CHECKS == 0 ? check_limits(f) : TN_OK;
}

static tn_status no_memory(frame *f) { return explain(f, TN_NOMEM, NULL, "out of memory"); }

static tn_status map_index(frame *f, uint32_t map, uint32_t *out) {
  if (map >= f->instance->model->map_count)
    return explain(f, TN_MISUSE, f->instance->name, "a handler named map %u; the model has %zu", (unsigned)map,
                   f->instance->model->map_count);
  *out = f->instance->map_base + map;
  return TN_OK;
}

static tn_status within(frame *f, tni_limit limit, uint64_t size) {
  tn_status status = tni_limit_check(f->env->limits, limit, size, f->ctx.error);
  f->explained |= status != TN_OK;
  return status;
}

static tn_status may_write(frame *f) {
  return f->writable ? TN_OK : explain(f, TN_MISUSE, f->instance->name, "a query's handler tried to change a map");
}

/* What is within the limits and still does not fit would pass max_memory. */
static tn_status map_failure(frame *f, tn_status status) {
  if (status == TN_NOMEM) return no_memory(f);
  if (status != TN_LIMIT) return status;
  return explain(f, status, "max_memory", "the engine's max_memory would be passed");
}

/* ---- scratch and builders ------------------------------------------------------------------- */

static void *host_scratch(tn_ctx *ctx, size_t size) { return tni_arena_alloc(&frame_of(ctx)->arena, size); }

static void host_builder_init(tn_builder *b, const tn_memory *memory) {
  *b = (tn_builder)TN_BUILDER_INIT;
  b->memory = memory;
}

/* What is small costs no allocation; what is not does not fill the arena with what it has outgrown. */
static void *resize_builder(void *context, void *data, size_t old_size, size_t new_size) {
  frame *f = (frame *)context;
  const tn_memory *from = old_size <= SMALL_MAX ? &f->arena.memory : f->env->memory;
  const tn_memory *to = new_size <= SMALL_MAX ? &f->arena.memory : f->env->memory;
  if (from == to || new_size == 0) return tni_resize(from, data, old_size, new_size);
  void *moved = tni_alloc(to, new_size);
  if (moved && data) memcpy(moved, data, old_size < new_size ? old_size : new_size);
  if (moved) tni_free(from, data, old_size);
  return moved;
}

static tn_builder *host_builder(tn_ctx *ctx) {
  frame *f = frame_of(ctx);
  owned_builder *owned = (owned_builder *)tni_arena_alloc(&f->arena, sizeof *owned);
  if (!owned) return NULL;
  host_builder_init(&owned->builder, &f->builder_memory);
  owned->next = f->builders;
  f->builders = owned;
  return &owned->builder;
}

/* ---- keys ----------------------------------------------------------------------------------- */

static tn_status build_key(frame *f, const tn_arg *parts, size_t count, tn_buffer *key) {
  for (size_t i = 0; i < count; i++) {
    tn_status status = tni_key_add(key, parts[i]);
    if (status == TN_LIMIT) return explain(f, status, "key", "a key may have %d bytes encoded", TN_KEY_SIZE_MAX);
    if (status == TN_NOMEM) return no_memory(f);
    if (status != TN_OK) return explain(f, status, "key", "a key's part is no valid value");
  }
  return TN_OK;
}

static bool is_first(const frame *f, const tn_arg *part) {
  tn_value first = f->first_arg;
  return f->first.key.data && part->type == TN_ABSENT && part->u.value.data == first.data &&
         part->u.value.size == first.size;
}

static tn_status host_key(tn_ctx *ctx, const tn_arg *parts, size_t count, tn_slice *out) {
  frame *f = frame_of(ctx);
  if (count == 1 && is_first(f, parts)) return *out = f->first.key, TN_OK;
  tn_buffer key = {&f->arena.memory, NULL, 0, 0};
  TRY(build_key(f, parts, count, &key));
  *out = (tn_slice){key.data, key.size};
  return TN_OK;
}

static tn_status host_key_add(tn_ctx *ctx, uint8_t *key, size_t *size, tn_arg part) {
  tn_buffer buffer = {NULL, key, *size, TN_KEY_SIZE_MAX}; /* no key outgrows it */
  TRY(build_key(frame_of(ctx), &part, 1, &buffer));
  *size = buffer.size;
  return TN_OK;
}

static tn_status host_key_decode(tn_ctx *ctx, tn_slice key, tn_builder *out) {
  tn_status status = tni_key_decode(key, out);
  return status == TN_OK ? TN_OK : explain(frame_of(ctx), status, "key", "a map's key is no tuple");
}

static tn_status host_key_items(tn_ctx *ctx, tn_slice key, tn_builder *out) {
  tn_status status = tni_key_items(key, out);
  return status == TN_OK ? TN_OK : explain(frame_of(ctx), status, "key", "a map's key is no tuple");
}

static tn_status host_key_end(tn_ctx *ctx, tn_slice key, tn_slice *out) {
  frame *f = frame_of(ctx);
  tn_buffer end = {&f->arena.memory, NULL, 0, 0};
  if (tni_key_end(key, &end) != TN_OK) return no_memory(f);
  *out = (tn_slice){end.data, end.size};
  return TN_OK;
}

static tn_status host_key_prefix(tn_ctx *ctx, const tn_arg *parts, size_t count, tn_slice *from, tn_slice *to) {
  frame *f = frame_of(ctx);
  tn_buffer key = {&f->arena.memory, NULL, 0, 0}, end = {&f->arena.memory, NULL, 0, 0};
  tn_arg last = parts[count - 1];
  TRY(build_key(f, parts, count, &key));
  tn_status status = tni_key_prefix(&key, last.type == TN_ABSENT ? tn_value_type(last.u.value) : last.type, &end);
  if (status == TN_INVALID) return explain(f, status, "prefix", "only a string or an array can be a prefix");
  if (status != TN_OK) return no_memory(f);
  *from = (tn_slice){key.data, key.size};
  *to = (tn_slice){end.data, end.size};
  return TN_OK;
}

/* ---- maps ----------------------------------------------------------------------------------- */

static tn_status host_get(tn_ctx *ctx, uint32_t map, tn_slice key, tn_slice *value) {
  frame *f = frame_of(ctx);
  uint32_t at = 0;
  TRY(step(f));
  TRY(map_index(f, map, &at));
  if (f->first.leaf && map == 0 && key.data == f->first.key.data && key.size == f->first.key.size)
    return tni_map_get_end(f->first.leaf, key, value);
  return tni_map_get(f->env->state, f->env->roots, at, key, value);
}

static tn_status host_get_many(tn_ctx *ctx, uint32_t map, const tn_slice *keys, size_t count, tn_slice *values) {
  frame *f = frame_of(ctx);
  uint32_t at = 0;
  TRY(step(f));
  TRY(map_index(f, map, &at));
  tni_map_get_many(f->env->state, f->env->roots, at, keys, count, values);
  return TN_OK;
}

static void record_change(frame *f, uint32_t map, tn_slice key, const tn_slice *value) {
  tn_builder *b = f->env->changes;
  f->changed = true;
  if (!b) return;
  tn_array_begin(b);
  tn_add(b, f->instance->model->maps[map].name);
  tn_add(b, key);
  if (value)
    tn_add(b, *value);
  else
    tn_add(b, TN_ARG_NULL);
  tn_end(b);
}

static tn_status may_store(frame *f, uint32_t map, tn_slice key, tn_slice value, uint32_t *at) {
  TRY(may_write(f));
  TRY(step(f));
  TRY(map_index(f, map, at));
  TRY(within(f, TNI_KEY_BYTES, key.size));
  return within(f, TNI_VALUE_BYTES, value.size);
}

static tn_status host_put(tn_ctx *ctx, uint32_t map, tn_slice key, tn_slice value) {
  frame *f = frame_of(ctx);
  uint32_t at = 0;
  TRY(may_store(f, map, key, value, &at));
  tn_status status = tni_map_put(f->env->state, at, key, value);
  if (status != TN_OK) return map_failure(f, status);
  record_change(f, map, key, &value);
  return TN_OK;
}

static tn_status host_insert(tn_ctx *ctx, uint32_t map, tn_slice key, tn_slice value, tn_slice *there) {
  frame *f = frame_of(ctx);
  uint32_t at = 0;
  TRY(may_store(f, map, key, value, &at));
  tn_status status = tni_map_insert(f->env->state, at, key, value, there);
  if (status == TN_OK) record_change(f, map, key, &value);
  return status == TN_OK || status == TN_EXISTS ? status : map_failure(f, status);
}

static tn_status host_delete(tn_ctx *ctx, uint32_t map, tn_slice key) {
  frame *f = frame_of(ctx);
  uint32_t at = 0;
  TRY(may_write(f));
  TRY(step(f));
  TRY(map_index(f, map, &at));
  tn_status status = tni_map_delete(f->env->state, at, key);
  if (status == TN_NOT_FOUND) return status;
  if (status != TN_OK) return map_failure(f, status);
  record_change(f, map, key, NULL);
  return TN_OK;
}

static int compare_slices(tn_slice a, tn_slice b) {
  size_t size = a.size < b.size ? a.size : b.size;
  int order = size > 0 ? memcmp(a.data, b.data, size) : 0;
  return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

/* A range that is recorded goes entry by entry, so that each key stands in the record. */
static tn_status delete_recorded(frame *f, uint32_t map, uint32_t at, tn_slice from, tn_slice to, uint64_t *count) {
  tni_cursor *cursor = (tni_cursor *)tni_arena_alloc(&f->arena, sizeof *cursor);
  if (!cursor) return no_memory(f);
  tni_cursor_init(cursor, f->env->state, f->env->roots, at);
  tni_cursor_seek(cursor, from);
  tn_slice key, value;
  *count = 0;
  while (tni_cursor_next(cursor, &key, &value) == TN_OK && (to.size == 0 || compare_slices(key, to) < 0)) {
    TRY(step(f));
    record_change(f, map, key, NULL);
    memmove(cursor->key, key.data, key.size);
    tn_status status = tni_map_delete(f->env->state, at, (tn_slice){cursor->key, key.size});
    if (status != TN_OK) return map_failure(f, status);
    ++*count;
  }
  return TN_OK;
}

static tn_status host_delete_range(tn_ctx *ctx, uint32_t map, tn_slice from, tn_slice to, uint64_t *count) {
  frame *f = frame_of(ctx);
  uint32_t at = 0;
  uint64_t deleted = 0;
  TRY(may_write(f));
  TRY(check_limits(f));
  TRY(map_index(f, map, &at));
  if (f->env->changes) {
    TRY(delete_recorded(f, map, at, from, to, &deleted));
  } else {
    tn_status status = tni_map_delete_range(f->env->state, at, from, to, &deleted);
    if (status != TN_OK) return map_failure(f, status);
  }
  if (count) *count = deleted;
  return TN_OK;
}

static uint64_t host_count(tn_ctx *ctx, uint32_t map) {
  frame *f = frame_of(ctx);
  return map < f->instance->model->map_count ? f->env->roots[f->instance->map_base + map].count : 0;
}

static uint64_t host_estimate(tn_ctx *ctx, uint32_t map, tn_slice from, tn_slice to) {
  frame *f = frame_of(ctx);
  if (map >= f->instance->model->map_count) return 0;
  return tni_map_estimate(f->env->state, f->env->roots, f->instance->map_base + map, from, to);
}

/* ---- cursors -------------------------------------------------------------------------------- */

static tn_status copy_bound(frame *f, tn_slice bound, tn_slice *out) {
  void *copy = bound.size > 0 ? tni_arena_alloc(&f->arena, bound.size) : NULL;
  if (bound.size > 0 && !copy) return no_memory(f);
  if (copy) memcpy(copy, bound.data, bound.size);
  *out = (tn_slice){copy, bound.size};
  return TN_OK;
}

static tn_status host_cursor_open(tn_ctx *ctx, uint32_t map, tn_slice from, tn_slice to, tn_cursor **out) {
  frame *f = frame_of(ctx);
  uint32_t at = 0;
  TRY(step(f));
  TRY(map_index(f, map, &at));
  tn_cursor *cursor = (tn_cursor *)tni_arena_alloc(&f->arena, sizeof *cursor);
  if (!cursor) return no_memory(f);
  cursor->owner = f;
  TRY(copy_bound(f, from, &cursor->from));
  TRY(copy_bound(f, to, &cursor->to));
  tni_cursor_init(&cursor->place, f->env->state, f->env->roots, at);
  tni_cursor_seek(&cursor->place, cursor->from);
  *out = cursor;
  return TN_OK;
}

static tn_status host_cursor_seek(tn_cursor *cursor, tn_slice key) {
  TRY(step(cursor->owner));
  if (compare_slices(key, cursor->from) < 0) key = cursor->from;
  if (cursor->to.size > 0 && compare_slices(key, cursor->to) > 0) key = cursor->to;
  tni_cursor_seek(&cursor->place, key);
  return TN_OK;
}

static tn_status host_cursor_seek_end(tn_cursor *cursor) {
  TRY(step(cursor->owner));
  if (cursor->to.size > 0)
    tni_cursor_seek(&cursor->place, cursor->to);
  else
    tni_cursor_seek_end(&cursor->place);
  return TN_OK;
}

static tn_status host_cursor_next(tn_cursor *cursor, tn_slice *key, tn_slice *value) {
  TRY(step(cursor->owner));
  tn_status status = tni_cursor_next(&cursor->place, key, value);
  if (status != TN_OK || cursor->to.size == 0 || compare_slices(*key, cursor->to) < 0) return status;
  tni_cursor_seek(&cursor->place, cursor->to);
  return TN_NOT_FOUND;
}

static tn_status host_cursor_prev(tn_cursor *cursor, tn_slice *key, tn_slice *value) {
  TRY(step(cursor->owner));
  tn_status status = tni_cursor_prev(&cursor->place, key, value);
  if (status != TN_OK || compare_slices(*key, cursor->from) >= 0) return status;
  tni_cursor_seek(&cursor->place, cursor->from);
  return TN_NOT_FOUND;
}

/* ---- rows, queries, events, randomness ------------------------------------------------------ */

static tn_status host_row(tn_ctx *ctx, tn_builder *row) {
  frame *f = frame_of(ctx);
  TRY(step(f));
  tn_value value = tn_built(row);
  if (tn_is_absent(value)) return explain(f, tn_builder_status(row), f->instance->name, "a row could not be built");
  tn_status status = TN_OK;
  if (f->sink.take)
    status = f->sink.take(f->sink.arg, value);
  else if (f->result)
    tn_add(f->result, value);
  if (f->result && f->result->status != TN_OK)
    status = explain(f, f->result->status, "result", "the result does not fit");
  if (status == TN_OK && f->result) status = within(f, TNI_RESULT_BYTES, f->result->size);
  tn_builder_clear(row);
  return status;
}

static tn_status run_frame(frame *f, const tn_value *argv, tn_builder *result);

static void frame_init(frame *f, tni_env *env, tni_instance *instance, const tn_op *op, tni_sink sink,
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

static void frame_fini(frame *f) {
  for (owned_builder *b = f->builders; b; b = b->next) tn_builder_free(&b->builder);
  tni_arena_fini(&f->arena);
}

static tn_status host_query(tn_ctx *ctx, const char *name, const char *op_name, tn_value args, tn_builder *result) {
  frame *f = frame_of(ctx);
  const tn_op *op;
  tn_value argv[TN_OP_PARAM_MAX];
  f->explained = true;
  if (!f->env->replaying && !tni_instance_uses(f->instance, name))
    return tn_error_set(ctx->error, TN_DENIED, f->instance->name, "'%s' does not stand in \"uses\" of '%s'", name,
                        f->instance->name);
  if (f->depth + 1 >= QUERY_DEPTH_MAX)
    return tn_error_set(ctx->error, TN_LIMIT, f->instance->name, "queries query each other more than %d deep",
                        QUERY_DEPTH_MAX);
  TRY(tni_catalog_op(f->env->catalog, (tn_slice){name, strlen(name)}, (tn_slice){op_name, strlen(op_name)}, &op,
                     ctx->error));
  if (op->def->kind != TN_QUERY)
    return tn_error_set(ctx->error, TN_MISUSE, f->instance->name, "'%s.%s' is a command; a handler may only query",
                        name, op_name);
  TRY(tni_bind(op, args, argv, ctx->error));
  frame *nested = (frame *)tni_arena_alloc(&f->arena, sizeof *nested);
  if (!nested) return no_memory(f);
  frame_init(nested, f->env, op->instance, op, (tni_sink){NULL, NULL}, ctx->error);
  nested->writable = false;
  nested->depth = f->depth + 1;
  nested->budget_ms = f->budget_ms;
  nested->budget_end = f->budget_end;
  nested->budget_where = f->budget_where;
  tn_builder_clear(result);
  tn_status status = run_frame(nested, argv, result);
  frame_fini(nested);
  f->explained = status != TN_OK;
  return status;
}

static tn_status host_emit(tn_ctx *ctx, const char *event, tn_value data) {
  frame *f = frame_of(ctx);
  TRY(may_write(f));
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
  return b->status == TN_OK ? TN_OK : explain(f, b->status, "event", "the event does not fit");
}

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t host_random(tn_ctx *ctx) {
  tni_env *env = frame_of(ctx)->env;
  uint64_t z = env->seed + env->op_number * 0xd1342543de82ef95u + ++env->random_drawn * 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static tn_status host_journal_args(tn_ctx *ctx) {
  frame *f = frame_of(ctx);
  TRY(may_write(f));
  if (f->changed) return explain(f, TN_MISUSE, f->instance->name, "a handler changed maps before tn_journal_args()");
  f->env->changes = NULL;
  return TN_OK;
}

/* ---- long work, names, memory ---------------------------------------------------------------- */

static tn_status host_step(tn_ctx *ctx) { return step(frame_of(ctx)); }

/* At replay nothing is ever late. */
static void host_budget(tn_ctx *ctx, uint64_t ms, const char *where) {
  frame *f = frame_of(ctx);
  if (f->env->replaying) return;
  f->budget_ms = ms < BUDGET_MAX ? ms : BUDGET_MAX;
  f->budget_end = coarse_ms() + (int64_t)f->budget_ms;
  f->budget_where = where;
}

static tn_status host_progress(tn_ctx *ctx, const char *what, uint64_t done, uint64_t total) {
  frame *f = frame_of(ctx);
  if (f->env->on_progress && f->progresses++ % STEPS_BETWEEN_CHECKS == 0)
    f->env->on_progress(f->env->progress_arg, what, done, total);
  return step(f);
}

static const char *host_nearest(tn_ctx *ctx, tn_slice wanted, const char *const *names, size_t count) {
  char hint[HINT_SIZE];
  tni_nearest nearest = tni_nearest_to(wanted);
  for (size_t i = 0; i < count; i++) tni_nearest_offer(&nearest, names[i]);
  const char *text = tni_nearest_hint(&nearest, hint, sizeof hint);
  char *kept = host_scratch(ctx, strlen(text) + 1);
  return kept ? strcpy(kept, text) : "";
}

static const tn_memory *host_memory(tn_ctx *ctx) { return frame_of(ctx)->env->memory; }

/* ---- for every plugin ----------------------------------------------------------------------- */

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
    .key = host_key,
    .key_decode = host_key_decode,
    .key_end = host_key_end,
    .key_prefix = host_key_prefix,
    .get = host_get,
    .get_many = host_get_many,
    .put = host_put,
    .del = host_delete,
    .delete_range = host_delete_range,
    .count = host_count,
    .cursor_open = host_cursor_open,
    .cursor_seek = host_cursor_seek,
    .cursor_seek_end = host_cursor_seek_end,
    .cursor_next = host_cursor_next,
    .cursor_prev = host_cursor_prev,
    .row = host_row,
    .query = host_query,
    .emit = host_emit,
    .random = host_random,
    .key_items = host_key_items,
    .step = host_step,
    .progress = host_progress,
    .nearest = host_nearest,
    .memory = host_memory,
    .key_add = host_key_add,
    .estimate = host_estimate,
    .insert = host_insert,
    .journal_args = host_journal_args,
    .budget = host_budget,
};

/* ---- running -------------------------------------------------------------------------------- */

/* What the handler built must be one finished value; nothing built is null. */
static tn_status finish_result(frame *f, tn_builder *result) {
  if (result->size == 0 && result->depth == 0 && result->status == TN_OK) tn_add(result, TN_ARG_NULL);
  tn_status status = tn_builder_status(result);
  if (status != TN_OK) return explain(f, status, "result", "the result of '%s' could not be built", f->op->def->name);
  return within(f, TNI_RESULT_BYTES, result->size);
}

static tn_status run_rows(frame *f, const tn_value *argv, tn_builder *result) {
  tn_builder *row = host_builder(&f->ctx);
  if (!row) return no_memory(f);
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

static tn_status check_depths(frame *f, const tn_value *argv) {
  const tni_limits *limits = f->env->limits;
  if (!limits || limits->most[TNI_DEPTH] == TN_DEPTH_MAX) return TN_OK;
  for (size_t i = 0; i < f->op->def->param_count; i++) TRY(within(f, TNI_DEPTH, depth_of(argv[i])));
  return TN_OK;
}

static tn_status run_frame(frame *f, const tn_value *argv, tn_builder *result) {
  tn_status status = check_limits(f);
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
static void know_first(frame *f, tn_value arg) {
  tn_buffer key = {&f->arena.memory, NULL, 0, 0};
  f->first = f->env->first;
  f->first_arg = arg;
  if (!f->first.key.data && tni_key_add_value(&key, arg) == TN_OK) f->first.key = (tn_slice){key.data, key.size};
}

tn_status tni_exec_op(tni_env *env, const tn_op *op, const tn_value *argv, tni_sink sink, tn_builder *result,
                      tn_error *error) {
  frame f;
  frame_init(&f, env, op->instance, op, sink, error);
  if (op->def->flags & TN_OP_KEYED) know_first(&f, argv[0]);
  f.writable = env->writable && op->def->kind == TN_COMMAND;
  tn_status status = run_frame(&f, argv, result);
  frame_fini(&f);
  return status;
}

tn_status tni_exec_slot(tni_env *env, tni_instance *instance, tni_slot_fn call, void *arg, tni_sink sink,
                        tn_error *error) {
  frame f;
  frame_init(&f, env, instance, NULL, sink, error);
  tn_status status = call(&f.ctx, arg);
  if (status != TN_OK && !f.explained) tn_error_set(error, status, instance->name, "%s", tn_status_text(status));
  frame_fini(&f);
  return status;
}
