#include "storage_conformance.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "io.h"
#include "memory.h"
#include "registry.h"
#include "support/assert_status.h"
#include "support/folder.h"
#include "support/recorded_io.h"
#include "support/test_host.h"

#define BIG_RECORD ((size_t)3 << 20)
#define THREAD_RECORDS 1500
#define OOM_TRIES_MAX 2000

/* One storage on files of its own, opened and closed by each test. */
typedef struct bench {
  const storage_under_test *under_test;
  const tn_storage *storage;
  recorded_io *files;
  folder disk;
  char path[96];
  tni_counted_memory memory;
  tn_builder config;
  tni_registry *registry;
  void *self;
  tn_storage_state state;
  tn_error error;
  uint64_t base_seq;
  uint64_t base_epoch;
  bool read_only;
} bench;

/* ---- opening, closing, short ways ----------------------------------------------------------- */

static int set_up(void **state) {
  const storage_under_test *t = *state;
  bench *b = calloc(1, sizeof *b);
  b->under_test = t;
  b->storage = t->storage;
  b->base_seq = 1;
  b->base_epoch = 1;
  b->config = (tn_builder)TN_BUILDER_INIT;
  if (t->config) t->config(&b->config);
  tni_counted_memory_init(&b->memory, tn_memory_system());
  if (tni_registry_create(tn_memory_system(), &b->registry, NULL) != TN_OK) return -1;
  if (t->on_disk && !folder_make(&b->disk)) return -1;
  if (!t->on_disk) b->files = recorded_io_create();
  snprintf(b->path, sizeof b->path, "%s%sdata", b->disk.path, t->on_disk ? "/" : "");
  *state = b;
  return 0;
}

static int tear_down(void **state) {
  bench *b = *state;
  bool leaked = b->memory.blocks != 0 || b->memory.bytes != 0;
  if (leaked) print_error("%llu blocks leaked\n", (unsigned long long)b->memory.blocks);
  if (b->under_test->on_disk) folder_remove(&b->disk);
  recorded_io_destroy(b->files);
  tn_builder_free(&b->config);
  tni_registry_destroy(b->registry);
  *state = NULL;
  free(b);
  return leaked ? -1 : 0;
}

static void no_log(void *arg, const char *line) {
  (void)arg;
  (void)line;
}

static tn_status open_with(bench *b, tn_value config) {
  tn_storage_options options = {.host = &test_host,
                                .memory = &b->memory.memory,
                                .io = b->files ? recorded_io_tn_io(b->files) : tni_io_posix(),
                                .path = b->path,
                                .config = config,
                                .meta = {"the log's meta", 14},
                                .base_seq = b->base_seq,
                                .base_epoch = b->base_epoch,
                                .read_only = b->read_only,
                                .text = b->under_test->text,
                                .text_snapshots = b->under_test->text,
                                .log = no_log,
                                .find = tni_registry_find_storage,
                                .find_arg = b->registry};
  b->self = calloc(1, b->storage->state_size);
  tn_status status = b->storage->open(b->self, &options, &b->state, &b->error);
  if (status != TN_OK) free(b->self);
  return status;
}

static tn_status try_open(bench *b) { return open_with(b, tn_built(&b->config)); }

static void open_bench(bench *b) {
  tn_status status = try_open(b);
  if (status != TN_OK) print_error("%s (%s)\n", b->error.text, b->error.where);
  assert_status(status, TN_OK);
}

static tn_status try_close(bench *b) {
  tn_status status = b->storage->close(b->self, &b->error);
  free(b->self);
  return status;
}

static void close_bench(bench *b) { assert_status(try_close(b), TN_OK); }

static size_t record_size(uint64_t seq) { return seq % 13 == 0 ? 0 : (size_t)(seq * 2654435761u % 700); }

/* Printable, for a journal of text. */
static uint8_t record_byte(uint64_t seq, size_t i) { return (uint8_t)('A' + (seq + i * 3) % 50); }

