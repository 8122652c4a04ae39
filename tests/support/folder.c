#include "folder.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

bool folder_make(folder *out) {
  (void)snprintf(out->path, sizeof out->path, "/tmp/tenon-test-XXXXXX");
  return mkdtemp(out->path) != NULL;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *walk) {
  (void)info, (void)type, (void)walk;
  return remove(path);
}

void folder_remove(const folder *f) { (void)nftw(f->path, remove_one, 16, FTW_DEPTH | FTW_PHYS); }
