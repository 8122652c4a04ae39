/* test_storage_faulty.c - storage/faulty fails the calls it is asked to, as it is asked to, and no others. */
#include <stdlib.h>
#include <time.h>

#include "registry.h"
#include "storage/faulty/faulty.h"
#include "support/assert_status.h"
#include "support/test_host.h"

static const tn_storage *const faulty = &tni_storage_faulty;

/* A faulty storage of memory. */
typedef struct bench {
  tni_registry *registry;
  tn_builder of, config;
  void *self;
  tn_storage_state state;
  tn_error error;
} bench;

static int set_up(void **state) {
  bench *b = calloc(1, sizeof *b);
  b->of = b->config = (tn_builder)TN_BUILDER_INIT;
  *state = b;
  return tni_registry_create(tn_memory_system(), &b->registry, &b->error) == TN_OK ? 0 : -1;
}

static int tear_down(void **state) {
  bench *b = *state;
  if (b->self) (void)faulty->close(b->self, NULL);
  free(b->self);
  tn_builder_free(&b->of);
  tn_builder_free(&b->config);
  tni_registry_destroy(b->registry);
  free(b);
  return 0;
}

static void no_log(void *arg, const char *line) { (void)arg, (void)line; }

static tn_status try_open(bench *b, tn_value config) {
  tn_storage_options options = {.host = &test_host,
                                .memory = tn_memory_system(),
                                .path = "",
                                .config = config,
                                .base_seq = 1,
                                .base_epoch = 1,
                                .log = no_log,
                                .find = tni_registry_find_storage,
                                .find_arg = b->registry};
  b->self = calloc(1, faulty->state_size);
  tn_status status = faulty->open(b->self, &options, &b->state, &b->error);
  if (status != TN_OK) free(b->self), b->self = NULL;
  return status;
}

#define MEMORY(b) tn_obj(&(b)->of, "type", "memory")
#define TRY_OPEN(b, ...) try_open((b), tn_obj(&(b)->config, "of", MEMORY(b), __VA_ARGS__))
#define OPEN(b, ...) assert_status(TRY_OPEN((b), __VA_ARGS__), TN_OK)

static tn_status append(bench *b, uint64_t seq, size_t n, uint32_t flags) {
  tn_slice records[8];
  for (size_t i = 0; i < n; i++) records[i] = (tn_slice){"a record", 8};
  return faulty->append(b->self, seq, records, n, flags, &b->error);
}

/* Records in the wrapped storage from 1 on, and whether each is what was appended. */
static uint64_t count_records(bench *b, bool *same) {
  void *cursor;
  tn_record record;
  uint64_t count = 0;
  *same = true;
  assert_status(faulty->read_open(b->self, 1, &cursor, &b->error), TN_OK);
  for (; faulty->read_next(b->self, cursor, &record, &b->error) == TN_OK; count++)
    *same = *same && record.bytes.size == 8 && memcmp(record.bytes.data, "a record", 8) == 0;
  faulty->read_close(b->self, cursor);
  return count;
}

static int64_t stat(bench *b, const char *path) {
  tn_builder out = TN_BUILDER_INIT;
  int64_t n = -1;
  tn_object_begin(&out);
  faulty->stats(b->self, &out);
  tn_end(&out);
  assert_status(tn_get_int(tn_built(&out), path, &n), TN_OK);
  tn_builder_free(&out);
  return n;
}

/* ---- which ---------------------------------------------------------------------------------- */

static void without_nth_and_rate_nothing_fails(void **state) {
  bench *b = *state;
  bool same;
  OPEN(b, "fail", "io");
  assert_status(append(b, 1, 3, TN_APPEND_SYNC), TN_OK);
  assert_int_equal(count_records(b, &same), 3);
  assert_true(same);
  assert_int_equal(stat(b, "faults.failed"), 0);
  assert_int_equal(stat(b, "faults.calls"), 8); /* open, append and sync, opening the cursor, four times the next */
}

static void the_nth_call_of_the_named_kind_fails_and_no_other(void **state) {
  bench *b = *state;
  uint64_t first;
  OPEN(b, "on", "trim", "nth", 3, "fail", "full");
  assert_status(append(b, 1, 3, 0), TN_OK);
  for (int i = 1; i <= 5; i++) assert_status(faulty->trim(b->self, 0, &first, &b->error), i == 3 ? TN_FULL : TN_OK);
  assert_int_equal(stat(b, "faults.failed"), 1);
}

