/* Tenon with a graph: an engine with one graph model, storage memory, every access an operation. */
#include <stdlib.h>
#include <string.h>

#include "net.h"
#include "tenon.h"
#include "try.h"

#define TXN 1000
#define PAGE_MAX 1000 /* nodes asked about together */

typedef enum op {
  OP_EDGES,
  OP_ADJACENT,
  OP_REACH,
  OP_PATH,
  OP_BFS,
  OP_PAGERANK,
  OP_WCC,
  OP_CDLP,
  OP_LCC,
  OP_SSSP,
  OP_COUNT
} op;

static const char *const names[OP_COUNT] = {"create_edges", "adjacent", "reach", "shortest_path", "bfs",
                                            "pagerank",     "wcc",      "cdlp",  "lcc",           "sssp"};

typedef struct net {
  tn_engine *engine;
  const bench_links *links;
  const tn_op *ops[OP_COUNT];
  tn_builder args, props;
  tn_result result;
  uint64_t bytes; /* live before there were edges */
} net;

static const char config[] =
    "{\"storage\":{\"type\":\"memory\"},\"durability\":\"none\",\"journal\":{\"keep\":\"snapshot\"},"
    "\"snapshot\":{\"every_commands\":0,\"keep\":1},\"models\":{\"g\":{\"type\":\"graph\"}}}";

/* Node 0 has the id 1. */
static int64_t id_of(uint32_t node) { return (int64_t)node + 1; }

static tn_status live_bytes(net *n, uint64_t *out, tn_error *error) {
  int64_t live = 0;
  TRY(tn_stats(n->engine, &n->result, error));
  TRY(tn_get_int(n->result.value, "state.live_bytes", &live));
  return *out = (uint64_t)live, TN_OK;
}

/* ---- life ----------------------------------------------------------------------------------- */

static void close_net(void *self) {
  net *n = self;
  (void)tn_close(n->engine, NULL);
  tn_builder_free(&n->args);
  tn_builder_free(&n->props);
  tn_result_free(&n->result);
  free(n);
}

static tn_status create_nodes(net *n, tn_error *error) {
  tn_object_begin(&n->props);
  tn_end(&n->props);
  for (uint32_t from = 0; from < n->links->nodes; from += TXN) {
    tn_builder_clear(&n->args);
    tn_object_begin(&n->args);
    tn_set(&n->args, "labels", "N");
    tn_name(&n->args, "nodes");
    tn_array_begin(&n->args);
    for (uint32_t i = from; i < n->links->nodes && i < from + TXN; i++) tn_add(&n->args, tn_built(&n->props));
    tn_end(&n->args);
    tn_end(&n->args);
    TRY(tn_run(n->engine, "g", "create_nodes", tn_built(&n->args), &n->result, error));
  }
  return TN_OK;
}

static tn_status open_engine(net *n, tn_error *error) {
  tn_open_options options = TN_OPEN_OPTIONS_INIT;
  options.config_text = config;
  TRY(tn_open(NULL, &options, &n->engine, error));
  for (int i = 0; i < OP_COUNT; i++) TRY(tn_op_prepare(n->engine, "g", names[i], &n->ops[i], error));
  TRY(create_nodes(n, error));
  return live_bytes(n, &n->bytes, error);
}

static tn_status open_net(const bench_setup *setup, const bench_links *links, void **out, tn_error *error) {
  net *n = calloc(1, sizeof *n);
  (void)setup;
  if (!n) return tn_error_set(error, TN_NOMEM, NULL, "no memory");
  n->links = links;
  n->args = n->props = (tn_builder)TN_BUILDER_INIT;
  n->result = (tn_result)TN_RESULT_INIT;
  tn_status status = open_engine(n, error);
  if (status == TN_OK)
    *out = n;
  else
    close_net(n);
  return status;
}

/* ---- writing -------------------------------------------------------------------------------- */

static void add_edge(net *n, const bench_link *link, bool weighted) {
  tn_array_begin(&n->args);
  tn_add(&n->args, id_of(link->from));
  tn_add(&n->args, id_of(link->to));
  if (weighted) tn_add(&n->args, tn_obj(&n->props, "w", bench_link_weight(link)));
  tn_end(&n->args);
}

static tn_status load(void *self, bool weighted, tn_error *error) {
  net *n = self;
  for (uint64_t from = 0; from < n->links->count; from += TXN) {
    tn_builder_clear(&n->args);
    tn_object_begin(&n->args);
    tn_set(&n->args, "type", "E");
    tn_name(&n->args, "edges");
    tn_array_begin(&n->args);
    for (uint64_t i = from; i < n->links->count && i < from + TXN; i++) add_edge(n, &n->links->items[i], weighted);
    tn_end(&n->args);
    tn_end(&n->args);
    TRY(tn_run_op(n->engine, n->ops[OP_EDGES], tn_built(&n->args), NULL, NULL, error));
  }
  return TN_OK;
}

static tn_status bytes(void *self, uint64_t *out, tn_error *error) {
  net *n = self;
  TRY(live_bytes(n, out, error));
  return *out -= n->bytes, TN_OK;
}

/* ---- reading -------------------------------------------------------------------------------- */

static tn_status ask(net *n, op which, tn_value args, tn_error *error) {
  TRY(tn_run_op(n->engine, n->ops[which], args, NULL, &n->result, error));
  bench_sink += n->result.value.data[n->result.value.size - 1];
  return TN_OK;
}

