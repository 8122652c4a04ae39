/* test_storage_lmdb.c - what only storage/lmdb promises: a damaged or shortened file is a status and never a signal,
 * the map grows, the file does not, one owner, readers beside it that hold nothing. What stops leave is in
 * crash/test_lmdb_states.c. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io.h"
#include "support/assert_status.h"
#include "support/folder.h"
#include "support/recorded_io.h"
#include "support/test_host.h"

#ifndef TN_WITH_LMDB
int main(void) {
  printf("# storage \"lmdb\" was left out: so are its tests\n");
  return 0;
}
#else

#include "storage/lmdb/lmdb.h"
#include "storage/lmdb/page.h"

#define PAGE 4096
#define RECORD_SIZE 200
#define FLIPS 6000

static const tn_storage *const lmdb = &tni_storage_lmdb;

/* An opened storage and how it was asked for. */
typedef struct opened {
  const char *path;
  const tn_io *io; /* NULL = the system's */
  bool read_only, truncate, verify_tail, apart;
  void *self;
  tn_storage_state state;
  tn_error error;
  int logged;
  char line[512]; /* the last one logged */
} opened;

static void note(void *arg, const char *line) {
  opened *o = arg;
  o->logged++;
  snprintf(o->line, sizeof o->line, "%s", line);
}

static tn_status try_open(opened *o) {
  tn_builder config = TN_BUILDER_INIT;
  tn_object_begin(&config);
  tn_set(&config, "verify", o->verify_tail ? "tail" : "all");
  if (o->apart) tn_set(&config, "snapshots", "apart");
  tn_end(&config);
  tn_storage_options options = {.host = &test_host,
                                .memory = tn_memory_system(),
                                .io = o->io ? o->io : tni_io_posix(),
                                .path = o->path,
                                .config = tn_built(&config),
                                .meta = {"meta", 4},
                                .base_seq = 1,
                                .base_epoch = 1,
                                .read_only = o->read_only,
                                .truncate_damaged = o->truncate,
                                .log = note,
                                .log_arg = o};
  o->error = (tn_error)TN_ERROR_INIT;
  o->logged = 0;
  o->self = calloc(1, lmdb->state_size);
  tn_status status = lmdb->open(o->self, &options, &o->state, &o->error);
  if (status != TN_OK) free(o->self);
  tn_builder_free(&config);
  return status;
}

static void open_now(opened *o) {
  tn_status status = try_open(o);
  if (status != TN_OK) print_error("%s (%s)\n", o->error.text, o->error.where);
  assert_status(status, TN_OK);
}

static opened open_data(const char *path) {
  opened o = {.path = path};
  open_now(&o);
  return o;
}

static opened open_reader(const char *path) {
  opened o = {.path = path, .read_only = true};
  open_now(&o);
  return o;
}

static tn_status try_close(opened *o) {
  tn_status status = lmdb->close(o->self, &o->error);
  free(o->self);
  return status;
}

static void close_data(opened *o) { assert_status(try_close(o), TN_OK); }

/* RECORD_SIZE bytes that name their record. */
static tn_slice make_record(uint64_t seq, char *room) {
  memset(room, 'a' + (int)(seq % 26), RECORD_SIZE);
  char name[32];
  memcpy(room, name, (size_t)snprintf(name, sizeof name, "record %08" PRIu64, seq));
  return (tn_slice){room, RECORD_SIZE};
}

static tn_status try_append(opened *o, uint64_t seq, uint32_t flags) {
  char room[RECORD_SIZE];
  tn_slice record = make_record(seq, room);
  return lmdb->append(o->self, seq, &record, 1, flags, &o->error);
}

static void append(opened *o, uint64_t first, uint64_t last) {
  for (uint64_t seq = first; seq <= last; seq++) assert_status(try_append(o, seq, TN_APPEND_SYNC), TN_OK);
}

/* Reads to the end; *next is the seq after the last. */
static tn_status read_all(opened *o, uint64_t from, uint64_t *next) {
  void *cursor;
  *next = from;
  tn_status status = lmdb->read_open(o->self, from, &cursor, &o->error);
  if (status != TN_OK) return status;
  tn_record record;
  char room[RECORD_SIZE];
  bool same = true;
  while (same && (status = lmdb->read_next(o->self, cursor, &record, &o->error)) == TN_OK) {
    same = record.seq == *next && record.bytes.size == RECORD_SIZE &&
           memcmp(record.bytes.data, make_record(*next, room).data, RECORD_SIZE) == 0;
    (*next)++;
  }
  lmdb->read_close(o->self, cursor);
  assert_true(same); /* never other bytes than those appended */
  return status == TN_NOT_FOUND ? TN_OK : status;
}

static void expect_records(opened *o, uint64_t first, uint64_t next) {
  uint64_t end;
  tn_status status = read_all(o, first, &end);
  if (status != TN_OK) print_error("%s (%s)\n", o->error.text, o->error.where);
  assert_status(status, TN_OK);
  assert_int_equal(end, next);
}

static uint8_t snapshot_byte(uint64_t seq, size_t i) { return (uint8_t)(seq * 17 + i + i / 251); }

static tn_status try_snapshot(opened *o, uint64_t seq, size_t size) {
  static uint8_t run[50000];
  void *writer;
  tn_status status = lmdb->snapshot_begin(o->self, seq, &writer, &o->error);
  if (status != TN_OK) return status;
  for (size_t at = 0; at < size && status == TN_OK;) {
    size_t step = size - at < sizeof run ? size - at : sizeof run;
    for (size_t i = 0; i < step; i++) run[i] = snapshot_byte(seq, at + i);
    status = lmdb->snapshot_write(o->self, writer, (tn_slice){run, step}, &o->error);
    at += step;
  }
  if (status == TN_OK) return lmdb->snapshot_commit(o->self, writer, &o->error);
  lmdb->snapshot_abort(o->self, writer);
  return status;
}

static tn_status read_on(opened *o, void *reader, uint64_t seq, size_t *at) {
  tn_slice run;
  tn_status status;
  while ((status = lmdb->snapshot_read(o->self, reader, &run, &o->error)) == TN_OK)
    for (size_t i = 0; i < run.size; i++)
      assert_int_equal(((const uint8_t *)run.data)[i], snapshot_byte(seq, (*at)++));
  return status == TN_NOT_FOUND ? TN_OK : status;
}

static tn_status read_snapshot(opened *o, uint64_t seq, size_t *size) {
  void *reader;
  *size = 0;
  tn_status status = lmdb->snapshot_open(o->self, seq, &reader, &o->error);
  if (status != TN_OK) return status;
  status = read_on(o, reader, seq, size);
  lmdb->snapshot_close(o->self, reader);
  return status;
}

