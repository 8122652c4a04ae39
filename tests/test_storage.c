/* test_storage.c - the conformance suite for every built-in storage. */
#include "storage/file/file.h"
#include "storage/memory/memory.h"
#include "support/storage_conformance.h"

static void tiny_segments(tn_builder *b) { (void)tn_obj(b, "segment_bytes_min", 4096, "segment_bytes_max", 8192); }

int main(void) {
  static const storage_under_test table[] = {
      {"memory", &tni_storage_memory, .durable = false},
      {"file", &tni_storage_file, .durable = true, .config = tiny_segments},
      {"file, as text", &tni_storage_file, .durable = true, .text = true, .config = tiny_segments},
      {"file, on disk", &tni_storage_file, .durable = true, .on_disk = true, .config = tiny_segments},
  };
  return storage_conformance_run(table, sizeof table / sizeof *table);
}
