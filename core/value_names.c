#include "value_names.h"

#include "memory.h"

static tn_slice name_of(const tn_container *object, uint32_t i) {
  tn_slice name;
  (void)tn_slot_field(tn_container_slot(object, i), &name);
  return name;
}

static int compare_names(const tn_container *object, uint32_t i, uint32_t j) {
  tn_slice a = name_of(object, i), b = name_of(object, j);
  if (a.size != b.size) return a.size < b.size ? -1 : 1;
  return memcmp(a.data, b.data, a.size);
}

static tn_status few_unique(const tn_container *object, uint32_t *second) {
  uint32_t prints[TNI_FEW_NAMES];
  for (uint32_t i = 0; i < object->count; i++) {
    prints[i] = tni_name_print(name_of(object, i));
    for (uint32_t j = 0; j < i; j++) {
      if (prints[j] != prints[i] || compare_names(object, i, j) != 0) continue;
      *second = i;
      return TN_INVALID;
    }
  }
  return TN_OK;
}

/* A field in the sort: its print above its number. */
static uint32_t field_number(uint64_t field) { return (uint32_t)field; }

static int compare_fields(const tn_container *object, uint64_t a, uint64_t b) {
  if (a >> 32 != b >> 32) return a < b ? -1 : 1;
  return compare_names(object, field_number(a), field_number(b));
}

static void merge(const tn_container *object, const uint64_t *left, const uint64_t *right, const uint64_t *end,
                  uint64_t *to) {
  const uint64_t *middle = right;
  while (left < middle && right < end) *to++ = compare_fields(object, *right, *left) < 0 ? *right++ : *left++;
  while (left < middle) *to++ = *left++;
  while (right < end) *to++ = *right++;
}

/* Merge sort, bottom up and stable; returns which of the two arrays holds the outcome. */
static const uint64_t *sort_fields(const tn_container *object, uint64_t *from, uint64_t *to) {
  size_t count = object->count;
  for (size_t run = 1; run < count; run *= 2) {
    for (size_t low = 0; low < count; low += 2 * run) {
      size_t middle = low + run < count ? low + run : count;
      size_t high = middle + run < count ? middle + run : count;
      merge(object, from + low, from + middle, from + high, to + low);
    }
    uint64_t *swap = from;
    from = to;
    to = swap;
  }
  return from;
}

static tn_status many_unique(const tn_container *object, const tn_memory *memory, uint32_t *second) {
  size_t count = object->count, size = 2 * count * sizeof(uint64_t);
  uint64_t *fields = (uint64_t *)tni_alloc(memory, size);
  if (!fields) return TN_NOMEM;
  for (uint32_t i = 0; i < count; i++) fields[i] = (uint64_t)tni_name_print(name_of(object, i)) << 32 | i;
  const uint64_t *sorted = sort_fields(object, fields, fields + count);
  tn_status status = TN_OK;
  for (size_t i = 1; i < count && status == TN_OK; i++) {
    if (compare_fields(object, sorted[i - 1], sorted[i]) != 0) continue;
    *second = field_number(sorted[i]);
    status = TN_INVALID;
  }
  tni_free(memory, fields, size);
  return status;
}

tn_status tni_names_unique(const tn_container *object, const tn_memory *memory, uint32_t *second) {
  return object->count <= TNI_FEW_NAMES ? few_unique(object, second) : many_unique(object, memory, second);
}
