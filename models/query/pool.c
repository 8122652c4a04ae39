#include "pool.h"

#include <stddef.h>

#define CHUNK_FIRST ((size_t)2 << 10) /* many requests need no more */
#define CHUNK_SIZE ((size_t)64 << 10)

typedef struct tni_pool_chunk {
  struct tni_pool_chunk *next;
  size_t size;
  _Alignas(TNI_POOL_ALIGNMENT) uint8_t bytes[];
} tni_pool_chunk;

static const uint8_t null_byte = TN_TAG_NULL, true_byte = TN_TAG_TRUE, false_byte = TN_TAG_FALSE;
const tn_value tni_null_value = {&null_byte, 1};
const tn_value tni_true_value = {&true_byte, 1};
const tn_value tni_false_value = {&false_byte, 1};

/* What lies in `idle` says idle_count. */
void tni_pool_init(tni_pool *pool, tn_ctx *ctx, size_t limit) {
  memset(pool, 0, offsetof(tni_pool, idle));
  pool->idle_count = 0;
  pool->ctx = ctx;
  pool->limit = limit;
  pool->where = "max_memory_bytes";
}

void tni_pool_init_fixed(tni_pool *pool, tn_ctx *ctx) {
  tni_pool_init(pool, ctx, TNI_POOL_LIMIT_DEFAULT);
  pool->where = NULL;
}

void tni_pool_init_within(tni_pool *pool, tni_pool *whole) {
  tni_pool_init(pool, whole->ctx, whole->limit);
  pool->whole = whole;
  pool->where = whole->where;
}

/* ---- memory ----------------------------------------------------------------------------------- */

static void begin_chunk(tni_pool *pool, tni_pool_chunk *chunk) {
  pool->chunk = chunk;
  pool->next = chunk->bytes;
  pool->left = chunk->size;
}

static tni_pool_chunk *new_chunk(tni_pool *pool, size_t size) {
  size_t usual = pool->chunks ? CHUNK_SIZE : CHUNK_FIRST;
  if (size < usual) size = usual;
  tni_pool_chunk *chunk = tn_scratch(pool->ctx, sizeof *chunk + size);
  if (!chunk) return NULL;
  chunk->size = size;
  tni_pool_chunk **link = pool->chunk ? &pool->chunk->next : &pool->chunks;
  chunk->next = *link;
  *link = chunk;
  return chunk;
}

/* The next chunk that was used before is taken when it is large enough; else a new one goes before it. */
static bool more(tni_pool *pool, size_t size) {
  tni_pool_chunk *chunk = pool->chunk ? pool->chunk->next : pool->chunks;
  if (!chunk || chunk->size < size) chunk = new_chunk(pool, size);
  if (chunk) begin_chunk(pool, chunk);
  return chunk != NULL;
}

void *tni_pool_alloc_more(tni_pool *pool, size_t size) {
  pool->over = size > pool->limit - (pool->whole ? pool->whole->used : pool->used);
  if (pool->over || (size > pool->left && !more(pool, size))) return NULL;
  void *out = pool->next;
  pool->next += size;
  pool->left -= size;
  pool->used += size;
  if (pool->whole) pool->whole->used += size;
  return out;
}

tn_status tni_pool_full(tni_pool *pool) {
  if (!pool->over) return tni_no_memory(pool->ctx);
  return tn_fail(pool->ctx, TN_LIMIT, pool->where, "the request needs more than its %zu bytes of memory",
                 pool->limit);
}

tni_pool_mark tni_pool_at(const tni_pool *pool) {
  return (tni_pool_mark){pool->chunk, pool->next, pool->left, pool->used};
}

void tni_pool_back(tni_pool *pool, tni_pool_mark mark) {
  if (pool->whole) pool->whole->used -= pool->used - mark.used;
  pool->chunk = mark.chunk;
  pool->next = mark.next;
  pool->left = mark.left;
  pool->used = mark.used;
}

void tni_pool_reset(tni_pool *pool) { tni_pool_back(pool, (tni_pool_mark){NULL, NULL, 0, 0}); }

/* ---- values ----------------------------------------------------------------------------------- */

tn_status tni_pool_copy(tni_pool *pool, tn_value value, tn_value *out) {
  if (tn_is_absent(value)) return *out = TN_NO_VALUE, TN_OK;
  uint8_t *bytes = tni_pool_alloc(pool, value.size);
  if (!bytes) return tni_pool_full(pool);
  memcpy(bytes, value.data, value.size);
  return *out = (tn_value){bytes, value.size}, TN_OK;
}

