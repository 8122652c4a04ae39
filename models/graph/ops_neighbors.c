#include "budget.h"
#include "hop.h"
#include "ops.h"
#include "ref.h"
#include "row.h"

enum {
  NEIGHBORS_ID,
  NEIGHBORS_DIRECTION,
  NEIGHBORS_TYPES,
  NEIGHBORS_WHERE,
  NEIGHBORS_LIMIT,
  NEIGHBORS_AFTER,
  NEIGHBORS_WHERE_EDGE,
  NEIGHBORS_NODES,
  NEIGHBORS_EDGES,
  NEIGHBORS_MAX_VISITED,
  NEIGHBORS_MAX_MS
};

typedef struct neighbors {
  tni_graph_hops *hops;
  tni_graph_names types, labels;
  tni_graph_budget budget;
  bool nodes, edges; /* rows have properties */
} neighbors;

/* ---- where a page begins ------------------------------------------------------------------------ */

static tn_status no_row(tn_ctx *ctx) {
  return tn_fail(ctx, TN_INVALID, "after",
                 "expected a row of the page before: an object with id, type, direction and edge");
}

/* The last row of the page before: its id, type, direction and edge are a place in the node's arcs. */
static tn_status read_after(tn_ctx *ctx, tn_value row, int64_t *side, tni_graph_arc *arc) {
  int64_t id, edge = 0, type;
  tn_slice type_name, direction;
  if (tn_get_int(row, "id", &id) != TN_OK || tn_get_string(row, "type", &type_name) != TN_OK ||
      tn_get_string(row, "direction", &direction) != TN_OK)
    return no_row(ctx);
  bool in = tni_slice_is(direction, "in"), bare = tn_value_type(tn_field(row, "edge")) == TN_ARRAY;
  if (!bare && (tn_get_int(row, "edge", &edge) != TN_OK || edge < 1)) return no_row(ctx);
  if (id < 1 || !(in || tni_slice_is(direction, "out"))) return no_row(ctx);
  TRY(tni_graph_number_known(ctx, TNI_GRAPH_TYPE, type_name, "after.type", &type));
  *side = in ? -type : type;
  *arc = (tni_graph_arc){(uint64_t)id, (uint64_t)edge};
  return TN_OK;
}

static tn_status begin(tn_ctx *ctx, tni_graph_hops *hops, uint64_t id, tn_value after) {
  tni_graph_arc arc = {0, 0};
  int64_t side = 0;
  if (tn_is_absent(after)) return tni_graph_hops_batch(hops, &id, 1);
  TRY(read_after(ctx, after, &side, &arc));
  return tni_graph_hops_resume(hops, id, side, arc);
}

/* ---- rows -------------------------------------------------------------------------------------- */

static tn_status emit(tn_ctx *ctx, const neighbors *n, const tni_graph_hop *hop, tn_builder *row) {
  tni_graph_edge edge = tni_graph_hop_edge(n->hops, hop);
  tn_object_begin(row);
  tn_set(row, "id", hop->arc.node);
  if (n->nodes) tni_graph_row_node_fields(row, &hop->node, &n->labels);
  tn_set(row, "type", tni_graph_name_of(&n->types, edge.type));
  tn_set(row, "direction", hop->side > 0 ? "out" : "in");
  tni_graph_row_edge_name(row, "edge", &edge, &n->types);
  if (n->edges) tn_set(row, "edge_props", edge.props);
  tn_end(row);
  return tn_row(ctx, row);
}

static tn_status emit_all(tn_ctx *ctx, neighbors *n, int64_t limit, tn_builder *row) {
  uint32_t count;
  tn_status status = TN_OK;
  while (limit > 0 && (status = tni_graph_hops_next(n->hops, &count)) == TN_OK) {
    if (count > limit) count = (uint32_t)limit;
    count = tni_graph_budget_take(&n->budget, count);
    for (uint32_t i = 0; i < count; i++, limit--) TRY(emit(ctx, n, &n->hops->found[i], row));
    n->budget.reached += count;
    if (limit == 0) break;
    if (!n->budget.short_of) (void)tni_graph_budget_take(&n->budget, n->hops->refused);
    TRY(tni_graph_budget_check(&n->budget));
  }
  return status == TN_NOT_FOUND ? TN_OK : status;
}

tn_status tni_graph_op_neighbors(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  neighbors n = {.nodes = false};
  tni_graph_sides sides;
  uint64_t id;
  int64_t limit;
  (void)tn_as_bool(argv[NEIGHBORS_NODES], &n.nodes);
  (void)tn_as_bool(argv[NEIGHBORS_EDGES], &n.edges);
  TRY(tni_graph_limit_of(ctx, argv[NEIGHBORS_LIMIT], &limit));
  TRY(tni_graph_budget_init(&n.budget, ctx, argv[NEIGHBORS_MAX_VISITED], argv[NEIGHBORS_MAX_MS]));
  TRY(tni_graph_sides_of(ctx, argv[NEIGHBORS_DIRECTION], argv[NEIGHBORS_TYPES], &sides));
  TRY(tni_graph_node_named(ctx, argv[NEIGHBORS_ID], "id", &id));
  TRY(tni_graph_hops_create(ctx, &sides, argv[NEIGHBORS_WHERE], "where", argv[NEIGHBORS_WHERE_EDGE], "where_edge",
                            &n.hops));
  n.hops->want_nodes = n.hops->want_nodes || n.nodes;
  n.hops->want_edges = n.hops->want_edges || n.edges;
  TRY(tni_graph_names_all(ctx, TNI_GRAPH_TYPE, &n.types));
  if (n.nodes) TRY(tni_graph_names_all(ctx, TNI_GRAPH_LABEL, &n.labels));
  TRY(begin(ctx, n.hops, id, argv[NEIGHBORS_AFTER]));
  return emit_all(ctx, &n, limit, result);
}

/* ---- degree ------------------------------------------------------------------------------------ */

tn_status tni_graph_op_degree(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_graph_expand expand;
  tni_graph_sides sides;
  uint64_t id, degree;
  TRY(tni_graph_sides_of(ctx, argv[1], argv[2], &sides));
  TRY(tni_graph_node_meant(ctx, argv[0], "id", &id));
  TRY(tni_graph_expand_init(&expand, ctx, &sides));
  TRY(tni_graph_expand_batch(&expand, &id, 1));
  TRY(tni_graph_expand_degrees(&expand, &degree));
  if (degree == 0) TRY(tni_graph_node_must_be(ctx, id, "id"));
  tn_add(result, degree);
  return TN_OK;
}
