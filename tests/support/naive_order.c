#include "naive_order.h"

#define VALUES_MAX 512

/* All that a path sorts by. */
typedef struct values {
  tn_value list[VALUES_MAX];
  size_t count;
} values;

static void add(values *out, tn_value value) {
  if (out->count < VALUES_MAX) out->list[out->count++] = value;
}

static bool split(tn_slice path, tn_slice *first, tn_slice *rest) {
  const char *dot = memchr(path.data, '.', path.size);
  *first = (tn_slice){path.data, dot ? (size_t)(dot - (const char *)path.data) : path.size};
  *rest = dot ? (tn_slice){dot + 1, path.size - first->size - 1} : (tn_slice){NULL, 0};
  return dot != NULL;
}

static const uint8_t null_byte = TN_TAG_NULL;
static const tn_value null_value = {&null_byte, 1};

/* What a path sorts by: of an array each item, absent for an empty one; null where it leads nowhere. */
static void sort_values(tn_value value, tn_slice path, values *out) {
  tn_slice first, rest;
  bool more = split(path, &first, &rest);
  tn_value field = tn_field_slice(value, first);
  bool is_array = tn_value_type(field) == TN_ARRAY;
  if (tn_is_absent(field)) {
    add(out, null_value);
  } else if (is_array && tn_count(field) == 0) {
    add(out, more ? null_value : TN_NO_VALUE);
  } else if (is_array) {
    for (tn_iter it = tn_iter_of(field); tn_iter_next(&it);) {
      if (!more)
        add(out, it.value);
      else if (tn_value_type(it.value) == TN_OBJECT)
        sort_values(it.value, rest, out);
      else
        add(out, null_value);
    }
  } else if (more) {
    sort_values(field, rest, out);
  } else {
    add(out, field);
  }
}

static tn_value sort_key(tn_value doc, tn_slice path, bool descending) {
  values found = {.count = 0};
  sort_values(doc, path, &found);
  tn_value best = found.list[0];
  for (size_t i = 1; i < found.count; i++) {
    int order = tn_value_compare(found.list[i], best);
    if (descending ? order > 0 : order < 0) best = found.list[i];
  }
  return best;
}

int naive_compare(tn_value sort, tn_value a, tn_value b) {
  for (tn_iter it = tn_iter_of(sort); tn_iter_next(&it);) {
    int64_t way = 1;
    (void)tn_as_int(it.value, &way);
    int order = tn_value_compare(sort_key(a, it.name, way < 0), sort_key(b, it.name, way < 0));
    if (order != 0) return way < 0 ? -order : order;
  }
  return tn_value_compare(tn_field(a, "_id"), tn_field(b, "_id"));
}
