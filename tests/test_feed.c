/* Feeds: every record once, in order, after it is durable; going on from a place; falling behind; following an owner.
 */
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/shop.h"

#define TWO_MODELS "\"models\": {\"cart\": {\"type\": \"kv\"}, \"stock\": {\"type\": \"kv\"}}"
#define TINY_SEGMENTS "\"storage\": {\"type\": \"file\", \"segment_bytes_min\": 4096, \"segment_bytes_max\": 4096}"
#define SOON_MS 20000

static tn_feed *open_feed(shop *s, const tn_feed_options *options) {
  tn_feed *feed = NULL;
  if (tn_feed_open(s->engine, options, &feed, &s->error) != TN_OK)
    fail_msg("%s: %s", tn_status_name(s->error.status), s->error.text);
  return feed;
}

static tn_feed *open_after(shop *s, uint64_t epoch, uint64_t seq) {
  tn_feed_options options = TN_FEED_OPTIONS_INIT;
  options.epoch = epoch;
  options.seq = seq;
  return open_feed(s, &options);
}

static tn_status try_after(shop *s, uint64_t epoch, uint64_t seq) {
  tn_feed *feed = NULL;
  tn_feed_options options = TN_FEED_OPTIONS_INIT;
  options.epoch = epoch;
  options.seq = seq;
  tn_status status = tn_feed_open(s->engine, &options, &feed, &s->error);
  tn_feed_close(feed);
  return status;
}

static void expect_item(shop *s, tn_feed *feed, uint64_t seq) {
  tn_feed_item item;
  tn_status status = tn_feed_next(feed, SOON_MS, &item, &s->error);
  if (status != TN_OK) fail_msg("%s: %s", tn_status_name(status), s->error.text);
  assert_int_equal(item.seq, seq);
}

static void expect_nothing(shop *s, tn_feed *feed) {
  tn_feed_item item;
  assert_status(tn_feed_next(feed, 0, &item, &s->error), TN_NOT_FOUND);
}

static void put(shop *s, int count) {
  for (int i = 0; i < count; i++) assert_status(shop_put(s, "n", i), TN_OK);
}

static tn_status put_in(shop *s, const char *model) {
  return tn_run(s->engine, model, "put", tn_obj(&s->args, "key", "k", "value", 1), &s->result, &s->error);
}

/* ---- what comes ------------------------------------------------------------------------------ */

static void a_feed_hands_out_what_comes_after_it_was_opened(void **state) {
  shop *s = *state;
  put(s, 3);
  tn_feed *feed = open_feed(s, NULL);
  expect_nothing(s, feed);
  put(s, 2);
  expect_item(s, feed, 4);
  expect_item(s, feed, 5);
  expect_nothing(s, feed);
  tn_feed_close(feed);
}

static void an_item_says_when_and_what(void **state) {
  shop *s = *state;
  tn_feed *feed = open_feed(s, NULL);
  tn_feed_item item;
  tn_slice text;
  int64_t n = 0;
  assert_status(shop_put(s, "apples", 7), TN_OK);
  assert_status(tn_feed_next(feed, 0, &item, &s->error), TN_OK);
  assert_int_equal(item.epoch, 1);
  assert_int_equal(item.seq, 1);
  assert_int_equal(item.time_us, s->clock_us);
  assert_status(tn_get_string(item.record, "ops.0.1", &text), TN_OK);
  assert_memory_equal(text.data, "put", 3);
  assert_true(tn_as_int(tn_item(tn_item(tn_item(item.ops, 0), 2), 1), &n));
  assert_int_equal(n, 7);
  assert_true(tn_is_absent(item.events));
  tn_feed_close(feed);
}

