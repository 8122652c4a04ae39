/* arena.h - memory for one operation: taken piece by piece, given back all at once. */
#ifndef TENON_ARENA_H
#define TENON_ARENA_H

#include "tenon_base.h"

#define TNI_ARENA_INLINE 8192

typedef struct tni_arena {
  tn_memory memory; /* hands out from the arena; freeing is a no-op */
  const tn_memory *under;
  struct tni_arena_chunk *chunks;
  uint8_t *next;
  size_t left;
  _Alignas(16) uint8_t first[TNI_ARENA_INLINE];
} tni_arena;

/* In place; must not move afterwards. */
void tni_arena_init(tni_arena *arena, const tn_memory *under);
/* Everything that was handed out is gone. */
void tni_arena_fini(tni_arena *arena);
/* Aligned for any type; NULL when there is no memory. */
void *tni_arena_alloc(tni_arena *arena, size_t size);

#endif
