/* Any damage to a file of storage lmdb, and any entries in it: opened by a reader and by an owner, read, written on,
 * closed. It ends in statuses; records that are handed out are those that were appended. Built with liblmdb only.
 *
 * The first byte chooses. Even: what follows is damage to the bytes of the file, 6 a piece: where 4, how 1, what 1.
 * Odd: it is entries put by liblmdb, each a kind 1, the low bytes of its numbers 1, a size 1, and so many bytes;
 * their checksums are right. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exec.h"
#include "io.h"
#include "storage/lmdb/env.h"
#include "storage/lmdb/lmdb.h"

#define RECORDS 150
#define TRIMMED 40
#define PIECE 6

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const tn_storage *const lmdb = &tni_storage_lmdb;
static char folder[64], path[80], file_path[100];
static uint8_t *base; /* a sound file */
static size_t base_size, base_used;

static void expect(bool good) {
  if (!good) abort();
}

static void no_log(void *arg, const char *line) {
  (void)arg;
  (void)line;
}

static tn_status open_log(void *self, bool read_only, bool truncate, tn_storage_state *state) {
  tn_error error;
  tn_storage_options options = {.host = &tni_host,
                                .memory = tn_memory_system(),
                                .io = tni_io_posix(),
                                .path = path,
                                .meta = {"meta", 4},
                                .base_seq = 1,
                                .base_epoch = 1,
                                .read_only = read_only,
                                .truncate_damaged = truncate,
                                .log = no_log};
  memset(self, 0, lmdb->state_size);
  return lmdb->open(self, &options, state, &error);
}

static size_t record_size(uint64_t seq) { return seq % 17 == 0 ? 5000 : (size_t)(seq * 37 % 300); }
static uint8_t record_byte(uint64_t seq, size_t i) { return (uint8_t)(seq * 5 + i); }

static tn_status append(void *self, uint64_t seq) {
  static uint8_t room[5000];
  for (size_t i = 0; i < record_size(seq); i++) room[i] = record_byte(seq, i);
  return lmdb->append(self, seq, &(tn_slice){room, record_size(seq)}, 1, 0, NULL);
}

static void write_snapshot(void *self, uint64_t seq) {
  static const uint8_t bytes[9000];
  void *writer;
  if (lmdb->snapshot_begin(self, seq, &writer, NULL) != TN_OK) return;
  if (lmdb->snapshot_write(self, writer, (tn_slice){bytes, sizeof bytes}, NULL) == TN_OK)
    (void)lmdb->snapshot_commit(self, writer, NULL);
  else
    lmdb->snapshot_abort(self, writer);
}

