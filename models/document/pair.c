#include "pair.h"

#include <assert.h>

#define SCALAR_MAX 9 /* bytes of a number */

/* A level takes four bytes, the last one three, so most values need no walk. */
static bool nests_within(tn_value value, unsigned levels) {
  if ((value.size + 1) / 4 <= levels) return true;
  tn_type type = tn_value_type(value);
  if (type != TN_ARRAY && type != TN_OBJECT) return true;
  if (levels == 0) return false;
  for (tn_iter it = tn_iter_of(value); tn_iter_next(&it);)
    if (!nests_within(it.value, levels - 1)) return false;
  return true;
}

bool tni_doc_pair_fits(tn_value value) {
  return value.size <= TN_VALUE_SIZE_MAX - TNI_DOC_PAIR_EXTRA - SCALAR_MAX && nests_within(value, TN_DEPTH_MAX - 1);
}

static uint8_t *put_size(uint8_t *to, size_t n, unsigned width) {
  for (unsigned i = 0; i < width; i++) to[i] = (uint8_t)(n >> (8 * i));
  return to + width;
}

static uint8_t *put_value(uint8_t *to, tn_value value) {
  memcpy(to, value.data, value.size);
  return to + value.size;
}

/* How often the width of sizes doubles: docs/FORMAT.md. */
static unsigned step_of(size_t items) {
  if (items + 3 <= UINT8_MAX) return 0;
  return items + 2 * 3 <= UINT16_MAX ? 1 : 2;
}

tn_value tni_doc_pair_put(uint8_t *to, tn_value first, tn_value second) {
  size_t items = first.size + second.size;
  unsigned step = step_of(items), width = 1u << step;
  uint8_t *start = to;
  *to++ = (uint8_t)(TN_TAG_ARRAY8 + step);
  to = put_size(to, items + 3 * (size_t)width, width);
  to = put_value(put_value(to, first), second);
  to = put_size(put_size(to, first.size, width), items, width);
  to = put_size(to, 2, width);
  return (tn_value){start, (size_t)(to - start)};
}

tn_value tni_doc_small_put(uint8_t *to, const tn_slice *names, const tn_value *values, uint32_t count) {
  uint8_t ends[TNI_DOC_SMALL_FIELDS_MAX], *at = to + 2;
  assert(count <= TNI_DOC_SMALL_FIELDS_MAX);
  for (uint32_t i = 0; i < count; i++) {
    *at++ = (uint8_t)(TN_TAG_SHORT_STRING + names[i].size);
    memcpy(at, names[i].data, names[i].size);
    at = put_value(at + names[i].size, values[i]);
    ends[i] = (uint8_t)(at - to - 2);
  }
  for (uint32_t i = 0; i < count; i++) *at++ = ends[i];
  *at++ = (uint8_t)count;
  to[0] = TN_TAG_OBJECT8;
  to[1] = (uint8_t)(at - to - 2);
  return (tn_value){to, (size_t)(at - to)};
}
