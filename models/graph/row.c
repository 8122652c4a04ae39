#include "row.h"

void tni_graph_row_node_fields(tn_builder *out, const tni_graph_node *node, const tni_graph_names *labels) {
  tn_name(out, "labels");
  tn_array_begin(out);
  for (uint32_t i = 0; i < node->labels.count; i++) tn_add(out, tni_graph_name_of(labels, node->labels.numbers[i]));
  tn_end(out);
  tn_set(out, "props", node->props);
}

void tni_graph_row_node(tn_builder *out, uint64_t id, const tni_graph_node *node, const tni_graph_names *labels) {
  tn_object_begin(out);
  tn_set(out, "id", id);
  tni_graph_row_node_fields(out, node, labels);
  tn_end(out);
}

void tni_graph_row_edge_name(tn_builder *out, const char *field, const tni_graph_edge *edge,
                             const tni_graph_names *types) {
  tn_name(out, field);
  tni_graph_edge_add(out, edge, types);
}

void tni_graph_row_edge(tn_builder *out, const tni_graph_edge *edge, const tni_graph_names *types) {
  tn_object_begin(out);
  tni_graph_row_edge_name(out, "edge", edge, types);
  tn_set(out, "from", edge->from);
  tn_set(out, "type", tni_graph_name_of(types, edge->type));
  tn_set(out, "to", edge->to);
  tn_set(out, "props", edge->props);
  tn_end(out);
}

tn_status tni_graph_limit_of(tn_ctx *ctx, tn_value limit, int64_t *out) {
  int64_t given = INT64_MAX;
  (void)tn_as_int(limit, &given);
  if (given < 0)
    return tn_fail(ctx, TN_INVALID, "limit", "expected a number of rows from 0 up, got %lld", (long long)given);
  *out = given;
  return TN_OK;
}
