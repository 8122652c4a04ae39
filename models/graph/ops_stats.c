#include "names.h"
#include "ops.h"

static tn_status add_counts(tn_ctx *ctx, tni_graph_kind kind, tni_graph_counter counter, const char *field,
                            tn_builder *out, int64_t *sum) {
  tni_graph_names names;
  int64_t count;
  TRY(tni_graph_names_all(ctx, kind, &names));
  *sum = 0;
  tn_name(out, field);
  tn_object_begin(out);
  for (size_t i = 0; i < names.count; i++) {
    TRY(tni_graph_counter_get(ctx, counter, (int64_t)i + 1, &count));
    if (count > 0) tn_set(out, names.names[i], count);
    *sum += count;
  }
  tn_end(out);
  return TN_OK;
}

tn_status tni_graph_op_stats(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  int64_t edges, unused;
  (void)argv;
  tn_object_begin(result);
  tn_set(result, "nodes", tn_map_count(ctx, TNI_GRAPH_NODES));
  TRY(add_counts(ctx, TNI_GRAPH_LABEL, TNI_GRAPH_NODES_OF_LABEL, "labels", result, &unused));
  TRY(add_counts(ctx, TNI_GRAPH_TYPE, TNI_GRAPH_EDGES_OF_TYPE, "types", result, &edges));
  tn_set(result, "edges", edges);
  tn_set(result, "edges_with_id", tn_map_count(ctx, TNI_GRAPH_EDGES));
  tn_set(result, "indexed_values", tn_map_count(ctx, TNI_GRAPH_ENTRIES));
  tn_end(result);
  return TN_OK;
}
