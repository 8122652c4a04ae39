#include "check.h"
#include "key.h"

/* ---- a node has what its rules ask for --------------------------------------------------------- */

static tn_status check_entry_of(tni_graph_check *c, const tni_graph_rule *rule, uint64_t id, tn_value value) {
  tn_slice key, found;
  TRY(tn_key(c->ctx, &key, rule->number, value, id));
  tn_status status = tn_map_get(c->ctx, TNI_GRAPH_ENTRIES, key, &found);
  if (status != TN_NOT_FOUND) return status;
  return tni_graph_problem(c, "entries", "node", id, "an entry of an index is missing");
}

static tn_status check_value(tni_graph_check *c, const tni_graph_rule *rule, uint64_t id, tn_value value) {
  if (!tni_graph_rule_holds(rule, value)) return tni_graph_problem(c, "nodes", "node", id, "breaks a constraint");
  if (!tni_graph_rule_has_entries(rule) || tn_is_absent(value)) return TN_OK;
  TRY(check_entry_of(c, rule, id, value));
  if (tn_value_type(value) != TN_ARRAY) return TN_OK;
  if (!rule->arrays) TRY(tni_graph_problem(c, "rules", "node", id, "an index does not know of its arrays"));
  for (tn_iter it = tn_iter_of(value); tn_iter_next(&it);) TRY(check_entry_of(c, rule, id, it.value));
  return TN_OK;
}

static tn_status check_rule(tni_graph_check *c, const tni_graph_rule *rule) {
  tni_graph_key from = tni_graph_key_of(1, rule->label, 0, 0, 0), to = tni_graph_key_end(&from);
  tn_cursor *cursor;
  tn_slice key, value;
  tni_graph_node node;
  int64_t label, id;
  tn_status status;
  TRY(tn_cursor_open(c->ctx, TNI_GRAPH_LABELS, tni_graph_key_slice(&from), tni_graph_key_slice(&to), &cursor));
  while ((status = tn_cursor_next(c->ctx, cursor, &key, &value)) == TN_OK) {
    if (!tni_graph_key_read(&key, &label) || !tni_graph_key_read(&key, &id)) continue;
    tn_status found = tni_graph_node_get(c->ctx, (uint64_t)id, &node);
    if (found == TN_NOT_FOUND || found == TN_CORRUPT) continue; /* told where labels are checked */
    if (found != TN_OK) return found;
    TRY(check_value(c, rule, (uint64_t)id, tn_field_slice(node.props, rule->prop)));
  }
  return status == TN_NOT_FOUND ? TN_OK : status;
}

/* ---- an entry has a node ----------------------------------------------------------------------- */

static bool holds_value(const tn_host *host, tn_value props, tn_slice prop, tn_value value) {
  tn_value have = tn_field_slice(props, prop);
  if (tn_is_absent(have)) return false;
  if (host->value_compare(have, value) == 0) return true;
  for (tn_iter it = tn_iter_of(have); tn_value_type(have) == TN_ARRAY && tn_iter_next(&it);)
    if (host->value_compare(it.value, value) == 0) return true;
  return false;
}

typedef struct entries_check {
  tni_graph_check *c;
  const tni_graph_rule *rules;
  size_t rule_count;
  tn_builder *parts;
} entries_check;

static const tni_graph_rule *rule_of(const entries_check *e, int64_t number) {
  for (size_t i = 0; i < e->rule_count; i++)
    if (tni_graph_rule_has_entries(&e->rules[i]) && e->rules[i].number == number) return &e->rules[i];
  return NULL;
}

static tn_status check_entry(entries_check *e, tn_slice key) {
  int64_t number = 0, id = 0;
  tni_graph_node node;
  tn_builder_clear(e->parts);
  tn_status status = tn_key_decode(e->c->ctx, key, e->parts);
  tn_value parts = tn_built(e->parts);
  if (status != TN_OK || tn_count(parts) != 3 || !tn_as_int(tn_item(parts, 0), &number) ||
      !tn_as_int(tn_item(parts, 2), &id) || id < 1)
    return tni_graph_problem(e->c, "entries", "a key", 0, "is not (number, value, id)");
  const tni_graph_rule *rule = rule_of(e, number);
  if (!rule) return tni_graph_problem(e->c, "entries", "node", (uint64_t)id, "an entry belongs to no index");
  status = tni_graph_node_get(e->c->ctx, (uint64_t)id, &node);
  if (status != TN_OK && status != TN_NOT_FOUND && status != TN_CORRUPT) return status;
  bool fine = status == TN_OK && tni_graph_has_label(&node.labels, rule->label) &&
              holds_value(e->c->ctx->host, node.props, rule->prop, tn_item(parts, 1));
  if (!fine) return tni_graph_problem(e->c, "entries", "node", (uint64_t)id, "an entry is not of this node");
  uint64_t other;
  if (rule->kind != TNI_GRAPH_UNIQUE) return TN_OK;
  TRY(tni_graph_unique_node(e->c->ctx, rule, tn_item(parts, 1), &other));
  if (other == (uint64_t)id) return TN_OK;
  return tni_graph_problem(e->c, "entries", "node", (uint64_t)id, "a unique value is another node's as well");
}

tn_status tni_graph_check_rules(tni_graph_check *c) {
  static const tn_slice open = {NULL, 0};
  entries_check e = {.c = c, .parts = tn_builder_for(c->ctx)};
  tn_cursor *cursor;
  tn_slice key, value;
  tn_status status;
  if (!e.parts) return tni_no_memory(c->ctx);
  TRY(tni_graph_rules_of(c->ctx, 0, &e.rules, &e.rule_count));
  for (size_t i = 0; i < e.rule_count; i++) TRY(check_rule(c, &e.rules[i]));
  TRY(tn_cursor_open(c->ctx, TNI_GRAPH_ENTRIES, open, open, &cursor));
  while ((status = tn_cursor_next(c->ctx, cursor, &key, &value)) == TN_OK) TRY(check_entry(&e, key));
  return status == TN_NOT_FOUND ? TN_OK : status;
}
