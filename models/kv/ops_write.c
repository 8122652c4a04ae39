#include <stdio.h>

#include "entry.h"
#include "ops.h"
#include "range.h"

static tn_status fail_version(tn_ctx *ctx, const tni_kv_slot *slot, int64_t wanted) {
  long long current = slot->live ? (long long)slot->entry.version : 0;
  if (current == 0)
    return tn_fail(ctx, TN_CONFLICT, "if_version", "expected version %lld, found no entry, version 0",
                   (long long)wanted);
  if (wanted == 0) return tn_fail(ctx, TN_CONFLICT, "if_version", "expected no entry, found version %lld", current);
  return tn_fail(ctx, TN_CONFLICT, "if_version", "expected version %lld, found version %lld", (long long)wanted,
                 current);
}

/* CONFLICT unless the slot is at `if_version`, where 0 is no entry; nothing to compare when it was not given. */
static tn_status check_version(tn_ctx *ctx, const tni_kv_slot *slot, tn_value if_version, int64_t lowest) {
  int64_t wanted;
  if (!tn_as_int(if_version, &wanted)) return TN_OK;
  if (wanted < lowest)
    return tn_fail(ctx, TN_INVALID, "if_version", "expected a version from %lld up, got %lld", (long long)lowest,
                   (long long)wanted);
  if ((uint64_t)wanted == (slot->live ? slot->entry.version : 0)) return TN_OK;
  return fail_version(ctx, slot, wanted);
}

static tn_status write_for_version(tn_ctx *ctx, const tni_kv_slot *slot, tn_value value, int64_t expires_us,
                                   tn_builder *result) {
  tn_builder *scratch;
  TRY(tni_kv_scratch(ctx, &scratch));
  TRY(tni_kv_write(ctx, slot, value, expires_us, scratch));
  tn_add(result, ctx->seq);
  return TN_OK;
}

static tn_status expires_then(tn_ctx *ctx, tn_value ttl_ms, tn_value expires_at, int64_t *expires_us) {
  (void)tn_as_timestamp(expires_at, expires_us);
  if (!tn_is_absent(ttl_ms)) return tn_fail(ctx, TN_INVALID, "expires_at", "ttl_ms says when it expires already");
  if (*expires_us == TNI_KV_NEVER)
    return tn_fail(ctx, TN_INVALID, "expires_at", "the end of time is not a time to expire");
  return TN_OK;
}

tn_status tni_kv_put(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_kv_slot slot;
  int64_t expires_us;
  TRY(tni_kv_expires_at(ctx, argv[3], &expires_us));
  if (!tn_is_absent(argv[4])) TRY(expires_then(ctx, argv[3], argv[4], &expires_us));
  TRY(tni_kv_slot_at(ctx, argv[0], "key", &slot));
  TRY(check_version(ctx, &slot, argv[2], 0));
  return write_for_version(ctx, &slot, argv[1], expires_us, result);
}

/* ---- mput ----------------------------------------------------------------------------------- */

typedef struct mput {
  int64_t expires_us;
  tn_builder *scratch;
  tn_builder *name; /* an object's field name as a key */
} mput;

static tn_status put_one(tn_ctx *ctx, const mput *m, tn_value key, tn_value value, const char *where) {
  tni_kv_slot slot;
  TRY(tni_kv_slot_at(ctx, key, where, &slot));
  return tni_kv_write(ctx, &slot, value, m->expires_us, m->scratch);
}

static tn_status put_item(tn_ctx *ctx, const mput *m, const tn_iter *it) {
  char where[32];
  tn_value pair = it->value;
  (void)snprintf(where, sizeof where, "entries.%u", it->next - 1);
  if (it->name.data) {
    tn_builder_clear(m->name);
    tn_add(m->name, tn_text(it->name));
    TRY(tni_kv_check_built(ctx, m->name, where));
    return put_one(ctx, m, tn_built(m->name), it->value, where);
  }
  if (tn_value_type(pair) != TN_ARRAY || tn_count(pair) != 2)
    return tn_fail(ctx, TN_INVALID, where, "expected [key, value]");
  return put_one(ctx, m, tn_item(pair, 0), tn_item(pair, 1), where);
}

