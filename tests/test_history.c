/* The state as it was: an engine opened at a record or at a moment, beside the one that goes on. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/shop.h"

#define SECOND INT64_C(1000000)
#define TINY_SEGMENTS "\"storage\": {\"type\": \"file\", \"segment_bytes_min\": 4096, \"segment_bytes_max\": 4096}"

/* Another engine on the shop's data, at a record or at a moment. */
static tn_status try_open_at(shop *s, uint64_t seq, int64_t time_us, tn_engine **out) {
  tn_open_options options = s->options;
  options.at_seq = seq;
  options.at_time_us = time_us;
  s->error = (tn_error)TN_ERROR_INIT;
  return tn_open(NULL, &options, out, &s->error);
}

static tn_engine *open_at(shop *s, uint64_t seq, int64_t time_us) {
  tn_engine *then = NULL;
  if (try_open_at(s, seq, time_us, &then) != TN_OK)
    fail_msg("%s: %s", tn_status_name(s->error.status), s->error.text);
  return then;
}

static void close_it(tn_engine *then) { assert_status(tn_close(then, NULL), TN_OK); }

static void digest_of(shop *s, tn_engine *engine, char out[33]) {
  tn_engine *own = s->engine;
  s->engine = engine;
  shop_digest(s, out);
  s->engine = own;
}

/* The number at `key` in that engine, or -1. */
static int64_t number_in(shop *s, tn_engine *engine, const char *key) {
  tn_engine *own = s->engine;
  s->engine = engine;
  int64_t n = shop_number(s, key);
  s->engine = own;
  return n;
}

static uint64_t seq_of(shop *s, tn_engine *engine) {
  assert_status(tn_stats(engine, &s->result, &s->error), TN_OK);
  return s->result.seq;
}

#define RECORDS 30

/* A record a second; digests[n] is that of the state after record n, moments[n] when it was made. */
typedef struct history {
  char digests[RECORDS + 1][33];
  int64_t moments[RECORDS + 1];
} history;

static void make_history(shop *s, history *h) {
  for (int n = 1; n <= RECORDS; n++) {
    s->clock_us += SECOND;
    h->moments[n] = s->clock_us;
    assert_status(shop_put(s, (char[]){(char)('a' + n % 7), 0}, n), TN_OK);
    shop_digest(s, h->digests[n]);
  }
}

/* ---- a record -------------------------------------------------------------------------------- */

static void every_record_can_be_gone_back_to(void **state) {
  shop *s = *state;
  history h;
  char digest[33];
  make_history(s, &h);
  shop_close(s);
  for (uint64_t n = 1; n <= RECORDS; n++) {
    tn_engine *then = open_at(s, n, 0);
    digest_of(s, then, digest);
    assert_string_equal(digest, h.digests[n]);
    assert_int_equal(seq_of(s, then), n);
    close_it(then);
  }
}

static void snapshots_on_the_way_change_nothing_of_it(void **state) {
  shop *s = *state;
  history h;
  char digest[33];
  shop_open(s, "\"snapshot\": {\"every_commands\": 0, \"keep\": 9}");
  for (int round = 0; round < 2; round++) {
    if (round == 0) make_history(s, &h);
    assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
    assert_status(shop_put(s, "more", round), TN_OK);
  }
  shop_close(s);
  for (uint64_t n = 1; n <= RECORDS; n++) {
    tn_engine *then = open_at(s, n, 0);
    digest_of(s, then, digest);
    assert_string_equal(digest, h.digests[n]);
    close_it(then);
  }
}

static void it_works_beside_a_live_owner_and_stays_where_it_is(void **state) {
  shop *s = *state;
  history h;
  char digest[33];
  make_history(s, &h);
  tn_engine *then = open_at(s, 10, 0);
  for (int i = 0; i < 20; i++) assert_status(shop_put(s, "later", i), TN_OK);
  digest_of(s, then, digest);
  assert_string_equal(digest, h.digests[10]);
  assert_int_equal(number_in(s, then, "later"), -1);
  close_it(then);
  assert_int_equal(shop_number(s, "later"), 19);
}

static tn_status count_records(void *arg, uint64_t seq, tn_value record) {
  (void)record;
  *(uint64_t *)arg = seq;
  return TN_OK;
}

