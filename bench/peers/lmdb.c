/* LMDB: a copy-on-write B+tree in a memory-mapped file, one writer, readers that do not wait; the nearest relative of
 * Tenon's map. */
#include <lmdb.h>
#include <stdlib.h>

#include "../store.h"

typedef struct database {
  MDB_env *env;
  MDB_dbi dbi;
} database;

typedef struct session {
  database *db;
  MDB_txn *txn; /* for reading; reset while nothing is read */
  MDB_cursor *cursor;
} session;

static const unsigned mode_flags[BENCH_MODES] = {
    [BENCH_MEMORY] = MDB_NOSYNC | MDB_WRITEMAP,
    [BENCH_WRITTEN] = MDB_NOSYNC | MDB_WRITEMAP,
    [BENCH_SYNCED] = 0,
};

static tn_status status_of(int code) {
  switch (code) {
    case MDB_SUCCESS: return TN_OK;
    case MDB_NOTFOUND: return TN_NOT_FOUND;
    case MDB_MAP_FULL: return TN_FULL;
    default: return TN_IO;
  }
}

static MDB_val to_val(tn_slice s) { return (MDB_val){s.size, (void *)(uintptr_t)s.data}; }
static tn_slice from_val(MDB_val v) { return (tn_slice){v.mv_data, v.mv_size}; }

/* ---- life ----------------------------------------------------------------------------------- */

static void close_database(void *store) {
  database *db = store;
  if (db->env) mdb_env_close(db->env);
  free(db);
}

static int open_env(database *db, const bench_setup *setup) {
  MDB_txn *txn;
  size_t room = ((size_t)1 << 30) + (size_t)setup->data->count * 4096;
  int code = mdb_env_create(&db->env);
  if (code == 0) code = mdb_env_set_mapsize(db->env, room);
  if (code == 0) code = mdb_env_open(db->env, setup->folder, MDB_NOTLS | mode_flags[setup->group->mode], 0666);
  if (code == 0) code = mdb_txn_begin(db->env, NULL, 0, &txn);
  if (code != 0) return code;
  code = mdb_dbi_open(txn, NULL, 0, &db->dbi);
  if (code == 0) return mdb_txn_commit(txn);
  mdb_txn_abort(txn);
  return code;
}

static tn_status open_database(const bench_setup *setup, void **store, tn_error *error) {
  database *db = calloc(1, sizeof *db);
  if (!db) return TN_NOMEM;
  int code = open_env(db, setup);
  if (code == 0) return *store = db, TN_OK;
  close_database(db);
  return tn_error_set(error, TN_IO, setup->folder, "opening: %s", mdb_strerror(code));
}

static void session_close(void *self) {
  session *s = self;
  if (s->cursor) mdb_cursor_close(s->cursor);
  if (s->txn) mdb_txn_abort(s->txn);
  free(s);
}

static tn_status session_open(void *store, void **out, tn_error *error) {
  database *db = store;
  session *s = calloc(1, sizeof *s);
  if (!s) return TN_NOMEM;
  s->db = db;
  int code = mdb_txn_begin(db->env, NULL, MDB_RDONLY, &s->txn);
  if (code == 0) code = mdb_cursor_open(s->txn, db->dbi, &s->cursor);
  if (code != 0) {
    session_close(s);
    return tn_error_set(error, TN_IO, NULL, "opening a session: %s", mdb_strerror(code));
  }
  mdb_txn_reset(s->txn);
  *out = s;
  return TN_OK;
}

/* ---- reading -------------------------------------------------------------------------------- */

static tn_status read_begin(void *self) {
  session *s = self;
  int code = mdb_txn_renew(s->txn);
  return status_of(code == 0 ? mdb_cursor_renew(s->txn, s->cursor) : code);
}

static void read_end(void *self) { mdb_txn_reset(((session *)self)->txn); }

static tn_status get(void *self, tn_slice key, tn_slice *value) {
  session *s = self;
  MDB_val k = to_val(key), v;
  int code = mdb_get(s->txn, s->db->dbi, &k, &v);
  if (code == 0) *value = from_val(v);
  return status_of(code);
}

static tn_status scan(void *self, tn_slice from, uint64_t limit, uint64_t *seen) {
  session *s = self;
  MDB_val key = to_val(from), value;
  uint64_t sum = 0, count = 0;
  int code = mdb_cursor_get(s->cursor, &key, &value, from.size > 0 ? MDB_SET_RANGE : MDB_FIRST);
  for (; code == 0 && count < limit; code = mdb_cursor_get(s->cursor, &key, &value, MDB_NEXT)) {
    sum += *(const uint8_t *)value.mv_data;
    if (++count == limit) break;
  }
  bench_sink += sum;
  *seen = count;
  return code == MDB_NOTFOUND ? TN_OK : status_of(code);
}

/* ---- writing -------------------------------------------------------------------------------- */

static tn_status put_many(void *self, const tn_slice *keys, const tn_slice *values, size_t count) {
  session *s = self;
  MDB_txn *txn;
  int code = mdb_txn_begin(s->db->env, NULL, 0, &txn);
  if (code != 0) return status_of(code);
  for (size_t i = 0; i < count && code == 0; i++) {
    MDB_val k = to_val(keys[i]), v = to_val(values[i]);
    code = mdb_put(txn, s->db->dbi, &k, &v, 0);
  }
  if (code == 0) return status_of(mdb_txn_commit(txn));
  mdb_txn_abort(txn);
  return status_of(code);
}

static tn_status put(void *self, tn_slice key, tn_slice value) { return put_many(self, &key, &value, 1); }

static tn_status bytes(void *store, uint64_t *out) {
  database *db = store;
  MDB_stat info;
  MDB_txn *txn;
  int code = mdb_txn_begin(db->env, NULL, MDB_RDONLY, &txn);
  if (code != 0) return status_of(code);
  code = mdb_stat(txn, db->dbi, &info);
  mdb_txn_abort(txn);
  *out = (uint64_t)info.ms_psize * (info.ms_branch_pages + info.ms_leaf_pages + info.ms_overflow_pages);
  return status_of(code);
}

static const bench_store store = {
    .terms =
        {
            [BENCH_MEMORY] = "NOSYNC, WRITEMAP, RAM disk",
            [BENCH_WRITTEN] = "NOSYNC, WRITEMAP",
            [BENCH_SYNCED] = "synced on return",
        },
    .threads = {true, true, true},
    .open = open_database,
    .close = close_database,
    .session_open = session_open,
    .session_close = session_close,
    .read_begin = read_begin,
    .read_end = read_end,
    .get = get,
    .scan = scan,
    .put = put,
    .put_many = put_many,
    .bytes = bytes,
};

const bench_system bench_lmdb = {
    .name = "lmdb",
    .groups = BENCH_STORE_GROUPS,
    .store = &store,
    .open = bench_held_open,
    .close = bench_held_close,
};
