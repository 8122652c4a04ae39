/* kept.h - copies of values that outlive the document they came from, in a pool: one that is replaced in its place,
 * and lists of them. Zeroed they are empty. */
#ifndef TENON_QUERY_KEPT_H
#define TENON_QUERY_KEPT_H

#include "pool.h"

/* One value; its memory is used again for the next. */
typedef struct tni_kept {
  uint8_t *bytes;
  uint32_t size; /* 0: absent */
  uint32_t capacity;
} tni_kept;

static inline tn_value tni_kept_value(const tni_kept *kept) { return (tn_value){kept->bytes, kept->size}; }
tn_status tni_kept_set(tni_kept *kept, tni_pool *pool, tn_value value) TN_MUST_USE;

/* Values in the order they were added, in blocks that are never moved. */
typedef struct tni_kept_list {
  struct tni_kept_block *first, *last;
  uint64_t count;
} tni_kept_list;

/* *out (NULL allowed) is the copy. */
tn_status tni_kept_add(tni_kept_list *list, tni_pool *pool, tn_value value, tn_value *out) TN_MUST_USE;
/* An array of them. */
void tni_kept_build(const tni_kept_list *list, tn_builder *builder);

#endif