static void nothing_can_be_changed_and_its_journal_ends_there(void **state) {
  shop *s = *state;
  history h;
  tn_txn *txn;
  const tn_op *put;
  uint64_t last = 0;
  make_history(s, &h);
  tn_engine *then = open_at(s, 10, 0), *own = s->engine;
  s->engine = then;
  assert_status(shop_put(s, "x", 1), TN_DENIED);
  assert_string_equal(s->error.text, "the engine was opened at a point in history");
  assert_status(tn_begin(then, TN_WRITE, NULL, &txn, &s->error), TN_DENIED);
  assert_status(tn_op_prepare(then, "cart", "put", &put, &s->error), TN_OK);
  assert_status(tn_submit(then, put, tn_obj(&s->args, "key", 1, "value", 1), TN_DONE_POLLED, NULL, NULL, &s->error),
                TN_DENIED);
  assert_status(tn_snapshot(then, NULL, &s->error), TN_DENIED);
  assert_status(tn_journal_read(then, 0, 0, count_records, &last, &s->error), TN_OK);
  assert_int_equal(last, 10);
  s->engine = own;
  close_it(then);
}

/* ---- a moment -------------------------------------------------------------------------------- */

static void a_moment_means_the_last_record_made_up_to_it(void **state) {
  shop *s = *state;
  history h;
  make_history(s, &h);
  shop_close(s);
  static const struct {
    int64_t after_us;
    uint64_t seq;
  } cases[] = {{0, 10}, {1, 10}, {SECOND - 1, 10}, {SECOND, 11}, {-1, 9}, {(RECORDS - 10) * SECOND, RECORDS}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    tn_engine *then = open_at(s, 0, h.moments[10] + cases[i].after_us);
    assert_int_equal(seq_of(s, then), cases[i].seq);
    close_it(then);
  }
}

static void a_moment_between_snapshots_starts_from_the_right_one(void **state) {
  shop *s = *state;
  shop_open(s, "\"snapshot\": {\"every_commands\": 0, \"keep\": 9}");
  int64_t start_us = s->clock_us;
  for (int n = 1; n <= 20; n++) {
    s->clock_us = start_us + n * SECOND;
    assert_status(shop_put(s, "n", n), TN_OK);
    if (n % 5 == 0) assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
  }
  shop_close(s);
  for (int n = 1; n < 20; n++) {
    tn_engine *then = open_at(s, 0, start_us + n * SECOND + SECOND / 2);
    assert_int_equal(number_in(s, then, "n"), n);
    close_it(then);
  }
}

static void queries_see_the_records_time_and_not_the_clock(void **state) {
  shop *s = *state;
  assert_status(
      tn_run(s->engine, "cart", "put", tn_obj(&s->args, "key", "milk", "value", 1, "ttl_ms", 5000), NULL, &s->error),
      TN_OK);
  s->clock_us += 4 * SECOND;
  assert_status(shop_put(s, "bread", 1), TN_OK);
  s->clock_us += 4 * SECOND;
  assert_status(shop_put(s, "eggs", 1), TN_OK);
  s->clock_us += 1000 * SECOND;
  shop_close(s);
  static const int64_t milk[] = {0, 1, 1, -1};
  for (uint64_t n = 1; n <= 3; n++) {
    tn_engine *then = open_at(s, n, 0);
    assert_int_equal(number_in(s, then, "milk"), milk[n]);
    close_it(then);
  }
}

/* ---- refused --------------------------------------------------------------------------------- */

static void what_lies_after_the_end_is_refused_and_the_end_is_named(void **state) {
  shop *s = *state;
  tn_engine *then;
  assert_status(shop_put(s, "a", 1), TN_OK);
  assert_status(shop_put(s, "b", 1), TN_OK);
  shop_close(s);
  assert_status(try_open_at(s, 3, 0, &then), TN_INVALID);
  assert_string_equal(s->error.text, "the journal ends at record 2");
  assert_status(try_open_at(s, UINT64_MAX, 0, &then), TN_INVALID);
  assert_status(try_open_at(s, 0, s->clock_us + 2, &then), TN_INVALID);
  assert_string_equal(s->error.text, "the journal ends at record 2, which was made at 2026-01-01T00:00:00.000001Z");
  close_it(open_at(s, 2, 0));
  close_it(open_at(s, 0, s->clock_us + 1));
}

static void what_lies_before_the_first_record_is_refused(void **state) {
  shop *s = *state;
  tn_engine *then;
  assert_status(shop_put(s, "a", 1), TN_OK);
  shop_close(s);
  assert_status(try_open_at(s, 0, s->clock_us - 1, &then), TN_INVALID);
  assert_string_equal(s->error.text, "the history begins with record 1, which was made later");
  assert_status(try_open_at(s, 0, INT64_MIN, &then), TN_INVALID);
}

