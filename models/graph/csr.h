/* csr.h - the graph as plain arrays, for algorithms that go over all of it: nodes are numbered 0, 1, ... without
 * gaps, in the order of their ids, and the neighbours of node n are one run of an array. Built from the version that
 * a query reads, and kept for the queries after it until that version is not the newest one asked for any more.
 *
 *   tni_graph_csr_spec spec = {.types = argv[TYPES], .in = true};
 *   const tni_graph_csr *csr;
 *   TRY(tni_graph_csr_get(ctx, &spec, &csr));
 *   for (uint32_t n = 0; n < csr->node_count; n++)
 *     for (uint64_t i = csr->out_start[n]; i < csr->out_start[n + 1]; i++) visit(n, csr->out[i]);
 *   tni_graph_csr_put(ctx, csr);
 *
 * What it holds never changes and may be read by any number of threads. Parallel edges stand in it as often as there
 * are, next to each other; so do self-loops, once under `out` and once under `in`. */
#ifndef TENON_GRAPH_CSR_H
#define TENON_GRAPH_CSR_H

#include <pthread.h>

#include "query/query.h"

typedef struct tni_graph_csr_spec {
  tn_value types;     /* an array of types' names, or absent for all. A name that no edge ever had is refused */
  tn_slice weight;    /* the property that is an edge's weight; {NULL, 0} = no weights */
  bool in;            /* incoming edges as well */
  uint64_t bytes_max; /* what the arrays may take; 0 = no bound */
  /* Called once in a while when they have to be built, and may refuse; NULL = nothing is. */
  tn_status (*look)(void *arg);
  void *look_arg;
} tni_graph_csr_spec;

typedef struct tni_graph_csr {
  uint32_t node_count;
  uint64_t edge_count;
  const uint64_t *ids; /* node -> id, rising */

  /* The neighbours of node n are out[out_start[n]] up to out[out_start[n + 1]], rising. */
  const uint64_t *out_start; /* node_count + 1 */
  const uint32_t *out;       /* edge_count */
  const double *out_weight;  /* beside `out`; NULL without weights. 1 where the edge has no such property */
  const uint64_t *in_start;  /* these three NULL unless asked for; they name where edges come from */
  const uint32_t *in;
  const double *in_weight;
  double weight_min; /* of all edges; 0 without edges. For those who cannot do with negative ones */
} tni_graph_csr;

#define TNI_GRAPH_NO_NODE UINT32_MAX

/* Answers what was kept, or builds it: INTERRUPTED, LIMIT (deadline) and progress come through that. Give it back
 * with put() before the handler returns, also when it fails. UNKNOWN: a type, with where "types"; INVALID: a weight
 * that is no number, or NaN; LIMIT: more than 2^32 - 2 nodes, or than bytes_max ("max_memory_bytes"); what look()
 * says; NOMEM. */
tn_status tni_graph_csr_get(tn_ctx *ctx, const tni_graph_csr_spec *spec, const tni_graph_csr **out) TN_MUST_USE;
void tni_graph_csr_put(tn_ctx *ctx, const tni_graph_csr *csr);

/* What the arrays that the spec asks for take. */
uint64_t tni_graph_csr_bytes(const tni_graph_csr *csr, const tni_graph_csr_spec *spec);
/* The number of a node, TNI_GRAPH_NO_NODE when there is none with that id. */
uint32_t tni_graph_csr_node(const tni_graph_csr *csr, uint64_t id);

/* ---- what an instance keeps -------------------------------------------------------------------- */

#define TNI_GRAPH_CSR_KEPT_MAX 4 /* of different specs */

typedef struct tni_graph_csr_cache {
  pthread_mutex_t mutex;
  struct tni_graph_kept *kept[TNI_GRAPH_CSR_KEPT_MAX]; /* the one used last in front */
} tni_graph_csr_cache;

void tni_graph_csr_cache_init(tni_graph_csr_cache *cache);
/* Nothing may be lent any more. */
void tni_graph_csr_cache_fini(tni_graph_csr_cache *cache, const tn_memory *memory);

#endif
