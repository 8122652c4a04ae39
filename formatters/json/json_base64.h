/* json_base64.h - base64 with padding (RFC 4648, section 4). */
#ifndef TENON_JSON_BASE64_H
#define TENON_JSON_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Characters that `size` bytes become. */
static inline size_t tni_base64_size(size_t size) { return (size + 2) / 3 * 4; }
/* Writes tni_base64_size(size) characters. */
void tni_base64_write(uint8_t *to, const uint8_t *data, size_t size);

/* Writes at most text_size / 4 * 3 bytes and sets *size to how many. False for anything but one whole, canonical
 * encoding: a foreign character, padding missing or misplaced, bits behind the last byte. */
bool tni_base64_read(const uint8_t *text, size_t text_size, uint8_t *to, size_t *size);

#endif
