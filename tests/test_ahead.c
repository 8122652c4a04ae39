/* Long journals: their records are read ahead by a thread of its own, and nobody can tell. And what such a thread and
 * who started it pass each other. */
#include <stdio.h>
#include <stdlib.h>

#include "support/shop.h"
#include "thread.h"

#define RECORDS 1500
#define THREAD "\"service_thread\": true"
#define TAIL                                                                                                       \
  ", \"storage\": {\"type\": \"file\", \"verify\": \"tail\", \"segment_bytes_min\": 4096, \"segment_bytes_max\": " \
  "4096}"

static void fill(shop *s) {
  char key[16];
  for (int i = 0; i < RECORDS; i++) {
    s->clock_us += 1000000;
    snprintf(key, sizeof key, "key%d", i * 7919 % 400);
    if (i % 5 == 4)
      assert_status(tn_run(s->engine, "cart", "incr", tn_obj(&s->args, "key", key), NULL, &s->error), TN_OK);
    else
      assert_status(shop_put(s, key, i), TN_OK);
  }
}

/* ---- long journals -------------------------------------------------------------------------- */

static void a_long_journal_replays_the_same_with_and_without_a_thread(void **state) {
  shop *s = *state;
  char before[33], with[33], without[33];
  shop_open_fresh(s, "");
  fill(s);
  shop_digest(s, before);
  shop_open(s, THREAD);
  shop_digest(s, with);
  shop_open(s, "");
  shop_digest(s, without);
  assert_string_equal(with, before);
  assert_string_equal(without, before);
}

static void history_ends_at_the_record_asked_for_though_more_was_read(void **state) {
  shop *s = *state;
  tn_engine *own;
  shop_open_fresh(s, THREAD);
  int64_t start_us = s->clock_us;
  fill(s);
  own = s->engine;
  for (int by_time = 0; by_time < 2; by_time++) {
    tn_open_options options = s->options;
    options.at_seq = by_time ? 0 : 700;
    options.at_time_us = by_time ? start_us + INT64_C(700) * 1000000 : 0;
    assert_status(tn_open(NULL, &options, &s->engine, &s->error), TN_OK);
    assert_int_equal(shop_stat(s, "seq"), 700);
    shop_close(s);
  }
  s->engine = own;
}

/* The damage lies where only replay looks. */
static void damage_is_told_at_its_record(void **state) {
  shop *s = *state;
  char path[256], without[TN_ERROR_TEXT_MAX];
  shop_open_fresh(s, THREAD TAIL);
  fill(s);
  shop_close(s);
  snprintf(path, sizeof path, "%s/data/journal/00000000000000000001.seg", s->folder.path);
  FILE *file = fopen(path, "r+b");
  assert_non_null(file);
  fseek(file, 1500, SEEK_SET);
  fputc(0xee, file);
  fclose(file);
  assert_status(shop_try_open(s, "\"service_thread\": false" TAIL), TN_CORRUPT);
  memcpy(without, s->error.text, sizeof without);
  assert_status(shop_try_open(s, THREAD TAIL), TN_CORRUPT);
  assert_string_equal(s->error.text, without);
  assert_non_null(strstr(s->error.text, "is damaged"));
}

static void large_records_among_many_are_replayed(void **state) {
  shop *s = *state;
  char before[33], after[33];
  size_t size = 9u << 20;
  uint8_t *bytes = calloc(1, size);
  assert_non_null(bytes);
  shop_open_fresh(s, THREAD);
  fill(s);
  for (int i = 0; i < 3; i++)
    assert_status(tn_run(s->engine, "cart", "put", tn_obj(&s->args, "key", i, "value", ((tn_slice){bytes, size})),
                         NULL, &s->error),
                  TN_OK);
  free(bytes);
  shop_digest(s, before);
  shop_reopen(s);
  shop_digest(s, after);
  assert_string_equal(after, before);
}

static bool stop_it(void *arg) { return --*(int *)arg < 0; }

static void an_interrupted_open_leaves_no_thread_behind(void **state) {
  shop *s = *state;
  int more = 200;
  shop_open_fresh(s, THREAD);
  fill(s);
  shop_close(s);
  s->options.interrupted = stop_it;
  s->options.interrupted_arg = &more;
  assert_status(tn_open(NULL, &s->options, &s->engine, &s->error), TN_INTERRUPTED);
  s->options.interrupted = NULL;
  s->engine = NULL;
}

static void without_memory_a_long_journal_is_refused_and_nothing_is_left(void **state) {
  shop *s = *state;
  char before[33], after[33];
  shop_open_fresh(s, THREAD);
  fill(s);
  shop_digest(s, before);
  shop_close(s);
  tn_status status = TN_NOMEM;
  for (uint64_t more = 1; status == TN_NOMEM; more += 1 + more / 8) {
    atomic_store(&s->memory.fail_at, atomic_load(&s->memory.requests) + more);
    status = tn_open(NULL, &s->options, &s->engine, &s->error);
    atomic_store(&s->memory.fail_at, 0);
    if (status != TN_OK) assert_int_equal(atomic_load(&s->memory.bytes), 0);
  }
  assert_status(status, TN_OK);
  shop_digest(s, after);
  assert_string_equal(after, before);
}

/* ---- the ring ------------------------------------------------------------------------------- */

#define PASSED 10000

typedef struct passing {
  tni_ring ring;
  int places[4];
  bool all; /* false = until the ring is closed */
} passing;

static void *pass(void *arg) {
  passing *p = arg;
  size_t place;
  for (int i = 0; (!p->all || i < PASSED) && tni_ring_to_fill(&p->ring, &place); i++) {
    p->places[place] = i;
    tni_ring_filled(&p->ring);
    if (i % 1000 == 999) (void)tni_ring_drained(&p->ring);
  }
  if (p->all) tni_ring_close(&p->ring);
  return NULL;
}

static void what_is_filled_is_emptied_in_order(void **state) {
  passing p = {.all = true};
  pthread_t thread;
  size_t place;
  int seen = 0;
  (void)state;
  assert_true(tni_ring_init(&p.ring, 4));
  assert_true(tni_thread_start(&thread, pass, &p));
  for (; tni_ring_to_empty(&p.ring, &place); seen++) {
    assert_int_equal(p.places[place], seen);
    tni_ring_emptied(&p.ring);
  }
  pthread_join(thread, NULL);
  tni_ring_fini(&p.ring);
  assert_int_equal(seen, PASSED);
}

static void who_empties_may_end_it(void **state) {
  passing p = {.all = false};
  pthread_t thread;
  size_t place;
  (void)state;
  assert_true(tni_ring_init(&p.ring, 4));
  assert_true(tni_thread_start(&thread, pass, &p));
  assert_true(tni_ring_to_empty(&p.ring, &place));
  tni_ring_close(&p.ring);
  pthread_join(thread, NULL);
  tni_ring_fini(&p.ring);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, shop_setup, shop_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_long_journal_replays_the_same_with_and_without_a_thread),
      TEST(history_ends_at_the_record_asked_for_though_more_was_read),
      TEST(damage_is_told_at_its_record),
      TEST(large_records_among_many_are_replayed),
      TEST(an_interrupted_open_leaves_no_thread_behind),
      TEST(without_memory_a_long_journal_is_refused_and_nothing_is_left),
      cmocka_unit_test(what_is_filled_is_emptied_in_order),
      cmocka_unit_test(who_empties_may_end_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
