/* The raw device: what the file system allows at all. Committers put records of 132 bytes into a common batch; one of
 * them writes it once and syncs once, meanwhile the others fill the next. No format, no checksum, no state.
 *
 *   raw         over blocks that were written before, then fdatasync
 *   raw_append  at the end of the file, then fdatasync
 *   raw_direct  over written blocks, O_DIRECT and O_DSYNC in place of a sync
 *
 * Snapshots are the entries' bytes, written and read in large pieces past the page cache. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../folder.h"
#include "../store.h"
#include "try.h"

#define BLOCK 4096
#define RECORD_SIZE 132
#define FILE_BYTES ((size_t)32 << 20)
#define FILE_BYTES_QUICK ((size_t)2 << 20)
#define PIECE ((size_t)1 << 20)
#define THREADS_MAX 64

typedef enum way { OVERWRITE, APPEND, DIRECT } way;

typedef struct device {
  const bench_setup *setup;
  char path[BENCH_PATH_MAX + 16];
} device;

static tn_status failed(tn_error *error, const char *what) {
  return tn_error_set(error, TN_IO, NULL, "%s: %s", what, strerror(errno));
}

static tn_status open_device(const bench_system *system, const bench_setup *setup, void **self, tn_error *error) {
  (void)system;
  device *d = calloc(1, sizeof *d);
  if (!d) return bench_failed(TN_NOMEM, error);
  d->setup = setup;
  (void)snprintf(d->path, sizeof d->path, "%s/raw", setup->folder);
  *self = d;
  return TN_OK;
}
static void close_device(void *self) { free(self); }

/* Past the page cache where the file system lets us. */
static int open_direct(const char *path, int flags) {
  int fd = open(path, flags | O_DIRECT, 0666);
  return fd >= 0 ? fd : open(path, flags, 0666);
}

/* ---- commits -------------------------------------------------------------------------------- */

/* One batch fills while the other is written. */
typedef struct journal {
  int fd;
  way way;
  size_t file_bytes;
  size_t at; /* where the next batch goes */
  pthread_mutex_t lock;
  pthread_cond_t written;
  bool writing;
  uint8_t *batches[2];
  size_t size;                /* of the one that fills */
  uint64_t filling, finished; /* numbers of batches */
  double end;
  bool broken;
} journal;

static bool write_zeros(int fd, size_t size) {
  uint8_t *zeros = calloc(1, PIECE);
  bool fine = zeros != NULL;
  for (size_t at = 0; fine && at < size; at += PIECE) fine = pwrite(fd, zeros, PIECE, (off_t)at) == (ssize_t)PIECE;
  free(zeros);
  return fine && fsync(fd) == 0;
}

static int open_journal(const char *path, way how, size_t size) {
  int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0666);
  if (fd < 0 || how == APPEND) return fd;
  bool fine = write_zeros(fd, size);
  if (fine && how == OVERWRITE) return fd;
  (void)close(fd);
  return fine ? open_direct(path, O_RDWR | O_DSYNC) : -1;
}

static bool write_batch(journal *j, const uint8_t *batch, size_t size) {
  size_t whole = j->way == DIRECT ? (size + BLOCK - 1) / BLOCK * BLOCK : size;
  if (j->way != APPEND && j->at + whole > j->file_bytes) j->at = 0;
  bool fine = pwrite(j->fd, batch, whole, (off_t)j->at) == (ssize_t)whole;
  j->at += whole;
  return fine && (j->way == DIRECT || fdatasync(j->fd) == 0);
}

/* Called with the lock held and nobody writing. */
static void lead(journal *j) {
  uint8_t *batch = j->batches[j->filling % 2];
  size_t size = j->size;
  j->writing = true;
  j->filling++;
  j->size = 0;
  (void)pthread_mutex_unlock(&j->lock);
  bool fine = write_batch(j, batch, size);
  (void)pthread_mutex_lock(&j->lock);
  j->broken = j->broken || !fine;
  j->writing = false;
  j->finished++;
  (void)pthread_cond_broadcast(&j->written);
}

