#include "kept.h"

#define BLOCK_SIZE_MIN 112 /* with what is before it a multiple of the pool's alignment */
#define BLOCK_SIZE_MAX (16 << 10)

typedef struct tni_kept_block {
  struct tni_kept_block *next;
  uint32_t used, capacity;
  uint8_t bytes[]; /* for each value its size in 4 bytes, then itself */
} tni_kept_block;

tn_status tni_kept_set(tni_kept *kept, tni_pool *pool, tn_value value) {
  if (value.size > kept->capacity) {
    size_t capacity = kept->capacity == 0 ? value.size : value.size + value.size / 2;
    uint8_t *bytes = tni_pool_alloc(pool, capacity);
    if (!bytes) return tni_pool_full(pool);
    kept->bytes = bytes;
    kept->capacity = (uint32_t)capacity;
  }
  if (value.size > 0) memcpy(kept->bytes, value.data, value.size);
  kept->size = (uint32_t)value.size;
  return TN_OK;
}

/* Blocks grow with the list, so that short ones are small. */
static tn_status add_block(tni_kept_list *list, tni_pool *pool, size_t need) {
  size_t size = list->last ? 2 * (size_t)list->last->capacity : BLOCK_SIZE_MIN;
  if (size > BLOCK_SIZE_MAX) size = BLOCK_SIZE_MAX;
  if (size < need) size = need;
  tni_kept_block *block = tni_pool_alloc(pool, sizeof *block + size);
  if (!block) return tni_pool_full(pool);
  *block = (tni_kept_block){NULL, 0, (uint32_t)size};
  if (list->last)
    list->last->next = block;
  else
    list->first = block;
  list->last = block;
  return TN_OK;
}

tn_status tni_kept_add(tni_kept_list *list, tni_pool *pool, tn_value value, tn_value *out) {
  uint32_t size = (uint32_t)value.size;
  size_t need = sizeof size + value.size;
  if (!list->last || need > list->last->capacity - list->last->used) TRY(add_block(list, pool, need));
  uint8_t *to = list->last->bytes + list->last->used;
  memcpy(to, &size, sizeof size);
  memcpy(to + sizeof size, value.data, value.size);
  list->last->used += (uint32_t)need;
  list->count++;
  if (out) *out = (tn_value){to + sizeof size, value.size};
  return TN_OK;
}

void tni_kept_build(const tni_kept_list *list, tn_builder *builder) {
  tn_array_begin(builder);
  for (const tni_kept_block *block = list->first; block; block = block->next) {
    for (uint32_t at = 0, size; at < block->used; at += (uint32_t)sizeof size + size) {
      memcpy(&size, block->bytes + at, sizeof size);
      tn_add(builder, ((tn_value){block->bytes + at + sizeof size, size}));
    }
  }
  tn_end(builder);
}
