#include "io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define IO_STEP_MAX ((size_t)1 << 30) /* bytes asked of one system call */
#define IO_PATH_MAX 4096

/* Large writes of whole blocks pass the page cache, where the file system lets them: several times as fast, and
 * nothing else is thrown out of it. */
#define DIRECT_BLOCK 4096u
#define DIRECT_LEAST ((size_t)48 << 10)
enum { DIRECT_UNTRIED = -1, DIRECT_REFUSED = -2 };

struct tn_file {
  int fd;
  _Atomic int direct; /* the same file for such writes, or why there is none */
  char path[];
};

static tn_status status_of(int code) {
  switch (code) {
    case ENOENT: return TN_NOT_FOUND;
    case EEXIST: return TN_EXISTS;
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return TN_FULL;
    case ENOMEM: return TN_NOMEM;
    default: return TN_IO;
  }
}

static tn_status fail(tn_error *error, int code, const char *path, const char *tried) {
  char room[128];
  const char *reason = strerror_r(code, room, sizeof room);
  return tn_error_set(error, status_of(code), path, "cannot %s: %s", tried, reason);
}

static int open_again(const char *path, int flags, mode_t mode) {
  int fd;
  do fd = open(path, flags | O_CLOEXEC, mode);
  while (fd < 0 && errno == EINTR);
  return fd;
}

static tn_status posix_open(const tn_io *io, const char *path, tn_open_mode mode, tn_file **out, tn_error *error) {
  (void)io;
  static const int flags[] = {
      [TN_FILE_READ] = O_RDONLY, [TN_FILE_WRITE] = O_RDWR, [TN_FILE_CREATE] = O_RDWR | O_CREAT | O_EXCL};
  size_t size = strlen(path) + 1;
  tn_file *file = malloc(sizeof *file + size);
  if (!file) return tn_error_set(error, TN_NOMEM, path, "no memory to open a file");
  memcpy(file->path, path, size);
  atomic_init(&file->direct, mode == TN_FILE_READ ? DIRECT_REFUSED : DIRECT_UNTRIED);
  file->fd = open_again(path, flags[mode], 0666);
  if (file->fd < 0) {
    int code = errno;
    free(file);
    return fail(error, code, path, mode == TN_FILE_CREATE ? "create the file" : "open the file");
  }
  *out = file;
  return TN_OK;
}

static void posix_close(tn_file *file) {
  int direct = atomic_load(&file->direct);
  if (direct >= 0) (void)close(direct);
  (void)close(file->fd);
  free(file);
}

