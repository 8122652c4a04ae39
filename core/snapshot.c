/* snapshot.c - one version as a stream of values, written and read; and how many snapshots and how much journal are
 * kept. docs/FORMAT.md, "Snapshot stream". */
#include <stdio.h>

#include "engine.h"
#include "key.h"
#include "try.h"

#define SNAPSHOT_VERSION 1
#define RUN_SIZE (192u << 10)             /* bytes handed to the storage at once, the last item not counted */
#define ITEM_SIZE_MAX ((uint64_t)8 << 30) /* a value as text may be several times its size */

/* ---- writing -------------------------------------------------------------------------------- */

typedef struct writer {
  const tni_snapshot_of *of;
  const tn_memory *memory;
  const tn_storage *storage;
  void *self;
  void *handle;
  const tn_formatter *format;
  tn_buffer run;
  tn_builder item;
  tn_builder key;
  tn_engine *own; /* the engine whose own storage this is; NULL = it is nobody's */
  tn_error *error;
} writer;

static tn_status flush_run(writer *w) {
  if (w->run.size == 0) return TN_OK;
  tn_status status = w->storage->snapshot_write(w->self, w->handle, (tn_slice){w->run.data, w->run.size}, w->error);
  w->run.size = 0;
  if (w->own) tni_service_breathe(w->own);
  return status;
}

/* A line for a text format, and a blank one where a run begins, so that whatever a storage puts between runs is on no
 * item's line; else 4 bytes of length and the encoding. */
static tn_status write_item(writer *w) {
  static const uint8_t room[4] = {0};
  if (tn_builder_status(&w->item) != TN_OK)
    return tn_error_set(w->error, tn_builder_status(&w->item), NULL, "an entry does not fit into a snapshot's item");
  if (w->format->text && w->run.size == 0 && tn_buffer_append(&w->run, "\n", 1) != TN_OK) goto no_memory;
  size_t start = w->run.size;
  if (!w->format->text && tn_buffer_append(&w->run, room, sizeof room) != TN_OK) goto no_memory;
  TRY(w->format->encode(&tni_host, tn_built(&w->item), &w->run, w->error));
  if (w->format->text) {
    if (tn_buffer_append(&w->run, "\n", 1) != TN_OK) goto no_memory;
  } else {
    size_t size = w->run.size - start - sizeof room;
    for (int i = 0; i < 4; i++) w->run.data[start + (size_t)i] = (uint8_t)(size >> (8 * i));
  }
  return w->run.size >= RUN_SIZE ? flush_run(w) : TN_OK;
no_memory:
  return tn_error_set(w->error, TN_NOMEM, NULL, "no memory to write a snapshot");
}

static tn_status write_header(writer *w, const tni_version *version) {
  const tni_catalog *c = &w->of->engine->catalog;
  uint8_t digest[TNI_DIGEST_SIZE];
  tn_builder *b = &w->item;
  tni_digest_write(version->digest, digest);
  tn_builder_clear(b);
  tn_object_begin(b);
  tn_set(b, "snapshot", SNAPSHOT_VERSION);
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
  return write_item(w);
}

/* [map, key, value]; a text format gets keys taken apart and values as values where the map's kinds allow. */
static tn_status write_entry(writer *w, uint32_t map, const tn_map_def *def, tn_slice key, tn_slice value) {
  tn_builder *b = &w->item;
  tn_builder_clear(b);
  tn_array_begin(b);
  tn_add(b, map);
  if (w->format->text && def->keys == TN_KEYS_TUPLE) {
    tn_builder_clear(&w->key);
    tn_status status = tni_key_decode(key, &w->key);
    if (status == TN_NOMEM) return tn_error_set(w->error, status, NULL, "no memory to write a snapshot");
    if (status != TN_OK)
      return tn_error_set(w->error, TN_CORRUPT, def->name, "a key of map '%s' is no tuple", def->name);
    tn_add(b, tn_built(&w->key));
  } else {
    tn_add(b, key);
  }
  if (w->format->text && def->values == TN_VALUES_VALUE)
    tn_add(b, tn_bytes_value(value));
  else
    tn_add(b, value);
  tn_end(b);
  return write_item(w);
}

