/* test_storage_file.c - what only storage/file promises: damage is found, torn tails are cut and kept, one owner,
 * readers beside it. Crash states are in crash/test_file_states.c. */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io.h"
#include "storage/file/file.h"
#include "support/assert_status.h"
#include "support/folder.h"
#include "support/recorded_io.h"
#include "support/test_host.h"

#define SEGMENT_HEADER 512
#define FRAME_HEADER 40

static const tn_storage *const file = &tni_storage_file;

/* An opened storage and how it was asked for. */
typedef struct opened {
  const tn_io *io;
  const char *path;
  bool read_only, truncate, text, verify_tail;
  int64_t segment_max; /* 0 = 4096 */
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
  (void)tn_obj(&config, "segment_bytes_min", 4096, "segment_bytes_max", o->segment_max ? o->segment_max : 4096,
               "verify", o->verify_tail ? "tail" : "all");
  tn_storage_options options = {.host = &test_host,
                                .memory = tn_memory_system(),
                                .io = o->io,
                                .path = o->path ? o->path : "data",
                                .config = tn_built(&config),
                                .meta = {"meta", 4},
                                .base_seq = 1,
                                .base_epoch = 1,
                                .read_only = o->read_only,
                                .text = o->text,
                                .text_snapshots = o->text,
                                .truncate_damaged = o->truncate,
                                .log = note,
                                .log_arg = o};
  o->error = (tn_error)TN_ERROR_INIT;
  o->logged = 0;
  o->self = calloc(1, file->state_size);
  tn_status status = file->open(o->self, &options, &o->state, &o->error);
  if (status != TN_OK) free(o->self);
  tn_builder_free(&config);
  return status;
}

static opened open_files(const recorded_io *files) {
  opened o = {.io = recorded_io_tn_io(files)};
  tn_status status = try_open(&o);
  if (status != TN_OK) print_error("%s (%s)\n", o.error.text, o.error.where);
  assert_status(status, TN_OK);
  return o;
}

static tn_status try_close(opened *o) {
  tn_status status = file->close(o->self, &o->error);
  free(o->self);
  return status;
}

static void close_files(opened *o) { assert_status(try_close(o), TN_OK); }

/* 200 bytes that name their record. */
static tn_slice make_record(uint64_t seq, char *room) {
  memset(room, 'a' + (int)(seq % 26), 200);
  char name[32];
  memcpy(room, name, (size_t)snprintf(name, sizeof name, "record %08" PRIu64, seq));
  return (tn_slice){room, 200};
}

static tn_status try_append(opened *o, uint64_t seq, uint32_t flags) {
  char room[200];
  tn_slice record = make_record(seq, room);
  return file->append(o->self, seq, &record, 1, flags, &o->error);
}

static void append(opened *o, uint64_t first, uint64_t last) {
  for (uint64_t seq = first; seq <= last; seq++) assert_status(try_append(o, seq, TN_APPEND_SYNC), TN_OK);
}

/* Reads to the end; *next is the seq after the last. CORRUPT too when a record is not what was appended. */
static tn_status read_all(opened *o, uint64_t from, uint64_t *next) {
  void *cursor;
  *next = from;
  tn_status status = file->read_open(o->self, from, &cursor, &o->error);
  if (status != TN_OK) return status;
  tn_record record;
  char room[200];
  bool same = true;
  while (same && (status = file->read_next(o->self, cursor, &record, &o->error)) == TN_OK) {
    same = record.seq == *next && record.bytes.size == 200 &&
           memcmp(record.bytes.data, make_record(*next, room).data, 200) == 0;
    (*next)++;
  }
  file->read_close(o->self, cursor);
  assert_true(same); /* never other bytes than those appended */
  return status == TN_NOT_FOUND ? TN_OK : status;
}

static void expect_records(opened *o, uint64_t first, uint64_t next) {
  uint64_t end;
  assert_status(read_all(o, first, &end), TN_OK);
  assert_int_equal(end, next);
}

static void write_snapshot(opened *o, uint64_t seq, const char *text) {
  void *writer;
  assert_status(file->snapshot_begin(o->self, seq, &writer, &o->error), TN_OK);
  assert_status(file->snapshot_write(o->self, writer, (tn_slice){text, strlen(text)}, &o->error), TN_OK);
  assert_status(file->snapshot_commit(o->self, writer, &o->error), TN_OK);
}

static tn_status read_snapshot(opened *o, uint64_t seq, const char *text) {
  void *reader;
  tn_slice run;
  tn_status status = file->snapshot_open(o->self, seq, &reader, &o->error);
  if (status != TN_OK) return status;
  while ((status = file->snapshot_read(o->self, reader, &run, &o->error)) == TN_OK) {
    assert_int_equal(run.size, strlen(text));
    assert_memory_equal(run.data, text, run.size);
  }
  file->snapshot_close(o->self, reader);
  return status == TN_NOT_FOUND ? TN_OK : status;
}

/* Files after records 1..last and snapshot 3, closed, or as a kill leaves them. */
static recorded_io *make_files(uint64_t last, bool closed) {
  recorded_io *files = recorded_io_create();
  opened o = open_files(files);
  append(&o, 1, last);
  write_snapshot(&o, 3, "a small snapshot");
  recorded_io *killed = recorded_io_copy(files);
  close_files(&o);
  recorded_io_destroy(closed ? killed : files);
  return closed ? files : killed;
}

