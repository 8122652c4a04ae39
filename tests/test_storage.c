/* test_storage.c - the conformance suite for every built-in storage. */
#include "storage/faulty/faulty.h"
#include "storage/file/file.h"
#ifdef TN_WITH_LMDB
#include "storage/lmdb/lmdb.h"
#endif
#include "storage/memory/memory.h"
#include "support/storage_conformance.h"

static void tiny_segments(tn_builder *b) { (void)tn_obj(b, "segment_bytes_min", 4096, "segment_bytes_max", 8192); }

static void nothing_fails_in_memory(tn_builder *b) {
  tn_builder of = TN_BUILDER_INIT;
  (void)tn_obj(b, "of", tn_obj(&of, "type", "memory"));
  tn_builder_free(&of);
}

static void nothing_fails_in_a_file(tn_builder *b) {
  tn_builder of = TN_BUILDER_INIT;
  tn_value file = tn_obj(&of, "type", "file", "segment_bytes_min", 4096, "segment_bytes_max", 8192);
  (void)tn_obj(b, "of", file, "sync_ms", 0, "rate", 0);
  tn_builder_free(&of);
}
#ifdef TN_WITH_LMDB
static void apart(tn_builder *b) { (void)tn_obj(b, "snapshots", "apart", "verify", "tail"); }
#endif

int main(void) {
  static const storage_under_test table[] = {
      {"memory", &tni_storage_memory, .durable = false},
      {"file", &tni_storage_file, .durable = true, .config = tiny_segments},
      {"file, as text", &tni_storage_file, .durable = true, .text = true, .config = tiny_segments},
      {"file, on disk", &tni_storage_file, .durable = true, .on_disk = true, .config = tiny_segments},
      {"faulty, of memory", &tni_storage_faulty, .durable = false, .config = nothing_fails_in_memory},
      {"faulty, of file", &tni_storage_faulty, .durable = true, .config = nothing_fails_in_a_file},
#ifdef TN_WITH_LMDB
      {"lmdb", &tni_storage_lmdb, .durable = true, .on_disk = true},
      {"lmdb, snapshots apart", &tni_storage_lmdb, .durable = true, .on_disk = true, .config = apart},
#endif
  };
  return storage_conformance_run(table, sizeof table / sizeof *table);
}
