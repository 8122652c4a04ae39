/* value_check.c - tn_value_check(): the one door through which bytes of unknown origin become a value. */
#include <stdio.h>

#include "tenon_value.h"
#include "utf8.h"
#include "value_layout.h"
#include "value_names.h"

/* Recursion goes one level per container and ends at TN_DEPTH_MAX. Each function is given what is `left` from `at`
 * on, looks at no byte past it, and sets *size to what it has accepted. */
typedef struct check {
  const uint8_t *start;
  tn_error *error;
} check;

static tn_status check_value(const check *c, const uint8_t *at, size_t left, unsigned depth, size_t *size);

static tn_status refuse(const check *c, const uint8_t *at, tn_status status, const char *text) {
  char where[32];
  snprintf(where, sizeof where, "byte %zu", (size_t)(at - c->start));
  return tn_error_set(c->error, status, where, "%s", text);
}

static tn_status cut_short(const check *c, const uint8_t *at) {
  return refuse(c, at, TN_INVALID, "the value is longer than the bytes there are");
}

static tn_status check_int(const check *c, const uint8_t *at, size_t left, size_t *size) {
  unsigned width = tni_int_width(at[0]);
  if (left < 1 + width) return cut_short(c, at);
  int64_t n = 0;
  (void)tn_as_int((tn_value){at, 1 + width}, &n);
  if (tni_int_tag(n) != at[0]) return refuse(c, at, TN_INVALID, "an int is not in its shortest form");
  *size = 1 + width;
  return TN_OK;
}

static tn_status check_fixed(const check *c, const uint8_t *at, size_t left, size_t *size) {
  if (left < 9) return cut_short(c, at);
  uint64_t bits = tn_load_le(at + 1, 8);
  if (at[0] == TN_TAG_DOUBLE && tni_bits_are_nan(bits) && bits != TNI_NAN_BITS)
    return refuse(c, at, TN_INVALID, "a NaN is not the canonical one");
  *size = 9;
  return TN_OK;
}

static tn_status check_text(const check *c, const uint8_t *text, size_t length) {
  size_t good = tni_utf8_good(text, length);
  return good == length ? TN_OK : refuse(c, text + good, TN_INVALID, "a string is not UTF-8");
}

/* Strings of 64 bytes and more, and bytes. */
static tn_status check_run(const check *c, const uint8_t *at, size_t left, size_t *size) {
  bool is_string = at[0] <= TN_TAG_STRING32;
  unsigned width = 1u << (at[0] - (is_string ? TN_TAG_STRING8 : TN_TAG_BYTES8));
  if (left < 1 + width) return cut_short(c, at);
  size_t length = (size_t)tn_load_le(at + 1, width);
  if (left - 1 - width < length) return cut_short(c, at);
  if (tni_length_width(length) != width || (is_string && length < 64))
    return refuse(c, at, TN_INVALID, "a length is not in its shortest form");
  *size = 1 + width + length;
  return is_string ? check_text(c, at + 1 + width, length) : TN_OK;
}

static tn_status check_short_string(const check *c, const uint8_t *at, size_t left, size_t *size) {
  size_t length = at[0] & 0x3f;
  if (left < 1 + length) return cut_short(c, at);
  *size = 1 + length;
  return check_text(c, at + 1, length);
}

static tn_status check_name(const check *c, const uint8_t *at, size_t left, size_t *size) {
  if (left == 0) return cut_short(c, at);
  if (at[0] >= TN_TAG_SHORT_STRING && at[0] < TN_TAG_SMALL_INT) return check_short_string(c, at, left, size);
  if (at[0] >= TN_TAG_STRING8 && at[0] <= TN_TAG_STRING32) return check_run(c, at, left, size);
  return refuse(c, at, TN_INVALID, "a field's name is not a string");
}

static tn_status check_slot(const check *c, tn_slice slot, bool is_object, unsigned depth) {
  const uint8_t *at = (const uint8_t *)slot.data;
  size_t name = 0, size = 0;
  tn_status status = is_object ? check_name(c, at, slot.size, &name) : TN_OK;
  if (status == TN_OK) status = check_value(c, at + name, slot.size - name, depth, &size);
  if (status == TN_OK && name + size != slot.size)
    return refuse(c, at, TN_INVALID, "an item does not end where the container says");
  return status;
}

