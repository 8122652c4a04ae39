/* entry.h - the entries of kv and the expiry index beside them: how they are stored, and the only code that changes
 * them. It knows no op.
 *
 *   entries  (key)              -> [version, value]
 *                                  [version, value, expires_at]        expires_at: timestamp, or null for never
 *                                  [version, value, expires_at, key]   where the key reads back otherwise (1.0 as 1)
 *   expiry   (expires_at, key)  -> null                                exactly one row per entry that expires
 *
 * A key is one part of its tuple, so "a" and ["a"] are two keys while 1 and 1.0 are one. `version` is the seq of
 * the record that last wrote the value. An entry is expired from expires_at on, and stays stored until it is
 * written, deleted in a range, or purged. */
#ifndef TENON_MODEL_KV_ENTRY_H
#define TENON_MODEL_KV_ENTRY_H

#include "tenon_plugin.h"

#define TRY(call)                               \
  do {                                          \
    tn_status try_status = (call);              \
    if (try_status != TN_OK) return try_status; \
  } while (0)

enum { TNI_KV_ENTRIES, TNI_KV_EXPIRY }; /* indexes into the model's maps */

#define TNI_KV_KEY_SIZE_MAX (TN_KEY_SIZE_MAX - 64) /* encoded; leaves room for expires_at in the expiry index */
#define TNI_KV_NEVER INT64_MAX

typedef struct tni_kv_entry {
  uint64_t version;
  tn_value value;     /* lives as long as the bytes it was read from */
  int64_t expires_us; /* TNI_KV_NEVER: it does not */
  tn_value key;       /* as it was written; absent when the map's key says the same */
} tni_kv_entry;

/* One key looked up: what is stored there, and whether anybody may see it. `entry.value` and `entry.key` live until
 * the next change of a map. A slot is good for one write, touch or erase. */
typedef struct tni_kv_slot {
  tn_value asked; /* the key it was looked up with */
  tn_slice key;   /* the same as a key of the map */
  bool stored;    /* `entry` is filled */
  bool live;      /* stored, and not expired */
  tni_kv_entry entry;
} tni_kv_slot;

static inline bool tni_kv_expired(const tn_ctx *ctx, const tni_kv_entry *entry) {
  return entry->expires_us <= ctx->now_us;
}

/* "int" for TN_INT. */
const char *tni_kv_type_name(tn_type type);

/* A builder that lives until the handler returns. NOMEM. */
tn_status tni_kv_scratch(tn_ctx *ctx, tn_builder **out);
/* TN_OK, or the reason why `built` holds no value, as an error about the argument `where`. */
tn_status tni_kv_check_built(tn_ctx *ctx, const tn_builder *built, const char *where);

/* The map's key for `key`, in scratch memory. INVALID for an object, LIMIT for one too long, with `where`. */
tn_status tni_kv_key(tn_ctx *ctx, tn_value key, const char *where, tn_slice *out);
/* The key as it was written, for an entry found under `key`; it may lie in `scratch`, which may be cleared. */
tn_status tni_kv_key_value(tn_ctx *ctx, tn_slice key, const tni_kv_entry *entry, tn_builder *scratch, tn_value *out);

/* Takes stored bytes apart. CORRUPT. */
tn_status tni_kv_entry_read(tn_ctx *ctx, tn_slice bytes, tni_kv_entry *out);

/* A row of the expiry index: its key; what its key says, with *key in `scratch` (CORRUPT); its end (CORRUPT when it
 * is not there). */
tn_status tni_kv_expiry_key(tn_ctx *ctx, int64_t expires_us, tn_value key, tn_slice *out);
tn_status tni_kv_expiry_row_read(tn_ctx *ctx, tn_slice row, tn_builder *scratch, int64_t *expires_us, tn_value *key);
tn_status tni_kv_expiry_delete(tn_ctx *ctx, int64_t expires_us, tn_value key);

/* Looks a key up. TN_OK whether anything is stored or not. Errors are about the argument `where`. */
tn_status tni_kv_slot_at(tn_ctx *ctx, tn_value key, const char *where, tni_kv_slot *out);
/* The same for the argument "key"; NOT_FOUND, without text, when it is not live. */
tn_status tni_kv_slot_live(tn_ctx *ctx, tn_value key, tni_kv_slot *out);

/* Each of these uses `scratch` for what it stores, and clears it. */

/* Stores `value` in the slot, at the version of the record being made. `value` may lie in the map, not in `scratch`.
 */
tn_status tni_kv_write(tn_ctx *ctx, const tni_kv_slot *slot, tn_value value, int64_t expires_us, tn_builder *scratch);
/* Changes only when the stored entry expires; its version stays. */
tn_status tni_kv_touch(tn_ctx *ctx, const tni_kv_slot *slot, int64_t expires_us, tn_builder *scratch);
/* Deletes what is stored in the slot. */
tn_status tni_kv_erase(tn_ctx *ctx, const tni_kv_slot *slot);

#endif
