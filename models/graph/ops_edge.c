#include "ops.h"
#include "ref.h"
#include "row.h"

enum { CREATE_FROM, CREATE_TO, CREATE_TYPE, CREATE_PROPS };

tn_status tni_graph_op_create_edge(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_graph_edge edge = {.props = tn_is_absent(argv[CREATE_PROPS]) ? tni_graph_no_props : argv[CREATE_PROPS]};
  tni_graph_editor editor;
  tn_slice type = {NULL, 0};
  (void)tn_as_string(argv[CREATE_TYPE], &type);
  TRY(tni_graph_ends_named(ctx, argv[CREATE_FROM], argv[CREATE_TO], &edge.from, &edge.to));
  TRY(tni_graph_number_make(ctx, TNI_GRAPH_TYPE, type, "type", &edge.type));
  tni_graph_editor_init(&editor, ctx);
  TRY(tni_graph_edge_create(&editor, &edge));
  tni_graph_edge_add_typed(result, &edge, type);
  return TN_OK;
}

tn_status tni_graph_op_delete_edge(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_graph_editor editor;
  tni_graph_edge edge;
  (void)result;
  TRY(tni_graph_edge_named(ctx, argv[0], "edge", &edge));
  tni_graph_editor_init(&editor, ctx);
  return tni_graph_edge_delete(&editor, &edge);
}

tn_status tni_graph_op_get_edge(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_graph_names types;
  tni_graph_edge edge;
  TRY(tni_graph_edge_named(ctx, argv[0], "edge", &edge));
  TRY(tni_graph_names_all(ctx, TNI_GRAPH_TYPE, &types));
  tni_graph_row_edge(result, &edge, &types);
  return TN_OK;
}
