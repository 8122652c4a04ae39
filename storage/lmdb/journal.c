#include "journal.h"

#include <inttypes.h>

#define TRIM_AT_ONCE 4096 /* records dropped by one txn */
#define GROUP_BYTES_MAX ((uint64_t)1 << 34)

tn_status tni_ljournal_init(tni_ljournal *j, tni_lenv *env, const tni_lfile *file, const tni_lfile *snapshots,
                            const tni_lstate *state, tn_error *error) {
  *j = (tni_ljournal){.env = env, .file = file, .snapshots = snapshots, .state = *state};
  if (pthread_mutex_init(&j->mutex, NULL) != 0)
    return tni_ffail(file->dir, error, TN_NOMEM, NULL, "no memory for a lock");
  j->dir = file->dir;
  return TN_OK;
}

void tni_ljournal_fini(tni_ljournal *j) {
  if (j->dir) pthread_mutex_destroy(&j->mutex);
  j->dir = NULL;
}

static void publish(tni_ljournal *j, tni_lbounds bounds) {
  pthread_mutex_lock(&j->mutex);
  j->bounds = bounds;
  pthread_mutex_unlock(&j->mutex);
}

tni_lbounds tni_ljournal_bounds(tni_ljournal *j) {
  pthread_mutex_lock(&j->mutex);
  tni_lbounds bounds = j->bounds;
  pthread_mutex_unlock(&j->mutex);
  return bounds;
}

/* ---- what is in the file -------------------------------------------------------------------- */

/* The newest record; seq 0 = there is none. */
typedef struct newest_record {
  uint64_t seq;
  uint64_t end; /* offset behind it */
  uint64_t durable_upto;
} newest_record;

static tn_status head_of(const tni_lplace *p, tni_lrecord_head *out, tn_error *error) {
  return tni_lrecord_head_decode(p->value, out) ? TN_OK
                                                : tni_ldamaged(p->file, p->number, "a record is too short", error);
}

static tn_status find_newest(tni_lplace *p, newest_record *out, tn_error *error) {
  tni_lkey end = tni_lkey_of(TNI_LEND);
  tni_lrecord_head head;
  uint64_t seq;
  *out = (newest_record){.seq = 0};
  tn_status status = tni_lplace_seek(p, TNI_LBEFORE, &end, error);
  if (status != TN_OK) return status == TN_NOT_FOUND ? TN_OK : status;
  if (!tni_lkey_is(p->key, TNI_LRECORD, &seq)) return TN_OK;
  status = head_of(p, &head, error);
  if (status == TN_OK) *out = (newest_record){seq, head.offset + p->value.size - TNI_LRECORD_HEAD, head.durable_upto};
  return status;
}

/* Offset of the record `seq`, which is there. */
static tn_status offset_of(tni_lplace *p, uint64_t seq, uint64_t *out, tn_error *error) {
  tni_lkey key = tni_lkey_numbered(TNI_LRECORD, seq);
  tni_lrecord_head head;
  tn_status status = tni_lplace_seek(p, TNI_LAT, &key, error);
  if (status == TN_NOT_FOUND)
    return tni_ffail(p->file->dir, error, TN_CORRUPT, p->file->name.text,
                     "record %" PRIu64 " is missing; restore it from a backup", seq);
  if (status == TN_OK) status = head_of(p, &head, error);
  if (status == TN_OK) *out = head.offset;
  return status;
}

/* The bounds of records `first` to newest->seq or `upto`, if that is less. */
static tn_status bounds_of(tni_lplace *p, uint64_t first, uint64_t upto, const newest_record *newest,
                           tni_lbounds *out, tn_error *error) {
  uint64_t last = upto < newest->seq ? upto : newest->seq;
  *out = (tni_lbounds){first, last < first ? first : last + 1, newest->end, newest->end};
  return last < first ? TN_OK : offset_of(p, first, &out->begin, error);
}

static tn_status find_with(tni_ljournal *j, tni_lplace *p, tn_error *error) {
  newest_record newest;
  tni_lbounds bounds;
  tn_status status = find_newest(p, &newest, error);
  if (status == TN_OK) status = bounds_of(p, j->state.trimmed_upto + 1, UINT64_MAX, &newest, &bounds, error);
  if (status != TN_OK) return status;
  j->durable_upto = bounds.next_seq - 1;
  publish(j, bounds);
  return TN_OK;
}

tn_status tni_ljournal_find(tni_ljournal *j, tn_error *error) {
  tni_lplace p;
  tn_status status = tni_lplace_init(&p, j->file, error);
  if (status == TN_OK) status = find_with(j, &p, error);
  tni_lplace_fini(&p);
  return status;
}

