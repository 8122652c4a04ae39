/* triangles and lcc, the local clustering coefficient as LDBC Graphalytics defines it: of the directed edges that
 * could be between a node's neighbours, how many there are. Neighbours are taken in both directions; parallel edges
 * count once, self-loops not at all.
 *
 * Each triangle is found once, at the one of its nodes that has the fewest neighbours: nodes are put in this order,
 * and each keeps only its neighbours behind itself, of which even the largest has few (Chiba and Nishizeki). */
#include "algo_rows.h"
#include "ops.h"

/* What an edge between two neighbours counts. */
typedef enum counted { COUNT_TRIANGLES, COUNT_DIRECTED, COUNT_BOTH_WAYS } counted;

typedef struct triangles {
  tni_graph_algo *algo;
  counted counted;
  uint32_t *degrees; /* neighbours, each once */
  uint32_t *places;  /* node -> its place in the order, by which everything below is */
  /* the neighbours of the node at place p behind it are to[start[p]] up to to[start[p + 1]] */
  uint64_t *start;
  uint32_t *to;
  uint8_t *edges; /* beside `to`: how many there are, as they are counted */
  uint8_t *marks; /* of the neighbours of one node: edges */
  uint64_t *sums; /* of the edges on the other side of each triangle */
} triangles;

/* ---- neighbours, each once --------------------------------------------------------------------- */

/* Both directions' arcs of a node, in order. */
typedef struct merge {
  const uint32_t *out, *out_end, *in, *in_end;
  uint32_t self;
} merge;

static merge merge_of(const tni_graph_csr *c, uint32_t n) {
  return (merge){c->out + c->out_start[n], c->out + c->out_start[n + 1], c->in + c->in_start[n],
                 c->in + c->in_start[n + 1], n};
}

static bool skip(const uint32_t **at, const uint32_t *end, uint32_t node) {
  bool any = *at < end && **at == node;
  while (*at < end && **at == node) ++*at;
  return any;
}

/* *edges: 1, or 2 where there are some in both directions. */
static bool merge_next(merge *m, uint32_t *node, uint8_t *edges) {
  do {
    if (m->out == m->out_end && m->in == m->in_end) return false;
    *node = m->in == m->in_end || (m->out < m->out_end && *m->out < *m->in) ? *m->out : *m->in;
    *edges = (uint8_t)skip(&m->out, m->out_end, *node);
    *edges = (uint8_t)(*edges + skip(&m->in, m->in_end, *node));
  } while (*node == m->self);
  return true;
}

static uint8_t as_counted(const triangles *t, uint8_t edges) {
  if (t->counted == COUNT_DIRECTED) return edges;
  return t->counted == COUNT_TRIANGLES ? 1 : 2;
}

/* ---- the order --------------------------------------------------------------------------------- */

static tn_status count_degrees(triangles *t) {
  tni_graph_algo *a = t->algo;
  uint32_t node;
  uint8_t edges;
  for (uint32_t n = 0; n < a->count; n++) {
    TRY(tni_graph_algo_at(a, n));
    for (merge m = merge_of(a->csr, n); merge_next(&m, &node, &edges);) t->degrees[n]++;
  }
  return TN_OK;
}

/* By degree, then by number. A degree is below the count of nodes. */
static tn_status put_in_order(triangles *t) {
  uint32_t count = t->algo->count, *ends;
  TRY(TNI_GRAPH_ARRAY(t->algo, (uint64_t)count + 1, &ends));
  for (uint32_t n = 0; n < count; n++) ends[t->degrees[n] + 1]++;
  for (uint32_t d = 0; d < count; d++) ends[d + 1] += ends[d];
  for (uint32_t n = 0; n < count; n++) t->places[n] = ends[t->degrees[n]]++;
  return TN_OK;
}

static void make_starts(triangles *t) {
  uint32_t node;
  uint8_t edges;
  for (uint32_t n = 0; n < t->algo->count; n++)
    for (merge m = merge_of(t->algo->csr, n); merge_next(&m, &node, &edges);)
      t->start[t->places[n] + 1] += t->places[node] > t->places[n];
  for (uint32_t p = 0; p < t->algo->count; p++) t->start[p + 1] += t->start[p];
}

static void fill(triangles *t) {
  uint32_t node;
  uint8_t edges;
  for (uint32_t n = 0; n < t->algo->count; n++) {
    uint64_t at = t->start[t->places[n]];
    for (merge m = merge_of(t->algo->csr, n); merge_next(&m, &node, &edges);) {
      if (t->places[node] < t->places[n]) continue;
      t->to[at] = t->places[node];
      t->edges[at++] = as_counted(t, edges);
    }
  }
}

