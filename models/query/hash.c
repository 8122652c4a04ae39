#include "hash.h"

#include "number.h"

#define ABSENT_SEED 1

static uint64_t hash_of(tn_ctx *ctx, const void *data, size_t size, uint64_t seed) {
  return ctx->host->hash64((tn_slice){data, size}, seed);
}

/* A whole double is hashed as the int that it equals, so -0 is 0. NaNs have one encoding. */
static uint64_t hash_number(tn_ctx *ctx, tn_value value, uint64_t seed) {
  int64_t i;
  double d = 0;
  if (tni_as_whole(value, &i)) return hash_of(ctx, &i, sizeof i, seed);
  (void)tn_as_double(value, &d);
  return hash_of(ctx, &d, sizeof d, seed + TN_DOUBLE);
}

static uint64_t hash_items(tn_ctx *ctx, tn_value value, uint64_t seed) {
  for (tn_iter it = tn_iter_of(value); tn_iter_next(&it);) {
    if (it.container.is_object) seed = hash_of(ctx, it.name.data, it.name.size, seed);
    uint64_t parts[] = {seed, tni_hash_value(ctx, it.value)};
    seed = hash_of(ctx, parts, sizeof parts, seed);
  }
  return seed;
}

uint64_t tni_hash_value(tn_ctx *ctx, tn_value value) {
  tn_type type = tn_value_type(value);
  if (type == TN_INT || type == TN_DOUBLE) return hash_number(ctx, value, TN_INT);
  if (type == TN_ARRAY || type == TN_OBJECT) return hash_items(ctx, value, type);
  return type == TN_ABSENT ? ABSENT_SEED : hash_of(ctx, value.data, value.size, type);
}
