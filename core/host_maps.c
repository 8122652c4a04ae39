#include "host_maps.h"

#include <string.h>

#include "frame.h"
#include "key.h"
#include "try.h"

struct tn_cursor {
  tni_frame *owner;
  tn_slice from, to;
  tni_cursor place;
};

/* ---- keys ----------------------------------------------------------------------------------- */

static tn_status build_key(tni_frame *f, const tn_arg *parts, size_t count, tn_buffer *key) {
  for (size_t i = 0; i < count; i++) {
    tn_status status = tni_key_add(key, parts[i]);
    if (status == TN_LIMIT)
      return tni_frame_explain(f, status, "key", "a key may have %d bytes encoded", TN_KEY_SIZE_MAX);
    if (status == TN_NOMEM) return tni_frame_no_memory(f);
    if (status != TN_OK) return tni_frame_explain(f, status, "key", "a key's part is no valid value");
  }
  return TN_OK;
}

static bool is_first(const tni_frame *f, const tn_arg *part) {
  tn_value first = f->first_arg;
  return f->first.key.data && part->type == TN_ABSENT && part->u.value.data == first.data &&
         part->u.value.size == first.size;
}

tn_status tni_host_key(tn_ctx *ctx, const tn_arg *parts, size_t count, tn_slice *out) {
  tni_frame *f = tni_frame_of(ctx);
  if (count == 1 && is_first(f, parts)) return *out = f->first.key, TN_OK;
  tn_buffer key = {&f->arena.memory, NULL, 0, 0};
  TRY(build_key(f, parts, count, &key));
  *out = (tn_slice){key.data, key.size};
  return TN_OK;
}

tn_status tni_host_key_add(tn_ctx *ctx, uint8_t *key, size_t *size, tn_arg part) {
  tn_buffer buffer = {NULL, key, *size, TN_KEY_SIZE_MAX}; /* no key outgrows it */
  TRY(build_key(tni_frame_of(ctx), &part, 1, &buffer));
  *size = buffer.size;
  return TN_OK;
}

tn_status tni_host_key_decode(tn_ctx *ctx, tn_slice key, tn_builder *out) {
  tn_status status = tni_key_decode(key, out);
  return status == TN_OK ? TN_OK : tni_frame_explain(tni_frame_of(ctx), status, "key", "a map's key is no tuple");
}

tn_status tni_host_key_items(tn_ctx *ctx, tn_slice key, tn_builder *out) {
  tn_status status = tni_key_items(key, out);
  return status == TN_OK ? TN_OK : tni_frame_explain(tni_frame_of(ctx), status, "key", "a map's key is no tuple");
}

tn_status tni_host_key_end(tn_ctx *ctx, tn_slice key, tn_slice *out) {
  tni_frame *f = tni_frame_of(ctx);
  tn_buffer end = {&f->arena.memory, NULL, 0, 0};
  if (tni_key_end(key, &end) != TN_OK) return tni_frame_no_memory(f);
  *out = (tn_slice){end.data, end.size};
  return TN_OK;
}

tn_status tni_host_key_prefix(tn_ctx *ctx, const tn_arg *parts, size_t count, tn_slice *from, tn_slice *to) {
  tni_frame *f = tni_frame_of(ctx);
  tn_buffer key = {&f->arena.memory, NULL, 0, 0}, end = {&f->arena.memory, NULL, 0, 0};
  tn_arg last = parts[count - 1];
  TRY(build_key(f, parts, count, &key));
  tn_status status = tni_key_prefix(&key, last.type == TN_ABSENT ? tn_value_type(last.u.value) : last.type, &end);
  if (status == TN_INVALID)
    return tni_frame_explain(f, status, "prefix", "only a string or an array can be a prefix");
  if (status != TN_OK) return tni_frame_no_memory(f);
  *from = (tn_slice){key.data, key.size};
  *to = (tn_slice){end.data, end.size};
  return TN_OK;
}

/* ---- maps ----------------------------------------------------------------------------------- */

