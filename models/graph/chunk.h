/* chunk.h - a run of arcs of one side of one node, in one run of bytes. Knows neither maps nor nodes.
 *
 *   0   w | e << 4    bytes of an offset (0..8), bytes of an edge id (0..8)
 *   1   b             bytes of `base` (1..8)
 *   2   count         2 bytes, 1..TNI_GRAPH_CHUNK_ARCS
 *   4   base          the first neighbour
 *       offsets       count of them: neighbour - base
 *       edges         count of them, unless e is 0: the edge's id, 0 for a bare one
 *       zeros         up to a multiple of 16, so that a chunk that grows mostly keeps its size and its place in the
 * map; they may be missing
 *
 * Numbers are little-endian and as narrow as the largest of their kind in the chunk. Arcs are in order of neighbour
 * and edge, each once. All offsets being of one width, item i is reached without the others (so `after` and "is it
 * there" are binary searches) and a whole chunk is decoded without a branch per neighbour. */
#ifndef TENON_GRAPH_CHUNK_H
#define TENON_GRAPH_CHUNK_H

#include "tenon_plugin.h"

#define TNI_GRAPH_CHUNK_SIZE 1024 /* bytes, above which a chunk is split */
#define TNI_GRAPH_CHUNK_ARCS 1000
#define TNI_GRAPH_CHUNK_HEADER 4
#define TNI_GRAPH_CHUNK_STEP 16 /* what sizes are multiples of */
#define TNI_GRAPH_CHUNK_ROOM                                      \
  (TNI_GRAPH_CHUNK_HEADER + 8 + (TNI_GRAPH_CHUNK_ARCS + 1) * 16 + \
   TNI_GRAPH_CHUNK_STEP) /* bytes that any arcs encode to, at most */

typedef struct tni_graph_arc {
  uint64_t node; /* the neighbour */
  uint64_t edge; /* 0 = bare */
} tni_graph_arc;

/* Encoded bytes, taken apart. */
typedef struct tni_graph_chunk {
  const uint8_t *offsets, *edges;
  uint64_t base;
  uint32_t count;
  uint8_t width, edge_width;
} tni_graph_chunk;

/* Decoded arcs, with room for one more than a chunk has. */
typedef struct tni_graph_arcs {
  uint32_t count;
  uint64_t nodes[TNI_GRAPH_CHUNK_ARCS + 1];
  uint64_t edges[TNI_GRAPH_CHUNK_ARCS + 1];
} tni_graph_arcs;

static inline int tni_graph_arc_compare(tni_graph_arc a, tni_graph_arc b) {
  if (a.node != b.node) return a.node < b.node ? -1 : 1;
  return (a.edge > b.edge) - (a.edge < b.edge);
}

/* False when the bytes are no chunk. Whether arcs are in order is not looked at. */
bool tni_graph_chunk_open(tn_slice bytes, tni_graph_chunk *out) TN_MUST_USE;

tni_graph_arc tni_graph_chunk_at(const tni_graph_chunk *chunk, uint32_t i);
/* The first arc that is not below `arc`; `count` when there is none. */
uint32_t tni_graph_chunk_seek(const tni_graph_chunk *chunk, tni_graph_arc arc);
/* Arcs from..count; edges are zeros where none has an id. */
void tni_graph_chunk_nodes(const tni_graph_chunk *chunk, uint32_t from, uint64_t *out);
void tni_graph_chunk_edges(const tni_graph_chunk *chunk, uint32_t from, uint64_t *out);
void tni_graph_chunk_decode(const tni_graph_chunk *chunk, tni_graph_arcs *out);

/* Bytes that arcs from..to encode to, and the bytes. There is at least one; `out` has that room and
 * TNI_GRAPH_CHUNK_STEP more, which is written to. */
size_t tni_graph_chunk_size(const tni_graph_arcs *arcs, uint32_t from, uint32_t to);
size_t tni_graph_chunk_encode(const tni_graph_arcs *arcs, uint32_t from, uint32_t to, uint8_t *out);

/* The first arc that is not below `arc`. */
uint32_t tni_graph_arcs_seek(const tni_graph_arcs *arcs, tni_graph_arc arc);
/* False when it is there already, or is not there. */
bool tni_graph_arcs_insert(tni_graph_arcs *arcs, tni_graph_arc arc, uint32_t *at) TN_MUST_USE;
bool tni_graph_arcs_remove(tni_graph_arcs *arcs, tni_graph_arc arc) TN_MUST_USE;

#endif
