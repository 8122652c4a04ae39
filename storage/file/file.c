#include "file.h"

#include <inttypes.h>
#include <stdatomic.h>

#include "cursor.h"
#include "disk/common.h"
#include "look.h"
#include "recover.h"
#include "snapshot.h"

typedef struct file_storage {
  tni_fdir dir;
  tni_fmeta meta;
  tni_fjournal journal;
  tn_file *lock;
  bool text_snapshots;
  _Atomic(tn_file *) leaving; /* a snapshot that was removed, one at most, until there is time to close it */
} file_storage;

/* ---- config --------------------------------------------------------------------------------- */

static tn_status take_size(const tni_fdir *dir, const char *name, tn_value value, uint64_t *out, tn_error *error) {
  int64_t n;
  if (!tn_as_int(value, &n) || n < TNI_SEGMENT_BYTES_LEAST || (uint64_t)n > TNI_SEGMENT_BYTES_MOST)
    return tni_ffail(dir, error, TN_INVALID, name, "an integer from %d to %" PRIu64 " is expected",
                     TNI_SEGMENT_BYTES_LEAST, TNI_SEGMENT_BYTES_MOST);
  *out = (uint64_t)n / 8 * 8;
  return TN_OK;
}

static tn_status configure(file_storage *s, tn_value config, tn_error *error) {
  tni_fjournal *j = &s->journal;
  bool tail_only = false;
  j->segment_min = TNI_SEGMENT_BYTES_MIN;
  j->segment_max = TNI_SEGMENT_BYTES_MAX;
  if (!tn_is_absent(config) && tn_value_type(config) != TN_OBJECT)
    return tni_ffail(&s->dir, error, TN_INVALID, "", "an object is expected");
  tn_status status = TN_OK;
  for (tn_iter it = tn_iter_of(config); status == TN_OK && tn_iter_next(&it);) {
    if (tni_is_word(it.name, "segment_bytes_min"))
      status = take_size(&s->dir, "segment_bytes_min", it.value, &j->segment_min, error);
    else if (tni_is_word(it.name, "segment_bytes_max"))
      status = take_size(&s->dir, "segment_bytes_max", it.value, &j->segment_max, error);
    else if (tni_is_word(it.name, "verify"))
      status = tni_take_choice(&s->dir, "verify", it.value, "all", "tail", &tail_only, error);
    else
      status = tni_unknown_key(&s->dir, it.name,
                               "storage \"file\" knows segment_bytes_min, segment_bytes_max and verify", error);
  }
  j->verify_all = !tail_only;
  if (j->segment_max < j->segment_min) j->segment_max = j->segment_min;
  return status;
}

/* ---- open and close ------------------------------------------------------------------------- */

/* A directory that holds other things is somebody else's. */
static tn_status refuse_foreign(file_storage *s, tn_error *error) {
  static const char *const known[] = {"lock", "journal", "TENON.tmp", "lost+found"};
  return tni_fdir_refuse_foreign(&s->dir, "file TENON", known, sizeof known / sizeof *known, error);
}

/* The first segment, then TENON: only that makes it a log. What a recovery would find is known. */
static tn_status create(file_storage *s, const tn_storage_options *options, tn_error *error) {
  if (options->base_seq == 0) return tni_ffail(&s->dir, error, TN_INVALID, NULL, "records are counted from 1");
  uint64_t epoch = options->base_epoch > 0 ? options->base_epoch - 1 : 0;
  tn_status status = refuse_foreign(s, error);
  if (status == TN_OK) status = tni_fdir_random(&s->dir, &s->meta.log_id, error);
  s->journal.log_id = s->meta.log_id;
  if (status == TN_OK) status = tni_fjournal_create(&s->journal, options->base_seq, epoch, error);
  s->meta.trimmed_upto = options->base_seq - 1;
  if (status == TN_OK) status = tni_fmeta_hold(&s->dir, &s->meta, options->meta, error);
  if (status == TN_OK) status = tni_fmeta_write(&s->dir, &s->meta, error);
  return status == TN_OK ? tni_fjournal_mark(&s->journal, TNI_FRAME_OPEN, error) : status;
}

