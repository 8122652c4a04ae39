/* RocksDB: a log-structured merge tree, by its C API. Bloom filters and a cache that holds everything. */
#include <rocksdb/c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../store.h"

#define CACHE_BYTES ((size_t)512 << 20)
#define MANY_MAX 16
#define SETTLE_SECONDS 5

typedef struct database {
  rocksdb_t *db;
  rocksdb_options_t *options;
  rocksdb_block_based_table_options_t *table;
  rocksdb_cache_t *cache;
  rocksdb_readoptions_t *read;
  rocksdb_writeoptions_t *write;
} database;

typedef struct session {
  database *d;
  rocksdb_pinnableslice_t *held; /* what the last get handed out */
  rocksdb_writebatch_t *batch;
  char *values[MANY_MAX]; /* what the last get_many handed out */
  size_t value_count;
} session;

/* Frees RocksDB's text, having handed it up. */
static tn_status failed(char *text, tn_error *error) {
  if (!text) return TN_OK;
  (void)tn_error_set(error, TN_IO, NULL, "%s", text);
  rocksdb_free(text);
  return TN_IO;
}

/* ---- life ----------------------------------------------------------------------------------- */

static void close_database(void *store) {
  database *d = store;
  if (d->db) rocksdb_close(d->db);
  rocksdb_readoptions_destroy(d->read);
  rocksdb_writeoptions_destroy(d->write);
  rocksdb_options_destroy(d->options);
  rocksdb_block_based_options_destroy(d->table);
  rocksdb_cache_destroy(d->cache);
  free(d);
}

static void set_options(database *d, bench_mode mode) {
  d->cache = rocksdb_cache_create_lru(CACHE_BYTES);
  d->table = rocksdb_block_based_options_create();
  rocksdb_block_based_options_set_block_cache(d->table, d->cache);
  rocksdb_block_based_options_set_filter_policy(d->table, rocksdb_filterpolicy_create_bloom(10));
  d->options = rocksdb_options_create();
  rocksdb_options_set_create_if_missing(d->options, 1);
  rocksdb_options_set_compression(d->options, rocksdb_no_compression);
  rocksdb_options_set_block_based_table_factory(d->options, d->table);
  d->read = rocksdb_readoptions_create();
  d->write = rocksdb_writeoptions_create();
  rocksdb_writeoptions_disable_WAL(d->write, mode == BENCH_MEMORY);
  rocksdb_writeoptions_set_sync(d->write, mode == BENCH_SYNCED);
}

static tn_status open_database(const bench_setup *setup, void **store, tn_error *error) {
  database *d = calloc(1, sizeof *d);
  char *text = NULL;
  if (!d) return TN_NOMEM;
  set_options(d, setup->group->mode);
  d->db = rocksdb_open(d->options, setup->folder, &text);
  if (!text) return *store = d, TN_OK;
  close_database(d);
  return failed(text, error);
}

static void drop_held(session *s) {
  if (s->held) rocksdb_pinnableslice_destroy(s->held);
  s->held = NULL;
  while (s->value_count > 0) rocksdb_free(s->values[--s->value_count]);
}

static tn_status session_open(void *store, void **out, tn_error *error) {
  (void)error;
  session *s = calloc(1, sizeof *s);
  if (!s) return TN_NOMEM;
  s->d = store;
  s->batch = rocksdb_writebatch_create();
  *out = s;
  return TN_OK;
}

static void session_close(void *self) {
  session *s = self;
  drop_held(s);
  rocksdb_writebatch_destroy(s->batch);
  free(s);
}

static uint64_t property(const database *d, const char *name) {
  char *text = rocksdb_property_value(d->db, name);
  uint64_t n = text ? strtoull(text, NULL, 10) : 0;
  if (text) rocksdb_free(text);
  return n;
}

static bool is_busy(const database *d) {
  return property(d, "rocksdb.num-running-flushes") + property(d, "rocksdb.num-running-compactions") +
             property(d, "rocksdb.mem-table-flush-pending") + property(d, "rocksdb.compaction-pending") >
         0;
}

static void settle(void *store) {
  const struct timespec pause = {0, 2000000};
  double end = bench_now() + SETTLE_SECONDS;
  while (is_busy(store) && bench_now() < end) (void)nanosleep(&pause, NULL);
}

