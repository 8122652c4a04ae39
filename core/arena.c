#include "arena.h"

#include "memory.h"

#define CHUNK_SIZE 8192

typedef struct tni_arena_chunk {
  struct tni_arena_chunk *next;
  size_t size;
  _Alignas(16) uint8_t data[];
} chunk;

static size_t rounded_up(size_t size) { return (size + 15) & ~(size_t)15; }

/* What was handed out last grows where it is. */
static bool grow_in_place(tni_arena *arena, uint8_t *data, size_t old_size, size_t new_size) {
  size_t more = rounded_up(new_size) - rounded_up(old_size);
  if (data + rounded_up(old_size) != arena->next || new_size > SIZE_MAX / 2 || more > arena->left) return false;
  arena->next += more;
  arena->left -= more;
  return true;
}

static void *arena_resize(void *context, void *data, size_t old_size, size_t new_size) {
  tni_arena *arena = (tni_arena *)context;
  if (new_size == 0) return NULL;
  if (new_size <= old_size) return data;
  if (data && grow_in_place(arena, (uint8_t *)data, old_size, new_size)) return data;
  void *moved = tni_arena_alloc(arena, new_size);
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
  size_t rounded = rounded_up(size);
  if (rounded < size || (rounded > arena->left && !add_chunk(arena, rounded))) return NULL;
  void *data = arena->next;
  arena->next += rounded;
  arena->left -= rounded;
  return data;
}
