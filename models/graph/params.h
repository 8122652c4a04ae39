/* params.h - what the tables of ops in graph.c are written with. */
#ifndef TENON_GRAPH_PARAMS_H
#define TENON_GRAPH_PARAMS_H

#include "ref.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

#define NODE_DOC "a node: its id, or [label, property, value] where the property is unique"
#define EDGE_DOC "an edge: its id, or [from, type, to]"
#define ID TN_REQUIRED("id", TNI_GRAPH_T_REF, NODE_DOC)
#define DIRECTION TN_OPTIONAL("direction", TN_T_STRING, "out, in or both; out when not given")
#define TYPES \
  TN_OPTIONAL("types", TN_T_STRING | TN_T_ARRAY, "a type of edges, or an array of them; all when not given")
#define LIMIT TN_OPTIONAL("limit", TN_T_INT, "rows at most")

#define FROM TN_REQUIRED("from", TNI_GRAPH_T_REF, NODE_DOC)
#define TO TN_REQUIRED("to", TNI_GRAPH_T_REF, NODE_DOC)
#define WHERE_NODE TN_OPTIONAL("where_node", TN_T_OBJECT, "a filter on nodes: others are not entered")
#define WHERE_EDGE TN_OPTIONAL("where_edge", TN_T_OBJECT, "a filter on edges: others are not gone along")
#define MAX_VISITED \
  TN_OPTIONAL("max_visited", TN_T_INT, "edges to look at before it ends with LIMIT; 10000000 when not given")
#define MAX_NODES \
  TN_OPTIONAL("max_visited", TN_T_INT, "nodes to look at before it ends with LIMIT; 10000000 when not given")
#define MAX_MS TN_OPTIONAL("max_ms", TN_T_INT, "milliseconds before it ends with LIMIT; 10000 when not given")

#endif
