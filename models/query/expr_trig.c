/* expr_trig.c - trigonometry, in radians. Null or missing gives null; NaN gives NaN. */
#include <math.h>

#include "expr_families.h"
#include "number.h"

/* variant: where the function is defined. */
enum { ANYWHERE, FINITE, WITHIN_ONE, FROM_ONE };

static const char *const domains[] = {
    [ANYWHERE] = "numbers",
    [FINITE] = "finite numbers",
    [WITHIN_ONE] = "numbers from -1 to 1",
    [FROM_ONE] = "numbers from 1 on",
};

static bool is_defined(int domain, double d) {
  if (isnan(d) || domain == ANYWHERE) return true;
  if (domain == FINITE) return isfinite(d);
  return domain == WITHIN_ONE ? d >= -1 && d <= 1 : d >= 1;
}

static tn_status apply(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tni_number n;
  tn_value value;
  bool null;
  TRY(tni_expr_args(expr, eval, &value, 1, &null, out));
  if (null) return TN_OK;
  if (!tni_as_number(value, &n)) return tni_expr_wrong(expr, eval, "numbers", value);
  if (!is_defined(expr->op->variant, n.d))
    return tni_expr_fail(expr, eval, "%s takes %s, got %.17g", expr->op->name, domains[expr->op->variant], n.d);
  return tni_expr_double(eval, expr->op->math(n.d), out);
}

static tn_status arc_of_two(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tni_number n[2];
  tn_value values[2];
  bool null;
  TRY(tni_expr_args(expr, eval, values, 2, &null, out));
  if (null) return TN_OK;
  for (uint32_t i = 0; i < 2; i++)
    if (!tni_as_number(values[i], &n[i])) return tni_expr_wrong(expr, eval, "numbers", values[i]);
  return tni_expr_double(eval, atan2(n[0].d, n[1].d), out);
}

static double radians(double degrees) { return degrees * (M_PI / 180); }
static double degrees(double radians_) { return radians_ * (180 / M_PI); }

#define FUNCTION(title, function, domain) \
  { .name = title, .min = 1, .max = 1, .eval = apply, .math = function, .variant = domain }

static const tni_expr_op ops[] = {
    FUNCTION("$acos", acos, WITHIN_ONE),
    FUNCTION("$acosh", acosh, FROM_ONE),
    FUNCTION("$asin", asin, WITHIN_ONE),
    FUNCTION("$asinh", asinh, ANYWHERE),
    FUNCTION("$atan", atan, ANYWHERE),
    {.name = "$atan2", .min = 2, .max = 2, .eval = arc_of_two},
    FUNCTION("$atanh", atanh, WITHIN_ONE),
    FUNCTION("$cos", cos, FINITE),
    FUNCTION("$cosh", cosh, ANYWHERE),
    FUNCTION("$degreesToRadians", radians, ANYWHERE),
    FUNCTION("$radiansToDegrees", degrees, ANYWHERE),
    FUNCTION("$sin", sin, FINITE),
    FUNCTION("$sinh", sinh, ANYWHERE),
    FUNCTION("$tan", tan, FINITE),
    FUNCTION("$tanh", tanh, ANYWHERE),
};
const tni_expr_family tni_expr_trig = {ops, TNI_LENGTH(ops)};