static tn_slice make_record(uint64_t seq, uint8_t *room) {
  for (size_t i = 0; i < record_size(seq); i++) room[i] = record_byte(seq, i);
  return (tn_slice){room, record_size(seq)};
}

static tn_status try_append(bench *b, uint64_t first, size_t n, uint32_t flags) {
  static uint8_t rooms[16][700];
  tn_slice records[16];
  for (size_t i = 0; i < n; i++) records[i] = make_record(first + i, rooms[i]);
  return b->storage->append(b->self, first, records, n, flags, &b->error);
}

static void append(bench *b, uint64_t first, size_t n) {
  assert_status(try_append(b, first, n, TN_APPEND_SYNC), TN_OK);
}

/* Appends `count` records in groups of several sizes. */
static void append_many(bench *b, uint64_t first, size_t count) {
  for (size_t done = 0; done < count;) {
    size_t n = 1 + (first + done) % 7;
    if (n > count - done) n = count - done;
    append(b, first + done, n);
    done += n;
  }
}

static bool is_record(const tn_record *record) {
  bool same = record->bytes.size == record_size(record->seq);
  for (size_t i = 0; same && i < record->bytes.size; i++)
    same = ((const uint8_t *)record->bytes.data)[i] == record_byte(record->seq, i);
  return same;
}

/* Reads to the end; *next is the seq after the last. */
static tn_status read_all(bench *b, uint64_t from, uint64_t *next, tn_error *error) {
  void *cursor;
  tn_status status = b->storage->read_open(b->self, from, &cursor, error);
  if (status != TN_OK) return status;
  tn_record record;
  while ((status = b->storage->read_next(b->self, cursor, &record, error)) == TN_OK) {
    if (record.seq != from || !is_record(&record)) status = TN_CORRUPT;
    if (status != TN_OK) break;
    from++;
  }
  b->storage->read_close(b->self, cursor);
  *next = from;
  return status == TN_NOT_FOUND ? TN_OK : status;
}

static void expect_records(bench *b, uint64_t first, uint64_t next) {
  uint64_t end = 0;
  assert_status(read_all(b, first, &end, &b->error), TN_OK);
  assert_int_equal(end, next);
}

/* ---- the journal ---------------------------------------------------------------------------- */

static void a_new_log_is_empty_and_begins_where_it_is_told(void **state) {
  bench *b = *state;
  b->base_seq = 700;
  b->base_epoch = 4;
  open_bench(b);
  assert_int_equal(b->state.first_seq, 700);
  assert_int_equal(b->state.next_seq, 700);
  assert_int_equal(b->state.epoch, 4);
  assert_true(b->state.clean);
  assert_int_equal(b->state.meta.size, 14);
  assert_memory_equal(b->state.meta.data, "the log's meta", 14);
  expect_records(b, 700, 700);
  append_many(b, 700, 3);
  expect_records(b, 700, 703);
  close_bench(b);
}

static void records_come_back_in_order_from_any_seq(void **state) {
  bench *b = *state;
  open_bench(b);
  append_many(b, 1, 200);
  for (uint64_t from = 1; from <= 201; from++) expect_records(b, from, 201);
  close_bench(b);
}

static void reading_after_the_end_finds_nothing(void **state) {
  bench *b = *state;
  open_bench(b);
  append_many(b, 1, 5);
  expect_records(b, 6, 6);
  expect_records(b, 60, 60);
  close_bench(b);
}

static void an_append_that_is_not_next_is_a_conflict_and_writes_nothing(void **state) {
  bench *b = *state;
  open_bench(b);
  append_many(b, 1, 10);
  assert_status(try_append(b, 10, 1, TN_APPEND_SYNC), TN_CONFLICT);
  assert_status(try_append(b, 12, 1, TN_APPEND_SYNC), TN_CONFLICT);
  expect_records(b, 1, 11);
  append(b, 11, 1);
  expect_records(b, 1, 12);
  close_bench(b);
}

