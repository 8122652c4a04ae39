/* expr_date.c - dates and their parts. Adding and comparing them: expr_date_math.c; as text: expr_date_text.c. */
#include "expr_date.h"

#include "number.h"

/* ---- arguments -------------------------------------------------------------------------------- */

tn_status tni_date_arg(const tni_expr *expr, tni_eval *eval, uint32_t i, int64_t *us, bool *null) {
  tn_value value;
  TRY(tni_expr_arg(expr, eval, i, &value));
  *null = tni_is_nullish(value);
  return *null || tn_as_timestamp(value, us) ? TN_OK : tni_expr_wrong(expr, eval, "a date", value);
}

tn_status tni_zone_arg(const tni_expr *expr, tni_eval *eval, uint32_t i, int64_t *offset, bool *null) {
  tn_value value;
  tn_slice name;
  *null = false;
  *offset = 0;
  if (!tni_expr_has_arg(expr, i)) return TN_OK;
  TRY(tni_expr_arg(expr, eval, i, &value));
  *null = tni_is_nullish(value);
  if (*null) return TN_OK;
  if (!tn_as_string(value, &name)) return tni_expr_wrong(expr, eval, "a string as 'timezone'", value);
  if (tni_zone_read(name, offset)) return TN_OK;
  return tni_expr_fail(expr, eval, "the time zone '%s' is not known: there are UTC, GMT and offsets like +05:30",
                       tni_quoted(eval->ctx, name));
}

tn_status tni_far_date(const tni_expr *expr, tni_eval *eval) {
  return tni_expr_fail(expr, eval, "%s leaves the range of dates", expr->op->name);
}

tn_status tni_to_local(const tni_expr *expr, tni_eval *eval, int64_t us, int64_t offset, int64_t *out) {
  return __builtin_add_overflow(us, offset, out) ? tni_far_date(expr, eval) : TN_OK;
}

tn_status tni_from_local(const tni_expr *expr, tni_eval *eval, int64_t local, int64_t offset, int64_t *out) {
  return __builtin_sub_overflow(local, offset, out) ? tni_far_date(expr, eval) : TN_OK;
}

/* ---- $year and its like ----------------------------------------------------------------------- */

/* variant: */
enum {
  YEAR,
  MONTH,
  DAY_OF_MONTH,
  DAY_OF_WEEK,
  DAY_OF_YEAR,
  HOUR,
  MINUTE,
  SECOND,
  MILLISECOND,
  WEEK,
  ISO_WEEK,
  ISO_WEEK_YEAR,
  ISO_DAY_OF_WEEK
};

static int64_t part_of(const tni_calendar *at, int part) {
  int64_t weekday = tni_weekday(tni_days_of(at->year, at->month, at->day));
  switch (part) {
    case YEAR: return at->year;
    case MONTH: return at->month;
    case DAY_OF_MONTH: return at->day;
    case DAY_OF_WEEK: return weekday + 1;
    case DAY_OF_YEAR: return tni_day_of_year(at);
    case HOUR: return at->hour;
    case MINUTE: return at->minute;
    case SECOND: return at->second;
    case MILLISECOND: return at->us / TNI_MS;
    case WEEK: return (tni_day_of_year(at) + 6 - weekday) / 7;
    case ISO_WEEK: return tni_iso_week_of(at).week;
    case ISO_WEEK_YEAR: return tni_iso_week_of(at).year;
    default: return tni_iso_week_of(at).day;
  }
}

/* A date alone, or {"date": ..., "timezone": ...}. */
static tn_status compile_part(tn_ctx *ctx, tni_scope *scope, tn_value spec, tni_expr *expr) {
  if (!tn_is_absent(tn_field(spec, "date"))) return tni_expr_compile_named(ctx, scope, spec, expr);
  return tni_expr_compile_list(ctx, scope, spec, expr);
}

