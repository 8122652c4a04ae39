/* check.h - the model's check: the maps of store.h compared with each other. check.c is the frame and what concerns
 * nodes, check_edges.c and check_rules.c the rest. Each problem is one row of text; a problem ends nothing. */
#ifndef TENON_GRAPH_CHECK_H
#define TENON_GRAPH_CHECK_H

#include "edge.h"
#include "rules.h"

typedef struct tni_graph_check {
  tn_ctx *ctx;
  tn_builder *row;
  tni_graph_names labels, types;
  int64_t *label_nodes; /* counted, by number - 1 */
  int64_t *type_edges;
  int64_t last_node, last_edge;
} tni_graph_check;

/* "adjacency: node 7: <problem>"; without a number when `id` is 0. */
tn_status tni_graph_problem(tni_graph_check *c, const char *map, const char *what, uint64_t id,
                            const char *problem) TN_MUST_USE;
/* Calls `each` with every entry of a map. */
tn_status tni_graph_check_map(tni_graph_check *c, uint32_t map,
                              tn_status (*each)(tni_graph_check *c, tn_slice key, tn_slice value)) TN_MUST_USE;

tn_status tni_graph_check_edges(tni_graph_check *c) TN_MUST_USE;
tn_status tni_graph_check_rules(tni_graph_check *c) TN_MUST_USE;

/* The model's. */
tn_status tni_graph_check_all(tn_ctx *ctx, tn_builder *row);

#endif
