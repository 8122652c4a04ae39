/* dot.h - nodes and edges as Graphviz has them. */
#ifndef TENON_GRAPH_DOT_H
#define TENON_GRAPH_DOT_H

#include "text.h"

/* `  12 [label="Ann", class="Person"];` and `  1 -> 2 [label="KNOWS"];`, without a line feed. A node is labelled by
 * the first of its properties name, title and id that is a string or an int, else by its id. */
tn_status tni_graph_dot_node(tni_graph_text *text, uint64_t id, const tni_graph_node *node,
                             const tni_graph_names *labels) TN_MUST_USE;
tn_status tni_graph_dot_edge(tni_graph_text *text, const tni_graph_edge *edge,
                             const tni_graph_names *types) TN_MUST_USE;

#endif
