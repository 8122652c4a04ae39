#include "json_reader.h"

#include <stdio.h>

#include "json_scan.h"
#include "try.h"
#include "utf8.h"

tn_status tni_json_refuse(const tni_json_reader *r, const uint8_t *at, tn_status status, const char *text) {
  char where[32];
  snprintf(where, sizeof where, "byte %zu", (size_t)(at - r->start));
  return r->host->error_set(r->error, status, where, "%s", text);
}

tn_status tni_json_expected(const tni_json_reader *r, const char *what) {
  char text[128];
  if (r->at == r->end)
    snprintf(text, sizeof text, "expected %s, found the end of the text", what);
  else if (*r->at > 0x20 && *r->at < 0x7f)
    snprintf(text, sizeof text, "expected %s, found '%c'", what, *r->at);
  else
    snprintf(text, sizeof text, "expected %s, found byte 0x%02x", what, *r->at);
  return tni_json_refuse(r, r->at, TN_INVALID, text);
}

static tn_status no_memory(const tni_json_reader *r) {
  return tni_json_refuse(r, r->at, TN_NOMEM, "no memory for a string");
}

/* Four hexadecimal digits at `at`. */
static tn_status read_hex(const tni_json_reader *r, const uint8_t *at, uint32_t *out) {
  uint32_t n = 0;
  for (unsigned i = 0; i < 4; i++, at++) {
    uint8_t c = at < r->end ? *at : 0, letter = c | 0x20;
    if (c >= '0' && c <= '9')
      n = n << 4 | (uint32_t)(c - '0');
    else if (letter >= 'a' && letter <= 'f')
      n = n << 4 | (uint32_t)(letter - 'a' + 10);
    else
      return tni_json_refuse(r, at, TN_INVALID, "expected four hexadecimal digits after \\u");
  }
  *out = n;
  return TN_OK;
}

static tn_status append_char(tni_json_reader *r, uint32_t c) {
  uint8_t *to = tn_buffer_reserve(&r->text, 4);
  if (!to) return no_memory(r);
  unsigned more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  static const uint8_t leads[] = {0, 0xc0, 0xe0, 0xf0};
  to[0] = (uint8_t)(leads[more] | c >> (6 * more));
  for (unsigned i = 1; i <= more; i++) to[i] = (uint8_t)(0x80 | (c >> (6 * (more - i)) & 0x3f));
  r->text.size += 1 + more;
  return TN_OK;
}

/* \uXXXX, or two of them for a character above U+FFFF. */
static tn_status read_unicode(tni_json_reader *r) {
  const uint8_t *escape = r->at;
  uint32_t c, low = 0;
  TRY(read_hex(r, escape + 2, &c));
  r->at += 6;
  if (c < 0xd800 || c > 0xdfff) return append_char(r, c);
  bool pair = c < 0xdc00 && r->end - r->at >= 2 && r->at[0] == '\\' && r->at[1] == 'u';
  if (pair) TRY(read_hex(r, r->at + 2, &low));
  if (low < 0xdc00 || low > 0xdfff)
    return tni_json_refuse(r, escape, TN_INVALID, "a surrogate stands without its partner");
  r->at += 6;
  return append_char(r, 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00));
}

static tn_status read_escape(tni_json_reader *r) {
  uint8_t c = r->end - r->at >= 2 ? r->at[1] : 0;
  switch (c) {
    case 'u': return read_unicode(r);
    case 'b': c = '\b'; break;
    case 'f': c = '\f'; break;
    case 'n': c = '\n'; break;
    case 'r': c = '\r'; break;
    case 't': c = '\t'; break;
    case '"':
    case '\\':
    case '/': break;
    default: return tni_json_refuse(r, r->at, TN_INVALID, "a backslash begins no escape that JSON has");
  }
  r->at += 2;
  return append_char(r, c);
}

/* The rest of a string from its first escape on; r->at is there, the plain characters before it begin at `first`. */
static tn_status read_escaped(tni_json_reader *r, const uint8_t *first, tn_slice *text) {
  r->text.size = 0;
  for (;;) {
    if (tn_buffer_append(&r->text, first, (size_t)(r->at - first)) != TN_OK) return no_memory(r);
    if (r->at < r->end && *r->at == '"') break;
    if (r->at == r->end || *r->at != '\\') return TN_OK;
    TRY(read_escape(r));
    first = r->at;
    r->at = tni_json_skip_plain(first, r->end);
  }
  *text = (tn_slice){r->text.data, r->text.size};
  return TN_OK;
}

tn_status tni_json_string_rest(tni_json_reader *r, tn_slice *text) {
  if (r->at < r->end && *r->at == '\\') TRY(read_escaped(r, (const uint8_t *)text->data, text));
  if (r->at == r->end) return tni_json_refuse(r, r->at, TN_INVALID, "the text ends inside a string");
  if (*r->at != '"') return tni_json_refuse(r, r->at, TN_INVALID, "a control character in a string must be escaped");
  r->at++;
  return TN_OK;
}

static tn_status refuse_bytes(const tni_json_reader *r, const uint8_t *string) {
  const uint8_t *at = string + 1;
  unsigned width = 1;
  while (at < r->at && (width = tni_utf8_char(at, (size_t)(r->at - at))) > 0) at += width;
  return tni_json_refuse(r, at, TN_INVALID, "a string is not UTF-8");
}

tn_status tni_json_refuse_built(const tni_json_reader *r, const uint8_t *string) {
  switch (tn_builder_status(r->out)) {
    case TN_INVALID: return refuse_bytes(r, string);
    case TN_NOMEM: return tni_json_refuse(r, string, TN_NOMEM, "no memory for the value");
    default: return tni_json_refuse(r, string, TN_LIMIT, "the value is larger than 1 GiB");
  }
}
