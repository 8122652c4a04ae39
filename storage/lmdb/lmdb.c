#include "lmdb.h"

#include <inttypes.h>

#include "check.h"
#include "cursor.h"
#include "disk/common.h"
#include "snapshot.h"

#define JOURNAL_NAME "data.mdb"
#define SNAPSHOTS_NAME "snapshots.mdb"

typedef enum apart_choice { APART_AS_IT_IS, APART_NO, APART_YES } apart_choice;

typedef struct lmdb_storage {
  tni_fdir dir;
  tn_file *lock;
  apart_choice apart;
  bool verify_all;
  tni_lfile file; /* of a reader; an owner's are in its environments */
  tni_lfile apart_file;
  tni_lenv env;
  tni_lenv apart_env; /* when snapshots are apart */
  tni_lstate state;
  tni_ljournal journal;
  tni_lsnapshots snapshots;
  uint8_t *meta; /* the host's, owned */
  size_t meta_size;
} lmdb_storage;

/* ---- config --------------------------------------------------------------------------------- */

static tn_status configure(lmdb_storage *s, tn_value config, tn_error *error) {
  bool second = false;
  tn_status status = TN_OK;
  s->verify_all = true;
  if (!tn_is_absent(config) && tn_value_type(config) != TN_OBJECT)
    return tni_ffail(&s->dir, error, TN_INVALID, "", "an object is expected");
  for (tn_iter it = tn_iter_of(config); status == TN_OK && tn_iter_next(&it);) {
    if (tni_is_word(it.name, "snapshots")) {
      status = tni_take_choice(&s->dir, "snapshots", it.value, "together", "apart", &second, error);
      s->apart = second ? APART_YES : APART_NO;
    } else if (tni_is_word(it.name, "verify")) {
      status = tni_take_choice(&s->dir, "verify", it.value, "all", "tail", &second, error);
      s->verify_all = !second;
    } else {
      status = tni_unknown_key(&s->dir, it.name, "storage \"lmdb\" knows snapshots and verify", error);
    }
  }
  return status;
}

/* ---- the directory -------------------------------------------------------------------------- */

/* A directory that holds other things is somebody else's. */
static tn_status refuse_foreign(lmdb_storage *s, tn_error *error) {
  static const char *const known[] = {"lock", SNAPSHOTS_NAME, JOURNAL_NAME ".tmp", SNAPSHOTS_NAME ".tmp",
                                      "lost+found"};
  return tni_fdir_refuse_foreign(&s->dir, JOURNAL_NAME, known, sizeof known / sizeof *known, error);
}

static tn_status create_apart(lmdb_storage *s, const tni_lstate *journal, tn_error *error) {
  tni_lstate state = {.log_id = journal->log_id, .of_snapshots = true, .closed = true};
  return tni_lenv_create(&s->dir, SNAPSHOTS_NAME, &state, (tn_slice){NULL, 0}, error);
}

/* The journal's file comes last and whole: only it makes the directory a log. */
static tn_status create(lmdb_storage *s, const tn_storage_options *options, tn_error *error) {
  if (options->base_seq == 0) return tni_ffail(&s->dir, error, TN_INVALID, NULL, "records are counted from 1");
  tni_lstate state = {.closed = true,
                      .apart = s->apart == APART_YES,
                      .trimmed_upto = options->base_seq - 1,
                      .epoch = options->base_epoch > 0 ? options->base_epoch : 1,
                      .durable_upto = options->base_seq - 1};
  tn_status status = refuse_foreign(s, error);
  if (status == TN_OK) status = tni_fdir_random(&s->dir, &state.log_id, error);
  if (status == TN_OK && state.apart) status = create_apart(s, &state, error);
  return status == TN_OK ? tni_lenv_create(&s->dir, JOURNAL_NAME, &state, options->meta, error) : status;
}

/* ---- what the file says --------------------------------------------------------------------- */

static tn_status hold_meta(lmdb_storage *s, tn_slice bytes, tn_error *error) {
  const tn_memory *m = s->dir.memory;
  uint8_t *copy = bytes.size > 0 ? m->resize(m->context, NULL, 0, bytes.size) : NULL;
  if (bytes.size > 0 && !copy) return tni_ffail(&s->dir, error, TN_NOMEM, NULL, "no memory for the log's meta");
  if (copy) memcpy(copy, bytes.data, bytes.size);
  if (s->meta) (void)m->resize(m->context, s->meta, s->meta_size, 0);
  s->meta = copy;
  s->meta_size = bytes.size;
  return TN_OK;
}

