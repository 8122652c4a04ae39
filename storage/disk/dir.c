#include "dir.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "bytes.h"

tn_status tni_fdir_init(tni_fdir *dir, const tn_storage_options *options, tn_error *error) {
  const tn_memory *m = options->memory;
  size_t size = options->path ? strlen(options->path) : 0;
  while (size > 1 && options->path[size - 1] == '/') size--;
  if (size == 0)
    return options->host->error_set(error, TN_INVALID, "$.data",
                                    "storage \"file\" needs the folder to keep the data in, e.g. \"shop-data\"");
  if (size + TNI_NAME_MAX + 1 > TNI_PATH_MAX)
    return options->host->error_set(error, TN_INVALID, "$.data",
                                    "a path of at most %d bytes is expected, this one has %zu",
                                    TNI_PATH_MAX - TNI_NAME_MAX - 1, size);
  char *path = m->resize(m->context, NULL, 0, size + 1);
  if (!path) return options->host->error_set(error, TN_NOMEM, NULL, "no memory to open a data directory");
  memcpy(path, options->path, size);
  path[size] = '\0';
  *dir = (tni_fdir){.host = options->host,
                    .memory = m,
                    .io = options->io,
                    .path = path,
                    .read_only = options->read_only,
                    .log = options->log,
                    .log_arg = options->log_arg};
  return TN_OK;
}

void tni_fdir_fini(tni_fdir *dir) {
  if (dir->path) (void)dir->memory->resize(dir->memory->context, dir->path, strlen(dir->path) + 1, 0);
  dir->path = NULL;
}

tni_path tni_fdir_path(const tni_fdir *dir, const char *name) {
  tni_path path;
  snprintf(path.text, sizeof path.text, "%s%s%s", dir->path, *name ? "/" : "", name);
  return path;
}

tni_name tni_fname(const char *format, ...) {
  tni_name name;
  va_list args;
  va_start(args, format);
  vsnprintf(name.text, sizeof name.text, format, args);
  va_end(args);
  return name;
}

void tni_fdir_log(const tni_fdir *dir, const char *format, ...) {
  char line[512];
  va_list args;
  va_start(args, format);
  vsnprintf(line, sizeof line, format, args);
  va_end(args);
  if (dir->log) dir->log(dir->log_arg, line);
}

tn_status tni_fdir_open(const tni_fdir *dir, const char *name, tn_open_mode mode, tn_file **out, tn_error *error) {
  tni_path path = tni_fdir_path(dir, name);
  return dir->io->open(dir->io, path.text, mode, out, error);
}

tn_status tni_fdir_rename(const tni_fdir *dir, const char *from, const char *to, tn_error *error) {
  tni_path old = tni_fdir_path(dir, from), new = tni_fdir_path(dir, to);
  return dir->io->rename(dir->io, old.text, new.text, error);
}

tn_status tni_fdir_sync(const tni_fdir *dir, const char *name, tn_error *error) {
  tni_path path = tni_fdir_path(dir, name);
  return dir->io->sync_dir(dir->io, path.text, error);
}

tn_status tni_fdir_unlink(const tni_fdir *dir, const char *name, tn_error *error) {
  tni_path path = tni_fdir_path(dir, name);
  tn_error found = TN_ERROR_INIT;
  tn_status status = dir->io->unlink(dir->io, path.text, &found);
  if (status == TN_OK || status == TN_NOT_FOUND) return TN_OK;
  if (error) *error = found;
  return status;
}

tn_status tni_fdir_list(const tni_fdir *dir, const char *name, tn_status (*each)(void *arg, const char *name),
                        void *arg, tn_error *error) {
  tni_path path = tni_fdir_path(dir, name);
  return dir->io->list(dir->io, path.text, each, arg, error);
}

tn_status tni_fdir_create(const tni_fdir *dir, const char *name, tn_file **out, tn_error *error) {
  tn_status status = tni_fdir_unlink(dir, name, error);
  return status == TN_OK ? tni_fdir_open(dir, name, TN_FILE_CREATE, out, error) : status;
}

static tn_status write_new(const tni_fdir *dir, const char *name, tn_slice bytes, tn_error *error) {
  tn_file *file;
  tn_status status = tni_fdir_create(dir, name, &file, error);
  if (status != TN_OK) return status;
  status = dir->io->write(file, 0, bytes.data, bytes.size, error);
  if (status == TN_OK) status = dir->io->sync(file, error);
  dir->io->close(file);
  return status;
}

/* The folder part of a name: "journal" of "journal/x", "" of "x". */
static tni_name folder_of(const char *name) {
  const char *slash = strrchr(name, '/');
  return tni_fname("%.*s", slash ? (int)(slash - name) : 0, name);
}

tn_status tni_fdir_replace(const tni_fdir *dir, const char *name, tn_slice bytes, tn_error *error) {
  tni_name temporary = tni_fname("%s.tmp", name), folder = folder_of(name);
  tn_status status = write_new(dir, temporary.text, bytes, error);
  if (status == TN_OK) status = tni_fdir_rename(dir, temporary.text, name, error);
  if (status == TN_OK) return tni_fdir_sync(dir, folder.text, error);
  (void)tni_fdir_unlink(dir, temporary.text, NULL);
  return status;
}

static bool ends_with(const char *text, const char *suffix) {
  size_t size = strlen(text), tail = strlen(suffix);
  return size >= tail && strcmp(text + size - tail, suffix) == 0;
}

typedef struct removal {
  const tni_fdir *dir;
  const char *folder;
  const char *suffix;
  tni_name found;
  bool any;
} removal;

