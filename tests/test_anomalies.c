/* test_anomalies.c - the named anomalies of weaker isolation, one by one, and what stands in the way of each: there
 * is one writer at a time, so that a second write txn waits or hears BUSY, and whoever reads has a version of his
 * own.
 *
 * The names: G0, G1a, G1b, G1c, G-single and G2 are those of Adya, Liskov and O'Neil ("Generalized isolation level
 * definitions", 2000), OTV and PMP of Bailis et al. ("Highly available transactions", 2013), P4 of Berenson et al.
 * ("A critique of ANSI SQL isolation levels", 1995). The interleavings are of the kind that the Hermitage suite tries
 * on databases (Kleppmann, 2014): x is 10 and y is 20 at first. */
#include "support/session.h"
#include "support/shop.h"

typedef struct table {
  shop *shop;
  session *a, *b, *c;
} table;

static void start_sessions(table *t) {
  t->a = session_start(t->shop->engine);
  t->b = session_start(t->shop->engine);
  t->c = session_start(t->shop->engine);
  assert_status(session_put(t->a, "x", 10), TN_OK);
  assert_status(session_put(t->a, "y", 20), TN_OK);
}

static void stop_sessions(table *t) {
  session_stop(t->a);
  session_stop(t->b);
  session_stop(t->c);
  t->a = t->b = t->c = NULL;
}

/* A writer behind another one does not wait for it. */
static int setup(void **state) {
  static table t;
  void *shop_state;
  if (shop_setup(&shop_state) != 0) return -1;
  t.shop = shop_state;
  shop_open(t.shop, "\"write_wait_ms\": 0");
  start_sessions(&t);
  *state = &t;
  return 0;
}

static int teardown(void **state) {
  table *t = *state;
  void *shop_state = t->shop;
  stop_sessions(t);
  return shop_teardown(&shop_state);
}

/* It waits as long as it takes. */
static void let_writers_wait(table *t) {
  stop_sessions(t);
  shop_open(t->shop, "\"write_wait_ms\": 60000");
  start_sessions(t);
}

static void expect_xy(session *s, int64_t x, int64_t y) {
  assert_int_equal(session_get(s, "x"), x);
  assert_int_equal(session_get(s, "y"), y);
}

/* ---- G0, dirty write: two txns write the same, each over a part of the other -------------------- */

static void g0_a_second_writer_is_refused_while_a_txn_is_open(void **state) {
  table *t = *state;
  assert_status(session_begin(t->a, TN_WRITE), TN_OK);
  assert_status(session_put(t->a, "x", 11), TN_OK);
  assert_status(session_begin(t->b, TN_WRITE), TN_BUSY);
  assert_status(session_put(t->b, "x", 12), TN_BUSY); /* a command by itself is a txn too */
  assert_status(session_put(t->a, "y", 21), TN_OK);
  assert_status(session_commit(t->a), TN_OK);
  expect_xy(t->b, 11, 21);
  assert_status(session_begin(t->b, TN_WRITE), TN_OK);
  assert_status(session_put(t->b, "x", 12), TN_OK);
  assert_status(session_put(t->b, "y", 22), TN_OK);
  assert_status(session_commit(t->b), TN_OK);
  expect_xy(t->a, 12, 22);
}

static void g0_a_second_writer_that_may_wait_comes_after_the_first(void **state) {
  table *t = *state;
  let_writers_wait(t);
  assert_status(session_begin(t->a, TN_WRITE), TN_OK);
  assert_status(session_put(t->a, "x", 11), TN_OK);
  session_begin_later(t->b);
  assert_true(session_waits(t->b));
  assert_status(session_put(t->a, "y", 21), TN_OK);
  assert_status(session_commit(t->a), TN_OK);
  assert_status(session_begun(t->b), TN_OK);
  expect_xy(t->b, 11, 21);
  assert_status(session_put(t->b, "x", 12), TN_OK);
  assert_status(session_put(t->b, "y", 22), TN_OK);
  assert_status(session_commit(t->b), TN_OK);
  expect_xy(t->a, 12, 22);
}

