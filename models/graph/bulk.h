/* bulk.h - many edges of one type at once: their arcs are sorted by node and neighbour, so that maps are gone through
 * in order and each head is read and written once. What comes of it is what tni_graph_edge_create() makes of them one
 * after another. */
#ifndef TENON_GRAPH_BULK_H
#define TENON_GRAPH_BULK_H

#include "edge.h"

#define TNI_GRAPH_BULK_MAX 10000000 /* edges */

/* Sets the edges' ids. NOT_FOUND: a node is not there; names the edge and its end as they are in the param `edges`.
 * LIMIT, NOMEM. */
tn_status tni_graph_bulk_create(tn_ctx *ctx, int64_t type, tni_graph_edge *edges, uint32_t count) TN_MUST_USE;

/* Sorts numbers, in place; `spare` has the same room. */
void tni_graph_bulk_sort(uint64_t *numbers, uint64_t *spare, size_t count);

#endif
