/* pieces.h - memory for what comes and goes in one order, as records of a log do: taken in turns out of large pieces,
 * the largest of which lie on huge pages. A page costs as much when it is touched first as filling it does. */
#ifndef TENON_STORAGE_PIECES_H
#define TENON_STORAGE_PIECES_H

#include "tenon_plugin.h"

typedef struct tni_piece tni_piece;

typedef struct tni_pieces {
  const tn_memory *memory;
  tni_piece *first, *last; /* from the oldest to the one in use; NULL */
} tni_pieces;

/* Where the next bytes will be taken. */
typedef struct tni_pieces_mark {
  tni_piece *last;
  size_t used;
} tni_pieces_mark;

/* Bytes that belong to `number`, which never falls; NULL: no memory. */
void *tni_pieces_take(tni_pieces *pieces, size_t size, uint64_t number);
tni_pieces_mark tni_pieces_at(const tni_pieces *pieces);
/* What was taken since the mark is free again. */
void tni_pieces_back(tni_pieces *pieces, tni_pieces_mark mark);
/* What belongs to numbers up to this one is free again; pieces go back to the memory as a whole. */
void tni_pieces_give(tni_pieces *pieces, uint64_t upto);
void tni_pieces_fini(tni_pieces *pieces);

#endif