static recorded_io *reopened_copy(const recorded_io *files, opened *o, tn_status *status) {
  recorded_io *copy = recorded_io_copy(files);
  *o = (opened){.io = recorded_io_tn_io(copy)};
  *status = try_open(o);
  return copy;
}

/* Offset of the last byte that is not zero, plus one. */
static size_t used(const recorded_io *files, const char *path) {
  const uint8_t *data;
  size_t size;
  assert_true(recorded_io_bytes(files, path, &data, &size));
  while (size > 0 && data[size - 1] == 0) size--;
  return size;
}

static void unlink_file(recorded_io *files, const char *path) {
  const tn_io *io = recorded_io_tn_io(files);
  assert_status(io->unlink(io, path, NULL), TN_OK);
}

/* "data/journal/0000...1.seg"; good until the next call. */
static const char *segment(uint64_t first_seq) {
  static char path[64];
  snprintf(path, sizeof path, "data/journal/%020" PRIu64 ".seg", first_seq);
  return path;
}

/* First seq of segment number i; 0 past the last. */
static uint64_t segment_number(const recorded_io *files, size_t i) {
  uint64_t found = 0;
  for (size_t n = 0; n <= i; n++) {
    uint64_t next = UINT64_MAX;
    for (size_t k = 0; recorded_io_path(files, k); k++) {
      uint64_t seq;
      const char *path = recorded_io_path(files, k);
      if (strstr(path, ".seg") && sscanf(path, "data/journal/%20" SCNu64, &seq) == 1 && seq > found && seq < next)
        next = seq;
    }
    if (next == UINT64_MAX) return 0;
    found = next;
  }
  return found;
}

static uint64_t last_segment(const recorded_io *files) {
  uint64_t last = 0;
  for (size_t i = 0; segment_number(files, i) != 0; i++) last = segment_number(files, i);
  return last;
}

/* ---- damage --------------------------------------------------------------------------------- */

/* Opens files with one flipped byte and says whether that was found, or did not matter, or cut a reported tail. */
static bool flip_is_harmless(const recorded_io *files, const char *path, size_t offset, uint64_t next,
                             uint64_t durable) {
  recorded_io *copy = recorded_io_copy(files);
  assert_true(recorded_io_flip(copy, path, offset, (uint8_t)(1u << (offset % 8))));
  opened o = {.io = recorded_io_tn_io(copy)};
  tn_status status = try_open(&o);
  bool good = status == TN_CORRUPT || status == TN_INVALID;
  if (status == TN_OK) {
    uint64_t end = 0;
    status = read_all(&o, 1, &end);
    good = status == TN_CORRUPT || (status == TN_OK && (end == next || (end >= durable && o.logged > 0)));
    tn_status snapshot = read_snapshot(&o, 3, "a small snapshot");
    good = good && (snapshot == TN_OK || snapshot == TN_CORRUPT || snapshot == TN_INVALID);
    close_files(&o);
  }
  recorded_io_destroy(copy);
  return good;
}

/* `durable`: what must be there, as seq after it, when there is no end mark to prove more. */
static size_t flip_every_byte(const recorded_io *files, uint64_t next, uint64_t durable) {
  size_t flips = 0;
  const char *path;
  for (size_t i = 0; (path = recorded_io_path(files, i)); i++) {
    const uint8_t *data;
    size_t size;
    assert_true(recorded_io_bytes(files, path, &data, &size));
    for (size_t offset = 0; offset < size; offset++, flips++)
      if (!flip_is_harmless(files, path, offset, next, durable)) fail_msg("%s, byte %zu", path, offset);
  }
  return flips;
}

static void a_flipped_byte_after_a_clean_close_loses_nothing_unnoticed(void **state) {
  (void)state;
  recorded_io *files = make_files(32, true);
  print_message("# %zu flipped bytes, closed\n", flip_every_byte(files, 33, 33));
  recorded_io_destroy(files);
}

static void a_flipped_byte_after_a_kill_costs_at_most_the_last_group(void **state) {
  (void)state;
  recorded_io *files = make_files(19, false);
  print_message("# %zu flipped bytes, killed\n", flip_every_byte(files, 20, 19));
  recorded_io_destroy(files);
}

static void damage_names_file_offset_and_seq_and_changes_nothing(void **state) {
  (void)state;
  recorded_io *files = make_files(10, true);
  assert_true(recorded_io_flip(files, segment(1), SEGMENT_HEADER + 64 + 240 * 4 + 100, 1)); /* record 5 */
  size_t before = recorded_io_op_count(files);
  opened o = {.io = recorded_io_tn_io(files)};
  assert_status(try_open(&o), TN_CORRUPT);
  assert_non_null(strstr(o.error.text, "record 5 "));
  assert_string_equal(o.error.where, "journal/00000000000000000001.seg:1536");
  assert_int_equal(recorded_io_op_count(files), before);
  recorded_io_destroy(files);
}

static void damage_after_an_end_mark_is_corruption_without_one_a_torn_tail(void **state) {
  (void)state;
  for (int closed = 0; closed < 2; closed++) {
    recorded_io *files = make_files(10, closed == 1);
    assert_true(recorded_io_flip(files, segment(1), SEGMENT_HEADER + 64 + 240 * 9 + 100, 1)); /* record 10 */
    opened o = {.io = recorded_io_tn_io(files)};
    assert_status(try_open(&o), closed ? TN_CORRUPT : TN_OK);
    if (!closed) {
      expect_records(&o, 1, 10);
      close_files(&o);
    }
    recorded_io_destroy(files);
  }
}

