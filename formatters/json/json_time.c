#include "json_time.h"

#define SECOND INT64_C(1000000)
#define DAY (86400 * SECOND)

static const int64_t first_date = -62135596800 * SECOND;  /* 0001-01-01T00:00:00Z */
static const int64_t after_dates = 253402300800 * SECOND; /* 10000-01-01T00:00:00Z */

bool tni_time_has_date(int64_t us) { return us >= first_date && us < after_dates; }

/* Days since 1970 to and from a date: H. Hinnant, "chrono-compatible low-level date algorithms". Years begin in
 * March, 400 of them are an era of 146097 days. */
static int64_t days_of_date(int64_t year, int64_t month, int64_t day) {
  year -= month <= 2;
  int64_t era = (year >= 0 ? year : year - 399) / 400, year_of_era = year - era * 400;
  int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static void date_of_days(int64_t days, int64_t *year, int64_t *month, int64_t *day) {
  days += 719468;
  int64_t era = (days >= 0 ? days : days - 146096) / 146097, day_of_era = days - era * 146097;
  int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t shifted = (5 * day_of_year + 2) / 153;
  *day = day_of_year - (153 * shifted + 2) / 5 + 1;
  *month = shifted < 10 ? shifted + 3 : shifted - 9;
  *year = year_of_era + era * 400 + (*month <= 2);
}

static int64_t days_in_month(int64_t year, int64_t month) {
  static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return days[month - 1] + (month == 2 && leap);
}

/* `width` digits and what follows them. */
static uint8_t *put(uint8_t *to, int64_t n, unsigned width, char after) {
  for (unsigned i = width; i > 0; i--, n /= 10) to[i - 1] = (uint8_t)('0' + n % 10);
  to[width] = (uint8_t)after;
  return to + width + 1;
}

size_t tni_time_write_date(uint8_t *to, int64_t us) {
  int64_t days = (us - first_date) / DAY + first_date / DAY, in_day = us - days * DAY;
  int64_t seconds = in_day / SECOND, fraction = in_day % SECOND, year, month, day;
  date_of_days(days, &year, &month, &day);
  uint8_t *at = put(put(put(to, year, 4, '-'), month, 2, '-'), day, 2, 'T');
  at = put(put(at, seconds / 3600, 2, ':'), seconds / 60 % 60, 2, ':');
  at = put(at, seconds % 60, 2, fraction ? '.' : 'Z');
  if (fraction) at = fraction % 1000 == 0 ? put(at, fraction / 1000, 3, 'Z') : put(at, fraction, 6, 'Z');
  return (size_t)(at - to);
}

/* What is left of a text. Once something was not as expected, `ok` stays false. */
typedef struct cursor {
  const uint8_t *at;
  const uint8_t *end;
  bool ok;
} cursor;

static bool next_is_digit(const cursor *c) { return c->at < c->end && *c->at >= '0' && *c->at <= '9'; }

static int64_t take_digits(cursor *c, unsigned width) {
  int64_t n = 0;
  for (unsigned i = 0; i < width; i++) {
    c->ok = c->ok && next_is_digit(c);
    if (!c->ok) return 0;
    n = n * 10 + (*c->at++ - '0');
  }
  return n;
}

static bool take_if(cursor *c, char wanted) {
  if (!c->ok || c->at == c->end || *c->at != (uint8_t)wanted) return false;
  c->at++;
  return true;
}

static void take_char(cursor *c, char wanted) { c->ok = take_if(c, wanted); }

static int64_t take_number(cursor *c, unsigned width, int64_t low, int64_t high) {
  int64_t n = take_digits(c, width);
  c->ok = c->ok && n >= low && n <= high;
  return n;
}

/* Up to `width` digits after a point, as a number of the width's last digit; 0 where there is no point. */
static int64_t take_fraction(cursor *c, unsigned width) {
  if (!take_if(c, '.')) return 0;
  int64_t n = take_digits(c, 1);
  for (unsigned i = 1; i < width; i++) n = n * 10 + (next_is_digit(c) ? *c->at++ - '0' : 0);
  return n;
}

static int64_t take_date(cursor *c) {
  int64_t year = take_number(c, 4, 1, 9999);
  take_char(c, '-');
  int64_t month = take_number(c, 2, 1, 12);
  take_char(c, '-');
  int64_t day = take_number(c, 2, 1, c->ok ? days_in_month(year, month) : 0);
  return c->ok ? days_of_date(year, month, day) * DAY : 0;
}

static int64_t take_hours_and_minutes(cursor *c) {
  int64_t hours = take_number(c, 2, 0, 23);
  take_char(c, ':');
  return (hours * 60 + take_number(c, 2, 0, 59)) * 60 * SECOND;
}

static int64_t take_offset(cursor *c) {
  if (take_if(c, 'Z')) return 0;
  if (take_if(c, '-')) return -take_hours_and_minutes(c);
  take_char(c, '+');
  return take_hours_and_minutes(c);
}

bool tni_time_read_date(const uint8_t *text, size_t size, int64_t *us) {
  cursor c = {text, text + size, true};
  int64_t moment = take_date(&c);
  take_char(&c, 'T');
  moment += take_hours_and_minutes(&c);
  take_char(&c, ':');
  moment += take_number(&c, 2, 0, 59) * SECOND;
  moment += take_fraction(&c, 6);
  moment -= take_offset(&c);
  if (!c.ok || c.at != c.end) return false;
  *us = moment;
  return true;
}

size_t tni_time_write_ms(uint8_t *to, int64_t us) {
  uint64_t size = us < 0 ? 0 - (uint64_t)us : (uint64_t)us;
  uint64_t ms = size / 1000, fraction = size % 1000;
  unsigned width = 1;
  for (uint64_t n = ms; n >= 10; n /= 10) width++;
  uint8_t *at = to;
  if (us < 0) *at++ = '-';
  at = put(at, (int64_t)ms, width, '.');
  if (fraction) at = put(at, (int64_t)fraction, 3, '.');
  return (size_t)(at - 1 - to);
}

bool tni_time_read_ms(const uint8_t *text, size_t size, int64_t *us) {
  cursor c = {text, text + size, true};
  bool negative = take_if(&c, '-');
  const uint8_t *first = c.at;
  uint64_t n = (uint64_t)take_digits(&c, 1);
  while (next_is_digit(&c) && n <= UINT64_MAX / 10 - 1) n = n * 10 + (uint64_t)(*c.at++ - '0');
  if (!c.ok || (*first == '0' && c.at - first > 1) || n > UINT64_MAX / 1000 - 1) return false;
  n = n * 1000 + (uint64_t)take_fraction(&c, 3);
  if (!c.ok || c.at != c.end || n > (uint64_t)INT64_MAX + negative) return false;
  *us = (int64_t)(negative ? 0 - n : n);
  return true;
}
