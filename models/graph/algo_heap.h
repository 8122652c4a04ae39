/* algo_heap.h - nodes by a number, the smallest first, each at most once; the number of one that is in it can become
 * smaller. Of equal numbers the smaller node comes first. */
#ifndef TENON_GRAPH_ALGO_HEAP_H
#define TENON_GRAPH_ALGO_HEAP_H

#include "algo.h"

typedef struct tni_graph_heap_item {
  double key;
  uint32_t node;
} tni_graph_heap_item;

typedef struct tni_graph_heap {
  tni_graph_heap_item *items;
  uint32_t count;
  uint32_t *places; /* node -> its place in items, from 1; 0 = it is not in it */
} tni_graph_heap;

/* Room for every node. LIMIT, NOMEM. */
tn_status tni_graph_heap_init(tni_graph_heap *heap, tni_graph_algo *algo) TN_MUST_USE;
/* Adds a node, or makes the number of one that is in it smaller. */
void tni_graph_heap_put(tni_graph_heap *heap, uint32_t node, double key);
/* Takes the first one out; there must be one. */
tni_graph_heap_item tni_graph_heap_take(tni_graph_heap *heap);

#endif