static void damage_in_what_a_snapshot_was_made_of_is_refused_and_changes_nothing(void **state) {
  (void)state;
  recorded_io *files = recorded_io_create();
  opened o = open_files(files);
  append(&o, 1, 5);
  write_snapshot(&o, 5, "a small snapshot");
  recorded_io *killed = recorded_io_copy(files);
  close_files(&o);
  assert_true(recorded_io_flip(killed, segment(1), SEGMENT_HEADER + 64 + 240 * 4 + 100, 1)); /* record 5 */
  o = (opened){.io = recorded_io_tn_io(killed)};
  assert_status(try_open(&o), TN_CORRUPT);
  assert_non_null(strstr(o.error.text, "record 5 is damaged or missing: there is a snapshot of record 5"));
  assert_int_equal(recorded_io_op_count(killed), 0);
  recorded_io_destroy(files);
  recorded_io_destroy(killed);
}

static void a_missing_segment_is_refused_wherever_it_was(void **state) {
  (void)state;
  for (int closed = 0; closed < 2; closed++) {
    recorded_io *files = make_files(60, closed == 1);
    for (size_t i = 0; segment_number(files, i) != 0; i++) {
      recorded_io *copy = recorded_io_copy(files);
      uint64_t first = segment_number(files, i);
      unlink_file(copy, segment(first));
      opened o = {.io = recorded_io_tn_io(copy)};
      assert_status(try_open(&o), TN_CORRUPT);
      char seq[32];
      snprintf(seq, sizeof seq, "%" PRIu64 " ", first);
      assert_non_null(strstr(o.error.text, seq));
      recorded_io_destroy(copy);
    }
    recorded_io_destroy(files);
  }
}

static void a_shortened_segment_is_refused(void **state) {
  (void)state;
  for (int closed = 0; closed < 2; closed++) {
    recorded_io *files = make_files(20, closed == 1);
    for (size_t size = 0; size < 4096; size += 311) {
      recorded_io *copy = recorded_io_copy(files);
      assert_true(recorded_io_cut(copy, segment(last_segment(files)), size));
      opened o = {.io = recorded_io_tn_io(copy)};
      assert_status(try_open(&o), TN_CORRUPT);
      recorded_io_destroy(copy);
    }
    recorded_io_destroy(files);
  }
}

static void giving_up_damage_keeps_what_is_before_it_and_goes_on(void **state) {
  (void)state;
  recorded_io *files = make_files(60, true);
  for (size_t i = 0; segment_number(files, i + 1) != 0; i++) {
    for (int how = 0; how < 3; how++) {
      recorded_io *copy = recorded_io_copy(files);
      uint64_t first = segment_number(files, i), second = segment_number(files, i + 1);
      if (how == 0) assert_true(recorded_io_flip(copy, segment(first), SEGMENT_HEADER + 64 + 240 * 3 + 60, 1));
      if (how == 1) assert_true(recorded_io_flip(copy, segment(second), 20, 1));
      if (how == 2) unlink_file(copy, segment(second));
      opened o = {.io = recorded_io_tn_io(copy), .truncate = true};
      assert_status(try_open(&o), TN_OK);
      assert_true(how == 0 ? o.state.next_seq > first && o.state.next_seq < second : o.state.next_seq == second);
      assert_int_equal(o.state.epoch, 2);
      assert_true(o.logged > 0);
      expect_records(&o, 1, o.state.next_seq);
      uint64_t next = o.state.next_seq;
      append(&o, next, next + 40);
      close_files(&o);
      o.truncate = false;
      assert_status(try_open(&o), TN_OK);
      expect_records(&o, 1, next + 41);
      close_files(&o);
      recorded_io_destroy(copy);
    }
  }
  recorded_io_destroy(files);
}

static void damage_in_an_old_segment_is_found_at_open_or_when_it_is_read(void **state) {
  (void)state;
  recorded_io *files = make_files(60, true);
  assert_true(recorded_io_flip(files, segment(1), SEGMENT_HEADER + 64 + 240 * 4 + 100, 1));
  opened o = {.io = recorded_io_tn_io(files)};
  assert_status(try_open(&o), TN_CORRUPT);
  o.verify_tail = true;
  assert_status(try_open(&o), TN_OK);
  uint64_t end;
  assert_status(read_all(&o, 1, &end), TN_CORRUPT);
  assert_int_equal(end, 5);
  assert_non_null(strstr(o.error.text, "record 5 "));
  expect_records(&o, 20, 61);
  close_files(&o);
  recorded_io_destroy(files);
}

/* ---- tails ---------------------------------------------------------------------------------- */