static tn_status seek_kind(tni_lplace *p, tni_lkind kind, tn_error *error) {
  tni_lkey key = tni_lkey_of(kind);
  tn_status status = tni_lplace_seek(p, TNI_LAT, &key, error);
  if (status != TN_NOT_FOUND) return status;
  return tni_ffail(p->file->dir, error, TN_INVALID, p->file->name.text,
                   "this LMDB file holds no log of Tenon; choose another folder");
}

/* The state, which opens the rest to being checked. */
static tn_status read_state(tni_lfile *f, tni_lplace *p, tni_lstate *out, tn_error *error) {
  tn_status status = seek_kind(p, TNI_LSTATE, error);
  if (status == TN_OK) status = tni_lstate_decode(f->dir, f->name.text, p->value, out, error);
  if (status == TN_OK) f->log_id = out->log_id;
  return status;
}

static tn_status read_journal(lmdb_storage *s, tni_lfile *f, tn_error *error) {
  tni_lplace p;
  tn_status status = tni_lplace_init(&p, f, error);
  if (status == TN_OK) status = read_state(f, &p, &s->state, error);
  if (status == TN_OK) status = seek_kind(&p, TNI_LMETA, error);
  if (status == TN_OK) status = hold_meta(s, p.value, error);
  tni_lplace_fini(&p);
  if (status != TN_OK) return status;
  if (s->state.of_snapshots)
    return tni_ffail(&s->dir, error, TN_INVALID, JOURNAL_NAME, "this file is one of snapshots");
  if (s->apart == APART_AS_IT_IS || s->state.apart == (s->apart == APART_YES)) return TN_OK;
  return tni_ffail(&s->dir, error, TN_INVALID, "snapshots",
                   "this log was made with snapshots %s; leave the key out, or copy the log into a new one",
                   s->state.apart ? "apart" : "together");
}

static tn_status read_apart(lmdb_storage *s, tni_lfile *f, tn_error *error) {
  tni_lstate state;
  tni_lplace p;
  tn_status status = tni_lplace_init(&p, f, error);
  if (status == TN_OK) status = read_state(f, &p, &state, error);
  tni_lplace_fini(&p);
  if (status != TN_OK) return status;
  if (state.of_snapshots && state.log_id == s->state.log_id) return TN_OK;
  return tni_ffail(&s->dir, error, TN_INVALID, SNAPSHOTS_NAME, "this file belongs to another data directory");
}

/* ---- open and close ------------------------------------------------------------------------- */

static tn_status init_parts(lmdb_storage *s, bool owner, tn_error *error) {
  tni_lenv *snapshots = s->state.apart ? &s->apart_env : &s->env;
  const tni_lfile *file = owner ? &s->env.file : &s->file;
  const tni_lfile *snapshot_file = owner ? &snapshots->file : s->state.apart ? &s->apart_file : &s->file;
  tn_status status = tni_lsnapshots_init(&s->snapshots, owner ? snapshots : NULL, snapshot_file, error);
  if (status == TN_OK)
    status = tni_ljournal_init(&s->journal, owner ? &s->env : NULL, file, snapshot_file, &s->state, error);
  return status;
}

/* Opens the snapshots' own file. One that is not there was removed: the journal has what it had. */
static tn_status own_apart(lmdb_storage *s, tn_error *error) {
  tn_error found = TN_ERROR_INIT;
  tni_lbad_record ignored;
  tni_lfile f;
  tn_status status = tni_lfile_open(&f, &s->dir, SNAPSHOTS_NAME, TN_FILE_WRITE, &found);
  if (status == TN_NOT_FOUND) {
    tni_fdir_log(&s->dir, SNAPSHOTS_NAME " is missing; the log goes on without the snapshots it had");
    status = create_apart(s, &s->state, &found);
    if (status == TN_OK) status = tni_lfile_open(&f, &s->dir, SNAPSHOTS_NAME, TN_FILE_WRITE, &found);
  }
  if (status == TN_OK) status = read_apart(s, &f, &found);
  if (status == TN_OK && s->verify_all) status = tni_lcheck(&f, 0, &ignored, &found);
  if (status == TN_OK) status = tni_lenv_open(&s->apart_env, &f, &found);
  if (status != TN_OK) tni_lfile_close(&f);
  if (status != TN_OK && error) *error = found;
  return status;
}

