#include "json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- scalars ----------------------------------------------------------------------------------- */

static const char *json_escape(unsigned char c) {
  static const char *const low[32] = {"\\u0000", "\\u0001", "\\u0002", "\\u0003", "\\u0004", "\\u0005", "\\u0006",
                                      "\\u0007", "\\b",     "\\t",     "\\n",     "\\u000b", "\\f",     "\\r",
                                      "\\u000e", "\\u000f", "\\u0010", "\\u0011", "\\u0012", "\\u0013", "\\u0014",
                                      "\\u0015", "\\u0016", "\\u0017", "\\u0018", "\\u0019", "\\u001a", "\\u001b",
                                      "\\u001c", "\\u001d", "\\u001e", "\\u001f"};
  if (c < 32) return low[c];
  return c == '"' ? "\\\"" : c == '\\' ? "\\\\" : NULL;
}

static tn_status add_text(tni_graph_text *t, tn_slice text) {
  TRY(tni_graph_text_add(t, "\"", 1));
  TRY(tni_graph_text_escaped(t, text, json_escape));
  return tni_graph_text_add(t, "\"", 1);
}

static tn_status add_double(tni_graph_text *t, double d) {
  char digits[32];
  if (isnan(d)) return tni_graph_text_print(t, "{\"$numberDouble\":\"NaN\"}");
  if (isinf(d)) return tni_graph_text_print(t, "{\"$numberDouble\":\"%sInfinity\"}", d < 0 ? "-" : "");
  for (int precision = 15; precision <= 17; precision++) {
    (void)snprintf(digits, sizeof digits, "%.*g", precision, d);
    if (strtod(digits, NULL) == d) break;
  }
  return tni_graph_text_print(t, "%s%s", digits, strpbrk(digits, ".e") ? "" : ".0");
}

static tn_status add_timestamp(tni_graph_text *t, int64_t us) {
  const char *sign = us < 0 ? "-" : "";
  uint64_t n = us < 0 ? 0 - (uint64_t)us : (uint64_t)us;
  TRY(tni_graph_text_print(t, "{\"$date\":{\"$numberLong\":\"%s%llu", sign, (unsigned long long)(n / 1000)));
  if (n % 1000 != 0) TRY(tni_graph_text_print(t, ".%03u", (unsigned)(n % 1000)));
  return tni_graph_text_print(t, "\"}}");
}

tn_status tni_graph_base64_add(tni_graph_text *t, tn_slice bytes) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const uint8_t *data = bytes.data;
  for (size_t i = 0; i < bytes.size; i += 3) {
    size_t left = bytes.size - i;
    uint32_t group = (uint32_t)data[i] << 16;
    if (left > 1) group |= (uint32_t)data[i + 1] << 8;
    if (left > 2) group |= data[i + 2];
    const char four[4] = {digits[group >> 18], digits[group >> 12 & 63], left > 1 ? digits[group >> 6 & 63] : '=',
                          left > 2 ? digits[group & 63] : '='};
    TRY(tni_graph_text_add(t, four, 4));
  }
  return TN_OK;
}

static tn_status add_bytes(tni_graph_text *t, tn_slice bytes) {
  TRY(tni_graph_text_print(t, "{\"$binary\":{\"base64\":\""));
  TRY(tni_graph_base64_add(t, bytes));
  return tni_graph_text_print(t, "\",\"subType\":\"00\"}}");
}

static tn_status add_scalar(tni_graph_text *t, tn_value value) {
  tn_slice text;
  int64_t n;
  double d;
  bool b;
  if (tn_as_string(value, &text)) return add_text(t, text);
  if (tn_as_int(value, &n)) return tni_graph_text_print(t, "%lld", (long long)n);
  if (tn_as_double(value, &d)) return add_double(t, d);
  if (tn_as_bool(value, &b)) return tni_graph_text_print(t, "%s", b ? "true" : "false");
  if (tn_as_timestamp(value, &n)) return add_timestamp(t, n);
  if (tn_as_bytes(value, &text)) return add_bytes(t, text);
  return tni_graph_text_print(t, "null");
}

/* ---- arrays and objects ------------------------------------------------------------------------ */

/* An object that would be read as something else stands in $literal. */
static bool needs_literal(tn_value object) {
  static const char *const reserved[] = {"$binary", "$date", "$numberDouble", "$numberLong", "$literal"};
  tn_iter it = tn_iter_of(object);
  if (!tn_iter_next(&it)) return false;
  for (size_t i = 0; i < TNI_LENGTH(reserved); i++)
    if (tni_slice_is(it.name, reserved[i])) return true;
  return false;
}

static tn_status add_items(tni_graph_text *t, tn_value value, bool named) {
  for (tn_iter it = tn_iter_of(value); tn_iter_next(&it);) {
    if (it.next > 1) TRY(tni_graph_text_add(t, ",", 1));
    if (named) TRY(add_text(t, it.name));
    if (named) TRY(tni_graph_text_add(t, ":", 1));
    TRY(tni_graph_json_add(t, it.value));
  }
  return TN_OK;
}

tn_status tni_graph_json_add(tni_graph_text *t, tn_value value) {
  bool is_object = tn_value_type(value) == TN_OBJECT, literal = is_object && needs_literal(value);
  if (!is_object && tn_value_type(value) != TN_ARRAY) return add_scalar(t, value);
  if (literal) TRY(tni_graph_text_print(t, "{\"$literal\":"));
  TRY(tni_graph_text_add(t, is_object ? "{" : "[", 1));
  TRY(add_items(t, value, is_object));
  TRY(tni_graph_text_add(t, is_object ? "}" : "]", 1));
  return literal ? tni_graph_text_add(t, "}", 1) : TN_OK;
}
