/* SQLite: a table of keys and values, WITHOUT ROWID, prepared statements. In memory there is one connection; with
 * files a connection a thread, WAL. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../store.h"

#define BUSY_WAIT_MS 60000
#define VALUE_MAX 4096

typedef enum sql { SQL_GET, SQL_FIRST, SQL_SCAN, SQL_PUT, SQL_BEGIN, SQL_BEGIN_WRITE, SQL_COMMIT, SQL_COUNT } sql;

typedef struct database {
  const bench_setup *setup;
  char path[640];
  sqlite3 *memory; /* the one connection, when nothing is on disk */
} database;

typedef struct session {
  const bench_setup *setup;
  sqlite3 *db;
  sqlite3_stmt *statements[SQL_COUNT];
  uint8_t value[VALUE_MAX]; /* what the last get handed out */
} session;

static const char *const texts[SQL_COUNT] = {
    [SQL_GET] = "SELECT v FROM e WHERE k = ?1",
    [SQL_FIRST] = "SELECT k, v FROM e ORDER BY k LIMIT ?2",
    [SQL_SCAN] = "SELECT k, v FROM e WHERE k >= ?1 ORDER BY k LIMIT ?2",
    [SQL_PUT] = "INSERT INTO e VALUES (?1, ?2) ON CONFLICT (k) DO UPDATE SET v = excluded.v",
    [SQL_BEGIN] = "BEGIN",
    [SQL_BEGIN_WRITE] = "BEGIN IMMEDIATE",
    [SQL_COMMIT] = "COMMIT",
};

/* 8-byte keys are SQLite's own: the integer that is the row's number. */
static bool has_integers(const bench_setup *setup) { return setup->group->key_size == 8; }

static tn_status status_of(int code) {
  switch (code) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE: return TN_OK;
    case SQLITE_BUSY: return TN_BUSY;
    case SQLITE_FULL: return TN_FULL;
    case SQLITE_NOMEM: return TN_NOMEM;
    default: return TN_IO;
  }
}

/* ---- life ----------------------------------------------------------------------------------- */

static const char *setup_text(const bench_setup *setup) {
  switch (setup->group->mode) {
    case BENCH_WRITTEN: return "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -262144";
    case BENCH_SYNCED: return "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -262144";
    default: return "PRAGMA journal_mode = MEMORY";
  }
}

static tn_status connect_to(const database *d, sqlite3 **out, tn_error *error) {
  const char *table = has_integers(d->setup)
                          ? "CREATE TABLE IF NOT EXISTS e (k INTEGER PRIMARY KEY, v BLOB)"
                          : "CREATE TABLE IF NOT EXISTS e (k BLOB PRIMARY KEY, v BLOB) WITHOUT ROWID";
  sqlite3 *db = NULL;
  int code = sqlite3_open(d->path, &db);
  if (code == SQLITE_OK) code = sqlite3_busy_timeout(db, BUSY_WAIT_MS);
  if (code == SQLITE_OK) code = sqlite3_exec(db, setup_text(d->setup), NULL, NULL, NULL);
  if (code == SQLITE_OK) code = sqlite3_exec(db, table, NULL, NULL, NULL);
  if (code == SQLITE_OK) return *out = db, TN_OK;
  tn_status status = tn_error_set(error, TN_IO, d->path, "opening: %s", sqlite3_errmsg(db));
  (void)sqlite3_close(db);
  return status;
}

static void close_database(void *store) {
  database *d = store;
  (void)sqlite3_close(d->memory);
  free(d);
}

static tn_status open_database(const bench_setup *setup, void **store, tn_error *error) {
  database *d = calloc(1, sizeof *d);
  sqlite3 *db;
  if (!d) return TN_NOMEM;
  bool in_memory = setup->group->mode == BENCH_MEMORY;
  d->setup = setup;
  (void)snprintf(d->path, sizeof d->path, "%s", in_memory ? ":memory:" : setup->folder);
  if (!in_memory) (void)snprintf(d->path, sizeof d->path, "%s/sqlite", setup->folder);
  tn_status status = connect_to(d, &db, error);
  if (status != TN_OK) {
    free(d);
    return status;
  }
  if (in_memory)
    d->memory = db;
  else
    (void)sqlite3_close(db);
  *store = d;
  return TN_OK;
}

static void session_close(void *self) {
  session *s = self;
  for (int i = 0; i < SQL_COUNT; i++) (void)sqlite3_finalize(s->statements[i]);
  if (s->setup->group->mode != BENCH_MEMORY) (void)sqlite3_close(s->db);
  free(s);
}

static tn_status session_open(void *store, void **out, tn_error *error) {
  database *d = store;
  session *s = calloc(1, sizeof *s);
  if (!s) return TN_NOMEM;
  s->setup = d->setup;
  s->db = d->memory;
  tn_status status = s->db ? TN_OK : connect_to(d, &s->db, error);
  for (int i = 0; i < SQL_COUNT && status == TN_OK; i++)
    if (sqlite3_prepare_v3(s->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &s->statements[i], NULL) != SQLITE_OK)
      status = tn_error_set(error, TN_IO, NULL, "preparing: %s", sqlite3_errmsg(s->db));
  if (status == TN_OK)
    *out = s;
  else
    session_close(s);
  return status;
}

