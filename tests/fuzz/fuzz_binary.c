/* Any bytes: what the binary reader accepts is written again to the same bytes, and its JSON text reads back to the
 * same value; what it refuses, tn_value_check() refuses too. */
#include "fuzz.h"

/* A value may be one level too deep, or some bytes too large, for nothing: every value has a JSON text. */
static void check_json(tn_value value) {
  tn_builder b = TN_BUILDER_INIT;
  tn_slice text = {NULL, 0};
  MUST(tn_encode("json", value, &text, NULL) == TN_OK);
  MUST(tn_decode("json", text, &b, NULL, NULL) == TN_OK);
  MUST(tn_value_same(tn_built(&b), value));
  MUST(memchr(text.data, '\n', text.size) == NULL);
  tn_text_free(text);
  tn_builder_free(&b);
}

static void check(const uint8_t *data, tn_value value) {
  tn_slice bytes = {NULL, 0};
  MUST(tn_encode("binary", value, &bytes, NULL) == TN_OK);
  MUST(bytes.size == value.size && memcmp(bytes.data, data, bytes.size) == 0);
  tn_text_free(bytes);
  check_json(value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  tn_builder b = TN_BUILDER_INIT;
  tn_value checked;
  size_t used = 0;
  tn_status status = tn_decode("binary", (tn_slice){data, size}, &b, &used, NULL);
  MUST(tn_value_check((tn_slice){data, size}, &checked, NULL) == status);
  if (status == TN_OK) {
    MUST(used == checked.size && tn_value_same(tn_built(&b), checked));
    check(data, tn_built(&b));
  }
  tn_builder_free(&b);
  return 0;
}