static void a_tail_torn_at_any_byte_is_cut_kept_and_reported(void **state) {
  (void)state;
  recorded_io *files = make_files(5, false);
  size_t end = used(files, segment(1)), start = SEGMENT_HEADER + 64 + 240 * 4, first = start, segment_size;
  const uint8_t *written;
  assert_true(recorded_io_bytes(files, segment(1), &written, &segment_size));
  while (written[first] == 0) first++; /* a checksum may begin with zeros: nothing is torn then */
  for (size_t at = first + 1; at < end; at++) {
    recorded_io *copy = recorded_io_copy(files);
    for (size_t i = at; i < end; i++) {
      const uint8_t *data;
      size_t size;
      assert_true(recorded_io_bytes(copy, segment(1), &data, &size));
      assert_true(recorded_io_flip(copy, segment(1), i, data[i]));
    }
    opened o = open_files(copy);
    assert_int_equal(o.state.next_seq, 5);
    assert_int_equal(o.state.epoch, 2);
    assert_false(o.state.clean);
    assert_int_equal(o.logged, 1);
    expect_records(&o, 1, 5);
    const uint8_t *kept;
    size_t kept_size;
    assert_true(recorded_io_bytes(copy, "data/journal/tail-2-5.cut", &kept, &kept_size));
    assert_true(kept_size > 0 && kept_size <= at - start);
    append(&o, 5, 6);
    close_files(&o);
    o = open_files(copy);
    expect_records(&o, 1, 7);
    close_files(&o);
    recorded_io_destroy(copy);
  }
  recorded_io_destroy(files);
}

static void what_was_cut_never_comes_back(void **state) {
  (void)state;
  recorded_io *files = make_files(5, false);
  assert_true(recorded_io_flip(files, segment(1), SEGMENT_HEADER + 64 + 240 * 4 + 50, 1)); /* record 5 */
  opened o = open_files(files);
  for (uint64_t i = 0; i < 4; i++) {
    recorded_io *killed = recorded_io_copy(files);
    close_files(&o);
    recorded_io_destroy(files);
    files = killed;
    o = open_files(files);
    assert_int_equal(o.state.next_seq, 5);
    assert_int_equal(o.state.epoch, 3 + i); /* every kill counts, records or not */
  }
  close_files(&o);
  recorded_io_destroy(files);
}

static void frames_of_another_segment_are_never_taken(void **state) {
  (void)state;
  recorded_io *files = make_files(60, false);
  uint64_t last = last_segment(files);
  size_t end = used(files, segment(last)), room = 4096 - end;
  const uint8_t *from, *to;
  size_t size;
  assert_true(recorded_io_bytes(files, segment(1), &from, &size));
  for (size_t i = 0; i < room; i++) { /* as if the file had been in use before */
    assert_true(recorded_io_bytes(files, segment(last), &to, &size));
    assert_true(recorded_io_flip(files, segment(last), (end + 7) / 8 * 8 + i, from[SEGMENT_HEADER + i]) ||
                i + 8 > room);
  }
  opened o = open_files(files);
  expect_records(&o, 1, 61);
  append(&o, 61, 80);
  close_files(&o);
  o = open_files(files);
  assert_true(o.state.clean);
  expect_records(&o, 1, 81);
  close_files(&o);
  recorded_io_destroy(files);
}

/* ---- snapshots ------------------------------------------------------------------------------ */

static void a_snapshot_cut_at_any_byte_is_corrupt(void **state) {
  (void)state;
  recorded_io *files = make_files(5, true);
  static const char path[] = "data/snapshot-00000000000000000003.snap";
  const uint8_t *data;
  size_t size;
  assert_true(recorded_io_bytes(files, path, &data, &size));
  for (size_t at = 0; at < size; at++) {
    recorded_io *copy = recorded_io_copy(files);
    assert_true(recorded_io_cut(copy, path, at));
    opened o = open_files(copy);
    assert_status(read_snapshot(&o, 3, "a small snapshot"), TN_CORRUPT);
    close_files(&o);
    recorded_io_destroy(copy);
  }
  recorded_io_destroy(files);
}

/* Bytes of snapshot 3 that are in its file while it is being written. */
static size_t written_so_far(const recorded_io *files) {
  const uint8_t *data;
  size_t size = 0;
  assert_true(recorded_io_bytes(files, "data/snapshot-00000000000000000003.tmp", &data, &size));
  return size;
}

/* So that whoever hands it over says how large the writes are. */
static void a_run_of_a_snapshot_is_written_when_it_is_handed_over(void **state) {
  static const uint8_t run[64u << 10];
  (void)state;
  recorded_io *files = make_files(5, true);
  opened o = open_files(files);
  void *writer;
  assert_status(file->snapshot_remove(o.self, 3, &o.error), TN_OK);
  assert_status(file->snapshot_begin(o.self, 3, &writer, &o.error), TN_OK);
  for (size_t handed = sizeof run; handed <= 20 * sizeof run; handed += sizeof run) {
    assert_status(file->snapshot_write(o.self, writer, (tn_slice){run, sizeof run}, &o.error), TN_OK);
    assert_in_range(written_so_far(files), handed - 4096, handed + 4096);
  }
  assert_status(file->snapshot_write(o.self, writer, (tn_slice){run, 1}, &o.error), TN_OK);
  assert_true(written_so_far(files) <= 20 * sizeof run + 4096);
  assert_status(file->snapshot_commit(o.self, writer, &o.error), TN_OK);
  close_files(&o);
  recorded_io_destroy(files);
}

/* How many files this process holds open that have no name any more. */
static int nameless_files(void) {
  int count = 0;
  for (int fd = 0; fd < 256; fd++) {
    char link[64], path[512];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size <= 0) continue;
    path[size] = '\0';
    count += strstr(path, ".snap (deleted)") != NULL;
  }
  return count;
}