static void an_append_of_no_records_is_invalid(void **state) {
  bench *b = *state;
  open_bench(b);
  assert_status(b->storage->append(b->self, 1, NULL, 0, 0, &b->error), TN_INVALID);
  append(b, 1, 1);
  close_bench(b);
}

static void appending_without_sync_and_syncing_later_is_the_same(void **state) {
  bench *b = *state;
  open_bench(b);
  for (uint64_t seq = 1; seq <= 50; seq++) assert_status(try_append(b, seq, 1, 0), TN_OK);
  expect_records(b, 1, 51);
  assert_status(b->storage->sync(b->self, &b->error), TN_OK);
  assert_status(b->storage->sync(b->self, &b->error), TN_OK);
  expect_records(b, 1, 51);
  close_bench(b);
}

static void a_record_may_be_larger_than_anything_prepared(void **state) {
  bench *b = *state;
  open_bench(b);
  append(b, 1, 3);
  uint8_t *data = malloc(BIG_RECORD);
  for (size_t i = 0; i < BIG_RECORD; i++) data[i] = (uint8_t)('a' + i % 23);
  tn_slice record = {data, BIG_RECORD};
  assert_status(b->storage->append(b->self, 4, &record, 1, TN_APPEND_SYNC, &b->error), TN_OK);
  append(b, 5, 2);
  void *cursor;
  assert_status(b->storage->read_open(b->self, 4, &cursor, &b->error), TN_OK);
  tn_record got;
  assert_status(b->storage->read_next(b->self, cursor, &got, &b->error), TN_OK);
  assert_int_equal(got.bytes.size, BIG_RECORD);
  assert_memory_equal(got.bytes.data, data, BIG_RECORD);
  b->storage->read_close(b->self, cursor);
  expect_records(b, 5, 7);
  free(data);
  close_bench(b);
}

static void trimming_drops_nothing_above_what_was_named(void **state) {
  bench *b = *state;
  open_bench(b);
  append_many(b, 1, 300);
  uint64_t first = 0;
  for (uint64_t upto = 20; upto <= 280; upto += 20) {
    assert_status(b->storage->trim(b->self, upto, &first, &b->error), TN_OK);
    assert_true(first >= 1 && first <= upto + 1);
    expect_records(b, first, 301);
  }
  append_many(b, 301, 20);
  expect_records(b, first, 321);
  close_bench(b);
}

static void trimming_past_the_end_keeps_what_is_next(void **state) {
  bench *b = *state;
  open_bench(b);
  append_many(b, 1, 100);
  uint64_t first = 0;
  assert_status(b->storage->trim(b->self, UINT64_MAX, &first, &b->error), TN_OK);
  assert_true(first <= 101);
  expect_records(b, first, 101);
  append(b, 101, 1);
  close_bench(b);
}

static void reading_what_was_trimmed_names_the_oldest(void **state) {
  bench *b = *state;
  open_bench(b);
  append_many(b, 1, 300);
  uint64_t first = 0, next;
  assert_status(b->storage->trim(b->self, 250, &first, &b->error), TN_OK);
  assert_true(first > 1);
  assert_status(read_all(b, first - 1, &next, &b->error), TN_TRIMMED);
  char oldest[32];
  snprintf(oldest, sizeof oldest, "%llu", (unsigned long long)first);
  assert_non_null(strstr(b->error.text, oldest));
  close_bench(b);
}

/* ---- threads -------------------------------------------------------------------------------- */

typedef struct reading {
  bench *bench;
  _Atomic uint64_t *appended; /* seqs up to here are in the log */
  _Atomic uint64_t *trimmed;  /* a trim up to here may have begun */
  _Atomic bool *done;
  _Atomic bool good;
} reading;

