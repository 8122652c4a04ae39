/* match.h - nodes and edges found by the values of properties, for commands that create what they do not find. Values
 * are equal when the order of values says so (1 = 1.0); arrays are not looked into. */
#ifndef TENON_GRAPH_MATCH_H
#define TENON_GRAPH_MATCH_H

#include "edge.h"

/* The lowest node that has all the labels, at least one, and all of `key`'s properties; by an index of one of the
 * labels where there is one. NOT_FOUND, without text. */
tn_status tni_graph_match_node(tn_ctx *ctx, const tni_graph_labels *labels, tn_value key, uint64_t *id,
                               tni_graph_node *node) TN_MUST_USE;
/* The first edge between edge->from and edge->to, of edge->type, with all of `key`'s properties (absent or empty: the
 * first there is). NOT_FOUND, without text. */
tn_status tni_graph_match_edge(tn_ctx *ctx, tni_graph_edge *edge, tn_value key) TN_MUST_USE;

#endif
