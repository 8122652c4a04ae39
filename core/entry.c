#include "entry.h"

#include "value_layout.h"

#define ITEMS 3

/* ---- building ------------------------------------------------------------------------------- */

/* Bytes of bytes as a value. */
static size_t bytes_size(tn_slice bytes) { return 1 + tni_length_width(bytes.size) + bytes.size; }

static uint8_t *put_bytes(uint8_t *to, tn_slice bytes) {
  unsigned width = tni_length_width(bytes.size);
  *to = (uint8_t)(TN_TAG_BYTES8 + tni_width_step(width));
  tni_store_le(to + 1, bytes.size, width);
  if (bytes.size > 0) memcpy(to + 1 + width, bytes.data, bytes.size);
  return to + 1 + width + bytes.size;
}

tn_status tni_entry_build(uint32_t map, tn_slice key, tn_slice value, tn_buffer *out) {
  uint8_t map_tag = tni_int_tag(map);
  size_t ends[ITEMS] = {1 + tni_int_width(map_tag)};
  ends[1] = ends[0] + bytes_size(key);
  ends[2] = ends[1] + bytes_size(value);
  unsigned width = tni_container_width(ends[2], ITEMS);
  size_t payload = ends[2] + (ITEMS + 1) * width, size = 1 + width + payload;
  if (size > TN_VALUE_SIZE_MAX) return TN_LIMIT;
  out->size = 0;
  uint8_t *to = tn_buffer_reserve(out, size);
  if (!to) return TN_NOMEM;
  *to = (uint8_t)(TN_TAG_ARRAY8 + tni_width_step(width));
  tni_store_le(to + 1, payload, width);
  to += 1 + width;
  *to = map_tag;
  tni_store_le(to + 1, map, tni_int_width(map_tag));
  to = put_bytes(put_bytes(to + ends[0], key), value);
  for (int i = 0; i < ITEMS; i++, to += width) tni_store_le(to, ends[i], width);
  tni_store_le(to, ITEMS, width);
  out->size = size;
  return TN_OK;
}

/* ---- reading -------------------------------------------------------------------------------- */

/* A value of `size` bytes from `at` on: bytes in their shortest form? */
static inline bool take_bytes(const uint8_t *at, size_t size, tn_slice *out) {
  if (size < 2 || at[0] < TN_TAG_BYTES8 || at[0] > TN_TAG_BYTES32) return false;
  if (at[0] == TN_TAG_BYTES8) return *out = (tn_slice){at + 2, at[1]}, at[1] == size - 2;
  unsigned width = 1u << (at[0] - TN_TAG_BYTES8);
  if (size < 1 + width) return false;
  size_t length = (size_t)tn_load_le(at + 1, width);
  *out = (tn_slice){at + 1 + width, length};
  return length == size - 1 - width && tni_length_width(length) == width;
}

static inline bool take_map(const uint8_t *at, size_t size, uint32_t *out) {
  int64_t n = 0;
  if (size == 1 && at[0] >= TN_TAG_SMALL_INT) return *out = at[0] - TN_TAG_SMALL_INT, true;
  if (size == 0 || at[0] < TN_TAG_INT8 || at[0] > TN_TAG_INT64) return false;
  if (size != 1 + tni_int_width(at[0])) return false;
  (void)tn_as_int((tn_value){at, size}, &n);
  *out = (uint32_t)n;
  return n >= 0 && n <= UINT32_MAX && tni_int_tag(n) == at[0];
}

/* `width` is known where this is called, so that loads of it are one each. */
static inline bool take_items(tn_slice bytes, unsigned width, uint32_t *map, tn_slice *key, tn_slice *value) {
  const uint8_t *data = (const uint8_t *)bytes.data;
  size_t around = 1 + width + (ITEMS + 1) * width;
  if (bytes.size < around || tn_load_le(data + 1, width) != bytes.size - 1 - width) return false;
  size_t items = bytes.size - around;
  const uint8_t *ends = data + 1 + width + items;
  size_t first = (size_t)tn_load_le(ends, width), second = (size_t)tn_load_le(ends + width, width);
  if (tn_load_le(ends + 2 * width, width) != items || tn_load_le(ends + 3 * width, width) != ITEMS) return false;
  if (first >= second || second >= items || tni_container_width(items, ITEMS) != width) return false;
  data += 1 + width;
  return take_map(data, first, map) && take_bytes(data + first, second - first, key) &&
         take_bytes(data + second, items - second, value);
}

bool tni_entry_read(tn_slice bytes, uint32_t *map, tn_slice *key, tn_slice *value) {
  if (bytes.size < 2) return false;
  switch (*(const uint8_t *)bytes.data) {
    case TN_TAG_ARRAY8: return take_items(bytes, 1, map, key, value);
    case TN_TAG_ARRAY16: return take_items(bytes, 2, map, key, value);
    case TN_TAG_ARRAY32: return take_items(bytes, 4, map, key, value);
    default: return false;
  }
}
