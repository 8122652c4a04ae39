#include "algo_groups.h"

/* Nodes by group: those of group g are nodes[ends[g] - sizes[g]] up to nodes[ends[g]]. */
typedef struct grouping {
  uint64_t *sizes, *ends;
  uint32_t *nodes;
  uint64_t count; /* of groups */
} grouping;

static tn_status collect(tni_graph_algo *a, const uint32_t *groups, grouping *g) {
  TRY(TNI_GRAPH_ARRAY(a, a->count, &g->sizes));
  TRY(TNI_GRAPH_ARRAY(a, a->count, &g->ends));
  TRY(TNI_GRAPH_ARRAY(a, a->count, &g->nodes));
  for (uint32_t n = 0; n < a->count; n++) g->count += g->sizes[groups[n]]++ == 0;
  for (uint32_t n = 1; n < a->count; n++) g->ends[n] = g->ends[n - 1] + g->sizes[n - 1];
  for (uint32_t n = 0; n < a->count; n++) g->nodes[g->ends[groups[n]]++] = n;
  return TN_OK;
}

static tn_status emit_group(const tni_graph_algo *a, const grouping *g, uint32_t group, uint64_t members,
                            tn_builder *row) {
  uint64_t size = g->sizes[group];
  const uint32_t *nodes = g->nodes + g->ends[group] - size;
  tn_object_begin(row);
  tn_set(row, "value", a->csr->ids[group]);
  tn_set(row, "size", size);
  tn_name(row, "ids");
  tn_array_begin(row);
  for (uint64_t i = 0; i < size && i < members; i++) tn_add(row, a->csr->ids[nodes[i]]);
  tn_end(row);
  tn_end(row);
  return tn_row(a->ctx, row);
}

static tn_status emit_by_size(tni_graph_algo *a, const grouping *g, uint64_t members, tn_builder *row) {
  tni_graph_values sizes = {TNI_GRAPH_COUNTS, g->sizes, true};
  uint64_t limit = a->order.limit, count;
  const tni_graph_choice *best;
  TRY(tni_graph_algo_choose(a, &sizes, limit < g->count ? limit : g->count, &best, &count));
  for (uint64_t i = 0; i < count; i++) TRY(emit_group(a, g, best[i].node, members, row));
  return TN_OK;
}

static tn_status emit_by_name(const tni_graph_algo *a, const grouping *g, uint64_t members, tn_builder *row) {
  uint64_t left = a->order.limit;
  for (uint32_t n = 0; n < a->count && left > 0; n++) {
    if (g->sizes[n] == 0) continue;
    TRY(emit_group(a, g, n, members, row));
    left--;
  }
  return TN_OK;
}

static tn_status emit_groups(tni_graph_algo *a, const uint32_t *groups, uint64_t members, tn_builder *row) {
  grouping g = {0};
  TRY(collect(a, groups, &g));
  return a->order.by_id ? emit_by_name(a, &g, members, row) : emit_by_size(a, &g, members, row);
}

/* ---- all of it --------------------------------------------------------------------------------- */

enum { GIVEN_GROUPS, GIVEN_MEMBERS };

static tn_status answer(tni_graph_algo *a, tni_graph_group_fn find, bool by_group, uint64_t members,
                        tn_builder *row) {
  uint32_t *groups;
  TRY(find(a, &groups));
  if (by_group) return emit_groups(a, groups, members, row);
  return tni_graph_algo_rows(a, &(tni_graph_values){TNI_GRAPH_GROUPS, groups, false}, row);
}

tn_status tni_graph_algo_group(tn_ctx *ctx, const tni_graph_algo_spec *spec, const tn_value *given,
                               tni_graph_group_fn find, const uint64_t *rounds, tn_builder *row) {
  tni_graph_algo a;
  bool by_group = false;
  int64_t members = TNI_GRAPH_GROUPS_MEMBERS_DEFAULT;
  (void)tn_as_bool(given[GIVEN_GROUPS], &by_group);
  (void)tn_as_int(given[GIVEN_MEMBERS], &members);
  if (members < 0)
    return tn_fail(ctx, TN_INVALID, "members", "expected a number of ids from 0 up, got %lld", (long long)members);
  TRY(tni_graph_algo_open(&a, ctx, spec));
  if (rounds) a.total = *rounds;
  return tni_graph_algo_close(&a, answer(&a, find, by_group, (uint64_t)members, row));
}