/* ---- G1a, aborted read: what a txn wrote that then aborts --------------------------------------- */

static void g1a_what_an_aborted_txn_wrote_is_seen_by_nobody_else(void **state) {
  table *t = *state;
  assert_status(session_begin(t->a, TN_WRITE), TN_OK);
  assert_status(session_put(t->a, "x", 101), TN_OK);
  assert_int_equal(session_get(t->a, "x"), 101);
  assert_int_equal(session_get(t->b, "x"), 10);
  assert_status(session_begin(t->c, TN_READ), TN_OK);
  assert_int_equal(session_get(t->c, "x"), 10);
  session_abort(t->a);
  expect_xy(t->b, 10, 20);
  assert_status(session_put(t->b, "y", 21), TN_OK); /* nor does it come along with what is committed next */
  expect_xy(t->b, 10, 21);
  expect_xy(t->c, 10, 20);
}

static void g1a_what_a_failed_command_wrote_is_not_committed_with_its_txn(void **state) {
  table *t = *state;
  assert_status(session_begin(t->a, TN_WRITE), TN_OK);
  assert_status(session_put(t->a, "x", 11), TN_OK);
  assert_status(session_append(t->a, "x", "no text"), TN_INVALID);
  assert_status(session_commit(t->a), TN_OK);
  expect_xy(t->b, 11, 20);
}

/* ---- G1b, intermediate read: what a txn wrote and then wrote over ------------------------------- */

static void g1b_what_a_txn_wrote_over_is_seen_by_nobody_else(void **state) {
  table *t = *state;
  assert_status(session_begin(t->a, TN_WRITE), TN_OK);
  assert_status(session_put(t->a, "x", 101), TN_OK);
  assert_int_equal(session_get(t->b, "x"), 10);
  assert_status(session_begin(t->c, TN_READ), TN_OK);
  assert_status(session_put(t->a, "x", 11), TN_OK);
  assert_int_equal(session_get(t->b, "x"), 10);
  assert_status(session_commit(t->a), TN_OK);
  assert_int_equal(session_get(t->b, "x"), 11);
  assert_int_equal(session_get(t->c, "x"), 10); /* its version is older */
}

/* ---- G1c, circular information flow: each reads what the other wrote ---------------------------- */

static void g1c_two_txns_cannot_both_have_written_before_they_read(void **state) {
  table *t = *state;
  assert_status(session_begin(t->a, TN_WRITE), TN_OK);
  assert_status(session_put(t->a, "x", 11), TN_OK);
  assert_status(session_begin(t->b, TN_WRITE), TN_BUSY);
  assert_int_equal(session_get(t->b, "x"), 10);
  assert_int_equal(session_get(t->a, "y"), 20);
  assert_status(session_commit(t->a), TN_OK);
  assert_status(session_begin(t->b, TN_WRITE), TN_OK);
  assert_status(session_put(t->b, "y", 22), TN_OK);
  assert_int_equal(session_get(t->b, "x"), 11);
  assert_status(session_commit(t->b), TN_OK);
}

/* ---- OTV, observed transaction vanishes: part of a txn is seen, then an older state of the rest -- */

static void otv_a_txn_that_was_seen_stays_seen_whole(void **state) {
  table *t = *state;
  assert_status(session_begin(t->a, TN_WRITE), TN_OK);
  assert_status(session_put(t->a, "x", 11), TN_OK);
  assert_status(session_put(t->a, "y", 19), TN_OK);
  assert_status(session_begin(t->b, TN_WRITE), TN_BUSY);
  assert_status(session_commit(t->a), TN_OK);
  assert_status(session_begin(t->b, TN_WRITE), TN_OK);
  assert_status(session_begin(t->c, TN_READ), TN_OK);
  assert_status(session_put(t->b, "x", 12), TN_OK);
  assert_int_equal(session_get(t->c, "x"), 11);
  assert_status(session_put(t->b, "y", 18), TN_OK);
  assert_int_equal(session_get(t->c, "y"), 19);
  assert_status(session_commit(t->b), TN_OK);
  expect_xy(t->c, 11, 19);
  assert_status(session_commit(t->c), TN_OK);
  expect_xy(t->c, 12, 18);
}

