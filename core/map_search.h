/* map_search.h - how a key is found in one node: inline, for map_node.c and for the lookups, which do little else.
 * It reads no more of a node than it must, and branches as little as it can. */
#ifndef TENON_MAP_SEARCH_H
#define TENON_MAP_SEARCH_H

#include "map_node.h"

#ifdef __x86_64__
#define TNI_HAVE_AVX 1
#include <immintrin.h>
#endif

/* ---- prefixes ------------------------------------------------------------------------------- */

static inline int tni_compare_long_prefix(const tni_node *n, tn_slice key) {
  size_t common = key.size < n->prefix_size ? key.size : n->prefix_size;
  int order = common > 0 ? memcmp(key.data, n->bytes, common) : 0;
  return order != 0 ? order : key.size < n->prefix_size ? -1 : 0;
}

/* How the key compares with the node's prefix: 0 when it begins with it. */
static inline int tni_compare_prefix(const tni_node *n, tn_slice key) {
  if (n->prefix_size == 0) return 0;
  if (n->prefix_size > 8 || key.size < 8) return tni_compare_long_prefix(n, key);
  unsigned unused = 64 - 8u * n->prefix_size;
  uint64_t a = tni_load_be64((const uint8_t *)key.data) >> unused, b = tni_load_be64(n->bytes) >> unused;
  return (a > b) - (a < b);
}

/* ---- heads ---------------------------------------------------------------------------------- */

#ifdef TNI_HAVE_AVX
/* Sixteen at a time; the last ones are loaded by a mask. */
__attribute__((target("avx512f,popcnt"))) static inline uint32_t tni_count_below_avx512(const uint32_t *sorted,
                                                                                        uint32_t count, uint32_t x) {
  const __m512i key = _mm512_set1_epi32((int32_t)x);
  uint32_t below = 0;
  for (; count > 16; count -= 16, sorted += 16)
    below += (uint32_t)__builtin_popcount(_mm512_cmplt_epu32_mask(_mm512_loadu_si512(sorted), key));
  __mmask16 inside = (__mmask16)((1u << count) - 1);
  __m512i last = _mm512_maskz_loadu_epi32(inside, sorted);
  return below + (uint32_t)__builtin_popcount(_mm512_mask_cmplt_epu32_mask(inside, last, key));
}

/* Eight at a time; the last, incomplete eight are loaded by a mask. */
__attribute__((target("avx2"))) static inline uint32_t tni_count_below_avx2(const uint32_t *sorted, uint32_t count,
                                                                            uint32_t x) {
  const __m256i flip = _mm256_set1_epi32(INT32_MIN), lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  const __m256i key = _mm256_xor_si256(_mm256_set1_epi32((int32_t)x), flip);
  __m256i below = _mm256_setzero_si256();
  uint32_t i = 0;
  for (; i + 8 <= count; i += 8) {
    __m256i eight = _mm256_loadu_si256((const __m256i *)(const void *)(sorted + i));
    below = _mm256_sub_epi32(below, _mm256_cmpgt_epi32(key, _mm256_xor_si256(eight, flip)));
  }
  __m256i mask = _mm256_cmpgt_epi32(_mm256_set1_epi32((int32_t)(count - i)), lanes);
  __m256i rest = _mm256_maskload_epi32((const int *)(const void *)(sorted + i), mask);
  __m256i is_below = _mm256_and_si256(mask, _mm256_cmpgt_epi32(key, _mm256_xor_si256(rest, flip)));
  below = _mm256_sub_epi32(below, is_below);
  __m128i four = _mm_add_epi32(_mm256_castsi256_si128(below), _mm256_extracti128_si256(below, 1));
  four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4e));
  four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0xb1));
  return (uint32_t)_mm_cvtsi128_si32(four);
}
#endif

#define TNI_FLAT_MAX 64 /* numbers that are faster counted all than searched */

/* How many of the sorted numbers are below `x`; without branches that depend on them. */
static inline uint32_t tni_count_below(const uint32_t *sorted, uint32_t count, uint32_t x) {
  uint32_t at = 0;
#ifdef TNI_HAVE_AVX
  if (__builtin_cpu_supports("avx512f") || __builtin_cpu_supports("avx2")) {
    for (; count > TNI_FLAT_MAX; count -= count / 2) at += count / 2 & -(uint32_t)(sorted[at + count / 2 - 1] < x);
    if (__builtin_cpu_supports("avx512f")) return at + tni_count_below_avx512(sorted + at, count, x);
    return at + tni_count_below_avx2(sorted + at, count, x);
  }
#endif
  for (; count > 1; count -= count / 2) at += count / 2 & -(uint32_t)(sorted[at + count / 2 - 1] < x);
  return at + (count == 1 && sorted[at] < x);
}
static inline uint32_t tni_count_upto(const uint32_t *sorted, uint32_t count, uint32_t x) {
  return x == UINT32_MAX ? count : tni_count_below(sorted, count, x + 1);
}

