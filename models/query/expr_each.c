/* expr_each.c - $map $filter $reduce: an expression for each item of an array. What an item needed is given back
 * before the next one. */
#include "expr_families.h"
#include "number.h"

/* The variables that the last argument sees follow the slots of whoever encloses it. */

static tn_status compile_inner(tn_ctx *ctx, tni_scope *scope, const tn_value *values, tni_expr *expr, uint32_t i,
                               const tn_slice *names, uint32_t count) {
  uint32_t before = scope->count, slot;
  const char *where = tni_where(ctx, expr->where, tni_slice_of("as"));
  for (uint32_t k = 0; k < count; k++) TRY(tni_scope_add(ctx, scope, names[k], where, &slot));
  expr->slot = before;
  tn_status status = tni_expr_compile_param(ctx, scope, values, expr, i);
  scope->count = before;
  return status;
}

/* Parameters are: input, what is computed for each item, name of the item, more. */
static tn_status compile_each(tn_ctx *ctx, tni_scope *scope, tn_value spec, tni_expr *expr) {
  tn_value values[TNI_EXPR_PARAMS_MAX];
  tn_slice name = tni_slice_of("this");
  TRY(tni_expr_named_values(ctx, spec, expr, values));
  if (!tn_is_absent(values[2]) && !tn_as_string(values[2], &name))
    return tni_expect(ctx, values[2], TN_T_STRING, "a variable's name",
                      tni_where(ctx, expr->where, tni_slice_of("as")));
  TRY(tni_expr_make_args(ctx, expr, 4));
  TRY(tni_expr_compile_param(ctx, scope, values, expr, 0));
  if (expr->op->params[3]) TRY(tni_expr_compile_param(ctx, scope, values, expr, 3));
  return compile_inner(ctx, scope, values, expr, 1, &name, 1);
}

/* ---- $map ------------------------------------------------------------------------------------- */

static tn_status add_mapped(const tni_expr *expr, tni_eval *eval, tn_value input, tn_builder *builder) {
  tn_array_begin(builder);
  for (tn_iter it = tn_iter_of(input); tn_iter_next(&it);) {
    tn_value item;
    tni_pool_mark mark = tni_pool_at(eval->pool);
    eval->variables[expr->slot] = it.value;
    TRY(tn_step(eval->ctx));
    TRY(tni_expr_arg(expr, eval, 1, &item));
    tn_add(builder, tni_or_null(item));
    tni_pool_back(eval->pool, mark);
  }
  tn_end(builder);
  return TN_OK;
}

static tn_status map(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tn_value input;
  bool null;
  tn_builder *builder;
  TRY(tni_expr_array_arg(expr, eval, 0, &input, &null));
  if (null) return *out = tni_null_value, TN_OK;
  TRY(tni_expr_begin(eval, &builder));
  return tni_expr_end(expr, eval, builder, add_mapped(expr, eval, input, builder), out);
}

/* ---- $filter ---------------------------------------------------------------------------------- */

static tn_status limit_arg(const tni_expr *expr, tni_eval *eval, int64_t *out) {
  tn_value limit;
  *out = INT64_MAX;
  TRY(tni_expr_arg(expr, eval, 3, &limit));
  if (tni_is_nullish(limit)) return TN_OK;
  if (tni_as_whole(limit, out) && *out > 0) return TN_OK;
  return tni_expr_wrong(expr, eval, "a whole number above 0 as 'limit'", limit);
}

static tn_status add_filtered(const tni_expr *expr, tni_eval *eval, tn_value input, int64_t limit,
                              tn_builder *builder) {
  tn_array_begin(builder);
  for (tn_iter it = tn_iter_of(input); limit > 0 && tn_iter_next(&it);) {
    tn_value condition;
    tni_pool_mark mark = tni_pool_at(eval->pool);
    eval->variables[expr->slot] = it.value;
    TRY(tn_step(eval->ctx));
    TRY(tni_expr_arg(expr, eval, 1, &condition));
    if (tni_is_truthy(condition)) tn_add(builder, it.value), limit--;
    tni_pool_back(eval->pool, mark);
  }
  tn_end(builder);
  return TN_OK;
}

static tn_status filter(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tn_value input;
  bool null;
  int64_t limit;
  tn_builder *builder;
  TRY(tni_expr_array_arg(expr, eval, 0, &input, &null));
  if (null) return *out = tni_null_value, TN_OK;
  TRY(limit_arg(expr, eval, &limit));
  TRY(tni_expr_begin(eval, &builder));
  return tni_expr_end(expr, eval, builder, add_filtered(expr, eval, input, limit, builder), out);
}

/* ---- $reduce ---------------------------------------------------------------------------------- */

#define GARBAGE_MAX ((size_t)256 << 10)

static tn_status compile_reduce(tn_ctx *ctx, tni_scope *scope, tn_value spec, tni_expr *expr) {
  tn_value values[TNI_EXPR_PARAMS_MAX];
  tn_slice names[] = {tni_slice_of("value"), tni_slice_of("this")};
  TRY(tni_expr_named_values(ctx, spec, expr, values));
  TRY(tni_expr_make_args(ctx, expr, 3));
  TRY(tni_expr_compile_param(ctx, scope, values, expr, 0));
  TRY(tni_expr_compile_param(ctx, scope, values, expr, 1));
  return compile_inner(ctx, scope, values, expr, 2, names, 2);
}

/* Gives back what was taken since the mark, but for the value: it moves down, perhaps onto itself. */
static tn_status keep_only(tni_pool *pool, tni_pool_mark mark, tn_value *value) {
  tn_value old = *value;
  if (old.size == 0) return tni_pool_back(pool, mark), TN_OK;
  tni_pool_back(pool, mark);
  uint8_t *bytes = tni_pool_alloc(pool, old.size);
  if (!bytes) return tni_pool_full(pool);
  memmove(bytes, old.data, old.size);
  *value = (tn_value){bytes, old.size};
  return TN_OK;
}

static tn_status reduce(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tn_value input, value;
  bool null;
  TRY(tni_expr_array_arg(expr, eval, 0, &input, &null));
  if (null) return *out = tni_null_value, TN_OK;
  TRY(tni_expr_arg(expr, eval, 1, &value));
  tni_pool_mark mark = tni_pool_at(eval->pool);
  for (tn_iter it = tn_iter_of(input); tn_iter_next(&it);) {
    TRY(tn_step(eval->ctx));
    eval->variables[expr->slot] = value;
    eval->variables[expr->slot + 1] = it.value;
    TRY(tni_expr_arg(expr, eval, 2, &value));
    if (eval->pool->used - mark.used > GARBAGE_MAX + 2 * value.size) TRY(keep_only(eval->pool, mark, &value));
  }
  *out = value;
  return TN_OK;
}

/* ---- names ------------------------------------------------------------------------------------ */

static const char *const map_params[] = {"input", "in", "as", NULL};
static const char *const filter_params[] = {"input", "cond", "as", "limit", NULL};
static const char *const reduce_params[] = {"input", "initialValue", "in", NULL};

static const tni_expr_op ops[] = {
    {.name = "$filter", .min = 2, .eval = filter, .params = filter_params, .compile = compile_each},
    {.name = "$map", .min = 2, .eval = map, .params = map_params, .compile = compile_each},
    {.name = "$reduce", .min = 3, .eval = reduce, .params = reduce_params, .compile = compile_reduce},
};
const tni_expr_family tni_expr_each = {ops, TNI_LENGTH(ops)};
