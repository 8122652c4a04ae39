/* projection.h - which fields of a document are answered: {"name": 1, "user.email": 1}, {"note": 0}, with $slice,
 * $elemMatch, positional "items.$", and computed fields (any expression). $project, $addFields, $set and $unset of
 * pipelines are the same with other defaults. A step of a path goes into every item of an array, and is never its
 * number. */
#ifndef TENON_QUERY_PROJECTION_H
#define TENON_QUERY_PROJECTION_H

#include "expr.h"
#include "filter.h"

typedef struct tni_projection tni_projection;

typedef enum tni_projection_kind {
  TNI_PROJECT_FIND,  /* of find: with $slice, $elemMatch and positional; {} takes everything */
  TNI_PROJECT_STAGE, /* $project: without them; at least one field */
  TNI_PROJECT_ADD    /* $addFields, $set: every value is an expression, what is not named stays; at least one */
} tni_projection_kind;

/* INVALID: inclusion and exclusion mixed (but of _id), paths that lead through each other, a wrong operand. `spec`
 * must outlive what is compiled, which is one thread's. */
tn_status tni_projection_compile(tn_ctx *ctx, tni_scope *scope, tn_value spec, tni_projection_kind kind,
                                 const char *where, const tni_projection **out) TN_MUST_USE;

/* Of eval->root. Fields keep the document's order; computed ones, and those of $elemMatch, follow in the request's. A
 * computed _id comes first, and what TNI_PROJECT_ADD computes anew stays where it was. `hit` is what the filter said
 * (positional), or NULL. *out lives in the pool, or is the document itself where nothing changes. INVALID: positional
 * without an item that matched; what an expression fails with; LIMIT, NOMEM. */
tn_status tni_projection_apply(const tni_projection *projection, tni_eval *eval, const tni_hit *hit,
                               tn_value *out) TN_MUST_USE;

#endif
