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

/* What lies between the ways at this level: children of inner nodes that neither way goes into, entries of leaves. */
static double between(const way *from, const way *to, double above, bool apart) {
  bool leaf = from->node->level == 0;
  if (!apart) return to->slot > from->slot ? to->slot - from->slot - (leaf ? 0u : 1u) : 0;
  double fill = (from->node->count + to->node->count) / 2.0;
  return above * fill + (from->node->count - from->slot - (leaf ? 0u : 1u)) + to->slot;
}

uint64_t tni_map_estimate(const tni_state *state, const tni_root *roots, uint32_t map, tn_slice from, tn_slice to) {
  assert(map < state->map_count);
  const tni_root *root = &roots[map];
  if (root->height == 0) return 0;
  way a = {from, false, tni_node_at(state, root->node), 0}, b = {to, to.size == 0, a.node, 0};
  double count = 0;
  for (bool apart = false;;) {
    find(&a);
    find(&b);
    if (apart || a.slot != b.slot || a.node->level == 0) count = between(&a, &b, count, apart);
    if (a.node->level == 0) break;
    if (!apart && a.slot > b.slot) return 0;
    apart = apart || a.slot != b.slot;
    descend(state, &a);
    descend(state, &b);
  }
  return count < (double)root->count ? (uint64_t)count : root->count;
}
