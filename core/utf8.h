/* utf8.h - is a run of bytes UTF-8? Nothing here knows of values. */
#ifndef TENON_UTF8_H
#define TENON_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* How many bytes the character at `data` takes, 1 to 4; 0 where there is none within `size` >= 1 bytes: cut short,
 * an overlong form, a surrogate, above U+10FFFF, or a stray byte (Unicode 15, table 3-7). */
static inline unsigned tni_utf8_char(const uint8_t *data, size_t size) {
  uint8_t lead = data[0];
  if (lead < 0x80) return 1;
  unsigned width = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || size < width) return 0;
  uint8_t lowest = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  uint8_t highest = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  if (data[1] < lowest || data[1] > highest) return 0;
  for (unsigned i = 2; i < width; i++)
    if ((data[i] & 0xc0) != 0x80) return 0;
  return width;
}

/* Copies `size` bytes and says whether all are below 0x80. Meant for short runs: it takes eight at a time, the last
 * ones twice. */
static inline bool tni_copy_is_ascii(uint8_t *to, const void *data, size_t size) {
  const uint8_t *from = (const uint8_t *)data;
  uint64_t bits = 0, word;
  uint32_t first, last;
  if (size >= 8) {
    for (size_t i = 0; i < size - 8; i += 8) {
      memcpy(&word, from + i, 8);
      memcpy(to + i, &word, 8);
      bits |= word;
    }
    memcpy(&word, from + size - 8, 8);
    memcpy(to + size - 8, &word, 8);
    bits |= word;
  } else if (size >= 4) {
    memcpy(&first, from, 4);
    memcpy(&last, from + size - 4, 4);
    memcpy(to, &first, 4);
    memcpy(to + size - 4, &last, 4);
    bits = first | last;
  } else {
    for (size_t i = 0; i < size; i++) bits |= to[i] = from[i];
  }
  return (bits & 0x8080808080808080u) == 0;
}

/* Are all below 0x80? A word behind the run may be read too. */
static inline bool tni_is_ascii_run(const uint8_t *data, size_t size) {
  uint64_t bits = 0, word;
  for (; size >= 8; size -= 8, data += 8) {
    memcpy(&word, data, 8);
    bits |= word;
  }
  memcpy(&word, data, 8);
  uint64_t inside = ((uint64_t)1 << 8 * size) - 1;
  if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) inside = __builtin_bswap64(inside);
  return ((bits | (word & inside)) & 0x8080808080808080u) == 0;
}

/* How many bytes from the start are whole, valid characters: `size` when all of it is UTF-8. */
size_t tni_utf8_good(const void *data, size_t size);

static inline bool tni_is_utf8(const void *data, size_t size) { return tni_utf8_good(data, size) == size; }

#endif
