/* Bare arrays: a node's edges one behind another. The limit: no transactions, no versions, nothing can be added.
 * Algorithms are the plain loops over them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../net.h"
#include "try.h"

typedef struct net {
  const bench_links *links;
  bench_array out, in; /* `in` once it is needed */
  float *weights;      /* beside out.to */
  uint64_t *bits;      /* of the nodes that were seen */
  uint32_t *labels, *next, *counts, *queue;
  double *ranks, *shares;
} net;

/* ---- life ----------------------------------------------------------------------------------- */

static void close_net(void *self) {
  net *n = self;
  bench_array_fini(&n->out);
  bench_array_fini(&n->in);
  free(n->weights);
  free(n->bits);
  free(n->labels);
  free(n->next);
  free(n->counts);
  free(n->queue);
  free(n->ranks);
  free(n->shares);
  free(n);
}

static tn_status open_net(const bench_setup *setup, const bench_links *links, void **out, tn_error *error) {
  net *n = calloc(1, sizeof *n);
  size_t nodes = links->nodes;
  (void)setup;
  if (!n) return tn_error_set(error, TN_NOMEM, NULL, "no memory");
  n->links = links;
  n->bits = malloc((nodes / 64 + 1) * sizeof *n->bits);
  n->labels = malloc(nodes * sizeof *n->labels);
  n->next = malloc(nodes * sizeof *n->next);
  n->counts = calloc(nodes, sizeof *n->counts);
  n->queue = malloc(nodes * sizeof *n->queue);
  n->ranks = malloc(nodes * sizeof *n->ranks);
  n->shares = malloc(nodes * sizeof *n->shares);
  if (n->bits && n->labels && n->next && n->counts && n->queue && n->ranks && n->shares) return *out = n, TN_OK;
  close_net(n);
  return tn_error_set(error, TN_NOMEM, NULL, "no memory");
}

static void weigh(net *n) {
  for (uint32_t from = 0; from < n->links->nodes; from++)
    for (uint64_t i = n->out.start[from]; i < n->out.start[from + 1]; i++)
      n->weights[i] = (float)bench_link_weight(&(bench_link){from, n->out.to[i]});
}

static tn_status load(void *self, bool weighted, tn_error *error) {
  net *n = self;
  if (weighted) n->weights = malloc(n->links->count * sizeof *n->weights);
  if (!bench_array_init(&n->out, n->links, false) || (weighted && !n->weights))
    return tn_error_set(error, TN_NOMEM, NULL, "no memory");
  if (weighted) weigh(n);
  return TN_OK;
}

static tn_status bytes(void *self, uint64_t *out, tn_error *error) {
  const net *n = self;
  (void)error;
  *out = ((uint64_t)n->links->nodes + 1) * sizeof *n->out.start + n->links->count * sizeof *n->out.to;
  return TN_OK;
}

/* ---- walking -------------------------------------------------------------------------------- */

static tn_status out(void *self, uint32_t node, uint32_t *room, const uint32_t **nodes, uint64_t *count,
                     tn_error *error) {
  const net *n = self;
  (void)room, (void)error;
  *nodes = n->out.to + n->out.start[node];
  *count = n->out.start[node + 1] - n->out.start[node];
  return TN_OK;
}

static bool see(uint64_t *bits, uint32_t node) {
  uint64_t bit = UINT64_C(1) << (node % 64);
  if (bits[node / 64] & bit) return false;
  bits[node / 64] |= bit;
  return true;
}

static tn_status reach(void *self, uint32_t from, uint64_t *seen, tn_error *error) {
  net *n = self;
  uint32_t count = 1;
  (void)error;
  memset(n->bits, 0, ((size_t)n->links->nodes / 64 + 1) * sizeof *n->bits);
  memset(n->labels, 0xff, n->links->nodes * sizeof *n->labels);
  (void)see(n->bits, n->queue[0] = from);
  n->labels[from] = 0;
  for (uint32_t at = 0; at < count; at++) {
    uint32_t node = n->queue[at];
    for (uint64_t i = n->out.start[node]; i < n->out.start[node + 1]; i++) {
      if (!see(n->bits, n->out.to[i])) continue;
      n->labels[n->out.to[i]] = n->labels[node] + 1;
      n->queue[count++] = n->out.to[i];
    }
  }
  return *seen = count, TN_OK;
}

/* ---- algorithms ----------------------------------------------------------------------------- */

static void pagerank(net *n) {
  double count = n->links->nodes;
  for (uint32_t v = 0; v < n->links->nodes; v++) n->ranks[v] = 1 / count;
  for (int round = 0; round < BENCH_ROUNDS; round++) {
    double lost = 0;
    for (uint32_t v = 0; v < n->links->nodes; v++) {
      uint64_t degree = n->out.start[v + 1] - n->out.start[v];
      n->shares[v] = degree > 0 ? n->ranks[v] / (double)degree : 0;
      if (degree == 0) lost += n->ranks[v];
    }
    for (uint32_t v = 0; v < n->links->nodes; v++) {
      double sum = 0;
      for (uint64_t i = n->in.start[v]; i < n->in.start[v + 1]; i++) sum += n->shares[n->in.to[i]];
      n->ranks[v] = 0.15 / count + 0.85 * (lost / count + sum);
    }
  }
}

static uint32_t root_of(uint32_t *parents, uint32_t v) {
  while (parents[v] != v) v = parents[v] = parents[parents[v]];
  return v;
}

