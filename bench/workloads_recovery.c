/* The workloads about a journal and snapshots: replaying, writing and loading them, and what committers feel of it.
 * An engine with as many entries as there are, each put by a command of its own. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "folder.h"
#include "tenon_kv.h"
#include "try.h"

#define LATENCIES_MAX 1000000

/* Three engines with the same entries: two that are opened again and again, and one that is open. */
typedef struct recovery {
  const bench_setup *setup;
  bench_folder replay, load, live;
  bench_engine engine; /* in `live`; .engine NULL = not opened */
  uint64_t at;
} recovery;

/* ---- making them ---------------------------------------------------------------------------- */

/* A journal of one record an entry, and no snapshot. */
static tn_status make_journal(const recovery *r, tn_error *error) {
  bench_engine e;
  TRY(bench_engine_open(BENCH_WRITTEN, BENCH_JOURNAL_WHOLE, r->replay.path, &e, error));
  tn_status status = bench_engine_fill(&e, r->setup->data, true, error);
  tn_status closed = bench_engine_close(&e, status == TN_OK ? error : NULL);
  return status == TN_OK ? closed : status;
}

/* A snapshot of all entries, and next to no journal. */
static tn_status make_snapshot(const recovery *r, tn_error *error) {
  bench_engine e;
  TRY(bench_engine_open(BENCH_WRITTEN, BENCH_JOURNAL_SHORT, r->load.path, &e, error));
  tn_status status = bench_engine_fill(&e, r->setup->data, false, error);
  if (status == TN_OK) status = tn_snapshot(e.engine, NULL, error);
  tn_status closed = bench_engine_close(&e, status == TN_OK ? error : NULL);
  return status == TN_OK ? closed : status;
}

static void close_recovery(void *self) {
  recovery *r = self;
  if (r->engine.engine) (void)bench_engine_close(&r->engine, NULL);
  free(r);
}

static tn_status make_all(recovery *r, tn_error *error) {
  TRY(bench_folder_make(&r->replay, r->setup->folder, "replay", error));
  TRY(bench_folder_make(&r->load, r->setup->folder, "load", error));
  TRY(bench_folder_make(&r->live, r->setup->folder, "live", error));
  TRY(make_journal(r, error));
  TRY(make_snapshot(r, error));
  TRY(bench_engine_open(BENCH_SYNCED, BENCH_JOURNAL_WHOLE, r->live.path, &r->engine, error));
  return bench_engine_fill(&r->engine, r->setup->data, false, error);
}

static tn_status open_recovery(const bench_system *system, const bench_setup *setup, void **self, tn_error *error) {
  (void)system;
  recovery *r = calloc(1, sizeof *r);
  if (!r) return bench_failed(TN_NOMEM, error);
  r->setup = setup;
  tn_status status = make_all(r, error);
  if (status == TN_OK)
    *self = r;
  else
    close_recovery(r);
  return status;
}

/* ---- opening again -------------------------------------------------------------------------- */

static tn_status time_open(const recovery *r, const char *folder, bench_journal journal, double *value,
                           tn_error *error) {
  bench_engine e;
  double start = bench_now();
  TRY(bench_engine_open(BENCH_WRITTEN, journal, folder, &e, error));
  *value = (double)r->setup->data->count / (bench_now() - start);
  return bench_engine_close(&e, error);
}

static tn_status replay(void *self, const bench_round *round, double *value, tn_error *error) {
  recovery *r = self;
  (void)round;
  return time_open(r, r->replay.path, BENCH_JOURNAL_WHOLE, value, error);
}

static tn_status snapshot_load(void *self, const bench_round *round, double *value, tn_error *error) {
  recovery *r = self;
  (void)round;
  return time_open(r, r->load.path, BENCH_JOURNAL_SHORT, value, error);
}

/* ---- beside commits ------------------------------------------------------------------------- */

typedef struct committer {
  recovery *of;
  pthread_t thread;
  atomic_bool stop;
  double *latencies; /* seconds */
  size_t count;
  tn_status status;
} committer;

static tn_status commit_one(recovery *r, void *session) {
  const bench_data *data = r->setup->data;
  tn_slice value = bench_data_value(data, r->at);
  uint64_t i = r->at++ % data->count;
  return bench_kv_store.put(session, bench_data_key(data, i), value);
}

static void *commit_on(void *self) {
  committer *c = self;
  void *session = NULL;
  c->status = bench_kv_store.session_open(&c->of->engine, &session, NULL);
  while (c->status == TN_OK && c->count < LATENCIES_MAX && !atomic_load(&c->stop)) {
    double start = bench_now();
    c->status = commit_one(c->of, session);
    c->latencies[c->count++] = bench_now() - start;
  }
  if (session) bench_kv_store.session_close(session);
  return NULL;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* What happens meanwhile: nothing, or snapshots one after another. */
static tn_status meanwhile(const recovery *r, bool snapshots, double seconds, tn_error *error) {
  const struct timespec pause = {0, 1000000};
  double end = bench_now() + seconds;
  do {
    if (snapshots)
      TRY(tn_snapshot(r->engine.engine, NULL, error));
    else
      (void)nanosleep(&pause, NULL);
  } while (bench_now() < end);
  return TN_OK;
}

static tn_status run_committer(recovery *r, bool snapshots, double seconds, double *p99_us, tn_error *error) {
  committer c = {.of = r, .latencies = malloc(LATENCIES_MAX * sizeof *c.latencies)};
  if (!c.latencies || pthread_create(&c.thread, NULL, commit_on, &c) != 0) {
    free(c.latencies);
    return bench_failed(TN_NOMEM, error);
  }
  tn_status status = meanwhile(r, snapshots, seconds, error);
  atomic_store(&c.stop, true);
  (void)pthread_join(c.thread, NULL);
  qsort(c.latencies, c.count, sizeof *c.latencies, compare);
  if (c.count > 0) *p99_us = c.latencies[c.count * 99 / 100] * 1e6;
  free(c.latencies);
  return status == TN_OK ? bench_failed(c.status, error) : status;
}

static tn_status p99_during_snapshot(void *self, const bench_round *round, double *value, tn_error *error) {
  return run_committer(self, true, 3 * round->seconds, value, error);
}
static tn_status p99_without(void *self, const bench_round *round, double *value, tn_error *error) {
  return run_committer(self, false, 3 * round->seconds, value, error);
}

static tn_status snapshot_write(void *self, const bench_round *round, double *value, tn_error *error) {
  recovery *r = self;
  void *session = NULL;
  (void)round;
  TRY(bench_kv_store.session_open(&r->engine, &session, error));
  tn_status status = bench_failed(commit_one(r, session), error);
  bench_kv_store.session_close(session);
  double start = bench_now();
  if (status == TN_OK) status = tn_snapshot(r->engine.engine, NULL, error);
  *value = (double)r->setup->data->count / (bench_now() - start);
  return status;
}

static const bench_measure measures[] = {
    {"replay", replay, NULL, "tn_open, one record an entry"},
    {"snapshot_write", snapshot_write, NULL, "tn_snapshot, synced on return"},
    {"snapshot_load", snapshot_load, NULL, "tn_open"},
    {"commit_p99", p99_during_snapshot, NULL, "one committer, synced on return, snapshots meanwhile"},
    {"commit_p99", p99_without, "_no_snapshot", "one committer, synced on return"},
    {NULL, NULL, NULL, NULL},
};

const bench_system bench_tenon_recovery = {
    .name = "tenon",
    .groups = 1u << BENCH_RECOVERY,
    .measures = measures,
    .open = open_recovery,
    .close = close_recovery,
};