static void expect_snapshot(opened *o, uint64_t seq, size_t size) {
  size_t got;
  assert_status(read_snapshot(o, seq, &got), TN_OK);
  assert_int_equal(got, size);
}

static int64_t stat_of(opened *o, const char *name) {
  tn_builder out = TN_BUILDER_INIT;
  int64_t n = -1;
  tn_object_begin(&out);
  lmdb->stats(o->self, &out);
  tn_end(&out);
  assert_status(tn_get_int(tn_built(&out), name, &n), TN_OK);
  tn_builder_free(&out);
  return n;
}

/* ---- folders and files ---------------------------------------------------------------------- */

/* In memory where the system has that: most of these tests write much and need no disk. */
typedef struct place {
  folder f;
  char data[80], file[100], apart[100];
} place;

static int make_place(void **state) {
  place *p = calloc(1, sizeof *p);
  snprintf(p->f.path, sizeof p->f.path, "/dev/shm/tenon-test-XXXXXX");
  if (!mkdtemp(p->f.path) && !folder_make(&p->f)) return -1;
  snprintf(p->data, sizeof p->data, "%s/data", p->f.path);
  snprintf(p->file, sizeof p->file, "%s/data.mdb", p->data);
  snprintf(p->apart, sizeof p->apart, "%s/snapshots.mdb", p->data);
  *state = p;
  return 0;
}

static int remove_place(void **state) {
  place *p = *state;
  folder_remove(&p->f);
  free(p);
  return 0;
}

static void remove_data(const place *p) {
  folder data;
  snprintf(data.path, sizeof data.path, "%.60s", p->data);
  folder_remove(&data);
}

static uint8_t *read_file(const char *path, size_t *size) {
  struct stat info;
  int fd = open(path, O_RDONLY);
  assert_true(fd >= 0 && fstat(fd, &info) == 0);
  uint8_t *data = malloc((size_t)info.st_size + 1);
  assert_int_equal(read(fd, data, (size_t)info.st_size), info.st_size);
  close(fd);
  *size = (size_t)info.st_size;
  return data;
}

static void write_file(const char *path, const uint8_t *data, size_t size) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, data, size), (ssize_t)size);
  close(fd);
}

static void flip(const char *path, size_t offset, uint8_t mask) {
  uint8_t byte = 0;
  int fd = open(path, O_RDWR);
  assert_true(fd >= 0 && pread(fd, &byte, 1, (off_t)offset) == 1);
  byte ^= mask;
  assert_int_equal(pwrite(fd, &byte, 1, (off_t)offset), 1);
  close(fd);
}

/* Flips a bit behind `text` wherever it stands: LMDB leaves old pages behind. */
static void flip_behind(const char *path, const char *text) {
  size_t size, length = strlen(text);
  uint8_t *data = read_file(path, &size);
  bool found = false;
  for (size_t i = 0; i + length < size; i++)
    if (memcmp(data + i, text, length) == 0) {
      flip(path, i + length, 1);
      found = true;
    }
  free(data);
  assert_true(found);
}

/* What the newest meta page counts; what the file has beyond that is there for later. */
static size_t used_bytes(const uint8_t *file) {
  const uint8_t *newest = tni_lget64(file + 144) > tni_lget64(file + PAGE + 144) ? file : file + PAGE;
  return (size_t)(tni_lget64(newest + 136) + 1) * PAGE;
}

/* A closed log with records 1 to `last`, one of them large, a snapshot 3, and pages that were freed. */
static void make_log(const place *p, uint64_t last) {
  opened o = open_data(p->data);
  append(&o, 1, last);
  assert_status(try_snapshot(&o, 2, 3000), TN_OK);
  assert_status(try_snapshot(&o, 3, 9000), TN_OK);
  assert_status(lmdb->snapshot_remove(o.self, 2, &o.error), TN_OK);
  close_data(&o);
}

/* ---- damage --------------------------------------------------------------------------------- */

/* Uses a log that opened, in all ways: whatever was damaged, LMDB meets it here. */
static void use_everything(opened *o, uint64_t next) {
  size_t size;
  uint64_t end;
  (void)read_snapshot(o, 3, &size);
  (void)try_snapshot(o, next, 20000);
  for (uint64_t seq = next; seq < next + 30; seq++)
    if (try_append(o, seq, 0) != TN_OK) return;
  assert_status(lmdb->trim(o->self, next / 2, &end, &o->error), TN_OK);
  expect_records(o, next / 2 + 1, next + 30);
}

/* The damage is found at open, or when what is damaged is read, or did not matter. */
static bool damage_is_found_or_harmless(const place *p, uint64_t next, const char **how) {
  opened o = {.path = p->data};
  uint64_t end = 0;
  size_t size = 0;
  tn_status status = try_open(&o);
  *how = "refused";
  if (status == TN_CORRUPT || status == TN_INVALID) return o.error.text[0] != '\0';
  if (status != TN_OK) return false;
  *how = "harmless";
  bool good = read_all(&o, 1, &end) == TN_OK && end == next;
  tn_status snapshot = read_snapshot(&o, 3, &size);
  if (snapshot != TN_OK) *how = "snapshot";
  good = good && ((snapshot == TN_OK && size == 9000) || snapshot == TN_CORRUPT);
  if (good) use_everything(&o, next);
  tn_status closed = try_close(&o);
  return good && closed == TN_OK;
}

