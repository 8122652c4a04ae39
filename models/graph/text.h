/* text.h - nodes and edges as lines of text for other programs: Graphviz (dot) and GraphML. */
#ifndef TENON_GRAPH_TEXT_H
#define TENON_GRAPH_TEXT_H

#include "edge.h"

/* Growing text in scratch memory. */
typedef struct tni_graph_text {
  tn_ctx *ctx;
  char *data;
  size_t size, capacity;
} tni_graph_text;

tn_status tni_graph_text_add(tni_graph_text *text, const void *data, size_t size) TN_MUST_USE;
tn_status tni_graph_text_print(tni_graph_text *text, const char *format, ...) TN_PRINTF(2, 3) TN_MUST_USE;

/* `  12 [label="Ann", class="Person"];` and `  1 -> 2 [label="KNOWS"];`, without a line feed. A node is labelled by
 * the first of its properties name, title and id that is a string or an int, else by its id. */
tn_status tni_graph_dot_node(tni_graph_text *text, uint64_t id, const tni_graph_node *node,
                             const tni_graph_names *labels) TN_MUST_USE;
tn_status tni_graph_dot_edge(tni_graph_text *text, const tni_graph_edge *edge,
                             const tni_graph_names *types) TN_MUST_USE;

/* <node> and <edge> elements in one line; properties are <data>, scalars as they are and others by what they are. */
tn_status tni_graph_xml_node(tni_graph_text *text, uint64_t id, const tni_graph_node *node,
                             const tni_graph_names *labels) TN_MUST_USE;
tn_status tni_graph_xml_edge(tni_graph_text *text, const tni_graph_edge *edge,
                             const tni_graph_names *types) TN_MUST_USE;

#endif
