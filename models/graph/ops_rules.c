#include "ops.h"
#include "row.h"
#include "rules.h"
#include "types.h"

/* ---- creating and dropping --------------------------------------------------------------------- */

static tn_status kind_of(tn_ctx *ctx, tn_value given, tni_graph_rule_kind *out) {
  tn_slice name = {NULL, 0};
  (void)tn_as_string(given, &name);
  for (int i = TNI_GRAPH_UNIQUE; i <= TNI_GRAPH_TYPED; i++)
    if (tni_slice_is(name, tni_graph_rule_names[i])) return *out = (tni_graph_rule_kind)i, TN_OK;
  return tn_fail(ctx, TN_INVALID, "kind", "expected unique, required or type, got '%s'%s", tni_quoted(ctx, name),
                 tn_nearest(ctx, name, tni_graph_rule_names + 1, 3));
}

static tn_status create(tn_ctx *ctx, tn_value label, tn_value prop, tni_graph_rule *rule) {
  tn_slice name = {NULL, 0};
  (void)tn_as_string(label, &name);
  (void)tn_as_string(prop, &rule->prop);
  TRY(tni_graph_number_make(ctx, TNI_GRAPH_LABEL, name, "label", &rule->label));
  tn_status status = tni_graph_rule_create(ctx, rule);
  if (status != TN_EXISTS) return status;
  return tn_fail(ctx, TN_EXISTS, "prop", "there is %s %s.%s already", tni_graph_rule_names[rule->kind],
                 tni_quoted(ctx, name), tni_quoted(ctx, rule->prop));
}

static tn_status drop(tn_ctx *ctx, tn_value label, tn_value prop, tni_graph_rule_kind kind) {
  tn_slice label_name = {NULL, 0}, prop_name = {NULL, 0};
  tni_graph_rule rule;
  int64_t number;
  (void)tn_as_string(label, &label_name);
  (void)tn_as_string(prop, &prop_name);
  TRY(tni_graph_number_known(ctx, TNI_GRAPH_LABEL, label_name, "label", &number));
  tn_status status = tni_graph_rule_get(ctx, number, prop_name, kind, &rule);
  if (status == TN_NOT_FOUND)
    return tn_fail(ctx, TN_NOT_FOUND, "prop", "there is no %s %s.%s", tni_graph_rule_names[kind],
                   tni_quoted(ctx, label_name), tni_quoted(ctx, prop_name));
  return status == TN_OK ? tni_graph_rule_drop(ctx, &rule) : status;
}

enum { CONSTRAINT_KIND, CONSTRAINT_LABEL, CONSTRAINT_PROP, CONSTRAINT_TYPE };

tn_status tni_graph_op_create_constraint(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_graph_rule rule = {.types = 0};
  (void)result;
  TRY(kind_of(ctx, argv[CONSTRAINT_KIND], &rule.kind));
  if ((rule.kind == TNI_GRAPH_TYPED) == tn_is_absent(argv[CONSTRAINT_TYPE]))
    return tn_fail(ctx, TN_INVALID, "type", "expected a type with kind \"type\", and with no other");
  if (rule.kind == TNI_GRAPH_TYPED) TRY(tni_graph_types_of(ctx, argv[CONSTRAINT_TYPE], "type", &rule.types));
  return create(ctx, argv[CONSTRAINT_LABEL], argv[CONSTRAINT_PROP], &rule);
}

tn_status tni_graph_op_drop_constraint(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_graph_rule_kind kind;
  (void)result;
  TRY(kind_of(ctx, argv[CONSTRAINT_KIND], &kind));
  return drop(ctx, argv[CONSTRAINT_LABEL], argv[CONSTRAINT_PROP], kind);
}

tn_status tni_graph_op_create_index(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_graph_rule rule = {.kind = TNI_GRAPH_INDEX};
  (void)result;
  return create(ctx, argv[0], argv[1], &rule);
}

tn_status tni_graph_op_drop_index(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  (void)result;
  return drop(ctx, argv[0], argv[1], TNI_GRAPH_INDEX);
}

/* ---- listing ----------------------------------------------------------------------------------- */

static tn_status list(tn_ctx *ctx, bool indexes, tn_builder *row) {
  const tni_graph_rule *rules;
  tni_graph_names labels;
  size_t count;
  TRY(tni_graph_rules_of(ctx, 0, &rules, &count));
  TRY(tni_graph_names_all(ctx, TNI_GRAPH_LABEL, &labels));
  for (size_t i = 0; i < count; i++) {
    if ((rules[i].kind == TNI_GRAPH_INDEX) != indexes) continue;
    tn_object_begin(row);
    if (!indexes) tn_set(row, "kind", tni_graph_rule_names[rules[i].kind]);
    tn_set(row, "label", tni_graph_name_of(&labels, rules[i].label));
    tn_set(row, "prop", tn_text(rules[i].prop));
    if (rules[i].kind == TNI_GRAPH_TYPED) {
      tn_name(row, "type");
      tni_graph_types_add(row, rules[i].types);
    }
    tn_end(row);
    TRY(tn_row(ctx, row));
  }
  return TN_OK;
}

tn_status tni_graph_op_list_constraints(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  (void)argv;
  return list(ctx, false, result);
}

tn_status tni_graph_op_list_indexes(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  (void)argv;
  return list(ctx, true, result);
}