static void a_batch_is_one_item_and_a_failure_none(void **state) {
  shop *s = *state;
  tn_feed *feed = open_feed(s, NULL);
  tn_feed_item item;
  tn_builder a = TN_BUILDER_INIT, b = TN_BUILDER_INIT;
  tn_batch_op ops[] = {{"cart", "incr", tn_obj(&a, "key", "x")}, {"cart", "incr", tn_obj(&b, "key", "y")}};
  assert_status(tn_run(s->engine, "cart", "take", tn_obj(&s->args, "key", "none"), NULL, &s->error), TN_NOT_FOUND);
  assert_status(tn_batch(s->engine, ops, 2, NULL, NULL, &s->error), TN_OK);
  assert_status(tn_feed_next(feed, 0, &item, &s->error), TN_OK);
  assert_int_equal(tn_count(item.ops), 2);
  expect_nothing(s, feed);
  tn_feed_close(feed);
  tn_builder_free(&a);
  tn_builder_free(&b);
}

static void a_filter_passes_over_records_that_change_other_models(void **state) {
  static const char *const stock[] = {"stock", NULL}, *const unknown[] = {"stok", NULL}, *const none[] = {NULL};
  shop *s = *state;
  tn_feed *feed;
  tn_feed_options options = TN_FEED_OPTIONS_INIT;
  uint64_t epoch = 0, seq = 0;
  shop_open(s, TWO_MODELS);
  options.models = stock;
  feed = open_feed(s, &options);
  for (int i = 0; i < 6; i++) assert_status(put_in(s, i % 3 == 1 ? "stock" : "cart"), TN_OK);
  expect_item(s, feed, 2);
  expect_item(s, feed, 5);
  expect_nothing(s, feed);
  assert_status(tn_feed_position(feed, &epoch, &seq), TN_OK);
  assert_int_equal(seq, 6);
  tn_feed_close(feed);
  options.models = unknown;
  assert_status(tn_feed_open(s->engine, &options, &feed, &s->error), TN_UNKNOWN);
  assert_string_equal(s->error.text, "no model is named 'stok'; did you mean 'stock'?");
  options.models = none;
  assert_status(tn_feed_open(s->engine, &options, &feed, &s->error), TN_INVALID);
}

static void several_feeds_each_get_everything(void **state) {
  shop *s = *state;
  tn_feed *feeds[5];
  for (int i = 0; i < 5; i++) feeds[i] = open_feed(s, NULL);
  put(s, 20);
  for (int i = 0; i < 5; i++)
    for (uint64_t seq = 1; seq <= 20; seq++) expect_item(s, feeds[i], seq);
  for (int i = 0; i < 5; i++) tn_feed_close(feeds[i]);
}

static void memory_feeds_as_well(void **state) {
  shop *s = *state;
  shop_open(s, "\"storage\": {\"type\": \"memory\"}");
  tn_feed *feed = open_feed(s, NULL);
  for (uint64_t seq = 1; seq <= 10; seq++) {
    put(s, 1);
    expect_item(s, feed, seq);
    expect_nothing(s, feed);
  }
  tn_feed_close(feed);
}

static void items_come_when_they_are_durable(void **state) {
  static const char *const modes[] = {"\"durability\": \"interval\"", "\"durability\": \"none\""};
  shop *s = *state;
  for (int i = 0; i < 2; i++) {
    shop_open_fresh(s, modes[i]);
    tn_feed *feed = open_feed(s, NULL);
    put(s, 3);
    expect_nothing(s, feed);
    assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK); /* which syncs the journal */
    for (uint64_t seq = 1; seq <= 3; seq++) expect_item(s, feed, seq);
    tn_feed_close(feed);
  }
}

/* ---- where it begins ------------------------------------------------------------------------- */

static void a_feed_goes_on_after_any_record(void **state) {
  shop *s = *state;
  put(s, 10);
  for (uint64_t after = 1; after <= 10; after++) {
    tn_feed *feed = open_after(s, 1, after);
    for (uint64_t seq = after + 1; seq <= 10; seq++) expect_item(s, feed, seq);
    expect_nothing(s, feed);
    tn_feed_close(feed);
  }
  tn_feed *feed = open_after(s, 1, 0);
  for (uint64_t seq = 1; seq <= 10; seq++) expect_item(s, feed, seq);
  tn_feed_close(feed);
}

