#include "dot.h"

#define CAPTION_MAX 40 /* bytes of a node's caption */

static const char *dot_escape(unsigned char c) {
  if (c == '"') return "\\\"";
  if (c == '\\') return "\\\\";
  return c == '\n' ? "\\n" : c < ' ' ? " " : NULL;
}

static tn_value caption_of(const tni_graph_node *node) {
  static const char *const names[] = {"name", "title", "id"};
  for (size_t i = 0; i < TNI_LENGTH(names); i++) {
    tn_value value = tn_field(node->props, names[i]);
    if (tn_value_type(value) == TN_STRING || tn_value_type(value) == TN_INT) return value;
  }
  return TN_NO_VALUE;
}

tn_status tni_graph_dot_node(tni_graph_text *t, uint64_t id, const tni_graph_node *node,
                             const tni_graph_names *labels) {
  tn_value caption = caption_of(node);
  TRY(tni_graph_text_print(t, "  %llu [label=\"", (unsigned long long)id));
  if (tn_is_absent(caption))
    TRY(tni_graph_text_print(t, "%llu", (unsigned long long)id));
  else
    TRY(tni_graph_text_value(t, caption, CAPTION_MAX, dot_escape));
  if (node->labels.count > 0) {
    TRY(tni_graph_text_print(t, "\", class=\""));
    TRY(tni_graph_text_labels(t, node, labels, dot_escape));
  }
  return tni_graph_text_print(t, "\"];");
}

tn_status tni_graph_dot_edge(tni_graph_text *t, const tni_graph_edge *edge, const tni_graph_names *types) {
  TRY(tni_graph_text_print(t, "  %llu -> %llu [label=\"", (unsigned long long)edge->from,
                           (unsigned long long)edge->to));
  TRY(tni_graph_text_escaped(t, tni_slice_of(tni_graph_name_of(types, edge->type)), dot_escape));
  return tni_graph_text_print(t, "\"];");
}