static void an_empty_journal_has_no_history(void **state) {
  shop *s = *state;
  tn_engine *then;
  shop_close(s);
  assert_status(try_open_at(s, 1, 0, &then), TN_INVALID);
  assert_status(try_open_at(s, 0, s->clock_us, &then), TN_INVALID);
  assert_string_equal(s->error.text, "the journal has no records yet");
}

static void a_record_and_a_moment_at_once_are_misuse(void **state) {
  shop *s = *state;
  tn_engine *then;
  assert_status(try_open_at(s, 1, 1, &then), TN_MISUSE);
}

static void memory_has_no_history_to_open(void **state) {
  shop *s = *state;
  tn_engine *then;
  shop_open(s, "\"storage\": {\"type\": \"memory\"}");
  assert_status(try_open_at(s, 1, 0, &then), TN_NOT_FOUND);
}

/* ---- trimmed --------------------------------------------------------------------------------- */

/* Snapshots of 100, 200, 300; the journal begins within (200, 300]... or before, but after 100. */
static void make_trimmed(shop *s) {
  shop_open_fresh(s, TINY_SEGMENTS
                  ", \"journal\": {\"keep\": {\"bytes\": 1}}, \"snapshot\": {\"every_commands\": 0, \"keep\": 2}");
  for (int n = 1; n <= 350; n++) {
    s->clock_us += SECOND;
    assert_status(shop_put(s, "n", n), TN_OK);
    if (n % 100 == 0) assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
  }
}

static void what_was_trimmed_is_refused_and_the_oldest_point_is_named(void **state) {
  shop *s = *state;
  tn_engine *then;
  int64_t start_us = s->clock_us;
  make_trimmed(s);
  assert_true(shop_stat(s, "journal.first_seq") > 102);
  assert_status(try_open_at(s, 100, 0, &then), TN_TRIMMED);
  assert_string_equal(
      s->error.text,
      "the state as of record 100 is not kept any more; the oldest from there on is that of record 200");
  assert_status(try_open_at(s, 0, start_us + 7 * SECOND, &then), TN_TRIMMED);
  assert_string_equal(s->error.text,
                      "the state as of 2026-01-01T00:00:07.000000Z is not kept any more; the oldest from there on is "
                      "that of record 200");
  then = open_at(s, 200, 0);
  assert_int_equal(number_in(s, then, "n"), 200);
  close_it(then);
  then = open_at(s, 0, start_us + 210 * SECOND);
  assert_int_equal(number_in(s, then, "n"), 210);
  close_it(then);
}

/* The journal begins after a snapshot that is still there. */
static void a_snapshot_reaches_further_back_than_the_journal(void **state) {
  shop *s = *state;
  tn_engine *then;
  char command[600];
  shop_open_fresh(
      s, TINY_SEGMENTS ", \"journal\": {\"keep\": \"snapshot\"}, \"snapshot\": {\"every_commands\": 0, \"keep\": 1}");
  int64_t start_us = s->clock_us;
  for (int n = 1; n <= 300; n++) {
    s->clock_us += SECOND;
    assert_status(shop_put(s, "n", n), TN_OK);
    if (n % 100 != 0) continue;
    assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
    if (n != 100) continue;
    snprintf(command, sizeof command, "cp '%s'/data/snapshot-*100.snap '%s'", s->folder.path, s->folder.path);
    assert_int_equal(system(command), 0);
  }
  assert_true(shop_stat(s, "journal.first_seq") > 200);
  shop_close(s);
  snprintf(command, sizeof command, "cp '%s'/snapshot-*100.snap '%s/data'", s->folder.path, s->folder.path);
  assert_int_equal(system(command), 0);
  then = open_at(s, 100, 0);
  assert_int_equal(number_in(s, then, "n"), 100);
  close_it(then);
  then = open_at(s, 0, start_us + 100 * SECOND);
  assert_int_equal(number_in(s, then, "n"), 100);
  close_it(then);
  assert_status(try_open_at(s, 101, 0, &then), TN_TRIMMED);
  assert_string_equal(
      s->error.text,
      "the state as of record 101 is not kept any more; the oldest from there on is that of record 300");
  assert_status(try_open_at(s, 0, start_us + 101 * SECOND, &then), TN_TRIMMED);
  close_it(open_at(s, 300, 0));
}

