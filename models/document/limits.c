#include "limits.h"

tn_status tni_doc_limit_read(tn_ctx *ctx, tn_value value, const char *where, uint64_t *out) {
  int64_t n = 0;
  if (!tn_as_int(value, &n)) return TN_OK;
  if (n < 1) return tn_fail(ctx, TN_INVALID, where, "expected a number from 1 up, got %lld", (long long)n);
  *out = (uint64_t)n;
  return TN_OK;
}

tn_status tni_doc_limit_ms(tn_ctx *ctx, tn_value ms) {
  uint64_t given = 0;
  TRY(tni_doc_limit_read(ctx, ms, "max_ms", &given));
  if (given > 0) tn_budget(ctx, given, "max_ms");
  return TN_OK;
}

tn_status tni_doc_limit_memory(tn_ctx *ctx, tn_value bytes, tni_pool *out) {
  uint64_t given = TNI_POOL_LIMIT_DEFAULT;
  TRY(tni_doc_limit_read(ctx, bytes, "max_memory_bytes", &given));
  return tni_pool_init(out, ctx, given), TN_OK;
}