static bool commit_one(journal *j, const uint8_t *record) {
  (void)pthread_mutex_lock(&j->lock);
  uint64_t mine = j->filling;
  memcpy(j->batches[mine % 2] + j->size, record, RECORD_SIZE);
  j->size += RECORD_SIZE;
  while (j->finished <= mine && !j->broken) {
    if (j->writing)
      (void)pthread_cond_wait(&j->written, &j->lock);
    else
      lead(j);
  }
  bool fine = !j->broken;
  (void)pthread_mutex_unlock(&j->lock);
  return fine;
}

static void *commit_until(void *self) {
  journal *j = self;
  uint8_t record[RECORD_SIZE] = {1};
  uintptr_t done = 0;
  bool fine;
  do {
    fine = commit_one(j, record);
    done += fine;
  } while (fine && bench_now() < j->end);
  return (void *)done;
}

static tn_status run_threads(journal *j, uint32_t threads, double seconds, double *value) {
  pthread_t ids[THREADS_MAX];
  uint64_t done = 0;
  uint32_t started = 0;
  double start = bench_now();
  j->end = start + seconds;
  while (started < threads && pthread_create(&ids[started], NULL, commit_until, j) == 0) started++;
  for (uint32_t i = 0; i < started; i++) {
    void *result = NULL;
    (void)pthread_join(ids[i], &result);
    done += (uintptr_t)result;
  }
  *value = (double)done / (bench_now() - start);
  return started < threads ? TN_NOMEM : j->broken ? TN_IO : TN_OK;
}

/* One thread writes `batch` records at a time. */
static tn_status run_alone(journal *j, uint32_t batch, double seconds, double *value) {
  uint64_t done = 0;
  double start = bench_now(), now;
  do {
    if (!write_batch(j, j->batches[0], (size_t)batch * RECORD_SIZE)) return TN_IO;
    done += batch;
  } while ((now = bench_now()) < start + seconds);
  *value = (double)done / (now - start);
  return TN_OK;
}

typedef tn_status (*run_fn)(journal *j, uint32_t arg, double seconds, double *value);

static tn_status with_journal(const device *d, way how, run_fn run, const bench_round *round, double *value,
                              tn_error *error) {
  size_t room = (THREADS_MAX * RECORD_SIZE + BLOCK - 1) / BLOCK * BLOCK;
  size_t size = d->setup->quick ? FILE_BYTES_QUICK : FILE_BYTES;
  journal j = {
      .fd = -1, .way = how, .file_bytes = size, .batches = {aligned_alloc(BLOCK, room), aligned_alloc(BLOCK, room)}};
  tn_status status = TN_NOMEM;
  (void)pthread_mutex_init(&j.lock, NULL);
  (void)pthread_cond_init(&j.written, NULL);
  if (j.batches[0] && j.batches[1] && round->arg <= THREADS_MAX) {
    memset(j.batches[0], 1, room);
    memset(j.batches[1], 1, room);
    j.fd = open_journal(d->path, how, size);
    status = j.fd < 0 ? failed(error, "making the file") : run(&j, round->arg, round->seconds, value);
  }
  if (j.fd >= 0) (void)close(j.fd);
  (void)unlink(d->path);
  (void)pthread_cond_destroy(&j.written);
  (void)pthread_mutex_destroy(&j.lock);
  free(j.batches[0]);
  free(j.batches[1]);
  return bench_failed(status, error);
}

#define COMMIT(name, how, run)                                                                  \
  static tn_status name(void *self, const bench_round *round, double *value, tn_error *error) { \
    return with_journal(self, how, run, round, value, error);                                   \
  }
