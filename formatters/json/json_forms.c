#include "json_forms.h"

#include <math.h>

#include "json_base64.h"
#include "json_number.h"
#include "json_time.h"
#include "try.h"

/* A string of a form, and where its quote stands. */
typedef struct quoted {
  tn_slice text;
  const uint8_t *at;
} quoted;

static bool equals(tn_slice text, const char *expected) {
  return text.size == strlen(expected) && memcmp(text.data, expected, text.size) == 0;
}

static tn_status read_quoted(tni_json_reader *r, quoted *out) {
  if (!tni_json_next_is(r, '"')) return tni_json_expected(r, "a string");
  out->at = r->at;
  return tni_json_string(r, &out->text);
}

/* The string behind a colon. */
static tn_status read_field(tni_json_reader *r, quoted *out) {
  TRY(tni_json_take(r, ':', "':'"));
  return read_quoted(r, out);
}

static tn_status read_name(tni_json_reader *r, const char *name, const char *refusal) {
  quoted have;
  TRY(read_quoted(r, &have));
  return equals(have.text, name) ? TN_OK : tni_json_refuse(r, have.at, TN_INVALID, refusal);
}

static tn_status take_end(tni_json_reader *r) { return tni_json_take(r, '}', "'}'"); }

static tn_status add_base64(tni_json_reader *r, const quoted *encoded) {
  tn_buffer bytes = {.memory = r->out->memory};
  size_t size = encoded->text.size / 4 * 3;
  tn_status status = TN_OK;
  if (!tn_buffer_reserve(&bytes, size + 1))
    status = tni_json_refuse(r, encoded->at, TN_NOMEM, "no memory for the bytes");
  else if (!tni_base64_read((const uint8_t *)encoded->text.data, encoded->text.size, bytes.data, &size))
    status = tni_json_refuse(r, encoded->at, TN_INVALID, "$binary expects base64 with padding");
  else
    tn_add(r->out, ((tn_slice){bytes.data, size}));
  tn_buffer_free(&bytes);
  return status;
}

static tn_status read_binary(tni_json_reader *r) {
  static const char wanted[] = "$binary expects {\"base64\": ..., \"subType\": \"00\"}";
  quoted text;
  TRY(tni_json_take(r, ':', "':'"));
  TRY(tni_json_take(r, '{', "'{'"));
  TRY(read_name(r, "base64", wanted));
  TRY(read_field(r, &text));
  TRY(add_base64(r, &text));
  TRY(tni_json_take(r, ',', "','"));
  TRY(read_name(r, "subType", wanted));
  TRY(read_field(r, &text));
  if (!equals(text.text, "00")) return tni_json_refuse(r, text.at, TN_INVALID, wanted);
  return take_end(r);
}

static tn_status read_date_text(tni_json_reader *r) {
  quoted text;
  int64_t us = 0;
  TRY(read_quoted(r, &text));
  if (!tni_time_read_date((const uint8_t *)text.text.data, text.text.size, &us))
    return tni_json_refuse(r, text.at, TN_INVALID, "$date expects a time like 2024-02-29T12:00:00.000001Z");
  tn_add(r->out, tn_time(us));
  return TN_OK;
}

static tn_status read_date_ms(tni_json_reader *r) {
  quoted text;
  int64_t us = 0;
  TRY(tni_json_take(r, '{', "a string or {\"$numberLong\": ...}"));
  TRY(read_name(r, "$numberLong", "$date expects a string or {\"$numberLong\": ...}"));
  TRY(read_field(r, &text));
  if (!tni_time_read_ms((const uint8_t *)text.text.data, text.text.size, &us))
    return tni_json_refuse(r, text.at, TN_INVALID, "$date expects milliseconds whose microseconds fit in 64 bits");
  tn_add(r->out, tn_time(us));
  return take_end(r);
}

static tn_status read_date(tni_json_reader *r) {
  TRY(tni_json_take(r, ':', "':'"));
  return tni_json_next_is(r, '"') ? read_date_text(r) : read_date_ms(r);
}

static tn_status read_number_long(tni_json_reader *r) {
  quoted text;
  tni_json_number n = {0};
  tni_json_problem problem;
  TRY(read_field(r, &text));
  const uint8_t *at = (const uint8_t *)text.text.data, *end = at + text.text.size;
  if (at == end || tni_json_number_read(at, end, &n, &problem) != end || !n.is_int)
    return tni_json_refuse(r, text.at, TN_INVALID, "$numberLong expects an integer of 64 bits");
  tn_add(r->out, n.integer);
  return TN_OK;
}

static bool double_of(tn_slice text, double *out) {
  const uint8_t *at = (const uint8_t *)text.data, *end = at + text.size;
  tni_json_problem problem;
  if (equals(text, "NaN")) return *out = (double)NAN, true;
  if (equals(text, "Infinity")) return *out = (double)INFINITY, true;
  if (equals(text, "-Infinity")) return *out = -(double)INFINITY, true;
  return at != end && tni_json_double_read(at, end, out, &problem) == end;
}

static tn_status read_number_double(tni_json_reader *r) {
  quoted text;
  double d = 0;
  TRY(read_field(r, &text));
  if (!double_of(text.text, &d))
    return tni_json_refuse(r, text.at, TN_INVALID, "$numberDouble expects a number, NaN, Infinity or -Infinity");
  tn_add(r->out, d);
  return TN_OK;
}

static tn_status read_content(tni_json_reader *r, tni_json_form form) {
  switch (form) {
    case TNI_JSON_BINARY: return read_binary(r);
    case TNI_JSON_DATE: return read_date(r);
    case TNI_JSON_NUMBER_LONG: return read_number_long(r);
    case TNI_JSON_NUMBER_DOUBLE: return read_number_double(r);
    case TNI_JSON_PLAIN:
    case TNI_JSON_LITERAL: break;
  }
  return TN_MISUSE;
}

tn_status tni_json_read_form(tni_json_reader *r, tni_json_form form) {
  TRY(read_content(r, form));
  return take_end(r);
}
