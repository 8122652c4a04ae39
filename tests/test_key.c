#include <math.h>
#include <stdlib.h>

#include "key.h"
#include "memory.h"
#include "support/assert_status.h"
#include "support/values.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static tn_buffer new_buffer(void) { return (tn_buffer){.memory = tn_memory_system()}; }
static tn_slice bytes_of(const tn_buffer *b) { return (tn_slice){b->data, b->size}; }

static int compare_bytes(tn_slice a, tn_slice b) {
  size_t size = a.size < b.size ? a.size : b.size;
  int order = size ? memcmp(a.data, b.data, size) : 0;
  return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static int sign(int n) { return (n > 0) - (n < 0); }

static void assert_key(tn_arg arg, const char *expected, size_t size) {
  tn_buffer key = new_buffer();
  assert_status(tni_key_add(&key, arg), TN_OK);
  assert_int_equal(key.size, size);
  assert_memory_equal(key.data, expected, size);
  tn_buffer_free(&key);
}

#define assert_key_is(arg, literal) assert_key((arg), (literal), sizeof(literal) - 1)

/* ---- bytes ---- */

static void every_part_has_its_documented_bytes(void **state) {
  (void)state;
  assert_key_is(TN_ARG_NULL, "\x10");
  assert_key_is(TN_ARG(NAN), "\x20");
  assert_key_is(TN_ARG(0), "\x21\x80\x00\x00\x00\x00\x00\x00\x00");
  assert_key_is(TN_ARG(-0.0), "\x21\x80\x00\x00\x00\x00\x00\x00\x00");
  assert_key_is(TN_ARG(1), "\x21\xbf\xf0\x00\x00\x00\x00\x00\x00");
  assert_key_is(TN_ARG(1.0), "\x21\xbf\xf0\x00\x00\x00\x00\x00\x00");
  assert_key_is(TN_ARG(-1), "\x21\x40\x0f\xff\xff\xff\xff\xff\xff");
  assert_key_is(TN_ARG(9007199254740993), "\x21\xc3\x40\x00\x00\x00\x00\x00\x00\x00\x01");
  assert_key_is(TN_ARG(9007199254740992.0), "\x21\xc3\x40\x00\x00\x00\x00\x00\x00\x00\x00");
  assert_key_is(TN_ARG(INT64_MAX), "\x21\xc3\xdf\xff\xff\xff\xff\xff\xff\x03\xff");
  assert_key_is(TN_ARG(0x1p63), "\x21\xc3\xe0\x00\x00\x00\x00\x00\x00\x00\x00");
  assert_key_is(TN_ARG(INT64_MIN), "\x21\x3c\x1f\xff\xff\xff\xff\xff\xff\x00\x00");
  assert_key_is(TN_ARG(INT64_MIN + 1), "\x21\x3c\x1f\xff\xff\xff\xff\xff\xff\x00\x01");
  assert_key_is(TN_ARG(0x1p64), "\x21\xc3\xf0\x00\x00\x00\x00\x00\x00");
  assert_key_is(TN_ARG(INFINITY), "\x21\xff\xf0\x00\x00\x00\x00\x00\x00");
  assert_key_is(tn_text(((tn_slice){"a\0b", 3})),
                "\x30"
                "a\x00\xff"
                "b\x00");
  assert_key_is(TN_ARG(""), "\x30\x00");
  assert_key_is(TN_ARG(((tn_slice){"\x00\xff", 2})), "\x60\x00\x00\x00\x02\x00\xff");
  assert_key_is(TN_ARG_FALSE, "\x70");
  assert_key_is(TN_ARG_TRUE, "\x71");
  assert_key_is(tn_time(0), "\x80\x80\x00\x00\x00\x00\x00\x00\x00");
  assert_key_is(tn_time(-1), "\x80\x7f\xff\xff\xff\xff\xff\xff\xff");
  tn_builder b = TN_BUILDER_INIT;
  assert_key_is(TN_ARG(tn_arr(&b, TN_ARG_NULL, "x")), "\x50\x10\x30x\x00\x00");
  assert_key_is(TN_ARG(tn_obj(&b, "n", TN_ARG_TRUE)), "\x40\x70n\x00\x71\x00");
  tn_builder_free(&b);
}

/* ---- order ---- */

static void key_of_value(tn_buffer *key, tn_value value) {
  key->size = 0;
  assert_status(tni_key_add_value(key, value), TN_OK);
}

static void keys_sort_as_values_compare(void **state) {
  (void)state;
  values_source source = values_source_for_run("key order");
  tn_builder x = TN_BUILDER_INIT, y = TN_BUILDER_INIT;
  tn_buffer a = new_buffer(), b = new_buffer();
  for (unsigned i = 0; i < 60000; i++) {
    tn_value value = values_build(&source, &x, i % 4);
    tn_value other =
        values_chance(&source, 70) ? values_build_near(&source, &y, value) : values_build(&source, &y, i % 4);
    if (tni_key_add_value(&a, value) == TN_OK && tni_key_add_value(&b, other) == TN_OK)
      assert_int_equal(sign(compare_bytes(bytes_of(&a), bytes_of(&b))), sign(tn_value_compare(value, other)));
    a.size = b.size = 0;
  }
  tn_buffer_free(&a);
  tn_buffer_free(&b);
  tn_builder_free(&x);
  tn_builder_free(&y);
}

static void numbers_of_both_types_sort_by_exact_value(void **state) {
  (void)state;
  values_source source = values_source_for_run("number keys");
  tn_builder x = TN_BUILDER_INIT, y = TN_BUILDER_INIT;
  tn_buffer a = new_buffer(), b = new_buffer();
  for (unsigned i = 0; i < 200000; i++) {
    int64_t n = values_int(&source);
    double d = values_chance(&source, 50) ? (double)n : values_double(&source);
    if (values_chance(&source, 30)) d = nextafter(d, values_chance(&source, 50) ? -INFINITY : INFINITY);
    tn_builder_clear(&x);
    tn_add(&x, n);
    tn_builder_clear(&y);
    tn_add(&y, d);
    key_of_value(&a, tn_built(&x));
    key_of_value(&b, tn_built(&y));
    assert_int_equal(sign(compare_bytes(bytes_of(&a), bytes_of(&b))),
                     sign(tn_value_compare(tn_built(&x), tn_built(&y))));
  }
  tn_buffer_free(&a);
  tn_buffer_free(&b);
  tn_builder_free(&x);
  tn_builder_free(&y);
}

/* Encodes the items of an array as the parts of a tuple. */
static tn_status tuple_of(tn_buffer *key, tn_value parts) {
  key->size = 0;
  for (tn_iter it = tn_iter_of(parts); tn_iter_next(&it);) {
    tn_status status = tni_key_add_value(key, it.value);
    if (status != TN_OK) return status;
  }
  return TN_OK;
}

static void build_tuple(values_source *source, tn_builder *b) {
  tn_builder_clear(b);
  tn_array_begin(b);
  for (uint64_t n = values_below(source, 4); n > 0; n--) values_add(source, b, 1);
  tn_end(b);
}

static void tuples_sort_part_by_part_and_prefixes_first(void **state) {
  (void)state;
  values_source source = values_source_for_run("tuple order");
  tn_builder x = TN_BUILDER_INIT, y = TN_BUILDER_INIT;
  tn_buffer a = new_buffer(), b = new_buffer();
  for (unsigned i = 0; i < 40000; i++) {
    build_tuple(&source, &x);
    if (values_chance(&source, 70))
      (void)values_build_near(&source, &y, tn_built(&x));
    else
      build_tuple(&source, &y);
    if (tuple_of(&a, tn_built(&x)) != TN_OK || tuple_of(&b, tn_built(&y)) != TN_OK) continue;
    assert_int_equal(sign(compare_bytes(bytes_of(&a), bytes_of(&b))),
                     sign(tn_value_compare(tn_built(&x), tn_built(&y))));
  }
  tn_buffer_free(&a);
  tn_buffer_free(&b);
  tn_builder_free(&x);
  tn_builder_free(&y);
}

/* ---- decoding ---- */

static void a_key_decodes_to_parts_of_equal_value(void **state) {
  (void)state;
  values_source source = values_source_for_run("key decoding");
  tn_builder x = TN_BUILDER_INIT, back = TN_BUILDER_INIT;
  tn_buffer a = new_buffer(), b = new_buffer();
  for (unsigned i = 0; i < 20000; i++) {
    build_tuple(&source, &x);
    if (tuple_of(&a, tn_built(&x)) != TN_OK) continue;
    tn_builder_clear(&back);
    assert_status(tni_key_decode(bytes_of(&a), &back), TN_OK);
    assert_int_equal(tn_value_compare(tn_built(&x), tn_built(&back)), 0);
    assert_status(tuple_of(&b, tn_built(&back)), TN_OK);
    assert_int_equal(compare_bytes(bytes_of(&a), bytes_of(&b)), 0);
  }
  tn_buffer_free(&a);
  tn_buffer_free(&b);
  tn_builder_free(&x);
  tn_builder_free(&back);
}

static void items_of_a_key_are_its_parts_one_after_another(void **state) {
  (void)state;
  tn_builder b = TN_BUILDER_INIT;
  tn_buffer key = new_buffer();
  tn_slice two = {"\x10\x30x\0", 4}, torn = {"\x10\x30x", 3};
  assert_status(tni_key_add(&key, tn_arg_string("only")), TN_OK);
  assert_status(tni_key_items(bytes_of(&key), &b), TN_OK);
  assert_int_equal(tn_value_type(tn_built(&b)), TN_STRING);
  tn_builder_clear(&b);
  tn_array_begin(&b);
  assert_status(tni_key_items(two, &b), TN_OK);
  assert_status(tni_key_items(bytes_of(&key), &b), TN_OK);
  tn_end(&b);
  assert_int_equal(tn_count(tn_built(&b)), 3);
  tn_builder_clear(&b);
  assert_status(tni_key_items(two, &b), TN_MISUSE);
  tn_builder_clear(&b);
  assert_status(tni_key_items(torn, &b), TN_INVALID);
  tn_buffer_free(&key);
  tn_builder_free(&b);
}

static void whole_numbers_come_back_as_ints(void **state) {
  (void)state;
  static const struct {
    tn_arg arg;
    tn_type type;
  } rows[] = {{{TN_DOUBLE, {.real = 3.0}}, TN_INT},         {{TN_DOUBLE, {.real = -0.0}}, TN_INT},
              {{TN_INT, {.integer = INT64_MAX}}, TN_INT},   {{TN_DOUBLE, {.real = -0x1p63}}, TN_INT},
              {{TN_DOUBLE, {.real = 0x1p63}}, TN_DOUBLE},   {{TN_DOUBLE, {.real = 0.5}}, TN_DOUBLE},
              {{TN_DOUBLE, {.real = 1e300}}, TN_DOUBLE},    {{TN_DOUBLE, {.real = NAN}}, TN_DOUBLE},
              {{TN_DOUBLE, {.real = -INFINITY}}, TN_DOUBLE}};
  tn_builder back = TN_BUILDER_INIT;
  tn_buffer key = new_buffer();
  for (size_t i = 0; i < COUNT(rows); i++) {
    key.size = 0;
    assert_status(tni_key_add(&key, rows[i].arg), TN_OK);
    tn_builder_clear(&back);
    assert_status(tni_key_decode(bytes_of(&key), &back), TN_OK);
    assert_int_equal(tn_value_type(tn_item(tn_built(&back), 0)), rows[i].type);
  }
  tn_buffer_free(&key);
  tn_builder_free(&back);
}

static void malformed_keys_are_refused(void **state) {
  (void)state;
  static const tn_slice rows[] = {
      {"\x00", 1},
      {"\x11", 1},
      {"\x72", 1},
      {"\x21\x80", 2},
      {"\x21\x7f\xff\xff\xff\xff\xff\xff\xff", 9},          /* -0 */
      {"\x21\xff\xf8\x00\x00\x00\x00\x00\x00", 9},          /* NaN as a number */
      {"\x21\xc3\x40\x00\x00\x00\x00\x00\x00", 9},          /* rest missing */
      {"\x21\xc3\x40\x00\x00\x00\x00\x00\x00\x00\x02", 11}, /* rest as large as the gap */
      {"\x21\xc3\xe0\x00\x00\x00\x00\x00\x00\x00\x01", 11}, /* above int64 */
      {"\x21\xc3\xdf\xff\xff\xff\xff\xff\xff\xff\xff", 11},
      {"\x30"
       "a",
       2},
      {"\x30\xff\x00", 3}, /* not UTF-8 */
      {"\x30"
       "a\x00\xff",
       4},
      {"\x50\x10", 2},
      {"\x40", 1},
      {"\x40\x10"
       "a\x00\x71\x00",
       6}, /* class and value disagree */
      {"\x40\x10"
       "a\x00\x10\x10"
       "a\x00\x10\x00",
       10}, /* a name twice */
      {"\x40\x10"
       "a\x00",
       4},
      {"\x60\x00\x00\x00\x02x", 6},
      {"\x60\xff\xff\xff\xff", 5},
      {"\x80\x00", 2},
  };
  tn_builder back = TN_BUILDER_INIT;
  for (size_t i = 0; i < COUNT(rows); i++) {
    uint8_t *tight = (uint8_t *)malloc(rows[i].size);
    memcpy(tight, rows[i].data, rows[i].size);
    assert_status(tni_key_decode((tn_slice){tight, rows[i].size}, &back), TN_INVALID);
    assert_true(tn_is_absent(tn_built(&back)));
    free(tight);
  }
  uint8_t deep[200];
  memset(deep, 0x50, 100);
  memset(deep + 100, 0, 100);
  assert_status(tni_key_decode((tn_slice){deep, sizeof deep}, &back), TN_INVALID);
  assert_status(tni_key_decode((tn_slice){deep + 1, sizeof deep - 2}, &back), TN_OK);
  tn_builder_free(&back);
}

static void mutated_keys_are_refused_or_decode_to_themselves(void **state) {
  (void)state;
  values_source source = values_source_for_run("mutated keys");
  tn_builder x = TN_BUILDER_INIT, back = TN_BUILDER_INIT;
  tn_buffer a = new_buffer(), b = new_buffer();
  for (unsigned i = 0; i < 60000; i++) {
    build_tuple(&source, &x);
    if (tuple_of(&a, tn_built(&x)) != TN_OK || a.size == 0) continue;
    a.data[values_below(&source, a.size)] = (uint8_t)values_next(&source);
    size_t size = values_chance(&source, 20) ? (size_t)values_below(&source, a.size) : a.size;
    uint8_t *tight = (uint8_t *)malloc(size + 1);
    memcpy(tight + 1, a.data, size);
    tn_builder_clear(&back);
    if (tni_key_decode((tn_slice){tight + 1, size}, &back) == TN_OK) {
      assert_status(tuple_of(&b, tn_built(&back)), TN_OK);
      assert_int_equal(compare_bytes(bytes_of(&b), (tn_slice){tight + 1, size}), 0);
    }
    free(tight);
  }
  tn_buffer_free(&a);
  tn_buffer_free(&b);
  tn_builder_free(&x);
  tn_builder_free(&back);
}

/* ---- limits, prefixes, memory ---- */

static void what_cannot_be_a_part_leaves_the_key_as_it_was(void **state) {
  (void)state;
  tn_builder b = TN_BUILDER_INIT;
  tn_buffer key = new_buffer();
  assert_status(tni_key_add(&key, TN_ARG("first")), TN_OK);
  size_t before = key.size;
  char large[TN_KEY_SIZE_MAX];
  memset(large, 'x', sizeof large);
  assert_status(tni_key_add(&key, tn_text((tn_slice){large, sizeof large})), TN_LIMIT);
  assert_int_equal(key.size, before);
  assert_status(tni_key_add(&key, TN_ARG(tn_arr(&b, 1, tn_text((tn_slice){large, sizeof large})))), TN_LIMIT);
  assert_int_equal(key.size, before);
  assert_status(tni_key_add(&key, TN_ARG(((tn_slice){large, SIZE_MAX}))), TN_LIMIT);
  assert_status(tni_key_add(&key, TN_ARG(TN_NO_VALUE)), TN_INVALID);
  assert_status(tni_key_add(&key, TN_ARG("\xff")), TN_INVALID);
  assert_int_equal(key.size, before);
  assert_status(tni_key_add(&key, tn_text((tn_slice){large, sizeof large - before - 2})), TN_OK);
  assert_int_equal(key.size, TN_KEY_SIZE_MAX);
  tn_buffer_free(&key);
  tn_builder_free(&b);
}

static void a_part_may_nest_one_level_less_than_a_value(void **state) {
  (void)state;
  tn_builder b = TN_BUILDER_INIT, back = TN_BUILDER_INIT;
  tn_buffer key = new_buffer();
  for (unsigned depth = TN_DEPTH_MAX - 1; depth <= TN_DEPTH_MAX; depth++) {
    tn_builder_clear(&b);
    for (unsigned i = 0; i < depth; i++) tn_array_begin(&b);
    for (unsigned i = 0; i < depth; i++) tn_end(&b);
    assert_status(tni_key_add_value(&key, tn_built(&b)), depth == TN_DEPTH_MAX ? TN_LIMIT : TN_OK);
  }
  assert_status(tni_key_decode(bytes_of(&key), &back), TN_OK);
  tn_buffer_free(&key);
  tn_builder_free(&b);
  tn_builder_free(&back);
}

static bool within(tn_slice key, const tn_buffer *from, const tn_buffer *to) {
  return compare_bytes(key, bytes_of(from)) >= 0 && compare_bytes(key, bytes_of(to)) < 0;
}

static tn_buffer key_of(const tn_arg *parts, size_t count) {
  tn_buffer key = new_buffer();
  for (size_t i = 0; i < count; i++) assert_status(tni_key_add(&key, parts[i]), TN_OK);
  return key;
}

static void a_prefix_range_holds_what_begins_with_it_and_nothing_else(void **state) {
  (void)state;
  static const struct {
    tn_slice text;
    bool begins, same;
  } rows[] = {{{"a", 1}, true, true},
              {{"ab", 2}, true, false},
              {{"a\0", 2}, true, false},
              {{"a\0z", 3}, true, false},
              {{"a\xf4\x8f\xbf\xbf", 5}, true, false},
              {{"b", 1}, false, false},
              {{"", 0}, false, false},
              {{"A", 1}, false, false}};
  tn_buffer from = key_of((tn_arg[]){tn_arg_int(7), tn_arg_string("a")}, 2), to = new_buffer(), end = new_buffer();
  tn_buffer whole = key_of((tn_arg[]){tn_arg_int(7), tn_arg_string("a")}, 2);
  assert_status(tni_key_prefix(&from, TN_STRING, &to), TN_OK);
  assert_status(tni_key_end(bytes_of(&whole), &end), TN_OK);
  for (size_t i = 0; i < COUNT(rows); i++) {
    tn_buffer key = key_of((tn_arg[]){tn_arg_int(7), tn_text(rows[i].text), tn_time(INT64_MAX)}, 3);
    assert_int_equal(within(bytes_of(&key), &from, &to), rows[i].begins);
    assert_int_equal(within(bytes_of(&key), &whole, &end), rows[i].same);
    tn_buffer_free(&key);
  }
  tn_buffer_free(&from);
  tn_buffer_free(&to);
  tn_buffer_free(&end);
  tn_buffer_free(&whole);
}

static void a_prefix_of_a_nul_or_of_nothing_works_too(void **state) {
  (void)state;
  tn_buffer from = key_of((tn_arg[]){tn_text((tn_slice){"\0", 1})}, 1), to = new_buffer();
  tn_buffer inside = key_of((tn_arg[]){tn_text((tn_slice){"\0x", 2})}, 1),
            outside = key_of((tn_arg[]){tn_arg_string("")}, 1);
  assert_status(tni_key_prefix(&from, TN_STRING, &to), TN_OK);
  assert_true(within(bytes_of(&inside), &from, &to));
  assert_false(within(bytes_of(&outside), &from, &to));
  from.size = to.size = 0;
  assert_status(tni_key_add(&from, tn_arg_string("")), TN_OK);
  assert_status(tni_key_prefix(&from, TN_STRING, &to), TN_OK);
  assert_true(within(bytes_of(&inside), &from, &to) && within(bytes_of(&outside), &from, &to));
  assert_status(tni_key_prefix(&from, TN_INT, &to), TN_INVALID);
  tn_buffer_free(&from);
  tn_buffer_free(&to);
  tn_buffer_free(&inside);
  tn_buffer_free(&outside);
}

static void an_array_prefix_means_its_items(void **state) {
  (void)state;
  tn_builder b = TN_BUILDER_INIT;
  tn_buffer from = key_of((tn_arg[]){tn_arg_value(tn_arr(&b, "x", 1))}, 1), to = new_buffer();
  tn_buffer same = key_of((tn_arg[]){tn_arg_value(tn_arr(&b, "x", 1))}, 1);
  tn_buffer longer = key_of((tn_arg[]){tn_arg_value(tn_arr(&b, "x", 1, tn_time(5)))}, 1);
  tn_buffer other = key_of((tn_arg[]){tn_arg_value(tn_arr(&b, "x", 2))}, 1);
  assert_status(tni_key_prefix(&from, TN_ARRAY, &to), TN_OK);
  assert_true(within(bytes_of(&same), &from, &to) && within(bytes_of(&longer), &from, &to));
  assert_false(within(bytes_of(&other), &from, &to));
  tn_buffer_free(&from);
  tn_buffer_free(&to);
  tn_buffer_free(&same);
  tn_buffer_free(&longer);
  tn_buffer_free(&other);
  tn_builder_free(&b);
}

static void running_out_of_memory_is_a_status(void **state) {
  (void)state;
  tni_counted_memory counted;
  tni_counted_memory_init(&counted, tn_memory_system());
  char text[1000];
  memset(text, 0, sizeof text);
  for (uint64_t at = 1;; at++) {
    tn_buffer key = {.memory = &counted.memory};
    tn_builder back = TN_BUILDER_INIT;
    back.memory = &counted.memory;
    counted.requests = 0;
    counted.fail_at = at;
    tn_status status = tni_key_add(&key, tn_text((tn_slice){text, sizeof text}));
    if (status == TN_OK) status = tni_key_decode(bytes_of(&key), &back);
    tn_buffer_free(&key);
    tn_builder_free(&back);
    assert_int_equal(counted.bytes, 0);
    if (status == TN_OK) {
      assert_true(at > 3);
      break;
    }
    assert_status(status, TN_NOMEM);
  }
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_part_has_its_documented_bytes),
      cmocka_unit_test(keys_sort_as_values_compare),
      cmocka_unit_test(numbers_of_both_types_sort_by_exact_value),
      cmocka_unit_test(tuples_sort_part_by_part_and_prefixes_first),
      cmocka_unit_test(a_key_decodes_to_parts_of_equal_value),
      cmocka_unit_test(items_of_a_key_are_its_parts_one_after_another),
      cmocka_unit_test(whole_numbers_come_back_as_ints),
      cmocka_unit_test(malformed_keys_are_refused),
      cmocka_unit_test(mutated_keys_are_refused_or_decode_to_themselves),
      cmocka_unit_test(what_cannot_be_a_part_leaves_the_key_as_it_was),
      cmocka_unit_test(a_part_may_nest_one_level_less_than_a_value),
      cmocka_unit_test(a_prefix_range_holds_what_begins_with_it_and_nothing_else),
      cmocka_unit_test(a_prefix_of_a_nul_or_of_nothing_works_too),
      cmocka_unit_test(an_array_prefix_means_its_items),
      cmocka_unit_test(running_out_of_memory_is_a_status),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