static void *read_again_and_again(void *arg) {
  reading *r = arg;
  uint64_t from = 1;
  while (r->good && !*r->done) {
    uint64_t there = *r->appended, next = 0;
    tn_error error = TN_ERROR_INIT;
    tn_status status = read_all(r->bench, from, &next, &error);
    bool good = status == TN_OK && next > there;
    if (status == TN_TRIMMED) {
      uint64_t trimmed = *r->trimmed;
      good = from <= trimmed || next <= trimmed;
      from = trimmed + 1;
    }
    r->good = good;
    if (!r->good)
      print_error("%s: %s, from %llu to %llu of %llu\n", tn_status_name(status), error.text, (unsigned long long)from,
                  (unsigned long long)next, (unsigned long long)there);
  }
  return NULL;
}

static void readers_run_beside_appending_and_trimming(void **state) {
  bench *b = *state;
  open_bench(b);
  _Atomic uint64_t appended = 0, trimmed = 0;
  _Atomic bool done = false;
  pthread_t threads[2];
  reading readings[2];
  for (int i = 0; i < 2; i++) {
    readings[i] = (reading){b, &appended, &trimmed, &done, true};
    assert_int_equal(pthread_create(&threads[i], NULL, read_again_and_again, &readings[i]), 0);
  }
  for (uint64_t seq = 1; seq <= THREAD_RECORDS && readings[0].good && readings[1].good; seq++) {
    append(b, seq, 1);
    appended = seq;
    if (seq % 400 != 0) continue;
    uint64_t first;
    trimmed = seq - 200;
    assert_status(b->storage->trim(b->self, seq - 200, &first, &b->error), TN_OK);
  }
  done = true;
  for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
  assert_true(readings[0].good && readings[1].good);
  close_bench(b);
}

/* ---- snapshots ------------------------------------------------------------------------------ */

static uint8_t snapshot_byte(uint64_t seq, size_t i) { return (uint8_t)(seq * 17 + i + i / 251); }

static tn_status try_snapshot(bench *b, uint64_t seq, size_t size, bool commit) {
  void *writer;
  tn_status status = b->storage->snapshot_begin(b->self, seq, &writer, &b->error);
  if (status != TN_OK) return status;
  uint8_t run[5000];
  for (size_t at = 0; at < size && status == TN_OK;) {
    size_t step = size - at < sizeof run ? size - at : sizeof run;
    for (size_t i = 0; i < step; i++) run[i] = snapshot_byte(seq, at + i);
    status = b->storage->snapshot_write(b->self, writer, (tn_slice){run, step}, &b->error);
    at += step;
  }
  if (status == TN_OK && commit) return b->storage->snapshot_commit(b->self, writer, &b->error);
  b->storage->snapshot_abort(b->self, writer);
  return status;
}

static void write_snapshot(bench *b, uint64_t seq, size_t size) {
  assert_status(try_snapshot(b, seq, size, true), TN_OK);
}

static tn_status try_read_snapshot(bench *b, uint64_t seq, size_t *size) {
  void *reader;
  tn_status status = b->storage->snapshot_open(b->self, seq, &reader, &b->error);
  if (status != TN_OK) return status;
  size_t at = 0;
  bool same = true;
  tn_slice run;
  while ((status = b->storage->snapshot_read(b->self, reader, &run, &b->error)) == TN_OK)
    for (size_t i = 0; i < run.size; i++) same = same && ((const uint8_t *)run.data)[i] == snapshot_byte(seq, at++);
  b->storage->snapshot_close(b->self, reader);
  assert_true(same);
  *size = at;
  return status == TN_NOT_FOUND ? TN_OK : status;
}

static void expect_snapshot(bench *b, uint64_t seq, size_t size) {
  size_t got = 0;
  assert_status(try_read_snapshot(b, seq, &got), TN_OK);
  assert_int_equal(got, size);
}

typedef struct listing {
  char text[200];
} listing;

static tn_status list_one(void *arg, uint64_t seq, uint64_t size) {
  (void)size;
  listing *l = arg;
  size_t at = strlen(l->text);
  snprintf(l->text + at, sizeof l->text - at, "%s%llu", at ? " " : "", (unsigned long long)seq);
  return seq == 4040 ? TN_LIMIT : TN_OK;
}

