/* cache.h - definitions of indexes that were read lately, kept by each instance: so that an op on a collection does
 * not read and compile them anew. What is kept is named by a stamp, a hash of the definitions that a collection gets
 * each time its indexes change, so that versions, aborted commands and other collections cannot be taken for each
 * other. */
#ifndef TENON_DOCUMENT_CACHE_H
#define TENON_DOCUMENT_CACHE_H

#include <pthread.h>

#include "catalog.h"

#define TNI_DOC_CACHED_MAX 16 /* collections */

/* The indexes of one collection, in one piece of memory. */
typedef struct tni_doc_cached {
  uint64_t stamp;
  uint32_t index_count;
  tni_doc_index *indexes;
  size_t size;
} tni_doc_cached;

/* ctx->state. */
typedef struct tni_doc_cache {
  pthread_mutex_t lock;
  tni_doc_cached kept[TNI_DOC_CACHED_MAX];
  uint32_t next; /* which one goes when another comes */
} tni_doc_cache;

tn_status tni_doc_cache_open(tn_ctx *ctx, tn_value config) TN_MUST_USE;
void tni_doc_cache_close(tn_ctx *ctx);

/* Copies what is kept under the stamp into scratch memory, filters not compiled; NOT_FOUND. */
tn_status tni_doc_cache_get(tn_ctx *ctx, uint64_t stamp, tni_doc_collection *out) TN_MUST_USE;
/* Keeps a copy. Where there is no memory for one nothing is kept. */
void tni_doc_cache_put(tn_ctx *ctx, uint64_t stamp, const tni_doc_collection *c);

#endif