/* ---- reading -------------------------------------------------------------------------------- */

static void bind_key(const session *s, sqlite3_stmt *statement, tn_slice key) {
  uint64_t n = 0;
  const uint8_t *bytes = key.data;
  if (has_integers(s->setup)) {
    for (size_t i = 0; i < key.size; i++) n = n << 8 | bytes[i];
    (void)sqlite3_bind_int64(statement, 1, (sqlite3_int64)n);
  } else {
    (void)sqlite3_bind_blob(statement, 1, key.data, (int)key.size, SQLITE_STATIC);
  }
}

static tn_status run(const session *s, sql which) {
  (void)sqlite3_step(s->statements[which]);
  return status_of(sqlite3_reset(s->statements[which]));
}

static tn_status read_begin(void *self) { return run(self, SQL_BEGIN); }
static void read_end(void *self) { (void)run(self, SQL_COMMIT); }

static tn_status get(void *self, tn_slice key, tn_slice *value) {
  session *s = self;
  sqlite3_stmt *statement = s->statements[SQL_GET];
  bind_key(s, statement, key);
  int code = sqlite3_step(statement);
  size_t size = code == SQLITE_ROW ? (size_t)sqlite3_column_bytes(statement, 0) : 0;
  if (size > sizeof s->value) size = sizeof s->value;
  if (size > 0) memcpy(s->value, sqlite3_column_blob(statement, 0), size);
  *value = (tn_slice){s->value, size};
  int reset = sqlite3_reset(statement);
  return code == SQLITE_DONE ? TN_NOT_FOUND : status_of(reset);
}

static tn_status scan(void *self, tn_slice from, uint64_t limit, uint64_t *seen) {
  session *s = self;
  sqlite3_stmt *statement = s->statements[from.size > 0 ? SQL_SCAN : SQL_FIRST];
  uint64_t sum = 0, count = 0;
  if (from.size > 0) bind_key(s, statement, from);
  (void)sqlite3_bind_int64(statement, 2, limit > INT64_MAX ? -1 : (sqlite3_int64)limit);
  for (; sqlite3_step(statement) == SQLITE_ROW; count++) {
    (void)sqlite3_column_blob(statement, 0);
    sum += *(const uint8_t *)sqlite3_column_blob(statement, 1);
  }
  bench_sink += sum;
  *seen = count;
  return status_of(sqlite3_reset(statement));
}

/* ---- writing -------------------------------------------------------------------------------- */

static tn_status put(void *self, tn_slice key, tn_slice value) {
  session *s = self;
  sqlite3_stmt *statement = s->statements[SQL_PUT];
  bind_key(s, statement, key);
  (void)sqlite3_bind_blob(statement, 2, value.data, (int)value.size, SQLITE_STATIC);
  return run(s, SQL_PUT);
}

static tn_status put_many(void *self, const tn_slice *keys, const tn_slice *values, size_t count) {
  session *s = self;
  tn_status status = run(s, SQL_BEGIN_WRITE);
  for (size_t i = 0; i < count && status == TN_OK; i++) status = put(s, keys[i], values[i]);
  tn_status committed = run(s, SQL_COMMIT);
  return status == TN_OK ? committed : status;
}

static tn_status bytes(void *store, uint64_t *out) {
  database *d = store;
  sqlite3_stmt *statement;
  const char *text = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()";
  if (!d->memory) return TN_UNSUPPORTED;
  if (sqlite3_prepare_v2(d->memory, text, -1, &statement, NULL) != SQLITE_OK) return TN_IO;
  int code = sqlite3_step(statement);
  if (code == SQLITE_ROW) *out = (uint64_t)sqlite3_column_int64(statement, 0);
  (void)sqlite3_finalize(statement);
  return status_of(code);
}

static const bench_store store = {
    .terms =
        {
            [BENCH_MEMORY] = ":memory:",
            [BENCH_WRITTEN] = "WAL, synchronous OFF",
            [BENCH_SYNCED] = "WAL, synchronous FULL",
        },
    .threads = {[BENCH_WRITTEN] = true, [BENCH_SYNCED] = true},
    .open = open_database,
    .close = close_database,
    .session_open = session_open,
    .session_close = session_close,
    .reads_alone = true,
    .read_begin = read_begin,
    .read_end = read_end,
    .get = get,
    .scan = scan,
    .put = put,
    .put_many = put_many,
    .bytes = bytes,
};

const bench_system bench_sqlite = {
    .name = "sqlite",
    .groups = BENCH_STORE_GROUPS,
    .store = &store,
    .open = bench_held_open,
    .close = bench_held_close,
};
