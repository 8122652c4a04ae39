/* uthash: a hash table in plain memory. No order, no transactions, no versions: a limit for point reads and writes.
 */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "../store.h"

typedef struct entry {
  UT_hash_handle hh;
  uint8_t bytes[]; /* the key, then the value */
} entry;

typedef struct table {
  entry *entries;
  const bench_data *data;
  uint64_t bytes_before;
} table;

static uint64_t heap_bytes(void) {
  struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

static tn_status open_table(const bench_setup *setup, void **store, tn_error *error) {
  (void)error;
  table *t = calloc(1, sizeof *t);
  if (!t) return TN_NOMEM;
  t->data = setup->data;
  t->bytes_before = heap_bytes();
  *store = t;
  return TN_OK;
}

static void close_table(void *store) {
  table *t = store;
  entry *e = t->entries;
  HASH_CLEAR(hh, t->entries);
  for (entry *next; e; e = next) {
    next = e->hh.next;
    free(e);
  }
  free(t);
}

static tn_status session_open(void *store, void **session, tn_error *error) {
  (void)error;
  *session = store;
  return TN_OK;
}
static void session_close(void *session) { (void)session; }

static tn_status get(void *session, tn_slice key, tn_slice *value) {
  table *t = session;
  entry *e;
  HASH_FIND(hh, t->entries, key.data, key.size, e);
  if (!e) return TN_NOT_FOUND;
  *value = (tn_slice){e->bytes + key.size, t->data->value_size};
  return TN_OK;
}

static tn_status put(void *session, tn_slice key, tn_slice value) {
  table *t = session;
  entry *e;
  HASH_FIND(hh, t->entries, key.data, key.size, e);
  if (!e) {
    e = malloc(sizeof *e + key.size + value.size);
    if (!e) return TN_NOMEM;
    memcpy(e->bytes, key.data, key.size);
    HASH_ADD_KEYPTR(hh, t->entries, e->bytes, key.size, e);
  }
  memcpy(e->bytes + key.size, value.data, value.size);
  return TN_OK;
}

static tn_status put_many(void *session, const tn_slice *keys, const tn_slice *values, size_t count) {
  for (size_t i = 0; i < count; i++) {
    tn_status status = put(session, keys[i], values[i]);
    if (status != TN_OK) return status;
  }
  return TN_OK;
}

static tn_status bytes(void *store, uint64_t *out) {
  *out = heap_bytes() - ((table *)store)->bytes_before;
  return TN_OK;
}

static const bench_store store = {
    .terms = {[BENCH_MEMORY] = "no transactions, no versions"},
    .open = open_table,
    .close = close_table,
    .session_open = session_open,
    .session_close = session_close,
    .get = get,
    .put = put,
    .put_many = put_many,
    .bytes = bytes,
};

const bench_system bench_uthash = {
    .name = "uthash",
    .groups = 1u << BENCH_MAP | 1u << BENCH_MAP_INT,
    .store = &store,
    .open = bench_held_open,
    .close = bench_held_close,
};
