/* expr_date_math.c - $dateAdd $dateSubtract $dateDiff $dateTrunc. Units from the day down are spans of time, those
 * above count the calendar's months, in local time. */
#include <strings.h>

#include "expr_date.h"
#include "number.h"

/* ---- units ------------------------------------------------------------------------------------ */

typedef struct unit {
  const char *name;
  int64_t us;     /* a span of time, or 0 */
  int64_t months; /* then */
} unit;

static const unit units[] = {
    {"year", 0, 12},           {"quarter", 0, 3},         {"month", 0, 1},
    {"week", 7 * TNI_DAY, 0},  {"day", TNI_DAY, 0},       {"hour", TNI_HOUR, 0},
    {"minute", TNI_MINUTE, 0}, {"second", TNI_SECOND, 0}, {"millisecond", TNI_MS, 0},
};
#define WEEK 3

static tn_status unit_arg(const tni_expr *expr, tni_eval *eval, uint32_t i, const unit **out, bool *null) {
  const char *names[TNI_LENGTH(units)];
  tn_value value;
  tn_slice name;
  TRY(tni_expr_arg(expr, eval, i, &value));
  *null = tni_is_nullish(value);
  *out = &units[0];
  if (*null) return TN_OK;
  if (!tn_as_string(value, &name)) return tni_expr_wrong(expr, eval, "a string as 'unit'", value);
  for (size_t k = 0; k < TNI_LENGTH(units); k++) {
    names[k] = units[k].name;
    if (tni_slice_is(name, units[k].name)) return *out = &units[k], TN_OK;
  }
  return tni_expr_fail(expr, eval, "%s knows no unit '%s'%s", expr->op->name, tni_quoted(eval->ctx, name),
                       tn_nearest(eval->ctx, name, names, TNI_LENGTH(units)));
}

/* The day that weeks begin with, Sunday is 0: "monday" or "mon". */
static tn_status weekday_arg(const tni_expr *expr, tni_eval *eval, uint32_t i, int64_t *out, bool *null) {
  static const char *const days[] = {"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"};
  tn_value value;
  tn_slice name;
  *null = false;
  *out = 0;
  if (!tni_expr_has_arg(expr, i)) return TN_OK;
  TRY(tni_expr_arg(expr, eval, i, &value));
  *null = tni_is_nullish(value);
  if (*null) return TN_OK;
  if (!tn_as_string(value, &name)) return tni_expr_wrong(expr, eval, "a string as 'startOfWeek'", value);
  for (size_t d = 0; d < TNI_LENGTH(days); d++)
    if ((name.size == 3 || name.size == strlen(days[d])) && strncasecmp(name.data, days[d], name.size) == 0)
      return *out = (int64_t)d, TN_OK;
  return tni_expr_fail(expr, eval, "%s knows no day '%s'%s", expr->op->name, tni_quoted(eval->ctx, name),
                       tn_nearest(eval->ctx, name, days, TNI_LENGTH(days)));
}

static bool in_range(tni_wide n) { return n >= INT64_MIN && n <= INT64_MAX; }

/* Months since year 0. */
static int64_t months_of(const tni_calendar *at) { return at->year * 12 + at->month - 1; }

/* ---- $dateAdd $dateSubtract ------------------------------------------------------------------- */

enum { START, UNIT, AMOUNT, ADD_ZONE };
#define MONTHS_MAX 10000000

/* A day that the month has not becomes its last. */
static bool add_months(int64_t local, tni_wide months, int64_t *out) {
  tni_calendar at = tni_calendar_of(local);
  if (months < -MONTHS_MAX || months > MONTHS_MAX) return false;
  int64_t total = months_of(&at) + (int64_t)months;
  at.year = tni_floor_div(total, 12);
  at.month = total - at.year * 12 + 1;
  int64_t last = tni_days_in_month(at.year, at.month);
  if (at.day > last) at.day = last;
  return tni_calendar_us(&at, out);
}

static tn_status move(const tni_expr *expr, tni_eval *eval, int64_t us, const unit *by, tni_wide amount,
                      int64_t offset, int64_t *out) {
  tni_wide moved = (tni_wide)us + amount * by->us;
  int64_t local;
  if (by->months == 0 && in_range(moved)) return *out = (int64_t)moved, TN_OK;
  if (by->months == 0) return tni_far_date(expr, eval);
  TRY(tni_to_local(expr, eval, us, offset, &local));
  if (!add_months(local, amount * by->months, &local)) return tni_far_date(expr, eval);
  return tni_from_local(expr, eval, local, offset, out);
}

/* variant: 1 or -1. */
static tn_status add(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  int64_t us, amount = 0, offset;
  const unit *by;
  bool null[3];
  tn_value value;
  TRY(tni_date_arg(expr, eval, START, &us, &null[0]));
  TRY(unit_arg(expr, eval, UNIT, &by, &null[1]));
  TRY(tni_zone_arg(expr, eval, ADD_ZONE, &offset, &null[2]));
  TRY(tni_expr_arg(expr, eval, AMOUNT, &value));
  if (null[0] || null[1] || null[2] || tni_is_nullish(value)) return *out = tni_null_value, TN_OK;
  if (!tni_as_whole(value, &amount)) return tni_expr_wrong(expr, eval, "a whole number as 'amount'", value);
  TRY(move(expr, eval, us, by, (tni_wide)amount * expr->op->variant, offset, &us));
  return tni_expr_time(eval, us, out);
}

/* ---- $dateDiff -------------------------------------------------------------------------------- */

