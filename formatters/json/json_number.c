#include "json_number.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "json_pow10.h"

__extension__ typedef unsigned __int128 uint128;

enum {
  EXACT_DIGITS = 19,    /* any decimal of so many digits fits in 64 bits */
  DECISIVE_DIGITS = 800 /* digits behind these matter only by being zero or not: 768 are known to suffice */
};

/* A decimal as it stands in the text: digits before and after the point, and the power of ten that is written. */
typedef struct decimal {
  const uint8_t *whole;
  const uint8_t *whole_end;
  const uint8_t *fraction;
  const uint8_t *fraction_end;
  int64_t exponent;
  uint64_t digits; /* all of them as one number, modulo 2^64: exact when there are at most EXACT_DIGITS */
  bool negative;
  bool is_int;
} decimal;

static bool is_digit(const uint8_t *at, const uint8_t *end) { return at < end && (unsigned)(*at - '0') < 10; }

static const uint8_t *problem_at(tni_json_problem *problem, const uint8_t *at, const char *text) {
  *problem = (tni_json_problem){at, text};
  return NULL;
}

/* ---- grammar ---- */

static const uint8_t *scan_digits(const uint8_t *at, const uint8_t *end, uint64_t *digits) {
  uint64_t n = *digits;
  for (; is_digit(at, end); at++) n = n * 10 + (uint64_t)(*at - '0');
  *digits = n;
  return at;
}

static const uint8_t *scan_whole(const uint8_t *at, const uint8_t *end, decimal *d, tni_json_problem *problem) {
  d->whole = at;
  at = d->whole_end = scan_digits(at, end, &d->digits);
  if (at == d->whole) return problem_at(problem, at, "expected a digit");
  if (*d->whole == '0' && at - d->whole > 1) return problem_at(problem, d->whole + 1, "a number has a leading zero");
  return at;
}

static const uint8_t *scan_fraction(const uint8_t *at, const uint8_t *end, decimal *d, tni_json_problem *problem) {
  d->fraction = d->fraction_end = at;
  if (at == end || *at != '.') return at;
  d->is_int = false;
  d->fraction = at + 1;
  d->fraction_end = scan_digits(at + 1, end, &d->digits);
  if (d->fraction_end == d->fraction) return problem_at(problem, d->fraction, "expected a digit after the point");
  return d->fraction_end;
}

static const uint8_t *scan_exponent(const uint8_t *at, const uint8_t *end, decimal *d, tni_json_problem *problem) {
  static const int64_t enough = INT64_C(1) << 40; /* more than a text has digits */
  if (at == end || (*at | 0x20) != 'e') return at;
  d->is_int = false;
  at++;
  bool negative = at < end && *at == '-';
  if (at < end && (*at == '-' || *at == '+')) at++;
  if (!is_digit(at, end)) return problem_at(problem, at, "expected a digit in the exponent");
  int64_t n = 0;
  for (; is_digit(at, end); at++)
    if (n < enough) n = n * 10 + (*at - '0');
  d->exponent = negative ? -n : n;
  return at;
}

static bool may_follow_a_number(uint8_t c) {
  return !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '+' ||
           c == '-' || c == '_');
}

static const uint8_t *scan(const uint8_t *at, const uint8_t *end, decimal *d, tni_json_problem *problem) {
  *d = (decimal){.is_int = true, .negative = *at == '-'};
  at = scan_whole(at + d->negative, end, d, problem);
  if (at) at = scan_fraction(at, end, d, problem);
  if (at) at = scan_exponent(at, end, d, problem);
  if (at && at < end && !may_follow_a_number(*at)) return problem_at(problem, at, "this cannot follow a number");
  return at;
}

/* ---- decimal to double ---- */

static double double_of_bits(uint64_t bits) {
  double d;
  memcpy(&d, &bits, sizeof d);
  return d;
}

static const double small_powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                      1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* Where digits and power are doubles without error, one operation rounds once. */
static bool by_one_operation(uint64_t digits, int64_t exponent, double *out) {
  if (FLT_EVAL_METHOD != 0 || digits > UINT64_C(1) << 53 || exponent < -22 || exponent > 22) return false;
  *out = exponent < 0 ? (double)digits / small_powers[-exponent] : (double)digits * small_powers[exponent];
  return true;
}

