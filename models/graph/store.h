/* store.h - what a graph is made of in its maps. Each group of files keeps one of them and is the only code that
 * changes it; this header says what is where.
 *
 *   meta       ("node") -> the last node id given out           names.c
 *              ("edge") -> the last edge id given out
 *              ("nodes", label) -> how many nodes have it
 *              ("edges", type)  -> how many edges are of it
 *   names      ("label", name) -> number                        names.c
 *              ("label", number) -> name                        the same with "type"; numbers begin at 1
 *   nodes      (id) -> [[label, ...], {props}]                  node.c
 *   labels     (label, id) -> null                              node.c
 *   edges      (id) -> [from, type, to, {props}]                edge.c; only of edges that have an id
 *   adjacency  (node, side) -> head                             adjacency.c
 *              (node, side, neighbour, edge?) -> chunk
 *   rules      (label, prop, kind) -> [number, types, arrays?]  rules.c; 0 index, 1 unique, 2 required, 3 type
 *   entries    (number, value, id) -> null                      rules.c
 *
 * Labels and types are numbers in all maps but `names`. A *side* of a node is one direction and type of its edges, as
 * one number: the type where they go out, minus the type where they come in. An *arc* is an edge seen from one of its
 * ends. An edge has an id, from 1, when it has properties or when there is a bare one of its type between its nodes;
 * else it is *bare*: nothing but its two arcs, and (from, type, to) names it. */
#ifndef TENON_GRAPH_STORE_H
#define TENON_GRAPH_STORE_H

#include <stdatomic.h>

#include "csr.h"
#include "query/query.h"

/* Indexes into the model's maps. */
enum {
  TNI_GRAPH_META,
  TNI_GRAPH_NAMES,
  TNI_GRAPH_NODES,
  TNI_GRAPH_LABELS,
  TNI_GRAPH_EDGES,
  TNI_GRAPH_ADJACENCY,
  TNI_GRAPH_RULES,
  TNI_GRAPH_ENTRIES
};

/* What ctx->state is. */
typedef struct tni_graph_state {
  tni_graph_csr_cache csr;
  _Atomic uint64_t types; /* of the version that was asked last: seq << 16 | how many types it has */
} tni_graph_state;

typedef enum tni_graph_direction { TNI_GRAPH_OUT = 1, TNI_GRAPH_IN = 2, TNI_GRAPH_BOTH = 3 } tni_graph_direction;

#define TNI_GRAPH_BATCH 64 /* keys looked up together */

/* CORRUPT: `what` is not as store.h has it. */
tn_status tni_graph_corrupt(tn_ctx *ctx, const char *what);

/* Why a builder holds no value: NOMEM, LIMIT (nested too deep, too large), INVALID, about the argument `where`. */
tn_status tni_graph_not_built(tn_ctx *ctx, const tn_builder *builder, const char *where);

#endif