/* Taking its blocks back may take the file system long: whoever removes it does not wait for that. */
static void a_removed_snapshot_is_closed_by_the_next_maintenance(void **state) {
  (void)state;
  folder f;
  assert_true(folder_make(&f));
  opened o = {.io = tni_io_posix(), .path = f.path};
  assert_status(try_open(&o), TN_OK);
  for (uint64_t seq = 1; seq <= 4; seq++) write_snapshot(&o, seq, "a small snapshot");
  for (uint64_t seq = 1; seq <= 2; seq++) {
    assert_status(file->snapshot_remove(o.self, seq, &o.error), TN_OK);
    assert_status(read_snapshot(&o, seq, ""), TN_NOT_FOUND);
    assert_int_equal(nameless_files(), 1);
  }
  assert_status(file->maintain(o.self, &o.error), TN_OK);
  assert_int_equal(nameless_files(), 0);
  assert_status(file->snapshot_remove(o.self, 3, &o.error), TN_OK);
  close_files(&o);
  assert_int_equal(nameless_files(), 0);
  folder_remove(&f);
}

static void a_snapshot_of_another_directory_is_refused(void **state) {
  (void)state;
  recorded_io *files = make_files(5, true), *others = make_files(5, true);
  const uint8_t *data;
  size_t size;
  assert_true(recorded_io_bytes(others, "data/snapshot-00000000000000000003.snap", &data, &size));
  const tn_io *io = recorded_io_tn_io(files);
  tn_file *f;
  assert_status(io->open(io, "data/snapshot-00000000000000000003.snap", TN_FILE_WRITE, &f, NULL), TN_OK);
  assert_status(io->write(f, 0, data, size, NULL), TN_OK);
  io->close(f);
  opened o = open_files(files);
  assert_status(read_snapshot(&o, 3, "a small snapshot"), TN_CORRUPT);
  close_files(&o);
  recorded_io_destroy(files);
  recorded_io_destroy(others);
}

static void an_unfinished_snapshot_is_removed_at_open(void **state) {
  (void)state;
  recorded_io *files = recorded_io_create();
  opened o = open_files(files);
  void *writer;
  assert_status(file->snapshot_begin(o.self, 9, &writer, &o.error), TN_OK);
  recorded_io *killed = recorded_io_copy(files);
  file->snapshot_abort(o.self, writer);
  close_files(&o);
  const uint8_t *data;
  size_t size;
  assert_true(recorded_io_bytes(killed, "data/snapshot-00000000000000000009.tmp", &data, &size));
  o = open_files(killed);
  assert_false(recorded_io_bytes(killed, "data/snapshot-00000000000000000009.tmp", &data, &size));
  close_files(&o);
  recorded_io_destroy(files);
  recorded_io_destroy(killed);
}

/* ---- whose directory it is ------------------------------------------------------------------ */

static void a_second_owner_is_refused_until_the_first_closes(void **state) {
  (void)state;
  folder f;
  assert_true(folder_make(&f));
  opened first = {.io = tni_io_posix(), .path = f.path}, second = first;
  assert_status(try_open(&first), TN_OK);
  assert_status(try_open(&second), TN_BUSY);
  append(&first, 1, 3);
  assert_status(try_open(&second), TN_BUSY);
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) _exit(try_open(&second) == TN_BUSY ? 0 : 1);
  int code = 1;
  assert_int_equal(waitpid(child, &code, 0), child);
  assert_true(WIFEXITED(code) && WEXITSTATUS(code) == 0);
  close_files(&first);
  assert_status(try_open(&second), TN_OK);
  expect_records(&second, 1, 4);
  close_files(&second);
  folder_remove(&f);
}

static void a_directory_with_other_files_is_refused(void **state) {
  (void)state;
  recorded_io *files = recorded_io_create();
  const tn_io *io = recorded_io_tn_io(files);
  tn_file *f;
  assert_status(io->make_dir(io, "data", NULL), TN_OK);
  assert_status(io->open(io, "data/holiday.jpg", TN_FILE_CREATE, &f, NULL), TN_OK);
  io->close(f);
  opened o = {.io = io};
  size_t before = recorded_io_op_count(files);
  assert_status(try_open(&o), TN_INVALID);
  assert_non_null(strstr(o.error.text, "holiday.jpg"));
  assert_int_equal(recorded_io_op_count(files), before);
  recorded_io_destroy(files);
}

static void a_journal_without_its_directory_file_is_refused(void **state) {
  (void)state;
  recorded_io *files = make_files(5, true);
  unlink_file(files, "data/TENON");
  unlink_file(files, "data/snapshot-00000000000000000003.snap");
  opened o = {.io = recorded_io_tn_io(files)};
  assert_status(try_open(&o), TN_INVALID);
  const uint8_t *data;
  size_t size;
  assert_true(recorded_io_bytes(files, segment(1), &data, &size));
  recorded_io_destroy(files);
}

/* Sets the version at `offset` and puts the checksum of [0, sum) at `sum` right. */
static void make_newer(recorded_io *files, const char *path, size_t sum) {
  const uint8_t *data;
  size_t size;
  assert_true(recorded_io_flip(files, path, 8, 2));
  assert_true(recorded_io_bytes(files, path, &data, &size));
  if (sum == 0) sum = size - 8;
  uint64_t hash = test_host.hash64((tn_slice){data, sum}, 0);
  for (unsigned i = 0; i < 8; i++)
    assert_true(recorded_io_flip(files, path, sum + i, data[sum + i] ^ (uint8_t)(hash >> (8 * i))));
}

