/* number.h - numbers as arithmetic sees them: ints as long as they stay within 64 bits, doubles from there on. */
#ifndef TENON_QUERY_NUMBER_H
#define TENON_QUERY_NUMBER_H

#include "pool.h"

__extension__ typedef __int128 tni_wide;

typedef struct tni_number {
  bool is_int;
  int64_t i; /* when is_int */
  double d;  /* always */
} tni_number;

static inline tni_number tni_number_int(int64_t i) { return (tni_number){true, i, (double)i}; }
static inline tni_number tni_number_double(double d) { return (tni_number){false, 0, d}; }
/* An int where it fits. */
static inline tni_number tni_number_wide(tni_wide n) {
  return n >= INT64_MIN && n <= INT64_MAX ? tni_number_int((int64_t)n) : tni_number_double((double)n);
}

/* False for what is no number. */
bool tni_as_number(tn_value value, tni_number *out);
/* True for an int, and for a double that is a whole number within 64 bits. */
bool tni_as_whole(tn_value value, int64_t *out);
tn_status tni_number_value(tni_pool *pool, tni_number number, tn_value *out) TN_MUST_USE;

/* A sum. Ints are added exactly; doubles with what rounding lost beside them (Neumaier). Zeroed it is 0. */
typedef struct tni_sum {
  tni_wide whole;
  double real;
  double lost;
  bool any_double;
} tni_sum;

void tni_sum_add(tni_sum *sum, tni_number number);
double tni_sum_double(const tni_sum *sum);
/* An int when all were and it fits. */
tni_number tni_sum_number(const tni_sum *sum);

#define TNI_NUMBER_TEXT_MAX 32
/* The shortest text that reads back as the same double, as C's %g has it but whatever the locale: "2", "0.1",
 * "1e+20". NaN, Infinity and -Infinity by name. Returns its length. */
size_t tni_number_text(double d, char text[TNI_NUMBER_TEXT_MAX]);
/* An int's digits, or the above. */
size_t tni_any_number_text(tni_number number, char text[TNI_NUMBER_TEXT_MAX]);
/* A decimal number with optional sign, fraction and exponent, all of the text. False when it is none. */
bool tni_number_read(tn_slice text, double *out);
/* The same for an int; false outside of 64 bits, too. */
bool tni_int_read(tn_slice text, int64_t *out);

#endif