static tn_status prepare(triangles *t) {
  tni_graph_algo *a = t->algo;
  TRY(TNI_GRAPH_ARRAY(a, a->count, &t->degrees));
  TRY(TNI_GRAPH_ARRAY(a, a->count, &t->places));
  TRY(TNI_GRAPH_ARRAY(a, (uint64_t)a->count + 1, &t->start));
  TRY(TNI_GRAPH_ARRAY(a, a->count, &t->marks));
  TRY(TNI_GRAPH_ARRAY(a, a->count, &t->sums));
  TRY(count_degrees(t));
  TRY(put_in_order(t));
  make_starts(t);
  TRY(TNI_GRAPH_ARRAY(a, t->start[a->count], &t->to));
  TRY(TNI_GRAPH_ARRAY(a, t->start[a->count], &t->edges));
  fill(t);
  return TN_OK;
}

/* ---- triangles --------------------------------------------------------------------------------- */

/* Those of the marked node `first` and its neighbour `second`, which `between` edges join. */
static void close_triangles(triangles *t, uint32_t first, uint32_t second, uint8_t between) {
  for (uint64_t i = t->start[second], end = t->start[second + 1]; i < end; i++) {
    uint32_t third = t->to[i];
    if (t->marks[third] == 0) continue;
    t->sums[first] += t->edges[i];
    t->sums[second] += t->marks[third];
    t->sums[third] += between;
  }
}

static tn_status find(triangles *t) {
  for (uint32_t p = 0; p < t->algo->count; p++) {
    uint64_t from = t->start[p], to = t->start[p + 1];
    t->algo->done = p;
    TRY(tni_graph_algo_step(t->algo));
    for (uint64_t i = from; i < to; i++) t->marks[t->to[i]] = t->edges[i];
    for (uint64_t i = from; i < to; i++) close_triangles(t, p, t->to[i], t->edges[i]);
    for (uint64_t i = from; i < to; i++) t->marks[t->to[i]] = 0;
  }
  return TN_OK;
}

static tn_status sums_of(tni_graph_algo *a, counted how, triangles *t) {
  *t = (triangles){.algo = a, .counted = how};
  TRY(prepare(t));
  return find(t);
}

/* ---- answers ----------------------------------------------------------------------------------- */

static tn_status answer_triangles(tni_graph_algo *a, tn_builder *row) {
  triangles t;
  uint64_t *counts;
  TRY(sums_of(a, COUNT_TRIANGLES, &t));
  TRY(TNI_GRAPH_ARRAY(a, a->count, &counts));
  for (uint32_t n = 0; n < a->count; n++) counts[n] = t.sums[t.places[n]];
  return tni_graph_algo_rows(a, &(tni_graph_values){TNI_GRAPH_COUNTS, counts, true}, row);
}

static tn_status answer_lcc(tni_graph_algo *a, counted how, tn_builder *row) {
  triangles t;
  double *parts;
  TRY(sums_of(a, how, &t));
  TRY(TNI_GRAPH_ARRAY(a, a->count, &parts));
  for (uint32_t n = 0; n < a->count; n++) {
    double degree = t.degrees[n];
    if (degree > 1) parts[n] = (double)t.sums[t.places[n]] / (degree * (degree - 1));
  }
  return tni_graph_algo_rows(a, &(tni_graph_values){TNI_GRAPH_DOUBLES, parts, true}, row);
}

enum { TRIANGLES_TYPES, TRIANGLES_TAIL };

tn_status tni_graph_op_triangles(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_graph_algo_spec spec = {.types = argv[TRIANGLES_TYPES], .tail = argv + TRIANGLES_TAIL};
  tni_graph_algo a;
  spec.otherwise = TNI_GRAPH_BOTH;
  TRY(tni_graph_algo_open(&a, ctx, &spec));
  return tni_graph_algo_close(&a, answer_triangles(&a, result));
}

enum { LCC_DIRECTION, LCC_TYPES, LCC_TAIL };

/* Edges in one direction or in the other are the same to it. */
tn_status tni_graph_op_lcc(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_graph_algo_spec spec = {.direction = argv[LCC_DIRECTION], .types = argv[LCC_TYPES], .tail = argv + LCC_TAIL};
  tni_graph_algo a;
  spec.otherwise = TNI_GRAPH_OUT;
  spec.back = true;
  TRY(tni_graph_algo_open(&a, ctx, &spec));
  return tni_graph_algo_close(
      &a, answer_lcc(&a, a.direction == TNI_GRAPH_BOTH ? COUNT_BOTH_WAYS : COUNT_DIRECTED, result));
}
