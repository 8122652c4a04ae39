/* expr_bits.c - $bitAnd $bitNot $bitOr $bitXor of ints, as 64 bits of two's complement. */
#include "expr_families.h"

/* variant: */
enum { AND, OR, XOR };

static int64_t combine(int variant, int64_t a, int64_t b) {
  return variant == AND ? a & b : variant == OR ? a | b : a ^ b;
}

static tn_status bits(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  int64_t result = expr->op->variant == AND ? -1 : 0, n;
  bool null = false;
  for (uint32_t i = 0; i < expr->count; i++) {
    tn_value value;
    TRY(tni_expr_arg(expr, eval, i, &value));
    null = null || tni_is_nullish(value);
    if (tn_as_int(value, &n))
      result = combine(expr->op->variant, result, n);
    else if (!tni_is_nullish(value))
      return tni_expr_wrong(expr, eval, "ints", value);
  }
  if (null) return *out = tni_null_value, TN_OK;
  return tni_expr_int(eval, result, out);
}

static tn_status invert(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  bool null;
  int64_t n;
  tn_value value;
  TRY(tni_expr_args(expr, eval, &value, 1, &null, out));
  if (null) return TN_OK;
  return tn_as_int(value, &n) ? tni_expr_int(eval, ~n, out) : tni_expr_wrong(expr, eval, "an int", value);
}

static const tni_expr_op ops[] = {
    {.name = "$bitAnd", .max = TNI_ANY_COUNT, .eval = bits, .variant = AND},
    {.name = "$bitNot", .min = 1, .max = 1, .eval = invert},
    {.name = "$bitOr", .max = TNI_ANY_COUNT, .eval = bits, .variant = OR},
    {.name = "$bitXor", .max = TNI_ANY_COUNT, .eval = bits, .variant = XOR},
};
const tni_expr_family tni_expr_bits = {ops, TNI_LENGTH(ops)};
