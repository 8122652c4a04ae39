#include "ops.h"
#include "paths.h"
#include "ref.h"
#include "walk.h"

enum {
  EXPAND_FROM,
  EXPAND_DIRECTION,
  EXPAND_TYPES,
  EXPAND_MIN,
  EXPAND_MAX,
  EXPAND_WHERE_NODE,
  EXPAND_WHERE_EDGE,
  EXPAND_UNIQUE,
  EXPAND_LIMIT,
  EXPAND_MAX_VISITED,
  EXPAND_MAX_MS,
  EXPAND_NODES
};

/* ---- arguments --------------------------------------------------------------------------------- */

typedef enum once { ONCE_NODES, ONCE_EDGES, ONCE_PATHS } once;

static tn_status unique_of(tn_ctx *ctx, tn_value given, once *out) {
  static const char *const names[] = {"nodes", "edges", "paths"};
  tn_slice text = {NULL, 0};
  *out = ONCE_NODES;
  if (!tn_as_string(given, &text)) return TN_OK;
  for (int i = 0; i < 3; i++)
    if (tni_slice_is(text, names[i])) return *out = (once)i, TN_OK;
  return tn_fail(ctx, TN_INVALID, "unique", "expected nodes, edges or paths, got '%s'%s", tni_quoted(ctx, text),
                 tn_nearest(ctx, text, names, 3));
}

/* ---- rows -------------------------------------------------------------------------------------- */

typedef struct rows {
  tn_ctx *ctx;
  tn_builder *row;
  tni_graph_walk walk;
  tni_graph_names types, labels;
  int64_t left; /* of the limit */
  bool nodes;   /* rows have labels and properties */
} rows;

static tn_status emit(rows *r) {
  TRY(tn_row(r->ctx, r->row));
  return --r->left > 0 ? TN_OK : TN_NOT_FOUND;
}

static tn_status emit_hop(void *arg, const tni_graph_hop *hop) {
  rows *r = arg;
  tni_graph_edge edge = tni_graph_hop_edge(r->walk.hops, hop);
  tn_object_begin(r->row);
  tn_set(r->row, "id", hop->arc.node);
  if (r->nodes) tni_graph_row_node_fields(r->row, &hop->node, &r->labels);
  tn_set(r->row, "depth", r->walk.depth);
  tn_set(r->row, "from", r->walk.hops->batch[hop->source]);
  tni_graph_row_edge_name(r->row, "edge", &edge, &r->types);
  tn_end(r->row);
  return emit(r);
}

static tn_status emit_start(rows *r, uint64_t from) {
  tni_graph_node node;
  tn_object_begin(r->row);
  tn_set(r->row, "id", from);
  if (r->nodes) {
    TRY(tni_graph_node_get(r->ctx, from, &node));
    tni_graph_row_node_fields(r->row, &node, &r->labels);
  }
  tn_set(r->row, "depth", 0);
  tn_end(r->row);
  return emit(r);
}

static tn_status emit_path(rows *r, const tni_graph_paths *p) {
  tn_object_begin(r->row);
  tn_set(r->row, "id", p->nodes[p->length]);
  tn_set(r->row, "depth", p->length);
  tni_graph_paths_add(p, &r->types, r->row);
  tn_end(r->row);
  return emit(r);
}

/* ---- expand ------------------------------------------------------------------------------------ */

static tn_status expand_paths(rows *r, uint64_t from) {
  tni_graph_paths *p = tn_scratch(r->ctx, sizeof *p);
  tn_status status;
  if (!p) return tni_no_memory(r->ctx);
  p->ctx = r->ctx;
  p->hops = r->walk.hops;
  p->budget = r->walk.budget;
  p->to = 0;
  p->max = r->walk.max < TNI_GRAPH_PATH_MAX ? r->walk.max : TNI_GRAPH_PATH_MAX;
  p->distances = NULL;
  TRY(tni_graph_paths_begin(p, from));
  while ((status = tni_graph_paths_next(p)) == TN_OK)
    if (p->length >= r->walk.min) TRY(emit_path(r, p));
  return status;
}

static tn_status expand(rows *r, once unique, uint64_t from) {
  if (r->left == 0) return TN_OK;
  if (r->walk.min == 0) TRY(emit_start(r, from));
  if (unique == ONCE_PATHS) return expand_paths(r, from);
  r->walk.unique = unique == ONCE_NODES ? TNI_GRAPH_UNIQUE_NODES : TNI_GRAPH_UNIQUE_EDGES;
  r->walk.each = emit_hop;
  r->walk.arg = r;
  return tni_graph_walk_run(&r->walk, from);
}

tn_status tni_graph_op_expand(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  rows *r = tn_scratch(ctx, sizeof *r);
  tni_graph_sides sides;
  once unique;
  uint64_t from;
  if (!r) return tni_no_memory(ctx);
  *r = (rows){.ctx = ctx, .row = result, .walk = {.ctx = ctx}};
  (void)tn_as_bool(argv[EXPAND_NODES], &r->nodes);
  TRY(tni_graph_limit_of(ctx, argv[EXPAND_LIMIT], &r->left));
  TRY(unique_of(ctx, argv[EXPAND_UNIQUE], &unique));
  TRY(tni_graph_depths_of(ctx, argv[EXPAND_MIN], argv[EXPAND_MAX], &r->walk.min, &r->walk.max));
  TRY(tni_graph_budget_init(&r->walk.budget, ctx, argv[EXPAND_MAX_VISITED], argv[EXPAND_MAX_MS]));
  TRY(tni_graph_sides_of(ctx, argv[EXPAND_DIRECTION], argv[EXPAND_TYPES], &sides));
  TRY(tni_graph_node_named(ctx, argv[EXPAND_FROM], "from", &from));
  TRY(tni_graph_hops_create(ctx, &sides, argv[EXPAND_WHERE_NODE], "where_node", argv[EXPAND_WHERE_EDGE], "where_edge",
                            &r->walk.hops));
  r->walk.hops->want_nodes = r->walk.hops->want_nodes || r->nodes;
  TRY(tni_graph_names_all(ctx, TNI_GRAPH_TYPE, &r->types));
  TRY(tni_graph_names_all(ctx, TNI_GRAPH_LABEL, &r->labels));
  tn_status status = expand(r, unique, from);
  return status == TN_NOT_FOUND ? TN_OK : status;
}
