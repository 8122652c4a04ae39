#include "ops.h"
#include "ref.h"
#include "row.h"

/* ---- create ------------------------------------------------------------------------------------ */

/* An id of the request's choosing: above all that were given out, so that none is used twice. */
static tn_status chosen_id(tn_ctx *ctx, tn_value asked, uint64_t *out) {
  int64_t id = 0, last;
  tni_graph_node there;
  (void)tn_as_int(asked, &id);
  if (id == INT64_MAX)
    return tn_fail(ctx, TN_INVALID, "id", "expected an id below %lld, so that there are ids left after it",
                   (long long)id);
  TRY(tni_graph_counter_get(ctx, TNI_GRAPH_LAST_NODE, 0, &last));
  if (id > last) {
    *out = (uint64_t)id;
    return tni_graph_counter_set(ctx, TNI_GRAPH_LAST_NODE, 0, id);
  }
  tn_status status = id > 0 ? tni_graph_node_get(ctx, (uint64_t)id, &there) : TN_NOT_FOUND;
  if (status == TN_OK) return tn_fail(ctx, TN_EXISTS, "id", "there is a node %lld", (long long)id);
  if (status != TN_NOT_FOUND) return status;
  return tn_fail(ctx, TN_INVALID, "id", "expected an id above %lld, the last one given out, got %lld",
                 (long long)last, (long long)id);
}

enum { CREATE_LABELS, CREATE_PROPS, CREATE_ID };

tn_status tni_graph_op_create_node(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_graph_node node = {.props = tn_is_absent(argv[CREATE_PROPS]) ? tni_graph_no_props : argv[CREATE_PROPS]};
  uint64_t id;
  if (tn_is_absent(argv[CREATE_ID]))
    TRY(tni_graph_new_id(ctx, TNI_GRAPH_LAST_NODE, &id));
  else
    TRY(chosen_id(ctx, argv[CREATE_ID], &id));
  node.labels.count = 0;
  TRY(tni_graph_labels_of(ctx, argv[CREATE_LABELS], "labels", &node.labels));
  TRY(tni_graph_node_change(ctx, id, NULL, &node, "props"));
  tn_add(result, id);
  return TN_OK;
}

/* ---- delete ------------------------------------------------------------------------------------ */

static tn_status refuse_connected(tn_ctx *ctx, uint64_t id) {
  uint64_t edges;
  TRY(tni_graph_edges_count(ctx, id, &edges));
  if (edges == 0) return TN_OK;
  return tn_fail(ctx, TN_CONSTRAINT, "id", "node %llu has %llu edge%s left; detach deletes them with it",
                 (unsigned long long)id, (unsigned long long)edges, edges == 1 ? "" : "s");
}

tn_status tni_graph_op_delete_node(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_graph_editor editor;
  tni_graph_node node;
  uint64_t id, edges = 0;
  bool detach = false;
  (void)tn_as_bool(argv[1], &detach);
  TRY(tni_graph_node_named(ctx, argv[0], "id", &id));
  tni_graph_editor_init(&editor, ctx);
  TRY(detach ? tni_graph_edges_delete_of(&editor, id, &edges) : refuse_connected(ctx, id));
  TRY(tni_graph_node_get(ctx, id, &node));
  TRY(tni_graph_node_change(ctx, id, &node, NULL, "id"));
  tn_add(result, edges);
  return TN_OK;
}

/* ---- get --------------------------------------------------------------------------------------- */

tn_status tni_graph_op_get(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_graph_names labels;
  tni_graph_node node;
  uint64_t id;
  TRY(tni_graph_node_named(ctx, argv[0], "id", &id));
  TRY(tni_graph_node_get(ctx, id, &node));
  TRY(tni_graph_names_all(ctx, TNI_GRAPH_LABEL, &labels));
  tni_graph_row_node(result, id, &node, &labels);
  return TN_OK;
}