/* ---- a reader's look ------------------------------------------------------------------------ */

static tn_status read_state(tni_lplace *p, tni_lstate *out, tn_error *error) {
  tni_lkey key = tni_lkey_of(TNI_LSTATE);
  tn_status status = tni_lplace_seek(p, TNI_LAT, &key, error);
  if (status == TN_NOT_FOUND) return tni_ldamaged(p->file, 0, "the log's state is missing", error);
  return status == TN_OK ? tni_lstate_decode(p->file->dir, p->file->name.text, p->value, out, error) : status;
}

/* The seq of the newest snapshot, 0 = none. One is committed only when the journal through its seq is durable. */
static tn_status newest_snapshot(const tni_lfile *file, uint64_t *out, tn_error *error) {
  tni_lkey end = tni_lkey_of(TNI_LCHUNK);
  tni_lplace p;
  *out = 0;
  tn_status status = tni_lplace_init(&p, file, error);
  if (status == TN_OK) status = tni_lplace_seek(&p, TNI_LBEFORE, &end, error);
  if (status == TN_OK) (void)tni_lkey_is(p.key, TNI_LSNAPSHOT, out);
  tni_lplace_fini(&p);
  /* One whose entry is damaged is nobody's proof; its reader hears of it. */
  return status == TN_NOT_FOUND || status == TN_CORRUPT ? TN_OK : status;
}

static uint64_t larger(uint64_t a, uint64_t b) { return a > b ? a : b; }

static tn_status look_with(tni_ljournal *j, tni_lplace *p, tn_error *error) {
  uint64_t snapshot = 0;
  newest_record newest;
  tni_lstate state;
  tni_lbounds bounds;
  tn_status status = newest_snapshot(j->snapshots, &snapshot, error);
  if (status == TN_OK) status = read_state(p, &state, error);
  if (status == TN_OK) status = find_newest(p, &newest, error);
  if (status != TN_OK) return status;
  uint64_t durable = larger(larger(state.durable_upto, newest.durable_upto), snapshot);
  status = bounds_of(p, state.trimmed_upto + 1, durable, &newest, &bounds, error);
  if (status != TN_OK) return status;
  j->state = state;
  j->bounds = bounds;
  return TN_OK;
}

/* A number that grows with every commit. */
static tn_status commits(const tni_ljournal *j, uint64_t *out, tn_error *error) {
  tni_lview journal, apart = {.txn = 0};
  tn_status status = tni_lview_newest(j->file, &journal, error);
  if (status == TN_OK && j->snapshots != j->file) status = tni_lview_newest(j->snapshots, &apart, error);
  if (status == TN_OK) *out = journal.txn + apart.txn;
  return status;
}

/* Nothing is new where nothing was committed. What seems to be missing may just have been trimmed. */
static tn_status look(tni_ljournal *j, tn_error *error) {
  uint64_t before = 0, after = 0;
  tn_status status = commits(j, &after, error);
  if (status != TN_OK || after == j->seen) return status;
  tni_lplace p;
  status = tni_lplace_init(&p, j->file, error);
  if (status != TN_OK) return status;
  do {
    before = after;
    status = look_with(j, &p, error);
    if (status == TN_CORRUPT && commits(j, &after, NULL) != TN_OK) break;
  } while (status == TN_CORRUPT && after != before);
  tni_lplace_fini(&p);
  if (status == TN_OK) j->seen = before;
  return status;
}

tn_status tni_ljournal_look(tni_ljournal *j, tn_error *error) {
  pthread_mutex_lock(&j->mutex);
  tn_status status = look(j, error);
  pthread_mutex_unlock(&j->mutex);
  return status;
}

/* ---- writing -------------------------------------------------------------------------------- */

static tn_status may_write(const tni_ljournal *j, tn_error *error) {
  if (!j->env) return tni_ffail(j->dir, error, TN_DENIED, NULL, "the data directory was opened read-only");
  if (j->failed)
    return tni_ffail(j->dir, error, TN_IO, j->dir->path, "refused after an earlier failure; close and open again");
  return TN_OK;
}

typedef struct appending {
  const tni_ljournal *j;
  const tn_slice *records;
  size_t n;
} appending;

static int put_records(tni_ltxn *txn, void *arg) {
  const appending *a = arg;
  tni_lrecord_head head = {a->j->durable_upto, a->j->bounds.end};
  int code = 0;
  for (size_t i = 0; code == 0 && i < a->n; i++) {
    uint8_t bytes[TNI_LRECORD_HEAD];
    tni_lkey key = tni_lkey_numbered(TNI_LRECORD, a->j->bounds.next_seq + i);
    tni_lrecord_head_encode(&head, bytes);
    code = tni_lput(txn, &key, (tn_slice){bytes, sizeof bytes}, a->records[i], true);
    head.offset += a->records[i].size;
  }
  return code;
}

