#include "check.h"

#include <stdio.h>

#include "key.h"

#define PROBLEM_MAX 320

tn_status tni_graph_problem(tni_graph_check *c, const char *map, const char *what, uint64_t id, const char *problem) {
  char text[PROBLEM_MAX];
  if (id == 0)
    (void)snprintf(text, sizeof text, "%s: %s: %s", map, what, problem);
  else
    (void)snprintf(text, sizeof text, "%s: %s %llu: %s", map, what, (unsigned long long)id, problem);
  tn_add(c->row, (const char *)text);
  return tn_row(c->ctx, c->row);
}

tn_status tni_graph_check_map(tni_graph_check *c, uint32_t map,
                              tn_status (*each)(tni_graph_check *c, tn_slice key, tn_slice value)) {
  static const tn_slice open = {NULL, 0};
  tn_cursor *cursor;
  tn_slice key, value;
  tn_status status;
  TRY(tn_cursor_open(c->ctx, map, open, open, &cursor));
  while ((status = tn_cursor_next(c->ctx, cursor, &key, &value)) == TN_OK) TRY(each(c, key, value));
  return status == TN_NOT_FOUND ? TN_OK : status;
}

/* ---- nodes and labels -------------------------------------------------------------------------- */

static tn_status has_entry(tni_graph_check *c, uint32_t map, const tni_graph_key *key, bool *out) {
  tn_slice value;
  tn_status status = tn_map_get(c->ctx, map, tni_graph_key_slice(key), &value);
  *out = status == TN_OK;
  return status == TN_NOT_FOUND ? TN_OK : status;
}

static tn_status check_label(tni_graph_check *c, uint64_t id, int64_t label) {
  tni_graph_key key = tni_graph_key_of(2, label, (int64_t)id, 0, 0);
  bool there;
  if (label < 1 || (uint64_t)label > c->labels.count)
    return tni_graph_problem(c, "nodes", "node", id, "has a label without a name");
  c->label_nodes[label - 1]++;
  TRY(has_entry(c, TNI_GRAPH_LABELS, &key, &there));
  return there ? TN_OK : tni_graph_problem(c, "labels", "node", id, "a label's entry is missing");
}

static tn_status check_node(tni_graph_check *c, tn_slice key, tn_slice value) {
  int64_t id;
  tni_graph_node node;
  if (!tni_graph_key_read(&key, &id) || key.size > 0 || id < 1)
    return tni_graph_problem(c, "nodes", "a key", 0, "is not one id");
  if (tni_graph_node_open(c->ctx, value, &node) != TN_OK)
    return tni_graph_problem(c, "nodes", "node", (uint64_t)id, "is not of the form [[label, ...], {props}]");
  if (id > c->last_node) TRY(tni_graph_problem(c, "meta", "node", (uint64_t)id, "is above the last id given out"));
  for (uint32_t i = 0; i < node.labels.count; i++) {
    if (i > 0 && node.labels.numbers[i - 1] >= node.labels.numbers[i])
      TRY(tni_graph_problem(c, "nodes", "node", (uint64_t)id, "its labels are not in order"));
    TRY(check_label(c, (uint64_t)id, node.labels.numbers[i]));
  }
  return TN_OK;
}

static tn_status check_member(tni_graph_check *c, tn_slice key, tn_slice value) {
  int64_t label, id;
  tni_graph_node node;
  (void)value;
  if (!tni_graph_key_read(&key, &label) || !tni_graph_key_read(&key, &id) || key.size > 0)
    return tni_graph_problem(c, "labels", "a key", 0, "is not (label, id)");
  tn_status status = tni_graph_node_get(c->ctx, (uint64_t)id, &node);
  if (status != TN_OK && status != TN_NOT_FOUND && status != TN_CORRUPT) return status;
  if (status == TN_OK && tni_graph_has_label(&node.labels, label)) return TN_OK;
  return tni_graph_problem(c, "labels", "node", (uint64_t)id, "does not have this label");
}

/* ---- names and counters ------------------------------------------------------------------------ */

static tn_status check_names(tni_graph_check *c, tni_graph_kind kind, const tni_graph_names *names) {
  int64_t number;
  for (size_t i = 0; i < names->count; i++) {
    TRY(tni_graph_number(c->ctx, kind, tni_slice_of(names->names[i]), &number));
    if (number != (int64_t)i + 1) TRY(tni_graph_problem(c, "names", "number", i + 1, "its name has another number"));
  }
  return TN_OK;
}

static tn_status check_counts(tni_graph_check *c, tni_graph_counter counter, const char *what,
                              const tni_graph_names *names, const int64_t *counted) {
  int64_t said;
  for (size_t i = 0; i < names->count; i++) {
    TRY(tni_graph_counter_get(c->ctx, counter, (int64_t)i + 1, &said));
    if (said != counted[i]) TRY(tni_graph_problem(c, "meta", what, i + 1, "its count is wrong"));
  }
  return TN_OK;
}

static int64_t *zeros(tn_ctx *ctx, size_t count) {
  int64_t *numbers = tn_scratch(ctx, (count + 1) * sizeof *numbers);
  if (numbers) memset(numbers, 0, (count + 1) * sizeof *numbers);
  return numbers;
}

static tn_status begin(tni_graph_check *c) {
  TRY(tni_graph_names_all(c->ctx, TNI_GRAPH_LABEL, &c->labels));
  TRY(tni_graph_names_all(c->ctx, TNI_GRAPH_TYPE, &c->types));
  TRY(tni_graph_counter_get(c->ctx, TNI_GRAPH_LAST_NODE, 0, &c->last_node));
  TRY(tni_graph_counter_get(c->ctx, TNI_GRAPH_LAST_EDGE, 0, &c->last_edge));
  c->label_nodes = zeros(c->ctx, c->labels.count);
  c->type_edges = zeros(c->ctx, c->types.count);
  return c->label_nodes && c->type_edges ? TN_OK : tni_no_memory(c->ctx);
}

tn_status tni_graph_check_all(tn_ctx *ctx, tn_builder *row) {
  tni_graph_check c = {.ctx = ctx, .row = row};
  TRY(begin(&c));
  TRY(check_names(&c, TNI_GRAPH_LABEL, &c.labels));
  TRY(check_names(&c, TNI_GRAPH_TYPE, &c.types));
  TRY(tni_graph_check_map(&c, TNI_GRAPH_NODES, check_node));
  TRY(tni_graph_check_map(&c, TNI_GRAPH_LABELS, check_member));
  TRY(tni_graph_check_edges(&c));
  TRY(tni_graph_check_rules(&c));
  TRY(check_counts(&c, TNI_GRAPH_NODES_OF_LABEL, "label", &c.labels, c.label_nodes));
  return check_counts(&c, TNI_GRAPH_EDGES_OF_TYPE, "type", &c.types, c.type_edges);
}
