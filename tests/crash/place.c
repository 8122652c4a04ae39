#include "place.h"

#include <stdio.h>
#include <stdlib.h>

const durable_storage durable_storages[] = {
    {"file", "{\"type\": \"file\", \"segment_bytes_min\": 4096, \"segment_bytes_max\": 8192}", .on_disk = false},
#ifdef TN_WITH_LMDB
    {"lmdb", "{\"type\": \"lmdb\"}", .on_disk = true, .keeps_room = true},
#endif
    {.name = NULL},
};

place place_make(const durable_storage *storage, bool on_disk) {
  place p = {.storage = storage};
  if (!on_disk && !storage->on_disk)
    p.files = recorded_io_create();
  else if (!(on_disk ? folder_make(&p.disk) : folder_make_in_memory(&p.disk)))
    abort();
  return p;
}

place place_copy(const place *p) {
  if (p->files) return (place){.storage = p->storage, .files = recorded_io_copy(p->files)};
  char command[256];
  place copy = place_make(p->storage, !p->storage->on_disk);
  snprintf(command, sizeof command, "cp -r '%s/.' '%s'", p->disk.path, copy.disk.path);
  if (system(command) != 0) abort();
  return copy;
}

void place_remove(place *p) {
  recorded_io_destroy(p->files);
  if (!p->files) folder_remove(&p->disk);
  *p = (place){.storage = NULL};
}

void place_set(const place *p, tn_open_options *options) {
  options->base_dir = p->files ? "" : p->disk.path;
  options->io = p->files ? recorded_io_tn_io(p->files) : NULL;
}
