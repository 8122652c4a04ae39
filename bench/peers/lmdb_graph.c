/* LMDB with a graph: node -> nodes, sorted duplicates of a fixed size, read a page of them at a time. */
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../folder.h"
#include "../net.h"

#define TXN 1000

typedef struct net {
  const bench_links *links;
  bench_folder folder; /* of its own, below the system's: there may be several */
  MDB_env *env;
  MDB_dbi dbi;
  MDB_txn *txn; /* for reading, once it is loaded */
  MDB_cursor *cursor;
} net;

static tn_status failed(int code, const char *what, tn_error *error) {
  if (code == 0) return TN_OK;
  return tn_error_set(error, code == MDB_MAP_FULL ? TN_FULL : TN_IO, NULL, "lmdb: %s: %s", what, mdb_strerror(code));
}

/* ---- life ----------------------------------------------------------------------------------- */

static void close_net(void *self) {
  net *n = self;
  if (n->cursor) mdb_cursor_close(n->cursor);
  if (n->txn) mdb_txn_abort(n->txn);
  if (n->env) mdb_env_close(n->env);
  bench_folder_remove(&n->folder);
  free(n);
}

static int open_env(net *n) {
  const unsigned flags = MDB_CREATE | MDB_DUPSORT | MDB_DUPFIXED | MDB_INTEGERKEY | MDB_INTEGERDUP;
  MDB_txn *txn;
  int code = mdb_env_create(&n->env);
  if (code == 0) code = mdb_env_set_mapsize(n->env, ((size_t)256 << 20) + (size_t)n->links->count * 256);
  if (code == 0) code = mdb_env_open(n->env, n->folder.path, MDB_NOTLS | MDB_NOSYNC | MDB_WRITEMAP, 0666);
  if (code == 0) code = mdb_txn_begin(n->env, NULL, 0, &txn);
  if (code != 0) return code;
  code = mdb_dbi_open(txn, NULL, flags, &n->dbi);
  if (code == 0) return mdb_txn_commit(txn);
  mdb_txn_abort(txn);
  return code;
}

static tn_status open_net(const bench_setup *setup, const bench_links *links, void **out, tn_error *error) {
  static unsigned opened;
  char name[32];
  net *n = calloc(1, sizeof *n);
  if (!n) return tn_error_set(error, TN_NOMEM, NULL, "no memory");
  n->links = links;
  (void)snprintf(name, sizeof name, "graph-%u", ++opened);
  tn_status status = bench_folder_make(&n->folder, setup->folder, name, error);
  if (status == TN_OK) status = failed(open_env(n), "opening", error);
  if (status == TN_OK)
    *out = n;
  else
    close_net(n);
  return status;
}

/* ---- writing -------------------------------------------------------------------------------- */

static int put_links(net *n, const bench_link *links, uint64_t count) {
  MDB_txn *txn;
  int code = mdb_txn_begin(n->env, NULL, 0, &txn);
  if (code != 0) return code;
  for (uint64_t i = 0; i < count && code == 0; i++) {
    uint32_t from = links[i].from, to = links[i].to;
    MDB_val key = {sizeof from, &from}, value = {sizeof to, &to};
    code = mdb_put(txn, n->dbi, &key, &value, 0);
  }
  if (code == 0) return mdb_txn_commit(txn);
  mdb_txn_abort(txn);
  return code;
}

static tn_status load(void *self, bool weighted, tn_error *error) {
  net *n = self;
  int code = 0;
  if (weighted) return TN_UNSUPPORTED;
  for (uint64_t from = 0; from < n->links->count && code == 0; from += TXN) {
    uint64_t left = n->links->count - from;
    code = put_links(n, n->links->items + from, left < TXN ? left : TXN);
  }
  if (code == 0) code = mdb_txn_begin(n->env, NULL, MDB_RDONLY, &n->txn);
  if (code == 0) code = mdb_cursor_open(n->txn, n->dbi, &n->cursor);
  return failed(code, "loading", error);
}

static tn_status bytes(void *self, uint64_t *out, tn_error *error) {
  const net *n = self;
  MDB_envinfo info;
  MDB_stat stat;
  int code = mdb_env_info(n->env, &info);
  if (code == 0) code = mdb_env_stat(n->env, &stat);
  if (code == 0) *out = ((uint64_t)info.me_last_pgno + 1) * stat.ms_psize;
  return failed(code, "counting", error);
}

/* ---- reading -------------------------------------------------------------------------------- */

/* A node with one edge has a plain value, of which there are no multiple ones. */
static tn_status out(void *self, uint32_t node, uint32_t *room, const uint32_t **nodes, uint64_t *count,
                     tn_error *error) {
  const net *n = self;
  MDB_val key = {sizeof node, &node}, value;
  int code = mdb_cursor_get(n->cursor, &key, &value, MDB_SET_KEY);
  *nodes = room;
  *count = 0;
  if (code == 0) code = mdb_cursor_get(n->cursor, &key, &value, MDB_GET_MULTIPLE);
  while (code == 0) {
    memcpy(room + *count, value.mv_data, value.mv_size);
    *count += value.mv_size / sizeof *room;
    code = mdb_cursor_get(n->cursor, &key, &value, MDB_NEXT_MULTIPLE);
  }
  return code == MDB_NOTFOUND ? TN_OK : failed(code, "reading", error);
}

static const bench_net duplicates = {
    .directions = 1,
    .open = open_net,
    .close = close_net,
    .load = load,
    .bytes = bytes,
    .out = out,
};

static tn_status open_system(const bench_system *system, const bench_setup *setup, void **self, tn_error *error) {
  (void)system;
  return bench_net_open(&duplicates, setup, self, error);
}

const bench_system bench_lmdb_graph = {
    .name = "lmdb",
    .groups = 1u << BENCH_GRAPH,
    .measures = bench_net_measures,
    .terms = "dupsort, pages of duplicates, RAM disk; edges found from one end",
    .open = open_system,
    .close = bench_net_close,
};
