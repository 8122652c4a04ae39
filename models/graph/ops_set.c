#include "ops.h"
#include "ref.h"

/* What set and remove ask for: properties and labels to be put and to be taken away. */
typedef struct change {
  tn_value props, without;
  tni_graph_labels joined, left;
  bool replace; /* properties that are not named go */
} change;

/* One of the two params that say what is changed. */
static tn_status expect_one(tn_ctx *ctx, tn_value id, tn_value edge) {
  if (tn_is_absent(id) != tn_is_absent(edge)) return TN_OK;
  return tn_fail(ctx, TN_INVALID, "id", "expected either id, of a node, or edge%s",
                 tn_is_absent(id) ? "" : "; got both");
}

static tn_status props_after(tn_ctx *ctx, tn_value before, const change *c, tn_value *out) {
  return tni_graph_props_change(ctx, c->replace ? tni_graph_no_props : before, c->props, c->without, "props", out);
}

static tn_status change_node(tn_ctx *ctx, tn_value ref, const change *c, tn_builder *result) {
  tni_graph_node before, after;
  uint64_t id;
  TRY(tni_graph_node_named(ctx, ref, "id", &id));
  TRY(tni_graph_node_get(ctx, id, &before));
  after.labels = before.labels;
  for (uint32_t i = 0; i < c->joined.count; i++)
    TRY(tni_graph_labels_add(ctx, &after.labels, c->joined.numbers[i], "labels"));
  for (uint32_t i = 0; i < c->left.count; i++) tni_graph_labels_remove(&after.labels, c->left.numbers[i]);
  TRY(props_after(ctx, before.props, c, &after.props));
  tn_add(result, id);
  if (after.labels.count == before.labels.count && tn_value_same(after.props, before.props) &&
      memcmp(after.labels.numbers, before.labels.numbers, after.labels.count * sizeof *after.labels.numbers) == 0)
    return TN_OK;
  return tni_graph_node_change(ctx, id, &before, &after, "props");
}

static tn_status change_edge(tn_ctx *ctx, tn_value ref, const change *c, tn_builder *result) {
  tni_graph_editor editor;
  tni_graph_names types;
  tni_graph_edge edge;
  tn_value props;
  TRY(tni_graph_edge_named(ctx, ref, "edge", &edge));
  TRY(props_after(ctx, edge.props, c, &props));
  tni_graph_editor_init(&editor, ctx);
  if (!tn_value_same(props, edge.props)) TRY(tni_graph_edge_set(&editor, &edge, props));
  TRY(tni_graph_names_all(ctx, TNI_GRAPH_TYPE, &types));
  tni_graph_edge_add(result, &edge, &types);
  return TN_OK;
}

static tn_status apply(tn_ctx *ctx, tn_value id, tn_value edge, const change *c, tn_builder *result) {
  return tn_is_absent(edge) ? change_node(ctx, id, c, result) : change_edge(ctx, edge, c, result);
}

static tn_status no_labels_of_edges(tn_ctx *ctx, tn_value edge, tn_value labels) {
  if (tn_is_absent(edge) || tn_is_absent(labels)) return TN_OK;
  return tn_fail(ctx, TN_INVALID, "labels", "an edge has a type and no labels");
}

enum { CHANGE_ID, CHANGE_EDGE, CHANGE_PROPS, CHANGE_LABELS, SET_REPLACE };

tn_status tni_graph_op_set(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  change c = {.props = argv[CHANGE_PROPS], .without = TN_NO_VALUE};
  (void)tn_as_bool(argv[SET_REPLACE], &c.replace);
  TRY(expect_one(ctx, argv[CHANGE_ID], argv[CHANGE_EDGE]));
  TRY(no_labels_of_edges(ctx, argv[CHANGE_EDGE], argv[CHANGE_LABELS]));
  TRY(tni_graph_labels_of(ctx, argv[CHANGE_LABELS], "labels", &c.joined));
  return apply(ctx, argv[CHANGE_ID], argv[CHANGE_EDGE], &c, result);
}

/* Labels that nobody knows are on no node. */
static tn_status labels_known(tn_ctx *ctx, tn_value names, tni_graph_labels *out) {
  for (tn_iter it = tn_iter_of(names); tn_iter_next(&it);) {
    tn_slice name = {NULL, 0};
    int64_t number;
    const char *where = tni_where_item(ctx, "labels", it.next - 1);
    TRY(tni_expect(ctx, it.value, TN_T_STRING, "the name of a label", where));
    (void)tn_as_string(it.value, &name);
    TRY(tni_graph_number(ctx, TNI_GRAPH_LABEL, name, &number));
    if (number != 0) TRY(tni_graph_labels_add(ctx, out, number, where));
  }
  return TN_OK;
}

tn_status tni_graph_op_remove(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  change c = {.props = TN_NO_VALUE, .without = argv[CHANGE_PROPS]};
  TRY(expect_one(ctx, argv[CHANGE_ID], argv[CHANGE_EDGE]));
  TRY(no_labels_of_edges(ctx, argv[CHANGE_EDGE], argv[CHANGE_LABELS]));
  for (tn_iter it = tn_iter_of(c.without); tn_iter_next(&it);)
    TRY(tni_expect(ctx, it.value, TN_T_STRING, "the name of a property", tni_where_item(ctx, "props", it.next - 1)));
  TRY(labels_known(ctx, argv[CHANGE_LABELS], &c.left));
  return apply(ctx, argv[CHANGE_ID], argv[CHANGE_EDGE], &c, result);
}
