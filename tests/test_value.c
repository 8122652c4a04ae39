#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "memory.h"
#include "support/assert_status.h"
#include "support/values.h"
#include "utf8.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define BYTES(literal) ((tn_slice){(literal), sizeof(literal) - 1})

static tn_slice bytes_of(tn_value value) { return (tn_slice){value.data, value.size}; }

static void assert_encoding(tn_builder *b, tn_slice expected) {
  tn_value value = tn_built(b);
  assert_status(tn_builder_status(b), TN_OK);
  assert_int_equal(value.size, expected.size);
  assert_memory_equal(value.data, expected.data, expected.size);
}

static tn_status check_status(tn_slice bytes, tn_error *error) {
  tn_value out;
  return tn_value_check(bytes, &out, error);
}

/* Checks a copy that ends where its memory ends, so that AddressSanitizer sees any read past it. */
static tn_status check_tight(tn_slice bytes, size_t *accepted) {
  uint8_t *copy = (uint8_t *)malloc(bytes.size ? bytes.size : 1);
  if (bytes.size) memcpy(copy, bytes.data, bytes.size);
  tn_value out = TN_NO_VALUE;
  tn_status status = tn_value_check((tn_slice){copy, bytes.size}, &out, NULL);
  *accepted = out.size;
  free(copy);
  return status;
}

/* ---- encoding ---- */

static void every_scalar_has_its_documented_bytes(void **state) {
  (void)state;
  static const struct {
    tn_arg arg;
    tn_slice bytes;
  } rows[] = {
      {{TN_NULL, {0}}, {"\x00", 1}},
      {{TN_BOOL, {.boolean = false}}, {"\x01", 1}},
      {{TN_BOOL, {.boolean = true}}, {"\x02", 1}},
      {{TN_INT, {.integer = 0}}, {"\xc0", 1}},
      {{TN_INT, {.integer = 63}}, {"\xff", 1}},
      {{TN_INT, {.integer = 64}}, {"\x04\x40", 2}},
      {{TN_INT, {.integer = -1}}, {"\x04\xff", 2}},
      {{TN_INT, {.integer = -128}}, {"\x04\x80", 2}},
      {{TN_INT, {.integer = 128}}, {"\x05\x80\x00", 3}},
      {{TN_INT, {.integer = -129}}, {"\x05\x7f\xff", 3}},
      {{TN_INT, {.integer = 32768}}, {"\x06\x00\x80\x00\x00", 5}},
      {{TN_INT, {.integer = INT64_MIN}}, {"\x07\x00\x00\x00\x00\x00\x00\x00\x80", 9}},
      {{TN_DOUBLE, {.real = 1.5}}, {"\x03\x00\x00\x00\x00\x00\x00\xf8\x3f", 9}},
      {{TN_TIMESTAMP, {.integer = 1}}, {"\x08\x01\x00\x00\x00\x00\x00\x00\x00", 9}},
      {{TN_STRING, {.slice = {"", 0}}}, {"\x80", 1}},
      {{TN_STRING, {.slice = {"ab", 2}}},
       {"\x82"
        "ab",
        3}},
      {{TN_BYTES, {.slice = {"\xff", 1}}}, {"\x0c\x01\xff", 3}},
  };
  tn_builder b = TN_BUILDER_INIT;
  for (size_t i = 0; i < COUNT(rows); i++) {
    tn_builder_clear(&b);
    tn_add(&b, rows[i].arg);
    assert_encoding(&b, rows[i].bytes);
  }
  tn_builder_free(&b);
}

static void a_container_is_items_then_ends_then_count(void **state) {
  (void)state;
  tn_builder b = TN_BUILDER_INIT;
  tn_arr(&b, 1, "ab");
  assert_encoding(&b, BYTES("\x10\x07\xc1\x82"
                            "ab\x01\x04\x02"));
  tn_obj(&b, "a", 1, "b", TN_ARG_NULL);
  assert_encoding(&b, BYTES("\x14\x09\x81"
                            "a\xc1\x81"
                            "b\x00\x03\x06\x02"));
  tn_builder_clear(&b);
  tn_array_begin(&b);
  tn_end(&b);
  assert_encoding(&b, BYTES("\x10\x01\x00"));
  tn_builder_free(&b);
}

static void strings_and_bytes_take_the_shortest_length(void **state) {
  (void)state;
  static const struct {
    size_t size;
    uint8_t string_tag, bytes_tag;
  } rows[] = {{63, 0x80 + 63, 0x0c}, {64, 0x09, 0x0c},    {255, 0x09, 0x0c},
              {256, 0x0a, 0x0d},     {65535, 0x0a, 0x0d}, {65536, 0x0b, 0x0e}};
  tn_builder b = TN_BUILDER_INIT;
  char *text = (char *)malloc(65536);
  memset(text, 'x', 65536);
  for (size_t i = 0; i < COUNT(rows); i++) {
    tn_slice run = {text, rows[i].size}, back = {NULL, 0};
    tn_builder_clear(&b);
    tn_add(&b, tn_text(run));
    assert_int_equal(tn_built(&b).data[0], rows[i].string_tag);
    assert_true(tn_as_string(tn_built(&b), &back));
    assert_int_equal(back.size, run.size);
    tn_builder_clear(&b);
    tn_add(&b, run);
    assert_int_equal(tn_built(&b).data[0], rows[i].bytes_tag);
    assert_true(tn_as_bytes(tn_built(&b), &back));
    assert_int_equal(back.size, run.size);
  }
  free(text);
  tn_builder_free(&b);
}

