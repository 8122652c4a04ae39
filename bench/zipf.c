#include "zipf.h"

#include <math.h>

#include "data.h"

#define THETA 0.99

void bench_zipf_init(bench_zipf *zipf, uint64_t count) {
  double zeta = 0;
  for (uint64_t i = 1; i <= count; i++) zeta += 1 / pow((double)i, THETA);
  double two = 1 + pow(0.5, THETA);
  double eta = (1 - pow(2.0 / (double)count, 1 - THETA)) / (1 - two / zeta);
  *zipf = (bench_zipf){count, zeta, two, 1 / (1 - THETA), eta};
}

uint64_t bench_zipf_next(const bench_zipf *zipf, uint64_t *seed) {
  double u = (double)(bench_random(seed) >> 11) * 0x1p-53;
  if (u * zipf->zeta < 1) return 0;
  if (u * zipf->zeta < zipf->half) return 1;
  uint64_t n = (uint64_t)((double)zipf->count * pow(zipf->eta * u - zipf->eta + 1, zipf->alpha));
  return n < zipf->count ? n : zipf->count - 1;
}