/* TENON as it is; *there says whether there is one. */
static tn_status find_meta(file_storage *s, bool *there, tn_error *error) {
  tn_error found = TN_ERROR_INIT;
  tn_status status = tni_fmeta_read(&s->dir, &s->meta, &found);
  *there = status == TN_OK;
  if (status == TN_OK || status == TN_NOT_FOUND) return TN_OK;
  if (error) *error = found;
  return status;
}

static tn_status open_owner(file_storage *s, const tn_storage_options *options, bool *clean, tn_error *error) {
  bool there = false;
  tn_status status = s->dir.io->make_dir(s->dir.io, s->dir.path, error);
  if (status == TN_OK) status = find_meta(s, &there, error);
  if (status == TN_OK && !there) status = refuse_foreign(s, error);
  tni_fmeta_free(&s->dir, &s->meta);
  if (status == TN_OK) status = tni_fdir_lock(&s->dir, &s->lock, error);
  if (status == TN_OK) status = find_meta(s, &there, error); /* again: whoever had the lock may have changed it */
  if (status == TN_OK && !there) status = create(s, options, error);
  s->journal.log_id = s->meta.log_id;
  if (status == TN_OK && there)
    status = tni_frecover(&s->journal, s->meta.trimmed_upto, options->truncate_damaged, clean, error);
  if (status == TN_OK && !there) *clean = true;
  if (status == TN_OK) status = tni_fdir_remove_all(&s->dir, "journal", ".tmp", error);
  if (status == TN_OK) status = tni_fdir_remove_all(&s->dir, "", ".tmp", error);
  return status;
}

static tn_status open_reader(file_storage *s, bool *clean, tn_error *error) {
  tn_error found = TN_ERROR_INIT;
  tn_status status = tni_fmeta_read(&s->dir, &s->meta, &found);
  if (status == TN_NOT_FOUND)
    return tni_ffail(&s->dir, error, status, s->dir.path, "there is no data directory of Tenon here");
  if (status != TN_OK) {
    if (error) *error = found;
    return status;
  }
  s->journal.log_id = s->meta.log_id;
  return tni_flook(&s->journal, clean, error);
}

/* `next` is to leave: what was to leave before does. */
static void let_leave(file_storage *s, tn_file *next) {
  tn_file *before = atomic_exchange(&s->leaving, next);
  if (before) s->dir.io->close(before);
}

static void finish(file_storage *s) {
  let_leave(s, NULL);
  tni_fjournal_fini(&s->journal);
  tni_fmeta_free(&s->dir, &s->meta);
  if (s->lock) s->dir.io->close(s->lock);
  s->lock = NULL;
  tni_fdir_fini(&s->dir);
}

static tn_status file_open(void *self, const tn_storage_options *options, tn_storage_state *out, tn_error *error) {
  file_storage *s = self;
  tn_status status = tni_fdir_init(&s->dir, options, error);
  if (status != TN_OK) return status;
  status = tni_fjournal_init(&s->journal, &s->dir, error);
  if (status != TN_OK) {
    tni_fdir_fini(&s->dir);
    return status;
  }
  s->journal.text = options->text;
  s->text_snapshots = options->text_snapshots;
  bool clean = false;
  status = configure(s, options->config, error);
  if (status == TN_OK)
    status = options->read_only ? open_reader(s, &clean, error) : open_owner(s, options, &clean, error);
  if (status != TN_OK) {
    finish(s);
    return status;
  }
  const tni_fjournal *j = &s->journal;
  *out = (tn_storage_state){.meta = {s->meta.bytes, s->meta.size},
                            .first_seq = j->first_seq,
                            .next_seq = j->next_seq,
                            .epoch = j->epoch,
                            .clean = clean};
  return TN_OK;
}