/* Many nodes' at once, which come packed: one array of them all behind another. */
static tn_status neighbors(void *self, uint32_t first, uint32_t count, uint64_t *seen, tn_error *error) {
  net *n = self;
  uint64_t ids[PAGE_MAX], id, sum = 0;
  tn_slice nodes = {NULL, 0};
  if (count > PAGE_MAX) return TN_LIMIT;
  for (uint32_t i = 0; i < count; i++) ids[i] = (uint64_t)id_of(first + i);
  tn_slice packed = {ids, count * sizeof *ids};
  TRY(ask(n, OP_ADJACENT, tn_obj(&n->args, "ids", packed, "packed", tn_arg_bool(true)), error));
  TRY(tn_get_bytes(n->result.value, "nodes", &nodes));
  for (size_t at = 0; at < nodes.size; at += sizeof id, sum += id)
    memcpy(&id, (const uint8_t *)nodes.data + at, sizeof id);
  bench_sink += sum;
  return *seen = nodes.size / sizeof id, TN_OK;
}

static tn_status one_hop(void *self, uint32_t from, uint64_t *seen, tn_error *error) {
  net *n = self;
  int64_t id = 0, sum = 0;
  TRY(ask(n, OP_ADJACENT, tn_arr(&n->args, id_of(from)), error));
  for (tn_iter it = tn_iter_of(n->result.value); tn_iter_next(&it); sum += id) (void)tn_as_int(it.value, &id);
  bench_sink += (uint64_t)sum;
  return *seen = tn_count(n->result.value), TN_OK;
}

static tn_status two_hops(void *self, uint32_t from, uint64_t *seen, tn_error *error) {
  net *n = self;
  TRY(ask(n, OP_REACH, tn_arr(&n->args, id_of(from), TN_ARG_NULL, TN_ARG_NULL, 1, 2), error));
  return *seen = tn_count(n->result.value), TN_OK;
}

static tn_status reach(void *self, uint32_t from, uint64_t *seen, tn_error *error) {
  net *n = self;
  TRY(ask(n, OP_REACH, tn_obj(&n->args, "from", id_of(from), "min", 0, "max_visited", INT64_MAX), error));
  return *seen = tn_count(n->result.value), TN_OK;
}

static tn_status shortest(void *self, uint32_t from, uint32_t to, uint64_t *length, tn_error *error) {
  net *n = self;
  int64_t edges = 0;
  tn_status status = ask(n, OP_PATH, tn_obj(&n->args, "from", id_of(from), "to", id_of(to)), error);
  if (status == TN_OK) (void)tn_get_int(n->result.value, "length", &edges);
  *length = (uint64_t)edges;
  return status == TN_NOT_FOUND ? TN_OK : status;
}

/* ---- algorithms ----------------------------------------------------------------------------- */

static tn_status take_row(void *arg, tn_value row) {
  uint64_t *rows = arg;
  bench_sink += row.data[row.size - 1];
  ++*rows;
  return TN_OK;
}

static tn_status rows(net *n, op which, tn_value args, uint64_t *count, tn_error *error) {
  tn_call call = TN_CALL_INIT;
  *count = 0;
  call.on_row = take_row;
  call.row_arg = count;
  return tn_run_op(n->engine, n->ops[which], args, &call, NULL, error);
}

/* The nodes that are not reached come last. */
static tn_status reach_compact(void *self, uint32_t from, uint64_t *seen, tn_error *error) {
  net *n = self;
  TRY(rows(n, OP_BFS, tn_obj(&n->args, "from", id_of(from), "limit", 1), seen, error));
  return *seen = n->links->reached, TN_OK;
}

static tn_status run(void *self, bench_algorithm algorithm, tn_error *error) {
  static const op ops[] = {OP_PAGERANK, OP_WCC, OP_CDLP, OP_LCC, OP_SSSP};
  net *n = self;
  tn_builder *b = &n->args;
  uint64_t count;
  tn_value args = algorithm == BENCH_SSSP ? tn_obj(b, "from", id_of(n->links->begin), "weight", "w", "limit", 1)
                  : algorithm == BENCH_PAGERANK || algorithm == BENCH_CDLP
                      ? tn_obj(b, "iterations", BENCH_ROUNDS, "limit", 1)
                      : tn_obj(b, "limit", 1);
  TRY(rows(n, ops[algorithm], args, &count, error));
  return count == 1 ? TN_OK : tn_error_set(error, TN_CORRUPT, NULL, "no row");
}

static const bench_net graph = {
    .directions = 2,
    .open = open_net,
    .close = close_net,
    .load = load,
    .bytes = bytes,
    .neighbors = neighbors,
    .one_hop = one_hop,
    .two_hops = two_hops,
    .reach = reach,
    .shortest = shortest,
    .reach_compact = reach_compact,
    .run = run,
};

static tn_status open_system(const bench_system *system, const bench_setup *setup, void **self, tn_error *error) {
  (void)system;
  return bench_net_open(&graph, setup, self, error);
}

const bench_system bench_tenon_graph = {
    .name = "tenon",
    .groups = 1u << BENCH_GRAPH,
    .measures = bench_net_measures,
    .terms = "operations, storage memory; edges found from both ends",
    .open = open_system,
    .close = bench_net_close,
};
