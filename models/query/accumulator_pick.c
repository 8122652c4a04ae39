/* accumulator_pick.c - one value of all, or one made of all: $first $last $max $min $mergeObjects. */
#include "accumulator_internal.h"
#include "fields.h"

/* ---- $first $last ----------------------------------------------------------------------------- */

typedef struct picked {
  tni_kept kept;
  bool any;
} picked;

static tn_status take_first(const tni_accumulator *a, void *state, tni_pool *keep, tni_eval *eval, tn_value value) {
  picked *p = state;
  (void)a, (void)eval;
  if (p->any) return TN_OK;
  p->any = true;
  return tni_kept_set(&p->kept, keep, value);
}

static tn_status take_last(const tni_accumulator *a, void *state, tni_pool *keep, tni_eval *eval, tn_value value) {
  (void)a, (void)eval;
  return tni_kept_set(&((picked *)state)->kept, keep, value);
}

static tn_status give_kept(const tni_accumulator *a, void *state, tni_eval *eval, tn_value *out) {
  (void)a, (void)eval;
  *out = tni_kept_value(&((picked *)state)->kept);
  return TN_OK;
}

/* ---- $max $min -------------------------------------------------------------------------------- */

/* variant: 1 where larger ones win, -1 where smaller ones do. Null and missing never do. */
static tn_status take_winner(const tni_accumulator *a, void *state, tni_pool *keep, tni_eval *eval, tn_value value) {
  picked *p = state;
  if (tni_is_nullish(value)) return TN_OK;
  int order = p->any ? tni_compare(eval, value, tni_kept_value(&p->kept)) : a->op->variant;
  if ((order > 0) != (a->op->variant > 0) || order == 0) return TN_OK;
  p->any = true;
  return tni_kept_set(&p->kept, keep, value);
}

/* ---- $mergeObjects ---------------------------------------------------------------------------- */

static tn_status merge(tni_eval *eval, tni_kept *into, tni_pool *keep, tn_value object) {
  tni_fields fields = tni_fields_in(eval->pool);
  tn_builder *builder;
  TRY(tni_fields_set_all(&fields, tni_kept_value(into)));
  TRY(tni_fields_set_all(&fields, object));
  TRY(tni_expr_begin(eval, &builder));
  tni_fields_build(&fields, builder);
  tn_status status = tn_builder_status(builder);
  if (status == TN_OK)
    status = tni_kept_set(into, keep, tn_built(builder));
  else
    (void)tn_fail(eval->ctx, status, NULL, "the merged object cannot be built: %s", tn_status_text(status));
  tni_pool_drop(eval->pool, builder);
  return status;
}

static tn_status take_merged(const tni_accumulator *a, void *state, tni_pool *keep, tni_eval *eval, tn_value value) {
  picked *p = state;
  if (tni_is_nullish(value)) return TN_OK;
  if (tn_value_type(value) != TN_OBJECT) return tni_accumulator_wrong(a, eval, "objects", value);
  if (p->any) return merge(eval, &p->kept, keep, value);
  p->any = true;
  return tni_kept_set(&p->kept, keep, value);
}

static tn_status give_merged(const tni_accumulator *a, void *state, tni_eval *eval, tn_value *out) {
  tn_builder *builder;
  if (((picked *)state)->any) return give_kept(a, state, eval, out);
  TRY(tni_expr_begin(eval, &builder));
  tn_object_begin(builder);
  tn_end(builder);
  return tni_pool_built(eval->pool, builder, a->where, out);
}

/* ---- names ------------------------------------------------------------------------------------ */

static const tni_accumulator_op ops[] = {
    {"$first", sizeof(picked), NULL, NULL, take_first, give_kept, 0},
    {"$last", sizeof(picked), NULL, NULL, take_last, give_kept, 0},
    {"$max", sizeof(picked), NULL, NULL, take_winner, give_kept, 1},
    {"$mergeObjects", sizeof(picked), NULL, NULL, take_merged, give_merged, 0},
    {"$min", sizeof(picked), NULL, NULL, take_winner, give_kept, -1},
};
const tni_accumulator_family tni_accumulator_pick = {ops, TNI_LENGTH(ops)};
