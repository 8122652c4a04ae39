#include "test_host.h"

#include <sys/random.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

static uint64_t hash64(tn_slice bytes, uint64_t seed) { return XXH3_64bits_withSeed(bytes.data, bytes.size, seed); }

static tn_status random_bytes(void *data, size_t size) {
  return getrandom(data, size, 0) == (ssize_t)size ? TN_OK : TN_IO;
}

static void builder_init(tn_builder *b, const tn_memory *memory) {
  *b = (tn_builder){.ops = &tn_builder_default_ops, .memory = memory};
}

const tn_host test_host = {.abi = TN_ABI,
                           .struct_size = sizeof(tn_host),
                           .error_set = tn_error_set,
                           .value_check = tn_value_check,
                           .value_compare = tn_value_compare,
                           .hash64 = hash64,
                           .random_bytes = random_bytes,
                           .builder_init = builder_init};
