#include "folder.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

static bool make_in(folder *out, const char *parent) {
  (void)snprintf(out->path, sizeof out->path, "%s/tenon-test-XXXXXX", parent);
  return mkdtemp(out->path) != NULL;
}

bool folder_make(folder *out) { return make_in(out, "/tmp"); }

bool folder_make_in_memory(folder *out) { return make_in(out, "/dev/shm") || folder_make(out); }

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *walk) {
  (void)info, (void)type, (void)walk;
  return remove(path);
}

void folder_remove(const folder *f) { (void)nftw(f->path, remove_one, 16, FTW_DEPTH | FTW_PHYS); }
