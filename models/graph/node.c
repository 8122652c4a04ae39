#include "node.h"

#include "key.h"
#include "rules.h"

static const uint8_t no_props[] = {TN_TAG_OBJECT8, 1, 0}, null_value[] = {TN_TAG_NULL};
const tn_value tni_graph_no_props = {no_props, sizeof no_props};

/* ---- reading ----------------------------------------------------------------------------------- */

static bool read_labels(tn_value numbers, tni_graph_labels *out) {
  out->count = 0;
  if (tn_value_type(numbers) != TN_ARRAY || tn_count(numbers) > TNI_GRAPH_LABELS_MAX) return false;
  for (tn_iter it = tn_iter_of(numbers); tn_iter_next(&it);)
    if (!tn_as_int(it.value, &out->numbers[out->count++])) return false;
  return true;
}

tn_status tni_graph_node_open(tn_ctx *ctx, tn_slice bytes, tni_graph_node *out) {
  tn_value stored = tn_bytes_value(bytes);
  out->props = tn_item(stored, 1);
  if (!read_labels(tn_item(stored, 0), &out->labels) || tn_value_type(out->props) != TN_OBJECT)
    return tni_graph_corrupt(ctx, "a node");
  return TN_OK;
}

tn_status tni_graph_node_get(tn_ctx *ctx, uint64_t id, tni_graph_node *out) {
  tni_graph_key key = tni_graph_key_of(1, (int64_t)id, 0, 0, 0);
  tn_slice bytes;
  TRY(tn_map_get(ctx, TNI_GRAPH_NODES, tni_graph_key_slice(&key), &bytes));
  return tni_graph_node_open(ctx, bytes, out);
}

tn_status tni_graph_no_node(tn_ctx *ctx, uint64_t id, const char *where) {
  return tn_fail(ctx, TN_NOT_FOUND, where, "there is no node %lld", (long long)id);
}

tn_status tni_graph_node_must_be(tn_ctx *ctx, uint64_t id, const char *where) {
  tni_graph_key key = tni_graph_key_of(1, (int64_t)id, 0, 0, 0);
  tn_slice bytes;
  tn_status status = tn_map_get(ctx, TNI_GRAPH_NODES, tni_graph_key_slice(&key), &bytes);
  return status == TN_NOT_FOUND ? tni_graph_no_node(ctx, id, where) : status;
}

/* ---- writing ----------------------------------------------------------------------------------- */

static tn_status put_node(tn_ctx *ctx, tn_builder *b, uint64_t id, const tni_graph_node *node, const char *where) {
  tni_graph_key key = tni_graph_key_of(1, (int64_t)id, 0, 0, 0);
  tn_builder_clear(b);
  tn_array_begin(b);
  tn_array_begin(b);
  for (uint32_t i = 0; i < node->labels.count; i++) tn_add_int(b, node->labels.numbers[i]);
  tn_end(b);
  tn_add(b, node->props);
  tn_end(b);
  if (tn_builder_status(b) != TN_OK) return tni_graph_not_built(ctx, b, where);
  return tn_map_put(ctx, TNI_GRAPH_NODES, tni_graph_key_slice(&key), tn_value_bytes(tn_built(b)));
}

static tn_status delete_node(tn_ctx *ctx, uint64_t id) {
  tni_graph_key key = tni_graph_key_of(1, (int64_t)id, 0, 0, 0);
  return tn_map_delete(ctx, TNI_GRAPH_NODES, tni_graph_key_slice(&key));
}

static tn_status put_member(tn_ctx *ctx, uint64_t id, int64_t label) {
  tni_graph_key key = tni_graph_key_of(2, label, (int64_t)id, 0, 0);
  return tn_map_put(ctx, TNI_GRAPH_LABELS, tni_graph_key_slice(&key), (tn_slice){null_value, 1});
}

static tn_status join_label(tn_ctx *ctx, uint64_t id, int64_t label) {
  TRY(tni_graph_counter_add(ctx, TNI_GRAPH_NODES_OF_LABEL, label, 1));
  return put_member(ctx, id, label);
}

static tn_status leave_label(tn_ctx *ctx, uint64_t id, int64_t label) {
  tni_graph_key key = tni_graph_key_of(2, label, (int64_t)id, 0, 0);
  TRY(tni_graph_counter_add(ctx, TNI_GRAPH_NODES_OF_LABEL, label, -1));
  tn_status status = tn_map_delete(ctx, TNI_GRAPH_LABELS, tni_graph_key_slice(&key));
  return status == TN_NOT_FOUND ? tni_graph_corrupt(ctx, "labels") : status;
}

static tn_status change_labels(tn_ctx *ctx, uint64_t id, const tni_graph_labels *before,
                               const tni_graph_labels *after) {
  for (uint32_t i = 0; i < before->count; i++)
    if (!tni_graph_has_label(after, before->numbers[i])) TRY(leave_label(ctx, id, before->numbers[i]));
  for (uint32_t i = 0; i < after->count; i++)
    if (!tni_graph_has_label(before, after->numbers[i])) TRY(join_label(ctx, id, after->numbers[i]));
  return TN_OK;
}

tn_status tni_graph_node_change(tn_ctx *ctx, uint64_t id, const tni_graph_node *before, const tni_graph_node *after,
                                const char *where) {
  static const tni_graph_labels none = {0, {0}};
  tn_builder *builder = tn_builder_for(ctx);
  tni_graph_node was; /* the rules look at both, and what `before` points to may move with the first change */
  if (!builder) return tni_no_memory(ctx);
  if (before) {
    was = *before;
    TRY(tni_graph_props_change(ctx, before->props, TN_NO_VALUE, TN_NO_VALUE, where, &was.props));
  }
  TRY(tni_graph_rules_apply(ctx, id, before ? &was : NULL, after, where));
  TRY(change_labels(ctx, id, before ? &was.labels : &none, after ? &after->labels : &none));
  return after ? put_node(ctx, builder, id, after, where) : delete_node(ctx, id);
}

