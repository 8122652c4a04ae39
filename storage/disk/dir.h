/* dir.h - the data directory as the parts of a storage see it: where its files are, what they are called, who owns
 * it, and the few things done to whole files. It knows nothing of what is in them. */
#ifndef TENON_DISK_DIR_H
#define TENON_DISK_DIR_H

#include "tenon_plugin.h"

#define TNI_PATH_MAX 4096
#define TNI_NAME_MAX 64 /* longest name below the data directory, with its NUL */

/* Borrowed from tn_storage_options, but for `path`, which is owned. */
typedef struct tni_fdir {
  const tn_host *host;
  const tn_memory *memory;
  const tn_io *io;
  char *path;
  bool read_only;
  void (*log)(void *log_arg, const char *line);
  void *log_arg;
} tni_fdir;

typedef struct tni_path {
  char text[TNI_PATH_MAX];
} tni_path;

typedef struct tni_name {
  char text[TNI_NAME_MAX];
} tni_name;

#define tni_ffail(dir, ...) ((dir)->host->error_set(__VA_ARGS__))

/* INVALID for a path too long or empty. Ended with tni_fdir_fini(). */
tn_status tni_fdir_init(tni_fdir *dir, const tn_storage_options *options, tn_error *error);
void tni_fdir_fini(tni_fdir *dir);

/* "DATA/name"; "" is DATA itself. */
tni_path tni_fdir_path(const tni_fdir *dir, const char *name);
tni_name tni_fname(const char *format, ...) TN_PRINTF(1, 2);
void tni_fdir_log(const tni_fdir *dir, const char *format, ...) TN_PRINTF(2, 3);

/* A directory that holds a file of another name than these is somebody else's: INVALID. `main` is the file that makes
 * it a log. */
tn_status tni_fdir_refuse_foreign(const tni_fdir *dir, const char *main, const char *const *known, size_t count,
                                  tn_error *error);
/* Locks DATA/lock until *out is closed. BUSY: somebody else has. */
tn_status tni_fdir_lock(const tni_fdir *dir, tn_file **out, tn_error *error);
tn_status tni_fdir_random(const tni_fdir *dir, uint64_t *out, tn_error *error);

/* Thin wrappers: tn_io by name below the data directory. */
tn_status tni_fdir_open(const tni_fdir *dir, const char *name, tn_open_mode mode, tn_file **out, tn_error *error);
tn_status tni_fdir_rename(const tni_fdir *dir, const char *from, const char *to, tn_error *error);
tn_status tni_fdir_sync(const tni_fdir *dir, const char *name, tn_error *error);
/* Fine when it is not there. */
tn_status tni_fdir_unlink(const tni_fdir *dir, const char *name, tn_error *error);
tn_status tni_fdir_list(const tni_fdir *dir, const char *name, tn_status (*each)(void *arg, const char *name),
                        void *arg, tn_error *error);
/* Creates the file anew, whatever is there of that name. */
tn_status tni_fdir_create(const tni_fdir *dir, const char *name, tn_file **out, tn_error *error);
/* Writes `name` so that it is durably there as a whole, or as it was: temporary file, sync, rename, sync. */
tn_status tni_fdir_replace(const tni_fdir *dir, const char *name, tn_slice bytes, tn_error *error);
/* Removes every entry of DATA/`name` that ends in `suffix`. */
tn_status tni_fdir_remove_all(const tni_fdir *dir, const char *name, const char *suffix, tn_error *error);

/* True when `name` is `prefix`, 20 digits, `suffix`; sets *number. */
bool tni_fname_number(const char *name, const char *prefix, const char *suffix, uint64_t *number);

/* Seqs that grow. */
typedef struct tni_numbers {
  const tn_memory *memory;
  uint64_t *items;
  size_t count;
  size_t capacity;
} tni_numbers;
void tni_numbers_free(tni_numbers *numbers);
/* The numbers of all entries of DATA/`name` called `prefix`, 20 digits, `suffix`; in increasing order. */
tn_status tni_fdir_numbers(const tni_fdir *dir, const char *name, const char *prefix, const char *suffix,
                           tni_numbers *out, tn_error *error);

#endif
