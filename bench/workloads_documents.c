/* The workloads about documents: loading, finding, changing and grouping them. */
#include <stdlib.h>

#include "shelf.h"
#include "try.h"

#define TXN 1000
#define PEOPLE_PER_ENTRY 5 /* a fifth of the entries other groups have: 200,000 */

typedef struct held {
  const bench_shelf *shelf;
  void *self;
  bench_people people;
  uint64_t seed, bytes;
} held;

/* ---- life ----------------------------------------------------------------------------------- */

static tn_status fill(held *h, bench_collection collection, bool indexed, tn_error *error) {
  TRY(h->shelf->create(h->self, collection, indexed, error));
  for (uint64_t i = 0; i < h->people.count; i += TXN) {
    uint64_t left = h->people.count - i;
    TRY(h->shelf->insert(h->self, collection, &h->people, i, left < TXN ? left : TXN, error));
  }
  return TN_OK;
}

tn_status bench_shelf_open(const bench_shelf *shelf, const bench_setup *setup, void **self, tn_error *error) {
  held *h = calloc(1, sizeof *h);
  if (!h) return tn_error_set(error, TN_NOMEM, NULL, "no memory");
  *h = (held){.shelf = shelf, .seed = 5};
  tn_status status = bench_people_init(&h->people, setup->data->count / PEOPLE_PER_ENTRY + 1);
  if (status == TN_OK) status = shelf->open(setup, &h->self, error);
  if (status == TN_OK) status = fill(h, BENCH_PEOPLE, true, error);
  if (status == TN_OK && shelf->analyze) status = shelf->analyze(h->self, error);
  if (status == TN_OK && (!shelf->bytes || shelf->bytes(h->self, &h->bytes, error) != TN_OK)) h->bytes = 0;
  if (status == TN_OK)
    *self = h;
  else
    bench_shelf_close(h);
  return status;
}

void bench_shelf_close(void *self) {
  held *h = self;
  if (h->self) h->shelf->close(h->self);
  bench_people_fini(&h->people);
  free(h);
}

/* ---- measures ------------------------------------------------------------------------------- */

static tn_status ingest_into(held *h, bool indexed, double *value, tn_error *error) {
  double start = bench_now();
  TRY(fill(h, BENCH_SCRATCH, indexed, error));
  *value = (double)h->people.count / (bench_now() - start);
  return h->shelf->create(h->self, BENCH_SCRATCH, false, error);
}

static tn_status ingest(void *self, const bench_round *round, double *value, tn_error *error) {
  return ingest_into(self, round->arg != 0, value, error);
}

/* One of those below; what it looks for comes from h->seed. *seen += what it is counted in. */
typedef tn_status (*ask_fn)(held *h, uint64_t *seen, tn_error *error);

static tn_status repeat(held *h, ask_fn ask, const bench_round *round, double *value, tn_error *error) {
  uint64_t seen = 0;
  double start = bench_now(), now;
  do TRY(ask(h, &seen, error));
  while ((now = bench_now()) < start + round->seconds);
  *value = (double)seen / (now - start);
  return TN_OK;
}

static uint64_t anyone(held *h) { return bench_below(&h->seed, h->people.count); }

static tn_status ask_id(held *h, uint64_t *seen, tn_error *error) {
  ++*seen;
  return h->shelf->get(h->self, anyone(h), error);
}

static tn_status ask_email(held *h, uint64_t *seen, tn_error *error) {
  char email[BENCH_NAME_SIZE];
  uint64_t found = 0;
  TRY(h->shelf->by_email(h->self, bench_email(anyone(h), email), &found, error));
  *seen += found;
  return found == 1 ? TN_OK : tn_error_set(error, TN_NOT_FOUND, NULL, "nobody, or more, has %s", email);
}

static tn_status ask_city(held *h, uint64_t *seen, tn_error *error) {
  char city[BENCH_NAME_SIZE];
  uint64_t found = 0;
  TRY(h->shelf->by_city(h->self, bench_city(bench_below(&h->seed, bench_cities(h->people.count)), city), &found,
                        error));
  *seen += found;
  return TN_OK;
}

/* Counted in documents looked at. */
static tn_status ask_age(held *h, uint64_t *seen, tn_error *error) {
  uint64_t found = 0;
  TRY(h->shelf->by_age(h->self, (int64_t)(BENCH_AGE_MIN + bench_below(&h->seed, BENCH_AGES)), &found, error));
  *seen += h->people.count;
  return TN_OK;
}

static tn_status change(held *h, uint64_t *seen, tn_error *error) {
  uint64_t ids[TXN];
  int64_t scores[TXN];
  for (size_t i = 0; i < TXN; i++) {
    ids[i] = anyone(h);
    scores[i] = (int64_t)bench_below(&h->seed, 10000);
  }
  *seen += TXN;
  return h->shelf->set_scores(h->self, ids, scores, TXN, error);
}

static tn_status count_by_city(held *h, uint64_t *seen, tn_error *error) {
  uint64_t cities = 0;
  TRY(h->shelf->group(h->self, &cities, error));
  *seen += h->people.count;
  return cities == bench_cities(h->people.count) ? TN_OK : tn_error_set(error, TN_CORRUPT, NULL, "other cities");
}

#define REPEATED(name, ask)                                                                     \
  static tn_status name(void *self, const bench_round *round, double *value, tn_error *error) { \
    return repeat(self, ask, round, value, error);                                              \
  }
REPEATED(get, ask_id)
REPEATED(find_indexed, ask_email)
REPEATED(range_sorted, ask_city)
REPEATED(scan_filter, ask_age)
REPEATED(update, change)
REPEATED(group, count_by_city)

static tn_status bytes_per_doc(void *self, const bench_round *round, double *value, tn_error *error) {
  const held *h = self;
  (void)round, (void)error;
  if (h->bytes == 0) return TN_UNSUPPORTED;
  *value = (double)h->bytes / (double)h->people.count;
  return TN_OK;
}

const bench_measure bench_shelf_measures[] = {
    {"ingest", ingest, NULL, NULL},
    {"get_document", get, NULL, NULL},
    {"find_indexed", find_indexed, NULL, NULL},
    {"range_sorted", range_sorted, NULL, NULL},
    {"scan_filter", scan_filter, NULL, NULL},
    {"update_document", update, NULL, NULL},
    {"group_documents", group, NULL, NULL},
    {"bytes_per_doc", bytes_per_doc, NULL, NULL},
    {NULL, NULL, NULL, NULL},
};
