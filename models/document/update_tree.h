/* update_tree.h - the changes of an update as a tree of their paths, and how it is laid over a document. Two changes
 * may not meet: no path is another or leads through one. What paths without $ say is known when the tree is made; the
 * items that `$` and `$[...]` stand for are known for each document only. */
#ifndef TENON_DOCUMENT_UPDATE_TREE_H
#define TENON_DOCUMENT_UPDATE_TREE_H

#include "update_op.h"
#include "update_path.h"

typedef struct tni_branch {
  tni_update_step step;          /* to here from the branch above */
  const tni_item_filter *filter; /* of a MATCHED step */
  const tni_change *change;      /* at the end of a path; then there are no branches below */
  struct tni_branch *next;
  struct tni_branch *first, *last; /* in tni_update_step_compare()'s order */
  uint32_t count;
} tni_branch;

/* Zeroed, a root. Both for scratch memory and the request's lifetime. INVALID: the change meets another (both are
 * named), or there is no filter of a name; NOMEM. */
tn_status tni_tree_add(tn_ctx *ctx, tni_branch *root, const tni_update_path *path, const tni_item_filters *filters,
                       const tni_change *change) TN_MUST_USE;

/* INVALID "$inc of 'a' and $set of 'a.b' change the same place". */
tn_status tni_changes_meet(tn_ctx *ctx, const tni_change *a, const tni_change *b);
/* A change at or below it, for errors. */
const tni_change *tni_branch_change(const tni_branch *branch);
/* What is below it are `$[]` and `$[name]`, and nothing else. */
bool tni_branch_has_items(const tni_branch *branch);

/* Makes all changes. `hit` may be NULL. update_apply.c. */
tn_status tni_tree_apply(tn_ctx *ctx, const tni_branch *root, tni_doc_edit *edit, const tni_hit *hit,
                         bool inserting) TN_MUST_USE;

#endif
