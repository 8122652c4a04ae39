#include "map_edit.h"

/* Rebuilds the node in a smaller class. */
static void shrink(tni_edit *e, uint32_t level) {
  const tni_node *node = e->path[level].node;
  tni_sequence s;
  tni_sequence_init(&s, node->level);
  tni_sequence_add(&s, node, 0, node->count);
  tni_plan plan = tni_sequence_plan(&s, 0, s.count);
  bool top = level + 1 == e->root->height;
  if (tni_plan_class(&plan, top ? 0 : tni_usual_class(level)) >= node->size_class) return;
  if (!tni_plan_fits_one(&plan, s.count, tni_usual_class(level))) return;
  if (tni_slab_reserve(&e->state->slab, tni_node_size(node)) != TN_OK) return;
  (void)tni_edit_rebuild(e, level, &s, TNI_CUT_MIDDLE, 0);
}

/* An inner root of one child gives way to it. */
static void settle_root(tni_edit *e) {
  const tni_node *root = tni_node_at(e->state, e->root->node);
  bool same = true;
  while (root->level > 0 && root->count == 1) {
    uint32_t old = e->root->node;
    e->root->node = tni_children(root)[0];
    e->root->height--;
    tni_drop_node(e->state, old);
    root = tni_node_at(e->state, e->root->node);
    same = false;
  }
  if (same && tni_node_used(root) <= tni_node_size(root) / 8 * 3) shrink(e, e->root->height - 1);
}

static uint64_t join_need(const tni_edit *e, uint32_t level, const tni_sequence *s, const tni_node *a,
                          const tni_node *b) {
  uint8_t usual = tni_usual_class(level);
  tni_plan plan = tni_sequence_plan(s, 0, s->count);
  if (tni_plan_fits_one(&plan, s->count, usual)) return TNI_NODE_BYTES(tni_plan_class(&plan, usual));
  uint32_t size = tni_node_size(a) > tni_node_size(b) ? tni_node_size(a) : tni_node_size(b);
  uint32_t longest = tni_edit_longest_key(e, level, size);
  return tni_edit_rebuild_need(e, level, tni_node_expanded(a) + tni_node_expanded(b) + longest, longest);
}

/* The node and one beside it become one, or two of about the same size. Tells whether there is more to do above. */
static bool join(tni_edit *e, uint32_t level) {
  tni_step *step = &e->path[level], *above = &e->path[level + 1];
  if (above->node->count == 1) return true;
  uint8_t separator[TNI_KEY_SIZE_MAX];
  tni_sequence s;
  uint32_t right_slot = above->slot > 0 ? above->slot : 1;
  uint32_t left = tni_children(above->node)[right_slot - 1], right = tni_children(above->node)[right_slot];
  tni_node *a = tni_node_at(e->state, left), *b = tni_node_at(e->state, right);
  tn_slice key = {separator, tni_key_copy(above->node, right_slot, separator)};
  tni_sequence_init(&s, (uint8_t)level);
  tni_sequence_add(&s, a, 0, a->count);
  if (level > 0) tni_sequence_add_new(&s, key, &(tni_payload){.child = tni_children(b)[0]});
  tni_sequence_add(&s, b, level > 0, b->count);
  if (tni_slab_reserve(&e->state->slab, join_need(e, level, &s, a, b)) != TN_OK) return false;
  *step = (tni_step){left, 0, a};
  above->slot = right_slot - 1;
  tni_node_remove(above->node, right_slot, right_slot + 1);
  bool one = tni_edit_rebuild(e, level, &s, TNI_CUT_MIDDLE, 0);
  tni_drop_node(e->state, right);
  return one;
}

/* Takes the empty node out of the tree. Tells whether there is more to do above. */
static bool unhang(tni_edit *e, uint32_t level) {
  tni_drop_node(e->state, e->path[level].number);
  if (level + 1 < e->root->height) {
    tni_step *above = &e->path[level + 1];
    tni_node_remove(above->node, above->slot, above->slot + 1);
    return true;
  }
  e->root->node = 0;
  e->root->height = 0;
  return false;
}

void tni_edit_settle(tni_edit *e, uint32_t level) {
  for (bool more = true; more; level++) {
    const tni_node *node = e->path[level].node;
    uint32_t used = tni_node_used(node), usual = TNI_NODE_BYTES(tni_usual_class(level));
    if (node->count == 0) {
      more = unhang(e, level);
    } else if (level + 1 == e->root->height) {
      settle_root(e);
      return;
    } else if (used < usual / 2) {
      more = join(e, level);
    } else {
      if (tni_node_size(node) > usual && used <= tni_node_size(node) / 8 * 3) shrink(e, level);
      return;
    }
  }
}
