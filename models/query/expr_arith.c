/* expr_arith.c - arithmetic. Ints stay ints until they leave 64 bits, from there on they are doubles. Where a date
 * stands, a number is milliseconds. Null or missing gives null. */
#include <math.h>

#include "expr_families.h"
#include "number.h"

#define MS INT64_C(1000) /* in microseconds */

/* The number that argument i is; *null where it is null or missing. */
static tn_status number_arg(const tni_expr *expr, tni_eval *eval, uint32_t i, tni_number *out, bool *null) {
  tn_value value;
  TRY(tni_expr_arg(expr, eval, i, &value));
  *null = tni_is_nullish(value);
  if (*null || tni_as_number(value, out)) return TN_OK;
  return tni_expr_wrong(expr, eval, "numbers", value);
}

/* The same of the two there are. */
static tn_status two_numbers(const tni_expr *expr, tni_eval *eval, tni_number out[2], bool *null) {
  bool second;
  TRY(number_arg(expr, eval, 0, &out[0], null));
  TRY(number_arg(expr, eval, 1, &out[1], &second));
  *null = *null || second;
  return TN_OK;
}

static tn_status give(tni_eval *eval, tni_number number, tn_value *out) {
  return tni_number_value(eval->pool, number, out);
}

static tn_status give_null(tn_value *out) { return *out = tni_null_value, TN_OK; }

/* ---- $add $subtract $multiply ----------------------------------------------------------------- */

/* A date and milliseconds, fractions of them as far as microseconds. */
static tn_status give_date(const tni_expr *expr, tni_eval *eval, int64_t us, tni_number ms, tn_value *out) {
  double real = ms.is_int ? 0 : rint(ms.d * MS);
  bool far = !ms.is_int && !(fabs(real) < 0x1p62);
  tni_wide sum = (tni_wide)us + (far ? 0 : ms.is_int ? (tni_wide)ms.i * MS : (tni_wide)real);
  if (far || sum < INT64_MIN || sum > INT64_MAX) return tni_expr_fail(expr, eval, "the date leaves 64 bits");
  return tni_expr_time(eval, (int64_t)sum, out);
}

static tn_status add(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tni_sum sum = {0};
  tni_number number;
  int64_t us = 0;
  bool dated = false;
  for (uint32_t i = 0; i < expr->count; i++) {
    tn_value value;
    TRY(tni_expr_arg(expr, eval, i, &value));
    if (tni_is_nullish(value)) return give_null(out);
    if (tni_as_number(value, &number))
      tni_sum_add(&sum, number);
    else if (dated || !tn_as_timestamp(value, &us))
      return tni_expr_wrong(expr, eval, dated ? "one date only" : "numbers and a date", value);
    else
      dated = true;
  }
  number = tni_sum_number(&sum);
  return dated ? give_date(expr, eval, us, number, out) : give(eval, number, out);
}

static tni_number difference(tni_number a, tni_number b) {
  return a.is_int && b.is_int ? tni_number_wide((tni_wide)a.i - b.i) : tni_number_double(a.d - b.d);
}

static int64_t whole_ms(int64_t us) { return us / MS - (us % MS < 0); }

static tn_status subtract(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  bool null;
  tn_value values[2];
  tni_number a, b;
  int64_t from, to;
  TRY(tni_expr_args(expr, eval, values, 2, &null, out));
  if (null) return TN_OK;
  bool number = tni_as_number(values[1], &b);
  if (tn_as_timestamp(values[0], &from)) {
    if (tn_as_timestamp(values[1], &to)) return tni_expr_int(eval, whole_ms(from) - whole_ms(to), out);
    if (number) return give_date(expr, eval, from, difference(tni_number_int(0), b), out);
  }
  if (!tni_as_number(values[0], &a)) return tni_expr_wrong(expr, eval, "numbers and dates", values[number ? 0 : 1]);
  if (!number) return tni_expr_wrong(expr, eval, "a number behind a number", values[1]);
  return give(eval, difference(a, b), out);
}

static tni_number product(tni_number a, tni_number b) {
  return a.is_int && b.is_int ? tni_number_wide((tni_wide)a.i * b.i) : tni_number_double(a.d * b.d);
}

static tn_status multiply(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tni_number result = tni_number_int(1), factor;
  bool null;
  for (uint32_t i = 0; i < expr->count; i++) {
    TRY(number_arg(expr, eval, i, &factor, &null));
    if (null) return give_null(out);
    result = product(result, factor);
  }
  return give(eval, result, out);
}

/* ---- $divide $mod ----------------------------------------------------------------------------- */

static tn_status divide(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tni_number n[2];
  bool null;
  TRY(two_numbers(expr, eval, n, &null));
  if (null) return give_null(out);
  if (n[1].d == 0) return tni_expr_fail(expr, eval, "$divide by zero");
  return tni_expr_double(eval, n[0].d / n[1].d, out);
}

