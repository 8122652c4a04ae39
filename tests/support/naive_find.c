#include "naive_find.h"

#define VALUES_MAX 512

/* All that a path reaches. */
typedef struct values {
  tn_value list[VALUES_MAX];
  size_t count;
} values;

static void add(values *out, tn_value value) {
  if (out->count < VALUES_MAX) out->list[out->count++] = value;
}

static bool is(tn_slice a, const char *b) { return a.size == strlen(b) && memcmp(a.data, b, a.size) == 0; }

static bool split(tn_slice path, tn_slice *first, tn_slice *rest) {
  const char *dot = memchr(path.data, '.', path.size);
  *first = (tn_slice){path.data, dot ? (size_t)(dot - (const char *)path.data) : path.size};
  *rest = dot ? (tn_slice){dot + 1, path.size - first->size - 1} : (tn_slice){NULL, 0};
  return dot != NULL;
}

/* ---- filters ---------------------------------------------------------------------------------- */

static void reach(tn_value value, tn_slice path, values *out) {
  tn_slice first, rest;
  bool more = split(path, &first, &rest);
  tn_value field = tn_field_slice(value, first);
  if (!more) {
    if (tn_value_type(field) == TN_ARRAY)
      for (tn_iter it = tn_iter_of(field); tn_iter_next(&it);) add(out, it.value);
    add(out, field);
  } else if (tn_value_type(field) == TN_ARRAY) {
    for (tn_iter it = tn_iter_of(field); tn_iter_next(&it);)
      if (tn_value_type(it.value) == TN_OBJECT) reach(it.value, rest, out);
  } else {
    reach(field, rest, out);
  }
}

static bool is_number(tn_value v) { return tn_value_type(v) == TN_INT || tn_value_type(v) == TN_DOUBLE; }
static bool is_nan(tn_value v) {
  double d;
  return tn_as_double(v, &d) && d != d;
}
static bool is_nothing(tn_value v) { return tn_is_absent(v) || tn_is_null(v); }

static bool comparable(tn_value a, tn_value b) {
  if (is_nan(a) || is_nan(b)) return is_nan(a) && is_nan(b);
  return (is_number(a) && is_number(b)) || tn_value_type(a) == tn_value_type(b);
}

static bool same(tn_value value, tn_value operand) {
  if (tn_is_null(operand)) return is_nothing(value);
  return comparable(value, operand) && tn_value_compare(value, operand) == 0;
}

static bool holds_for(tn_slice op, tn_value operand, tn_value value) {
  if (is(op, "$eq")) return same(value, operand);
  if (is(op, "$exists")) return !tn_is_absent(value);
  if (is(op, "$in")) {
    for (tn_iter it = tn_iter_of(operand); tn_iter_next(&it);)
      if (same(value, it.value)) return true;
    return false;
  }
  bool or_equal = is(op, "$gte") || is(op, "$lte");
  if (same(value, operand)) return or_equal;
  if (is_nothing(value) || is_nan(value) || !comparable(value, operand)) return false;
  int order = tn_value_compare(value, operand);
  return is(op, "$gt") || is(op, "$gte") ? order > 0 : order < 0;
}

static bool has_operators(tn_value v) {
  tn_iter it = tn_iter_of(v);
  return tn_value_type(v) == TN_OBJECT && tn_iter_next(&it) && it.name.size > 0 && *(const char *)it.name.data == '$';
}

static bool value_holds(tn_slice op, tn_value operand, tn_value value);

/* One value with all operators. */
static bool all_hold(tn_value operators, tn_value value) {
  for (tn_iter it = tn_iter_of(operators); tn_iter_next(&it);)
    if (!value_holds(it.name, it.value, value)) return false;
  return true;
}

static bool element_holds(tn_value operand, tn_value array) {
  if (tn_value_type(array) != TN_ARRAY) return false;
  for (tn_iter it = tn_iter_of(array); tn_iter_next(&it);) {
    if (has_operators(operand) ? all_hold(operand, it.value)
                               : tn_value_type(it.value) == TN_OBJECT && naive_find_matches(operand, it.value))
      return true;
  }
  return false;
}

static bool any_holds(tn_slice op, tn_value operand, const values *found) {
  for (size_t i = 0; i < found->count; i++)
    if (is(op, "$elemMatch") ? element_holds(operand, found->list[i]) : holds_for(op, operand, found->list[i]))
      return true;
  return false;
}

/* A value by itself. */
static bool value_holds(tn_slice op, tn_value operand, tn_value value) {
  values found = {.list = {value}, .count = 1};
  bool wanted = true;
  if (is(op, "$exists")) (void)tn_as_bool(operand, &wanted);
  if (is(op, "$ne")) return !holds_for((tn_slice){"$eq", 3}, operand, value);
  return any_holds(op, operand, &found) == wanted;
}

/* $elemMatch looks at arrays that the path itself reaches, not at arrays in them. */
static void keep_whole(values *found, tn_value doc, tn_slice path);

static bool condition_holds(tn_value doc, tn_slice path, tn_slice op, tn_value operand) {
  values found = {.count = 0};
  bool wanted = true;
  if (is(op, "$elemMatch"))
    keep_whole(&found, doc, path);
  else
    reach(doc, path, &found);
  if (is(op, "$exists")) (void)tn_as_bool(operand, &wanted);
  if (is(op, "$ne")) return !any_holds((tn_slice){"$eq", 3}, operand, &found);
  return any_holds(op, operand, &found) == wanted;
}

static void keep_whole(values *found, tn_value doc, tn_slice path) {
  tn_slice first, rest;
  bool more = split(path, &first, &rest);
  tn_value field = tn_field_slice(doc, first);
  if (!more) {
    add(found, field);
  } else if (tn_value_type(field) == TN_ARRAY) {
    for (tn_iter it = tn_iter_of(field); tn_iter_next(&it);)
      if (tn_value_type(it.value) == TN_OBJECT) keep_whole(found, it.value, rest);
  } else {
    keep_whole(found, field, rest);
  }
}

bool naive_find_matches(tn_value filter, tn_value doc) {
  for (tn_iter it = tn_iter_of(filter); tn_iter_next(&it);) {
    if (is(it.name, "$or")) {
      bool any = false;
      for (tn_iter one = tn_iter_of(it.value); tn_iter_next(&one);) any = any || naive_find_matches(one.value, doc);
      if (!any) return false;
    } else if (!has_operators(it.value)) {
      if (!condition_holds(doc, it.name, (tn_slice){"$eq", 3}, it.value)) return false;
    } else {
      for (tn_iter op = tn_iter_of(it.value); tn_iter_next(&op);)
        if (!condition_holds(doc, it.name, op.name, op.value)) return false;
    }
  }
  return true;
}

/* ---- orders ----------------------------------------------------------------------------------- */

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
