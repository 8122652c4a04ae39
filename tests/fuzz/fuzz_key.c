/* Any bytes: a key that decodes encodes to the same bytes. */
#include "fuzz.h"
#include "key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  tn_builder parts = TN_BUILDER_INIT;
  tn_buffer key = {tn_memory_system(), NULL, 0, 0};
  if (size <= TN_KEY_SIZE_MAX && tni_key_decode((tn_slice){data, size}, &parts) == TN_OK) {
    for (tn_iter it = tn_iter_of(tn_built(&parts)); tn_iter_next(&it);)
      MUST(tni_key_add_value(&key, it.value) == TN_OK);
    MUST(key.size == size && (size == 0 || memcmp(key.data, data, size) == 0));
  }
  tn_builder_free(&parts);
  tn_buffer_free(&key);
  return 0;
}
