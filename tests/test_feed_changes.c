/* What records changed, as feeds tell it: entries before and after, from any place, beside owners, and out of memory.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/shop.h"

#define TWO_MODELS "\"models\": {\"cart\": {\"type\": \"kv\"}, \"stock\": {\"type\": \"kv\"}}"
#define TRIMMED                                                                                \
  "\"storage\": {\"type\": \"memory\"}, \"journal\": {\"keep\": \"snapshot\"}, \"snapshot\": " \
  "{\"every_commands\": 0, \"keep\": 1}"
#define SOON_MS 20000
#define TEXT_SIZE 4096
#define KEYS 12

/* A feed of all changes after record (1, seq). */
static tn_feed *open_changes(shop *s, tn_engine *engine, uint64_t seq) {
  tn_feed *feed = NULL;
  tn_feed_options options = TN_FEED_OPTIONS_INIT;
  options.epoch = 1;
  options.seq = seq;
  options.changes = true;
  if (tn_feed_open(engine, &options, &feed, &s->error) != TN_OK)
    fail_msg("%s: %s", tn_status_name(s->error.status), s->error.text);
  return feed;
}

static tn_feed_item next_item(shop *s, tn_feed *feed) {
  tn_feed_item item;
  tn_status status = tn_feed_next(feed, SOON_MS, &item, &s->error);
  if (status != TN_OK) fail_msg("%s: %s", tn_status_name(status), s->error.text);
  return item;
}

static void text_of(tn_value value, char out[TEXT_SIZE]) {
  tn_slice text = {"", 0};
  if (!tn_is_absent(value)) assert_status(tn_encode("json", value, &text, NULL), TN_OK);
  snprintf(out, TEXT_SIZE, "%.*s", (int)text.size, (const char *)text.data);
  if (!tn_is_absent(value)) tn_text_free(text);
}

static void expect_changes(shop *s, tn_feed *feed, const char *expected) {
  char text[TEXT_SIZE];
  text_of(next_item(s, feed).changes, text);
  assert_string_equal(text, expected);
}

static void run(shop *s, const char *request) {
  tn_slice answer;
  if (tn_run_json(s->engine, request, &answer, &s->error) != TN_OK)
    fail_msg("%s: %.*s", request, (int)answer.size, (const char *)answer.data);
  tn_text_free(answer);
}

/* ---- what is told ---------------------------------------------------------------------------- */

static void an_item_carries_the_entries_before_and_after_its_record(void **state) {
  shop *s = *state;
  tn_feed *feed = open_changes(s, s->engine, 0);
  run(s, "[\"cart\",\"put\",[\"a\",\"x\"]]");
  expect_changes(s, feed, "[{\"model\":\"cart\",\"map\":\"entries\",\"key\":[\"a\"],\"new\":[1,\"x\"]}]");
  run(s, "[\"cart\",\"put\",[\"a\",[1,null]]]");
  expect_changes(s, feed,
                 "[{\"model\":\"cart\",\"map\":\"entries\",\"key\":[\"a\"],\"old\":[1,\"x\"],\"new\":[2,[1,null]]}]");
  run(s, "[\"cart\",\"rename\",[\"a\",[\"b\",2]]]");
  expect_changes(s, feed,
                 "[{\"model\":\"cart\",\"map\":\"entries\",\"key\":[\"a\"],\"old\":[2,[1,null]]},"
                 "{\"model\":\"cart\",\"map\":\"entries\",\"key\":[[\"b\",2]],\"new\":[3,[1,null]]}]");
  tn_feed_close(feed);
}

static void a_record_tells_each_key_once_in_order_and_none_that_is_as_it_was(void **state) {
  shop *s = *state;
  shop_open(s, TWO_MODELS);
  tn_feed *feed = open_changes(s, s->engine, 0);
  run(s,
      "{\"batch\":[[\"stock\",\"put\",[\"z\",1]],[\"cart\",\"put\",[\"b\",1]],[\"cart\",\"put\",[\"gone\",1]],"
      "[\"cart\",\"incr\",[\"a\"]],[\"cart\",\"incr\",[\"b\",5]],[\"cart\",\"delete\",[\"gone\"]]]}");
  expect_changes(s, feed,
                 "[{\"model\":\"cart\",\"map\":\"entries\",\"key\":[\"a\"],\"new\":[1,1]},"
                 "{\"model\":\"cart\",\"map\":\"entries\",\"key\":[\"b\"],\"new\":[1,6]},"
                 "{\"model\":\"stock\",\"map\":\"entries\",\"key\":[\"z\"],\"new\":[1,1]}]");
  tn_feed_close(feed);
}

