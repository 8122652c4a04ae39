/* hop.h - the operator behind expand.h: each arc with its edge and the node it leads to, as far as conditions ask for
 * them, and only those that fulfil them. A batch of sources goes in; hops come out in batches, looked up together. */
#ifndef TENON_GRAPH_HOP_H
#define TENON_GRAPH_HOP_H

#include "expand.h"
#include "where.h"

typedef struct tni_graph_hop {
  uint32_t source; /* place in the batch of sources */
  int64_t side;
  tni_graph_arc arc;
  tn_value edge_props; /* of an edge with an id, when edges are looked up; {} of a bare one */
  tni_graph_node node; /* when nodes are looked up */
} tni_graph_hop;

typedef struct tni_graph_hops {
  tn_ctx *ctx;
  tni_graph_expand expand;
  tni_graph_where nodes, edges;
  bool want_nodes, want_edges;     /* looked up, whether there are conditions or not */
  uint64_t exempt[2];              /* nodes that need not fulfil the condition; 0 = none */
  uint64_t batch[TNI_GRAPH_BATCH]; /* the sources */
  tni_graph_run run;               /* what is left of it is [at, run.count) */
  uint32_t at;
  uint32_t refused; /* arcs that the conditions left out of the batch of hops */
  tni_graph_hop found[TNI_GRAPH_BATCH];
} tni_graph_hops;

/* `where_node` and `where_edge` may be absent. In scratch memory. Their paths in errors are "where" and "where_edge",
 * or what is given. */
tn_status tni_graph_hops_create(tn_ctx *ctx, const tni_graph_sides *sides, tn_value where_node, const char *node_path,
                                tn_value where_edge, const char *edge_path, tni_graph_hops **out) TN_MUST_USE;
tn_status tni_graph_hops_batch(tni_graph_hops *hops, const uint64_t *nodes, size_t count) TN_MUST_USE;
tn_status tni_graph_hops_resume(tni_graph_hops *hops, uint64_t node, int64_t side, tni_graph_arc after) TN_MUST_USE;
/* Up to TNI_GRAPH_BATCH hops in hops->found; *count may be 0 before the end, which is NOT_FOUND. */
tn_status tni_graph_hops_next(tni_graph_hops *hops, uint32_t *count) TN_MUST_USE;

/* The edge of a hop. */
tni_graph_edge tni_graph_hop_edge(const tni_graph_hops *hops, const tni_graph_hop *hop);

#endif
