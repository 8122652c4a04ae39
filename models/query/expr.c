#include "expr.h"

#include "expr_internal.h"
#include "number.h"

bool tni_is_truthy(tn_value value) {
  bool b;
  int64_t i;
  double d;
  if (tni_is_nullish(value)) return false;
  if (tn_as_bool(value, &b)) return b;
  if (tn_as_int(value, &i)) return i != 0;
  return !tn_as_double(value, &d) || d != 0;
}

/* ---- constants -------------------------------------------------------------------------------- */

static tn_status eval_constant(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  (void)eval;
  *out = expr->value;
  return TN_OK;
}

bool tni_expr_is_constant(const tni_expr *expr, tn_value *out) {
  bool constant = expr->eval == eval_constant;
  if (constant) *out = expr->value;
  return constant;
}

tn_status tni_expr_node(tn_ctx *ctx, tni_expr_fn eval, const char *where, tni_expr **out) {
  tni_expr *expr = tn_scratch(ctx, sizeof *expr);
  if (!expr) return tni_no_memory(ctx);
  *expr = (tni_expr){.eval = eval, .where = where};
  *out = expr;
  return TN_OK;
}

tn_status tni_expr_constant(tn_ctx *ctx, tn_value value, const tni_expr **out) {
  tni_expr *expr = NULL;
  TRY(tni_expr_node(ctx, eval_constant, "", &expr));
  expr->value = value;
  *out = expr;
  return TN_OK;
}

static tn_status pool_of_constants(tn_ctx *ctx, tni_scope *scope) {
  if (scope->constants) return TN_OK;
  scope->constants = tn_scratch(ctx, sizeof *scope->constants);
  if (!scope->constants) return tni_no_memory(ctx);
  tni_pool_init(scope->constants, ctx, TNI_POOL_LIMIT_DEFAULT);
  return TN_OK;
}

static bool can_fold(const tni_expr *expr) {
  tn_value value;
  bool constant = expr->eval != eval_constant && !(expr->op && (expr->op->flags & TNI_EXPR_VOLATILE));
  for (uint32_t i = 0; i < expr->count && constant; i++)
    constant = !expr->args[i] || tni_expr_is_constant(expr->args[i], &value);
  return constant;
}

/* What fails stays as it is and fails when it is reached, which may be never. */
static tn_status fold(tn_ctx *ctx, tni_scope *scope, tni_expr *expr) {
  tni_eval eval;
  tn_value value;
  tn_error before = *ctx->error;
  TRY(pool_of_constants(ctx, scope));
  TRY(tni_eval_init(&eval, ctx, scope->constants, scope));
  tni_pool_mark mark = tni_pool_at(scope->constants);
  tn_status status = expr->eval(expr, &eval, &value);
  if (status == TN_OK) *expr = (tni_expr){.eval = eval_constant, .where = expr->where, .value = value};
  if (status != TN_INVALID && status != TN_LIMIT) return status;
  tni_pool_back(scope->constants, mark);
  *ctx->error = before;
  return TN_OK;
}

/* ---- arguments -------------------------------------------------------------------------------- */

tn_status tni_expr_make_args(tn_ctx *ctx, tni_expr *expr, uint32_t count) {
  size_t size = (count + 1) * sizeof *expr->args;
  expr->args = tn_scratch(ctx, size);
  if (!expr->args) return tni_no_memory(ctx);
  memset(expr->args, 0, size);
  expr->count = count;
  return TN_OK;
}

static tn_status wrong_count(tn_ctx *ctx, const tni_expr *expr, uint32_t count) {
  const tni_expr_op *op = expr->op;
  const char *bound = op->min == op->max ? "" : count < op->min ? "at least " : "at most ";
  uint32_t wanted = count < op->min ? op->min : op->max;
  return tn_fail(ctx, TN_INVALID, expr->where, "%s takes %s%u argument%s, got %u", op->name, bound, (unsigned)wanted,
                 wanted == 1 ? "" : "s", (unsigned)count);
}

static tn_status compile_items(tn_ctx *ctx, tni_scope *scope, tn_value list, tni_expr *expr) {
  TRY(tni_expr_make_args(ctx, expr, tn_count(list)));
  for (uint32_t i = 0; i < expr->count; i++)
    TRY(tni_expr_compile(ctx, scope, tn_item(list, i), tni_where_item(ctx, expr->where, i), &expr->args[i]));
  return TN_OK;
}

