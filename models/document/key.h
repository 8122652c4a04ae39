/* key.h - keys of the model's maps: made part by part in memory of their own, and told apart without being decoded.
 * The bytes of a part are the core's (docs/FORMAT.md, "Key"); those of the entries map may be complemented, for
 * fields that go down, and know one part more: an empty array, which lies below null. */
#ifndef TENON_DOCUMENT_KEY_H
#define TENON_DOCUMENT_KEY_H

#include "query/query.h"

#define TNI_DOC_EMPTY_ARRAY 0x01 /* a whole part */
#define TNI_DOC_KEY_END 0x01     /* ends a key of a unique index, where the id's part stands in others */
#define TNI_DOC_NUMBER_MAX 11    /* bytes of a number's part */

typedef struct tni_doc_key {
  size_t size;
  uint8_t data[TN_KEY_SIZE_MAX];
} tni_doc_key;

static inline tn_slice tni_doc_key_slice(const tni_doc_key *key) { return (tn_slice){key->data, key->size}; }

int tni_doc_bytes_compare(tn_slice a, tn_slice b);
/* Whether the first parts of `key` are those of `parts`: behind them comes no 00 or ff, by which a text would go on.
 */
static inline bool tni_doc_has_parts(tn_slice key, tn_slice parts) {
  if (key.size < parts.size || memcmp(key.data, parts.data, parts.size) != 0) return false;
  uint8_t next = key.size == parts.size ? 1 : ((const uint8_t *)key.data)[parts.size];
  return next != 0x00 && next != 0xff;
}

/* Sorts; `spare` has room for as many. */
void tni_doc_slices_sort(tn_slice *slices, size_t count, tn_slice *spare);
/* Drops those that are the same as the one before; returns how many stay. */
size_t tni_doc_slices_unique(tn_slice *slices, size_t count);

/* Each appends; LIMIT when the key would be too long. */
tn_status tni_doc_key_bytes(tn_ctx *ctx, tni_doc_key *key, tn_slice bytes) TN_MUST_USE;
/* `value` absent is an empty array. `flipped`: all bytes of the part are complemented. */
tn_status tni_doc_key_part(tn_ctx *ctx, tni_doc_key *key, tn_value value, bool flipped) TN_MUST_USE;
tn_status tni_doc_key_number(tn_ctx *ctx, tni_doc_key *key, int64_t n) TN_MUST_USE;

/* Bytes of the part that `bytes` begins with; 0 when that is none. */
size_t tni_doc_part_size(tn_slice bytes, bool flipped);

/* The end of the range of the keys that begin with the parts `key` has, in scratch memory. NOMEM. */
tn_status tni_doc_key_end(tn_ctx *ctx, tn_slice key, tn_slice *out) TN_MUST_USE;
/* A copy in scratch memory. NOMEM. */
tn_status tni_doc_copy_bytes(tn_ctx *ctx, tn_slice bytes, tn_slice *out) TN_MUST_USE;

#endif
