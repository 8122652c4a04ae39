/* value_names.h - are the names of an object unique? Asked whenever an object is built or checked. */
#ifndef TENON_VALUE_NAMES_H
#define TENON_VALUE_NAMES_H

#include "tenon_value.h"

/* Up to this many fields each is compared with each by the print of its name; above, prints are sorted. */
enum { TNI_FEW_NAMES = 32 };

/* 32 bits that are the same for the same name and seldom for another. */
static inline uint32_t tni_name_print(tn_slice name) {
  const uint8_t *data = (const uint8_t *)name.data;
  uint64_t h = name.size, word = 0;
  uint32_t first, last;
  if (name.size >= 8) {
    for (size_t i = 0; i < name.size - 8; i += 8) {
      memcpy(&word, data + i, 8);
      h = (h ^ word) * 0x9e3779b97f4a7c15u;
      h ^= h >> 32;
    }
    memcpy(&word, data + name.size - 8, 8);
  } else if (name.size >= 4) {
    memcpy(&first, data, 4);
    memcpy(&last, data + name.size - 4, 4);
    word = (uint64_t)first << 32 | last;
  } else if (name.size > 0) {
    word = (uint64_t)data[0] << 16 | (uint64_t)data[name.size / 2] << 8 | data[name.size - 1];
  }
  h = (h ^ word) * 0x9e3779b97f4a7c15u;
  return (uint32_t)(h >> 32);
}

/* TN_OK; TN_INVALID, and *second is a field whose name an earlier field has; TN_NOMEM (only objects of many fields
 * need `memory`). The object's slots must be well-formed. Takes n log n steps for n fields, whatever the names. */
tn_status tni_names_unique(const tn_container *object, const tn_memory *memory, uint32_t *second) TN_MUST_USE;

#endif
