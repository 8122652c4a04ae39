#include "store.h"

#include <stdlib.h>
#include <string.h>

#include "try.h"

extern const bench_measure bench_single_measures[]; /* workloads_store.c */
extern const bench_measure bench_thread_measures[]; /* workloads_threads.c */
extern const bench_measure bench_ycsb_measures[];   /* workloads_ycsb.c */

const bench_measure *const bench_store_measures[] = {bench_single_measures, bench_thread_measures,
                                                     bench_ycsb_measures, NULL};

tn_status bench_failed(tn_status status, tn_error *error) {
  if (status == TN_OK || status == TN_UNSUPPORTED || (error && error->text[0] != '\0')) return status;
  return tn_error_set(error, status, NULL, "%s", tn_status_text(status));
}

tn_status bench_fill(const bench_store *store, void *session, const bench_data *data) {
  tn_slice keys[BENCH_TXN_MAX], values[BENCH_TXN_MAX];
  for (uint64_t i = 0; i < data->count;) {
    size_t count = 0;
    for (; count < BENCH_TXN_MAX && i < data->count; count++, i++) {
      keys[count] = bench_data_key(data, i);
      values[count] = bench_data_value(data, i);
    }
    TRY(store->put_many(session, keys, values, count));
  }
  return TN_OK;
}

tn_status bench_held_open(const bench_system *system, const bench_setup *setup, void **self, tn_error *error) {
  bench_held *held = calloc(1, sizeof *held);
  if (!held) return bench_failed(TN_NOMEM, error);
  *held = (bench_held){.store = system->store, .setup = setup};
  tn_status status = held->store->open(setup, &held->self, error);
  if (status == TN_OK) status = held->store->session_open(held->self, &held->session, error);
  if (status == TN_OK && setup->group->filled) status = bench_fill(held->store, held->session, setup->data);
  if (status == TN_OK && held->store->settle) held->store->settle(held->self);
  if (status == TN_OK && held->store->bytes && held->store->bytes(held->self, &held->bytes) != TN_OK) held->bytes = 0;
  if (status == TN_OK)
    *self = held;
  else
    bench_held_close(held);
  return bench_failed(status, error);
}

void bench_held_close(void *self) {
  bench_held *held = self;
  if (held->session) held->store->session_close(held->session);
  if (held->self) held->store->close(held->self);
  free(held);
}
