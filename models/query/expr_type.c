/* expr_type.c - types and conversions. MongoDB has two kinds of int where Tenon has one: one that 32 bits hold is
 * "int" here, a larger one "long". */
#include <math.h>

#include "calendar.h"
#include "expr_families.h"
#include "number.h"

#define TWO_63 9223372036854775808.0

static bool is_small(int64_t n) { return n >= INT32_MIN && n <= INT32_MAX; }

/* ---- $type $isNumber -------------------------------------------------------------------------- */

static const char *name_of_type(tn_value value) {
  static const char *const names[] = {
      [TN_ABSENT] = "missing", [TN_NULL] = "null",     [TN_BOOL] = "bool",     [TN_INT] = "int",
      [TN_DOUBLE] = "double",  [TN_STRING] = "string", [TN_BYTES] = "binData", [TN_TIMESTAMP] = "date",
      [TN_ARRAY] = "array",    [TN_OBJECT] = "object"};
  int64_t n;
  return tn_as_int(value, &n) && !is_small(n) ? "long" : names[tn_value_type(value)];
}

static tn_status type(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tn_value value;
  TRY(tni_expr_arg(expr, eval, 0, &value));
  return tni_expr_text(eval, tni_slice_of(name_of_type(value)), out);
}

static tn_status is_number(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tn_value value;
  tni_number number;
  TRY(tni_expr_arg(expr, eval, 0, &value));
  *out = tni_bool_value(tni_as_number(value, &number));
  return TN_OK;
}

/* ---- conversions: false where there is none ---------------------------------------------------- */

typedef enum target { TO_BOOL, TO_DATE, TO_DOUBLE, TO_INT, TO_LONG, TO_STRING } target;

typedef struct target_name {
  const char *name;
  int64_t number; /* as BSON counts */
  target target;
} target_name;

static const target_name targets[] = {
    {"bool", 8, TO_BOOL}, {"date", 9, TO_DATE},  {"double", 1, TO_DOUBLE},
    {"int", 16, TO_INT},  {"long", 18, TO_LONG}, {"string", 2, TO_STRING},
};

static bool ms_of_date(tn_value value, int64_t *out) {
  int64_t us;
  if (!tn_as_timestamp(value, &us)) return false;
  *out = tni_floor_div(us, TNI_MS);
  return true;
}

static bool to_double(tn_value value, double *out) {
  tni_number number;
  tn_slice text;
  bool b;
  int64_t ms;
  if (tni_as_number(value, &number)) return *out = number.d, true;
  if (tn_as_bool(value, &b)) return *out = b, true;
  if (ms_of_date(value, &ms)) return *out = (double)ms, true;
  if (!tn_as_string(value, &text)) return false;
  if (tni_slice_is(text, "NaN")) return *out = NAN, true;
  if (tni_slice_is(text, "Infinity")) return *out = INFINITY, true;
  if (tni_slice_is(text, "-Infinity")) return *out = -INFINITY, true;
  return tni_number_read(text, out) && isfinite(*out);
}

/* Doubles lose their fraction. */
static bool to_long(tn_value value, int64_t *out) {
  double d;
  tn_slice text;
  bool b;
  if (tn_as_int(value, out) || ms_of_date(value, out)) return true;
  if (tn_as_bool(value, &b)) return *out = b, true;
  if (tn_as_string(value, &text)) return tni_int_read(text, out);
  if (!tn_as_double(value, &d) || !(d >= -TWO_63 && d < TWO_63)) return false;
  return *out = (int64_t)d, true;
}

static bool to_int(tn_value value, int64_t *out) {
  return tn_value_type(value) != TN_TIMESTAMP && to_long(value, out) && is_small(*out);
}

static bool to_date(tn_value value, int64_t *us) {
  tn_slice text;
  bool zoned;
  int64_t ms;
  tn_type from = tn_value_type(value);
  if (tn_as_timestamp(value, us)) return true;
  if (tn_as_string(value, &text)) return tni_moment_read(text, us, &zoned);
  return (from == TN_INT || from == TN_DOUBLE) && to_long(value, &ms) && !__builtin_mul_overflow(ms, TNI_MS, us);
}

typedef union written {
  char number[TNI_NUMBER_TEXT_MAX];
  char moment[TNI_MOMENT_TEXT_MAX];
} written;

static bool to_string(tn_value value, written *buffer, tn_slice *out) {
  tni_number number;
  bool b;
  int64_t us;
  if (tn_as_string(value, out)) return true;
  if (tni_as_number(value, &number))
    *out = (tn_slice){buffer->number, tni_any_number_text(number, buffer->number)};
  else if (tn_as_timestamp(value, &us))
    *out = (tn_slice){buffer->moment, tni_moment_text(us, buffer->moment)};
  else if (tn_as_bool(value, &b))
    *out = tni_slice_of(b ? "true" : "false");
  else
    return false;
  return true;
}

