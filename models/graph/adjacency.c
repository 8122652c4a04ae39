#include "adjacency.h"

/* ---- reading ----------------------------------------------------------------------------------- */

tn_status tni_graph_head_open(tn_ctx *ctx, tn_slice bytes, tni_graph_head *out) {
  out->split = tni_graph_head_is_split(bytes);
  if (out->split) {
    out->degree = tn_load_le((const uint8_t *)bytes.data + TNI_GRAPH_CHUNK_HEADER, 8);
    return TN_OK;
  }
  TRY(tni_graph_chunk_of(ctx, bytes, &out->chunk));
  out->degree = out->chunk.count;
  return TN_OK;
}

tn_status tni_graph_place_read(tn_ctx *ctx, tn_slice key, tni_graph_place *out) {
  int64_t node, edge = 0;
  out->from = (tni_graph_arc){0, 0};
  bool fine = tni_graph_key_read(&key, &out->node) && tni_graph_key_read(&key, &out->side);
  out->is_chunk = key.size > 0;
  if (fine && out->is_chunk) {
    fine = tni_graph_key_read(&key, &node) && (key.size == 0 || tni_graph_key_read(&key, &edge)) && key.size == 0;
    if (fine) out->from = (tni_graph_arc){(uint64_t)node, (uint64_t)edge};
  }
  return fine ? TN_OK : tni_graph_corrupt(ctx, "a key of adjacency");
}

tni_graph_key tni_graph_place_key(const tni_graph_place *place) {
  uint32_t parts = !place->is_chunk ? 2 : place->from.edge == 0 ? 3 : 4;
  return tni_graph_key_of(parts, place->node, place->side, (int64_t)place->from.node, (int64_t)place->from.edge);
}

static tn_status get_head(tn_ctx *ctx, uint64_t node, int64_t side, tn_slice *out) {
  tni_graph_key key = tni_graph_key_of(2, (int64_t)node, side, 0, 0);
  return tn_map_get(ctx, TNI_GRAPH_ADJACENCY, tni_graph_key_slice(&key), out);
}

tn_status tni_graph_heads_get(tn_ctx *ctx, const uint64_t *nodes, const int64_t *sides, size_t count,
                              tn_slice *heads) {
  tni_graph_key keys[TNI_GRAPH_BATCH];
  tn_slice slices[TNI_GRAPH_BATCH];
  for (size_t i = 0; i < count; i++) {
    keys[i] = tni_graph_key_of(2, (int64_t)nodes[i], sides[i], 0, 0);
    slices[i] = tni_graph_key_slice(&keys[i]);
  }
  return tn_map_get_many(ctx, TNI_GRAPH_ADJACENCY, slices, count, heads);
}

tn_status tni_graph_degree_of(tn_ctx *ctx, uint64_t node, int64_t side, uint64_t *out) {
  tn_slice bytes;
  tni_graph_head head;
  tn_status status = get_head(ctx, node, side, &bytes);
  if (status == TN_NOT_FOUND) return *out = 0, TN_OK;
  if (status != TN_OK) return status;
  TRY(tni_graph_head_open(ctx, bytes, &head));
  *out = head.degree;
  return TN_OK;
}

/* ---- chunks of a split side -------------------------------------------------------------------- */

void tni_graph_editor_init(tni_graph_editor *editor, tn_ctx *ctx) {
  editor->ctx = ctx;
  editor->cursor = NULL;
  editor->builder = NULL;
}

static tn_status open_cursor(tn_ctx *ctx, tn_cursor **cursor) {
  if (*cursor) return TN_OK;
  return tn_cursor_open(ctx, TNI_GRAPH_ADJACENCY, (tn_slice){NULL, 0}, (tn_slice){NULL, 0}, cursor);
}

bool tni_graph_same_side(const tni_graph_place *a, const tni_graph_place *b) {
  return a->node == b->node && a->side == b->side && b->is_chunk;
}

