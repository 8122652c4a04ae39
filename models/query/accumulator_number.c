/* accumulator_number.c - $sum $avg $count $stdDevPop $stdDevSamp. What is no number is passed over. */
#include <math.h>

#include "accumulator_internal.h"
#include "number.h"

/* ---- $sum $avg $count ------------------------------------------------------------------------- */

typedef struct total {
  tni_sum sum;
  uint64_t count;
} total;

static tn_status take_number(const tni_accumulator *a, void *state, tni_pool *keep, tni_eval *eval, tn_value value) {
  total *t = state;
  tni_number number;
  (void)a, (void)keep, (void)eval;
  if (!tni_as_number(value, &number)) return TN_OK;
  tni_sum_add(&t->sum, number);
  t->count++;
  return TN_OK;
}

static tn_status sum(const tni_accumulator *a, void *state, tni_eval *eval, tn_value *out) {
  const total *t = state;
  (void)a;
  return tni_number_value(eval->pool, tni_sum_number(&t->sum), out);
}

static tn_status average(const tni_accumulator *a, void *state, tni_eval *eval, tn_value *out) {
  const total *t = state;
  (void)a;
  return t->count == 0 ? TN_OK : tni_expr_double(eval, tni_sum_double(&t->sum) / (double)t->count, out);
}

static tn_status compile_count(tn_ctx *ctx, tni_scope *scope, tn_value spec, tni_accumulator *a) {
  (void)scope;
  if (tn_value_type(spec) == TN_OBJECT && tn_count(spec) == 0) return TN_OK;
  return tn_fail(ctx, TN_INVALID, a->where, "$count takes no arguments: {}");
}

static tn_status take_one(const tni_accumulator *a, void *state, tni_pool *keep, tni_eval *eval, tn_value value) {
  (void)a, (void)keep, (void)eval, (void)value;
  ((total *)state)->count++;
  return TN_OK;
}

static tn_status count(const tni_accumulator *a, void *state, tni_eval *eval, tn_value *out) {
  (void)a;
  return tni_expr_int(eval, (int64_t)((total *)state)->count, out);
}

/* ---- $stdDevPop $stdDevSamp ------------------------------------------------------------------- */

/* B. P. Welford, "Note on a method for calculating corrected sums of squares and products". */
typedef struct deviation {
  uint64_t count;
  double mean;
  double squares; /* of the distances from the mean */
} deviation;

static tn_status take_deviation(const tni_accumulator *a, void *state, tni_pool *keep, tni_eval *eval,
                                tn_value value) {
  deviation *d = state;
  tni_number number;
  (void)a, (void)keep, (void)eval;
  if (!tni_as_number(value, &number)) return TN_OK;
  double distance = number.d - d->mean;
  d->count++;
  d->mean += distance / (double)d->count;
  d->squares += distance * (number.d - d->mean);
  return TN_OK;
}

/* variant: how many documents less than there are it is divided by. */
static tn_status deviate(const tni_accumulator *a, void *state, tni_eval *eval, tn_value *out) {
  const deviation *d = state;
  uint64_t less = (uint64_t)a->op->variant;
  if (d->count <= less) return TN_OK;
  return tni_expr_double(eval, sqrt(d->squares / (double)(d->count - less)), out);
}

/* ---- names ------------------------------------------------------------------------------------ */

static const tni_accumulator_op ops[] = {
    {"$avg", sizeof(total), NULL, NULL, take_number, average, 0},
    {"$count", sizeof(total), compile_count, NULL, take_one, count, 0},
    {"$stdDevPop", sizeof(deviation), NULL, NULL, take_deviation, deviate, 0},
    {"$stdDevSamp", sizeof(deviation), NULL, NULL, take_deviation, deviate, 1},
    {"$sum", sizeof(total), NULL, NULL, take_number, sum, 0},
};
const tni_accumulator_family tni_accumulator_number = {ops, TNI_LENGTH(ops)};
