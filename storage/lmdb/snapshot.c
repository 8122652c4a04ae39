#include "snapshot.h"

#include <inttypes.h>

#include "disk/bytes.h"

#define SWEEP_AT_ONCE 64 /* chunks removed by one txn */

struct tni_lsnapshot_writer {
  tni_lsnapshots *s;
  uint64_t seq;
  tni_lsnapshot_head head;
  bool failed;
  size_t filled; /* of the chunk */
  uint8_t chunk[TNI_LCHUNK_SIZE];
};

struct tni_lsnapshot_reader {
  tni_lsnapshots *s;
  uint64_t seq;
  tni_lsnapshot_head head;
  uint32_t next;  /* chunk */
  uint64_t bytes; /* handed out */
  bool removed;   /* its chunks go with its last reader */
  tni_lplace place;
  tni_lsnapshot_reader *link;
};

static void *take_memory(const tni_lsnapshots *s, size_t size, tn_error *error) {
  void *data = s->dir->memory->resize(s->dir->memory->context, NULL, 0, size);
  if (!data) tni_ffail(s->dir, error, TN_NOMEM, NULL, "no memory for a snapshot's buffer");
  return data;
}

static void give_memory(const tni_lsnapshots *s, void *data, size_t size) {
  (void)s->dir->memory->resize(s->dir->memory->context, data, size, 0);
}

tn_status tni_lsnapshots_init(tni_lsnapshots *s, tni_lenv *env, const tni_lfile *file, tn_error *error) {
  *s = (tni_lsnapshots){.env = env, .file = file};
  if (pthread_mutex_init(&s->mutex, NULL) != 0)
    return tni_ffail(file->dir, error, TN_NOMEM, NULL, "no memory for a lock");
  s->dir = file->dir;
  return TN_OK;
}

void tni_lsnapshots_fini(tni_lsnapshots *s) {
  if (s->dir) pthread_mutex_destroy(&s->mutex);
  s->dir = NULL;
}

static tn_status may_write(const tni_lsnapshots *s, tn_error *error) {
  return s->env ? TN_OK : tni_ffail(s->dir, error, TN_DENIED, NULL, "the data directory was opened read-only");
}

/* ---- removing chunks ------------------------------------------------------------------------ */

typedef struct sweeping {
  uint64_t seq, id;
  uint32_t from; /* chunk */
  unsigned removed;
} sweeping;

static int remove_chunks(tni_ltxn *txn, void *arg) {
  sweeping *w = arg;
  tni_lkey first = tni_lkey_chunk(w->seq, w->id, w->from);
  MDB_cursor *cursor;
  int code = mdb_cursor_open(txn->txn, txn->dbi, &cursor);
  if (code != 0) return code;
  for (w->removed = 0; w->removed < SWEEP_AT_ONCE; w->removed++) {
    MDB_val key = {first.size, first.bytes}, value;
    uint64_t seq, id;
    code = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    if (code != 0 || !tni_lkey_is_chunk((tn_slice){key.mv_data, key.mv_size}, &seq, &id)) break;
    if (seq != w->seq || id != w->id) break;
    code = mdb_cursor_del(cursor, 0);
    if (code != 0) break;
  }
  mdb_cursor_close(cursor);
  return code == MDB_NOTFOUND ? 0 : code;
}

/* A few by each txn, so that others get in between and lists of free pages stay short. The first chunk goes last and
 * alone: LMDB cannot take again what the newest txn freed, and there may be no other one soon. */
static tn_status sweep_chunks(tni_lsnapshots *s, uint64_t seq, uint64_t id, tn_error *error) {
  sweeping w = {seq, id, 1, SWEEP_AT_ONCE};
  tn_status status = TN_OK;
  while (status == TN_OK && w.removed == SWEEP_AT_ONCE)
    status = tni_lenv_write(s->env, 0, remove_chunks, &w, false, error);
  w.from = 0;
  return status == TN_OK ? tni_lenv_write(s->env, 0, remove_chunks, &w, false, error) : status;
}

