#include "bulk.h"
#include "ops.h"
#include "ref.h"

/* ---- create_nodes ------------------------------------------------------------------------------ */

tn_status tni_graph_op_create_nodes(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_graph_labels labels = {.count = 0};
  uint64_t first;
  TRY(tni_graph_labels_of(ctx, argv[1], "labels", &labels));
  TRY(tni_graph_nodes_create(ctx, &labels, argv[0], "nodes", &first));
  tn_array_begin(result);
  for (uint32_t i = 0; i < tn_count(argv[0]); i++) tn_add_int(result, (int64_t)(first + i));
  tn_end(result);
  return TN_OK;
}

/* ---- create_edges ------------------------------------------------------------------------------ */

static tn_status end_of(tn_ctx *ctx, tn_value edge, uint32_t end, uint32_t place, uint64_t *out) {
  tn_value ref = tn_item(edge, end);
  int64_t id;
  if (tn_as_int(ref, &id)) return *out = (uint64_t)id, TN_OK;
  return tni_graph_node_meant(ctx, ref, tni_where_item(ctx, tni_where_item(ctx, "edges", place), end), out);
}

static tn_status read_edge(tn_ctx *ctx, tn_value given, uint32_t place, tni_graph_edge *out) {
  uint32_t parts = tn_value_type(given) == TN_ARRAY ? tn_count(given) : 0;
  tn_value props = tn_item(given, 2);
  if (parts < 2 || parts > 3 || (parts == 3 && tn_value_type(props) != TN_OBJECT))
    return tn_fail(ctx, TN_INVALID, tni_where_item(ctx, "edges", place),
                   "expected [from, to] or [from, to, {props}]");
  out->props = parts == 3 ? props : tni_graph_no_props;
  TRY(end_of(ctx, given, 0, place, &out->from));
  return end_of(ctx, given, 1, place, &out->to);
}

tn_status tni_graph_op_create_edges(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  uint32_t count = tn_count(argv[0]);
  tn_slice name = {NULL, 0};
  int64_t type;
  if (count > TNI_GRAPH_BULK_MAX)
    return tn_fail(ctx, TN_LIMIT, "edges", "at most %d at once, these are %u", TNI_GRAPH_BULK_MAX, (unsigned)count);
  tni_graph_edge *edges = tn_scratch(ctx, ((size_t)count + 1) * sizeof *edges);
  if (!edges) return tni_no_memory(ctx);
  for (tn_iter it = tn_iter_of(argv[0]); tn_iter_next(&it);)
    TRY(read_edge(ctx, it.value, it.next - 1, &edges[it.next - 1]));
  (void)tn_as_string(argv[1], &name);
  TRY(tni_graph_number_make(ctx, TNI_GRAPH_TYPE, name, "type", &type));
  for (uint32_t i = 0; i < count; i++) edges[i].type = type;
  TRY(tni_graph_bulk_create(ctx, type, edges, count));
  tn_add(result, count);
  return TN_OK;
}
