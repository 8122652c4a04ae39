#include "hop.h"

tn_status tni_graph_hops_create(tn_ctx *ctx, const tni_graph_sides *sides, tn_value where_node, const char *node_path,
                                tn_value where_edge, const char *edge_path, tni_graph_hops **out) {
  tni_graph_hops *h = tn_scratch(ctx, sizeof *h);
  if (!h) return tni_no_memory(ctx);
  h->ctx = ctx;
  h->exempt[0] = h->exempt[1] = 0;
  h->at = h->run.count = 0;
  TRY(tni_graph_expand_init(&h->expand, ctx, sides));
  TRY(tni_graph_where_init(&h->nodes, ctx, where_node, node_path));
  TRY(tni_graph_where_init(&h->edges, ctx, where_edge, edge_path));
  h->want_nodes = h->nodes.filter != NULL;
  h->want_edges = h->edges.filter != NULL;
  *out = h;
  return TN_OK;
}

tn_status tni_graph_hops_batch(tni_graph_hops *h, const uint64_t *nodes, size_t count) {
  h->at = h->run.count = 0;
  memcpy(h->batch, nodes, count * sizeof *nodes);
  return tni_graph_expand_batch(&h->expand, nodes, count);
}

tn_status tni_graph_hops_resume(tni_graph_hops *h, uint64_t node, int64_t side, tni_graph_arc after) {
  h->at = h->run.count = 0;
  h->batch[0] = node;
  return tni_graph_expand_resume(&h->expand, node, side, after);
}

tni_graph_edge tni_graph_hop_edge(const tni_graph_hops *h, const tni_graph_hop *hop) {
  tni_graph_edge edge = tni_graph_edge_of_arc(h->batch[hop->source], hop->side, hop->arc);
  edge.props = hop->edge_props;
  return edge;
}

/* ---- a batch of hops --------------------------------------------------------------------------- */

/* The next arcs, of as many runs as it takes. NOT_FOUND: there are none. */
static tn_status fill(tni_graph_hops *h, uint32_t *count) {
  uint32_t n = 0;
  while (n < TNI_GRAPH_BATCH) {
    if (h->at == h->run.count) {
      tn_status status = tni_graph_expand_next(&h->expand, &h->run);
      h->at = 0;
      if (status != TN_OK) h->run.count = 0;
      if (status == TN_NOT_FOUND && n > 0) break;
      if (status != TN_OK) return status;
    }
    for (; h->at < h->run.count && n < TNI_GRAPH_BATCH; h->at++, n++) {
      tni_graph_hop *hop = &h->found[n];
      hop->source = h->run.source;
      hop->side = h->run.side;
      hop->arc = (tni_graph_arc){h->run.nodes[h->at], h->run.edges ? h->run.edges[h->at] : 0};
      hop->edge_props = tni_graph_no_props;
    }
  }
  *count = n;
  return TN_OK;
}

static tn_status read_edges(tni_graph_hops *h, uint32_t count) {
  uint64_t ids[TNI_GRAPH_BATCH] = {0};
  uint32_t of[TNI_GRAPH_BATCH], n = 0;
  tn_slice bytes[TNI_GRAPH_BATCH];
  tni_graph_edge edge;
  for (uint32_t i = 0; i < count; i++) {
    if (h->found[i].arc.edge == 0) continue;
    of[n] = i;
    ids[n++] = h->found[i].arc.edge;
  }
  TRY(tni_graph_edges_get(h->ctx, ids, n, bytes));
  for (uint32_t i = 0; i < n; i++) {
    if (!bytes[i].data) return tni_graph_corrupt(h->ctx, "edges");
    TRY(tni_graph_edge_open(h->ctx, ids[i], bytes[i], &edge));
    h->found[of[i]].edge_props = edge.props;
  }
  return TN_OK;
}

static tn_status read_nodes(tni_graph_hops *h, uint32_t count) {
  uint64_t ids[TNI_GRAPH_BATCH] = {0};
  tn_slice bytes[TNI_GRAPH_BATCH];
  for (uint32_t i = 0; i < count; i++) ids[i] = h->found[i].arc.node;
  TRY(tni_graph_nodes_get(h->ctx, ids, count, bytes));
  for (uint32_t i = 0; i < count; i++) {
    if (!bytes[i].data) return tni_graph_corrupt(h->ctx, "adjacency");
    TRY(tni_graph_node_open(h->ctx, bytes[i], &h->found[i].node));
  }
  return TN_OK;
}

static tn_status holds(tni_graph_hops *h, bool edges, const tni_graph_hop *hop, bool *out) {
  if (edges) {
    tni_graph_edge edge = tni_graph_hop_edge(h, hop);
    return tni_graph_where_edge(&h->edges, &edge, out);
  }
  *out = true;
  if (hop->arc.node == h->exempt[0] || hop->arc.node == h->exempt[1]) return TN_OK;
  return tni_graph_where_node(&h->nodes, hop->arc.node, &hop->node, out);
}

/* Keeps the hops that a condition holds for. */
static tn_status keep(tni_graph_hops *h, bool edges, uint32_t *count) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < *count; i++) {
    const tni_graph_hop *hop = &h->found[i];
    bool fine;
    TRY(holds(h, edges, hop, &fine));
    if (fine) h->found[kept++] = *hop;
  }
  *count = kept;
  return TN_OK;
}

tn_status tni_graph_hops_next(tni_graph_hops *h, uint32_t *count) {
  TRY(fill(h, count));
  h->refused = *count;
  if (h->want_edges) TRY(read_edges(h, *count));
  if (h->edges.filter) TRY(keep(h, true, count));
  if (h->want_nodes) TRY(read_nodes(h, *count));
  if (h->nodes.filter) TRY(keep(h, false, count));
  h->refused -= *count;
  return TN_OK;
}
