/* accumulator.h - what $group and $bucket make of many documents: {"$sum": "$qty"}, {"$push": "$name"}.
 * accumulator_table.c names them all. Semantics are MongoDB's (its manual, "Aggregation Operators", "Accumulators").
 *
 * A group has a state, bytes that belong to the caller; what it keeps of documents lies in a pool that lives as long
 * as the groups do, and is not the one in which documents are computed. */
#ifndef TENON_QUERY_ACCUMULATOR_H
#define TENON_QUERY_ACCUMULATOR_H

#include "expr.h"

typedef struct tni_accumulator tni_accumulator;

/* `spec` is {"$sum": expression}. INVALID: unknown accumulator (the nearest is named), wrong arguments. */
tn_status tni_accumulator_compile(tn_ctx *ctx, tni_scope *scope, tn_value spec, const char *where,
                                  const tni_accumulator **out) TN_MUST_USE;

/* Bytes of a state; a multiple of 16, as its address has to be. */
size_t tni_accumulator_size(const tni_accumulator *accumulator);

/* Begins a group: fills the state. eval->root is the group's _id, for an `n` that depends on it. INVALID. */
tn_status tni_accumulator_begin(const tni_accumulator *accumulator, void *state, tni_eval *eval) TN_MUST_USE;

/* Takes the document eval->root into the group. What is kept lies in `keep`; eval->pool may be given back behind it.
 * INVALID: an operand of a wrong type; LIMIT: the pool is full. */
tn_status tni_accumulator_add(const tni_accumulator *accumulator, void *state, tni_pool *keep,
                              tni_eval *eval) TN_MUST_USE;

/* What has come together: never absent. It lives as long as `keep` and what eval->pool held. The state ends. */
tn_status tni_accumulator_result(const tni_accumulator *accumulator, void *state, tni_eval *eval,
                                 tn_value *out) TN_MUST_USE;

/* The names of all, for tests and hints. */
const char *const *tni_accumulator_names(tn_ctx *ctx, size_t *count);

#endif