/* floor(log2(10^e)) for |e| <= 1233. */
static int floor_log2_pow10(int e) { return (e * 1741647) >> 19; }

/* digits * 10^exponent, digits != 0, if 128 bits of the power decide how it rounds and it is a normal double. */
static bool by_128_bits(uint64_t digits, int64_t exponent, double *out) {
  if (exponent < TNI_POW10_MIN || exponent > TNI_POW10_MAX) return false;
  int shift = __builtin_clzll(digits);
  uint64_t normal = digits << shift;
  tni_pow10 power = tni_pow10_of((int)exponent);
  uint128 product = (uint128)normal * power.high;
  uint64_t high = (uint64_t)(product >> 64), low = (uint64_t)product;
  if ((high & 0x1ff) == 0x1ff && low + normal < low) {
    uint128 rest = (uint128)normal * power.low;
    uint64_t sum = low + (uint64_t)(rest >> 64);
    high += sum < low;
    low = sum;
    if ((high & 0x1ff) == 0x1ff && low == UINT64_MAX && (uint64_t)rest + normal < normal) return false;
  }
  unsigned top = (unsigned)(high >> 63);
  uint64_t mantissa = high >> (top + 9);
  if (low == 0 && (high & 0x1ff) == 0 && (mantissa & 3) == 1) return false;
  mantissa = (mantissa + (mantissa & 1)) >> 1;
  int biased = floor_log2_pow10((int)exponent) + 1023 + 63 + (int)top - shift;
  if (mantissa >> 53) {
    mantissa >>= 1;
    biased++;
  }
  if (biased < 1 || biased > 2046) return false;
  *out = double_of_bits((uint64_t)biased << 52 | (mantissa & ((UINT64_C(1) << 52) - 1)));
  return true;
}

/* The first digits of a decimal, without leading zeros, and what is left out of them. */
typedef struct leading {
  char digits[DECISIVE_DIGITS + 32]; /* room for a sticky digit, 'e' and an exponent */
  size_t count;
  size_t dropped;       /* digits left out, */
  bool dropped_nonzero; /* and whether one of them is not 0 */
} leading;

static void lead(leading *to, const uint8_t *at, const uint8_t *end, size_t most) {
  for (; at < end; at++) {
    if (to->count == 0 && *at == '0') continue;
    if (to->count < most) {
      to->digits[to->count++] = (char)*at;
    } else {
      to->dropped++;
      to->dropped_nonzero = to->dropped_nonzero || *at != '0';
    }
  }
}

static void leading_of(const decimal *d, size_t most, leading *to) {
  to->count = to->dropped = 0;
  to->dropped_nonzero = false;
  lead(to, d->whole, d->whole_end, most);
  lead(to, d->fraction, d->fraction_end, most);
}

/* Digits and an exponent, no point: no locale changes how strtod() reads that. */
static double by_strtod(const decimal *d, int64_t exponent) {
  leading text;
  leading_of(d, DECISIVE_DIGITS, &text);
  exponent += (int64_t)text.dropped;
  if (text.dropped_nonzero) {
    text.digits[text.count++] = '1';
    exponent--;
  }
  if (exponent > 100000) exponent = 100000;
  if (exponent < -100000) exponent = -100000;
  size_t size = text.count;
  text.digits[size++] = 'e';
  size += tni_json_int_write((uint8_t *)text.digits + size, exponent);
  text.digits[size] = '\0';
  return text.count == 0 ? 0.0 : strtod(text.digits, NULL);
}

/* More digits than fit: the double lies between those of the digits that do, and of the next number. */
static double of_many_digits(const decimal *d, int64_t exponent) {
  leading text;
  leading_of(d, EXACT_DIGITS, &text);
  uint64_t digits = 0;
  for (size_t i = 0; i < text.count; i++) digits = digits * 10 + (uint64_t)(text.digits[i] - '0');
  if (digits == 0) return 0.0;
  double low, high;
  int64_t power = exponent + (int64_t)text.dropped;
  if (by_128_bits(digits, power, &low) && by_128_bits(digits + text.dropped_nonzero, power, &high) && low == high)
    return low;
  return by_strtod(d, exponent);
}

