/* expr_stats.c - $avg $max $min $stdDevPop $stdDevSamp $sum of the items of an array, or of several values: the
 * accumulators of these names, given them one by one. */
#include <assert.h>

#include "accumulator_internal.h"
#include "expr_families.h"

#define STATE_SIZE_MAX 64

typedef struct summary {
  tni_accumulator accumulator;
  _Alignas(16) uint8_t state[STATE_SIZE_MAX];
} summary;

static tn_status take(summary *s, tni_eval *eval, tn_value value) {
  return s->accumulator.op->take(&s->accumulator, s->state, eval->pool, eval, value);
}

/* An array as the only argument is one of values; among several it is a value itself. */
static tn_status take_argument(const tni_expr *expr, tni_eval *eval, tn_value value, summary *s) {
  bool list = expr->count == 1 && tn_value_type(value) == TN_ARRAY;
  for (tn_iter it = tn_iter_of(value); list && tn_iter_next(&it);) TRY(take(s, eval, it.value));
  return list ? TN_OK : take(s, eval, value);
}

static tn_status summarize(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  summary s = {.accumulator = {.op = expr->extra, .where = expr->where}};
  assert(s.accumulator.op->state_size <= STATE_SIZE_MAX);
  for (uint32_t i = 0; i < expr->count; i++) {
    tn_value value;
    TRY(tni_expr_arg(expr, eval, i, &value));
    TRY(take_argument(expr, eval, value, &s));
  }
  return tni_accumulator_result(&s.accumulator, s.state, eval, out);
}

static tn_status compile_summary(tn_ctx *ctx, tni_scope *scope, tn_value spec, tni_expr *expr) {
  expr->extra = tni_accumulator_named(tni_slice_of(expr->op->name));
  return tni_expr_compile_list(ctx, scope, spec, expr);
}

#define SUMMARY(title) \
  { .name = title, .max = TNI_ANY_COUNT, .eval = summarize, .compile = compile_summary }

static const tni_expr_op ops[] = {
    SUMMARY("$avg"), SUMMARY("$max"), SUMMARY("$min"), SUMMARY("$stdDevPop"), SUMMARY("$stdDevSamp"), SUMMARY("$sum"),
};
const tni_expr_family tni_expr_stats = {ops, TNI_LENGTH(ops)};
