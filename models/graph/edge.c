#include "edge.h"

/* ---- naming ------------------------------------------------------------------------------------ */

void tni_graph_edge_add_typed(tn_builder *out, const tni_graph_edge *edge, tn_slice type) {
  if (edge->id != 0) {
    tn_add_int(out, (int64_t)edge->id);
    return;
  }
  tn_array_begin(out);
  tn_add_int(out, (int64_t)edge->from);
  tn_add(out, tn_text(type));
  tn_add_int(out, (int64_t)edge->to);
  tn_end(out);
}

void tni_graph_edge_add(tn_builder *out, const tni_graph_edge *edge, const tni_graph_names *types) {
  tni_graph_edge_add_typed(out, edge, tni_slice_of(edge->id != 0 ? "" : tni_graph_name_of(types, edge->type)));
}

tni_graph_edge tni_graph_edge_of_arc(uint64_t node, int64_t side, tni_graph_arc arc) {
  if (side > 0) return (tni_graph_edge){arc.edge, node, arc.node, side, tni_graph_no_props};
  return (tni_graph_edge){arc.edge, arc.node, node, -side, tni_graph_no_props};
}

/* ---- entries ----------------------------------------------------------------------------------- */

static bool as_id(tn_value value, uint64_t *out) {
  int64_t n;
  if (!tn_as_int(value, &n) || n < 1) return false;
  *out = (uint64_t)n;
  return true;
}

tn_status tni_graph_edge_open(tn_ctx *ctx, uint64_t id, tn_slice bytes, tni_graph_edge *out) {
  tn_value stored = tn_bytes_value(bytes);
  out->id = id;
  out->props = tn_item(stored, 3);
  if (!as_id(tn_item(stored, 0), &out->from) || !tn_as_int(tn_item(stored, 1), &out->type) ||
      !as_id(tn_item(stored, 2), &out->to) || tn_value_type(out->props) != TN_OBJECT)
    return tni_graph_corrupt(ctx, "an edge");
  return TN_OK;
}

tn_status tni_graph_edge_get(tn_ctx *ctx, uint64_t id, tni_graph_edge *out) {
  tni_graph_key key = tni_graph_key_of(1, (int64_t)id, 0, 0, 0);
  tn_slice bytes;
  TRY(tn_map_get(ctx, TNI_GRAPH_EDGES, tni_graph_key_slice(&key), &bytes));
  return tni_graph_edge_open(ctx, id, bytes, out);
}

tn_status tni_graph_edge_store(tni_graph_editor *e, const tni_graph_edge *edge) {
  tni_graph_key key = tni_graph_key_of(1, (int64_t)edge->id, 0, 0, 0);
  if (!e->builder) e->builder = tn_builder_for(e->ctx);
  if (!e->builder) return tni_no_memory(e->ctx);
  tn_value stored = tn_arr(e->builder, edge->from, edge->type, edge->to, edge->props);
  if (tn_is_absent(stored)) return tni_graph_not_built(e->ctx, e->builder, "props");
  return tn_map_put(e->ctx, TNI_GRAPH_EDGES, tni_graph_key_slice(&key), tn_value_bytes(stored));
}

static tn_status delete_edge(tn_ctx *ctx, uint64_t id) {
  tni_graph_key key = tni_graph_key_of(1, (int64_t)id, 0, 0, 0);
  tn_status status = tn_map_delete(ctx, TNI_GRAPH_EDGES, tni_graph_key_slice(&key));
  return status == TN_NOT_FOUND ? tni_graph_corrupt(ctx, "edges") : status;
}

/* ---- linking ----------------------------------------------------------------------------------- */

static tn_status link_in(tni_graph_editor *e, const tni_graph_edge *edge) {
  tn_status status = tni_graph_link(e, edge->to, -edge->type, (tni_graph_arc){edge->from, edge->id});
  return status == TN_EXISTS ? tni_graph_corrupt(e->ctx, "adjacency") : status;
}