static tn_status file_close(void *self, tn_error *error) {
  file_storage *s = self;
  tn_status status = s->dir.read_only ? TN_OK : tni_fjournal_sync(&s->journal, error);
  if (status == TN_OK && !s->dir.read_only) status = tni_fjournal_mark(&s->journal, TNI_FRAME_END, error);
  finish(s);
  return status;
}

/* ---- the journal ---------------------------------------------------------------------------- */

static tn_status file_append(void *self, uint64_t first_seq, const tn_slice *records, size_t n, uint32_t flags,
                             tn_error *error) {
  file_storage *s = self;
  return tni_fjournal_append(&s->journal, first_seq, records, n, (flags & TN_APPEND_SYNC) != 0, error);
}

static tn_status file_sync(void *self, tn_error *error) {
  return tni_fjournal_sync(&((file_storage *)self)->journal, error);
}

static tn_status file_read_open(void *self, uint64_t from_seq, void **cursor, tn_error *error) {
  file_storage *s = self;
  tn_status status = s->dir.read_only ? tni_flook(&s->journal, NULL, error) : TN_OK;
  tni_fcursor *made = NULL;
  if (status == TN_OK) status = tni_fcursor_open(&s->journal, from_seq, &made, error);
  if (status == TN_OK) *cursor = made;
  return status;
}

static tn_status file_read_next(void *self, void *cursor, tn_record *out, tn_error *error) {
  (void)self;
  return tni_fcursor_next(cursor, out, error);
}

static void file_read_close(void *self, void *cursor) {
  (void)self;
  tni_fcursor_close(cursor);
}

static tn_status file_trim(void *self, uint64_t upto, uint64_t *first_seq, tn_error *error) {
  file_storage *s = self;
  if (s->dir.read_only) return tni_ffail(&s->dir, error, TN_DENIED, NULL, "the data directory was opened read-only");
  tni_fmeta meta = s->meta;
  meta.trimmed_upto = tni_fjournal_droppable(&s->journal, upto);
  if (meta.trimmed_upto >= s->journal.first_seq) {
    tn_status status = tni_fmeta_write(&s->dir, &meta, error);
    if (status != TN_OK) return status;
    s->meta.trimmed_upto = meta.trimmed_upto;
    tni_fjournal_drop(&s->journal, meta.trimmed_upto);
  }
  *first_seq = s->journal.first_seq;
  return TN_OK;
}

/* ---- snapshots ------------------------------------------------------------------------------ */

static tn_status file_snapshot_begin(void *self, uint64_t seq, void **writer, tn_error *error) {
  file_storage *s = self;
  tni_fsnapshot_writer *made;
  tn_status status = tni_fsnapshot_begin(&s->dir, s->meta.log_id, seq, s->text_snapshots, &made, error);
  if (status == TN_OK) *writer = made;
  return status;
}

static tn_status file_snapshot_write(void *self, void *writer, tn_slice bytes, tn_error *error) {
  (void)self;
  return tni_fsnapshot_write(writer, bytes, error);
}

static tn_status file_snapshot_commit(void *self, void *writer, tn_error *error) {
  (void)self;
  return tni_fsnapshot_commit(writer, error);
}

static void file_snapshot_abort(void *self, void *writer) {
  (void)self;
  tni_fsnapshot_abort(writer);
}

static tn_status file_snapshot_list(void *self, tn_status (*each)(void *arg, uint64_t seq, uint64_t size), void *arg,
                                    tn_error *error) {
  return tni_fsnapshot_list(&((file_storage *)self)->dir, each, arg, error);
}

static tn_status file_snapshot_open(void *self, uint64_t seq, void **reader, tn_error *error) {
  file_storage *s = self;
  tni_fsnapshot_reader *made;
  tn_status status = tni_fsnapshot_open(&s->dir, s->meta.log_id, seq, &made, error);
  if (status == TN_OK) *reader = made;
  return status;
}

static tn_status file_snapshot_read(void *self, void *reader, tn_slice *out, tn_error *error) {
  (void)self;
  return tni_fsnapshot_read(reader, out, error);
}

