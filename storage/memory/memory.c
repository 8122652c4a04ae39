#include "memory.h"

#include <inttypes.h>
#include <pthread.h>

#define SNAPSHOT_RUN ((size_t)64 << 10) /* bytes handed out by one read */

/* Bytes of our own. */
typedef struct block {
  uint8_t *data;
  size_t size;
} block;

typedef struct stored_snapshot {
  uint64_t seq;
  block bytes;
  uint32_t readers; /* one that is read is not freed; `removed` has the last reader do it */
  bool removed;
  struct stored_snapshot *next; /* newest first */
} stored_snapshot;

typedef struct memory_storage {
  const tn_host *host;
  const tn_memory *memory;
  pthread_mutex_t mutex; /* guards all below */
  block meta;
  block *records; /* records[i] has seq first_seq + i */
  size_t count;
  size_t capacity;
  uint64_t first_seq;
  stored_snapshot *snapshots;
} memory_storage;

typedef struct memory_cursor {
  uint64_t seq;
  block bytes; /* the record handed out last */
} memory_cursor;

typedef struct snapshot_writer {
  uint64_t seq;
  tn_buffer bytes;
} snapshot_writer;

typedef struct snapshot_reader {
  stored_snapshot *snapshot;
  size_t at;
} snapshot_reader;

static void *resize(const memory_storage *s, void *data, size_t old_size, size_t new_size) {
  return s->memory->resize(s->memory->context, data, old_size, new_size);
}

static void free_block(const memory_storage *s, block *b) {
  if (b->data) (void)resize(s, b->data, b->size, 0);
  *b = (block){NULL, 0};
}

static tn_status no_memory(const memory_storage *s, tn_error *error) {
  return s->host->error_set(error, TN_NOMEM, NULL, "no memory for the log");
}

static tn_status copy_block(const memory_storage *s, tn_slice from, block *out, tn_error *error) {
  block b = {NULL, from.size};
  if (from.size > 0) {
    b.data = resize(s, NULL, 0, from.size);
    if (!b.data) return no_memory(s, error);
    memcpy(b.data, from.data, from.size);
  }
  *out = b;
  return TN_OK;
}

/* ---- open and close ------------------------------------------------------------------------- */

static tn_status memory_open(void *self, const tn_storage_options *options, tn_storage_state *out, tn_error *error) {
  memory_storage *s = self;
  *s = (memory_storage){.host = options->host, .memory = options->memory, .first_seq = options->base_seq};
  if (options->read_only)
    return s->host->error_set(error, TN_NOT_FOUND, NULL, "memory holds no data to be opened read-only");
  if (options->base_seq == 0) return s->host->error_set(error, TN_INVALID, NULL, "records are counted from 1");
  if (!tn_is_absent(options->config) && tn_value_type(options->config) != TN_OBJECT)
    return s->host->error_set(error, TN_INVALID, "", "an object is expected");
  tn_iter it = tn_iter_of(options->config);
  if (tn_iter_next(&it)) {
    char name[64] = "";
    memcpy(name, it.name.data, it.name.size < sizeof name ? it.name.size : sizeof name - 1);
    return s->host->error_set(error, TN_INVALID, name, "unknown key; storage \"memory\" knows none");
  }
  tn_status status = copy_block(s, options->meta, &s->meta, error);
  if (status != TN_OK) return status;
  if (pthread_mutex_init(&s->mutex, NULL) != 0) {
    free_block(s, &s->meta);
    return no_memory(s, error);
  }
  *out = (tn_storage_state){.meta = {s->meta.data, s->meta.size},
                            .first_seq = s->first_seq,
                            .next_seq = s->first_seq,
                            .epoch = options->base_epoch > 0 ? options->base_epoch : 1,
                            .clean = true};
  return TN_OK;
}

static void free_snapshot(const memory_storage *s, stored_snapshot *snapshot) {
  free_block(s, &snapshot->bytes);
  (void)resize(s, snapshot, sizeof *snapshot, 0);
}

