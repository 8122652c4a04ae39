/* budget.h - how long a drawn search goes on: a fixed number of rounds in `make test`, CRASH_SECONDS in `make crash`.
 * The rounds' seeds count up from CRASH_SEED; with CRASH_SEED alone there is one round, to see a failure again. */
#ifndef TENON_TESTS_BUDGET_H
#define TENON_TESTS_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct budget {
  uint64_t first_seed;
  size_t rounds;    /* begun so far */
  size_t most;      /* 0 = as many as there is time for */
  int64_t until_ms; /* 0 = no limit */
} budget;

/* Without CRASH_SEED and CRASH_SECONDS: so many rounds from this seed. */
budget budget_make(uint64_t seed, size_t rounds);
/* Begins a round; false when it was enough. */
bool budget_next(budget *b, uint64_t *seed);
/* For code that goes on otherwise within `make crash`. */
bool budget_is_large(void);

#endif
