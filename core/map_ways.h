/* map_ways.h - the ways to keys that will be looked up soon: they are found together, so that their cache misses
 * overlap, and not again when their turn comes. Only in exclusive mode, where nodes stay where they are unless one is
 * split or merged. Only the writer touches them.
 *
 * A way leads down to a leaf, not to the place in it: other entries may have been put into that leaf meanwhile. It is
 * forgotten when an edit may have moved one of its nodes, or what hangs from them. */
#ifndef TENON_MAP_WAYS_H
#define TENON_MAP_WAYS_H

#include "map_edit.h"

#define TNI_WAYS 16          /* found together */
#define TNI_WAY_HEIGHT_MAX 8 /* of maps that are higher none is remembered, */
#define TNI_WAY_KEY_MAX 64   /* nor of longer keys */

typedef struct tni_way {
  tni_root *root; /* NULL: forgotten */
  uint32_t key_size;
  uint8_t key[TNI_WAY_KEY_MAX];
  tni_step path[TNI_WAY_HEIGHT_MAX]; /* as tni_edit.path, but for the leaf's slot */
} tni_way;

/* Ways in the order in which they were asked for. */
typedef struct tni_way_group {
  uint32_t count;
  uint32_t at; /* those before it have been used, or passed over */
  tni_way ways[TNI_WAYS];
} tni_way_group;

typedef struct tni_ways {
  uint64_t edits; /* all ways are good while this is the state's */
  uint32_t turn;  /* the group whose turn it is; the other one is being collected */
  tni_way_group groups[2];
} tni_ways;

/* The way to that key, if its turn has come. It is handed out once, and lives until the next edit. */
const tni_way *tni_ways_take(tni_state *state, const tni_root *root, tn_slice key);
/* After an edit of the state: forgets what it may have moved. */
void tni_ways_follow(tni_state *state, const tni_edit *e);

#endif