tn_status tni_kv_mput(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  mput m;
  TRY(tni_kv_expires_at(ctx, argv[1], &m.expires_us));
  TRY(tni_kv_scratch(ctx, &m.scratch));
  TRY(tni_kv_scratch(ctx, &m.name));
  for (tn_iter it = tn_iter_of(argv[0]); tn_iter_next(&it);) TRY(put_item(ctx, &m, &it));
  tn_add(result, tn_count(argv[0]) > 0 ? ctx->seq : 0);
  return TN_OK;
}

/* ---- delete --------------------------------------------------------------------------------- */

tn_status tni_kv_delete(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_kv_slot slot;
  TRY(tni_kv_slot_live(ctx, argv[0], &slot));
  TRY(check_version(ctx, &slot, argv[1], 1));
  tn_add(result, slot.entry.version);
  return tni_kv_erase(ctx, &slot);
}

/* Deletes the expiry rows of a range's entries; *expired is how many of these nobody could see any more. */
static tn_status delete_expiry_rows(tn_ctx *ctx, const tni_kv_range *range, uint64_t *expired) {
  tn_cursor *cursor;
  tn_builder *scratch;
  tn_slice key, bytes;
  tn_value key_value;
  tni_kv_entry entry;
  tn_status status;
  TRY(tni_kv_scratch(ctx, &scratch));
  TRY(tn_cursor_open(ctx, TNI_KV_ENTRIES, range->from, range->to, &cursor));
  while ((status = tn_cursor_next(ctx, cursor, &key, &bytes)) == TN_OK) {
    TRY(tni_kv_entry_read(ctx, bytes, &entry));
    if (entry.expires_us == TNI_KV_NEVER) continue;
    *expired += tni_kv_expired(ctx, &entry);
    TRY(tni_kv_key_value(ctx, key, &entry, scratch, &key_value));
    TRY(tni_kv_expiry_delete(ctx, entry.expires_us, key_value));
  }
  return status == TN_NOT_FOUND ? TN_OK : status;
}

tn_status tni_kv_delete_range(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_kv_range range;
  uint64_t count = 0, expired = 0;
  TRY(tni_kv_range_of(ctx, argv[0], argv[1], argv[2], &range));
  if (!range.empty) {
    if (tn_map_count(ctx, TNI_KV_EXPIRY) > 0) TRY(delete_expiry_rows(ctx, &range, &expired));
    TRY(tn_map_delete_range(ctx, TNI_KV_ENTRIES, range.from, range.to, &count));
  }
  tn_add(result, count - expired);
  return TN_OK;
}

/* ---- what replaces and tells what was there -------------------------------------------------- */

tn_status tni_kv_swap(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_kv_slot slot;
  tn_builder *scratch;
  TRY(tni_kv_slot_at(ctx, argv[0], "key", &slot));
  if (slot.live) tn_add(result, slot.entry.value);
  TRY(tni_kv_scratch(ctx, &scratch));
  return tni_kv_write(ctx, &slot, argv[1], TNI_KV_NEVER, scratch);
}

tn_status tni_kv_take(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_kv_slot slot;
  TRY(tni_kv_slot_live(ctx, argv[0], &slot));
  tn_add(result, slot.entry.value);
  return tni_kv_erase(ctx, &slot);
}

tn_status tni_kv_cas(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_kv_slot slot;
  TRY(tni_kv_slot_live(ctx, argv[0], &slot));
  if (!tn_value_same(slot.entry.value, argv[1]))
    return tn_fail(ctx, TN_CONFLICT, "expect", "the value is another one, of version %llu",
                   (unsigned long long)slot.entry.version);
  return write_for_version(ctx, &slot, argv[2], TNI_KV_NEVER, result);
}

tn_status tni_kv_rename(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_kv_slot from, to;
  bool overwrite = false;
  (void)tn_as_bool(argv[2], &overwrite);
  TRY(tni_kv_slot_live(ctx, argv[0], &from));
  TRY(tni_kv_slot_at(ctx, argv[1], "to", &to));
  if (from.key.size == to.key.size && memcmp(from.key.data, to.key.data, to.key.size) == 0)
    return tn_add(result, from.entry.version), TN_OK;
  if (to.live && !overwrite)
    return tn_fail(ctx, TN_EXISTS, "to", "there is an entry, of version %llu; overwrite was not asked for",
                   (unsigned long long)to.entry.version);
  TRY(write_for_version(ctx, &to, from.entry.value, from.entry.expires_us, result));
  return tni_kv_erase(ctx, &from);
}
