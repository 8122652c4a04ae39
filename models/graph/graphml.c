#include "graphml.h"

#include "json.h"

/* XML 1.0 has no way to write the other characters below a space. */
static const char *xml_escape(unsigned char c) {
  if (c == '<') return "&lt;";
  if (c == '>') return "&gt;";
  if (c == '&') return "&amp;";
  if (c == '"') return "&quot;";
  if (c == '\n') return "&#10;";
  return c == '\t' ? "&#9;" : c == '\r' ? "&#13;" : c < ' ' ? " " : NULL;
}

/* ---- keys -------------------------------------------------------------------------------------- */

static uint32_t key_of(const tni_graph_xml *x, bool of_edges, tn_slice name) {
  uint32_t i = 0;
  while (i < x->count && !(x->keys[i].of_edges == of_edges && tni_slice_same(x->keys[i].name, name))) i++;
  return i;
}

static tn_status note_key(tni_graph_xml *x, bool of_edges, tn_slice name, tn_value value) {
  uint32_t i = key_of(x, of_edges, name);
  if (i == x->count) {
    if (i == TNI_GRAPH_XML_KEYS_MAX)
      return tn_fail(x->ctx, TN_LIMIT, NULL, "there are more than %d names of properties", TNI_GRAPH_XML_KEYS_MAX);
    char *copy = tn_scratch(x->ctx, name.size + 1);
    if (!copy) return tni_no_memory(x->ctx);
    if (name.size > 0) memcpy(copy, name.data, name.size);
    x->keys[x->count++] = (tni_graph_xml_key){of_edges, {copy, name.size}, 0};
  }
  x->keys[i].types |= TN_TYPE_BIT(tn_value_type(value));
  return TN_OK;
}

tn_status tni_graph_xml_note(tni_graph_xml *x, bool of_edge, tn_value props) {
  for (tn_iter it = tn_iter_of(props); tn_iter_next(&it);) TRY(note_key(x, of_edge, it.name, it.value));
  return TN_OK;
}

/* ---- lines ------------------------------------------------------------------------------------- */

static const char *type_of(uint32_t types) {
  if (types == TN_T_BOOL) return "boolean";
  if (types == TN_T_INT) return "long";
  return (types & ~TN_T_NUMBER) == 0 ? "double" : "string";
}

static tn_status declare(const tni_graph_xml_key *key, uint32_t i, tni_graph_text *t) {
  TRY(tni_graph_text_print(t, "<key id=\"d%u\" for=\"%s\" attr.name=\"", (unsigned)i,
                           key->of_edges ? "edge" : "node"));
  TRY(tni_graph_text_escaped(t, key->name, xml_escape));
  return tni_graph_text_print(t, "\" attr.type=\"%s\"/>", type_of(key->types));
}

tn_status tni_graph_xml_head(const tni_graph_xml *x, uint32_t i, tni_graph_text *t) {
  if (i == 0) return tni_graph_text_print(t, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
  if (i == 1) return tni_graph_text_print(t, "<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">");
  if (i == 2)
    return tni_graph_text_print(t, "<key id=\"labels\" for=\"node\" attr.name=\"labels\" attr.type=\"string\"/>");
  if (i == 3)
    return tni_graph_text_print(t, "<key id=\"type\" for=\"edge\" attr.name=\"type\" attr.type=\"string\"/>");
  if (i - 4 < x->count) return declare(&x->keys[i - 4], i - 4, t);
  if (i - 4 == x->count) return tni_graph_text_print(t, "<graph edgedefault=\"directed\">");
  return TN_NOT_FOUND;
}

/* What GraphML has no type for is JSON, and bytes are base64. */
static tn_status add_value(tni_graph_xml *x, tni_graph_text *t, tn_value value) {
  tn_slice bytes;
  bool is_bytes = tn_as_bytes(value, &bytes),
       is_many = tn_value_type(value) == TN_ARRAY || tn_value_type(value) == TN_OBJECT;
  if (!is_bytes && !is_many) return tni_graph_text_value(t, value, SIZE_MAX, xml_escape);
  if (is_bytes) return tni_graph_base64_add(t, bytes);
  x->json.size = 0;
  TRY(tni_graph_json_add(&x->json, value));
  return tni_graph_text_escaped(t, (tn_slice){x->json.data, x->json.size}, xml_escape);
}

static tn_status add_props(tni_graph_xml *x, tni_graph_text *t, bool of_edge, tn_value props) {
  for (tn_iter it = tn_iter_of(props); tn_iter_next(&it);) {
    TRY(tni_graph_text_print(t, "<data key=\"d%u\">", (unsigned)key_of(x, of_edge, it.name)));
    TRY(add_value(x, t, it.value));
    TRY(tni_graph_text_print(t, "</data>"));
  }
  return TN_OK;
}

tn_status tni_graph_xml_node(tni_graph_xml *x, tni_graph_text *t, uint64_t id, const tni_graph_node *node,
                             const tni_graph_names *labels) {
  TRY(tni_graph_text_print(t, "<node id=\"n%llu\">", (unsigned long long)id));
  if (node->labels.count > 0) {
    TRY(tni_graph_text_print(t, "<data key=\"labels\">"));
    TRY(tni_graph_text_labels(t, node, labels, xml_escape));
    TRY(tni_graph_text_print(t, "</data>"));
  }
  TRY(add_props(x, t, false, node->props));
  return tni_graph_text_print(t, "</node>");
}

tn_status tni_graph_xml_edge(tni_graph_xml *x, tni_graph_text *t, const tni_graph_edge *edge,
                             const tni_graph_names *types) {
  TRY(tni_graph_text_print(t, "<edge "));
  if (edge->id != 0) TRY(tni_graph_text_print(t, "id=\"e%llu\" ", (unsigned long long)edge->id));
  TRY(tni_graph_text_print(t, "source=\"n%llu\" target=\"n%llu\"><data key=\"type\">", (unsigned long long)edge->from,
                           (unsigned long long)edge->to));
  TRY(tni_graph_text_escaped(t, tni_slice_of(tni_graph_name_of(types, edge->type)), xml_escape));
  TRY(tni_graph_text_print(t, "</data>"));
  TRY(add_props(x, t, true, edge->props));
  return tni_graph_text_print(t, "</edge>");
}