static void every_call_after_it_may_fail_too(void **state) {
  bench *b = *state;
  uint64_t first;
  OPEN(b, "on", "trim", "nth", 3, "all_after", tn_arg_bool(true));
  for (int i = 1; i <= 5; i++) assert_status(faulty->trim(b->self, 0, &first, &b->error), i >= 3 ? TN_IO : TN_OK);
}

static uint64_t failing_trims(bench *b, int seed) {
  uint64_t which = 0, first;
  OPEN(b, "on", "trim", "rate", 0.25, "seed", seed);
  for (unsigned i = 0; i < 64; i++)
    if (faulty->trim(b->self, 0, &first, &b->error) != TN_OK) which |= (uint64_t)1 << i;
  assert_status(faulty->close(b->self, &b->error), TN_OK);
  free(b->self);
  b->self = NULL;
  return which;
}

static void a_fraction_fails_the_same_for_the_same_seed(void **state) {
  bench *b = *state;
  uint64_t which = failing_trims(b, 5), count = 0;
  assert_true(which == failing_trims(b, 5));
  assert_true(which != failing_trims(b, 6));
  for (; which != 0; which &= which - 1) count++;
  assert_in_range(count, 6, 28);
}

static void opening_and_closing_can_fail(void **state) {
  bench *b = *state;
  assert_status(TRY_OPEN(b, "on", "open", "nth", 1), TN_IO);
  OPEN(b, "on", "close", "nth", 1, "fail", "full");
  assert_status(faulty->close(b->self, &b->error), TN_FULL);
  free(b->self);
  b->self = NULL;
}

/* ---- how ------------------------------------------------------------------------------------ */

static void a_failed_append_leaves_nothing_and_a_short_one_half(void **state) {
  bench *b = *state;
  bool same;
  static const char *const kinds[] = {"io", "full", "short"};
  for (int i = 0; i < 3; i++) {
    OPEN(b, "on", "append", "nth", 2, "fail", kinds[i]);
    assert_status(append(b, 1, 2, TN_APPEND_SYNC), TN_OK);
    assert_status(append(b, 3, 6, TN_APPEND_SYNC), i == 1 ? TN_FULL : TN_IO);
    assert_int_equal(count_records(b, &same), i == 2 ? 5 : 2);
    assert_status(faulty->close(b->self, &b->error), TN_IO);
    free(b->self);
    b->self = NULL;
  }
}

static void a_failed_sync_leaves_what_was_appended(void **state) {
  bench *b = *state;
  bool same;
  OPEN(b, "on", "sync", "nth", 1);
  assert_status(append(b, 1, 2, 0), TN_OK);
  assert_status(append(b, 3, 2, TN_APPEND_SYNC), TN_IO);
  assert_string_equal(b->error.where, "sync");
  assert_int_equal(count_records(b, &same), 4);
}

static void after_a_failed_append_or_sync_a_host_that_goes_on_is_refused_and_counted(void **state) {
  bench *b = *state;
  OPEN(b, "on", "sync", "nth", 1);
  assert_status(append(b, 1, 1, TN_APPEND_SYNC), TN_IO);
  assert_int_equal(stat(b, "faults.refused"), 0);
  assert_status(faulty->sync(b->self, &b->error), TN_IO);
  assert_status(append(b, 2, 1, 0), TN_IO);
  assert_int_equal(stat(b, "faults.refused"), 2);
  assert_int_equal(stat(b, "faults.failed"), 1);
}

static void a_conflict_is_no_failure(void **state) {
  bench *b = *state;
  OPEN(b, "fail", "io");
  assert_status(append(b, 7, 1, 0), TN_CONFLICT);
  assert_status(append(b, 1, 1, 0), TN_OK);
}

static void a_flipped_bit_is_handed_out_as_if_nothing_were_wrong(void **state) {
  bench *b = *state;
  bool same;
  OPEN(b, "fail", "flip", "nth", 2);
  assert_status(append(b, 1, 3, TN_APPEND_SYNC), TN_OK);
  assert_int_equal(count_records(b, &same), 3);
  assert_false(same);
  assert_int_equal(count_records(b, &same), 3);
  assert_true(same);
}

