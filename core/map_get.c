/* map_get.c - finding the value of one key, or of many at once. */
#include "map_finger.h"
#include "map_search.h"

static inline const tni_node *child_of(const tni_directory *directory, const tni_node *inner, tn_slice key) {
  return tni_node_in(directory, tni_children(inner)[tni_search_inner(inner, key)]);
}

static tn_status get_working(const tni_state *state, uint32_t map, tn_slice key, tn_slice *value) {
  const tni_step *leaf = &state->finger->edit.path[0];
  if (!tni_finger_find(state->finger, map, key)) return TN_NOT_FOUND;
  *value = tni_leaf_value(leaf->node, leaf->slot);
  return TN_OK;
}

static inline const tni_node *find_leaf(const tni_state *state, tni_root root, tn_slice key) {
  const tni_directory *directory = tni_directory_of(state);
  const tni_node *node = tni_node_in(directory, root.node);
  for (uint32_t level = root.height - 1; level > 1; level--) {
    node = child_of(directory, node, key);
    tni_prefetch(node, TNI_INNER_LINES);
  }
  if (root.height > 1) {
    node = child_of(directory, node, key);
    tni_prefetch(node, TNI_LEAF_LINES);
  }
  return node;
}

static inline tn_status get_in(const tni_node *leaf, tn_slice key, tn_slice *value) {
  uint32_t slot;
  if (!tni_search_span(leaf, tni_search_leaf(leaf, key), key, &slot)) return TN_NOT_FOUND;
  *value = tni_leaf_value(leaf, slot);
  return TN_OK;
}

tn_status tni_map_get(const tni_state *state, const tni_root *roots, uint32_t map, tn_slice key, tn_slice *value) {
  if (roots[map].node == 0 || key.size > TNI_KEY_SIZE_MAX) return TN_NOT_FOUND;
  if (key.size == 0) key.data = "";
  if (roots == state->roots) return get_working(state, map, key, value);
  return get_in(find_leaf(state, roots[map], key), key, value);
}

const tni_node *tni_map_get_begin(const tni_state *state, const tni_root *roots, uint32_t map, tn_slice key) {
  if (roots[map].node == 0 || key.size == 0 || key.size > TNI_KEY_SIZE_MAX) return NULL;
  return find_leaf(state, roots[map], key);
}

tn_status tni_map_get_end(const tni_node *begun, tn_slice key, tn_slice *value) { return get_in(begun, key, value); }

/* The lookups take each step together, so that their cache misses overlap: also the one on the record, which the last
 * comparison reads. */
#define LANES 16 /* lookups on their way at once */
#define RECORD_LINES 2

/* Each key's leaf, and where in it the key may be; that record is on its way. */
static void find_lanes(const tni_directory *directory, tni_root root, const tn_slice *keys, uint32_t count,
                       const tni_node **nodes, tni_span *spans) {
  for (uint32_t i = 0; i < count; i++) nodes[i] = tni_node_in(directory, root.node);
  for (uint32_t level = root.height - 1; level > 0; level--) {
    for (uint32_t i = 0; i < count; i++) {
      nodes[i] = child_of(directory, nodes[i], keys[i]);
      tni_prefetch(nodes[i], level > 1 ? TNI_INNER_LINES : TNI_LEAF_TOP_LINES);
    }
  }
  for (uint32_t i = 0; i < count; i++) {
    spans[i] = tni_search_leaf(nodes[i], keys[i]);
    if (spans[i].from < spans[i].to)
      tni_prefetch(tni_slot_rest(nodes[i], (spans[i].from + spans[i].to) / 2), RECORD_LINES);
  }
}

static void get_lanes(const tni_directory *directory, tni_root root, const tn_slice *keys, uint32_t count,
                      tn_slice *values) {
  const tni_node *nodes[LANES];
  tni_span spans[LANES];
  find_lanes(directory, root, keys, count, nodes, spans);
  for (uint32_t i = 0; i < count; i++) {
    uint32_t slot;
    bool found = tni_search_span(nodes[i], spans[i], keys[i], &slot);
    values[i] = found ? tni_leaf_value(nodes[i], slot) : (tn_slice){NULL, 0};
  }
}

static bool plain_keys(const tn_slice *keys, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (keys[i].size == 0 || keys[i].size > TNI_KEY_SIZE_MAX) return false;
  return true;
}

void tni_map_get_many(const tni_state *state, const tni_root *roots, uint32_t map, const tn_slice *keys, size_t count,
                      tn_slice *values) {
  const tni_directory *directory = tni_directory_of(state);
  for (size_t at = 0; at < count; at += LANES) {
    size_t lanes = count - at < LANES ? count - at : LANES;
    if (roots[map].node != 0 && plain_keys(keys + at, lanes)) {
      get_lanes(directory, roots[map], keys + at, (uint32_t)lanes, values + at);
      continue;
    }
    for (size_t i = at; i < at + lanes; i++)
      if (tni_map_get(state, roots, map, keys[i], &values[i]) != TN_OK) values[i] = (tn_slice){NULL, 0};
  }
}