static void a_container_grows_through_all_widths(void **state) {
  (void)state;
  tn_builder b = TN_BUILDER_INIT;
  uint8_t last = TN_TAG_ARRAY8;
  for (size_t count = 0; count < 40000; count = count < 300 ? count + 1 : count * 5 / 4) {
    tn_builder_clear(&b);
    tn_array_begin(&b);
    tn_array_begin(&b);
    for (size_t i = 0; i < count; i++) tn_add(&b, i % 64);
    tn_end(&b);
    tn_add(&b, "after");
    tn_end(&b);
    tn_value value = tn_built(&b), inner = tn_item(value, 0);
    assert_true(inner.data[0] >= last);
    last = inner.data[0];
    assert_int_equal(tn_count(inner), count);
    int64_t n = 0;
    for (size_t i = 0; i < count; i += 7) {
      assert_true(tn_as_int(tn_item(inner, (uint32_t)i), &n));
      assert_int_equal(n, i % 64);
    }
    assert_status(check_status(bytes_of(value), NULL), TN_OK);
  }
  assert_int_equal(last, TN_TAG_ARRAY32);
  tn_builder_free(&b);
}

static void every_nan_becomes_the_canonical_one(void **state) {
  (void)state;
  tn_builder b = TN_BUILDER_INIT;
  tn_add(&b, -NAN);
  assert_encoding(&b, BYTES("\x03\x00\x00\x00\x00\x00\x00\xf8\x7f"));
  tn_builder_free(&b);
}

/* ---- the builder's refusals ---- */

static void add_without_name(tn_builder *b) { tn_object_begin(b), tn_add(b, 1), tn_end(b); }
static void name_in_an_array(tn_builder *b) { tn_array_begin(b), tn_name(b, "x"), tn_add(b, 1), tn_end(b); }
static void name_at_the_root(tn_builder *b) { tn_name(b, "x"), tn_add(b, 1); }
static void two_names(tn_builder *b) {
  tn_object_begin(b), tn_name(b, "x"), tn_name(b, "y"), tn_add(b, 1), tn_end(b);
}
static void name_without_value(tn_builder *b) { tn_object_begin(b), tn_name(b, "x"), tn_end(b); }
static void end_of_nothing(tn_builder *b) { tn_end(b); }
static void end_too_often(tn_builder *b) { tn_array_begin(b), tn_end(b), tn_end(b); }
static void two_roots(tn_builder *b) { tn_add(b, 1), tn_add(b, 2); }
static void two_root_containers(tn_builder *b) { tn_array_begin(b), tn_end(b), tn_array_begin(b), tn_end(b); }
static void unclosed(tn_builder *b) { tn_array_begin(b), tn_add(b, 1); }
static void nothing(tn_builder *b) { (void)b; }
static void bad_text(tn_builder *b) { tn_add(b, "\xc0\x80"); }
static void bad_name(tn_builder *b) { tn_object_begin(b), tn_set(b, "\xff", 1), tn_end(b); }
static void absent_value(tn_builder *b) { tn_add(b, TN_NO_VALUE); }
static void same_name(tn_builder *b) { tn_object_begin(b), tn_set(b, "x", 1), tn_set(b, "x", 2), tn_end(b); }
static void container_arg(tn_builder *b) { tn_add(b, ((tn_arg){TN_ARRAY, {0}})); }
static void too_large(tn_builder *b) { tn_add(b, tn_arg_bytes((tn_slice){"", (size_t)TN_VALUE_SIZE_MAX + 1})); }
static void huge(tn_builder *b) { tn_add(b, tn_arg_bytes((tn_slice){"", SIZE_MAX - 3})); }

static const uint8_t null_byte = TN_TAG_NULL;
static const tn_value null_value = {&null_byte, 1};
static void add_two_fields(tn_builder *b, const char *first, const char *second, tn_value value) {
  tn_slice names[] = {{first, strlen(first)}, {second, strlen(second)}};
  tn_add_fields(b, names, (tn_value[]){null_value, value}, 2);
}
static void fields_of_one_name(tn_builder *b) { add_two_fields(b, "x", "x", null_value); }
static void field_with_a_bad_name(tn_builder *b) { add_two_fields(b, "x", "\xff", null_value); }
static void field_without_a_value(tn_builder *b) { add_two_fields(b, "x", "y", TN_NO_VALUE); }
static void fields_without_name(tn_builder *b) { tn_object_begin(b), fields_of_one_name(b), tn_end(b); }
static void two_roots_of_fields(tn_builder *b) { tn_add(b, 1), add_two_fields(b, "x", "y", null_value); }

static void misuse_sticks_until_the_builder_is_cleared(void **state) {
  (void)state;
  static const struct {
    void (*act)(tn_builder *b);
    tn_status expected;
  } rows[] = {{add_without_name, TN_INVALID},
              {name_in_an_array, TN_MISUSE},
              {name_at_the_root, TN_MISUSE},
              {two_names, TN_MISUSE},
              {name_without_value, TN_MISUSE},
              {end_of_nothing, TN_MISUSE},
              {end_too_often, TN_MISUSE},
              {two_roots, TN_MISUSE},
              {two_root_containers, TN_MISUSE},
              {unclosed, TN_MISUSE},
              {nothing, TN_MISUSE},
              {bad_text, TN_INVALID},
              {bad_name, TN_INVALID},
              {absent_value, TN_INVALID},
              {same_name, TN_INVALID},
              {container_arg, TN_INVALID},
              {fields_of_one_name, TN_INVALID},
              {field_with_a_bad_name, TN_INVALID},
              {field_without_a_value, TN_INVALID},
              {fields_without_name, TN_INVALID},
              {two_roots_of_fields, TN_MISUSE},
              {too_large, TN_LIMIT},
              {huge, TN_LIMIT}};
  tn_builder b = TN_BUILDER_INIT;
  for (size_t i = 0; i < COUNT(rows); i++) {
    tn_builder_clear(&b);
    rows[i].act(&b);
    assert_status(tn_builder_status(&b), rows[i].expected);
    assert_true(tn_is_absent(tn_built(&b)));
    tn_builder_clear(&b);
    tn_add(&b, "again");
    assert_encoding(&b, BYTES("\x85"
                              "again"));
  }
  tn_builder_free(&b);
}