static tn_status refuse_bad_record(const lmdb_storage *s, const tni_lbad_record *bad, tn_error *error) {
  return tni_ffail(&s->dir, error, TN_CORRUPT, bad->where.text,
                   "record %" PRIu64
                   " is damaged or missing; restore it from a backup, or set \"recover\": \"truncate\" "
                   "to lose it and all after it",
                   bad->seq);
}

/* Opens the journal's file, known to be sound but for `bad`. */
static tn_status own_journal(lmdb_storage *s, bool truncate, tni_lbad_record *bad, tn_error *error) {
  tni_lfile f;
  bad->found = false;
  tn_status status = tni_lfile_open(&f, &s->dir, JOURNAL_NAME, TN_FILE_WRITE, error);
  if (status != TN_OK) return status;
  status = read_journal(s, &f, error);
  if (status == TN_OK && (s->verify_all || truncate)) status = tni_lcheck(&f, s->state.trimmed_upto + 1, bad, error);
  if (status == TN_OK && bad->found && !truncate) status = refuse_bad_record(s, bad, error);
  if (status == TN_OK) status = tni_lenv_open(&s->env, &f, error);
  if (status != TN_OK) tni_lfile_close(&f);
  return status;
}

/* Brings the journal to where it is to go on, durably. */
static tn_status settle(lmdb_storage *s, const tni_lbad_record *bad, tn_error *error) {
  tn_status status = TN_OK;
  tni_ljournal *j = &s->journal;
  if (bad->found) {
    tni_fdir_log(&s->dir, "%s: giving up all from record %" PRIu64 " on, as asked", bad->where.text, bad->seq);
    status = tni_ljournal_give_up(j, bad->seq, error);
  }
  if (status == TN_OK) status = tni_ljournal_find(j, error);
  if (!j->state.closed) j->state.epoch++;
  if (status == TN_OK) status = tni_ljournal_mark(j, false, error);
  return status == TN_OK ? tni_lsnapshots_sweep(&s->snapshots, error) : status;
}

static tn_status is_there(lmdb_storage *s, bool *there, tn_error *error) {
  tn_error found = TN_ERROR_INIT;
  tn_file *file;
  tn_status status = tni_fdir_open(&s->dir, JOURNAL_NAME, TN_FILE_READ, &file, &found);
  *there = status == TN_OK;
  if (*there) s->dir.io->close(file);
  if (status == TN_OK || status == TN_NOT_FOUND) return TN_OK;
  if (error) *error = found;
  return status;
}

static tn_status open_owner(lmdb_storage *s, const tn_storage_options *options, bool *clean, tn_error *error) {
  bool there = false;
  tni_lbad_record bad = {.found = false};
  tn_status status = s->dir.io->make_dir(s->dir.io, s->dir.path, error);
  if (status == TN_OK) status = is_there(s, &there, error);
  if (status == TN_OK && !there) status = refuse_foreign(s, error);
  if (status == TN_OK) status = tni_fdir_lock(&s->dir, &s->lock, error);
  if (status == TN_OK) status = is_there(s, &there, error); /* again: whoever had the lock may have made it */
  if (status == TN_OK && !there) status = create(s, options, error);
  if (status == TN_OK) status = own_journal(s, options->truncate_damaged, &bad, error);
  if (status == TN_OK && s->state.apart) status = own_apart(s, error);
  if (status == TN_OK) status = init_parts(s, true, error);
  *clean = s->state.closed && !bad.found;
  if (status == TN_OK) status = settle(s, &bad, error);
  return status == TN_OK ? tni_fdir_remove_all(&s->dir, "", ".tmp", error) : status;
}

static tn_status open_reader(lmdb_storage *s, bool *clean, tn_error *error) {
  tn_error found = TN_ERROR_INIT;
  tn_status status = tni_lfile_open(&s->file, &s->dir, JOURNAL_NAME, TN_FILE_READ, &found);
  if (status == TN_NOT_FOUND)
    return tni_ffail(&s->dir, error, status, s->dir.path, "there is no data directory of Tenon here");
  if (status == TN_OK) status = read_journal(s, &s->file, &found);
  if (status == TN_OK && s->state.apart) {
    status = tni_lfile_open(&s->apart_file, &s->dir, SNAPSHOTS_NAME, TN_FILE_READ, &found);
    if (status == TN_NOT_FOUND)
      status = tni_ffail(&s->dir, &found, TN_CORRUPT, SNAPSHOTS_NAME, "it is missing; an owner's open makes it anew");
    if (status == TN_OK) status = read_apart(s, &s->apart_file, &found);
  }
  if (status == TN_OK) status = init_parts(s, false, &found);
  if (status == TN_OK) status = tni_ljournal_look(&s->journal, &found);
  if (status == TN_OK) *clean = s->journal.state.closed;
  if (status != TN_OK && error) *error = found;
  return status;
}