static void a_filter_tells_whole_records_of_its_models(void **state) {
  static const char *const stock[] = {"stock", NULL};
  shop *s = *state;
  tn_feed *feed;
  tn_feed_options options = {.models = stock, .epoch = 1, .changes = true};
  shop_open(s, TWO_MODELS);
  assert_status(tn_feed_open(s->engine, &options, &feed, &s->error), TN_OK);
  run(s, "[\"cart\",\"put\",[\"a\",1]]");
  run(s, "{\"batch\":[[\"cart\",\"incr\",[\"a\"]],[\"stock\",\"incr\",[\"a\"]]]}");
  expect_changes(s, feed,
                 "[{\"model\":\"cart\",\"map\":\"entries\",\"key\":[\"a\"],\"old\":[1,1],\"new\":[2,2]},"
                 "{\"model\":\"stock\",\"map\":\"entries\",\"key\":[\"a\"],\"new\":[2,1]}]");
  tn_feed_close(feed);
}

static void unasked_for_there_are_no_changes(void **state) {
  shop *s = *state;
  tn_feed *feed;
  assert_status(tn_feed_open(s->engine, NULL, &feed, &s->error), TN_OK);
  run(s, "[\"cart\",\"put\",[\"a\",1]]");
  assert_true(tn_is_absent(next_item(s, feed).changes));
  tn_feed_close(feed);
}

/* ---- from any place -------------------------------------------------------------------------- */

/* What somebody knows of the cart who only reads changes. */
typedef struct mirror {
  char entries[KEYS][TEXT_SIZE];
} mirror;

static void take_in(mirror *m, tn_value changes) {
  for (tn_iter it = tn_iter_of(changes); tn_iter_next(&it);) {
    char before[TEXT_SIZE];
    tn_slice key = {"", 0};
    assert_status(tn_get_string(it.value, "key.0", &key), TN_OK);
    int i = atoi((const char *)key.data + 1);
    text_of(tn_field(it.value, "old"), before);
    assert_string_equal(m->entries[i], before);
    text_of(tn_field(it.value, "new"), m->entries[i]);
  }
}

static void expect_whole(shop *s, const mirror *m) {
  int64_t there = 0;
  for (int i = 0; i < KEYS; i++) there += m->entries[i][0] != '\0';
  assert_int_equal(there, shop_stat(s, "entries.cart.entries"));
}

static uint64_t next_random(uint64_t *seed) { return *seed = *seed * 6364136223846793005u + 1442695040888963407u; }

static void change_something(shop *s, uint64_t *seed) {
  char request[512];
  int a = (int)(next_random(seed) >> 40) % KEYS, b = (int)(next_random(seed) >> 40) % KEYS;
  switch ((next_random(seed) >> 40) % 4) {
    case 0: snprintf(request, sizeof request, "[\"cart\",\"put\",[\"k%d\",%d]]", a, b); break;
    case 1:
      snprintf(request, sizeof request, "[\"cart\",\"mput\",[{\"k%d\":1,\"k%d\":[\"x\"]}]]", a, (a + 1) % KEYS);
      break;
    case 2: snprintf(request, sizeof request, "[\"cart\",\"delete_range\",{\"prefix\":\"k%d\"}]", a); break;
    default:
      snprintf(request, sizeof request,
               "{\"batch\":[[\"cart\",\"put\",[\"k%d\",2]],[\"cart\",\"rename\",[\"k%d\",\"k%d\",true]]]}", a, a, b);
  }
  run(s, request);
}

