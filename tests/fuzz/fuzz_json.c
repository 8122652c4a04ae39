/* Any text: what the JSON reader accepts is written and read again to the same value. */
#include <stdlib.h>

#include "tenon.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  tn_builder first = TN_BUILDER_INIT, second = TN_BUILDER_INIT;
  tn_error error;
  tn_slice text;
  size_t used;
  if (tn_decode("json", (tn_slice){data, size}, &first, &used, &error) == TN_OK) {
    tn_value checked;
    if (tn_value_check((tn_slice){first.data, first.size}, &checked, NULL) != TN_OK) abort();
    if (tn_encode("json", tn_built(&first), &text, &error) != TN_OK) abort();
    if (tn_decode("json", text, &second, NULL, &error) != TN_OK) abort();
    if (!tn_value_same(tn_built(&first), tn_built(&second))) abort();
    tn_text_free(text);
  }
  tn_builder_free(&first);
  tn_builder_free(&second);
  return 0;
}
