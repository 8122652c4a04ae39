#include "algo_cycle.h"

#include "algo_heap.h"

#define NO_NODE TNI_GRAPH_NO_NODE

/* ---- the order (Kahn) -------------------------------------------------------------------------- */

typedef struct sort {
  tni_graph_algo *algo;
  const tni_graph_lane *arcs;
  uint64_t *waiting; /* arcs that lead to a node, from nodes that have no place yet */
  uint32_t *order;
  tni_graph_heap ready;
} sort;

static tn_status begin(sort *s) {
  uint32_t count = s->algo->count;
  TRY(TNI_GRAPH_ARRAY(s->algo, count, &s->waiting));
  TRY(TNI_GRAPH_ARRAY(s->algo, count, &s->order));
  TRY(tni_graph_heap_init(&s->ready, s->algo));
  for (uint64_t i = 0; i < s->arcs->start[count]; i++) s->waiting[s->arcs->to[i]]++;
  for (uint32_t n = 0; n < count; n++)
    if (s->waiting[n] == 0) tni_graph_heap_put(&s->ready, n, n);
  return TN_OK;
}

static tn_status run(sort *s) {
  for (uint64_t *done = &s->algo->done; s->ready.count > 0; ++*done) {
    uint32_t node = tni_graph_heap_take(&s->ready).node;
    TRY(tni_graph_algo_at(s->algo, (uint32_t)*done));
    s->order[*done] = node;
    for (uint64_t i = s->arcs->start[node]; i < s->arcs->start[node + 1]; i++)
      if (--s->waiting[s->arcs->to[i]] == 0) tni_graph_heap_put(&s->ready, s->arcs->to[i], s->arcs->to[i]);
  }
  return TN_OK;
}

/* Every node that is left has one that is left before it, so whoever goes back for long enough is on a cycle. */
static tn_status node_on_cycle(const sort *s, uint32_t *out) {
  uint32_t *before, count = s->algo->count, node = NO_NODE;
  TRY(TNI_GRAPH_ARRAY(s->algo, count, &before));
  for (uint32_t n = 0; n < count; n++) {
    if (s->waiting[n] == 0) continue;
    node = n;
    for (uint64_t i = s->arcs->start[n]; i < s->arcs->start[n + 1]; i++) before[s->arcs->to[i]] = n;
  }
  for (uint32_t i = 0; i < count; i++) node = before[node];
  *out = node;
  return TN_OK;
}

tn_status tni_graph_algo_sort(tni_graph_algo *a, const uint32_t **order, tni_graph_cycle *cycle) {
  sort s = {.algo = a, .arcs = &a->ahead.lanes[0]};
  uint32_t node;
  cycle->count = 0;
  TRY(begin(&s));
  TRY(run(&s));
  *order = s.order;
  if (a->done == a->count) return TN_OK;
  TRY(node_on_cycle(&s, &node));
  return tni_graph_algo_cycle_of(a, node, cycle);
}

/* ---- the shortest cycle ------------------------------------------------------------------------ */

typedef struct search {
  uint32_t *before; /* the node that one was reached from; NO_NODE = it was not */
  uint32_t *queue;
  uint32_t count;
} search;

/* True when the beginning is reached again. */
static bool take(const tni_graph_lane *arcs, search *s, uint32_t node, uint32_t begin) {
  for (uint64_t i = arcs->start[node]; i < arcs->start[node + 1]; i++) {
    uint32_t to = arcs->to[i];
    if (s->before[to] != NO_NODE) continue;
    s->before[to] = node;
    if (to == begin) return true;
    s->queue[s->count++] = to;
  }
  return false;
}

/* Turned so that the smallest node comes first. */
static tn_status cycle_from(tni_graph_algo *a, const search *s, uint32_t begin, tni_graph_cycle *out) {
  uint32_t first = begin, at = 1, *nodes;
  out->count = 1;
  for (uint32_t n = s->before[begin]; n != begin; n = s->before[n]) {
    out->count++;
    if (n < first) first = n;
  }
  TRY(TNI_GRAPH_ARRAY(a, out->count, &nodes));
  nodes[0] = first;
  for (uint32_t n = s->before[first]; n != first; n = s->before[n]) nodes[out->count - at++] = n;
  out->nodes = nodes;
  return TN_OK;
}

tn_status tni_graph_algo_cycle_of(tni_graph_algo *a, uint32_t node, tni_graph_cycle *cycle) {
  search s = {0};
  cycle->count = 0;
  TRY(TNI_GRAPH_ARRAY(a, a->count, &s.before));
  TRY(TNI_GRAPH_ARRAY(a, (uint64_t)a->count + 1, &s.queue));
  memset(s.before, 0xff, a->count * sizeof *s.before);
  s.queue[s.count++] = node;
  for (uint32_t i = 0; i < s.count; i++) {
    TRY(tni_graph_algo_at(a, i));
    if (take(&a->ahead.lanes[0], &s, s.queue[i], node)) return cycle_from(a, &s, node, cycle);
  }
  return TN_OK;
}