static void expect_list(bench *b, const char *text) {
  listing l = {""};
  assert_status(b->storage->snapshot_list(b->self, list_one, &l, &b->error), TN_OK);
  assert_string_equal(l.text, text);
}

static void snapshots_of_any_size_come_back_whole(void **state) {
  static const size_t sizes[] = {0, 1, 4999, 262143, 262144, 262145, 1000000};
  bench *b = *state;
  open_bench(b);
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    write_snapshot(b, i + 1, sizes[i]);
    expect_snapshot(b, i + 1, sizes[i]);
  }
  close_bench(b);
}

static void snapshots_are_listed_newest_first(void **state) {
  bench *b = *state;
  open_bench(b);
  expect_list(b, "");
  write_snapshot(b, 20, 10);
  write_snapshot(b, 3, 10);
  write_snapshot(b, 100, 10);
  expect_list(b, "100 20 3");
  close_bench(b);
}

static void listing_stops_where_it_is_told(void **state) {
  bench *b = *state;
  open_bench(b);
  write_snapshot(b, 1, 1);
  write_snapshot(b, 4040, 1);
  listing l = {""};
  assert_status(b->storage->snapshot_list(b->self, list_one, &l, &b->error), TN_LIMIT);
  assert_string_equal(l.text, "4040");
  close_bench(b);
}

static void a_snapshot_is_there_whole_or_not_at_all(void **state) {
  bench *b = *state;
  open_bench(b);
  size_t size;
  assert_status(try_snapshot(b, 5, 400000, false), TN_OK);
  expect_list(b, "");
  assert_status(try_read_snapshot(b, 5, &size), TN_NOT_FOUND);
  void *writer;
  assert_status(b->storage->snapshot_begin(b->self, 6, &writer, &b->error), TN_OK);
  expect_list(b, "");
  assert_status(b->storage->snapshot_commit(b->self, writer, &b->error), TN_OK);
  expect_list(b, "6");
  expect_snapshot(b, 6, 0);
  close_bench(b);
}

static void a_snapshot_of_the_same_seq_takes_the_old_ones_place(void **state) {
  bench *b = *state;
  open_bench(b);
  write_snapshot(b, 5, 1000);
  write_snapshot(b, 5, 2000);
  expect_list(b, "5");
  expect_snapshot(b, 5, 2000);
  close_bench(b);
}

static void removed_snapshots_are_gone(void **state) {
  bench *b = *state;
  open_bench(b);
  write_snapshot(b, 5, 1000);
  write_snapshot(b, 6, 1000);
  assert_status(b->storage->snapshot_remove(b->self, 5, &b->error), TN_OK);
  assert_status(b->storage->snapshot_remove(b->self, 5, &b->error), TN_NOT_FOUND);
  expect_list(b, "6");
  close_bench(b);
}

static void a_snapshot_that_is_removed_while_it_is_read_can_be_read_on(void **state) {
  bench *b = *state;
  open_bench(b);
  write_snapshot(b, 5, 500000);
  void *reader;
  tn_slice run;
  size_t size = 0;
  assert_status(b->storage->snapshot_open(b->self, 5, &reader, &b->error), TN_OK);
  assert_status(b->storage->snapshot_remove(b->self, 5, &b->error), TN_OK);
  while (b->storage->snapshot_read(b->self, reader, &run, &b->error) == TN_OK) size += run.size;
  assert_int_equal(size, 500000);
  b->storage->snapshot_close(b->self, reader);
  close_bench(b);
}

/* ---- open, close, memory -------------------------------------------------------------------- */

static void what_was_there_is_there_after_reopening(void **state) {
  bench *b = *state;
  open_bench(b);
  append_many(b, 1, 150);
  write_snapshot(b, 99, 3000);
  close_bench(b);
  b->base_seq = 5000; /* of a new log only */
  for (int i = 0; i < 3; i++) {
    open_bench(b);
    uint64_t next = b->under_test->durable ? 151 + (uint64_t)i : 5000;
    assert_int_equal(b->state.next_seq, next);
    assert_int_equal(b->state.epoch, 1);
    assert_true(b->state.clean);
    assert_memory_equal(b->state.meta.data, "the log's meta", 14);
    expect_records(b, b->state.first_seq, next);
    expect_list(b, b->under_test->durable ? "99" : "");
    append(b, next, 1);
    close_bench(b);
  }
}

