#include "bulk.h"

#include "link_many.h"
#include "where.h"

/* One end of an edge. */
typedef struct item {
  uint64_t end; /* node * 2, and 1 where the edge goes out: so a node's sides follow one another as their keys do */
  uint64_t other, edge;
  uint32_t of; /* the edge's place */
} item;

static uint64_t end_of(uint64_t node, bool out) { return node << 1 | out; }

typedef struct bulk {
  tni_graph_linker linker;
  tn_ctx *ctx;
  tni_graph_edge *edges;
  uint32_t count;
  item *items, *spare; /* room for both ends of each edge */
  size_t item_count;
  uint64_t *others, *ids; /* of items in their order: what they lead to, and edges' ids */
  bool *parallel;         /* by place: there is a bare edge already */
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

static item *sort_by_end(item *from, item *to, size_t count) {
  SORT(item, end)
  return from;
}

typedef struct number {
  uint64_t n;
} number;

#define FEW 1000 /* up to here passes over tables of counts cost more than comparing */

/* Merges two runs that follow one another, [a, middle) and [middle, end). */
static void merge_two(const uint64_t *a, const uint64_t *middle, const uint64_t *end, uint64_t *to) {
  const uint64_t *b = middle;
  while (a < middle && b < end) {
    uint64_t first = *a, second = *b;
    bool from_a = first <= second;
    *to++ = from_a ? first : second;
    a += from_a;
    b += !from_a;
  }
  memcpy(to, a, (size_t)(middle - a) * sizeof *to);
  memcpy(to + (middle - a), b, (size_t)(end - b) * sizeof *to);
}

/* Where runs that rise end; how many there are. */
static size_t find_runs(const uint64_t *numbers, size_t count, uint16_t *ends) {
  size_t runs = 0;
  for (size_t i = 1; i < count; i++) {
    ends[runs] = (uint16_t)i;
    runs += numbers[i - 1] > numbers[i];
  }
  ends[runs++] = (uint16_t)count;
  return runs;
}

/* Two by two: what walks find comes as a few of them. */
static void merge_runs(uint64_t *numbers, uint64_t *spare, size_t count) {
  uint64_t *from = numbers, *to = spare;
  uint16_t ends[FEW];
  for (size_t runs = find_runs(from, count, ends); runs > 1; runs = (runs + 1) / 2) {
    for (size_t r = 0, at = 0; r < runs; r += 2) {
      size_t middle = ends[r], end = r + 1 < runs ? ends[r + 1] : middle;
      merge_two(from + at, from + middle, from + end, to + at);
      ends[r / 2] = (uint16_t)(at = end);
    }
    uint64_t *merged = to;
    to = from;
    from = merged;
  }
  if (from != numbers) memcpy(numbers, from, count * sizeof *numbers);
}

void tni_graph_bulk_sort(uint64_t *numbers, uint64_t *spare, size_t count) {
  if (count < 2) return;
  if (count <= FEW) {
    merge_runs(numbers, spare, count);
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
    for (; at > 0 && items[at - 1].end == moved.end && items[at - 1].other == moved.other &&
           items[at - 1].edge > moved.edge;
         at--)
      items[at] = items[at - 1];
    items[at] = moved;
  }
}

static void sort_items(bulk *b) {
  item *sorted = sort_by_other(b->items, b->spare, b->item_count);
  sorted = sort_by_end(sorted, sorted == b->items ? b->spare : b->items, b->item_count);
  if (sorted != b->items) {
    b->spare = b->items;
    b->items = sorted;
  }
  sort_parallel(b->items, b->item_count);
}

static void make_items(bulk *b, bool both) {
  b->item_count = 0;
  for (uint32_t i = 0; i < b->count; i++) {
    const tni_graph_edge *edge = &b->edges[i];
    b->items[b->item_count++] = (item){end_of(edge->from, true), edge->to, edge->id, i};
    if (both) b->items[b->item_count++] = (item){end_of(edge->to, false), edge->from, edge->id, i};
  }
  sort_items(b);
}

/* ---- nodes, a batch at a time ------------------------------------------------------------------ */

/* Sides that follow one another in items: those of side i are [starts[i], starts[i + 1]). */
typedef struct batch {
  uint32_t count;
  uint64_t nodes[TNI_GRAPH_BATCH];
  int64_t sides[TNI_GRAPH_BATCH];
  size_t starts[TNI_GRAPH_BATCH + 1];
} batch;

/* The sides behind those of `out`; false: there are no more. */
static bool next_batch(const bulk *b, int64_t type, batch *out) {
  size_t at = out->starts[out->count];
  out->starts[0] = at;
  for (out->count = 0; out->count < TNI_GRAPH_BATCH && at < b->item_count;) {
    uint64_t end = b->items[at].end;
    out->nodes[out->count] = end >> 1;
    out->sides[out->count] = end & 1 ? type : -type;
    while (at < b->item_count && b->items[at].end == end) at++;
    out->starts[++out->count] = at;
  }
  return out->count > 0;
}

/* The first edge that has the node. */
static tn_status refuse_node(const bulk *b, uint64_t node) {
  uint32_t i = 0;
  while (i + 1 < b->count && b->edges[i].from != node && b->edges[i].to != node) i++;
  const char *edge = tni_where_item(b->ctx, "edges", i);
  return tni_graph_no_node(b->ctx, node, tni_where_item(b->ctx, edge, b->edges[i].from != node));
}

/* Nodes of sides without an arc, which are the only ones that may not be there: bit i is the i-th of the batch. */
static tn_status check_nodes(const bulk *b, const batch *some, uint64_t fresh) {
  uint64_t ids[TNI_GRAPH_BATCH];
  tn_slice bytes[TNI_GRAPH_BATCH];
  size_t count = 0;
  for (uint32_t i = 0; i < some->count; i++)
    if (fresh >> i & 1) ids[count++] = some->nodes[i];
  TRY(tni_graph_nodes_get(b->ctx, ids, count, bytes));
  for (size_t i = 0; i < count; i++)
    if (!bytes[i].data) return refuse_node(b, ids[i]);
  return TN_OK;
}

/* ---- which need an id -------------------------------------------------------------------------- */

/* Whether there is a bare edge already; `head` {NULL, 0}: the node has none of this type. */
static tn_status is_stored(bulk *b, int64_t type, const item *it, tn_slice bytes, bool *out) {
  tni_graph_arc wanted = {it->other, 0}, found = {0, 0};
  tni_graph_head head;
  *out = false;
  if (!bytes.data) return TN_OK;
  TRY(tni_graph_head_open(b->ctx, bytes, &head));
  if (head.split) {
    tn_status status = tni_graph_arc_at(b->ctx, it->end >> 1, type, wanted, &found);
    if (status != TN_OK) return status == TN_NOT_FOUND ? TN_OK : status;
  } else {
    uint32_t i = tni_graph_chunk_seek(&head.chunk, wanted);
    if (i < head.chunk.count) found = tni_graph_chunk_at(&head.chunk, i);
  }
  *out = tni_graph_arc_compare(found, wanted) == 0;
  return TN_OK;
}

/* Bare ones for which there is one already, stored or before it in the request. */
static tn_status note_parallel(bulk *b, int64_t type, size_t from, size_t to, tn_slice head) {
  bool taken = false;
  for (size_t i = from; i < to; i++) {
    const item *it = &b->items[i];
    bool same = i > from && it->other == b->items[i - 1].other;
    if (!same) TRY(is_stored(b, type, it, head, &taken));
    if (tn_count(b->edges[it->of].props) > 0) continue;
    b->parallel[it->of] = taken;
    taken = true;
  }
  return TN_OK;
}

static tn_status find_parallel(bulk *b, int64_t type) {
  batch some = {.count = 0};
  tn_slice heads[TNI_GRAPH_BATCH];
  make_items(b, false);
  while (next_batch(b, type, &some)) {
    uint64_t fresh = 0;
    TRY(tni_graph_heads_get(b->ctx, some.nodes, some.sides, some.count, heads));
    for (uint32_t i = 0; i < some.count; i++) {
      if (!heads[i].data) fresh |= UINT64_C(1) << i;
      TRY(note_parallel(b, type, some.starts[i], some.starts[i + 1], heads[i]));
    }
    TRY(check_nodes(b, &some, fresh));
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
    TRY(tni_graph_edge_store(&b->linker.editor, edge));
  }
  return last > before ? tni_graph_counter_set(b->ctx, TNI_GRAPH_LAST_EDGE, 0, last) : TN_OK;
}

/* ---- linking ----------------------------------------------------------------------------------- */

static uint64_t coming_in(const batch *some) {
  uint64_t bits = 0;
  for (uint32_t i = 0; i < some->count; i++) bits |= (uint64_t)(some->sides[i] < 0) << i;
  return bits;
}

/* Both ends of all edges, node by node. Where they come from has been looked at. */
static tn_status link_all(bulk *b, int64_t type) {
  batch some = {.count = 0};
  tni_graph_growth growths[TNI_GRAPH_BATCH];
  uint64_t fresh;
  make_items(b, true);
  for (size_t i = 0; i < b->item_count; i++) {
    b->others[i] = b->items[i].other;
    b->ids[i] = b->items[i].edge;
  }
  while (next_batch(b, type, &some)) {
    for (uint32_t i = 0; i < some.count; i++) {
      size_t from = some.starts[i], count = some.starts[i + 1] - from;
      growths[i] = (tni_graph_growth){some.nodes[i], some.sides[i], count, b->others + from, b->ids + from};
    }
    TRY(tni_graph_link_many(&b->linker, growths, some.count, &fresh));
    TRY(check_nodes(b, &some, fresh & coming_in(&some)));
    TRY(tn_progress(b->ctx, "edges", some.starts[some.count] / 2, b->count));
  }
  return TN_OK;
}

static tn_status begin(bulk *b, tn_ctx *ctx, tni_graph_edge *edges, uint32_t count) {
  tni_graph_editor_init(&b->linker.editor, ctx);
  b->ctx = ctx;
  b->edges = edges;
  b->count = count;
  b->items = tn_scratch(ctx, 2 * (size_t)count * sizeof *b->items);
  b->spare = tn_scratch(ctx, 2 * (size_t)count * sizeof *b->spare);
  b->others = tn_scratch(ctx, 2 * (size_t)count * sizeof *b->others);
  b->ids = tn_scratch(ctx, 2 * (size_t)count * sizeof *b->ids);
  b->parallel = tn_scratch(ctx, count * sizeof *b->parallel);
  if (!b->items || !b->spare || !b->others || !b->ids || !b->parallel) return tni_no_memory(ctx);
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
  TRY(link_all(b, type));
  return tni_graph_counter_add(ctx, TNI_GRAPH_EDGES_OF_TYPE, type, count);
}
