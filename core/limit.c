#include "limit.h"

#include <stdio.h>

enum { READ_TXNS_DEFAULT = 10000, READ_TXNS_BOUND = 1000000 };

static const struct {
  const char *name;
  int64_t usual, bound;
  const char *text; /* takes the limit and the size that came */
} table[TNI_LIMIT_COUNT] = {
    [TNI_VALUE_BYTES] = {"value_bytes", TN_MAP_VALUE_SIZE_MAX, TN_MAP_VALUE_SIZE_MAX,
                         "a map's value may have %lld bytes, this one has %llu"},
    [TNI_KEY_BYTES] = {"key_bytes", TN_KEY_SIZE_MAX, TN_KEY_SIZE_MAX,
                       "a map's key may have %lld bytes encoded, this one has %llu"},
    [TNI_DEPTH] = {"depth", TN_DEPTH_MAX, TN_DEPTH_MAX,
                   "an argument may be nested %lld levels deep, this one is nested %llu"},
    [TNI_RESULT_BYTES] = {"result_bytes", TN_VALUE_SIZE_MAX, TN_VALUE_SIZE_MAX,
                          "a result may have %lld bytes, this one has at least %llu"},
    [TNI_BATCH_OPS] = {"batch_ops", TN_BATCH_OPS_MAX, TN_BATCH_OPS_MAX,
                       "a batch may have %lld operations, this one has %llu"},
    [TNI_BATCH_BYTES] = {"batch_bytes", TN_VALUE_SIZE_MAX, TN_VALUE_SIZE_MAX,
                         "the record of a batch may have %lld bytes, this one has %llu"},
    [TNI_READ_TXNS] = {"read_txns", READ_TXNS_DEFAULT, READ_TXNS_BOUND,
                       "an engine may have %lld read txns open, with this one it has %llu"},
};

tni_limits tni_limits_default(void) {
  tni_limits limits;
  for (int i = 0; i < TNI_LIMIT_COUNT; i++) limits.most[i] = table[i].usual;
  return limits;
}

const char *tni_limit_name(tni_limit limit) { return table[limit].name; }
int64_t tni_limit_bound(tni_limit limit) { return table[limit].bound; }

tn_status tni_limit_refuse(const tni_limits *limits, tni_limit limit, uint64_t size, tn_error *error) {
  if (!tni_limit_exceeded(limits, limit, size)) return TN_OK;
  char where[TN_ERROR_WHERE_MAX], text[TN_ERROR_TEXT_MAX];
  snprintf(where, sizeof where, "limits.%s", table[limit].name);
  snprintf(text, sizeof text, table[limit].text, (long long)limits->most[limit], (unsigned long long)size);
  return tn_error_set(error, TN_LIMIT, where, "%s", text);
}
