/* The workloads of an engine with a kv that ask for more than a store has: operations prepared ahead, and many
 * commands in flight from one thread. */
#include "tenon_kv.h"
#include "try.h"

/* ---- prepared operations -------------------------------------------------------------------- */

static tn_status get_prepared(void *self, const bench_round *round, double *value, tn_error *error) {
  bench_held *h = self;
  bench_kv_session *s = h->session;
  uint64_t done = 0;
  double start = bench_now(), now;
  do {
    for (int i = 0; i < 100; i++, done++) {
      tn_slice key = bench_data_probe(h->setup->data, &h->at), found = {NULL, 0};
      TRY(tn_run_op(s->of->engine, s->of->get, tn_arr(&s->args, key), NULL, &s->result, error));
      TRY(bench_failed(tn_get_bytes(s->result.value, "", &found), error));
      bench_sink += *(const uint8_t *)found.data;
    }
  } while ((now = bench_now()) < start + round->seconds);
  *value = (double)done / (now - start);
  return TN_OK;
}

static tn_status update_prepared(void *self, const bench_round *round, double *value, tn_error *error) {
  bench_held *h = self;
  bench_kv_session *s = h->session;
  uint64_t done = 0;
  double start = bench_now(), now;
  do {
    for (int i = 0; i < 100; i++, done++) {
      tn_slice key = bench_data_probe(h->setup->data, &h->at);
      tn_value args = tn_arr(&s->args, key, bench_data_value(h->setup->data, h->written++));
      TRY(tn_run_op(s->of->engine, s->of->put, args, NULL, &s->result, error));
    }
  } while ((now = bench_now()) < start + round->seconds);
  *value = (double)done / (now - start);
  return TN_OK;
}

/* ---- many in flight ------------------------------------------------------------------------- */

typedef struct flight {
  uint32_t in_flight;
  uint64_t done;
  tn_status status; /* the first failure */
} flight;

static void on_done(void *arg, tn_status status, const tn_result *result, const tn_error *error) {
  flight *f = arg;
  (void)result, (void)error;
  f->in_flight--;
  f->done++;
  if (f->status == TN_OK) f->status = status;
}

static tn_status submit_one(bench_held *h, flight *f, tn_error *error) {
  bench_kv_session *s = h->session;
  tn_slice key = bench_data_probe(h->setup->data, &h->at);
  tn_value args = tn_arr(&s->args, key, bench_data_value(h->setup->data, h->written++));
  TRY(tn_submit(s->of->engine, s->of->put, args, TN_DONE_POLLED, on_done, f, error));
  f->in_flight++;
  return TN_OK;
}

static tn_status poll_some(bench_held *h, tn_error *error) {
  size_t count;
  return tn_poll(((bench_kv_session *)h->session)->of->engine, 1000, &count, error);
}

/* One thread keeps round->arg commands in flight. What is still in flight at the end is waited for. */
static tn_status commit_async(void *self, const bench_round *round, double *value, tn_error *error) {
  bench_held *h = self;
  flight f = {0, 0, TN_OK};
  tn_status status = TN_OK;
  double start = bench_now();
  while (status == TN_OK && bench_now() < start + round->seconds) {
    while (status == TN_OK && f.in_flight < round->arg) status = submit_one(h, &f, error);
    if (status == TN_OK) status = poll_some(h, error);
  }
  while (f.in_flight > 0 && poll_some(h, NULL) == TN_OK) continue;
  *value = (double)f.done / (bench_now() - start);
  return bench_failed(status == TN_OK ? f.status : status, error);
}

static const bench_measure memory_measures[] = {
    {"get", get_prepared, "_prepared", "tn_run_op"},
    {"update_txn1", update_prepared, "_prepared", "tn_run_op"},
    {NULL, NULL, NULL, NULL},
};

static const bench_measure commit_measures[] = {
    {"commit_async", commit_async, NULL, "tn_submit, synced before done"},
    {NULL, NULL, NULL, NULL},
};

const bench_system bench_tenon_kv = {
    .name = "tenon",
    .groups = 1u << BENCH_KV | 1u << BENCH_KV_WRITTEN,
    .measures = memory_measures,
    .store = &bench_kv_store,
    .open = bench_held_open,
    .close = bench_held_close,
};

const bench_system bench_tenon_commit = {
    .name = "tenon",
    .groups = 1u << BENCH_COMMIT,
    .measures = commit_measures,
    .store = &bench_kv_store,
    .open = bench_held_open,
    .close = bench_held_close,
};
