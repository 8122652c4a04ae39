#include "all.h"
#include "dot.h"
#include "graphml.h"
#include "ops.h"
#include "row.h"
#include "rules.h"
#include "types.h"

/* What is exported, and in which form. */
typedef struct exporting {
  tn_ctx *ctx;
  tn_builder *row;
  tni_graph_names labels, types;
  tni_graph_text text; /* of the line that is being made */
  tni_graph_xml *xml;
} exporting;

static tn_status begin(tn_ctx *ctx, tn_builder *row, exporting *x) {
  *x = (exporting){.ctx = ctx, .row = row, .text = {.ctx = ctx}};
  TRY(tni_graph_names_all(ctx, TNI_GRAPH_LABEL, &x->labels));
  return tni_graph_names_all(ctx, TNI_GRAPH_TYPE, &x->types);
}

static tn_status emit_line(exporting *x) {
  tn_add(x->row, tn_text((tn_slice){x->text.data, x->text.size}));
  x->text.size = 0;
  return tn_row(x->ctx, x->row);
}

static tn_status emit_text(exporting *x, const char *line) {
  TRY(tni_graph_text_add(&x->text, line, strlen(line)));
  return emit_line(x);
}

/* ---- export: the arguments of load ------------------------------------------------------------- */

static tn_status emit_node(void *arg, uint64_t id, const tni_graph_node *node) {
  exporting *x = arg;
  tni_graph_row_node(x->row, id, node, &x->labels);
  return tn_row(x->ctx, x->row);
}

static tn_status emit_edge(void *arg, const tni_graph_edge *edge) {
  exporting *x = arg;
  tn_object_begin(x->row);
  tn_set(x->row, "from", edge->from);
  tn_set(x->row, "type", tni_graph_name_of(&x->types, edge->type));
  tn_set(x->row, "to", edge->to);
  if (edge->id != 0) tn_set(x->row, "edge", edge->id);
  if (tn_count(edge->props) > 0) tn_set(x->row, "props", edge->props);
  tn_end(x->row);
  return tn_row(x->ctx, x->row);
}

static tn_status emit_rules(exporting *x) {
  const tni_graph_rule *rules;
  size_t count;
  TRY(tni_graph_rules_of(x->ctx, 0, &rules, &count));
  for (size_t i = 0; i < count; i++) {
    tn_object_begin(x->row);
    tn_set(x->row, "rule", tni_graph_rule_names[rules[i].kind]);
    tn_set(x->row, "label", tni_graph_name_of(&x->labels, rules[i].label));
    tn_set(x->row, "prop", tn_text(rules[i].prop));
    if (rules[i].kind == TNI_GRAPH_TYPED) {
      tn_name(x->row, "values");
      tni_graph_types_add(x->row, rules[i].types);
    }
    tn_end(x->row);
    TRY(tn_row(x->ctx, x->row));
  }
  return TN_OK;
}

tn_status tni_graph_op_export(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  exporting x;
  (void)argv;
  TRY(begin(ctx, result, &x));
  TRY(tni_graph_all_nodes(ctx, emit_node, &x));
  TRY(tni_graph_all_edges(ctx, emit_edge, &x));
  return emit_rules(&x);
}

/* ---- Graphviz ---------------------------------------------------------------------------------- */

static tn_status draw_node(void *arg, uint64_t id, const tni_graph_node *node) {
  exporting *x = arg;
  TRY(tni_graph_dot_node(&x->text, id, node, &x->labels));
  return emit_line(x);
}

static tn_status draw_edge(void *arg, const tni_graph_edge *edge) {
  exporting *x = arg;
  TRY(tni_graph_dot_edge(&x->text, edge, &x->types));
  return emit_line(x);
}

tn_status tni_graph_op_export_dot(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  exporting x;
  (void)argv;
  TRY(begin(ctx, result, &x));
  TRY(emit_text(&x, "digraph {"));
  TRY(tni_graph_all_nodes(ctx, draw_node, &x));
  TRY(tni_graph_all_edges(ctx, draw_edge, &x));
  return emit_text(&x, "}");
}

/* ---- GraphML ----------------------------------------------------------------------------------- */

static tn_status note_node(void *arg, uint64_t id, const tni_graph_node *node) {
  (void)id;
  return tni_graph_xml_note(((exporting *)arg)->xml, false, node->props);
}

static tn_status note_edge(void *arg, const tni_graph_edge *edge) {
  return tni_graph_xml_note(((exporting *)arg)->xml, true, edge->props);
}

static tn_status emit_head(exporting *x) {
  for (uint32_t i = 0;; i++) {
    tn_status status = tni_graph_xml_head(x->xml, i, &x->text);
    if (status != TN_OK) return status == TN_NOT_FOUND ? TN_OK : status;
    TRY(emit_line(x));
  }
}

static tn_status write_node(void *arg, uint64_t id, const tni_graph_node *node) {
  exporting *x = arg;
  TRY(tni_graph_xml_node(x->xml, &x->text, id, node, &x->labels));
  return emit_line(x);
}

static tn_status write_edge(void *arg, const tni_graph_edge *edge) {
  exporting *x = arg;
  TRY(tni_graph_xml_edge(x->xml, &x->text, edge, &x->types));
  return emit_line(x);
}

tn_status tni_graph_op_export_graphml(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  exporting x;
  (void)argv;
  TRY(begin(ctx, result, &x));
  x.xml = tn_scratch(ctx, sizeof *x.xml);
  if (!x.xml) return tni_no_memory(ctx);
  x.xml->ctx = ctx;
  x.xml->count = 0;
  x.xml->json = (tni_graph_text){.ctx = ctx};
  TRY(tni_graph_all_nodes(ctx, note_node, &x));
  TRY(tni_graph_all_edges(ctx, note_edge, &x));
  TRY(emit_head(&x));
  TRY(tni_graph_all_nodes(ctx, write_node, &x));
  TRY(tni_graph_all_edges(ctx, write_edge, &x));
  return emit_text(&x, "</graph></graphml>");
}
