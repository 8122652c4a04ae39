/* The tables of the bench: groups, workloads, systems. Adding a workload or a system is one line here. */
#include "store.h"

const bench_group bench_groups[BENCH_GROUPS] = {
    [BENCH_MAP] = {"map", 16, 100, BENCH_MEMORY, true},
    [BENCH_MAP_INT] = {"map_int", 8, 8, BENCH_MEMORY, true},
};

const bench_workload bench_workloads[] = {
    {"map_get", "gets_per_s", BENCH_MAP, "get", false},
    {"map_get_many16", "gets_per_s", BENCH_MAP, "get_many16", false},
    {"map_scan", "entries_per_s", BENCH_MAP, "scan", false},
    {"map_seek10", "seeks_per_s", BENCH_MAP, "seek10", false},
    {"map_seek100", "seeks_per_s", BENCH_MAP, "seek100", false},
    {"map_update_txn1", "updates_per_s", BENCH_MAP, "update_txn1", false},
    {"map_update_txn1000", "updates_per_s", BENCH_MAP, "update_txn1000", false},
    {"map_update_in_place", "updates_per_s", BENCH_MAP, "update_in_place", false},
    {"map_update_pinned", "updates_per_s", BENCH_MAP, "update_pinned", false},
    {"map_pin_extra", "extra_bytes", BENCH_MAP, "pin_extra", true},
    {"map_load", "entries_per_s", BENCH_MAP, "load", false},
    {"map_load_sorted", "entries_per_s", BENCH_MAP, "load_sorted", false},
    {"map_bytes_per_entry", "entry_bytes", BENCH_MAP, "bytes_per_entry", true},
    {"map_rss_per_entry", "entry_bytes", BENCH_MAP, "rss_per_entry", true},
    {"map_reader_with_writer", "gets_per_s", BENCH_MAP, "reader_with_writer", false},

    {"map_get_int", "gets_per_s", BENCH_MAP_INT, "get", false},
    {"map_get_many16_int", "gets_per_s", BENCH_MAP_INT, "get_many16", false},
    {"map_scan_int", "entries_per_s", BENCH_MAP_INT, "scan", false},
    {"map_seek10_int", "seeks_per_s", BENCH_MAP_INT, "seek10", false},
    {"map_seek100_int", "seeks_per_s", BENCH_MAP_INT, "seek100", false},
    {"map_update_txn1_int", "updates_per_s", BENCH_MAP_INT, "update_txn1", false},
    {"map_update_txn1000_int", "updates_per_s", BENCH_MAP_INT, "update_txn1000", false},
    {"map_update_in_place_int", "updates_per_s", BENCH_MAP_INT, "update_in_place", false},
    {"map_load_int", "entries_per_s", BENCH_MAP_INT, "load", false},
    {"map_load_sorted_int", "entries_per_s", BENCH_MAP_INT, "load_sorted", false},
    {"map_bytes_per_entry_int", "entry_bytes", BENCH_MAP_INT, "bytes_per_entry", true},
    {"map_reader_with_writer_int", "gets_per_s", BENCH_MAP_INT, "reader_with_writer", false},
    {NULL, NULL, BENCH_GROUPS, NULL, false},
};

/* X(symbol, package, what the bench says when it was built without it). The symbols of libraries that are not
 * installed are not linked, and weak. */
#define SYSTEMS(X)               \
  X(tenon_map, "tenon", "")      \
  X(lmdb, "lmdb", "liblmdb-dev") \
  X(uthash, "uthash", "uthash-dev")

#define DECLARE(symbol, name, package) extern const bench_system bench_##symbol __attribute__((weak));
SYSTEMS(DECLARE)

#define ENTRY(symbol, name, package) {&bench_##symbol, name, package},
const bench_entry bench_systems[] = {SYSTEMS(ENTRY){NULL, NULL, NULL}};
