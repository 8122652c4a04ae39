/* excerpt.h - a part of the graph: the nodes that a walk from one of them reaches, and all edges between these. For
 * the ops that answer it, as values and as text. */
#ifndef TENON_GRAPH_EXCERPT_H
#define TENON_GRAPH_EXCERPT_H

#include "walk.h"

/* What is asked for. */
typedef struct tni_graph_excerpt {
  tn_ctx *ctx;
  tni_graph_sides sides;
  tn_value where_node, where_edge;
  int64_t depth;
  tni_graph_budget budget;
  uint64_t from;
  tni_graph_list nodes; /* rising; made by nodes() */
  tni_graph_walk walk;
} tni_graph_excerpt;

/* From the params from, depth, direction, types, where_node, where_edge, max_visited, max_ms, in this order. */
tn_status tni_graph_excerpt_init(tni_graph_excerpt *excerpt, tn_ctx *ctx, const tn_value *argv) TN_MUST_USE;
/* Finds the nodes. LIMIT from the budget. */
tn_status tni_graph_excerpt_nodes(tni_graph_excerpt *excerpt) TN_MUST_USE;
/* Calls `each` with every node, or every edge (with properties), in the order of ids. */
tn_status tni_graph_excerpt_each_node(tni_graph_excerpt *excerpt,
                                      tn_status (*each)(void *arg, uint64_t id, const tni_graph_node *node),
                                      void *arg) TN_MUST_USE;
tn_status tni_graph_excerpt_each_edge(tni_graph_excerpt *excerpt,
                                      tn_status (*each)(void *arg, const tni_graph_edge *edge),
                                      void *arg) TN_MUST_USE;

#endif