static double magnitude(const decimal *d) {
  int64_t fraction = d->fraction_end - d->fraction, exponent = d->exponent - fraction;
  double out;
  if (d->whole_end - d->whole + fraction > EXACT_DIGITS) return of_many_digits(d, exponent);
  if (d->digits == 0) return 0.0;
  if (by_one_operation(d->digits, exponent, &out) || by_128_bits(d->digits, exponent, &out)) return out;
  return by_strtod(d, exponent);
}

static bool is_zero(const decimal *d) {
  const uint8_t *at = d->whole;
  while (at < d->whole_end && *at == '0') at++;
  if (at < d->whole_end) return false;
  for (at = d->fraction; at < d->fraction_end && *at == '0';) at++;
  return at == d->fraction_end;
}

/* NULL, or why it is none. */
static const char *to_double(const decimal *d, double *out) {
  double size = magnitude(d);
  if (size > DBL_MAX) return "a number is too large for a double";
  if (size == 0 && !is_zero(d)) return "a number is too small for a double";
  *out = d->negative ? -size : size;
  return NULL;
}

static bool to_int(const decimal *d, int64_t *out) {
  uint64_t limit = (uint64_t)INT64_MAX + d->negative;
  if (d->whole_end - d->whole > EXACT_DIGITS || d->digits > limit) return false;
  *out = (int64_t)(d->negative ? 0 - d->digits : d->digits);
  return true;
}

const uint8_t *tni_json_number_read(const uint8_t *at, const uint8_t *end, tni_json_number *out,
                                    tni_json_problem *problem) {
  decimal d;
  const uint8_t *next = scan(at, end, &d, problem);
  if (!next) return NULL;
  out->is_int = d.is_int;
  if (d.is_int && !to_int(&d, &out->integer)) return problem_at(problem, at, "an integer is outside int64");
  const char *wrong = d.is_int ? NULL : to_double(&d, &out->real);
  return wrong ? problem_at(problem, at, wrong) : next;
}

const uint8_t *tni_json_double_read(const uint8_t *at, const uint8_t *end, double *out, tni_json_problem *problem) {
  decimal d;
  const uint8_t *next = scan(at, end, &d, problem);
  const char *wrong = next ? to_double(&d, out) : NULL;
  return wrong ? problem_at(problem, at, wrong) : next;
}

/* ---- writing ---- */

static size_t write_digits(uint8_t *to, uint64_t n) {
  static const char pairs[] =
      "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748495051525354"
      "555"
      "65758596061626364656667686970717273747576777879808182838485868788899091929394959697989900";
  uint8_t text[20];
  size_t at = sizeof text;
  while (n >= 100) {
    at -= 2;
    memcpy(text + at, pairs + n % 100 * 2, 2);
    n /= 100;
  }
  if (n >= 10) {
    at -= 2;
    memcpy(text + at, pairs + n * 2, 2);
  } else {
    text[--at] = (uint8_t)('0' + n);
  }
  memcpy(to, text + at, sizeof text - at);
  return sizeof text - at;
}

size_t tni_json_int_write(uint8_t *to, int64_t n) {
  if (n >= 0) return write_digits(to, (uint64_t)n);
  *to = '-';
  return 1 + write_digits(to + 1, 0 - (uint64_t)n);
}

/* digits * 10^exponent */
typedef struct shortest {
  uint64_t digits;
  int exponent;
} shortest;

/* The high 64 bits of power * n / 2^64, the lowest bit set when anything below is not zero. */
static uint64_t round_to_odd(tni_pow10 power, uint64_t n) {
  uint128 high = (uint128)n * power.high + (uint64_t)(((uint128)n * power.low) >> 64);
  return (uint64_t)(high >> 64) | ((uint64_t)high > 1);
}

static tni_pow10 pow10_rounded_up(int exponent) {
  tni_pow10 power = tni_pow10_of(exponent);
  if (exponent >= 0 && exponent <= 55) return power;
  power.high += ++power.low == 0;
  return power;
}

