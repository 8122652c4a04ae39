#include "link_many.h"

_Static_assert(TNI_GRAPH_BATCH == 64, "a bit for each node of a batch");

/* ---- merging ----------------------------------------------------------------------------------- */

/* Merges `count` arcs of a growth into those there are, from behind, in place; there is room. */
static void merge_arcs(tni_graph_arcs *into, const tni_graph_growth *g, size_t from, uint32_t count) {
  const uint64_t *nodes = g->nodes + from, *edges = g->edges + from;
  uint32_t a = into->count, b = count, at = a + b;
  into->count = at;
  while (b > 0) {
    bool old = a > 0 && tni_graph_arc_compare((tni_graph_arc){into->nodes[a - 1], into->edges[a - 1]},
                                              (tni_graph_arc){nodes[b - 1], edges[b - 1]}) > 0;
    at--;
    into->nodes[at] = old ? into->nodes[a - 1] : nodes[b - 1];
    into->edges[at] = old ? into->edges[a - 1] : edges[b - 1];
    if (old)
      a--;
    else
      b--;
  }
}

/* ---- sides that are split ---------------------------------------------------------------------- */

static bool is_one_chunk(const tni_graph_arcs *arcs, uint32_t from, uint32_t to) {
  return to - from <= TNI_GRAPH_CHUNK_ARCS && tni_graph_chunk_size(arcs, from, to) <= TNI_GRAPH_CHUNK_SIZE;
}

/* The editor's arcs as chunks, the first at `place`: halved until they fit. Where all that is new came behind what
 * was there, as in a side that grows in order, that stays full: it ends at `full`, or nowhere when 0. */
static tn_status put_chunks(tni_graph_editor *e, const tni_graph_place *place, uint32_t full) {
  uint32_t ends[16], depth = 0, from = 0;
  tni_graph_place at = *place;
  ends[depth++] = e->arcs.count;
  while (depth > 0) {
    uint32_t to = ends[depth - 1];
    if (!is_one_chunk(&e->arcs, from, to)) {
      ends[depth++] = from < full && full < to ? full : from + (to - from) / 2;
      continue;
    }
    TRY(tni_graph_put_arcs(e, &at, from, to));
    from = to;
    depth--;
    if (depth > 0) at = (tni_graph_place){at.node, at.side, true, {e->arcs.nodes[from], e->arcs.edges[from]}};
  }
  return TN_OK;
}

static tni_graph_arc arc_of(const tni_graph_growth *g, size_t i) { return (tni_graph_arc){g->nodes[i], g->edges[i]}; }

/* How many arcs from `from` on belong into the chunk that the cursor stands before, of those it has room for. */
static tn_status count_for_chunk(tni_graph_editor *e, const tni_graph_place *place, const tni_graph_growth *g,
                                 size_t from, uint32_t *out) {
  tni_graph_place behind;
  tn_slice key, bytes;
  size_t to = from + 1, last = from + (TNI_GRAPH_CHUNK_ARCS + 1 - e->arcs.count);
  TRY(tn_cursor_next(e->ctx, e->cursor, &key, &bytes));
  tn_status status = tn_cursor_next(e->ctx, e->cursor, &key, &bytes);
  if (status == TN_OK) TRY(tni_graph_place_read(e->ctx, key, &behind));
  if (status != TN_OK && status != TN_NOT_FOUND) return status;
  bool bounded = status == TN_OK && tni_graph_same_side(place, &behind);
  while (to < g->count && to < last && (!bounded || tni_graph_arc_compare(arc_of(g, to), behind.from) < 0)) to++;
  *out = (uint32_t)(to - from);
  return TN_OK;
}

static tn_status grow_chunks(tni_graph_editor *e, const tni_graph_growth *g, size_t from) {
  while (from < g->count) {
    tni_graph_place wanted = {(int64_t)g->node, g->side, true, arc_of(g, from)}, place;
    tni_graph_chunk chunk;
    tn_slice bytes;
    uint32_t count;
    TRY(tni_graph_place_seek(e->ctx, &e->cursor, &wanted, &place, &bytes));
    TRY(tni_graph_chunk_of(e->ctx, bytes, &chunk));
    tni_graph_chunk_decode(&chunk, &e->arcs);
    TRY(count_for_chunk(e, &place, g, from, &count));
    uint32_t before = e->arcs.count;
    merge_arcs(&e->arcs, g, from, count);
    bool appended =
        tni_graph_arc_compare(arc_of(g, from), (tni_graph_arc){e->arcs.nodes[before], e->arcs.edges[before]}) == 0;
    TRY(put_chunks(e, &place, appended ? before : 0));
    from += count;
  }
  return TN_OK;
}