/* The mirror that somebody has who read everything up to a record is the same, wherever he began again. */
static void changes_add_up_from_every_place_and_through_restarts(void **state) {
  shop *s = *state;
  mirror whole = {0}, *at = calloc(100, sizeof *at);
  uint64_t seed = 42, newest = 0;
  assert_non_null(at);
  for (int i = 0; i < 60; i++) {
    tn_feed_item item;
    tn_feed *feed = open_changes(s, s->engine, newest);
    change_something(s, &seed);
    if (i % 20 == 10) assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
    for (; tn_feed_next(feed, 0, &item, &s->error) == TN_OK; at[newest = item.seq] = whole)
      take_in(&whole, item.changes);
    tn_feed_close(feed);
    if (i % 15 == 14) shop_reopen(s);
  }
  assert_true(newest > 30);
  expect_whole(s, &whole);
  for (uint64_t from = 0; from < newest; from++) {
    mirror m = at[from];
    tn_feed *feed = open_changes(s, s->engine, from);
    for (uint64_t seq = from + 1; seq <= newest; seq++) take_in(&m, next_item(s, feed).changes);
    assert_memory_equal(&m, &whole, sizeof m);
    tn_feed_close(feed);
  }
  free(at);
}

static void what_is_not_synced_yet_is_in_the_state_that_now_begins_with(void **state) {
  shop *s = *state;
  tn_feed *feed;
  tn_feed_options now = {.changes = true};
  shop_open_fresh(s, "\"durability\": \"none\"");
  run(s, "[\"cart\",\"put\",[\"a\",1]]");
  assert_status(tn_feed_open(s->engine, &now, &feed, &s->error), TN_OK);
  run(s, "[\"cart\",\"incr\",[\"a\"]]");
  assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK); /* which syncs the journal */
  expect_changes(s, feed, "[{\"model\":\"cart\",\"map\":\"entries\",\"key\":[\"a\"],\"old\":[1,1],\"new\":[2,2]}]");
  tn_feed_close(feed);
}

static void in_a_trimmed_journal_changes_begin_behind_the_oldest_snapshot(void **state) {
  shop *s = *state;
  tn_feed *feed;
  tn_feed_options options = {.epoch = 1, .seq = 2, .changes = true};
  shop_open_fresh(s, TRIMMED);
  for (int i = 0; i < 5; i++) run(s, "[\"cart\",\"incr\",[\"n\"]]");
  assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK); /* memory trims to the record */
  run(s, "[\"cart\",\"incr\",[\"n\"]]");
  assert_status(tn_feed_open(s->engine, &options, &feed, &s->error), TN_LAGGED);
  options.from_oldest = true;
  assert_status(tn_feed_open(s->engine, &options, &feed, &s->error), TN_OK);
  expect_changes(s, feed, "[{\"model\":\"cart\",\"map\":\"entries\",\"key\":[\"n\"],\"old\":[5,5],\"new\":[6,6]}]");
  tn_feed_close(feed);
  feed = open_changes(s, s->engine, 5);
  assert_int_equal(next_item(s, feed).seq, 6);
  tn_feed_close(feed);
}

/* The file's segments are larger than a record: the journal goes back further than the oldest snapshot. */
static void records_before_the_oldest_snapshot_are_passed_over_by_oldest(void **state) {
  shop *s = *state;
  tn_feed *feed;
  tn_feed_options options = {.from_oldest = true, .changes = true};
  shop_open_fresh(s,
                  "\"storage\": {\"type\": \"file\", \"segment_bytes_min\": 4096, \"segment_bytes_max\": 4096}, "
                  "\"journal\": {\"keep\": \"snapshot\"}, \"snapshot\": {\"every_commands\": 0, \"keep\": 1}");
  for (int i = 0; i < 100; i++) run(s, "[\"cart\",\"incr\",[\"n\"]]");
  assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
  run(s, "[\"cart\",\"incr\",[\"n\"]]");
  int64_t first = shop_stat(s, "journal.first_seq");
  assert_in_range(first, 2, 100);
  assert_status(tn_feed_open(s->engine, &options, &feed, &s->error), TN_OK);
  assert_int_equal(next_item(s, feed).seq, 101);
  tn_feed_close(feed);
  options.changes = false;
  assert_status(tn_feed_open(s->engine, &options, &feed, &s->error), TN_OK);
  assert_int_equal(next_item(s, feed).seq, first);
  tn_feed_close(feed);
}