static tn_status map_index(tni_frame *f, uint32_t map, uint32_t *out) {
  if (map >= f->instance->model->map_count)
    return tni_frame_explain(f, TN_MISUSE, f->instance->name, "a handler named map %u; the model has %zu",
                             (unsigned)map, f->instance->model->map_count);
  *out = f->instance->map_base + map;
  return TN_OK;
}

/* What is within the limits and still does not fit would pass max_memory. */
static tn_status map_failure(tni_frame *f, tn_status status) {
  if (status == TN_NOMEM) return tni_frame_no_memory(f);
  if (status != TN_LIMIT) return status;
  return tni_frame_explain(f, status, "max_memory", "the engine's max_memory would be passed");
}

tn_status tni_host_get(tn_ctx *ctx, uint32_t map, tn_slice key, tn_slice *value) {
  tni_frame *f = tni_frame_of(ctx);
  uint32_t at = 0;
  TRY(tni_frame_step(f));
  TRY(map_index(f, map, &at));
  if (f->first.leaf && map == 0 && key.data == f->first.key.data && key.size == f->first.key.size)
    return tni_map_get_end(f->first.leaf, key, value);
  return tni_map_get(f->env->state, f->env->roots, at, key, value);
}

tn_status tni_host_get_many(tn_ctx *ctx, uint32_t map, const tn_slice *keys, size_t count, tn_slice *values) {
  tni_frame *f = tni_frame_of(ctx);
  uint32_t at = 0;
  TRY(tni_frame_step(f));
  TRY(map_index(f, map, &at));
  tni_map_get_many(f->env->state, f->env->roots, at, keys, count, values);
  return TN_OK;
}