static void a_newer_format_is_refused_with_what_to_do(void **state) {
  (void)state;
  recorded_io *files = make_files(5, true);
  recorded_io *copy = recorded_io_copy(files);
  make_newer(copy, "data/TENON", 0);
  opened o = {.io = recorded_io_tn_io(copy)};
  assert_status(try_open(&o), TN_INVALID);
  assert_non_null(strstr(o.error.text, "version 3"));
  recorded_io_destroy(copy);
  copy = recorded_io_copy(files);
  make_newer(copy, segment(1), 504);
  o = (opened){.io = recorded_io_tn_io(copy)};
  assert_status(try_open(&o), TN_INVALID);
  recorded_io_destroy(copy);
  make_newer(files, "data/snapshot-00000000000000000003.snap", 56);
  o = open_files(files);
  assert_status(read_snapshot(&o, 3, ""), TN_INVALID);
  close_files(&o);
  recorded_io_destroy(files);
}

static void a_file_that_is_not_ours_is_refused(void **state) {
  (void)state;
  recorded_io *files = make_files(5, true);
  assert_true(recorded_io_flip(files, "data/TENON", 0, 0xff));
  opened o = {.io = recorded_io_tn_io(files)};
  assert_status(try_open(&o), TN_INVALID);
  recorded_io_destroy(files);
}

/* ---- failing -------------------------------------------------------------------------------- */

static void after_a_failed_write_or_sync_nothing_is_written_until_reopened(void **state) {
  (void)state;
  for (uint64_t nth = 1; nth <= 2; nth++) { /* the write, the sync */
    recorded_io *files = recorded_io_create();
    opened o = open_files(files);
    append(&o, 1, 3);
    recorded_io_fail(files, nth, TN_FULL, false);
    assert_status(try_append(&o, 4, TN_APPEND_SYNC), TN_FULL);
    size_t before = recorded_io_op_count(files);
    assert_status(try_append(&o, 4, TN_APPEND_SYNC), TN_IO);
    assert_status(try_append(&o, 5, TN_APPEND_SYNC), TN_IO);
    assert_status(file->sync(o.self, &o.error), TN_IO);
    assert_status(try_close(&o), TN_IO);
    assert_int_equal(recorded_io_op_count(files), before);
    o = open_files(files);
    assert_false(o.state.clean);
    assert_int_equal(o.state.epoch, 2);
    expect_records(&o, 1, 3 + nth);
    close_files(&o);
    recorded_io_destroy(files);
  }
}

static void any_call_may_fail_and_nothing_acknowledged_is_lost(void **state) {
  (void)state;
  bool failed = true;
  for (uint64_t nth = 1; failed; nth++) {
    recorded_io *files = recorded_io_create();
    recorded_io_fail(files, nth, nth % 2 ? TN_IO : TN_FULL, false);
    opened o = {.io = recorded_io_tn_io(files)};
    uint64_t acknowledged = 0, first;
    failed = try_open(&o) != TN_OK;
    if (!failed) {
      for (uint64_t seq = 1; seq <= 40 && !failed; seq++) {
        failed = try_append(&o, seq, TN_APPEND_SYNC) != TN_OK;
        if (!failed) acknowledged = seq;
        if (seq == 30 && !failed) failed = file->trim(o.self, 20, &first, &o.error) != TN_OK;
        if (seq % 10 == 0 && !failed) failed = file->maintain(o.self, &o.error) != TN_OK;
      }
      failed = (try_close(&o) != TN_OK) || failed;
    }
    recorded_io_fail(files, 0, TN_OK, false);
    o = open_files(files);
    assert_true(o.state.next_seq > acknowledged);
    expect_records(&o, o.state.first_seq, o.state.next_seq);
    close_files(&o);
    recorded_io_destroy(files);
  }
}

/* ---- readers beside an owner ---------------------------------------------------------------- */

static void a_reader_sees_what_is_known_durable_and_changes_nothing(void **state) {
  (void)state;
  recorded_io *files = recorded_io_create();
  opened owner = open_files(files), reader = {.io = owner.io, .read_only = true};
  append(&owner, 1, 30);
  size_t before = recorded_io_op_count(files);
  assert_status(try_open(&reader), TN_OK);
  assert_int_equal(reader.state.next_seq, 30); /* that 30 is durable is not yet written */
  assert_false(reader.state.clean);
  expect_records(&reader, 1, 30);
  assert_status(try_append(&reader, 30, 0), TN_DENIED);
  assert_int_equal(recorded_io_op_count(files), before);
  assert_status(try_append(&owner, 31, 0), TN_OK);
  expect_records(&reader, 1, 31);
  append(&owner, 32, 90);
  expect_records(&reader, 1, 90);
  uint64_t first;
  assert_status(file->trim(owner.self, 50, &first, &owner.error), TN_OK);
  uint64_t end;
  assert_status(read_all(&reader, 1, &end), TN_TRIMMED);
  expect_records(&reader, first, 90);
  close_files(&owner);
  expect_records(&reader, first, 91);
  close_files(&reader);
  before = recorded_io_op_count(files);
  assert_status(try_open(&reader), TN_OK);
  assert_true(reader.state.clean);
  assert_int_equal(reader.state.next_seq, 91);
  close_files(&reader);
  assert_int_equal(recorded_io_op_count(files), before);
  recorded_io_destroy(files);
}