/* Bytes of a group, and what they take in the file. LIMIT. */
static tn_status measure(const tni_ljournal *j, const tn_slice *records, size_t n, uint64_t *bytes, uint64_t *room,
                         tn_error *error) {
  *bytes = *room = 0;
  for (size_t i = 0; i < n; i++) {
    *bytes += records[i].size;
    *room += tni_lenv_room(j->env, records[i].size);
    if (records[i].size > TNI_LRECORD_MAX || *bytes > GROUP_BYTES_MAX)
      return tni_ffail(j->dir, error, TN_LIMIT, NULL, "a record of %zu bytes is too large for the journal",
                       records[i].size);
  }
  return TN_OK;
}

tn_status tni_ljournal_append(tni_ljournal *j, uint64_t first_seq, const tn_slice *records, size_t n, bool sync,
                              tn_error *error) {
  uint64_t bytes, room;
  tn_status status = may_write(j, error);
  if (status != TN_OK) return status;
  if (n == 0) return tni_ffail(j->dir, error, TN_INVALID, NULL, "an append needs at least one record");
  if (first_seq != j->bounds.next_seq)
    return tni_ffail(j->dir, error, TN_CONFLICT, NULL, "seq %" PRIu64 " is next, not %" PRIu64, j->bounds.next_seq,
                     first_seq);
  status = measure(j, records, n, &bytes, &room, error);
  if (status != TN_OK) return status;
  appending a = {j, records, n};
  uint64_t stated = j->durable_upto;
  status = tni_lenv_write(j->env, room, put_records, &a, sync, error);
  if (status != TN_OK) {
    j->failed = true;
    return status;
  }
  j->stated = stated;
  j->durable_upto = sync ? first_seq + n - 1 : first_seq - 1; /* its commit synced what was before it */
  tni_lbounds now = j->bounds;
  publish(j, (tni_lbounds){now.first_seq, first_seq + n, now.begin, now.end + bytes});
  return TN_OK;
}

tn_status tni_ljournal_sync(tni_ljournal *j, tn_error *error) {
  tn_status status = may_write(j, error);
  if (status != TN_OK || j->durable_upto == j->bounds.next_seq - 1) return status;
  status = tni_lenv_sync(j->env, error);
  if (status == TN_OK)
    j->durable_upto = j->bounds.next_seq - 1;
  else
    j->failed = true;
  return status;
}

/* ---- the state ------------------------------------------------------------------------------ */

static int put_state(tni_ltxn *txn, const tni_lstate *state) {
  uint8_t bytes[TNI_LSTATE_SIZE];
  tni_lkey key = tni_lkey_of(TNI_LSTATE);
  tni_lstate_encode(state, bytes);
  return tni_lput(txn, &key, (tn_slice){bytes, sizeof bytes}, (tn_slice){NULL, 0}, false);
}

static int put_only_state(tni_ltxn *txn, void *arg) { return put_state(txn, arg); }

static tn_status write_state(tni_ljournal *j, const tni_lstate *state, bool sync, tn_error *error) {
  tni_lstate fresh = *state;
  tn_status status = tni_lenv_write(j->env, 0, put_only_state, &fresh, sync, error);
  if (status != TN_OK) return status;
  j->state = fresh;
  j->stated = fresh.durable_upto;
  return TN_OK;
}

/* What an open marks durable is durable when the mark is; a mark that is lost says nothing. */
tn_status tni_ljournal_mark(tni_ljournal *j, bool closed, tn_error *error) {
  tni_lstate state = j->state;
  state.closed = closed;
  state.durable_upto = j->bounds.next_seq - 1;
  tn_status status = write_state(j, &state, true, error);
  if (status == TN_OK)
    j->durable_upto = j->bounds.next_seq - 1;
  else
    j->failed = true;
  return status;
}

tn_status tni_ljournal_tell(tni_ljournal *j, tn_error *error) {
  if (!j->env || j->failed || j->durable_upto != j->bounds.next_seq - 1 || j->stated == j->durable_upto) return TN_OK;
  tni_lstate state = j->state;
  state.durable_upto = j->durable_upto;
  return write_state(j, &state, false, error);
}

static int put_meta(tni_ltxn *txn, void *arg) {
  tni_lkey key = tni_lkey_of(TNI_LMETA);
  return tni_lput(txn, &key, (tn_slice){NULL, 0}, *(const tn_slice *)arg, false);
}