static tn_status check_names(const check *c, const tn_container *object) {
  uint32_t second = 0;
  tn_status status = tni_names_unique(object, tn_memory_system(), &second);
  if (status == TN_OK) return TN_OK;
  const uint8_t *at = status == TN_INVALID ? (const uint8_t *)tn_container_slot(object, second).data : object->items;
  return refuse(c, at, status, status == TN_INVALID ? "an object has a name twice" : "no memory to check the names");
}

static tn_status check_items(const check *c, const tn_container *container, unsigned depth) {
  size_t items = (size_t)(container->ends - container->items), start = 0;
  for (uint32_t i = 0; i < container->count; i++) {
    const uint8_t *entry = container->ends + (size_t)i * container->width;
    size_t end = (size_t)tn_load_le(entry, container->width);
    if (end <= start || end > items) return refuse(c, entry, TN_INVALID, "the ends of a container's items are wrong");
    tn_status status = check_slot(c, (tn_slice){container->items + start, end - start}, container->is_object, depth);
    if (status != TN_OK) return status;
    start = end;
  }
  if (start != items) return refuse(c, container->ends, TN_INVALID, "the ends of a container's items are wrong");
  return container->is_object ? check_names(c, container) : TN_OK;
}

static tn_status check_container(const check *c, const uint8_t *at, size_t left, unsigned depth, size_t *size) {
  unsigned width = 1u << (at[0] & 3);
  if (depth == TN_DEPTH_MAX) return refuse(c, at, TN_LIMIT, "containers are nested too deeply");
  if (left < 1 + width) return cut_short(c, at);
  size_t payload = (size_t)tn_load_le(at + 1, width);
  if (left - 1 - width < payload) return cut_short(c, at);
  if (payload < width) return refuse(c, at, TN_INVALID, "a container is too small for its count");
  tn_value value = {at, 1 + width + payload};
  uint64_t count = tn_load_le(at + value.size - width, width);
  if ((count + 1) * width > payload) return refuse(c, at, TN_INVALID, "a container is too small for its count");
  tn_container container = tn_container_of(value);
  if (tni_container_width((size_t)(container.ends - container.items), count) != width)
    return refuse(c, at, TN_INVALID, "a container is not in its shortest form");
  *size = value.size;
  return check_items(c, &container, depth + 1);
}

static tn_status check_value(const check *c, const uint8_t *at, size_t left, unsigned depth, size_t *size) {
  if (left == 0) return cut_short(c, at);
  switch (tn_value_type((tn_value){at, left})) {
    case TN_NULL:
    case TN_BOOL: *size = 1; return TN_OK;
    case TN_INT: return check_int(c, at, left, size);
    case TN_DOUBLE:
    case TN_TIMESTAMP: return check_fixed(c, at, left, size);
    case TN_STRING: return check_name(c, at, left, size);
    case TN_BYTES: return check_run(c, at, left, size);
    case TN_ARRAY:
    case TN_OBJECT: return check_container(c, at, left, depth, size);
    case TN_ABSENT: break;
  }
  return refuse(c, at, TN_INVALID, "no value begins with this byte");
}

tn_status tni_value_check_within(tn_slice bytes, unsigned depth, tn_value *out, tn_error *error) {
  check c = {(const uint8_t *)bytes.data, error};
  size_t size = 0;
  if (bytes.size == 0) return tn_error_set(error, TN_INVALID, "byte 0", "expected a value, found no bytes");
  tn_status status = check_value(&c, c.start, bytes.size, depth, &size);
  if (status != TN_OK) return status;
  if (size > TN_VALUE_SIZE_MAX) return refuse(&c, c.start, TN_LIMIT, "the value is larger than 1 GiB");
  *out = (tn_value){c.start, size};
  return TN_OK;
}

tn_status tn_value_check(tn_slice bytes, tn_value *out, tn_error *error) {
  return tni_value_check_within(bytes, 0, out, error);
}
