#include "folder.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#define RAM_DISK "/dev/shm"

static bool make_one(const char *path) { return mkdir(path, 0777) == 0 || errno == EEXIST; }

static bool make_all(char *path) {
  for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    bool made = make_one(path);
    *slash = '/';
    if (!made) return false;
  }
  return make_one(path);
}

tn_status bench_folder_make(bench_folder *out, const char *parent, const char *name, tn_error *error) {
  char root[PATH_MAX];
  bench_folder folder;
  (void)snprintf(folder.path, sizeof folder.path, "%s", parent);
  if (!make_all(folder.path) || !realpath(folder.path, root))
    return tn_error_set(error, TN_IO, parent, "making a folder: %s", strerror(errno));
  int size = snprintf(folder.path, sizeof folder.path, "%s/%s", root, name);
  if (size < 0 || (size_t)size >= sizeof folder.path)
    return tn_error_set(error, TN_IO, parent, "the folder's path is too long");
  bench_folder_remove(&folder);
  if (!make_one(folder.path)) return tn_error_set(error, TN_IO, folder.path, "making a folder: %s", strerror(errno));
  *out = folder;
  return TN_OK;
}

static int remove_any(const char *path, const struct stat *info, int type, struct FTW *walk) {
  (void)info, (void)type, (void)walk;
  return remove(path);
}
static int remove_below(const char *path, const struct stat *info, int type, struct FTW *walk) {
  (void)info, (void)type;
  return walk->level == 0 ? 0 : remove(path);
}

void bench_folder_remove(const bench_folder *folder) {
  if (folder->path[0] != '\0') (void)nftw(folder->path, remove_any, 16, FTW_DEPTH | FTW_PHYS);
}
void bench_folder_empty(const bench_folder *folder) {
  (void)nftw(folder->path, remove_below, 16, FTW_DEPTH | FTW_PHYS);
}

bool bench_folder_is_on_disk(const char *path) {
  struct statfs info;
  return statfs(path, &info) == 0 && info.f_type != TMPFS_MAGIC && info.f_type != RAMFS_MAGIC;
}

const char *bench_ram_folder(uint64_t room, const char *fallback) {
  struct statvfs info;
  bool there = statvfs(RAM_DISK, &info) == 0 && !bench_folder_is_on_disk(RAM_DISK) && access(RAM_DISK, W_OK) == 0;
  return there && (uint64_t)info.f_bavail * info.f_frsize >= room ? RAM_DISK : fallback;
}
