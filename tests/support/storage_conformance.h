/* storage_conformance.h - what every storage has to do, as tests. A new storage adds one line to the table of
 * tests/test_storage.c and passes; what only one storage promises is tested elsewhere. */
#ifndef STORAGE_CONFORMANCE_H
#define STORAGE_CONFORMANCE_H

#include "tenon_plugin.h"

typedef struct storage_under_test {
  const char *name; /* in the output */
  const tn_storage *storage;
  bool durable; /* what was synced is there after close and open */
  bool on_disk; /* on the system's files in a fresh folder; else on files in memory */
  bool text;
  void (*config)(tn_builder *b); /* builds the config object; NULL = none */
} storage_under_test;

/* Runs the suite for each; the number of tests that failed. */
int storage_conformance_run(const storage_under_test *table, size_t count);

#endif
