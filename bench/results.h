/* results.h - what came out: medians and spread by workload and system, as a table, as JSON, and held against what is
 * to be reached. */
#ifndef TENON_BENCH_RESULTS_H
#define TENON_BENCH_RESULTS_H

#include <stdio.h>

#include "bench.h"

#define BENCH_ROUNDS_MAX 99

typedef struct bench_result {
  const bench_workload *workload;
  char system[48];
  const char *terms; /* lives as long as the program */
  unsigned rounds;   /* 0 = nothing came out */
  double values[BENCH_ROUNDS_MAX];
  double median, min, max; /* once the rounds are over */
} bench_result;

typedef struct bench_results {
  bench_result **items;
  size_t count, capacity;
} bench_results;

/* An empty result; it stays where it is. NULL when there is no memory. */
bench_result *bench_results_add(bench_results *results, const bench_workload *workload, const char *system,
                                const char *suffix, const char *terms);
void bench_results_fini(bench_results *results);
/* NULL when there is none, or nothing came out. */
const bench_result *bench_results_find(const bench_results *results, const char *workload, const char *system);

void bench_result_add_value(bench_result *result, double value);
void bench_result_finish(bench_result *result);

/* How much better `a` is than `b`, whatever direction is better: 2 = twice as good. */
double bench_ratio(const bench_result *a, const bench_result *b);
/* "1.24 M", "87.3 k", "12.1"; into `out`, which has 24 bytes. */
const char *bench_number(double number, char *out);

/* The workload's part of the table. */
void bench_print_workload(FILE *out, const bench_results *results, const bench_workload *workload);
/* A list of {"workload", "system", "unit", "median", "min", "max", "rounds"}. IO. */
tn_status bench_write_json(const char *path, const bench_results *results, tn_error *error) TN_MUST_USE;

/* targets.c: what is to be reached, and whether it was; a target whose workload or system is not among the results is
 * left out. */
void bench_print_targets(FILE *out, const bench_results *results);

#endif
