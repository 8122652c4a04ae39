#include <stdio.h>

#include "entry.h"
#include "ops.h"

#define PROBLEM_TEXT_MAX 160
#define PROBLEM_KEY_MAX 64

typedef struct check {
  tn_ctx *ctx;
  tn_builder *row;
  tn_builder *scratch;
} check;

/* One problem; a key that people can read is named, any other by its type. */
static tn_status report(check *c, const char *map, tn_value key, const char *problem) {
  char text[PROBLEM_TEXT_MAX + PROBLEM_KEY_MAX];
  tn_slice name;
  int64_t n;
  if (tn_as_string(key, &name) && name.size <= PROBLEM_KEY_MAX)
    (void)snprintf(text, sizeof text, "%s: \"%.*s\": %s", map, (int)name.size, (const char *)name.data, problem);
  else if (tn_as_int(key, &n))
    (void)snprintf(text, sizeof text, "%s: %lld: %s", map, (long long)n, problem);
  else
    (void)snprintf(text, sizeof text, "%s: a key of type %s: %s", map, tni_kv_type_name(tn_value_type(key)), problem);
  tn_add(c->row, (const char *)text);
  return tn_row(c->ctx, c->row);
}

/* The key's only part, or absent. */
static tn_status key_part(check *c, tn_slice key, tn_value *out) {
  tn_builder_clear(c->scratch);
  TRY(tn_key_decode(c->ctx, key, c->scratch));
  tn_value parts = tn_built(c->scratch);
  *out = tn_count(parts) == 1 ? tn_item(parts, 0) : TN_NO_VALUE;
  return TN_OK;
}

static tn_status check_kept_key(check *c, tn_slice key, tn_value part, const tni_kv_entry *entry) {
  tn_slice again;
  if (tn_is_absent(entry->key)) return TN_OK;
  if (tn_value_same(entry->key, part)) return report(c, "entries", part, "keeps a key that needs no keeping");
  if (tni_kv_key(c->ctx, entry->key, NULL, &again) != TN_OK || again.size != key.size ||
      memcmp(again.data, key.data, key.size) != 0)
    return report(c, "entries", part, "keeps the key of another entry");
  return TN_OK;
}

static tn_status check_has_row(check *c, tn_value part, const tni_kv_entry *entry) {
  tn_slice row, value;
  if (entry->expires_us == TNI_KV_NEVER) return TN_OK;
  TRY(tni_kv_expiry_key(c->ctx, entry->expires_us, part, &row));
  tn_status status = tn_map_get(c->ctx, TNI_KV_EXPIRY, row, &value);
  return status == TN_NOT_FOUND ? report(c, "entries", part, "expires but has no row in expiry") : status;
}

static tn_status check_entry(check *c, tn_slice key, tn_slice bytes) {
  tn_value part;
  tni_kv_entry entry;
  TRY(key_part(c, key, &part));
  tn_type type = tn_value_type(part);
  if (type == TN_ABSENT || type == TN_OBJECT) return report(c, "entries", part, "the key is not one scalar or array");
  if (tni_kv_entry_read(c->ctx, bytes, &entry) != TN_OK) return report(c, "entries", part, c->ctx->error->text);
  if (entry.version > c->ctx->seq) return report(c, "entries", part, "its version is newer than the state");
  TRY(check_kept_key(c, key, part, &entry));
  return check_has_row(c, part, &entry);
}

static tn_status check_row(check *c, tn_slice row, tn_slice value) {
  tn_slice key, bytes;
  tn_value part;
  int64_t expires_us;
  tni_kv_entry entry;
  if (tni_kv_expiry_row_read(c->ctx, row, c->scratch, &expires_us, &part) != TN_OK)
    return report(c, "expiry", TN_NO_VALUE, c->ctx->error->text);
  if (!tn_is_null(tn_bytes_value(value))) return report(c, "expiry", part, "the row's value is not null");
  TRY(tni_kv_key(c->ctx, part, NULL, &key));
  tn_status status = tn_map_get(c->ctx, TNI_KV_ENTRIES, key, &bytes);
  if (status == TN_NOT_FOUND) return report(c, "expiry", part, "the row has no entry");
  if (status != TN_OK) return status;
  if (tni_kv_entry_read(c->ctx, bytes, &entry) != TN_OK) return TN_OK;
  return entry.expires_us == expires_us ? TN_OK : report(c, "expiry", part, "the entry expires at another time");
}

static tn_status check_map(check *c, uint32_t map, tn_status (*each)(check *c, tn_slice key, tn_slice value)) {
  tn_cursor *cursor;
  tn_slice key, value;
  tn_status status;
  TRY(tn_cursor_open(c->ctx, map, (tn_slice){NULL, 0}, (tn_slice){NULL, 0}, &cursor));
  while ((status = tn_cursor_next(c->ctx, cursor, &key, &value)) == TN_OK) TRY(each(c, key, value));
  return status == TN_NOT_FOUND ? TN_OK : status;
}

tn_status tni_kv_check(tn_ctx *ctx, tn_builder *row) {
  check c = {ctx, row, NULL};
  TRY(tni_kv_scratch(ctx, &c.scratch));
  TRY(check_map(&c, TNI_KV_ENTRIES, check_entry));
  return check_map(&c, TNI_KV_EXPIRY, check_row);
}
