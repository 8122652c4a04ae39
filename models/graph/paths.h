/* paths.h - the operator that goes along every path from a node on which no node occurs twice, depth first, along
 * hops (hop.h). It is always at the end of one path. */
#ifndef TENON_GRAPH_PATHS_H
#define TENON_GRAPH_PATHS_H

#include "budget.h"
#include "hop.h"
#include "row.h"
#include "set.h"

#define TNI_GRAPH_PATH_MAX 1000 /* edges of a path */

/* Hops from one node of the path that were not gone along yet. */
typedef struct tni_graph_branch {
  tni_graph_list nodes, sides, edges;
  size_t next;
} tni_graph_branch;

typedef struct tni_graph_paths {
  tn_ctx *ctx;
  tni_graph_hops *hops;
  tni_graph_budget budget;
  uint64_t to;                      /* paths end here; 0 = anywhere */
  int64_t max;                      /* edges of a path, at most TNI_GRAPH_PATH_MAX */
  const tni_graph_trail *distances; /* of nodes from `to`, as far as max: others are not entered. NULL = not known */
  uint64_t nodes[TNI_GRAPH_PATH_MAX + 1]; /* of the path, its beginning first */
  int64_t sides[TNI_GRAPH_PATH_MAX];      /* of its edges */
  uint64_t edges[TNI_GRAPH_PATH_MAX];
  int64_t length; /* edges */
  tni_graph_branch branches[TNI_GRAPH_PATH_MAX + 1];
  int64_t branch_count; /* that have been used */
} tni_graph_paths;

/* The fields up to `distances` have been set. */
tn_status tni_graph_paths_begin(tni_graph_paths *paths, uint64_t from) TN_MUST_USE;
/* The next path, of one edge at least. NOT_FOUND at the end; LIMIT from the budget. */
tn_status tni_graph_paths_next(tni_graph_paths *paths) TN_MUST_USE;
/* Adds fields "nodes" and "edges" to the object that is open. */
void tni_graph_paths_add(const tni_graph_paths *paths, const tni_graph_names *types, tn_builder *out);

#endif