tn_status tni_expr_compile_list(tn_ctx *ctx, tni_scope *scope, tn_value spec, tni_expr *expr) {
  bool is_list = tn_value_type(spec) == TN_ARRAY;
  uint32_t count = is_list ? tn_count(spec) : 1;
  if (count < expr->op->min || count > expr->op->max) return wrong_count(ctx, expr, count);
  if (is_list) return compile_items(ctx, scope, spec, expr);
  TRY(tni_expr_make_args(ctx, expr, 1));
  return tni_expr_compile(ctx, scope, spec, expr->where, &expr->args[0]);
}

static uint32_t param_count(const tni_expr_op *op) {
  uint32_t count = 0;
  while (op->params[count]) count++;
  return count;
}

static tn_status unknown_param(tn_ctx *ctx, const tni_expr *expr, tn_slice name, uint32_t count) {
  return tn_fail(ctx, TN_INVALID, tni_where(ctx, expr->where, name), "%s has no argument '%s'%s", expr->op->name,
                 tni_quoted(ctx, name), tn_nearest(ctx, name, expr->op->params, count));
}

tn_status tni_expr_named_values(tn_ctx *ctx, tn_value spec, const tni_expr *expr, tn_value *values) {
  const tni_expr_op *op = expr->op;
  uint32_t count = param_count(op), i;
  TRY(tni_expect(ctx, spec, TN_T_OBJECT, "an object of arguments by name", expr->where));
  for (i = 0; i < count; i++) values[i] = TN_NO_VALUE;
  for (tn_iter it = tn_iter_of(spec); tn_iter_next(&it);) {
    for (i = 0; i < count && !tni_slice_is(it.name, op->params[i]); i++) continue;
    if (i == count) return unknown_param(ctx, expr, it.name, count);
    values[i] = it.value;
  }
  for (i = 0; i < op->min; i++)
    if (tn_is_absent(values[i]))
      return tn_fail(ctx, TN_INVALID, expr->where, "%s needs the argument '%s'", op->name, op->params[i]);
  return TN_OK;
}

tn_status tni_expr_compile_param(tn_ctx *ctx, tni_scope *scope, const tn_value *values, tni_expr *expr, uint32_t i) {
  if (tn_is_absent(values[i])) return TN_OK;
  const char *where = tni_where(ctx, expr->where, tni_slice_of(expr->op->params[i]));
  return tni_expr_compile(ctx, scope, values[i], where, &expr->args[i]);
}

tn_status tni_expr_compile_named(tn_ctx *ctx, tni_scope *scope, tn_value spec, tni_expr *expr) {
  tn_value values[TNI_EXPR_PARAMS_MAX];
  TRY(tni_expr_named_values(ctx, spec, expr, values));
  TRY(tni_expr_make_args(ctx, expr, param_count(expr->op)));
  for (uint32_t i = 0; i < expr->count; i++) TRY(tni_expr_compile_param(ctx, scope, values, expr, i));
  return TN_OK;
}

/* ---- operators -------------------------------------------------------------------------------- */

static tn_status unknown_operator(tn_ctx *ctx, tn_slice name, const char *where) {
  size_t count;
  const char *const *names = tni_expr_operators(ctx, &count);
  return tn_fail(ctx, TN_INVALID, where, "unknown operator '%s'%s", tni_quoted(ctx, name),
                 names ? tn_nearest(ctx, name, names, count) : "");
}

static tn_status compile_operator(tn_ctx *ctx, tni_scope *scope, tn_value spec, tn_slice name, const char *where,
                                  const tni_expr **out) {
  tni_expr *expr = NULL;
  const tni_expr_op *op = tni_expr_op_named(name);
  if (!op) return unknown_operator(ctx, name, where);
  TRY(tni_expr_node(ctx, op->eval, where, &expr));
  expr->op = op;
  if (op->compile)
    TRY(op->compile(ctx, scope, spec, expr));
  else if (op->params)
    TRY(tni_expr_compile_named(ctx, scope, spec, expr));
  else
    TRY(tni_expr_compile_list(ctx, scope, spec, expr));
  if (can_fold(expr)) TRY(fold(ctx, scope, expr));
  *out = expr;
  return TN_OK;
}