static void a_place_survives_a_restart(void **state) {
  shop *s = *state;
  uint64_t epoch = 0, seq = 0;
  tn_feed *feed = open_feed(s, NULL);
  assert_status(tn_feed_position(feed, &epoch, &seq), TN_OK);
  tn_feed_close(feed);
  for (int round = 0; round < 4; round++) {
    put(s, 2);
    shop_reopen(s);
    put(s, 1);
    feed = open_after(s, epoch, seq);
    for (int i = 0; i < 3; i++) expect_item(s, feed, seq + (uint64_t)i + 1);
    assert_status(tn_feed_position(feed, &epoch, &seq), TN_OK);
    tn_feed_close(feed);
  }
}

static void a_place_of_another_history_is_a_conflict(void **state) {
  shop *s = *state;
  put(s, 3);
  assert_status(try_after(s, 2, 3), TN_CONFLICT);
  assert_string_equal(s->error.text, "(2, 3) is no record of this history: that record has epoch 1");
  assert_status(try_after(s, 0, 3), TN_CONFLICT);
  assert_status(try_after(s, 1, 4), TN_CONFLICT);
  assert_string_equal(s->error.text, "(1, 4) is no record of this history: the journal ends before it");
  assert_status(try_after(s, 1, UINT64_MAX), TN_CONFLICT);
  assert_status(try_after(s, 1, 3), TN_OK);
}

static void an_unclean_stop_begins_an_epoch_and_the_old_places_stay_valid(void **state) {
  shop *s = *state;
  char data[200], copy[200];
  put(s, 3);
  snprintf(data, sizeof data, "%s/data", s->folder.path);
  snprintf(copy, sizeof copy, "%s/copy", s->folder.path);
  copy_folder(data, copy);
  shop_close(s);
  copy_folder(copy, data);
  shop_reopen(s);
  put(s, 2);
  assert_status(try_after(s, 1, 4), TN_CONFLICT); /* what was lost, or never was */
  tn_feed *feed = open_after(s, 1, 3);
  tn_feed_item item;
  assert_status(tn_feed_next(feed, 0, &item, &s->error), TN_OK);
  assert_int_equal(item.epoch, 2);
  assert_int_equal(item.seq, 4);
  tn_feed_close(feed);
  feed = open_after(s, 2, 4);
  expect_item(s, feed, 5);
  tn_feed_close(feed);
}

/* ---- falling behind -------------------------------------------------------------------------- */

static void open_trimming(shop *s) {
  shop_open_fresh(
      s, TINY_SEGMENTS ", \"journal\": {\"keep\": \"snapshot\"}, \"snapshot\": {\"every_commands\": 0, \"keep\": 1}");
}

static void a_feed_that_fell_behind_hears_lagged_and_begins_again_with_the_oldest(void **state) {
  shop *s = *state;
  tn_feed_item item;
  tn_feed_options oldest = TN_FEED_OPTIONS_INIT;
  uint64_t epoch, seq;
  oldest.from_oldest = true;
  open_trimming(s);
  tn_feed *feed = open_feed(s, NULL);
  put(s, 200);
  expect_item(s, feed, 1);
  assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
  put(s, 1);
  tn_status status = TN_OK;
  for (int i = 0; i < 200 && status == TN_OK; i++) status = tn_feed_next(feed, 0, &item, &s->error);
  assert_status(status, TN_LAGGED);
  assert_non_null(strstr(s->error.text, "the feed fell behind what the journal keeps (record "));
  assert_non_null(strstr(s->error.text, "; open it again from the oldest"));
  assert_status(tn_feed_next(feed, 0, &item, &s->error), TN_LAGGED);
  tn_feed_close(feed);
  uint64_t first = (uint64_t)shop_stat(s, "journal.first_seq");
  assert_true(first > 100);
  assert_status(try_after(s, 1, 5), TN_LAGGED);
  feed = open_feed(s, &oldest);
  assert_status(tn_feed_position(feed, &epoch, &seq), TN_NOT_FOUND);
  for (; first <= 201; first++) expect_item(s, feed, first);
  assert_status(tn_feed_position(feed, &epoch, &seq), TN_OK);
  tn_feed_close(feed);
}