/* ---- reading -------------------------------------------------------------------------------- */

static tn_status get(void *self, tn_slice key, tn_slice *value) {
  session *s = self;
  char *text = NULL;
  drop_held(s);
  s->held = rocksdb_get_pinned(s->d->db, s->d->read, key.data, key.size, &text);
  if (text) return failed(text, NULL);
  if (!s->held) return TN_NOT_FOUND;
  value->data = rocksdb_pinnableslice_value(s->held, &value->size);
  return TN_OK;
}

static tn_status get_many(void *self, const tn_slice *keys, size_t count, tn_slice *values) {
  session *s = self;
  const char *names[MANY_MAX];
  char *texts[MANY_MAX];
  size_t sizes[MANY_MAX], value_sizes[MANY_MAX];
  tn_status status = count > MANY_MAX ? TN_UNSUPPORTED : TN_OK;
  if (status != TN_OK) return status;
  drop_held(s);
  for (size_t i = 0; i < count; i++) names[i] = keys[i].data, sizes[i] = keys[i].size;
  rocksdb_multi_get(s->d->db, s->d->read, count, names, sizes, s->values, value_sizes, texts);
  s->value_count = count;
  for (size_t i = 0; i < count; i++) {
    values[i] = (tn_slice){s->values[i], s->values[i] ? value_sizes[i] : 0};
    if (texts[i]) status = failed(texts[i], NULL);
  }
  return status;
}

static tn_status scan(void *self, tn_slice from, uint64_t limit, uint64_t *seen) {
  session *s = self;
  uint64_t sum = 0, count = 0;
  char *text = NULL;
  rocksdb_iterator_t *it = rocksdb_create_iterator(s->d->db, s->d->read);
  if (from.size > 0)
    rocksdb_iter_seek(it, from.data, from.size);
  else
    rocksdb_iter_seek_to_first(it);
  for (; count < limit && rocksdb_iter_valid(it); rocksdb_iter_next(it), count++) {
    size_t size;
    (void)rocksdb_iter_key(it, &size);
    sum += (uint8_t)*rocksdb_iter_value(it, &size);
  }
  rocksdb_iter_get_error(it, &text);
  rocksdb_iter_destroy(it);
  bench_sink += sum;
  *seen = count;
  return failed(text, NULL);
}

/* ---- writing -------------------------------------------------------------------------------- */

static tn_status put(void *self, tn_slice key, tn_slice value) {
  session *s = self;
  char *text = NULL;
  rocksdb_put(s->d->db, s->d->write, key.data, key.size, value.data, value.size, &text);
  return failed(text, NULL);
}

static tn_status put_many(void *self, const tn_slice *keys, const tn_slice *values, size_t count) {
  session *s = self;
  char *text = NULL;
  rocksdb_writebatch_clear(s->batch);
  for (size_t i = 0; i < count; i++)
    rocksdb_writebatch_put(s->batch, keys[i].data, keys[i].size, values[i].data, values[i].size);
  rocksdb_write(s->d->db, s->d->write, s->batch, &text);
  return failed(text, NULL);
}

static tn_status bytes(void *store, uint64_t *out) {
  database *d = store;
  *out = property(d, "rocksdb.live-sst-files-size") + property(d, "rocksdb.cur-size-all-mem-tables");
  return TN_OK;
}

static const bench_store store = {
    .terms =
        {
            [BENCH_MEMORY] = "no WAL, RAM disk",
            [BENCH_WRITTEN] = "WAL, not synced",
            [BENCH_SYNCED] = "WAL, synced on return",
        },
    .threads = {true, true, true},
    .open = open_database,
    .close = close_database,
    .session_open = session_open,
    .session_close = session_close,
    .get = get,
    .get_many = get_many,
    .scan = scan,
    .put = put,
    .put_many = put_many,
    .bytes = bytes,
    .settle = settle,
};

const bench_system bench_rocksdb = {
    .name = "rocksdb",
    .groups = BENCH_STORE_GROUPS,
    .store = &store,
    .open = bench_held_open,
    .close = bench_held_close,
};