/* ---- arrays and objects ----------------------------------------------------------------------- */

static tn_status add_items(const tni_expr *expr, tni_eval *eval, tn_builder *builder) {
  tn_array_begin(builder);
  for (uint32_t i = 0; i < expr->count; i++) {
    tn_value item;
    TRY(tni_expr_arg(expr, eval, i, &item));
    tn_add(builder, tni_or_null(item));
  }
  tn_end(builder);
  return TN_OK;
}

static tn_status eval_array(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tn_builder *builder;
  TRY(tni_expr_begin(eval, &builder));
  return tni_expr_end(expr, eval, builder, add_items(expr, eval, builder), out);
}

static tn_status add_fields(const tni_expr *expr, tni_eval *eval, tn_builder *builder) {
  const tn_slice *names = expr->extra;
  tn_object_begin(builder);
  for (uint32_t i = 0; i < expr->count; i++) {
    tn_value field;
    TRY(tni_expr_arg(expr, eval, i, &field));
    if (tn_is_absent(field)) continue;
    tn_name_slice(builder, names[i]);
    tn_add(builder, field);
  }
  tn_end(builder);
  return TN_OK;
}

static tn_status eval_object(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tn_builder *builder;
  TRY(tni_expr_begin(eval, &builder));
  return tni_expr_end(expr, eval, builder, add_fields(expr, eval, builder), out);
}

static tn_status finish_container(tn_ctx *ctx, tni_scope *scope, tni_expr *expr, const tni_expr **out) {
  if (can_fold(expr)) TRY(fold(ctx, scope, expr));
  *out = expr;
  return TN_OK;
}

static tn_status compile_array(tn_ctx *ctx, tni_scope *scope, tn_value spec, const char *where,
                               const tni_expr **out) {
  tni_expr *expr = NULL;
  TRY(tni_expr_node(ctx, eval_array, where, &expr));
  TRY(compile_items(ctx, scope, spec, expr));
  return finish_container(ctx, scope, expr, out);
}

static bool begins_with_dollar(tn_slice text) { return text.size > 0 && *(const char *)text.data == '$'; }
static bool has_dot(tn_slice text) { return text.size > 0 && memchr(text.data, '.', text.size) != NULL; }

static tn_status check_name(tn_ctx *ctx, tn_slice name, uint32_t count, const char *where) {
  if (begins_with_dollar(name))
    return tn_fail(ctx, TN_INVALID, where, "expected an operator alone in its object, got '%s' among %u fields",
                   tni_quoted(ctx, name), (unsigned)count);
  if (has_dot(name))
    return tn_fail(ctx, TN_INVALID, where, "expected a field's name without '.', got '%s'", tni_quoted(ctx, name));
  return TN_OK;
}

static tn_status compile_fields(tn_ctx *ctx, tni_scope *scope, tn_value spec, tni_expr *expr) {
  uint32_t count = tn_count(spec), i = 0;
  tn_slice *names = tn_scratch(ctx, (count + 1) * sizeof *names);
  if (!names) return tni_no_memory(ctx);
  TRY(tni_expr_make_args(ctx, expr, count));
  for (tn_iter it = tn_iter_of(spec); tn_iter_next(&it); i++) {
    const char *where = tni_where(ctx, expr->where, it.name);
    TRY(check_name(ctx, it.name, count, where));
    TRY(tni_expr_compile(ctx, scope, it.value, where, &expr->args[i]));
    names[i] = it.name;
  }
  expr->extra = names;
  return TN_OK;
}

static tn_status compile_object(tn_ctx *ctx, tni_scope *scope, tn_value spec, const char *where,
                                const tni_expr **out) {
  tni_expr *expr = NULL;
  tn_iter first = tn_iter_of(spec);
  if (tn_count(spec) == 1 && tn_iter_next(&first) && begins_with_dollar(first.name))
    return compile_operator(ctx, scope, first.value, first.name, tni_where(ctx, where, first.name), out);
  TRY(tni_expr_node(ctx, eval_object, where, &expr));
  TRY(compile_fields(ctx, scope, spec, expr));
  return finish_container(ctx, scope, expr, out);
}

