#include "ops.h"
#include "ref.h"
#include "rules.h"
#include "types.h"

/* What export printed, one row a call. */
enum {
  LOAD_ID,
  LOAD_LABELS,
  LOAD_PROPS,
  LOAD_FROM,
  LOAD_TYPE,
  LOAD_TO,
  LOAD_EDGE,
  LOAD_RULE,
  LOAD_LABEL,
  LOAD_PROP,
  LOAD_VALUES
};

static tn_status raise_last(tn_ctx *ctx, tni_graph_counter counter, int64_t id) {
  int64_t last;
  TRY(tni_graph_counter_get(ctx, counter, 0, &last));
  return id > last ? tni_graph_counter_set(ctx, counter, 0, id) : TN_OK;
}

static tn_status id_of(tn_ctx *ctx, tn_value given, const char *where, int64_t *out) {
  *out = 0;
  (void)tn_as_int(given, out);
  return *out >= 1 ? TN_OK : tn_fail(ctx, TN_INVALID, where, "expected an id from 1 up, got %lld", (long long)*out);
}

static tn_status restore_node(tn_ctx *ctx, const tn_value *argv) {
  tni_graph_node node = {.labels = {.count = 0}, .props = tni_graph_no_props}, there;
  int64_t id;
  if (tn_is_absent(argv[LOAD_ID]))
    return tn_fail(ctx, TN_INVALID, "id", "expected the id of a node, from of an edge, or a rule");
  TRY(id_of(ctx, argv[LOAD_ID], "id", &id));
  tn_status status = tni_graph_node_get(ctx, (uint64_t)id, &there);
  if (status == TN_OK) return tn_fail(ctx, TN_EXISTS, "id", "there is a node %lld", (long long)id);
  if (status != TN_NOT_FOUND) return status;
  if (!tn_is_absent(argv[LOAD_PROPS])) node.props = argv[LOAD_PROPS];
  TRY(raise_last(ctx, TNI_GRAPH_LAST_NODE, id));
  TRY(tni_graph_labels_of(ctx, argv[LOAD_LABELS], "labels", &node.labels));
  return tni_graph_node_change(ctx, (uint64_t)id, NULL, &node, "props");
}

static tn_status restore_edge_id(tn_ctx *ctx, tn_value given, tni_graph_edge *edge) {
  tni_graph_edge there;
  int64_t id;
  TRY(id_of(ctx, given, "edge", &id));
  tn_status status = tni_graph_edge_get(ctx, (uint64_t)id, &there);
  if (status == TN_OK) return tn_fail(ctx, TN_EXISTS, "edge", "there is an edge %lld", (long long)id);
  if (status != TN_NOT_FOUND) return status;
  edge->id = (uint64_t)id;
  return raise_last(ctx, TNI_GRAPH_LAST_EDGE, id);
}

static tn_status restore_edge(tn_ctx *ctx, const tn_value *argv) {
  tni_graph_edge edge = {.props = tni_graph_no_props};
  tni_graph_editor editor;
  tn_slice type = {NULL, 0};
  (void)tn_as_string(argv[LOAD_TYPE], &type);
  TRY(tni_graph_ends_named(ctx, argv[LOAD_FROM], argv[LOAD_TO], &edge.from, &edge.to));
  TRY(tni_graph_number_make(ctx, TNI_GRAPH_TYPE, type, "type", &edge.type));
  if (!tn_is_absent(argv[LOAD_PROPS])) edge.props = argv[LOAD_PROPS];
  tni_graph_editor_init(&editor, ctx);
  if (tn_is_absent(argv[LOAD_EDGE])) return tni_graph_edge_create(&editor, &edge);
  TRY(restore_edge_id(ctx, argv[LOAD_EDGE], &edge));
  return tni_graph_edge_restore(&editor, &edge);
}

static tn_status restore_rule(tn_ctx *ctx, const tn_value *argv) {
  tni_graph_rule rule = {.kind = TNI_GRAPH_INDEX};
  tn_slice kind = {NULL, 0}, label = {NULL, 0};
  (void)tn_as_string(argv[LOAD_RULE], &kind);
  (void)tn_as_string(argv[LOAD_LABEL], &label);
  if (!tn_as_string(argv[LOAD_PROP], &rule.prop))
    return tn_fail(ctx, TN_INVALID, "prop", "expected the property of the rule");
  while (!tni_slice_is(kind, tni_graph_rule_names[rule.kind])) {
    if (rule.kind++ == TNI_GRAPH_TYPED)
      return tn_fail(ctx, TN_INVALID, "rule", "expected index, unique, required or type, got '%s'",
                     tni_quoted(ctx, kind));
  }
  if (rule.kind == TNI_GRAPH_TYPED) TRY(tni_graph_types_of(ctx, argv[LOAD_VALUES], "values", &rule.types));
  TRY(tni_graph_number_make(ctx, TNI_GRAPH_LABEL, label, "label", &rule.label));
  return tni_graph_rule_create(ctx, &rule);
}

tn_status tni_graph_op_load(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  (void)result;
  if (!tn_is_absent(argv[LOAD_RULE])) return restore_rule(ctx, argv);
  return tn_is_absent(argv[LOAD_FROM]) ? restore_node(ctx, argv) : restore_edge(ctx, argv);
}
