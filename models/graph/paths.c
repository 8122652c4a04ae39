#include "paths.h"

static bool is_on_path(const tni_graph_paths *p, uint64_t node) {
  for (int64_t i = 0; i <= p->length; i++)
    if (p->nodes[i] == node) return true;
  return false;
}

/* Whether a path that goes on to `node` can still end where it has to. */
static bool leads_there(const tni_graph_paths *p, uint64_t node) {
  if (!p->distances) return true;
  const tni_graph_step *step = tni_graph_trail_at(p->distances, node);
  return step && step->distance <= (double)(p->max - p->length - 1);
}

static tn_status add_hop(tni_graph_branch *branch, const tni_graph_hop *hop) {
  TRY(tni_graph_list_add(&branch->nodes, hop->arc.node));
  TRY(tni_graph_list_add(&branch->sides, (uint64_t)hop->side));
  return tni_graph_list_add(&branch->edges, hop->arc.edge);
}

/* Takes the hops from the path's end, to go along them one by one. */
static tn_status branch_out(tni_graph_paths *p) {
  tni_graph_branch *branch = &p->branches[p->length];
  tni_graph_list empty = {.ctx = p->ctx};
  uint32_t found;
  tn_status status;
  for (; p->branch_count <= p->length; p->branch_count++) *branch = (tni_graph_branch){empty, empty, empty, 0};
  branch->nodes.count = branch->sides.count = branch->edges.count = branch->next = 0;
  bool is_end = p->length == p->max || (p->to != 0 && p->length > 0 && p->nodes[p->length] == p->to);
  if (is_end) return TN_OK;
  TRY(tni_graph_hops_batch(p->hops, &p->nodes[p->length], 1));
  while ((status = tni_graph_hops_next(p->hops, &found)) == TN_OK) {
    uint32_t allowed = tni_graph_budget_take(&p->budget, found);
    for (uint32_t i = 0; i < allowed; i++) TRY(add_hop(branch, &p->hops->found[i]));
    if (!p->budget.short_of) (void)tni_graph_budget_take(&p->budget, p->hops->refused);
    TRY(tni_graph_budget_check(&p->budget));
  }
  return status == TN_NOT_FOUND ? TN_OK : status;
}

tn_status tni_graph_paths_begin(tni_graph_paths *p, uint64_t from) {
  p->branch_count = p->length = 0;
  p->budget.what = "path";
  p->budget.reached = p->budget.depth = 0;
  p->nodes[0] = from;
  return branch_out(p);
}

/* Along the next hop of the innermost branch that has one and leads to a node that is not on the path. */
static tn_status go_on(tni_graph_paths *p) {
  for (;;) {
    tni_graph_branch *branch = &p->branches[p->length];
    if (branch->next == branch->nodes.count) {
      if (p->length-- == 0) return TN_NOT_FOUND;
      continue;
    }
    size_t i = branch->next++;
    if (is_on_path(p, branch->nodes.items[i]) || !leads_there(p, branch->nodes.items[i])) continue;
    p->sides[p->length] = (int64_t)branch->sides.items[i];
    p->edges[p->length] = branch->edges.items[i];
    p->nodes[++p->length] = branch->nodes.items[i];
    return TN_OK;
  }
}

tn_status tni_graph_paths_next(tni_graph_paths *p) {
  do {
    TRY(go_on(p));
    TRY(branch_out(p));
  } while (p->to != 0 && p->nodes[p->length] != p->to);
  p->budget.reached++;
  if ((uint64_t)p->length > p->budget.depth) p->budget.depth = (uint64_t)p->length;
  return TN_OK;
}

void tni_graph_paths_add(const tni_graph_paths *p, const tni_graph_names *types, tn_builder *out) {
  tn_name(out, "nodes");
  tn_array_begin(out);
  for (int64_t i = 0; i <= p->length; i++) tn_add(out, p->nodes[i]);
  tn_end(out);
  tn_name(out, "edges");
  tn_array_begin(out);
  for (int64_t i = 0; i < p->length; i++) {
    tni_graph_arc arc = {p->nodes[i + 1], p->edges[i]};
    tni_graph_edge edge = tni_graph_edge_of_arc(p->nodes[i], p->sides[i], arc);
    tni_graph_edge_add(out, &edge, types);
  }
  tn_end(out);
}
