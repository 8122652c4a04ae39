/* ref.h - how requests name nodes and edges. A node: its id, or ["Person", "email", "ann@example.org"], a label, a
 * property that is unique for it, and its value. An edge: its id, or [from, "KNOWS", to]. */
#ifndef TENON_GRAPH_REF_H
#define TENON_GRAPH_REF_H

#include "edge.h"

#define TNI_GRAPH_T_REF (TN_T_INT | TN_T_ARRAY) /* types of a param that names a node or an edge */

/* The node is there. NOT_FOUND; INVALID: no such form, or no unique constraint; UNKNOWN label. */
tn_status tni_graph_node_named(tn_ctx *ctx, tn_value ref, const char *where, uint64_t *out) TN_MUST_USE;
/* Two nodes, the params from and to, looked up together. */
tn_status tni_graph_ends_named(tn_ctx *ctx, tn_value from, tn_value to, uint64_t *out_from,
                               uint64_t *out_to) TN_MUST_USE;
/* The same as node_named() for a node that is looked up anyway: an id is taken as it is. */
tn_status tni_graph_node_meant(tn_ctx *ctx, tn_value ref, const char *where, uint64_t *out) TN_MUST_USE;
/* [from, type, to] is the bare edge, or the only one there is; INVALID when several have ids and none is bare.
 * Properties live until the next change. */
tn_status tni_graph_edge_named(tn_ctx *ctx, tn_value ref, const char *where, tni_graph_edge *out) TN_MUST_USE;

/* The node whose unique property has a value; the label may be {NULL, 0} where only one has such a property. */
tn_status tni_graph_node_by_key(tn_ctx *ctx, tn_slice label, tn_slice prop, tn_value value, const char *where,
                                uint64_t *out) TN_MUST_USE;

#endif
