/* text.h - text that grows, and values in it: for dot.h and graphml.h. */
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

/* Adds text with some characters written otherwise: `escape` says how, NULL as they are. */
typedef const char *(*tni_graph_escape)(unsigned char c);
tn_status tni_graph_text_escaped(tni_graph_text *text, tn_slice slice, tni_graph_escape escape) TN_MUST_USE;
/* A value as people read it: scalars as they are, at most `most` bytes of strings; others by what they are. */
tn_status tni_graph_text_value(tni_graph_text *text, tn_value value, size_t most,
                               tni_graph_escape escape) TN_MUST_USE;
/* Names of a node's labels with a space between. */
tn_status tni_graph_text_labels(tni_graph_text *text, const tni_graph_node *node, const tni_graph_names *labels,
                                tni_graph_escape escape) TN_MUST_USE;

#endif
