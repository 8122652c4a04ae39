/* $eq $ne $gt $gte $lt $lte, $in $nin, and equality without an operator. */
#include "filter_internal.h"
#include "order.h"

enum { LESS = 1, EQUAL = 2, GREATER = 4 };

/* ---- comparisons ------------------------------------------------------------------------------ */

typedef struct compare_test {
  tni_test test;
  uint8_t accepts; /* which orders of value and operand */
  bool is_int;     /* the operand's number is n, else d */
  int64_t n;
  double d;
  tn_slice text;
} compare_test;

static const compare_test *compare_of(const tni_test *test) { return (const compare_test *)(const void *)test; }

static bool accepts(const compare_test *t, int order) {
  return (t->accepts & (order < 0 ? LESS : order > 0 ? GREATER : EQUAL)) != 0;
}

static bool is_nan(double d) { return d != d; }

/* NaN equals itself and is neither less nor greater than anything. */
static bool double_holds(const compare_test *t, tni_match *match, tn_value value, double d) {
  bool operand_nan = !t->is_int && is_nan(t->d);
  if (is_nan(d) || operand_nan) return is_nan(d) && operand_nan && accepts(t, 0);
  if (!t->is_int) return accepts(t, (d > t->d) - (d < t->d));
  return accepts(t, match->ctx->host->value_compare(value, t->test.operand));
}

static bool number_holds(const tni_test *test, tni_match *match, tn_value value) {
  const compare_test *t = compare_of(test);
  int64_t n;
  double d;
  if (!tn_as_int(value, &n)) return tn_as_double(value, &d) && double_holds(t, match, value, d);
  if (t->is_int) return accepts(t, (n > t->n) - (n < t->n));
  return !is_nan(t->d) && accepts(t, match->ctx->host->value_compare(value, t->test.operand));
}

static bool text_holds(const tni_test *test, tni_match *match, tn_value value) {
  const compare_test *t = compare_of(test);
  tn_slice text;
  (void)match;
  if (!tn_as_string(value, &text)) return false;
  int order = memcmp(text.data, t->text.data, text.size < t->text.size ? text.size : t->text.size);
  return accepts(t, order != 0 ? order : (text.size > t->text.size) - (text.size < t->text.size));
}

static bool same_text_holds(const tni_test *test, tni_match *match, tn_value value) {
  (void)match;
  return tn_value_same(value, test->operand);
}

static bool null_holds(const tni_test *test, tni_match *match, tn_value value) {
  (void)match;
  return (tn_is_absent(value) || tn_is_null(value)) && accepts(compare_of(test), 0);
}

static bool other_holds(const tni_test *test, tni_match *match, tn_value value) {
  return tn_value_type(value) == tn_value_type(test->operand) &&
         accepts(compare_of(test), match->ctx->host->value_compare(value, test->operand));
}

static void take_operand(compare_test *t, tn_value operand) {
  t->is_int = tn_as_int(operand, &t->n);
  t->test.operand = operand;
  if (t->is_int || tn_as_double(operand, &t->d))
    t->test.holds = number_holds;
  else if (tn_as_string(operand, &t->text))
    t->test.holds = t->accepts == EQUAL ? same_text_holds : text_holds;
  else
    t->test.holds = tn_is_null(operand) ? null_holds : other_holds;
}

static tn_status make_compare(tn_ctx *ctx, tni_term_kind kind, tn_value operand, tni_test **out) {
  static const uint8_t accepted[] = {[TNI_TERM_EQ] = EQUAL,
                                     [TNI_TERM_GT] = GREATER,
                                     [TNI_TERM_GTE] = GREATER | EQUAL,
                                     [TNI_TERM_LT] = LESS,
                                     [TNI_TERM_LTE] = LESS | EQUAL};
  compare_test *t = tni_new_test(ctx, sizeof *t, NULL);
  if (!t) return tni_no_memory(ctx);
  t->accepts = accepted[kind];
  t->test.term = (int)kind;
  t->test.term_exact = true;
  take_operand(t, operand);
  *out = &t->test;
  return TN_OK;
}

tn_status tni_test_equal(tn_ctx *ctx, tn_value operand, tni_test **out) {
  return make_compare(ctx, TNI_TERM_EQ, operand, out);
}

tn_status tni_compile_compare(tni_compiler *c, const tni_operator *given, const tni_test **out) {
  tni_test *test;
  TRY(make_compare(c->ctx, (tni_term_kind)given->op->variant, given->operand, &test));
  *out = test;
  return TN_OK;
}

/* ---- $in -------------------------------------------------------------------------------------- */

typedef struct in_test {
  tni_test test;
  const tn_value **values; /* in order */
  uint32_t count;
  bool has_null;
} in_test;

static bool in_holds(const tni_test *test, tni_match *match, tn_value value) {
  const in_test *t = (const in_test *)(const void *)test;
  uint32_t from = 0, to = t->count;
  if (tn_is_absent(value)) return t->has_null;
  while (from < to) {
    uint32_t middle = from + (to - from) / 2;
    int order = match->ctx->host->value_compare(value, *t->values[middle]);
    if (order == 0) return true;
    if (order < 0)
      to = middle;
    else
      from = middle + 1;
  }
  return false;
}

static int compare_values(void *arg, const void *a, const void *b) {
  const tn_host *host = ((tn_ctx *)arg)->host;
  return host->value_compare(*(const tn_value *)a, *(const tn_value *)b);
}

/* The items, what points to them, and room to put that in order. */
static tn_status take_items(tn_ctx *ctx, in_test *t, tn_value operand, const char *where) {
  size_t count = tn_count(operand);
  tn_value *items = tn_scratch(ctx, (count + 1) * sizeof *items);
  t->values = tn_scratch(ctx, (count + 1) * 2 * sizeof *t->values);
  if (!items || !t->values) return tni_no_memory(ctx);
  for (tn_iter it = tn_iter_of(operand); tn_iter_next(&it);) {
    uint32_t i = it.next - 1;
    if (tni_has_operators(it.value)) return tni_fail_item(ctx, where, i, "expected a value, got an operator");
    t->has_null |= tn_is_null(it.value);
    items[i] = it.value;
    t->values[i] = &items[i];
  }
  t->count = (uint32_t)count;
  return tni_order(ctx, (const void **)t->values, (const void **)(t->values + count), count, compare_values, ctx);
}

tn_status tni_compile_in(tni_compiler *c, const tni_operator *given, const tni_test **out) {
  TRY(tni_expect(c->ctx, given->operand, TN_T_ARRAY, "an array", given->where));
  in_test *t = tni_new_test(c->ctx, sizeof *t, in_holds);
  if (!t) return tni_no_memory(c->ctx);
  TRY(take_items(c->ctx, t, given->operand, given->where));
  t->test.term = TNI_TERM_IN;
  t->test.term_exact = true;
  t->test.operand = given->operand;
  *out = &t->test;
  return TN_OK;
}

/* ---- their contraries ------------------------------------------------------------------------- */

tn_status tni_compile_ne(tni_compiler *c, const tni_operator *given, const tni_test **out) {
  tni_test *equal;
  TRY(tni_test_equal(c->ctx, given->operand, &equal));
  return tni_test_not(c->ctx, equal, out);
}

tn_status tni_compile_nin(tni_compiler *c, const tni_operator *given, const tni_test **out) {
  const tni_test *in;
  TRY(tni_compile_in(c, given, &in));
  return tni_test_not(c->ctx, in, out);
}
