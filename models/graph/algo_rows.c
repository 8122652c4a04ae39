#include "algo_rows.h"

#include <stdlib.h>

#include "node.h"
#include "row.h"

/* ---- one row ----------------------------------------------------------------------------------- */

typedef struct table {
  tni_graph_algo *algo;
  const tni_graph_values *values;
  tni_graph_names labels; /* when rows have nodes */
  tn_builder *row;
} table;

static tn_status begin(table *t) {
  return t->algo->order.nodes ? tni_graph_names_all(t->algo->ctx, TNI_GRAPH_LABEL, &t->labels) : TN_OK;
}

static tn_arg value_of(const table *t, uint32_t node) {
  const tni_graph_values *v = t->values;
  const uint32_t *numbers = v->items;
  switch (v->kind) {
    case TNI_GRAPH_COUNTS: return tn_arg_int((int64_t)((const uint64_t *)v->items)[node]);
    case TNI_GRAPH_DOUBLES: return tn_arg_double(((const double *)v->items)[node]);
    case TNI_GRAPH_GROUPS: return tn_arg_int((int64_t)t->algo->csr->ids[numbers[node]]);
    default: return tn_arg_int(numbers[node] == TNI_GRAPH_NO_LEVEL ? INT64_MAX : (int64_t)numbers[node]);
  }
}

static tn_status emit(table *t, uint32_t node, tn_arg value) {
  uint64_t id = t->algo->csr->ids[node];
  tni_graph_node full;
  tn_object_begin(t->row);
  tn_set(t->row, "id", id);
  tn_set(t->row, "value", value);
  if (t->algo->order.nodes) {
    TRY(tni_graph_node_get(t->algo->ctx, id, &full));
    tni_graph_row_node_fields(t->row, &full, &t->labels);
  }
  tn_end(t->row);
  return tn_row(t->algo->ctx, t->row);
}

/* ---- the best ones ----------------------------------------------------------------------------- */

/* Numbers that order as doubles do. */
static uint64_t bits_of(double n) {
  uint64_t bits;
  memcpy(&bits, &n, sizeof bits);
  return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

static uint64_t key_of(const tni_graph_values *v, uint32_t node) {
  uint64_t key;
  if (v->kind == TNI_GRAPH_COUNTS)
    key = ((const uint64_t *)v->items)[node];
  else if (v->kind == TNI_GRAPH_DOUBLES)
    key = bits_of(((const double *)v->items)[node]);
  else
    key = ((const uint32_t *)v->items)[node];
  return v->largest_first ? ~key : key;
}

static bool is_better(const tni_graph_choice *a, const tni_graph_choice *b) {
  return a->key != b->key ? a->key < b->key : a->node < b->node;
}

static int compare(const void *a, const void *b) { return is_better(a, b) ? -1 : is_better(b, a); }

/* Of a heap with the worst one in front. */
static void sink(tni_graph_choice *heap, uint64_t count, uint64_t at) {
  tni_graph_choice item = heap[at];
  for (uint64_t child; (child = 2 * at + 1) < count; at = child) {
    if (child + 1 < count && is_better(&heap[child], &heap[child + 1])) child++;
    if (!is_better(&item, &heap[child])) break;
    heap[at] = heap[child];
  }
  heap[at] = item;
}

tn_status tni_graph_algo_choose(tni_graph_algo *a, const tni_graph_values *values, uint64_t limit,
                                const tni_graph_choice **out, uint64_t *out_count) {
  uint64_t count = limit < a->count ? limit : a->count;
  tni_graph_choice *best;
  TRY(TNI_GRAPH_ARRAY(a, count, &best));
  for (uint32_t n = 0; n < count; n++) best[n] = (tni_graph_choice){key_of(values, n), n};
  for (uint64_t i = count / 2; i > 0; i--) sink(best, count, i - 1);
  for (uint32_t n = (uint32_t)count; n < a->count && count > 0; n++) {
    tni_graph_choice next = {key_of(values, n), n};
    TRY(tni_graph_algo_at(a, n));
    if (!is_better(&next, &best[0])) continue;
    best[0] = next;
    sink(best, count, 0);
  }
  qsort(best, count, sizeof *best, compare);
  *out = best;
  *out_count = count;
  return TN_OK;
}

tn_status tni_graph_algo_rows(tni_graph_algo *a, const tni_graph_values *values, tn_builder *row) {
  table t = {.algo = a, .values = values, .row = row};
  uint64_t count = a->order.limit < a->count ? a->order.limit : a->count;
  const tni_graph_choice *best = NULL;
  TRY(begin(&t));
  if (a->order.by_value) TRY(tni_graph_algo_choose(a, values, count, &best, &count));
  for (uint64_t i = 0; i < count; i++) {
    uint32_t node = best ? best[i].node : (uint32_t)i;
    TRY(emit(&t, node, value_of(&t, node)));
  }
  return TN_OK;
}

tn_status tni_graph_algo_list(tni_graph_algo *a, const uint32_t *nodes, tn_builder *row) {
  table t = {.algo = a, .row = row};
  TRY(begin(&t));
  for (uint64_t i = 0; i < a->count && i < a->order.limit; i++) TRY(emit(&t, nodes[i], tn_arg_int((int64_t)i)));
  return TN_OK;
}
