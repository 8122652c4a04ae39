#include "number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define TWO_63 9223372036854775808.0

bool tni_as_number(tn_value value, tni_number *out) {
  int64_t i;
  double d;
  if (tn_as_int(value, &i)) return *out = tni_number_int(i), true;
  if (tn_as_double(value, &d)) return *out = tni_number_double(d), true;
  return false;
}

bool tni_as_whole(tn_value value, int64_t *out) {
  double d;
  if (tn_as_int(value, out)) return true;
  if (!tn_as_double(value, &d) || d < -TWO_63 || d >= TWO_63 || d != trunc(d)) return false;
  *out = (int64_t)d;
  return true;
}

tn_status tni_number_value(tni_pool *pool, tni_number number, tn_value *out) {
  return tni_pool_value(pool, out, number.is_int ? tn_arg_int(number.i) : tn_arg_double(number.d));
}

/* ---- sums ------------------------------------------------------------------------------------- */

static void add_double(tni_sum *sum, double d) {
  double next = sum->real + d;
  if (isfinite(next)) sum->lost += fabs(sum->real) >= fabs(d) ? (sum->real - next) + d : (d - next) + sum->real;
  sum->real = next;
}

void tni_sum_add(tni_sum *sum, tni_number number) {
  if (number.is_int) {
    sum->whole += number.i;
  } else {
    sum->any_double = true;
    add_double(sum, number.d);
  }
}

double tni_sum_double(const tni_sum *sum) {
  tni_sum total = *sum;
  if (sum->whole != 0) add_double(&total, (double)sum->whole);
  return isfinite(total.real) ? total.real + total.lost : total.real;
}

tni_number tni_sum_number(const tni_sum *sum) {
  return sum->any_double ? tni_number_double(tni_sum_double(sum)) : tni_number_wide(sum->whole);
}

/* ---- text ------------------------------------------------------------------------------------- */

/* Whatever the locale puts between whole and fraction becomes a point. */
static size_t with_point(char *text) {
  size_t size = 0;
  for (const char *at = text; *at != '\0'; at++) {
    bool plain = (*at >= '0' && *at <= '9') || *at == '-' || *at == '+' || *at == 'e';
    if (plain)
      text[size++] = *at;
    else if (size == 0 || text[size - 1] != '.')
      text[size++] = '.';
  }
  text[size] = '\0';
  return size;
}

static size_t put_text(char *to, const char *text) {
  memcpy(to, text, strlen(text) + 1);
  return strlen(text);
}

size_t tni_number_text(double d, char text[TNI_NUMBER_TEXT_MAX]) {
  if (isnan(d)) return put_text(text, "NaN");
  if (isinf(d)) return put_text(text, d > 0 ? "Infinity" : "-Infinity");
  for (int digits = 15; digits <= 17; digits++) {
    (void)snprintf(text, TNI_NUMBER_TEXT_MAX, "%.*g", digits, d);
    if (strtod(text, NULL) == d) break;
  }
  return with_point(text);
}

size_t tni_any_number_text(tni_number number, char text[TNI_NUMBER_TEXT_MAX]) {
  if (!number.is_int) return tni_number_text(number.d, text);
  return (size_t)snprintf(text, TNI_NUMBER_TEXT_MAX, "%lld", (long long)number.i);
}

#define DIGITS_MAX 800 /* more than decide about a double */

/* What a number's text is made of, as strtod() takes it under any locale: digits without a point, and an exponent. */
typedef struct decimal {
  char digits[DIGITS_MAX + 32];
  size_t count;
  int64_t exponent;
  bool negative;
} decimal;

static bool is_digit(uint8_t c) { return c >= '0' && c <= '9'; }

static const uint8_t *read_digits(decimal *n, const uint8_t *at, const uint8_t *end, bool fraction) {
  for (; at < end && is_digit(*at); at++) {
    bool kept = n->count < DIGITS_MAX;
    if (kept) n->digits[n->count++] = (char)*at;
    n->exponent += (kept ? 0 : 1) - fraction;
  }
  return at;
}

/* Exponents beyond any double's are cut, so that they stay in range. */
static const uint8_t *read_exponent(decimal *n, const uint8_t *at, const uint8_t *end) {
  int64_t exponent = 0;
  bool negative = at < end && *at == '-';
  if (at < end && (*at == '-' || *at == '+')) at++;
  const uint8_t *first = at;
  for (; at < end && is_digit(*at); at++)
    if (exponent < 100000000) exponent = exponent * 10 + (*at - '0');
  n->exponent += negative ? -exponent : exponent;
  return at > first ? at : NULL;
}

bool tni_number_read(tn_slice text, double *out) {
  decimal n = {.count = 0};
  const uint8_t *at = text.data, *end = at + text.size;
  n.negative = at < end && *at == '-';
  if (at < end && (*at == '-' || *at == '+')) at++;
  at = read_digits(&n, at, end, false);
  if (at < end && *at == '.') at = read_digits(&n, at + 1, end, true);
  if (n.count == 0) return false;
  if (at < end && (*at == 'e' || *at == 'E')) at = read_exponent(&n, at + 1, end);
  if (at != end) return false;
  (void)snprintf(n.digits + n.count, sizeof n.digits - n.count, "e%lld", (long long)n.exponent);
  double d = strtod(n.digits, NULL);
  *out = n.negative ? -d : d;
  return true;
}

bool tni_int_read(tn_slice text, int64_t *out) {
  const uint8_t *at = text.data, *end = at + text.size;
  bool negative = at < end && *at == '-';
  tni_wide n = 0;
  if (at < end && (*at == '-' || *at == '+')) at++;
  if (at == end) return false;
  for (; at < end && is_digit(*at) && n <= INT64_MAX; at++) n = n * 10 + (*at - '0');
  n = negative ? -n : n;
  if (at < end || n < INT64_MIN || n > INT64_MAX) return false;
  *out = (int64_t)n;
  return true;
}
