/* json.h - the formatter that writes values as JSON on one line and reads RFC 8259 strictly.
 *
 *   null, true, false, strings, arrays   as JSON has them; U+0000 is \u0000
 *   int          digits: -12. A number without '.' and exponent is an int, refused outside int64; -0 reads as 0
 *   double       the shortest text that reads back the same, always with '.' or 'e': 1.0, -0.0, 1e23
 *   NaN, +-inf   {"$numberDouble":"NaN"}, "Infinity", "-Infinity"; on input any number in the string
 *   bytes        {"$binary":{"base64":"AQI=","subType":"00"}}: RFC 4648 with padding, keys in this order
 *   timestamp    {"$date":"2024-02-29T12:00:00Z"} in the years 1 to 9999, with 3 digits of fraction where it is whole
 *                milliseconds, else 6, none where it is zero; read with 1 to 6 digits, and Z or an offset like +02:00
 *                {"$date":{"$numberLong":"-62135596800001"}} outside: milliseconds since 1970, and for microseconds
 *                that are no whole milliseconds a fraction of 3 digits ("-62135596800000.001"); on input for any time
 *   object       as it is; but if its first name is $binary, $date, $numberDouble, $numberLong or $literal it is
 *                written as {"$literal":{...}}; {"$literal":x} is so only where the text of x begins with one of them
 *
 * {"$numberLong":"12"} is accepted for an int; {"$literal":x} for itself where x is no object that needs it. Any other
 * object whose first name is one of the five and that has not exactly the form above is refused, never taken for a plain
 * one. So are duplicate names, invalid UTF-8, surrogates
 * without partner, numbers too large for a double, those too small for one but not zero, and all that RFC 8259 does
 * not allow. A letter or digit directly behind a number or a word is refused with it; what else follows a whole value
 * is left to the caller.
 *
 * Refusals carry "byte N" (counted from 0) as error->where: the first byte that cannot stand where it stands, or the
 * start of what is wrong as a whole (a number out of range, a name that occurs before, a string in a reserved
 * form). */
#ifndef TENON_FORMATTER_JSON_H
#define TENON_FORMATTER_JSON_H

#include "tenon_plugin.h"

extern const tn_formatter tni_formatter_json;

#endif