/* Nothing in it is more than it says: no '$' in front of a string or a name. */
static bool is_plain(tn_value spec) {
  tn_slice text = {NULL, 0};
  bool plain = !tn_as_string(spec, &text) || !begins_with_dollar(text);
  for (tn_iter it = tn_iter_of(spec); plain && tn_iter_next(&it);)
    plain = !begins_with_dollar(it.name) && !has_dot(it.name) && is_plain(it.value);
  return plain;
}

tn_status tni_expr_compile(tn_ctx *ctx, tni_scope *scope, tn_value spec, const char *where, const tni_expr **out) {
  tn_slice text;
  if (is_plain(spec)) return tni_expr_constant(ctx, spec, out);
  if (tn_as_string(spec, &text)) return tni_expr_compile_field(ctx, scope, text, where, out);
  if (tn_value_type(spec) == TN_ARRAY) return compile_array(ctx, scope, spec, where, out);
  return compile_object(ctx, scope, spec, where, out);
}

/* ---- evaluating ------------------------------------------------------------------------------- */

tn_status tni_eval_init(tni_eval *eval, tn_ctx *ctx, tni_pool *pool, const tni_scope *scope) {
  tn_value *variables = tn_scratch(ctx, (scope->slots + 1) * sizeof *variables);
  if (!variables) return tni_no_memory(ctx);
  memset(variables, 0, (scope->slots + 1) * sizeof *variables);
  *eval = (tni_eval){ctx, pool, TN_NO_VALUE, variables};
  return TN_OK;
}

tn_status tni_expr_eval(const tni_expr *expr, tni_eval *eval, tn_value *out) { return expr->eval(expr, eval, out); }

tn_status tni_expr_args(const tni_expr *expr, tni_eval *eval, tn_value *values, uint32_t count, bool *null,
                        tn_value *out) {
  *null = false;
  for (uint32_t i = 0; i < count; i++) {
    TRY(tni_expr_arg(expr, eval, i, &values[i]));
    if (tni_expr_has_arg(expr, i) && tni_is_nullish(values[i])) *null = true;
  }
  if (*null) *out = tni_null_value;
  return TN_OK;
}

tn_status tni_expr_wrong(const tni_expr *expr, tni_eval *eval, const char *expected, tn_value got) {
  return tni_expr_fail(expr, eval, "%s takes %s, got %s", expr->op->name, expected,
                       tn_is_absent(got) ? "a missing value" : tn_type_name(tn_value_type(got)));
}

tn_status tni_expr_array_arg(const tni_expr *expr, tni_eval *eval, uint32_t i, tn_value *out, bool *null) {
  tn_value value;
  TRY(tni_expr_arg(expr, eval, i, &value));
  *null = tni_is_nullish(value);
  if (!*null && tn_value_type(value) != TN_ARRAY) return tni_expr_wrong(expr, eval, "an array", value);
  *out = value;
  return TN_OK;
}

tn_status tni_expr_whole_arg(const tni_expr *expr, tni_eval *eval, uint32_t i, const char *what, int64_t *out) {
  tn_value value;
  TRY(tni_expr_arg(expr, eval, i, &value));
  return tni_as_whole(value, out) ? TN_OK : tni_expr_wrong(expr, eval, what, value);
}

tn_status tni_expr_n_arg(const tni_expr *expr, tni_eval *eval, uint32_t i, int64_t *out) {
  TRY(tni_expr_whole_arg(expr, eval, i, "a whole number above 0 as 'n'", out));
  if (*out > 0) return TN_OK;
  return tni_expr_fail(expr, eval, "%s takes a whole number above 0 as 'n', got %lld", expr->op->name,
                       (long long)*out);
}

tn_status tni_expr_begin(tni_eval *eval, tn_builder **out) {
  *out = tni_pool_builder(eval->pool);
  return *out ? TN_OK : tni_no_memory(eval->ctx);
}

tn_status tni_expr_end(const tni_expr *expr, tni_eval *eval, tn_builder *builder, tn_status status, tn_value *out) {
  if (status == TN_OK) return tni_pool_built(eval->pool, builder, expr->where, out);
  tni_pool_drop(eval->pool, builder);
  return status;
}
