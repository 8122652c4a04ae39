/* cache.h - definitions of indexes that were read lately, kept by each instance: so that an op on a collection does
 * not read and compile them anew. What is kept is named by a stamp, a hash of the definitions that a collection gets
 * each time its indexes change, so that versions, aborted commands and other collections cannot be taken for each
 * other. */
#ifndef TENON_DOCUMENT_CACHE_H
#define TENON_DOCUMENT_CACHE_H

#include <pthread.h>
#include <stdatomic.h>

#include "catalog.h"

#define TNI_DOC_CACHED_MAX 16 /* collections */

/* The indexes of one collection, in one piece of memory. */
typedef struct tni_doc_cached {
  uint64_t stamp;
  uint32_t index_count;
  tni_doc_index *indexes;
  size_t size;
} tni_doc_cached;

/* The collection that a command changed last, with its indexes, in one piece of memory. It is lent to the next
 * command as it is, so that it knows where paths found their fields; to one at a time, for history is replayed beside
 * the writer. */
typedef struct tni_doc_lent {
  atomic_bool taken;             /* who sets it has the rest for himself */
  tni_doc_collection collection; /* the name is its own */
  tn_slice row;                  /* of the map `collections`, which it was read from; empty: nothing is kept */
  uint64_t stamp;                /* of the indexes as they were read */
  uint8_t *memory;
  size_t size;
} tni_doc_lent;

/* ctx->state. */
typedef struct tni_doc_cache {
  pthread_mutex_t lock;
  tni_doc_cached kept[TNI_DOC_CACHED_MAX];
  uint32_t next; /* which one goes when another comes */
  tni_doc_lent lent;
} tni_doc_cache;

tn_status tni_doc_cache_open(tn_ctx *ctx, tn_value config) TN_MUST_USE;
void tni_doc_cache_close(tn_ctx *ctx);

/* Copies what is kept under the stamp into scratch memory, filters not compiled; NOT_FOUND. */
tn_status tni_doc_cache_get(tn_ctx *ctx, uint64_t stamp, tni_doc_collection *out) TN_MUST_USE;
/* Keeps a copy. Where there is no memory for one nothing is kept. */
void tni_doc_cache_put(tn_ctx *ctx, uint64_t stamp, const tni_doc_collection *c);

/* What is kept of the collection whose row this is, filters not compiled; NULL: nothing, or another has it. */
tni_doc_collection *tni_doc_cache_borrow(tn_ctx *ctx, tn_slice name, tn_slice row);
/* Keeps a copy of `c`, whose indexes were read, and lends that; NULL: no memory for one, or another has it. */
tni_doc_collection *tni_doc_cache_lend(tn_ctx *ctx, tn_slice row, const tni_doc_collection *c);
/* Each that was borrowed goes back before its handler returns; any other `c` is passed over. What changed its indexes
 * is not kept. */
void tni_doc_cache_return(tn_ctx *ctx, const tni_doc_collection *c);

#endif
