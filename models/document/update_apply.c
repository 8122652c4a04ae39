/* update_apply.c - lays a tree of changes over a document. Several branches may lead to one place, as `$[a]` and
 * `$[b]` to an item that both filters match, so what goes down is a set of branches; what is below them is taken
 * together. */
#include <stdio.h>

#include "update_tree.h"

#define DIGITS_MAX 16

typedef struct walk {
  tni_site site;
  bool inserting;
  tni_step hit;                   /* the step that `$` is; without a name when the filter matched no item */
  const tni_doc_edit_node *block; /* where there is no node: what the path could not go through */
} walk;

typedef struct branches {
  const tni_branch **at;
  uint32_t count;
} branches;

static tn_status apply_all(walk *w, tni_doc_edit_node *node, branches set);

/* ---- one change ------------------------------------------------------------------------------- */

static tn_status is_idle(const walk *w, const tni_change *change, bool *out) {
  *out = (change->op->flags & TNI_UPDATE_ON_INSERT) && !w->inserting;
  return change->op->idle ? change->op->idle(change, &w->site, out) : TN_OK;
}

static tn_status fail_blocked(const walk *w, const tni_change *change) {
  if (change->op->flags & TNI_UPDATE_LENIENT) return TN_OK;
  return tn_fail(w->site.ctx, TN_INVALID, tni_change_where(w->site.ctx, change),
                 "the path cannot go through '%s', which is %s", tni_doc_edit_path(w->site.edit, w->block),
                 tn_type_name(tni_doc_edit_type(w->block)));
}

/* What is refused is tried once more, to say where. */
static tn_status set(const walk *w, const tni_change *change, tn_value made) {
  if (tni_doc_edit_set(w->site.edit, w->site.node, made, change->base) == TN_OK) return TN_OK;
  return tni_doc_edit_set(w->site.edit, w->site.node, made, tni_change_where(w->site.ctx, change));
}

static tn_status keep(const walk *w, const tni_change *change, tn_value now, tn_value made) {
  if (tn_value_same(now, made)) return TN_OK;
  if (!tn_is_absent(made)) return set(w, change, made);
  tni_doc_edit_remove(w->site.edit, w->site.node);
  return TN_OK;
}

static tn_status apply_change(walk *w, tni_doc_edit_node *node, const tni_change *change) {
  bool idle;
  TRY(is_idle(w, change, &idle));
  if (idle) return TN_OK;
  if (!node) return fail_blocked(w, change);
  tn_value now = tni_doc_edit_value(node), made = now;
  if (tn_is_absent(now) && !(change->op->flags & TNI_UPDATE_CREATES)) return TN_OK;
  w->site.node = node;
  TRY(change->op->apply(change, &w->site, now, &made));
  return keep(w, change, now, made);
}

/* ---- fields ----------------------------------------------------------------------------------- */

static const tni_step *step_of(const walk *w, const tni_branch *branch) {
  return branch->step.kind == TNI_STEP_HIT ? &w->hit : &branch->step.step;
}

/* All but a `$`'s are in their places already. */
static void insert_in_order(const walk *w, branches *all, const tni_branch *branch) {
  uint32_t at = all->count++;
  for (; at > 0 && tni_step_compare(step_of(w, all->at[at - 1]), step_of(w, branch)) > 0; at--)
    all->at[at] = all->at[at - 1];
  all->at[at] = branch;
}

/* Room for all that is below the set. */
static tn_status make_room(const walk *w, branches set, branches *out) {
  size_t count = 0;
  for (uint32_t i = 0; i < set.count; i++) count += set.at[i]->count;
  *out = (branches){tni_pool_alloc(w->site.pool, (count + 1) * sizeof *out->at), 0};
  return out->at ? TN_OK : tni_pool_full(w->site.pool);
}

static tn_status gather(const walk *w, branches set, branches *out) {
  TRY(make_room(w, set, out));
  for (uint32_t i = 0; i < set.count; i++)
    for (const tni_branch *below = set.at[i]->first; below; below = below->next) insert_in_order(w, out, below);
  return TN_OK;
}

static tn_status step_into(walk *w, tni_doc_edit_node *node, const tni_step *step, tni_doc_edit_node **out) {
  *out = NULL;
  if (!node) return TN_OK;
  TRY(tni_doc_edit_step(w->site.edit, node, step, out));
  if (!*out) w->block = node;
  return TN_OK;
}

/* How many from the first on are the same step. */
static uint32_t same_steps(const walk *w, branches all) {
  uint32_t count = 1;
  while (count < all.count && tni_step_compare(step_of(w, all.at[0]), step_of(w, all.at[count])) == 0) count++;
  return count;
}

static tn_status need_hit(const walk *w, branches all) {
  for (uint32_t i = 0; i < all.count && !w->hit.name.data; i++)
    if (all.at[i]->step.kind == TNI_STEP_HIT)
      return tn_fail(w->site.ctx, TN_INVALID, tni_change_where(w->site.ctx, tni_branch_change(all.at[i])),
                     "the positional $ stands for no item: no condition of the filter held for one");
  return TN_OK;
}