static void a_place_right_before_the_journal_is_known_by_its_snapshot(void **state) {
  shop *s = *state;
  shop_open_fresh(s,
                  "\"storage\": {\"type\": \"memory\"}, \"journal\": {\"keep\": \"snapshot\"}, \"snapshot\": "
                  "{\"every_commands\": 0, \"keep\": 1}");
  put(s, 5);
  assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK); /* memory trims to the record */
  put(s, 1);
  assert_int_equal(shop_stat(s, "journal.first_seq"), 6);
  assert_status(try_after(s, 2, 5), TN_CONFLICT);
  assert_status(try_after(s, 1, 4), TN_LAGGED);
  tn_feed *feed = open_after(s, 1, 5);
  expect_item(s, feed, 6);
  tn_feed_close(feed);
}

/* ---- life ------------------------------------------------------------------------------------ */

static void an_engine_with_an_open_feed_does_not_close(void **state) {
  shop *s = *state;
  tn_feed *feed = open_feed(s, NULL);
  assert_status(tn_close(s->engine, &s->error), TN_MISUSE);
  assert_string_equal(s->error.text, "a feed is open; close it first");
  put(s, 1);
  expect_item(s, feed, 1);
  tn_feed_close(feed);
  tn_feed_close(NULL);
}

static void a_point_in_history_has_no_feeds(void **state) {
  shop *s = *state;
  tn_open_options options = s->options;
  tn_engine *then;
  tn_feed *feed;
  put(s, 2);
  options.at_seq = 1;
  assert_status(tn_open(NULL, &options, &then, &s->error), TN_OK);
  assert_status(tn_feed_open(then, NULL, &feed, &s->error), TN_MISUSE);
  assert_status(tn_close(then, &s->error), TN_OK);
}

static void running_out_of_memory_loses_no_item(void **state) {
  shop *s = *state;
  tn_feed_item item;
  uint64_t seq = 0;
  put(s, 20);
  tn_feed *feed = NULL;
  tn_feed_options options = TN_FEED_OPTIONS_INIT;
  options.epoch = 1;
  for (uint64_t nth = 1; !feed; nth++) {
    atomic_store(&s->memory.fail_at, atomic_load(&s->memory.requests) + nth);
    tn_status status = tn_feed_open(s->engine, &options, &feed, &s->error);
    atomic_store(&s->memory.fail_at, 0);
    if (status != TN_OK) assert_status(status, TN_NOMEM);
  }
  for (uint64_t nth = 1; seq < 20; nth = nth % 5 + 1) {
    atomic_store(&s->memory.fail_at, atomic_load(&s->memory.requests) + nth);
    tn_status status = tn_feed_next(feed, 0, &item, &s->error);
    atomic_store(&s->memory.fail_at, 0);
    if (status == TN_OK)
      assert_int_equal(item.seq, ++seq);
    else
      assert_status(status, TN_NOMEM);
  }
  tn_feed_close(feed);
}

static void *interrupt_soon(void *arg) {
  usleep(50000);
  tn_interrupt((tn_engine *)arg);
  return NULL;
}

static void expect_interrupted(shop *s, tn_engine *engine, tn_feed *feed) {
  pthread_t thread;
  tn_feed_item item;
  assert_int_equal(pthread_create(&thread, NULL, interrupt_soon, engine), 0);
  assert_status(tn_feed_next(feed, SOON_MS, &item, &s->error), TN_INTERRUPTED);
  assert_int_equal(pthread_join(thread, NULL), 0);
}

