/* value_layout.h - the choices that make a value's encoding the only one: which tag an int, a string, bytes and a
 * container take. The builder makes them, tn_value_check() insists on them. */
#ifndef TENON_VALUE_LAYOUT_H
#define TENON_VALUE_LAYOUT_H

#include "tenon_value.h"

#define TNI_NAN_BITS 0x7ff8000000000000u
#define TNI_INFINITY_BITS 0x7ff0000000000000u
#define TNI_SIGN_BIT 0x8000000000000000u

/* The counterpart of tn_load_le(): width is 0, 1, 2, 4 or 8, and compilers make one store of it. */
static inline void tni_store_le(uint8_t *to, uint64_t n, unsigned width) {
  if (width >= 1) to[0] = (uint8_t)n;
  if (width >= 2) to[1] = (uint8_t)(n >> 8);
  if (width >= 4) to[2] = (uint8_t)(n >> 16), to[3] = (uint8_t)(n >> 24);
  if (width < 8) return;
  to[4] = (uint8_t)(n >> 32), to[5] = (uint8_t)(n >> 40);
  to[6] = (uint8_t)(n >> 48), to[7] = (uint8_t)(n >> 56);
}

static inline uint64_t tni_double_bits(double d) {
  uint64_t bits;
  memcpy(&bits, &d, sizeof bits);
  return bits;
}
static inline double tni_bits_double(uint64_t bits) {
  double d;
  memcpy(&d, &bits, sizeof d);
  return d;
}
static inline bool tni_bits_are_nan(uint64_t bits) { return (bits & ~TNI_SIGN_BIT) > TNI_INFINITY_BITS; }

static inline uint8_t tni_int_tag(int64_t n) {
  if (n >= 0 && n < 64) return (uint8_t)(TN_TAG_SMALL_INT + n);
  if (n >= INT8_MIN && n <= INT8_MAX) return TN_TAG_INT8;
  if (n >= INT16_MIN && n <= INT16_MAX) return TN_TAG_INT16;
  return n >= INT32_MIN && n <= INT32_MAX ? TN_TAG_INT32 : TN_TAG_INT64;
}
/* Bytes after the tag of an int. */
static inline unsigned tni_int_width(uint8_t tag) { return tag >= TN_TAG_SMALL_INT ? 0 : 1u << (tag - TN_TAG_INT8); }

/* Bytes of a number as small as 1, 2 or 4 that holds n. */
static inline unsigned tni_length_width(size_t n) { return n <= UINT8_MAX ? 1 : n <= UINT16_MAX ? 2 : 4; }
/* 0, 1, 2 for a width of 1, 2, 4: how far its tag is from the family's first. */
static inline uint8_t tni_width_step(unsigned width) { return (uint8_t)(width >> 1); }

/* Width of the size, ends and count of a container of `count` items that take `items` bytes together. */
static inline unsigned tni_container_width(size_t items, size_t count) {
  if (items + (count + 1) <= UINT8_MAX) return 1;
  return items + 2 * (count + 1) <= UINT16_MAX ? 2 : 4;
}

/* tn_value_check() of a value that lies within `depth` containers. */
tn_status tni_value_check_within(tn_slice bytes, unsigned depth, tn_value *out, tn_error *error) TN_MUST_USE;

#endif
