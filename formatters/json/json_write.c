#include "json_write.h"

#include <math.h>

#include "json_base64.h"
#include "json_number.h"
#include "json_reserved.h"
#include "json_scan.h"
#include "json_time.h"
#include "try.h"

static tn_status put(tn_buffer *out, const char *text) { return tn_buffer_append(out, text, strlen(text)); }

static size_t write_escape(uint8_t *to, uint8_t c) {
  static const char hex[] = "0123456789abcdef";
  static const char letters[0x20] = {['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
  char letter = c < 0x20 ? letters[c] : (char)c;
  to[0] = '\\';
  to[1] = letter ? (uint8_t)letter : 'u';
  if (letter) return 2;
  memcpy(to + 2, "00", 2);
  to[4] = (uint8_t)hex[c >> 4];
  to[5] = (uint8_t)hex[c & 15];
  return 6;
}

static tn_status write_text(tn_slice text, tn_buffer *out) {
  enum { ROOM = 16 }; /* for quotes, an escape, and what copying may write behind */
  const uint8_t *at = (const uint8_t *)text.data, *end = at + text.size;
  uint8_t *to = tn_buffer_reserve(out, text.size + ROOM);
  if (!to) return TN_NOMEM;
  *to++ = '"';
  while ((at = tni_json_copy_plain(&to, at, end)) < end) {
    to += write_escape(to, *at++);
    out->size = (size_t)(to - out->data);
    if (!(to = tn_buffer_reserve(out, (size_t)(end - at) + ROOM))) return TN_NOMEM;
  }
  *to++ = '"';
  out->size = (size_t)(to - out->data);
  return TN_OK;
}

static tn_status write_string(tn_value value, tn_buffer *out) {
  tn_slice text = {"", 0};
  (void)tn_as_string(value, &text);
  return write_text(text, out);
}

static tn_status write_int(tn_value value, tn_buffer *out) {
  int64_t n = 0;
  (void)tn_as_int(value, &n);
  uint8_t *to = tn_buffer_reserve(out, TNI_JSON_NUMBER_MAX);
  if (!to) return TN_NOMEM;
  out->size += tni_json_int_write(to, n);
  return TN_OK;
}

static tn_status write_double(tn_value value, tn_buffer *out) {
  double d = 0;
  (void)tn_as_double(value, &d);
  if (isnan(d)) return put(out, "{\"$numberDouble\":\"NaN\"}");
  if (isinf(d)) return put(out, d > 0 ? "{\"$numberDouble\":\"Infinity\"}" : "{\"$numberDouble\":\"-Infinity\"}");
  uint8_t *to = tn_buffer_reserve(out, TNI_JSON_NUMBER_MAX);
  if (!to) return TN_NOMEM;
  out->size += tni_json_double_write(to, d);
  return TN_OK;
}

static tn_status write_bytes(tn_value value, tn_buffer *out) {
  tn_slice bytes = {"", 0};
  (void)tn_as_bytes(value, &bytes);
  TRY(put(out, "{\"$binary\":{\"base64\":\""));
  size_t size = tni_base64_size(bytes.size);
  uint8_t *to = tn_buffer_reserve(out, size);
  if (!to) return TN_NOMEM;
  tni_base64_write(to, (const uint8_t *)bytes.data, bytes.size);
  out->size += size;
  return put(out, "\",\"subType\":\"00\"}}");
}

static tn_status write_timestamp(tn_value value, tn_buffer *out) {
  int64_t us = 0;
  uint8_t text[TNI_TIME_TEXT_MAX];
  (void)tn_as_timestamp(value, &us);
  bool has_date = tni_time_has_date(us);
  size_t size = has_date ? tni_time_write_date(text, us) : tni_time_write_ms(text, us);
  TRY(put(out, has_date ? "{\"$date\":\"" : "{\"$date\":{\"$numberLong\":\""));
  TRY(tn_buffer_append(out, text, size));
  return put(out, has_date ? "\"}" : "\"}}");
}

static tn_status write_array(tn_value value, tn_buffer *out) {
  const char *before = "[";
  if (tn_count(value) == 0) return put(out, "[]");
  for (tn_iter it = tn_iter_of(value); tn_iter_next(&it); before = ",") {
    TRY(tn_buffer_append(out, before, 1));
    TRY(tni_json_write(it.value, out));
  }
  return tn_buffer_append(out, "]", 1);
}

static tn_status write_fields(tn_value value, tn_buffer *out) {
  const char *before = "{";
  for (tn_iter it = tn_iter_of(value); tn_iter_next(&it); before = ",") {
    TRY(tn_buffer_append(out, before, 1));
    TRY(write_text(it.name, out));
    TRY(tn_buffer_append(out, ":", 1));
    TRY(tni_json_write(it.value, out));
  }
  return tn_buffer_append(out, "}", 1);
}

static tn_status write_object(tn_value value, tn_buffer *out) {
  tn_iter first = tn_iter_of(value);
  if (!tn_iter_next(&first)) return put(out, "{}");
  if (tni_json_form_of(first.name) == TNI_JSON_PLAIN) return write_fields(value, out);
  TRY(put(out, "{\"$literal\":"));
  TRY(write_fields(value, out));
  return tn_buffer_append(out, "}", 1);
}

static tn_status write_bool(tn_value value, tn_buffer *out) {
  bool is_true = false;
  (void)tn_as_bool(value, &is_true);
  return put(out, is_true ? "true" : "false");
}

tn_status tni_json_write(tn_value value, tn_buffer *out) {
  switch (tn_value_type(value)) {
    case TN_BOOL: return write_bool(value, out);
    case TN_INT: return write_int(value, out);
    case TN_DOUBLE: return write_double(value, out);
    case TN_STRING: return write_string(value, out);
    case TN_BYTES: return write_bytes(value, out);
    case TN_TIMESTAMP: return write_timestamp(value, out);
    case TN_ARRAY: return write_array(value, out);
    case TN_OBJECT: return write_object(value, out);
    case TN_NULL:
    case TN_ABSENT: break;
  }
  return put(out, "null");
}