COMMIT(commit_overwriting, OVERWRITE, run_threads)
COMMIT(commit_appending, APPEND, run_threads)
COMMIT(commit_direct, DIRECT, run_threads)
COMMIT(async_overwriting, OVERWRITE, run_alone)
COMMIT(async_direct, DIRECT, run_alone)

/* ---- snapshots ------------------------------------------------------------------------------ */

static size_t snapshot_bytes(const device *d) {
  size_t bytes = d->setup->data->count * (d->setup->group->key_size + d->setup->group->value_size);
  return (bytes + PIECE - 1) / PIECE * PIECE;
}

static tn_status write_pieces(const device *d, uint8_t *piece, tn_error *error) {
  int fd = open_direct(d->path, O_RDWR | O_CREAT | O_TRUNC);
  bool fine = fd >= 0;
  for (size_t at = 0; fine && at < snapshot_bytes(d); at += PIECE)
    fine = pwrite(fd, piece, PIECE, (off_t)at) == (ssize_t)PIECE;
  fine = fine && fdatasync(fd) == 0;
  tn_status status = fine ? TN_OK : failed(error, "writing");
  if (fd >= 0) (void)close(fd);
  return status;
}

static tn_status read_pieces(const device *d, uint8_t *piece, tn_error *error) {
  int fd = open_direct(d->path, O_RDONLY);
  bool fine = fd >= 0;
  for (size_t at = 0; fine && at < snapshot_bytes(d); at += PIECE) {
    fine = pread(fd, piece, PIECE, (off_t)at) == (ssize_t)PIECE;
    bench_sink += piece[0];
  }
  tn_status status = fine ? TN_OK : failed(error, "reading");
  if (fd >= 0) (void)close(fd);
  return status;
}

typedef tn_status (*pieces_fn)(const device *d, uint8_t *piece, tn_error *error);

static tn_status time_pieces(const device *d, pieces_fn run, double *value, tn_error *error) {
  uint8_t *piece = aligned_alloc(BLOCK, PIECE);
  if (!piece) return bench_failed(TN_NOMEM, error);
  memset(piece, 7, PIECE);
  double start = bench_now();
  tn_status status = run(d, piece, error);
  *value = (double)d->setup->data->count / (bench_now() - start);
  free(piece);
  return status;
}

static tn_status snapshot_write(void *self, const bench_round *round, double *value, tn_error *error) {
  (void)round;
  return time_pieces(self, write_pieces, value, error);
}

static tn_status snapshot_load(void *self, const bench_round *round, double *value, tn_error *error) {
  const device *d = self;
  (void)round;
  if (access(d->path, F_OK) != 0) TRY(time_pieces(d, write_pieces, value, error));
  return time_pieces(d, read_pieces, value, error);
}

static const bench_measure commit_measures[] = {
    {"commit", commit_overwriting, NULL, NULL},
    {"commit", commit_appending, "_append", "appending, fdatasync"},
    {"commit", commit_direct, "_direct", "over written blocks, O_DIRECT, O_DSYNC"},
    {"commit_async", async_overwriting, NULL, "64 records, one write, one fdatasync"},
    {"commit_async", async_direct, "_direct", "64 records, one write, O_DIRECT, O_DSYNC"},
    {NULL, NULL, NULL, NULL},
};

const bench_system bench_raw_commit = {
    .name = "raw",
    .groups = 1u << BENCH_COMMIT,
    .measures = commit_measures,
    .terms = "over written blocks, fdatasync",
    .open = open_device,
    .close = close_device,
};

static const bench_measure snapshot_measures[] = {
    {"snapshot_write", snapshot_write, NULL, "the same bytes, O_DIRECT, fdatasync"},
    {"snapshot_load", snapshot_load, NULL, "the same bytes, O_DIRECT"},
    {NULL, NULL, NULL, NULL},
};

const bench_system bench_raw_snapshot = {
    .name = "raw",
    .groups = 1u << BENCH_RECOVERY,
    .measures = snapshot_measures,
    .open = open_device,
    .close = close_device,
};