static void build_nested(tn_builder *b, unsigned depth) {
  tn_builder_clear(b);
  for (unsigned i = 0; i < depth; i++) tn_array_begin(b);
  for (unsigned i = 0; i < depth; i++) tn_end(b);
}

static void depth_ends_at_its_limit(void **state) {
  (void)state;
  tn_builder b = TN_BUILDER_INIT;
  build_nested(&b, TN_DEPTH_MAX);
  assert_status(tn_builder_status(&b), TN_OK);
  assert_status(check_status(bytes_of(tn_built(&b)), NULL), TN_OK);
  build_nested(&b, TN_DEPTH_MAX + 1);
  assert_status(tn_builder_status(&b), TN_LIMIT);
  tn_builder_free(&b);
}

static void a_copied_value_counts_towards_the_depth(void **state) {
  (void)state;
  tn_builder inner = TN_BUILDER_INIT, b = TN_BUILDER_INIT;
  for (unsigned outer = 0; outer <= TN_DEPTH_MAX; outer++) {
    for (unsigned extra = 0; extra < 2; extra++) {
      build_nested(&inner, TN_DEPTH_MAX - outer + extra);
      if (tn_builder_status(&inner) != TN_OK) continue;
      tn_builder_clear(&b);
      for (unsigned i = 0; i < outer; i++) tn_array_begin(&b);
      tn_add(&b, tn_built(&inner));
      for (unsigned i = 0; i < outer; i++) tn_end(&b);
      assert_status(tn_builder_status(&b), extra ? TN_LIMIT : TN_OK);
    }
  }
  tn_builder_free(&inner);
  tn_builder_free(&b);
}

static void deep_bytes_are_refused_without_deep_recursion(void **state) {
  (void)state;
  uint8_t bytes[3 + 4 * TN_DEPTH_MAX];
  size_t size = 3;
  memcpy(bytes, "\x10\x01\x00", 3);
  tn_error error = TN_ERROR_INIT;
  for (unsigned depth = 1; depth < 63; depth++) {
    memmove(bytes + 2, bytes, size);
    bytes[0] = 0x10;
    bytes[1] = (uint8_t)(size + 2);
    bytes[2 + size] = (uint8_t)size;
    bytes[3 + size] = 1;
    size += 4;
    assert_status(check_status((tn_slice){bytes, size}, &error), TN_OK);
  }
  uint8_t many[5 * (TN_DEPTH_MAX + 1)];
  for (unsigned i = 0; i <= TN_DEPTH_MAX; i++) memcpy(many + 5 * i, "\x12\xff\xff\xff\x3f", 5);
  assert_status(check_status((tn_slice){many, sizeof many}, &error), TN_INVALID);
}

static void duplicate_names_are_found_among_few_and_many(void **state) {
  (void)state;
  values_source source = values_source_for_run("duplicate names");
  tn_builder b = TN_BUILDER_INIT;
  static const size_t counts[] = {2, 3, 31, 32, 33, 34, 100, 1000, 20000};
  for (size_t i = 0; i < COUNT(counts); i++) {
    for (unsigned copy = 0; copy < 2; copy++) {
      size_t a = (size_t)values_below(&source, counts[i] - 1),
             other = a + 1 + values_below(&source, counts[i] - 1 - a);
      char name[32];
      tn_builder_clear(&b);
      tn_object_begin(&b);
      for (size_t k = 0; k < counts[i]; k++) {
        snprintf(name, sizeof name, "field%zu", copy && k == other ? a : k);
        tn_set(&b, (const char *)name, k);
      }
      tn_end(&b);
      assert_status(tn_builder_status(&b), copy ? TN_INVALID : TN_OK);
    }
  }
  tn_builder_free(&b);
}

/* ---- tn_value_check ---- */

static void non_canonical_bytes_are_refused_with_their_offset(void **state) {
  (void)state;
  static const struct {
    tn_slice bytes;
    const char *where;
  } rows[] = {
      {{"", 0}, "byte 0"},
      {{"\x0f", 1}, "byte 0"},
      {{"\x13", 1}, "byte 0"},
      {{"\x18\x00", 2}, "byte 0"},
      {{"\x7f", 1}, "byte 0"},
      {{"\x04", 1}, "byte 0"},
      {{"\x04\x3f", 2}, "byte 0"},                             /* 63 as int8 */
      {{"\x05\x7f\x00", 3}, "byte 0"},                         /* 127 as int16 */
      {{"\x06\xff\xff\xff\xff", 5}, "byte 0"},                 /* -1 as int32 */
      {{"\x07\x01\x00\x00\x00\x00\x00\x00\x00", 9}, "byte 0"}, /* 1 as int64 */
      {{"\x03\x00\x00\x00\x00\x00\x00\xf8\xff", 9}, "byte 0"}, /* another NaN */
      {{"\x03\x00\x00\x00\x00\x00\x00\xf8", 8}, "byte 0"},
      {{"\x82\x61", 2}, "byte 0"},
      {{"\x82\x61\xff", 3}, "byte 2"}, /* not UTF-8 */
      {{"\x09\x01\x61", 3}, "byte 0"}, /* short string in long form */
      {{"\x0d\x01\x00\x61", 4}, "byte 0"},
      {{"\x0c\x02\x61", 3}, "byte 0"},
      {{"\x10\x00", 2}, "byte 0"},             /* no room for the count */
      {{"\x10\x02\x00\x01", 4}, "byte 2"},     /* ... or for its end */
      {{"\x10\x03\xc1\x02\x01", 5}, "byte 3"}, /* an end past the items */
      {{"\x10\x03\xc1\x00\x01", 5}, "byte 3"}, /* an empty item */
      {{"\x10\x06\x81"
        "a\xc1\x02\x01\x02",
        8},
       "byte 6"},                                  /* ends go back */
      {{"\x10\x04\xc1\xc2\x01\x01", 6}, "byte 4"}, /* an item that no end covers */
      {{"\x10\x04\xc1\xc2\x02\x01", 6}, "byte 2"}, /* two values in one item */
      {{"\x10\x03\x82\x01\x01", 5}, "byte 2"},     /* an item longer than its slot */
      {{"\x11\x02\x00\x00\x00", 5}, "byte 0"},     /* too wide */
      {{"\x14\x04\xc1\xc1\x02\x01", 6}, "byte 2"}, /* the name is an int */
      {{"\x14\x04\x81"
        "a\x02\x01",
        6},
       "byte 4"}, /* a name alone: its value is missing */
      {{"\x14\x09\x81"
        "a\xc1\x81"
        "a\x00\x03\x06\x02",
        11},
       "byte 5"}, /* a name twice */
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    tn_error error = TN_ERROR_INIT;
    assert_status(check_status(rows[i].bytes, &error), TN_INVALID);
    assert_string_equal(error.where, rows[i].where);
    assert_true(error.text[0] != '\0');
    size_t accepted;
    assert_status(check_tight(rows[i].bytes, &accepted), TN_INVALID);
  }
}

