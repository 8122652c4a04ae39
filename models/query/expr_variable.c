/* expr_variable.c - variables: scopes, $let. */
#include "expr_families.h"

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
static bool is_name_char(char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || (c & 0x80) != 0; }

static bool is_variable_name(tn_slice name) {
  const char *text = name.data;
  bool good = name.size > 0 && ((text[0] >= 'a' && text[0] <= 'z') || (text[0] & 0x80) != 0);
  for (size_t i = 1; i < name.size && good; i++) good = is_name_char(text[i]);
  return good || tni_slice_is(name, "CURRENT");
}

tn_status tni_scope_add(tn_ctx *ctx, tni_scope *scope, tn_slice name, const char *where, uint32_t *slot) {
  if (!is_variable_name(name))
    return tn_fail(ctx, TN_INVALID, where,
                   "expected a variable's name that begins with a lower-case letter, got '%s'",
                   tni_quoted(ctx, name));
  if (scope->count == TNI_EXPR_VARIABLES_MAX)
    return tn_fail(ctx, TN_LIMIT, where, "more than %d variables in one place", TNI_EXPR_VARIABLES_MAX);
  *slot = scope->count;
  scope->names[scope->count++] = name;
  if (scope->slots < scope->count) scope->slots = scope->count;
  return TN_OK;
}

/* The last argument is what is computed with the variables, those before it are their values. These take the same
 * slots for variables of their own, so none is set before all are known. */
static tn_status let(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  uint32_t count = expr->count - 1;
  tn_value values[TNI_EXPR_VARIABLES_MAX];
  for (uint32_t i = 0; i < count; i++) TRY(tni_expr_arg(expr, eval, i, &values[i]));
  if (count > 0) memcpy(&eval->variables[expr->slot], values, count * sizeof *values);
  return tni_expr_arg(expr, eval, count, out);
}

/* None of the values sees the others. */
static tn_status bind(tn_ctx *ctx, tni_scope *scope, tn_value vars, const char *where, tni_expr *expr) {
  uint32_t i = 0, slot, before = scope->count;
  for (tn_iter it = tn_iter_of(vars); tn_iter_next(&it); i++)
    TRY(tni_expr_compile(ctx, scope, it.value, tni_where(ctx, where, it.name), &expr->args[i]));
  for (tn_iter it = tn_iter_of(vars); tn_iter_next(&it);)
    TRY(tni_scope_add(ctx, scope, it.name, tni_where(ctx, where, it.name), &slot));
  expr->slot = before;
  return TN_OK;
}

static tn_status compile_let(tn_ctx *ctx, tni_scope *scope, tn_value spec, tni_expr *expr) {
  tn_value values[2];
  uint32_t before = scope->count;
  const char *where = tni_where(ctx, expr->where, tni_slice_of("vars"));
  TRY(tni_expr_named_values(ctx, spec, expr, values));
  TRY(tni_expect(ctx, values[0], TN_T_OBJECT, "an object of variables", where));
  uint32_t count = tn_count(values[0]);
  TRY(tni_expr_make_args(ctx, expr, count + 1));
  TRY(bind(ctx, scope, values[0], where, expr));
  tn_status status =
      tni_expr_compile(ctx, scope, values[1], tni_where(ctx, expr->where, tni_slice_of("in")), &expr->args[count]);
  scope->count = before;
  return status;
}

static const char *const let_params[] = {"vars", "in", NULL};

static const tni_expr_op ops[] = {
    {.name = "$let", .min = 2, .eval = let, .params = let_params, .compile = compile_let},
};
const tni_expr_family tni_expr_variable = {ops, TNI_LENGTH(ops)};