static void a_damaged_snapshot_is_passed_over(void **state) {
  shop *s = *state;
  history h;
  char digest[33], command[300];
  make_history(s, &h);
  assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
  assert_status(shop_put(s, "more", 1), TN_OK);
  shop_close(s);
  snprintf(
      command, sizeof command,
      "for f in '%s'/data/snapshot-*; do printf XXXX | dd of=\"$f\" bs=1 seek=200 conv=notrunc 2>/dev/null; done",
      s->folder.path);
  assert_int_equal(system(command), 0);
  tn_engine *then = open_at(s, RECORDS, 0);
  digest_of(s, then, digest);
  assert_string_equal(digest, h.digests[RECORDS]);
  assert_non_null(strstr(s->last_log, "is damaged and is passed over"));
  close_it(then);
}

static void a_backup_of_a_point_in_history_is_that_state(void **state) {
  shop *s = *state;
  history h;
  char path[128], digest[33];
  uint64_t seq = 0;
  make_history(s, &h);
  tn_engine *then = open_at(s, 12, 0);
  snprintf(path, sizeof path, "%s/backup", s->folder.path);
  assert_status(tn_backup(then, path, &seq, &s->error), TN_OK);
  assert_int_equal(seq, 12);
  close_it(then);
  shop_close(s);
  s->options.data = path;
  shop_open(s, "");
  shop_digest(s, digest);
  assert_string_equal(digest, h.digests[12]);
  assert_status(shop_put(s, "another future", 1), TN_OK);
  shop_close(s);
}

static bool count_down(void *arg) { return --*(int *)arg == 0; }

/* How often it can be, until it is opened. */
static int interrupt_opening(shop *s, uint64_t seq) {
  tn_open_options options = s->options;
  tn_engine *then = NULL;
  int64_t bytes = (int64_t)atomic_load(&s->memory.bytes);
  int times = 0, left;
  options.at_seq = seq;
  options.interrupted = count_down;
  options.interrupted_arg = &left;
  while (left = times + 1, tn_open(NULL, &options, &then, &s->error) != TN_OK) {
    assert_status(s->error.status, TN_INTERRUPTED);
    assert_int_equal((int64_t)atomic_load(&s->memory.bytes), bytes);
    times++;
  }
  assert_int_equal(seq_of(s, then), seq);
  close_it(then);
  return times;
}

static void opening_can_be_interrupted_at_each_record_and_entry(void **state) {
  shop *s = *state;
  for (int i = 0; i < 20; i++) assert_status(shop_put(s, i < 3 ? "a" : i < 9 ? "b" : "c", i), TN_OK);
  assert_int_equal(interrupt_opening(s, 19), 19);
  assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
  assert_int_equal(interrupt_opening(s, 20), 3);
}

static void opening_at_a_point_survives_running_out_of_memory(void **state) {
  shop *s = *state;
  history h;
  tn_engine *then = NULL;
  make_history(s, &h);
  assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
  assert_status(shop_put(s, "more", 1), TN_OK);
  shop_close(s);
  for (uint64_t nth = 1; !then; nth++) {
    atomic_store(&s->memory.fail_at, atomic_load(&s->memory.requests) + nth);
    tn_status status = try_open_at(s, 0, h.moments[RECORDS], &then);
    atomic_store(&s->memory.fail_at, 0);
    if (status == TN_OK) break;
    assert_status(status, TN_NOMEM);
    assert_int_equal(atomic_load(&s->memory.blocks), 0);
    assert_true(nth < 2000);
  }
  close_it(then);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, shop_setup, shop_teardown)
  const struct CMUnitTest tests[] = {
      TEST(every_record_can_be_gone_back_to),
      TEST(snapshots_on_the_way_change_nothing_of_it),
      TEST(it_works_beside_a_live_owner_and_stays_where_it_is),
      TEST(nothing_can_be_changed_and_its_journal_ends_there),
      TEST(a_moment_means_the_last_record_made_up_to_it),
      TEST(a_moment_between_snapshots_starts_from_the_right_one),
      TEST(queries_see_the_records_time_and_not_the_clock),
      TEST(what_lies_after_the_end_is_refused_and_the_end_is_named),
      TEST(what_lies_before_the_first_record_is_refused),
      TEST(an_empty_journal_has_no_history),
      TEST(a_record_and_a_moment_at_once_are_misuse),
      TEST(memory_has_no_history_to_open),
      TEST(what_was_trimmed_is_refused_and_the_oldest_point_is_named),
      TEST(a_snapshot_reaches_further_back_than_the_journal),
      TEST(a_damaged_snapshot_is_passed_over),
      TEST(opening_can_be_interrupted_at_each_record_and_entry),
      TEST(opening_at_a_point_survives_running_out_of_memory),
      TEST(a_backup_of_a_point_in_history_is_that_state),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
