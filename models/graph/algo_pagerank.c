/* pagerank: as LDBC Graphalytics defines it. All ranks of a round come from those of the round before; what nodes
 * without an edge ahead have goes to all nodes alike. */
#include "algo_rows.h"
#include "ops.h"

#define DAMPING_DEFAULT 0.85
#define ITERATIONS_DEFAULT 20

typedef struct pagerank {
  tni_graph_algo *algo;
  double damping;
  double *ranks, *shares; /* a node's share is what each of its edges carries */
} pagerank;

/* Sets the shares, and answers the sum of ranks that no edge carries. */
static double share(pagerank *p) {
  double lost = 0;
  for (uint32_t n = 0; n < p->algo->count; n++) {
    uint64_t degree = tni_graph_way_degree(&p->algo->ahead, n);
    p->shares[n] = degree > 0 ? p->ranks[n] / (double)degree : 0;
    if (degree == 0) lost += p->ranks[n];
  }
  return lost;
}

static double gather(const pagerank *p, const tni_graph_lane *arcs, uint32_t node) {
  double sum = 0;
  for (uint64_t i = arcs->start[node], end = arcs->start[node + 1]; i < end; i++) sum += p->shares[arcs->to[i]];
  return sum;
}

static tn_status iterate(pagerank *p) {
  const tni_graph_way *behind = &p->algo->behind;
  double count = p->algo->count, lost = share(p);
  double base = (1 - p->damping) / count + p->damping * lost / count;
  for (uint32_t n = 0; n < p->algo->count; n++) {
    double sum = 0;
    TRY(tni_graph_algo_at(p->algo, n));
    for (uint32_t k = 0; k < behind->count; k++) sum += gather(p, &behind->lanes[k], n);
    p->ranks[n] = base + p->damping * sum;
  }
  return TN_OK;
}

static tn_status answer(tni_graph_algo *a, double damping, tn_builder *row) {
  pagerank p = {.algo = a, .damping = damping};
  TRY(TNI_GRAPH_ARRAY(a, a->count, &p.ranks));
  TRY(TNI_GRAPH_ARRAY(a, a->count, &p.shares));
  for (uint32_t n = 0; n < a->count; n++) p.ranks[n] = 1 / (double)a->count;
  for (a->what = "iterations"; a->count > 0 && a->done < a->total; a->done++) TRY(iterate(&p));
  return tni_graph_algo_rows(a, &(tni_graph_values){TNI_GRAPH_DOUBLES, p.ranks, true}, row);
}

static tn_status damping_of(tn_ctx *ctx, tn_value given, double *out) {
  int64_t n;
  *out = DAMPING_DEFAULT;
  if (tn_as_int(given, &n)) *out = (double)n;
  (void)tn_as_double(given, out);
  if (*out >= 0 && *out <= 1) return TN_OK;
  return tn_fail(ctx, TN_INVALID, "damping", "expected a number from 0 to 1, got %g", *out);
}

enum { PAGERANK_DIRECTION, PAGERANK_TYPES, PAGERANK_DAMPING, PAGERANK_ITERATIONS, PAGERANK_TAIL };

tn_status tni_graph_op_pagerank(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_graph_algo_spec spec = {
      .direction = argv[PAGERANK_DIRECTION], .types = argv[PAGERANK_TYPES], .tail = argv + PAGERANK_TAIL};
  uint64_t iterations;
  double damping;
  tni_graph_algo a;
  spec.otherwise = TNI_GRAPH_OUT;
  spec.back = true;
  TRY(damping_of(ctx, argv[PAGERANK_DAMPING], &damping));
  TRY(tni_graph_iterations_of(ctx, argv[PAGERANK_ITERATIONS], ITERATIONS_DEFAULT, &iterations));
  TRY(tni_graph_algo_open(&a, ctx, &spec));
  a.total = iterations;
  return tni_graph_algo_close(&a, answer(&a, damping, result));
}
