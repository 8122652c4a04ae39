/* value.c - what values are to each other: names of types, and the total order. */
#include "tenon_value.h"

#include "value_layout.h"

const char *tn_type_name(tn_type type) {
  switch (type) {
    case TN_ABSENT: return "absent";
    case TN_NULL: return "null";
    case TN_BOOL: return "bool";
    case TN_INT: return "int";
    case TN_DOUBLE: return "double";
    case TN_STRING: return "string";
    case TN_BYTES: return "bytes";
    case TN_TIMESTAMP: return "timestamp";
    case TN_ARRAY: return "array";
    case TN_OBJECT: return "object";
  }
  return "unknown";
}

/* Where a type stands in the order; both kinds of numbers in the same place. */
static int type_class(tn_value value) {
  static const uint8_t classes[] = {
      [TN_ABSENT] = 0, [TN_NULL] = 1,  [TN_INT] = 2,   [TN_DOUBLE] = 2, [TN_STRING] = 3,
      [TN_OBJECT] = 4, [TN_ARRAY] = 5, [TN_BYTES] = 6, [TN_BOOL] = 7,   [TN_TIMESTAMP] = 8};
  return classes[tn_value_type(value)];
}

static int compare_ints(int64_t a, int64_t b) { return a < b ? -1 : a > b; }

static int compare_doubles(double a, double b) {
  bool a_nan = a != a, b_nan = b != b;
  if (a_nan || b_nan) return (int)b_nan - (int)a_nan;
  return a < b ? -1 : a > b;
}

static int compare_int_double(int64_t n, double d) {
  if (d != d) return 1;
  if (d >= 0x1p63) return -1;
  if (d < -0x1p63) return 1;
  int64_t whole = (int64_t)d;
  if (n != whole) return compare_ints(n, whole);
  return compare_doubles((double)whole, d);
}

static int compare_numbers(tn_value a, tn_value b) {
  int64_t m = 0, n = 0;
  double c = 0, d = 0;
  bool a_int = tn_as_int(a, &m), b_int = tn_as_int(b, &n);
  if (a_int && b_int) return compare_ints(m, n);
  if (!a_int) (void)tn_as_double(a, &c);
  if (!b_int) (void)tn_as_double(b, &d);
  if (a_int) return compare_int_double(m, d);
  return b_int ? -compare_int_double(n, c) : compare_doubles(c, d);
}

static int compare_sizes(size_t a, size_t b) { return a < b ? -1 : a > b; }

static int compare_text(tn_slice a, tn_slice b) {
  int order = memcmp(a.data, b.data, a.size < b.size ? a.size : b.size);
  return order != 0 ? order : compare_sizes(a.size, b.size);
}

static int compare_strings(tn_value a, tn_value b) {
  tn_slice x = {"", 0}, y = {"", 0};
  (void)tn_as_string(a, &x);
  (void)tn_as_string(b, &y);
  return compare_text(x, y);
}

static int compare_bytes(tn_value a, tn_value b) {
  tn_slice x = {"", 0}, y = {"", 0};
  (void)tn_as_bytes(a, &x);
  (void)tn_as_bytes(b, &y);
  return x.size != y.size ? compare_sizes(x.size, y.size) : memcmp(x.data, y.data, x.size);
}

static int compare_timestamps(tn_value a, tn_value b) {
  int64_t x = 0, y = 0;
  (void)tn_as_timestamp(a, &x);
  (void)tn_as_timestamp(b, &y);
  return compare_ints(x, y);
}

static int compare_containers(tn_value a, tn_value b) {
  tn_iter x = tn_iter_of(a), y = tn_iter_of(b);
  bool objects = x.container.is_object;
  for (;;) {
    bool more_x = tn_iter_next(&x), more_y = tn_iter_next(&y);
    if (!more_x || !more_y) return (int)more_x - (int)more_y;
    int order = objects ? type_class(x.value) - type_class(y.value) : 0;
    if (order == 0 && objects) order = compare_text(x.name, y.name);
    if (order == 0) order = tn_value_compare(x.value, y.value);
    if (order != 0) return order;
  }
}

int tn_value_compare(tn_value a, tn_value b) {
  int class_a = type_class(a), class_b = type_class(b);
  if (class_a != class_b) return class_a - class_b;
  switch (tn_value_type(a)) {
    case TN_INT:
    case TN_DOUBLE: return compare_numbers(a, b);
    case TN_STRING: return compare_strings(a, b);
    case TN_BYTES: return compare_bytes(a, b);
    case TN_BOOL: return (int)a.data[0] - (int)b.data[0];
    case TN_TIMESTAMP: return compare_timestamps(a, b);
    case TN_ARRAY:
    case TN_OBJECT: return compare_containers(a, b);
    case TN_NULL:
    case TN_ABSENT: break;
  }
  return 0;
}
