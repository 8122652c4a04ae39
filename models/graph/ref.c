#include "ref.h"

#include "rules.h"
#include "where.h"

/* ---- nodes ------------------------------------------------------------------------------------- */

static tn_status no_unique(tn_ctx *ctx, tn_slice label, tn_slice prop, const char *where) {
  return tn_fail(ctx, TN_INVALID, where, "there is no unique constraint on %s%s%s", tni_quoted(ctx, label),
                 label.size > 0 ? "." : "", tni_quoted(ctx, prop));
}

/* The only label for which a property is unique. */
static tn_status unique_anywhere(tn_ctx *ctx, tn_slice prop, const char *where, tni_graph_rule *out) {
  const tni_graph_rule *rules;
  size_t count, found = 0;
  TRY(tni_graph_rules_of(ctx, 0, &rules, &count));
  for (size_t i = 0; i < count; i++) {
    if (rules[i].kind != TNI_GRAPH_UNIQUE || !tni_slice_same(rules[i].prop, prop)) continue;
    *out = rules[i];
    found++;
  }
  if (found == 1) return TN_OK;
  if (found == 0) return no_unique(ctx, (tn_slice){NULL, 0}, prop, where);
  return tn_fail(ctx, TN_INVALID, where, "%zu labels have a unique '%s'; name the label", found,
                 tni_quoted(ctx, prop));
}

static tn_status unique_of(tn_ctx *ctx, tn_slice label, tn_slice prop, const char *where, tni_graph_rule *out) {
  int64_t number;
  if (label.size == 0) return unique_anywhere(ctx, prop, where, out);
  TRY(tni_graph_number_known(ctx, TNI_GRAPH_LABEL, label, where, &number));
  tn_status status = tni_graph_rule_get(ctx, number, prop, TNI_GRAPH_UNIQUE, out);
  return status == TN_NOT_FOUND ? no_unique(ctx, label, prop, where) : status;
}

static tn_status no_such_key(tn_ctx *ctx, tn_slice prop, tn_value value, const char *where) {
  tn_slice text;
  int64_t n;
  if (tn_as_string(value, &text))
    return tn_fail(ctx, TN_NOT_FOUND, where, "there is no node with %s \"%s\"", tni_quoted(ctx, prop),
                   tni_quoted(ctx, text));
  if (tn_as_int(value, &n))
    return tn_fail(ctx, TN_NOT_FOUND, where, "there is no node with %s %lld", tni_quoted(ctx, prop), (long long)n);
  return tn_fail(ctx, TN_NOT_FOUND, where, "there is no node with this %s", tni_quoted(ctx, prop));
}

tn_status tni_graph_node_by_key(tn_ctx *ctx, tn_slice label, tn_slice prop, tn_value value, const char *where,
                                uint64_t *out) {
  tni_graph_rule rule;
  TRY(unique_of(ctx, label, prop, where, &rule));
  tn_status status = tni_graph_unique_node(ctx, &rule, value, out);
  return status == TN_NOT_FOUND ? no_such_key(ctx, prop, value, where) : status;
}

tn_status tni_graph_node_meant(tn_ctx *ctx, tn_value ref, const char *where, uint64_t *out) {
  int64_t id;
  tn_slice label, prop;
  if (tn_as_int(ref, &id)) return *out = (uint64_t)id, TN_OK;
  if (tn_value_type(ref) != TN_ARRAY || tn_count(ref) != 3 || !tn_as_string(tn_item(ref, 0), &label) ||
      !tn_as_string(tn_item(ref, 1), &prop))
    return tn_fail(ctx, TN_INVALID, where, "expected a node's id, or [label, property, value]");
  return tni_graph_node_by_key(ctx, label, prop, tn_item(ref, 2), where, out);
}

tn_status tni_graph_node_named(tn_ctx *ctx, tn_value ref, const char *where, uint64_t *out) {
  TRY(tni_graph_node_meant(ctx, ref, where, out));
  return tn_value_type(ref) == TN_INT ? tni_graph_node_must_be(ctx, *out, where) : TN_OK;
}

