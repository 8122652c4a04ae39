/* sssp: the least sum of weights from one node to each, by Dijkstra; as LDBC Graphalytics defines it. */
#include <math.h>

#include "algo_heap.h"
#include "algo_rows.h"
#include "ops.h"

typedef struct sssp {
  double *distances;
  tni_graph_heap heap;
} sssp;

/* One that is final is never nearer again, as no weight is below 0. */
static void take(sssp *s, const tni_graph_lane *arcs, const tni_graph_heap_item *at) {
  for (uint64_t i = arcs->start[at->node], end = arcs->start[at->node + 1]; i < end; i++) {
    double distance = at->key + (arcs->weight ? arcs->weight[i] : 1);
    if (distance >= s->distances[arcs->to[i]]) continue;
    s->distances[arcs->to[i]] = distance;
    tni_graph_heap_put(&s->heap, arcs->to[i], distance);
  }
}

static tn_status search(tni_graph_algo *a, sssp *s, uint32_t from) {
  for (uint32_t n = 0; n < a->count; n++) s->distances[n] = INFINITY;
  s->distances[from] = 0;
  tni_graph_heap_put(&s->heap, from, 0);
  for (; s->heap.count > 0; a->done++) {
    tni_graph_heap_item at = tni_graph_heap_take(&s->heap);
    TRY(tni_graph_algo_at(a, (uint32_t)a->done));
    for (uint32_t k = 0; k < a->ahead.count; k++) take(s, &a->ahead.lanes[k], &at);
  }
  return TN_OK;
}

static tn_status answer(tni_graph_algo *a, tn_value from, tn_slice weight, tn_builder *row) {
  sssp s;
  uint32_t node;
  if (a->csr->weight_min < 0)
    return tn_fail(a->ctx, TN_INVALID, "weight", "expected numbers from 0 up as %s, found %g",
                   tni_quoted(a->ctx, weight), a->csr->weight_min);
  TRY(tni_graph_algo_node(a, from, "from", &node));
  TRY(TNI_GRAPH_ARRAY(a, a->count, &s.distances));
  TRY(tni_graph_heap_init(&s.heap, a));
  TRY(search(a, &s, node));
  return tni_graph_algo_rows(a, &(tni_graph_values){TNI_GRAPH_DOUBLES, s.distances, false}, row);
}

enum { SSSP_FROM, SSSP_DIRECTION, SSSP_TYPES, SSSP_WEIGHT, SSSP_TAIL };

tn_status tni_graph_op_sssp(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_graph_algo_spec spec = {.direction = argv[SSSP_DIRECTION], .types = argv[SSSP_TYPES], .tail = argv + SSSP_TAIL};
  tni_graph_algo a;
  spec.otherwise = TNI_GRAPH_OUT;
  (void)tn_as_string(argv[SSSP_WEIGHT], &spec.weight);
  TRY(tni_graph_algo_open(&a, ctx, &spec));
  return tni_graph_algo_close(&a, answer(&a, argv[SSSP_FROM], spec.weight, result));
}
