/* map_fill.h - entries in order, as they are given and not out of old nodes, on their way into a leaf of their own:
 * how many are to share it, and the leaf built in one go. It knows nothing of trees. */
#ifndef TENON_MAP_FILL_H
#define TENON_MAP_FILL_H

#include "map_sequence.h"

/* How the first `count` of some entries would lie in one leaf. */
typedef struct tni_fill_plan {
  tni_plan plan;
  uint32_t count;    /* 0: it cannot be told */
  uint32_t common;   /* bytes that all their keys share; of a single one UINT32_MAX */
  uint32_t keys;     /* bytes of all keys */
  uint32_t payloads; /* bytes of the heap that are not key */
  uint32_t key_least, key_most;
} tni_fill_plan;

/* The first of the entries that a leaf takes with the fewest bytes for each. None where it would take all there are,
 * so that more might go in, and where one it might take is not above the one before, has a key that is empty or too
 * long, or a value that does not belong in a leaf. The first key shares `shared` bytes with what stands before it. */
tni_fill_plan tni_fill_choose(const tni_entry *entries, size_t count, uint32_t shared);
/* Fills `leaf`, whose size_class is set and large enough, with those entries. */
void tni_fill_leaf(tni_node *leaf, uint64_t birth, const tni_entry *entries, const tni_fill_plan *chosen);

#endif
