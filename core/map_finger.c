#include "map_finger.h"

#include "map_search.h"
#include "map_ways.h"

void tni_finger_init(tni_finger *f, tni_state *state) {
  f->edit = (tni_edit){.state = state}; /* without a root, so no map's */
  f->edits = 0;
  f->key_size = TNI_FINGER_NO_KEY;
  f->exact = false;
}

static bool is_good(const tni_finger *f, const tni_root *root) {
  return f->edit.root == root && f->edits == f->edit.state->edits;
}

static bool is_at(const tni_finger *f, tn_slice key) {
  return f->key_size == key.size && memcmp(f->key, key.data, key.size) == 0;
}

static bool at_end(const tni_edit *e) {
  for (uint32_t level = 1; level < e->root->height; level++)
    if (e->path[level].slot + 1u < e->path[level].node->count) return false;
  return true;
}

/* Whether the key belongs into the path's leaf: between two of its entries, or behind the map's last. It is looked at
 * only where keys came in order. */
static bool find_near(tni_finger *f, tn_slice key) {
  tni_edit *e = &f->edit;
  const tni_node *leaf = e->path[0].node;
  if (e->root->height == 0 || (leaf->run == 0 && !at_end(e)) || tni_compare_prefix(leaf, key) != 0) return false;
  bool exact;
  uint32_t slot = tni_leaf_find(leaf, key, &exact);
  bool inside = exact || (slot > 0 && (slot < leaf->count || at_end(e)));
  if (!inside) return false;
  e->path[0].slot = slot;
  f->exact = exact;
  return true;
}

static bool go_along(tni_edit *e, const tni_way *way, tn_slice key) {
  bool exact;
  memcpy(e->path, way->path, e->root->height * sizeof *e->path);
  e->path[0].slot = tni_leaf_find(e->path[0].node, key, &exact);
  return exact;
}

bool tni_finger_lead(tni_finger *f, uint32_t map, tn_slice key) {
  tni_state *state = f->edit.state;
  bool good = is_good(f, &state->roots[map]);
  if (good && is_at(f, key)) return f->exact;
  f->key_size = TNI_FINGER_NO_KEY;
  if (good && find_near(f, key)) return f->exact;
  tni_edit_init(&f->edit, state, map);
  f->edits = state->edits;
  const tni_way *way = tni_ways_take(state, f->edit.root, key);
  if (way) return f->exact = go_along(&f->edit, way, key);
  return f->exact = f->edit.root->height > 0 && tni_edit_find(&f->edit, key);
}

bool tni_finger_find(tni_finger *f, uint32_t map, tn_slice key) {
  bool exact = tni_finger_lead(f, map, key);
  if (f->key_size == TNI_FINGER_NO_KEY && key.size <= TNI_FINGER_KEY_MAX) {
    memcpy(f->key, key.data, key.size);
    f->key_size = (uint32_t)key.size;
  }
  return exact;
}

void tni_finger_stay(tni_finger *f) {
  f->edits = f->edit.state->edits;
  f->exact = true;
}
