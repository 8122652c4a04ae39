/* The workloads that need more than one thread. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "store.h"
#include "try.h"

/* ---- a reader beside a writer --------------------------------------------------------------- */

typedef struct writer {
  const bench_held *held;
  void *session;
  pthread_t thread;
  atomic_bool stop;
  tn_status status;
} writer;

/* Updates of random keys, one a transaction, until it is told to stop. */
static void *write_on(void *self) {
  writer *w = self;
  const bench_data *data = w->held->setup->data;
  for (uint64_t at = data->count / 2, i = 0; w->status == TN_OK && !atomic_load(&w->stop); i++)
    w->status = w->held->store->put(w->session, bench_data_probe(data, &at), bench_data_value(data, i));
  return NULL;
}

static tn_status writer_start(writer *w, const bench_held *held, tn_error *error) {
  *w = (writer){.held = held};
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

static tn_status reader_alone(void *self, double seconds, double *value, tn_error *error) {
  bench_held *h = self;
  if (!h->store->threads || !h->store->read_begin) return TN_UNSUPPORTED;
  return bench_failed(read_newest(h, seconds, value), error);
}

static tn_status reader_with_writer(void *self, double seconds, double *value, tn_error *error) {
  bench_held *h = self;
  writer w;
  if (!h->store->threads || !h->store->read_begin) return TN_UNSUPPORTED;
  TRY(writer_start(&w, h, error));
  tn_status status = read_newest(h, seconds, value);
  tn_status written = writer_stop(&w);
  return bench_failed(status == TN_OK ? written : status, error);
}

const bench_measure bench_thread_measures[] = {
    {"reader_with_writer", reader_with_writer, NULL, NULL},
    {"reader_with_writer", reader_alone, "_alone", "no writer"},
    {NULL, NULL, NULL, NULL},
};
