/* expr_misc.c - $literal $rand $binarySize. */
#include "expr_families.h"

/* ---- $literal --------------------------------------------------------------------------------- */

static tn_status literal(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  (void)eval;
  *out = expr->value;
  return TN_OK;
}

static tn_status compile_literal(tn_ctx *ctx, tni_scope *scope, tn_value spec, tni_expr *expr) {
  (void)ctx, (void)scope;
  expr->value = spec;
  return TN_OK;
}

/* ---- $rand ------------------------------------------------------------------------------------ */

/* 53 random bits: every double of that spacing in [0, 1) is as likely as any other. */
static tn_status random_number(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  (void)expr;
  return tni_expr_double(eval, (double)(tn_random(eval->ctx) >> 11) * 0x1p-53, out);
}

static tn_status compile_rand(tn_ctx *ctx, tni_scope *scope, tn_value spec, tni_expr *expr) {
  (void)scope;
  if ((tn_value_type(spec) == TN_OBJECT || tn_value_type(spec) == TN_ARRAY) && tn_count(spec) == 0) return TN_OK;
  return tn_fail(ctx, TN_INVALID, expr->where, "$rand takes no arguments: {}");
}

/* ---- $binarySize ------------------------------------------------------------------------------ */

static tn_status binary_size(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  bool null;
  tn_value value;
  tn_slice bytes;
  TRY(tni_expr_args(expr, eval, &value, 1, &null, out));
  if (null) return TN_OK;
  if (!tn_as_string(value, &bytes) && !tn_as_bytes(value, &bytes))
    return tni_expr_wrong(expr, eval, "a string or bytes", value);
  return tni_expr_int(eval, (int64_t)bytes.size, out);
}

static const tni_expr_op ops[] = {
    {.name = "$binarySize", .min = 1, .max = 1, .eval = binary_size},
    {.name = "$literal", .eval = literal, .compile = compile_literal},
    {.name = "$rand", .eval = random_number, .compile = compile_rand, .flags = TNI_EXPR_VOLATILE},
};
const tni_expr_family tni_expr_misc = {ops, TNI_LENGTH(ops)};
