/* map_edit.h - one edit of one map of the working state: the way from the root to where it happens, and the steps
 * that edits are made of. */
#ifndef TENON_MAP_EDIT_H
#define TENON_MAP_EDIT_H

#include "map_internal.h"
#include "map_sequence.h"

/* The node of a level on the way down, and the child or entry chosen in it. */
typedef struct tni_step {
  uint32_t number;
  uint32_t slot;
  tni_node *node;
} tni_step;

typedef struct tni_edit {
  tni_state *state;
  tni_root *root;
  uint32_t map;
  uint32_t moved; /* levels, from the leaf up, whose nodes the last put may have replaced, or what hangs from them */
  tni_step path[TNI_HEIGHT_MAX]; /* by level: 0 is the leaf */
} tni_edit;

/* How a sequence that needs two nodes is cut. */
typedef enum tni_cut {
  TNI_CUT_MIDDLE,
  TNI_CUT_APPEND, /* what came last goes to the new node: after appends */
  TNI_CUT_AT      /* behind item `cut_at`, where that leaves two nodes of a good size */
} tni_cut;

static inline uint8_t tni_usual_class(uint32_t level) { return level > 0 ? TNI_INNER_CLASS : TNI_LEAF_CLASS; }

void tni_edit_init(tni_edit *e, tni_state *state, uint32_t map);
/* Fills the path with the way to the first entry not below the key; the map is not empty. */
bool tni_edit_find(tni_edit *e, tn_slice key);
/* The same to behind the last entry. */
void tni_edit_find_end(tni_edit *e);
/* To the next leaf's first entry; false when there is none. */
bool tni_edit_next_leaf(tni_edit *e);

/* Bytes that tni_edit_own() may take from the slab, for all levels from `level` up. */
uint64_t tni_edit_own_need(const tni_edit *e, uint32_t level);
/* Bytes that tni_edit_rebuild() of a sequence of `bytes` bytes without prefixes may take, where no key is larger than
 * `key_size` bytes; the levels above are owned. */
uint64_t tni_edit_rebuild_need(const tni_edit *e, uint32_t level, uint64_t bytes, uint32_t key_size);

/* No key on the path from `level` up, nor one of `key_size` bytes, is longer. */
uint32_t tni_edit_longest_key(const tni_edit *e, uint32_t level, uint32_t key_size);

/* From here on nothing fails: what is needed has been reserved. */

/* Makes the nodes from the root down to `level` this generation's own. */
void tni_edit_own(tni_edit *e, uint32_t level);
/* Puts what the sequence says in place of the node at `level`, which is dropped: one node or two. The levels above
 * are owned; they split where they must. The path is good afterwards only from `level` + 1 up, and only if one
 * node came of it; tells whether it did. */
bool tni_edit_rebuild(tni_edit *e, uint32_t level, tni_sequence *s, tni_cut cut, uint32_t cut_at);

/* Puts an entry that goes behind all of a full leaf into a new one beside it, where that is all there is to do: the
 * leaf stays as it lies. The levels above are owned. False: nothing was done. (map_load.c) */
bool tni_edit_append(tni_edit *e, tn_slice key, const tni_payload *payload);

/* Takes the entry out of the digest and the count. */
void tni_edit_forget(tni_edit *e, const tni_node *leaf, uint32_t slot);

/* Merges, evens out or shrinks the node at `level`, and above, after something was removed from it. All of them are
 * owned. Where there is no memory for it nodes stay emptier than they should be. (map_settle.c) */
void tni_edit_settle(tni_edit *e, uint32_t level);

#endif
