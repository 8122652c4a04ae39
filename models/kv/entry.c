#include "entry.h"

static tn_status no_memory(tn_ctx *ctx) { return tn_fail(ctx, TN_NOMEM, NULL, "no memory for the operation"); }

const char *tni_kv_type_name(tn_type type) {
  static const char *const names[] = {
      [TN_ABSENT] = "nothing", [TN_NULL] = "null",     [TN_BOOL] = "bool",   [TN_INT] = "int",
      [TN_DOUBLE] = "double",  [TN_STRING] = "string", [TN_BYTES] = "bytes", [TN_TIMESTAMP] = "timestamp",
      [TN_ARRAY] = "array",    [TN_OBJECT] = "object",
  };
  return names[type];
}

tn_status tni_kv_scratch(tn_ctx *ctx, tn_builder **out) {
  tn_builder *scratch = tn_builder_for(ctx);
  if (!scratch) return no_memory(ctx);
  *out = scratch;
  return TN_OK;
}

tn_status tni_kv_check_built(tn_ctx *ctx, const tn_builder *built, const char *where) {
  tn_status status = tn_builder_status(built);
  if (status == TN_OK) return TN_OK;
  if (status == TN_NOMEM) return no_memory(ctx);
  if (status == TN_LIMIT) return tn_fail(ctx, TN_LIMIT, where, "the value would be nested too deep or too large");
  return tn_fail(ctx, status, where, "the value cannot be built");
}

/* ---- keys ----------------------------------------------------------------------------------- */

tn_status tni_kv_key(tn_ctx *ctx, tn_value key, const char *where, tn_slice *out) {
  if (tn_value_type(key) == TN_OBJECT)
    return tn_fail(ctx, TN_INVALID, where, "expected a scalar or an array, got object");
  tn_slice encoded;
  tn_status status = tn_key(ctx, &encoded, key);
  if (status == TN_LIMIT || (status == TN_OK && encoded.size > TNI_KV_KEY_SIZE_MAX))
    return tn_fail(ctx, TN_LIMIT, where, "expected a key of at most %d encoded bytes", TNI_KV_KEY_SIZE_MAX);
  if (status != TN_OK) return status;
  *out = encoded;
  return TN_OK;
}

static tn_status decode_key(tn_ctx *ctx, tn_slice key, tn_builder *scratch, tn_value *out) {
  tn_builder_clear(scratch);
  TRY(tn_key_items(ctx, key, scratch));
  *out = tn_built(scratch);
  return TN_OK;
}

tn_status tni_kv_key_value(tn_ctx *ctx, tn_slice key, const tni_kv_entry *entry, tn_builder *scratch, tn_value *out) {
  if (tn_is_absent(entry->key)) return decode_key(ctx, key, scratch, out);
  *out = entry->key;
  return TN_OK;
}

/* Sets *out to `key` when the map's key reads back as anything else, as only doubles do. */
static tn_status key_to_keep(tn_ctx *ctx, tn_slice encoded, tn_value key, tn_builder *scratch, tn_value *out) {
  tn_type type = tn_value_type(key);
  *out = TN_NO_VALUE;
  if (type != TN_DOUBLE && type != TN_ARRAY) return TN_OK;
  tn_value back;
  TRY(decode_key(ctx, encoded, scratch, &back));
  if (!tn_value_same(key, back)) *out = key;
  return TN_OK;
}

/* ---- entries -------------------------------------------------------------------------------- */

static tn_value item_of(const tn_container *c, uint32_t i) {
  return i < c->count ? tn_bytes_value(tn_container_slot(c, i)) : TN_NO_VALUE;
}

/* Most entries are [version, value]: the value is all that is left behind the version. */
static bool read_pair(const tn_container *stored, int64_t *version, tn_value *value) {
  tn_value first = tn_bytes_value(tn_container_slot(stored, 0));
  const uint8_t *second = first.data + first.size;
  *value = (tn_value){second, (size_t)(stored->ends - second)};
  return tn_as_int(first, version);
}

static bool read_more(const tn_container *stored, int64_t *version, tni_kv_entry *out) {
  tn_value expires = item_of(stored, 2);
  out->value = item_of(stored, 1);
  out->key = item_of(stored, 3);
  return tn_as_int(item_of(stored, 0), version) &&
         (tn_is_null(expires) || tn_as_timestamp(expires, &out->expires_us));
}

tn_status tni_kv_entry_read(tn_ctx *ctx, tn_slice bytes, tni_kv_entry *out) {
  tn_container stored = tn_container_of(tn_bytes_value(bytes));
  tni_kv_entry entry = {0, TN_NO_VALUE, TNI_KV_NEVER, TN_NO_VALUE};
  int64_t version = 0;
  bool fine = false;
  if (!stored.is_object && stored.count == 2)
    fine = read_pair(&stored, &version, &entry.value);
  else if (!stored.is_object && stored.count > 2 && stored.count <= 4)
    fine = read_more(&stored, &version, &entry);
  if (!fine || version <= 0)
    return tn_fail(ctx, TN_CORRUPT, NULL, "an entry is not of the form [version, value, expires_at?, key?]");
  entry.version = (uint64_t)version;
  *out = entry;
  return TN_OK;
}

