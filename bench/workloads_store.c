/* The workloads that every store can do by itself: point reads, scans, updates, loading. One thread. */
#include <stdlib.h>
#include <string.h>

#include "folder.h"
#include "store.h"
#include "try.h"

#define READS_A_TXN 1000 /* a read transaction, or a pinned version, is kept for so many */
#define MANY_MAX 16

static void touch(tn_slice value) {
  const uint8_t *bytes = value.data;
  if (value.size > 0) bench_sink += (uint64_t)bytes[0] + bytes[value.size - 1];
}

static tn_status read_begin(const bench_held *h) {
  return h->store->read_begin ? h->store->read_begin(h->session) : TN_OK;
}
static void read_end(const bench_held *h) {
  if (h->store->read_end) h->store->read_end(h->session);
}

typedef tn_status (*some_fn)(bench_held *h, uint32_t arg, uint64_t *done);

/* Does `some` again and again, each within one read transaction, and says how many it did a second. */
static tn_status repeat_reads(bench_held *h, some_fn some, const bench_round *round, double *value, tn_error *error) {
  uint64_t done = 0;
  double start = bench_now(), now;
  do {
    TRY(bench_failed(read_begin(h), error));
    tn_status status = some(h, round->arg, &done);
    read_end(h);
    TRY(bench_failed(status, error));
  } while ((now = bench_now()) < start + round->seconds);
  *value = (double)done / (now - start);
  return TN_OK;
}

/* ---- point reads ---------------------------------------------------------------------------- */

static tn_status some_gets(bench_held *h, uint32_t arg, uint64_t *done) {
  tn_slice value;
  (void)arg;
  for (int i = 0; i < READS_A_TXN; i++) {
    TRY(h->store->get(h->session, bench_data_probe(h->setup->data, &h->at), &value));
    touch(value);
  }
  *done += READS_A_TXN;
  return TN_OK;
}

static tn_status get(void *self, const bench_round *round, double *value, tn_error *error) {
  bench_held *h = self;
  return h->store->get ? repeat_reads(h, some_gets, round, value, error) : TN_UNSUPPORTED;
}

static tn_status some_many_gets(bench_held *h, uint32_t many, uint64_t *done) {
  tn_slice keys[MANY_MAX], values[MANY_MAX];
  for (uint32_t i = 0; i < READS_A_TXN / many; i++) {
    for (uint32_t k = 0; k < many; k++) keys[k] = bench_data_probe(h->setup->data, &h->at);
    TRY(h->store->get_many(h->session, keys, many, values));
    for (uint32_t k = 0; k < many; k++) touch(values[k]);
  }
  *done += READS_A_TXN / many * many;
  return TN_OK;
}

static tn_status get_many(void *self, const bench_round *round, double *value, tn_error *error) {
  bench_held *h = self;
  return h->store->get_many ? repeat_reads(h, some_many_gets, round, value, error) : TN_UNSUPPORTED;
}

/* ---- ranges --------------------------------------------------------------------------------- */

static tn_status some_scan(bench_held *h, uint32_t arg, uint64_t *done) {
  uint64_t seen = 0;
  (void)arg;
  TRY(h->store->scan(h->session, (tn_slice){NULL, 0}, UINT64_MAX, &seen));
  *done += seen;
  return seen == 0 ? TN_NOT_FOUND : TN_OK;
}

static tn_status scan(void *self, const bench_round *round, double *value, tn_error *error) {
  bench_held *h = self;
  return h->store->scan ? repeat_reads(h, some_scan, round, value, error) : TN_UNSUPPORTED;
}

static tn_status some_seeks(bench_held *h, uint32_t limit, uint64_t *done) {
  uint64_t seen;
  for (int i = 0; i < READS_A_TXN / 10; i++)
    TRY(h->store->scan(h->session, bench_data_probe(h->setup->data, &h->at), limit, &seen));
  *done += READS_A_TXN / 10;
  return TN_OK;
}

static tn_status seek(void *self, const bench_round *round, double *value, tn_error *error) {
  bench_held *h = self;
  return h->store->scan ? repeat_reads(h, some_seeks, round, value, error) : TN_UNSUPPORTED;
}

