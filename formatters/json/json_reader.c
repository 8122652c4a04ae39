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

/* `c` as UTF-8; returns what follows it. */
static uint8_t *put_char(uint8_t *to, uint32_t c) {
  if (c < 0x80) return *to = (uint8_t)c, to + 1;
  unsigned more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  static const uint8_t leads[] = {0, 0xc0, 0xe0, 0xf0};
  to[0] = (uint8_t)(leads[more] | c >> (6 * more));
  for (unsigned i = 1; i <= more; i++) to[i] = (uint8_t)(0x80 | (c >> (6 * (more - i)) & 0x3f));
  return to + 1 + more;
}

/* \uXXXX, or two of them for a character above U+FFFF. */
static tn_status read_unicode(tni_json_reader *r, uint8_t **to) {
  const uint8_t *escape = r->at;
  uint32_t c, low = 0;
  TRY(read_hex(r, escape + 2, &c));
  r->at += 6;
  if (c >= 0xd800 && c <= 0xdfff) {
    bool pair = c < 0xdc00 && r->end - r->at >= 2 && r->at[0] == '\\' && r->at[1] == 'u';
    if (pair) TRY(read_hex(r, r->at + 2, &low));
    if (low < 0xdc00 || low > 0xdfff)
      return tni_json_refuse(r, escape, TN_INVALID, "a surrogate stands without its partner");
    r->at += 6;
    c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
  }
  *to = put_char(*to, c);
  return TN_OK;
}

static tn_status read_escape(tni_json_reader *r, uint8_t **to) {
  static const uint8_t meant[256] = {
      ['b'] = '\b', ['f'] = '\f', ['n'] = '\n', ['r'] = '\r', ['t'] = '\t', ['"'] = '"', ['\\'] = '\\', ['/'] = '/'};
  uint8_t letter = r->end - r->at >= 2 ? r->at[1] : 0;
  if (letter == 'u') return read_unicode(r, to);
  if (!meant[letter]) return tni_json_refuse(r, r->at, TN_INVALID, "a backslash begins no escape that JSON has");
  *(*to)++ = meant[letter];
  r->at += 2;
  return TN_OK;
}

/* Steps over the closing quote; anything else here is refused. */
static tn_status end_string(tni_json_reader *r) {
  if (r->at == r->end) return tni_json_refuse(r, r->at, TN_INVALID, "the text ends inside a string");
  if (*r->at != '"') return tni_json_refuse(r, r->at, TN_INVALID, "a control character in a string must be escaped");
  r->at++;
  return TN_OK;
}

/* Reads until something ends the string, or until less than a block is free from *to to `full`. */
static tn_status read_run(tni_json_reader *r, uint8_t **to, const uint8_t *full) {
  while (full - *to > TNI_JSON_BLOCK) {
    ptrdiff_t room = full - *to - TNI_JSON_BLOCK;
    const uint8_t *stop = r->end - r->at > room ? r->at + room : r->end;
    r->at = tni_json_copy_plain(to, r->at, stop, r->end);
    if (r->at == stop || *r->at != '\\') break;
    TRY(read_escape(r, to));
  }
  return TN_OK;
}

tn_status tni_json_text_rest(tni_json_reader *r, size_t *size) {
  enum { STEP = 4096 };
  const uint8_t *string = r->at - 1, *before;
  size_t have = 0;
  do {
    uint8_t *start = tn_text_room(r->out, have + STEP);
    if (!start) return tni_json_refuse_built(r, string);
    uint8_t *to = start + have;
    before = r->at;
    TRY(read_run(r, &to, to + STEP));
    have = (size_t)(to - start);
  } while (r->at > before);
  *size = have;
  return end_string(r);
}

tn_status tni_json_string(tni_json_reader *r, tn_slice *text) {
  const uint8_t *string = r->at, *first = string + 1, *end = tni_json_skip_plain(first, r->end);
  r->at = end;
  *text = (tn_slice){first, (size_t)(end - first)};
  if (end == r->end || *end != '\\') return end_string(r);
  r->at = string;
  TRY(tni_json_text(r, &text->size));
  text->data = tn_text_room(r->out, text->size);
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
