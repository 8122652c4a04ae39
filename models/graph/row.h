/* row.h - what nodes and edges look like in answers.
 *
 *   node   {"id": 1, "labels": ["Person"], "props": {...}}
 *   edge   {"edge": 7, "from": 1, "type": "KNOWS", "to": 2, "props": {...}}, "edge" being [1, "KNOWS", 2] of a bare
 * one */
#ifndef TENON_GRAPH_ROW_H
#define TENON_GRAPH_ROW_H

#include "edge.h"

/* Adds the object. */
void tni_graph_row_node(tn_builder *out, uint64_t id, const tni_graph_node *node, const tni_graph_names *labels);
void tni_graph_row_edge(tn_builder *out, const tni_graph_edge *edge, const tni_graph_names *types);
/* Adds fields to the object that is open: "labels" and "props"; "edge". */
void tni_graph_row_node_fields(tn_builder *out, const tni_graph_node *node, const tni_graph_names *labels);
void tni_graph_row_edge_name(tn_builder *out, const char *field, const tni_graph_edge *edge,
                             const tni_graph_names *types);

/* A `limit`: no limit when absent; INVALID below 0. */
tn_status tni_graph_limit_of(tn_ctx *ctx, tn_value limit, int64_t *out) TN_MUST_USE;

#endif
