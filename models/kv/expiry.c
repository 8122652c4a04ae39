#include "entry.h"
#include "ops.h"

tn_status tni_kv_expires_at(tn_ctx *ctx, tn_value ttl_ms, int64_t *expires_us) {
  int64_t ms;
  if (!tn_as_int(ttl_ms, &ms)) return *expires_us = TNI_KV_NEVER, TN_OK;
  if (ms < 1 || ms > TNI_KV_TTL_MS_MAX)
    return tn_fail(ctx, TN_INVALID, "ttl_ms", "expected 1 to %lld ms, got %lld", (long long)TNI_KV_TTL_MS_MAX,
                   (long long)ms);
  if (ctx->now_us >= TNI_KV_NEVER - ms * 1000)
    return tn_fail(ctx, TN_INVALID, "ttl_ms", "expires after the end of time");
  *expires_us = ctx->now_us + ms * 1000;
  return TN_OK;
}

static tn_status touch(tn_ctx *ctx, const tni_kv_slot *slot, int64_t expires_us) {
  tn_builder *scratch;
  if (slot->entry.expires_us == expires_us) return TN_OK;
  TRY(tni_kv_scratch(ctx, &scratch));
  return tni_kv_touch(ctx, slot, expires_us, scratch);
}

tn_status tni_kv_expire(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_kv_slot slot;
  int64_t expires_us;
  TRY(tni_kv_expires_at(ctx, argv[1], &expires_us));
  TRY(tni_kv_slot_live(ctx, argv[0], &slot));
  tn_add(result, tn_time(expires_us));
  return touch(ctx, &slot, expires_us);
}

tn_status tni_kv_persist(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_kv_slot slot;
  TRY(tni_kv_slot_live(ctx, argv[0], &slot));
  tn_add(result, (bool)(slot.entry.expires_us != TNI_KV_NEVER));
  return touch(ctx, &slot, TNI_KV_NEVER);
}

tn_status tni_kv_ttl(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_kv_slot slot;
  TRY(tni_kv_slot_live(ctx, argv[0], &slot));
  if (slot.entry.expires_us == TNI_KV_NEVER)
    tn_add(result, TN_ARG_NULL);
  else
    tn_add(result, (slot.entry.expires_us - ctx->now_us + 999) / 1000);
  return TN_OK;
}

/* ---- what has expired ------------------------------------------------------------------------ */

static tn_status expired_rows(tn_ctx *ctx, tn_cursor **out) {
  tn_slice end;
  TRY(tn_key(ctx, &end, tn_time(ctx->now_us + 1)));
  return tn_cursor_open(ctx, TNI_KV_EXPIRY, (tn_slice){NULL, 0}, end, out);
}

tn_status tni_kv_count_expired(tn_ctx *ctx, uint64_t *count) {
  tn_cursor *cursor;
  tn_slice key, value;
  tn_status status;
  uint64_t n = 0;
  TRY(expired_rows(ctx, &cursor));
  while ((status = tn_cursor_next(ctx, cursor, &key, &value)) == TN_OK) n++;
  if (status != TN_NOT_FOUND) return status;
  *count = n;
  return TN_OK;
}

tn_status tni_kv_maintain(tn_ctx *ctx, tn_maintenance *out) {
  tn_cursor *cursor;
  tn_slice key, value;
  TRY(expired_rows(ctx, &cursor));
  tn_status status = tn_cursor_next(ctx, cursor, &key, &value);
  if (status == TN_NOT_FOUND) return TN_OK;
  if (status != TN_OK) return status;
  (void)tn_obj(out->args, "limit", TNI_KV_PURGE_DEFAULT);
  out->op = "purge";
  return TN_OK;
}

/* Deletes an expiry row and the entry it stands for. */
static tn_status purge_row(tn_ctx *ctx, tn_slice row, tn_builder *scratch) {
  tn_slice key;
  tn_value key_value;
  int64_t expires_us;
  TRY(tni_kv_expiry_row_read(ctx, row, scratch, &expires_us, &key_value));
  TRY(tni_kv_key(ctx, key_value, NULL, &key));
  TRY(tni_kv_expiry_delete(ctx, expires_us, key_value));
  tn_status status = tn_map_delete(ctx, TNI_KV_ENTRIES, key);
  return status == TN_NOT_FOUND ? tn_fail(ctx, TN_CORRUPT, NULL, "a row of expiry has no entry") : status;
}

tn_status tni_kv_purge(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tn_cursor *cursor;
  tn_builder *scratch;
  tn_slice row, value;
  tn_status status = TN_OK;
  int64_t limit = TNI_KV_PURGE_DEFAULT, purged = 0;
  (void)tn_as_int(argv[0], &limit);
  if (limit < 1) return tn_fail(ctx, TN_INVALID, "limit", "expected at least 1, got %lld", (long long)limit);
  TRY(tni_kv_scratch(ctx, &scratch));
  TRY(expired_rows(ctx, &cursor));
  for (; purged < limit && (status = tn_cursor_next(ctx, cursor, &row, &value)) == TN_OK; purged++)
    TRY(purge_row(ctx, row, scratch));
  if (status != TN_OK && status != TN_NOT_FOUND) return status;
  tn_add(result, purged);
  return TN_OK;
}
