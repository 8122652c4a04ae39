/* data.h - the entries that systems hold, the order in which they are asked for, random numbers, and the clock. */
#ifndef TENON_BENCH_DATA_H
#define TENON_BENCH_DATA_H

#include <time.h>

#include "tenon_base.h"

#define BENCH_KEY_SIZE_MAX 16

/* Entry i has the key bench_data_key(i), which has nothing to do with i but that no two are the same. */
typedef struct bench_data {
  uint64_t count;
  uint32_t key_size, value_size;
  uint8_t *keys;   /* of entries 0, 1, ...: the order in which they are loaded */
  uint8_t *probes; /* the same keys shuffled, one after another, so that what to ask for next costs no cache miss */
  uint8_t *values; /* random bytes that values are cut from */
} bench_data;

/* False when there is no memory. */
bool bench_data_init(bench_data *data, uint64_t count, uint32_t key_size, uint32_t value_size);
void bench_data_fini(bench_data *data);

/* Writes the key of entry i, which may lie beyond `count`, and hands it out. */
tn_slice bench_data_make_key(const bench_data *data, uint64_t i, uint8_t *out);

static inline tn_slice bench_data_key(const bench_data *data, uint64_t i) {
  return (tn_slice){data->keys + i * data->key_size, data->key_size};
}
/* *at runs through the shuffled keys, again and again. */
static inline tn_slice bench_data_probe(const bench_data *data, uint64_t *at) {
  if (*at >= data->count) *at = 0;
  return (tn_slice){data->probes + (*at)++ * data->key_size, data->key_size};
}
#define BENCH_VALUES_SIZE 8192
/* The value number i, for i from anywhere. */
static inline tn_slice bench_data_value(const bench_data *data, uint64_t i) {
  return (tn_slice){data->values + i * 37 % (BENCH_VALUES_SIZE / 2), data->value_size};
}

/* splitmix64: a one-to-one function of `n`, and the sequence made of it. */
static inline uint64_t bench_mix(uint64_t n) {
  n += 0x9e3779b97f4a7c15u;
  n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9u;
  n = (n ^ (n >> 27)) * 0x94d049bb133111ebu;
  return n ^ (n >> 31);
}
static inline uint64_t bench_random(uint64_t *seed) {
  uint64_t n = bench_mix(*seed);
  *seed += 0x9e3779b97f4a7c15u;
  return n;
}
/* Below n, which is at most 2^32. */
static inline uint64_t bench_below(uint64_t *seed, uint64_t n) { return ((bench_random(seed) >> 32) * n) >> 32; }

/* Seconds on the monotonic clock. */
static inline double bench_now(void) {
  struct timespec t;
  (void)clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Where what was read goes, so that no compiler finds out that nobody wants it. One a thread: sharing would cost. */
extern _Thread_local volatile uint64_t bench_sink;

#endif
