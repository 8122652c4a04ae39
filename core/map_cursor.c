#include <assert.h>

#include "map_internal.h"

#define BEHIND_ALL UINT32_MAX /* a key size: behind every key there may ever be */

void tni_cursor_init(tni_cursor *c, const tni_state *state, const tni_root *roots, uint32_t map) {
  assert(map < state->map_count);
  c->state = state;
  c->roots = roots;
  c->map = map;
  c->working = roots == state->roots;
  c->behind = false;
  c->depth = 0;
  c->edits = 0;
  c->key_size = 0;
  c->prefix_of = 0;
}

static const tni_node *node_on_path(const tni_cursor *c, uint32_t level) {
  return tni_node_at(c->state, c->path[level].node);
}

#define LEAVES_AHEAD 3 /* of a walk to the right */

static void prefetch_ahead(const tni_cursor *c) {
  const tni_node *parent = node_on_path(c, 1);
  uint32_t slot = c->path[1].slot + LEAVES_AHEAD;
  if (slot < parent->count)
    tni_prefetch(tni_node_at(c->state, tni_children(parent)[slot]), TNI_NODE_BYTES(TNI_LEAF_CLASS) / TNI_LINE);
}

/* ---- finding the place ---------------------------------------------------------------------- */

static uint32_t find_child(const tni_cursor *c, const tni_node *node) {
  if (c->key_size == BEHIND_ALL) return node->count - 1u;
  return tni_inner_find(node, (tn_slice){c->key, c->key_size});
}

static uint32_t find_entry(const tni_cursor *c, const tni_node *leaf) {
  if (c->key_size == BEHIND_ALL) return leaf->count;
  bool exact;
  uint32_t slot = tni_leaf_find(leaf, (tn_slice){c->key, c->key_size}, &exact);
  return exact && c->behind ? slot + 1 : slot;
}

/* The path leads to the place that key and `behind` name; false when the map is empty. */
static bool locate(tni_cursor *c) {
  if (c->depth != 0 && (!c->working || c->edits == c->state->edits)) return true;
  const tni_root *root = &c->roots[c->map];
  uint32_t number = root->node;
  c->depth = (uint8_t)root->height;
  c->prefix_of = 0;
  if (c->working) c->edits = c->state->edits;
  for (uint32_t level = root->height; level-- > 0;) {
    const tni_node *node = tni_node_at(c->state, number);
    c->path[level].node = number;
    c->path[level].slot = level > 0 ? find_child(c, node) : find_entry(c, node);
    if (level > 0) number = tni_children(node)[c->path[level].slot];
  }
  return c->depth != 0;
}

void tni_cursor_seek(tni_cursor *c, tn_slice key) {
  bool beyond = key.size > TNI_KEY_SIZE_MAX;
  c->key_size = beyond ? TNI_KEY_SIZE_MAX : (uint32_t)key.size;
  if (c->key_size > 0) memmove(c->key, key.data, c->key_size);
  c->behind = beyond; /* no key lies between its first TNI_KEY_SIZE_MAX bytes and all of it */
  c->depth = 0;
}

void tni_cursor_seek_end(tni_cursor *c) {
  c->key_size = BEHIND_ALL;
  c->behind = true;
  c->depth = 0;
}

/* ---- stepping ------------------------------------------------------------------------------- */

/* The leaf to the right, before its first entry; or the leaf to the left, behind its last. */
static bool step_leaf(tni_cursor *c, bool right) {
  uint32_t level = 1;
  for (; level < c->depth; level++)
    if (right ? c->path[level].slot + 1u < node_on_path(c, level)->count : c->path[level].slot > 0) break;
  if (level >= c->depth) return false;
  c->path[level].slot += right ? 1u : -1u;
  for (; level > 0; level--) {
    uint32_t number = tni_children(node_on_path(c, level))[c->path[level].slot];
    uint32_t count = tni_node_at(c->state, number)->count;
    c->path[level - 1].node = number;
    c->path[level - 1].slot = right ? 0 : level > 1 ? count - 1 : count;
  }
  if (right) prefetch_ahead(c);
  return true;
}

static void hand_out(tni_cursor *c, const tni_node *leaf, uint32_t slot, tn_slice *key, tn_slice *value) {
  c->key_size = tni_slot_key_size(leaf, slot);
  uint32_t from = c->prefix_of == c->path[0].node ? leaf->prefix_size : 0;
  tni_key_read(leaf, slot, from, c->key_size, c->key + from);
  c->prefix_of = c->path[0].node;
  *key = (tn_slice){c->key, c->key_size};
  *value = tni_leaf_value(leaf, slot);
}

tn_status tni_cursor_next(tni_cursor *c, tn_slice *key, tn_slice *value) {
  if (!locate(c)) return TN_NOT_FOUND;
  if (c->path[0].slot >= node_on_path(c, 0)->count && !step_leaf(c, true)) return TN_NOT_FOUND;
  c->behind = true;
  hand_out(c, node_on_path(c, 0), c->path[0].slot++, key, value);
  return TN_OK;
}

tn_status tni_cursor_prev(tni_cursor *c, tn_slice *key, tn_slice *value) {
  if (!locate(c)) return TN_NOT_FOUND;
  if (c->path[0].slot == 0 && !step_leaf(c, false)) return TN_NOT_FOUND;
  c->behind = false;
  hand_out(c, node_on_path(c, 0), --c->path[0].slot, key, value);
  return TN_OK;
}
