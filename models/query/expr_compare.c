/* expr_compare.c - $cmp $eq $gt $gte $lt $lte $ne: the order over all types; a missing value comes before null. */
#include "expr_families.h"

static tn_status order_of(const tni_expr *expr, tni_eval *eval, int *out) {
  tn_value a, b;
  TRY(tni_expr_arg(expr, eval, 0, &a));
  TRY(tni_expr_arg(expr, eval, 1, &b));
  int order = tni_compare(eval, a, b);
  *out = (order > 0) - (order < 0);
  return TN_OK;
}

static tn_status cmp(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  int order;
  TRY(order_of(expr, eval, &order));
  return tni_expr_int(eval, order, out);
}

/* variant: which orders make it true. */
enum { LESS = 1, EQUAL = 2, MORE = 4 };

static tn_status compare(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  int order;
  TRY(order_of(expr, eval, &order));
  int found = order < 0 ? LESS : order == 0 ? EQUAL : MORE;
  *out = tni_bool_value((expr->op->variant & found) != 0);
  return TN_OK;
}

static const tni_expr_op ops[] = {
    {.name = "$cmp", .min = 2, .max = 2, .eval = cmp},
    {.name = "$eq", .min = 2, .max = 2, .eval = compare, .variant = EQUAL},
    {.name = "$gt", .min = 2, .max = 2, .eval = compare, .variant = MORE},
    {.name = "$gte", .min = 2, .max = 2, .eval = compare, .variant = MORE | EQUAL},
    {.name = "$lt", .min = 2, .max = 2, .eval = compare, .variant = LESS},
    {.name = "$lte", .min = 2, .max = 2, .eval = compare, .variant = LESS | EQUAL},
    {.name = "$ne", .min = 2, .max = 2, .eval = compare, .variant = LESS | MORE},
};
const tni_expr_family tni_expr_compare = {ops, TNI_LENGTH(ops)};
