#include "bulk.h"

/* One end of an edge. */
typedef struct item {
  uint64_t node, other, edge;
  uint32_t of; /* the edge's place */
} item;

typedef struct bulk {
  tni_graph_editor editor;
  tni_graph_arcs merged;
  tn_ctx *ctx;
  tni_graph_edge *edges;
  uint32_t count;
  item *items, *spare; /* count of each */
  bool *parallel;      /* by place: there is a bare edge already */
} bulk;

/* ---- sorting: byte by byte from the lowest, leaving out those in which all are alike ------------ */

#define SORT(type, key)                                                                     \
  uint64_t different = 0;                                                                   \
  for (size_t i = 1; i < count; i++) different |= (from[i].key) ^ (from[0].key);            \
  for (unsigned shift = 0; shift < 64; shift += 8) {                                        \
    size_t starts[256] = {0}, sum = 0;                                                      \
    if ((different >> shift & 0xff) == 0) continue;                                         \
    for (size_t i = 0; i < count; i++) starts[from[i].key >> shift & 0xff]++;               \
    for (int b = 0; b < 256; b++) {                                                         \
      size_t here = starts[b];                                                              \
      starts[b] = sum;                                                                      \
      sum += here;                                                                          \
    }                                                                                       \
    for (size_t i = 0; i < count; i++) to[starts[from[i].key >> shift & 0xff]++] = from[i]; \
    type *swapped = from;                                                                   \
    from = to;                                                                              \
    to = swapped;                                                                           \
  }

static item *sort_by_other(item *from, item *to, size_t count) {
  SORT(item, other)
  return from;
}

static item *sort_by_node(item *from, item *to, size_t count) {
  SORT(item, node)
  return from;
}

typedef struct number {
  uint64_t n;
} number;

#define FEW 32

static void sort_few(uint64_t *numbers, size_t count) {
  for (size_t i = 1; i < count; i++) {
    uint64_t moved = numbers[i];
    size_t at = i;
    for (; at > 0 && numbers[at - 1] > moved; at--) numbers[at] = numbers[at - 1];
    numbers[at] = moved;
  }
}

void tni_graph_bulk_sort(uint64_t *numbers, uint64_t *spare, size_t count) {
  if (count <= FEW) {
    sort_few(numbers, count);
    return;
  }
  number *from = (number *)(void *)numbers, *to = (number *)(void *)spare;
  SORT(number, n)
  if ((uint64_t *)(void *)from != numbers) memcpy(numbers, from, count * sizeof *numbers);
}

/* Items of the same two nodes are few, and come in the order of the request. */
static void sort_parallel(item *items, size_t count) {
  for (size_t i = 1; i < count; i++) {
    item moved = items[i];
    size_t at = i;
    for (; at > 0 && items[at - 1].node == moved.node && items[at - 1].other == moved.other &&
           items[at - 1].edge > moved.edge;
         at--)
      items[at] = items[at - 1];
    items[at] = moved;
  }
}

static void sort_items(bulk *b) {
  item *sorted = sort_by_other(b->items, b->spare, b->count);
  sorted = sort_by_node(sorted, sorted == b->items ? b->spare : b->items, b->count);
  if (sorted != b->items) {
    b->spare = b->items;
    b->items = sorted;
  }
  sort_parallel(b->items, b->count);
}

static void make_items(bulk *b, bool out) {
  for (uint32_t i = 0; i < b->count; i++) {
    const tni_graph_edge *edge = &b->edges[i];
    b->items[i] = (item){out ? edge->from : edge->to, out ? edge->to : edge->from, edge->id, i};
  }
  sort_items(b);
}

static size_t end_of_node(const bulk *b, size_t from) {
  size_t to = from + 1;
  while (to < b->count && b->items[to].node == b->items[from].node) to++;
  return to;
}

/* ---- which need an id -------------------------------------------------------------------------- */

