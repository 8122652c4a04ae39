/* folder.h - where systems put their files while they are measured, and that nothing is left of it. */
#ifndef TENON_BENCH_FOLDER_H
#define TENON_BENCH_FOLDER_H

#include "tenon_base.h"

#define BENCH_PATH_MAX 512

typedef struct bench_folder {
  char path[BENCH_PATH_MAX]; /* absolute */
} bench_folder;

/* A folder `name` of this process below `parent`, which is made if it is not there. What was in it goes. IO. */
tn_status bench_folder_make(bench_folder *out, const char *parent, const char *name, tn_error *error) TN_MUST_USE;
/* Removes it with everything in it. An empty path is fine. */
void bench_folder_remove(const bench_folder *folder);
/* Removes everything in it. */
void bench_folder_empty(const bench_folder *folder);

/* The RAM disk where it has `room` bytes, else `fallback`. */
const char *bench_ram_folder(uint64_t room, const char *fallback);
/* Whether the folder's files survive a power failure, as far as its file system tells. */
bool bench_folder_is_on_disk(const char *path);

#endif