static tn_status calendar_arg(const tni_expr *expr, tni_eval *eval, tni_calendar *out, bool *null) {
  int64_t us = 0, offset, local;
  bool no_zone;
  TRY(tni_date_arg(expr, eval, 0, &us, null));
  TRY(tni_zone_arg(expr, eval, 1, &offset, &no_zone));
  *null = *null || no_zone;
  TRY(tni_to_local(expr, eval, us, offset, &local));
  *out = tni_calendar_of(local);
  return TN_OK;
}

static tn_status part(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tni_calendar at;
  bool null;
  TRY(calendar_arg(expr, eval, &at, &null));
  if (null) return *out = tni_null_value, TN_OK;
  return tni_expr_int(eval, part_of(&at, expr->op->variant), out);
}

/* ---- $dateToParts ----------------------------------------------------------------------------- */

static void add_parts(const tni_calendar *at, bool iso, tn_builder *builder) {
  tni_iso_week week = tni_iso_week_of(at);
  tn_object_begin(builder);
  tn_set(builder, iso ? "isoWeekYear" : "year", iso ? week.year : at->year);
  tn_set(builder, iso ? "isoWeek" : "month", iso ? week.week : at->month);
  tn_set(builder, iso ? "isoDayOfWeek" : "day", iso ? week.day : at->day);
  tn_set(builder, "hour", at->hour);
  tn_set(builder, "minute", at->minute);
  tn_set(builder, "second", at->second);
  tn_set(builder, "millisecond", at->us / TNI_MS);
  tn_end(builder);
}

static tn_status to_parts(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tni_calendar at;
  tn_value iso;
  bool null, is_iso = false;
  tn_builder *builder;
  TRY(calendar_arg(expr, eval, &at, &null));
  TRY(tni_expr_arg(expr, eval, 2, &iso));
  if (null || tn_is_null(iso)) return *out = tni_null_value, TN_OK;
  if (!tn_is_absent(iso) && !tn_as_bool(iso, &is_iso))
    return tni_expr_wrong(expr, eval, "true or false as 'iso8601'", iso);
  TRY(tni_expr_begin(eval, &builder));
  add_parts(&at, is_iso, builder);
  return tni_expr_end(expr, eval, builder, TN_OK, out);
}

/* ---- $dateFromParts --------------------------------------------------------------------------- */

enum {
  FROM_YEAR,
  FROM_MONTH,
  FROM_DAY,
  FROM_HOUR,
  FROM_MINUTE,
  FROM_SECOND,
  FROM_MS,
  ISO_YEAR,
  ISO_WEEK_NUMBER,
  ISO_DAY,
  FROM_ZONE,
  FROM_COUNT
};
#define YEAR_MAX 9999
#define PART_MAX INT64_C(1000000000000)

static const char *const from_parts_params[] = {"year",    "month",        "day",         "hour",
                                                "minute",  "second",       "millisecond", "isoWeekYear",
                                                "isoWeek", "isoDayOfWeek", "timezone",    NULL};

static tn_status compile_from_parts(tn_ctx *ctx, tni_scope *scope, tn_value spec, tni_expr *expr) {
  TRY(tni_expr_compile_named(ctx, scope, spec, expr));
  bool plain = expr->args[FROM_YEAR] || expr->args[FROM_MONTH] || expr->args[FROM_DAY];
  bool iso = expr->args[ISO_YEAR] || expr->args[ISO_WEEK_NUMBER] || expr->args[ISO_DAY];
  if (plain && iso)
    return tn_fail(ctx, TN_INVALID, expr->where, "$dateFromParts takes a day of a month or of an ISO week, not both");
  if (!expr->args[FROM_YEAR] && !expr->args[ISO_YEAR])
    return tn_fail(ctx, TN_INVALID, expr->where, "$dateFromParts needs the argument 'year' or 'isoWeekYear'");
  return TN_OK;
}

