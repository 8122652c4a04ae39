/* walk.h - the operator that goes out from a node level by level, breadth first, along hops (hop.h): each node is
 * entered once, by one of its shortest ways. What is found on the way is handed to whoever asked. */
#ifndef TENON_GRAPH_WALK_H
#define TENON_GRAPH_WALK_H

#include "budget.h"
#include "hop.h"
#include "set.h"

typedef enum tni_graph_unique {
  TNI_GRAPH_UNIQUE_NODES, /* `each` is told of a hop when it enters a node */
  TNI_GRAPH_UNIQUE_EDGES  /* of every edge between nodes that are entered, once */
} tni_graph_unique;

typedef struct tni_graph_walk {
  tn_ctx *ctx;
  tni_graph_hops *hops;
  tni_graph_budget budget;
  tni_graph_unique unique;
  int64_t min, max;     /* levels of which `each` is told; no further than max */
  tni_graph_set seen;   /* entered, or chosen to be */
  tni_graph_set passed; /* whose hops were taken; UNIQUE_EDGES only */
  tni_graph_list level, next;
  int64_t depth; /* of the hops being taken */
  /* LIMIT from the walk's own budget comes after all that was reached has been told. TN_NOT_FOUND means "enough" and
   * makes the whole TN_OK. */
  tn_status (*each)(void *arg, const tni_graph_hop *hop);
  void *arg;
} tni_graph_walk;

/* The fields up to `max` have been set; `last` is the last id that was given out. */
tn_status tni_graph_walk_run(tni_graph_walk *walk, uint64_t from) TN_MUST_USE;

/* The params `min` and `max`: how few and how many edges away; 1 and no bound when not given. INVALID. */
tn_status tni_graph_depths_of(tn_ctx *ctx, tn_value given_min, tn_value given_max, int64_t *min,
                              int64_t *max) TN_MUST_USE;

#endif
