#include "all.h"

#include "scan.h"

tn_status tni_graph_all_nodes(tn_ctx *ctx, tn_status (*each)(void *arg, uint64_t id, const tni_graph_node *node),
                              void *arg) {
  tni_graph_scan *scan = tn_scratch(ctx, sizeof *scan);
  tni_graph_node node;
  tn_status status;
  uint64_t id;
  if (!scan) return tni_no_memory(ctx);
  TRY(tni_graph_scan_open(scan, ctx, 0, NULL, 0));
  while ((status = tni_graph_scan_next(scan, &id, &node)) == TN_OK) TRY(each(arg, id, &node));
  return status == TN_NOT_FOUND ? TN_OK : status;
}

/* A batch of nodes' outgoing edges. */
typedef struct edges {
  tni_graph_hops *hops;
  uint64_t batch[TNI_GRAPH_BATCH];
  size_t count;
  tn_status (*each)(void *arg, const tni_graph_edge *edge);
  void *arg;
} edges;

static tn_status flush(edges *e) {
  uint32_t found;
  tn_status status;
  TRY(tni_graph_hops_batch(e->hops, e->batch, e->count));
  while ((status = tni_graph_hops_next(e->hops, &found)) == TN_OK)
    for (uint32_t i = 0; i < found; i++) {
      tni_graph_edge edge = tni_graph_hop_edge(e->hops, &e->hops->found[i]);
      TRY(e->each(e->arg, &edge));
    }
  e->count = 0;
  return status == TN_NOT_FOUND ? TN_OK : status;
}

static tn_status take_node(void *arg, uint64_t id, const tni_graph_node *node) {
  edges *e = arg;
  (void)node;
  e->batch[e->count++] = id;
  return e->count == TNI_GRAPH_BATCH ? flush(e) : TN_OK;
}

tn_status tni_graph_all_edges(tn_ctx *ctx, tn_status (*each)(void *arg, const tni_graph_edge *edge), void *arg) {
  static const tni_graph_sides out = {TNI_GRAPH_OUT, true, 0, NULL};
  edges e = {.each = each, .arg = arg};
  TRY(tni_graph_hops_create(ctx, &out, TN_NO_VALUE, "", TN_NO_VALUE, "", &e.hops));
  e.hops->want_edges = true;
  TRY(tni_graph_all_nodes(ctx, take_node, &e));
  return e.count > 0 ? flush(&e) : TN_OK;
}