/* The result has the sign of what is divided, as in C. */
static tn_status mod(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tni_number n[2];
  bool null;
  TRY(two_numbers(expr, eval, n, &null));
  if (null) return give_null(out);
  if (n[1].d == 0) return tni_expr_fail(expr, eval, "$mod by zero");
  if (!n[0].is_int || !n[1].is_int) return tni_expr_double(eval, fmod(n[0].d, n[1].d), out);
  return tni_expr_int(eval, n[1].i == -1 ? 0 : n[0].i % n[1].i, out);
}

/* ---- $pow ------------------------------------------------------------------------------------- */

/* By squaring, as long as it fits. 1 and -1 have whole powers of any kind. */
static bool whole_power(int64_t base, int64_t exponent, int64_t *out) {
  int64_t result = 1;
  if (base == 1 || base == -1) exponent &= 1;
  bool fits = exponent >= 0;
  while (exponent > 0 && fits) {
    if (exponent & 1) fits = !__builtin_mul_overflow(result, base, &result);
    exponent >>= 1;
    if (exponent > 0 && fits) fits = !__builtin_mul_overflow(base, base, &base);
  }
  if (fits) *out = result;
  return fits;
}

static tn_status power(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tni_number n[2];
  bool null;
  int64_t whole;
  TRY(two_numbers(expr, eval, n, &null));
  if (null) return give_null(out);
  if (n[0].d == 0 && n[1].d < 0) return tni_expr_fail(expr, eval, "$pow of 0 with a negative exponent");
  if (n[0].is_int && n[1].is_int && whole_power(n[0].i, n[1].i, &whole)) return tni_expr_int(eval, whole, out);
  return tni_expr_double(eval, pow(n[0].d, n[1].d), out);
}

/* ---- of one number ---------------------------------------------------------------------------- */

static tn_status absolute(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tni_number n;
  bool null;
  TRY(number_arg(expr, eval, 0, &n, &null));
  if (null) return give_null(out);
  if (!n.is_int) return tni_expr_double(eval, fabs(n.d), out);
  return give(eval, n.i < 0 ? difference(tni_number_int(0), n) : n, out);
}

/* $ceil, $floor: an int is itself. */
static tn_status next_whole(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tni_number n;
  bool null;
  TRY(number_arg(expr, eval, 0, &n, &null));
  if (null) return give_null(out);
  return n.is_int ? give(eval, n, out) : tni_expr_double(eval, expr->op->math(n.d), out);
}

static tn_status exponential(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tni_number n;
  bool null;
  TRY(number_arg(expr, eval, 0, &n, &null));
  return null ? give_null(out) : tni_expr_double(eval, exp(n.d), out);
}

static tn_status root(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tni_number n;
  bool null;
  TRY(number_arg(expr, eval, 0, &n, &null));
  if (null) return give_null(out);
  if (n.d < 0) return tni_expr_fail(expr, eval, "$sqrt takes a number of at least 0, got %.17g", n.d);
  return tni_expr_double(eval, sqrt(n.d), out);
}

/* $ln, $log10. */
static tn_status logarithm(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tni_number n;
  bool null;
  TRY(number_arg(expr, eval, 0, &n, &null));
  if (null) return give_null(out);
  if (n.d <= 0) return tni_expr_fail(expr, eval, "%s takes a number above 0, got %.17g", expr->op->name, n.d);
  return tni_expr_double(eval, expr->op->math(n.d), out);
}

static tn_status logarithm_to_base(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tni_number n[2];
  bool null;
  TRY(two_numbers(expr, eval, n, &null));
  if (null) return give_null(out);
  if (n[0].d <= 0) return tni_expr_fail(expr, eval, "$log takes a number above 0, got %.17g", n[0].d);
  if (n[1].d <= 0 || n[1].d == 1)
    return tni_expr_fail(expr, eval, "$log takes a base above 0 that is not 1, got %.17g", n[1].d);
  return tni_expr_double(eval, log(n[0].d) / log(n[1].d), out);
}

/* ---- names ------------------------------------------------------------------------------------ */

static const tni_expr_op ops[] = {
    {.name = "$abs", .min = 1, .max = 1, .eval = absolute},
    {.name = "$add", .min = 0, .max = TNI_ANY_COUNT, .eval = add},
    {.name = "$ceil", .min = 1, .max = 1, .eval = next_whole, .math = ceil},
    {.name = "$divide", .min = 2, .max = 2, .eval = divide},
    {.name = "$exp", .min = 1, .max = 1, .eval = exponential},
    {.name = "$floor", .min = 1, .max = 1, .eval = next_whole, .math = floor},
    {.name = "$ln", .min = 1, .max = 1, .eval = logarithm, .math = log},
    {.name = "$log", .min = 2, .max = 2, .eval = logarithm_to_base},
    {.name = "$log10", .min = 1, .max = 1, .eval = logarithm, .math = log10},
    {.name = "$mod", .min = 2, .max = 2, .eval = mod},
    {.name = "$multiply", .min = 0, .max = TNI_ANY_COUNT, .eval = multiply},
    {.name = "$pow", .min = 2, .max = 2, .eval = power},
    {.name = "$sqrt", .min = 1, .max = 1, .eval = root},
    {.name = "$subtract", .min = 2, .max = 2, .eval = subtract},
};
const tni_expr_family tni_expr_arith = {ops, TNI_LENGTH(ops)};