static void record_change(tni_frame *f, uint32_t map, tn_slice key, const tn_slice *value) {
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

static tn_status may_store(tni_frame *f, uint32_t map, tn_slice key, tn_slice value, uint32_t *at) {
  TRY(tni_frame_may_write(f));
  TRY(tni_frame_step(f));
  TRY(map_index(f, map, at));
  TRY(tni_frame_within(f, TNI_KEY_BYTES, key.size));
  return tni_frame_within(f, TNI_VALUE_BYTES, value.size);
}

tn_status tni_host_put(tn_ctx *ctx, uint32_t map, tn_slice key, tn_slice value) {
  tni_frame *f = tni_frame_of(ctx);
  uint32_t at = 0;
  TRY(may_store(f, map, key, value, &at));
  tn_status status = tni_map_put(f->env->state, at, key, value);
  if (status != TN_OK) return map_failure(f, status);
  record_change(f, map, key, &value);
  return TN_OK;
}

tn_status tni_host_insert(tn_ctx *ctx, uint32_t map, tn_slice key, tn_slice value, tn_slice *there) {
  tni_frame *f = tni_frame_of(ctx);
  uint32_t at = 0;
  TRY(may_store(f, map, key, value, &at));
  tn_status status = tni_map_insert(f->env->state, at, key, value, there);
  if (status == TN_OK) record_change(f, map, key, &value);
  return status == TN_OK || status == TN_EXISTS ? status : map_failure(f, status);
}

tn_status tni_host_delete(tn_ctx *ctx, uint32_t map, tn_slice key) {
  tni_frame *f = tni_frame_of(ctx);
  uint32_t at = 0;
  TRY(tni_frame_may_write(f));
  TRY(tni_frame_step(f));
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
static tn_status delete_recorded(tni_frame *f, uint32_t map, uint32_t at, tn_slice from, tn_slice to,
                                 uint64_t *count) {
  tni_cursor *cursor = (tni_cursor *)tni_arena_alloc(&f->arena, sizeof *cursor);
  if (!cursor) return tni_frame_no_memory(f);
  tni_cursor_init(cursor, f->env->state, f->env->roots, at);
  tni_cursor_seek(cursor, from);
  tn_slice key, value;
  *count = 0;
  while (tni_cursor_next(cursor, &key, &value) == TN_OK && (to.size == 0 || compare_slices(key, to) < 0)) {
    TRY(tni_frame_step(f));
    record_change(f, map, key, NULL);
    memmove(cursor->key, key.data, key.size);
    tn_status status = tni_map_delete(f->env->state, at, (tn_slice){cursor->key, key.size});
    if (status != TN_OK) return map_failure(f, status);
    ++*count;
  }
  return TN_OK;
}

tn_status tni_host_delete_range(tn_ctx *ctx, uint32_t map, tn_slice from, tn_slice to, uint64_t *count) {
  tni_frame *f = tni_frame_of(ctx);
  uint32_t at = 0;
  uint64_t deleted = 0;
  TRY(tni_frame_may_write(f));
  TRY(tni_frame_check_call(f));
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

uint64_t tni_host_count(tn_ctx *ctx, uint32_t map) {
  tni_frame *f = tni_frame_of(ctx);
  return map < f->instance->model->map_count ? f->env->roots[f->instance->map_base + map].count : 0;
}

uint64_t tni_host_estimate(tn_ctx *ctx, uint32_t map, tn_slice from, tn_slice to) {
  tni_frame *f = tni_frame_of(ctx);
  if (map >= f->instance->model->map_count) return 0;
  return tni_map_estimate(f->env->state, f->env->roots, f->instance->map_base + map, from, to);
}

/* ---- cursors -------------------------------------------------------------------------------- */

static tn_status copy_bound(tni_frame *f, tn_slice bound, tn_slice *out) {
  void *copy = bound.size > 0 ? tni_arena_alloc(&f->arena, bound.size) : NULL;
  if (bound.size > 0 && !copy) return tni_frame_no_memory(f);
  if (copy) memcpy(copy, bound.data, bound.size);
  *out = (tn_slice){copy, bound.size};
  return TN_OK;
}

tn_status tni_host_cursor_open(tn_ctx *ctx, uint32_t map, tn_slice from, tn_slice to, tn_cursor **out) {
  tni_frame *f = tni_frame_of(ctx);
  uint32_t at = 0;
  TRY(tni_frame_step(f));
  TRY(map_index(f, map, &at));
  tn_cursor *cursor = (tn_cursor *)tni_arena_alloc(&f->arena, sizeof *cursor);
  if (!cursor) return tni_frame_no_memory(f);
  cursor->owner = f;
  TRY(copy_bound(f, from, &cursor->from));
  TRY(copy_bound(f, to, &cursor->to));
  tni_cursor_init(&cursor->place, f->env->state, f->env->roots, at);
  tni_cursor_seek(&cursor->place, cursor->from);
  *out = cursor;
  return TN_OK;
}

tn_status tni_host_cursor_seek(tn_cursor *cursor, tn_slice key) {
  TRY(tni_frame_step(cursor->owner));
  if (compare_slices(key, cursor->from) < 0) key = cursor->from;
  if (cursor->to.size > 0 && compare_slices(key, cursor->to) > 0) key = cursor->to;
  tni_cursor_seek(&cursor->place, key);
  return TN_OK;
}

tn_status tni_host_cursor_seek_end(tn_cursor *cursor) {
  TRY(tni_frame_step(cursor->owner));
  if (cursor->to.size > 0)
    tni_cursor_seek(&cursor->place, cursor->to);
  else
    tni_cursor_seek_end(&cursor->place);
  return TN_OK;
}

tn_status tni_host_cursor_next(tn_cursor *cursor, tn_slice *key, tn_slice *value) {
  TRY(tni_frame_step(cursor->owner));
  tn_status status = tni_cursor_next(&cursor->place, key, value);
  if (status != TN_OK || cursor->to.size == 0 || compare_slices(*key, cursor->to) < 0) return status;
  tni_cursor_seek(&cursor->place, cursor->to);
  return TN_NOT_FOUND;
}

tn_status tni_host_cursor_prev(tn_cursor *cursor, tn_slice *key, tn_slice *value) {
  TRY(tni_frame_step(cursor->owner));
  tn_status status = tni_cursor_prev(&cursor->place, key, value);
  if (status != TN_OK || compare_slices(*key, cursor->from) >= 0) return status;
  tni_cursor_seek(&cursor->place, cursor->from);
  return TN_NOT_FOUND;
}
