/* Any text: what the JSON reader accepts is a value; it is written and read again to the same value, by way of the
 * binary format too, and its text does not change any more. */
#include "fuzz.h"

static tn_slice encode(const char *format, tn_value value) {
  tn_slice bytes = {NULL, 0};
  MUST(tn_encode(format, value, &bytes, NULL) == TN_OK);
  return bytes;
}

static void decode_again(const char *format, tn_slice bytes, tn_value value) {
  tn_builder b = TN_BUILDER_INIT;
  MUST(tn_decode(format, bytes, &b, NULL, NULL) == TN_OK);
  MUST(tn_value_same(tn_built(&b), value));
  tn_builder_free(&b);
}

static void check(tn_value value) {
  tn_value found;
  MUST(tn_value_check((tn_slice){value.data, value.size}, &found, NULL) == TN_OK && found.size == value.size);
  tn_slice text = encode("json", value), bytes = encode("binary", value);
  decode_again("json", text, value);
  decode_again("binary", bytes, value);
  tn_text_free(text);
  tn_text_free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  tn_builder b = TN_BUILDER_INIT;
  tn_error error = TN_ERROR_INIT;
  size_t used = 0;
  tn_status status = tn_decode("json", (tn_slice){data, size}, &b, &used, &error);
  if (status == TN_OK) {
    MUST(used <= size);
    check(tn_built(&b));
  } else {
    MUST(error.status == status && error.text[0] != '\0');
    if (status == TN_INVALID)
      MUST(strncmp(error.where, "byte ", 5) == 0 && strtoull(error.where + 5, NULL, 10) <= size);
  }
  tn_builder_free(&b);
  return 0;
}