static tn_status find_one(void *arg, const char *name) {
  removal *r = arg;
  if (r->any || !ends_with(name, r->suffix) || strlen(name) + strlen(r->folder) + 2 > TNI_NAME_MAX) return TN_OK;
  r->found = tni_fname("%s%s%s", r->folder, *r->folder ? "/" : "", name);
  r->any = true;
  return TN_OK;
}

tn_status tni_fdir_remove_all(const tni_fdir *dir, const char *name, const char *suffix, tn_error *error) {
  for (;;) {
    removal r = {.dir = dir, .folder = name, .suffix = suffix, .any = false};
    tn_status status = tni_fdir_list(dir, name, find_one, &r, error);
    if (status == TN_OK && r.any) status = tni_fdir_unlink(dir, r.found.text, error);
    if (status != TN_OK || !r.any) return status;
  }
}

bool tni_fname_number(const char *name, const char *prefix, const char *suffix, uint64_t *number) {
  size_t skip = strlen(prefix);
  if (strncmp(name, prefix, skip) != 0 || strlen(name) != skip + 20 + strlen(suffix)) return false;
  uint64_t n = 0;
  for (const char *c = name + skip; c < name + skip + 20; c++) {
    unsigned digit = (unsigned)(*c - '0');
    if (digit > 9 || n > (UINT64_MAX - digit) / 10) return false;
    n = n * 10 + digit;
  }
  if (strcmp(name + skip + 20, suffix) != 0) return false;
  *number = n;
  return true;
}

void tni_numbers_free(tni_numbers *numbers) {
  const tn_memory *m = numbers->memory;
  if (numbers->items) (void)m->resize(m->context, numbers->items, numbers->capacity * sizeof *numbers->items, 0);
  *numbers = (tni_numbers){.memory = m};
}

static tn_status add_number(tni_numbers *numbers, uint64_t n) {
  const tn_memory *m = numbers->memory;
  if (numbers->count == numbers->capacity) {
    size_t capacity = numbers->capacity ? numbers->capacity * 2 : 16, item = sizeof *numbers->items;
    uint64_t *items = m->resize(m->context, numbers->items, numbers->capacity * item, capacity * item);
    if (!items) return TN_NOMEM;
    numbers->items = items;
    numbers->capacity = capacity;
  }
  numbers->items[numbers->count++] = n;
  return TN_OK;
}

typedef struct numbers_found {
  const char *prefix;
  const char *suffix;
  tni_numbers *numbers;
} numbers_found;

static tn_status collect(void *arg, const char *name) {
  numbers_found *f = arg;
  uint64_t n;
  return tni_fname_number(name, f->prefix, f->suffix, &n) ? add_number(f->numbers, n) : TN_OK;
}

static int by_number(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return x < y ? -1 : x > y;
}

tn_status tni_fdir_numbers(const tni_fdir *dir, const char *name, const char *prefix, const char *suffix,
                           tni_numbers *out, tn_error *error) {
  tni_numbers numbers = {.memory = dir->memory};
  numbers_found found = {prefix, suffix, &numbers};
  tn_status status = tni_fdir_list(dir, name, collect, &found, error);
  if (status == TN_NOMEM) tni_ffail(dir, error, status, name, "no memory to list a directory");
  if (status != TN_OK) {
    tni_numbers_free(&numbers);
    return status;
  }
  if (numbers.count > 1) qsort(numbers.items, numbers.count, sizeof *numbers.items, by_number);
  *out = numbers;
  return TN_OK;
}

/* ---- whose it is ---------------------------------------------------------------------------- */

typedef struct search {
  const char *const *known;
  size_t count;
  tni_name found;
} search;

static tn_status only_known(void *arg, const char *name) {
  search *s = arg;
  for (size_t i = 0; i < s->count; i++)
    if (strcmp(name, s->known[i]) == 0) return TN_OK;
  s->found = tni_fname("%.60s", name);
  return TN_EXISTS;
}

tn_status tni_fdir_refuse_foreign(const tni_fdir *dir, const char *main, const char *const *known, size_t count,
                                  tn_error *error) {
  search s = {known, count, {""}};
  tn_status status = tni_fdir_list(dir, "", only_known, &s, error);
  if (status != TN_EXISTS || !s.found.text[0]) return status;
  return tni_ffail(dir, error, TN_INVALID, dir->path,
                   "the directory holds other files (%s) and no %s; name an empty or a new one", s.found.text, main);
}

tn_status tni_fdir_lock(const tni_fdir *dir, tn_file **out, tn_error *error) {
  tn_error found = TN_ERROR_INIT;
  tn_status status = tni_fdir_open(dir, "lock", TN_FILE_WRITE, out, &found);
  if (status == TN_NOT_FOUND) status = tni_fdir_open(dir, "lock", TN_FILE_CREATE, out, &found);
  if (status == TN_EXISTS) status = tni_fdir_open(dir, "lock", TN_FILE_WRITE, out, &found);
  if (status == TN_OK) status = dir->io->lock(*out, &found);
  if (status == TN_BUSY)
    return tni_ffail(dir, error, TN_BUSY, dir->path,
                     "another engine has this data directory open; close it, or open read-only");
  if (status != TN_OK && error) *error = found;
  return status;
}

tn_status tni_fdir_random(const tni_fdir *dir, uint64_t *out, tn_error *error) {
  uint8_t bytes[8];
  if (dir->host->random_bytes(bytes, sizeof bytes) != TN_OK)
    return tni_ffail(dir, error, TN_IO, NULL, "the system gave no random bytes");
  tni_in in = tni_in_from(bytes, sizeof bytes);
  *out = tni_in_u64(&in);
  return TN_OK;
}
