#include "text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#define TEXT_MIN 1024
#define PRINT_MAX 512
#define CAPTION_MAX 40 /* bytes of a node's caption */

/* ---- growing ----------------------------------------------------------------------------------- */

tn_status tni_graph_text_add(tni_graph_text *t, const void *data, size_t size) {
  if (size > t->capacity - t->size) {
    size_t capacity = t->capacity < TEXT_MIN ? TEXT_MIN : t->capacity * 2;
    if (capacity < t->size + size) capacity = t->size + size;
    char *grown = tn_scratch(t->ctx, capacity);
    if (!grown) return tni_no_memory(t->ctx);
    if (t->size > 0) memcpy(grown, t->data, t->size);
    t->data = grown;
    t->capacity = capacity;
  }
  if (size > 0) memcpy(t->data + t->size, data, size);
  t->size += size;
  return TN_OK;
}

tn_status tni_graph_text_print(tni_graph_text *t, const char *format, ...) {
  char line[PRINT_MAX];
  va_list args;
  va_start(args, format);
  int size = vsnprintf(line, sizeof line, format, args);
  va_end(args);
  return tni_graph_text_add(t, line, size < PRINT_MAX ? (size_t)size : PRINT_MAX - 1);
}

/* ---- escaping ---------------------------------------------------------------------------------- */

static const char *dot_escape(unsigned char c) {
  if (c == '"') return "\\\"";
  if (c == '\\') return "\\\\";
  return c == '\n' ? "\\n" : c < ' ' ? " " : NULL;
}

/* XML 1.0 has no way to write the other characters below a space. */
static const char *xml_escape(unsigned char c) {
  if (c == '<') return "&lt;";
  if (c == '>') return "&gt;";
  if (c == '&') return "&amp;";
  if (c == '"') return "&quot;";
  if (c == '\n') return "&#10;";
  return c == '\t' ? "&#9;" : c == '\r' ? "&#13;" : c < ' ' ? " " : NULL;
}

static tn_status add_escaped(tni_graph_text *t, tn_slice text, const char *(*escape)(unsigned char c)) {
  const unsigned char *data = text.data;
  size_t from = 0;
  for (size_t i = 0; i < text.size; i++) {
    const char *as = escape(data[i]);
    if (!as) continue;
    TRY(tni_graph_text_add(t, data + from, i - from));
    TRY(tni_graph_text_add(t, as, strlen(as)));
    from = i + 1;
  }
  return tni_graph_text_add(t, data + from, text.size - from);
}

/* The longest start of at most `most` bytes that does not end within a character. */
static tn_slice cut(tn_slice text, size_t most) {
  if (text.size <= most) return text;
  size_t size = most;
  while (size > 0 && (((const unsigned char *)text.data)[size] & 0xc0) == 0x80) size--;
  return (tn_slice){text.data, size};
}

/* A value as people read it: scalars as they are, others by what they are. */
static tn_status add_value(tni_graph_text *t, tn_value value, size_t most, const char *(*escape)(unsigned char c)) {
  tn_slice text;
  int64_t n;
  double d;
  bool b;
  if (tn_as_string(value, &text)) return add_escaped(t, cut(text, most), escape);
  if (tn_as_int(value, &n)) return tni_graph_text_print(t, "%lld", (long long)n);
  if (tn_as_double(value, &d)) return tni_graph_text_print(t, "%.17g", d);
  if (tn_as_bool(value, &b)) return tni_graph_text_print(t, "%s", b ? "true" : "false");
  if (tn_as_timestamp(value, &n)) return tni_graph_text_print(t, "%lld", (long long)n);
  if (tn_as_bytes(value, &text)) return tni_graph_text_print(t, "%zu bytes", text.size);
  if (tn_is_null(value)) return tni_graph_text_print(t, "null");
  return tni_graph_text_print(t, "%s of %u", tn_type_name(tn_value_type(value)), (unsigned)tn_count(value));
}

/* ---- dot --------------------------------------------------------------------------------------- */