/* ---- what heads cannot tell ----------------------------------------------------------------- */

/* The order of `tail`, a key behind the prefix, and a slot with the same head. */
static inline int tni_compare_tail(const tni_node *n, uint32_t slot, const uint8_t *tail, uint32_t size) {
  uint32_t have = tni_tail_size(n, slot);
  uint32_t a = tni_rest_size(size), b = tni_rest_size(have), common = a < b ? a : b;
  int order = common > 0 ? memcmp(tail + TNI_HEAD_SIZE, tni_slot_rest(n, slot), common) : 0;
  return order != 0 ? order : (size > have) - (size < have);
}

/* The first slot in [low, high), which all have the key's head, that is not below it. */
uint32_t tni_find_among_ties(const tni_node *n, uint32_t low, uint32_t high, const uint8_t *tail, uint32_t size,
                             bool *exact);

static inline bool tni_same_word(const uint8_t *a, const uint8_t *b) {
  uint64_t x, y;
  memcpy(&x, a, sizeof x);
  memcpy(&y, b, sizeof y);
  return x == y;
}

/* memcmp() == 0, without a call for the sizes that the rest of a key has as a rule. */
static inline bool tni_same_bytes(const uint8_t *a, const uint8_t *b, uint32_t size) {
  if (size >= 8 && size <= 16) return tni_same_word(a, b) && tni_same_word(a + size - 8, b + size - 8);
  return size == 0 || memcmp(a, b, size) == 0;
}

/* ---- nodes ---------------------------------------------------------------------------------- */

/* What tni_inner_find() promises. */
static inline uint32_t tni_search_inner(const tni_node *inner, tn_slice key) {
  int order = tni_compare_prefix(inner, key);
  if (order != 0) return order < 0 ? 0 : inner->count - 1u;
  const uint8_t *tail = (const uint8_t *)key.data + inner->prefix_size;
  uint32_t size = (uint32_t)key.size - inner->prefix_size;
  uint32_t head = tni_head(tail, size);
  const uint32_t *separators = tni_heads(inner) + 1;
  uint32_t at = tni_count_upto(separators, inner->count - 1u, head);
  if (inner->brief || at == 0 || separators[at - 1] != head) return at;
  uint32_t low = tni_count_below(separators, at, head);
  bool exact = false;
  uint32_t slot = tni_find_among_ties(inner, low + 1, at + 1, tail, size, &exact);
  return exact ? slot : slot - 1;
}

/* The leaf's entries that heads alone cannot tell from the key. Reads no record. */
static inline tni_span tni_search_leaf(const tni_node *leaf, tn_slice key) {
  int order = tni_compare_prefix(leaf, key);
  if (order != 0) return order < 0 ? (tni_span){0, 0} : (tni_span){leaf->count, leaf->count};
  uint32_t head = tni_head((const uint8_t *)key.data + leaf->prefix_size, key.size - leaf->prefix_size);
  const uint32_t *heads = tni_heads(leaf);
  uint32_t count = leaf->count, at = tni_count_below(heads, count, head);
  if (at == count || heads[at] != head) return (tni_span){at, at};
  uint32_t ties = at + 1 == count || heads[at + 1] != head ? 1 : tni_count_upto(heads + at, count - at, head);
  return (tni_span){at, at + ties};
}

/* Whether one of the span's entries has that key, and which. */
static inline bool tni_search_span(const tni_node *leaf, tni_span span, tn_slice key, uint32_t *slot) {
  bool exact = false;
  if (span.from == span.to) return false;
  const uint8_t *tail = (const uint8_t *)key.data + leaf->prefix_size;
  uint32_t size = (uint32_t)key.size - leaf->prefix_size;
  *slot = span.from;
  if (span.from + 1 == span.to)
    return tni_tail_size(leaf, span.from) == size &&
           tni_same_bytes(tail + TNI_HEAD_SIZE, tni_slot_rest(leaf, span.from), tni_rest_size(size));
  *slot = tni_find_among_ties(leaf, span.from, span.to, tail, size, &exact);
  return exact;
}

#endif
