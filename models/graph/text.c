#include "text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#define TEXT_MIN 1024
#define PRINT_MAX 512

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

/* ---- what is written ---------------------------------------------------------------------------- */

tn_status tni_graph_text_escaped(tni_graph_text *t, tn_slice text, tni_graph_escape escape) {
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

tn_status tni_graph_text_value(tni_graph_text *t, tn_value value, size_t most, tni_graph_escape escape) {
  tn_slice text;
  int64_t n;
  double d;
  bool b;
  if (tn_as_string(value, &text)) return tni_graph_text_escaped(t, cut(text, most), escape);
  if (tn_as_int(value, &n)) return tni_graph_text_print(t, "%lld", (long long)n);
  if (tn_as_double(value, &d)) return tni_graph_text_print(t, "%.17g", d);
  if (tn_as_bool(value, &b)) return tni_graph_text_print(t, "%s", b ? "true" : "false");
  if (tn_as_timestamp(value, &n)) return tni_graph_text_print(t, "%lld", (long long)n);
  if (tn_as_bytes(value, &text)) return tni_graph_text_print(t, "%zu bytes", text.size);
  if (tn_is_null(value)) return tni_graph_text_print(t, "null");
  return tni_graph_text_print(t, "%s of %u", tn_type_name(tn_value_type(value)), (unsigned)tn_count(value));
}

tn_status tni_graph_text_labels(tni_graph_text *t, const tni_graph_node *node, const tni_graph_names *labels,
                                tni_graph_escape escape) {
  for (uint32_t i = 0; i < node->labels.count; i++) {
    if (i > 0) TRY(tni_graph_text_add(t, " ", 1));
    TRY(tni_graph_text_escaped(t, tni_slice_of(tni_graph_name_of(labels, node->labels.numbers[i])), escape));
  }
  return TN_OK;
}
