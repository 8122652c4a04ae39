/* adjacency.h - who is linked with whom: the map `adjacency` of store.h, one arc at a time. Knows neither nodes nor
 * edges; whoever links both ends keeps them alike.
 *
 *   (node, side)                      head: a chunk (chunk.h) with all arcs of the side, while they fit into one,
 * else 4 bytes of 0 and 8 of how many there are (node, side, neighbour, edge?)    chunk: the arcs from this one,
 * which need not be there itself, up to where the next chunk begins. The first begins at neighbour 0; `edge` is left
 * out when 0
 *
 * So a node with few edges costs one entry for each direction and type, its degree is known from that entry, and one
 * with a million is read and changed a chunk at a time. */
#ifndef TENON_GRAPH_ADJACENCY_H
#define TENON_GRAPH_ADJACENCY_H

#include "chunk.h"
#include "key.h"
#include "store.h"

#define TNI_GRAPH_SPLIT_HEAD_SIZE 12

/* A side's head. */
typedef struct tni_graph_head {
  uint64_t degree;
  bool split;            /* the arcs are in chunks of their own */
  tni_graph_chunk chunk; /* else here */
} tni_graph_head;

static inline bool tni_graph_head_is_split(tn_slice bytes) {
  return bytes.size == TNI_GRAPH_SPLIT_HEAD_SIZE && ((const uint8_t *)bytes.data)[1] == 0;
}
/* CORRUPT. */
tn_status tni_graph_head_open(tn_ctx *ctx, tn_slice bytes, tni_graph_head *out) TN_MUST_USE;
static inline TN_MUST_USE tn_status tni_graph_chunk_of(tn_ctx *ctx, tn_slice bytes, tni_graph_chunk *out) {
  return tni_graph_chunk_open(bytes, out) ? TN_OK : tni_graph_corrupt(ctx, "a chunk in adjacency");
}

/* A key of the map, taken apart. CORRUPT. */
typedef struct tni_graph_place {
  int64_t node, side;
  bool is_chunk;
  tni_graph_arc from; /* of a chunk */
} tni_graph_place;
tn_status tni_graph_place_read(tn_ctx *ctx, tn_slice key, tni_graph_place *out) TN_MUST_USE;
tni_graph_key tni_graph_place_key(const tni_graph_place *place);

/* Heads of up to TNI_GRAPH_BATCH sides, {NULL, 0} where there is none. */
tn_status tni_graph_heads_get(tn_ctx *ctx, const uint64_t *nodes, const int64_t *sides, size_t count,
                              tn_slice *heads) TN_MUST_USE;
/* 0 where there is none. */
tn_status tni_graph_degree_of(tn_ctx *ctx, uint64_t node, int64_t side, uint64_t *out) TN_MUST_USE;
/* The first arc that is not below `from`. NOT_FOUND. */
tn_status tni_graph_arc_at(tn_ctx *ctx, uint64_t node, int64_t side, tni_graph_arc from,
                           tni_graph_arc *out) TN_MUST_USE;

/* What edits need, in place; it is large. */
typedef struct tni_graph_editor {
  tn_ctx *ctx;
  tn_cursor *cursor;   /* over the map, opened when first needed */
  tn_builder *builder; /* for who stores edges beside their arcs; the same */
  tni_graph_arcs arcs;
  uint8_t bytes[TNI_GRAPH_CHUNK_ROOM];
} tni_graph_editor;

void tni_graph_editor_init(tni_graph_editor *editor, tn_ctx *ctx);

/* EXISTS, changing nothing, when it is there. */
tn_status tni_graph_link(tni_graph_editor *editor, uint64_t node, int64_t side, tni_graph_arc arc) TN_MUST_USE;
/* NOT_FOUND. */
tn_status tni_graph_unlink(tni_graph_editor *editor, uint64_t node, int64_t side, tni_graph_arc arc) TN_MUST_USE;

/* ---- for link_many.c --------------------------------------------------------------------------- */

/* Whether `b` is a chunk of the side that `a` is of. */
bool tni_graph_same_side(const tni_graph_place *a, const tni_graph_place *b);
/* Of a split side: puts the cursor before the chunk that an arc belongs to, and says which that is. */
tn_status tni_graph_place_seek(tn_ctx *ctx, tn_cursor **cursor, const tni_graph_place *wanted, tni_graph_place *place,
                               tn_slice *bytes) TN_MUST_USE;
/* Whether arcs are one chunk. */
bool tni_graph_arcs_fit(const tni_graph_arcs *arcs);
/* The editor's arcs from..to as a chunk, or head. */
tn_status tni_graph_put_arcs(tni_graph_editor *editor, const tni_graph_place *place, uint32_t from,
                             uint32_t to) TN_MUST_USE;
tn_status tni_graph_put_at(tni_graph_editor *editor, const tni_graph_place *place, tn_slice bytes) TN_MUST_USE;
tn_status tni_graph_put_split_head(tni_graph_editor *editor, const tni_graph_place *side,
                                   uint64_t degree) TN_MUST_USE;

#endif