/* *done false: there is no such conversion. */
static tn_status convert_value(tni_eval *eval, tn_value value, target to, bool *done, tn_value *out) {
  written buffer;
  tn_slice text;
  double d;
  int64_t n;
  *done = true;
  if (to == TO_BOOL) return *out = tni_bool_value(tni_is_truthy(value)), TN_OK;
  if (to == TO_DATE && to_date(value, &n)) return tni_expr_time(eval, n, out);
  if (to == TO_DOUBLE && to_double(value, &d)) return tni_expr_double(eval, d, out);
  if (to == TO_INT && to_int(value, &n)) return tni_expr_int(eval, n, out);
  if (to == TO_LONG && to_long(value, &n)) return tni_expr_int(eval, n, out);
  if (to == TO_STRING && to_string(value, &buffer, &text)) return tni_expr_text(eval, text, out);
  *done = false;
  return TN_OK;
}

static tn_status not_converted(const tni_expr *expr, tni_eval *eval, tn_value value, target to) {
  written buffer;
  tn_slice text = {"", 0};
  const char *from = name_of_type(value), *name = targets[to].name;
  if (!to_string(value, &buffer, &text))
    return tni_expr_fail(expr, eval, "%s makes no %s of %s", expr->op->name, name, from);
  return tni_expr_fail(expr, eval, "%s makes no %s of %s '%s'", expr->op->name, name, from,
                       tni_quoted(eval->ctx, text));
}

/* ---- $convert --------------------------------------------------------------------------------- */

enum { INPUT, TO, ON_ERROR, ON_NULL };

static tn_status target_arg(const tni_expr *expr, tni_eval *eval, target *out, bool *null) {
  const char *names[TNI_LENGTH(targets)];
  tn_value value;
  tn_slice name = {"", 0};
  int64_t number = 0;
  TRY(tni_expr_arg(expr, eval, TO, &value));
  *null = tni_is_nullish(value);
  if (*null) return TN_OK;
  if (!tn_as_string(value, &name) && !tni_as_whole(value, &number))
    return tni_expr_wrong(expr, eval, "the name or number of a type as 'to'", value);
  for (size_t i = 0; i < TNI_LENGTH(targets); i++) {
    names[i] = targets[i].name;
    if (tni_slice_is(name, targets[i].name) || number == targets[i].number) return *out = targets[i].target, TN_OK;
  }
  if (name.size == 0) return tni_expr_fail(expr, eval, "$convert knows no type %lld", (long long)number);
  return tni_expr_fail(expr, eval, "$convert knows no type '%s'%s", tni_quoted(eval->ctx, name),
                       tn_nearest(eval->ctx, name, names, TNI_LENGTH(targets)));
}

static tn_status convert(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tn_value value;
  target to = TO_BOOL;
  bool no_target, done;
  TRY(target_arg(expr, eval, &to, &no_target));
  TRY(tni_expr_arg(expr, eval, INPUT, &value));
  if (tni_is_nullish(value) && tni_expr_has_arg(expr, ON_NULL)) return tni_expr_arg(expr, eval, ON_NULL, out);
  if (tni_is_nullish(value) || no_target) return *out = tni_null_value, TN_OK;
  TRY(convert_value(eval, value, to, &done, out));
  if (done) return TN_OK;
  if (tni_expr_has_arg(expr, ON_ERROR)) return tni_expr_arg(expr, eval, ON_ERROR, out);
  return not_converted(expr, eval, value, to);
}

/* $toInt and its like; variant: what to. */
static tn_status convert_to(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tn_value value;
  bool null, done;
  target to = (target)expr->op->variant;
  TRY(tni_expr_args(expr, eval, &value, 1, &null, out));
  if (null) return TN_OK;
  TRY(convert_value(eval, value, to, &done, out));
  return done ? TN_OK : not_converted(expr, eval, value, to);
}

/* ---- names ------------------------------------------------------------------------------------ */

static const char *const convert_params[] = {"input", "to", "onError", "onNull", NULL};

static const tni_expr_op ops[] = {
    {.name = "$convert", .min = 2, .eval = convert, .params = convert_params},
    {.name = "$isNumber", .min = 1, .max = 1, .eval = is_number},
    {.name = "$toBool", .min = 1, .max = 1, .eval = convert_to, .variant = TO_BOOL},
    {.name = "$toDate", .min = 1, .max = 1, .eval = convert_to, .variant = TO_DATE},
    {.name = "$toDouble", .min = 1, .max = 1, .eval = convert_to, .variant = TO_DOUBLE},
    {.name = "$toInt", .min = 1, .max = 1, .eval = convert_to, .variant = TO_INT},
    {.name = "$toLong", .min = 1, .max = 1, .eval = convert_to, .variant = TO_LONG},
    {.name = "$toString", .min = 1, .max = 1, .eval = convert_to, .variant = TO_STRING},
    {.name = "$type", .min = 1, .max = 1, .eval = type},
};
const tni_expr_family tni_expr_type = {ops, TNI_LENGTH(ops)};
