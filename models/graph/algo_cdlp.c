/* cdlp: communities by label propagation, as LDBC Graphalytics defines it. A node's label begins as itself; in each
 * round every node takes the label that was the most frequent one among its neighbours, the smallest of several.
 * Edges count in both directions, so a neighbour both ways counts twice. */
#include "algo_groups.h"
#include "ops.h"

#define ITERATIONS_DEFAULT 10

typedef struct cdlp {
  tni_graph_algo *algo;
  uint32_t *labels, *next;
  uint32_t *counts; /* of each label among the neighbours of one node; zeros between */
} cdlp;

static void count(const cdlp *c, const tni_graph_lane *arcs, uint32_t node, uint32_t *best) {
  for (uint64_t i = arcs->start[node], end = arcs->start[node + 1]; i < end; i++) {
    uint32_t label = c->labels[arcs->to[i]], n = ++c->counts[label], most = c->counts[*best];
    if (n > most || (n == most && label < *best)) *best = label;
  }
}

static void clear(const cdlp *c, const tni_graph_lane *arcs, uint32_t node) {
  for (uint64_t i = arcs->start[node], end = arcs->start[node + 1]; i < end; i++)
    c->counts[c->labels[arcs->to[i]]] = 0;
}

/* A node without neighbours keeps its label. */
static uint32_t label_of(const cdlp *c, uint32_t node) {
  const tni_graph_way *ahead = &c->algo->ahead;
  uint32_t best = c->labels[node];
  for (uint32_t k = 0; k < ahead->count; k++) count(c, &ahead->lanes[k], node, &best);
  for (uint32_t k = 0; k < ahead->count; k++) clear(c, &ahead->lanes[k], node);
  return best;
}

/* *changed false: no round after it changes anything either. */
static tn_status iterate(cdlp *c, bool *changed) {
  *changed = false;
  for (uint32_t n = 0; n < c->algo->count; n++) {
    TRY(tni_graph_algo_at(c->algo, n));
    c->next[n] = label_of(c, n);
    *changed = *changed || c->next[n] != c->labels[n];
  }
  uint32_t *used = c->labels;
  c->labels = c->next;
  c->next = used;
  return TN_OK;
}

static tn_status find(tni_graph_algo *a, uint32_t **groups) {
  cdlp c = {.algo = a};
  bool changed = true;
  TRY(TNI_GRAPH_ARRAY(a, a->count, &c.labels));
  TRY(TNI_GRAPH_ARRAY(a, a->count, &c.next));
  TRY(TNI_GRAPH_ARRAY(a, a->count, &c.counts));
  for (uint32_t n = 0; n < a->count; n++) c.labels[n] = n;
  for (a->what = "iterations"; changed && a->done < a->total; a->done++) TRY(iterate(&c, &changed));
  *groups = c.labels;
  return TN_OK;
}

enum { CDLP_TYPES, CDLP_ITERATIONS, CDLP_GROUPS, CDLP_MEMBERS, CDLP_TAIL };

tn_status tni_graph_op_cdlp(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_graph_algo_spec spec = {.types = argv[CDLP_TYPES], .tail = argv + CDLP_TAIL};
  uint64_t iterations;
  spec.otherwise = TNI_GRAPH_BOTH;
  TRY(tni_graph_iterations_of(ctx, argv[CDLP_ITERATIONS], ITERATIONS_DEFAULT, &iterations));
  return tni_graph_algo_group(ctx, &spec, argv + CDLP_GROUPS, find, &iterations, result);
}