static void an_interrupt_ends_the_wait_for_an_item_and_loses_none(void **state) {
  shop *s = *state;
  tn_open_options options = s->options;
  tn_engine *reader;
  tn_feed *feed = open_feed(s, NULL), *beside;
  tn_feed_item item;
  tn_interrupt(s->engine); /* before the wait: it is none of its business */
  expect_nothing(s, feed);
  expect_interrupted(s, s->engine, feed);
  put(s, 1);
  expect_item(s, feed, 1);
  tn_feed_close(feed);
  options.read_only = true;
  assert_status(tn_open(NULL, &options, &reader, &s->error), TN_OK);
  assert_status(tn_feed_open(reader, NULL, &beside, &s->error), TN_OK);
  expect_interrupted(s, reader, beside);
  put(s, 2);
  assert_status(tn_feed_next(beside, SOON_MS, &item, &s->error), TN_OK);
  tn_feed_close(beside);
  assert_status(tn_close(reader, &s->error), TN_OK);
}

/* ---- the fd ---------------------------------------------------------------------------------- */

static bool is_readable(int fd, int wait_ms) { return poll(&(struct pollfd){fd, POLLIN, 0}, 1, wait_ms) == 1; }

static void the_fd_is_readable_while_items_are_waiting(void **state) {
  shop *s = *state;
  int fd;
  put(s, 1);
  tn_feed *feed = open_after(s, 1, 0);
  assert_status(tn_feed_fd(feed, &fd, &s->error), TN_OK);
  assert_true(is_readable(fd, 0)); /* from before */
  expect_item(s, feed, 1);
  expect_nothing(s, feed);
  assert_false(is_readable(fd, 0));
  put(s, 2);
  assert_true(is_readable(fd, 0));
  expect_item(s, feed, 2);
  assert_true(is_readable(fd, 0));
  expect_item(s, feed, 3);
  expect_nothing(s, feed);
  assert_false(is_readable(fd, 0));
  tn_feed_close(feed);
}

/* ---- callbacks ------------------------------------------------------------------------------- */

typedef struct taker {
  shop *shop;
  tn_feed *feed;
  _Atomic uint64_t last, count;
  atomic_int ends;
  uint64_t close_at; /* closes the feed within on_item of this seq */
  unsigned slow_us;
} taker;

static void take_item(void *arg, const tn_feed_item *item) {
  taker *t = arg;
  if (item->seq != atomic_load(&t->last) + 1)
    fail_msg("%d came after %d", (int)item->seq, (int)atomic_load(&t->last));
  if (t->slow_us) usleep(t->slow_us);
  if (item->seq == t->close_at) tn_feed_close(t->feed);
  atomic_fetch_add(&t->count, 1);
  atomic_store(&t->last, item->seq);
}

static void take_end(void *arg, const tn_error *error) {
  taker *t = arg;
  assert_status(error->status, TN_LAGGED);
  atomic_fetch_add(&t->ends, 1);
}

static tn_feed *open_taker(shop *s, taker *t) {
  tn_feed_options options = {.epoch = 1, .on_item = take_item, .on_end = take_end, .arg = t};
  t->shop = s;
  return t->feed = open_feed(s, &options);
}

static void without_a_thread_callbacks_come_within_tick(void **state) {
  shop *s = *state;
  taker t = {.last = 0};
  tn_feed_item item;
  int fd;
  put(s, 3);
  tn_feed *feed = open_taker(s, &t);
  put(s, 400);
  assert_int_equal(atomic_load(&t.count), 0);
  assert_status(tn_tick(s->engine, &s->error), TN_OK);
  assert_int_equal(atomic_load(&t.last), 403);
  assert_status(tn_feed_next(feed, 0, &item, &s->error), TN_MISUSE);
  assert_status(tn_feed_fd(feed, &fd, &s->error), TN_MISUSE);
  tn_feed_close(feed);
}

