/* [version, document] as the document model writes it, beside what a builder makes of the two. */
#include <stdlib.h>
#include <string.h>

#include "models/document/pair.h"
#include "support/assert_status.h"
#include "tenon.h"

static tn_value text_of(tn_builder *b, size_t size) {
  char *text = malloc(size + 1);
  assert_non_null(text);
  memset(text, 'x', size);
  tn_builder_clear(b);
  tn_add(b, tn_text((tn_slice){text, size}));
  free(text);
  return tn_built(b);
}

static void assert_as_built(int64_t number, tn_value value) {
  tn_builder number_builder = TN_BUILDER_INIT, expected = TN_BUILDER_INIT;
  tn_add(&number_builder, number);
  tn_value first = tn_built(&number_builder), wanted = tn_arr(&expected, number, value);
  uint8_t *bytes = malloc(first.size + value.size + TNI_DOC_PAIR_EXTRA);
  assert_non_null(bytes);
  assert_true(tn_value_same(tni_doc_pair_put(bytes, first, value), wanted));
  free(bytes);
  tn_builder_free(&number_builder);
  tn_builder_free(&expected);
}

static void a_pair_is_what_a_builder_makes_of_it(void **state) {
  static const int64_t numbers[] = {0, 63, 64, 300, 70000, INT64_MAX};
  static const size_t around[] = {10, 240, 65510};
  tn_builder b = TN_BUILDER_INIT;
  (void)state;
  for (size_t n = 0; n < sizeof numbers / sizeof *numbers; n++)
    for (size_t i = 0; i < sizeof around / sizeof *around; i++)
      for (size_t more = 0; more < 30; more++) assert_as_built(numbers[n], text_of(&b, around[i] + more));
  tn_builder_free(&b);
}

static tn_value nested(tn_builder *b, unsigned depth) {
  tn_builder_clear(b);
  for (unsigned i = 0; i < depth; i++) tn_array_begin(b);
  for (unsigned i = 0; i < depth; i++) {
    if (i > 0) tn_add(b, "a text that makes it longer than its depth tells");
    tn_end(b);
  }
  return tn_built(b);
}

static void what_would_nest_too_deep_does_not_fit(void **state) {
  tn_builder b = TN_BUILDER_INIT;
  (void)state;
  assert_true(tni_doc_pair_fits(nested(&b, TN_DEPTH_MAX - 1)));
  assert_false(tni_doc_pair_fits(nested(&b, TN_DEPTH_MAX)));
  tn_builder_free(&b);
}

static void a_small_object_is_what_a_builder_makes_of_it(void **state) {
  static const tn_slice names[] = {{"matched", 7}, {"changed", 7}, {"version", 7}};
  static const int64_t numbers[] = {0, 63, 64, -1, 300, 70000, INT64_MAX};
  tn_builder b = TN_BUILDER_INIT, expected = TN_BUILDER_INIT;
  uint8_t room[TNI_DOC_SMALL_MAX + TNI_DOC_SMALL_EXTRA];
  (void)state;
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    tn_value list = tn_arr(&b, 1, numbers[i], -numbers[i]);
    const tn_value values[] = {tn_item(list, 0), tn_item(list, 1), tn_item(list, 2)};
    tn_value three = tn_obj(&expected, "matched", 1, "changed", numbers[i], "version", -numbers[i]);
    assert_true(tn_value_same(tni_doc_small_put(room, names, values, 3), three));
    tn_value two = tn_obj(&expected, "matched", 1, "changed", numbers[i]);
    assert_true(tn_value_same(tni_doc_small_put(room, names, values, 2), two));
  }
  tn_builder_free(&b);
  tn_builder_free(&expected);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_pair_is_what_a_builder_makes_of_it),
      cmocka_unit_test(a_small_object_is_what_a_builder_makes_of_it),
      cmocka_unit_test(what_would_nest_too_deep_does_not_fit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