static void build_entry(tn_builder *out, const tni_kv_entry *entry) {
  bool keyed = !tn_is_absent(entry->key), expires = entry->expires_us != TNI_KV_NEVER;
  tn_arg items[] = {TN_ARG(entry->version), TN_ARG(entry->value), expires ? tn_time(entry->expires_us) : TN_ARG_NULL,
                    TN_ARG(entry->key)};
  tn_builder_clear(out);
  tn_add_items(out, items, keyed ? 4 : expires ? 3 : 2);
}

tn_status tni_kv_slot_at(tn_ctx *ctx, tn_value key, const char *where, tni_kv_slot *out) {
  tni_kv_slot slot = {key, {NULL, 0}, false, false, {0, TN_NO_VALUE, TNI_KV_NEVER, TN_NO_VALUE}};
  TRY(tni_kv_key(ctx, key, where, &slot.key));
  tn_slice bytes;
  tn_status status = tn_map_get(ctx, TNI_KV_ENTRIES, slot.key, &bytes);
  if (status == TN_OK) {
    TRY(tni_kv_entry_read(ctx, bytes, &slot.entry));
    slot.stored = true;
    slot.live = !tni_kv_expired(ctx, &slot.entry);
  } else if (status != TN_NOT_FOUND) {
    return status;
  }
  *out = slot;
  return TN_OK;
}

tn_status tni_kv_slot_live(tn_ctx *ctx, tn_value key, tni_kv_slot *out) {
  tni_kv_slot slot;
  TRY(tni_kv_slot_at(ctx, key, "key", &slot));
  if (!slot.live) return TN_NOT_FOUND;
  *out = slot;
  return TN_OK;
}

/* ---- expiry rows ----------------------------------------------------------------------------- */

tn_status tni_kv_expiry_key(tn_ctx *ctx, int64_t expires_us, tn_value key, tn_slice *out) {
  return tn_key(ctx, out, tn_time(expires_us), key);
}

tn_status tni_kv_expiry_row_read(tn_ctx *ctx, tn_slice row, tn_builder *scratch, int64_t *expires_us, tn_value *key) {
  tn_builder_clear(scratch);
  TRY(tn_key_decode(ctx, row, scratch));
  tn_value parts = tn_built(scratch);
  if (tn_count(parts) != 2 || !tn_as_timestamp(tn_item(parts, 0), expires_us))
    return tn_fail(ctx, TN_CORRUPT, NULL, "a key of expiry is not of the form (expires_at, key)");
  *key = tn_item(parts, 1);
  return TN_OK;
}

tn_status tni_kv_expiry_delete(tn_ctx *ctx, int64_t expires_us, tn_value key) {
  tn_slice row;
  TRY(tni_kv_expiry_key(ctx, expires_us, key, &row));
  tn_status status = tn_map_delete(ctx, TNI_KV_EXPIRY, row);
  if (status == TN_NOT_FOUND) return tn_fail(ctx, TN_CORRUPT, NULL, "an entry that expires has no row in expiry");
  return status;
}

/* ---- changes -------------------------------------------------------------------------------- */

static tn_status move_expiry(tn_ctx *ctx, const tni_kv_slot *slot, int64_t to_us) {
  static const uint8_t null = TN_TAG_NULL;
  int64_t from_us = slot->entry.expires_us;
  tn_slice row;
  if (from_us == to_us) return TN_OK;
  if (from_us != TNI_KV_NEVER) TRY(tni_kv_expiry_delete(ctx, from_us, slot->asked));
  if (to_us == TNI_KV_NEVER) return TN_OK;
  TRY(tni_kv_expiry_key(ctx, to_us, slot->asked, &row));
  return tn_map_put(ctx, TNI_KV_EXPIRY, row, (tn_slice){&null, 1});
}

static tn_status place(tn_ctx *ctx, const tni_kv_slot *slot, const tni_kv_entry *entry, tn_builder *scratch) {
  build_entry(scratch, entry);
  TRY(tni_kv_check_built(ctx, scratch, "value"));
  TRY(move_expiry(ctx, slot, entry->expires_us));
  return tn_map_put(ctx, TNI_KV_ENTRIES, slot->key, tn_value_bytes(tn_built(scratch)));
}

tn_status tni_kv_write(tn_ctx *ctx, const tni_kv_slot *slot, tn_value value, int64_t expires_us,
                       tn_builder *scratch) {
  tni_kv_entry entry = {ctx->seq, value, expires_us, TN_NO_VALUE};
  TRY(key_to_keep(ctx, slot->key, slot->asked, scratch, &entry.key));
  return place(ctx, slot, &entry, scratch);
}

tn_status tni_kv_touch(tn_ctx *ctx, const tni_kv_slot *slot, int64_t expires_us, tn_builder *scratch) {
  tni_kv_entry entry = slot->entry;
  entry.expires_us = expires_us;
  return place(ctx, slot, &entry, scratch);
}

tn_status tni_kv_erase(tn_ctx *ctx, const tni_kv_slot *slot) {
  TRY(move_expiry(ctx, slot, TNI_KV_NEVER));
  return tn_map_delete(ctx, TNI_KV_ENTRIES, slot->key);
}