tn_status tni_graph_ends_named(tn_ctx *ctx, tn_value from, tn_value to, uint64_t *out_from, uint64_t *out_to) {
  uint64_t ids[2] = {0, 0};
  tn_slice bytes[2];
  TRY(tni_graph_node_meant(ctx, from, "from", &ids[0]));
  TRY(tni_graph_node_meant(ctx, to, "to", &ids[1]));
  TRY(tni_graph_nodes_get(ctx, ids, 2, bytes));
  if (!bytes[0].data) return tni_graph_no_node(ctx, ids[0], "from");
  if (!bytes[1].data) return tni_graph_no_node(ctx, ids[1], "to");
  *out_from = ids[0];
  *out_to = ids[1];
  return TN_OK;
}

/* ---- edges ------------------------------------------------------------------------------------- */

static tn_status no_edge(tn_ctx *ctx, const tni_graph_edge *edge, tn_slice type, const char *where) {
  return tn_fail(ctx, TN_NOT_FOUND, where, "there is no edge %s from %llu to %llu", tni_quoted(ctx, type),
                 (unsigned long long)edge->from, (unsigned long long)edge->to);
}

/* The first edge of three parts, which the bare one is; the second must not be there where the first has an id. */
static tn_status only_edge(tn_ctx *ctx, tni_graph_edge *edge, tn_slice type, const char *where) {
  tni_graph_arc first, second;
  tn_status status = tni_graph_arc_at(ctx, edge->from, edge->type, (tni_graph_arc){edge->to, 0}, &first);
  if (status == TN_NOT_FOUND || (status == TN_OK && first.node != edge->to)) return no_edge(ctx, edge, type, where);
  if (status != TN_OK) return status;
  if (first.edge == 0) return TN_OK;
  status = tni_graph_arc_at(ctx, edge->from, edge->type, (tni_graph_arc){edge->to, first.edge + 1}, &second);
  if (status != TN_OK && status != TN_NOT_FOUND) return status;
  if (status == TN_OK && second.node == edge->to)
    return tn_fail(ctx, TN_INVALID, where, "there are several edges %s from %llu to %llu; name one by its id",
                   tni_quoted(ctx, type), (unsigned long long)edge->from, (unsigned long long)edge->to);
  return tni_graph_edge_get(ctx, first.edge, edge);
}

static tn_status edge_by_ends(tn_ctx *ctx, tn_value ref, const char *where, tni_graph_edge *out) {
  tni_graph_edge edge = {0, 0, 0, 0, tni_graph_no_props};
  tn_slice type;
  if (tn_value_type(ref) != TN_ARRAY || tn_count(ref) != 3 || !tn_as_string(tn_item(ref, 1), &type))
    return tn_fail(ctx, TN_INVALID, where, "expected an edge's id, or [from, type, to]");
  TRY(tni_graph_node_named(ctx, tn_item(ref, 0), tni_where_item(ctx, where, 0), &edge.from));
  TRY(tni_graph_node_named(ctx, tn_item(ref, 2), tni_where_item(ctx, where, 2), &edge.to));
  TRY(tni_graph_number(ctx, TNI_GRAPH_TYPE, type, &edge.type));
  if (edge.type == 0) return no_edge(ctx, &edge, type, where);
  TRY(only_edge(ctx, &edge, type, where));
  *out = edge;
  return TN_OK;
}

tn_status tni_graph_edge_named(tn_ctx *ctx, tn_value ref, const char *where, tni_graph_edge *out) {
  int64_t id;
  if (!tn_as_int(ref, &id)) return edge_by_ends(ctx, ref, where, out);
  tn_status status = tni_graph_edge_get(ctx, (uint64_t)id, out);
  if (status != TN_NOT_FOUND) return status;
  return tn_fail(ctx, TN_NOT_FOUND, where, "there is no edge %lld", (long long)id);
}
