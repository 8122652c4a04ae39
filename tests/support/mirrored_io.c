#include "support/mirrored_io.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cmocka.h>

#include "io.h"

#define PATH_SIZE 512

/* One file, open on both sides. */
typedef struct mirrored_file {
  tn_file *real;
  tn_file *copy;
} mirrored_file;

static struct mirror {
  recorded_io *copy; /* NULL = nothing is mirrored */
  char root[128];
  tn_io io;
  bool stopped;
  pthread_mutex_t mutex; /* what is done and what is recorded happen in one order */
} mirror = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static _Thread_local bool by_tn_io; /* what reaches the system is recorded already */

static const tn_io *copy_io(void) { return recorded_io_tn_io(mirror.copy); }

/* The path below the root; NULL when it is elsewhere. */
static const char *within(const char *path) {
  size_t size = strlen(mirror.root);
  return strncmp(path, mirror.root, size) == 0 && path[size] == '/' ? path + size + 1 : NULL;
}

/* What would change a file; IO while that is stopped. Ended with end_both(). */
static tn_status begin_both(tn_error *error) {
  pthread_mutex_lock(&mirror.mutex);
  by_tn_io = true;
  return mirror.stopped ? tn_error_set(error, TN_IO, "", "stopped") : TN_OK;
}

static tn_status end_both(tn_status status) {
  by_tn_io = false;
  pthread_mutex_unlock(&mirror.mutex);
  return status;
}

/* ---- the tn_io ------------------------------------------------------------------------------ */

static tn_status both_open(const tn_io *io, const char *path, tn_open_mode mode, tn_file **out, tn_error *error) {
  (void)io;
  mirrored_file *f = calloc(1, sizeof *f);
  (void)begin_both(NULL);
  tn_status status = tni_io_posix()->open(tni_io_posix(), path, mode, &f->real, error);
  if (status == TN_OK) (void)copy_io()->open(copy_io(), within(path), mode, &f->copy, NULL);
  if (status == TN_OK)
    *out = (tn_file *)f;
  else
    free(f);
  return end_both(status);
}

static void both_close(tn_file *file) {
  mirrored_file *f = (mirrored_file *)file;
  tni_io_posix()->close(f->real);
  pthread_mutex_lock(&mirror.mutex);
  if (f->copy) copy_io()->close(f->copy);
  pthread_mutex_unlock(&mirror.mutex);
  free(f);
}

static tn_status both_read(tn_file *file, uint64_t offset, void *data, size_t size, size_t *got, tn_error *error) {
  return tni_io_posix()->read(((mirrored_file *)file)->real, offset, data, size, got, error);
}

static tn_status both_write(tn_file *file, uint64_t offset, const void *data, size_t size, tn_error *error) {
  mirrored_file *f = (mirrored_file *)file;
  tn_status status = begin_both(error);
  if (status == TN_OK) status = tni_io_posix()->write(f->real, offset, data, size, error);
  if (status == TN_OK) status = copy_io()->write(f->copy, offset, data, size, error);
  return end_both(status);
}

static tn_status both_sync(tn_file *file, tn_error *error) {
  mirrored_file *f = (mirrored_file *)file;
  tn_status status = begin_both(error);
  if (status == TN_OK) status = tni_io_posix()->sync(f->real, error);
  if (status == TN_OK) status = copy_io()->sync(f->copy, error);
  return end_both(status);
}

static tn_status both_resize(tn_file *file, uint64_t size, tn_error *error) {
  mirrored_file *f = (mirrored_file *)file;
  tn_status status = begin_both(error);
  if (status == TN_OK) status = tni_io_posix()->resize(f->real, size, error);
  if (status == TN_OK) status = copy_io()->resize(f->copy, size, error);
  return end_both(status);
}

static tn_status both_size(tn_file *file, uint64_t *out, tn_error *error) {
  return tni_io_posix()->size(((mirrored_file *)file)->real, out, error);
}

static tn_status both_lock(tn_file *file, tn_error *error) {
  return tni_io_posix()->lock(((mirrored_file *)file)->real, error);
}

static tn_status both_rename(const tn_io *io, const char *from, const char *to, tn_error *error) {
  (void)io;
  tn_status status = begin_both(error);
  if (status == TN_OK) status = tni_io_posix()->rename(tni_io_posix(), from, to, error);
  if (status == TN_OK) status = copy_io()->rename(copy_io(), within(from), within(to), error);
  return end_both(status);
}

static tn_status both_unlink(const tn_io *io, const char *path, tn_error *error) {
  (void)io;
  tn_status status = begin_both(error);
  if (status == TN_OK) status = tni_io_posix()->unlink(tni_io_posix(), path, error);
  if (status == TN_OK) status = copy_io()->unlink(copy_io(), within(path), error);
  return end_both(status);
}

static tn_status both_make_dir(const tn_io *io, const char *path, tn_error *error) {
  (void)io;
  tn_status status = begin_both(error);
  if (status == TN_OK) status = tni_io_posix()->make_dir(tni_io_posix(), path, error);
  if (status == TN_OK) status = copy_io()->make_dir(copy_io(), within(path), error);
  return end_both(status);
}

static tn_status both_list(const tn_io *io, const char *path, tn_status (*each)(void *arg, const char *name),
                           void *arg, tn_error *error) {
  (void)io;
  return tni_io_posix()->list(tni_io_posix(), path, each, arg, error);
}

