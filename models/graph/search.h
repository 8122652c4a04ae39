/* search.h - the shortest way between two nodes: search.c by number of edges, from both ends at once; dijkstra.c by
 * the sum of weights. What either finds is one form. */
#ifndef TENON_GRAPH_SEARCH_H
#define TENON_GRAPH_SEARCH_H

#include "budget.h"
#include "hop.h"
#include "set.h"

/* What is searched; the filters are asked for every edge, and for every node but the ends. */
typedef struct tni_graph_search {
  tn_ctx *ctx;
  tni_graph_sides sides;
  tn_value where_node, where_edge;
  uint64_t from, to;
  tn_slice weight; /* the property that is an edge's weight; one that has none weighs 1 */
  tni_graph_budget budget;
} tni_graph_search;

typedef struct tni_graph_path {
  double cost;     /* the sum of weights */
  uint32_t length; /* edges */
  uint64_t *nodes; /* length + 1; in scratch memory */
  tni_graph_edge *edges;
} tni_graph_path;

/* NOT_FOUND, without text. LIMIT from the budget. */
tn_status tni_graph_search_shortest(tni_graph_search *search, tni_graph_path *out) TN_MUST_USE;
/* INVALID: a weight that is no number, or below 0. */
tn_status tni_graph_search_lightest(tni_graph_search *search, tni_graph_path *out) TN_MUST_USE;

/* The same filters and ends for each search, in a direction. */
tn_status tni_graph_search_hops(tni_graph_search *search, tni_graph_direction direction,
                                tni_graph_hops **out) TN_MUST_USE;
/* From `from` to `node`, as `forth` has it, and on to `to`, as `back` has it (NULL: node is `to`). */
tn_status tni_graph_search_path(tni_graph_search *search, const tni_graph_trail *forth, const tni_graph_trail *back,
                                uint64_t node, tni_graph_path *out) TN_MUST_USE;
/* OUT for IN. */
tni_graph_direction tni_graph_reversed(tni_graph_direction direction);

#endif