static tn_status memory_close(void *self, tn_error *error) {
  (void)error;
  memory_storage *s = self;
  for (size_t i = 0; i < s->count; i++) free_block(s, &s->records[i]);
  if (s->records) (void)resize(s, s->records, s->capacity * sizeof *s->records, 0);
  for (stored_snapshot *next; s->snapshots; s->snapshots = next) {
    next = s->snapshots->next;
    free_snapshot(s, s->snapshots);
  }
  free_block(s, &s->meta);
  pthread_mutex_destroy(&s->mutex);
  return TN_OK;
}

/* ---- records -------------------------------------------------------------------------------- */

static tn_status reserve(memory_storage *s, size_t more, tn_error *error) {
  if (more <= s->capacity - s->count) return TN_OK;
  size_t capacity = s->capacity ? s->capacity * 2 : 64, item = sizeof *s->records;
  if (capacity < s->count + more) capacity = s->count + more;
  block *records = resize(s, s->records, s->capacity * item, capacity * item);
  if (!records) return no_memory(s, error);
  s->records = records;
  s->capacity = capacity;
  return TN_OK;
}

static tn_status add_records(memory_storage *s, const tn_slice *records, size_t n, tn_error *error) {
  tn_status status = reserve(s, n, error);
  size_t done = 0;
  while (status == TN_OK && done < n) {
    status = copy_block(s, records[done], &s->records[s->count + done], error);
    if (status == TN_OK) done++;
  }
  if (status == TN_OK)
    s->count += n;
  else
    while (done > 0) free_block(s, &s->records[s->count + --done]);
  return status;
}

static tn_status memory_append(void *self, uint64_t first_seq, const tn_slice *records, size_t n, uint32_t flags,
                               tn_error *error) {
  (void)flags;
  memory_storage *s = self;
  if (n == 0) return s->host->error_set(error, TN_INVALID, NULL, "an append needs at least one record");
  pthread_mutex_lock(&s->mutex);
  uint64_t next = s->first_seq + s->count;
  tn_status status = TN_OK;
  if (first_seq == next)
    status = add_records(s, records, n, error);
  else
    status = s->host->error_set(error, TN_CONFLICT, NULL, "seq %" PRIu64 " is next, not %" PRIu64, next, first_seq);
  pthread_mutex_unlock(&s->mutex);
  return status;
}

static tn_status memory_sync(void *self, tn_error *error) {
  (void)self;
  (void)error;
  return TN_OK;
}

static tn_status trimmed(const memory_storage *s, uint64_t seq, uint64_t oldest, tn_error *error) {
  return s->host->error_set(error, TN_TRIMMED, NULL, "record %" PRIu64 " was trimmed; the oldest is %" PRIu64, seq,
                            oldest);
}

static tn_status memory_read_open(void *self, uint64_t from_seq, void **cursor, tn_error *error) {
  memory_storage *s = self;
  pthread_mutex_lock(&s->mutex);
  uint64_t oldest = s->first_seq;
  pthread_mutex_unlock(&s->mutex);
  if (from_seq < oldest) return trimmed(s, from_seq, oldest, error);
  memory_cursor *c = resize(s, NULL, 0, sizeof *c);
  if (!c) return no_memory(s, error);
  *c = (memory_cursor){.seq = from_seq};
  *cursor = c;
  return TN_OK;
}

static tn_status memory_read_next(void *self, void *cursor, tn_record *out, tn_error *error) {
  memory_storage *s = self;
  memory_cursor *c = cursor;
  free_block(s, &c->bytes);
  tn_status status = TN_NOT_FOUND;
  pthread_mutex_lock(&s->mutex);
  uint64_t oldest = s->first_seq;
  if (c->seq < oldest)
    status = trimmed(s, c->seq, oldest, error);
  else if (c->seq - oldest < s->count) {
    const block *record = &s->records[c->seq - oldest];
    status = copy_block(s, (tn_slice){record->data, record->size}, &c->bytes, error);
  }
  pthread_mutex_unlock(&s->mutex);
  if (status == TN_OK) *out = (tn_record){c->seq++, {c->bytes.data, c->bytes.size}};
  return status;
}

static void memory_read_close(void *self, void *cursor) {
  memory_storage *s = self;
  free_block(s, &((memory_cursor *)cursor)->bytes);
  (void)resize(s, cursor, sizeof(memory_cursor), 0);
}