/* Map by map, so that each is gone through in order. */
tn_status tni_graph_nodes_create(tn_ctx *ctx, const tni_graph_labels *labels, tn_value props, const char *where,
                                 uint64_t *first) {
  tn_builder *builder = tn_builder_for(ctx);
  tni_graph_node node = {.labels = *labels};
  tni_graph_rules rules;
  uint32_t count = tn_count(props);
  if (!builder) return tni_no_memory(ctx);
  TRY(tni_graph_new_ids(ctx, TNI_GRAPH_LAST_NODE, count, first));
  bool ruled = tn_map_count(ctx, TNI_GRAPH_RULES) > 0;
  TRY(tni_graph_rules_init(&rules, ctx, labels));
  for (tn_iter it = tn_iter_of(props); tn_iter_next(&it);) {
    uint64_t id = *first + it.next - 1;
    bool is_object = tn_value_type(it.value) == TN_OBJECT;
    const char *at = ruled || !is_object ? tni_where_item(ctx, where, it.next - 1) : where;
    if (!is_object) return tni_expect(ctx, it.value, TN_T_OBJECT, "an object of properties", at);
    node.props = it.value;
    TRY(tni_graph_rules_apply_new(&rules, id, it.value, at));
    TRY(put_node(ctx, builder, id, &node, at));
    TRY(tn_progress(ctx, "nodes", it.next, count));
  }
  for (uint32_t k = 0; k < labels->count; k++) {
    for (uint32_t i = 0; i < count; i++) TRY(put_member(ctx, *first + i, labels->numbers[k]));
    TRY(tni_graph_counter_add(ctx, TNI_GRAPH_NODES_OF_LABEL, labels->numbers[k], count));
  }
  return TN_OK;
}

/* ---- labels ------------------------------------------------------------------------------------ */

bool tni_graph_has_label(const tni_graph_labels *labels, int64_t number) {
  for (uint32_t i = 0; i < labels->count; i++)
    if (labels->numbers[i] == number) return true;
  return false;
}

tn_status tni_graph_labels_add(tn_ctx *ctx, tni_graph_labels *labels, int64_t number, const char *where) {
  uint32_t at = labels->count;
  if (tni_graph_has_label(labels, number)) return TN_OK;
  if (at == TNI_GRAPH_LABELS_MAX)
    return tn_fail(ctx, TN_LIMIT, where, "a node has at most %d labels", TNI_GRAPH_LABELS_MAX);
  for (; at > 0 && labels->numbers[at - 1] > number; at--) labels->numbers[at] = labels->numbers[at - 1];
  labels->numbers[at] = number;
  labels->count++;
  return TN_OK;
}

void tni_graph_labels_remove(tni_graph_labels *labels, int64_t number) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < labels->count; i++)
    if (labels->numbers[i] != number) labels->numbers[kept++] = labels->numbers[i];
  labels->count = kept;
}

static tn_status add_named(tn_ctx *ctx, tn_value name, const char *where, tni_graph_labels *labels) {
  tn_slice text = {NULL, 0};
  int64_t number;
  TRY(tni_expect(ctx, name, TN_T_STRING, "the name of a label", where));
  (void)tn_as_string(name, &text);
  TRY(tni_graph_number_make(ctx, TNI_GRAPH_LABEL, text, where, &number));
  return tni_graph_labels_add(ctx, labels, number, where);
}

tn_status tni_graph_labels_of(tn_ctx *ctx, tn_value names, const char *where, tni_graph_labels *labels) {
  if (tn_is_absent(names)) return TN_OK;
  if (tn_value_type(names) != TN_ARRAY) return add_named(ctx, names, where, labels);
  for (tn_iter it = tn_iter_of(names); tn_iter_next(&it);)
    TRY(add_named(ctx, it.value, tni_where_item(ctx, where, it.next - 1), labels));
  return TN_OK;
}

/* ---- properties -------------------------------------------------------------------------------- */

static bool is_named_in(tn_value names, tn_slice name) {
  for (tn_iter it = tn_iter_of(names); tn_iter_next(&it);) {
    tn_slice text;
    if (tn_as_string(it.value, &text) && tni_slice_same(text, name)) return true;
  }
  return false;
}

tn_status tni_graph_props_change(tn_ctx *ctx, tn_value props, tn_value changes, tn_value without, const char *where,
                                 tn_value *out) {
  tn_builder *b = tn_builder_for(ctx);
  if (!b) return tni_no_memory(ctx);
  tn_object_begin(b);
  for (tn_iter it = tn_iter_of(props); tn_iter_next(&it);) {
    tn_value changed = tn_field_slice(changes, it.name);
    if (is_named_in(without, it.name)) continue;
    tn_name_slice(b, it.name);
    tn_add(b, tn_is_absent(changed) ? it.value : changed);
  }
  for (tn_iter it = tn_iter_of(changes); tn_iter_next(&it);) {
    if (!tn_is_absent(tn_field_slice(props, it.name)) || is_named_in(without, it.name)) continue;
    tn_name_slice(b, it.name);
    tn_add(b, it.value);
  }
  tn_end(b);
  if (tn_builder_status(b) != TN_OK) return tni_graph_not_built(ctx, b, where);
  *out = tn_built(b);
  return TN_OK;
}
