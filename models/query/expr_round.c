/* expr_round.c - $round $trunc to a place: 1 is the first digit behind the point, -1 the tens. What lies in the
 * middle goes to the even neighbour. A double is taken as the exact number that it is, so 2.675, which is a little
 * less, goes down. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "expr_families.h"
#include "number.h"

/* variant: */
enum { ROUND, TRUNC };

#define PLACE_MAX 99
#define PLACE_MIN (-19)

/* ---- ints ------------------------------------------------------------------------------------- */

/* `places` are zeros at the end, at least 1. */
static tni_wide round_int(int64_t n, int places, bool nearest) {
  tni_wide unit = 1;
  for (int i = 0; i < places; i++) unit *= 10;
  tni_wide whole = n / unit, rest = n % unit, distance = 2 * (rest < 0 ? -rest : rest);
  bool away = nearest && (distance > unit || (distance == unit && whole % 2 != 0));
  return (whole + (away ? (n < 0 ? -1 : 1) : 0)) * unit;
}

/* ---- doubles ---------------------------------------------------------------------------------- */

#define WHOLE_DIGITS 309
#define FRACTION_DIGITS 1074

/* All digits of a double: those before the point, then those behind it. One more in front for what is carried. */
typedef struct expansion {
  char digits[1 + WHOLE_DIGITS + FRACTION_DIGITS + 8];
  int whole; /* how many stand before the point */
} expansion;

static void expand(double d, expansion *out) {
  char text[sizeof out->digits + 8];
  int size = snprintf(text, sizeof text, "%.*f", FRACTION_DIGITS, d), count = 1;
  out->digits[0] = '0';
  for (int i = 0; i < size; i++)
    if (text[i] >= '0' && text[i] <= '9') out->digits[count++] = text[i];
  out->digits[count] = '\0';
  out->whole = count - FRACTION_DIGITS;
}

/* What is behind `kept` digits: less than half of a unit (-1), half (0), more (1). */
static int rest_of(const expansion *n, int kept) {
  const char *rest = n->digits + kept;
  if (rest[0] != '5') return rest[0] < '5' ? -1 : 1;
  return rest[1 + strspn(rest + 1, "0")] == '\0' ? 0 : 1;
}

static void carry(expansion *n, int kept) {
  int i = kept - 1;
  for (; n->digits[i] == '9'; i--) n->digits[i] = '0';
  n->digits[i]++;
}

static double round_positive(double d, int place, bool nearest) {
  expansion n;
  char exponent[16];
  expand(d, &n);
  int kept = n.whole + place;
  if (kept < 1) return 0;
  int rest = nearest ? rest_of(&n, kept) : -1;
  if (rest > 0 || (rest == 0 && (n.digits[kept - 1] - '0') % 2 != 0)) carry(&n, kept);
  (void)snprintf(exponent, sizeof exponent, "e%d", -place);
  memcpy(n.digits + kept, exponent, strlen(exponent) + 1);
  return strtod(n.digits, NULL);
}

#define QUICK_MAX 15

/* The same by arithmetic that loses nothing: d * 10^place is scaled + lost, and where scaled is below 2^53 both it
 * and what it is divided by in the end are whole, so the division gives the nearest double. False: it cannot be done.
 */
static bool round_quickly(double d, int place, bool nearest, double *out) {
  static const double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
  if (place < 0 || place > QUICK_MAX || d * powers[place] >= 0x1p52) return false;
  double scaled = d * powers[place], lost = fma(d, powers[place], -scaled), whole = floor(scaled);
  double rest = scaled - whole;
  if (nearest)
    whole += rest > 0.5 || (rest == 0.5 && (lost > 0 || (lost == 0 && fmod(whole, 2) != 0)));
  else
    whole -= rest == 0 && lost < 0;
  *out = whole / powers[place];
  return true;
}

/* From 2^52 on there is nothing behind the point. */
static double round_double(double d, int place, bool nearest) {
  double rounded;
  if (!isfinite(d) || (place >= 0 && fabs(d) >= 0x1p52)) return d;
  if (place == 0) return nearest ? rint(d) : trunc(d);
  if (!round_quickly(fabs(d), place, nearest, &rounded)) rounded = round_positive(fabs(d), place, nearest);
  return copysign(rounded, d);
}

/* ---- operators -------------------------------------------------------------------------------- */

static tn_status round_to_place(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tn_value values[2];
  tni_number n;
  bool null, nearest = expr->op->variant == ROUND;
  int64_t place = 0;
  TRY(tni_expr_args(expr, eval, values, 2, &null, out));
  if (null) return TN_OK;
  if (!tni_as_number(values[0], &n)) return tni_expr_wrong(expr, eval, "numbers", values[0]);
  if (tni_expr_has_arg(expr, 1) && !tni_as_whole(values[1], &place))
    return tni_expr_wrong(expr, eval, "a whole number as place", values[1]);
  if (place < PLACE_MIN || place > PLACE_MAX)
    return tni_expr_fail(expr, eval, "%s takes a place from %d to %d, got %lld", expr->op->name, PLACE_MIN, PLACE_MAX,
                         (long long)place);
  if (!n.is_int) return tni_expr_double(eval, round_double(n.d, (int)place, nearest), out);
  if (place < 0) n = tni_number_wide(round_int(n.i, (int)-place, nearest));
  return tni_number_value(eval->pool, n, out);
}

static const tni_expr_op ops[] = {
    {.name = "$round", .min = 1, .max = 2, .eval = round_to_place, .variant = ROUND},
    {.name = "$trunc", .min = 1, .max = 2, .eval = round_to_place, .variant = TRUNC},
};
const tni_expr_family tni_expr_round = {ops, TNI_LENGTH(ops)};
