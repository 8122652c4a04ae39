#include "update_tree.h"

/* ---- branches --------------------------------------------------------------------------------- */

/* The branch of that step, or the last before where it belongs. */
static tni_branch *branch_before(tni_branch *parent, const tni_update_step *step) {
  tni_branch *before = NULL;
  if (parent->last && tni_update_step_compare(&parent->last->step, step) <= 0) return parent->last;
  for (tni_branch *at = parent->first; at && tni_update_step_compare(&at->step, step) <= 0; at = at->next)
    before = at;
  return before;
}

static void link_branch(tni_branch *parent, tni_branch *before, tni_branch *branch) {
  tni_branch **link = before ? &before->next : &parent->first;
  branch->next = *link;
  *link = branch;
  if (!branch->next) parent->last = branch;
  parent->count++;
}

static tn_status find_filter(tn_ctx *ctx, const tni_item_filters *filters, const tni_change *change,
                             tni_branch *branch) {
  if (branch->step.kind != TNI_STEP_MATCHED) return TN_OK;
  tni_item_filter *filter = tni_item_filters_find(filters, branch->step.step.name);
  if (!filter)
    return tn_fail(ctx, TN_INVALID, tni_change_where(ctx, change), "no array filter has the name '%s'",
                   tni_quoted(ctx, branch->step.step.name));
  filter->used = true;
  branch->filter = filter;
  return TN_OK;
}

static tn_status grow(tn_ctx *ctx, tni_branch *parent, tni_branch *before, const tni_update_step *step,
                      tni_branch **out) {
  tni_branch *branch = tn_scratch(ctx, sizeof *branch);
  if (!branch) return tni_no_memory(ctx);
  *branch = (tni_branch){.step = *step};
  link_branch(parent, before, branch);
  return *out = branch, TN_OK;
}

/* ---- conflicts -------------------------------------------------------------------------------- */

const tni_change *tni_branch_change(const tni_branch *branch) {
  while (!branch->change) branch = branch->first;
  return branch->change;
}

tn_status tni_changes_meet(tn_ctx *ctx, const tni_change *a, const tni_change *b) {
  return tn_fail(ctx, TN_INVALID, tni_change_where(ctx, b), "%s of '%s' and %s of '%s' change the same place",
                 a->op->name, tni_quoted(ctx, a->path), b->op->name, tni_quoted(ctx, b->path));
}

static bool is_of_items(tni_update_step_kind kind) { return kind == TNI_STEP_ALL || kind == TNI_STEP_MATCHED; }

bool tni_branch_has_items(const tni_branch *branch) { return branch->first && is_of_items(branch->first->step.kind); }

/* Items told by filters and items told by number may be the same. */
static bool mixes(const tni_branch *parent, const tni_update_step *step) {
  return parent->first && tni_branch_has_items(parent) != is_of_items(step->kind);
}

/* ---- adding ----------------------------------------------------------------------------------- */

static tn_status step_down(tn_ctx *ctx, tni_branch *parent, const tni_update_step *step,
                           const tni_item_filters *filters, const tni_change *change, tni_branch **out) {
  if (parent->change) return tni_changes_meet(ctx, parent->change, change);
  if (mixes(parent, step)) return tni_changes_meet(ctx, tni_branch_change(parent), change);
  tni_branch *before = branch_before(parent, step);
  if (before && tni_update_step_compare(&before->step, step) == 0) return *out = before, TN_OK;
  TRY(grow(ctx, parent, before, step, out));
  return find_filter(ctx, filters, change, *out);
}

tn_status tni_tree_add(tn_ctx *ctx, tni_branch *root, const tni_update_path *path, const tni_item_filters *filters,
                       const tni_change *change) {
  tni_branch *at = root;
  for (uint32_t i = 0; i < path->count; i++) TRY(step_down(ctx, at, &path->steps[i], filters, change, &at));
  if (at->change || at->first) return tni_changes_meet(ctx, tni_branch_change(at), change);
  at->change = change;
  return TN_OK;
}