static void finish(lmdb_storage *s) {
  tni_ljournal_fini(&s->journal);
  tni_lsnapshots_fini(&s->snapshots);
  tni_lenv_close(&s->env);
  tni_lenv_close(&s->apart_env);
  tni_lfile_close(&s->file);
  tni_lfile_close(&s->apart_file);
  (void)hold_meta(s, (tn_slice){NULL, 0}, NULL);
  if (s->lock) s->dir.io->close(s->lock);
  s->lock = NULL;
  tni_fdir_fini(&s->dir);
}

static tn_status lmdb_open(void *self, const tn_storage_options *options, tn_storage_state *out, tn_error *error) {
  lmdb_storage *s = self;
  tn_status status = tni_fdir_init(&s->dir, options, error);
  if (status != TN_OK) return status;
  bool clean = false;
  status = configure(s, options->config, error);
  if (status == TN_OK)
    status = options->read_only ? open_reader(s, &clean, error) : open_owner(s, options, &clean, error);
  if (status != TN_OK) {
    finish(s);
    return status;
  }
  const tni_ljournal *j = &s->journal;
  *out = (tn_storage_state){.meta = {s->meta, s->meta_size},
                            .first_seq = j->bounds.first_seq,
                            .next_seq = j->bounds.next_seq,
                            .epoch = j->state.epoch,
                            .clean = clean};
  return TN_OK;
}

static tn_status lmdb_close(void *self, tn_error *error) {
  lmdb_storage *s = self;
  tn_status status = s->dir.read_only ? TN_OK : tni_ljournal_sync(&s->journal, error);
  if (status == TN_OK && !s->dir.read_only) status = tni_ljournal_mark(&s->journal, true, error);
  finish(s);
  return status;
}

/* ---- the journal ---------------------------------------------------------------------------- */

static tn_status lmdb_append(void *self, uint64_t first_seq, const tn_slice *records, size_t n, uint32_t flags,
                             tn_error *error) {
  lmdb_storage *s = self;
  return tni_ljournal_append(&s->journal, first_seq, records, n, (flags & TN_APPEND_SYNC) != 0, error);
}

static tn_status lmdb_sync(void *self, tn_error *error) {
  return tni_ljournal_sync(&((lmdb_storage *)self)->journal, error);
}

static tn_status lmdb_read_open(void *self, uint64_t from_seq, void **cursor, tn_error *error) {
  lmdb_storage *s = self;
  tn_status status = s->dir.read_only ? tni_ljournal_look(&s->journal, error) : TN_OK;
  tni_lcursor *made = NULL;
  if (status == TN_OK) status = tni_lcursor_open(&s->journal, from_seq, &made, error);
  if (status == TN_OK) *cursor = made;
  return status;
}

static tn_status lmdb_read_next(void *self, void *cursor, tn_record *out, tn_error *error) {
  (void)self;
  return tni_lcursor_next(cursor, out, error);
}

static void lmdb_read_close(void *self, void *cursor) {
  (void)self;
  tni_lcursor_close(cursor);
}

static tn_status lmdb_trim(void *self, uint64_t upto, uint64_t *first_seq, tn_error *error) {
  lmdb_storage *s = self;
  tn_status status = tni_ljournal_trim(&s->journal, upto, error);
  if (status == TN_OK) *first_seq = s->journal.bounds.first_seq;
  return status;
}

/* ---- snapshots ------------------------------------------------------------------------------ */

static tn_status lmdb_snapshot_begin(void *self, uint64_t seq, void **writer, tn_error *error) {
  tni_lsnapshot_writer *made;
  tn_status status = tni_lsnapshot_begin(&((lmdb_storage *)self)->snapshots, seq, &made, error);
  if (status == TN_OK) *writer = made;
  return status;
}

static tn_status lmdb_snapshot_write(void *self, void *writer, tn_slice bytes, tn_error *error) {
  (void)self;
  return tni_lsnapshot_write(writer, bytes, error);
}

static tn_status lmdb_snapshot_commit(void *self, void *writer, tn_error *error) {
  (void)self;
  return tni_lsnapshot_commit(writer, error);
}

static void lmdb_snapshot_abort(void *self, void *writer) {
  (void)self;
  tni_lsnapshot_abort(writer);
}

