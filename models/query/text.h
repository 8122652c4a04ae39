/* text.h - strings by characters (code points), and strings put together piece by piece. What is in a value is UTF-8
 * already, so nothing is checked here. */
#ifndef TENON_QUERY_TEXT_H
#define TENON_QUERY_TEXT_H

#include "query.h"

static inline bool tni_begins_char(uint8_t byte) { return (byte & 0xc0) != 0x80; }

/* The first character of a text that is not empty. */
tn_slice tni_text_first(tn_slice text);
tn_slice tni_text_last(tn_slice text);
/* What is left of `text` from byte `at` on, and its first `size` bytes. */
static inline tn_slice tni_text_from(tn_slice text, size_t at) {
  return (tn_slice){(const char *)text.data + at, text.size - at};
}
static inline tn_slice tni_text_upto(tn_slice text, size_t size) { return (tn_slice){text.data, size}; }

size_t tni_text_chars(tn_slice text);
/* How many bytes the first `chars` characters take; all of the text when there are no more. */
size_t tni_text_bytes(tn_slice text, uint64_t chars);
/* Where `part` begins in `text` the first time; text.size + 1 where it does not. */
size_t tni_text_find(tn_slice text, tn_slice part);

/* Letters of ASCII; the others stay. */
static inline uint8_t tni_upper(uint8_t c) { return c >= 'a' && c <= 'z' ? (uint8_t)(c - 32) : c; }
static inline uint8_t tni_lower(uint8_t c) { return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c; }

/* A string that grows in a builder: begin with {builder, 0}, put, then end makes it the builder's next string. */
typedef struct tni_text {
  tn_builder *builder;
  size_t size;
} tni_text;

/* Where `size` more bytes may be written, all of which count as written; NULL when the builder has failed. */
uint8_t *tni_text_room(tni_text *text, size_t size);
void tni_text_put(tni_text *text, tn_slice part);
void tni_text_end(tni_text *text);

#endif
