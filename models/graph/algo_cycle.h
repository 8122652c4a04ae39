/* algo_cycle.h - the order in which edges lead from earlier nodes to later ones, or a cycle, because of which there
 * is none. */
#ifndef TENON_GRAPH_ALGO_CYCLE_H
#define TENON_GRAPH_ALGO_CYCLE_H

#include "algo.h"

typedef struct tni_graph_cycle {
  uint32_t count;        /* of edges; 0 = there is none */
  const uint32_t *nodes; /* count of them, in the direction of edges, the smallest first */
} tni_graph_cycle;

/* *order is all nodes along `ahead`, the smallest first wherever there is a choice; or there is a cycle. */
tn_status tni_graph_algo_sort(tni_graph_algo *algo, const uint32_t **order, tni_graph_cycle *cycle) TN_MUST_USE;
/* The shortest cycle that a node is on. */
tn_status tni_graph_algo_cycle_of(tni_graph_algo *algo, uint32_t node, tni_graph_cycle *cycle) TN_MUST_USE;

#endif
