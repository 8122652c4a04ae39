/* expr_date_text.c - $dateToString $dateFromString. What may stand behind '%' in a format:
 *
 *   Y year          m month         d day           j day of the year     H hour   M minute   S second   L
 * millisecond b B the month's name, 3 letters of it or all    G V u year, week and day (Monday is 1) of ISO 8601 w
 * day of the week (Sunday is 1)   U week of the year (those before its first Sunday are in week 0); only written z Z
 * what the zone adds to UTC, as +0530 or in minutes                 % itself */
#include <stdio.h>
#include <strings.h>

#include "expr_date.h"
#include "scan.h"
#include "text.h"

static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                     "July",    "August",   "September", "October", "November", "December"};

/* Argument i as a string; `text` stays where it was not given. */
static tn_status string_arg(const tni_expr *expr, tni_eval *eval, uint32_t i, const char *what, tn_slice *text,
                            bool *null) {
  tn_value value;
  *null = false;
  if (!tni_expr_has_arg(expr, i)) return TN_OK;
  TRY(tni_expr_arg(expr, eval, i, &value));
  *null = tni_is_nullish(value);
  return *null || tn_as_string(value, text) ? TN_OK : tni_expr_wrong(expr, eval, what, value);
}

static tn_status unknown_letter(const tni_expr *expr, tni_eval *eval, tn_slice format, size_t at) {
  tn_slice letter = at < format.size ? tni_text_first(tni_text_from(format, at)) : (tn_slice){"", 0};
  return tni_expr_fail(expr, eval, "%s knows no '%%%s' in a format", expr->op->name, tni_quoted(eval->ctx, letter));
}

/* ---- $dateToString ---------------------------------------------------------------------------- */

enum { DATE, FORMAT, ZONE, ON_NULL };

static void put_number(tni_text *text, unsigned width, int64_t n) {
  uint8_t *to = tni_text_room(text, width);
  for (unsigned i = width; to && i > 0; i--, n /= 10) to[i - 1] = (uint8_t)('0' + n % 10);
}

static void put_zone(tni_text *text, char letter, int64_t offset) {
  char zone[24];
  int64_t minutes = (offset < 0 ? -offset : offset) / TNI_MINUTE;
  char sign = offset < 0 ? '-' : '+';
  if (letter == 'z')
    (void)snprintf(zone, sizeof zone, "%c%02d%02d", sign, (int)(minutes / 60), (int)(minutes % 60));
  else
    (void)snprintf(zone, sizeof zone, "%c%d", sign, (int)minutes);
  tni_text_put(text, tni_slice_of(zone));
}

static void put_month(tni_text *text, char letter, int64_t month) {
  tn_slice name = tni_slice_of(months[month - 1]);
  tni_text_put(text, letter == 'b' ? tni_text_upto(name, 3) : name);
}

/* False: there is no such letter. */
static bool put_part(tni_text *text, char letter, const tni_calendar *at, int64_t offset) {
  int64_t weekday = tni_weekday(tni_days_of(at->year, at->month, at->day));
  switch (letter) {
    case 'Y': put_number(text, 4, at->year); break;
    case 'm': put_number(text, 2, at->month); break;
    case 'd': put_number(text, 2, at->day); break;
    case 'j': put_number(text, 3, tni_day_of_year(at)); break;
    case 'H': put_number(text, 2, at->hour); break;
    case 'M': put_number(text, 2, at->minute); break;
    case 'S': put_number(text, 2, at->second); break;
    case 'L': put_number(text, 3, at->us / TNI_MS); break;
    case 'G': put_number(text, 4, tni_iso_week_of(at).year); break;
    case 'V': put_number(text, 2, tni_iso_week_of(at).week); break;
    case 'u': put_number(text, 1, tni_iso_week_of(at).day); break;
    case 'w': put_number(text, 1, weekday + 1); break;
    case 'U': put_number(text, 2, (tni_day_of_year(at) + 6 - weekday) / 7); break;
    case 'b':
    case 'B': put_month(text, letter, at->month); break;
    case 'z':
    case 'Z': put_zone(text, letter, offset); break;
    case '%': tni_text_put(text, tni_slice_of("%")); break;
    default: return false;
  }
  return true;
}

static tn_status put_date(const tni_expr *expr, tni_eval *eval, tn_slice format, const tni_calendar *at,
                          int64_t offset, tni_text *text) {
  const char *letters = format.data;
  for (size_t i = 0; i < format.size; i++) {
    if (letters[i] != '%')
      tni_text_put(text, (tn_slice){&letters[i], 1});
    else if (++i >= format.size || !put_part(text, letters[i], at, offset))
      return unknown_letter(expr, eval, format, i);
  }
  tni_text_end(text);
  return TN_OK;
}

