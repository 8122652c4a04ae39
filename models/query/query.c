#include "query.h"

#include <stdio.h>

#define QUOTED_MAX 64
#define SHOWN_MAX 80

tn_status tni_no_memory(tn_ctx *ctx) { return tn_fail(ctx, TN_NOMEM, NULL, "no memory for the request"); }

const char *tni_where(tn_ctx *ctx, const char *where, tn_slice name) {
  size_t before = strlen(where), dot = before > 0;
  char *text = tn_scratch(ctx, before + dot + name.size + 1);
  if (!text) return where;
  memcpy(text, where, before);
  if (dot) text[before] = '.';
  if (name.size > 0) memcpy(text + before + dot, name.data, name.size);
  text[before + dot + name.size] = '\0';
  return text;
}

const char *tni_where_item(tn_ctx *ctx, const char *where, uint32_t i) {
  char number[16];
  (void)snprintf(number, sizeof number, "%u", (unsigned)i);
  return tni_where(ctx, where, tni_slice_of(number));
}

const char *tni_quoted(tn_ctx *ctx, tn_slice text) {
  size_t size = text.size < QUOTED_MAX ? text.size : QUOTED_MAX;
  while (size < text.size && size > 0 && (((const uint8_t *)text.data)[size] & 0xc0) == 0x80) size--;
  char *copy = tn_scratch(ctx, size + 1);
  if (!copy) return "?";
  if (size > 0) memcpy(copy, text.data, size);
  copy[size] = '\0';
  return copy;
}

const char *tni_shown(tn_ctx *ctx, tn_value value) {
  tn_slice text = {"", 0};
  int64_t n = 0;
  double d = 0;
  char *out = tn_scratch(ctx, SHOWN_MAX);
  if (!out) return "?";
  if (tn_as_string(value, &text))
    (void)snprintf(out, SHOWN_MAX, "\"%s\"", tni_quoted(ctx, text));
  else if (tn_as_int(value, &n))
    (void)snprintf(out, SHOWN_MAX, "%lld", (long long)n);
  else if (tn_as_double(value, &d))
    (void)snprintf(out, SHOWN_MAX, "%g", d);
  else
    (void)snprintf(out, SHOWN_MAX, "%s", tn_type_name(tn_value_type(value)));
  return out;
}

tn_status tni_expect(tn_ctx *ctx, tn_value value, uint32_t types, const char *expected, const char *where) {
  tn_type type = tn_value_type(value);
  if (type != TN_ABSENT && (TN_TYPE_BIT(type) & types) != 0) return TN_OK;
  return tn_fail(ctx, TN_INVALID, where, "expected %s, got %s", expected, tn_type_name(type));
}
