/* SQLite with a graph: a table of edges clustered by both ends, in memory, prepared statements; joins and recursive
 * queries where SQL has them. */
#include <sqlite3.h>
#include <stdlib.h>

#include "../net.h"
#include "try.h"

#define TXN 1000

typedef enum sql { SQL_INSERT, SQL_OUT, SQL_TWO_HOPS, SQL_REACH, SQL_COUNT } sql;

typedef struct net {
  const bench_links *links;
  sqlite3 *db;
  sqlite3_stmt *statements[SQL_COUNT];
} net;

static const char *const texts[SQL_COUNT] = {
    [SQL_INSERT] = "INSERT INTO edges VALUES (?1, ?2)",
    [SQL_OUT] = "SELECT b FROM edges WHERE a = ?1",
    [SQL_TWO_HOPS] =
        "SELECT count(*) FROM (SELECT b FROM edges WHERE a = ?1 UNION SELECT two.b FROM edges one JOIN edges two "
        "ON two.a = one.b WHERE one.a = ?1) WHERE b <> ?1",
    [SQL_REACH] =
        "WITH RECURSIVE reached(n) AS (VALUES (?1) UNION SELECT b FROM reached JOIN edges ON a = n) "
        "SELECT count(*) FROM reached",
};

static tn_status failed(const net *n, tn_error *error) {
  return tn_error_set(error, TN_IO, NULL, "sqlite: %s", sqlite3_errmsg(n->db));
}

static tn_status run_text(const net *n, const char *text, tn_error *error) {
  return sqlite3_exec(n->db, text, NULL, NULL, NULL) == SQLITE_OK ? TN_OK : failed(n, error);
}

/* ---- life ----------------------------------------------------------------------------------- */

static void close_net(void *self) {
  net *n = self;
  for (int i = 0; i < SQL_COUNT; i++) (void)sqlite3_finalize(n->statements[i]);
  (void)sqlite3_close(n->db);
  free(n);
}

static tn_status prepare(net *n, tn_error *error) {
  TRY(run_text(n, "PRAGMA journal_mode = MEMORY", error));
  TRY(run_text(n, "CREATE TABLE edges (a INTEGER, b INTEGER, PRIMARY KEY (a, b)) WITHOUT ROWID", error));
  for (int i = 0; i < SQL_COUNT; i++)
    if (sqlite3_prepare_v3(n->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &n->statements[i], NULL) != SQLITE_OK)
      return failed(n, error);
  return TN_OK;
}

static tn_status open_net(const bench_setup *setup, const bench_links *links, void **out, tn_error *error) {
  net *n = calloc(1, sizeof *n);
  (void)setup;
  if (!n) return tn_error_set(error, TN_NOMEM, NULL, "no memory");
  n->links = links;
  tn_status status = sqlite3_open(":memory:", &n->db) == SQLITE_OK ? prepare(n, error) : failed(n, error);
  if (status == TN_OK)
    *out = n;
  else
    close_net(n);
  return status;
}

/* ---- writing -------------------------------------------------------------------------------- */

static tn_status insert(const net *n, const bench_link *links, uint64_t count, tn_error *error) {
  sqlite3_stmt *statement = n->statements[SQL_INSERT];
  TRY(run_text(n, "BEGIN", error));
  for (uint64_t i = 0; i < count; i++) {
    (void)sqlite3_bind_int64(statement, 1, links[i].from);
    (void)sqlite3_bind_int64(statement, 2, links[i].to);
    int code = sqlite3_step(statement);
    (void)sqlite3_reset(statement);
    if (code != SQLITE_DONE) return failed(n, error);
  }
  return run_text(n, "COMMIT", error);
}

static tn_status load(void *self, bool weighted, tn_error *error) {
  const net *n = self;
  if (weighted) return TN_UNSUPPORTED;
  for (uint64_t from = 0; from < n->links->count; from += TXN) {
    uint64_t left = n->links->count - from;
    TRY(insert(n, n->links->items + from, left < TXN ? left : TXN, error));
  }
  return run_text(n, "ANALYZE", error);
}

static tn_status bytes(void *self, uint64_t *out, tn_error *error) {
  const net *n = self;
  sqlite3_stmt *statement;
  if (sqlite3_prepare_v2(n->db, "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()", -1,
                         &statement, NULL) != SQLITE_OK)
    return failed(n, error);
  if (sqlite3_step(statement) == SQLITE_ROW) *out = (uint64_t)sqlite3_column_int64(statement, 0);
  (void)sqlite3_finalize(statement);
  return TN_OK;
}

/* ---- reading -------------------------------------------------------------------------------- */

static tn_status out(void *self, uint32_t node, uint32_t *room, const uint32_t **nodes, uint64_t *count,
                     tn_error *error) {
  const net *n = self;
  sqlite3_stmt *statement = n->statements[SQL_OUT];
  (void)sqlite3_bind_int64(statement, 1, node);
  *nodes = room;
  for (*count = 0; sqlite3_step(statement) == SQLITE_ROW; ++*count)
    room[*count] = (uint32_t)sqlite3_column_int64(statement, 0);
  return sqlite3_reset(statement) == SQLITE_OK ? TN_OK : failed(n, error);
}

/* What answers one number. */
static tn_status counted(const net *n, sql which, uint32_t from, uint64_t *seen, tn_error *error) {
  sqlite3_stmt *statement = n->statements[which];
  (void)sqlite3_bind_int64(statement, 1, from);
  if (sqlite3_step(statement) == SQLITE_ROW) *seen = (uint64_t)sqlite3_column_int64(statement, 0);
  return sqlite3_reset(statement) == SQLITE_OK ? TN_OK : failed(n, error);
}

static tn_status two_hops(void *self, uint32_t from, uint64_t *seen, tn_error *error) {
  return counted(self, SQL_TWO_HOPS, from, seen, error);
}
static tn_status reach(void *self, uint32_t from, uint64_t *seen, tn_error *error) {
  return counted(self, SQL_REACH, from, seen, error);
}

static const bench_net edges = {
    .directions = 1,
    .open = open_net,
    .close = close_net,
    .load = load,
    .bytes = bytes,
    .out = out,
    .two_hops = two_hops,
    .reach = reach,
};

static tn_status open_system(const bench_system *system, const bench_setup *setup, void **self, tn_error *error) {
  (void)system;
  return bench_net_open(&edges, setup, self, error);
}

const bench_system bench_sqlite_graph = {
    .name = "sqlite",
    .groups = 1u << BENCH_GRAPH,
    .measures = bench_net_measures,
    .terms = ":memory:, a table of edges, recursive CTE; edges found from one end",
    .open = open_system,
    .close = bench_net_close,
};