static void a_sync_can_be_slow(void **state) {
  bench *b = *state;
  struct timespec before, after;
  OPEN(b, "sync_ms", 30);
  clock_gettime(CLOCK_MONOTONIC, &before);
  assert_status(append(b, 1, 1, TN_APPEND_SYNC), TN_OK);
  clock_gettime(CLOCK_MONOTONIC, &after);
  assert_true((after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000 >= 29);
}

static void a_snapshot_that_fails_to_commit_is_not_there(void **state) {
  bench *b = *state;
  void *handle;
  OPEN(b, "on", "snapshot_commit", "nth", 1);
  assert_status(faulty->snapshot_begin(b->self, 5, &handle, &b->error), TN_OK);
  assert_status(faulty->snapshot_write(b->self, handle, (tn_slice){"bytes", 5}, &b->error), TN_OK);
  assert_status(faulty->snapshot_commit(b->self, handle, &b->error), TN_IO);
  assert_status(faulty->snapshot_open(b->self, 5, &handle, &b->error), TN_NOT_FOUND);
}

static void what_the_wrapped_storage_cannot_do_stays_unsupported(void **state) {
  bench *b = *state;
  OPEN(b, "on", "follow", "nth", 1);
  assert_status(faulty->follow(b->self, 0, 0, &b->error), TN_IO);
  assert_status(faulty->follow(b->self, 0, 0, &b->error), TN_UNSUPPORTED);
}

static void two_kinds_of_faults_are_a_faulty_storage_of_a_faulty_one(void **state) {
  bench *b = *state;
  uint64_t first;
  tn_builder inner = TN_BUILDER_INIT;
  tn_value of = tn_obj(&inner, "type", "faulty", "of", MEMORY(b), "on", "trim", "nth", 1);
  assert_status(try_open(b, tn_obj(&b->config, "of", of, "on", "maintain", "nth", 1, "fail", "full")), TN_OK);
  assert_status(faulty->trim(b->self, 0, &first, &b->error), TN_IO);
  assert_status(faulty->maintain(b->self, &b->error), TN_FULL);
  assert_int_equal(stat(b, "faults.failed"), 1);
  assert_int_equal(stat(b, "faults.of.failed"), 1);
  assert_int_equal(stat(b, "journal_bytes"), 0);
  tn_builder_free(&inner);
}

/* ---- config --------------------------------------------------------------------------------- */

static void a_config_that_asks_for_something_else_is_refused(void **state) {
  bench *b = *state;
  assert_status(TRY_OPEN(b, "on", "lunch"), TN_INVALID);
  assert_string_equal(b->error.where, "on");
  assert_status(TRY_OPEN(b, "fail", 7), TN_INVALID);
  assert_string_equal(b->error.where, "fail");
  assert_status(TRY_OPEN(b, "nth", -1), TN_INVALID);
  assert_status(TRY_OPEN(b, "rate", 1.5), TN_INVALID);
  assert_status(TRY_OPEN(b, "all_after", 1), TN_INVALID);
  assert_status(TRY_OPEN(b, "seed", "x"), TN_INVALID);
  assert_status(TRY_OPEN(b, "sync_ms", 60001), TN_INVALID);
  assert_string_equal(b->error.where, "sync_ms");
  assert_status(TRY_OPEN(b, "fail", "flip", "on", "append"), TN_INVALID);
  assert_string_equal(b->error.where, "on");
  assert_status(try_open(b, tn_obj(&b->config, "nth", 1)), TN_INVALID);
  assert_string_equal(b->error.where, "of");
  assert_status(try_open(b, tn_obj(&b->config, "of", tn_obj(&b->of, "type", "flie"))), TN_UNKNOWN);
  assert_non_null(strstr(b->error.text, "'file'"));
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(without_nth_and_rate_nothing_fails),
      TEST(the_nth_call_of_the_named_kind_fails_and_no_other),
      TEST(every_call_after_it_may_fail_too),
      TEST(a_fraction_fails_the_same_for_the_same_seed),
      TEST(opening_and_closing_can_fail),
      TEST(a_failed_append_leaves_nothing_and_a_short_one_half),
      TEST(a_failed_sync_leaves_what_was_appended),
      TEST(after_a_failed_append_or_sync_a_host_that_goes_on_is_refused_and_counted),
      TEST(a_conflict_is_no_failure),
      TEST(a_flipped_bit_is_handed_out_as_if_nothing_were_wrong),
      TEST(a_sync_can_be_slow),
      TEST(a_snapshot_that_fails_to_commit_is_not_there),
      TEST(what_the_wrapped_storage_cannot_do_stays_unsupported),
      TEST(two_kinds_of_faults_are_a_faulty_storage_of_a_faulty_one),
      TEST(a_config_that_asks_for_something_else_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
