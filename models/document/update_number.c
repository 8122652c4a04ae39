/* update_number.c - arithmetic: $inc $mul $bit. Ints stay ints and must fit; an int and a double make a double. */
#include "update_op.h"

static const tn_arg zero = {TN_INT, {.integer = 0}};

typedef bool (*int_fn)(int64_t a, int64_t b, int64_t *out); /* false: does not fit */
typedef double (*double_fn)(double a, double b);

static bool add_ints(int64_t a, int64_t b, int64_t *out) { return !__builtin_add_overflow(a, b, out); }
static bool multiply_ints(int64_t a, int64_t b, int64_t *out) { return !__builtin_mul_overflow(a, b, out); }
static double add_doubles(double a, double b) { return a + b; }
static double multiply_doubles(double a, double b) { return a * b; }

/* ---- $inc, $mul ------------------------------------------------------------------------------- */

tn_status tni_number_compile(tn_ctx *ctx, tni_change *change) {
  return tni_expect(ctx, change->operand, TN_T_NUMBER, "a number", change->where);
}

static tn_status combine(const tni_change *change, const tni_site *site, tn_value now, int_fn ints, double_fn doubles,
                         tn_value *out) {
  int64_t i, j, n;
  double x, y;
  if (tn_get_double(now, "", &x) != TN_OK) return tni_change_misfit(change, site, "a number", now);
  (void)tn_get_double(change->operand, "", &y);
  if (!tn_as_int(now, &i) || !tn_as_int(change->operand, &j))
    return tni_pool_value(site->pool, out, tn_arg_double(doubles(x, y)));
  if (!ints(i, j, &n))
    return tn_fail(site->ctx, TN_LIMIT, change->where, "%s of %lld to %lld in '%s' leaves 64 bits", change->op->name,
                   (long long)j, (long long)i, tni_site_path(site));
  return tni_pool_value(site->pool, out, tn_arg_int(n));
}

tn_status tni_update_inc(const tni_change *change, const tni_site *site, tn_value now, tn_value *out) {
  if (!tn_is_absent(now)) return combine(change, site, now, add_ints, add_doubles, out);
  *out = change->operand;
  return TN_OK;
}

/* A missing field becomes a zero of the operand's type. */
tn_status tni_update_mul(const tni_change *change, const tni_site *site, tn_value now, tn_value *out) {
  if (!tn_is_absent(now)) return combine(change, site, now, multiply_ints, multiply_doubles, out);
  bool is_int = tn_value_type(change->operand) == TN_INT;
  return tni_pool_value(site->pool, out, is_int ? zero : tn_arg_double(0));
}

/* ---- $bit ------------------------------------------------------------------------------------- */

static const char *const bit_names[] = {"and", "or", "xor"};

static int64_t combine_bits(int64_t n, tn_slice name, int64_t operand) {
  if (tni_slice_is(name, "and")) return n & operand;
  return tni_slice_is(name, "or") ? n | operand : n ^ operand;
}

static bool is_bit_name(tn_slice name) {
  for (size_t i = 0; i < TNI_LENGTH(bit_names); i++)
    if (tni_slice_is(name, bit_names[i])) return true;
  return false;
}

tn_status tni_bit_compile(tn_ctx *ctx, tni_change *change) {
  TRY(tni_expect(ctx, change->operand, TN_T_OBJECT, "an object of and, or, xor", change->where));
  if (tn_count(change->operand) == 0)
    return tn_fail(ctx, TN_INVALID, change->where, "expected one of and, or, xor, got none");
  for (tn_iter it = tn_iter_of(change->operand); tn_iter_next(&it);) {
    const char *where = tni_where(ctx, change->where, it.name);
    if (!is_bit_name(it.name))
      return tn_fail(ctx, TN_INVALID, where, "expected one of and, or, xor, got '%s'%s", tni_quoted(ctx, it.name),
                     tn_nearest(ctx, it.name, bit_names, TNI_LENGTH(bit_names)));
    TRY(tni_expect(ctx, it.value, TN_T_INT, "an int", where));
  }
  return TN_OK;
}

/* A missing field begins as 0. */
tn_status tni_update_bit(const tni_change *change, const tni_site *site, tn_value now, tn_value *out) {
  int64_t n = 0, operand = 0;
  if (!tn_is_absent(now) && !tn_as_int(now, &n)) return tni_change_misfit(change, site, "an int", now);
  for (tn_iter it = tn_iter_of(change->operand); tn_iter_next(&it);)
    if (tn_as_int(it.value, &operand)) n = combine_bits(n, it.name, operand);
  return tni_pool_value(site->pool, out, tn_arg_int(n));
}