/* ---- writing -------------------------------------------------------------------------------- */

static tn_status update_1(void *self, const bench_round *round, double *value, tn_error *error) {
  bench_held *h = self;
  uint64_t done = 0;
  double start = bench_now(), now;
  if (!h->store->put) return TN_UNSUPPORTED;
  do {
    for (int i = 0; i < 100; i++, done++) {
      tn_slice key = bench_data_probe(h->setup->data, &h->at);
      TRY(bench_failed(h->store->put(h->session, key, bench_data_value(h->setup->data, h->written++)), error));
    }
  } while ((now = bench_now()) < start + round->seconds);
  *value = (double)done / (now - start);
  return TN_OK;
}

static tn_status update_1000(void *self, const bench_round *round, double *value, tn_error *error) {
  bench_held *h = self;
  uint64_t done = 0;
  tn_slice keys[BENCH_TXN_MAX], values[BENCH_TXN_MAX];
  double start = bench_now(), now;
  if (!h->store->put_many) return TN_UNSUPPORTED;
  do {
    for (int i = 0; i < BENCH_TXN_MAX; i++, done++) {
      keys[i] = bench_data_probe(h->setup->data, &h->at);
      values[i] = bench_data_value(h->setup->data, h->written++);
    }
    TRY(bench_failed(h->store->put_many(h->session, keys, values, BENCH_TXN_MAX), error));
  } while ((now = bench_now()) < start + round->seconds);
  *value = (double)done / (now - start);
  return TN_OK;
}

typedef tn_status (*in_folder_fn)(const bench_store *store, const bench_setup *setup, double *value, tn_error *error);

/* Fills a second store beside the one that is held. */
static tn_status load_into(const bench_store *store, const bench_setup *setup, double *value, tn_error *error) {
  void *self, *session;
  TRY(store->open(setup, &self, error));
  tn_status status = store->session_open(self, &session, error);
  if (status == TN_OK) {
    double start = bench_now();
    status = bench_fill(store, session, setup->data);
    *value = (double)setup->data->count / (bench_now() - start);
    store->session_close(session);
  }
  store->close(self);
  return bench_failed(status, error);
}

/* Opens a store in an empty folder, so that it could take its first commit. */
static tn_status open_in(const bench_store *store, const bench_setup *setup, double *us, tn_error *error) {
  void *self;
  double start = bench_now();
  TRY(store->open(setup, &self, error));
  *us = (bench_now() - start) * 1e6;
  store->close(self);
  return TN_OK;
}

static tn_status in_new_folder(const bench_held *h, in_folder_fn run, double *value, tn_error *error) {
  bench_setup setup = *h->setup;
  bench_folder folder;
  TRY(bench_folder_make(&folder, h->setup->folder, "another", error));
  setup.folder = folder.path;
  tn_status status = run(h->store, &setup, value, error);
  bench_folder_remove(&folder);
  return status;
}

static tn_status load(void *self, const bench_round *round, double *value, tn_error *error) {
  (void)round;
  return in_new_folder(self, load_into, value, error);
}

static tn_status open_empty(void *self, const bench_round *round, double *value, tn_error *error) {
  (void)round;
  return in_new_folder(self, open_in, value, error);
}

static tn_status bytes_per_entry(void *self, const bench_round *round, double *value, tn_error *error) {
  bench_held *h = self;
  (void)round, (void)error;
  if (h->bytes == 0) return TN_UNSUPPORTED;
  *value = (double)h->bytes / (double)h->setup->data->count;
  return TN_OK;
}

const bench_measure bench_single_measures[] = {
    {"get", get, NULL, NULL},
    {"get_many", get_many, NULL, NULL},
    {"scan", scan, NULL, NULL},
    {"seek", seek, NULL, NULL},
    {"update_txn1", update_1, NULL, NULL},
    {"update_txn1000", update_1000, NULL, NULL},
    {"load", load, NULL, NULL},
    {"open_empty", open_empty, NULL, NULL},
    {"bytes_per_entry", bytes_per_entry, NULL, NULL},
    {NULL, NULL, NULL, NULL},
};
