/* shelf.h - what the bench asks of anything that keeps documents, and the measures that work with all of them;
 * store.h is the same for entries. A collection has two indexes, a unique one of "user.email" and one of "user.city"
 * and "score", or none. */
#ifndef TENON_BENCH_SHELF_H
#define TENON_BENCH_SHELF_H

#include "bench.h"
#include "people.h"

typedef enum bench_collection { BENCH_PEOPLE, BENCH_SCRATCH, BENCH_COLLECTIONS } bench_collection;

typedef struct bench_shelf {
  tn_status (*open)(const bench_setup *setup, void **shelf, tn_error *error);
  void (*close)(void *shelf);
  /* An empty collection under that name, whatever was there. */
  tn_status (*create)(void *shelf, bench_collection collection, bool indexed, tn_error *error);
  /* `count` documents from number `from` on, in one transaction. */
  tn_status (*insert)(void *shelf, bench_collection collection, const bench_people *people, uint64_t from,
                      uint64_t count, tn_error *error);

  /* BENCH_PEOPLE has been filled: gathers what planning needs. Optional. */
  tn_status (*analyze)(void *shelf, tn_error *error);

  /* All of these on BENCH_PEOPLE, documents as a whole, each one touched. *seen is how many there were. */
  tn_status (*get)(void *shelf, uint64_t id, tn_error *error);
  tn_status (*by_email)(void *shelf, const char *email, uint64_t *seen, tn_error *error);
  tn_status (*by_city)(void *shelf, const char *city, uint64_t *seen, tn_error *error); /* by score, best first */
  tn_status (*by_age)(void *shelf, int64_t age, uint64_t *seen, tn_error *error);       /* there is no index of it */
  /* Sets "score" of those documents, all in one transaction. */
  tn_status (*set_scores)(void *shelf, const uint64_t *ids, const int64_t *scores, size_t count, tn_error *error);
  /* By city: how many, and the mean score. *seen is the number of cities. */
  tn_status (*group)(void *shelf, uint64_t *seen, tn_error *error);
  /* What BENCH_PEOPLE takes while there is nothing else; UNSUPPORTED. Optional. */
  tn_status (*bytes)(void *shelf, uint64_t *bytes, tn_error *error);
} bench_shelf;

/* bench_system.open and .close of a system with a shelf: opened, with BENCH_PEOPLE filled. */
tn_status bench_shelf_open(const bench_shelf *shelf, const bench_setup *setup, void **self, tn_error *error);
void bench_shelf_close(void *self);
extern const bench_measure bench_shelf_measures[];

#endif
