#include "utf8.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define TNI_UTF8_BLOCKS
#endif

#define HIGH_BITS 0x8080808080808080u

static bool has_high_bit(const uint8_t *eight) {
  uint64_t word;
  memcpy(&word, eight, 8);
  return (word & HIGH_BITS) != 0;
}

static size_t ascii_prefix(const uint8_t *data, size_t size) {
  size_t i = 0;
  while (size - i >= 8 && !has_high_bit(data + i)) i += 8;
  if (size >= 8 && size - i < 8 && !has_high_bit(data + size - 8)) return size;
  while (i < size && data[i] < 0x80) i++;
  return i;
}

/* One character after another: finds the place. */
static size_t good_characters(const uint8_t *text, size_t size) {
  size_t at = 0;
  while (at < size) {
    if (text[at] < 0x80) {
      at += ascii_prefix(text + at, size - at);
      continue;
    }
    unsigned width = tni_utf8_char(text + at, size - at);
    if (width == 0) break;
    at += width;
  }
  return at;
}

#ifdef TNI_UTF8_BLOCKS

/* Sixteen bytes at a time, for yes or no: J. Keiser and D. Lemire, "Validating UTF-8 in less than one instruction per
 * byte" (2021). What is wrong with two bytes that follow each other shows in three nibbles: each is looked up as the
 * set of faults it allows, and a fault that all three allow is one. TWO_CONTS alone may be right: where the third
 * or fourth byte of a character stands. */
enum {
  TOO_SHORT = 1 << 0, /* a lead or ASCII where a continuation must come */
  TOO_LONG = 1 << 1,  /* a continuation behind ASCII */
  OVERLONG_3 = 1 << 2,
  TOO_LARGE = 1 << 3,
  SURROGATE = 1 << 4,
  OVERLONG_2 = 1 << 5,
  TOO_LARGE_1000 = 1 << 6, /* F5 and above; and F0 80, which shares the bit */
  OVERLONG_4 = 1 << 6,
  TWO_CONTS = 1 << 7,
  ANY_LOW = TOO_SHORT | TOO_LONG | TWO_CONTS
};

typedef struct blocks {
  __m128i before; /* the block before */
  __m128i faults;
} blocks;

#define FOUR(x) (char)(x), (char)(x), (char)(x), (char)(x)
#define SSSE3 __attribute__((target("ssse3")))

SSSE3 static inline __m128i high_nibbles(__m128i bytes) {
  return _mm_and_si128(_mm_srli_epi16(bytes, 4), _mm_set1_epi8(15));
}

SSSE3 static inline __m128i faults_of_pairs(__m128i first, __m128i second) {
  const __m128i first_high =
      _mm_setr_epi8(FOUR(TOO_LONG), FOUR(TOO_LONG), FOUR(TWO_CONTS), TOO_SHORT | OVERLONG_2, TOO_SHORT,
                    TOO_SHORT | OVERLONG_3 | SURROGATE, TOO_SHORT | TOO_LARGE | TOO_LARGE_1000);
  enum { LARGE = (signed char)(ANY_LOW | TOO_LARGE | TOO_LARGE_1000), LOW = (signed char)ANY_LOW };
  const __m128i first_low =
      _mm_setr_epi8(LOW | OVERLONG_3 | OVERLONG_2 | OVERLONG_4, LOW | OVERLONG_2, LOW, LOW, LOW | TOO_LARGE, LARGE,
                    LARGE, LARGE, FOUR(LARGE), LARGE, LARGE | SURROGATE, LARGE, LARGE);
  enum {
    CONT = TOO_LONG | OVERLONG_2 | TWO_CONTS,
    CONT_8 = (signed char)(CONT | OVERLONG_3 | TOO_LARGE_1000 | OVERLONG_4),
    CONT_9 = (signed char)(CONT | OVERLONG_3 | TOO_LARGE),
    CONT_AB = (signed char)(CONT | SURROGATE | TOO_LARGE)
  };
  const __m128i second_high =
      _mm_setr_epi8(FOUR(TOO_SHORT), FOUR(TOO_SHORT), CONT_8, CONT_9, CONT_AB, CONT_AB, FOUR(TOO_SHORT));
  __m128i a = _mm_shuffle_epi8(first_high, high_nibbles(first));
  __m128i b = _mm_shuffle_epi8(first_low, _mm_and_si128(first, _mm_set1_epi8(15)));
  __m128i c = _mm_shuffle_epi8(second_high, high_nibbles(second));
  return _mm_and_si128(_mm_and_si128(a, b), c);
}

SSSE3 static inline void take_block(blocks *s, __m128i block) {
  __m128i before_1 = _mm_alignr_epi8(block, s->before, 15);
  __m128i before_2 = _mm_alignr_epi8(block, s->before, 14), before_3 = _mm_alignr_epi8(block, s->before, 13);
  /* The top bit where the byte two before leads three or more, or the one three before leads four. */
  __m128i third = _mm_subs_epu8(before_2, _mm_set1_epi8((char)(0xe0 - 0x80)));
  __m128i fourth = _mm_subs_epu8(before_3, _mm_set1_epi8((char)(0xf0 - 0x80)));
  __m128i due = _mm_and_si128(_mm_or_si128(third, fourth), _mm_set1_epi8((char)0x80));
  s->faults = _mm_or_si128(s->faults, _mm_xor_si128(due, faults_of_pairs(before_1, block)));
  s->before = block;
}

/* The end is padded with ASCII, which shows a character that is cut short. */
SSSE3 static bool all_blocks_good(const uint8_t *text, size_t size) {
  blocks s = {_mm_setzero_si128(), _mm_setzero_si128()};
  uint8_t last[16] = {0};
  for (; size >= 16; size -= 16, text += 16) take_block(&s, _mm_loadu_si128((const __m128i *)(const void *)text));
  memcpy(last, text, size);
  take_block(&s, _mm_loadu_si128((const __m128i *)(const void *)last));
  return _mm_movemask_epi8(_mm_cmpeq_epi8(s.faults, _mm_setzero_si128())) == 0xffff;
}

static bool known_good(const uint8_t *text, size_t size) {
  return size >= 16 && __builtin_cpu_supports("ssse3") && all_blocks_good(text, size);
}

#else

static bool known_good(const uint8_t *text, size_t size) { return (void)text, (void)size, false; }

#endif

size_t tni_utf8_good(const void *data, size_t size) {
  const uint8_t *text = (const uint8_t *)data;
  return known_good(text, size) ? size : good_characters(text, size);
}
