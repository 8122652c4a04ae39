#include "pieces.h"

#include <sys/mman.h>

#define SIZE_FIRST ((size_t)32 << 10)
#define SIZE_MAX_USUAL ((size_t)8 << 20) /* larger only for what is larger itself */
#define HUGE_PAGE ((size_t)2 << 20)

struct tni_piece {
  tni_piece *next;
  size_t raw_size; /* of the allocation, which this is the beginning of */
  uint8_t *bytes;
  size_t size, used;
  uint64_t upto; /* the last number that has bytes in it */
};

static tni_piece *create(const tn_memory *memory, size_t size) {
  size_t align = size >= 2 * HUGE_PAGE ? HUGE_PAGE : _Alignof(max_align_t);
  size_t raw_size = sizeof(tni_piece) + align + size;
  tni_piece *piece = memory->resize(memory->context, NULL, 0, raw_size);
  if (!piece) return NULL;
  uint8_t *start = (uint8_t *)(piece + 1);
  size_t skip = (align - (uintptr_t)start % align) % align;
  *piece = (tni_piece){NULL, raw_size, start + skip, size, 0, 0};
  if (align == HUGE_PAGE) (void)madvise(piece->bytes, size / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
  return piece;
}

static void destroy(const tn_memory *memory, tni_piece *piece) {
  (void)memory->resize(memory->context, piece, piece->raw_size, 0);
}

static size_t next_size(const tni_pieces *p, size_t need) {
  size_t size = p->last ? p->last->size * 2 : SIZE_FIRST;
  if (size > SIZE_MAX_USUAL) size = SIZE_MAX_USUAL;
  return size < need ? need : size;
}

static bool add_piece(tni_pieces *p, size_t need) {
  tni_piece *piece = create(p->memory, next_size(p, need));
  if (!piece) return false;
  if (p->last)
    p->last->next = piece;
  else
    p->first = piece;
  p->last = piece;
  return true;
}

void *tni_pieces_take(tni_pieces *p, size_t size, uint64_t number) {
  if ((!p->last || p->last->size - p->last->used < size) && !add_piece(p, size)) return NULL;
  void *out = p->last->bytes + p->last->used;
  p->last->used += size;
  p->last->upto = number;
  return out;
}

tni_pieces_mark tni_pieces_at(const tni_pieces *p) { return (tni_pieces_mark){p->last, p->last ? p->last->used : 0}; }

static void destroy_from(tni_pieces *p, tni_piece *piece) {
  for (tni_piece *next; piece; piece = next) {
    next = piece->next;
    destroy(p->memory, piece);
  }
}

void tni_pieces_back(tni_pieces *p, tni_pieces_mark mark) {
  destroy_from(p, mark.last ? mark.last->next : p->first);
  p->last = mark.last;
  if (mark.last) {
    mark.last->next = NULL;
    mark.last->used = mark.used;
  } else {
    p->first = NULL;
  }
}

void tni_pieces_give(tni_pieces *p, uint64_t upto) {
  while (p->first && p->first->upto <= upto) {
    tni_piece *gone = p->first;
    p->first = gone->next;
    if (!p->first) p->last = NULL;
    destroy(p->memory, gone);
  }
}

void tni_pieces_fini(tni_pieces *p) {
  destroy_from(p, p->first);
  p->first = p->last = NULL;
}