static bool small_value(tn_arg scalar, tn_value *out) {
  static const uint8_t ints[] = {0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7,
                                 0xc8, 0xc9, 0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf};
  bool is_int = scalar.type == TN_INT && scalar.u.integer >= 0 && scalar.u.integer < (int64_t)sizeof ints;
  if (scalar.type == TN_NULL)
    *out = tni_null_value;
  else if (scalar.type == TN_BOOL)
    *out = scalar.u.boolean ? tni_true_value : tni_false_value;
  else if (is_int)
    *out = (tn_value){&ints[scalar.u.integer], 1};
  return scalar.type == TN_NULL || scalar.type == TN_BOOL || is_int;
}

/* The one encoding of a number or a timestamp: docs/FORMAT.md. */
static size_t put_scalar(uint8_t *to, uint8_t tag, uint64_t bits, unsigned width) {
  to[0] = tag;
  for (unsigned i = 0; i < width; i++) to[1 + i] = (uint8_t)(bits >> (8 * i));
  return 1 + width;
}

static size_t put_int(uint8_t *to, int64_t n) {
  if (n >= 0 && n < 64) return put_scalar(to, (uint8_t)(TN_TAG_SMALL_INT + n), 0, 0);
  if (n >= INT8_MIN && n <= INT8_MAX) return put_scalar(to, TN_TAG_INT8, (uint64_t)n, 1);
  if (n >= INT16_MIN && n <= INT16_MAX) return put_scalar(to, TN_TAG_INT16, (uint64_t)n, 2);
  if (n >= INT32_MIN && n <= INT32_MAX) return put_scalar(to, TN_TAG_INT32, (uint64_t)n, 4);
  return put_scalar(to, TN_TAG_INT64, (uint64_t)n, 8);
}

static size_t put_double(uint8_t *to, double d) {
  uint64_t bits = UINT64_C(0x7ff8000000000000);
  if (d == d) memcpy(&bits, &d, sizeof bits);
  return put_scalar(to, TN_TAG_DOUBLE, bits, 8);
}

/* Numbers and timestamps are what most expressions end in, so they take no way through a builder. */
static size_t put_fixed(uint8_t *to, tn_arg scalar) {
  if (scalar.type == TN_INT) return put_int(to, scalar.u.integer);
  if (scalar.type == TN_DOUBLE) return put_double(to, scalar.u.real);
  return put_scalar(to, TN_TAG_TIMESTAMP, (uint64_t)scalar.u.integer, 8);
}

static tn_status built_scalar(tni_pool *pool, tn_value *out, tn_arg scalar) {
  tn_builder *builder = tni_pool_builder(pool);
  if (!builder) return tni_no_memory(pool->ctx);
  tn_add(builder, scalar);
  return tni_pool_built(pool, builder, NULL, out);
}

tn_status tni_pool_value(tni_pool *pool, tn_value *out, tn_arg scalar) {
  if (small_value(scalar, out)) return TN_OK;
  if (scalar.type != TN_INT && scalar.type != TN_DOUBLE && scalar.type != TN_TIMESTAMP)
    return built_scalar(pool, out, scalar);
  uint8_t *bytes = tni_pool_alloc(pool, 1 + sizeof(uint64_t));
  if (!bytes) return tni_pool_full(pool);
  *out = (tn_value){bytes, put_fixed(bytes, scalar)};
  return TN_OK;
}

/* ---- builders --------------------------------------------------------------------------------- */

tn_builder *tni_pool_builder(tni_pool *pool) {
  return pool->idle_count > 0 ? pool->idle[--pool->idle_count] : tn_builder_for(pool->ctx);
}

void tni_pool_drop(tni_pool *pool, tn_builder *builder) {
  tn_builder_clear(builder);
  if (pool->idle_count < TNI_POOL_IDLE_MAX) pool->idle[pool->idle_count++] = builder;
}

tn_status tni_pool_built(tni_pool *pool, tn_builder *builder, const char *where, tn_value *out) {
  tn_status status = tn_builder_status(builder);
  if (status == TN_OK)
    status = tni_pool_copy(pool, tn_built(builder), out);
  else
    (void)tn_fail(pool->ctx, status, where, "a value cannot be built: %s", tn_status_text(status));
  tni_pool_drop(pool, builder);
  return status;
}
