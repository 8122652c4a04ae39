/* ids.h - many ids at once in requests and answers: arrays of ints, made without going through the builder item by
 * item, and packed, which is 8 little-endian bytes each. */
#ifndef TENON_GRAPH_IDS_H
#define TENON_GRAPH_IDS_H

#include "store.h"

/* Adds an array of the ids. LIMIT: it would be larger than a value may be; NOMEM. */
tn_status tni_graph_ids_add(tn_ctx *ctx, tn_builder *out, const uint64_t *ids, size_t count) TN_MUST_USE;

/* The ids as packed bytes, in place. */
tn_slice tni_graph_ids_pack(uint64_t *ids, size_t count);
/* Packed ids, copied to where they lie as numbers. INVALID, with `where`, when they are no whole number of them. */
tn_status tni_graph_ids_unpack(tn_ctx *ctx, tn_slice bytes, const char *where, uint64_t **out,
                               size_t *count) TN_MUST_USE;

#endif
