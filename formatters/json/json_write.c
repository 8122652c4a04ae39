#include "json_write.h"

#include <math.h>

#include "json_base64.h"
#include "json_number.h"
#include "json_reserved.h"
#include "json_scan.h"
#include "json_time.h"
#include "try.h"

/* What is being written to, and how far bytes behind a string of the value may be read. */
typedef struct writer {
  tn_buffer *out;
  const uint8_t *limit;
} writer;

static tn_status write_value(const writer *w, tn_value value);

static tn_status put(const writer *w, const char *text) { return tn_buffer_append(w->out, text, strlen(text)); }

static inline tn_status put_mark(const writer *w, char mark) { return tn_buffer_append(w->out, &mark, 1); }

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

/* The text in quotes between two marks; a mark of 0 is none. */
static tn_status write_text(const writer *w, char before, tn_slice text, char after) {
  enum { ROOM = 10 + TNI_JSON_BLOCK }; /* for marks, quotes, an escape, and what copying may write behind */
  const uint8_t *at = (const uint8_t *)text.data, *end = at + text.size;
  uint8_t *to = tn_buffer_reserve(w->out, text.size + ROOM);
  if (!to) return TN_NOMEM;
  *to = (uint8_t)before;
  to += before != 0;
  *to++ = '"';
  while ((at = tni_json_copy_plain(&to, at, end, w->limit)) < end) {
    to += write_escape(to, *at++);
    w->out->size = (size_t)(to - w->out->data);
    if (!(to = tn_buffer_reserve(w->out, (size_t)(end - at) + ROOM))) return TN_NOMEM;
  }
  *to++ = '"';
  *to = (uint8_t)after;
  to += after != 0;
  w->out->size = (size_t)(to - w->out->data);
  return TN_OK;
}

static tn_status write_string(const writer *w, tn_value value) {
  tn_slice text = {"", 0};
  (void)tn_as_string(value, &text);
  return write_text(w, 0, text, 0);
}

static tn_status write_int(const writer *w, tn_value value) {
  int64_t n = 0;
  (void)tn_as_int(value, &n);
  uint8_t *to = tn_buffer_reserve(w->out, TNI_JSON_NUMBER_MAX);
  if (!to) return TN_NOMEM;
  w->out->size += tni_json_int_write(to, n);
  return TN_OK;
}

static tn_status write_double(const writer *w, tn_value value) {
  double d = 0;
  (void)tn_as_double(value, &d);
  if (isnan(d)) return put(w, "{\"$numberDouble\":\"NaN\"}");
  if (isinf(d)) return put(w, d > 0 ? "{\"$numberDouble\":\"Infinity\"}" : "{\"$numberDouble\":\"-Infinity\"}");
  uint8_t *to = tn_buffer_reserve(w->out, TNI_JSON_NUMBER_MAX);
  if (!to) return TN_NOMEM;
  w->out->size += tni_json_double_write(to, d);
  return TN_OK;
}

static tn_status write_bytes(const writer *w, tn_value value) {
  tn_slice bytes = {"", 0};
  (void)tn_as_bytes(value, &bytes);
  TRY(put(w, "{\"$binary\":{\"base64\":\""));
  size_t size = tni_base64_size(bytes.size);
  uint8_t *to = tn_buffer_reserve(w->out, size);
  if (!to) return TN_NOMEM;
  tni_base64_write(to, (const uint8_t *)bytes.data, bytes.size);
  w->out->size += size;
  return put(w, "\",\"subType\":\"00\"}}");
}

static tn_status write_timestamp(const writer *w, tn_value value) {
  int64_t us = 0;
  uint8_t text[TNI_TIME_TEXT_MAX];
  (void)tn_as_timestamp(value, &us);
  bool has_date = tni_time_has_date(us);
  size_t size = has_date ? tni_time_write_date(text, us) : tni_time_write_ms(text, us);
  TRY(put(w, has_date ? "{\"$date\":\"" : "{\"$date\":{\"$numberLong\":\""));
  TRY(tn_buffer_append(w->out, text, size));
  return put(w, has_date ? "\"}" : "\"}}");
}

static tn_status write_array(const writer *w, tn_value value) {
  char before = '[';
  if (tn_count(value) == 0) return put(w, "[]");
  for (tn_iter it = tn_iter_of(value); tn_iter_next(&it); before = ',') {
    TRY(put_mark(w, before));
    TRY(write_value(w, it.value));
  }
  return put_mark(w, ']');
}

static tn_status write_fields(const writer *w, tn_value value) {
  char before = '{';
  for (tn_iter it = tn_iter_of(value); tn_iter_next(&it); before = ',') {
    TRY(write_text(w, before, it.name, ':'));
    TRY(write_value(w, it.value));
  }
  return put_mark(w, '}');
}

/* Whether a value is written as an object whose first name is reserved. */
static bool has_form(tn_value value) {
  tn_iter first = tn_iter_of(value);
  double d = 0;
  switch (tn_value_type(value)) {
    case TN_BYTES:
    case TN_TIMESTAMP: return true;
    case TN_DOUBLE: return tn_as_double(value, &d) && !isfinite(d);
    case TN_OBJECT: return tn_iter_next(&first) && tni_json_form_of(first.name) != TNI_JSON_PLAIN;
    default: return false;
  }
}

/* $literal around what needs none is a name like others. */
static bool needs_literal(tn_iter first) {
  tni_json_form form = tni_json_form_of(first.name);
  return form == TNI_JSON_LITERAL ? has_form(first.value) : form != TNI_JSON_PLAIN;
}

static tn_status write_object(const writer *w, tn_value value) {
  tn_iter first = tn_iter_of(value);
  if (!tn_iter_next(&first)) return put(w, "{}");
  if (!needs_literal(first)) return write_fields(w, value);
  TRY(put(w, "{\"$literal\":"));
  TRY(write_fields(w, value));
  return put_mark(w, '}');
}

static tn_status write_bool(const writer *w, tn_value value) {
  bool is_true = false;
  (void)tn_as_bool(value, &is_true);
  return put(w, is_true ? "true" : "false");
}

static tn_status write_value(const writer *w, tn_value value) {
  switch (tn_value_type(value)) {
    case TN_BOOL: return write_bool(w, value);
    case TN_INT: return write_int(w, value);
    case TN_DOUBLE: return write_double(w, value);
    case TN_STRING: return write_string(w, value);
    case TN_BYTES: return write_bytes(w, value);
    case TN_TIMESTAMP: return write_timestamp(w, value);
    case TN_ARRAY: return write_array(w, value);
    case TN_OBJECT: return write_object(w, value);
    case TN_NULL:
    case TN_ABSENT: break;
  }
  return put(w, "null");
}

tn_status tni_json_write(tn_value value, tn_buffer *out) {
  return write_value(&(writer){out, value.data + value.size}, value);
}
