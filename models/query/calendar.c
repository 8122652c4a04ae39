#include "calendar.h"

#include <stdio.h>

#include "number.h"
#include "scan.h"

#define YEAR_MAX 400000 /* beyond what 64 bits of microseconds hold */
#define UNIT_MAX INT64_C(1000000000000000000)

int64_t tni_floor_div(int64_t a, int64_t b) { return a / b - (a % b != 0 && (a < 0) != (b < 0)); }

/* ---- days ------------------------------------------------------------------------------------- */

/* H. Hinnant, "chrono-compatible low-level date algorithms": years begin in March, 400 of them have 146097 days. */
int64_t tni_days_of(int64_t year, int64_t month, int64_t day) {
  year += tni_floor_div(month - 1, 12);
  month = month - 1 - tni_floor_div(month - 1, 12) * 12 + 1;
  year -= month <= 2;
  int64_t era = tni_floor_div(year, 400), year_of_era = year - era * 400;
  int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static void date_of_days(int64_t days, tni_calendar *out) {
  days += 719468;
  int64_t era = tni_floor_div(days, 146097), day_of_era = days - era * 146097;
  int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t shifted = (5 * day_of_year + 2) / 153;
  out->day = day_of_year - (153 * shifted + 2) / 5 + 1;
  out->month = shifted < 10 ? shifted + 3 : shifted - 9;
  out->year = year_of_era + era * 400 + (out->month <= 2);
}

uint32_t tni_days_in_month(int64_t year, int64_t month) {
  return (uint32_t)(tni_days_of(year, month + 1, 1) - tni_days_of(year, month, 1));
}

uint32_t tni_day_of_year(const tni_calendar *at) {
  return (uint32_t)(tni_days_of(at->year, at->month, at->day) - tni_days_of(at->year, 1, 1) + 1);
}

uint32_t tni_weekday(int64_t days) { return (uint32_t)(days + 4 - tni_floor_div(days + 4, 7) * 7); }

/* ---- moments ---------------------------------------------------------------------------------- */

tni_calendar tni_calendar_of(int64_t us) {
  tni_calendar at;
  int64_t days = tni_floor_div(us, TNI_DAY), in_day = us % TNI_DAY + (us % TNI_DAY < 0 ? TNI_DAY : 0);
  date_of_days(days, &at);
  at.hour = in_day / TNI_HOUR;
  at.minute = in_day / TNI_MINUTE % 60;
  at.second = in_day / TNI_SECOND % 60;
  at.us = in_day % TNI_SECOND;
  return at;
}

static bool is_within(int64_t n, int64_t most) { return n >= -most && n <= most; }

bool tni_calendar_us(const tni_calendar *at, int64_t *us) {
  bool near = is_within(at->year, YEAR_MAX) && is_within(at->month, 12 * YEAR_MAX) && is_within(at->day, UNIT_MAX) &&
              is_within(at->hour, UNIT_MAX) && is_within(at->minute, UNIT_MAX) && is_within(at->second, UNIT_MAX);
  if (!near) return false;
  tni_wide sum = (tni_wide)tni_days_of(at->year, at->month, at->day) * TNI_DAY + (tni_wide)at->hour * TNI_HOUR +
                 (tni_wide)at->minute * TNI_MINUTE + (tni_wide)at->second * TNI_SECOND + at->us;
  if (sum < INT64_MIN || sum > INT64_MAX) return false;
  *us = (int64_t)sum;
  return true;
}

/* ---- weeks ------------------------------------------------------------------------------------ */

static int64_t monday_of(int64_t days) { return days - (tni_weekday(days) + 6) % 7; }

int64_t tni_iso_week_start(int64_t year, int64_t week) { return monday_of(tni_days_of(year, 1, 4)) + (week - 1) * 7; }

tni_iso_week tni_iso_week_of(const tni_calendar *at) {
  int64_t days = tni_days_of(at->year, at->month, at->day), monday = monday_of(days);
  tni_calendar thursday;
  date_of_days(monday + 3, &thursday);
  return (tni_iso_week){thursday.year, (monday - tni_iso_week_start(thursday.year, 1)) / 7 + 1, days - monday + 1};
}

/* ---- text ------------------------------------------------------------------------------------- */

static bool two_digits(const char *text, int64_t most, int64_t *out) {
  if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9') return false;
  *out = (text[0] - '0') * 10 + (text[1] - '0');
  return *out <= most;
}

bool tni_zone_read(tn_slice text, int64_t *offset_us) {
  const char *at = text.data;
  int64_t hours = 0, minutes = 0;
  if (tni_slice_is(text, "UTC") || tni_slice_is(text, "GMT") || tni_slice_is(text, "Z")) return *offset_us = 0, true;
  bool colon = text.size == 6 && at[3] == ':';
  bool shaped = (text.size == 3 || text.size == 5 || colon) && (at[0] == '+' || at[0] == '-');
  if (!shaped || !two_digits(at + 1, 99, &hours)) return false;
  if (text.size > 3 && !two_digits(at + (colon ? 4 : 3), 59, &minutes)) return false;
  int64_t offset = hours * TNI_HOUR + minutes * TNI_MINUTE;
  *offset_us = at[0] == '-' ? -offset : offset;
  return true;
}

size_t tni_moment_text(int64_t us, char text[TNI_MOMENT_TEXT_MAX]) {
  tni_calendar at = tni_calendar_of(us);
  bool fine = at.us % TNI_MS != 0;
  int size = snprintf(text, TNI_MOMENT_TEXT_MAX, "%04lld-%02d-%02dT%02d:%02d:%02d.%0*dZ", (long long)at.year,
                      (int)at.month, (int)at.day, (int)at.hour, (int)at.minute, (int)at.second, fine ? 6 : 3,
                      (int)(fine ? at.us : at.us / TNI_MS));
  return (size_t)size;
}

bool tni_calendar_exists(const tni_calendar *at) {
  return at->month >= 1 && at->month <= 12 && at->day >= 1 && at->day <= tni_days_in_month(at->year, at->month) &&
         at->hour >= 0 && at->hour < 24 && at->minute >= 0 && at->minute < 60 && at->second >= 0 && at->second < 60;
}

/* ---- reading ---------------------------------------------------------------------------------- */

/* As many digits as there are; those behind microseconds are left out. */
static int64_t fraction(tni_scan *s) {
  int64_t us = 0, scale = TNI_SECOND / 10;
  s->ok = tni_scan_at_digit(s);
  for (; tni_scan_at_digit(s); s->at++, scale /= 10) us += (*s->at - '0') * scale;
  return us;
}

static void read_time(tni_scan *s, tni_calendar *at) {
  at->hour = tni_scan_number(s, 2, 2);
  tni_scan_expect(s, ':');
  at->minute = tni_scan_number(s, 2, 2);
  if (tni_scan_take(s, ':')) at->second = tni_scan_number(s, 2, 2);
  if (tni_scan_take(s, '.')) at->us = fraction(s);
}

bool tni_moment_read(tn_slice text, int64_t *us, bool *zoned) {
  tni_scan s = tni_scan_of(text);
  tni_calendar at = {.year = 0};
  int64_t offset = 0, moment;
  at.year = tni_scan_number(&s, 4, 4);
  tni_scan_expect(&s, '-');
  at.month = tni_scan_number(&s, 2, 2);
  tni_scan_expect(&s, '-');
  at.day = tni_scan_number(&s, 2, 2);
  if (tni_scan_take(&s, 'T') || tni_scan_take(&s, ' ')) read_time(&s, &at);
  if (!s.ok || !tni_calendar_exists(&at)) return false;
  (void)tni_scan_take(&s, ' ');
  *zoned = s.at < s.end;
  if (*zoned && !tni_zone_read(tni_scan_rest(&s), &offset)) return false;
  if (!tni_calendar_us(&at, &moment)) return false;
  *us = moment - offset;
  return true;
}
