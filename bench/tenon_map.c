/* Tenon's versioned map by itself, as the engine uses it: edits, then a seal, then a publish; readers pin. */
#include "tenon_map.h"

#include <stdlib.h>

#include "try.h"

static const uint64_t seeds[1] = {1};

static tn_status open_map(const bench_setup *setup, void **store, tn_error *error) {
  (void)setup;
  bench_map *m = calloc(1, sizeof *m);
  if (!m) return TN_NOMEM;
  tn_status status = tni_state_create(tn_memory_system(), 1, seeds, &m->state);
  if (status != TN_OK) {
    free(m);
    return bench_failed(status, error);
  }
  *store = m;
  return TN_OK;
}

static void close_map(void *store) {
  bench_map *m = store;
  tni_state_destroy(m->state);
  free(m);
}

static tn_status session_open(void *store, void **session, tn_error *error) {
  bench_map_session *s = calloc(1, sizeof *s);
  if (!s) return bench_failed(TN_NOMEM, error);
  s->map = store;
  *session = s;
  return TN_OK;
}
static void session_close(void *session) { free(session); }

/* ---- reading -------------------------------------------------------------------------------- */

static tn_status read_begin(void *session) {
  bench_map_session *s = session;
  return tni_pin_take(s->map->state, &s->pin);
}
static void read_end(void *session) {
  bench_map_session *s = session;
  tni_pin_drop(s->map->state, &s->pin);
}

static tn_status get(void *session, tn_slice key, tn_slice *value) {
  bench_map_session *s = session;
  return tni_map_get(s->map->state, s->pin.version->roots, 0, key, value);
}

static tn_status get_many(void *session, const tn_slice *keys, size_t count, tn_slice *values) {
  bench_map_session *s = session;
  tni_map_get_many(s->map->state, s->pin.version->roots, 0, keys, count, values);
  return TN_OK;
}

static tn_status scan(void *session, tn_slice from, uint64_t limit, uint64_t *seen) {
  bench_map_session *s = session;
  tn_slice key, value;
  uint64_t sum = 0, count = 0;
  tn_status status = TN_OK;
  tni_cursor_init(&s->cursor, s->map->state, s->pin.version->roots, 0);
  tni_cursor_seek(&s->cursor, from);
  while (count < limit && (status = tni_cursor_next(&s->cursor, &key, &value)) == TN_OK) {
    sum += *(const uint8_t *)value.data;
    count++;
  }
  bench_sink += sum;
  *seen = count;
  return status == TN_NOT_FOUND ? TN_OK : status;
}

/* ---- writing -------------------------------------------------------------------------------- */

static tn_status commit(bench_map *m) {
  tni_version *version;
  uint64_t seq = m->seq + 1;
  TRY(tni_state_seal(m->state, seq, 1, (int64_t)seq, &version));
  m->seq = seq;
  tni_state_publish(m->state, version);
  return TN_OK;
}

static tn_status put_many(void *session, const tn_slice *keys, const tn_slice *values, size_t count) {
  bench_map_session *s = session;
  for (size_t i = 0; i < count; i++) TRY(tni_map_put(s->map->state, 0, keys[i], values[i]));
  return commit(s->map);
}

static tn_status put(void *session, tn_slice key, tn_slice value) {
  bench_map_session *s = session;
  TRY(tni_map_put(s->map->state, 0, key, value));
  return commit(s->map);
}

static tn_status bytes(void *store, uint64_t *out) {
  bench_map *m = store;
  *out = tni_state_get_stats(m->state).live_bytes;
  return TN_OK;
}

const bench_store bench_map_store = {
    .terms = {[BENCH_MEMORY] = "versioned, in memory"},
    .threads = {true, true, true},
    .open = open_map,
    .close = close_map,
    .session_open = session_open,
    .session_close = session_close,
    .read_begin = read_begin,
    .read_end = read_end,
    .get = get,
    .get_many = get_many,
    .scan = scan,
    .put = put,
    .put_many = put_many,
    .bytes = bytes,
};
