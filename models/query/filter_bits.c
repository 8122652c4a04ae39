/* Numbers taken apart: $mod, $bitsAllSet $bitsAllClear $bitsAnySet $bitsAnyClear. */
#include "filter_internal.h"

/* ---- $mod ------------------------------------------------------------------------------------- */

typedef struct mod_test {
  tni_test test;
  int64_t divisor;
  int64_t remainder;
} mod_test;

/* A number without what is behind its point; false where that is outside of 64 bits. */
static bool truncated(tn_value value, int64_t *out) {
  double d = 0;
  if (tn_as_int(value, out)) return true;
  if (!tn_as_double(value, &d) || !(d >= -0x1p63 && d < 0x1p63)) return false;
  *out = (int64_t)d;
  return true;
}

static bool mod_holds(const tni_test *test, tni_match *match, tn_value value) {
  const mod_test *t = (const mod_test *)(const void *)test;
  int64_t n;
  (void)match;
  if (!truncated(value, &n)) return false;
  return (t->divisor == -1 ? 0 : n % t->divisor) == t->remainder;
}

static tn_status take_number(tn_ctx *ctx, tn_value operand, uint32_t i, const char *where, int64_t *out) {
  if (truncated(tn_item(operand, i), out)) return TN_OK;
  return tni_fail_item(ctx, where, i, "expected a number of 64 bits");
}

tn_status tni_compile_mod(tni_compiler *c, const tni_operator *given, const tni_test **out) {
  TRY(tni_expect(c->ctx, given->operand, TN_T_ARRAY, "[divisor, remainder]", given->where));
  if (tn_count(given->operand) != 2)
    return tn_fail(c->ctx, TN_INVALID, given->where, "expected [divisor, remainder], got %u items",
                   (unsigned)tn_count(given->operand));
  mod_test *t = tni_new_test(c->ctx, sizeof *t, mod_holds);
  if (!t) return tni_no_memory(c->ctx);
  TRY(take_number(c->ctx, given->operand, 0, given->where, &t->divisor));
  TRY(take_number(c->ctx, given->operand, 1, given->where, &t->remainder));
  if (t->divisor == 0) return tni_fail_item(c->ctx, given->where, 0, "the divisor is 0");
  *out = &t->test;
  return TN_OK;
}

/* ---- bits ------------------------------------------------------------------------------------- */

#define POSITION_MAX INT32_MAX

typedef struct bits_test {
  tni_test test;
  tni_bits_variant variant;
  uint64_t mask;             /* of 64 bits; what is behind them is the sign, as is the last of them */
  const uint32_t *positions; /* of bytes */
  uint32_t count;
} bits_test;

static bool mask_holds(const bits_test *t, uint64_t bits) {
  switch (t->variant) {
    case TNI_BITS_ALL_SET: return (bits & t->mask) == t->mask;
    case TNI_BITS_ALL_CLEAR: return (bits & t->mask) == 0;
    case TNI_BITS_ANY_SET: return (bits & t->mask) != 0;
    case TNI_BITS_ANY_CLEAR: break;
  }
  return (~bits & t->mask) != 0;
}

static bool bit_of(tn_slice bytes, uint32_t position) {
  size_t byte = position / 8;
  return byte < bytes.size && (((const uint8_t *)bytes.data)[byte] >> (position % 8) & 1) != 0;
}

/* "Any" is decided by the first bit that is as wanted, "all" by the first that is not. */
static bool positions_hold(const bits_test *t, tn_slice bytes) {
  bool any = t->variant == TNI_BITS_ANY_SET || t->variant == TNI_BITS_ANY_CLEAR;
  bool set = t->variant == TNI_BITS_ALL_SET || t->variant == TNI_BITS_ANY_SET;
  for (uint32_t i = 0; i < t->count; i++)
    if ((bit_of(bytes, t->positions[i]) == set) == any) return any;
  return !any;
}

static bool bits_hold(const tni_test *test, tni_match *match, tn_value value) {
  const bits_test *t = (const bits_test *)(const void *)test;
  tn_slice bytes;
  int64_t n;
  (void)match;
  if (tn_as_bytes(value, &bytes)) return positions_hold(t, bytes);
  return tni_as_whole(value, &n) && mask_holds(t, (uint64_t)n);
}

static void add_position(bits_test *t, uint32_t *positions, uint32_t position) {
  positions[t->count++] = position;
  t->mask |= UINT64_C(1) << (position < 63 ? position : 63);
}

static uint32_t *new_positions(tn_ctx *ctx, bits_test *t, size_t count) {
  uint32_t *positions = tn_scratch(ctx, (count + 1) * sizeof *positions);
  t->positions = positions;
  return positions;
}

static tn_status take_bytes(tn_ctx *ctx, bits_test *t, tn_slice bytes) {
  uint32_t *positions = new_positions(ctx, t, bytes.size * 8);
  if (!positions) return tni_no_memory(ctx);
  for (size_t i = 0; i < bytes.size * 8; i++)
    if (bit_of(bytes, (uint32_t)i)) add_position(t, positions, (uint32_t)i);
  return TN_OK;
}

static tn_status take_mask(tn_ctx *ctx, bits_test *t, tn_value operand, const char *where) {
  uint8_t bytes[8];
  int64_t mask;
  if (!tni_as_whole(operand, &mask) || mask < 0)
    return tn_fail(ctx, TN_INVALID, where, "expected a whole number from 0 on");
  for (unsigned i = 0; i < 8; i++) bytes[i] = (uint8_t)((uint64_t)mask >> (8 * i));
  return take_bytes(ctx, t, (tn_slice){bytes, sizeof bytes});
}

static tn_status take_positions(tn_ctx *ctx, bits_test *t, tn_value operand, const char *where) {
  uint32_t *positions = new_positions(ctx, t, tn_count(operand));
  if (!positions) return tni_no_memory(ctx);
  for (tn_iter it = tn_iter_of(operand); tn_iter_next(&it);) {
    int64_t position;
    if (!tni_as_whole(it.value, &position) || position < 0 || position > POSITION_MAX)
      return tni_fail_item(ctx, where, it.next - 1, "expected the position of a bit, from 0 on");
    add_position(t, positions, (uint32_t)position);
  }
  return TN_OK;
}

tn_status tni_compile_bits(tni_compiler *c, const tni_operator *given, const tni_test **out) {
  tn_slice bytes;
  TRY(tni_expect(c->ctx, given->operand, TN_T_NUMBER | TN_T_BYTES | TN_T_ARRAY, "a mask or an array of positions",
                 given->where));
  bits_test *t = tni_new_test(c->ctx, sizeof *t, bits_hold);
  if (!t) return tni_no_memory(c->ctx);
  t->variant = (tni_bits_variant)given->op->variant;
  if (tn_as_bytes(given->operand, &bytes))
    TRY(take_bytes(c->ctx, t, bytes));
  else if (tn_value_type(given->operand) == TN_ARRAY)
    TRY(take_positions(c->ctx, t, given->operand, given->where));
  else
    TRY(take_mask(c->ctx, t, given->operand, given->where));
  *out = &t->test;
  return TN_OK;
}
