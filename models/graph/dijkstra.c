#include <math.h>

#include "search.h"

/* Nodes to go on from, the nearest first: a binary heap. A node may be in it more than once; the first time counts.
 */
typedef struct waiting {
  double distance;
  uint64_t node;
} waiting;

typedef struct heap {
  tn_ctx *ctx;
  waiting *items;
  size_t count, capacity;
} heap;

/* Equal distances go by id, so that the answer does not depend on the heap. */
static bool is_before(const waiting *a, const waiting *b) {
  return a->distance != b->distance ? a->distance < b->distance : a->node < b->node;
}

static tn_status push(heap *h, waiting item) {
  if (h->count == h->capacity) {
    size_t capacity = h->capacity == 0 ? TNI_GRAPH_BATCH : h->capacity * 2;
    waiting *items = tn_scratch(h->ctx, capacity * sizeof *items);
    if (!items) return tni_no_memory(h->ctx);
    if (h->count > 0) memcpy(items, h->items, h->count * sizeof *items);
    h->items = items;
    h->capacity = capacity;
  }
  size_t at = h->count++;
  for (; at > 0 && is_before(&item, &h->items[(at - 1) / 2]); at = (at - 1) / 2)
    h->items[at] = h->items[(at - 1) / 2];
  h->items[at] = item;
  return TN_OK;
}

static waiting pop(heap *h) {
  waiting first = h->items[0], last = h->items[--h->count];
  size_t at = 0;
  for (;;) {
    size_t child = 2 * at + 1;
    if (child >= h->count) break;
    if (child + 1 < h->count && is_before(&h->items[child + 1], &h->items[child])) child++;
    if (!is_before(&h->items[child], &last)) break;
    h->items[at] = h->items[child];
    at = child;
  }
  h->items[at] = last;
  return first;
}

/* ---- the search -------------------------------------------------------------------------------- */

typedef struct lightest {
  tni_graph_search *search;
  tni_graph_hops *hops;
  tni_graph_trail trail;
  tni_graph_set done;
  heap heap;
} lightest;

static tn_status weight_of(const lightest *l, const tni_graph_hop *hop, double *out) {
  tn_value value = tn_field_slice(hop->edge_props, l->search->weight);
  int64_t n;
  *out = 1;
  if (tn_is_absent(value)) return TN_OK;
  if (tn_as_int(value, &n)) *out = (double)n;
  bool number = tn_value_type(value) == TN_INT || tn_as_double(value, out);
  if (number && *out >= 0) return TN_OK;
  return tn_fail(l->search->ctx, TN_INVALID, "weight", "edge %llu: expected a number from 0 up as %s, found %s",
                 (unsigned long long)hop->arc.edge, tni_quoted(l->search->ctx, l->search->weight),
                 !number       ? tn_type_name(tn_value_type(value))
                 : isnan(*out) ? "NaN"
                               : "a negative one");
}

static tn_status take_hop(lightest *l, const tni_graph_hop *hop, const waiting *at) {
  tni_graph_step *step;
  double weight;
  bool added;
  TRY(weight_of(l, hop, &weight));
  if (tni_graph_set_has(&l->done, hop->arc.node)) return TN_OK;
  TRY(tni_graph_trail_add(&l->trail, hop->arc.node, &step, &added));
  double distance = at->distance + weight;
  if (!added && step->distance <= distance) return TN_OK;
  *step = (tni_graph_step){hop->arc.node, at->node, hop->side, hop->arc.edge, distance};
  return push(&l->heap, (waiting){distance, hop->arc.node});
}

static tn_status go_on_from(lightest *l, const waiting *at) {
  tni_graph_budget *budget = &l->search->budget;
  uint32_t found;
  tn_status status;
  TRY(tni_graph_hops_batch(l->hops, &at->node, 1));
  while ((status = tni_graph_hops_next(l->hops, &found)) == TN_OK) {
    uint32_t allowed = tni_graph_budget_take(budget, found);
    for (uint32_t i = 0; i < allowed; i++) TRY(take_hop(l, &l->hops->found[i], at));
    budget->reached = l->trail.count;
    TRY(tni_graph_budget_check(budget));
  }
  return status == TN_NOT_FOUND ? TN_OK : status;
}

static tn_status begin(lightest *l) {
  tni_graph_search *s = l->search;
  tni_graph_step *step;
  bool added;
  TRY(tni_graph_search_hops(s, s->sides.direction, &l->hops));
  l->hops->want_edges = true;
  TRY(tni_graph_set_init(&l->done, s->ctx));
  TRY(tni_graph_trail_init(&l->trail, s->ctx));
  TRY(tni_graph_trail_add(&l->trail, s->from, &step, &added));
  return push(&l->heap, (waiting){0, s->from});
}

tn_status tni_graph_search_lightest(tni_graph_search *s, tni_graph_path *out) {
  lightest *l = tn_scratch(s->ctx, sizeof *l);
  bool added;
  if (!l) return tni_no_memory(s->ctx);
  *l = (lightest){.search = s, .heap = {.ctx = s->ctx}};
  TRY(begin(l));
  while (l->heap.count > 0) {
    waiting at = pop(&l->heap);
    if (at.node == s->to) return tni_graph_search_path(s, &l->trail, NULL, s->to, out);
    TRY(tni_graph_set_add(&l->done, at.node, &added));
    if (added) TRY(go_on_from(l, &at));
  }
  return TN_NOT_FOUND;
}