enum { FROM, TO, DIFF_UNIT, DIFF_ZONE, DIFF_WEEKDAY };

/* How many units have begun up to then; for weeks that begin with a day. */
static int64_t begun(int64_t local, const unit *by, int64_t weekday) {
  tni_calendar at = tni_calendar_of(local);
  if (by->months > 0) return tni_floor_div(months_of(&at), by->months);
  if (by != &units[WEEK]) return tni_floor_div(local, by->us);
  return tni_floor_div(tni_floor_div(local, TNI_DAY) + 4 - weekday, 7);
}

static tn_status diff(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  int64_t from = 0, to = 0, offset, weekday;
  const unit *by;
  bool null[5];
  TRY(tni_date_arg(expr, eval, FROM, &from, &null[0]));
  TRY(tni_date_arg(expr, eval, TO, &to, &null[1]));
  TRY(unit_arg(expr, eval, DIFF_UNIT, &by, &null[2]));
  TRY(tni_zone_arg(expr, eval, DIFF_ZONE, &offset, &null[3]));
  TRY(weekday_arg(expr, eval, DIFF_WEEKDAY, &weekday, &null[4]));
  for (size_t i = 0; i < TNI_LENGTH(null); i++)
    if (null[i]) return *out = tni_null_value, TN_OK;
  TRY(tni_to_local(expr, eval, from, offset, &from));
  TRY(tni_to_local(expr, eval, to, offset, &to));
  return tni_expr_int(eval, begun(to, by, weekday) - begun(from, by, weekday), out);
}

/* ---- $dateTrunc ------------------------------------------------------------------------------- */

enum { TRUNC_DATE, TRUNC_UNIT, BIN_SIZE, TRUNC_ZONE, TRUNC_WEEKDAY };

static tni_wide floor_wide(tni_wide a, tni_wide b) { return a / b - (a % b != 0 && a < 0); }

static bool truncate_months(int64_t local, tni_wide bin, int64_t *out) {
  tni_calendar at = tni_calendar_of(local);
  int64_t since = months_of(&at) - 2000 * 12;
  tni_calendar start = {.year = 2000, .day = 1};
  tni_wide months = floor_wide(since, bin) * bin + 1;
  if (months < -MONTHS_MAX || months > MONTHS_MAX) return false;
  start.month = (int64_t)months;
  return tni_calendar_us(&start, out);
}

/* Bins are counted from the year 2000, those of weeks from the first day of a week in it. */
static bool truncate_local(int64_t local, const unit *by, int64_t size, int64_t weekday, int64_t *out) {
  if (by->months > 0) return truncate_months(local, (tni_wide)by->months * size, out);
  int64_t days = tni_days_of(2000, 1, 1);
  if (by == &units[WEEK]) days += (weekday + 7 - tni_weekday(days)) % 7;
  tni_wide origin = (tni_wide)days * TNI_DAY, bin = (tni_wide)by->us * size;
  tni_wide start = origin + floor_wide(local - origin, bin) * bin;
  *out = (int64_t)start;
  return in_range(start);
}

static tn_status size_arg(const tni_expr *expr, tni_eval *eval, int64_t *out, bool *null) {
  tn_value value;
  *null = false;
  *out = 1;
  if (!tni_expr_has_arg(expr, BIN_SIZE)) return TN_OK;
  TRY(tni_expr_arg(expr, eval, BIN_SIZE, &value));
  *null = tni_is_nullish(value);
  if (*null || (tni_as_whole(value, out) && *out > 0)) return TN_OK;
  return tni_expr_wrong(expr, eval, "a whole number above 0 as 'binSize'", value);
}

static tn_status truncate(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  int64_t us = 0, size, offset, weekday, local;
  const unit *by;
  bool null[5];
  TRY(tni_date_arg(expr, eval, TRUNC_DATE, &us, &null[0]));
  TRY(unit_arg(expr, eval, TRUNC_UNIT, &by, &null[1]));
  TRY(size_arg(expr, eval, &size, &null[2]));
  TRY(tni_zone_arg(expr, eval, TRUNC_ZONE, &offset, &null[3]));
  TRY(weekday_arg(expr, eval, TRUNC_WEEKDAY, &weekday, &null[4]));
  for (size_t i = 0; i < TNI_LENGTH(null); i++)
    if (null[i]) return *out = tni_null_value, TN_OK;
  TRY(tni_to_local(expr, eval, us, offset, &local));
  if (!truncate_local(local, by, size, weekday, &local)) return tni_far_date(expr, eval);
  TRY(tni_from_local(expr, eval, local, offset, &us));
  return tni_expr_time(eval, us, out);
}

/* ---- names ------------------------------------------------------------------------------------ */

static const char *const add_params[] = {"startDate", "unit", "amount", "timezone", NULL};
static const char *const diff_params[] = {"startDate", "endDate", "unit", "timezone", "startOfWeek", NULL};
static const char *const trunc_params[] = {"date", "unit", "binSize", "timezone", "startOfWeek", NULL};

static const tni_expr_op ops[] = {
    {.name = "$dateAdd", .min = 3, .eval = add, .params = add_params, .variant = 1},
    {.name = "$dateDiff", .min = 3, .eval = diff, .params = diff_params},
    {.name = "$dateSubtract", .min = 3, .eval = add, .params = add_params, .variant = -1},
    {.name = "$dateTrunc", .min = 2, .eval = truncate, .params = trunc_params},
};
const tni_expr_family tni_expr_date_math = {ops, TNI_LENGTH(ops)};
