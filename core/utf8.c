#include "utf8.h"

#include <string.h>

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

size_t tni_utf8_good(const void *data, size_t size) {
  const uint8_t *text = (const uint8_t *)data;
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