static tn_status part_arg(const tni_expr *expr, tni_eval *eval, uint32_t i, int64_t *part, bool *null) {
  tn_value value;
  if (!tni_expr_has_arg(expr, i)) return TN_OK;
  TRY(tni_expr_arg(expr, eval, i, &value));
  *null = *null || tni_is_nullish(value);
  if (tni_is_nullish(value)) return TN_OK;
  if (!tni_as_whole(value, part)) return tni_expr_wrong(expr, eval, "whole numbers", value);
  bool is_year = i == FROM_YEAR || i == ISO_YEAR;
  if (is_year && (*part < 1 || *part > YEAR_MAX))
    return tni_expr_fail(expr, eval, "$dateFromParts takes years from 1 to %d, got %lld", YEAR_MAX, (long long)*part);
  return *part < -PART_MAX || *part > PART_MAX ? tni_far_date(expr, eval) : TN_OK;
}

/* A day of a week as one of January, perhaps far beyond it. */
static tni_calendar calendar_of_parts(const tni_expr *expr, const int64_t *parts) {
  tni_calendar at = {parts[FROM_YEAR],   parts[FROM_MONTH],  parts[FROM_DAY],        parts[FROM_HOUR],
                     parts[FROM_MINUTE], parts[FROM_SECOND], parts[FROM_MS] * TNI_MS};
  if (!tni_expr_has_arg(expr, ISO_YEAR)) return at;
  at.year = parts[ISO_YEAR];
  at.day = tni_iso_week_start(at.year, parts[ISO_WEEK_NUMBER]) + parts[ISO_DAY] - tni_days_of(at.year, 1, 1);
  return at;
}

static tn_status from_parts(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  int64_t parts[FROM_ZONE] = {[FROM_MONTH] = 1, [FROM_DAY] = 1, [ISO_WEEK_NUMBER] = 1, [ISO_DAY] = 1}, offset, us;
  bool null = false, no_zone;
  for (uint32_t i = 0; i < FROM_ZONE; i++) TRY(part_arg(expr, eval, i, &parts[i], &null));
  TRY(tni_zone_arg(expr, eval, FROM_ZONE, &offset, &no_zone));
  if (null || no_zone) return *out = tni_null_value, TN_OK;
  tni_calendar at = calendar_of_parts(expr, parts);
  if (!tni_calendar_us(&at, &us)) return tni_far_date(expr, eval);
  TRY(tni_from_local(expr, eval, us, offset, &us));
  return tni_expr_time(eval, us, out);
}

/* ---- names ------------------------------------------------------------------------------------ */

static const char *const part_params[] = {"date", "timezone", NULL};
static const char *const to_parts_params[] = {"date", "timezone", "iso8601", NULL};

#define PART(title, which)                                                                           \
  {                                                                                                  \
    .name = title, .min = 1, .max = 1, .eval = part, .params = part_params, .compile = compile_part, \
    .variant = which                                                                                 \
  }

static const tni_expr_op ops[] = {
    {.name = "$dateFromParts", .eval = from_parts, .params = from_parts_params, .compile = compile_from_parts},
    {.name = "$dateToParts", .min = 1, .eval = to_parts, .params = to_parts_params},
    PART("$dayOfMonth", DAY_OF_MONTH),
    PART("$dayOfWeek", DAY_OF_WEEK),
    PART("$dayOfYear", DAY_OF_YEAR),
    PART("$hour", HOUR),
    PART("$isoDayOfWeek", ISO_DAY_OF_WEEK),
    PART("$isoWeek", ISO_WEEK),
    PART("$isoWeekYear", ISO_WEEK_YEAR),
    PART("$millisecond", MILLISECOND),
    PART("$minute", MINUTE),
    PART("$month", MONTH),
    PART("$second", SECOND),
    PART("$week", WEEK),
    PART("$year", YEAR),
};
const tni_expr_family tni_expr_date = {ops, TNI_LENGTH(ops)};
