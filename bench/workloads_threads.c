/* The workloads that need more than one thread. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "store.h"
#include "try.h"

static bool may_thread(const bench_held *h) { return h->store->threads[h->setup->group->mode]; }

/* ---- a reader beside a writer --------------------------------------------------------------- */

typedef struct writer {
  const bench_held *held;
  void *session;
  pthread_t thread;
  atomic_bool stop;
  uint64_t value; /* the number of the first */
  tn_status status;
} writer;

/* Updates of random keys, one a transaction, until it is told to stop. */
static void *write_on(void *self) {
  writer *w = self;
  const bench_data *data = w->held->setup->data;
  for (uint64_t at = data->count / 2, i = 0; w->status == TN_OK && !atomic_load(&w->stop); i++)
    w->status = w->held->store->put(w->session, bench_data_probe(data, &at), bench_data_value(data, w->value + i));
  return NULL;
}

static tn_status writer_start(writer *w, bench_held *held, tn_error *error) {
  *w = (writer){.held = held, .value = held->written++};
  TRY(bench_failed(held->store->session_open(held->self, &w->session, error), error));
  if (pthread_create(&w->thread, NULL, write_on, w) == 0) return TN_OK;
  held->store->session_close(w->session);
  return bench_failed(TN_NOMEM, error);
}

static tn_status writer_stop(writer *w) {
  atomic_store(&w->stop, true);
  (void)pthread_join(w->thread, NULL);
  w->held->store->session_close(w->session);
  return w->status;
}

/* Each get sees the newest version: it pins, or begins a read transaction, for itself. */
static tn_status read_newest(bench_held *h, double seconds, double *rate) {
  const bench_store *store = h->store;
  uint64_t done = 0;
  double start = bench_now(), now;
  do {
    for (int i = 0; i < 100; i++, done++) {
      tn_slice value;
      TRY(store->read_begin(h->session));
      tn_status status = store->get(h->session, bench_data_probe(h->setup->data, &h->at), &value);
      if (status == TN_OK) bench_sink += *(const uint8_t *)value.data;
      store->read_end(h->session);
      TRY(status);
    }
  } while ((now = bench_now()) < start + seconds);
  *rate = (double)done / (now - start);
  return TN_OK;
}

static tn_status reader_alone(void *self, const bench_round *round, double *value, tn_error *error) {
  bench_held *h = self;
  if (!may_thread(h) || !h->store->read_begin) return TN_UNSUPPORTED;
  return bench_failed(read_newest(h, round->seconds, value), error);
}

static tn_status reader_with_writer(void *self, const bench_round *round, double *value, tn_error *error) {
  bench_held *h = self;
  writer w;
  if (!may_thread(h) || !h->store->read_begin) return TN_UNSUPPORTED;
  TRY(writer_start(&w, h, error));
  tn_status status = read_newest(h, round->seconds, value);
  tn_status written = writer_stop(&w);
  return bench_failed(status == TN_OK ? written : status, error);
}

/* ---- committers ------------------------------------------------------------------------------ */

typedef struct committer {
  const bench_held *held;
  void *session;
  pthread_t thread;
  uint64_t seed, done; /* the seed is another one in each round, and so are keys and values */
  double end;          /* on bench_now()'s clock */
  tn_status status;
} committer;

static void *commit_until(void *self) {
  committer *c = self;
  const bench_data *data = c->held->setup->data;
  do {
    tn_slice key = bench_data_key(data, bench_below(&c->seed, data->count));
    c->status = c->held->store->put(c->session, key, bench_data_value(data, c->seed + c->done));
    c->done++;
  } while (c->status == TN_OK && bench_now() < c->end);
  return NULL;
}

static tn_status open_sessions(committer *committers, bench_held *h, uint32_t count, tn_error *error) {
  for (uint32_t i = 0; i < count; i++) {
    committers[i] = (committer){.held = h, .seed = h->written++};
    TRY(h->store->session_open(h->self, &committers[i].session, error));
  }
  return TN_OK;
}

/* Each commits what it has, one after another, until the time is up. *value = commits of all a second. */
static tn_status run_committers(committer *committers, uint32_t count, double seconds, double *value) {
  tn_status status = TN_OK;
  uint64_t done = 0;
  uint32_t started = 0;
  double start = bench_now();
  for (; started < count && status == TN_OK; started++) {
    committers[started].end = start + seconds;
    if (pthread_create(&committers[started].thread, NULL, commit_until, &committers[started]) != 0) status = TN_NOMEM;
    if (status != TN_OK) break;
  }
  for (uint32_t i = 0; i < started; i++) {
    (void)pthread_join(committers[i].thread, NULL);
    if (status == TN_OK) status = committers[i].status;
    done += committers[i].done;
  }
  *value = (double)done / (bench_now() - start);
  return status;
}

static tn_status commit(void *self, const bench_round *round, double *value, tn_error *error) {
  bench_held *h = self;
  if (!h->store->put || (round->arg > 1 && !may_thread(h))) return TN_UNSUPPORTED;
  committer *committers = calloc(round->arg, sizeof *committers);
  if (!committers) return bench_failed(TN_NOMEM, error);
  tn_status status = open_sessions(committers, h, round->arg, error);
  if (status == TN_OK) status = run_committers(committers, round->arg, round->seconds, value);
  for (uint32_t i = 0; i < round->arg; i++)
    if (committers[i].session) h->store->session_close(committers[i].session);
  free(committers);
  return bench_failed(status, error);
}

const bench_measure bench_thread_measures[] = {
    {"reader_with_writer", reader_with_writer, NULL, NULL},
    {"reader_with_writer", reader_alone, "_alone", "no writer"},
    {"commit", commit, NULL, NULL},
    {NULL, NULL, NULL, NULL},
};
