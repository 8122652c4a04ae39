/* people.h - the documents that document stores hold: customers with a user, a score, tags, items and a note, 311
 * bytes of JSON on average. The same seed makes the same ones each time. */
#ifndef TENON_BENCH_PEOPLE_H
#define TENON_BENCH_PEOPLE_H

#include "tenon_value.h"

#define BENCH_PEOPLE_IN_CITY 200 /* documents with the same "user.city" */
#define BENCH_AGE_MIN 18
#define BENCH_AGES 60 /* "user.age" lies among so many */
#define BENCH_NAME_SIZE 48

typedef struct bench_person {
  tn_value value; /* with "_id" = its number */
  tn_slice text;  /* the same as JSON, NUL behind it */
} bench_person;

typedef struct bench_people {
  uint64_t count;
  bench_person *items;
  uint8_t *bytes; /* where they all lie */
} bench_people;

/* NOMEM. */
tn_status bench_people_init(bench_people *people, uint64_t count) TN_MUST_USE;
void bench_people_fini(bench_people *people);

/* "user.email" of person i, and a "user.city" that there is; NUL-terminated in `out`. */
const char *bench_email(uint64_t i, char out[BENCH_NAME_SIZE]);
const char *bench_city(uint64_t city, char out[BENCH_NAME_SIZE]);
uint64_t bench_cities(uint64_t count);

#endif