static void check_reports_the_size_and_ignores_what_follows(void **state) {
  (void)state;
  tn_value value = TN_NO_VALUE;
  assert_status(tn_value_check(BYTES("\x81"
                                     "a rest"),
                               &value, NULL),
                TN_OK);
  assert_int_equal(value.size, 2);
}

/* Reads every part of a value, so that a wrongly accepted one is caught by the sanitizers. */
static void rebuild(tn_builder *b, tn_value value) {
  tn_slice slice;
  int64_t n;
  double d;
  bool t;
  switch (tn_value_type(value)) {
    case TN_NULL: tn_add(b, TN_ARG_NULL); break;
    case TN_BOOL:
      assert_true(tn_as_bool(value, &t));
      tn_add(b, t);
      break;
    case TN_INT:
      assert_true(tn_as_int(value, &n));
      tn_add(b, n);
      break;
    case TN_DOUBLE:
      assert_true(tn_as_double(value, &d));
      tn_add(b, d);
      break;
    case TN_TIMESTAMP:
      assert_true(tn_as_timestamp(value, &n));
      tn_add(b, tn_time(n));
      break;
    case TN_STRING:
      assert_true(tn_as_string(value, &slice));
      tn_add(b, tn_text(slice));
      break;
    case TN_BYTES:
      assert_true(tn_as_bytes(value, &slice));
      tn_add(b, slice);
      break;
    case TN_ARRAY:
    case TN_OBJECT: {
      bool is_object = tn_value_type(value) == TN_OBJECT;
      if (is_object)
        tn_object_begin(b);
      else
        tn_array_begin(b);
      for (tn_iter it = tn_iter_of(value); tn_iter_next(&it);) {
        if (is_object) tn_name_slice(b, it.name);
        rebuild(b, it.value);
      }
      tn_end(b);
      break;
    }
    case TN_ABSENT: fail();
  }
}

static void generated_values_check_and_rebuild_to_the_same_bytes(void **state) {
  (void)state;
  values_source source = values_source_for_run("generated values");
  tn_builder b = TN_BUILDER_INIT, again = TN_BUILDER_INIT;
  for (unsigned i = 0; i < 20000; i++) {
    tn_value value = values_build(&source, &b, 5);
    assert_status(tn_builder_status(&b), TN_OK);
    size_t accepted = 0;
    assert_status(check_tight(bytes_of(value), &accepted), TN_OK);
    assert_int_equal(accepted, value.size);
    tn_builder_clear(&again);
    rebuild(&again, value);
    assert_true(tn_value_same(value, tn_built(&again)));
    assert_int_equal(tn_value_compare(value, tn_built(&again)), 0);
  }
  tn_builder_free(&b);
  tn_builder_free(&again);
}

/* Builds every object within `value` at once, inside an array and as a field. */
static void check_fields(tn_builder *b, tn_value value) {
  enum { FIELDS_MAX = 1000 };
  static tn_slice names[FIELDS_MAX];
  static tn_value values[FIELDS_MAX];
  uint32_t count = 0;
  for (tn_iter it = tn_iter_of(value); tn_iter_next(&it); count++) check_fields(b, it.value);
  if (tn_value_type(value) != TN_OBJECT || count > FIELDS_MAX) return;
  count = 0;
  for (tn_iter it = tn_iter_of(value); tn_iter_next(&it); count++) {
    names[count] = it.name;
    values[count] = it.value;
  }
  tn_builder_clear(b);
  tn_array_begin(b);
  tn_add_fields(b, names, values, count);
  tn_object_begin(b);
  tn_name(b, "x");
  tn_add_fields(b, names, values, count);
  tn_end(b);
  tn_end(b);
  assert_true(tn_value_same(tn_item(tn_built(b), 0), value));
  assert_true(tn_value_same(tn_field(tn_item(tn_built(b), 1), "x"), value));
}

static void fields_added_at_once_are_the_same_object(void **state) {
  (void)state;
  values_source source = values_source_for_run("fields at once");
  tn_builder b = TN_BUILDER_INIT, again = TN_BUILDER_INIT;
  for (unsigned i = 0; i < 5000; i++) check_fields(&again, values_build(&source, &b, 5));
  tn_builder_free(&b);
  tn_builder_free(&again);
}

static tn_arg arg_of(tn_value value) {
  tn_arg arg = {tn_value_type(value), {0}};
  switch (arg.type) {
    case TN_BOOL: (void)tn_as_bool(value, &arg.u.boolean); break;
    case TN_INT: (void)tn_as_int(value, &arg.u.integer); break;
    case TN_DOUBLE: (void)tn_as_double(value, &arg.u.real); break;
    case TN_STRING: (void)tn_as_string(value, &arg.u.slice); break;
    case TN_BYTES: (void)tn_as_bytes(value, &arg.u.slice); break;
    case TN_TIMESTAMP: (void)tn_as_timestamp(value, &arg.u.integer); break;
    case TN_NULL: break;
    default: return tn_arg_value(value);
  }
  return arg;
}