static void a_feed_may_be_closed_within_its_callback(void **state) {
  shop *s = *state;
  taker t = {.close_at = 3};
  open_taker(s, &t);
  put(s, 5);
  assert_status(tn_tick(s->engine, &s->error), TN_OK);
  assert_int_equal(atomic_load(&t.count), 3);
  shop_reopen(s); /* no feed is open */
}

static void a_callback_that_fell_behind_hears_the_end(void **state) {
  shop *s = *state;
  taker t = {.last = 0};
  open_trimming(s);
  tn_feed *feed = open_taker(s, &t);
  put(s, 200);
  assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
  assert_status(tn_tick(s->engine, &s->error), TN_OK);
  assert_int_equal(atomic_load(&t.ends), 1);
  assert_status(tn_tick(s->engine, &s->error), TN_OK);
  assert_int_equal(atomic_load(&t.ends), 1);
  tn_feed_close(feed);
}

static void with_service_thread(shop *s) {
  shop_close(s);
  char *flag = strstr(s->config, "\"service_thread\": false");
  memcpy(flag, "\"service_thread\": true ", 23);
  assert_status(tn_open(NULL, &s->options, &s->engine, &s->error), TN_OK);
}

static void wait_for(const _Atomic uint64_t *n, uint64_t at_least) {
  for (int i = 0; i < SOON_MS && atomic_load(n) < at_least; i++) usleep(1000);
  assert_true(atomic_load(n) >= at_least);
}

static void a_slow_callback_holds_up_no_commit(void **state) {
  shop *s = *state;
  taker t = {.slow_us = 2000};
  with_service_thread(s);
  tn_feed *feed = open_taker(s, &t);
  put(s, 100);
  assert_true(atomic_load(&t.count) < 100);
  wait_for(&t.last, 100);
  put(s, 1);
  wait_for(&t.last, 101);
  tn_feed_close(feed);
}

static void count_item(void *arg, const tn_feed_item *item) {
  (void)item;
  atomic_fetch_add((_Atomic uint64_t *)arg, 1);
}

static void a_callback_gets_what_it_wants_from_behind_much_that_it_does_not(void **state) {
  static const char *const stock[] = {"stock", NULL};
  shop *s = *state;
  _Atomic uint64_t count = 0;
  tn_feed_options options = {.models = stock, .epoch = 1, .on_item = count_item, .arg = &count};
  shop_open(s, TWO_MODELS);
  put(s, 3000);
  assert_status(put_in(s, "stock"), TN_OK);
  with_service_thread(s);
  tn_feed *feed = open_feed(s, &options);
  wait_for(&count, 1);
  tn_feed_close(feed);
}

/* ---- beside committing threads --------------------------------------------------------------- */

#define PUTS 300
#define WRITERS 2

static void *commit_many(void *arg) {
  shop *s = arg;
  tn_builder args = TN_BUILDER_INIT;
  tn_error error = TN_ERROR_INIT;
  for (int i = 0; i < PUTS; i++)
    if (tn_run(s->engine, "cart", "incr", tn_obj(&args, "key", "n"), NULL, &error) != TN_OK) break;
  tn_builder_free(&args);
  return NULL;
}

static void consumers_beside_committers_see_every_record_once_in_order(void **state) {
  shop *s = *state;
  pthread_t writers[WRITERS];
  taker t = {.last = 0};
  int fd;
  with_service_thread(s);
  tn_feed *callback = open_taker(s, &t), *polled = open_feed(s, NULL), *waiting = open_feed(s, NULL);
  assert_status(tn_feed_fd(polled, &fd, &s->error), TN_OK);
  for (int i = 0; i < WRITERS; i++) assert_int_equal(pthread_create(&writers[i], NULL, commit_many, s), 0);
  uint64_t seen = 0;
  while (seen < WRITERS * PUTS / 2) {
    tn_feed_item item;
    assert_true(is_readable(fd, SOON_MS));
    while (tn_feed_next(polled, 0, &item, &s->error) == TN_OK) assert_int_equal(item.seq, ++seen);
    assert_status(s->error.status, TN_NOT_FOUND);
  }
  tn_feed_close(polled); /* in the middle of it */
  for (uint64_t seq = 1; seq <= WRITERS * PUTS; seq++) expect_item(s, waiting, seq);
  for (int i = 0; i < WRITERS; i++) pthread_join(writers[i], NULL);
  expect_nothing(s, waiting);
  wait_for(&t.last, WRITERS * PUTS);
  tn_feed_close(callback);
  tn_feed_close(waiting);
}

