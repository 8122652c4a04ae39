/* update_op.h - what an operator of updates is: a row in update_table.c, with a function that reads its operand and
 * one that says what a value becomes. Paths, conflicts and missing fields are not its business: update_tree.h. */
#ifndef TENON_DOCUMENT_UPDATE_OP_H
#define TENON_DOCUMENT_UPDATE_OP_H

#include "edit.h"

typedef struct tni_update_op tni_update_op;

/* One operator on one path of the request. Lives in scratch memory. */
typedef struct tni_change {
  const tni_update_op *op;
  tn_slice path;     /* borrowed from the request */
  const char *base;  /* where the update stands in the request */
  const char *where; /* "update.$inc.a.b"; NULL without op->compile, until tni_change_where() is asked */
  tn_value operand;
  const void *compiled; /* what op->compile made of it */
} tni_change;

/* Where a change is being made. */
typedef struct tni_site {
  tn_ctx *ctx;
  tni_pool *pool;
  tni_doc_edit *edit;
  tni_doc_edit_node *node;
} tni_site;

enum {
  TNI_UPDATE_CREATES = 1,   /* also for a field that is missing; else nothing happens there */
  TNI_UPDATE_ON_INSERT = 2, /* only for a document that is being inserted */
  TNI_UPDATE_LENIENT = 4,   /* a path that cannot be, as one through a number, is no error */
  TNI_UPDATE_MOVES = 8,     /* the operand is the path that is changed, to what stands at `path` */
  TNI_UPDATE_FILTERS = 16   /* a filter decides, whose regular expressions another library may read otherwise */
};

struct tni_update_op {
  const char *name;
  uint32_t flags;
  /* Optional. Reads change->operand, may set change->compiled. INVALID, LIMIT, NOMEM, with change->where. */
  tn_status (*compile)(tn_ctx *ctx, tni_change *change);
  /* *out is `now` when called (absent: the field is missing) and becomes the new value, in the pool or the request;
   * absent = the field is removed. INVALID, LIMIT, NOMEM, with change->where. */
  tn_status (*apply)(const tni_change *change, const tni_site *site, tn_value now, tn_value *out);
  /* Optional; asked before anything is said about the path: is there nothing to do? site->node is not set. */
  tn_status (*idle)(const tni_change *change, const tni_site *site, bool *out);
};

extern const tni_update_op tni_update_ops[];
extern const size_t tni_update_op_count;
const tni_update_op *tni_update_op_find(tn_slice name);        /* NULL when there is none */
const char *tni_update_op_nearest(tn_ctx *ctx, tn_slice name); /* as tn_nearest() */

/* What stands at the path a $rename takes from, so that nothing else changes it; does nothing itself. */
extern const tni_update_op tni_update_taken;

/* change->where, made now when it was not: in scratch memory, so for errors only. */
const char *tni_change_where(tn_ctx *ctx, const tni_change *change);
/* INVALID "expected <expected> in 'a.0.b', found string". */
tn_status tni_change_misfit(const tni_change *change, const tni_site *site, const char *expected, tn_value found);
/* Where it is, for errors. */
const char *tni_site_path(const tni_site *site);

/* ---- the rows' functions ---------------------------------------------------------------------- */

/* update_field.c */
tn_status tni_update_set(const tni_change *change, const tni_site *site, tn_value now, tn_value *out);
tn_status tni_update_unset(const tni_change *change, const tni_site *site, tn_value now, tn_value *out);
tn_status tni_update_min(const tni_change *change, const tni_site *site, tn_value now, tn_value *out);
tn_status tni_update_max(const tni_change *change, const tni_site *site, tn_value now, tn_value *out);
tn_status tni_current_date_compile(tn_ctx *ctx, tni_change *change);
tn_status tni_update_current_date(const tni_change *change, const tni_site *site, tn_value now, tn_value *out);
tn_status tni_rename_compile(tn_ctx *ctx, tni_change *change);
tn_status tni_rename_idle(const tni_change *change, const tni_site *site, bool *out);
tn_status tni_update_rename(const tni_change *change, const tni_site *site, tn_value now, tn_value *out);

/* update_number.c */
tn_status tni_number_compile(tn_ctx *ctx, tni_change *change);
tn_status tni_update_inc(const tni_change *change, const tni_site *site, tn_value now, tn_value *out);
tn_status tni_update_mul(const tni_change *change, const tni_site *site, tn_value now, tn_value *out);
tn_status tni_bit_compile(tn_ctx *ctx, tni_change *change);
tn_status tni_update_bit(const tni_change *change, const tni_site *site, tn_value now, tn_value *out);

/* update_push.c */
tn_status tni_push_compile(tn_ctx *ctx, tni_change *change);
tn_status tni_update_push(const tni_change *change, const tni_site *site, tn_value now, tn_value *out);

/* update_array.c */
tn_status tni_add_to_set_compile(tn_ctx *ctx, tni_change *change);
tn_status tni_update_add_to_set(const tni_change *change, const tni_site *site, tn_value now, tn_value *out);
tn_status tni_pop_compile(tn_ctx *ctx, tni_change *change);
tn_status tni_update_pop(const tni_change *change, const tni_site *site, tn_value now, tn_value *out);
tn_status tni_pull_compile(tn_ctx *ctx, tni_change *change);
tn_status tni_update_pull(const tni_change *change, const tni_site *site, tn_value now, tn_value *out);
tn_status tni_pull_all_compile(tn_ctx *ctx, tni_change *change);
tn_status tni_update_pull_all(const tni_change *change, const tni_site *site, tn_value now, tn_value *out);

#endif
