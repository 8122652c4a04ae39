/* wcc: which nodes hang together when nobody minds the direction of edges; a component is named by its smallest node,
 * as LDBC Graphalytics has it. */
#include "algo_groups.h"
#include "ops.h"

/* The smallest node that is known to hang together with one. What lies on the way is halved. */
static uint32_t root_of(uint32_t *parents, uint32_t node) {
  while (parents[node] != node) node = parents[node] = parents[parents[node]];
  return node;
}

/* A parent is never larger than its node, so a root is the smallest of its tree. */
static void join(uint32_t *parents, uint32_t a, uint32_t b) {
  a = root_of(parents, a);
  b = root_of(parents, b);
  if (a < b)
    parents[b] = a;
  else
    parents[a] = b;
}

static tn_status find(tni_graph_algo *a, uint32_t **groups) {
  const tni_graph_lane *arcs = &a->ahead.lanes[0];
  uint32_t *parents;
  TRY(TNI_GRAPH_ARRAY(a, a->count, &parents));
  for (uint32_t n = 0; n < a->count; n++) parents[n] = n;
  for (uint32_t n = 0; n < a->count; n++) {
    a->done = n;
    TRY(tni_graph_algo_at(a, n));
    for (uint64_t i = arcs->start[n]; i < arcs->start[n + 1]; i++) join(parents, n, arcs->to[i]);
  }
  for (uint32_t n = 0; n < a->count; n++) parents[n] = parents[parents[n]];
  *groups = parents;
  return TN_OK;
}

enum { WCC_TYPES, WCC_GROUPS, WCC_MEMBERS, WCC_TAIL };

tn_status tni_graph_op_wcc(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_graph_algo_spec spec = {.types = argv[WCC_TYPES], .otherwise = TNI_GRAPH_OUT, .tail = argv + WCC_TAIL};
  return tni_graph_algo_group(ctx, &spec, argv + WCC_GROUPS, find, NULL, result);
}
