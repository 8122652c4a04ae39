/* snapshot_write.c - one version as a stream of values. Who makes the stream fills runs; from the second run on a
 * thread of its own hands them to the storage, where the engine has threads. docs/FORMAT.md, "Snapshot stream". */
#include "engine.h"
#include "entry.h"
#include "key.h"
#include "pace.h"
#include "thread.h"
#include "try.h"
#include "value_layout.h"

/* Bytes handed to the storage at once, the last item not counted: it may write them at once, and a commit that comes
 * meanwhile waits behind that. */
#define RUN_SIZE ((size_t)512 << 10)
#define RUN_SIZE_SLOW ((size_t)64 << 10)
#define RUN_SIZE_TEXT ((size_t)128 << 10) /* small enough that no storage divides it, within a line */
#define RUNS 4

typedef struct writer {
  const tni_snapshot_of *of;
  const tn_memory *memory;
  const tn_storage *storage;
  void *self;
  void *handle;
  const tn_formatter *format;
  tn_buffer runs[RUNS];
  tn_buffer *run; /* the one being filled */
  size_t look_at; /* its size when to see whether it is enough */
  tni_pace fills; /* of who fills */
  tni_pace hands; /* of who hands over */
  tn_builder item;
  tn_builder key;
  tn_buffer entry;
  tn_engine *own; /* the engine whose own storage this is; NULL = it is nobody's */
  tn_error *error;
  bool threaded;
  pthread_t thread;
  tni_ring ring;         /* of the runs */
  tn_status hand_status; /* the thread's; looked at when it has ended the ring */
  tn_error hand_error;
} writer;

static tn_status no_memory(const writer *w) {
  return tn_error_set(w->error, TN_NOMEM, NULL, "no memory to write a snapshot");
}

/* ---- runs ----------------------------------------------------------------------------------- */

static tn_status hand_over(writer *w, tn_buffer *run, tn_error *error) {
  tn_slice bytes = {run->data, run->size};
  int64_t start_us = tni_pace_now_us();
  if (bytes.size == 0) return TN_OK;
  tn_status status = w->storage->snapshot_write(w->self, w->handle, bytes, error);
  run->size = 0;
  tni_pace_rest(&w->hands, start_us);
  return status;
}

static void *hand_over_all(void *arg) {
  writer *w = (writer *)arg;
  size_t place;
  while (w->hand_status == TN_OK && tni_ring_to_empty(&w->ring, &place)) {
    w->hand_status = hand_over(w, &w->runs[place], &w->hand_error);
    tni_ring_emptied(&w->ring);
  }
  tni_ring_close(&w->ring);
  return NULL;
}

/* Where there is no thread to be had it goes on without. */
static void start_thread(writer *w) {
  if (!w->of->engine->config.service_thread || !tni_ring_init(&w->ring, RUNS)) return;
  w->threaded = tni_thread_start(&w->thread, hand_over_all, w);
  if (!w->threaded) tni_ring_fini(&w->ring);
}

/* Waits until the storage has what was filled. Keeps the first failure. */
static tn_status stop_thread(writer *w, tn_status status) {
  if (!w->threaded) return status;
  tni_ring_close(&w->ring);
  pthread_join(w->thread, NULL);
  tni_ring_fini(&w->ring);
  w->threaded = false;
  if (status != TN_OK || w->hand_status == TN_OK) return status;
  *w->error = w->hand_error;
  return w->hand_status;
}

static tn_status next_run(writer *w) {
  size_t place;
  tni_ring_filled(&w->ring);
  if (!tni_ring_to_fill(&w->ring, &place)) return stop_thread(w, TN_OK);
  w->run = &w->runs[place];
  return TN_OK;
}

static tn_status flush_run(writer *w) {
  tn_status status = w->threaded ? next_run(w) : hand_over(w, w->run, w->error);
  if (w->own) tni_service_breathe(w->own);
  return status;
}