static void what_was_trimmed_stays_trimmed_after_reopening(void **state) {
  bench *b = *state;
  open_bench(b);
  append_many(b, 1, 300);
  uint64_t first, next;
  assert_status(b->storage->trim(b->self, 200, &first, &b->error), TN_OK);
  close_bench(b);
  open_bench(b);
  if (b->under_test->durable) {
    assert_int_equal(b->state.first_seq, first);
    expect_records(b, first, 301);
    assert_status(read_all(b, first - 1, &next, &b->error), TN_TRIMMED);
  }
  close_bench(b);
}

static void opening_nothing_read_only_finds_nothing(void **state) {
  bench *b = *state;
  b->read_only = true;
  assert_status(try_open(b), TN_NOT_FOUND);
}

static void unknown_config_keys_are_refused(void **state) {
  bench *b = *state;
  tn_builder config = TN_BUILDER_INIT;
  assert_status(open_with(b, tn_obj(&config, "no_such_key", 1)), TN_INVALID);
  assert_string_equal(b->error.where, "no_such_key");
  assert_status(open_with(b, tn_arr(&config, 1)), TN_INVALID);
  tn_builder_free(&config);
  open_bench(b);
  close_bench(b);
}

static void statistics_are_fields_of_an_object(void **state) {
  bench *b = *state;
  if (!b->storage->stats) return;
  open_bench(b);
  append_many(b, 1, 10);
  tn_builder out = TN_BUILDER_INIT;
  tn_object_begin(&out);
  b->storage->stats(b->self, &out);
  tn_end(&out);
  int64_t bytes = 0;
  assert_status(tn_get_int(tn_built(&out), "journal_bytes", &bytes), TN_OK);
  assert_true(bytes > 0);
  tn_builder_free(&out);
  close_bench(b);
}

static void the_meta_can_be_replaced_and_the_log_is_left_as_it_was(void **state) {
  bench *b = *state;
  static const char longer[] = "another meta, longer than the first one was";
  open_bench(b);
  assert_non_null(b->storage->set_meta);
  append_many(b, 1, 20);
  assert_status(b->storage->set_meta(b->self, (tn_slice){"x", 1}, &b->error), TN_OK);
  assert_status(b->storage->set_meta(b->self, (tn_slice){longer, sizeof longer}, &b->error), TN_OK);
  append_many(b, 21, 5);
  expect_records(b, 1, 26);
  close_bench(b);
  if (!b->under_test->durable) return;
  open_bench(b);
  assert_int_equal(b->state.meta.size, sizeof longer);
  assert_memory_equal(b->state.meta.data, longer, sizeof longer);
  expect_records(b, 1, 26);
  close_bench(b);
}

/* Everything a storage does, until something fails. */
static tn_status use_everything(bench *b) {
  uint64_t first, next;
  size_t size;
  tn_status status = try_append(b, b->state.next_seq, 5, TN_APPEND_SYNC);
  if (status == TN_OK) status = try_append(b, b->state.next_seq + 5, 9, 0);
  if (status == TN_OK) status = b->storage->sync(b->self, &b->error);
  if (status == TN_OK) status = read_all(b, b->state.first_seq, &next, &b->error);
  if (status == TN_OK) status = try_snapshot(b, 9, 300000, true);
  if (status == TN_OK) status = try_read_snapshot(b, 9, &size);
  listing l = {""};
  if (status == TN_OK) status = b->storage->snapshot_list(b->self, list_one, &l, &b->error);
  if (status == TN_OK && b->storage->maintain) status = b->storage->maintain(b->self, &b->error);
  if (status == TN_OK) status = b->storage->trim(b->self, 10, &first, &b->error);
  return status;
}

