#include "bulk.h"
#include "ids.h"
#include "ops.h"
#include "ref.h"
#include "walk.h"

/* The walk that answers nothing but ids: no hops are made of the arcs, so that it runs as fast as chunks are decoded.
 */
typedef struct reach {
  tn_ctx *ctx;
  tni_graph_expand *expand;
  tni_graph_budget budget;
  tni_graph_set seen;
  tni_graph_list level, next, spare;
  tni_graph_list kept; /* what is answered: the levels from `min` on */
  uint64_t found;      /* nodes of the levels before */
  uint64_t depth, chunks;
  bool loose; /* `next` is what was met, whether it was seen or not; nothing of it is in `seen` */
} reach;

/* ---- the next level: what is not seen yet ------------------------------------------------------ */

/* Of the ids from place `from` on, those that are new stay. */
static tn_status keep_new(reach *r, size_t from) {
  uint64_t *items = r->next.items;
  size_t kept = from;
  bool added;
  for (size_t i = from; i < r->next.count; i++) {
    TRY(tni_graph_set_add(&r->seen, items[i], &added));
    items[kept] = items[i];
    kept += added;
  }
  r->next.count = kept;
  return TN_OK;
}

/* The same once the set is bits: nothing is called. */
static tn_status keep_new_bits(reach *r, size_t from) {
  uint64_t *bits = r->seen.bits, last = r->seen.last;
  uint64_t *to = r->next.items + from, *end = r->next.items + r->next.count;
  for (const uint64_t *at = to; at < end; at++) {
    uint64_t id = *at, mask = UINT64_C(1) << (id % 64);
    if (id > last) return tni_graph_corrupt(r->ctx, "an id");
    *to = id;
    to += (bits[id / 64] & mask) == 0;
    bits[id / 64] |= mask;
  }
  r->next.count = (size_t)(to - r->next.items);
  return TN_OK;
}

static bool is_sorted(const tni_graph_list *list) {
  for (size_t i = 1; i < list->count; i++)
    if (list->items[i - 1] > list->items[i]) return false;
  return true;
}

static tn_status sort(reach *r, tni_graph_list *list) {
  if (is_sorted(list)) return TN_OK;
  r->spare.count = 0;
  TRY(tni_graph_list_reserve(&r->spare, list->count));
  tni_graph_bulk_sort(list->items, r->spare.items, list->count);
  return TN_OK;
}

/* Sorted, a few ids show for themselves which of them are the same. */
static tn_status tighten(reach *r) {
  TRY(sort(r, &r->next));
  r->next.count = tni_graph_set_rest(&r->seen, r->next.items, r->next.count);
  r->loose = false;
  return TN_OK;
}

static tn_status check(reach *r) {
  if (r->loose) TRY(tighten(r));
  r->budget.reached = r->found + r->next.count;
  r->budget.depth = r->next.count > 0 ? r->depth : r->depth - 1;
  return tni_graph_budget_check(&r->budget);
}

#define LOOSE_MAX 1000 /* ids that are sorted rather than looked up */
#define CHUNKS_BETWEEN_CHECKS 16

static tn_status take_chunk(reach *r, const tni_graph_chunk *chunk) {
  size_t before = r->next.count;
  TRY(tni_graph_list_reserve(&r->next, chunk->count));
  tni_graph_chunk_nodes(chunk, 0, r->next.items + before);
  r->next.count += tni_graph_budget_take(&r->budget, chunk->count);
  if (r->loose && r->next.count > LOOSE_MAX) {
    r->loose = false;
    before = 0;
  }
  if (!r->loose) TRY(r->seen.bits ? keep_new_bits(r, before) : keep_new(r, before));
  bool due = ++r->chunks % CHUNKS_BETWEEN_CHECKS == 0 && !r->loose;
  return r->budget.short_of || due ? check(r) : TN_OK;
}

static tn_status take_batch(reach *r, const uint64_t *nodes, size_t count) {
  tni_graph_piece piece;
  tn_status status;
  TRY(tni_graph_expand_batch(r->expand, nodes, count));
  while ((status = tni_graph_expand_next_piece(r->expand, &piece)) == TN_OK) TRY(take_chunk(r, &piece.chunk));
  return status == TN_NOT_FOUND ? check(r) : status;
}

/* ---- most of the graph at once: through the map in order, instead of looking up nodes -------------- */

#define DENSE 4 /* one of so many nodes is on the level */

static tn_status take_entry(reach *r, const tni_graph_place *place, tn_slice bytes) {
  tni_graph_chunk chunk;
  if (!place->is_chunk && tni_graph_head_is_split(bytes)) return TN_OK;
  TRY(tni_graph_chunk_of(r->ctx, bytes, &chunk));
  return take_chunk(r, &chunk);
}

/* Nodes of the level, one after another, as what their keys begin with: entries are passed over without being read.
 */