static tn_status lmdb_snapshot_list(void *self, tn_status (*each)(void *arg, uint64_t seq, uint64_t size), void *arg,
                                    tn_error *error) {
  return tni_lsnapshot_list(&((lmdb_storage *)self)->snapshots, each, arg, error);
}

static tn_status lmdb_snapshot_open(void *self, uint64_t seq, void **reader, tn_error *error) {
  tni_lsnapshot_reader *made;
  tn_status status = tni_lsnapshot_open(&((lmdb_storage *)self)->snapshots, seq, &made, error);
  if (status == TN_OK) *reader = made;
  return status;
}

static tn_status lmdb_snapshot_read(void *self, void *reader, tn_slice *out, tn_error *error) {
  (void)self;
  return tni_lsnapshot_read(reader, out, error);
}

static void lmdb_snapshot_close(void *self, void *reader) {
  (void)self;
  tni_lsnapshot_close(reader);
}

static tn_status lmdb_snapshot_remove(void *self, uint64_t seq, tn_error *error) {
  return tni_lsnapshot_remove(&((lmdb_storage *)self)->snapshots, seq, error);
}

/* ---- the rest ------------------------------------------------------------------------------- */

static tn_status lmdb_set_meta(void *self, tn_slice bytes, tn_error *error) {
  lmdb_storage *s = self;
  tn_status status = tni_ljournal_set_meta(&s->journal, bytes, error);
  return status == TN_OK ? hold_meta(s, bytes, error) : status;
}

static tn_status look_for(void *self, uint64_t seq, bool *there, tn_error *error) {
  lmdb_storage *s = self;
  tn_status status = s->dir.read_only ? tni_ljournal_look(&s->journal, error) : TN_OK;
  *there = tni_ljournal_bounds(&s->journal).next_seq > seq;
  return status;
}

static tn_status lmdb_follow(void *self, uint64_t after_seq, uint32_t timeout_ms, tn_error *error) {
  return tni_follow(self, look_for, after_seq, timeout_ms, error);
}

static tn_status lmdb_maintain(void *self, tn_error *error) {
  return tni_ljournal_tell(&((lmdb_storage *)self)->journal, error);
}

static uint64_t file_bytes(const tni_lfile *f) {
  uint64_t size = 0;
  (void)f->dir->io->size(f->file, &size, NULL);
  return size;
}

static void lmdb_stats(void *self, tn_builder *out) {
  lmdb_storage *s = self;
  tni_ljournal *j = &s->journal;
  tni_snapshot_sum sum = tni_sum_snapshots(self, lmdb_snapshot_list);
  tni_lbounds bounds = tni_ljournal_bounds(j);
  tni_lview view = {.txn = 0};
  (void)tni_lview_newest(j->file, &view, NULL);
  tn_set(out, "journal_bytes", bounds.end - bounds.begin);
  tn_set(out, "first_seq", bounds.first_seq);
  tn_set(out, "next_seq", bounds.next_seq);
  tn_set(out, "snapshots", sum.count);
  tn_set(out, "snapshot_bytes", sum.bytes);
  tn_set(out, "file_bytes", file_bytes(j->file) + (s->state.apart ? file_bytes(j->snapshots) : 0));
  tn_set(out, "used_pages", view.main.branch_pages + view.main.leaf_pages + view.main.big_pages);
  tn_set(out, "pages", view.last_page + 1);
}

const tn_storage tni_storage_lmdb = {
    .plugin = TN_PLUGIN(tn_storage, TN_KIND_STORAGE, "lmdb", 1, "a journal and snapshots in an LMDB file; durable"),
    .state_size = sizeof(lmdb_storage),
    .open = lmdb_open,
    .close = lmdb_close,
    .append = lmdb_append,
    .sync = lmdb_sync,
    .read_open = lmdb_read_open,
    .read_next = lmdb_read_next,
    .read_close = lmdb_read_close,
    .trim = lmdb_trim,
    .snapshot_begin = lmdb_snapshot_begin,
    .snapshot_write = lmdb_snapshot_write,
    .snapshot_commit = lmdb_snapshot_commit,
    .snapshot_abort = lmdb_snapshot_abort,
    .snapshot_list = lmdb_snapshot_list,
    .snapshot_open = lmdb_snapshot_open,
    .snapshot_read = lmdb_snapshot_read,
    .snapshot_close = lmdb_snapshot_close,
    .snapshot_remove = lmdb_snapshot_remove,
    .follow = lmdb_follow,
    .maintain = lmdb_maintain,
    .stats = lmdb_stats,
    .set_meta = lmdb_set_meta,
};
