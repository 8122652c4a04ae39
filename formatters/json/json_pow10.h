/* json_pow10.h - powers of ten to 128 bits: what exact conversion between doubles and decimals rests on. */
#ifndef TENON_JSON_POW10_H
#define TENON_JSON_POW10_H

#include <stdint.h>

enum { TNI_POW10_MIN = -342, TNI_POW10_MAX = 324 };

/* floor(10^e * 2^s), with the s that makes it 128 bits long (the highest bit is set). No power is a whole number of
 * 128 bits but those of 0 <= e <= 55, so only these are exact. */
typedef struct tni_pow10 {
  uint64_t high;
  uint64_t low;
} tni_pow10;

extern const tni_pow10 tni_pow10_table[TNI_POW10_MAX - TNI_POW10_MIN + 1];

/* TNI_POW10_MIN <= exponent <= TNI_POW10_MAX. */
static inline tni_pow10 tni_pow10_of(int exponent) { return tni_pow10_table[exponent - TNI_POW10_MIN]; }

#endif
