#include "map_internal.h"

/* Two walks side by side. Each stands at an element: at first the whole tree, later a subtree, or an entry. Where
 * both stand at the start of the same node, both step over it; else the one with the larger element goes down into
 * it. */
typedef struct side {
  const tni_state *state;
  tni_root root;
  bool done;
  uint32_t level; /* the element is the one at path[level].slot; the tree itself at level root.height */
  struct {
    const tni_node *node;
    uint32_t number;
    uint32_t slot;
  } path[TNI_HEIGHT_MAX];
} side;

static void side_init(side *s, const tni_state *state, tni_root root) {
  s->state = state;
  s->root = root;
  s->done = root.node == 0;
  s->level = root.height;
}

/* The node that the element is; not for entries. */
static uint32_t element(const side *s) {
  if (s->level == s->root.height) return s->root.node;
  return tni_children(s->path[s->level].node)[s->path[s->level].slot];
}

static void descend(side *s) {
  uint32_t number = element(s);
  s->level--;
  s->path[s->level].number = number;
  s->path[s->level].node = tni_node_at(s->state, number);
  s->path[s->level].slot = 0;
}

static void advance(side *s) {
  while (s->level < s->root.height && s->path[s->level].slot + 1u == s->path[s->level].node->count) s->level++;
  if (s->level == s->root.height)
    s->done = true;
  else
    s->path[s->level].slot++;
}

/* Whether it stands before all that is in the node with that number, whose parents are at `level`. */
static bool at_start_of(const side *s, uint32_t number, uint32_t level) {
  if (s->level > level) return false;
  if (s->level == level) return element(s) == number;
  for (uint32_t i = s->level; i < level; i++)
    if (s->path[i].slot != 0) return false;
  return s->path[level - 1].number == number;
}

static bool skip_same(side *a, side *b) {
  if (a->level < b->level) {
    side *higher = b;
    b = a;
    a = higher;
  }
  if (a->level == 0 || !at_start_of(b, element(a), a->level)) return false;
  b->level = a->level;
  advance(a);
  advance(b);
  return true;
}

static tn_slice entry(const side *s, uint8_t *key, tn_slice *value) {
  *value = tni_leaf_value(s->path[0].node, s->path[0].slot);
  return (tn_slice){key, tni_key_copy(s->path[0].node, s->path[0].slot, key)};
}

static int compare(tn_slice a, tn_slice b) {
  size_t common = a.size < b.size ? a.size : b.size;
  int order = common > 0 ? memcmp(a.data, b.data, common) : 0;
  return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static bool same_value(tn_slice a, tn_slice b) {
  return a.size == b.size && (a.data == b.data || memcmp(a.data, b.data, a.size) == 0);
}

static tn_status one_side(side *s, bool is_old, tni_diff_fn each, void *arg) {
  if (s->level > 0) return descend(s), TN_OK;
  uint8_t bytes[TNI_KEY_SIZE_MAX];
  tn_slice value, none = {NULL, 0}, key = entry(s, bytes, &value);
  advance(s);
  return is_old ? each(arg, key, value, none) : each(arg, key, none, value);
}

/* Both stand at entries. */
static tn_status both_sides(side *a, side *b, tni_diff_fn each, void *arg) {
  uint8_t a_bytes[TNI_KEY_SIZE_MAX], b_bytes[TNI_KEY_SIZE_MAX];
  tn_slice a_value, b_value, a_key = entry(a, a_bytes, &a_value), b_key = entry(b, b_bytes, &b_value);
  int order = compare(a_key, b_key);
  if (order < 0) return one_side(a, true, each, arg);
  if (order > 0) return one_side(b, false, each, arg);
  advance(a);
  advance(b);
  return same_value(a_value, b_value) ? TN_OK : each(arg, a_key, a_value, b_value);
}

tn_status tni_map_diff(const tni_state *state, const tni_root *old_roots, const tni_root *new_roots, uint32_t map,
                       tni_diff_fn each, void *arg) {
  side a, b;
  tn_status status = TN_OK;
  side_init(&a, state, old_roots[map]);
  side_init(&b, state, new_roots[map]);
  while (status == TN_OK && !(a.done && b.done)) {
    if (a.done)
      status = one_side(&b, false, each, arg);
    else if (b.done)
      status = one_side(&a, true, each, arg);
    else if (skip_same(&a, &b))
      continue;
    else if (a.level == 0 && b.level == 0)
      status = both_sides(&a, &b, each, arg);
    else
      descend(a.level >= b.level ? &a : &b);
  }
  return status;
}
