/* run.h - takes the systems in turns: opens those of a group, does each workload round after round, prints what came
 * out, and closes them. */
#ifndef TENON_BENCH_RUN_H
#define TENON_BENCH_RUN_H

#include <signal.h>

#include "results.h"

typedef struct bench_options {
  bool quick;
  unsigned rounds;
  double seconds;      /* of one measure */
  uint64_t count;      /* entries */
  const char *only;    /* patterns of workloads, separated by commas; NULL = all */
  const char *systems; /* the same of systems */
  const char *folder;
} bench_options;

/* Whether one of the patterns (of fnmatch, separated by commas) is the name. NULL is every name. */
bool bench_wanted(const char *patterns, const char *name);

/* Runs everything wanted; `stop` ends it early when it becomes true. What a system cannot do is left out with a line;
 * a measure that fails is left out with a line too, and *failures counts those. */
tn_status bench_run_all(const bench_options *options, const volatile sig_atomic_t *stop, bench_results *results,
                        unsigned *failures, tn_error *error) TN_MUST_USE;

#endif
