/* zipf.h - numbers of which few are drawn often, as YCSB draws them (Gray et al., "Quickly generating billion-record
 * synthetic databases", SIGMOD 1994). */
#ifndef TENON_BENCH_ZIPF_H
#define TENON_BENCH_ZIPF_H

#include <stdint.h>

typedef struct bench_zipf {
  uint64_t count;
  double zeta, half, alpha, eta;
} bench_zipf;

/* Over 0 .. count - 1, with YCSB's constant of 0.99. Takes time in proportion to `count`. */
void bench_zipf_init(bench_zipf *zipf, uint64_t count);
/* 0 is drawn most often. */
uint64_t bench_zipf_next(const bench_zipf *zipf, uint64_t *seed);

#endif
