/* values.h - random values for tests: a seed fixes them all, and they lean towards what breaks codecs and orders:
 * ends of ranges, neighbours of 2^53 and 2^63, odd Unicode, names the JSON form reserves, near-equal siblings. */
#ifndef TENON_TESTS_VALUES_H
#define TENON_TESTS_VALUES_H

#include "tenon_value.h"

/* A stream of pseudo-random numbers (splitmix64). */
typedef struct values_source {
  uint64_t state;
} values_source;

/* The run's seed is the environment's TENON_TEST_SEED, else the clock; the line "# <label>: seed <n>" says it. */
values_source values_source_for_run(const char *label);
uint64_t values_next(values_source *source);
/* 0 .. n - 1, for n > 0. */
uint64_t values_below(values_source *source, uint64_t n);
bool values_chance(values_source *source, unsigned percent);

int64_t values_int(values_source *source);
double values_double(values_source *source); /* NaN and infinities too */
int64_t values_timestamp(values_source *source);

/* Adds one random value to an open builder; containers nest at most `depth` levels below it. */
void values_add(values_source *source, tn_builder *b, unsigned depth);
/* Clears the builder and builds one random value; it lives in the builder. */
tn_value values_build(values_source *source, tn_builder *b, unsigned depth);
/* Builds a value that differs from `value` in a place or none: for orders and near misses. */
tn_value values_build_near(values_source *source, tn_builder *b, tn_value value);

#endif
