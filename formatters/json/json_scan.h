/* json_scan.h - how far a string goes on without anything that JSON writes differently: eight bytes at a time. */
#ifndef TENON_JSON_SCAN_H
#define TENON_JSON_SCAN_H

#include "tenon_value.h"

static inline bool tni_json_is_plain(uint8_t c) { return c >= 0x20 && c != '"' && c != '\\'; }

/* The highest bit of each byte of `word` that is zero; bytes above the lowest such one may be marked wrongly. */
static inline uint64_t tni_zero_bytes(uint64_t word) {
  return (word - 0x0101010101010101u) & ~word & 0x8080808080808080u;
}

/* How many of eight bytes, loaded little-endian, come before the first that is not plain; 8 when all are. */
static inline unsigned tni_json_plain_bytes(uint64_t word) {
  uint64_t control = (word - 0x2020202020202020u) & ~word & 0x8080808080808080u;
  uint64_t found = control | tni_zero_bytes(word ^ 0x2222222222222222u) | tni_zero_bytes(word ^ 0x5c5c5c5c5c5c5c5cu);
  return found ? (unsigned)__builtin_ctzll(found) / 8 : 8;
}

/* The first byte that is a quote, a backslash or below 0x20, or `end`. */
static inline const uint8_t *tni_json_skip_plain(const uint8_t *at, const uint8_t *end) {
  for (; end - at >= 8; at += 8) {
    unsigned plain = tni_json_plain_bytes(tn_load_le(at, 8));
    if (plain < 8) return at + plain;
  }
  while (at < end && tni_json_is_plain(*at)) at++;
  return at;
}

/* The same, copying what it skips to *to, which it moves on. Up to 8 bytes behind that may be written too. */
static inline const uint8_t *tni_json_copy_plain(uint8_t **to, const uint8_t *at, const uint8_t *end) {
  uint8_t *out = *to;
  unsigned plain = 8;
  while (plain == 8 && end - at >= 8) {
    memcpy(out, at, 8);
    plain = tni_json_plain_bytes(tn_load_le(at, 8));
    at += plain;
    out += plain;
  }
  while (plain == 8 && at < end && tni_json_is_plain(*at)) *out++ = *at++;
  *to = out;
  return at;
}

#endif
