/* edge.h - edges: both their arcs, the map `edges` of store.h, and the counters. Whether nodes are there is the
 * callers' to see to. */
#ifndef TENON_GRAPH_EDGE_H
#define TENON_GRAPH_EDGE_H

#include "adjacency.h"
#include "node.h"

typedef struct tni_graph_edge {
  uint64_t id; /* 0 = bare */
  uint64_t from, to;
  int64_t type;
  tn_value props; /* an object; {} of a bare one */
} tni_graph_edge;

/* How an edge is named outside: its id, or [from, type, to] of a bare one. */
void tni_graph_edge_add(tn_builder *out, const tni_graph_edge *edge, const tni_graph_names *types);
void tni_graph_edge_add_typed(tn_builder *out, const tni_graph_edge *edge, tn_slice type);
/* The edge of a stored arc: seen from `node` on `side`. Its properties are not read. */
tni_graph_edge tni_graph_edge_of_arc(uint64_t node, int64_t side, tni_graph_arc arc);

/* CORRUPT. */
tn_status tni_graph_edge_open(tn_ctx *ctx, uint64_t id, tn_slice bytes, tni_graph_edge *out) TN_MUST_USE;
/* Fills in what an edge with an id has. NOT_FOUND, without text. */
tn_status tni_graph_edge_get(tn_ctx *ctx, uint64_t id, tni_graph_edge *out) TN_MUST_USE;

/* Its entry, of an edge with an id; the arcs are left alone. */
tn_status tni_graph_edge_store(tni_graph_editor *editor, const tni_graph_edge *edge) TN_MUST_USE;
/* Links both ends. It gets an id when it has properties, or when there is a bare one of its type between the two;
 * edge->id is set to it. Properties must not lie in a map. */
tn_status tni_graph_edge_create(tni_graph_editor *editor, tni_graph_edge *edge) TN_MUST_USE;
/* The same as it is: bare where its id is 0, else with that id, which no edge may have. */
tn_status tni_graph_edge_restore(tni_graph_editor *editor, const tni_graph_edge *edge) TN_MUST_USE;
/* Replaces the properties; a bare edge that gets some gets an id. They must not lie in a map. */
tn_status tni_graph_edge_set(tni_graph_editor *editor, tni_graph_edge *edge, tn_value props) TN_MUST_USE;
/* Unlinks both ends. */
tn_status tni_graph_edge_delete(tni_graph_editor *editor, const tni_graph_edge *edge) TN_MUST_USE;
/* All edges of a node, a chunk at a time; *count is how many there were. */
tn_status tni_graph_edges_delete_of(tni_graph_editor *editor, uint64_t node, uint64_t *count) TN_MUST_USE;
/* How many edges begin or end at a node. */
tn_status tni_graph_edges_count(tn_ctx *ctx, uint64_t node, uint64_t *out) TN_MUST_USE;

#endif