static tn_status to_string(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  int64_t us = 0, offset, local;
  bool null, no_format, no_zone;
  tni_text text = {NULL, 0};
  tn_slice format = tni_slice_of(tni_expr_has_arg(expr, ZONE) ? "%Y-%m-%dT%H:%M:%S.%L" : "%Y-%m-%dT%H:%M:%S.%LZ");
  TRY(tni_date_arg(expr, eval, DATE, &us, &null));
  TRY(string_arg(expr, eval, FORMAT, "a string as 'format'", &format, &no_format));
  TRY(tni_zone_arg(expr, eval, ZONE, &offset, &no_zone));
  if (null && tni_expr_has_arg(expr, ON_NULL)) return tni_expr_arg(expr, eval, ON_NULL, out);
  if (null || no_format || no_zone) return *out = tni_null_value, TN_OK;
  TRY(tni_to_local(expr, eval, us, offset, &local));
  tni_calendar at = tni_calendar_of(local);
  if (at.year < 1 || at.year > 9999) return tni_expr_fail(expr, eval, "$dateToString writes years from 1 to 9999");
  TRY(tni_expr_begin(eval, &text.builder));
  return tni_expr_end(expr, eval, text.builder, put_date(expr, eval, format, &at, offset, &text), out);
}

/* ---- $dateFromString -------------------------------------------------------------------------- */

enum { DATE_STRING, FROM_FORMAT, FROM_ZONE, ON_ERROR, FROM_ON_NULL };

typedef struct parsed {
  tni_calendar at;
  tni_iso_week week;
  int64_t day_of_year;
  int64_t offset;
  bool zoned;
} parsed;

static int64_t read_month(tni_scan *s, bool whole) {
  for (int64_t month = 1; month <= 12 && s->ok; month++) {
    size_t size = whole ? strlen(months[month - 1]) : 3;
    if ((size_t)(s->end - s->at) < size || strncasecmp(s->at, months[month - 1], size) != 0) continue;
    s->at += size;
    return month;
  }
  s->ok = false;
  return 0;
}

/* In minutes, or as a zone is written. */
static void read_zone(tni_scan *s, char letter, parsed *p) {
  const char *from = s->at;
  bool negative = tni_scan_take(s, '-');
  if (!negative && !tni_scan_take(s, '+')) {
    s->ok = letter == 'z' && tni_scan_take(s, 'Z');
  } else if (letter == 'Z') {
    int64_t minutes = tni_scan_number(s, 1, 4);
    p->offset = (negative ? -minutes : minutes) * TNI_MINUTE;
  } else {
    (void)tni_scan_number(s, 2, 2);
    bool colon = tni_scan_take(s, ':');
    if (colon || tni_scan_at_digit(s)) (void)tni_scan_number(s, 2, 2);
    s->ok = s->ok && tni_zone_read((tn_slice){from, (size_t)(s->at - from)}, &p->offset);
  }
  p->zoned = true;
}

/* False: there is no such letter. */
static bool read_part(tni_scan *s, char letter, parsed *p) {
  switch (letter) {
    case 'Y': p->at.year = tni_scan_number(s, 4, 4); break;
    case 'm': p->at.month = tni_scan_number(s, 1, 2); break;
    case 'd': p->at.day = tni_scan_number(s, 1, 2); break;
    case 'j': p->day_of_year = tni_scan_number(s, 1, 3); break;
    case 'H': p->at.hour = tni_scan_number(s, 1, 2); break;
    case 'M': p->at.minute = tni_scan_number(s, 1, 2); break;
    case 'S': p->at.second = tni_scan_number(s, 1, 2); break;
    case 'L': p->at.us = tni_scan_number(s, 3, 3) * TNI_MS; break;
    case 'G': p->week.year = tni_scan_number(s, 4, 4); break;
    case 'V': p->week.week = tni_scan_number(s, 1, 2); break;
    case 'u': p->week.day = tni_scan_number(s, 1, 1); break;
    case 'b':
    case 'B': p->at.month = read_month(s, letter == 'B'); break;
    case 'z':
    case 'Z': read_zone(s, letter, p); break;
    case '%': tni_scan_expect(s, '%'); break;
    default: return false;
  }
  return true;
}

#define NOT_GIVEN (-1)

