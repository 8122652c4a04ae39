/* What is to be reached, and whether it was. Adding a target is one line. */
#include <string.h>

#include "results.h"

typedef struct target {
  const char *workload; /* what Tenon is measured in */
  const char *system;   /* the shape of Tenon it is about */
  const char *against;  /* another system; NULL = the number itself, which may be at most `least` */
  const char *in;       /* its workload; NULL = the same */
  double least, aim;    /* how many times as good; aim 0 = none */
  const char *aim_at;   /* another system that `aim` is about; NULL = `against` */
} target;

static const target targets[] = {
    {"map_get", "tenon", "lmdb", NULL, 2.5, 5, NULL},
    {"map_get", "tenon", "uthash", NULL, 0.9, 2, NULL},
    {"map_get_many16", "tenon", "lmdb", "map_get", 6, 10, NULL},
    {"map_scan", "tenon", "lmdb", NULL, 2, 3.5, NULL},
    {"map_seek100", "tenon", "lmdb", NULL, 1.7, 2.8, NULL},
    {"map_update_txn1", "tenon", "lmdb", NULL, 4, 7, NULL},
    {"map_update_in_place", "tenon", "lmdb", "map_update_txn1", 7, 12, NULL},
    {"map_reader_with_writer", "tenon", "tenon_alone", NULL, 0.85, 0.95, NULL},
    {"map_bytes_per_entry", "tenon", NULL, NULL, 185, 150, NULL},
    {"map_bytes_per_entry_int", "tenon", NULL, NULL, 33, 26, NULL},
    {"map_rss_per_entry", "tenon", "tenon_stats", NULL, 1 / 1.15, 0, NULL},
    {"map_update_pinned", "tenon", "tenon_unpinned", NULL, 0.9, 1, NULL},
    {"map_pin_extra", "tenon", NULL, NULL, 60e6, 0, NULL},
    {"kv_get", "tenon", "lmdb", NULL, 2, 3.5, NULL},
    {"commit_sync_1", "tenon", "sqlite", NULL, 1.25, 1, "raw"},
    {"commit_sync_8", "tenon", "rocksdb", NULL, 1.3, 1, "raw"},
    {"commit_sync_64", "tenon", "rocksdb", NULL, 1.8, 1, "raw"},
    {"commit_async_64", "tenon", "tarantool", NULL, 1, 1.5, NULL},
    {"commit_p99_during_snapshot_us", "tenon", "tenon_no_snapshot", NULL, 0.5, 0, NULL},
    {"replay", "tenon", "redis", NULL, 1.5, 2, NULL},
    {"replay", "tenon", "tarantool", NULL, 1.1, 1.5, NULL},
    {"snapshot_write", "tenon", "tarantool", NULL, 2, 1, "raw"},
    {"snapshot_load", "tenon", "tarantool", NULL, 2, 1, "raw"},
    {"json_parse", "tenon", "cjson", NULL, 2, 3.5, NULL},
    {"json_write", "tenon", "cjson", NULL, 4, 6, NULL},
    {"doc_ingest", "tenon", "sqlite", NULL, 2, 0, NULL},
    {"doc_ingest_plain", "tenon", "sqlite", NULL, 2, 0, NULL},
    {"doc_find_indexed", "tenon", "sqlite", NULL, 1.5, 0, NULL},
    {"doc_range_sorted", "tenon", "sqlite", NULL, 2, 0, NULL},
    {"doc_scan_filter", "tenon", "sqlite", NULL, 3, 0, NULL},
    {"doc_update", "tenon", "sqlite", NULL, 5, 0, NULL},
    {"doc_bytes_per_doc", "tenon", "sqlite", NULL, 1 / 0.9, 0, NULL},
    {"graph_load", "tenon", "lmdb", NULL, 1.5, 0, NULL},
    {"graph_neighbors", "tenon", "lmdb", NULL, 2, 0, NULL},
    {"graph_1hop", "tenon", "lmdb", NULL, 1, 0, NULL},
    {"graph_2hop", "tenon", "lmdb", NULL, 1.5, 0, NULL},
    {"graph_bfs", "tenon", "lmdb", NULL, 2, 0, NULL},
    {"graph_bfs_compact", "tenon", "csr", NULL, 0.7, 0, NULL},
    {"graph_pagerank", "tenon", "csr", NULL, 0.5, 0, NULL},
    {"graph_wcc", "tenon", "csr", NULL, 0.5, 0, NULL},
    {"graph_cdlp", "tenon", "csr", NULL, 0.5, 0, NULL},
    {"graph_lcc", "tenon", "csr", NULL, 0.5, 0, NULL},
    {"graph_sssp", "tenon", "csr", NULL, 0.5, 0, NULL},
    {"graph_bytes_per_edge", "tenon", NULL, NULL, 12, 0, NULL},
};

static const char *yes(bool reached) { return reached ? "yes" : "no"; }

/* "2.50x", or a number where the target is one. */
static const char *amount(double number, bool ratio, char *out) {
  if (!ratio) return bench_number(number, out);
  (void)snprintf(out, 24, "%.2fx", number);
  return out;
}

/* With a head above it where it is the first one. False when it is left out. */
static bool print_target(FILE *out, const bench_results *results, const target *t, bool first) {
  char what[96], reached[24], least[24], aim[24] = "";
  const char *in = t->in ? t->in : t->workload;
  const bench_result *ours = bench_results_find(results, t->workload, t->system);
  const bench_result *other = t->against ? bench_results_find(results, in, t->against) : NULL;
  const bench_result *far = t->aim_at ? bench_results_find(results, in, t->aim_at) : other;
  if (!ours || (t->against && !other)) return false;
  double ratio = other ? bench_ratio(ours, other) : ours->median;
  double far_ratio = far ? bench_ratio(ours, far) : ours->median;
  bool has_aim = t->aim > 0 && (far || !t->against);
  if (first) fprintf(out, "%-58s %9s %10s %-4s %10s\n", "To reach", "is", "at least", "", "aim");
  (void)snprintf(what, sizeof what, "%s%s%s%s%s", t->workload, t->against ? " against " : "",
                 t->against ? t->against : "", t->in ? " in " : "", t->in ? t->in : "");
  fprintf(out, "  %-56s %9s %10s %-4s", what, amount(ratio, other, reached), amount(t->least, other, least),
          yes(other ? ratio >= t->least : ratio <= t->least));
  if (has_aim)
    fprintf(out, " %10s %-4s", amount(t->aim, other, aim), yes(other ? far_ratio >= t->aim : far_ratio <= t->aim));
  if (has_aim && t->aim_at) fprintf(out, " of %s, it is %.2fx", t->aim_at, far_ratio);
  fputc('\n', out);
  return true;
}

void bench_print_targets(FILE *out, const bench_results *results) {
  bool any = false;
  for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
    any = print_target(out, results, &targets[i], !any) || any;
}
