/* json_number.h - numbers as JSON text and back: exact, without locale. Knows no values.
 *
 * Reading a double is correctly rounded: short decimals by one exact multiplication or division (W. Clinger, 1990),
 * the rest by 128-bit arithmetic (D. Lemire, "Number Parsing at a Gigabyte per Second", 2021), what that leaves open
 * by strtod() of digits without a decimal point. Writing finds the shortest decimal that reads back the same, and of
 * those the closest (R. Giulietti, "The Schubfach way to render doubles", 2020). */
#ifndef TENON_JSON_NUMBER_H
#define TENON_JSON_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TNI_JSON_NUMBER_MAX = 32 }; /* room that any number written takes at most */

typedef struct tni_json_number {
  bool is_int; /* neither '.' nor exponent */
  int64_t integer;
  double real;
} tni_json_number;

/* Where reading stopped, and why: one line without offset. */
typedef struct tni_json_problem {
  const uint8_t *at;
  const char *text;
} tni_json_problem;

/* Reads the number that begins at `at` < `end`. Returns where it ends, or NULL and fills *problem. */
const uint8_t *tni_json_number_read(const uint8_t *at, const uint8_t *end, tni_json_number *out,
                                    tni_json_problem *problem);
/* The same, but whatever its form the number becomes a double: "-0" is -0.0. */
const uint8_t *tni_json_double_read(const uint8_t *at, const uint8_t *end, double *out, tni_json_problem *problem);

/* Each writes at `to`, which has TNI_JSON_NUMBER_MAX bytes, and returns how many it wrote. `d` is finite. */
size_t tni_json_int_write(uint8_t *to, int64_t n);
size_t tni_json_double_write(uint8_t *to, double d);

#endif
