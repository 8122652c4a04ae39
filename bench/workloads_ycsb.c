/* YCSB's workloads A to F, with entries of the bench's size and its zipfian constant. Each operation is a transaction
 * of its own. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "store.h"
#include "try.h"
#include "zipf.h"

#define SCAN_MAX 100
#define THREADS_MAX 8

typedef enum action { READ, UPDATE, INSERT, SCAN, MODIFY } action; /* MODIFY: read, then update */

typedef struct mix {
  uint8_t percent[MODIFY + 1];
  bool latest; /* what was inserted last is read most often, instead of the same few */
} mix;

static const mix mixes[] = {
    {{[READ] = 50, [UPDATE] = 50}, false},
    {{[READ] = 95, [UPDATE] = 5}, false},
    {{[READ] = 100}, false},
    {{[READ] = 95, [INSERT] = 5}, true},
    {{[SCAN] = 95, [INSERT] = 5}, false},
    {{[READ] = 50, [MODIFY] = 50}, false},
};

typedef struct client {
  bench_held *held;
  const mix *mix;
  const bench_zipf *zipf;
  atomic_uint_fast64_t *entries; /* how many there are, those being inserted included */
  void *session;
  pthread_t thread;
  uint64_t seed, done;
  double end;
  tn_status status;
} client;

/* ---- one operation -------------------------------------------------------------------------- */

static tn_slice choose(client *c, uint8_t *key) {
  uint64_t i = bench_zipf_next(c->zipf, &c->seed);
  if (c->mix->latest) i = atomic_load(c->entries) - 1 - i;
  return bench_data_make_key(c->held->setup->data, i, key);
}

static tn_status read_begin(const client *c) {
  const bench_store *store = c->held->store;
  return store->read_begin && !store->reads_alone ? store->read_begin(c->session) : TN_OK;
}
static void read_end(const client *c) {
  const bench_store *store = c->held->store;
  if (store->read_end && !store->reads_alone) store->read_end(c->session);
}

/* NOT_FOUND is fine: the newest entry may still be on its way in. */
static tn_status read_one(client *c, tn_slice key) {
  tn_slice value;
  TRY(read_begin(c));
  tn_status status = c->held->store->get(c->session, key, &value);
  read_end(c);
  return status == TN_NOT_FOUND ? TN_OK : status;
}

static tn_status scan_some(client *c, tn_slice from) {
  uint64_t seen;
  TRY(read_begin(c));
  tn_status status = c->held->store->scan(c->session, from, 1 + bench_below(&c->seed, SCAN_MAX), &seen);
  read_end(c);
  return status;
}

static tn_status insert(client *c) {
  uint8_t key[BENCH_KEY_SIZE_MAX];
  const bench_data *data = c->held->setup->data;
  uint64_t i = atomic_fetch_add(c->entries, 1);
  return c->held->store->put(c->session, bench_data_make_key(data, i, key), bench_data_value(data, i));
}

static tn_status update(client *c, tn_slice key) {
  return c->held->store->put(c->session, key, bench_data_value(c->held->setup->data, c->seed));
}

static action draw(client *c) {
  uint64_t at = bench_below(&c->seed, 100);
  action a = READ;
  for (; at >= c->mix->percent[a]; a++) at -= c->mix->percent[a];
  return a;
}

static tn_status operate(client *c) {
  uint8_t bytes[BENCH_KEY_SIZE_MAX];
  action a = draw(c);
  if (a == INSERT) return insert(c);
  tn_slice key = choose(c, bytes);
  switch (a) {
    case READ: return read_one(c, key);
    case SCAN: return scan_some(c, key);
    case UPDATE: return update(c, key);
    default: TRY(read_one(c, key)); return update(c, key);
  }
}

/* ---- all of them ---------------------------------------------------------------------------- */

static void *operate_until(void *self) {
  client *c = self;
  do
    for (int i = 0; i < 20 && c->status == TN_OK; i++, c->done++) c->status = operate(c);
  while (c->status == TN_OK && bench_now() < c->end);
  return NULL;
}

static tn_status start_client(client *c, tn_error *error) {
  TRY(c->held->store->session_open(c->held->self, &c->session, error));
  if (pthread_create(&c->thread, NULL, operate_until, c) == 0) return TN_OK;
  c->held->store->session_close(c->session);
  return bench_failed(TN_NOMEM, error);
}

static tn_status run_clients(client *clients, uint32_t count, uint64_t *done, tn_error *error) {
  tn_status status = TN_OK;
  uint32_t started = 0;
  while (started < count && (status = start_client(&clients[started], error)) == TN_OK) started++;
  for (uint32_t i = 0; i < started; i++) {
    client *c = &clients[i];
    (void)pthread_join(c->thread, NULL);
    c->held->store->session_close(c->session);
    if (status == TN_OK) status = c->status;
    *done += c->done;
  }
  return bench_failed(status, error);
}

static tn_status ycsb(bench_held *h, const mix *m, const bench_round *round, double *value, tn_error *error) {
  client clients[THREADS_MAX];
  atomic_uint_fast64_t entries = h->setup->data->count + h->inserted;
  uint64_t done = 0;
  bench_zipf zipf;
  bool can = h->store->get && h->store->scan && h->store->put && h->store->threads[h->setup->group->mode];
  if (!can || round->arg > THREADS_MAX) return TN_UNSUPPORTED;
  bench_zipf_init(&zipf, h->setup->data->count);
  double start = bench_now();
  for (uint32_t i = 0; i < round->arg; i++)
    clients[i] = (client){
        .held = h, .mix = m, .zipf = &zipf, .entries = &entries, .seed = i + h->at++, .end = start + round->seconds};
  tn_status status = run_clients(clients, round->arg, &done, error);
  *value = (double)done / (bench_now() - start);
  h->inserted = atomic_load(&entries) - h->setup->data->count;
  return status;
}

#define YCSB(letter, i)                                                                                  \
  static tn_status ycsb_##letter(void *self, const bench_round *round, double *value, tn_error *error) { \
    return ycsb(self, &mixes[i], round, value, error);                                                   \
  }
YCSB(a, 0)
YCSB(b, 1)
YCSB(c, 2)
YCSB(d, 3)
YCSB(e, 4)
YCSB(f, 5)

const bench_measure bench_ycsb_measures[] = {
    {"ycsb_a", ycsb_a, NULL, NULL}, {"ycsb_b", ycsb_b, NULL, NULL}, {"ycsb_c", ycsb_c, NULL, NULL},
    {"ycsb_d", ycsb_d, NULL, NULL}, {"ycsb_e", ycsb_e, NULL, NULL}, {"ycsb_f", ycsb_f, NULL, NULL},
    {NULL, NULL, NULL, NULL},
};
