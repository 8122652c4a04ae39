/* The tables of the bench: groups, workloads, systems. Adding a workload or a system is one line here. */
#include "documents.h"
#include "net.h"
#include "store.h"

const bench_group bench_groups[BENCH_GROUPS] = {
    [BENCH_MAP] = {"map", 16, 100, BENCH_MEMORY, true},
    [BENCH_MAP_INT] = {"map_int", 8, 8, BENCH_MEMORY, true},
    [BENCH_KV] = {"kv", 16, 100, BENCH_MEMORY, true},
    [BENCH_KV_WRITTEN] = {"kv_written", 16, 100, BENCH_WRITTEN, true},
    [BENCH_COMMIT] = {"commit", 16, 100, BENCH_SYNCED, false},
    [BENCH_RECOVERY] = {"recovery", 16, 100, BENCH_SYNCED, false},
    [BENCH_VALUES] = {"values", 8, 8, BENCH_MEMORY, false},
    [BENCH_DOCS] = {"documents", 8, 8, BENCH_MEMORY, true},
    [BENCH_GRAPH] = {"graph", 8, 8, BENCH_MEMORY, true},
};

const bench_workload bench_workloads[] = {
    {"map_get", "gets_per_s", BENCH_MAP, "get", 0, 0},
    {"map_get_many16", "gets_per_s", BENCH_MAP, "get_many", 16, 0},
    {"map_scan", "entries_per_s", BENCH_MAP, "scan", 0, 0},
    {"map_seek10", "seeks_per_s", BENCH_MAP, "seek", 10, 0},
    {"map_seek100", "seeks_per_s", BENCH_MAP, "seek", 100, 0},
    {"map_update_txn1", "updates_per_s", BENCH_MAP, "update_txn1", 0, 0},
    {"map_update_txn1000", "updates_per_s", BENCH_MAP, "update_txn1000", 0, 0},
    {"map_update_in_place", "updates_per_s", BENCH_MAP, "update_in_place", 0, 0},
    {"map_update_pinned", "updates_per_s", BENCH_MAP, "update_pinned", 0, 3},
    {"map_pin_extra", "extra_bytes", BENCH_MAP, "pin_extra", 0, 1},
    {"map_load", "entries_per_s", BENCH_MAP, "load", 0, 3},
    {"map_load_sorted", "entries_per_s", BENCH_MAP, "load_sorted", 0, 3},
    {"map_bytes_per_entry", "entry_bytes", BENCH_MAP, "bytes_per_entry", 0, 1},
    {"map_rss_per_entry", "entry_bytes", BENCH_MAP, "rss_per_entry", 0, 1},
    {"map_reader_with_writer", "gets_per_s", BENCH_MAP, "reader_with_writer", 0, 0},

    {"map_get_int", "gets_per_s", BENCH_MAP_INT, "get", 0, 0},
    {"map_get_many16_int", "gets_per_s", BENCH_MAP_INT, "get_many", 16, 0},
    {"map_scan_int", "entries_per_s", BENCH_MAP_INT, "scan", 0, 0},
    {"map_seek10_int", "seeks_per_s", BENCH_MAP_INT, "seek", 10, 0},
    {"map_seek100_int", "seeks_per_s", BENCH_MAP_INT, "seek", 100, 0},
    {"map_update_txn1_int", "updates_per_s", BENCH_MAP_INT, "update_txn1", 0, 0},
    {"map_update_txn1000_int", "updates_per_s", BENCH_MAP_INT, "update_txn1000", 0, 0},
    {"map_update_in_place_int", "updates_per_s", BENCH_MAP_INT, "update_in_place", 0, 0},
    {"map_load_int", "entries_per_s", BENCH_MAP_INT, "load", 0, 3},
    {"map_load_sorted_int", "entries_per_s", BENCH_MAP_INT, "load_sorted", 0, 3},
    {"map_bytes_per_entry_int", "entry_bytes", BENCH_MAP_INT, "bytes_per_entry", 0, 1},
    {"map_reader_with_writer_int", "gets_per_s", BENCH_MAP_INT, "reader_with_writer", 0, 0},

    {"kv_get", "gets_per_s", BENCH_KV, "get", 0, 0},
    {"kv_scan", "entries_per_s", BENCH_KV, "scan", 0, 0},
    {"kv_update_txn1", "updates_per_s", BENCH_KV, "update_txn1", 0, 0},
    {"kv_put_nosync", "puts_per_s", BENCH_KV_WRITTEN, "update_txn1", 0, 0},
    {"ycsb_a_1", "ops_per_s", BENCH_KV_WRITTEN, "ycsb_a", 1, 0},
    {"ycsb_a_2", "ops_per_s", BENCH_KV_WRITTEN, "ycsb_a", 2, 0},
    {"ycsb_b_1", "ops_per_s", BENCH_KV_WRITTEN, "ycsb_b", 1, 0},
    {"ycsb_b_2", "ops_per_s", BENCH_KV_WRITTEN, "ycsb_b", 2, 0},
    {"ycsb_c_1", "ops_per_s", BENCH_KV_WRITTEN, "ycsb_c", 1, 0},
    {"ycsb_c_2", "ops_per_s", BENCH_KV_WRITTEN, "ycsb_c", 2, 0},
    {"ycsb_d_1", "ops_per_s", BENCH_KV_WRITTEN, "ycsb_d", 1, 0},
    {"ycsb_d_2", "ops_per_s", BENCH_KV_WRITTEN, "ycsb_d", 2, 0},
    {"ycsb_e_1", "ops_per_s", BENCH_KV_WRITTEN, "ycsb_e", 1, 0},
    {"ycsb_e_2", "ops_per_s", BENCH_KV_WRITTEN, "ycsb_e", 2, 0},
    {"ycsb_f_1", "ops_per_s", BENCH_KV_WRITTEN, "ycsb_f", 1, 0},
    {"ycsb_f_2", "ops_per_s", BENCH_KV_WRITTEN, "ycsb_f", 2, 0},

    {"commit_sync_1", "commits_per_s", BENCH_COMMIT, "commit", 1, 0},
    {"commit_sync_8", "commits_per_s", BENCH_COMMIT, "commit", 8, 0},
    {"commit_sync_64", "commits_per_s", BENCH_COMMIT, "commit", 64, 0},
    {"commit_async_64", "commits_per_s", BENCH_COMMIT, "commit_async", 64, 0},
    {"open_empty_us", "open_us", BENCH_COMMIT, "open_empty", 0, 0},

    {"commit_p99_during_snapshot_us", "p99_us", BENCH_RECOVERY, "commit_p99", 0, 0},
    {"replay", "commands_per_s", BENCH_RECOVERY, "replay", 0, 3},
    {"snapshot_write", "entries_per_s", BENCH_RECOVERY, "snapshot_write", 0, 3},
    {"snapshot_load", "entries_per_s", BENCH_RECOVERY, "snapshot_load", 0, 3},

    {"json_parse", "mb_per_s", BENCH_VALUES, "json_parse", BENCH_DOCUMENTS, 0},
    {"json_parse_records", "mb_per_s", BENCH_VALUES, "json_parse", BENCH_RECORDS, 0},
    {"json_parse_objects", "mb_per_s", BENCH_VALUES, "json_parse", BENCH_OBJECTS, 0},
    {"json_parse_umlauts", "mb_per_s", BENCH_VALUES, "json_parse", BENCH_UMLAUTS, 0},
    {"json_parse_numbers", "mb_per_s", BENCH_VALUES, "json_parse", BENCH_NUMBERS, 0},
    {"json_write", "mb_per_s", BENCH_VALUES, "json_write", BENCH_DOCUMENTS, 0},
    {"json_write_records", "mb_per_s", BENCH_VALUES, "json_write", BENCH_RECORDS, 0},
    {"json_write_objects", "mb_per_s", BENCH_VALUES, "json_write", BENCH_OBJECTS, 0},
    {"json_write_umlauts", "mb_per_s", BENCH_VALUES, "json_write", BENCH_UMLAUTS, 0},
    {"json_write_numbers", "mb_per_s", BENCH_VALUES, "json_write", BENCH_NUMBERS, 0},
    {"value_read_field", "reads_per_s", BENCH_VALUES, "read_field", 0, 0},

    {"doc_ingest", "docs_per_s", BENCH_DOCS, "ingest", true, 3},
    {"doc_ingest_plain", "docs_per_s", BENCH_DOCS, "ingest", false, 3},
    {"doc_get", "docs_per_s", BENCH_DOCS, "get_document", 0, 0},
    {"doc_find_indexed", "docs_per_s", BENCH_DOCS, "find_indexed", 0, 0},
    {"doc_range_sorted", "docs_per_s", BENCH_DOCS, "range_sorted", 0, 0},
    {"doc_scan_filter", "docs_per_s", BENCH_DOCS, "scan_filter", 0, 0},
    {"doc_update", "updates_per_s", BENCH_DOCS, "update_document", 0, 0},
    {"doc_group", "docs_per_s", BENCH_DOCS, "group_documents", 0, 0},
    {"doc_bytes_per_doc", "doc_bytes", BENCH_DOCS, "bytes_per_doc", 0, 1},

    {"graph_load", "edges_per_s", BENCH_GRAPH, "graph_load", false, 3},
    {"graph_load_weighted", "edges_per_s", BENCH_GRAPH, "graph_load", true, 3},
    {"graph_neighbors", "nodes_per_s", BENCH_GRAPH, "neighbors", 0, 0},
    {"graph_1hop", "queries_per_s", BENCH_GRAPH, "one_hop", 0, 0},
    {"graph_2hop", "queries_per_s", BENCH_GRAPH, "two_hops", 0, 0},
    {"graph_bfs", "edges_per_s", BENCH_GRAPH, "reach", 0, 0},
    {"graph_bfs_compact", "edges_per_s", BENCH_GRAPH, "reach_compact", 0, 0},
    {"graph_shortest_path", "queries_per_s", BENCH_GRAPH, "path", 0, 0},
    {"graph_pagerank", "edges_per_s", BENCH_GRAPH, "algorithm", BENCH_PAGERANK, 0},
    {"graph_wcc", "edges_per_s", BENCH_GRAPH, "algorithm", BENCH_WCC, 0},
    {"graph_cdlp", "edges_per_s", BENCH_GRAPH, "algorithm", BENCH_CDLP, 0},
    {"graph_lcc", "edges_per_s", BENCH_GRAPH, "algorithm", BENCH_LCC, 0},
    {"graph_sssp", "edges_per_s", BENCH_GRAPH, "algorithm", BENCH_SSSP, 0},
    {"graph_bytes_per_edge", "edge_bytes", BENCH_GRAPH, "bytes_per_edge", 0, 1},
    {NULL, NULL, BENCH_GROUPS, NULL, 0, 0},
};