/* Builds every array and object within `value` from args at once, by itself and as a field. */
static void check_args(tn_builder *b, tn_value value) {
  enum { ARGS_MAX = 2000 };
  static tn_arg args[ARGS_MAX];
  uint32_t count = 0;
  for (tn_iter it = tn_iter_of(value); tn_iter_next(&it);) check_args(b, it.value);
  bool is_object = tn_value_type(value) == TN_OBJECT;
  if ((!is_object && tn_value_type(value) != TN_ARRAY) || 2 * tn_count(value) > ARGS_MAX) return;
  for (tn_iter it = tn_iter_of(value); tn_iter_next(&it);) {
    if (is_object) args[count++] = (tn_arg){TN_STRING, {.slice = it.name}};
    args[count++] = arg_of(it.value);
  }
  tn_value built = is_object ? tn_build_object(b, args, count) : tn_build_array(b, args, count);
  assert_true(tn_value_same(built, value));
  tn_builder_clear(b);
  tn_object_begin(b);
  tn_name(b, "x");
  if (is_object)
    tn_add_pairs(b, args, count / 2);
  else
    tn_add_items(b, args, count);
  tn_end(b);
  assert_true(tn_value_same(tn_field(tn_built(b), "x"), value));
}

static void args_added_at_once_are_the_same_container(void **state) {
  (void)state;
  values_source source = values_source_for_run("args at once");
  tn_builder b = TN_BUILDER_INIT, again = TN_BUILDER_INIT;
  for (unsigned i = 0; i < 5000; i++) check_args(&again, values_build(&source, &b, 5));
  tn_builder_free(&b);
  tn_builder_free(&again);
}

static void a_field_may_be_named_by_a_slice(void **state) {
  (void)state;
  tn_builder b = TN_BUILDER_INIT, named = TN_BUILDER_INIT;
  tn_slice name = {"abc", 2};
  assert_true(tn_value_same(tn_obj(&b, name, 1, "c", 2), tn_obj(&named, "ab", 1, "c", 2)));
  assert_status(tn_builder_status(&b), TN_OK);
  tn_builder_free(&b);
  tn_builder_free(&named);
}

static void pairs_that_make_no_object_are_refused(void **state) {
  (void)state;
  tn_builder b = TN_BUILDER_INIT;
  assert_true(tn_is_absent(tn_obj(&b, "a", 1, "b", 2, "a", 3)));
  assert_status(tn_builder_status(&b), TN_INVALID);
  assert_true(tn_is_absent(tn_obj(&b, 1, "a")));
  assert_status(tn_builder_status(&b), TN_INVALID);
  assert_true(tn_is_absent(tn_obj(&b, "\xff", 1)));
  assert_status(tn_builder_status(&b), TN_INVALID);
  assert_true(tn_is_absent(tn_obj(&b, "a", TN_NO_VALUE)));
  assert_status(tn_builder_status(&b), TN_INVALID);
  tn_object_begin(&b);
  tn_add_pairs(&b, (tn_arg[]){TN_ARG("a"), TN_ARG(1)}, 1);
  assert_status(tn_builder_status(&b), TN_INVALID);
  tn_builder_free(&b);
}

static void items_that_are_no_values_are_refused(void **state) {
  (void)state;
  tn_builder b = TN_BUILDER_INIT;
  tn_slice huge = {"", (size_t)TN_VALUE_SIZE_MAX + 1};
  assert_true(tn_is_absent(tn_arr(&b, 1, TN_NO_VALUE)));
  assert_status(tn_builder_status(&b), TN_INVALID);
  assert_true(tn_is_absent(tn_arr(&b, 1, "\xff")));
  assert_status(tn_builder_status(&b), TN_INVALID);
  assert_true(tn_is_absent(tn_arr(&b, 1, huge)));
  assert_status(tn_builder_status(&b), TN_LIMIT);
  build_nested(&b, TN_DEPTH_MAX);
  tn_builder whole = TN_BUILDER_INIT;
  assert_true(tn_is_absent(tn_arr(&whole, 1, tn_built(&b))));
  assert_status(tn_builder_status(&whole), TN_LIMIT);
  tn_builder_free(&whole);
  tn_builder_free(&b);
}

static void fields_count_towards_the_depth(void **state) {
  (void)state;
  tn_builder inner = TN_BUILDER_INIT, b = TN_BUILDER_INIT;
  for (unsigned depth = TN_DEPTH_MAX - 3; depth < TN_DEPTH_MAX; depth++) {
    build_nested(&inner, depth);
    tn_builder_clear(&b);
    tn_array_begin(&b);
    add_two_fields(&b, "x", "y", tn_built(&inner));
    tn_end(&b);
    assert_status(tn_builder_status(&b), depth + 2 > TN_DEPTH_MAX ? TN_LIMIT : TN_OK);
  }
  tn_builder_free(&inner);
  tn_builder_free(&b);
}

static void mutate(values_source *source, uint8_t *data, size_t *size) {
  static const uint8_t tags[] = {0x00, 0x03, 0x04, 0x07, 0x09, 0x0c, 0x10, 0x11, 0x14, 0x15, 0x80, 0x81, 0xc0, 0xff};
  size_t at = (size_t)values_below(source, *size);
  switch (values_below(source, 5)) {
    case 0: data[at] = (uint8_t)values_next(source); break;
    case 1: data[at] = tags[values_below(source, sizeof tags)]; break;
    case 2: data[at] = (uint8_t)(data[at] + values_below(source, 3) - 1); break;
    case 3: *size = at + (at == 0); break;
    default: memmove(data + at, data + at + (at + 1 < *size), *size - at - (at + 1 < *size)); break;
  }
}

