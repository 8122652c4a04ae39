/* degree_centrality: how many edges a node has, of as many as there are other nodes; a self-loop counts in both
 * directions. */
#include "algo_rows.h"
#include "ops.h"

static tn_status answer_counts(tni_graph_algo *a, tn_builder *row) {
  uint64_t *counts;
  TRY(TNI_GRAPH_ARRAY(a, a->count, &counts));
  for (uint32_t n = 0; n < a->count; n++) {
    TRY(tni_graph_algo_at(a, n));
    counts[n] = tni_graph_way_degree(&a->ahead, n);
  }
  return tni_graph_algo_rows(a, &(tni_graph_values){TNI_GRAPH_COUNTS, counts, true}, row);
}

static tn_status answer_parts(tni_graph_algo *a, tn_builder *row) {
  double *parts, others = a->count > 1 ? (double)a->count - 1 : 1;
  TRY(TNI_GRAPH_ARRAY(a, a->count, &parts));
  for (uint32_t n = 0; n < a->count; n++) {
    TRY(tni_graph_algo_at(a, n));
    parts[n] = (double)tni_graph_way_degree(&a->ahead, n) / others;
  }
  return tni_graph_algo_rows(a, &(tni_graph_values){TNI_GRAPH_DOUBLES, parts, true}, row);
}

enum { DEGREE_DIRECTION, DEGREE_TYPES, DEGREE_COUNTS, DEGREE_TAIL };

tn_status tni_graph_op_degree_centrality(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_graph_algo_spec spec = {.direction = argv[DEGREE_DIRECTION], .types = argv[DEGREE_TYPES]};
  tni_graph_algo a;
  bool counts = false;
  spec.otherwise = TNI_GRAPH_BOTH;
  spec.tail = argv + DEGREE_TAIL;
  (void)tn_as_bool(argv[DEGREE_COUNTS], &counts);
  TRY(tni_graph_algo_open(&a, ctx, &spec));
  return tni_graph_algo_close(&a, counts ? answer_counts(&a, result) : answer_parts(&a, result));
}