tn_status tni_ljournal_set_meta(tni_ljournal *j, tn_slice meta, tn_error *error) {
  tn_status status = may_write(j, error);
  return status == TN_OK ? tni_lenv_write(j->env, tni_lenv_room(j->env, meta.size), put_meta, &meta, true, error)
                         : status;
}

/* ---- dropping records ----------------------------------------------------------------------- */

typedef struct dropping {
  const tni_lstate *state; /* to be written with it; NULL = none */
  uint64_t from, to;       /* both go */
} dropping;

static int drop(tni_ltxn *txn, void *arg) {
  const dropping *d = arg;
  int code = d->state ? put_state(txn, d->state) : 0;
  for (uint64_t seq = d->from; code == 0 && seq <= d->to; seq++) {
    tni_lkey key = tni_lkey_numbered(TNI_LRECORD, seq);
    code = tni_ldelete(txn, &key);
  }
  return code;
}

/* Oldest first, each txn with the state that says so. */
static tn_status drop_oldest(tni_ljournal *j, uint64_t upto, tn_error *error) {
  tn_status status = TN_OK;
  while (status == TN_OK && j->state.trimmed_upto < upto) {
    tni_lstate state = j->state;
    uint64_t from = state.trimmed_upto + 1;
    state.trimmed_upto = upto - from < TRIM_AT_ONCE ? upto : from + TRIM_AT_ONCE - 1;
    state.durable_upto = j->durable_upto;
    dropping d = {&state, from, state.trimmed_upto};
    status = tni_lenv_write(j->env, 0, drop, &d, false, error);
    if (status == TN_OK) j->state = state, j->stated = state.durable_upto;
  }
  return status;
}

/* Cursors see nothing before `first` any more. */
static tn_status begin_with(tni_ljournal *j, uint64_t first, tn_error *error) {
  tni_lbounds bounds = j->bounds;
  tni_lplace p;
  tn_status status = TN_OK;
  bounds.first_seq = first;
  bounds.begin = bounds.end;
  if (first < bounds.next_seq) {
    status = tni_lplace_init(&p, j->file, error);
    if (status == TN_OK) status = offset_of(&p, first, &bounds.begin, error);
    tni_lplace_fini(&p);
  }
  if (status == TN_OK) publish(j, bounds);
  return status;
}

/* Cursors hear of it before it is so. */
tn_status tni_ljournal_trim(tni_ljournal *j, uint64_t upto, tn_error *error) {
  tn_status status = may_write(j, error);
  if (status != TN_OK) return status;
  if (upto >= j->bounds.next_seq) upto = j->bounds.next_seq - 1;
  if (upto < j->bounds.first_seq) return TN_OK;
  status = begin_with(j, upto + 1, error);
  if (status != TN_OK) return status;
  status = drop_oldest(j, upto, error);
  if (status != TN_OK) (void)begin_with(j, j->state.trimmed_upto + 1, NULL);
  return status;
}

typedef struct giving_up {
  tni_lstate state;
  tni_lkey from;
  size_t dropped;
} giving_up;

/* Newest first, so that what is left is a journal whenever it stops; by what is there, for the keys may be anything.
 */
static int drop_newest(tni_ltxn *txn, void *arg) {
  giving_up *g = arg;
  MDB_cursor *cursor;
  MDB_val from = {g->from.size, g->from.bytes}, key, value;
  int code = put_state(txn, &g->state);
  if (code == 0) code = mdb_cursor_open(txn->txn, txn->dbi, &cursor);
  if (code != 0) return code;
  g->dropped = 0;
  while (code == 0 && g->dropped < TRIM_AT_ONCE) {
    code = mdb_cursor_get(cursor, &key, &value, MDB_LAST);
    if (code != 0 || mdb_cmp(txn->txn, txn->dbi, &key, &from) < 0) break;
    code = mdb_cursor_del(cursor, 0);
    g->dropped++;
  }
  mdb_cursor_close(cursor);
  return code;
}

/* From the first of them on the log is not closed, so that the seqs come again under another epoch. */
tn_status tni_ljournal_give_up(tni_ljournal *j, uint64_t seq, tn_error *error) {
  giving_up g = {j->state, tni_lkey_numbered(TNI_LRECORD, seq), TRIM_AT_ONCE};
  tn_status status = TN_OK;
  g.state.closed = false;
  while (status == TN_OK && g.dropped == TRIM_AT_ONCE)
    status = tni_lenv_write(j->env, 0, drop_newest, &g, false, error);
  if (status == TN_OK) j->state = g.state;
  return status;
}
