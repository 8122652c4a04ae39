#include <stdio.h>

#include "entry.h"
#include "ops.h"
#include "range.h"

tn_status tni_kv_get(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tn_value fallback = argv[1];
  tni_kv_slot slot;
  tn_status status = tni_kv_slot_live(ctx, argv[0], &slot);
  if (status == TN_NOT_FOUND && !tn_is_absent(fallback)) return tn_add(result, fallback), TN_OK;
  if (status == TN_OK) tn_add(result, slot.entry.value);
  return status;
}

tn_status tni_kv_entry_op(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_kv_slot slot;
  TRY(tni_kv_slot_live(ctx, argv[0], &slot));
  int64_t expires_us = slot.entry.expires_us;
  tn_object_begin(result);
  tn_set(result, "value", slot.entry.value);
  tn_set(result, "version", slot.entry.version);
  tn_set(result, "expires_at", expires_us == TNI_KV_NEVER ? TN_ARG_NULL : tn_time(expires_us));
  tn_end(result);
  return TN_OK;
}

tn_status tni_kv_exists(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_kv_slot slot;
  TRY(tni_kv_slot_at(ctx, argv[0], "key", &slot));
  tn_add(result, slot.live);
  return TN_OK;
}

static tn_status keys_of(tn_ctx *ctx, tn_value keys, tn_slice *out) {
  for (tn_iter it = tn_iter_of(keys); tn_iter_next(&it); out++) {
    char where[32];
    (void)snprintf(where, sizeof where, "keys.%u", it.next - 1);
    TRY(tni_kv_key(ctx, it.value, where, out));
  }
  return TN_OK;
}

tn_status tni_kv_mget(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  size_t count = tn_count(argv[0]);
  if (count == 0) return tn_array_begin(result), tn_end(result), TN_OK;
  tn_slice *keys = tn_scratch(ctx, count * sizeof *keys);
  tn_slice *values = tn_scratch(ctx, count * sizeof *values);
  if (!keys || !values) return tn_fail(ctx, TN_NOMEM, NULL, "no memory for %zu keys", count);
  TRY(keys_of(ctx, argv[0], keys));
  TRY(tn_map_get_many(ctx, TNI_KV_ENTRIES, keys, count, values));
  tn_array_begin(result);
  for (size_t i = 0; i < count; i++) {
    tni_kv_entry entry = {0, TN_NO_VALUE, TNI_KV_NEVER, TN_NO_VALUE};
    if (values[i].data) TRY(tni_kv_entry_read(ctx, values[i], &entry));
    if (values[i].data && !tni_kv_expired(ctx, &entry))
      tn_add(result, entry.value);
    else
      tn_add(result, TN_ARG_NULL);
  }
  tn_end(result);
  return TN_OK;
}

static tn_status count_all(tn_ctx *ctx, uint64_t *out) {
  uint64_t expired = 0;
  TRY(tni_kv_count_expired(ctx, &expired));
  *out = tn_map_count(ctx, TNI_KV_ENTRIES) - expired;
  return TN_OK;
}

static tn_status count_range(tn_ctx *ctx, const tni_kv_range *range, uint64_t *out) {
  tn_cursor *cursor;
  tn_slice key, bytes;
  tni_kv_entry entry;
  uint64_t count = 0;
  TRY(tn_cursor_open(ctx, TNI_KV_ENTRIES, range->from, range->to, &cursor));
  tn_status status;
  while ((status = tn_cursor_next(ctx, cursor, &key, &bytes)) == TN_OK) {
    TRY(tni_kv_entry_read(ctx, bytes, &entry));
    count += !tni_kv_expired(ctx, &entry);
  }
  if (status != TN_NOT_FOUND) return status;
  *out = count;
  return TN_OK;
}

tn_status tni_kv_count(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_kv_range range;
  uint64_t count = 0;
  TRY(tni_kv_range_of(ctx, argv[0], argv[1], argv[2], &range));
  bool all = range.from.size == 0 && range.to.size == 0 && !range.empty;
  if (all)
    TRY(count_all(ctx, &count));
  else if (!range.empty)
    TRY(count_range(ctx, &range, &count));
  tn_add(result, count);
  return TN_OK;
}

/* ---- scan ----------------------------------------------------------------------------------- */

enum { SCAN_PREFIX, SCAN_FROM, SCAN_TO, SCAN_AFTER, SCAN_LIMIT, SCAN_REVERSE, SCAN_KEYS_ONLY };