static tn_status link_both(tni_graph_editor *e, const tni_graph_edge *edge) {
  TRY(tni_graph_link(e, edge->from, edge->type, (tni_graph_arc){edge->to, edge->id}));
  return link_in(e, edge);
}

static tn_status unlink_both(tni_graph_editor *e, const tni_graph_edge *edge) {
  tn_status status = tni_graph_unlink(e, edge->from, edge->type, (tni_graph_arc){edge->to, edge->id});
  if (status == TN_OK) status = tni_graph_unlink(e, edge->to, -edge->type, (tni_graph_arc){edge->from, edge->id});
  return status == TN_NOT_FOUND ? tni_graph_corrupt(e->ctx, "adjacency") : status;
}

/* ---- changes ----------------------------------------------------------------------------------- */

/* The other end, and what goes with an edge. The arc at the node it comes from is there. */
static tn_status finish(tni_graph_editor *e, const tni_graph_edge *edge) {
  if (edge->id != 0) TRY(tni_graph_edge_store(e, edge));
  TRY(link_in(e, edge));
  return tni_graph_counter_add(e->ctx, TNI_GRAPH_EDGES_OF_TYPE, edge->type, 1);
}

tn_status tni_graph_edge_restore(tni_graph_editor *e, const tni_graph_edge *edge) {
  TRY(tni_graph_link(e, edge->from, edge->type, (tni_graph_arc){edge->to, edge->id}));
  return finish(e, edge);
}

tn_status tni_graph_edge_create(tni_graph_editor *e, tni_graph_edge *edge) {
  tn_status status = TN_EXISTS;
  edge->id = 0;
  if (tn_count(edge->props) == 0) status = tni_graph_link(e, edge->from, edge->type, (tni_graph_arc){edge->to, 0});
  if (status == TN_OK) return finish(e, edge);
  if (status != TN_EXISTS) return status;
  TRY(tni_graph_new_id(e->ctx, TNI_GRAPH_LAST_EDGE, &edge->id));
  return tni_graph_edge_restore(e, edge);
}

tn_status tni_graph_edge_set(tni_graph_editor *e, tni_graph_edge *edge, tn_value props) {
  if (edge->id == 0 && tn_count(props) == 0) return TN_OK;
  if (edge->id == 0) {
    TRY(unlink_both(e, edge));
    TRY(tni_graph_new_id(e->ctx, TNI_GRAPH_LAST_EDGE, &edge->id));
    TRY(link_both(e, edge));
  }
  edge->props = props;
  return tni_graph_edge_store(e, edge);
}

tn_status tni_graph_edge_delete(tni_graph_editor *e, const tni_graph_edge *edge) {
  TRY(unlink_both(e, edge));
  if (edge->id != 0) TRY(delete_edge(e->ctx, edge->id));
  return tni_graph_counter_add(e->ctx, TNI_GRAPH_EDGES_OF_TYPE, edge->type, -1);
}

/* ---- a node's edges ---------------------------------------------------------------------------- */

/* The other end of a chunk's arcs, and what they have of their own. The arcs themselves go later, all at once; those
 * of a self-loop are both among them, and it is taken for an edge on the side where it goes out. */
static tn_status leave_neighbours(tni_graph_editor *e, const tni_graph_place *at, const tni_graph_arcs *arcs,
                                  uint64_t *edges) {
  *edges = 0;
  for (uint32_t i = 0; i < arcs->count; i++) {
    tni_graph_arc arc = {arcs->nodes[i], arcs->edges[i]};
    bool loop = arc.node == (uint64_t)at->node;
    if (loop && at->side < 0) continue;
    if (!loop) TRY(tni_graph_unlink(e, arc.node, -at->side, (tni_graph_arc){(uint64_t)at->node, arc.edge}));
    if (arc.edge != 0) TRY(delete_edge(e->ctx, arc.edge));
    ++*edges;
  }
  return TN_OK;
}

