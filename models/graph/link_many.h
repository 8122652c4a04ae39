/* link_many.h - many arcs at once: what nodes get on their sides, each head and each chunk read and written once.
 * What comes of it is what tni_graph_link() makes of the arcs one after another, but for where chunks are split. */
#ifndef TENON_GRAPH_LINK_MANY_H
#define TENON_GRAPH_LINK_MANY_H

#include "adjacency.h"

/* New arcs of a node on one side: rising, and none of them is there. */
typedef struct tni_graph_growth {
  uint64_t node;
  int64_t side;
  size_t count;
  const uint64_t *nodes, *edges;
} tni_graph_growth;

/* What it needs; it is large. */
typedef struct tni_graph_linker {
  tni_graph_editor editor;
  tn_slice heads[TNI_GRAPH_BATCH];
  size_t sizes[TNI_GRAPH_BATCH];
  uint8_t bytes[TNI_GRAPH_BATCH][TNI_GRAPH_CHUNK_SIZE + TNI_GRAPH_CHUNK_STEP]; /* heads to be */
} tni_graph_linker;

/* Up to TNI_GRAPH_BATCH growths, best in the order of nodes and sides. Bit i of *fresh: the i-th side had no arc. */
tn_status tni_graph_link_many(tni_graph_linker *linker, const tni_graph_growth *growths, uint32_t count,
                              uint64_t *fresh) TN_MUST_USE;

#endif
