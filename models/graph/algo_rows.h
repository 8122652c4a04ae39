/* algo_rows.h - how algorithms answer: a row {id, value} for each node, by id or the best ones first. */
#ifndef TENON_GRAPH_ALGO_ROWS_H
#define TENON_GRAPH_ALGO_ROWS_H

#include "algo.h"

typedef enum tni_graph_values_kind {
  TNI_GRAPH_LEVELS, /* uint32_t; TNI_GRAPH_NO_LEVEL is answered as the largest int */
  TNI_GRAPH_COUNTS, /* uint64_t */
  TNI_GRAPH_DOUBLES,
  TNI_GRAPH_GROUPS /* uint32_t: the number of a node, which is answered as its id */
} tni_graph_values_kind;

#define TNI_GRAPH_NO_LEVEL UINT32_MAX

/* One for each node. */
typedef struct tni_graph_values {
  tni_graph_values_kind kind;
  const void *items;
  bool largest_first; /* which are the best ones; of the same value the smallest id */
} tni_graph_values;

/* All of these as algo->order says. */
tn_status tni_graph_algo_rows(tni_graph_algo *algo, const tni_graph_values *values, tn_builder *row) TN_MUST_USE;
/* Nodes in an order of their own, with their place as the value. */
tn_status tni_graph_algo_list(tni_graph_algo *algo, const uint32_t *nodes, tn_builder *row) TN_MUST_USE;

/* The first `limit` nodes or fewer, the best first. */
typedef struct tni_graph_choice {
  uint64_t key; /* made of the value: the smaller the better */
  uint32_t node;
} tni_graph_choice;
tn_status tni_graph_algo_choose(tni_graph_algo *algo, const tni_graph_values *values, uint64_t limit,
                                const tni_graph_choice **out, uint64_t *count) TN_MUST_USE;

#endif