static tn_value caption_of(const tni_graph_node *node) {
  static const char *const names[] = {"name", "title", "id"};
  for (size_t i = 0; i < TNI_LENGTH(names); i++) {
    tn_value value = tn_field(node->props, names[i]);
    if (tn_value_type(value) == TN_STRING || tn_value_type(value) == TN_INT) return value;
  }
  return TN_NO_VALUE;
}

static tn_status add_labels(tni_graph_text *t, const tni_graph_node *node, const tni_graph_names *labels,
                            const char *(*escape)(unsigned char c)) {
  for (uint32_t i = 0; i < node->labels.count; i++) {
    if (i > 0) TRY(tni_graph_text_add(t, " ", 1));
    TRY(add_escaped(t, tni_slice_of(tni_graph_name_of(labels, node->labels.numbers[i])), escape));
  }
  return TN_OK;
}

tn_status tni_graph_dot_node(tni_graph_text *t, uint64_t id, const tni_graph_node *node,
                             const tni_graph_names *labels) {
  tn_value caption = caption_of(node);
  TRY(tni_graph_text_print(t, "  %llu [label=\"", (unsigned long long)id));
  if (tn_is_absent(caption))
    TRY(tni_graph_text_print(t, "%llu", (unsigned long long)id));
  else
    TRY(add_value(t, caption, CAPTION_MAX, dot_escape));
  if (node->labels.count > 0) {
    TRY(tni_graph_text_print(t, "\", class=\""));
    TRY(add_labels(t, node, labels, dot_escape));
  }
  return tni_graph_text_print(t, "\"];");
}

tn_status tni_graph_dot_edge(tni_graph_text *t, const tni_graph_edge *edge, const tni_graph_names *types) {
  TRY(tni_graph_text_print(t, "  %llu -> %llu [label=\"", (unsigned long long)edge->from,
                           (unsigned long long)edge->to));
  TRY(add_escaped(t, tni_slice_of(tni_graph_name_of(types, edge->type)), dot_escape));
  return tni_graph_text_print(t, "\"];");
}

/* ---- GraphML ----------------------------------------------------------------------------------- */

static tn_status xml_data(tni_graph_text *t, tn_slice key, tn_value value) {
  TRY(tni_graph_text_print(t, "<data key=\""));
  TRY(add_escaped(t, key, xml_escape));
  TRY(tni_graph_text_print(t, "\">"));
  TRY(add_value(t, value, SIZE_MAX, xml_escape));
  return tni_graph_text_print(t, "</data>");
}

static tn_status xml_props(tni_graph_text *t, tn_value props) {
  for (tn_iter it = tn_iter_of(props); tn_iter_next(&it);) TRY(xml_data(t, it.name, it.value));
  return TN_OK;
}

tn_status tni_graph_xml_node(tni_graph_text *t, uint64_t id, const tni_graph_node *node,
                             const tni_graph_names *labels) {
  TRY(tni_graph_text_print(t, "<node id=\"n%llu\">", (unsigned long long)id));
  if (node->labels.count > 0) {
    TRY(tni_graph_text_print(t, "<data key=\"labels\">"));
    TRY(add_labels(t, node, labels, xml_escape));
    TRY(tni_graph_text_print(t, "</data>"));
  }
  TRY(xml_props(t, node->props));
  return tni_graph_text_print(t, "</node>");
}

tn_status tni_graph_xml_edge(tni_graph_text *t, const tni_graph_edge *edge, const tni_graph_names *types) {
  TRY(tni_graph_text_print(t, "<edge "));
  if (edge->id != 0) TRY(tni_graph_text_print(t, "id=\"e%llu\" ", (unsigned long long)edge->id));
  TRY(tni_graph_text_print(t, "source=\"n%llu\" target=\"n%llu\"><data key=\"type\">", (unsigned long long)edge->from,
                           (unsigned long long)edge->to));
  TRY(add_escaped(t, tni_slice_of(tni_graph_name_of(types, edge->type)), xml_escape));
  TRY(tni_graph_text_print(t, "</data>"));
  TRY(xml_props(t, edge->props));
  return tni_graph_text_print(t, "</edge>");
}