/* Chunks that lost their head, or never had one. What cannot be removed now is swept by the next open. */
static void forget(tni_lsnapshots *s, uint64_t seq, uint64_t id) {
  bool read = false;
  tn_error error = TN_ERROR_INIT;
  pthread_mutex_lock(&s->mutex);
  for (tni_lsnapshot_reader *r = s->readers; r; r = r->link)
    if (r->head.id == id) read = r->removed = true;
  pthread_mutex_unlock(&s->mutex);
  if (read || sweep_chunks(s, seq, id, &error) == TN_OK) return;
  tni_fdir_log(s->dir, "%s: chunks of snapshot %" PRIu64 " could not be removed (%s); the next open tries again",
               s->file->name.text, seq, error.text);
}

/* ---- heads ---------------------------------------------------------------------------------- */

static tn_status damaged(const tni_lsnapshots *s, uint64_t seq, const char *what, tn_error *error) {
  return tni_ffail(s->dir, error, TN_CORRUPT, s->file->name.text, "snapshot %" PRIu64 " is damaged: %s", seq, what);
}

static tn_status read_head(const tni_lsnapshots *s, tni_lplace *p, uint64_t seq, tni_lsnapshot_head *out,
                           tn_error *error) {
  tni_lkey key = tni_lkey_numbered(TNI_LSNAPSHOT, seq);
  tn_status status = tni_lplace_seek(p, TNI_LAT, &key, error);
  if (status == TN_NOT_FOUND) return tni_ffail(s->dir, error, status, NULL, "there is no snapshot %" PRIu64, seq);
  if (status == TN_OK && !tni_lsnapshot_head_decode(p->value, out))
    return damaged(s, seq, "its head has another size", error);
  return status;
}

/* With a place of its own. */
static tn_status find_head(const tni_lsnapshots *s, uint64_t seq, tni_lsnapshot_head *out, tn_error *error) {
  tni_lplace p;
  tn_status status = tni_lplace_init(&p, s->file, error);
  if (status == TN_OK) status = read_head(s, &p, seq, out, error);
  tni_lplace_fini(&p);
  return status;
}

/* The seq of the last snapshot whose key is before `border`, which becomes that key. */
static tn_status find_before(tni_lplace *p, tni_lkey *border, uint64_t *seq, tn_error *error) {
  tn_status status = tni_lplace_seek_key(p, TNI_LBEFORE, border, error);
  if (status == TN_OK && !tni_lkey_is(p->key, TNI_LSNAPSHOT, seq)) return TN_NOT_FOUND;
  if (status == TN_OK) *border = tni_lkey_numbered(TNI_LSNAPSHOT, *seq);
  return status;
}

static tn_status list_with(const tni_lsnapshots *s, tni_lplace *p,
                           tn_status (*each)(void *arg, uint64_t seq, uint64_t size), void *arg, tn_error *error) {
  tni_lkey border = tni_lkey_of(TNI_LCHUNK);
  uint64_t seq;
  tn_status status;
  while ((status = find_before(p, &border, &seq, error)) == TN_OK) {
    tni_lsnapshot_head head = {.bytes = 0};
    tn_error found = TN_ERROR_INIT;
    status = read_head(s, p, seq, &head, &found);
    if (status == TN_NOT_FOUND) continue; /* removed meanwhile */
    if (status == TN_OK || status == TN_CORRUPT)
      status = each(arg, seq, head.bytes);
    else if (error)
      *error = found;
    if (status != TN_OK) return status;
  }
  return status == TN_NOT_FOUND ? TN_OK : status;
}

tn_status tni_lsnapshot_list(tni_lsnapshots *s, tn_status (*each)(void *arg, uint64_t seq, uint64_t size), void *arg,
                             tn_error *error) {
  tni_lplace p;
  tn_status status = tni_lplace_init(&p, s->file, error);
  if (status == TN_OK) status = list_with(s, &p, each, arg, error);
  tni_lplace_fini(&p);
  return status;
}

static int remove_head(tni_ltxn *txn, void *arg) { return tni_ldelete(txn, arg); }

tn_status tni_lsnapshot_remove(tni_lsnapshots *s, uint64_t seq, tn_error *error) {
  tni_lsnapshot_head head;
  tni_lkey key = tni_lkey_numbered(TNI_LSNAPSHOT, seq);
  tn_status found = may_write(s, error);
  if (found == TN_OK) found = find_head(s, seq, &head, error);
  if (found != TN_OK && found != TN_CORRUPT) return found;
  tn_status status = tni_lenv_write(s->env, 0, remove_head, &key, true, error);
  if (status == TN_OK && found == TN_OK) forget(s, seq, head.id);
  return status;
}