static void running_out_of_memory_anywhere_is_a_status_and_leaks_nothing(void **state) {
  bench *b = *state;
  uint64_t fail_at = 0, kept = 0;
  tn_status status = TN_NOMEM;
  while (status != TN_OK && ++fail_at < OOM_TRIES_MAX) {
    b->memory.fail_at = b->memory.requests + fail_at;
    status = try_open(b);
    if (status == TN_OK) {
      status = use_everything(b);
      tn_status closed = try_close(b);
      if (status == TN_OK) status = closed;
    }
    b->memory.fail_at = 0;
    if (status != TN_OK) assert_status(status, TN_NOMEM);
    assert_int_equal(b->memory.blocks, 0);
    open_bench(b);
    assert_true(!b->under_test->durable || b->state.next_seq >= kept);
    kept = b->state.next_seq;
    expect_records(b, b->state.first_seq, b->state.next_seq);
    close_bench(b);
  }
  assert_status(status, TN_OK);
}

/* ---- the suite ------------------------------------------------------------------------------ */

static const struct CMUnitTest suite[] = {
#define CONFORMS(test) \
  { #test, test, set_up, tear_down, NULL }
    CONFORMS(a_new_log_is_empty_and_begins_where_it_is_told),
    CONFORMS(records_come_back_in_order_from_any_seq),
    CONFORMS(reading_after_the_end_finds_nothing),
    CONFORMS(an_append_that_is_not_next_is_a_conflict_and_writes_nothing),
    CONFORMS(an_append_of_no_records_is_invalid),
    CONFORMS(appending_without_sync_and_syncing_later_is_the_same),
    CONFORMS(a_record_may_be_larger_than_anything_prepared),
    CONFORMS(trimming_drops_nothing_above_what_was_named),
    CONFORMS(trimming_past_the_end_keeps_what_is_next),
    CONFORMS(reading_what_was_trimmed_names_the_oldest),
    CONFORMS(readers_run_beside_appending_and_trimming),
    CONFORMS(snapshots_of_any_size_come_back_whole),
    CONFORMS(snapshots_are_listed_newest_first),
    CONFORMS(listing_stops_where_it_is_told),
    CONFORMS(a_snapshot_is_there_whole_or_not_at_all),
    CONFORMS(a_snapshot_of_the_same_seq_takes_the_old_ones_place),
    CONFORMS(removed_snapshots_are_gone),
    CONFORMS(a_snapshot_that_is_removed_while_it_is_read_can_be_read_on),
    CONFORMS(what_was_there_is_there_after_reopening),
    CONFORMS(what_was_trimmed_stays_trimmed_after_reopening),
    CONFORMS(opening_nothing_read_only_finds_nothing),
    CONFORMS(unknown_config_keys_are_refused),
    CONFORMS(statistics_are_fields_of_an_object),
    CONFORMS(the_meta_can_be_replaced_and_the_log_is_left_as_it_was),
    CONFORMS(running_out_of_memory_anywhere_is_a_status_and_leaks_nothing),
#undef CONFORMS
};
#define SUITE_SIZE (sizeof suite / sizeof *suite)

static int run_for(const storage_under_test *t) {
  struct CMUnitTest tests[SUITE_SIZE];
  char names[SUITE_SIZE][128];
  storage_under_test copy = *t;
  for (size_t i = 0; i < SUITE_SIZE; i++) {
    snprintf(names[i], sizeof names[i], "%s: %s", t->name, suite[i].name);
    tests[i] = suite[i];
    tests[i].name = names[i];
    tests[i].initial_state = &copy;
  }
  return _cmocka_run_group_tests(t->name, tests, SUITE_SIZE, NULL, NULL);
}

int storage_conformance_run(const storage_under_test *table, size_t count) {
  int failed = 0;
  for (size_t i = 0; i < count; i++) failed += run_for(&table[i]);
  return failed;
}