static void a_reader_follows_an_owner(void **state) {
  (void)state;
  recorded_io *files = recorded_io_create();
  opened owner = open_files(files), reader = {.io = owner.io, .read_only = true};
  append(&owner, 1, 3);
  assert_status(try_open(&reader), TN_OK);
  assert_status(file->follow(reader.self, 2, 20, &reader.error), TN_NOT_FOUND);
  append(&owner, 4, 4);
  assert_status(file->follow(reader.self, 2, 20, &reader.error), TN_OK);
  close_files(&owner);
  assert_status(file->follow(reader.self, 3, 20, &reader.error), TN_OK);
  close_files(&reader);
  recorded_io_destroy(files);
}

typedef struct beside {
  const tn_io *io;
  const char *path;
  _Atomic bool done;
  _Atomic bool good;
  _Atomic int opens;
} beside;

static void *open_and_read(void *arg) {
  beside *b = arg;
  uint64_t seen = 0;
  while (b->good && !b->done) {
    opened o = {.io = b->io, .path = b->path, .read_only = true};
    tn_status status = try_open(&o);
    if (status == TN_OK) {
      for (int i = 0; i < 3 && status == TN_OK; i++) {
        uint64_t end = 0;
        status = read_all(&o, seen + 1 > o.state.first_seq ? seen + 1 : o.state.first_seq, &end);
        if (status == TN_OK && end > seen + 1) seen = end - 1;
      }
      (void)try_close(&o);
    }
    b->opens++;
    if (status == TN_TRIMMED)
      seen = 0;
    else if (status != TN_OK)
      b->good = false;
    if (!b->good) print_error("%s: %s (%s)\n", tn_status_name(status), o.error.text, o.error.where);
  }
  return NULL;
}

static void readers_open_and_read_while_an_owner_rolls_over_and_trims(void **state) {
  (void)state;
  folder f;
  assert_true(folder_make(&f));
  opened owner = {.io = tni_io_posix(), .path = f.path};
  assert_status(try_open(&owner), TN_OK);
  beside b = {owner.io, f.path, false, true, 0};
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, open_and_read, &b), 0);
  for (uint64_t seq = 1; seq <= 1500 && b.good; seq++) {
    assert_status(try_append(&owner, seq, seq % 3 ? 0 : TN_APPEND_SYNC), TN_OK);
    uint64_t first;
    if (seq % 100 == 0) assert_status(file->trim(owner.self, seq - 60, &first, &owner.error), TN_OK);
    if (seq % 500 == 0) {
      close_files(&owner);
      assert_status(try_open(&owner), TN_OK);
    }
  }
  b.done = true;
  pthread_join(thread, NULL);
  assert_true(b.good);
  assert_true(b.opens > 0);
  close_files(&owner);
  folder_remove(&f);
}

/* ---- the rest ------------------------------------------------------------------------------- */

static void a_journal_of_text_can_be_read_by_people(void **state) {
  (void)state;
  recorded_io *files = recorded_io_create();
  opened o = {.io = recorded_io_tn_io(files), .text = true};
  assert_status(try_open(&o), TN_OK);
  tn_slice record = {"{\"op\":\"put\"}", 12};
  assert_status(file->append(o.self, 1, &record, 1, TN_APPEND_SYNC, &o.error), TN_OK);
  close_files(&o);
  const uint8_t *data;
  size_t size;
  assert_true(recorded_io_bytes(files, segment(1), &data, &size));
  const char *line = memmem(data, size, "\n{\"op\":\"put\"}", 13);
  assert_non_null(line);
  assert_int_equal(line[13 + strspn(line + 13, " ")], '\n');
  recorded_io_destroy(files);
}

static void a_journal_may_change_between_text_and_binary(void **state) {
  (void)state;
  recorded_io *files = recorded_io_create();
  uint64_t next = 1;
  for (int i = 0; i < 6; i++) {
    opened o = {.io = recorded_io_tn_io(files), .text = i % 2 == 1};
    assert_status(try_open(&o), TN_OK);
    expect_records(&o, 1, next);
    append(&o, next, next + 4);
    next += 5;
    close_files(&o);
  }
  recorded_io_destroy(files);
}

static void segments_grow_to_the_largest_size(void **state) {
  (void)state;
  recorded_io *files = recorded_io_create();
  opened o = {.io = recorded_io_tn_io(files), .segment_max = 16384};
  assert_status(try_open(&o), TN_OK);
  append(&o, 1, 300);
  for (size_t i = 0; segment_number(files, i) != 0; i++) {
    const uint8_t *data;
    size_t size;
    assert_true(recorded_io_bytes(files, segment(segment_number(files, i)), &data, &size));
    assert_int_equal(size, i < 2 ? (size_t)4096 << i : 16384);
  }
  close_files(&o);
  recorded_io_destroy(files);
}

/* Bytes written by the operations from `op` on. */
static uint64_t written_since(const recorded_io *files, size_t op) {
  uint64_t sum = 0;
  for (; op < recorded_io_op_count(files); op++) {
    char text[200];
    unsigned long long node, offset, size;
    recorded_io_describe_op(files, op, text, sizeof text);
    if (sscanf(text, "write node %llu %llu+%llu", &node, &offset, &size) == 3) sum += size;
  }
  return sum;
}