/* Schubfach, section 9.6 of the paper: names as there, without the special case for what is short anyway. */
static shortest shortest_of(uint64_t bits) {
  uint64_t fraction = bits & ((UINT64_C(1) << 52) - 1);
  int biased = (int)(bits >> 52 & 0x7ff);
  uint64_t c = biased ? fraction | UINT64_C(1) << 52 : fraction;
  int q = (biased ? biased : 1) - 1075;
  bool is_even = (c & 1) == 0, lower_is_closer = fraction == 0 && biased > 1;
  int k = (q * 1262611 - (lower_is_closer ? 524031 : 0)) >> 22; /* floor(log10(2^q)), or of 3/4 of it */
  int h = q + floor_log2_pow10(-k) + 1;
  tni_pow10 g = pow10_rounded_up(-k);
  uint64_t left = round_to_odd(g, (4 * c - 2 + lower_is_closer) << h), middle = round_to_odd(g, 4 * c << h);
  uint64_t right = round_to_odd(g, (4 * c + 2) << h);
  uint64_t lowest = left + !is_even, highest = right - !is_even;
  uint64_t s = middle / 4;
  if (s >= 10) {
    uint64_t tens = s / 10;
    bool below_inside = lowest <= 40 * tens, above_inside = 40 * tens + 40 <= highest;
    if (below_inside != above_inside) return (shortest){tens + above_inside, k + 1};
  }
  bool below_inside = lowest <= 4 * s, above_inside = 4 * s + 4 <= highest;
  if (below_inside != above_inside) return (shortest){s + above_inside, k};
  uint64_t half = 4 * s + 2;
  return (shortest){s + (middle > half || (middle == half && (s & 1))), k};
}

static shortest without_trailing_zeros(shortest n) {
  if (n.digits % 100000000 == 0) n = (shortest){n.digits / 100000000, n.exponent + 8};
  while (n.digits % 10 == 0) n = (shortest){n.digits / 10, n.exponent + 1};
  return n;
}

static size_t fill(uint8_t *to, char c, size_t count) {
  memset(to, c, count);
  return count;
}

/* `text` is the digits; the point goes after the first `point` of them, 1 <= point. */
static size_t write_plain(uint8_t *to, const uint8_t *text, size_t count, size_t point) {
  if (point >= count) {
    memcpy(to, text, count);
    size_t size = count + fill(to + count, '0', point - count);
    memcpy(to + size, ".0", 2);
    return size + 2;
  }
  memcpy(to, text, point);
  to[point] = '.';
  memcpy(to + point + 1, text + point, count - point);
  return count + 1;
}

static size_t write_small(uint8_t *to, const uint8_t *text, size_t count, size_t zeros) {
  memcpy(to, "0.", 2);
  size_t size = 2 + fill(to + 2, '0', zeros);
  memcpy(to + size, text, count);
  return size + count;
}

static size_t write_scientific(uint8_t *to, const uint8_t *text, size_t count, int exponent) {
  size_t size = count;
  if (count == 1)
    to[0] = text[0];
  else
    size = write_plain(to, text, count, 1);
  to[size++] = 'e';
  return size + tni_json_int_write(to + size, exponent);
}

static size_t write_shortest(uint8_t *to, shortest n) {
  uint8_t text[20];
  size_t count = write_digits(text, n.digits);
  int point = (int)count + n.exponent;
  if (point > 0 && point <= 16) return write_plain(to, text, count, (size_t)point);
  if (point > -4 && point <= 0) return write_small(to, text, count, (size_t)-point);
  return write_scientific(to, text, count, point - 1);
}

size_t tni_json_double_write(uint8_t *to, double d) {
  uint64_t bits;
  memcpy(&bits, &d, sizeof bits);
  size_t sign = bits >> 63;
  if (sign) *to = '-';
  bits &= UINT64_MAX >> 1;
  if (bits == 0) return memcpy(to + sign, "0.0", 3), sign + 3;
  return sign + write_shortest(to + sign, without_trailing_zeros(shortest_of(bits)));
}