static uint64_t draw(uint64_t *random) {
  uint64_t z = *random += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

/* The place of flip number i: all of the meta pages' numbers, then heads of pages and anything else by chance. */
static size_t flip_place(size_t i, size_t size, uint64_t *random) {
  size_t heads = 16 + draw(random) % 48;
  if (i < 152 * 2) return i / 152 * PAGE + i % 152;
  return i % 2 == 0 ? draw(random) % (size / PAGE) * PAGE + heads % 64 : draw(random) % size;
}

static void a_flipped_byte_is_found_or_does_not_matter(void **state) {
  const place *p = *state;
  size_t size, found = 0;
  make_log(p, 120);
  uint8_t *whole = read_file(p->file, &size);
  size_t used = used_bytes(whole);
  uint64_t random = 20260131;
  for (size_t i = 0; i < FLIPS; i++) {
    const char *how;
    size_t at = flip_place(i, used, &random);
    uint8_t mask = (uint8_t)(1u << draw(&random) % 8);
    write_file(p->file, whole, size);
    flip(p->file, at, mask);
    if (!damage_is_found_or_harmless(p, 121, &how)) fail_msg("byte %zu, mask %d", at, mask);
    if (strcmp(how, "harmless") != 0) found++;
  }
  free(whole);
  print_message("# %d flipped bytes of %zu, %zu found, the others did not matter\n", FLIPS, used, found);
}

static void a_page_of_zeros_or_of_another_place_is_found(void **state) {
  const place *p = *state;
  size_t size;
  make_log(p, 120);
  uint8_t *whole = read_file(p->file, &size), *damaged = malloc(size);
  size_t used = used_bytes(whole) / PAGE;
  for (size_t page = 0; page < used; page++) {
    for (size_t other = 0; other <= used; other++) {
      const char *how;
      if (other % 7 != page % 7 && other < used) continue;
      memcpy(damaged, whole, size);
      if (other == used)
        memset(damaged + page * PAGE, 0, PAGE);
      else
        memcpy(damaged + page * PAGE, whole + other * PAGE, PAGE);
      write_file(p->file, damaged, size);
      if (!damage_is_found_or_harmless(p, 121, &how)) fail_msg("page %zu, from %zu", page, other);
    }
  }
  free(whole);
  free(damaged);
}

static void a_file_cut_to_any_length_is_refused_or_whole(void **state) {
  const place *p = *state;
  size_t size, refused = 0;
  make_log(p, 120);
  uint8_t *whole = read_file(p->file, &size);
  for (size_t cut = 0; cut < size; cut += cut % PAGE == 0 ? 100 : PAGE - 100) {
    const char *how;
    write_file(p->file, whole, cut);
    opened reader = {.path = p->data, .read_only = true};
    uint64_t end = 0;
    if (try_open(&reader) == TN_OK) {
      (void)read_all(&reader, 1, &end);
      close_data(&reader);
    }
    if (!damage_is_found_or_harmless(p, 121, &how)) fail_msg("cut to %zu bytes", cut);
    if (strcmp(how, "refused") == 0) refused++;
  }
  assert_true(refused > 40);
  free(whole);
}

static void a_file_that_is_cut_under_its_owner_is_an_error(void **state) {
  const place *p = *state;
  opened o = open_data(p->data);
  uint64_t end;
  append(&o, 1, 100);
  assert_int_equal(truncate(p->file, 3 * PAGE), 0);
  assert_status(read_all(&o, 1, &end), TN_CORRUPT);
  assert_status(try_append(&o, 101, TN_APPEND_SYNC), TN_CORRUPT);
  assert_status(try_append(&o, 101, TN_APPEND_SYNC), TN_IO);
  assert_status(try_close(&o), TN_IO);
}

static void damage_names_file_offset_and_seq_and_changes_nothing(void **state) {
  const place *p = *state;
  make_log(p, 50);
  size_t size, after;
  flip_behind(p->file, "record 00000005");
  uint8_t *before = read_file(p->file, &size);
  opened o = {.path = p->data};
  assert_status(try_open(&o), TN_CORRUPT);
  assert_non_null(strstr(o.error.text, "record 5 "));
  assert_memory_equal(o.error.where, "data.mdb:", 9);
  assert_int_equal(atol(o.error.where + 9) % PAGE, 0);
  uint8_t *now = read_file(p->file, &after);
  assert_int_equal(after, size);
  assert_memory_equal(now, before, size);
  free(before);
  free(now);
}

static void damage_that_no_open_looked_for_is_found_when_it_is_read(void **state) {
  const place *p = *state;
  make_log(p, 50);
  flip_behind(p->file, "record 00000005");
  opened o = {.path = p->data, .verify_tail = true};
  uint64_t end;
  open_now(&o);
  assert_status(read_all(&o, 1, &end), TN_CORRUPT);
  assert_int_equal(end, 5);
  assert_non_null(strstr(o.error.text, "record 5 "));
  expect_records(&o, 6, 51);
  close_data(&o);
}

static void giving_up_damage_keeps_what_is_before_it_and_goes_on(void **state) {
  const place *p = *state;
  make_log(p, 50);
  flip_behind(p->file, "record 00000020");
  opened o = {.path = p->data, .truncate = true};
  open_now(&o);
  assert_int_equal(o.state.next_seq, 20);
  assert_int_equal(o.state.epoch, 2);
  assert_false(o.state.clean);
  assert_non_null(strstr(o.line, "record 20 "));
  expect_records(&o, 1, 20);
  append(&o, 20, 30);
  close_data(&o);
  o = open_data(p->data);
  assert_true(o.state.clean);
  expect_records(&o, 1, 31);
  close_data(&o);
}

static void a_damaged_snapshot_is_listed_and_refused_and_can_be_removed(void **state) {
  const place *p = *state;
  make_log(p, 50);
  char run[32];
  for (size_t i = 0; i < 31; i++) run[i] = (char)snapshot_byte(3, 100 + i);
  run[31] = '\0';
  flip_behind(p->file, run);
  opened o = open_data(p->data);
  size_t size;
  assert_status(read_snapshot(&o, 3, &size), TN_CORRUPT);
  assert_non_null(strstr(o.error.text, "snapshot 3 "));
  assert_int_equal(stat_of(&o, "snapshots"), 1);
  assert_status(lmdb->snapshot_remove(o.self, 3, &o.error), TN_OK);
  assert_int_equal(stat_of(&o, "snapshots"), 0);
  close_data(&o);
}

/* ---- what is ours --------------------------------------------------------------------------- */

static void a_directory_with_other_files_is_refused(void **state) {
  const place *p = *state;
  char name[100];
  assert_int_equal(mkdir(p->data, 0777), 0);
  snprintf(name, sizeof name, "%s/thesis.txt", p->data);
  write_file(name, (const uint8_t *)"x", 1);
  opened o = {.path = p->data};
  assert_status(try_open(&o), TN_INVALID);
  assert_non_null(strstr(o.error.text, "thesis.txt"));
  assert_int_equal(access(p->file, F_OK), -1);
}

static void a_file_that_is_not_ours_is_refused(void **state) {
  const place *p = *state;
  uint8_t bytes[3 * PAGE] = "this is no database";
  assert_int_equal(mkdir(p->data, 0777), 0);
  for (size_t size = 0; size <= sizeof bytes; size += PAGE) {
    write_file(p->file, bytes, size);
    opened o = {.path = p->data};
    assert_status(try_open(&o), TN_CORRUPT);
    o.read_only = true;
    assert_status(try_open(&o), TN_CORRUPT);
  }
}

/* Sums as this storage makes them, to change what they cover. */
static uint64_t sum_of(const void *key, size_t key_size, const void *data, size_t size) {
  uint64_t seed = test_host.hash64((tn_slice){key, key_size}, 0);
  return test_host.hash64((tn_slice){data, size}, seed);
}

static void a_newer_format_is_refused_with_what_to_do(void **state) {
  const place *p = *state;
  make_log(p, 5);
  size_t size;
  uint8_t *data = read_file(p->file, &size);
  for (size_t i = 8; i + 48 <= size; i++) {
    if (memcmp(data + i, "TENONlmd", 8) != 0) continue;
    data[i + 8] = 2;
    uint64_t sum = sum_of("\x01", 1, data + i, 48);
    memcpy(data + i - 8, &sum, 8);
  }
  write_file(p->file, data, size);
  free(data);
  opened o = {.path = p->data};
  assert_status(try_open(&o), TN_INVALID);
  assert_non_null(strstr(o.error.text, "version 2"));
  assert_non_null(strstr(o.error.text, "use a newer one"));
}

static void files_in_memory_are_refused_with_the_reason(void **state) {
  (void)state;
  recorded_io *files = recorded_io_create();
  opened o = {.path = "data", .io = recorded_io_tn_io(files)};
  assert_status(try_open(&o), TN_INVALID);
  assert_non_null(strstr(o.error.text, "the system's files"));
  assert_int_equal(access("data", F_OK), -1);
  recorded_io_destroy(files);
}

static void words_that_no_key_knows_are_refused(void **state) {
  const place *p = *state;
  tn_builder config = TN_BUILDER_INIT;
  tn_error error;
  tn_storage_state found;
  tn_storage_options options = {.host = &test_host,
                                .memory = tn_memory_system(),
                                .io = tni_io_posix(),
                                .path = p->data,
                                .config = tn_obj(&config, "snapshots", "elsewhere"),
                                .base_seq = 1};
  void *self = calloc(1, lmdb->state_size);
  assert_status(lmdb->open(self, &options, &found, &error), TN_INVALID);
  assert_string_equal(error.where, "snapshots");
  assert_string_equal(error.text, "\"together\" or \"apart\" is expected");
  free(self);
  tn_builder_free(&config);
}

/* ---- owners and readers --------------------------------------------------------------------- */

static void a_second_owner_is_refused_in_this_process_and_in_another(void **state) {
  const place *p = *state;
  opened first = open_data(p->data), second = {.path = p->data};
  append(&first, 1, 3);
  assert_status(try_open(&second), TN_BUSY);
  pid_t child = fork();
  if (child == 0) _exit(try_open(&second) == TN_BUSY ? 0 : 1);
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  append(&first, 4, 6);
  close_data(&first);
  second = open_data(p->data);
  expect_records(&second, 1, 7);
  close_data(&second);
}

/* In this process: what liblmdb itself cannot do. */
static void readers_come_and_go_beside_an_owner_in_one_process(void **state) {
  const place *p = *state;
  opened owner = open_data(p->data);
  for (uint64_t seq = 1; seq <= 300; seq += 2) {
    opened one = open_reader(p->data), other = open_reader(p->data);
    append(&owner, seq, seq);
    expect_records(&one, 1, seq);
    close_data(&one);
    append(&owner, seq + 1, seq + 1);
    expect_records(&other, 1, seq + 1);
    close_data(&other);
  }
  expect_records(&owner, 1, 301);
  close_data(&owner);
}

static void a_reader_sees_what_is_known_durable_and_changes_nothing(void **state) {
  const place *p = *state;
  opened owner = open_data(p->data);
  append(&owner, 1, 5);
  for (uint64_t seq = 6; seq <= 8; seq++) assert_status(try_append(&owner, seq, 0), TN_OK);
  opened reader = open_reader(p->data);
  expect_records(&reader, 1, 7); /* a commit makes durable what was before it, and says so a commit later */
  assert_status(lmdb->sync(owner.self, &owner.error), TN_OK);
  expect_records(&reader, 1, 7);
  assert_status(lmdb->maintain(owner.self, &owner.error), TN_OK);
  expect_records(&reader, 1, 9);
  size_t before, after;
  free(read_file(p->file, &before));
  assert_status(lmdb->maintain(owner.self, &owner.error), TN_OK); /* nothing new to say */
  assert_status(lmdb->append(reader.self, 9, &(tn_slice){"x", 1}, 1, 0, &reader.error), TN_DENIED);
  uint64_t first;
  void *writer;
  assert_status(lmdb->trim(reader.self, 3, &first, &reader.error), TN_DENIED);
  assert_status(lmdb->set_meta(reader.self, (tn_slice){"x", 1}, &reader.error), TN_DENIED);
  assert_status(lmdb->snapshot_begin(reader.self, 3, &writer, &reader.error), TN_DENIED);
  assert_status(lmdb->snapshot_remove(reader.self, 3, &reader.error), TN_DENIED);
  assert_status(lmdb->sync(reader.self, &reader.error), TN_DENIED);
  free(read_file(p->file, &after));
  assert_int_equal(after, before);
  close_data(&reader);
  close_data(&owner);
}

/* In a process of its own: reads again and again from where it has got to, until `last` was there. */
static int follow_to(const char *path, uint64_t last) {
  opened o = {.path = path, .read_only = true};
  uint64_t next = 1, end;
  while (try_open(&o) == TN_NOT_FOUND) usleep(1000);
  while (next <= last) {
    tn_status status = lmdb->follow(o.self, next - 1, 5000, &o.error);
    if (status == TN_OK) status = read_all(&o, next, &end);
    if (status == TN_TRIMMED) end = next + 1;
    if (status != TN_OK && status != TN_TRIMMED) {
      print_error("%s: %s (%s)\n", tn_status_name(status), o.error.text, o.error.where);
      return 1;
    }
    next = end;
  }
  return try_close(&o) == TN_OK ? 0 : 1;
}

static void readers_in_other_processes_follow_an_owner_that_appends_and_trims(void **state) {
  const place *p = *state;
  enum { LAST = 4000, READERS = 3 };
  pid_t children[READERS];
  for (int i = 0; i < READERS; i++)
    if ((children[i] = fork()) == 0) _exit(follow_to(p->data, LAST));
  opened owner = open_data(p->data);
  uint64_t first;
  for (uint64_t seq = 1; seq <= LAST; seq++) {
    assert_status(try_append(&owner, seq, seq % 10 == 0 ? TN_APPEND_SYNC : 0), TN_OK);
    if (seq % 500 == 0) assert_status(lmdb->trim(owner.self, seq - 400, &first, &owner.error), TN_OK);
    if (seq % 700 == 0) assert_status(try_snapshot(&owner, seq, 100000), TN_OK);
  }
  close_data(&owner);
  for (int i = 0; i < READERS; i++) {
    int status;
    assert_int_equal(waitpid(children[i], &status, 0), children[i]);
    assert_int_equal(status, 0);
  }
}

static void a_reader_that_was_killed_leaves_nothing_behind(void **state) {
  const place *p = *state;
  opened owner = open_data(p->data);
  uint64_t next = 1, first;
  for (; next <= 200; next++) append(&owner, next, next);
  for (int i = 0; i < 150; i++) { /* more than LMDB has slots for readers */
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
      opened o = {.path = p->data, .read_only = true};
      void *cursor;
      tn_record record;
      if (try_open(&o) != TN_OK || lmdb->read_open(o.self, next - 100, &cursor, NULL) != TN_OK) _exit(1);
      if (lmdb->read_next(o.self, cursor, &record, NULL) != TN_OK || write(ready[1], "x", 1) != 1) _exit(1);
      pause();
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    for (int k = 0; k < 10; k++, next++) append(&owner, next, next);
    assert_status(lmdb->trim(owner.self, next - 150, &first, &owner.error), TN_OK);
  }
  assert_true(stat_of(&owner, "pages") < 150);
  close_data(&owner);
}

static void its_files_are_closed_by_exec(void **state) {
  const place *p = *state;
  opened owner = {.path = p->data, .apart = true};
  open_now(&owner);
  opened reader = open_reader(p->data);
  int ours = 0;
  DIR *all = opendir("/proc/self/fd");
  assert_non_null(all);
  for (const struct dirent *entry; (entry = readdir(all)) != NULL;) {
    char path[300], target[512] = "";
    snprintf(path, sizeof path, "/proc/self/fd/%s", entry->d_name);
    if (readlink(path, target, sizeof target - 1) < 0 || strncmp(target, p->data, strlen(p->data)) != 0) continue;
    ours++;
    assert_int_equal(fcntl(atoi(entry->d_name), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
  }
  closedir(all);
  assert_true(ours >= 5);
  close_data(&reader);
  close_data(&owner);
}

/* ---- room ----------------------------------------------------------------------------------- */

typedef struct reading {
  opened *o;
  _Atomic bool *done;
  _Atomic bool good;
  uint64_t rounds;
} reading;

static void *read_again_and_again(void *arg) {
  reading *r = arg;
  for (; r->good && !*r->done; r->rounds++) {
    void *cursor;
    tn_record record;
    tn_error error = TN_ERROR_INIT;
    tn_status status = lmdb->read_open(r->o->self, 1, &cursor, &error);
    for (int i = 0; status == TN_OK && i < 200; i++) {
      status = lmdb->read_next(r->o->self, cursor, &record, &error);
      if (status == TN_OK && record.seq != (uint64_t)i + 1) status = TN_CORRUPT;
    }
    lmdb->read_close(r->o->self, cursor);
    r->good = status == TN_OK || status == TN_NOT_FOUND;
    if (!r->good) print_error("%s: %s\n", tn_status_name(status), error.text);
  }
  return NULL;
}

/* From 1 MiB; so it doubles seven times. */
static void the_map_grows_by_itself_under_readers(void **state) {
  const place *p = *state;
  enum { READERS = 4, BIG = 100000 };
  opened o = open_data(p->data), beside = open_reader(p->data);
  _Atomic bool done = false;
  pthread_t threads[READERS];
  reading readings[READERS];
  for (int i = 0; i < READERS; i++) {
    readings[i] = (reading){i % 2 ? &o : &beside, &done, true, 0};
    assert_int_equal(pthread_create(&threads[i], NULL, read_again_and_again, &readings[i]), 0);
  }
  char *data = malloc(BIG);
  memset(data, 'x', BIG);
  for (uint64_t seq = 1; seq <= 1000; seq++) {
    tn_slice record = {data, seq % 5 == 0 ? 300 : BIG};
    assert_status(lmdb->append(o.self, seq, &record, 1, 0, &o.error), TN_OK);
  }
  tn_slice group[40];
  for (int i = 0; i < 40; i++) group[i] = (tn_slice){data, BIG};
  assert_status(lmdb->append(o.self, 1001, group, 40, TN_APPEND_SYNC, &o.error), TN_OK);
  done = true;
  for (int i = 0; i < READERS; i++) {
    pthread_join(threads[i], NULL);
    assert_true(readings[i].good && readings[i].rounds > 0);
  }
  assert_true(stat_of(&o, "pages") * PAGE > 64 << 20);
  free(data);
  close_data(&beside);
  close_data(&o);
}

static void records_may_be_large_and_too_large_is_a_limit(void **state) {
  const place *p = *state;
  opened o = open_data(p->data);
  size_t size = (size_t)80 << 20;
  uint8_t *data = malloc(size);
  for (size_t i = 0; i < size; i++) data[i] = (uint8_t)(i * 2654435761u >> 13);
  append(&o, 1, 2);
  assert_status(lmdb->append(o.self, 3, &(tn_slice){data, size}, 1, TN_APPEND_SYNC, &o.error), TN_OK);
  append(&o, 4, 5);
  assert_status(lmdb->append(o.self, 6, &(tn_slice){data, 0x7ffffff1}, 1, 0, &o.error), TN_LIMIT);
  append(&o, 6, 6);
  close_data(&o);
  o = open_data(p->data);
  void *cursor;
  tn_record record;
  assert_status(lmdb->read_open(o.self, 3, &cursor, &o.error), TN_OK);
  assert_status(lmdb->read_next(o.self, cursor, &record, &o.error), TN_OK);
  assert_int_equal(record.bytes.size, size);
  assert_memory_equal(record.bytes.data, data, size);
  lmdb->read_close(o.self, cursor);
  expect_records(&o, 4, 7);
  free(data);
  close_data(&o);
}

/* A file that keeps 1,000 records stays as large as a few times that, however many come and go. */
static void trimming_gives_pages_back(void **state) {
  const place *p = *state;
  opened o = open_data(p->data);
  uint64_t first;
  int64_t early = 0;
  tn_slice group[50];
  char room[RECORD_SIZE];
  for (uint64_t seq = 1; seq <= 100000; seq += 50) {
    for (int i = 0; i < 50; i++) group[i] = make_record(seq, room);
    assert_status(lmdb->append(o.self, seq, group, 50, 0, &o.error), TN_OK);
    if (seq > 1000) assert_status(lmdb->trim(o.self, seq - 1000, &first, &o.error), TN_OK);
    if (seq == 5001) early = stat_of(&o, "pages");
  }
  assert_int_equal(stat_of(&o, "journal_bytes"), 1049 * RECORD_SIZE);
  assert_true(stat_of(&o, "pages") <= early + early / 2);
  close_data(&o);
}

/* A reader that takes its time holds no pages. */
static void a_long_snapshot_read_does_not_make_the_file_grow(void **state) {
  const place *p = *state;
  for (int apart = 0; apart < 2; apart++) {
    opened o = {.path = p->data, .apart = apart == 1};
    open_now(&o);
    void *reader;
    tn_slice run;
    size_t at = 0;
    uint64_t seq = 1, first;
    int64_t early = 0;
    assert_status(try_snapshot(&o, 1, 3000000), TN_OK);
    assert_status(lmdb->snapshot_open(o.self, 1, &reader, &o.error), TN_OK);
    assert_status(lmdb->snapshot_read(o.self, reader, &run, &o.error), TN_OK);
    for (at = 0; at < run.size; at++) assert_int_equal(((const uint8_t *)run.data)[at], snapshot_byte(1, at));
    for (int i = 0; i < 1000; i++, seq++) {
      append(&o, seq, seq);
      if (seq > 100) assert_status(lmdb->trim(o.self, seq - 50, &first, &o.error), TN_OK);
      if (i == 200) early = stat_of(&o, "pages");
    }
    assert_true(stat_of(&o, "pages") <= early + 40);
    assert_status(read_on(&o, reader, 1, &at), TN_OK);
    assert_int_equal(at, 3000000);
    lmdb->snapshot_close(o.self, reader);
    close_data(&o);
    remove_data(p);
  }
}

static void removed_snapshots_give_pages_back_also_after_a_last_reader(void **state) {
  const place *p = *state;
  opened o = open_data(p->data);
  void *readers[2];
  int64_t early = 0;
  for (uint64_t seq = 1; seq <= 12; seq++) {
    size_t size = 0;
    assert_status(try_snapshot(&o, seq, 3000000), TN_OK);
    for (int i = 0; i < 2; i++) assert_status(lmdb->snapshot_open(o.self, seq, &readers[i], &o.error), TN_OK);
    assert_status(lmdb->snapshot_remove(o.self, seq, &o.error), TN_OK);
    lmdb->snapshot_close(o.self, readers[0]);
    assert_status(read_on(&o, readers[1], seq, &size), TN_OK);
    assert_int_equal(size, 3000000);
    lmdb->snapshot_close(o.self, readers[1]);
    if (seq == 3) early = stat_of(&o, "pages");
  }
  assert_true(stat_of(&o, "used_pages") < 10);
  assert_true(stat_of(&o, "pages") <= early);
  close_data(&o);
}

static void an_unfinished_snapshot_is_swept_away(void **state) {
  const place *p = *state;
  opened o = open_data(p->data);
  static uint8_t run[2500000];
  void *writer;
  append(&o, 1, 3);
  assert_status(lmdb->snapshot_begin(o.self, 3, &writer, &o.error), TN_OK);
  assert_status(lmdb->snapshot_write(o.self, writer, (tn_slice){run, sizeof run}, &o.error), TN_OK);
  size_t size;
  uint8_t *killed = read_file(p->file, &size);
  assert_true(stat_of(&o, "used_pages") > 500);
  lmdb->snapshot_abort(o.self, writer);
  assert_true(stat_of(&o, "used_pages") < 10);
  close_data(&o);
  write_file(p->file, killed, size);
  free(killed);
  o = open_data(p->data);
  assert_true(stat_of(&o, "used_pages") < 10);
  expect_records(&o, 1, 4);
  close_data(&o);
}

/* ---- full disks ----------------------------------------------------------------------------- */

/* Appends until it fails; the seq that failed. */
static uint64_t fill(opened *o, uint64_t seq, tn_status *status) {
  static char data[20000];
  tn_slice record = {data, sizeof data};
  while ((*status = lmdb->append(o->self, seq, &record, 1, TN_APPEND_SYNC, &o->error)) == TN_OK) seq++;
  return seq;
}

static uint64_t count_records(opened *o) {
  void *cursor;
  tn_record record;
  uint64_t count = 0;
  assert_status(lmdb->read_open(o->self, 1, &cursor, &o->error), TN_OK);
  while (lmdb->read_next(o->self, cursor, &record, &o->error) == TN_OK) count++;
  lmdb->read_close(o->self, cursor);
  return count;
}

static bool small_disk(const char *path, const char *options) {
  if (mount("tmpfs", path, "tmpfs", 0, options) == 0) return true;
  print_message("# no small file system can be mounted here (%s): its test is left out\n", strerror(errno));
  return false;
}

static void a_full_disk_is_a_status_and_loses_nothing(void **state) {
  const place *p = *state;
  if (!small_disk(p->f.path, "size=8m")) return;
  for (int apart = 0; apart < 2; apart++) {
    opened o = {.path = p->data, .apart = apart == 1};
    open_now(&o);
    tn_status status;
    uint64_t failed = fill(&o, 1, &status);
    assert_status(status, TN_FULL);
    assert_true(failed > 100);
    assert_int_equal(count_records(&o), failed - 1);
    assert_status(try_append(&o, failed, TN_APPEND_SYNC), TN_IO);
    assert_status(try_close(&o), TN_IO);
    assert_int_equal(mount("tmpfs", p->f.path, "tmpfs", MS_REMOUNT, "size=12m"), 0);
    open_now(&o);
    assert_int_equal(o.state.next_seq, failed);
    assert_int_equal(count_records(&o), failed - 1);
    append(&o, failed, failed + 10);
    close_data(&o);
    remove_data(p);
    assert_int_equal(mount("tmpfs", p->f.path, "tmpfs", MS_REMOUNT, "size=8m"), 0);
  }
  assert_int_equal(umount(p->f.path), 0);
}

static void a_snapshot_on_a_full_disk_harms_nothing(void **state) {
  const place *p = *state;
  if (!small_disk(p->f.path, "size=8m")) return;
  for (int apart = 0; apart < 2; apart++) {
    opened o = {.path = p->data, .apart = apart == 1};
    uint64_t first;
    open_now(&o);
    append(&o, 1, 20);
    assert_status(try_snapshot(&o, 10, 2000000), TN_OK);
    assert_status(try_snapshot(&o, 20, 9000000), TN_FULL);
    expect_snapshot(&o, 10, 2000000);
    append(&o, 21, 40);
    assert_status(lmdb->trim(o.self, 30, &first, &o.error), TN_OK);
    assert_status(try_snapshot(&o, 40, 2000000), TN_OK);
    close_data(&o);
    open_now(&o);
    assert_true(o.state.clean);
    expect_records(&o, 31, 41);
    expect_snapshot(&o, 40, 2000000);
    close_data(&o);
    remove_data(p);
  }
  assert_int_equal(umount(p->f.path), 0);
}

static void nothing_can_be_made_on_a_full_disk_and_later_it_can(void **state) {
  const place *p = *state;
  if (!small_disk(p->f.path, "size=64k")) return;
  char name[100];
  static uint8_t bytes[60000];
  snprintf(name, sizeof name, "%s/ballast", p->f.path);
  write_file(name, bytes, sizeof bytes);
  opened o = {.path = p->data};
  assert_status(try_open(&o), TN_FULL);
  assert_int_equal(unlink(name), 0);
  assert_int_equal(mount("tmpfs", p->f.path, "tmpfs", MS_REMOUNT, "size=2m"), 0);
  open_now(&o);
  append(&o, 1, 5);
  close_data(&o);
  assert_int_equal(umount(p->f.path), 0);
}

/* In a process of its own: a limit on files stands for a quota. */
static int fill_to_a_limit(const char *path) {
  struct rlimit limit = {3000000, 3000000};
  signal(SIGXFSZ, SIG_IGN);
  opened o = {.path = path};
  tn_status status;
  if (try_open(&o) != TN_OK || setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
  uint64_t failed = fill(&o, 1, &status);
  if (status != TN_FULL || count_records(&o) != failed - 1) return 2;
  return try_close(&o) == TN_IO ? 0 : 3;
}

static void a_limit_on_the_size_of_files_is_a_full_disk(void **state) {
  const place *p = *state;
  int status;
  pid_t child = fork();
  if (child == 0) _exit(fill_to_a_limit(p->data));
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  opened o = open_data(p->data);
  assert_true(o.state.next_seq > 100);
  assert_int_equal(count_records(&o), o.state.next_seq - 1);
  append(&o, o.state.next_seq, o.state.next_seq + 5);
  close_data(&o);
}

/* ---- failures below ------------------------------------------------------------------------- */

/* The system's files, but for the call that fails. Names in ways that a call can be counted. */
typedef struct failing_io {
  tn_io io;
  uint64_t calls;
  uint64_t fail_at; /* 0 = none */
  bool only_sync;
  bool go_on; /* all later ones fail too */
} failing_io;

static failing_io failing;

static bool fails(bool sync) {
  if (failing.only_sync && !sync) return false;
  failing.calls++;
  return failing.fail_at && (failing.go_on ? failing.calls >= failing.fail_at : failing.calls == failing.fail_at);
}

static tn_status said(tn_error *error) { return tn_error_set(error, TN_IO, "", "as the test wants it"); }

static tn_status open_or_fail(const tn_io *io, const char *path, tn_open_mode mode, tn_file **out, tn_error *error) {
  return fails(false) ? said(error) : tni_io_posix()->open(io, path, mode, out, error);
}
static tn_status read_or_fail(tn_file *f, uint64_t at, void *data, size_t size, size_t *got, tn_error *error) {
  return fails(false) ? said(error) : tni_io_posix()->read(f, at, data, size, got, error);
}
static tn_status sync_or_fail(tn_file *f, tn_error *error) {
  return fails(true) ? said(error) : tni_io_posix()->sync(f, error);
}
static tn_status resize_or_fail(tn_file *f, uint64_t size, tn_error *error) {
  return fails(false) ? said(error) : tni_io_posix()->resize(f, size, error);
}
static tn_status size_or_fail(tn_file *f, uint64_t *out, tn_error *error) {
  return fails(false) ? said(error) : tni_io_posix()->size(f, out, error);
}
static tn_status rename_or_fail(const tn_io *io, const char *from, const char *to, tn_error *error) {
  return fails(false) ? said(error) : tni_io_posix()->rename(io, from, to, error);
}
static tn_status sync_dir_or_fail(const tn_io *io, const char *path, tn_error *error) {
  return fails(true) ? said(error) : tni_io_posix()->sync_dir(io, path, error);
}

static const tn_io *failing_files(uint64_t fail_at, bool only_sync, bool go_on) {
  failing = (failing_io){.io = *tni_io_posix(), .fail_at = fail_at, .only_sync = only_sync, .go_on = go_on};
  failing.io.open = open_or_fail;
  failing.io.read = read_or_fail;
  failing.io.sync = sync_or_fail;
  failing.io.resize = resize_or_fail;
  failing.io.size = size_or_fail;
  failing.io.rename = rename_or_fail;
  failing.io.sync_dir = sync_dir_or_fail;
  return &failing.io;
}

static void after_a_failed_sync_nothing_is_written_until_reopened(void **state) {
  const place *p = *state;
  opened o = {.path = p->data, .io = failing_files(0, true, false)};
  open_now(&o);
  append(&o, 1, 5);
  failing.fail_at = failing.calls + 1;
  assert_status(try_append(&o, 6, TN_APPEND_SYNC), TN_IO);
  assert_status(try_append(&o, 6, TN_APPEND_SYNC), TN_IO);
  assert_non_null(strstr(o.error.text, "refused"));
  assert_status(lmdb->sync(o.self, &o.error), TN_IO);
  assert_status(try_snapshot(&o, 5, 100), TN_IO);
  expect_records(&o, 1, 6);
  assert_status(try_close(&o), TN_IO);
  o = open_data(p->data);
  assert_int_equal(o.state.epoch, 2);
  assert_false(o.state.clean);
  assert_true(o.state.next_seq == 6 || o.state.next_seq == 7);
  expect_records(&o, 1, o.state.next_seq);
  close_data(&o);
}

/* Does some of everything; *acked is the newest seq that is durable by what it was told. */
static tn_status live(opened *o, uint64_t *acked) {
  uint64_t first, end, seq = stat_of(o, "next_seq");
  size_t size;
  tn_status status = TN_OK;
  for (int i = 0; status == TN_OK && i < 6; i++, seq++) {
    status = try_append(o, seq, i % 2 ? TN_APPEND_SYNC : 0);
    if (status == TN_OK && i % 2) *acked = seq;
  }
  if (status == TN_OK) status = try_snapshot(o, seq - 1, 30000);
  if (status == TN_OK) status = read_snapshot(o, seq - 1, &size);
  if (status == TN_OK) status = lmdb->trim(o->self, seq - 3, &first, &o->error);
  if (status == TN_OK) status = read_all(o, seq - 2, &end);
  if (status == TN_OK) status = lmdb->set_meta(o->self, (tn_slice){"other", 5}, &o->error);
  if (status == TN_OK) status = lmdb->snapshot_remove(o->self, seq - 1, &o->error);
  return status;
}

/* Else the next open would write other records under the same epoch and seqs. */
static void giving_up_damage_that_was_stopped_is_no_clean_close(void **state) {
  const place *p = *state;
  size_t size;
  make_log(p, 50);
  flip_behind(p->file, "record 00000020");
  uint8_t *damaged = read_file(p->file, &size);
  tn_status status = TN_IO;
  for (uint64_t nth = 1; status != TN_OK; nth++) {
    write_file(p->file, damaged, size);
    opened o = {.path = p->data, .truncate = true, .io = failing_files(nth, false, true)};
    status = try_open(&o);
    if (status == TN_OK) status = try_close(&o);
    o = (opened){.path = p->data, .truncate = true};
    open_now(&o);
    assert_int_equal(o.state.next_seq, 20);
    assert_true(o.state.epoch >= 2);
    close_data(&o);
  }
  free(damaged);
}

static void any_call_may_fail_and_nothing_acknowledged_is_lost(void **state) {
  const place *p = *state;
  for (int go_on = 0; go_on < 2; go_on++) {
    tn_status status = TN_IO;
    uint64_t acked = 0;
    for (uint64_t nth = 1; status != TN_OK; nth++) {
      opened o = {.path = p->data, .apart = true, .io = failing_files(nth, false, go_on == 1)};
      remove_data(p);
      acked = 0;
      status = try_open(&o);
      if (status == TN_OK) {
        status = live(&o, &acked);
        if (status == TN_OK) status = live(&o, &acked);
        tn_status closed = try_close(&o);
        if (status == TN_OK) status = closed;
      }
      if (status != TN_OK && status != TN_CORRUPT) assert_status(status, TN_IO);
      o = (opened){.path = p->data, .apart = true};
      open_now(&o);
      assert_true(o.state.next_seq > acked);
      expect_records(&o, o.state.first_seq, o.state.next_seq);
      close_data(&o);
    }
  }
}

/* ---- snapshots apart ------------------------------------------------------------------------ */

static void snapshots_apart_leave_the_journal_s_file_small(void **state) {
  const place *p = *state;
  opened o = {.path = p->data, .apart = true};
  struct stat info;
  open_now(&o);
  append(&o, 1, 5);
  assert_status(try_snapshot(&o, 5, 5000000), TN_OK);
  expect_snapshot(&o, 5, 5000000);
  close_data(&o);
  assert_int_equal(stat(p->file, &info), 0);
  assert_true(info.st_size < 1000000);
  assert_int_equal(stat(p->apart, &info), 0);
  assert_true(info.st_size > 5000000);
}

static void where_snapshots_are_is_the_log_s_own_and_another_choice_is_refused(void **state) {
  const place *p = *state;
  opened o = open_data(p->data);
  close_data(&o);
  o = (opened){.path = p->data, .apart = true};
  assert_status(try_open(&o), TN_INVALID);
  assert_string_equal(o.error.where, "snapshots");
  assert_non_null(strstr(o.error.text, "together"));
}

static void a_missing_file_of_snapshots_is_made_anew_and_one_of_another_log_is_refused(void **state) {
  const place *p = *state;
  opened o = {.path = p->data, .apart = true};
  size_t size;
  open_now(&o);
  append(&o, 1, 5);
  assert_status(try_snapshot(&o, 5, 5000), TN_OK);
  close_data(&o);
  uint8_t *other = read_file(p->apart, &size);
  assert_int_equal(unlink(p->apart), 0);
  opened reader = {.path = p->data, .read_only = true};
  assert_status(try_open(&reader), TN_CORRUPT);
  open_now(&o);
  assert_non_null(strstr(o.line, "snapshots.mdb is missing"));
  expect_records(&o, 1, 6);
  assert_int_equal(stat_of(&o, "snapshots"), 0);
  close_data(&o);
  assert_int_equal(unlink(p->file) + unlink(p->apart), 0);
  open_now(&o);
  close_data(&o);
  write_file(p->apart, other, size);
  free(other);
  assert_status(try_open(&o), TN_INVALID);
  assert_non_null(strstr(o.error.text, "another data directory"));
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, remove_place)
  const struct CMUnitTest tests[] = {
      TEST(a_flipped_byte_is_found_or_does_not_matter),
      TEST(a_page_of_zeros_or_of_another_place_is_found),
      TEST(a_file_cut_to_any_length_is_refused_or_whole),
      TEST(a_file_that_is_cut_under_its_owner_is_an_error),
      TEST(damage_names_file_offset_and_seq_and_changes_nothing),
      TEST(damage_that_no_open_looked_for_is_found_when_it_is_read),
      TEST(giving_up_damage_keeps_what_is_before_it_and_goes_on),
      TEST(a_damaged_snapshot_is_listed_and_refused_and_can_be_removed),
      TEST(a_directory_with_other_files_is_refused),
      TEST(a_file_that_is_not_ours_is_refused),
      TEST(a_newer_format_is_refused_with_what_to_do),
      TEST(files_in_memory_are_refused_with_the_reason),
      TEST(words_that_no_key_knows_are_refused),
      TEST(a_second_owner_is_refused_in_this_process_and_in_another),
      TEST(readers_come_and_go_beside_an_owner_in_one_process),
      TEST(a_reader_sees_what_is_known_durable_and_changes_nothing),
      TEST(readers_in_other_processes_follow_an_owner_that_appends_and_trims),
      TEST(a_reader_that_was_killed_leaves_nothing_behind),
      TEST(its_files_are_closed_by_exec),
      TEST(the_map_grows_by_itself_under_readers),
      TEST(records_may_be_large_and_too_large_is_a_limit),
      TEST(trimming_gives_pages_back),
      TEST(a_long_snapshot_read_does_not_make_the_file_grow),
      TEST(removed_snapshots_give_pages_back_also_after_a_last_reader),
      TEST(an_unfinished_snapshot_is_swept_away),
      TEST(a_full_disk_is_a_status_and_loses_nothing),
      TEST(a_snapshot_on_a_full_disk_harms_nothing),
      TEST(nothing_can_be_made_on_a_full_disk_and_later_it_can),
      TEST(a_limit_on_the_size_of_files_is_a_full_disk),
      TEST(after_a_failed_sync_nothing_is_written_until_reopened),
      TEST(giving_up_damage_that_was_stopped_is_no_clean_close),
      TEST(any_call_may_fail_and_nothing_acknowledged_is_lost),
      TEST(snapshots_apart_leave_the_journal_s_file_small),
      TEST(where_snapshots_are_is_the_log_s_own_and_another_choice_is_refused),
      TEST(a_missing_file_of_snapshots_is_made_anew_and_one_of_another_log_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