static void file_snapshot_close(void *self, void *reader) {
  (void)self;
  tni_fsnapshot_close(reader);
}

static tn_status file_snapshot_remove(void *self, uint64_t seq, tn_error *error) {
  file_storage *s = self;
  tn_file *leaving = NULL;
  tn_status status = tni_fsnapshot_remove(&s->dir, seq, &leaving, error);
  if (leaving) let_leave(s, leaving);
  return status;
}

/* ---- the rest ------------------------------------------------------------------------------- */

static tn_status file_set_meta(void *self, tn_slice bytes, tn_error *error) {
  file_storage *s = self;
  if (s->dir.read_only) return tni_ffail(&s->dir, error, TN_DENIED, NULL, "the data directory was opened read-only");
  tni_fmeta meta = s->meta;
  tn_status status = tni_fmeta_hold(&s->dir, &meta, bytes, error);
  if (status != TN_OK) return status;
  status = tni_fmeta_write(&s->dir, &meta, error);
  tni_fmeta_free(&s->dir, status == TN_OK ? &s->meta : &meta);
  if (status == TN_OK) s->meta = meta;
  return status;
}

static tn_status look_for(void *self, uint64_t seq, bool *there, tn_error *error) {
  file_storage *s = self;
  tn_status status = s->dir.read_only ? tni_flook(&s->journal, NULL, error) : TN_OK;
  pthread_mutex_lock(&s->journal.mutex);
  *there = s->journal.next_seq > seq;
  pthread_mutex_unlock(&s->journal.mutex);
  return status;
}

static tn_status file_follow(void *self, uint64_t after_seq, uint32_t timeout_ms, tn_error *error) {
  return tni_follow(self, look_for, after_seq, timeout_ms, error);
}

static tn_status file_maintain(void *self, tn_error *error) {
  file_storage *s = self;
  tni_fjournal *j = &s->journal;
  let_leave(s, NULL);
  tn_status status = tni_fjournal_state(j, error);
  return status == TN_OK ? tni_fjournal_prepare(j, error) : status;
}

static void file_stats(void *self, tn_builder *out) {
  file_storage *s = self;
  tni_fjournal *j = &s->journal;
  tni_snapshot_sum sum = tni_sum_snapshots(self, file_snapshot_list);
  pthread_mutex_lock(&j->mutex);
  uint64_t bytes = 0, segments = j->count, first = j->first_seq, next = j->next_seq;
  for (size_t i = 0; i < j->count; i++) bytes += j->segments[i].tail;
  pthread_mutex_unlock(&j->mutex);
  tn_set(out, "segments", segments);
  tn_set(out, "journal_bytes", bytes);
  tn_set(out, "first_seq", first);
  tn_set(out, "next_seq", next);
  tn_set(out, "snapshots", sum.count);
  tn_set(out, "snapshot_bytes", sum.bytes);
}

const tn_storage tni_storage_file = {
    .plugin = TN_PLUGIN(tn_storage, TN_KIND_STORAGE, "file", 1, "a journal and snapshots in a directory; durable"),
    .state_size = sizeof(file_storage),
    .open = file_open,
    .close = file_close,
    .append = file_append,
    .sync = file_sync,
    .read_open = file_read_open,
    .read_next = file_read_next,
    .read_close = file_read_close,
    .trim = file_trim,
    .snapshot_begin = file_snapshot_begin,
    .snapshot_write = file_snapshot_write,
    .snapshot_commit = file_snapshot_commit,
    .snapshot_abort = file_snapshot_abort,
    .snapshot_list = file_snapshot_list,
    .snapshot_open = file_snapshot_open,
    .snapshot_read = file_snapshot_read,
    .snapshot_close = file_snapshot_close,
    .snapshot_remove = file_snapshot_remove,
    .follow = file_follow,
    .maintain = file_maintain,
    .stats = file_stats,
    .set_meta = file_set_meta,
};