static void a_new_log_costs_little_and_its_segment_is_written_through_later(void **state) {
  (void)state;
  recorded_io *files = recorded_io_create();
  opened o = open_files(files);
  const uint8_t *data;
  size_t size;
  assert_true(written_since(files, 0) < 1000);
  append(&o, 1, 4);
  size_t before = recorded_io_op_count(files);
  assert_status(file->maintain(o.self, &o.error), TN_OK);
  assert_in_range(written_since(files, before), 2000, 4096);
  assert_false(recorded_io_bytes(files, "data/journal/next.tmp", &data, &size));
  assert_status(file->maintain(o.self, &o.error), TN_OK);
  assert_true(recorded_io_bytes(files, "data/journal/next.tmp", &data, &size));
  append(&o, 5, 9);
  close_files(&o);
  o = open_files(files);
  expect_records(&o, 1, 10);
  close_files(&o);
  recorded_io_destroy(files);
}

static void maintenance_gets_the_next_segment_ready(void **state) {
  (void)state;
  recorded_io *files = recorded_io_create();
  opened o = open_files(files);
  append(&o, 1, 10);
  for (int i = 0; i < 3; i++) assert_status(file->maintain(o.self, &o.error), TN_OK);
  const uint8_t *data;
  size_t size;
  assert_true(recorded_io_bytes(files, "data/journal/next.tmp", &data, &size));
  append(&o, 11, 20);
  assert_false(recorded_io_bytes(files, "data/journal/next.tmp", &data, &size));
  close_files(&o);
  recorded_io_destroy(files);
}

static void sizes_out_of_range_are_refused(void **state) {
  (void)state;
  recorded_io *files = recorded_io_create();
  opened o = {.io = recorded_io_tn_io(files), .segment_max = 100};
  assert_status(try_open(&o), TN_INVALID);
  assert_string_equal(o.error.where, "segment_bytes_max");
  recorded_io_destroy(files);
}

static void a_group_after_the_last_one_of_a_closed_log_is_found_again(void **state) {
  (void)state;
  recorded_io *files = make_files(5, true);
  for (uint64_t i = 0; i < 40; i++) {
    tn_status status;
    opened o;
    recorded_io *copy = reopened_copy(files, &o, &status);
    assert_status(status, TN_OK);
    assert_true(o.state.clean);
    append(&o, 6 + i, 6 + i);
    close_files(&o);
    recorded_io_destroy(files);
    files = copy;
  }
  opened o = open_files(files);
  expect_records(&o, 1, 46);
  close_files(&o);
  recorded_io_destroy(files);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_flipped_byte_after_a_clean_close_loses_nothing_unnoticed),
      cmocka_unit_test(a_flipped_byte_after_a_kill_costs_at_most_the_last_group),
      cmocka_unit_test(damage_names_file_offset_and_seq_and_changes_nothing),
      cmocka_unit_test(damage_after_an_end_mark_is_corruption_without_one_a_torn_tail),
      cmocka_unit_test(damage_in_what_a_snapshot_was_made_of_is_refused_and_changes_nothing),
      cmocka_unit_test(a_missing_segment_is_refused_wherever_it_was),
      cmocka_unit_test(a_shortened_segment_is_refused),
      cmocka_unit_test(giving_up_damage_keeps_what_is_before_it_and_goes_on),
      cmocka_unit_test(damage_in_an_old_segment_is_found_at_open_or_when_it_is_read),
      cmocka_unit_test(a_tail_torn_at_any_byte_is_cut_kept_and_reported),
      cmocka_unit_test(what_was_cut_never_comes_back),
      cmocka_unit_test(frames_of_another_segment_are_never_taken),
      cmocka_unit_test(a_snapshot_cut_at_any_byte_is_corrupt),
      cmocka_unit_test(a_run_of_a_snapshot_is_written_when_it_is_handed_over),
      cmocka_unit_test(a_removed_snapshot_is_closed_by_the_next_maintenance),
      cmocka_unit_test(a_snapshot_of_another_directory_is_refused),
      cmocka_unit_test(an_unfinished_snapshot_is_removed_at_open),
      cmocka_unit_test(a_second_owner_is_refused_until_the_first_closes),
      cmocka_unit_test(a_directory_with_other_files_is_refused),
      cmocka_unit_test(a_journal_without_its_directory_file_is_refused),
      cmocka_unit_test(a_newer_format_is_refused_with_what_to_do),
      cmocka_unit_test(a_file_that_is_not_ours_is_refused),
      cmocka_unit_test(after_a_failed_write_or_sync_nothing_is_written_until_reopened),
      cmocka_unit_test(any_call_may_fail_and_nothing_acknowledged_is_lost),
      cmocka_unit_test(a_reader_sees_what_is_known_durable_and_changes_nothing),
      cmocka_unit_test(a_reader_follows_an_owner),
      cmocka_unit_test(readers_open_and_read_while_an_owner_rolls_over_and_trims),
      cmocka_unit_test(a_journal_of_text_can_be_read_by_people),
      cmocka_unit_test(a_journal_may_change_between_text_and_binary),
      cmocka_unit_test(segments_grow_to_the_largest_size),
      cmocka_unit_test(a_new_log_costs_little_and_its_segment_is_written_through_later),
      cmocka_unit_test(maintenance_gets_the_next_segment_ready),
      cmocka_unit_test(sizes_out_of_range_are_refused),
      cmocka_unit_test(a_group_after_the_last_one_of_a_closed_log_is_found_again),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
