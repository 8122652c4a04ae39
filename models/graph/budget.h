/* budget.h - what a walk may cost: edges looked at and milliseconds; or a search, nodes in place of edges. So no
 * question about a graph hangs. */
#ifndef TENON_GRAPH_BUDGET_H
#define TENON_GRAPH_BUDGET_H

#include "store.h"

typedef struct tni_graph_budget {
  tn_ctx *ctx;
  const char *unit; /* what is visited: "edge", "node" */
  uint64_t visited, visited_max;
  int64_t start_us, us_max;
  unsigned calls;
  bool short_of; /* more was asked for than there was */
  /* what was reached, for the refusal */
  const char *what; /* was reached: "node", "path" */
  uint64_t reached;
  uint64_t depth;
} tni_graph_budget;

/* From the params max_visited and max_ms, absent or from 1 up. INVALID. */
tn_status tni_graph_budget_init(tni_graph_budget *budget, tn_ctx *ctx, tn_value max_visited,
                                tn_value max_ms) TN_MUST_USE;
/* How many of `edges`, or nodes, may still be looked at; they count as looked at. */
static inline uint32_t tni_graph_budget_take(tni_graph_budget *budget, uint32_t edges) {
  uint64_t left = budget->visited_max - budget->visited;
  budget->short_of = edges > left;
  if (budget->short_of) edges = (uint32_t)left;
  budget->visited += edges;
  return edges;
}
/* After they were. LIMIT when fewer were given than were asked for, or the time is over, with the parameter's name as
 * where and what was reached as text; INTERRUPTED. */
tn_status tni_graph_budget_check(tni_graph_budget *budget) TN_MUST_USE;

#endif