tn_status tni_graph_place_seek(tn_ctx *ctx, tn_cursor **cursor, const tni_graph_place *wanted, tni_graph_place *place,
                               tn_slice *bytes) {
  tn_slice key;
  tni_graph_key above = tni_graph_place_key(wanted);
  above.data[above.size++] = 0; /* the smallest key above the arc's own */
  TRY(open_cursor(ctx, cursor));
  TRY(tn_cursor_seek(ctx, *cursor, tni_graph_key_slice(&above)));
  tn_status status = tn_cursor_prev(ctx, *cursor, &key, bytes);
  if (status == TN_OK) status = tni_graph_place_read(ctx, key, place);
  if (status != TN_OK && status != TN_NOT_FOUND) return status;
  if (status == TN_NOT_FOUND || !tni_graph_same_side(wanted, place)) return tni_graph_corrupt(ctx, "a split side");
  return TN_OK;
}

tn_status tni_graph_put_at(tni_graph_editor *e, const tni_graph_place *place, tn_slice bytes) {
  tni_graph_key key = tni_graph_place_key(place);
  return tn_map_put(e->ctx, TNI_GRAPH_ADJACENCY, tni_graph_key_slice(&key), bytes);
}

static tn_status delete_at(tni_graph_editor *e, const tni_graph_place *place) {
  tni_graph_key key = tni_graph_place_key(place);
  return tn_map_delete(e->ctx, TNI_GRAPH_ADJACENCY, tni_graph_key_slice(&key));
}

tn_status tni_graph_put_arcs(tni_graph_editor *e, const tni_graph_place *place, uint32_t from, uint32_t to) {
  size_t size = tni_graph_chunk_encode(&e->arcs, from, to, e->bytes);
  return tni_graph_put_at(e, place, (tn_slice){e->bytes, size});
}

tn_status tni_graph_put_split_head(tni_graph_editor *e, const tni_graph_place *side, uint64_t degree) {
  uint8_t bytes[TNI_GRAPH_SPLIT_HEAD_SIZE] = {0};
  for (int i = 0; i < 8; i++) bytes[TNI_GRAPH_CHUNK_HEADER + i] = (uint8_t)(degree >> (8 * i));
  tni_graph_place head = {side->node, side->side, false, {0, 0}};
  return tni_graph_put_at(e, &head, (tn_slice){bytes, sizeof bytes});
}

bool tni_graph_arcs_fit(const tni_graph_arcs *arcs) {
  return arcs->count <= TNI_GRAPH_CHUNK_ARCS && tni_graph_chunk_size(arcs, 0, arcs->count) <= TNI_GRAPH_CHUNK_SIZE;
}

/* The arcs as two chunks, the first at `place`. Where the new one is the last, as in a side that grows in order, the
 * first stays full. */
static tn_status put_two(tni_graph_editor *e, const tni_graph_place *place, uint32_t at) {
  uint32_t middle = at + 1 == e->arcs.count ? at : e->arcs.count / 2;
  tni_graph_place second = {place->node, place->side, true, {e->arcs.nodes[middle], e->arcs.edges[middle]}};
  TRY(tni_graph_put_arcs(e, place, 0, middle));
  return tni_graph_put_arcs(e, &second, middle, e->arcs.count);
}

tn_status tni_graph_arc_at(tn_ctx *ctx, uint64_t node, int64_t side, tni_graph_arc from, tni_graph_arc *out) {
  tni_graph_place wanted = {(int64_t)node, side, true, from}, place;
  tn_cursor *cursor = NULL;
  tni_graph_head head;
  tn_slice bytes, key;
  TRY(get_head(ctx, node, side, &bytes));
  TRY(tni_graph_head_open(ctx, bytes, &head));
  if (head.split) {
    TRY(tni_graph_place_seek(ctx, &cursor, &wanted, &place, &bytes));
    TRY(tni_graph_chunk_of(ctx, bytes, &head.chunk));
  }
  uint32_t i = tni_graph_chunk_seek(&head.chunk, from);
  if (i == head.chunk.count && head.split) { /* it may begin the next one; the cursor stands before its own */
    TRY(tn_cursor_next(ctx, cursor, &key, &bytes));
    TRY(tn_cursor_next(ctx, cursor, &key, &bytes));
    TRY(tni_graph_place_read(ctx, key, &place));
    if (!tni_graph_same_side(&wanted, &place)) return TN_NOT_FOUND;
    TRY(tni_graph_chunk_of(ctx, bytes, &head.chunk));
    i = 0;
  }
  if (i == head.chunk.count) return TN_NOT_FOUND;
  *out = tni_graph_chunk_at(&head.chunk, i);
  return TN_OK;
}

