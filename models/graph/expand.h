/* expand.h - the operator that goes from nodes to their neighbours: a batch of nodes goes in, runs of arcs come out,
 * each of one node and one side, decoded at once or by who asks for them. All that walks a graph stands on it. For
 * queries: nothing may change meanwhile. */
#ifndef TENON_GRAPH_EXPAND_H
#define TENON_GRAPH_EXPAND_H

#include "adjacency.h"
#include "names.h"

#define TNI_GRAPH_SIDES_MAX 4 /* up to here heads are looked up, beyond it a node's are walked through */

/* Which of a node's arcs: a direction, and types or all of them. */
typedef struct tni_graph_sides {
  tni_graph_direction direction;
  bool all;               /* types */
  uint32_t count;         /* of numbers */
  const int64_t *numbers; /* types, rising, in scratch memory */
} tni_graph_sides;

/* From the params `direction` ("out", "in", "both") and `types` (a name or an array of names; absent = all). Types
 * that nobody knows are refused. */
tn_status tni_graph_sides_of(tn_ctx *ctx, tn_value direction, tn_value types, tni_graph_sides *out) TN_MUST_USE;
bool tni_graph_sides_have(const tni_graph_sides *sides, int64_t side);

/* Arcs of one node on one side, in order, where they lie in the map: those from `from` on. */
typedef struct tni_graph_piece {
  uint32_t source; /* the node's place in the batch */
  uint32_t from;
  int64_t side;
  tni_graph_chunk chunk;
} tni_graph_piece;

static inline uint32_t tni_graph_piece_count(const tni_graph_piece *piece) {
  return piece->chunk.count - piece->from;
}
/* The neighbours, as many as there are. */
static inline void tni_graph_piece_nodes(const tni_graph_piece *piece, uint64_t *out) {
  tni_graph_chunk_nodes(&piece->chunk, piece->from, out);
}

/* The same, decoded. They live until the next call. */
typedef struct tni_graph_run {
  uint32_t source; /* the node's place in the batch */
  int64_t side;
  uint32_t count;
  const uint64_t *nodes;
  const uint64_t *edges; /* NULL: all are bare */
} tni_graph_run;

typedef struct tni_graph_expand {
  tn_ctx *ctx;
  tni_graph_sides sides;
  int64_t listed[TNI_GRAPH_SIDES_MAX];             /* sides to look up, rising; none: nodes are walked through */
  tni_graph_key listed_parts[TNI_GRAPH_SIDES_MAX]; /* the same as parts of keys */
  uint32_t listed_count;
  /* the batch */
  uint64_t batch[TNI_GRAPH_BATCH];
  uint32_t count;
  uint32_t next;                                         /* node ... */
  uint32_t next_listed;                                  /* ... and which of its listed sides */
  tn_slice heads[TNI_GRAPH_BATCH * TNI_GRAPH_SIDES_MAX]; /* of each node its listed sides, unless they are scanned */
  tn_cursor *cursor;                                     /* opened when first needed */
  bool scanning;                                         /* through entries, for nodes that are close together */
  uint32_t scanned_max;                                  /* entries that it may still take */
  /* where a walk through chunks, or through a node's sides, is */
  bool walking;
  bool whole; /* the walk goes through all sides of the node, not one split side's chunks */
  uint32_t source;
  int64_t side;
  /* where a page begins */
  bool resumed;
  int64_t after_side;
  tni_graph_arc after;
  uint64_t nodes[TNI_GRAPH_CHUNK_ARCS], edges[TNI_GRAPH_CHUNK_ARCS];
} tni_graph_expand;

/* In place; it is large (20 KiB), but a handler's stack holds it. */
tn_status tni_graph_expand_init(tni_graph_expand *expand, tn_ctx *ctx, const tni_graph_sides *sides) TN_MUST_USE;
/* Begins with these nodes, at most TNI_GRAPH_BATCH; they are copied. Nodes that are not there have no arcs. */
tn_status tni_graph_expand_batch(tni_graph_expand *expand, const uint64_t *nodes, size_t count) TN_MUST_USE;
/* Begins with one node, behind an arc of it. */
tn_status tni_graph_expand_resume(tni_graph_expand *expand, uint64_t node, int64_t side,
                                  tni_graph_arc after) TN_MUST_USE;
/* The next arcs, node by node, by side and arc; NOT_FOUND at the end. INTERRUPTED, LIMIT (deadline), CORRUPT. The
 * first is for who decodes them to where they stay. */
tn_status tni_graph_expand_next_piece(tni_graph_expand *expand, tni_graph_piece *out) TN_MUST_USE;
tn_status tni_graph_expand_next(tni_graph_expand *expand, tni_graph_run *out) TN_MUST_USE;
/* The sum of the batch's degrees, without going through arcs; the batch is used up. */
tn_status tni_graph_expand_degrees(tni_graph_expand *expand, uint64_t *out) TN_MUST_USE;

#endif