/* Makes the day a day of a month, whichever way it was given. False: none was, or there is no such day or time. */
static bool settle_day(parsed *p) {
  tni_calendar *at = &p->at;
  if (p->week.year != NOT_GIVEN && p->week.week != NOT_GIVEN) {
    int64_t days = tni_iso_week_start(p->week.year, p->week.week) + p->week.day - 1;
    tni_calendar day = tni_calendar_of(days * TNI_DAY);
    at->year = day.year, at->month = day.month, at->day = day.day;
    return tni_iso_week_of(at).year == p->week.year && p->week.day >= 1 && p->week.day <= 7;
  }
  if (at->year != NOT_GIVEN && p->day_of_year > 0) {
    tni_calendar day = tni_calendar_of((tni_days_of(at->year, 1, 1) + p->day_of_year - 1) * TNI_DAY);
    at->month = day.month, at->day = day.day;
    return day.year == at->year;
  }
  return at->year != NOT_GIVEN && at->month != NOT_GIVEN && at->day != NOT_GIVEN;
}

/* TN_OK; NOT_FOUND: the text is not of the format; INVALID: it is no format. */
static tn_status read_date(const tni_expr *expr, tni_eval *eval, tn_slice text, tn_slice format, int64_t *us,
                           bool *zoned) {
  tni_scan s = tni_scan_of(text);
  parsed p = {{NOT_GIVEN, NOT_GIVEN, NOT_GIVEN, 0, 0, 0, 0}, {NOT_GIVEN, NOT_GIVEN, 1}, NOT_GIVEN, 0, false};
  const char *letters = format.data;
  for (size_t i = 0; i < format.size; i++) {
    if (letters[i] != '%')
      tni_scan_expect(&s, letters[i]);
    else if (++i >= format.size || !read_part(&s, letters[i], &p))
      return unknown_letter(expr, eval, format, i);
  }
  bool whole = s.ok && s.at == s.end && settle_day(&p) && tni_calendar_exists(&p.at) && tni_calendar_us(&p.at, us);
  if (!whole) return TN_NOT_FOUND;
  *us -= p.offset;
  *zoned = p.zoned;
  return TN_OK;
}

static tn_status parse(const tni_expr *expr, tni_eval *eval, tn_slice text, tn_slice format, int64_t *us,
                       bool *zoned) {
  if (format.data) return read_date(expr, eval, text, format, us, zoned);
  return tni_moment_read(text, us, zoned) ? TN_OK : TN_NOT_FOUND;
}

static tn_status refuse(const tni_expr *expr, tni_eval *eval, tn_value value, tn_slice text, tn_value *out) {
  if (tni_expr_has_arg(expr, ON_ERROR)) return tni_expr_arg(expr, eval, ON_ERROR, out);
  if (tn_value_type(value) != TN_STRING) return tni_expr_wrong(expr, eval, "a string as 'dateString'", value);
  return tni_expr_fail(expr, eval, "$dateFromString finds no date%s in '%s'",
                       tni_expr_has_arg(expr, FROM_ZONE) ? " without a time zone" : "", tni_quoted(eval->ctx, text));
}

static tn_status from_string(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tn_value value;
  tn_slice text = {NULL, 0}, format = {NULL, 0};
  int64_t us, offset;
  bool no_format, no_zone, zoned = false;
  TRY(tni_expr_arg(expr, eval, DATE_STRING, &value));
  TRY(string_arg(expr, eval, FROM_FORMAT, "a string as 'format'", &format, &no_format));
  TRY(tni_zone_arg(expr, eval, FROM_ZONE, &offset, &no_zone));
  if (tni_is_nullish(value) && tni_expr_has_arg(expr, FROM_ON_NULL))
    return tni_expr_arg(expr, eval, FROM_ON_NULL, out);
  if (tni_is_nullish(value) || no_format || no_zone) return *out = tni_null_value, TN_OK;
  if (!tn_as_string(value, &text)) return refuse(expr, eval, value, text, out);
  tn_status status = parse(expr, eval, text, format, &us, &zoned);
  if (status == TN_OK && zoned && tni_expr_has_arg(expr, FROM_ZONE)) status = TN_NOT_FOUND;
  if (status == TN_NOT_FOUND) return refuse(expr, eval, value, text, out);
  TRY(status);
  TRY(tni_from_local(expr, eval, us, offset, &us));
  return tni_expr_time(eval, us, out);
}

/* ---- names ------------------------------------------------------------------------------------ */

static const char *const to_params[] = {"date", "format", "timezone", "onNull", NULL};
static const char *const from_params[] = {"dateString", "format", "timezone", "onError", "onNull", NULL};

static const tni_expr_op ops[] = {
    {.name = "$dateFromString", .min = 1, .eval = from_string, .params = from_params},
    {.name = "$dateToString", .min = 1, .eval = to_string, .params = to_params},
};
const tni_expr_family tni_expr_date_text = {ops, TNI_LENGTH(ops)};
