/* graph.h - the graph model: nodes with labels and properties, directed edges with a type and properties. */
#ifndef TENON_MODEL_GRAPH_H
#define TENON_MODEL_GRAPH_H

#include "tenon_plugin.h"

extern const tn_model tni_model_graph;

#endif
