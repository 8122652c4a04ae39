/* algo.h - what the algorithms have in common, which go over all of a graph: the arrays they go over, what they may
 * cost, and the arrays of their own. One file an algorithm or a family, algo_*.c; algo_rows.h is how they answer.
 *
 *   tni_graph_algo a;
 *   TRY(tni_graph_algo_open(&a, ctx, &(tni_graph_algo_spec){.types = argv[TYPES], ..., .tail = argv + LIMIT}));
 *   return tni_graph_algo_close(&a, search(&a, ...));
 *
 * Nodes are numbers without gaps in the order of their ids (csr.h), so the smaller number is the smaller id. */
#ifndef TENON_GRAPH_ALGO_H
#define TENON_GRAPH_ALGO_H

#include "query/pool.h"
#include "store.h"

#define TNI_GRAPH_ALGO_MS_DEFAULT 60000
#define TNI_GRAPH_ALGO_MEMORY_DEFAULT (INT64_C(4) << 30)
#define TNI_GRAPH_ALGO_STRIDE 64 /* nodes between two calls of tni_graph_algo_step() */

/* Arcs of node n are to[start[n]] up to to[start[n + 1]]. */
typedef struct tni_graph_lane {
  const uint64_t *start;
  const uint32_t *to;
  const double *weight; /* NULL without weights */
} tni_graph_lane;

/* Where a direction leads from a node: both kinds of arcs where it is `both`. */
typedef struct tni_graph_way {
  uint32_t count;
  tni_graph_lane lanes[2];
} tni_graph_way;

/* The parameters that every algorithm ends with, in this order: limit, order, nodes, max_ms, max_memory_bytes. */
#define TNI_GRAPH_ALGO_TAIL 5

typedef struct tni_graph_algo_order {
  uint64_t limit;
  bool by_id, by_value; /* as is asked for; when nothing is: by value where there is a limit */
  bool nodes;           /* rows have labels and props as well */
} tni_graph_algo_order;

typedef struct tni_graph_algo_spec {
  tn_value types, direction;
  tni_graph_direction otherwise; /* when no direction is given */
  bool back;                     /* `behind` is wanted as well */
  tn_slice weight;               /* {NULL, 0} = none */
  const tn_value *tail;          /* TNI_GRAPH_ALGO_TAIL arguments, each may be absent */
} tni_graph_algo_spec;

typedef struct tni_graph_algo {
  tn_ctx *ctx;
  const tni_graph_csr *csr;
  uint32_t count; /* of nodes */
  tni_graph_direction direction;
  tni_graph_way ahead, behind; /* along the direction and against it; `behind` is empty unless wanted */
  tni_pool pool;               /* what arrays are taken from */
  tni_graph_algo_order order;
  /* what it may cost */
  int64_t ms_max, start_us;
  unsigned calls;
  /* how far it is, for whoever waits and for the refusal */
  const char *what; /* "nodes", "iterations" */
  uint64_t done, total;
} tni_graph_algo;

/* INVALID, UNKNOWN, LIMIT with the parameter's name as where; as csr.h says. */
tn_status tni_graph_algo_open(tni_graph_algo *algo, tn_ctx *ctx, const tni_graph_algo_spec *spec) TN_MUST_USE;
/* Hands `status` on. */
tn_status tni_graph_algo_close(tni_graph_algo *algo, tn_status status) TN_MUST_USE;

/* LIMIT when the time is over, saying how far it was; INTERRUPTED. */
tn_status tni_graph_algo_step(tni_graph_algo *algo) TN_MUST_USE;
/* For loops over nodes. */
static inline tn_status tni_graph_algo_at(tni_graph_algo *algo, uint32_t node) {
  return node % TNI_GRAPH_ALGO_STRIDE == 0 ? tni_graph_algo_step(algo) : TN_OK;
}

/* An array of `count` items of `size` bytes, zeros. LIMIT ("max_memory_bytes"), NOMEM. */
tn_status tni_graph_algo_array(tni_graph_algo *algo, uint64_t count, size_t size, void *out) TN_MUST_USE;
#define TNI_GRAPH_ARRAY(algo, count, array) tni_graph_algo_array((algo), (count), sizeof **(array), (array))

/* The number of a node that a request names. */
tn_status tni_graph_algo_node(tni_graph_algo *algo, tn_value ref, const char *where, uint32_t *out) TN_MUST_USE;
/* A parameter `iterations`, from 0 up. INVALID. */
tn_status tni_graph_iterations_of(tn_ctx *ctx, tn_value given, int64_t otherwise, uint64_t *out) TN_MUST_USE;
/* How many arcs lead on from a node. */
uint64_t tni_graph_way_degree(const tni_graph_way *way, uint32_t node);

#endif
