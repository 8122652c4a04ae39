#include "entry.h"
#include "ops.h"

static tn_status write_keeping_ttl(tn_ctx *ctx, const tni_kv_slot *slot, tn_value value) {
  tn_builder *scratch;
  TRY(tni_kv_scratch(ctx, &scratch));
  return tni_kv_write(ctx, slot, value, slot->live ? slot->entry.expires_us : TNI_KV_NEVER, scratch);
}

/* ---- incr ----------------------------------------------------------------------------------- */

static bool is_finite(double d) { return d - d == 0; }

static tn_status add_ints(tn_ctx *ctx, int64_t a, int64_t b, tn_builder *sum) {
  int64_t n;
  if (__builtin_add_overflow(a, b, &n))
    return tn_fail(ctx, TN_LIMIT, "by", "%lld and %lld together are outside of 64 bits", (long long)a, (long long)b);
  tn_add(sum, n);
  return TN_OK;
}

static tn_status add_doubles(tn_ctx *ctx, double a, double b, tn_builder *sum) {
  double d = a + b;
  if (is_finite(a) && is_finite(b) && !is_finite(d))
    return tn_fail(ctx, TN_LIMIT, "by", "%g and %g together are outside of a double's range", a, b);
  tn_add(sum, d);
  return TN_OK;
}

static tn_status add_numbers(tn_ctx *ctx, tn_value a, tn_value b, tn_builder *sum) {
  int64_t i, j;
  double x = 0, y = 0;
  if (tn_as_int(a, &i) && tn_as_int(b, &j)) return add_ints(ctx, i, j, sum);
  (void)tn_get_double(a, "", &x);
  (void)tn_get_double(b, "", &y);
  return add_doubles(ctx, x, y, sum);
}

tn_status tni_kv_incr(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  static const uint8_t zero = TN_TAG_SMALL_INT;
  tni_kv_slot slot;
  TRY(tni_kv_slot_at(ctx, argv[0], "key", &slot));
  tn_value current = slot.live ? slot.entry.value : (tn_value){&zero, 1};
  tn_type type = tn_value_type(current);
  if (type != TN_INT && type != TN_DOUBLE)
    return tn_fail(ctx, TN_INVALID, "key", "expected a number in the entry, found %s", tni_kv_type_name(type));
  TRY(add_numbers(ctx, current, argv[1], result));
  TRY(tni_kv_check_built(ctx, result, "by"));
  return write_keeping_ttl(ctx, &slot, tn_built(result));
}

/* ---- append --------------------------------------------------------------------------------- */

/* A string's or bytes' own bytes; the type has been looked at. */
static tn_slice bytes_of(tn_value value) {
  tn_slice bytes = {NULL, 0};
  if (!tn_as_string(value, &bytes)) (void)tn_as_bytes(value, &bytes);
  return bytes;
}

static tn_status join_bytes(tn_ctx *ctx, tn_value head, tn_value tail, tn_builder *out) {
  tn_slice a = bytes_of(head), b = bytes_of(tail);
  char *both = tn_scratch(ctx, a.size + b.size + 1);
  if (!both) return tn_fail(ctx, TN_NOMEM, NULL, "no memory for %zu bytes", a.size + b.size);
  memcpy(both, a.data, a.size);
  memcpy(both + a.size, b.data, b.size);
  tn_slice joined = {both, a.size + b.size};
  if (tn_value_type(head) == TN_STRING)
    tn_add(out, tn_text(joined));
  else
    tn_add(out, joined);
  return TN_OK;
}

static void join_arrays(tn_value head, tn_value tail, tn_builder *out) {
  tn_array_begin(out);
  for (tn_iter it = tn_iter_of(head); tn_iter_next(&it);) tn_add(out, it.value);
  for (tn_iter it = tn_iter_of(tail); tn_iter_next(&it);) tn_add(out, it.value);
  tn_end(out);
}

static tn_status check_joinable(tn_ctx *ctx, tn_value head, tn_value tail) {
  tn_type have = tn_value_type(head), got = tn_value_type(tail);
  if (have != TN_STRING && have != TN_BYTES && have != TN_ARRAY)
    return tn_fail(ctx, TN_INVALID, "key", "expected string, bytes or array in the entry, found %s",
                   tni_kv_type_name(have));
  if (have != got)
    return tn_fail(ctx, TN_INVALID, "value", "expected %s like the entry, got %s", tni_kv_type_name(have),
                   tni_kv_type_name(got));
  return TN_OK;
}

static tn_status join(tn_ctx *ctx, tn_value head, tn_value tail, tn_builder *out) {
  TRY(check_joinable(ctx, head, tail));
  if (tn_value_type(head) == TN_ARRAY)
    join_arrays(head, tail, out);
  else
    TRY(join_bytes(ctx, head, tail, out));
  return tni_kv_check_built(ctx, out, "value");
}

tn_status tni_kv_append(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_kv_slot slot;
  tn_builder *joined;
  tn_value value = argv[1];
  TRY(tni_kv_slot_at(ctx, argv[0], "key", &slot));
  if (slot.live) {
    TRY(tni_kv_scratch(ctx, &joined));
    TRY(join(ctx, slot.entry.value, argv[1], joined));
    value = tn_built(joined);
  }
  tn_add(result, tn_value_type(value) == TN_ARRAY ? tn_count(value) : bytes_of(value).size);
  return write_keeping_ttl(ctx, &slot, value);
}
