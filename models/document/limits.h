/* limits.h - what a request allows itself: the arguments max_ms and max_memory_bytes. */
#ifndef TENON_DOCUMENT_LIMITS_H
#define TENON_DOCUMENT_LIMITS_H

#include "query/pool.h"

/* *out is left alone where nothing was given. INVALID: below 1. */
tn_status tni_doc_limit_read(tn_ctx *ctx, tn_value value, const char *where, uint64_t *out) TN_MUST_USE;
/* From now on the call has that many milliseconds; absent: no limit of its own. */
tn_status tni_doc_limit_ms(tn_ctx *ctx, tn_value ms) TN_MUST_USE;
/* A pool of that many bytes; absent: TNI_POOL_LIMIT_DEFAULT. */
tn_status tni_doc_limit_memory(tn_ctx *ctx, tn_value bytes, tni_pool *out) TN_MUST_USE;

#endif
