#include "walk.h"

static tn_status tell(tni_graph_walk *w, const tni_graph_hop *hop) {
  return w->depth >= w->min ? w->each(w->arg, hop) : TN_OK;
}

static tn_status enter(tni_graph_walk *w, uint64_t node, bool *added) {
  TRY(tni_graph_set_add(&w->seen, node, added));
  if (!*added) return TN_OK;
  w->budget.reached++;
  w->budget.depth = (uint64_t)w->depth;
  return w->depth < w->max ? tni_graph_list_add(&w->next, node) : TN_OK;
}

/* An edge is seen from both its ends where the direction is both; it counts where it is seen first. A self-loop is
 * seen from one end twice. */
static bool seen_before(const tni_graph_walk *w, const tni_graph_hop *hop) {
  uint64_t source = w->hops->batch[hop->source];
  if (w->hops->expand.sides.direction != TNI_GRAPH_BOTH) return false;
  return hop->arc.node == source ? hop->side < 0 : tni_graph_set_has(&w->passed, hop->arc.node);
}

static tn_status take_edge(tni_graph_walk *w, const tni_graph_hop *hop, uint32_t *passed) {
  bool added;
  for (; *passed < hop->source; ++*passed) TRY(tni_graph_set_add(&w->passed, w->hops->batch[*passed], &added));
  if (seen_before(w, hop)) return TN_OK;
  TRY(enter(w, hop->arc.node, &added));
  return tell(w, hop);
}

static tn_status take_node(tni_graph_walk *w, const tni_graph_hop *hop) {
  bool added;
  TRY(enter(w, hop->arc.node, &added));
  return added ? tell(w, hop) : TN_OK;
}

static tn_status take_batch(tni_graph_walk *w, const uint64_t *nodes, uint32_t count) {
  uint32_t found, passed = 0;
  tn_status status;
  bool added;
  TRY(tni_graph_hops_batch(w->hops, nodes, count));
  while ((status = tni_graph_hops_next(w->hops, &found)) == TN_OK) {
    uint32_t allowed = tni_graph_budget_take(&w->budget, found);
    for (uint32_t i = 0; i < allowed; i++)
      TRY(w->unique == TNI_GRAPH_UNIQUE_EDGES ? take_edge(w, &w->hops->found[i], &passed)
                                              : take_node(w, &w->hops->found[i]));
    if (!w->budget.short_of) (void)tni_graph_budget_take(&w->budget, w->hops->refused);
    TRY(tni_graph_budget_check(&w->budget));
  }
  if (status != TN_NOT_FOUND) return status;
  for (; w->unique == TNI_GRAPH_UNIQUE_EDGES && passed < count; passed++)
    TRY(tni_graph_set_add(&w->passed, nodes[passed], &added));
  return TN_OK;
}

static tn_status take_level(tni_graph_walk *w) {
  for (size_t at = 0; at < w->level.count; at += TNI_GRAPH_BATCH) {
    size_t left = w->level.count - at;
    TRY(take_batch(w, w->level.items + at, (uint32_t)(left < TNI_GRAPH_BATCH ? left : TNI_GRAPH_BATCH)));
  }
  return TN_OK;
}

static tn_status run(tni_graph_walk *w, uint64_t from) {
  bool added;
  TRY(tni_graph_set_init(&w->seen, w->ctx));
  if (w->unique == TNI_GRAPH_UNIQUE_EDGES) TRY(tni_graph_set_init(&w->passed, w->ctx));
  TRY(tni_graph_set_add(&w->seen, from, &added));
  w->level = w->next = (tni_graph_list){.ctx = w->ctx};
  TRY(tni_graph_list_add(&w->level, from));
  for (w->depth = 1; w->depth <= w->max && w->level.count > 0; w->depth++) {
    TRY(take_level(w));
    tni_graph_list used = w->level;
    w->level = w->next;
    w->next = (tni_graph_list){w->ctx, used.items, 0, used.capacity};
  }
  return TN_OK;
}

tn_status tni_graph_walk_run(tni_graph_walk *w, uint64_t from) {
  tn_status status = run(w, from);
  return status == TN_NOT_FOUND ? TN_OK : status;
}

tn_status tni_graph_depths_of(tn_ctx *ctx, tn_value given_min, tn_value given_max, int64_t *min, int64_t *max) {
  *min = 1;
  *max = INT64_MAX;
  (void)tn_as_int(given_min, min);
  (void)tn_as_int(given_max, max);
  if (*min < 0) return tn_fail(ctx, TN_INVALID, "min", "expected a number from 0 up, got %lld", (long long)*min);
  if (*max >= *min) return TN_OK;
  return tn_fail(ctx, TN_INVALID, "max", "expected a number from min, %lld, up, got %lld", (long long)*min,
                 (long long)*max);
}