typedef struct scan {
  tni_kv_range range;
  int64_t limit;
  bool reverse;
  bool keys_only;
  tn_builder *row;
  tn_builder *scratch;
} scan;

static tn_status scan_init(tn_ctx *ctx, const tn_value *argv, scan *s) {
  (void)tn_as_bool(argv[SCAN_REVERSE], &s->reverse);
  (void)tn_as_bool(argv[SCAN_KEYS_ONLY], &s->keys_only);
  if (!tn_as_int(argv[SCAN_LIMIT], &s->limit)) s->limit = INT64_MAX;
  if (s->limit < 0)
    return tn_fail(ctx, TN_INVALID, "limit", "expected a number of rows from 0 up, got %lld", (long long)s->limit);
  TRY(tni_kv_range_of(ctx, argv[SCAN_PREFIX], argv[SCAN_FROM], argv[SCAN_TO], &s->range));
  TRY(tni_kv_range_resume(ctx, argv[SCAN_AFTER], s->reverse, &s->range));
  return tni_kv_scratch(ctx, &s->scratch);
}

static tn_status emit(tn_ctx *ctx, const scan *s, tn_slice key, const tni_kv_entry *entry) {
  static const tn_slice names[] = {{"key", 3}, {"value", 5}};
  tn_value values[] = {TN_NO_VALUE, entry->value};
  TRY(tni_kv_key_value(ctx, key, entry, s->scratch, &values[0]));
  if (s->keys_only)
    tn_add(s->row, values[0]);
  else
    tn_add_fields(s->row, names, values, 2);
  TRY(tni_kv_check_built(ctx, s->row, NULL));
  return tn_row(ctx, s->row);
}

tn_status tni_kv_scan(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  scan s = {{{NULL, 0}, {NULL, 0}, false}, 0, false, false, result, NULL};
  tn_cursor *cursor;
  tn_slice key, bytes;
  tni_kv_entry entry;
  TRY(scan_init(ctx, argv, &s));
  if (s.range.empty || s.limit == 0) return TN_OK;
  TRY(tn_cursor_open(ctx, TNI_KV_ENTRIES, s.range.from, s.range.to, &cursor));
  if (s.reverse) TRY(tn_cursor_seek_end(ctx, cursor));
  for (int64_t rows = 0; rows < s.limit;) {
    tn_status status =
        s.reverse ? tn_cursor_prev(ctx, cursor, &key, &bytes) : tn_cursor_next(ctx, cursor, &key, &bytes);
    if (status == TN_NOT_FOUND) return TN_OK;
    if (status != TN_OK) return status;
    TRY(tni_kv_entry_read(ctx, bytes, &entry));
    if (tni_kv_expired(ctx, &entry)) continue;
    TRY(emit(ctx, &s, key, &entry));
    rows++;
  }
  return TN_OK;
}

/* ---- export --------------------------------------------------------------------------------- */

static tn_status emit_entry(tn_ctx *ctx, tn_slice key, const tni_kv_entry *entry, tn_builder *scratch,
                            tn_builder *row) {
  tn_value key_value;
  TRY(tni_kv_key_value(ctx, key, entry, scratch, &key_value));
  tn_object_begin(row);
  tn_set(row, "key", key_value);
  tn_set(row, "value", entry->value);
  if (entry->expires_us != TNI_KV_NEVER) tn_set(row, "expires_at", tn_time(entry->expires_us));
  tn_end(row);
  TRY(tni_kv_check_built(ctx, row, NULL));
  return tn_row(ctx, row);
}

tn_status tni_kv_export(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tn_cursor *cursor;
  tn_builder *scratch;
  tn_slice key, bytes;
  tni_kv_entry entry;
  tn_status status;
  (void)argv;
  TRY(tni_kv_scratch(ctx, &scratch));
  TRY(tn_cursor_open(ctx, TNI_KV_ENTRIES, (tn_slice){NULL, 0}, (tn_slice){NULL, 0}, &cursor));
  while ((status = tn_cursor_next(ctx, cursor, &key, &bytes)) == TN_OK) {
    TRY(tni_kv_entry_read(ctx, bytes, &entry));
    if (!tni_kv_expired(ctx, &entry)) TRY(emit_entry(ctx, key, &entry, scratch, result));
  }
  return status == TN_NOT_FOUND ? TN_OK : status;
}
