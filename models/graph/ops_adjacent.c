#include "budget.h"
#include "expand.h"
#include "ids.h"
#include "ops.h"
#include "ref.h"
#include "set.h"
#include "where.h"

enum {
  ADJACENT_ID,
  ADJACENT_IDS,
  ADJACENT_DIRECTION,
  ADJACENT_TYPES,
  ADJACENT_PACKED,
  ADJACENT_MAX_VISITED,
  ADJACENT_MAX_MS
};

typedef struct adjacent {
  tn_ctx *ctx;
  tn_builder *result;
  tni_graph_expand *expand;
  tni_graph_budget budget;
  bool one, packed;
  uint64_t id; /* the only one */
  const uint64_t *ids;
  size_t count;
  tni_graph_list found;  /* neighbours: of the node that it is at, or packed of all */
  tni_graph_list starts; /* packed: where in `found` those of a node begin */
} adjacent;

/* ---- whose ------------------------------------------------------------------------------------- */

static tn_status read_ids(adjacent *a, tn_value given) {
  uint64_t *ids = tn_scratch(a->ctx, ((size_t)tn_count(given) + 1) * sizeof *ids);
  if (!ids) return tni_no_memory(a->ctx);
  for (tn_iter it = tn_iter_of(given); tn_iter_next(&it);) {
    int64_t id;
    if (tn_as_int(it.value, &id))
      ids[it.next - 1] = (uint64_t)id;
    else
      TRY(tni_graph_node_meant(a->ctx, it.value, tni_where_item(a->ctx, "ids", it.next - 1), &ids[it.next - 1]));
  }
  a->ids = ids;
  a->count = tn_count(given);
  return TN_OK;
}

static tn_status read_nodes(adjacent *a, tn_value id, tn_value ids) {
  tn_slice packed;
  uint64_t *nodes;
  if (tn_is_absent(id) == tn_is_absent(ids)) return tn_fail(a->ctx, TN_INVALID, "ids", "expected one of id and ids");
  a->one = tn_is_absent(ids);
  if (!a->one && !tn_as_bytes(ids, &packed)) return read_ids(a, ids);
  if (a->one) {
    a->count = 1;
    a->ids = &a->id;
    return tni_graph_node_meant(a->ctx, id, "id", &a->id);
  }
  TRY(tni_graph_ids_unpack(a->ctx, packed, "ids", &nodes, &a->count));
  a->ids = nodes;
  return TN_OK;
}

/* Those without a neighbour may not be there at all. */
static tn_status check_lonely(const adjacent *a, const size_t *places, size_t count) {
  uint64_t ids[TNI_GRAPH_BATCH];
  tn_slice bytes[TNI_GRAPH_BATCH];
  for (size_t i = 0; i < count; i++) ids[i] = a->ids[places[i]];
  TRY(tni_graph_nodes_get(a->ctx, ids, count, bytes));
  for (size_t i = 0; i < count; i++)
    if (!bytes[i].data)
      return tni_graph_no_node(a->ctx, ids[i], a->one ? "id" : tni_where_item(a->ctx, "ids", (uint32_t)places[i]));
  return TN_OK;
}

/* ---- their neighbours -------------------------------------------------------------------------- */

static tn_status take_piece(adjacent *a, const tni_graph_piece *piece) {
  uint32_t count = tni_graph_piece_count(piece);
  TRY(tni_graph_list_reserve(&a->found, count));
  tni_graph_piece_nodes(piece, a->found.items + a->found.count);
  a->found.count += tni_graph_budget_take(&a->budget, count);
  return a->budget.short_of ? tni_graph_budget_check(&a->budget) : TN_OK;
}

/* All pieces of the node are in. */
static tn_status finish_node(adjacent *a) {
  a->budget.reached++;
  if (a->packed) return tni_graph_list_add(&a->starts, a->found.count);
  TRY(tni_graph_ids_add(a->ctx, a->result, a->found.items, a->found.count));
  a->found.count = 0;
  return TN_OK;
}

static tn_status take_batch(adjacent *a, size_t from, uint32_t count) {
  size_t lonely[TNI_GRAPH_BATCH], lonely_count = 0;
  tni_graph_piece piece;
  tn_status status;
  TRY(tni_graph_expand_batch(a->expand, a->ids + from, count));
  status = tni_graph_expand_next_piece(a->expand, &piece);
  for (uint32_t i = 0; i < count; i++) {
    if (status == TN_NOT_FOUND || piece.source != i) lonely[lonely_count++] = from + i;
    for (; status == TN_OK && piece.source == i; status = tni_graph_expand_next_piece(a->expand, &piece))
      TRY(take_piece(a, &piece));
    if (status != TN_OK && status != TN_NOT_FOUND) return status;
    TRY(finish_node(a));
  }
  return lonely_count > 0 ? check_lonely(a, lonely, lonely_count) : TN_OK;
}

static tn_status take_all(adjacent *a) {
  for (size_t at = 0; at < a->count; at += TNI_GRAPH_BATCH) {
    size_t left = a->count - at;
    if (at > 0) TRY(tni_graph_budget_check(&a->budget));
    TRY(take_batch(a, at, (uint32_t)(left < TNI_GRAPH_BATCH ? left : TNI_GRAPH_BATCH)));
  }
  return TN_OK;
}

#define NEIGHBORS_GUESSED 16 /* of a node, so that room for all of them is mostly made once */

static tn_status answer_packed(adjacent *a) {
  TRY(tni_graph_list_reserve(&a->starts, a->count + 1));
  TRY(tni_graph_list_reserve(&a->found, a->count * NEIGHBORS_GUESSED));
  TRY(tni_graph_list_add(&a->starts, 0));
  TRY(take_all(a));
  tn_object_begin(a->result);
  tn_set(a->result, "starts", tni_graph_ids_pack(a->starts.items, a->starts.count));
  tn_set(a->result, "nodes", tni_graph_ids_pack(a->found.items, a->found.count));
  tn_end(a->result);
  return TN_OK;
}

static tn_status answer(adjacent *a) {
  if (a->packed) return answer_packed(a);
  if (a->one) return take_all(a);
  tn_array_begin(a->result);
  TRY(take_all(a));
  tn_end(a->result);
  return TN_OK;
}

tn_status tni_graph_op_adjacent(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  adjacent a = {.ctx = ctx, .result = result, .found = {.ctx = ctx}, .starts = {.ctx = ctx}};
  tni_graph_expand expand;
  tni_graph_sides sides;
  (void)tn_as_bool(argv[ADJACENT_PACKED], &a.packed);
  TRY(tni_graph_budget_init(&a.budget, ctx, argv[ADJACENT_MAX_VISITED], argv[ADJACENT_MAX_MS]));
  TRY(tni_graph_sides_of(ctx, argv[ADJACENT_DIRECTION], argv[ADJACENT_TYPES], &sides));
  TRY(read_nodes(&a, argv[ADJACENT_ID], argv[ADJACENT_IDS]));
  TRY(tni_graph_expand_init(&expand, ctx, &sides));
  a.expand = &expand;
  return answer(&a);
}