/* ---- following an owner ---------------------------------------------------------------------- */

static tn_engine *open_reader(shop *s, bool service_thread) {
  tn_open_options options = s->options;
  static char config[1024];
  tn_engine *reader = NULL;
  snprintf(config, sizeof config, "%s", s->config);
  char *flag = strstr(config, "\"service_thread\": false");
  if (flag && service_thread) memcpy(flag, "\"service_thread\": true ", 23);
  options.config_text = config;
  options.read_only = true;
  if (tn_open(NULL, &options, &reader, &s->error) != TN_OK) fail_msg("%s", s->error.text);
  return reader;
}

static void a_reader_follows_a_live_owner_and_its_restarts(void **state) {
  shop *s = *state;
  put(s, 2);
  tn_engine *reader = open_reader(s, true), *owner = s->engine;
  s->engine = reader;
  tn_feed *feed = open_after(s, 1, 0);
  s->engine = owner;
  uint64_t seq = 1;
  for (int round = 0; round < 3; round++) {
    put(s, 20);
    shop_reopen(s);
    for (; seq <= 2 + 20 * (uint64_t)(round + 1); seq++) expect_item(s, feed, seq);
  }
  expect_nothing(s, feed);
  tn_feed_close(feed);
  assert_status(tn_close(reader, &s->error), TN_OK);
}

static void a_readers_fd_and_callback_hear_of_what_the_owner_does(void **state) {
  shop *s = *state;
  taker t = {.last = 0};
  int fd;
  tn_engine *reader = open_reader(s, true), *owner = s->engine;
  s->engine = reader;
  tn_feed *callback = open_taker(s, &t), *polled = open_feed(s, NULL);
  assert_status(tn_feed_fd(polled, &fd, &s->error), TN_OK);
  s->engine = owner;
  assert_false(is_readable(fd, 0));
  put(s, 10);
  assert_true(is_readable(fd, SOON_MS));
  expect_item(s, polled, 1);
  shop_reopen(s);
  wait_for(&t.last, 10);
  for (uint64_t seq = 2; seq <= 10; seq++) expect_item(s, polled, seq);
  expect_nothing(s, polled);
  put(s, 2);
  assert_true(is_readable(fd, SOON_MS));
  tn_feed_close(callback);
  tn_feed_close(polled);
  assert_status(tn_close(reader, &s->error), TN_OK);
}

static void a_reader_without_a_thread_looks_within_tick(void **state) {
  shop *s = *state;
  taker t = {.last = 0};
  int fd;
  put(s, 1);
  tn_engine *reader = open_reader(s, false), *owner = s->engine;
  s->engine = reader;
  tn_feed *callback = open_taker(s, &t), *polled = open_feed(s, NULL);
  assert_status(tn_feed_fd(polled, &fd, &s->error), TN_OK);
  s->engine = owner;
  put(s, 5);
  assert_false(is_readable(fd, 50));
  assert_status(tn_tick(reader, &s->error), TN_OK);
  assert_true(is_readable(fd, 0));
  assert_true(atomic_load(&t.count) >= 5);
  tn_feed_close(callback);
  tn_feed_close(polled);
  assert_status(tn_close(reader, &s->error), TN_OK);
}