typedef struct sought {
  const tni_graph_list *level;
  size_t next;
  tni_graph_key key;
} sought;

static bool seek_next(sought *s) {
  if (s->next == s->level->count) return false;
  s->key = tni_graph_key_of(1, (int64_t)s->level->items[s->next++], 0, 0, 0);
  return true;
}

/* Whether the entry is of a node of the level; *ended when no more nodes are. */
static bool is_sought(sought *s, tn_slice key, bool *ended) {
  for (;;) {
    size_t common = key.size < s->key.size ? key.size : s->key.size;
    int order = memcmp(key.data, s->key.data, common);
    if (order <= 0) return order == 0;
    *ended = !seek_next(s);
    if (*ended) return false;
  }
}

static tn_status scan_level(reach *r) {
  static const tn_slice open = {NULL, 0};
  sought s = {.level = &r->level};
  tni_graph_place place;
  tn_cursor *cursor;
  tn_slice key, bytes;
  tn_status status;
  bool ended = !seek_next(&s);
  TRY(tn_cursor_open(r->ctx, TNI_GRAPH_ADJACENCY, open, open, &cursor));
  while (!ended && (status = tn_cursor_next(r->ctx, cursor, &key, &bytes)) != TN_NOT_FOUND) {
    if (status != TN_OK) return status;
    if (!is_sought(&s, key, &ended)) continue;
    TRY(tni_graph_place_read(r->ctx, key, &place));
    if (tni_graph_sides_have(&r->expand->sides, place.side)) TRY(take_entry(r, &place, bytes));
  }
  return check(r);
}

static tn_status take_level(reach *r) {
  if (r->level.count >= TNI_GRAPH_BATCH && r->level.count >= tn_map_count(r->ctx, TNI_GRAPH_NODES) / DENSE)
    return scan_level(r);
  for (size_t at = 0; at < r->level.count; at += TNI_GRAPH_BATCH) {
    size_t left = r->level.count - at;
    TRY(take_batch(r, r->level.items + at, left < TNI_GRAPH_BATCH ? left : TNI_GRAPH_BATCH));
  }
  return TN_OK;
}

/* The levels that are asked for, one behind another. */
static tn_status keep_level(reach *r) {
  if (r->level.count == 0) return TN_OK;
  TRY(tni_graph_list_reserve(&r->kept, r->level.count));
  memcpy(r->kept.items + r->kept.count, r->level.items, r->level.count * sizeof *r->level.items);
  r->kept.count += r->level.count;
  return TN_OK;
}

static tn_status walk(reach *r, int64_t min, int64_t max) {
  if (min == 0) TRY(keep_level(r));
  for (int64_t depth = 1; depth <= max && r->level.count > 0; depth++) {
    r->depth = (uint64_t)depth;
    r->loose = depth == max && r->level.count < TNI_GRAPH_BATCH && !r->seen.bits;
    TRY(take_level(r));
    r->found += r->next.count;
    tni_graph_list used = r->level;
    r->level = r->next;
    r->next = (tni_graph_list){r->ctx, used.items, 0, used.capacity};
    TRY(sort(r, &r->level)); /* the next lookups go through the map in order, and the answer is by depth and id */
    if (depth >= min) TRY(keep_level(r));
  }
  return TN_OK;
}

enum { REACH_FROM, REACH_DIRECTION, REACH_TYPES, REACH_MIN, REACH_MAX, REACH_MAX_VISITED, REACH_MAX_MS };

tn_status tni_graph_op_reach(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  reach r = {.ctx = ctx, .level = {.ctx = ctx}, .next = {.ctx = ctx}, .spare = {.ctx = ctx}, .kept = {.ctx = ctx}};
  tni_graph_expand expand;
  tni_graph_sides sides;
  int64_t min, max;
  uint64_t from;
  bool added;
  TRY(tni_graph_depths_of(ctx, argv[REACH_MIN], argv[REACH_MAX], &min, &max));
  TRY(tni_graph_budget_init(&r.budget, ctx, argv[REACH_MAX_VISITED], argv[REACH_MAX_MS]));
  TRY(tni_graph_sides_of(ctx, argv[REACH_DIRECTION], argv[REACH_TYPES], &sides));
  TRY(tni_graph_node_meant(ctx, argv[REACH_FROM], "from", &from));
  TRY(tni_graph_expand_init(&expand, ctx, &sides));
  r.expand = &expand;
  TRY(tni_graph_set_init(&r.seen, ctx));
  TRY(tni_graph_set_add(&r.seen, from, &added));
  TRY(tni_graph_list_add(&r.level, from));
  TRY(walk(&r, min, max));
  if (r.budget.visited == 0) TRY(tni_graph_node_must_be(ctx, from, "from"));
  return tni_graph_ids_add(ctx, result, r.kept.items, r.kept.count);
}