/* ---- sweeping ------------------------------------------------------------------------------- */

/* Removes the chunks (seq, id), if no head names them. */
static tn_status sweep_if_lost(tni_lsnapshots *s, uint64_t seq, uint64_t id, tn_error *error) {
  tni_lsnapshot_head head;
  tn_error found = TN_ERROR_INIT;
  tn_status status = find_head(s, seq, &head, &found);
  if (status == TN_OK && head.id == id) return TN_OK;
  if (status == TN_OK || status == TN_NOT_FOUND) return sweep_chunks(s, seq, id, error);
  if (status != TN_CORRUPT && error) *error = found;
  return status == TN_CORRUPT ? TN_OK : status;
}

static tn_status sweep_with(tni_lsnapshots *s, tni_lplace *p, tn_error *error) {
  tni_lkey from = tni_lkey_of(TNI_LCHUNK);
  uint64_t seq, id;
  tn_status status;
  while ((status = tni_lplace_seek_key(p, TNI_LFROM, &from, error)) == TN_OK) {
    if (!tni_lkey_is_chunk(p->key, &seq, &id)) return TN_OK;
    status = sweep_if_lost(s, seq, id, error);
    if (status != TN_OK) return status;
    from = tni_lkey_chunk(seq, id, UINT32_MAX);
  }
  return status == TN_NOT_FOUND ? TN_OK : status;
}

tn_status tni_lsnapshots_sweep(tni_lsnapshots *s, tn_error *error) {
  tni_lplace p;
  tn_status status = tni_lplace_init(&p, s->file, error);
  if (status == TN_OK) status = sweep_with(s, &p, error);
  tni_lplace_fini(&p);
  return status;
}

/* ---- writing -------------------------------------------------------------------------------- */

tn_status tni_lsnapshot_begin(tni_lsnapshots *s, uint64_t seq, tni_lsnapshot_writer **out, tn_error *error) {
  uint8_t id[8];
  tn_status status = may_write(s, error);
  if (status != TN_OK) return status;
  if (s->dir->host->random_bytes(id, sizeof id) != TN_OK)
    return tni_ffail(s->dir, error, TN_IO, NULL, "the system gave no random bytes");
  tni_lsnapshot_writer *w = take_memory(s, sizeof *w, error);
  if (!w) return TN_NOMEM;
  tni_in in = tni_in_from(id, sizeof id);
  w->s = s;
  w->seq = seq;
  w->head = (tni_lsnapshot_head){.id = tni_in_u64(&in)};
  w->failed = false;
  w->filled = 0;
  *out = w;
  return TN_OK;
}

static int put_chunk(tni_ltxn *txn, void *arg) {
  const tni_lsnapshot_writer *w = arg;
  tni_lkey key = tni_lkey_chunk(w->seq, w->head.id, w->head.chunks);
  return tni_lput(txn, &key, (tn_slice){NULL, 0}, (tn_slice){w->chunk, w->filled}, false);
}

static tn_status write_chunk(tni_lsnapshot_writer *w, tn_error *error) {
  tn_status status = tni_lenv_write(w->s->env, tni_lenv_room(w->s->env, w->filled), put_chunk, w, false, error);
  if (status != TN_OK) w->failed = true;
  w->head.bytes += w->filled;
  w->head.chunks++;
  w->filled = 0;
  return status;
}

tn_status tni_lsnapshot_write(tni_lsnapshot_writer *w, tn_slice bytes, tn_error *error) {
  const uint8_t *data = bytes.data;
  size_t left = bytes.size;
  tn_status status = TN_OK;
  while (status == TN_OK && left > 0) {
    size_t room = TNI_LCHUNK_SIZE - w->filled, step = left < room ? left : room;
    memcpy(w->chunk + w->filled, data, step);
    w->filled += step;
    data += step;
    left -= step;
    if (w->filled == TNI_LCHUNK_SIZE) status = write_chunk(w, error);
  }
  return status;
}

static int put_head(tni_ltxn *txn, void *arg) {
  const tni_lsnapshot_writer *w = arg;
  uint8_t head[TNI_LSNAPSHOT_HEAD];
  tni_lkey key = tni_lkey_numbered(TNI_LSNAPSHOT, w->seq);
  tni_lsnapshot_head_encode(&w->head, head);
  return tni_lput(txn, &key, (tn_slice){head, sizeof head}, (tn_slice){NULL, 0}, false);
}

