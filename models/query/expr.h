/* expr.h - expressions: {"$add": ["$price", 5]}, computed on one document. "$a.b" is a field, "$$name" a variable, an
 * object with one name that begins with '$' an operator, anything else itself (objects and arrays item by item).
 * expr_table.c names all operators, expr_FAMILY.c has them. Semantics are MongoDB's (its manual, "Aggregation
 * Operators"); a missing field is the absent value all the way. */
#ifndef TENON_QUERY_EXPR_H
#define TENON_QUERY_EXPR_H

#include "pool.h"

#define TNI_EXPR_VARIABLES_MAX 64

typedef struct tni_expr tni_expr;

/* The variables that can be seen where an expression stands. Zeroed it has $$ROOT $$CURRENT $$NOW $$REMOVE. */
typedef struct tni_scope {
  tn_slice names[TNI_EXPR_VARIABLES_MAX]; /* inner ones later; slot = place */
  uint32_t count;
  uint32_t slots;      /* the most there ever were: what tni_eval.variables needs */
  tni_pool *constants; /* what constant parts were computed into; made when needed */
} tni_scope;

/* Adds a variable and says its slot, for $let and $lookup's `let`. INVALID: not a name that begins with a lower-case
 * letter (or CURRENT) and goes on with letters, digits and '_'; LIMIT. `where` is the name's place. Leaving the scope
 * is setting `count` back. */
tn_status tni_scope_add(tn_ctx *ctx, tni_scope *scope, tn_slice name, const char *where, uint32_t *slot) TN_MUST_USE;

/* What an expression is computed on. */
typedef struct tni_eval {
  tn_ctx *ctx;
  tni_pool *pool;
  tn_value root;       /* $$ROOT, and what "$field" is read from unless CURRENT is rebound */
  tn_value *variables; /* scope.slots of them, by slot */
} tni_eval;

/* For an expression or several on the same scope, after they were compiled: room for its variables, in scratch
 * memory. `root` is left to the caller, for each document. NOMEM. */
tn_status tni_eval_init(tni_eval *eval, tn_ctx *ctx, tni_pool *pool, const tni_scope *scope) TN_MUST_USE;

/* INVALID: unknown operator (the nearest is named), wrong number or kind of arguments, unknown variable; LIMIT: too
 * many variables. `spec` must outlive what is compiled; its nesting is that of a value. Constant parts are computed
 * once, but for those that fail: these fail when they are reached. */
tn_status tni_expr_compile(tn_ctx *ctx, tni_scope *scope, tn_value spec, const char *where,
                           const tni_expr **out) TN_MUST_USE;

/* *out lives as long as the document and what the pool held; it is absent for a missing field and $$REMOVE. INVALID:
 * operands of wrong types, with the operator's place in the request as where; LIMIT; NOMEM. */
tn_status tni_expr_eval(const tni_expr *expr, tni_eval *eval, tn_value *out) TN_MUST_USE;

/* null, missing, false and 0 are false. */
bool tni_is_truthy(tn_value value);

/* True when it is one constant that needs no document; *out is then it. */
bool tni_expr_is_constant(const tni_expr *expr, tn_value *out);

/* The names of all operators, for tests and hints. */
const char *const *tni_expr_operators(tn_ctx *ctx, size_t *count);

#endif