/* ---- PMP, predicate-many-preceders: what a condition finds changes under a txn ------------------ */

static void pmp_what_a_condition_finds_does_not_change_in_a_read_txn(void **state) {
  table *t = *state;
  assert_status(session_begin(t->a, TN_READ), TN_OK);
  assert_int_equal(session_count(t->a, "", 30), 0);
  assert_status(session_put(t->b, "z", 30), TN_OK);
  assert_int_equal(session_count(t->a, "", 30), 0);
  assert_status(session_commit(t->a), TN_OK);
  assert_int_equal(session_count(t->a, "", 30), 1);
}

static void pmp_what_a_condition_finds_changes_only_by_the_write_txn_itself(void **state) {
  table *t = *state;
  assert_status(session_begin(t->a, TN_WRITE), TN_OK);
  assert_int_equal(session_count(t->a, "", 30), 0);
  assert_status(session_put(t->b, "z", 30), TN_BUSY);
  assert_status(session_put(t->a, "x", 30), TN_OK);
  assert_int_equal(session_count(t->a, "", 30), 1);
  assert_int_equal(session_count(t->b, "", 30), 0);
  assert_status(session_commit(t->a), TN_OK);
}

/* ---- P4, lost update: both read, then both write ------------------------------------------------ */

static void p4_a_second_txn_cannot_read_to_write_until_the_first_has_written(void **state) {
  table *t = *state;
  let_writers_wait(t);
  assert_status(session_begin(t->a, TN_WRITE), TN_OK);
  session_begin_later(t->b);
  int64_t x = session_get(t->a, "x");
  assert_true(session_waits(t->b));
  assert_status(session_put(t->a, "x", x + 1), TN_OK);
  assert_status(session_commit(t->a), TN_OK);
  assert_status(session_begun(t->b), TN_OK);
  x = session_get(t->b, "x");
  assert_status(session_put(t->b, "x", x + 1), TN_OK);
  assert_status(session_commit(t->b), TN_OK);
  assert_int_equal(session_get(t->c, "x"), 12);
}

/* Without a txn around reading and writing, the version that was read says whether it is still so. */
static void p4_of_two_who_read_the_same_version_the_second_hears_conflict(void **state) {
  table *t = *state;
  int64_t seen_by_a = session_version(t->a, "x"), seen_by_b = session_version(t->b, "x");
  assert_int_equal(seen_by_a, seen_by_b);
  assert_status(session_put_if(t->a, "x", 11, seen_by_a), TN_OK);
  assert_status(session_put_if(t->b, "x", 12, seen_by_b), TN_CONFLICT);
  assert_int_equal(session_get(t->c, "x"), 11);
}

/* ---- G-single, read skew: one thing from before a txn, another from after it -------------------- */

static void g_single_a_read_txn_sees_all_from_before_a_txn_or_all_from_after_it(void **state) {
  table *t = *state;
  assert_status(session_begin(t->a, TN_READ), TN_OK);
  assert_int_equal(session_get(t->a, "x"), 10);
  assert_status(session_begin(t->b, TN_WRITE), TN_OK);
  assert_status(session_put(t->b, "x", 12), TN_OK);
  assert_status(session_put(t->b, "y", 18), TN_OK);
  assert_status(session_commit(t->b), TN_OK);
  assert_int_equal(session_get(t->a, "y"), 20);
  assert_int_equal(session_count(t->a, "", 18), 0);
  assert_status(session_commit(t->a), TN_OK);
  expect_xy(t->a, 12, 18);
}

