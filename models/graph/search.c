#include "search.h"

tni_graph_direction tni_graph_reversed(tni_graph_direction direction) {
  if (direction == TNI_GRAPH_BOTH) return TNI_GRAPH_BOTH;
  return direction == TNI_GRAPH_OUT ? TNI_GRAPH_IN : TNI_GRAPH_OUT;
}

tn_status tni_graph_search_hops(tni_graph_search *s, tni_graph_direction direction, tni_graph_hops **out) {
  tni_graph_sides sides = s->sides;
  sides.direction = direction;
  TRY(tni_graph_hops_create(s->ctx, &sides, s->where_node, "where_node", s->where_edge, "where_edge", out));
  (*out)->exempt[0] = s->from;
  (*out)->exempt[1] = s->to;
  return TN_OK;
}

/* ---- the way that was found -------------------------------------------------------------------- */

static uint32_t steps_to(const tni_graph_trail *trail, uint64_t node) {
  uint32_t count = 0;
  for (const tni_graph_step *s = tni_graph_trail_at(trail, node); s->before != 0;
       s = tni_graph_trail_at(trail, s->before))
    count++;
  return count;
}

static tni_graph_edge edge_of(const tni_graph_step *step) {
  return tni_graph_edge_of_arc(step->before, step->side, (tni_graph_arc){step->id, step->edge});
}

tn_status tni_graph_search_path(tni_graph_search *s, const tni_graph_trail *forth, const tni_graph_trail *back,
                                uint64_t node, tni_graph_path *out) {
  uint32_t first = steps_to(forth, node), length = first + (back ? steps_to(back, node) : 0), i;
  out->length = length;
  out->nodes = tn_scratch(s->ctx, (length + 1) * sizeof *out->nodes);
  out->edges = tn_scratch(s->ctx, (length + 1) * sizeof *out->edges);
  if (!out->nodes || !out->edges) return tni_no_memory(s->ctx);
  const tni_graph_step *step = tni_graph_trail_at(forth, node);
  out->cost = back ? length : step->distance;
  for (i = first; step->before != 0; step = tni_graph_trail_at(forth, step->before)) {
    out->nodes[i] = step->id;
    out->edges[--i] = edge_of(step);
  }
  out->nodes[0] = step->id;
  if (!back) return TN_OK;
  for (step = tni_graph_trail_at(back, node), i = first; step->before != 0;
       step = tni_graph_trail_at(back, step->before)) {
    out->edges[i++] = edge_of(step);
    out->nodes[i] = step->before;
  }
  return TN_OK;
}

/* ---- from both ends ---------------------------------------------------------------------------- */

/* What one end has reached. */
typedef struct end {
  tni_graph_hops *hops;
  tni_graph_trail trail;
  tni_graph_list level, next;
} end;

static tn_status begin(tni_graph_search *s, uint64_t node, tni_graph_direction direction, end *e) {
  tni_graph_step *step;
  bool added;
  e->level = e->next = (tni_graph_list){.ctx = s->ctx};
  TRY(tni_graph_search_hops(s, direction, &e->hops));
  TRY(tni_graph_trail_init(&e->trail, s->ctx));
  TRY(tni_graph_trail_add(&e->trail, node, &step, &added));
  return tni_graph_list_add(&e->level, node);
}

static tn_status take_hop(end *e, const tni_graph_hop *hop, bool *added) {
  tni_graph_step *step;
  TRY(tni_graph_trail_add(&e->trail, hop->arc.node, &step, added));
  if (!*added) return TN_OK;
  step->before = e->hops->batch[hop->source];
  step->side = hop->side;
  step->edge = hop->arc.edge;
  return tni_graph_list_add(&e->next, hop->arc.node);
}

/* *met: the first node that the other end has reached as well. It has done so in its last level, else the two would
 * have met before; so no way is shorter. */
static tn_status take_batch(tni_graph_search *s, end *e, const end *other, const uint64_t *nodes, size_t count,
                            uint64_t *met) {
  uint32_t found;
  tn_status status;
  bool added;
  TRY(tni_graph_hops_batch(e->hops, nodes, count));
  while ((status = tni_graph_hops_next(e->hops, &found)) == TN_OK) {
    uint32_t allowed = tni_graph_budget_take(&s->budget, found);
    for (uint32_t i = 0; i < allowed; i++) {
      TRY(take_hop(e, &e->hops->found[i], &added));
      if (added && tni_graph_trail_at(&other->trail, e->hops->found[i].arc.node))
        return *met = e->hops->found[i].arc.node, TN_OK;
    }
    s->budget.reached = e->trail.count + other->trail.count;
    TRY(tni_graph_budget_check(&s->budget));
  }
  return status == TN_NOT_FOUND ? TN_OK : status;
}

static tn_status take_level(tni_graph_search *s, end *e, const end *other, uint64_t *met) {
  s->budget.depth++;
  for (size_t at = 0; at < e->level.count && *met == 0; at += TNI_GRAPH_BATCH) {
    size_t left = e->level.count - at;
    TRY(take_batch(s, e, other, e->level.items + at, left < TNI_GRAPH_BATCH ? left : TNI_GRAPH_BATCH, met));
  }
  tni_graph_list used = e->level;
  e->level = e->next;
  e->next = (tni_graph_list){s->ctx, used.items, 0, used.capacity};
  return TN_OK;
}

/* The end with fewer nodes to go on from goes on. */
tn_status tni_graph_search_shortest(tni_graph_search *s, tni_graph_path *out) {
  end forth, back;
  uint64_t met = s->from == s->to ? s->from : 0;
  TRY(begin(s, s->from, s->sides.direction, &forth));
  TRY(begin(s, s->to, tni_graph_reversed(s->sides.direction), &back));
  while (met == 0 && forth.level.count > 0 && back.level.count > 0) {
    if (forth.level.count <= back.level.count)
      TRY(take_level(s, &forth, &back, &met));
    else
      TRY(take_level(s, &back, &forth, &met));
  }
  return met != 0 ? tni_graph_search_path(s, &forth.trail, &back.trail, met, out) : TN_NOT_FOUND;
}
