/* place.h - the storages that keep what they are given, and a place for the files of one: what the crash lab tries,
 * it tries on each of them. A new storage is one line of the table in place.c. */
#ifndef TENON_TESTS_PLACE_H
#define TENON_TESTS_PLACE_H

#include "support/folder.h"
#include "support/recorded_io.h"
#include "tenon.h"

typedef struct durable_storage {
  const char *name;
  const char *config; /* the config's "storage" */
  bool on_disk;       /* it needs the system's files; else files in memory do */
  bool keeps_room;    /* what was reserved or given free before serves a snapshot, too */
} durable_storage;

/* Ends with one without a name. */
extern const durable_storage durable_storages[];

typedef struct place {
  const durable_storage *storage;
  recorded_io *files; /* NULL = on disk, in `disk` */
  folder disk;
} place;

/* A fresh one. On disk if `on_disk`, too, where the storage does not need it. */
place place_make(const durable_storage *storage, bool on_disk);
/* Another with the same files. Nobody has them open. */
place place_copy(const place *p);
void place_remove(place *p);
/* Sets what of the options makes an engine's files be there: relative paths, "data" among them, begin there. */
void place_set(const place *p, tn_open_options *options);

#endif
