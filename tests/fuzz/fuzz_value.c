/* Any bytes: what tn_value_check() accepts is one value that reads back to the same bytes. */
#include "fuzz.h"

static void copy(tn_value value, tn_builder *b) {
  tn_type type = tn_value_type(value);
  if (type != TN_ARRAY && type != TN_OBJECT) {
    tn_add(b, value);
    return;
  }
  if (type == TN_ARRAY)
    tn_array_begin(b);
  else
    tn_object_begin(b);
  for (tn_iter it = tn_iter_of(value); tn_iter_next(&it);) {
    if (type == TN_OBJECT) tn_name_slice(b, it.name);
    copy(it.value, b);
  }
  tn_end(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  tn_value value;
  tn_error error;
  if (tn_value_check((tn_slice){data, size}, &value, &error) != TN_OK) return 0;
  tn_builder b = TN_BUILDER_INIT;
  copy(value, &b);
  MUST(tn_value_same(tn_built(&b), value) && tn_value_compare(value, value) == 0);
  tn_builder_free(&b);
  return 0;
}