static tn_status end_run(writer *w) {
  if (w->run->size < w->look_at) return TN_OK;
  w->look_at = w->run->size + RUN_SIZE_SLOW;
  if (w->run->size < (w->format->text ? RUN_SIZE_TEXT : RUN_SIZE) && !tni_pace_is_slow(&w->fills, tni_pace_now_us()))
    return TN_OK;
  w->look_at = RUN_SIZE_SLOW;
  TRY(flush_run(w));
  if (!w->threaded) start_thread(w);
  return TN_OK;
}

/* ---- items ---------------------------------------------------------------------------------- */

/* A line for a text format, and a blank one where a run begins, so that whatever a storage puts between runs is on no
 * item's line; else 4 bytes of length and the encoding. */
static tn_status write_item(writer *w, tn_value item) {
  static const uint8_t room[4] = {0};
  bool text = w->format->text;
  if (text && w->run->size == 0 && tn_buffer_append(w->run, "\n", 1) != TN_OK) return no_memory(w);
  size_t start = w->run->size;
  if (!text && tn_buffer_append(w->run, room, sizeof room) != TN_OK) return no_memory(w);
  TRY(w->format->encode(&tni_host, item, w->run, w->error));
  if (text && tn_buffer_append(w->run, "\n", 1) != TN_OK) return no_memory(w);
  if (!text) tni_store_le(w->run->data + start, w->run->size - start - sizeof room, sizeof room);
  return end_run(w);
}

static tn_status does_not_fit(const writer *w, tn_status status) {
  return tn_error_set(w->error, status, NULL, "an entry does not fit into a snapshot's item");
}

static tn_status write_built(writer *w) {
  tn_status status = tn_builder_status(&w->item);
  return status == TN_OK ? write_item(w, tn_built(&w->item)) : does_not_fit(w, status);
}

static tn_status write_header(writer *w, const tni_version *version) {
  const tni_catalog *c = &w->of->engine->catalog;
  uint8_t digest[TNI_DIGEST_SIZE];
  tn_builder *b = &w->item;
  tni_digest_write(version->digest, digest);
  tn_builder_clear(b);
  tn_object_begin(b);
  tn_set(b, "snapshot", TNI_SNAPSHOT_VERSION);
  tn_set(b, "seq", version->seq);
  tn_set(b, "epoch", version->epoch);
  tn_set(b, "time_us", version->time_us);
  tn_set(b, "digest", ((tn_slice){digest, sizeof digest}));
  tn_set(b, "models", w->of->models);
  tn_name(b, "maps");
  tn_array_begin(b);
  for (size_t n = 0; n < c->instance_count; n++)
    for (uint32_t i = 0; i < c->instances[n].model->map_count; i++) {
      tn_array_begin(b);
      tn_add(b, c->instances[n].name);
      tn_add(b, c->instances[n].model->maps[i].name);
      tn_add(b, version->roots[c->instances[n].map_base + i].count);
      tn_end(b);
    }
  tn_end(b);
  tn_end(b);
  return write_built(w);
}

/* ---- entries: [map, key, value] -------------------------------------------------------------- */

static tn_status write_bytes_entry(writer *w, uint32_t map, tn_slice key, tn_slice value) {
  tn_status status = tni_entry_build(map, key, value, &w->entry);
  if (status == TN_NOMEM) return no_memory(w);
  if (status != TN_OK) return does_not_fit(w, status);
  return write_item(w, (tn_value){w->entry.data, w->entry.size});
}

/* A text format gets keys taken apart and values as values where the map's kinds allow. */
static tn_status write_text_entry(writer *w, uint32_t map, const tn_map_def *def, tn_slice key, tn_slice value) {
  tn_builder *b = &w->item;
  tn_builder_clear(b);
  tn_array_begin(b);
  tn_add(b, map);
  if (def->keys == TN_KEYS_TUPLE) {
    tn_builder_clear(&w->key);
    tn_status status = tni_key_decode(key, &w->key);
    if (status == TN_NOMEM) return no_memory(w);
    if (status != TN_OK)
      return tn_error_set(w->error, TN_CORRUPT, def->name, "a key of map '%s' is no tuple", def->name);
    tn_add(b, tn_built(&w->key));
  } else {
    tn_add(b, key);
  }
  if (def->values == TN_VALUES_VALUE)
    tn_add(b, tn_bytes_value(value));
  else
    tn_add(b, value);
  tn_end(b);
  return write_built(w);
}

