#include "ops.h"
#include "paths.h"
#include "ref.h"
#include "search.h"
#include "walk.h"

/* ---- shortest_path ----------------------------------------------------------------------------- */

enum {
  PATH_FROM,
  PATH_TO,
  PATH_DIRECTION,
  PATH_TYPES,
  PATH_WEIGHT,
  PATH_WHERE_NODE,
  PATH_WHERE_EDGE,
  PATH_MAX_VISITED,
  PATH_MAX_MS
};

static tn_status no_path(const tni_graph_search *s) {
  return tn_fail(s->ctx, TN_NOT_FOUND, "to", "there is no path from %llu to %llu", (unsigned long long)s->from,
                 (unsigned long long)s->to);
}

static tn_status answer_path(tn_ctx *ctx, const tni_graph_path *path, bool weighted, tn_builder *result) {
  tni_graph_names types;
  TRY(tni_graph_names_all(ctx, TNI_GRAPH_TYPE, &types));
  tn_object_begin(result);
  tn_set(result, "length", path->length);
  if (weighted) tn_set(result, "cost", path->cost);
  tn_name(result, "nodes");
  tn_array_begin(result);
  for (uint32_t i = 0; i <= path->length; i++) tn_add(result, path->nodes[i]);
  tn_end(result);
  tn_name(result, "edges");
  tn_array_begin(result);
  for (uint32_t i = 0; i < path->length; i++) tni_graph_edge_add(result, &path->edges[i], &types);
  tn_end(result);
  tn_end(result);
  return TN_OK;
}

tn_status tni_graph_op_shortest_path(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_graph_search s = {.ctx = ctx, .where_node = argv[PATH_WHERE_NODE], .where_edge = argv[PATH_WHERE_EDGE]};
  tni_graph_path path;
  bool weighted = tn_as_string(argv[PATH_WEIGHT], &s.weight);
  TRY(tni_graph_budget_init(&s.budget, ctx, argv[PATH_MAX_VISITED], argv[PATH_MAX_MS]));
  TRY(tni_graph_sides_of(ctx, argv[PATH_DIRECTION], argv[PATH_TYPES], &s.sides));
  TRY(tni_graph_node_named(ctx, argv[PATH_FROM], "from", &s.from));
  TRY(tni_graph_node_named(ctx, argv[PATH_TO], "to", &s.to));
  tn_status status = weighted ? tni_graph_search_lightest(&s, &path) : tni_graph_search_shortest(&s, &path);
  if (status == TN_NOT_FOUND) return no_path(&s);
  return status == TN_OK ? answer_path(ctx, &path, weighted, result) : status;
}

/* ---- all_paths --------------------------------------------------------------------------------- */

enum {
  ALL_FROM,
  ALL_TO,
  ALL_DIRECTION,
  ALL_TYPES,
  ALL_MAX,
  ALL_WHERE_NODE,
  ALL_WHERE_EDGE,
  ALL_LIMIT,
  ALL_MAX_VISITED,
  ALL_MAX_MS
};

typedef struct far {
  tni_graph_trail trail;
  tni_graph_walk walk;
} far;

static tn_status note_distance(void *arg, const tni_graph_hop *hop) {
  far *f = arg;
  tni_graph_step *step;
  bool added;
  TRY(tni_graph_trail_add(&f->trail, hop->arc.node, &step, &added));
  step->distance = (double)f->walk.depth;
  return TN_OK;
}

/* How far nodes are from where paths have to end, so that none is entered in vain. What it costs is the budget's. */
static tn_status measure(tni_graph_search *s, int64_t max, const tni_graph_trail **out) {
  far *f = tn_scratch(s->ctx, sizeof *f);
  tni_graph_step *step;
  bool added;
  if (!f) return tni_no_memory(s->ctx);
  f->walk =
      (tni_graph_walk){.ctx = s->ctx, .budget = s->budget, .min = 1, .max = max, .each = note_distance, .arg = f};
  TRY(tni_graph_trail_init(&f->trail, s->ctx));
  TRY(tni_graph_trail_add(&f->trail, s->to, &step, &added));
  TRY(tni_graph_search_hops(s, tni_graph_reversed(s->sides.direction), &f->walk.hops));
  TRY(tni_graph_walk_run(&f->walk, s->to));
  s->budget = f->walk.budget;
  *out = &f->trail;
  return TN_OK;
}

static tn_status emit_path(const tni_graph_paths *p, const tni_graph_names *types, tn_builder *row) {
  tn_object_begin(row);
  tn_set(row, "length", p->length);
  tni_graph_paths_add(p, types, row);
  tn_end(row);
  return tn_row(p->ctx, row);
}

/* Where it ends at its beginning there is one path, of that node alone: any other would have it twice. */
static tn_status emit_paths(tni_graph_paths *p, uint64_t from, int64_t limit, tn_builder *row) {
  tni_graph_names types;
  tn_status status = TN_OK;
  TRY(tni_graph_names_all(p->ctx, TNI_GRAPH_TYPE, &types));
  TRY(tni_graph_paths_begin(p, from));
  if (from == p->to) return limit > 0 ? emit_path(p, &types, row) : TN_OK;
  for (; limit > 0 && (status = tni_graph_paths_next(p)) == TN_OK; limit--) TRY(emit_path(p, &types, row));
  return status == TN_NOT_FOUND ? TN_OK : status;
}

static tn_status length_of(tn_ctx *ctx, tn_value given, int64_t *out) {
  *out = TNI_GRAPH_PATH_MAX;
  (void)tn_as_int(given, out);
  if (*out >= 1 && *out <= TNI_GRAPH_PATH_MAX) return TN_OK;
  return tn_fail(ctx, TN_INVALID, "max", "expected a number of edges from 1 to %d, got %lld", TNI_GRAPH_PATH_MAX,
                 (long long)*out);
}

tn_status tni_graph_op_all_paths(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_graph_search s = {.ctx = ctx, .where_node = argv[ALL_WHERE_NODE], .where_edge = argv[ALL_WHERE_EDGE]};
  tni_graph_paths *p = tn_scratch(ctx, sizeof *p);
  int64_t limit;
  if (!p) return tni_no_memory(ctx);
  TRY(length_of(ctx, argv[ALL_MAX], &p->max));
  TRY(tni_graph_limit_of(ctx, argv[ALL_LIMIT], &limit));
  TRY(tni_graph_budget_init(&s.budget, ctx, argv[ALL_MAX_VISITED], argv[ALL_MAX_MS]));
  TRY(tni_graph_sides_of(ctx, argv[ALL_DIRECTION], argv[ALL_TYPES], &s.sides));
  TRY(tni_graph_node_named(ctx, argv[ALL_FROM], "from", &s.from));
  TRY(tni_graph_node_named(ctx, argv[ALL_TO], "to", &s.to));
  TRY(measure(&s, p->max, &p->distances));
  p->ctx = ctx;
  p->to = s.to;
  TRY(tni_graph_search_hops(&s, s.sides.direction, &p->hops));
  p->budget = s.budget;
  return emit_paths(p, s.from, limit, result);
}