static void mutated_values_are_refused_or_canonical(void **state) {
  (void)state;
  values_source source = values_source_for_run("mutations");
  tn_builder b = TN_BUILDER_INIT, again = TN_BUILDER_INIT;
  unsigned accepted = 0;
  for (unsigned i = 0; i < 100000; i++) {
    tn_value value = values_build(&source, &b, 3);
    size_t size = value.size;
    uint8_t *copy = (uint8_t *)malloc(size);
    memcpy(copy, value.data, size);
    for (uint64_t n = 1 + values_below(&source, 3); n > 0; n--) mutate(&source, copy, &size);
    uint8_t *tight = (uint8_t *)malloc(size);
    memcpy(tight, copy, size);
    tn_value out;
    if (tn_value_check((tn_slice){tight, size}, &out, NULL) == TN_OK) {
      tn_builder_clear(&again);
      rebuild(&again, out);
      assert_true(tn_value_same(out, tn_built(&again)));
      accepted++;
    }
    free(tight);
    free(copy);
  }
  assert_true(accepted > 1000);
  tn_builder_free(&b);
  tn_builder_free(&again);
}

/* ---- order ---- */

static void values_sort_in_the_documented_order(void **state) {
  (void)state;
  static const tn_arg ascending[] = {
      {TN_NULL, {0}},
      {TN_DOUBLE, {.real = NAN}},
      {TN_DOUBLE, {.real = -INFINITY}},
      {TN_DOUBLE, {.real = -0x1.0000000000001p63}},
      {TN_INT, {.integer = INT64_MIN}},
      {TN_INT, {.integer = INT64_MIN + 1}},
      {TN_INT, {.integer = -1}},
      {TN_DOUBLE, {.real = -0.5}},
      {TN_INT, {.integer = 0}},
      {TN_DOUBLE, {.real = 5e-324}},
      {TN_INT, {.integer = 1}},
      {TN_DOUBLE, {.real = 1.5}},
      {TN_DOUBLE, {.real = 9007199254740992.0}},
      {TN_INT, {.integer = 9007199254740993}},
      {TN_DOUBLE, {.real = 9007199254740994.0}},
      {TN_INT, {.integer = INT64_MAX - 1}},
      {TN_INT, {.integer = INT64_MAX}},
      {TN_DOUBLE, {.real = 0x1p63}},
      {TN_DOUBLE, {.real = INFINITY}},
      {TN_STRING, {.slice = {"", 0}}},
      {TN_STRING, {.slice = {"a", 1}}},
      {TN_STRING, {.slice = {"a\0", 2}}},
      {TN_STRING, {.slice = {"a\0\x01", 3}}},
      {TN_STRING, {.slice = {"a\x01", 2}}},
      {TN_STRING, {.slice = {"b", 1}}},
      {TN_BYTES, {.slice = {"", 0}}},
      {TN_BYTES, {.slice = {"\xff", 1}}},
      {TN_BYTES, {.slice = {"\x00\x00", 2}}},
      {TN_BOOL, {.boolean = false}},
      {TN_BOOL, {.boolean = true}},
      {TN_TIMESTAMP, {.integer = INT64_MIN}},
      {TN_TIMESTAMP, {.integer = -1}},
      {TN_TIMESTAMP, {.integer = 0}},
  };
  tn_builder x = TN_BUILDER_INIT, y = TN_BUILDER_INIT;
  for (size_t i = 0; i < COUNT(ascending); i++) {
    for (size_t k = 0; k < COUNT(ascending); k++) {
      tn_builder_clear(&x);
      tn_add(&x, ascending[i]);
      tn_builder_clear(&y);
      tn_add(&y, ascending[k]);
      int order = tn_value_compare(tn_built(&x), tn_built(&y));
      assert_int_equal((order > 0) - (order < 0), (i > k) - (i < k));
    }
  }
  tn_builder_free(&x);
  tn_builder_free(&y);
}

static void numbers_of_equal_value_compare_equal(void **state) {
  (void)state;
  tn_builder x = TN_BUILDER_INIT, y = TN_BUILDER_INIT;
  tn_arr(&x, 0, -0.0, 1, -0x1p63, NAN);
  tn_arr(&y, -0.0, 0.0, 1.0, INT64_MIN, -NAN);
  assert_int_equal(tn_value_compare(tn_built(&x), tn_built(&y)), 0);
  tn_builder_free(&x);
  tn_builder_free(&y);
}

static void objects_compare_by_class_then_name_then_value(void **state) {
  (void)state;
  tn_builder x = TN_BUILDER_INIT, y = TN_BUILDER_INIT;
  assert_true(tn_value_compare(tn_obj(&x, "z", 1), tn_obj(&y, "a", "text")) < 0);
  assert_true(tn_value_compare(tn_obj(&x, "a", 9), tn_obj(&y, "b", 1.5)) < 0);
  assert_true(tn_value_compare(tn_obj(&x, "a", 1), tn_obj(&y, "a", 1.5)) < 0);
  assert_true(tn_value_compare(tn_obj(&x, "a", 1), tn_obj(&y, "a", 1.0, "b", TN_ARG_NULL)) < 0);
  assert_true(tn_value_compare(tn_arr(&x, 1, 2), tn_arr(&y, 1, 2, TN_ARG_NULL)) < 0);
  assert_true(tn_value_compare(tn_arr(&x, 1), tn_obj(&y, "a", 1)) > 0);
  tn_builder_free(&x);
  tn_builder_free(&y);
}

static int sign(int n) { return (n > 0) - (n < 0); }

static void the_order_is_total_over_generated_values(void **state) {
  (void)state;
  values_source source = values_source_for_run("total order");
  tn_builder b[3] = {TN_BUILDER_INIT, TN_BUILDER_INIT, TN_BUILDER_INIT};
  for (unsigned i = 0; i < 30000; i++) {
    tn_value x = values_build(&source, &b[0], 3), y = values_build_near(&source, &b[1], x);
    tn_value z = values_build_near(&source, &b[2], values_chance(&source, 50) ? x : y);
    int xy = sign(tn_value_compare(x, y)), yz = sign(tn_value_compare(y, z)), xz = sign(tn_value_compare(x, z));
    assert_int_equal(xy, -sign(tn_value_compare(y, x)));
    if (xy <= 0 && yz <= 0) assert_int_equal(xz, xy < yz ? xy : yz);
    if (xy >= 0 && yz >= 0) assert_int_equal(xz, xy > yz ? xy : yz);
  }
  for (size_t i = 0; i < 3; i++) tn_builder_free(&b[i]);
}

