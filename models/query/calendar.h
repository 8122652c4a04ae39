/* calendar.h - moments (microseconds since 1970, UTC) and the calendar: the Gregorian one, before its introduction
 * too. Years are those of astronomers, so there is a year 0. No time zones but fixed offsets. */
#ifndef TENON_QUERY_CALENDAR_H
#define TENON_QUERY_CALENDAR_H

#include "query.h"

#define TNI_MS INT64_C(1000) /* in microseconds */
#define TNI_SECOND (1000 * TNI_MS)
#define TNI_MINUTE (60 * TNI_SECOND)
#define TNI_HOUR (60 * TNI_MINUTE)
#define TNI_DAY (24 * TNI_HOUR)

/* Also as a request for a moment: then each may be beyond its range and carries over. */
typedef struct tni_calendar {
  int64_t year, month, day; /* months and days from 1 */
  int64_t hour, minute, second, us;
} tni_calendar;

/* A week of ISO 8601: it belongs to the year that its Thursday is in. */
typedef struct tni_iso_week {
  int64_t year, week, day; /* weeks from 1; Monday is 1 */
} tni_iso_week;

/* Rounds towards the past. */
int64_t tni_floor_div(int64_t a, int64_t b);

/* Days since 1970-01-01; month and day may carry over. */
int64_t tni_days_of(int64_t year, int64_t month, int64_t day);
/* A microsecond's calendar. */
tni_calendar tni_calendar_of(int64_t us);
/* False when it leaves 64 bits. */
bool tni_calendar_us(const tni_calendar *at, int64_t *us);

uint32_t tni_days_in_month(int64_t year, int64_t month);
uint32_t tni_day_of_year(const tni_calendar *at); /* from 1 */
uint32_t tni_weekday(int64_t days);               /* Sunday is 0 */
tni_iso_week tni_iso_week_of(const tni_calendar *at);
/* The first day of a week of ISO 8601, in days since 1970. */
int64_t tni_iso_week_start(int64_t year, int64_t week);

/* "UTC", "GMT", "Z", "+05:30", "-0300", "+03": what has to be added to UTC, in microseconds. False for others. */
bool tni_zone_read(tn_slice text, int64_t *offset_us);

/* "2026-01-01T00:00:00.000Z", with 6 digits where it is no whole millisecond. Returns its length. */
#define TNI_MOMENT_TEXT_MAX 48
size_t tni_moment_text(int64_t us, char text[TNI_MOMENT_TEXT_MAX]);

/* A date of ISO 8601, to be followed by a time (behind 'T' or a space) and a zone (as above, perhaps behind a space):
 * "2026-01-31", "2026-01-31 12:00", "2026-01-31T12:00:00.5+02:00". *zoned: it had a zone, else UTC is taken. False:
 * it is none, or no such day or time. */
bool tni_moment_read(tn_slice text, int64_t *us, bool *zoned);

/* Is it a day and a time that there is? */
bool tni_calendar_exists(const tni_calendar *at);

#endif
