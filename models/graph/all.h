/* all.h - the operator that goes through the whole graph: every node in the order of ids, then every edge, by the
 * node it comes from. For what is exported. */
#ifndef TENON_GRAPH_ALL_H
#define TENON_GRAPH_ALL_H

#include "hop.h"

tn_status tni_graph_all_nodes(tn_ctx *ctx, tn_status (*each)(void *arg, uint64_t id, const tni_graph_node *node),
                              void *arg) TN_MUST_USE;
/* With properties. */
tn_status tni_graph_all_edges(tn_ctx *ctx, tn_status (*each)(void *arg, const tni_graph_edge *edge),
                              void *arg) TN_MUST_USE;

#endif
