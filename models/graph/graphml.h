/* graphml.h - nodes and edges as GraphML has them (graphml.graphdrawing.org), a line for each. Every name of a
 * property is declared first, so it goes over the graph twice: note(), then the lines. Arrays and objects
 * are written as JSON, bytes as base64. */
#ifndef TENON_GRAPH_GRAPHML_H
#define TENON_GRAPH_GRAPHML_H

#include "text.h"

#define TNI_GRAPH_XML_KEYS_MAX 1000 /* names of properties */

typedef struct tni_graph_xml_key {
  bool of_edges;
  tn_slice name;  /* scratch memory */
  uint32_t types; /* of its values: TN_T_ bits */
} tni_graph_xml_key;

typedef struct tni_graph_xml {
  tn_ctx *ctx;
  uint32_t count;
  tni_graph_xml_key keys[TNI_GRAPH_XML_KEYS_MAX];
  tni_graph_text json; /* of the value being written */
} tni_graph_xml;

/* Properties of a node or an edge. LIMIT: more than TNI_GRAPH_XML_KEYS_MAX names. */
tn_status tni_graph_xml_note(tni_graph_xml *xml, bool of_edge, tn_value props) TN_MUST_USE;

/* Each a line, without a line feed: <?xml>; <graphml>; one for each key; <graph>. `i` counts from 0; NOT_FOUND behind
 * the last. The end of it all is one more line, "</graph></graphml>". */
tn_status tni_graph_xml_head(const tni_graph_xml *xml, uint32_t i, tni_graph_text *text) TN_MUST_USE;
tn_status tni_graph_xml_node(tni_graph_xml *xml, tni_graph_text *text, uint64_t id, const tni_graph_node *node,
                             const tni_graph_names *labels) TN_MUST_USE;
tn_status tni_graph_xml_edge(tni_graph_xml *xml, tni_graph_text *text, const tni_graph_edge *edge,
                             const tni_graph_names *types) TN_MUST_USE;

#endif