static void wcc(net *n) {
  for (uint32_t v = 0; v < n->links->nodes; v++) n->labels[v] = v;
  for (uint32_t v = 0; v < n->links->nodes; v++) {
    for (uint64_t i = n->out.start[v]; i < n->out.start[v + 1]; i++) {
      uint32_t a = root_of(n->labels, v), b = root_of(n->labels, n->out.to[i]);
      n->labels[a < b ? b : a] = a < b ? a : b;
    }
  }
  for (uint32_t v = 0; v < n->links->nodes; v++) n->labels[v] = root_of(n->labels, v);
}

static void vote(net *n, const bench_array *array, uint32_t v, uint32_t *best) {
  for (uint64_t i = array->start[v]; i < array->start[v + 1]; i++) {
    uint32_t label = n->labels[array->to[i]], votes = ++n->counts[label], most = n->counts[*best];
    if (votes > most || (votes == most && label < *best)) *best = label;
  }
}

static void forget(net *n, const bench_array *array, uint32_t v) {
  for (uint64_t i = array->start[v]; i < array->start[v + 1]; i++) n->counts[n->labels[array->to[i]]] = 0;
}

static void cdlp(net *n) {
  for (uint32_t v = 0; v < n->links->nodes; v++) n->labels[v] = v;
  for (int round = 0; round < BENCH_ROUNDS; round++) {
    for (uint32_t v = 0; v < n->links->nodes; v++) {
      uint32_t best = n->labels[v];
      vote(n, &n->out, v, &best);
      vote(n, &n->in, v, &best);
      forget(n, &n->out, v);
      forget(n, &n->in, v);
      n->next[v] = best;
    }
    uint32_t *used = n->labels;
    n->labels = n->next;
    n->next = used;
  }
}

/* Marks a node's neighbours, each once, in counts; they are listed in the queue. */
static uint32_t mark(net *n, uint32_t v) {
  uint32_t count = 0;
  for (int k = 0; k < 2; k++) {
    const bench_array *array = k == 0 ? &n->out : &n->in;
    for (uint64_t i = array->start[v]; i < array->start[v + 1]; i++)
      if (n->counts[array->to[i]]++ == 0) n->queue[count++] = array->to[i];
  }
  return count;
}

static void lcc(net *n) {
  for (uint32_t v = 0; v < n->links->nodes; v++) {
    uint32_t count = mark(n, v);
    uint64_t found = 0;
    for (uint32_t k = 0; k < count; k++)
      for (uint64_t i = n->out.start[n->queue[k]]; i < n->out.start[n->queue[k] + 1]; i++)
        found += n->counts[n->out.to[i]] > 0;
    for (uint32_t k = 0; k < count; k++) n->counts[n->queue[k]] = 0;
    n->ranks[v] = count > 1 ? (double)found / ((double)count * (count - 1)) : 0;
  }
}

/* ---- Dijkstra -------------------------------------------------------------------------------- */

typedef struct heap {
  uint64_t count;
  struct waiting {
    double key;
    uint32_t node;
  } * items; /* a node may be in it more than once */
} heap;

static void push(heap *h, double key, uint32_t node) {
  uint64_t at = h->count++;
  for (; at > 0 && key < h->items[(at - 1) / 2].key; at = (at - 1) / 2) h->items[at] = h->items[(at - 1) / 2];
  h->items[at] = (struct waiting){key, node};
}

static struct waiting pop(heap *h) {
  struct waiting first = h->items[0], last = h->items[--h->count];
  uint64_t at = 0;
  for (uint64_t child; (child = 2 * at + 1) < h->count; at = child) {
    if (child + 1 < h->count && h->items[child + 1].key < h->items[child].key) child++;
    if (h->items[child].key >= last.key) break;
    h->items[at] = h->items[child];
  }
  h->items[at] = last;
  return first;
}

static tn_status sssp(net *n, uint32_t from, tn_error *error) {
  heap h = {0, malloc((n->links->count + 1) * sizeof *h.items)};
  if (!h.items) return tn_error_set(error, TN_NOMEM, NULL, "no memory");
  for (uint32_t v = 0; v < n->links->nodes; v++) n->ranks[v] = INFINITY;
  n->ranks[from] = 0;
  push(&h, 0, from);
  while (h.count > 0) {
    struct waiting at = pop(&h);
    if (at.key > n->ranks[at.node]) continue;
    for (uint64_t i = n->out.start[at.node]; i < n->out.start[at.node + 1]; i++) {
      double key = at.key + n->weights[i];
      if (key < n->ranks[n->out.to[i]]) push(&h, n->ranks[n->out.to[i]] = key, n->out.to[i]);
    }
  }
  free(h.items);
  return TN_OK;
}

static tn_status run(void *self, bench_algorithm algorithm, tn_error *error) {
  net *n = self;
  if (!n->in.start && !bench_array_init(&n->in, n->links, true))
    return tn_error_set(error, TN_NOMEM, NULL, "no memory");
  switch (algorithm) {
    case BENCH_PAGERANK: pagerank(n); break;
    case BENCH_WCC: wcc(n); break;
    case BENCH_CDLP: cdlp(n); break;
    case BENCH_LCC: lcc(n); break;
    default: return sssp(n, n->links->begin, error);
  }
  return TN_OK;
}

static const bench_net arrays = {
    .directions = 1,
    .open = open_net,
    .close = close_net,
    .load = load,
    .bytes = bytes,
    .out = out,
    .reach = reach,
    .reach_compact = reach,
    .run = run,
};

static tn_status open_system(const bench_system *system, const bench_setup *setup, void **self, tn_error *error) {
  (void)system;
  return bench_net_open(&arrays, setup, self, error);
}

const bench_system bench_csr = {
    .name = "csr",
    .groups = 1u << BENCH_GRAPH,
    .measures = bench_net_measures,
    .terms = "bare arrays, no changes; edges found from one end",
    .open = open_system,
    .close = bench_net_close,
};