static tn_status memory_trim(void *self, uint64_t upto, uint64_t *first_seq, tn_error *error) {
  (void)error;
  memory_storage *s = self;
  pthread_mutex_lock(&s->mutex);
  size_t drop = upto < s->first_seq ? 0 : s->count;
  if (drop > 0 && upto - s->first_seq < drop) drop = (size_t)(upto - s->first_seq) + 1;
  for (size_t i = 0; i < drop; i++) free_block(s, &s->records[i]);
  if (drop > 0) memmove(s->records, s->records + drop, (s->count - drop) * sizeof *s->records);
  s->count -= drop;
  s->first_seq += drop;
  *first_seq = s->first_seq;
  pthread_mutex_unlock(&s->mutex);
  return TN_OK;
}

/* ---- snapshots ------------------------------------------------------------------------------ */

static tn_status memory_snapshot_begin(void *self, uint64_t seq, void **writer, tn_error *error) {
  memory_storage *s = self;
  snapshot_writer *w = resize(s, NULL, 0, sizeof *w);
  if (!w) return no_memory(s, error);
  *w = (snapshot_writer){.seq = seq, .bytes = {.memory = s->memory}};
  *writer = w;
  return TN_OK;
}

static tn_status memory_snapshot_write(void *self, void *writer, tn_slice bytes, tn_error *error) {
  tn_status status = tn_buffer_append(&((snapshot_writer *)writer)->bytes, bytes.data, bytes.size);
  return status == TN_OK ? TN_OK : no_memory(self, error);
}

static void memory_snapshot_abort(void *self, void *writer) {
  snapshot_writer *w = writer;
  tn_buffer_free(&w->bytes);
  (void)resize(self, w, sizeof *w, 0);
}

/* Where the snapshot of `seq` or of the next lower seq hangs. Under the mutex. */
static stored_snapshot **find_snapshot(memory_storage *s, uint64_t seq) {
  stored_snapshot **at = &s->snapshots;
  while (*at && (*at)->seq > seq) at = &(*at)->next;
  return at;
}

/* Under the mutex. */
static void unlink_snapshot(memory_storage *s, stored_snapshot **at) {
  stored_snapshot *gone = *at;
  *at = gone->next;
  gone->removed = true;
  if (gone->readers == 0) free_snapshot(s, gone);
}

static tn_status memory_snapshot_commit(void *self, void *writer, tn_error *error) {
  memory_storage *s = self;
  snapshot_writer *w = writer;
  stored_snapshot *made = resize(s, NULL, 0, sizeof *made);
  tn_status status = made ? TN_OK : no_memory(s, error);
  if (made) {
    *made = (stored_snapshot){.seq = w->seq};
    status = copy_block(s, (tn_slice){w->bytes.data, w->bytes.size}, &made->bytes, error);
    if (status != TN_OK) (void)resize(s, made, sizeof *made, 0);
  }
  if (status == TN_OK) {
    pthread_mutex_lock(&s->mutex);
    stored_snapshot **at = find_snapshot(s, made->seq);
    if (*at && (*at)->seq == made->seq) unlink_snapshot(s, at);
    made->next = *at;
    *at = made;
    pthread_mutex_unlock(&s->mutex);
  }
  memory_snapshot_abort(s, w);
  return status;
}

/* The newest snapshot below `below`; 0 entries gives false. */
static bool snapshot_below(memory_storage *s, bool bounded, uint64_t below, uint64_t *seq, uint64_t *size) {
  pthread_mutex_lock(&s->mutex);
  const stored_snapshot *at = s->snapshots;
  while (at && bounded && at->seq >= below) at = at->next;
  if (at) *seq = at->seq, *size = at->bytes.size;
  pthread_mutex_unlock(&s->mutex);
  return at != NULL;
}

static tn_status memory_snapshot_list(void *self, tn_status (*each)(void *arg, uint64_t seq, uint64_t size),
                                      void *arg, tn_error *error) {
  (void)error;
  uint64_t seq = 0, size = 0;
  tn_status status = TN_OK;
  for (bool bounded = false; status == TN_OK && snapshot_below(self, bounded, seq, &seq, &size); bounded = true)
    status = each(arg, seq, size);
  return status;
}

