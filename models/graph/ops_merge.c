#include "match.h"
#include "ops.h"
#include "ref.h"

/* ---- merge_node -------------------------------------------------------------------------------- */

enum { NODE_LABELS, NODE_KEY, NODE_PROPS, NODE_ON_CREATE };

static void answer(tn_builder *result, const char *field, uint64_t id, bool created) {
  tn_object_begin(result);
  tn_set(result, field, id);
  tn_set(result, "created", created);
  tn_end(result);
}

/* Properties of what is created: the key's, then those for that case, then those for both. */
static tn_status new_props(tn_ctx *ctx, tn_value key, tn_value on_create, tn_value props, tn_value *out) {
  tn_value begun;
  TRY(tni_graph_props_change(ctx, key, on_create, TN_NO_VALUE, "on_create", &begun));
  return tni_graph_props_change(ctx, begun, props, TN_NO_VALUE, "props", out);
}

static tn_status update_node(tn_ctx *ctx, uint64_t id, const tni_graph_node *before, tn_value props) {
  tni_graph_node after = *before;
  TRY(tni_graph_props_change(ctx, before->props, props, TN_NO_VALUE, "props", &after.props));
  if (tn_value_same(after.props, before->props)) return TN_OK;
  return tni_graph_node_change(ctx, id, before, &after, "props");
}

tn_status tni_graph_op_merge_node(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_graph_node node = {.labels = {.count = 0}}, found;
  uint64_t id;
  TRY(tni_graph_labels_of(ctx, argv[NODE_LABELS], "labels", &node.labels));
  if (node.labels.count == 0) return tn_fail(ctx, TN_INVALID, "labels", "expected at least one label");
  if (tn_count(argv[NODE_KEY]) == 0) return tn_fail(ctx, TN_INVALID, "key", "expected at least one property");
  tn_status status = tni_graph_match_node(ctx, &node.labels, argv[NODE_KEY], &id, &found);
  if (status != TN_OK && status != TN_NOT_FOUND) return status;
  if (status == TN_OK) {
    TRY(update_node(ctx, id, &found, argv[NODE_PROPS]));
  } else {
    TRY(tni_graph_new_id(ctx, TNI_GRAPH_LAST_NODE, &id));
    TRY(new_props(ctx, argv[NODE_KEY], argv[NODE_ON_CREATE], argv[NODE_PROPS], &node.props));
    TRY(tni_graph_node_change(ctx, id, NULL, &node, "props"));
  }
  answer(result, "id", id, status == TN_NOT_FOUND);
  return TN_OK;
}

/* ---- merge_edge -------------------------------------------------------------------------------- */

enum { EDGE_FROM, EDGE_TO, EDGE_TYPE, EDGE_KEY, EDGE_PROPS, EDGE_ON_CREATE };

static tn_status update_edge(tn_ctx *ctx, tni_graph_edge *edge, tn_value props) {
  tni_graph_editor editor;
  tn_value after;
  TRY(tni_graph_props_change(ctx, edge->props, props, TN_NO_VALUE, "props", &after));
  tni_graph_editor_init(&editor, ctx);
  return tn_value_same(after, edge->props) ? TN_OK : tni_graph_edge_set(&editor, edge, after);
}

static tn_status create_edge(tn_ctx *ctx, tni_graph_edge *edge, const tn_value *argv) {
  tni_graph_editor editor;
  TRY(new_props(ctx, argv[EDGE_KEY], argv[EDGE_ON_CREATE], argv[EDGE_PROPS], &edge->props));
  tni_graph_editor_init(&editor, ctx);
  return tni_graph_edge_create(&editor, edge);
}

tn_status tni_graph_op_merge_edge(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_graph_edge edge = {.id = 0};
  tni_graph_names types;
  tn_slice type = {NULL, 0};
  (void)tn_as_string(argv[EDGE_TYPE], &type);
  TRY(tni_graph_ends_named(ctx, argv[EDGE_FROM], argv[EDGE_TO], &edge.from, &edge.to));
  TRY(tni_graph_number_make(ctx, TNI_GRAPH_TYPE, type, "type", &edge.type));
  tn_status status = tni_graph_match_edge(ctx, &edge, argv[EDGE_KEY]);
  if (status != TN_OK && status != TN_NOT_FOUND) return status;
  TRY(status == TN_OK ? update_edge(ctx, &edge, argv[EDGE_PROPS]) : create_edge(ctx, &edge, argv));
  TRY(tni_graph_names_all(ctx, TNI_GRAPH_TYPE, &types));
  tn_object_begin(result);
  tn_name(result, "edge");
  tni_graph_edge_add(result, &edge, &types);
  tn_set(result, "created", (_Bool)(status == TN_NOT_FOUND));
  tn_end(result);
  return TN_OK;
}
