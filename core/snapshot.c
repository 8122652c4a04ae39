/* snapshot.c - a snapshot loaded into a state; and how many snapshots and how much journal are kept. How one is
 * written is in snapshot_write.c, how its stream is read in stream.c. */
#include <stdio.h>

#include "engine.h"
#include "pace.h"
#include "stream.h"
#include "try.h"

/* ---- reading -------------------------------------------------------------------------------- */

typedef struct reader {
  tni_replay *replay;
  tni_stream *stream;
  tni_loader loader; /* of the map that is being loaded */
  uint32_t *maps;    /* the stream's map numbers -> the state's */
  tni_stream_map *stream_maps;
  uint64_t *counts; /* entries still to come */
  uint32_t map_count;
  uint64_t entries;
  tni_digest digest;
  uint64_t seq;
  tn_error *error;
} reader;

static tn_status bad(const reader *r, const char *what) { return tni_stream_bad(r->stream, r->error, what); }

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
      r->stream_maps[n] =
          (tni_stream_map){&instance->model->maps[i], r->replay->engine->catalog.map_seeds[r->maps[n]]};
      return TN_OK;
    }
  return bad(r, "it holds a map that its model has not");
}

static tn_status take_maps(reader *r, tn_value maps) {
  const tn_memory *memory = &r->replay->engine->memory.memory;
  uint32_t count = tn_count(maps);
  r->maps = (uint32_t *)tni_alloc_zero(memory, (count + 1) * sizeof *r->maps);
  r->stream_maps = (tni_stream_map *)tni_alloc_zero(memory, (count + 1) * sizeof *r->stream_maps);
  r->counts = (uint64_t *)tni_alloc_zero(memory, (count + 1) * sizeof *r->counts);
  r->map_count = count;
  if (!r->maps || !r->stream_maps || !r->counts)
    return tn_error_set(r->error, TN_NOMEM, NULL, "no memory to load a snapshot");
  uint32_t n = 0;
  for (tn_iter it = tn_iter_of(maps); tn_iter_next(&it); n++) {
    tn_slice instance, map;
    int64_t entries;
    if (!tn_as_string(tn_item(it.value, 0), &instance) || !tn_as_string(tn_item(it.value, 1), &map) ||
        !tn_as_int(tn_item(it.value, 2), &entries) || entries < 0)
      return bad(r, "its header names a map badly");
    r->counts[n] = (uint64_t)entries;
    r->entries += (uint64_t)entries;
    TRY(find_map(r, instance, map, n));
  }
  return TN_OK;
}

static tn_status take_header(reader *r) {
  tn_value header;
  tni_replay *p = r->replay;
  int64_t version, seq, epoch;
  tn_slice digest;
  tn_status status = tni_stream_header(r->stream, &header, r->error);
  if (status == TN_NOT_FOUND) return bad(r, "it is empty");
  TRY(status);
  if (tn_get_int(header, "snapshot", &version) != TN_OK || tn_get_int(header, "seq", &seq) != TN_OK ||
      tn_get_int(header, "epoch", &epoch) != TN_OK || tn_get_int(header, "time_us", &p->time_us) != TN_OK ||
      tn_get_bytes(header, "digest", &digest) != TN_OK || digest.size != TNI_DIGEST_SIZE || (uint64_t)seq != r->seq)
    return bad(r, "its first item is no header of it");
  if (version > TNI_SNAPSHOT_VERSION)
    return tn_error_set(r->error, TN_UNSUPPORTED, NULL, "a snapshot has version %lld; this library reads up to %d",
                        (long long)version, TNI_SNAPSHOT_VERSION);
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

/* Some of one map. */
static tn_status load_run(reader *r, const tni_entry *entries, size_t count) {
  uint32_t number = entries[0].map, map = r->maps[number];
  if (r->counts[number] < count) return bad(r, "a map has more entries than its header says");
  r->counts[number] -= count;
  if (map != r->loader.map) tni_loader_init(&r->loader, r->replay->state, map);
  tn_status status = tni_loader_put_many(&r->loader, entries, count);
  if (status == TN_OK) return TN_OK;
  if (status == TN_INVALID) return bad(r, "its entries are not in order");
  return tn_error_set(r->error, status, NULL, "the snapshot's entries do not fit: %s", tn_status_text(status));
}

/* Asked for each of them, as promised; but not between two that go into a leaf together. */
static tn_status go_on(const reader *r, size_t entries) {
  if (!r->replay->engine->interrupted) return TN_OK;
  for (; entries > 0; entries--) TRY(tni_replay_go_on(r->replay, r->error));
  return TN_OK;
}

static tn_status load_entries(reader *r, const tni_entries *entries) {
  TRY(go_on(r, entries->count));
  for (size_t from = 0, to = 0; from < entries->count; from = to) {
    while (to < entries->count && entries->items[to].map == entries->items[from].map) to++;
    TRY(load_run(r, &entries->items[from], to - from));
  }
  tni_loader_add_digest(&r->loader, entries->digest);
  return TN_OK;
}

static tn_status load_stream(reader *r) {
  const tni_entries *entries;
  const tni_state *state = r->replay->state;
  tn_status status;
  TRY(take_header(r));
  tni_state_expect(r->replay->state, r->entries);
  TRY(tni_stream_begin(r->stream, r->stream_maps, r->map_count, r->entries, r->error));
  while ((status = tni_stream_next(r->stream, tni_state_room(state), &entries, r->error)) == TN_OK)
    TRY(load_entries(r, entries));
  if (status != TN_NOT_FOUND) return status;
  for (uint32_t i = 0; i < r->map_count; i++)
    if (r->counts[i] != 0) return bad(r, "a map has fewer entries than its header says");
  return tni_digest_equal(tni_state_digest(state), r->digest) ? TN_OK
                                                              : bad(r, "its digest is not that of its entries");
}

static tn_status reader_open(reader *r, tni_replay *replay, uint64_t seq, tn_error *error) {
  *r = (reader){.replay = replay, .seq = seq, .error = error};
  tni_loader_init(&r->loader, replay->state, 0);
  return tni_stream_open(replay->engine, seq, &r->stream, error);
}

static void reader_close(reader *r) {
  const tn_memory *memory = &r->replay->engine->memory.memory;
  tni_stream_close(r->stream);
  tni_free(memory, r->maps, (r->map_count + 1) * sizeof *r->maps);
  tni_free(memory, r->stream_maps, (r->map_count + 1) * sizeof *r->stream_maps);
  tni_free(memory, r->counts, (r->map_count + 1) * sizeof *r->counts);
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

/* Reads a snapshot through, so that its checksums speak. Makes way for commits. */
static tn_status verify(tn_engine *e, uint64_t seq, tn_error *error) {
  void *handle;
  tn_slice run;
  tn_status status;
  tni_pace pace;
  tni_pace_init(&pace, &e->totals.syncs);
  TRY(e->storage->snapshot_open(e->storage_self, seq, &handle, error));
  int64_t start_us = tni_pace_now_us();
  while ((status = e->storage->snapshot_read(e->storage_self, handle, &run, error)) == TN_OK) {
    tni_pace_rest(&pace, start_us);
    tni_service_breathe(e);
    start_us = tni_pace_now_us();
  }
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
