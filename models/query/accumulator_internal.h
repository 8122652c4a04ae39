/* accumulator_internal.h - what the families of accumulators share. A family is a file with one table. */
#ifndef TENON_QUERY_ACCUMULATOR_INTERNAL_H
#define TENON_QUERY_ACCUMULATOR_INTERNAL_H

#include "accumulator.h"
#include "expr_internal.h"
#include "kept.h"

/* Every slot gets the accumulator as `a`. A state begins zeroed. */
typedef struct tni_accumulator_op {
  const char *name;
  size_t state_size;
  /* Optional. `spec` is no expression but something of its own. */
  tn_status (*compile)(tn_ctx *ctx, tni_scope *scope, tn_value spec, tni_accumulator *a);
  /* Optional. */
  tn_status (*begin)(const tni_accumulator *a, void *state, tni_eval *eval);
  /* `value` is what a->input gave, absent where there is none. */
  tn_status (*take)(const tni_accumulator *a, void *state, tni_pool *keep, tni_eval *eval, tn_value value);
  /* Absent becomes null. */
  tn_status (*result)(const tni_accumulator *a, void *state, tni_eval *eval, tn_value *out);
  int variant; /* for slots that serve several accumulators */
} tni_accumulator_op;

typedef struct tni_accumulator_family {
  const tni_accumulator_op *ops;
  size_t count;
} tni_accumulator_family;

extern const tni_accumulator_family tni_accumulator_number, tni_accumulator_pick, tni_accumulator_list,
    tni_accumulator_best;

struct tni_accumulator {
  const tni_accumulator_op *op;
  const tni_expr *input; /* computed on each document; NULL: none is */
  const tni_expr *n;     /* of those that have one */
  const char *where;
  const void *extra; /* what a family compiled for itself */
};

/* By its name; NULL. */
const tni_accumulator_op *tni_accumulator_named(tn_slice name);

/* The arguments of one whose spec is an object: compiles `input` or `output` and `n` (NULL where it has none) and
 * leaves other names of `others`, a NULL-terminated list, to the caller. */
tn_status tni_accumulator_compile_object(tn_ctx *ctx, tni_scope *scope, tn_value spec, const char *input,
                                         const char *n, const char *other, tni_accumulator *a) TN_MUST_USE;
/* What `n` says for a group. */
tn_status tni_accumulator_n(const tni_accumulator *a, tni_eval *eval, uint64_t *out) TN_MUST_USE;

tn_status tni_accumulator_wrong(const tni_accumulator *a, tni_eval *eval, const char *expected, tn_value got);

#endif