static void writer_end(tni_lsnapshot_writer *w, bool remove) {
  if (remove && w->head.chunks > 0) forget(w->s, w->seq, w->head.id);
  give_memory(w->s, w, sizeof *w);
}

tn_status tni_lsnapshot_commit(tni_lsnapshot_writer *w, tn_error *error) {
  tni_lsnapshot_head old;
  tn_status replaced = find_head(w->s, w->seq, &old, NULL), status = TN_OK;
  if (w->failed) status = tni_ffail(w->s->dir, error, TN_IO, w->s->file->name.text, "a write failed before");
  if (status == TN_OK && w->filled > 0) status = write_chunk(w, error);
  if (status == TN_OK) status = tni_lenv_write(w->s->env, 0, put_head, w, true, error);
  if (status == TN_OK && replaced == TN_OK) forget(w->s, w->seq, old.id);
  writer_end(w, status != TN_OK && !tni_lenv_failed(w->s->env));
  return status;
}

void tni_lsnapshot_abort(tni_lsnapshot_writer *w) { writer_end(w, true); }

/* ---- reading -------------------------------------------------------------------------------- */

/* Under the mutex the head is not removed between being read and being known as read. */
static tn_status add_reader(tni_lsnapshots *s, tni_lsnapshot_reader *r, tn_error *error) {
  pthread_mutex_lock(&s->mutex);
  tn_status status = read_head(s, &r->place, r->seq, &r->head, error);
  if (status == TN_OK) {
    r->link = s->readers;
    s->readers = r;
  }
  pthread_mutex_unlock(&s->mutex);
  return status;
}

/* True when it was the last one of a snapshot that was removed. */
static bool drop_reader(tni_lsnapshots *s, tni_lsnapshot_reader *gone) {
  pthread_mutex_lock(&s->mutex);
  bool last = gone->removed;
  tni_lsnapshot_reader **at = &s->readers;
  while (*at != gone) at = &(*at)->link;
  *at = gone->link;
  for (const tni_lsnapshot_reader *r = s->readers; r; r = r->link)
    if (r->head.id == gone->head.id) last = false;
  pthread_mutex_unlock(&s->mutex);
  return last;
}

tn_status tni_lsnapshot_open(tni_lsnapshots *s, uint64_t seq, tni_lsnapshot_reader **out, tn_error *error) {
  tni_lsnapshot_reader *r = take_memory(s, sizeof *r, error);
  if (!r) return TN_NOMEM;
  *r = (tni_lsnapshot_reader){.s = s, .seq = seq};
  tn_status status = tni_lplace_init(&r->place, s->file, error);
  if (status == TN_OK) status = add_reader(s, r, error);
  if (status == TN_OK) {
    *out = r;
    return TN_OK;
  }
  tni_lplace_fini(&r->place);
  give_memory(s, r, sizeof *r);
  return status;
}

void tni_lsnapshot_close(tni_lsnapshot_reader *r) {
  tni_lsnapshots *s = r->s;
  if (drop_reader(s, r)) forget(s, r->seq, r->head.id);
  tni_lplace_fini(&r->place);
  give_memory(s, r, sizeof *r);
}

tn_status tni_lsnapshot_read(tni_lsnapshot_reader *r, tn_slice *out, tn_error *error) {
  tn_error found = TN_ERROR_INIT;
  if (r->next == r->head.chunks)
    return r->bytes == r->head.bytes ? TN_NOT_FOUND : damaged(r->s, r->seq, "it has another size", error);
  tni_lkey key = tni_lkey_chunk(r->seq, r->head.id, r->next);
  tn_status status = tni_lplace_seek(&r->place, TNI_LAT, &key, &found);
  if (status == TN_NOT_FOUND) return damaged(r->s, r->seq, "a chunk is missing", error);
  if (status == TN_CORRUPT) return damaged(r->s, r->seq, found.text, error);
  if (status != TN_OK) {
    if (error) *error = found;
    return status;
  }
  r->next++;
  r->bytes += r->place.value.size;
  *out = r->place.value;
  return TN_OK;
}
