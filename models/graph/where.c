#include "where.h"

#include "key.h"

static bool mentions(tn_value filter, const char *name) {
  return memmem(filter.data, filter.size, name, strlen(name)) != NULL;
}

static bool is_extended(tn_value filter) {
  static const char *const names[] = {"_id", "_labels", "_type", "_from", "_to"};
  for (size_t i = 0; i < TNI_LENGTH(names); i++)
    if (mentions(filter, names[i])) return true;
  return false;
}

tn_status tni_graph_where_init(tni_graph_where *w, tn_ctx *ctx, tn_value filter, const char *where) {
  w->ctx = ctx;
  w->filter = NULL;
  w->extended = false;
  w->names = (tni_graph_names){NULL, 0};
  if (tn_is_absent(filter) || tn_count(filter) == 0) return TN_OK;
  tni_pool_init(&w->pool, ctx, TNI_POOL_LIMIT_DEFAULT);
  w->extended = is_extended(filter);
  w->doc = tn_builder_for(ctx);
  if (!w->doc) return tni_no_memory(ctx);
  return tni_filter_compile(ctx, filter, where, &w->filter);
}

static tn_status match(tni_graph_where *w, tn_value doc, bool *out) {
  tni_pool_mark mark = tni_pool_at(&w->pool);
  tn_status status = tni_filter_match(w->filter, &w->pool, doc, NULL, out);
  tni_pool_back(&w->pool, mark);
  return status;
}

/* The added fields are there already; a property of the same name is hidden by them. */
static tn_status finish_doc(tni_graph_where *w, tn_value props, tn_value *doc) {
  static const char *const hidden[] = {"_id", "_labels", "_type", "_from", "_to"};
  for (tn_iter it = tn_iter_of(props); tn_iter_next(&it);) {
    bool is_hidden = false;
    for (size_t i = 0; i < TNI_LENGTH(hidden); i++) is_hidden = is_hidden || tni_slice_is(it.name, hidden[i]);
    if (is_hidden) continue;
    tn_name_slice(w->doc, it.name);
    tn_add(w->doc, it.value);
  }
  tn_end(w->doc);
  *doc = tn_built(w->doc);
  return tn_is_absent(*doc) ? tni_no_memory(w->ctx) : TN_OK;
}

static tn_status names_once(tni_graph_where *w, tni_graph_kind kind) {
  return w->names.names ? TN_OK : tni_graph_names_all(w->ctx, kind, &w->names);
}

tn_status tni_graph_where_node(tni_graph_where *w, uint64_t id, const tni_graph_node *node, bool *out) {
  tn_value doc = node->props;
  if (!w->filter) return *out = true, TN_OK;
  if (w->extended) {
    TRY(names_once(w, TNI_GRAPH_LABEL));
    tn_builder_clear(w->doc);
    tn_object_begin(w->doc);
    tn_set(w->doc, "_id", id);
    tn_name(w->doc, "_labels");
    tn_array_begin(w->doc);
    for (uint32_t i = 0; i < node->labels.count; i++)
      tn_add(w->doc, tni_graph_name_of(&w->names, node->labels.numbers[i]));
    tn_end(w->doc);
    TRY(finish_doc(w, node->props, &doc));
  }
  return match(w, doc, out);
}

tn_status tni_graph_where_edge(tni_graph_where *w, const tni_graph_edge *edge, bool *out) {
  tn_value doc = edge->props;
  if (!w->filter) return *out = true, TN_OK;
  if (w->extended) {
    TRY(names_once(w, TNI_GRAPH_TYPE));
    tn_builder_clear(w->doc);
    tn_object_begin(w->doc);
    tn_set(w->doc, "_id", edge->id != 0 ? tn_arg_int((int64_t)edge->id) : TN_ARG_NULL);
    tn_set(w->doc, "_type", tni_graph_name_of(&w->names, edge->type));
    tn_set(w->doc, "_from", edge->from);
    tn_set(w->doc, "_to", edge->to);
    TRY(finish_doc(w, edge->props, &doc));
  }
  return match(w, doc, out);
}

static tn_status get_many(tn_ctx *ctx, uint32_t map, const uint64_t *ids, size_t count, tn_slice *bytes) {
  tni_graph_key keys[TNI_GRAPH_BATCH];
  tn_slice slices[TNI_GRAPH_BATCH];
  for (size_t i = 0; i < count; i++) {
    keys[i] = tni_graph_key_of(1, (int64_t)ids[i], 0, 0, 0);
    slices[i] = tni_graph_key_slice(&keys[i]);
  }
  return count > 0 ? tn_map_get_many(ctx, map, slices, count, bytes) : TN_OK;
}

tn_status tni_graph_nodes_get(tn_ctx *ctx, const uint64_t *ids, size_t count, tn_slice *bytes) {
  return get_many(ctx, TNI_GRAPH_NODES, ids, count, bytes);
}

tn_status tni_graph_edges_get(tn_ctx *ctx, const uint64_t *ids, size_t count, tn_slice *bytes) {
  return get_many(ctx, TNI_GRAPH_EDGES, ids, count, bytes);
}
