/* node.h - nodes: the maps `nodes` and `labels` of store.h. Knows no edge; rules.h is told of every change here. */
#ifndef TENON_GRAPH_NODE_H
#define TENON_GRAPH_NODE_H

#include "names.h"

#define TNI_GRAPH_LABELS_MAX 64 /* of one node */

typedef struct tni_graph_labels {
  uint32_t count;
  int64_t numbers[TNI_GRAPH_LABELS_MAX]; /* rising */
} tni_graph_labels;

typedef struct tni_graph_node {
  tni_graph_labels labels;
  tn_value props; /* an object; as long as what it was read from */
} tni_graph_node;

/* CORRUPT. */
tn_status tni_graph_node_open(tn_ctx *ctx, tn_slice bytes, tni_graph_node *out) TN_MUST_USE;
/* NOT_FOUND, without text. */
tn_status tni_graph_node_get(tn_ctx *ctx, uint64_t id, tni_graph_node *out) TN_MUST_USE;
/* OK, or NOT_FOUND saying "there is no node 7". */
tn_status tni_graph_node_must_be(tn_ctx *ctx, uint64_t id, const char *where) TN_MUST_USE;
tn_status tni_graph_no_node(tn_ctx *ctx, uint64_t id, const char *where);

/* Stores a node in place of `before` (NULL = it is new) and keeps labels, counters and index entries with it. `after`
 * NULL deletes it. Properties must not lie in a map. CONSTRAINT, LIMIT, EXISTS with `where` as the path of the
 * properties in the request. */
tn_status tni_graph_node_change(tn_ctx *ctx, uint64_t id, const tni_graph_node *before, const tni_graph_node *after,
                                const char *where) TN_MUST_USE;

/* Creates a node for each object of an array, with ids from *first on. CONSTRAINT, LIMIT with where.N as the path of
 * the properties; INVALID: an item is no object. */
tn_status tni_graph_nodes_create(tn_ctx *ctx, const tni_graph_labels *labels, tn_value props, const char *where,
                                 uint64_t *first) TN_MUST_USE;

/* ---- labels ------------------------------------------------------------------------------------ */

bool tni_graph_has_label(const tni_graph_labels *labels, int64_t number);
/* LIMIT. Adding one that is there changes nothing. */
tn_status tni_graph_labels_add(tn_ctx *ctx, tni_graph_labels *labels, int64_t number, const char *where) TN_MUST_USE;
void tni_graph_labels_remove(tni_graph_labels *labels, int64_t number);
/* Adds what a request names: a string, an array of strings, or nothing when absent. Names are made. */
tn_status tni_graph_labels_of(tn_ctx *ctx, tn_value names, const char *where, tni_graph_labels *labels) TN_MUST_USE;

/* ---- properties -------------------------------------------------------------------------------- */

/* `props` with the fields of `changes` put in place of its own or behind them, and without those that the array
 * `without` names; each may be absent. In scratch memory. INVALID, LIMIT. */
tn_status tni_graph_props_change(tn_ctx *ctx, tn_value props, tn_value changes, tn_value without, const char *where,
                                 tn_value *out) TN_MUST_USE;
extern const tn_value tni_graph_no_props; /* {} */

#endif