/* ---- linking ----------------------------------------------------------------------------------- */

static tn_status link_first(tni_graph_editor *e, const tni_graph_place *head, tni_graph_arc arc) {
  e->arcs.count = 1;
  e->arcs.nodes[0] = arc.node;
  e->arcs.edges[0] = arc.edge;
  return tni_graph_put_arcs(e, head, 0, 1);
}

static tn_status link_in_head(tni_graph_editor *e, const tni_graph_place *head, const tni_graph_chunk *chunk,
                              tni_graph_arc arc) {
  uint32_t at;
  tni_graph_chunk_decode(chunk, &e->arcs);
  if (!tni_graph_arcs_insert(&e->arcs, arc, &at)) return TN_EXISTS;
  if (tni_graph_arcs_fit(&e->arcs)) return tni_graph_put_arcs(e, head, 0, e->arcs.count);
  tni_graph_place first = {head->node, head->side, true, {0, 0}};
  TRY(put_two(e, &first, at));
  return tni_graph_put_split_head(e, head, e->arcs.count);
}

static tn_status link_in_chunk(tni_graph_editor *e, const tni_graph_place *head, uint64_t degree, tni_graph_arc arc) {
  tni_graph_place wanted = {head->node, head->side, true, arc}, place;
  tni_graph_chunk chunk;
  tn_slice bytes;
  uint32_t at;
  TRY(tni_graph_place_seek(e->ctx, &e->cursor, &wanted, &place, &bytes));
  TRY(tni_graph_chunk_of(e->ctx, bytes, &chunk));
  tni_graph_chunk_decode(&chunk, &e->arcs);
  if (!tni_graph_arcs_insert(&e->arcs, arc, &at)) return TN_EXISTS;
  TRY(tni_graph_arcs_fit(&e->arcs) ? tni_graph_put_arcs(e, &place, 0, e->arcs.count) : put_two(e, &place, at));
  return tni_graph_put_split_head(e, head, degree + 1);
}

tn_status tni_graph_link(tni_graph_editor *editor, uint64_t node, int64_t side, tni_graph_arc arc) {
  tni_graph_place place = {(int64_t)node, side, false, {0, 0}};
  tni_graph_head head;
  tn_slice bytes;
  tn_status status = get_head(editor->ctx, node, side, &bytes);
  if (status == TN_NOT_FOUND) return link_first(editor, &place, arc);
  if (status != TN_OK) return status;
  TRY(tni_graph_head_open(editor->ctx, bytes, &head));
  if (head.split) return link_in_chunk(editor, &place, head.degree, arc);
  return link_in_head(editor, &place, &head.chunk, arc);
}

/* ---- unlinking --------------------------------------------------------------------------------- */

/* The chunk behind `place`, or before it, if its side has one. */
static tn_status beside(tni_graph_editor *e, const tni_graph_place *place, bool behind, bool *found,
                        tni_graph_place *other, tni_graph_chunk *chunk) {
  tn_slice key, bytes;
  tni_graph_key at = tni_graph_place_key(place);
  if (behind) at.data[at.size++] = 0;
  *found = false;
  TRY(tn_cursor_seek(e->ctx, e->cursor, tni_graph_key_slice(&at)));
  tn_status status =
      behind ? tn_cursor_next(e->ctx, e->cursor, &key, &bytes) : tn_cursor_prev(e->ctx, e->cursor, &key, &bytes);
  if (status == TN_NOT_FOUND) return TN_OK;
  if (status != TN_OK) return status;
  TRY(tni_graph_place_read(e->ctx, key, other));
  *found = tni_graph_same_side(place, other);
  return *found ? tni_graph_chunk_of(e->ctx, bytes, chunk) : TN_OK;
}

static bool is_at_most(const tni_graph_arcs *arcs, size_t size) {
  return arcs->count == 0 || tni_graph_chunk_size(arcs, 0, arcs->count) <= size;
}

