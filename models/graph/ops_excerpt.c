#include "dot.h"
#include "excerpt.h"
#include "ops.h"
#include "row.h"

/* ---- subgraph ---------------------------------------------------------------------------------- */

typedef struct answer {
  tn_builder *result;
  tni_graph_names labels, types;
} answer;

static tn_status add_node(void *arg, uint64_t id, const tni_graph_node *node) {
  answer *a = arg;
  tni_graph_row_node(a->result, id, node, &a->labels);
  return TN_OK;
}

static tn_status add_edge(void *arg, const tni_graph_edge *edge) {
  answer *a = arg;
  tni_graph_row_edge(a->result, edge, &a->types);
  return TN_OK;
}

static tn_status begin(tn_ctx *ctx, const tn_value *argv, tni_graph_excerpt **out, tni_graph_names *labels,
                       tni_graph_names *types) {
  tni_graph_excerpt *x = tn_scratch(ctx, sizeof *x);
  if (!x) return tni_no_memory(ctx);
  TRY(tni_graph_excerpt_init(x, ctx, argv));
  TRY(tni_graph_names_all(ctx, TNI_GRAPH_LABEL, labels));
  TRY(tni_graph_names_all(ctx, TNI_GRAPH_TYPE, types));
  *out = x;
  return tni_graph_excerpt_nodes(x);
}

tn_status tni_graph_op_subgraph(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  answer a = {.result = result};
  tni_graph_excerpt *x;
  TRY(begin(ctx, argv, &x, &a.labels, &a.types));
  tn_object_begin(result);
  tn_name(result, "nodes");
  tn_array_begin(result);
  TRY(tni_graph_excerpt_each_node(x, add_node, &a));
  tn_end(result);
  tn_name(result, "edges");
  tn_array_begin(result);
  TRY(tni_graph_excerpt_each_edge(x, add_edge, &a));
  tn_end(result);
  tn_end(result);
  return TN_OK;
}

/* ---- dot --------------------------------------------------------------------------------------- */

typedef struct drawing {
  tni_graph_text text;
  tni_graph_names labels, types;
} drawing;

static tn_status draw_node(void *arg, uint64_t id, const tni_graph_node *node) {
  drawing *d = arg;
  TRY(tni_graph_dot_node(&d->text, id, node, &d->labels));
  return tni_graph_text_add(&d->text, "\n", 1);
}

static tn_status draw_edge(void *arg, const tni_graph_edge *edge) {
  drawing *d = arg;
  TRY(tni_graph_dot_edge(&d->text, edge, &d->types));
  return tni_graph_text_add(&d->text, "\n", 1);
}

tn_status tni_graph_op_dot(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  drawing d = {.text = {.ctx = ctx}};
  tni_graph_excerpt *x;
  TRY(begin(ctx, argv, &x, &d.labels, &d.types));
  TRY(tni_graph_text_print(&d.text, "digraph {\n"));
  TRY(tni_graph_excerpt_each_node(x, draw_node, &d));
  TRY(tni_graph_excerpt_each_edge(x, draw_edge, &d));
  TRY(tni_graph_text_print(&d.text, "}\n"));
  tn_add(result, tn_text((tn_slice){d.text.data, d.text.size}));
  return TN_OK;
}