static tn_status memory_snapshot_open(void *self, uint64_t seq, void **reader, tn_error *error) {
  memory_storage *s = self;
  snapshot_reader *r = resize(s, NULL, 0, sizeof *r);
  if (!r) return no_memory(s, error);
  pthread_mutex_lock(&s->mutex);
  stored_snapshot *at = *find_snapshot(s, seq);
  if (at && at->seq != seq) at = NULL;
  if (at) at->readers++;
  pthread_mutex_unlock(&s->mutex);
  if (!at) {
    (void)resize(s, r, sizeof *r, 0);
    return s->host->error_set(error, TN_NOT_FOUND, NULL, "there is no snapshot %" PRIu64, seq);
  }
  *r = (snapshot_reader){at, 0};
  *reader = r;
  return TN_OK;
}

static tn_status memory_snapshot_read(void *self, void *reader, tn_slice *out, tn_error *error) {
  (void)self;
  (void)error;
  snapshot_reader *r = reader;
  size_t left = r->snapshot->bytes.size - r->at, run = left < SNAPSHOT_RUN ? left : SNAPSHOT_RUN;
  if (run == 0) return TN_NOT_FOUND;
  *out = (tn_slice){r->snapshot->bytes.data + r->at, run};
  r->at += run;
  return TN_OK;
}

static void memory_snapshot_close(void *self, void *reader) {
  memory_storage *s = self;
  snapshot_reader *r = reader;
  pthread_mutex_lock(&s->mutex);
  if (--r->snapshot->readers == 0 && r->snapshot->removed) free_snapshot(s, r->snapshot);
  pthread_mutex_unlock(&s->mutex);
  (void)resize(s, r, sizeof *r, 0);
}

static tn_status memory_snapshot_remove(void *self, uint64_t seq, tn_error *error) {
  memory_storage *s = self;
  pthread_mutex_lock(&s->mutex);
  stored_snapshot **at = find_snapshot(s, seq);
  bool there = *at && (*at)->seq == seq;
  if (there) unlink_snapshot(s, at);
  pthread_mutex_unlock(&s->mutex);
  return there ? TN_OK : s->host->error_set(error, TN_NOT_FOUND, NULL, "there is no snapshot %" PRIu64, seq);
}

/* ---- the rest ------------------------------------------------------------------------------- */

static tn_status memory_set_meta(void *self, tn_slice meta, tn_error *error) {
  memory_storage *s = self;
  block fresh;
  tn_status status = copy_block(s, meta, &fresh, error);
  if (status != TN_OK) return status;
  free_block(s, &s->meta);
  s->meta = fresh;
  return TN_OK;
}

static void memory_stats(void *self, tn_builder *out) {
  memory_storage *s = self;
  pthread_mutex_lock(&s->mutex);
  uint64_t count = s->count, bytes = 0, snapshots = 0;
  for (size_t i = 0; i < s->count; i++) bytes += s->records[i].size;
  for (const stored_snapshot *at = s->snapshots; at; at = at->next) snapshots++;
  pthread_mutex_unlock(&s->mutex);
  tn_set(out, "records", count);
  tn_set(out, "journal_bytes", bytes);
  tn_set(out, "snapshots", snapshots);
}

const tn_storage tni_storage_memory = {
    .plugin = TN_PLUGIN(tn_storage, TN_KIND_STORAGE, "memory", 1, "everything in memory; gone when closed"),
    .state_size = sizeof(memory_storage),
    .open = memory_open,
    .close = memory_close,
    .append = memory_append,
    .sync = memory_sync,
    .read_open = memory_read_open,
    .read_next = memory_read_next,
    .read_close = memory_read_close,
    .trim = memory_trim,
    .snapshot_begin = memory_snapshot_begin,
    .snapshot_write = memory_snapshot_write,
    .snapshot_commit = memory_snapshot_commit,
    .snapshot_abort = memory_snapshot_abort,
    .snapshot_list = memory_snapshot_list,
    .snapshot_open = memory_snapshot_open,
    .snapshot_read = memory_snapshot_read,
    .snapshot_close = memory_snapshot_close,
    .snapshot_remove = memory_snapshot_remove,
    .stats = memory_stats,
    .set_meta = memory_set_meta,
};
