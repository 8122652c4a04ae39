/* rules.h - indexes and constraints on the properties of nodes with a label: the maps `rules` and `entries` of
 * store.h. A rule holds for a node as long as it has the label.
 *
 *   index      nothing is forbidden; nodes are found by the property
 *   unique     no two nodes have the same value; nodes are found by the property as well
 *   required   the property is there and not null
 *   type       the property, when it is there and not null, is of one of these types
 *
 * An indexed value that is an array has an entry for itself and for each of its items, as conditions on arrays hold
 * for both (query/filter.h); under `unique` none of them may be another node's. Whether there ever was one is kept
 * with the rule: as long as there was none, a node has one value, and two bounds can both be asked of an index. A
 * property that is missing has no entry. */
#ifndef TENON_GRAPH_RULES_H
#define TENON_GRAPH_RULES_H

#include "node.h"

#define TNI_GRAPH_RULES_MAX 256                           /* of one label */
#define TNI_GRAPH_INDEXED_SIZE_MAX (TN_KEY_SIZE_MAX - 64) /* encoded bytes of a value */

typedef enum tni_graph_rule_kind {
  TNI_GRAPH_INDEX,
  TNI_GRAPH_UNIQUE,
  TNI_GRAPH_REQUIRED,
  TNI_GRAPH_TYPED
} tni_graph_rule_kind;

extern const char *const tni_graph_rule_names[4];

typedef struct tni_graph_rule {
  tni_graph_rule_kind kind;
  int64_t label;
  tn_slice prop;
  int64_t number; /* of an index or unique: what its entries begin with; else 0 */
  uint32_t types; /* of a typed one: TN_T_ bits */
  bool arrays;    /* of an index or unique: some value was an array, or it is not known */
} tni_graph_rule;

static inline bool tni_graph_rule_has_entries(const tni_graph_rule *rule) {
  return rule->kind == TNI_GRAPH_INDEX || rule->kind == TNI_GRAPH_UNIQUE;
}

/* ---- which there are --------------------------------------------------------------------------- */

/* All rules of a label, or all there are (`label` 0), in the order of label, property and kind; in scratch memory. */
tn_status tni_graph_rules_of(tn_ctx *ctx, int64_t label, const tni_graph_rule **out, size_t *count) TN_MUST_USE;
/* NOT_FOUND, without text. */
tn_status tni_graph_rule_get(tn_ctx *ctx, int64_t label, tn_slice prop, tni_graph_rule_kind kind,
                             tni_graph_rule *out) TN_MUST_USE;
/* Looks at the nodes that are there, and makes the rule; its number is given here. EXISTS; CONSTRAINT: a node breaks
 * it; LIMIT. */
tn_status tni_graph_rule_create(tn_ctx *ctx, tni_graph_rule *rule) TN_MUST_USE;
tn_status tni_graph_rule_drop(tn_ctx *ctx, const tni_graph_rule *rule) TN_MUST_USE;

/* ---- what they do ------------------------------------------------------------------------------ */

/* A node changes from `before` (NULL: it is new) to `after` (NULL: it goes). CONSTRAINT names the rule, with
 * where.prop as where; LIMIT: a value too long to be indexed. */
tn_status tni_graph_rules_apply(tn_ctx *ctx, uint64_t id, const tni_graph_node *before, const tni_graph_node *after,
                                const char *where) TN_MUST_USE;

/* The same for many new nodes with the same labels, whose rules are looked up once. */
typedef struct tni_graph_rules {
  tn_ctx *ctx;
  uint32_t count;
  struct {
    const tni_graph_rule *rules;
    size_t count;
  } of_label[TNI_GRAPH_LABELS_MAX];
  tn_cursor *cursor;
} tni_graph_rules;
tn_status tni_graph_rules_init(tni_graph_rules *rules, tn_ctx *ctx, const tni_graph_labels *labels) TN_MUST_USE;
tn_status tni_graph_rules_apply_new(tni_graph_rules *rules, uint64_t id, tn_value props,
                                    const char *where) TN_MUST_USE;

/* The range of a rule's entries with a value. LIMIT: the value is too long, so there are none. */
tn_status tni_graph_entries_of(tn_ctx *ctx, const tni_graph_rule *rule, tn_value value, tn_slice *from,
                               tn_slice *to) TN_MUST_USE;
/* The one node with a value of a unique property. NOT_FOUND, without text. */
tn_status tni_graph_unique_node(tn_ctx *ctx, const tni_graph_rule *rule, tn_value value, uint64_t *out) TN_MUST_USE;
/* The id at the end of an entry's key. CORRUPT. */
tn_status tni_graph_entry_node(tn_ctx *ctx, tn_slice key, uint64_t *out) TN_MUST_USE;
/* Whether a property's value fulfils a required or typed rule. */
bool tni_graph_rule_holds(const tni_graph_rule *rule, tn_value value);

#endif