/* The only field that is changed needs no set. */
static tn_status apply_field(walk *w, tni_doc_edit_node *node, const tni_branch *branch) {
  tni_doc_edit_node *child;
  TRY(step_into(w, node, &branch->step.step, &child));
  return apply_all(w, child, (branches){&branch, 1});
}

static tn_status apply_fields(walk *w, tni_doc_edit_node *node, branches set) {
  branches all;
  tni_doc_edit_node *child;
  const tni_branch *only = set.at[0]->first;
  if (set.count == 1 && set.at[0]->count == 1 && only->step.kind == TNI_STEP_FIELD) return apply_field(w, node, only);
  TRY(gather(w, set, &all));
  TRY(need_hit(w, all));
  for (uint32_t same; all.count > 0; all.at += same, all.count -= same) {
    same = same_steps(w, all);
    TRY(tn_step(w->site.ctx));
    TRY(step_into(w, node, step_of(w, all.at[0]), &child));
    TRY(apply_all(w, child, (branches){all.at, same}));
  }
  return TN_OK;
}

/* ---- items ------------------------------------------------------------------------------------ */

static tn_status add_if_matched(const walk *w, const tni_branch *branch, tn_value item, branches *out) {
  bool matched = true;
  if (branch->filter) TRY(tni_item_filter_match(branch->filter, w->site.pool, item, &matched));
  if (matched) out->at[out->count++] = branch;
  return TN_OK;
}

static tn_status match_item(const walk *w, branches set, tn_value item, branches *out) {
  out->count = 0;
  TRY(tn_step(w->site.ctx));
  for (uint32_t i = 0; i < set.count; i++)
    for (const tni_branch *below = set.at[i]->first; below; below = below->next)
      TRY(add_if_matched(w, below, item, out));
  return TN_OK;
}

static tn_status need_array(const walk *w, const tni_doc_edit_node *node, const tni_branch *branch) {
  if (node && tni_doc_edit_type(node) == TN_ARRAY) return TN_OK;
  const tni_doc_edit_node *found = node ? node : w->block;
  return tn_fail(w->site.ctx, TN_INVALID, tni_change_where(w->site.ctx, tni_branch_change(branch)),
                 "expected an array in '%s', found %s", tni_doc_edit_path(w->site.edit, found),
                 tn_type_name(tni_doc_edit_type(found)));
}

static tn_status apply_items(walk *w, tni_doc_edit_node *node, branches set) {
  branches matched;
  tni_doc_edit_node *child;
  TRY(need_array(w, node, set.at[0]));
  TRY(make_room(w, set, &matched));
  for (tn_iter it = tn_iter_of(tni_doc_edit_value(node)); tn_iter_next(&it);) {
    TRY(match_item(w, set, it.value, &matched));
    if (matched.count == 0) continue;
    TRY(tni_doc_edit_item(w->site.edit, node, it.next - 1, &child));
    TRY(apply_all(w, child, matched));
  }
  return TN_OK;
}

/* ---- all -------------------------------------------------------------------------------------- */

static tn_status need_apart(const walk *w, branches set) {
  for (uint32_t i = 1; i < set.count; i++)
    if (set.at[0]->change || set.at[i]->change || tni_branch_has_items(set.at[0]) != tni_branch_has_items(set.at[i]))
      return tni_changes_meet(w->site.ctx, tni_branch_change(set.at[0]), tni_branch_change(set.at[i]));
  return TN_OK;
}

static tn_status apply_all(walk *w, tni_doc_edit_node *node, branches set) {
  TRY(need_apart(w, set));
  if (set.at[0]->change) return apply_change(w, node, set.at[0]->change);
  return tni_branch_has_items(set.at[0]) ? apply_items(w, node, set) : apply_fields(w, node, set);
}

static tn_status name_hit(walk *w, const tni_hit *hit) {
  if (!hit || hit->array_index == TNI_NO_INDEX) return TN_OK;
  char *digits = tni_pool_alloc(w->site.pool, DIGITS_MAX);
  if (!digits) return tni_pool_full(w->site.pool);
  (void)snprintf(digits, DIGITS_MAX, "%u", (unsigned)hit->array_index);
  w->hit = (tni_step){.name = tni_slice_of(digits), .index = hit->array_index};
  return TN_OK;
}

tn_status tni_tree_apply(tn_ctx *ctx, const tni_branch *root, tni_doc_edit *edit, const tni_hit *hit,
                         bool inserting) {
  walk w = {.site = {.ctx = ctx, .pool = edit->pool, .edit = edit}, .inserting = inserting};
  TRY(name_hit(&w, hit));
  return apply_all(&w, &edit->root, (branches){&root, 1});
}
