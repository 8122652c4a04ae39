#include "data.h"

#include <stdlib.h>
#include <string.h>

_Thread_local volatile uint64_t bench_sink;

static void write_be(uint8_t *out, uint64_t n) {
  for (int i = 0; i < 8; i++) out[i] = (uint8_t)(n >> (56 - 8 * i));
}

tn_slice bench_data_make_key(const bench_data *data, uint64_t i, uint8_t *out) {
  write_be(out, bench_mix(i));
  if (data->key_size > 8) write_be(out + 8, bench_mix(~i));
  return (tn_slice){out, data->key_size};
}

static void shuffle(uint8_t *keys, uint64_t count, uint32_t size) {
  uint8_t spare[BENCH_KEY_SIZE_MAX];
  uint64_t seed = 1;
  for (uint64_t i = count; i > 1; i--) {
    uint8_t *a = keys + (i - 1) * size, *b = keys + bench_below(&seed, i) * size;
    memcpy(spare, a, size);
    memcpy(a, b, size);
    memcpy(b, spare, size);
  }
}

bool bench_data_init(bench_data *data, uint64_t count, uint32_t key_size, uint32_t value_size) {
  uint64_t seed = 2;
  *data = (bench_data){.count = count, .key_size = key_size, .value_size = value_size};
  data->keys = malloc(count * key_size + BENCH_KEY_SIZE_MAX);
  data->probes = malloc(count * key_size);
  data->values = malloc(BENCH_VALUES_SIZE);
  if (!data->keys || !data->probes || !data->values) return bench_data_fini(data), false;
  for (uint64_t i = 0; i < count; i++) (void)bench_data_make_key(data, i, data->keys + i * key_size);
  memcpy(data->probes, data->keys, count * key_size);
  shuffle(data->probes, count, key_size);
  for (size_t i = 0; i < BENCH_VALUES_SIZE; i++) data->values[i] = (uint8_t)bench_random(&seed);
  return true;
}

void bench_data_fini(bench_data *data) {
  free(data->keys);
  free(data->probes);
  free(data->values);
  *data = (bench_data){0};
}
