/* filter.h - conditions on documents: {"age": {"$gte": 18}, "tags": "new"}. A name without '$' is a path, its value
 * what must be there or an object of operators; at the top also $and $or $nor $expr. filter_table.c names all
 * operators.
 *
 * Semantics are MongoDB's (its manual, "Query and Projection Operators"): comparisons hold within one class of types
 * only; null is also a field that is missing; a condition holds for an array when it holds for the array itself or
 * for one of its items; objects are equal when bytes and order of their fields are; 1 = 1.0 within them too. */
#ifndef TENON_QUERY_FILTER_H
#define TENON_QUERY_FILTER_H

#include "expr.h"
#include "path.h"

typedef struct tni_filter tni_filter;

/* `filter` is an object; {} takes everything. It must outlive what is compiled, which is one thread's. INVALID: an
 * unknown operator (the text names the nearest) or a wrong operand; LIMIT: a path of too many steps. `where` in both
 * is the path of what is wrong. */
tn_status tni_filter_compile(tn_ctx *ctx, tn_value filter, const char *where, const tni_filter **out) TN_MUST_USE;

/* The same with the variables of a scope in $expr: matched by tni_filter_match_in(). */
tn_status tni_filter_compile_in(tn_ctx *ctx, tni_scope *scope, tn_value filter, const char *where,
                                const tni_filter **out) TN_MUST_USE;

/* What matched: for the positional `$` of updates and projections. Of several conditions that an item of an array
 * fulfils the last one counts; what stands in $or, $nor or $not does not. */
typedef struct tni_hit {
  uint32_t array_index; /* item of the first array on the condition's path; TNI_NO_INDEX */
} tni_hit;

/* `hit` may be NULL, and `pool` where the filter is not volatile. LIMIT: a regular expression took too many steps, or
 * the pool is full; what $expr fails with. */
tn_status tni_filter_match(const tni_filter *filter, tni_pool *pool, tn_value doc, tni_hit *hit,
                           bool *out) TN_MUST_USE;

/* Matches eval->root; the variables are those of the scope. */
tn_status tni_filter_match_in(const tni_filter *filter, tni_eval *eval, tni_hit *hit, bool *out) TN_MUST_USE;

/* Conditions on one value, for $pull and the filters of arrays. {"$gte": 5}: as if the value were a field, so it
 * holds for an array when it holds for an item. Any other object: a filter without $expr, which only objects match.
 * Anything else: what is equal. */
tn_status tni_filter_compile_value(tn_ctx *ctx, tn_value condition, const char *where,
                                   const tni_filter **out) TN_MUST_USE;
tn_status tni_filter_match_value(const tni_filter *filter, tni_pool *pool, tn_value value, bool *out) TN_MUST_USE;

/* True when what it answers may differ between versions of libraries: it has a $regex or an $expr. */
bool tni_filter_is_volatile(const tni_filter *filter);

/* ---- for who looks for an index --------------------------------------------------------------- */

typedef enum tni_term_kind {
  TNI_TERM_EQ, /* operand: a value; of null: null or missing. An array: the array itself or an item that is one */
  TNI_TERM_IN, /* operand: an array without regular expressions */
  TNI_TERM_GT, /* these four: within the operand's class of types, null's being null or missing; NaN is neither less
                * nor greater than another number, wherever the order puts it */
  TNI_TERM_GTE,
  TNI_TERM_LT,
  TNI_TERM_LTE,
  TNI_TERM_PREFIX, /* operand: a string, what a regular expression is anchored with */
  TNI_TERM_EXISTS  /* operand: true; $exists: false is no term */
} tni_term_kind;

/* A condition that each document that matches fulfils. */
typedef struct tni_term {
  tni_path path; /* the whole one, through an $elemMatch too */
  tni_term_kind kind;
  tn_value operand;
  uint32_t
      element; /* 0, or the number of the innermost $elemMatch it stands in: terms of one hold for the same item */
  bool exact;  /* the term says all that the condition says (a regular expression's prefix and $elemMatch's do not) */
} tni_term;

/* The terms that are joined by "and" at the top of a filter on documents. *complete: they say all that the filter
 * says. In scratch memory. */
tn_status tni_filter_terms(tn_ctx *ctx, const tni_filter *filter, const tni_term **out, size_t *count,
                           bool *complete) TN_MUST_USE;

/* The names of all operators, for tests. */
const char *const *tni_filter_operators(tn_ctx *ctx, size_t *count);

#endif
