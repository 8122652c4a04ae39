#include "range.h"

#include "entry.h"

static int compare(tn_slice a, tn_slice b) {
  size_t common = a.size < b.size ? a.size : b.size;
  int order = common == 0 ? 0 : memcmp(a.data, b.data, common);
  return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static void raise_from(tni_kv_range *range, tn_slice from) {
  if (compare(from, range->from) > 0) range->from = from;
}

static void lower_to(tni_kv_range *range, tn_slice to) {
  if (range->to.size == 0 || compare(to, range->to) < 0) range->to = to;
}

static void note_if_empty(tni_kv_range *range) {
  range->empty = range->to.size != 0 && compare(range->from, range->to) >= 0;
}

/* The smallest key above `key`. */
static tn_status behind(tn_ctx *ctx, tn_slice key, tn_slice *out) {
  uint8_t *copy = tn_scratch(ctx, key.size + 1);
  if (!copy) return tn_fail(ctx, TN_NOMEM, NULL, "no memory for the operation");
  memcpy(copy, key.data, key.size);
  copy[key.size] = 0;
  *out = (tn_slice){copy, key.size + 1};
  return TN_OK;
}

static tn_status prefix_range(tn_ctx *ctx, tn_value prefix, tni_kv_range *out) {
  tni_kv_range range = {{NULL, 0}, {NULL, 0}, false};
  TRY(tni_kv_key(ctx, prefix, "prefix", &range.from));
  TRY(tn_key_prefix(ctx, &range.from, &range.to, prefix));
  *out = range;
  return TN_OK;
}

tn_status tni_kv_range_of(tn_ctx *ctx, tn_value prefix, tn_value from, tn_value to, tni_kv_range *out) {
  tni_kv_range range = {{NULL, 0}, {NULL, 0}, false};
  if (!tn_is_absent(prefix)) {
    if (!tn_is_absent(from) || !tn_is_absent(to))
      return tn_fail(ctx, TN_INVALID, "prefix", "expected either prefix or from and to, got both");
    return prefix_range(ctx, prefix, out);
  }
  if (!tn_is_absent(from)) TRY(tni_kv_key(ctx, from, "from", &range.from));
  if (!tn_is_absent(to)) TRY(tni_kv_key(ctx, to, "to", &range.to));
  note_if_empty(&range);
  *out = range;
  return TN_OK;
}

tn_status tni_kv_range_resume(tn_ctx *ctx, tn_value after, bool reverse, tni_kv_range *range) {
  if (tn_is_absent(after) || range->empty) return TN_OK;
  tn_slice key;
  TRY(tni_kv_key(ctx, after, "after", &key));
  if (reverse) {
    lower_to(range, key);
  } else {
    TRY(behind(ctx, key, &key));
    raise_from(range, key);
  }
  note_if_empty(range);
  return TN_OK;
}