/* What is in the head, if anything, and a first part of what is new become chunks. */
static tn_status split_head(tni_graph_editor *e, const tni_graph_growth *g, const tni_graph_head *head,
                            size_t *taken) {
  tni_graph_place first = {(int64_t)g->node, g->side, true, {0, 0}};
  e->arcs.count = 0;
  if (head->degree > 0) tni_graph_chunk_decode(&head->chunk, &e->arcs);
  size_t room = TNI_GRAPH_CHUNK_ARCS + 1 - e->arcs.count;
  *taken = g->count <= room ? g->count : 0;
  if (e->arcs.count == 0 && *taken == 0) *taken = room;
  if (*taken > 0) merge_arcs(&e->arcs, g, 0, (uint32_t)*taken);
  return put_chunks(e, &first, 0);
}

/* A growth that the head has no room for. */
static tn_status grow_split(tni_graph_editor *e, const tni_graph_growth *g) {
  tni_graph_place place = {(int64_t)g->node, g->side, false, {0, 0}};
  tni_graph_head head = {0, false, {NULL, NULL, 0, 0, 0, 0}};
  tn_slice bytes;
  size_t taken = 0;
  TRY(tni_graph_heads_get(e->ctx, &g->node, &g->side, 1, &bytes));
  if (bytes.data) TRY(tni_graph_head_open(e->ctx, bytes, &head));
  uint64_t degree = head.degree + g->count;
  if (!head.split) TRY(split_head(e, g, &head, &taken));
  TRY(grow_chunks(e, g, taken));
  return tni_graph_put_split_head(e, &place, degree);
}

/* ---- heads ------------------------------------------------------------------------------------- */

/* The head with what is new in it: linker->bytes[i], or a size of 0 when it has no room. */
static tn_status make_head(tni_graph_linker *l, const tni_graph_growth *g, uint32_t i) {
  tni_graph_arcs *arcs = &l->editor.arcs;
  tni_graph_head head = {.split = false};
  l->sizes[i] = 0;
  arcs->count = 0;
  if (l->heads[i].data) {
    TRY(tni_graph_head_open(l->editor.ctx, l->heads[i], &head));
    if (head.split) return TN_OK;
    tni_graph_chunk_decode(&head.chunk, arcs);
  }
  if (g->count > TNI_GRAPH_CHUNK_ARCS - arcs->count) return TN_OK;
  merge_arcs(arcs, g, 0, (uint32_t)g->count);
  if (tni_graph_arcs_fit(arcs)) l->sizes[i] = tni_graph_chunk_encode(arcs, 0, arcs->count, l->bytes[i]);
  return TN_OK;
}

/* All heads are read before the first is written: what is read lives as long as nothing changes. */
tn_status tni_graph_link_many(tni_graph_linker *l, const tni_graph_growth *growths, uint32_t count, uint64_t *fresh) {
  uint64_t nodes[TNI_GRAPH_BATCH] = {0};
  int64_t sides[TNI_GRAPH_BATCH] = {0};
  *fresh = 0;
  for (uint32_t i = 0; i < count; i++) {
    nodes[i] = growths[i].node;
    sides[i] = growths[i].side;
  }
  TRY(tni_graph_heads_get(l->editor.ctx, nodes, sides, count, l->heads));
  for (uint32_t i = 0; i < count; i++) {
    if (!l->heads[i].data) *fresh |= UINT64_C(1) << i;
    TRY(make_head(l, &growths[i], i));
  }
  for (uint32_t i = 0; i < count; i++) {
    tni_graph_place place = {(int64_t)nodes[i], sides[i], false, {0, 0}};
    TRY(l->sizes[i] > 0 ? tni_graph_put_at(&l->editor, &place, (tn_slice){l->bytes[i], l->sizes[i]})
                        : grow_split(&l->editor, &growths[i]));
  }
  return TN_OK;
}