static tn_status write_map(writer *w, const tni_version *version, uint32_t map, const tn_map_def *def) {
  tni_cursor *cursor = (tni_cursor *)tni_alloc(w->memory, sizeof *cursor);
  if (!cursor) return tn_error_set(w->error, TN_NOMEM, NULL, "no memory to write a snapshot");
  tn_slice key, value;
  tn_status status = TN_OK;
  tni_cursor_init(cursor, w->of->state, version->roots, map);
  tni_cursor_seek(cursor, (tn_slice){NULL, 0});
  while (status == TN_OK && tni_cursor_next(cursor, &key, &value) == TN_OK)
    status = write_entry(w, map, def, key, value);
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

/* `e` is the engine whose own storage this is; NULL = it is nobody's. */
static tn_status write_snapshot(const tni_snapshot_of *of, const tn_formatter *format, const tn_storage *storage,
                                void *self, tn_engine *e, tn_error *error) {
  const tn_memory *memory = &of->engine->memory.memory;
  writer w = {of, memory, storage, self, NULL, format, {memory, NULL, 0, 0}, TN_BUILDER_INIT, TN_BUILDER_INIT,
              e,  error};
  w.item.memory = w.key.memory = memory;
  TRY(storage->snapshot_begin(self, of->version->seq, &w.handle, error));
  tn_status status = write_stream(&w, of->version);
  tn_buffer_free(&w.run);
  tn_builder_free(&w.item);
  tn_builder_free(&w.key);
  if (status == TN_OK && e) {
    /* A snapshot may never be newer than what the journal is sure to hold. */
    tni_flusher_take(e);
    status = tni_sync(e, error);
    tni_flusher_give(e);
  }
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

/* ---- reading -------------------------------------------------------------------------------- */

typedef struct reader {
  tni_replay *replay;
  void *handle;
  tn_buffer carry; /* an item that began in an earlier run */
  tn_slice run;    /* what is left of the current one */
  bool ended;
  tn_builder item;
  tn_buffer key;
  uint32_t *maps; /* the stream's map numbers -> the state's */
  const tn_map_def **defs;
  uint64_t *counts; /* entries still to come */
  uint32_t map_count;
  tni_digest digest;
  uint64_t seq;
  tn_error *error;
} reader;

static tn_status bad(const reader *r, const char *what) {
  char where[64];
  snprintf(where, sizeof where, "snapshot %llu", (unsigned long long)r->seq);
  return tn_error_set(r->error, TN_CORRUPT, where, "%s", what);
}

static tn_status more(reader *r) {
  tn_engine *e = r->replay->engine;
  tn_status status = e->storage->snapshot_read(e->storage_self, r->handle, &r->run, r->error);
  if (status == TN_NOT_FOUND) {
    r->ended = true;
    r->run = (tn_slice){NULL, 0};
    return TN_OK;
  }
  return status;
}

/* How many bytes of `bytes` the first item takes, its frame included; 0 = it is not all there. */
static size_t item_size(const reader *r, tn_slice bytes) {
  if (r->replay->engine->snapshot_format->text) {
    const char *end = bytes.size > 0 ? (const char *)memchr(bytes.data, '\n', bytes.size) : NULL;
    return end ? (size_t)(end - (const char *)bytes.data) + 1 : 0;
  }
  if (bytes.size < 4) return 0;
  size_t size = (size_t)tn_load_le((const uint8_t *)bytes.data, 4) + 4;
  return size <= bytes.size ? size : 0;
}

static tn_slice take(tn_slice *from, size_t size) {
  tn_slice taken = {from->data, size};
  *from = (tn_slice){(const uint8_t *)from->data + size, from->size - size};
  return taken;
}

/* Moves bytes from the run to the carry until an item is whole. */
static tn_status carry_item(reader *r, tn_slice *out) {
  for (;;) {
    size_t before = r->carry.size;
    if (tn_buffer_append(&r->carry, r->run.data, r->run.size) != TN_OK)
      return tn_error_set(r->error, TN_NOMEM, NULL, "no memory to load a snapshot");
    size_t size = item_size(r, (tn_slice){r->carry.data, r->carry.size});
    if (size > 0) {
      (void)take(&r->run, size - before);
      r->carry.size = size;
      *out = (tn_slice){r->carry.data, size};
      return TN_OK;
    }
    if (r->carry.size > ITEM_SIZE_MAX) return bad(r, "an item is too large");
    TRY(more(r));
    if (r->ended) return r->carry.size > 0 ? bad(r, "the stream ends within an item") : TN_NOT_FOUND;
  }
}

/* The next item's value; NOT_FOUND at the end. */
static tn_status next_item(reader *r, tn_value *out) {
  const tn_formatter *format = r->replay->engine->snapshot_format;
  tn_slice bytes;
  size_t used;
  do {
    size_t size = item_size(r, r->run);
    r->carry.size = 0;
    if (size > 0)
      bytes = take(&r->run, size);
    else
      TRY(carry_item(r, &bytes));
  } while (format->text && bytes.size == 1);
  if (format->text)
    bytes.size--;
  else
    (void)take(&bytes, 4);
  tn_builder_clear(&r->item);
  tn_status status = format->decode(&tni_host, bytes, &r->item, &used, r->error);
  if (status == TN_NOMEM) return status;
  if (status != TN_OK || used != bytes.size) return bad(r, "an item cannot be decoded");
  *out = tn_built(&r->item);
  return TN_OK;
}

static tn_status find_map(reader *r, tn_slice instance_name, tn_slice map_name, uint32_t n) {
  char text[TN_ERROR_TEXT_MAX];
  const tni_instance *instance = tni_catalog_instance(&r->replay->engine->catalog, instance_name);
  if (!instance) {
    snprintf(text, sizeof text, "$.models.%.*s", (int)(instance_name.size < 64 ? instance_name.size : 64),
             (const char *)instance_name.data);
    return tn_error_set(r->error, TN_INVALID, text,
                        "the data holds a model that the config does not name; add it to \"models\"");
  }
  for (uint32_t i = 0; i < instance->model->map_count; i++)
    if (strlen(instance->model->maps[i].name) == map_name.size &&
        memcmp(instance->model->maps[i].name, map_name.data, map_name.size) == 0) {
      r->maps[n] = instance->map_base + i;
      r->defs[n] = &instance->model->maps[i];
      return TN_OK;
    }
  return bad(r, "it holds a map that its model has not");
}

static tn_status take_maps(reader *r, tn_value maps) {
  const tn_memory *memory = &r->replay->engine->memory.memory;
  uint32_t count = tn_count(maps);
  r->maps = (uint32_t *)tni_alloc_zero(memory, (count + 1) * sizeof *r->maps);
  r->defs = (const tn_map_def **)tni_alloc_zero(memory, (count + 1) * sizeof *r->defs);
  r->counts = (uint64_t *)tni_alloc_zero(memory, (count + 1) * sizeof *r->counts);
  r->map_count = count;
  if (!r->maps || !r->defs || !r->counts)
    return tn_error_set(r->error, TN_NOMEM, NULL, "no memory to load a snapshot");
  uint32_t n = 0;
  for (tn_iter it = tn_iter_of(maps); tn_iter_next(&it); n++) {
    tn_slice instance, map;
    int64_t entries;
    if (!tn_as_string(tn_item(it.value, 0), &instance) || !tn_as_string(tn_item(it.value, 1), &map) ||
        !tn_as_int(tn_item(it.value, 2), &entries) || entries < 0)
      return bad(r, "its header names a map badly");
    r->counts[n] = (uint64_t)entries;
    TRY(find_map(r, instance, map, n));
  }
  return TN_OK;
}

static tn_status take_header(reader *r) {
  tn_value header;
  tni_replay *p = r->replay;
  int64_t version, seq, epoch;
  tn_slice digest;
  tn_status status = next_item(r, &header);
  if (status == TN_NOT_FOUND) return bad(r, "it is empty");
  TRY(status);
  if (tn_get_int(header, "snapshot", &version) != TN_OK || tn_get_int(header, "seq", &seq) != TN_OK ||
      tn_get_int(header, "epoch", &epoch) != TN_OK || tn_get_int(header, "time_us", &p->time_us) != TN_OK ||
      tn_get_bytes(header, "digest", &digest) != TN_OK || digest.size != TNI_DIGEST_SIZE || (uint64_t)seq != r->seq)
    return bad(r, "its first item is no header of it");
  if (version > SNAPSHOT_VERSION)
    return tn_error_set(r->error, TN_UNSUPPORTED, NULL, "a snapshot has version %lld; this library reads up to %d",
                        (long long)version, SNAPSHOT_VERSION);
  p->seq = (uint64_t)seq;
  p->epoch = (uint64_t)epoch;
  r->digest = tni_digest_read((const uint8_t *)digest.data);
  tn_builder_clear(&p->models);
  tn_add(&p->models, tn_field(header, "models"));
  status = tn_builder_status(&p->models);
  if (status == TN_NOMEM) return tn_error_set(r->error, status, NULL, "no memory to load a snapshot");
  if (status != TN_OK) return bad(r, "its header names no models");
  return take_maps(r, tn_field(header, "maps"));
}

static tn_status entry_key(reader *r, const tn_map_def *def, tn_value key, tn_slice *out) {
  if (tn_as_bytes(key, out)) return TN_OK;
  if (def->keys != TN_KEYS_TUPLE || tn_value_type(key) != TN_ARRAY)
    return bad(r, "an entry's key is neither bytes nor a tuple");
  r->key.size = 0;
  for (tn_iter it = tn_iter_of(key); tn_iter_next(&it);) {
    tn_status status = tni_key_add(&r->key, tn_arg_value(it.value));
    if (status == TN_NOMEM) return tn_error_set(r->error, status, NULL, "no memory to load a snapshot");
    if (status != TN_OK) return bad(r, "an entry's key does not fit");
  }
  *out = (tn_slice){r->key.data, r->key.size};
  return TN_OK;
}

static tn_status load_entry(reader *r, tn_value entry) {
  const tn_formatter *format = r->replay->engine->snapshot_format;
  int64_t n;
  tn_slice key, value;
  if (!tn_as_int(tn_item(entry, 0), &n) || n < 0 || n >= (int64_t)r->map_count || tn_count(entry) != 3)
    return bad(r, "an entry is not [map, key, value]");
  const tn_map_def *def = r->defs[n];
  TRY(entry_key(r, def, tn_item(entry, 1), &key));
  if (format->text && def->values == TN_VALUES_VALUE)
    value = tn_value_bytes(tn_item(entry, 2));
  else if (!tn_as_bytes(tn_item(entry, 2), &value))
    return bad(r, "an entry's value is not bytes");
  if (r->counts[n]-- == 0) return bad(r, "a map has more entries than its header says");
  tn_status status = tni_map_load(r->replay->state, r->maps[n], key, value);
  if (status == TN_INVALID) return bad(r, "its entries are not in order");
  return status == TN_OK
             ? TN_OK
             : tn_error_set(r->error, status, NULL, "the snapshot's entries do not fit: %s", tn_status_text(status));
}

static tn_status load_stream(reader *r) {
  tn_value entry;
  tn_status status;
  TRY(take_header(r));
  while ((status = next_item(r, &entry)) == TN_OK) {
    TRY(tni_replay_go_on(r->replay, r->error));
    TRY(load_entry(r, entry));
  }
  if (status != TN_NOT_FOUND) return status;
  for (uint32_t i = 0; i < r->map_count; i++)
    if (r->counts[i] != 0) return bad(r, "a map has fewer entries than its header says");
  return tni_digest_equal(tni_state_digest(r->replay->state), r->digest)
             ? TN_OK
             : bad(r, "its digest is not that of its entries");
}

static tn_status reader_open(reader *r, tni_replay *replay, uint64_t seq, tn_error *error) {
  tn_engine *e = replay->engine;
  *r = (reader){.replay = replay, .seq = seq, .error = error, .item = TN_BUILDER_INIT};
  r->carry.memory = r->key.memory = r->item.memory = &e->memory.memory;
  return e->storage->snapshot_open(e->storage_self, seq, &r->handle, error);
}

static void reader_close(reader *r) {
  tn_engine *e = r->replay->engine;
  const tn_memory *memory = &e->memory.memory;
  e->storage->snapshot_close(e->storage_self, r->handle);
  tni_free(memory, r->maps, (r->map_count + 1) * sizeof *r->maps);
  tni_free(memory, r->defs, (r->map_count + 1) * sizeof *r->defs);
  tni_free(memory, r->counts, (r->map_count + 1) * sizeof *r->counts);
  tn_buffer_free(&r->carry);
  tn_buffer_free(&r->key);
  tn_builder_free(&r->item);
}

tn_status tni_snapshot_load(tni_replay *replay, uint64_t seq, tn_error *error) {
  reader r;
  TRY(reader_open(&r, replay, seq, error));
  tn_status status = load_stream(&r);
  reader_close(&r);
  return status;
}

tn_status tni_snapshot_peek(tn_engine *e, uint64_t seq, uint64_t *epoch, int64_t *time_us, tn_error *error) {
  tni_replay found = {.engine = e, .models = TN_BUILDER_INIT};
  reader r;
  found.models.memory = &e->memory.memory;
  TRY(reader_open(&r, &found, seq, error));
  tn_status status = take_header(&r);
  reader_close(&r);
  tn_builder_free(&found.models);
  if (status == TN_OK) *epoch = found.epoch, *time_us = found.time_us;
  return status;
}

/* ---- keeping -------------------------------------------------------------------------------- */

/* The time of the oldest record there is, to tell its age. */
static tn_status oldest_time(tn_engine *e, uint64_t seq, int64_t *out, tn_error *error) {
  void *cursor;
  tn_record bytes;
  tni_record record;
  tn_builder scratch = TN_BUILDER_INIT;
  TRY(e->storage->read_open(e->storage_self, seq, &cursor, error));
  tn_status status = e->storage->read_next(e->storage_self, cursor, &bytes, error);
  if (status == TN_OK) status = tni_record_decode(e->journal_format, &bytes, &scratch, error);
  if (status == TN_OK) status = tni_record_read(tn_built(&scratch), &record, error);
  if (status == TN_OK) *out = record.time_us;
  e->storage->read_close(e->storage_self, cursor);
  tn_builder_free(&scratch);
  return status;
}

static int64_t journal_bytes(tn_engine *e) {
  tn_builder stats = TN_BUILDER_INIT;
  int64_t bytes = 0;
  tn_object_begin(&stats);
  e->storage->stats(e->storage_self, &stats);
  tn_end(&stats);
  (void)tn_get_int(tn_built(&stats), "journal_bytes", &bytes);
  tn_builder_free(&stats);
  return bytes;
}

/* [flusher] Whether the record `seq` may go by the config's limit. */
static bool may_go(tn_engine *e, uint64_t seq) {
  int64_t time_us = 0;
  if (e->config.keep == TNI_KEEP_BYTES) return journal_bytes(e) > e->config.keep_limit;
  if (e->config.keep != TNI_KEEP_AGE) return e->config.keep == TNI_KEEP_SNAPSHOT;
  return oldest_time(e, seq, &time_us, NULL) == TN_OK &&
         (e->clock_us(e->clock_arg) - time_us) / 1000000 > e->config.keep_limit;
}

/* [flusher] */
static tn_status trim_to(tn_engine *e, uint64_t upto, tn_error *error) {
  uint64_t first = atomic_load(&e->first_seq);
  tn_status status = e->storage->trim(e->storage_self, upto, &first, error);
  atomic_store(&e->first_seq, first);
  return status;
}

/* [flusher] Trims in steps, so that no more goes than must. Never past the oldest snapshot that is kept. */
static tn_status trim(tn_engine *e, uint64_t oldest_snapshot, tn_error *error) {
  if (e->config.keep == TNI_KEEP_SNAPSHOT) return trim_to(e, oldest_snapshot, error);
  uint64_t first = atomic_load(&e->first_seq);
  uint64_t step = oldest_snapshot > first ? (oldest_snapshot - first) / 64 + 1 : 1;
  for (uint64_t upto = first + step; upto <= oldest_snapshot && may_go(e, upto); upto += step)
    TRY(trim_to(e, upto, error));
  return TN_OK;
}

/* Reads a snapshot through, so that its checksums speak. */
static tn_status verify(tn_engine *e, uint64_t seq, tn_error *error) {
  void *handle;
  tn_slice run;
  tn_status status;
  TRY(e->storage->snapshot_open(e->storage_self, seq, &handle, error));
  while ((status = e->storage->snapshot_read(e->storage_self, handle, &run, error)) == TN_OK) continue;
  e->storage->snapshot_close(e->storage_self, handle);
  return status == TN_NOT_FOUND ? TN_OK : status;
}

/* The place in `seqs` (newest first) of the oldest snapshot to keep: so many that can be read. The newest was just
 * written; each of the others is read through before anything older goes. */
static tn_status oldest_to_keep(tn_engine *e, const uint64_t *seqs, size_t count, size_t *out, tn_error *error) {
  size_t valid = 1;
  *out = 0;
  for (size_t i = 1; i < count && valid < (size_t)e->config.snapshot_keep; i++) {
    tn_status status = verify(e, seqs[i], error);
    if (status == TN_CORRUPT) {
      tni_log(e, TN_LOG_WARNING, "snapshot %llu is damaged and does not count: %s", (unsigned long long)seqs[i],
              error->text);
      continue;
    }
    TRY(status);
    *out = i;
    valid++;
  }
  return TN_OK;
}

static tn_status drop_older(tn_engine *e, const uint64_t *seqs, size_t count, size_t oldest, tn_error *error) {
  for (size_t i = oldest + 1; i < count; i++) TRY(e->storage->snapshot_remove(e->storage_self, seqs[i], error));
  if (e->config.keep == TNI_KEEP_ALL) return TN_OK;
  tni_flusher_take(e);
  tn_status status = atomic_load(&e->failed) ? TN_OK : trim(e, seqs[oldest], error);
  tni_flusher_give(e);
  return status;
}

static tn_status keep_what_is_wanted(tn_engine *e, tn_error *error) {
  uint64_t *seqs;
  size_t count, oldest;
  TRY(tni_snapshot_seqs(e, &seqs, &count, error));
  tn_status status = count == 0 ? TN_OK : oldest_to_keep(e, seqs, count, &oldest, error);
  bool enough = count > 0 && (oldest + 1 < count || e->config.keep != TNI_KEEP_ALL);
  if (status == TN_OK && enough) status = drop_older(e, seqs, count, oldest, error);
  tni_free(&e->memory.memory, seqs, count * sizeof *seqs);
  return status;
}

static tn_status write_newest(tn_engine *e, uint64_t *seq, tn_error *error) {
  tni_pin pin;
  if (tni_pin_take(e->state, &pin) != TN_OK) return tn_error_set(error, TN_NOMEM, NULL, "no memory to pin a version");
  tn_status status = TN_OK;
  *seq = pin.version->seq;
  if (*seq > atomic_load(&e->snapshot_seq)) {
    status = tni_snapshot_write(e, pin.version, e->storage, e->storage_self, error);
    if (status == TN_OK) {
      atomic_store(&e->snapshot_seq, *seq);
      atomic_fetch_add(&e->totals.snapshots, 1);
    }
  }
  tni_pin_drop(e->state, &pin);
  return status;
}

tn_status tni_snapshot_now(tn_engine *e, uint64_t *seq, tn_error *error) {
  if (e->read_only) return tn_error_set(error, TN_DENIED, NULL, "the engine was opened read only");
  if (atomic_load(&e->failed)) return tni_failed(e, error);
  if (pthread_mutex_trylock(&e->keeping) != 0)
    return tn_error_set(error, TN_BUSY, NULL, "a snapshot is being written");
  tn_status status = write_newest(e, seq, error);
  if (status == TN_OK) status = keep_what_is_wanted(e, error);
  pthread_mutex_unlock(&e->keeping);
  return status;
}

tn_status tn_snapshot(tn_engine *engine, uint64_t *seq, tn_error *error) {
  uint64_t written = 0;
  tn_error own_error;
  TRY(tni_snapshot_now(engine, &written, error ? error : &own_error));
  if (seq) *seq = written;
  return TN_OK;
}