static void g_single_a_write_txn_reads_what_nobody_changes_meanwhile(void **state) {
  table *t = *state;
  assert_status(session_begin(t->a, TN_WRITE), TN_OK);
  assert_int_equal(session_get(t->a, "x"), 10);
  assert_status(session_put(t->b, "y", 18), TN_BUSY);
  assert_int_equal(session_get(t->a, "y"), 20);
  assert_status(session_put(t->a, "y", 30), TN_OK);
  assert_status(session_commit(t->a), TN_OK);
  expect_xy(t->b, 10, 30);
}

/* ---- G2, write skew: each writes what the other's reading would have had to see ----------------- */

static void g2_who_reads_to_decide_what_to_write_reads_after_the_other_wrote(void **state) {
  table *t = *state;
  let_writers_wait(t);
  assert_status(session_begin(t->a, TN_WRITE), TN_OK);
  session_begin_later(t->b);
  expect_xy(t->a, 10, 20);
  assert_true(session_waits(t->b));
  assert_status(session_put(t->a, "x", 11), TN_OK);
  assert_status(session_commit(t->a), TN_OK);
  assert_status(session_begun(t->b), TN_OK);
  expect_xy(t->b, 11, 20);
  assert_status(session_put(t->b, "y", 21), TN_OK);
  assert_status(session_commit(t->b), TN_OK);
}

static void g2_a_read_txn_writes_nothing(void **state) {
  table *t = *state;
  assert_status(session_begin(t->a, TN_READ), TN_OK);
  assert_status(session_begin(t->b, TN_READ), TN_OK);
  expect_xy(t->a, 10, 20);
  expect_xy(t->b, 10, 20);
  assert_status(session_put(t->a, "x", 11), TN_MISUSE);
  assert_status(session_put(t->b, "y", 21), TN_MISUSE);
  assert_status(session_commit(t->a), TN_OK);
  assert_status(session_commit(t->b), TN_OK);
  expect_xy(t->c, 10, 20);
}

/* The same with conditions: each counts the entries that the other is about to add to. */
static void g2_two_txns_do_not_both_find_nothing_and_add_it(void **state) {
  table *t = *state;
  assert_status(session_begin(t->a, TN_WRITE), TN_OK);
  assert_int_equal(session_count(t->a, "", 30), 0);
  assert_status(session_begin(t->b, TN_WRITE), TN_BUSY);
  assert_status(session_put(t->a, "z1", 30), TN_OK);
  assert_status(session_commit(t->a), TN_OK);
  assert_status(session_begin(t->b, TN_WRITE), TN_OK);
  assert_int_equal(session_count(t->b, "", 30), 1);
  session_abort(t->b);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(g0_a_second_writer_is_refused_while_a_txn_is_open),
      TEST(g0_a_second_writer_that_may_wait_comes_after_the_first),
      TEST(g1a_what_an_aborted_txn_wrote_is_seen_by_nobody_else),
      TEST(g1a_what_a_failed_command_wrote_is_not_committed_with_its_txn),
      TEST(g1b_what_a_txn_wrote_over_is_seen_by_nobody_else),
      TEST(g1c_two_txns_cannot_both_have_written_before_they_read),
      TEST(otv_a_txn_that_was_seen_stays_seen_whole),
      TEST(pmp_what_a_condition_finds_does_not_change_in_a_read_txn),
      TEST(pmp_what_a_condition_finds_changes_only_by_the_write_txn_itself),
      TEST(p4_a_second_txn_cannot_read_to_write_until_the_first_has_written),
      TEST(p4_of_two_who_read_the_same_version_the_second_hears_conflict),
      TEST(g_single_a_read_txn_sees_all_from_before_a_txn_or_all_from_after_it),
      TEST(g_single_a_write_txn_reads_what_nobody_changes_meanwhile),
      TEST(g2_who_reads_to_decide_what_to_write_reads_after_the_other_wrote),
      TEST(g2_a_read_txn_writes_nothing),
      TEST(g2_two_txns_do_not_both_find_nothing_and_add_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
