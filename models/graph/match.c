#include "match.h"

#include "scan.h"
#include "seek.h"

static bool has_props(const tn_ctx *ctx, tn_value props, tn_value key) {
  for (tn_iter it = tn_iter_of(key); tn_iter_next(&it);) {
    tn_value have = tn_field_slice(props, it.name);
    if (tn_is_absent(have) || ctx->host->value_compare(have, it.value) != 0) return false;
  }
  return true;
}

static bool is_match(const tn_ctx *ctx, const tni_graph_node *node, const tni_graph_labels *labels, tn_value key) {
  for (uint32_t i = 0; i < labels->count; i++)
    if (!tni_graph_has_label(&node->labels, labels->numbers[i])) return false;
  return has_props(ctx, node->props, key);
}

/* An index on one of the key's properties, best a unique one. */
static tn_status index_for(tn_ctx *ctx, const tni_graph_labels *labels, tn_value key, tni_graph_rule *out,
                           bool *found) {
  const tni_graph_rule *rules;
  size_t count;
  *found = false;
  for (uint32_t i = 0; i < labels->count; i++) {
    TRY(tni_graph_rules_of(ctx, labels->numbers[i], &rules, &count));
    for (size_t r = 0; r < count; r++) {
      if (!tni_graph_rule_has_entries(&rules[r]) || tn_is_absent(tn_field_slice(key, rules[r].prop))) continue;
      if (*found && rules[r].kind != TNI_GRAPH_UNIQUE) continue;
      *out = rules[r];
      *found = true;
    }
  }
  return TN_OK;
}

static tn_status match_indexed(tn_ctx *ctx, const tni_graph_rule *rule, const tni_graph_labels *labels, tn_value key,
                               uint64_t *id, tni_graph_node *node) {
  const uint64_t *ids;
  size_t count;
  TRY(tni_graph_seek_equal(ctx, rule, tn_field_slice(key, rule->prop), &ids, &count));
  for (size_t i = 0; i < count; i++) {
    tn_status status = tni_graph_node_get(ctx, ids[i], node);
    if (status != TN_OK) return status == TN_NOT_FOUND ? tni_graph_corrupt(ctx, "entries") : status;
    *id = ids[i];
    if (is_match(ctx, node, labels, key)) return TN_OK;
  }
  return TN_NOT_FOUND;
}

tn_status tni_graph_match_node(tn_ctx *ctx, const tni_graph_labels *labels, tn_value key, uint64_t *id,
                               tni_graph_node *node) {
  tni_graph_rule rule;
  bool found;
  TRY(index_for(ctx, labels, key, &rule, &found));
  if (found) return match_indexed(ctx, &rule, labels, key, id, node);
  tni_graph_scan *scan = tn_scratch(ctx, sizeof *scan);
  if (!scan) return tni_no_memory(ctx);
  TRY(tni_graph_scan_open(scan, ctx, labels->numbers[0], NULL, 0));
  do {
    TRY(tni_graph_scan_next(scan, id, node));
  } while (!is_match(ctx, node, labels, key));
  return TN_OK;
}

tn_status tni_graph_match_edge(tn_ctx *ctx, tni_graph_edge *edge, tn_value key) {
  tni_graph_arc from = {edge->to, 0}, found;
  for (;;) {
    TRY(tni_graph_arc_at(ctx, edge->from, edge->type, from, &found));
    if (found.node != edge->to) return TN_NOT_FOUND;
    edge->id = 0;
    edge->props = tni_graph_no_props;
    if (found.edge != 0) TRY(tni_graph_edge_get(ctx, found.edge, edge));
    if (has_props(ctx, edge->props, key)) return TN_OK;
    from.edge = found.edge + 1;
  }
}
