/* json_reader.h - the text being read: white space, marks and strings, and refusals that name their byte. What the
 * text means is json_read.c's and json_forms.c's. */
#ifndef TENON_JSON_READER_H
#define TENON_JSON_READER_H

#include "json_scan.h"
#include "tenon_plugin.h"

typedef struct tni_json_reader {
  const tn_host *host;
  const uint8_t *start;
  const uint8_t *at; /* what comes next */
  const uint8_t *end;
  tn_builder *out;
  tn_error *error;
} tni_json_reader;

/* Fills the error, "byte N" of `at` as where, and returns `status`. */
tn_status tni_json_refuse(const tni_json_reader *r, const uint8_t *at, tn_status status, const char *text);
/* INVALID: "expected <what>, found ..." at r->at. */
tn_status tni_json_expected(const tni_json_reader *r, const char *what);

/* Texts have mostly none or one between two marks, or the indentation of a line. */
static inline void tni_json_skip_space(tni_json_reader *r) {
  if (r->at == r->end || *r->at > ' ') return;
  if (*r->at == ' ') r->at++;
  if (r->at < r->end && *r->at <= ' ') r->at = tni_json_skip_spaces(r->at, r->end);
}

/* Is `c` next, after white space? Does not step over it. */
static inline bool tni_json_next_is(tni_json_reader *r, char c) {
  tni_json_skip_space(r);
  return r->at < r->end && *r->at == (uint8_t)c;
}

/* Steps over white space and `mark`; `what` names the mark in the refusal. */
static inline tn_status tni_json_take(tni_json_reader *r, char mark, const char *what) {
  if (!tni_json_next_is(r, mark)) return tni_json_expected(r, what);
  r->at++;
  return TN_OK;
}

/* What tni_json_text() does from a string's first byte behind the quote on, at any length. */
tn_status tni_json_text_rest(tni_json_reader *r, size_t *size);

/* Reads the string whose opening quote is at r->at into the builder's room (tn_text_room), ready for tn_text_add() or
 * tn_text_name(). Whether it is UTF-8 is left to the builder. */
static inline tn_status tni_json_text(tni_json_reader *r, size_t *size) {
  const uint8_t *first = ++r->at;
  uint8_t *to = tn_text_room(r->out, TNI_JSON_BLOCK);
  if (!to || r->end - first <= TNI_JSON_BLOCK) return tni_json_text_rest(r, size);
  unsigned plain = tni_json_plain_bytes(first);
  memcpy(to, first, TNI_JSON_BLOCK);
  if (first[plain] != '"') return tni_json_text_rest(r, size);
  r->at = first + plain + 1;
  *size = plain;
  return TN_OK;
}

/* The same for a string that is only looked at: *text lives until the next string is read or anything is added. */
tn_status tni_json_string(tni_json_reader *r, tn_slice *text);

/* Refuses what the builder has refused; `string` is where the opening quote of the last name or string added is. */
tn_status tni_json_refuse_built(const tni_json_reader *r, const uint8_t *string);

/* TN_OK while the builder has not failed; MISUSE is its answer while a container is open. */
static inline tn_status tni_json_builder_status(const tni_json_reader *r, const uint8_t *string) {
  tn_status status = tn_builder_status(r->out);
  return status == TN_OK || status == TN_MISUSE ? TN_OK : tni_json_refuse_built(r, string);
}

#endif
