/* expr_bool.c - $and $or $not. What decides ends it: later arguments are not computed. */
#include "expr_families.h"

/* variant: what decides. */
static tn_status decide(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  bool decisive = expr->op->variant, found = false;
  for (uint32_t i = 0; i < expr->count && !found; i++) {
    tn_value value;
    TRY(tni_expr_arg(expr, eval, i, &value));
    found = tni_is_truthy(value) == decisive;
  }
  *out = tni_bool_value(found == decisive);
  return TN_OK;
}

static tn_status negate(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tn_value value;
  TRY(tni_expr_arg(expr, eval, 0, &value));
  *out = tni_bool_value(!tni_is_truthy(value));
  return TN_OK;
}

static const tni_expr_op ops[] = {
    {.name = "$and", .min = 0, .max = TNI_ANY_COUNT, .eval = decide, .variant = false},
    {.name = "$not", .min = 1, .max = 1, .eval = negate},
    {.name = "$or", .min = 0, .max = TNI_ANY_COUNT, .eval = decide, .variant = true},
};
const tni_expr_family tni_expr_bool = {ops, TNI_LENGTH(ops)};
