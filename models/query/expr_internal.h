/* expr_internal.h - what the families of operators share: how an operator is described, what is compiled of it, and
 * how its evaluation reads arguments and says what is wrong with them.
 *
 * A family is a file with one table. Where MongoDB's manual says "null or missing gives null" an evaluation does that
 * first; types are checked after it. */
#ifndef TENON_QUERY_EXPR_INTERNAL_H
#define TENON_QUERY_EXPR_INTERNAL_H

#include "expr.h"

#define TNI_ANY_COUNT UINT32_MAX
#define TNI_EXPR_PARAMS_MAX 12

typedef tn_status (*tni_expr_fn)(const tni_expr *expr, tni_eval *eval, tn_value *out);

enum { TNI_EXPR_VOLATILE = 1 }; /* never computed ahead: $rand */

typedef struct tni_expr_op {
  const char *name;
  uint32_t min, max; /* arguments by position: one, or an array of them. By name: `min` of them must be there */
  tni_expr_fn eval;
  /* Names of arguments, those that must be there first, NULL at the end. Without it they go by position. */
  const char *const *params;
  /* Optional, in place of what `min`, `max` and `params` say. */
  tn_status (*compile)(tn_ctx *ctx, tni_scope *scope, tn_value spec, tni_expr *expr);
  uint32_t flags;
  int variant; /* for evals that serve several operators */
  double (*math)(double);
} tni_expr_op;

typedef struct tni_expr_family {
  const tni_expr_op *ops;
  size_t count;
} tni_expr_family;

struct tni_expr {
  tni_expr_fn eval;
  const tni_expr_op *op; /* NULL where it is no operator */
  const char *where;     /* its place in the request */
  const tni_expr **args; /* NULL for one by name that was not given */
  uint32_t count;
  uint32_t slot;     /* of the first variable it binds or reads */
  tn_value value;    /* of a constant */
  const void *extra; /* what a family compiled for itself */
};

/* ---- compiling -------------------------------------------------------------------------------- */

/* By its name; NULL. */
const tni_expr_op *tni_expr_op_named(tn_slice name);

/* expr->args = those of `spec` by position, as expr->op demands. */
tn_status tni_expr_compile_list(tn_ctx *ctx, tni_scope *scope, tn_value spec, tni_expr *expr) TN_MUST_USE;
/* expr->args = those of `spec` by name, as expr->op demands. */
tn_status tni_expr_compile_named(tn_ctx *ctx, tni_scope *scope, tn_value spec, tni_expr *expr) TN_MUST_USE;
/* The values of `spec` by name, not compiled: values[i] is that of expr->op->params[i], or absent. For operators that
 * bind variables for some of them. */
tn_status tni_expr_named_values(tn_ctx *ctx, tn_value spec, const tni_expr *expr, tn_value *values) TN_MUST_USE;
/* Compiles values[i] into args[i]. An absent one is none. */
tn_status tni_expr_compile_param(tn_ctx *ctx, tni_scope *scope, const tn_value *values, tni_expr *expr,
                                 uint32_t i) TN_MUST_USE;
/* Room for `count` arguments, all of them none. */
tn_status tni_expr_make_args(tn_ctx *ctx, tni_expr *expr, uint32_t count) TN_MUST_USE;

tn_status tni_expr_constant(tn_ctx *ctx, tn_value value, const tni_expr **out) TN_MUST_USE;
/* "$a.b", "$$name.b"; `text` begins with '$'. */
tn_status tni_expr_compile_field(tn_ctx *ctx, tni_scope *scope, tn_slice text, const char *where,
                                 const tni_expr **out) TN_MUST_USE;
tn_status tni_expr_node(tn_ctx *ctx, tni_expr_fn eval, const char *where, tni_expr **out) TN_MUST_USE;

/* ---- evaluating ------------------------------------------------------------------------------- */

static inline bool tni_is_nullish(tn_value value) { return tn_is_absent(value) || tn_is_null(value); }
static inline tn_value tni_bool_value(bool b) { return b ? tni_true_value : tni_false_value; }
/* What stands in an array for a missing value. */
static inline tn_value tni_or_null(tn_value value) { return tn_is_absent(value) ? tni_null_value : value; }

static inline int tni_compare(const tni_eval *eval, tn_value a, tn_value b) {
  return eval->ctx->host->value_compare(a, b);
}

/* Argument i; absent where there is none. */
static inline tn_status tni_expr_arg(const tni_expr *expr, tni_eval *eval, uint32_t i, tn_value *out) {
  if (i < expr->count && expr->args[i]) return expr->args[i]->eval(expr->args[i], eval, out);
  return *out = TN_NO_VALUE, TN_OK;
}
static inline bool tni_expr_has_arg(const tni_expr *expr, uint32_t i) { return i < expr->count && expr->args[i]; }

/* The first `count` arguments. Is one of those that were given null or missing, *null is true and *out null. */
tn_status tni_expr_args(const tni_expr *expr, tni_eval *eval, tn_value *values, uint32_t count, bool *null,
                        tn_value *out) TN_MUST_USE;

/* INVALID: "$add takes numbers and dates, got string"; what is missing is called so. */
tn_status tni_expr_wrong(const tni_expr *expr, tni_eval *eval, const char *expected, tn_value got);
/* INVALID with a text of its own. */
#define tni_expr_fail(expr, evaluation, ...) tn_fail((evaluation)->ctx, TN_INVALID, (expr)->where, __VA_ARGS__)

/* Argument i as an array; *null where it is null or missing, else INVALID. */
tn_status tni_expr_array_arg(const tni_expr *expr, tni_eval *eval, uint32_t i, tn_value *out, bool *null) TN_MUST_USE;
/* Argument i as a whole number; `what` is what the error says it takes. */
tn_status tni_expr_whole_arg(const tni_expr *expr, tni_eval *eval, uint32_t i, const char *what,
                             int64_t *out) TN_MUST_USE;
/* Argument i as the n of $firstN and its like: whole and above 0. */
tn_status tni_expr_n_arg(const tni_expr *expr, tni_eval *eval, uint32_t i, int64_t *out) TN_MUST_USE;

/* Building a result: begin, add, end. `end` hands the builder back, also when `status` says that adding failed. */
tn_status tni_expr_begin(tni_eval *eval, tn_builder **out) TN_MUST_USE;
tn_status tni_expr_end(const tni_expr *expr, tni_eval *eval, tn_builder *builder, tn_status status,
                       tn_value *out) TN_MUST_USE;

static inline tn_status tni_expr_int(tni_eval *eval, int64_t n, tn_value *out) {
  return tni_pool_value(eval->pool, out, tn_arg_int(n));
}
static inline tn_status tni_expr_double(tni_eval *eval, double d, tn_value *out) {
  return tni_pool_value(eval->pool, out, tn_arg_double(d));
}
static inline tn_status tni_expr_text(tni_eval *eval, tn_slice text, tn_value *out) {
  return tni_pool_value(eval->pool, out, tn_text(text));
}
static inline tn_status tni_expr_time(tni_eval *eval, int64_t us, tn_value *out) {
  return tni_pool_value(eval->pool, out, tn_time(us));
}

#endif