static void a_reader_tells_what_a_live_owner_changes(void **state) {
  shop *s = *state;
  tn_engine *reader;
  tn_open_options options = s->options;
  run(s, "[\"cart\",\"put\",[\"a\",1]]");
  run(s, "[\"cart\",\"put\",[\"b\",1]]");
  options.read_only = true;
  assert_status(tn_open(NULL, &options, &reader, &s->error), TN_OK);
  tn_feed *feed = open_changes(s, reader, 1);
  run(s, "[\"cart\",\"incr\",[\"a\"]]");
  run(s, "[\"cart\",\"incr\",[\"a\"]]");
  assert_int_equal(next_item(s, feed).seq, 2);
  expect_changes(s, feed, "[{\"model\":\"cart\",\"map\":\"entries\",\"key\":[\"a\"],\"old\":[1,1],\"new\":[3,2]}]");
  tn_feed_close(feed);
  assert_status(tn_close(reader, &s->error), TN_OK);
}

#define INCREMENTS 200

static void *increment(void *arg) {
  shop *s = arg;
  tn_builder args = TN_BUILDER_INIT;
  tn_error error = TN_ERROR_INIT;
  for (int i = 0; i < INCREMENTS; i++)
    if (tn_run(s->engine, "cart", "incr", tn_obj(&args, "key", "k1"), NULL, &error) != TN_OK) break;
  tn_builder_free(&args);
  return NULL;
}

static void changes_are_told_beside_committing_threads(void **state) {
  shop *s = *state;
  pthread_t threads[2];
  mirror m = {0};
  tn_feed *feed = open_changes(s, s->engine, 0);
  for (int i = 0; i < 2; i++) assert_int_equal(pthread_create(&threads[i], NULL, increment, s), 0);
  for (int i = 0; i < 2 * INCREMENTS; i++) take_in(&m, next_item(s, feed).changes);
  for (int i = 0; i < 2; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
  assert_string_equal(m.entries[1], "[400,400]");
  tn_feed_close(feed);
}

/* ---- failing --------------------------------------------------------------------------------- */

static void running_out_of_memory_loses_no_change(void **state) {
  shop *s = *state;
  mirror m = {0};
  uint64_t seed = 7, seq = 0;
  tn_feed *feed = NULL;
  tn_feed_item item;
  tn_feed_options options = {.epoch = 1, .changes = true};
  for (int i = 0; i < 40; i++) change_something(s, &seed);
  uint64_t newest = (uint64_t)shop_stat(s, "seq");
  for (uint64_t nth = 1; !feed; nth++) {
    atomic_store(&s->memory.fail_at, atomic_load(&s->memory.requests) + nth);
    tn_status status = tn_feed_open(s->engine, &options, &feed, &s->error);
    atomic_store(&s->memory.fail_at, 0);
    if (status != TN_OK) assert_status(status, TN_NOMEM);
  }
  for (uint64_t nth = 1; seq < newest; nth = nth % 37 + 1) {
    atomic_store(&s->memory.fail_at, atomic_load(&s->memory.requests) + nth);
    tn_status status = tn_feed_next(feed, 0, &item, &s->error);
    atomic_store(&s->memory.fail_at, 0);
    if (status != TN_OK) {
      assert_status(status, TN_NOMEM);
      continue;
    }
    assert_int_equal(item.seq, ++seq);
    take_in(&m, item.changes);
  }
  expect_whole(s, &m);
  tn_feed_close(feed);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, shop_setup, shop_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(an_item_carries_the_entries_before_and_after_its_record),
      TEST(a_record_tells_each_key_once_in_order_and_none_that_is_as_it_was),
      TEST(a_filter_tells_whole_records_of_its_models),
      TEST(unasked_for_there_are_no_changes),
      TEST(changes_add_up_from_every_place_and_through_restarts),
      TEST(what_is_not_synced_yet_is_in_the_state_that_now_begins_with),
      TEST(in_a_trimmed_journal_changes_begin_behind_the_oldest_snapshot),
      TEST(records_before_the_oldest_snapshot_are_passed_over_by_oldest),
      TEST(a_reader_tells_what_a_live_owner_changes),
      TEST(changes_are_told_beside_committing_threads),
      TEST(running_out_of_memory_loses_no_change),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
