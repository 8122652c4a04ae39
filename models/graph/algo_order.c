/* topological_sort and find_cycle: the two answers to one question. */
#include <stdio.h>

#include "algo_cycle.h"
#include "algo_rows.h"
#include "ops.h"

#define SHOWN_MAX 10 /* nodes of a cycle in an error's text */

/* ---- topological_sort -------------------------------------------------------------------------- */

static tn_status refuse(const tni_graph_algo *a, const tni_graph_cycle *cycle) {
  char text[SHOWN_MAX * 24 + 8] = "";
  size_t size = 0;
  for (uint32_t i = 0; i < cycle->count && i < SHOWN_MAX; i++)
    size += (size_t)snprintf(text + size, sizeof text - size, "%llu -> ",
                             (unsigned long long)a->csr->ids[cycle->nodes[i]]);
  if (cycle->count > SHOWN_MAX) (void)snprintf(text + size, sizeof text - size, "... ");
  return tn_fail(a->ctx, TN_CONSTRAINT, NULL, "there is no such order because of a cycle: %s%llu (find_cycle)", text,
                 (unsigned long long)a->csr->ids[cycle->nodes[0]]);
}

static tn_status sort(tni_graph_algo *a, tn_builder *row) {
  tni_graph_cycle cycle;
  const uint32_t *order;
  TRY(tni_graph_algo_sort(a, &order, &cycle));
  return cycle.count > 0 ? refuse(a, &cycle) : tni_graph_algo_list(a, order, row);
}

enum { SORT_DIRECTION, SORT_TYPES, SORT_LIMIT, SORT_NODES, SORT_MAX_MS, SORT_MAX_MEMORY };

tn_status tni_graph_op_topological_sort(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  const tn_value tail[TNI_GRAPH_ALGO_TAIL] = {argv[SORT_LIMIT], TN_NO_VALUE, argv[SORT_NODES], argv[SORT_MAX_MS],
                                              argv[SORT_MAX_MEMORY]};
  tni_graph_algo_spec spec = {.direction = argv[SORT_DIRECTION], .types = argv[SORT_TYPES], .tail = tail};
  tni_graph_algo a;
  spec.otherwise = TNI_GRAPH_OUT;
  TRY(tni_graph_algo_open(&a, ctx, &spec));
  if (a.direction == TNI_GRAPH_BOTH)
    return tni_graph_algo_close(&a, tn_fail(ctx, TN_INVALID, "direction", "expected out or in, got 'both'"));
  return tni_graph_algo_close(&a, sort(&a, result));
}

/* ---- find_cycle -------------------------------------------------------------------------------- */

static void add_cycle(const tni_graph_algo *a, const tni_graph_cycle *cycle, tn_builder *result) {
  tn_object_begin(result);
  tn_set(result, "length", cycle->count);
  tn_name(result, "nodes");
  tn_array_begin(result);
  for (uint32_t i = 0; i <= cycle->count; i++) tn_add(result, a->csr->ids[cycle->nodes[i % cycle->count]]);
  tn_end(result);
  tn_end(result);
}

static tn_status answer_cycle(tni_graph_algo *a, tn_value from, tn_builder *result) {
  tni_graph_cycle cycle;
  const uint32_t *order;
  uint32_t node = 0;
  bool any = tn_is_absent(from);
  if (!any) TRY(tni_graph_algo_node(a, from, "from", &node));
  TRY(any ? tni_graph_algo_sort(a, &order, &cycle) : tni_graph_algo_cycle_of(a, node, &cycle));
  if (cycle.count > 0) return add_cycle(a, &cycle, result), TN_OK;
  if (any) return tn_fail(a->ctx, TN_NOT_FOUND, NULL, "there is no cycle");
  return tn_fail(a->ctx, TN_NOT_FOUND, "from", "node %llu is on no cycle", (unsigned long long)a->csr->ids[node]);
}

enum { CYCLE_FROM, CYCLE_TYPES, CYCLE_MAX_MS, CYCLE_MAX_MEMORY };

tn_status tni_graph_op_find_cycle(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  const tn_value tail[TNI_GRAPH_ALGO_TAIL] = {TN_NO_VALUE, TN_NO_VALUE, TN_NO_VALUE, argv[CYCLE_MAX_MS],
                                              argv[CYCLE_MAX_MEMORY]};
  tni_graph_algo_spec spec = {.types = argv[CYCLE_TYPES], .otherwise = TNI_GRAPH_OUT, .tail = tail};
  tni_graph_algo a;
  TRY(tni_graph_algo_open(&a, ctx, &spec));
  return tni_graph_algo_close(&a, answer_cycle(&a, argv[CYCLE_FROM], result));
}
