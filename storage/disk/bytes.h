/* bytes.h - numbers into and out of runs of bytes: little-endian and bounded. Past the end a writer writes
 * nothing and a reader reads zeros, and `failed` sticks. */
#ifndef TENON_DISK_BYTES_H
#define TENON_DISK_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "tenon_value.h"

typedef struct tni_out {
  uint8_t *data;
  size_t size;
  size_t at;
  bool failed;
} tni_out;

typedef struct tni_in {
  const uint8_t *data;
  size_t size;
  size_t at;
  bool failed;
} tni_in;

static inline tni_out tni_out_to(void *data, size_t size) { return (tni_out){(uint8_t *)data, size, 0, false}; }
static inline tni_in tni_in_from(const void *data, size_t size) {
  return (tni_in){(const uint8_t *)data, size, 0, false};
}

static inline void tni_out_bytes(tni_out *out, const void *data, size_t size) {
  if (out->failed || size > out->size - out->at) {
    out->failed = true;
    return;
  }
  if (size > 0) memcpy(out->data + out->at, data, size);
  out->at += size;
}
static inline void tni_out_zeros(tni_out *out, size_t size) {
  if (out->failed || size > out->size - out->at) {
    out->failed = true;
    return;
  }
  memset(out->data + out->at, 0, size);
  out->at += size;
}
static inline void tni_out_number(tni_out *out, uint64_t n, unsigned width) {
  uint8_t bytes[8];
  for (unsigned i = 0; i < width; i++) bytes[i] = (uint8_t)(n >> (8 * i));
  tni_out_bytes(out, bytes, width);
}
static inline void tni_out_u32(tni_out *out, uint32_t n) { tni_out_number(out, n, 4); }
static inline void tni_out_u64(tni_out *out, uint64_t n) { tni_out_number(out, n, 8); }

/* Where `size` bytes stand, or NULL. */
static inline const uint8_t *tni_in_bytes(tni_in *in, size_t size) {
  if (in->failed || size > in->size - in->at) {
    in->failed = true;
    return NULL;
  }
  const uint8_t *at = in->data + in->at;
  in->at += size;
  return at;
}
static inline uint64_t tni_in_number(tni_in *in, unsigned width) {
  const uint8_t *bytes = tni_in_bytes(in, width);
  return bytes ? tn_load_le(bytes, width) : 0;
}
static inline uint32_t tni_in_u32(tni_in *in) { return (uint32_t)tni_in_number(in, 4); }
static inline uint64_t tni_in_u64(tni_in *in) { return tni_in_number(in, 8); }

#endif