static tn_status leave_chunk(tni_graph_editor *e, const tni_graph_place *at, tn_slice bytes, tni_graph_arcs *arcs,
                             uint64_t *count) {
  tni_graph_head head = {0, false, {NULL, NULL, 0, 0, 0, 0}};
  uint64_t edges;
  TRY(at->is_chunk ? tni_graph_chunk_of(e->ctx, bytes, &head.chunk) : tni_graph_head_open(e->ctx, bytes, &head));
  if (head.split) return TN_OK;
  tni_graph_chunk_decode(&head.chunk, arcs);
  TRY(leave_neighbours(e, at, arcs, &edges));
  *count += edges;
  return tni_graph_counter_add(e->ctx, TNI_GRAPH_EDGES_OF_TYPE, at->side < 0 ? -at->side : at->side, -(int64_t)edges);
}

tn_status tni_graph_edges_delete_of(tni_graph_editor *e, uint64_t node, uint64_t *count) {
  tni_graph_key from = tni_graph_key_of(1, (int64_t)node, 0, 0, 0), to = tni_graph_key_end(&from);
  tni_graph_arcs *arcs = tn_scratch(e->ctx, sizeof *arcs);
  tni_graph_place at;
  tn_cursor *cursor;
  tn_slice key, bytes;
  tn_status status;
  if (!arcs) return tni_no_memory(e->ctx);
  *count = 0;
  TRY(tn_cursor_open(e->ctx, TNI_GRAPH_ADJACENCY, tni_graph_key_slice(&from), tni_graph_key_slice(&to), &cursor));
  while ((status = tn_cursor_next(e->ctx, cursor, &key, &bytes)) == TN_OK) {
    TRY(tni_graph_place_read(e->ctx, key, &at));
    TRY(leave_chunk(e, &at, bytes, arcs, count));
  }
  if (status != TN_NOT_FOUND) return status;
  return tn_map_delete_range(e->ctx, TNI_GRAPH_ADJACENCY, tni_graph_key_slice(&from), tni_graph_key_slice(&to), NULL);
}

/* How many edges of a type begin and end at a node. */
static tn_status loops_of(tn_ctx *ctx, uint64_t node, int64_t type, uint64_t *out) {
  tni_graph_arc found = {node, 0}, from = found;
  tn_status status;
  for (; (status = tni_graph_arc_at(ctx, node, type, from, &found)) == TN_OK && found.node == node; ++*out)
    from.edge = found.edge + 1;
  return status == TN_NOT_FOUND ? TN_OK : status;
}

/* Heads alone are looked at: the cursor goes on behind a side's chunks. */
static tn_status count_side(tn_ctx *ctx, tn_cursor *cursor, tn_slice key, tn_slice bytes, uint64_t *arcs,
                            uint64_t *loops) {
  tni_graph_place at;
  tni_graph_head head;
  TRY(tni_graph_place_read(ctx, key, &at));
  TRY(tni_graph_head_open(ctx, bytes, &head));
  *arcs += head.degree;
  if (at.side > 0) TRY(loops_of(ctx, (uint64_t)at.node, at.side, loops));
  tni_graph_key side = tni_graph_key_of(2, at.node, at.side, 0, 0), behind = tni_graph_key_end(&side);
  return head.split ? tn_cursor_seek(ctx, cursor, tni_graph_key_slice(&behind)) : TN_OK;
}

tn_status tni_graph_edges_count(tn_ctx *ctx, uint64_t node, uint64_t *out) {
  tni_graph_key from = tni_graph_key_of(1, (int64_t)node, 0, 0, 0), to = tni_graph_key_end(&from);
  uint64_t arcs = 0, loops = 0;
  tn_cursor *cursor;
  tn_slice key, bytes;
  tn_status status;
  TRY(tn_cursor_open(ctx, TNI_GRAPH_ADJACENCY, tni_graph_key_slice(&from), tni_graph_key_slice(&to), &cursor));
  while ((status = tn_cursor_next(ctx, cursor, &key, &bytes)) == TN_OK)
    TRY(count_side(ctx, cursor, key, bytes, &arcs, &loops));
  if (status != TN_NOT_FOUND) return status;
  *out = arcs - loops;
  return TN_OK;
}