/* ---- memory ---- */

static void build_much(tn_builder *b) {
  char name[16];
  tn_builder_clear(b);
  tn_object_begin(b);
  for (unsigned i = 0; i < 200; i++) {
    snprintf(name, sizeof name, "n%u", i);
    tn_set(b, (const char *)name, i * 1000u);
  }
  tn_end(b);
}

static void running_out_of_memory_is_a_status_and_leaks_nothing(void **state) {
  (void)state;
  tni_counted_memory counted;
  tni_counted_memory_init(&counted, tn_memory_system());
  for (uint64_t at = 1;; at++) {
    tn_builder b = TN_BUILDER_INIT;
    b.memory = &counted.memory;
    counted.requests = 0;
    counted.fail_at = at;
    build_much(&b);
    tn_status status = tn_builder_status(&b);
    tn_builder_free(&b);
    assert_int_equal(counted.bytes, 0);
    assert_int_equal(counted.blocks, 0);
    if (status == TN_OK) {
      assert_true(at > 5);
      break;
    }
    assert_status(status, TN_NOMEM);
  }
}

static void a_cleared_builder_keeps_its_memory(void **state) {
  (void)state;
  tni_counted_memory counted;
  tni_counted_memory_init(&counted, tn_memory_system());
  tn_builder b = TN_BUILDER_INIT;
  b.memory = &counted.memory;
  tn_arr(&b, 1, 2, 3);
  uint64_t requests = counted.requests;
  tn_arr(&b, 4, 5, 6);
  assert_int_equal(counted.requests, requests);
  tn_builder_free(&b);
  tn_arr(&b, 7);
  assert_status(tn_builder_status(&b), TN_OK);
  tn_builder_free(&b);
}

/* ---- UTF-8 and reading ---- */

static void utf8_is_told_from_what_is_not(void **state) {
  (void)state;
  static const struct {
    const char *text;
    size_t good;
  } rows[] = {{"plain ascii, long enough", 24},
              {"\xc2\x80", 2},
              {"\xdf\xbf", 2},
              {"\xe0\xa0\x80", 3},
              {"\xed\x9f\xbf", 3},
              {"\xee\x80\x80", 3},
              {"\xf0\x90\x80\x80", 4},
              {"\xf4\x8f\xbf\xbf", 4},
              {"12345678\x80", 8},
              {"\xc1\xbf", 0},
              {"\xc3", 0},
              {"\xc3(", 0},
              {"\xe0\x9f\xbf", 0},
              {"\xed\xa0\x80", 0},
              {"\xe2\x82", 0},
              {"\xf0\x8f\xbf\xbf", 0},
              {"\xf4\x90\x80\x80", 0},
              {"\xf5\x80\x80\x80", 0},
              {"ab\xfe", 2}};
  for (size_t i = 0; i < COUNT(rows); i++)
    assert_int_equal(tni_utf8_good(rows[i].text, strlen(rows[i].text)), rows[i].good);
}

static void a_bad_byte_is_found_at_every_place_of_a_string(void **state) {
  (void)state;
  tn_builder b = TN_BUILDER_INIT;
  char text[100];
  tn_slice back = {NULL, 0};
  for (size_t size = 0; size < sizeof text; size++) {
    memset(text, 'x', sizeof text);
    tn_builder_clear(&b);
    tn_add(&b, tn_text((tn_slice){text, size}));
    assert_true(tn_as_string(tn_built(&b), &back) && back.size == size && memcmp(back.data, text, size) == 0);
    for (size_t at = 0; at < size; at++) {
      memset(text, 'x', sizeof text);
      text[at] = (char)0x80;
      assert_int_equal(tni_utf8_good(text, size), at);
      tn_builder_clear(&b);
      tn_add(&b, tn_text((tn_slice){text, size}));
      assert_status(tn_builder_status(&b), TN_INVALID);
      if (at + 1 == size) continue;
      memcpy(text + at, "\xc3\xa9", 2);
      tn_builder_clear(&b);
      tn_add(&b, tn_text((tn_slice){text, size}));
      assert_true(tn_as_string(tn_built(&b), &back) && back.size == size && memcmp(back.data, text, size) == 0);
    }
  }
  tn_builder_free(&b);
}

static size_t good_by_characters(const uint8_t *text, size_t size) {
  size_t at = 0;
  for (unsigned width = 1; at < size && width > 0; at += width) width = tni_utf8_char(text + at, size - at);
  return at;
}

/* Lengths around those of the blocks that are looked at together, and faults of every kind in them. */
static void utf8_in_blocks_is_what_it_is_by_characters(void **state) {
  (void)state;
  static const char *const pieces[] = {"a",
                                       "\xc3\xbc",
                                       "\xe4\xb8\xad",
                                       "\xf0\x9f\x98\x80",
                                       "\xed\x9f\xbf",
                                       "\xe0\xa0\x80",
                                       "\xf4\x8f\xbf\xbf",
                                       "\xc2\x80",
                                       "\xf0\x90\x80\x80",
                                       "\xee\x80\x80"};
  static const uint8_t bytes[] = {0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1,
                                  0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff};
  values_source source = values_source_for_run("utf-8");
  for (int run = 0; run < 200000; run++) {
    uint8_t text[100];
    size_t size = 0, wanted = (size_t)values_below(&source, sizeof text - 4);
    while (size < wanted) {
      const char *piece = pieces[values_below(&source, COUNT(pieces))];
      memcpy(text + size, piece, strlen(piece));
      size += strlen(piece);
    }
    if (size > 0 && values_chance(&source, 80))
      text[values_below(&source, size)] = bytes[values_below(&source, sizeof bytes)];
    if (size > 0 && values_chance(&source, 20)) size--;
    assert_int_equal(tni_utf8_good(text, size), good_by_characters(text, size));
  }
}

