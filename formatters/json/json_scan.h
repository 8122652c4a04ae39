/* json_scan.h - how far a string goes on without anything that JSON writes differently: a block at a time. */
#ifndef TENON_JSON_SCAN_H
#define TENON_JSON_SCAN_H

#include "tenon_value.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { TNI_JSON_BLOCK = 16 };

static inline bool tni_json_is_space(uint8_t c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
static inline bool tni_json_is_plain(uint8_t c) { return c >= 0x20 && c != '"' && c != '\\'; }

#ifdef __SSE2__

/* How many bytes of the block at `at` come before the first that is not plain. */
static inline unsigned tni_json_plain_bytes(const uint8_t *at) {
  __m128i block = _mm_loadu_si128((const __m128i *)(const void *)at);
  __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(0x1f)), block);
  __m128i quote = _mm_cmpeq_epi8(block, _mm_set1_epi8('"')), escape = _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'));
  unsigned found = (unsigned)_mm_movemask_epi8(_mm_or_si128(control, _mm_or_si128(quote, escape)));
  return (unsigned)__builtin_ctz(found | 1u << TNI_JSON_BLOCK);
}

/* How many bytes of the block at `at` come before the first that is no white space. */
static inline unsigned tni_json_space_bytes(const uint8_t *at) {
  __m128i block = _mm_loadu_si128((const __m128i *)(const void *)at);
  __m128i wide = _mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8(' ')), _mm_cmpeq_epi8(block, _mm_set1_epi8('\t')));
  __m128i line = _mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8('\n')), _mm_cmpeq_epi8(block, _mm_set1_epi8('\r')));
  return (unsigned)__builtin_ctz(~(unsigned)_mm_movemask_epi8(_mm_or_si128(wide, line)));
}

#else

/* The highest bit of each byte of `word` that is zero; bytes above the lowest such one may be marked wrongly. */
static inline uint64_t tni_zero_bytes(uint64_t word) {
  return (word - 0x0101010101010101u) & ~word & 0x8080808080808080u;
}

static inline unsigned tni_json_plain_of_eight(const uint8_t *at) {
  uint64_t word = tn_load_le(at, 8), control = (word - 0x2020202020202020u) & ~word & 0x8080808080808080u;
  uint64_t found = control | tni_zero_bytes(word ^ 0x2222222222222222u) | tni_zero_bytes(word ^ 0x5c5c5c5c5c5c5c5cu);
  return found ? (unsigned)__builtin_ctzll(found) / 8 : 8;
}

static inline unsigned tni_json_plain_bytes(const uint8_t *at) {
  unsigned plain = tni_json_plain_of_eight(at);
  return plain < 8 ? plain : 8 + tni_json_plain_of_eight(at + 8);
}

static inline unsigned tni_json_space_bytes(const uint8_t *at) {
  unsigned n = 0;
  while (n < TNI_JSON_BLOCK && tni_json_is_space(at[n])) n++;
  return n;
}

#endif

/* The first byte that is no white space, or `end`. */
static inline const uint8_t *tni_json_skip_spaces(const uint8_t *at, const uint8_t *end) {
  for (; end - at >= TNI_JSON_BLOCK; at += TNI_JSON_BLOCK) {
    unsigned spaces = tni_json_space_bytes(at);
    if (spaces < TNI_JSON_BLOCK) return at + spaces;
  }
  while (at < end && tni_json_is_space(*at)) at++;
  return at;
}

/* The first byte that is a quote, a backslash or below 0x20, or `end`. */
static inline const uint8_t *tni_json_skip_plain(const uint8_t *at, const uint8_t *end) {
  for (; end - at >= TNI_JSON_BLOCK; at += TNI_JSON_BLOCK) {
    unsigned plain = tni_json_plain_bytes(at);
    if (plain < TNI_JSON_BLOCK) return at + plain;
  }
  while (at < end && tni_json_is_plain(*at)) at++;
  return at;
}

/* The same, copying what it skips to *to, which it moves on. It may read up to `limit`, at or behind `end`, and write
 * a block behind what it copies. */
static inline const uint8_t *tni_json_copy_plain(uint8_t **to, const uint8_t *at, const uint8_t *end,
                                                 const uint8_t *limit) {
  uint8_t *out = *to;
  unsigned plain = TNI_JSON_BLOCK;
  for (; end - at >= TNI_JSON_BLOCK; at += TNI_JSON_BLOCK, out += TNI_JSON_BLOCK) {
    plain = tni_json_plain_bytes(at);
    memcpy(out, at, TNI_JSON_BLOCK);
    if (plain < TNI_JSON_BLOCK) return *to = out + plain, at + plain;
  }
  if (limit - at >= TNI_JSON_BLOCK) {
    plain = tni_json_plain_bytes(at);
    memcpy(out, at, TNI_JSON_BLOCK);
    if (plain > end - at) plain = (unsigned)(end - at);
    return *to = out + plain, at + plain;
  }
  while (at < end && tni_json_is_plain(*at)) *out++ = *at++;
  *to = out;
  return at;
}

#endif
