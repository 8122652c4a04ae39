/* expr_cond.c - $cond $ifNull $switch. Only the branch that is taken is computed. */
#include "expr_families.h"

/* ---- $cond ------------------------------------------------------------------------------------ */

static tn_status cond(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tn_value condition;
  TRY(tni_expr_arg(expr, eval, 0, &condition));
  return tni_expr_arg(expr, eval, tni_is_truthy(condition) ? 1 : 2, out);
}

static tn_status compile_cond(tn_ctx *ctx, tni_scope *scope, tn_value spec, tni_expr *expr) {
  if (tn_value_type(spec) == TN_OBJECT) return tni_expr_compile_named(ctx, scope, spec, expr);
  return tni_expr_compile_list(ctx, scope, spec, expr);
}

/* ---- $ifNull ---------------------------------------------------------------------------------- */

static tn_status if_null(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tn_value value = TN_NO_VALUE;
  for (uint32_t i = 0; i < expr->count && tni_is_nullish(value); i++) TRY(tni_expr_arg(expr, eval, i, &value));
  *out = value;
  return TN_OK;
}

/* ---- $switch ---------------------------------------------------------------------------------- */

/* Arguments: case, then, case, then, ..., default (none where none was given). */
static tn_status choose(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  uint32_t last = expr->count - 1;
  for (uint32_t i = 0; i < last; i += 2) {
    tn_value condition;
    TRY(tni_expr_arg(expr, eval, i, &condition));
    if (tni_is_truthy(condition)) return tni_expr_arg(expr, eval, i + 1, out);
  }
  if (!tni_expr_has_arg(expr, last))
    return tni_expr_fail(expr, eval, "no case of $switch is true, and it has no 'default'");
  return tni_expr_arg(expr, eval, last, out);
}

static tn_status compile_branch(tn_ctx *ctx, tni_scope *scope, tn_value branch, const char *where,
                                const tni_expr **args) {
  static const char *const names[] = {"case", "then"};
  TRY(tni_expect(ctx, branch, TN_T_OBJECT, "an object with 'case' and 'then'", where));
  for (uint32_t i = 0; i < 2; i++) {
    tn_value part = tn_field(branch, names[i]);
    if (tn_is_absent(part) || tn_count(branch) != 2)
      return tn_fail(ctx, TN_INVALID, where, "a branch of $switch has a 'case' and a 'then', and nothing else");
    TRY(tni_expr_compile(ctx, scope, part, tni_where(ctx, where, tni_slice_of(names[i])), &args[i]));
  }
  return TN_OK;
}

static tn_status compile_switch(tn_ctx *ctx, tni_scope *scope, tn_value spec, tni_expr *expr) {
  tn_value values[2];
  const char *where = tni_where(ctx, expr->where, tni_slice_of("branches"));
  TRY(tni_expr_named_values(ctx, spec, expr, values));
  TRY(tni_expect(ctx, values[0], TN_T_ARRAY, "an array of branches", where));
  uint32_t count = tn_count(values[0]);
  if (count == 0) return tn_fail(ctx, TN_INVALID, where, "$switch needs at least one branch");
  TRY(tni_expr_make_args(ctx, expr, 2 * count + 1));
  for (uint32_t i = 0; i < count; i++)
    TRY(compile_branch(ctx, scope, tn_item(values[0], i), tni_where_item(ctx, where, i), &expr->args[2 * i]));
  if (tn_is_absent(values[1])) return TN_OK;
  return tni_expr_compile(ctx, scope, values[1], tni_where(ctx, expr->where, tni_slice_of("default")),
                          &expr->args[2 * count]);
}

/* ---- names ------------------------------------------------------------------------------------ */

static const char *const cond_params[] = {"if", "then", "else", NULL};
static const char *const switch_params[] = {"branches", "default", NULL};

static const tni_expr_op ops[] = {
    {.name = "$cond", .min = 3, .max = 3, .eval = cond, .params = cond_params, .compile = compile_cond},
    {.name = "$ifNull", .min = 2, .max = TNI_ANY_COUNT, .eval = if_null},
    {.name = "$switch", .min = 1, .eval = choose, .params = switch_params, .compile = compile_switch},
};
const tni_expr_family tni_expr_cond = {ops, TNI_LENGTH(ops)};