/* X(symbol, name, the package it comes with). Symbols of libraries that were not there when the bench was built are
 * not linked, and weak. What counts memory by the process (uthash) comes before what has threads of its own. */
#define SYSTEMS(X)                                           \
  X(tenon_map, "tenon", "")                                  \
  X(tenon_kv, "tenon", "")                                   \
  X(tenon_commit, "tenon", "")                               \
  X(tenon_recovery, "tenon", "")                             \
  X(tenon_values, "tenon", "")                               \
  X(lmdb, "lmdb", "liblmdb-dev")                             \
  X(sqlite, "sqlite", "libsqlite3-dev")                      \
  X(uthash, "uthash", "uthash-dev")                          \
  X(rocksdb, "rocksdb", "librocksdb-dev")                    \
  X(redis_memory, "redis", "libhiredis-dev, redis-server")   \
  X(redis_written, "redis", "libhiredis-dev, redis-server")  \
  X(redis_commit, "redis", "libhiredis-dev, redis-server")   \
  X(redis_recovery, "redis", "libhiredis-dev, redis-server") \
  X(tarantool_memory, "tarantool", "tarantool")              \
  X(tarantool_written, "tarantool", "tarantool")             \
  X(tarantool_commit, "tarantool", "tarantool")              \
  X(tarantool_recovery, "tarantool", "tarantool")            \
  X(cjson, "cjson", "libcjson-dev")                          \
  X(tenon_documents, "tenon", "")                            \
  X(sqlite_documents, "sqlite", "libsqlite3-dev")            \
  X(postgres, "postgres", "libpq-dev, postgresql")           \
  X(tenon_graph, "tenon", "")                                \
  X(lmdb_graph, "lmdb", "liblmdb-dev")                       \
  X(sqlite_graph, "sqlite", "libsqlite3-dev")                \
  X(csr, "csr", "")                                          \
  X(raw_commit, "raw", "")                                   \
  X(raw_snapshot, "raw", "")

#define DECLARE(symbol, name, package) extern const bench_system bench_##symbol __attribute__((weak));
SYSTEMS(DECLARE)

#define ENTRY(symbol, name, package) {&bench_##symbol, name, package},
const bench_entry bench_systems[] = {SYSTEMS(ENTRY){NULL, NULL, NULL}};
