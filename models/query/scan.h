/* scan.h - reads a text from left to right. Once something was not as expected, `ok` stays false and nothing moves.
 */
#ifndef TENON_QUERY_SCAN_H
#define TENON_QUERY_SCAN_H

#include "query.h"

typedef struct tni_scan {
  const char *at, *end;
  bool ok;
} tni_scan;

static inline tni_scan tni_scan_of(tn_slice text) {
  return (tni_scan){text.data, (const char *)text.data + text.size, true};
}
static inline tn_slice tni_scan_rest(const tni_scan *s) { return (tn_slice){s->at, (size_t)(s->end - s->at)}; }
static inline bool tni_scan_at_digit(const tni_scan *s) {
  return s->ok && s->at < s->end && *s->at >= '0' && *s->at <= '9';
}

/* Takes the character when it comes next. */
static inline bool tni_scan_take(tni_scan *s, char c) {
  bool is = s->ok && s->at < s->end && *s->at == c;
  if (is) s->at++;
  return is;
}
static inline void tni_scan_expect(tni_scan *s, char c) { s->ok = tni_scan_take(s, c); }

/* A number of at least `least` and at most `most` digits. */
static inline int64_t tni_scan_number(tni_scan *s, unsigned least, unsigned most) {
  int64_t n = 0;
  unsigned count = 0;
  for (; count < most && tni_scan_at_digit(s); count++) n = n * 10 + (*s->at++ - '0');
  s->ok = s->ok && count >= least;
  return n;
}

#endif
