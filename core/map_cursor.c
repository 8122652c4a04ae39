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
  c->leftward = false;
  c->depth = 0;
  c->pause = 0;
  c->edits = 0;
  c->key_size = 0;
  c->prefix_of = 0;
}

static const tni_node *node_on_path(const tni_cursor *c, uint32_t level) {
  return tni_node_at(c->state, c->path[level].node);
}

#define AHEAD_MAX 3    /* leaves of a walk */
#define ENTRIES_LEFT 4 /* of the first leaf, when a walk to the right seems to go on */

/* The longer a walk goes on, the further it is prefetched: a short one reads little in vain. */
static void prefetch_ahead(tni_cursor *c, bool right) {
  const tni_node *parent = node_on_path(c, 1);
  uint32_t slot = c->path[1].slot, there = right ? parent->count - 1u - slot : slot;
  unsigned wanted = c->ahead < AHEAD_MAX ? c->ahead + 1u : AHEAD_MAX;
  for (; c->ahead < wanted && c->ahead < there; c->ahead++) {
    uint32_t next = right ? slot + c->ahead + 1u : slot - c->ahead - 1u;
    tni_prefetch_far(tni_node_at(c->state, tni_children(parent)[next]), TNI_LEAF_LINES);
  }
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

/* Sets the path to the place that key and `behind` name; false when the map is empty. */
static __attribute__((noinline)) bool locate(tni_cursor *c) {
  const tni_root *root = &c->roots[c->map];
  uint32_t number = root->node;
  c->depth = (uint8_t)root->height;
  c->prefix_of = 0;
  c->ahead = 0;
  c->leftward = false;
  c->pause = 0;
  if (c->working) c->edits = c->state->edits;
  for (uint32_t level = root->height; level-- > 0;) {
    const tni_node *node = tni_node_at(c->state, number);
    tni_prefetch(node, level > 0 ? TNI_INNER_LINES : TNI_LEAF_LINES);
    c->path[level].node = number;
    c->path[level].slot = level > 0 ? find_child(c, node) : find_entry(c, node);
    if (level > 0)
      number = tni_children(node)[c->path[level].slot];
    else
      c->leaf = node;
  }
  if (c->depth == 1) c->pause = c->leaf->count;
  if (c->depth > 1 && c->leaf->count > ENTRIES_LEFT) c->pause = c->leaf->count - ENTRIES_LEFT;
  return c->depth != 0;
}

static inline bool is_stale(const tni_cursor *c) { return c->working && c->edits != c->state->edits; }
static inline bool located(tni_cursor *c) { return (c->depth != 0 && !is_stale(c)) || locate(c); }

void tni_cursor_seek(tni_cursor *c, tn_slice key) {
  bool beyond = key.size > TNI_KEY_SIZE_MAX;
  c->key_size = beyond ? TNI_KEY_SIZE_MAX : (uint32_t)key.size;
  if (c->key_size > 0) memmove(c->key, key.data, c->key_size);
  c->behind = beyond; /* no key lies between its first TNI_KEY_SIZE_MAX bytes and all of it */
  c->depth = 0;
  c->pause = 0;
}

void tni_cursor_seek_end(tni_cursor *c) {
  c->key_size = BEHIND_ALL;
  c->behind = true;
  c->depth = 0;
  c->pause = 0;
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
    const tni_node *node = tni_node_at(c->state, number);
    c->path[level - 1].node = number;
    c->path[level - 1].slot = right ? 0 : level > 1 ? node->count - 1u : node->count;
    c->leaf = node;
  }
  c->pause = c->leaf->count;
  c->ahead = right == c->leftward || c->ahead == 0 ? 0 : (uint8_t)(c->ahead - 1);
  c->leftward = !right;
  prefetch_ahead(c, right);
  return true;
}

/* What there is to do before the next entry is handed out, once in a while: false when there is none. */
static __attribute__((noinline)) bool go_on(tni_cursor *c) {
  if (!located(c)) return false;
  if (c->path[0].slot < c->pause) return true;
  if (c->path[0].slot >= c->leaf->count) return step_leaf(c, true);
  c->pause = c->leaf->count;
  if (c->ahead == 0 && !c->leftward) prefetch_ahead(c, true);
  return true;
}

/* A few bytes, without a call. */
static inline void copy_short(uint8_t *to, const uint8_t *from, uint32_t size) {
  if (size > 16) {
    memcpy(to, from, size);
  } else if (size >= 8) {
    memcpy(to, from, 8);
    memcpy(to + size - 8, from + size - 8, 8);
  } else if (size >= 4) {
    memcpy(to, from, 4);
    memcpy(to + size - 4, from + size - 4, 4);
  } else if (size > 0) {
    to[0] = from[0];
    to[size / 2] = from[size / 2];
    to[size - 1] = from[size - 1];
  }
}

/* All that is read of the leaf is read before the key is written, which for all the compiler knows may lie there. */
static inline __attribute__((always_inline)) void hand_out(tni_cursor *c, uint32_t at, tn_slice *key,
                                                           tn_slice *value) {
  const tni_node *leaf = c->leaf;
  const uint32_t *heads = tni_heads(leaf);
  uint32_t prefix = leaf->prefix_size, head = heads[at], slot = heads[leaf->count + at];
  uint32_t tail = tni_tail_of(slot), rest_size = tni_rest_size(tail);
  const uint8_t *rest = (const uint8_t *)leaf + (slot & 0xffff) + (slot & TNI_SLOT_BLOB ? 0 : TNI_INLINE_HEADER);
  *value = slot & TNI_SLOT_BLOB ? tni_leaf_value(leaf, at) : tni_record_value(rest, rest_size);
  if (c->prefix_of != c->path[0].node) {
    memcpy(c->key, leaf->bytes, prefix);
    c->prefix_of = c->path[0].node;
  }
  tni_store_be32(c->key + prefix, head);
  copy_short(c->key + prefix + TNI_HEAD_SIZE, rest, rest_size);
  c->key_size = prefix + tail;
  *key = (tn_slice){c->key, prefix + tail};
}

tn_status tni_cursor_next(tni_cursor *c, tn_slice *key, tn_slice *value) {
  if ((c->path[0].slot >= c->pause || is_stale(c)) && !go_on(c)) return TN_NOT_FOUND;
  c->behind = true;
  hand_out(c, c->path[0].slot++, key, value);
  return TN_OK;
}

tn_status tni_cursor_prev(tni_cursor *c, tn_slice *key, tn_slice *value) {
  if (!located(c)) return TN_NOT_FOUND;
  if (c->path[0].slot == 0 && !step_leaf(c, false)) return TN_NOT_FOUND;
  c->behind = false;
  hand_out(c, --c->path[0].slot, key, value);
  return TN_OK;
}