/* Bare ones for which there is one already, stored or before it in the request. */
static tn_status note_parallel(bulk *b, int64_t type, size_t from, size_t to) {
  bool stored = false, taken = false;
  for (size_t i = from; i < to; i++) {
    const item *it = &b->items[i];
    bool same = i > from && it->other == b->items[i - 1].other;
    tni_graph_arc found;
    if (!same) {
      tn_status status = tni_graph_arc_at(b->ctx, it->node, type, (tni_graph_arc){it->other, 0}, &found);
      if (status != TN_OK && status != TN_NOT_FOUND) return status;
      stored = status == TN_OK && found.node == it->other && found.edge == 0;
      taken = false;
    }
    if (tn_count(b->edges[it->of].props) > 0) continue;
    b->parallel[it->of] = stored || taken;
    taken = true;
  }
  return TN_OK;
}

static tn_status find_parallel(bulk *b, int64_t type) {
  make_items(b, true);
  for (size_t from = 0, to; from < b->count; from = to) {
    to = end_of_node(b, from);
    TRY(note_parallel(b, type, from, to));
  }
  return TN_OK;
}

static tn_status give_ids(bulk *b) {
  int64_t last;
  TRY(tni_graph_counter_get(b->ctx, TNI_GRAPH_LAST_EDGE, 0, &last));
  int64_t before = last;
  for (uint32_t i = 0; i < b->count; i++) {
    tni_graph_edge *edge = &b->edges[i];
    edge->id = 0;
    if (!b->parallel[i] && tn_count(edge->props) == 0) continue;
    if (last == INT64_MAX) return tn_fail(b->ctx, TN_LIMIT, NULL, "there are no more ids");
    edge->id = (uint64_t)++last;
    TRY(tni_graph_edge_store(&b->editor, edge));
  }
  return last > before ? tni_graph_counter_set(b->ctx, TNI_GRAPH_LAST_EDGE, 0, last) : TN_OK;
}

/* ---- linking ----------------------------------------------------------------------------------- */

static tn_status link_side(bulk *b, int64_t side) {
  for (size_t from = 0, to; from < b->count; from = to) {
    to = end_of_node(b, from);
    for (size_t at = from; at < to;) {
      tni_graph_arcs *arcs = &b->merged;
      for (arcs->count = 0; at < to && arcs->count < TNI_GRAPH_CHUNK_ARCS; at++, arcs->count++) {
        arcs->nodes[arcs->count] = b->items[at].other;
        arcs->edges[arcs->count] = b->items[at].edge;
      }
      TRY(tni_graph_link_all(&b->editor, b->items[from].node, side, arcs));
    }
    TRY(tn_progress(b->ctx, "edges", to, b->count));
  }
  return TN_OK;
}

static tn_status begin(bulk *b, tn_ctx *ctx, tni_graph_edge *edges, uint32_t count) {
  tni_graph_editor_init(&b->editor, ctx);
  b->ctx = ctx;
  b->edges = edges;
  b->count = count;
  b->items = tn_scratch(ctx, count * sizeof *b->items);
  b->spare = tn_scratch(ctx, count * sizeof *b->spare);
  b->parallel = tn_scratch(ctx, count * sizeof *b->parallel);
  if (!b->items || !b->spare || !b->parallel) return tni_no_memory(ctx);
  memset(b->parallel, 0, count * sizeof *b->parallel);
  for (uint32_t i = 0; i < count; i++) edges[i].id = 0;
  return TN_OK;
}

tn_status tni_graph_bulk_create(tn_ctx *ctx, int64_t type, tni_graph_edge *edges, uint32_t count) {
  bulk *b = tn_scratch(ctx, sizeof *b);
  if (count == 0) return TN_OK;
  if (!b) return tni_no_memory(ctx);
  TRY(begin(b, ctx, edges, count));
  TRY(find_parallel(b, type));
  TRY(give_ids(b));
  make_items(b, true);
  TRY(link_side(b, type));
  make_items(b, false);
  TRY(link_side(b, -type));
  return tni_graph_counter_add(ctx, TNI_GRAPH_EDGES_OF_TYPE, type, count);
}
