#include "json_base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

enum { NO_DIGIT = 64 };

void tni_base64_write(uint8_t *to, const uint8_t *data, size_t size) {
  for (size_t i = 0; i < size; i += 3, to += 4) {
    size_t have = size - i < 3 ? size - i : 3;
    uint32_t group = (uint32_t)data[i] << 16;
    if (have > 1) group |= (uint32_t)data[i + 1] << 8;
    if (have > 2) group |= data[i + 2];
    to[0] = (uint8_t)alphabet[group >> 18];
    to[1] = (uint8_t)alphabet[group >> 12 & 63];
    to[2] = have > 1 ? (uint8_t)alphabet[group >> 6 & 63] : '=';
    to[3] = have > 2 ? (uint8_t)alphabet[group & 63] : '=';
  }
}

static uint32_t digit_of(uint8_t c) {
  if (c >= 'A' && c <= 'Z') return (uint32_t)(c - 'A');
  if (c >= 'a' && c <= 'z') return (uint32_t)(c - 'a' + 26);
  if (c >= '0' && c <= '9') return (uint32_t)(c - '0' + 52);
  return c == '+' ? 62 : c == '/' ? 63 : NO_DIGIT;
}

/* Four characters, the last `padding` of which are '='. */
static bool read_group(const uint8_t *text, size_t padding, uint8_t *to) {
  uint32_t group = 0;
  for (size_t i = 0; i < 4; i++) {
    uint32_t digit = i < 4 - padding ? digit_of(text[i]) : 0;
    if (digit == NO_DIGIT) return false;
    group = group << 6 | digit;
  }
  if (group & ((UINT32_C(1) << (8 * padding)) - 1)) return false;
  for (size_t i = 0; i < 3 - padding; i++) to[i] = (uint8_t)(group >> (16 - 8 * i));
  return true;
}

bool tni_base64_read(const uint8_t *text, size_t text_size, uint8_t *to, size_t *size) {
  if (text_size % 4 != 0) return false;
  size_t padding = text_size == 0 || text[text_size - 1] != '=' ? 0 : text[text_size - 2] != '=' ? 1 : 2;
  for (size_t i = 0; i < text_size; i += 4, to += 3)
    if (!read_group(text + i, i + 4 == text_size ? padding : 0, to)) return false;
  *size = text_size / 4 * 3 - padding;
  return true;
}
