/* backup.c - the journal and a snapshot of a live engine in another directory. */
#include <stdio.h>

#include "engine.h"
#include "try.h"

typedef struct backup {
  tn_engine *engine;
  void *target;
  const tni_version *version;
  uint64_t base_seq; /* the target's first record */
  unsigned interrupts_seen;
  tn_error *error;
} backup;

#define BACKUP_RUN 1024 /* records appended at once */

/* Records are copied as they are; both sides have one format. */
static tn_status copy_records(backup *b) {
  tn_engine *e = b->engine;
  void *cursor;
  tn_record record;
  tn_status status;
  uint64_t last = 0;
  if (b->base_seq > b->version->seq) return TN_OK;
  TRY(e->storage->read_open(e->storage_self, b->base_seq, &cursor, b->error));
  while ((status = e->storage->read_next(e->storage_self, cursor, &record, b->error)) == TN_OK &&
         record.seq <= b->version->seq) {
    uint32_t flags = record.seq % BACKUP_RUN == 0 || record.seq == b->version->seq ? TN_APPEND_SYNC : 0;
    status = e->storage->append(b->target, record.seq, &record.bytes, 1, flags, b->error);
    if (status == TN_OK && atomic_load(&e->interrupts) != b->interrupts_seen)
      status = tn_error_set(b->error, TN_INTERRUPTED, NULL, "the backup was stopped; remove it");
    if (status != TN_OK) break;
    last = record.seq;
  }
  e->storage->read_close(e->storage_self, cursor);
  if (status == TN_NOT_FOUND && last < b->version->seq)
    return tn_error_set(b->error, TN_BUSY, NULL,
                        "the owner has not shown record %llu yet; remove the backup and make another",
                        (unsigned long long)b->version->seq);
  return status == TN_NOT_FOUND ? TN_OK : status;
}

static void log_nothing(void *arg, const char *line) { (void)arg, (void)line; }

/* Until it is whole the log says so itself, where the storage can take that back. */
static tn_status open_target(backup *b, const char *path, bool read_only, tn_storage_state *found_there,
                             tn_error *error) {
  tn_engine *e = b->engine;
  tn_builder meta = TN_BUILDER_INIT;
  meta.memory = &e->memory.memory;
  tni_meta_build(e, tni_storage_sets_meta(e->storage) ? "backup" : NULL, &meta);
  tn_status status = tn_builder_status(&meta);
  tn_storage_options options = {.host = &tni_host,
                                .memory = &e->memory.memory,
                                .io = e->io,
                                .path = path,
                                .config = tn_built(&e->config.storage),
                                .meta = tn_value_bytes(tn_built(&meta)),
                                .base_seq = b->base_seq,
                                .base_epoch = e->storage_found.epoch,
                                .read_only = read_only,
                                .text = e->journal_format->text,
                                .text_snapshots = e->snapshot_format->text,
                                .log = log_nothing,
                                .log_arg = NULL,
                                .find = tni_registry_find_storage,
                                .find_arg = e->registry};
  if (status == TN_OK)
    status = e->storage->open(b->target, &options, found_there, error);
  else
    tn_error_set(error, status, NULL, "no memory for a backup");
  tn_builder_free(&meta);
  return status;
}

static tn_status finish_target(backup *b) {
  const tn_storage *storage = b->engine->storage;
  if (!tni_storage_sets_meta(storage)) return TN_OK;
  TRY(storage->sync(b->target, b->error));
  return storage->set_meta(b->target, b->engine->storage_found.meta, b->error);
}

/* Refuses a folder that holds data already, without touching it. */
static tn_status check_empty(backup *b, const char *path) {
  tn_storage_state found_there;
  tn_error found = TN_ERROR_INIT;
  tn_status status = open_target(b, path, true, &found_there, &found);
  if (status == TN_NOT_FOUND) return TN_OK;
  if (status == TN_NOMEM || status == TN_IO) return *b->error = found, status;
  if (status == TN_OK) (void)b->engine->storage->close(b->target, &found);
  return tn_error_set(b->error, TN_EXISTS, path, "there is something already; a backup goes into an empty folder");
}

static tn_status fill_target(backup *b) {
  TRY(copy_records(b));
  if (b->version->seq > 0) TRY(tni_snapshot_write(b->engine, b->version, b->engine->storage, b->target, b->error));
  return finish_target(b);
}

static tn_status back_up(backup *b, const char *path) {
  tn_engine *e = b->engine;
  tn_storage_state found_there;
  b->target = tni_alloc_zero(&e->memory.memory, e->storage->state_size + 1);
  if (!b->target) return tn_error_set(b->error, TN_NOMEM, NULL, "no memory for a backup");
  size_t size = e->storage->state_size + 1;
  tn_status status = check_empty(b, path);
  memset(b->target, 0, size);
  if (status == TN_OK) status = open_target(b, path, false, &found_there, b->error);
  if (status == TN_OK) {
    tn_error closing = TN_ERROR_INIT;
    status = fill_target(b);
    tn_status closed = e->storage->close(b->target, &closing);
    if (status == TN_OK && closed != TN_OK) *b->error = closing, status = closed;
  }
  tni_free(&e->memory.memory, b->target, size);
  return status;
}

tn_status tn_backup(tn_engine *engine, const char *path, uint64_t *seq, tn_error *error) {
  tn_error own_error;
  tni_pin pin;
  pthread_mutex_lock(&engine->keeping); /* before the pin: what is trimmed by now lies below it */
  if (tni_pin_take(engine->state, &pin) != TN_OK) {
    pthread_mutex_unlock(&engine->keeping);
    return tn_error_set(error, TN_NOMEM, NULL, "no memory to pin a version");
  }
  backup b = {engine,
              NULL,
              pin.version,
              atomic_load(&engine->first_seq),
              atomic_load(&engine->interrupts),
              error ? error : &own_error};
  tn_status status = back_up(&b, path);
  if (status == TN_OK && seq) *seq = pin.version->seq;
  tni_pin_drop(engine->state, &pin);
  pthread_mutex_unlock(&engine->keeping);
  return status;
}
