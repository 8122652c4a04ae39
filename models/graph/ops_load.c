#include "match.h"
#include "ops.h"
#include "ref.h"
#include "rules.h"

/* ---- load_nodes -------------------------------------------------------------------------------- */

enum { NODES_PROPS, NODES_LABELS, NODES_KEY };

/* The node that has this key already, for a file that is loaded again. NOT_FOUND. */
static tn_status loaded_before(tn_ctx *ctx, const tni_graph_labels *labels, tn_slice key, tn_value props,
                               uint64_t *id) {
  tni_graph_rule rule;
  tn_value value = tn_field_slice(props, key);
  if (tn_is_absent(value))
    return tn_fail(ctx, TN_INVALID, tni_where(ctx, "props", key), "expected the key '%s'", tni_quoted(ctx, key));
  for (uint32_t i = 0; i < labels->count; i++) {
    tn_status status = tni_graph_rule_get(ctx, labels->numbers[i], key, TNI_GRAPH_UNIQUE, &rule);
    if (status == TN_NOT_FOUND) continue;
    return status == TN_OK ? tni_graph_unique_node(ctx, &rule, value, id) : status;
  }
  return tn_fail(ctx, TN_INVALID, "key", "there is no unique constraint on '%s' of these labels",
                 tni_quoted(ctx, key));
}

static tn_status load_again(tn_ctx *ctx, uint64_t id, const tni_graph_node *loaded) {
  tni_graph_node before, after;
  TRY(tni_graph_node_get(ctx, id, &before));
  after.labels = before.labels;
  for (uint32_t i = 0; i < loaded->labels.count; i++)
    TRY(tni_graph_labels_add(ctx, &after.labels, loaded->labels.numbers[i], "labels"));
  TRY(tni_graph_props_change(ctx, before.props, loaded->props, TN_NO_VALUE, "props", &after.props));
  return tni_graph_node_change(ctx, id, &before, &after, "props");
}

tn_status tni_graph_op_load_nodes(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_graph_node node = {.labels = {.count = 0}, .props = argv[NODES_PROPS]};
  tn_slice key;
  uint64_t id;
  TRY(tni_graph_labels_of(ctx, argv[NODES_LABELS], "labels", &node.labels));
  tn_status status = TN_NOT_FOUND;
  if (tn_as_string(argv[NODES_KEY], &key)) status = loaded_before(ctx, &node.labels, key, node.props, &id);
  if (status == TN_OK) {
    TRY(load_again(ctx, id, &node));
  } else if (status == TN_NOT_FOUND) {
    TRY(tni_graph_new_id(ctx, TNI_GRAPH_LAST_NODE, &id));
    TRY(tni_graph_node_change(ctx, id, NULL, &node, "props"));
  } else {
    return status;
  }
  tn_add(result, id);
  return TN_OK;
}

/* ---- load_edges -------------------------------------------------------------------------------- */

enum {
  EDGES_FROM,
  EDGES_TO,
  EDGES_TYPE,
  EDGES_PROPS,
  EDGES_KEY,
  EDGES_LABEL,
  EDGES_TO_KEY,
  EDGES_TO_LABEL,
  EDGES_MERGE
};

static tn_slice text_or(tn_value given, tn_slice otherwise) {
  tn_slice text;
  return tn_as_string(given, &text) ? text : otherwise;
}

/* An end by its key, or by its id where there is no key. */
static tn_status end_of(tn_ctx *ctx, tn_value end, tn_slice key, tn_slice label, const char *where, uint64_t *out) {
  if (key.size == 0) return tni_graph_node_named(ctx, end, where, out);
  return tni_graph_node_by_key(ctx, label, key, end, where, out);
}

tn_status tni_graph_op_load_edges(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  static const tn_slice none = {NULL, 0};
  tni_graph_edge edge = {.id = 0};
  tni_graph_editor editor;
  tn_slice type = {NULL, 0}, key = text_or(argv[EDGES_KEY], none), label = text_or(argv[EDGES_LABEL], none);
  tn_status status = TN_NOT_FOUND;
  bool merge = false;
  (void)tn_as_bool(argv[EDGES_MERGE], &merge);
  (void)tn_as_string(argv[EDGES_TYPE], &type);
  TRY(end_of(ctx, argv[EDGES_FROM], key, label, "from", &edge.from));
  TRY(end_of(ctx, argv[EDGES_TO], text_or(argv[EDGES_TO_KEY], key), text_or(argv[EDGES_TO_LABEL], label), "to",
             &edge.to));
  TRY(tni_graph_number_make(ctx, TNI_GRAPH_TYPE, type, "type", &edge.type));
  tn_value props = tn_is_absent(argv[EDGES_PROPS]) ? tni_graph_no_props : argv[EDGES_PROPS];
  if (merge) status = tni_graph_match_edge(ctx, &edge, props);
  if (status != TN_NOT_FOUND) return status;
  edge.props = props;
  tni_graph_editor_init(&editor, ctx);
  TRY(tni_graph_edge_create(&editor, &edge));
  if (edge.id != 0) tn_add(result, edge.id);
  return TN_OK;
}
