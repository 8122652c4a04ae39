#include "excerpt.h"

#include <stdlib.h>

#include "ref.h"

enum { FROM, DEPTH, DIRECTION, TYPES, WHERE_NODE, WHERE_EDGE, MAX_VISITED, MAX_MS };

tn_status tni_graph_excerpt_init(tni_graph_excerpt *x, tn_ctx *ctx, const tn_value *argv) {
  *x = (tni_graph_excerpt){.ctx = ctx, .where_node = argv[WHERE_NODE], .where_edge = argv[WHERE_EDGE]};
  x->nodes.ctx = ctx;
  (void)tn_as_int(argv[DEPTH], &x->depth);
  if (x->depth < 0)
    return tn_fail(ctx, TN_INVALID, "depth", "expected a number from 0 up, got %lld", (long long)x->depth);
  TRY(tni_graph_budget_init(&x->budget, ctx, argv[MAX_VISITED], argv[MAX_MS]));
  TRY(tni_graph_sides_of(ctx, argv[DIRECTION], argv[TYPES], &x->sides));
  return tni_graph_node_named(ctx, argv[FROM], "from", &x->from);
}

static tn_status add_node(void *arg, const tni_graph_hop *hop) {
  tni_graph_excerpt *x = arg;
  return tni_graph_list_add(&x->nodes, hop->arc.node);
}

static int compare_ids(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

tn_status tni_graph_excerpt_nodes(tni_graph_excerpt *x) {
  x->walk = (tni_graph_walk){.ctx = x->ctx, .budget = x->budget, .min = 1, .max = x->depth, .each = add_node};
  x->walk.arg = x;
  TRY(tni_graph_hops_create(x->ctx, &x->sides, x->where_node, "where_node", x->where_edge, "where_edge",
                            &x->walk.hops));
  TRY(tni_graph_list_add(&x->nodes, x->from));
  TRY(tni_graph_walk_run(&x->walk, x->from));
  x->budget = x->walk.budget;
  qsort(x->nodes.items, x->nodes.count, sizeof *x->nodes.items, compare_ids);
  return TN_OK;
}

tn_status tni_graph_excerpt_each_node(tni_graph_excerpt *x,
                                      tn_status (*each)(void *arg, uint64_t id, const tni_graph_node *node),
                                      void *arg) {
  tn_slice bytes[TNI_GRAPH_BATCH];
  tni_graph_node node;
  for (size_t at = 0; at < x->nodes.count; at += TNI_GRAPH_BATCH) {
    size_t left = x->nodes.count - at, count = left < TNI_GRAPH_BATCH ? left : TNI_GRAPH_BATCH;
    TRY(tni_graph_nodes_get(x->ctx, x->nodes.items + at, count, bytes));
    for (size_t i = 0; i < count; i++) {
      if (!bytes[i].data) return tni_graph_corrupt(x->ctx, "adjacency");
      TRY(tni_graph_node_open(x->ctx, bytes[i], &node));
      TRY(each(arg, x->nodes.items[at + i], &node));
    }
  }
  return TN_OK;
}

/* The outgoing edges of a batch of nodes, as far as they stay within the excerpt. */
static tn_status edges_of(tni_graph_excerpt *x, tni_graph_hops *hops,
                          tn_status (*each)(void *, const tni_graph_edge *), void *arg) {
  uint32_t found;
  tn_status status;
  while ((status = tni_graph_hops_next(hops, &found)) == TN_OK) {
    uint32_t allowed = tni_graph_budget_take(&x->budget, found);
    for (uint32_t i = 0; i < allowed; i++) {
      tni_graph_edge edge = tni_graph_hop_edge(hops, &hops->found[i]);
      if (tni_graph_set_has(&x->walk.seen, edge.to)) TRY(each(arg, &edge));
    }
    TRY(tni_graph_budget_check(&x->budget));
  }
  return status == TN_NOT_FOUND ? TN_OK : status;
}

tn_status tni_graph_excerpt_each_edge(tni_graph_excerpt *x, tn_status (*each)(void *arg, const tni_graph_edge *edge),
                                      void *arg) {
  tni_graph_sides out = x->sides;
  tni_graph_hops *hops;
  out.direction = TNI_GRAPH_OUT;
  TRY(tni_graph_hops_create(x->ctx, &out, TN_NO_VALUE, "where_node", x->where_edge, "where_edge", &hops));
  hops->want_edges = true;
  for (size_t at = 0; at < x->nodes.count; at += TNI_GRAPH_BATCH) {
    size_t left = x->nodes.count - at;
    TRY(tni_graph_hops_batch(hops, x->nodes.items + at, left < TNI_GRAPH_BATCH ? left : TNI_GRAPH_BATCH));
    TRY(edges_of(x, hops, each, arg));
  }
  return TN_OK;
}