/* Appends a chunk's arcs where the whole is worth being one chunk: not so full that the next arc splits it again. */
static bool append(tni_graph_arcs *arcs, const tni_graph_chunk *chunk) {
  uint32_t before = arcs->count;
  if (before + chunk->count > TNI_GRAPH_CHUNK_ARCS) return false;
  tni_graph_chunk_nodes(chunk, 0, arcs->nodes + before);
  tni_graph_chunk_edges(chunk, 0, arcs->edges + before);
  arcs->count += chunk->count;
  if (before == 0 || is_at_most(arcs, TNI_GRAPH_CHUNK_SIZE / 4 * 3)) return true;
  arcs->count = before;
  return false;
}

static tn_status append_to(tni_graph_editor *e, const tni_graph_chunk *before, bool *done) {
  tni_graph_chunk own;
  uint32_t count = e->arcs.count;
  size_t size = count > 0 ? tni_graph_chunk_encode(&e->arcs, 0, count, e->bytes) : 0;
  tni_graph_chunk_decode(before, &e->arcs);
  *done = true;
  if (count == 0) return TN_OK;
  TRY(tni_graph_chunk_of(e->ctx, (tn_slice){e->bytes, size}, &own));
  *done = append(&e->arcs, &own);
  if (!*done) tni_graph_chunk_decode(&own, &e->arcs);
  return TN_OK;
}

/* What is left of the chunk at `place` goes together with the one behind it, or, being the last, with the one before
 * it; *place is where the editor's arcs belong then. */
static tn_status merge(tni_graph_editor *e, tni_graph_place *place) {
  tni_graph_place other;
  tni_graph_chunk chunk;
  bool found, done = false;
  TRY(beside(e, place, true, &found, &other, &chunk));
  if (found) return append(&e->arcs, &chunk) ? delete_at(e, &other) : TN_OK;
  TRY(beside(e, place, false, &found, &other, &chunk));
  if (found) TRY(append_to(e, &chunk, &done));
  if (!done) return TN_OK;
  TRY(delete_at(e, place));
  *place = other;
  return TN_OK;
}

static tn_status settle(tni_graph_editor *e, const tni_graph_place *head, tni_graph_place *place, uint64_t degree) {
  if (is_at_most(&e->arcs, TNI_GRAPH_CHUNK_SIZE / 3)) TRY(merge(e, place));
  bool all = e->arcs.count == degree;
  if (all && is_at_most(&e->arcs, TNI_GRAPH_CHUNK_SIZE / 2)) {
    TRY(delete_at(e, place));
    return tni_graph_put_arcs(e, head, 0, e->arcs.count);
  }
  TRY(tni_graph_put_arcs(e, place, 0, e->arcs.count));
  return tni_graph_put_split_head(e, head, degree);
}

static tn_status unlink_in_chunk(tni_graph_editor *e, const tni_graph_place *head, uint64_t degree,
                                 tni_graph_arc arc) {
  tni_graph_place wanted = {head->node, head->side, true, arc}, place;
  tni_graph_chunk chunk;
  tn_slice bytes;
  TRY(tni_graph_place_seek(e->ctx, &e->cursor, &wanted, &place, &bytes));
  TRY(tni_graph_chunk_of(e->ctx, bytes, &chunk));
  tni_graph_chunk_decode(&chunk, &e->arcs);
  if (!tni_graph_arcs_remove(&e->arcs, arc)) return TN_NOT_FOUND;
  return settle(e, head, &place, degree - 1);
}

tn_status tni_graph_unlink(tni_graph_editor *editor, uint64_t node, int64_t side, tni_graph_arc arc) {
  tni_graph_place place = {(int64_t)node, side, false, {0, 0}};
  tni_graph_head head;
  tn_slice bytes;
  TRY(get_head(editor->ctx, node, side, &bytes));
  TRY(tni_graph_head_open(editor->ctx, bytes, &head));
  if (head.split) return unlink_in_chunk(editor, &place, head.degree, arc);
  tni_graph_chunk_decode(&head.chunk, &editor->arcs);
  if (!tni_graph_arcs_remove(&editor->arcs, arc)) return TN_NOT_FOUND;
  if (editor->arcs.count == 0) return delete_at(editor, &place);
  return tni_graph_put_arcs(editor, &place, 0, editor->arcs.count);
}