static void a_reader_gets_the_last_record_of_an_idle_owner(void **state) {
  shop *s = *state;
  put(s, 1);
  tn_engine *reader = open_reader(s, true), *owner = s->engine;
  s->engine = reader;
  tn_feed *feed = open_feed(s, NULL);
  s->engine = owner;
  for (uint64_t seq = 2; seq < 10; seq++) {
    put(s, 1);
    s->clock_us += 1000000;
    assert_status(tn_tick(owner, &s->error), TN_OK); /* as the service thread does about once a second */
    if (seq == 2) expect_item(s, feed, 1);
    expect_item(s, feed, seq);
    expect_nothing(s, feed);
  }
  tn_feed_close(feed);
  assert_status(tn_close(reader, &s->error), TN_OK);
  shop_reopen(s);
  assert_int_equal(shop_stat(s, "seq"), 9);
  assert_int_equal(shop_stat(s, "epoch"), 1);
}

static void a_reader_that_the_owner_trims_past_hears_lagged(void **state) {
  shop *s = *state;
  tn_feed_item item;
  tn_feed_options oldest = TN_FEED_OPTIONS_INIT;
  open_trimming(s);
  put(s, 50);
  tn_engine *reader = open_reader(s, true), *owner = s->engine;
  s->engine = reader;
  tn_feed *feed = open_after(s, 1, 0);
  s->engine = owner;
  expect_item(s, feed, 1);
  put(s, 200);
  assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
  put(s, 2);
  tn_status status = TN_OK;
  for (int i = 0; i < 250 && status == TN_OK; i++) status = tn_feed_next(feed, 0, &item, &s->error);
  assert_status(status, TN_LAGGED);
  tn_feed_close(feed);
  s->engine = reader;
  oldest.from_oldest = true;
  feed = open_feed(s, &oldest);
  s->engine = owner;
  expect_item(s, feed, (uint64_t)shop_stat(s, "journal.first_seq"));
  tn_feed_close(feed);
  assert_status(tn_close(reader, &s->error), TN_OK);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, shop_setup, shop_teardown)
  const struct CMUnitTest tests[] = {
      TEST(a_feed_hands_out_what_comes_after_it_was_opened),
      TEST(an_item_says_when_and_what),
      TEST(a_batch_is_one_item_and_a_failure_none),
      TEST(a_filter_passes_over_records_that_change_other_models),
      TEST(several_feeds_each_get_everything),
      TEST(memory_feeds_as_well),
      TEST(items_come_when_they_are_durable),
      TEST(a_feed_goes_on_after_any_record),
      TEST(a_place_survives_a_restart),
      TEST(a_place_of_another_history_is_a_conflict),
      TEST(an_unclean_stop_begins_an_epoch_and_the_old_places_stay_valid),
      TEST(a_feed_that_fell_behind_hears_lagged_and_begins_again_with_the_oldest),
      TEST(a_place_right_before_the_journal_is_known_by_its_snapshot),
      TEST(an_engine_with_an_open_feed_does_not_close),
      TEST(a_point_in_history_has_no_feeds),
      TEST(running_out_of_memory_loses_no_item),
      TEST(an_interrupt_ends_the_wait_for_an_item_and_loses_none),
      TEST(the_fd_is_readable_while_items_are_waiting),
      TEST(without_a_thread_callbacks_come_within_tick),
      TEST(a_feed_may_be_closed_within_its_callback),
      TEST(a_callback_that_fell_behind_hears_the_end),
      TEST(a_slow_callback_holds_up_no_commit),
      TEST(a_callback_gets_what_it_wants_from_behind_much_that_it_does_not),
      TEST(consumers_beside_committers_see_every_record_once_in_order),
      TEST(a_reader_follows_a_live_owner_and_its_restarts),
      TEST(a_readers_fd_and_callback_hear_of_what_the_owner_does),
      TEST(a_reader_without_a_thread_looks_within_tick),
      TEST(a_reader_gets_the_last_record_of_an_idle_owner),
      TEST(a_reader_that_the_owner_trims_past_hears_lagged),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