/* A log with free pages, large values and two levels of pages; closed. */
static void make_base(void) {
  tn_storage_state state;
  uint64_t first;
  struct stat info;
  void *self = malloc(lmdb->state_size);
  snprintf(folder, sizeof folder, "%s/tenon-fuzz-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
  expect(mkdtemp(folder) != NULL);
  snprintf(path, sizeof path, "%s/data", folder);
  snprintf(file_path, sizeof file_path, "%s/data.mdb", path);
  expect(open_log(self, false, false, &state) == TN_OK);
  for (uint64_t seq = 1; seq <= RECORDS; seq++) expect(append(self, seq) == TN_OK);
  for (uint64_t seq = 30; seq <= 50; seq += 10) write_snapshot(self, seq);
  expect(lmdb->snapshot_remove(self, 30, NULL) == TN_OK);
  expect(lmdb->trim(self, TRIMMED, &first, NULL) == TN_OK);
  expect(lmdb->close(self, NULL) == TN_OK);
  free(self);
  int fd = open(file_path, O_RDONLY);
  expect(fd >= 0 && fstat(fd, &info) == 0);
  base_size = (size_t)info.st_size;
  base = malloc(base_size);
  expect(read(fd, base, base_size) == info.st_size);
  close(fd);
  for (size_t i = 0; i < base_size; i++)
    if (base[i] != 0) base_used = i + 1;
}

static void remove_all(void) {
  DIR *dir = opendir(path);
  for (const struct dirent *entry; dir && (entry = readdir(dir)) != NULL;) {
    char name[400];
    snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
    (void)unlink(name);
  }
  if (dir) closedir(dir);
  (void)rmdir(path);
  (void)rmdir(folder);
}

/* ---- what is done to the file --------------------------------------------------------------- */

static void write_base(size_t size) {
  int fd = open(file_path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  size_t used = size < base_used ? size : base_used;
  expect(fd >= 0 && write(fd, base, used) == (ssize_t)used && ftruncate(fd, (off_t)size) == 0);
  close(fd);
}

static void damage(int fd, const uint8_t *piece) {
  uint32_t where;
  uint8_t page[4096], how = piece[4], what = piece[5];
  memcpy(&where, piece, 4);
  off_t at = (off_t)(where % base_used);
  if (how % 8 == 6) expect(ftruncate(fd, (off_t)(where % base_size)) == 0);
  if (how % 8 == 7) { /* another page's contents */
    ssize_t got = pread(fd, page, sizeof page, (off_t)(what % (base_used / 4096 + 1)) * 4096);
    if (got > 0) expect(pwrite(fd, page, (size_t)got, at / 4096 * 4096) == got);
  }
  if (how % 8 >= 6) return;
  if (how % 8 >= 2)
    at = at / 4096 * 4096 + (how % 8 == 2 ? at % 160 : at % 64); /* heads of pages, where most is decided */
  expect(pwrite(fd, &what, 1, at) == 1);
}

static void damage_bytes(const uint8_t *data, size_t size) {
  int fd = open(file_path, O_RDWR);
  expect(fd >= 0);
  for (size_t at = 0; at + PIECE <= size; at += PIECE) damage(fd, data + at);
  close(fd);
}

typedef struct entries {
  const uint8_t *data;
  size_t size;
} entries;

static int put_entries(tni_ltxn *txn, void *arg) {
  const entries *e = arg;
  int code = 0;
  for (size_t at = 0; code == 0 && at + 3 <= e->size;) {
    uint8_t kind = e->data[at] % 8, number = e->data[at + 1];
    size_t left = e->size - at - 3, size = e->data[at + 2] < left ? e->data[at + 2] : left;
    tni_lkey key = tni_lkey_numbered((tni_lkind)kind, number);
    if (kind == TNI_LSTATE || kind == TNI_LMETA) key.size = 1;
    if (kind == TNI_LCHUNK) key = tni_lkey_chunk(number % 4 * 10 + 20, number / 4, number % 3);
    if (e->data[at] & 64) key.size = number % 25;
    if (key.size > 0 && (e->data[at] & 128))
      code = tni_ldelete(txn, &key);
    else if (key.size > 0)
      code = tni_lput(txn, &key, (tn_slice){e->data + at + 3, size}, (tn_slice){NULL, 0}, false);
    at += 3 + size;
  }
  return code;
}

static void put_into(const uint8_t *data, size_t size) {
  static const tni_fdir none;
  tni_fdir dir = none;
  tn_storage_options options = {.host = &tni_host, .memory = tn_memory_system(), .io = tni_io_posix(), .path = path};
  tni_lfile file;
  tni_lplace p;
  tni_lenv env;
  tni_lstate state;
  tni_lkey key = tni_lkey_of(TNI_LSTATE);
  entries e = {data, size};
  expect(tni_fdir_init(&dir, &options, NULL) == TN_OK);
  expect(tni_lfile_open(&file, &dir, "data.mdb", TN_FILE_WRITE, NULL) == TN_OK);
  expect(tni_lplace_init(&p, &file, NULL) == TN_OK);
  expect(tni_lplace_seek(&p, TNI_LAT, &key, NULL) == TN_OK);
  expect(tni_lstate_decode(&dir, "data.mdb", p.value, &state, NULL) == TN_OK);
  tni_lplace_fini(&p);
  file.log_id = state.log_id;
  expect(tni_lenv_open(&env, &file, NULL) == TN_OK);
  (void)tni_lenv_write(&env, size, put_entries, &e, false, NULL);
  tni_lenv_close(&env);
  tni_fdir_fini(&dir);
}

/* ---- what is done with it ------------------------------------------------------------------- */

static void read_records(void *self, const tn_storage_state *state, bool exact) {
  void *cursor;
  tn_record record;
  uint64_t seq = state->first_seq;
  if (lmdb->read_open(self, seq, &cursor, NULL) != TN_OK) return;
  for (int i = 0; i < 1000 && lmdb->read_next(self, cursor, &record, NULL) == TN_OK; i++, seq++) {
    expect(record.seq == seq);
    if (!exact) continue;
    expect(record.bytes.size == record_size(seq));
    for (size_t k = 0; k < record.bytes.size; k++)
      expect(((const uint8_t *)record.bytes.data)[k] == record_byte(seq, k));
  }
  lmdb->read_close(self, cursor);
}

typedef struct listing {
  void *self;
  int count;
} listing;

static tn_status read_snapshot(void *arg, uint64_t seq, uint64_t size) {
  (void)size;
  listing *l = arg;
  void *reader;
  tn_slice run;
  if (lmdb->snapshot_open(l->self, seq, &reader, NULL) == TN_OK) {
    while (lmdb->snapshot_read(l->self, reader, &run, NULL) == TN_OK) expect(run.size <= TNI_LCHUNK_SIZE);
    lmdb->snapshot_close(l->self, reader);
  }
  return ++l->count < 50 ? TN_OK : TN_LIMIT;
}

static void write_on(void *self, uint64_t next) {
  uint64_t first;
  write_snapshot(self, 50);
  if (next > UINT64_MAX - 40) return;
  for (uint64_t seq = next; seq < next + 30; seq++)
    if (append(self, seq) != TN_OK) return;
  if (lmdb->snapshot_remove(self, 40, NULL) == TN_NOMEM) return;
  (void)lmdb->trim(self, next - 10, &first, NULL);
  (void)lmdb->maintain(self, NULL);
}

static void use(bool read_only, bool truncate, bool exact) {
  tn_storage_state state;
  void *self = malloc(lmdb->state_size);
  if (open_log(self, read_only, truncate, &state) == TN_OK) {
    listing l = {self, 0};
    read_records(self, &state, exact);
    (void)lmdb->snapshot_list(self, read_snapshot, &l, NULL);
    if (!read_only) write_on(self, state.next_seq);
    (void)lmdb->close(self, NULL);
  }
  free(self);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (!base) {
    make_base();
    (void)atexit(remove_all);
  }
  if (size == 0) return 0;
  bool entries_too = data[0] % 2 == 1;
  write_base(base_size);
  if (entries_too)
    put_into(data + 1, size - 1);
  else
    damage_bytes(data + 1, size - 1);
  use(true, false, !entries_too);
  use(false, data[0] & 2, !entries_too);
  return 0;
}
