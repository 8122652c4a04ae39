#include "arena.h"

#include "memory.h"

#define CHUNK_SIZE 8192

typedef struct tni_arena_chunk {
  struct tni_arena_chunk *next;
  size_t size;
  _Alignas(16) uint8_t data[];
} chunk;

static void *arena_resize(void *context, void *data, size_t old_size, size_t new_size) {
  if (new_size == 0) return NULL;
  if (new_size <= old_size) return data;
  void *moved = tni_arena_alloc((tni_arena *)context, new_size);
  if (moved && old_size > 0) memcpy(moved, data, old_size);
  return moved;
}

void tni_arena_init(tni_arena *arena, const tn_memory *under) {
  arena->memory = (tn_memory){arena_resize, arena};
  arena->under = under;
  arena->chunks = NULL;
  arena->next = arena->first;
  arena->left = sizeof arena->first;
}

void tni_arena_fini(tni_arena *arena) {
  for (chunk *c = arena->chunks, *next; c; c = next) {
    next = c->next;
    tni_free(arena->under, c, c->size);
  }
  arena->chunks = NULL;
}

static bool add_chunk(tni_arena *arena, size_t need) {
  if (need > SIZE_MAX / 2) return false;
  size_t size = sizeof(chunk) + (need > CHUNK_SIZE ? need : CHUNK_SIZE);
  chunk *c = (chunk *)tni_alloc(arena->under, size);
  if (!c) return false;
  c->next = arena->chunks;
  c->size = size;
  arena->chunks = c;
  arena->next = c->data;
  arena->left = size - sizeof(chunk);
  return true;
}

void *tni_arena_alloc(tni_arena *arena, size_t size) {
  size_t rounded = (size + 15) & ~(size_t)15;
  if (rounded < size || (rounded > arena->left && !add_chunk(arena, rounded))) return NULL;
  void *data = arena->next;
  arena->next += rounded;
  arena->left -= rounded;
  return data;
}