static tn_status posix_read(tn_file *file, uint64_t offset, void *data, size_t size, size_t *got, tn_error *error) {
  size_t done = 0;
  while (done < size) {
    size_t step = size - done < IO_STEP_MAX ? size - done : IO_STEP_MAX;
    ssize_t n = pread(file->fd, (char *)data + done, step, (off_t)(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(error, errno, file->path, "read");
    if (n == 0) break;
    done += (size_t)n;
  }
  *got = done;
  return TN_OK;
}

/* The open file once more, whatever its name is by now. */
static int open_direct(tn_file *file) {
#ifdef O_DIRECT
  char path[64];
  int untried = DIRECT_UNTRIED;
  snprintf(path, sizeof path, "/proc/self/fd/%d", file->fd);
  int fd = open_again(path, O_WRONLY | O_DIRECT, 0);
  if (atomic_compare_exchange_strong(&file->direct, &untried, fd < 0 ? DIRECT_REFUSED : fd)) return fd;
  if (fd >= 0) (void)close(fd);
#endif
  return atomic_load(&file->direct);
}

/* Writes what can pass the page cache of a large run, and says how much that was. What goes wrong on the way shows
 * when the rest is written in the ordinary way. */
static size_t write_direct(tn_file *file, uint64_t offset, const void *data, size_t size) {
  size_t done = 0, whole = size / DIRECT_BLOCK * DIRECT_BLOCK;
  int fd = atomic_load(&file->direct);
  if (size < DIRECT_LEAST || (offset | (uintptr_t)data) % DIRECT_BLOCK != 0 || fd == DIRECT_REFUSED) return 0;
  if (fd == DIRECT_UNTRIED) fd = open_direct(file);
  while (fd >= 0 && done < whole) {
    ssize_t n = pwrite(fd, (const char *)data + done, whole - done, (off_t)(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    done += (size_t)n / DIRECT_BLOCK * DIRECT_BLOCK;
    if ((size_t)n % DIRECT_BLOCK != 0) break;
  }
  return done;
}

static tn_status posix_write(tn_file *file, uint64_t offset, const void *data, size_t size, tn_error *error) {
  size_t done = write_direct(file, offset, data, size);
  while (done < size) {
    size_t step = size - done < IO_STEP_MAX ? size - done : IO_STEP_MAX;
    ssize_t n = pwrite(file->fd, (const char *)data + done, step, (off_t)(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(error, errno, file->path, "write");
    if (n == 0) return fail(error, EIO, file->path, "write");
    done += (size_t)n;
  }
  return TN_OK;
}

/* An EINTR leaves it open whether anything was synced, so it counts as a failure like any other. */
static tn_status posix_sync(tn_file *file, tn_error *error) {
  return fdatasync(file->fd) == 0 ? TN_OK : fail(error, errno, file->path, "sync");
}

static tn_status posix_size(tn_file *file, uint64_t *out, tn_error *error) {
  struct stat info;
  if (fstat(file->fd, &info) != 0) return fail(error, errno, file->path, "find the size");
  *out = (uint64_t)info.st_size;
  return TN_OK;
}

static int set_size(int fd, uint64_t size) {
  int got;
  do got = ftruncate(fd, (off_t)size);
  while (got != 0 && errno == EINTR);
  return got == 0 ? 0 : errno;
}

/* File systems that cannot reserve say so in several ways; there the size alone has to do. */
static int reserve(int fd, uint64_t from, uint64_t to) {
  int code;
  do code = posix_fallocate(fd, (off_t)from, (off_t)(to - from));
  while (code == EINTR);
  return code == EOPNOTSUPP || code == ENOSYS || code == EINVAL || code == ENODEV ? 0 : code;
}

static tn_status posix_resize(tn_file *file, uint64_t size, tn_error *error) {
  uint64_t old = 0;
  tn_status status = posix_size(file, &old, error);
  if (status != TN_OK) return status;
  int code = set_size(file->fd, size);
  if (code == 0 && size > old) {
    code = reserve(file->fd, old, size);
    if (code != 0) (void)set_size(file->fd, old);
  }
  return code == 0 ? TN_OK : fail(error, code, file->path, "set the size");
}

static int lock_now(int fd) {
#ifdef F_OFD_SETLK
  struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  if (fcntl(fd, F_OFD_SETLK, &whole) == 0) return 0;
  if (errno != EINVAL) return errno;
#endif
  return flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
}

static tn_status posix_lock(tn_file *file, tn_error *error) {
  int code = lock_now(file->fd);
  if (code == EAGAIN || code == EACCES || code == EWOULDBLOCK)
    return tn_error_set(error, TN_BUSY, file->path, "somebody else holds the lock");
  return code == 0 ? TN_OK : fail(error, code, file->path, "lock");
}

static tn_status posix_rename(const tn_io *io, const char *from, const char *to, tn_error *error) {
  (void)io;
  return rename(from, to) == 0 ? TN_OK : fail(error, errno, from, "rename");
}

static tn_status posix_unlink(const tn_io *io, const char *path, tn_error *error) {
  (void)io;
  return unlink(path) == 0 ? TN_OK : fail(error, errno, path, "remove");
}

static tn_status posix_sync_dir(const tn_io *io, const char *path, tn_error *error) {
  (void)io;
  int fd = open_again(path, O_RDONLY | O_DIRECTORY, 0);
  if (fd < 0) return fail(error, errno, path, "open the directory");
  int code = fsync(fd) == 0 ? 0 : errno;
  (void)close(fd);
  /* Some file systems cannot sync directories and need not. */
  return code == 0 || code == EINVAL ? TN_OK : fail(error, code, path, "sync the directory");
}

/* Syncs the directory that holds the first `size` bytes of `path`; `path` is put back as it was. */
static tn_status sync_parent(const tn_io *io, char *path, size_t size, tn_error *error) {
  while (size > 0 && path[size - 1] != '/') size--;
  if (size == 0) return posix_sync_dir(io, ".", error);
  char kept = path[size];
  path[size] = '\0';
  tn_status status = posix_sync_dir(io, path, error);
  path[size] = kept;
  return status;
}

/* One level: the first `size` bytes of `path`. */
static tn_status make_one(const tn_io *io, char *path, size_t size, tn_error *error) {
  char kept = path[size];
  path[size] = '\0';
  int code = mkdir(path, 0777) == 0 ? 0 : errno;
  struct stat info;
  tn_status status = TN_OK;
  bool there = code != 0 && stat(path, &info) == 0 && S_ISDIR(info.st_mode);
  if (code != 0 && !there) status = fail(error, code == EEXIST ? ENOTDIR : code, path, "make the directory");
  path[size] = kept;
  return status == TN_OK && code == 0 ? sync_parent(io, path, size, error) : status;
}

static tn_status posix_make_dir(const tn_io *io, const char *path, tn_error *error) {
  char room[IO_PATH_MAX];
  size_t size = strlen(path);
  while (size > 1 && path[size - 1] == '/') size--;
  if (size == 0 || size >= sizeof room)
    return tn_error_set(error, TN_INVALID, path, "not a path of 1 to %d bytes", IO_PATH_MAX - 1);
  memcpy(room, path, size);
  room[size] = '\0';
  for (size_t i = 1; i <= size; i++) {
    if (room[i] != '/' && i < size) continue;
    tn_status status = make_one(io, room, i, error);
    if (status != TN_OK) return status;
  }
  return TN_OK;
}

static tn_status posix_list(const tn_io *io, const char *path, tn_status (*each)(void *arg, const char *name),
                            void *arg, tn_error *error) {
  (void)io;
  DIR *dir = opendir(path);
  if (!dir) return fail(error, errno, path, "list the directory");
  tn_status status = TN_OK;
  while (status == TN_OK) {
    errno = 0;
    const struct dirent *entry = readdir(dir);
    if (!entry) {
      if (errno != 0) status = fail(error, errno, path, "list the directory");
      break;
    }
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) status = each(arg, entry->d_name);
  }
  (void)closedir(dir);
  return status;
}

const tn_io *tni_io_posix(void) {
  static const tn_io io = {.open = posix_open,
                           .close = posix_close,
                           .read = posix_read,
                           .write = posix_write,
                           .sync = posix_sync,
                           .resize = posix_resize,
                           .size = posix_size,
                           .lock = posix_lock,
                           .rename = posix_rename,
                           .unlink = posix_unlink,
                           .make_dir = posix_make_dir,
                           .list = posix_list,
                           .sync_dir = posix_sync_dir,
                           .context = NULL};
  return &io;
}
