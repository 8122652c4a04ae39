/* The workloads that only Tenon's map has: editing in place before anybody can read, an old version held meanwhile,
 * loading what is sorted, memory as the system sees it. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tenon_map.h"
#include "try.h"

static tni_state *state_of(const bench_held *h) { return ((bench_map *)h->self)->state; }

/* ---- editing in place ----------------------------------------------------------------------- */

static tn_status edit(bench_held *h, double seconds, double *rate) {
  uint64_t done = 0;
  double start = bench_now(), now;
  do {
    for (int i = 0; i < 100; i++, done++) {
      tn_slice key = bench_data_probe(h->setup->data, &h->at);
      TRY(tni_map_put(state_of(h), 0, key, bench_data_value(h->setup->data, h->written++)));
    }
  } while ((now = bench_now()) < start + seconds);
  *rate = (double)done / (now - start);
  return TN_OK;
}

static tn_status update_in_place(void *self, const bench_round *round, double *value, tn_error *error) {
  bench_held *h = self;
  tni_state_set_exclusive(state_of(h), true);
  tn_status status = edit(h, round->seconds, value);
  tni_state_set_exclusive(state_of(h), false);
  return bench_failed(status, error);
}

/* ---- beside a pin --------------------------------------------------------------------------- */

/* Four updates for each entry there is (one, for a quick look), one a transaction, all among a twentieth of the keys.
 */
static tn_status update_hot(bench_held *h, double *rate) {
  const bench_data *data = h->setup->data;
  uint64_t updates = h->setup->quick ? data->count : 4 * data->count, hot = data->count / 20, seed = 3;
  double start = bench_now();
  for (uint64_t i = 0; i < updates; i++)
    TRY(h->store->put(h->session, bench_data_key(data, bench_below(&seed, hot)),
                      bench_data_value(data, h->written++)));
  *rate = (double)updates / (bench_now() - start);
  return TN_OK;
}

static tn_status update_unpinned(void *self, const bench_round *round, double *value, tn_error *error) {
  (void)round;
  return bench_failed(update_hot(self, value), error);
}

static uint64_t held_bytes(bench_held *h) {
  tni_state_stats stats = tni_state_get_stats(state_of(h));
  return stats.live_bytes + stats.retired_bytes;
}

/* *extra is what all of it takes more at the end, with the pin still held. */
static tn_status update_beside_pin(bench_held *h, double *rate, double *extra) {
  tni_pin pin;
  tni_state_reclaim(state_of(h));
  uint64_t before = held_bytes(h);
  TRY(tni_pin_take(state_of(h), &pin));
  tn_status status = update_hot(h, rate);
  *extra = (double)held_bytes(h) - (double)before;
  tni_pin_drop(state_of(h), &pin);
  tni_state_reclaim(state_of(h));
  return status;
}

static tn_status update_pinned(void *self, const bench_round *round, double *value, tn_error *error) {
  double extra;
  (void)round;
  return bench_failed(update_beside_pin(self, value, &extra), error);
}

static tn_status pin_extra(void *self, const bench_round *round, double *value, tn_error *error) {
  double rate;
  (void)round;
  return bench_failed(update_beside_pin(self, &rate, value), error);
}

/* ---- loading -------------------------------------------------------------------------------- */

static int compare_keys(const void *a, const void *b, void *size) { return memcmp(a, b, *(const uint32_t *)size); }

static uint8_t *sorted_keys(const bench_data *data) {
  uint8_t *keys = malloc(data->count * data->key_size);
  if (!keys) return NULL;
  memcpy(keys, data->keys, data->count * data->key_size);
  uint32_t size = data->key_size;
  qsort_r(keys, data->count, size, compare_keys, &size);
  return keys;
}

static tn_status load_keys(tni_state *state, const bench_data *data, const uint8_t *keys) {
  tni_version *version;
  tni_state_set_exclusive(state, true);
  for (uint64_t i = 0; i < data->count; i++) {
    tn_slice key = {keys + i * data->key_size, data->key_size};
    TRY(tni_map_load(state, 0, key, bench_data_value(data, i)));
  }
  tni_state_set_exclusive(state, false);
  TRY(tni_state_seal(state, 1, 1, 1, &version));
  tni_state_publish(state, version);
  return TN_OK;
}

static tn_status load_sorted(void *self, const bench_round *round, double *value, tn_error *error) {
  bench_held *h = self;
  void *map;
  uint8_t *keys = sorted_keys(h->setup->data);
  (void)round;
  if (!keys) return bench_failed(TN_NOMEM, error);
  tn_status status = h->store->open(h->setup, &map, error);
  if (status == TN_OK) {
    double start = bench_now();
    status = load_keys(((bench_map *)map)->state, h->setup->data, keys);
    *value = (double)h->setup->data->count / (bench_now() - start);
    h->store->close(map);
  }
  free(keys);
  return bench_failed(status, error);
}

/* ---- memory --------------------------------------------------------------------------------- */

/* Bytes of this process that are in memory. 0 where the system does not tell. */
static uint64_t resident_bytes(void) {
  unsigned long long pages = 0, all;
  FILE *file = fopen("/proc/self/statm", "r");
  if (!file) return 0;
  if (fscanf(file, "%llu %llu", &all, &pages) != 2) pages = 0;
  (void)fclose(file);
  return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* What loading a second map beside the held one adds, by the system's count and by the map's own. */
static tn_status load_beside(const bench_held *h, uint64_t *resident, uint64_t *stats, tn_error *error) {
  void *map, *session;
  (void)malloc_trim(0);
  uint64_t before = resident_bytes();
  TRY(h->store->open(h->setup, &map, error));
  tn_status status = h->store->session_open(map, &session, error);
  if (status == TN_OK) {
    status = bench_fill(h->store, session, h->setup->data);
    *resident = resident_bytes() - before;
    *stats = tni_state_get_stats(((bench_map *)map)->state).live_bytes;
    h->store->session_close(session);
  }
  h->store->close(map);
  return bench_failed(status, error);
}

static tn_status rss_per_entry(void *self, const bench_round *round, double *value, tn_error *error) {
  const bench_held *h = self;
  uint64_t resident, stats;
  (void)round;
  TRY(load_beside(h, &resident, &stats, error));
  *value = (double)resident / (double)h->setup->data->count;
  return TN_OK;
}

static tn_status stats_per_entry(void *self, const bench_round *round, double *value, tn_error *error) {
  const bench_held *h = self;
  uint64_t resident, stats;
  (void)round;
  TRY(load_beside(h, &resident, &stats, error));
  *value = (double)stats / (double)h->setup->data->count;
  return TN_OK;
}

static const bench_measure measures[] = {
    {"update_in_place", update_in_place, NULL, "before anybody can read"},
    {"update_pinned", update_pinned, NULL, "one version pinned throughout"},
    {"update_pinned", update_unpinned, "_unpinned", "nothing pinned"},
    {"pin_extra", pin_extra, NULL, "one version pinned throughout"},
    {"load_sorted", load_sorted, NULL, "sorted input, before anybody can read"},
    {"rss_per_entry", rss_per_entry, NULL, "what the process grew by"},
    {"rss_per_entry", stats_per_entry, "_stats", "what the map's stats say"},
    {NULL, NULL, NULL, NULL},
};

const bench_system bench_tenon_map = {
    .name = "tenon",
    .groups = 1u << BENCH_MAP | 1u << BENCH_MAP_INT,
    .measures = measures,
    .store = &bench_map_store,
    .open = bench_held_open,
    .close = bench_held_close,
};
