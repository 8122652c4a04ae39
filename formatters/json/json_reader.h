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
  tn_buffer text; /* the last string that had escapes, decoded */
} tni_json_reader;

/* Fills the error, "byte N" of `at` as where, and returns `status`. */
tn_status tni_json_refuse(const tni_json_reader *r, const uint8_t *at, tn_status status, const char *text);
/* INVALID: "expected <what>, found ..." at r->at. */
tn_status tni_json_expected(const tni_json_reader *r, const char *what);

static inline bool tni_json_is_space(uint8_t c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

static inline void tni_json_skip_space(tni_json_reader *r) {
  while (r->at < r->end && *r->at <= ' ' && tni_json_is_space(*r->at)) r->at++;
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

/* The string from its first special character on, which is at r->at; *text is what is before it. */
tn_status tni_json_string_rest(tni_json_reader *r, tn_slice *text);

/* Reads the string whose opening quote is at r->at. *text lives until the next string is read; whether it is UTF-8 is
 * left to the builder. */
static inline tn_status tni_json_string(tni_json_reader *r, tn_slice *text) {
  const uint8_t *first = r->at + 1;
  text->data = first;
  r->at = tni_json_skip_plain(first, r->end);
  text->size = (size_t)(r->at - first);
  if (r->at == r->end || *r->at != '"') return tni_json_string_rest(r, text);
  r->at++;
  return TN_OK;
}

/* Refuses what the builder has refused; `string` is where the opening quote of the last name or string added is. */
tn_status tni_json_refuse_built(const tni_json_reader *r, const uint8_t *string);

/* TN_OK while the builder has not failed; MISUSE is its answer while a container is open. */
static inline tn_status tni_json_builder_status(const tni_json_reader *r, const uint8_t *string) {
  tn_status status = tn_builder_status(r->out);
  return status == TN_OK || status == TN_MISUSE ? TN_OK : tni_json_refuse_built(r, string);
}

#endif