static tn_status write_map(writer *w, const tni_version *version, uint32_t map, const tn_map_def *def) {
  tni_cursor *cursor = (tni_cursor *)tni_alloc(w->memory, sizeof *cursor);
  if (!cursor) return no_memory(w);
  tn_slice key, value;
  tn_status status = TN_OK;
  tni_cursor_init(cursor, w->of->state, version->roots, map);
  tni_cursor_seek(cursor, (tn_slice){NULL, 0});
  while (status == TN_OK && tni_cursor_next(cursor, &key, &value) == TN_OK)
    status = w->format->text ? write_text_entry(w, map, def, key, value) : write_bytes_entry(w, map, key, value);
  tni_free(w->memory, cursor, sizeof *cursor);
  return status;
}

static tn_status write_stream(writer *w, const tni_version *version) {
  const tni_catalog *c = &w->of->engine->catalog;
  TRY(write_header(w, version));
  for (size_t n = 0; n < c->instance_count; n++)
    for (uint32_t i = 0; i < c->instances[n].model->map_count; i++)
      TRY(write_map(w, version, c->instances[n].map_base + i, &c->instances[n].model->maps[i]));
  return flush_run(w);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void writer_init(writer *w) {
  for (size_t i = 0; i < RUNS; i++) w->runs[i].memory = w->memory;
  w->entry.memory = w->item.memory = w->key.memory = w->memory;
  w->run = &w->runs[0];
  w->look_at = RUN_SIZE_SLOW;
  tni_pace_init(&w->fills, &w->of->engine->totals.syncs);
  w->hands = w->fills;
}

static void writer_fini(writer *w) {
  for (size_t i = 0; i < RUNS; i++) tn_buffer_free(&w->runs[i]);
  tn_buffer_free(&w->entry);
  tn_builder_free(&w->item);
  tn_builder_free(&w->key);
}

/* A snapshot may never be newer than what the journal is sure to hold. */
static tn_status sync_journal(tn_engine *e, tn_error *error) {
  tni_flusher_take(e);
  tn_status status = tni_sync(e, error);
  tni_flusher_give(e);
  return status;
}

/* `e` is the engine whose own storage this is; NULL = it is nobody's. */
static tn_status write_snapshot(const tni_snapshot_of *of, const tn_formatter *format, const tn_storage *storage,
                                void *self, tn_engine *e, tn_error *error) {
  writer w = {.of = of,
              .memory = &of->engine->memory.memory,
              .storage = storage,
              .self = self,
              .format = format,
              .item = TN_BUILDER_INIT,
              .key = TN_BUILDER_INIT,
              .own = e,
              .error = error,
              .hand_error = TN_ERROR_INIT};
  writer_init(&w);
  TRY(storage->snapshot_begin(self, of->version->seq, &w.handle, error));
  tn_status status = stop_thread(&w, write_stream(&w, of->version));
  writer_fini(&w);
  if (status == TN_OK && e) status = sync_journal(e, error);
  if (status == TN_OK) return storage->snapshot_commit(self, w.handle, error);
  storage->snapshot_abort(self, w.handle);
  return status;
}

tn_status tni_snapshot_write_as(const tni_snapshot_of *of, const tn_formatter *format, const tn_storage *storage,
                                void *self, tn_error *error) {
  return write_snapshot(of, format, storage, self, NULL, error);
}

tn_status tni_snapshot_write(tn_engine *e, const tni_version *version, const tn_storage *storage, void *self,
                             tn_error *error) {
  tn_builder models = TN_BUILDER_INIT;
  models.memory = &e->memory.memory;
  tni_models_value(e, &models);
  tni_snapshot_of of = {e, e->state, version, tn_built(&models)};
  bool own = storage == e->storage && self == e->storage_self;
  tn_status status = tn_builder_status(&models) == TN_OK
                         ? write_snapshot(&of, e->snapshot_format, storage, self, own ? e : NULL, error)
                         : tn_error_set(error, TN_NOMEM, NULL, "no memory to write a snapshot");
  tn_builder_free(&models);
  return status;
}
