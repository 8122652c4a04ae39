#include "expand.h"

#include <stdlib.h>

/* ---- which sides ------------------------------------------------------------------------------- */

static tn_status direction_of(tn_ctx *ctx, tn_value given, tni_graph_direction *out) {
  static const char *const names[] = {"out", "in", "both"};
  tn_slice text = {NULL, 0};
  *out = TNI_GRAPH_OUT;
  if (!tn_as_string(given, &text)) return TN_OK;
  for (int i = 0; i < 3; i++)
    if (tni_slice_is(text, names[i])) return *out = (tni_graph_direction)(i + 1), TN_OK;
  return tn_fail(ctx, TN_INVALID, "direction", "expected out, in or both, got '%s'%s", tni_quoted(ctx, text),
                 tn_nearest(ctx, text, names, 3));
}

static tn_status type_named(tn_ctx *ctx, tn_value name, const char *where, int64_t *out) {
  tn_slice text = {NULL, 0};
  TRY(tni_expect(ctx, name, TN_T_STRING, "the name of a type", where));
  (void)tn_as_string(name, &text);
  return tni_graph_number_known(ctx, TNI_GRAPH_TYPE, text, where, out);
}

static int compare_numbers(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

static uint32_t drop_equal(int64_t *numbers, uint32_t count) {
  uint32_t kept = 0;
  qsort(numbers, count, sizeof *numbers, compare_numbers);
  for (uint32_t i = 0; i < count; i++)
    if (kept == 0 || numbers[kept - 1] != numbers[i]) numbers[kept++] = numbers[i];
  return kept;
}

tn_status tni_graph_sides_of(tn_ctx *ctx, tn_value direction, tn_value types, tni_graph_sides *out) {
  tni_graph_sides sides = {TNI_GRAPH_OUT, tn_is_absent(types), 1, NULL};
  TRY(direction_of(ctx, direction, &sides.direction));
  if (!sides.all) {
    if (tn_value_type(types) == TN_ARRAY) sides.count = tn_count(types);
    int64_t *numbers = tn_scratch(ctx, (sides.count + 1) * sizeof *numbers);
    if (!numbers) return tni_no_memory(ctx);
    if (tn_value_type(types) != TN_ARRAY) TRY(type_named(ctx, types, "types", numbers));
    for (tn_iter it = tn_iter_of(types); tn_iter_next(&it);)
      TRY(type_named(ctx, it.value, tni_where_item(ctx, "types", it.next - 1), &numbers[it.next - 1]));
    sides.count = drop_equal(numbers, sides.count);
    sides.numbers = numbers;
  }
  *out = sides;
  return TN_OK;
}

bool tni_graph_sides_have(const tni_graph_sides *sides, int64_t side) {
  int64_t type = side < 0 ? -side : side;
  if (!(sides->direction & (side < 0 ? TNI_GRAPH_IN : TNI_GRAPH_OUT))) return false;
  for (uint32_t i = 0; i < sides->count && !sides->all; i++)
    if (sides->numbers[i] == type) return true;
  return sides->all;
}

/* ---- beginning --------------------------------------------------------------------------------- */

static int64_t type_at(const tni_graph_expand *e, uint32_t i) { return e->sides.all ? i + 1 : e->sides.numbers[i]; }

/* The sides in the order their keys have. None when there are more than are worth looking up one by one. */
static void list_sides(tni_graph_expand *e, uint64_t types) {
  bool in = e->sides.direction & TNI_GRAPH_IN, out = e->sides.direction & TNI_GRAPH_OUT;
  e->listed_count = 0;
  if (types * (uint64_t)(in + out) > TNI_GRAPH_SIDES_MAX) return;
  for (uint32_t i = (uint32_t)types; in && i-- > 0;) e->listed[e->listed_count++] = -type_at(e, i);
  for (uint32_t i = 0; out && i < types; i++) e->listed[e->listed_count++] = type_at(e, i);
  for (uint32_t k = 0; k < e->listed_count; k++) {
    e->listed_parts[k].size = 0;
    tni_graph_key_add(&e->listed_parts[k], e->listed[k]);
  }
}

tn_status tni_graph_expand_init(tni_graph_expand *e, tn_ctx *ctx, const tni_graph_sides *sides) {
  int64_t types = sides->count;
  if (sides->all) TRY(tni_graph_types_count(ctx, &types));
  e->ctx = ctx;
  e->sides = *sides;
  e->cursor = NULL;
  e->count = e->next = e->next_listed = 0;
  e->scanning = e->walking = e->resumed = false;
  list_sides(e, (uint64_t)types);
  return TN_OK;
}

static tn_status seek(tni_graph_expand *e, const tni_graph_key *key) {
  static const tn_slice open = {NULL, 0};
  if (!e->cursor) TRY(tn_cursor_open(e->ctx, TNI_GRAPH_ADJACENCY, open, open, &e->cursor));
  return tn_cursor_seek(e->ctx, e->cursor, tni_graph_key_slice(key));
}

/* Nodes one behind another, or nearly so, of which it is cheaper to pass over a few entries than to look up each. */
#define DENSE 4  /* ids that there may be for each node of the batch */
#define PASSED 8 /* entries that it takes for each of them, at most */

static bool is_dense(const tni_graph_expand *e) {
  for (uint32_t i = 1; i < e->count; i++)
    if (e->batch[i] <= e->batch[i - 1]) return false;
  return e->count > DENSE && e->batch[e->count - 1] - e->batch[0] < (uint64_t)DENSE * e->count;
}

/* The key of side k of node i. */
static inline void head_key(const tni_graph_expand *e, uint32_t i, uint32_t k, tni_graph_key *out) {
  const tni_graph_key *part = &e->listed_parts[k];
  out->size = 0;
  tni_graph_key_add(out, (int64_t)e->batch[i]);
  memcpy(out->data + out->size, part->data, TNI_GRAPH_PART_MAX);
  out->size += part->size;
}

/* From the next node on. */
static tn_status look_up_heads(tni_graph_expand *e) {
  tni_graph_key keys[TNI_GRAPH_BATCH * TNI_GRAPH_SIDES_MAX];
  tn_slice slices[TNI_GRAPH_BATCH * TNI_GRAPH_SIDES_MAX], *heads = e->heads + e->next * e->listed_count;
  uint32_t n = 0;
  for (uint32_t i = e->next; i < e->count; i++)
    for (uint32_t k = 0; k < e->listed_count; k++, n++) {
      head_key(e, i, k, &keys[n]);
      slices[n] = tni_graph_key_slice(&keys[n]);
    }
  if (n != 1) return tn_map_get_many(e->ctx, TNI_GRAPH_ADJACENCY, slices, n, heads);
  tn_status status = tn_map_get(e->ctx, TNI_GRAPH_ADJACENCY, slices[0], heads);
  if (status == TN_NOT_FOUND) *heads = (tn_slice){NULL, 0};
  return status == TN_NOT_FOUND ? TN_OK : status;
}

/* The cursor before the next head. */
static tn_status scan_on(tni_graph_expand *e) {
  tni_graph_key key;
  head_key(e, e->next, e->next_listed, &key);
  return seek(e, &key);
}

static tn_status find_heads(tni_graph_expand *e) {
  if (e->count == 0 || e->listed_count == 0) return TN_OK;
  e->scanning = is_dense(e);
  e->scanned_max = e->count * PASSED;
  return e->scanning ? scan_on(e) : look_up_heads(e);
}

tn_status tni_graph_expand_batch(tni_graph_expand *e, const uint64_t *nodes, size_t count) {
  memcpy(e->batch, nodes, count * sizeof *nodes);
  e->count = (uint32_t)count;
  e->next = e->next_listed = 0;
  e->scanning = e->walking = e->resumed = false;
  return find_heads(e);
}

tn_status tni_graph_expand_resume(tni_graph_expand *e, uint64_t node, int64_t side, tni_graph_arc after) {
  TRY(tni_graph_expand_batch(e, &node, 1));
  e->resumed = true;
  e->after_side = side;
  e->after = (tni_graph_arc){after.node, after.edge + 1};
  return TN_OK;
}

/* ---- walking through entries ------------------------------------------------------------------- */

/* The cursor before the chunk in which `from` belongs. */
static tn_status seek_chunk(tni_graph_expand *e, int64_t node, int64_t side, tni_graph_arc from) {
  tni_graph_place place = {node, side, true, from};
  tni_graph_key key = tni_graph_place_key(&place);
  tn_slice found, bytes;
  if (from.node == 0) return seek(e, &key);
  key.data[key.size++] = 0;
  TRY(seek(e, &key));
  tn_status status = tn_cursor_prev(e->ctx, e->cursor, &found, &bytes);
  return status == TN_NOT_FOUND ? tni_graph_corrupt(e->ctx, "a split side") : status;
}

/* On to the next side that is listed, or the next node. */
static inline void pass_listed(tni_graph_expand *e) {
  if (++e->next_listed < e->listed_count) return;
  e->next_listed = 0;
  e->next++;
}

static tni_graph_arc first_of(const tni_graph_expand *e, int64_t side) {
  return e->resumed && side == e->after_side ? e->after : (tni_graph_arc){0, 0};
}

static tn_status walk_chunks(tni_graph_expand *e, uint32_t source, int64_t side) {
  e->walking = true;
  e->whole = false;
  e->source = source;
  e->side = side;
  return seek_chunk(e, (int64_t)e->batch[source], side, first_of(e, side));
}

static tn_status walk_node(tni_graph_expand *e, uint32_t source) {
  int64_t node = (int64_t)e->batch[source];
  tni_graph_key key = tni_graph_key_of(1, node, 0, 0, 0);
  e->walking = e->whole = true;
  e->source = source;
  if (e->resumed)
    key = tni_graph_key_of(2, node, e->after_side, 0, 0);
  else if (e->sides.direction == TNI_GRAPH_OUT)
    key = tni_graph_key_of(2, node, 0, 0, 0);
  return seek(e, &key);
}

/* ---- runs -------------------------------------------------------------------------------------- */

/* Where the arcs of the chunk begin that are behind the arc to resume after. */
static uint32_t resumed_from(const tni_graph_expand *e, int64_t side, const tni_graph_chunk *chunk) {
  if (side != e->after_side) return side < e->after_side ? chunk->count : 0;
  return tni_graph_chunk_seek(chunk, e->after);
}

/* *found false when there are none. */
static inline tn_status take_chunk(const tni_graph_expand *e, uint32_t source, int64_t side, tn_slice bytes,
                                   bool *found, tni_graph_piece *out) {
  out->source = source;
  out->side = side;
  TRY(tni_graph_chunk_of(e->ctx, bytes, &out->chunk));
  out->from = e->resumed ? resumed_from(e, side, &out->chunk) : 0;
  *found = out->from < out->chunk.count;
  return TN_OK;
}

static tn_status skip_side(tni_graph_expand *e, const tni_graph_place *place) {
  tni_graph_key side = tni_graph_key_of(2, place->node, place->side, 0, 0), end = tni_graph_key_end(&side);
  return seek(e, &end);
}

/* A head on the way through a whole node: *found when the arcs are in it. */
static tn_status take_head(tni_graph_expand *e, const tni_graph_place *place, tn_slice bytes, bool *found,
                           tni_graph_piece *out) {
  if (!tni_graph_sides_have(&e->sides, place->side)) return skip_side(e, place);
  if (tni_graph_head_is_split(bytes)) return seek_chunk(e, place->node, place->side, first_of(e, place->side));
  return take_chunk(e, e->source, place->side, bytes, found, out);
}

/* NOT_FOUND: the walk is over. */
static tn_status next_of_walk(tni_graph_expand *e, tni_graph_piece *out) {
  tni_graph_place place;
  tn_slice key, bytes;
  bool found = false;
  while (!found) {
    TRY(tn_cursor_next(e->ctx, e->cursor, &key, &bytes));
    TRY(tni_graph_place_read(e->ctx, key, &place));
    bool over = place.node != (int64_t)e->batch[e->source] || (!e->whole && place.side != e->side) ||
                (place.side > 0 && e->sides.direction == TNI_GRAPH_IN);
    if (over) return TN_NOT_FOUND;
    TRY(place.is_chunk ? take_chunk(e, e->source, place.side, bytes, &found, out)
                       : take_head(e, &place, bytes, &found, out));
  }
  return TN_OK;
}

/* The next head, {NULL, 0} where there is none: *found when the arcs are in it; a split one begins a walk. */
static inline tn_status take_listed(tni_graph_expand *e, tn_slice bytes, bool *found, tni_graph_piece *out) {
  uint32_t source = e->next;
  int64_t side = e->listed[e->next_listed];
  pass_listed(e);
  if (!bytes.data || (e->resumed && side < e->after_side)) return TN_OK;
  if (tni_graph_head_is_split(bytes)) return walk_chunks(e, source, side);
  return take_chunk(e, source, side, bytes, found, out);
}

static tn_status next_looked_up(tni_graph_expand *e, bool *found, tni_graph_piece *out) {
  return take_listed(e, e->heads[e->next * e->listed_count + e->next_listed], found, out);
}

/* Goes through entries up to the next one that is a head of the batch. */
static tn_status next_of_scan(tni_graph_expand *e, bool *found, tni_graph_piece *out) {
  tni_graph_key wanted;
  tn_slice key, bytes;
  int order = -1;
  head_key(e, e->next, e->next_listed, &wanted);
  while (order != 0) {
    e->scanning = e->scanned_max-- > 0;
    if (!e->scanning) return look_up_heads(e);
    tn_status status = tn_cursor_next(e->ctx, e->cursor, &key, &bytes);
    if (status == TN_NOT_FOUND) return e->next = e->count, TN_OK;
    if (status != TN_OK) return status;
    while ((order = tni_graph_key_compare(key, &wanted)) > 0) {
      pass_listed(e);
      if (e->next == e->count) return TN_OK;
      head_key(e, e->next, e->next_listed, &wanted);
    }
  }
  return take_listed(e, bytes, found, out);
}

static tn_status end_walk(tni_graph_expand *e) {
  e->walking = false;
  return e->scanning && e->next < e->count ? scan_on(e) : TN_OK;
}

tn_status tni_graph_expand_next_piece(tni_graph_expand *e, tni_graph_piece *out) {
  for (;;) {
    bool found = false;
    if (e->walking) {
      tn_status status = next_of_walk(e, out);
      if (status != TN_NOT_FOUND) return status;
      TRY(end_walk(e));
    }
    if (e->next == e->count) return TN_NOT_FOUND;
    TRY(e->scanning           ? next_of_scan(e, &found, out)
        : e->listed_count > 0 ? next_looked_up(e, &found, out)
                              : walk_node(e, e->next++));
    if (found) return TN_OK;
  }
}

tn_status tni_graph_expand_next(tni_graph_expand *e, tni_graph_run *out) {
  tni_graph_piece piece;
  TRY(tni_graph_expand_next_piece(e, &piece));
  bool has_ids = piece.chunk.edge_width > 0;
  tni_graph_piece_nodes(&piece, e->nodes);
  if (has_ids) tni_graph_chunk_edges(&piece.chunk, piece.from, e->edges);
  *out =
      (tni_graph_run){piece.source, piece.side, tni_graph_piece_count(&piece), e->nodes, has_ids ? e->edges : NULL};
  return TN_OK;
}

/* ---- degrees ----------------------------------------------------------------------------------- */

static tn_status degree_of_node(tni_graph_expand *e, uint32_t source, uint64_t *sum) {
  tni_graph_place place;
  tni_graph_head head;
  tn_slice key, bytes;
  TRY(walk_node(e, source));
  e->walking = false;
  for (;;) {
    tn_status status = tn_cursor_next(e->ctx, e->cursor, &key, &bytes);
    if (status != TN_OK) return status == TN_NOT_FOUND ? TN_OK : status;
    TRY(tni_graph_place_read(e->ctx, key, &place));
    if (place.node != (int64_t)e->batch[source]) return TN_OK;
    TRY(tni_graph_head_open(e->ctx, bytes, &head));
    if (tni_graph_sides_have(&e->sides, place.side)) *sum += head.degree;
    if (head.split) TRY(skip_side(e, &place));
  }
}

tn_status tni_graph_expand_degrees(tni_graph_expand *e, uint64_t *out) {
  tni_graph_head head;
  uint64_t sum = 0;
  for (uint32_t i = 0; i < e->count * e->listed_count; i++) {
    if (!e->heads[i].data) continue;
    TRY(tni_graph_head_open(e->ctx, e->heads[i], &head));
    sum += head.degree;
  }
  for (uint32_t i = 0; i < e->count && e->listed_count == 0; i++) TRY(degree_of_node(e, i, &sum));
  e->next = e->count = 0;
  *out = sum;
  return TN_OK;
}
