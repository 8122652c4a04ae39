/* pool.h - memory for what is made of one document and forgotten with it: taken piece by piece, given back all at
 * once up to a mark, and used again for the next. Lives in the handler's scratch memory; not for more than one
 * thread. */
#ifndef TENON_QUERY_POOL_H
#define TENON_QUERY_POOL_H

#include "query.h"

#define TNI_POOL_IDLE_MAX 32

typedef struct tni_pool {
  tn_ctx *ctx;
  struct tni_pool_chunk *chunks; /* all, in the order they are used */
  struct tni_pool_chunk *chunk;  /* the one in use */
  uint8_t *next;
  size_t left;
  size_t used;                         /* bytes handed out and not given back */
  size_t limit;                        /* of used; what passes it is LIMIT */
  const char *where;                   /* the argument that sets the limit; NULL: none does */
  bool over;                           /* the last refusal was for the limit */
  struct tni_pool *whole;              /* what is used counts there as well, and its limit holds; NULL */
  tn_builder *idle[TNI_POOL_IDLE_MAX]; /* builders to hand out again */
  uint32_t idle_count;
} tni_pool;

typedef struct tni_pool_mark {
  struct tni_pool_chunk *chunk;
  uint8_t *next;
  size_t left, used;
} tni_pool_mark;

#define TNI_POOL_LIMIT_DEFAULT ((size_t)100 << 20) /* for sorting and grouping in one request, as MongoDB's */

void tni_pool_init(tni_pool *pool, tn_ctx *ctx, size_t limit);
/* A pool of TNI_POOL_LIMIT_DEFAULT bytes in a request that has no argument for it. */
void tni_pool_init_fixed(tni_pool *pool, tn_ctx *ctx);
/* A pool that shares the limit of `whole`, from which nothing is taken itself. */
void tni_pool_init_within(tni_pool *pool, tni_pool *whole);

#define TNI_POOL_ALIGNMENT 16

/* What tni_pool_alloc() does where the chunk in use has no room, or others share the limit. */
void *tni_pool_alloc_more(tni_pool *pool, size_t size);
/* Aligned for any type. NULL: no room; return tni_pool_full(pool). */
static inline void *tni_pool_alloc(tni_pool *pool, size_t size) {
  size = (size + TNI_POOL_ALIGNMENT - 1) / TNI_POOL_ALIGNMENT * TNI_POOL_ALIGNMENT;
  if (pool->whole || size > pool->left || size > pool->limit - pool->used) return tni_pool_alloc_more(pool, size);
  void *out = pool->next;
  pool->next += size;
  pool->left -= size;
  pool->used += size;
  return out;
}
/* Fills the call's error: LIMIT naming "max_memory_bytes" where there is such an argument, or NOMEM. */
tn_status tni_pool_full(tni_pool *pool);

tni_pool_mark tni_pool_at(const tni_pool *pool);
/* What was taken since the mark is free again. */
void tni_pool_back(tni_pool *pool, tni_pool_mark mark);
/* All of it is free again. */
void tni_pool_reset(tni_pool *pool);

/* ---- values in a pool ------------------------------------------------------------------------- */

tn_status tni_pool_copy(tni_pool *pool, tn_value value, tn_value *out) TN_MUST_USE;
/* A scalar: tni_pool_value(pool, &out, TN_ARG(7)). null, true, false and small ints take no memory. */
tn_status tni_pool_value(tni_pool *pool, tn_value *out, tn_arg scalar) TN_MUST_USE;

/* An empty builder, to be handed back by one of the two below it. Several may be out at the same time. NULL when
 * there is no memory. */
tn_builder *tni_pool_builder(tni_pool *pool);
/* Copies what was built into the pool. INVALID, LIMIT, NOMEM as the builder says, with `where`. */
tn_status tni_pool_built(tni_pool *pool, tn_builder *builder, const char *where, tn_value *out) TN_MUST_USE;
void tni_pool_drop(tni_pool *pool, tn_builder *builder);

extern const tn_value tni_null_value, tni_true_value, tni_false_value;

#endif
