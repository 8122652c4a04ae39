#include <assert.h>

#include "map_internal.h"

/* One of the two ways down: where in the node at this level the range's end lies. */
typedef struct way {
  tn_slice key;
  bool to_end; /* behind every key */
  const tni_node *node;
  uint32_t slot; /* inner: the child to go on into; leaf: the first entry that is not below the key */
} way;

static void find(way *w) {
  bool exact = false;
  if (w->node->level == 0)
    w->slot = w->to_end ? w->node->count : tni_leaf_find(w->node, w->key, &exact);
  else
    w->slot = w->to_end ? w->node->count - 1u : tni_inner_find(w->node, w->key);
}

static void descend(const tni_state *state, way *w) { w->node = tni_node_at(state, tni_children(w->node)[w->slot]); }

/* What lies between the ways at this level: children of inner nodes that neither way goes into, entries of leaves.
 * `above`: how many nodes of this level lie between, each taken to be as full as one in their middle. */
static double between(const way *from, const way *to, double above, uint32_t fill, bool apart) {
  uint32_t own = from->node->level == 0 ? 0 : 1;
  if (!apart) return to->slot > from->slot ? to->slot - from->slot - own : 0;
  return above * fill + (from->node->count - from->slot - own) + to->slot;
}

/* A node below this level that lies in the middle of what is between. */
static const tni_node *middle(const tni_state *state, const way *from, const way *to, bool apart) {
  uint32_t last = apart ? from->node->count : to->slot, after = from->slot + 1u;
  if (after < last) return tni_node_at(state, tni_children(from->node)[(after + last) / 2]);
  return tni_node_at(state, tni_children(to->node)[to->slot / 2]);
}

uint64_t tni_map_estimate(const tni_state *state, const tni_root *roots, uint32_t map, tn_slice from, tn_slice to) {
  assert(map < state->map_count);
  const tni_root *root = &roots[map];
  if (root->height == 0) return 0;
  way a = {from, false, tni_node_at(state, root->node), 0}, b = {to, to.size == 0, a.node, 0};
  const tni_node *usual = NULL; /* a node of this level */
  double count = 0;
  for (bool apart = false;; apart = apart || a.slot != b.slot, descend(state, &a), descend(state, &b)) {
    find(&a);
    find(&b);
    if (!apart && a.slot > b.slot) return 0;
    count = between(&a, &b, count, usual ? usual->count : 0, apart);
    if (a.node->level == 0) break;
    if (usual)
      usual = tni_node_at(state, tni_children(usual)[usual->count / 2]);
    else if (count > 0)
      usual = middle(state, &a, &b, apart);
  }
  return count < (double)root->count ? (uint64_t)count : root->count;
}
