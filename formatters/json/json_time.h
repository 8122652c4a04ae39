/* json_time.h - timestamps as text: RFC 3339 in the years 1 to 9999, else milliseconds with a fraction. */
#ifndef TENON_JSON_TIME_H
#define TENON_JSON_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TNI_TIME_TEXT_MAX = 32 };

/* Is `us` in the years 1 to 9999? */
bool tni_time_has_date(int64_t us);

/* "2024-02-29T12:00:00Z", with .mmm or .uuuuuu where it is needed; `us` must have a date. */
size_t tni_time_write_date(uint8_t *to, int64_t us);
/* False unless the whole text is YYYY-MM-DDTHH:MM:SS, 0 to 6 digits of fraction, and Z or an offset +HH:MM, and
 * names a moment of the proleptic Gregorian calendar (no second 60). */
bool tni_time_read_date(const uint8_t *text, size_t size, int64_t *us);

/* "-62135596800001" or "-62135596800000.001". */
size_t tni_time_write_ms(uint8_t *to, int64_t us);
/* False unless the whole text is an integer with 0 to 3 digits of fraction whose microseconds fit in int64. */
bool tni_time_read_ms(const uint8_t *text, size_t size, int64_t *us);

#endif