static tn_status both_sync_dir(const tn_io *io, const char *path, tn_error *error) {
  (void)io;
  tn_status status = begin_both(error);
  if (status == TN_OK) status = tni_io_posix()->sync_dir(tni_io_posix(), path, error);
  if (status == TN_OK) status = copy_io()->sync_dir(copy_io(), within(path), error);
  return end_both(status);
}

const tn_io *mirrored_io_begin(const char *root) {
  mirror.copy = recorded_io_create();
  snprintf(mirror.root, sizeof mirror.root, "%s", root);
  mirror.io = (tn_io){.open = both_open,
                      .close = both_close,
                      .read = both_read,
                      .write = both_write,
                      .sync = both_sync,
                      .resize = both_resize,
                      .size = both_size,
                      .lock = both_lock,
                      .rename = both_rename,
                      .unlink = both_unlink,
                      .make_dir = both_make_dir,
                      .list = both_list,
                      .sync_dir = both_sync_dir};
  return &mirror.io;
}

void mirrored_io_stop(bool stopped) { mirror.stopped = stopped; }

recorded_io *mirrored_io_end(void) {
  recorded_io *copy = mirror.copy;
  mirror.copy = NULL;
  return copy;
}

size_t mirrored_io_op_count(void) {
  pthread_mutex_lock(&mirror.mutex);
  size_t count = recorded_io_op_count(mirror.copy);
  pthread_mutex_unlock(&mirror.mutex);
  return count;
}

/* ---- what calls the system itself ----------------------------------------------------------- */

static int refuse(void) {
  errno = EIO;
  return -1;
}

/* The copy of an open file that a library writes to; NULL when it is none of ours. */
static tn_file *copy_of(int fd) {
  char link[64], path[PATH_SIZE];
  tn_file *copy = NULL;
  if (!mirror.copy || by_tn_io) return NULL;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t size = readlink(link, path, sizeof path - 1);
  path[size > 0 ? size : 0] = '\0';
  const char *name = within(path);
  if (!name) return NULL;
  if (copy_io()->open(copy_io(), name, TN_FILE_WRITE, &copy, NULL) != TN_OK) fail_msg("%s is not mirrored", name);
  return copy;
}

static void record_write(int fd, const void *data, size_t size, off_t offset) {
  tn_file *copy = copy_of(fd);
  if (!copy) return;
  (void)copy_io()->write(copy, (uint64_t)offset, data, size, NULL);
  copy_io()->close(copy);
}

TN_API ssize_t pwrite(int fd, const void *data, size_t size, off_t offset);
ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) {
  if (by_tn_io) return syscall(SYS_pwrite64, fd, data, size, offset);
  pthread_mutex_lock(&mirror.mutex);
  ssize_t done = mirror.stopped ? refuse() : syscall(SYS_pwrite64, fd, data, size, offset);
  if (done > 0) record_write(fd, data, (size_t)done, offset);
  pthread_mutex_unlock(&mirror.mutex);
  return done;
}

/* LMDB hands in whole pages, which all go out. */
TN_API ssize_t writev(int fd, const struct iovec *parts, int count);
ssize_t writev(int fd, const struct iovec *parts, int count) {
  pthread_mutex_lock(&mirror.mutex);
  off_t offset = lseek(fd, 0, SEEK_CUR);
  ssize_t done = mirror.stopped ? refuse() : syscall(SYS_writev, fd, parts, count);
  for (int i = 0; done > 0 && offset >= 0 && i < count; offset += (off_t)parts[i++].iov_len)
    record_write(fd, parts[i].iov_base, parts[i].iov_len, offset);
  pthread_mutex_unlock(&mirror.mutex);
  return done;
}

TN_API int fdatasync(int fd);
int fdatasync(int fd) {
  if (by_tn_io) return (int)syscall(SYS_fdatasync, fd);
  pthread_mutex_lock(&mirror.mutex);
  int code = mirror.stopped ? refuse() : (int)syscall(SYS_fdatasync, fd);
  tn_file *copy = code == 0 ? copy_of(fd) : NULL;
  if (copy) {
    (void)copy_io()->sync(copy, NULL);
    copy_io()->close(copy);
  }
  pthread_mutex_unlock(&mirror.mutex);
  return code;
}

/* ---- unpacking ------------------------------------------------------------------------------ */

/* What is zero stays a hole. */
static void unpack_file(const char *path, const uint8_t *data, size_t size) {
  static const uint8_t zeros[4096];
  int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0666);
  assert_true(fd >= 0 && ftruncate(fd, (off_t)size) == 0);
  for (size_t at = 0; at < size; at += sizeof zeros) {
    size_t step = size - at < sizeof zeros ? size - at : sizeof zeros;
    if (memcmp(data + at, zeros, step) == 0) continue;
    assert_int_equal(syscall(SYS_pwrite64, fd, data + at, step, (off_t)at), step);
  }
  close(fd);
}

static void make_parent(const char *path) {
  char folder[PATH_SIZE];
  snprintf(folder, sizeof folder, "%s", path);
  *strrchr(folder, '/') = '\0';
  assert_true(mkdir(folder, 0777) == 0 || errno == EEXIST);
}

void recorded_io_unpack(const recorded_io *r, const char *root) {
  const char *name;
  for (size_t i = 0; (name = recorded_io_path(r, i)); i++) {
    char path[PATH_SIZE];
    const uint8_t *data;
    size_t size;
    snprintf(path, sizeof path, "%s/%s", root, name);
    assert_true(recorded_io_bytes(r, name, &data, &size));
    make_parent(path);
    unpack_file(path, data, size);
  }
}