static void text_may_be_written_where_it_stays(void **state) {
  (void)state;
  tn_builder b = TN_BUILDER_INIT, copied = TN_BUILDER_INIT;
  char text[1000];
  for (size_t i = 0; i < sizeof text; i++) text[i] = (char)('a' + i % 26);
  for (size_t size = 0; size < sizeof text; size += size < 300 ? 1 : 37) {
    tn_slice slice = {text, size};
    tn_builder_clear(&b);
    tn_object_begin(&b);
    memcpy(tn_text_room(&b, size), text, size);
    memcpy(tn_text_room(&b, 5000) + size, "not taken", 9); /* more room keeps what is there */
    tn_text_name(&b, size);
    memcpy(tn_text_room(&b, size), text, size);
    tn_text_add(&b, size);
    tn_end(&b);
    tn_builder_clear(&copied);
    tn_object_begin(&copied);
    tn_name_slice(&copied, slice);
    tn_add(&copied, tn_text(slice));
    tn_end(&copied);
    assert_true(tn_value_same(tn_built(&b), tn_built(&copied)) && !tn_is_absent(tn_built(&b)));
  }
  tn_builder_free(&b);
  tn_builder_free(&copied);
}

static void text_written_in_place_is_refused_as_any_other(void **state) {
  (void)state;
  tn_builder b = TN_BUILDER_INIT;
  tn_builder_clear(&b);
  memcpy(tn_text_room(&b, 2), "\xc3(", 2);
  tn_text_add(&b, 2);
  assert_status(tn_builder_status(&b), TN_INVALID);
  assert_null(tn_text_room(&b, 1));

  tn_builder_clear(&b);
  assert_null(tn_text_room(&b, SIZE_MAX - 2));
  assert_status(tn_builder_status(&b), TN_LIMIT);

  tn_builder_clear(&b);
  *tn_text_room(&b, 1) = 'a';
  tn_text_name(&b, 1);
  assert_status(tn_builder_status(&b), TN_MISUSE);
  tn_builder_free(&b);
}

static void values_are_read_by_path(void **state) {
  (void)state;
  tn_builder items = TN_BUILDER_INIT, b = TN_BUILDER_INIT;
  tn_value value = tn_obj(&b, "items", tn_arr(&items, 1, "two", 3.5), "ok", TN_ARG_TRUE);
  int64_t n = 0;
  double d = 0;
  bool ok = false;
  tn_slice text;
  assert_status(tn_get_int(value, "items.0", &n), TN_OK);
  assert_int_equal(n, 1);
  assert_status(tn_get_double(value, "items.2", &d), TN_OK);
  assert_true(d == 3.5);
  assert_status(tn_get_bool(value, "ok", &ok), TN_OK);
  assert_true(ok);
  assert_status(tn_get_string(value, "items.0", &text), TN_INVALID);
  assert_status(tn_get_int(value, "items.3", &n), TN_NOT_FOUND);
  assert_status(tn_get_int(value, "nothing.here", &n), TN_NOT_FOUND);
  tn_builder_free(&items);
  tn_builder_free(&b);
}

static void every_type_has_a_name(void **state) {
  (void)state;
  assert_string_equal(tn_type_name(TN_INT), "int");
  assert_string_equal(tn_type_name(TN_ABSENT), "absent");
  assert_string_equal(tn_type_name(TN_OBJECT), "object");
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_scalar_has_its_documented_bytes),
      cmocka_unit_test(a_container_is_items_then_ends_then_count),
      cmocka_unit_test(strings_and_bytes_take_the_shortest_length),
      cmocka_unit_test(a_container_grows_through_all_widths),
      cmocka_unit_test(every_nan_becomes_the_canonical_one),
      cmocka_unit_test(misuse_sticks_until_the_builder_is_cleared),
      cmocka_unit_test(depth_ends_at_its_limit),
      cmocka_unit_test(a_copied_value_counts_towards_the_depth),
      cmocka_unit_test(deep_bytes_are_refused_without_deep_recursion),
      cmocka_unit_test(duplicate_names_are_found_among_few_and_many),
      cmocka_unit_test(non_canonical_bytes_are_refused_with_their_offset),
      cmocka_unit_test(check_reports_the_size_and_ignores_what_follows),
      cmocka_unit_test(generated_values_check_and_rebuild_to_the_same_bytes),
      cmocka_unit_test(fields_added_at_once_are_the_same_object),
      cmocka_unit_test(args_added_at_once_are_the_same_container),
      cmocka_unit_test(a_field_may_be_named_by_a_slice),
      cmocka_unit_test(pairs_that_make_no_object_are_refused),
      cmocka_unit_test(items_that_are_no_values_are_refused),
      cmocka_unit_test(fields_count_towards_the_depth),
      cmocka_unit_test(mutated_values_are_refused_or_canonical),
      cmocka_unit_test(values_sort_in_the_documented_order),
      cmocka_unit_test(numbers_of_equal_value_compare_equal),
      cmocka_unit_test(objects_compare_by_class_then_name_then_value),
      cmocka_unit_test(the_order_is_total_over_generated_values),
      cmocka_unit_test(running_out_of_memory_is_a_status_and_leaks_nothing),
      cmocka_unit_test(a_cleared_builder_keeps_its_memory),
      cmocka_unit_test(utf8_is_told_from_what_is_not),
      cmocka_unit_test(a_bad_byte_is_found_at_every_place_of_a_string),
      cmocka_unit_test(utf8_in_blocks_is_what_it_is_by_characters),
      cmocka_unit_test(text_may_be_written_where_it_stays),
      cmocka_unit_test(text_written_in_place_is_refused_as_any_other),
      cmocka_unit_test(values_are_read_by_path),
      cmocka_unit_test(every_type_has_a_name),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
