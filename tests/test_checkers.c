/* test_checkers.c - the checkers of histories themselves: each anomaly is named in a history that has it, and a
 * history that has none is let pass.
 *
 * A history is written as text, a line for each transaction: its outcome, and what it did. Those between two lines of
 * dashes were under way at the same time; what stands below a line began after everything above had ended. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/assert_status.h"
#include "support/check_lists.h"
#include "support/check_registers.h"

#define LINES_MAX 64

/* ---- histories as text ----------------------------------------------------------------------- */

static void add_list(history_txn *t, char object, char *words) {
  int64_t elements[50];
  size_t count = 0;
  for (char *word = strtok(words, " "); word; word = strtok(NULL, " ")) elements[count++] = atoll(word);
  history_read_list(t, object, elements, count);
}

/* "append x 1", "list x = 1 2", "write x 1", "read x = 1", "swap x 2 was 1", "cas x 1 2", "cas x 1 2 refused". */
static void add_op(history_txn *t, char *text) {
  char x, refused[10] = "";
  long long a, b;
  int used = 0;
  if (sscanf(text, " append %c %lld", &x, &a) == 2)
    history_append(t, x, a);
  else if (sscanf(text, " list %c =%n", &x, &used) == 1 && used > 0)
    add_list(t, x, text + used);
  else if (sscanf(text, " write %c %lld", &x, &a) == 2)
    history_write(t, x, a);
  else if (sscanf(text, " read %c = %lld", &x, &a) == 2)
    history_read(t, x, a);
  else if (sscanf(text, " swap %c %lld was %lld", &x, &a, &b) == 3)
    history_swap(t, x, a, b);
  else if (sscanf(text, " cas %c %lld %lld %9s", &x, &a, &b, refused) >= 3)
    history_cas(t, x, a, b, refused[0] == '\0');
  else
    fail_msg("what is '%s'?", text);
}

static history_outcome outcome_of(const char *line) {
  if (strncmp(line, "ok", 2) == 0) return HISTORY_OK;
  if (strncmp(line, "aborted", 7) == 0) return HISTORY_ABORTED;
  if (strncmp(line, "unknown", 7) != 0) fail_msg("how did '%s' end?", line);
  return HISTORY_UNKNOWN;
}

static void add_ops(history_txn *t, const char *line) {
  char text[300], *rest = text;
  snprintf(text, sizeof text, "%s", strchr(line, ' '));
  for (char *op; (op = strsep(&rest, ","));) add_op(t, op);
}

static void end_all(history *h, history_txn **open, history_outcome *outcomes, size_t *count) {
  for (size_t i = 0; i < *count; i++) history_end(h, open[i], outcomes[i]);
  *count = 0;
}

static void read_history(history *h, const char *text) {
  char copy[4000], *rest = copy;
  history_txn *open[LINES_MAX];
  history_outcome outcomes[LINES_MAX];
  size_t count = 0;
  int client = 0;
  history_init(h);
  snprintf(copy, sizeof copy, "%s", text);
  for (char *line; (line = strsep(&rest, "\n"));) {
    if (line[0] == '-') end_all(h, open, outcomes, &count);
    if (line[0] == '-' || line[0] == '\0') continue;
    outcomes[count] = outcome_of(line);
    open[count] = history_begin(h, client++);
    add_ops(open[count++], line);
  }
  end_all(h, open, outcomes, &count);
}

static void expect_lists(unsigned anomalies, const char *text) {
  history h;
  list_report report;
  read_history(&h, text);
  check_lists(&h, &report);
  if (report.anomalies != anomalies) print_message("%s\nfound:\n%s\n", text, report.text);
  char wanted[200];
  snprintf(wanted, sizeof wanted, "%s", list_anomaly_names(anomalies));
  assert_string_equal(list_anomaly_names(report.anomalies), wanted);
  assert_true((report.text[0] != '\0') == (anomalies != 0));
  history_fini(&h);
}

static void expect_registers(bool linearizable, const char *text) {
  history h;
  register_report report;
  read_history(&h, text);
  check_registers(&h, &report);
  if (report.linearizable != linearizable) print_message("%s\n%s\n", text, report.text);
  assert_int_equal(report.linearizable, linearizable);
  assert_true((report.text[0] == '\0') == linearizable);
  history_fini(&h);
}

/* ---- lists that are as they should be --------------------------------------------------------- */

static void serial_txns_pass(void **state) {
  (void)state;
  expect_lists(0,
               "ok list x =, append x 1, append y 1\n---\n"
               "ok list x = 1, append x 2, list x = 1 2\n---\n"
               "ok list x = 1 2, list y = 1\n");
}

static void concurrent_txns_pass_in_whatever_order_they_took_effect(void **state) {
  (void)state;
  expect_lists(0, "ok append x 1, append y 1\nok append x 2, append y 2\nok list x = 2 1, list y = 2 1\n");
  expect_lists(0, "ok append x 1\nok list x =\nok list x = 1\n");
  expect_lists(0, "ok list x =, append y 1\nok list y = 1, append x 2\nok list x = 2, list y = 1\n");
}

static void aborted_txns_may_have_seen_and_tried_anything(void **state) {
  (void)state;
  expect_lists(0, "ok append x 1\naborted append x 2, list x = 7 7\n---\nok list x = 1\n");
}

static void txns_of_unknown_outcome_took_effect_or_did_not(void **state) {
  (void)state;
  expect_lists(0, "unknown append x 1, append y 1\nok append x 2\n---\nok list x = 2, list y =\n");
  expect_lists(0, "unknown append x 1, append y 1\nok append x 2\n---\nok list x = 2 1, list y = 1\n");
  expect_lists(0, "unknown append x 1\n---\nok list x =\n---\nok list x = 1\n"); /* later than its answer was due */
}

/* ---- each anomaly ----------------------------------------------------------------------------- */

static void an_aborted_read_is_named_g1a(void **state) {
  (void)state;
  expect_lists(LIST_G1A, "aborted append x 1\nok list x = 1\n");
}

static void an_intermediate_read_is_named_g1b(void **state) {
  (void)state;
  expect_lists(LIST_G1B | LIST_G_SINGLE, "ok append x 1, append x 2\nok list x = 1\n---\nok list x = 1 2\n");
}

static void a_txn_that_does_not_see_its_own_append_is_named_internal(void **state) {
  (void)state;
  expect_lists(LIST_INTERNAL, "ok append x 1, list x =\n");
  expect_lists(LIST_INTERNAL, "ok append x 1\nok list x =, list x = 1\n");
}

static void reads_that_tell_different_orders_are_named(void **state) {
  (void)state;
  expect_lists(LIST_INCOMPATIBLE, "ok append x 1\nok append x 2\nok list x = 1 2\nok list x = 2\n");
}

static void elements_from_nowhere_and_elements_twice_are_named(void **state) {
  (void)state;
  expect_lists(LIST_PHANTOM, "ok append x 1\nok list x = 1 3\n");
  expect_lists(LIST_PHANTOM, "ok append x 1\nok list x = 1 1\n");
}

static void a_write_cycle_is_named_g0(void **state) {
  (void)state;
  expect_lists(LIST_G0, "ok append x 1, append y 1\nok append x 2, append y 2\nok list x = 1 2\nok list y = 2 1\n");
}

static void circular_information_flow_is_named_g1c(void **state) {
  (void)state;
  expect_lists(LIST_G1C, "ok append x 1, list y = 2\nok append y 2, list x = 1\n");
  expect_lists(LIST_G1C,
               "ok append x 1, append y 1\nok append x 2, list z = 3\nok append z 3, list y = 1\n"
               "ok list x = 2 1\n");
}

static void a_read_skew_is_named_g_single(void **state) {
  (void)state;
  expect_lists(LIST_G_SINGLE, "ok append x 1, append y 1\nok list x = 1, list y =\n");
}

static void a_lost_update_is_named_g_single(void **state) {
  (void)state;
  expect_lists(LIST_G_SINGLE, "ok list x =, append x 1\nok list x =, append x 2\n---\nok list x = 1 2\n");
}

static void a_half_of_a_txn_of_unknown_outcome_is_named_g_single(void **state) {
  (void)state;
  expect_lists(LIST_G_SINGLE, "unknown append x 1, append y 1\n---\nok list x = 1, list y =\n");
}

static void a_write_skew_is_named_g2(void **state) {
  (void)state;
  expect_lists(LIST_G2, "ok list x =, append y 1\nok list y =, append x 2\n---\nok list x = 2, list y = 1\n");
}

static void a_long_fork_is_named_g2(void **state) {
  (void)state;
  expect_lists(LIST_G2, "ok append x 1\nok append y 2\nok list x = 1, list y =\nok list x =, list y = 2\n");
}

/* ---- each anomaly of time --------------------------------------------------------------------- */

static void a_stale_read_is_named_g_single_realtime(void **state) {
  (void)state;
  expect_lists(LIST_G_SINGLE_TIME, "ok append x 1\n---\nok list x =\n");
}

static void a_lost_append_is_named_by_time(void **state) {
  (void)state;
  expect_lists(LIST_G0_TIME | LIST_G_SINGLE_TIME, "ok append x 1\n---\nok append x 2\n---\nok list x = 2\n");
}

static void appends_in_another_order_than_time_are_named_g0_realtime(void **state) {
  (void)state;
  expect_lists(LIST_G0_TIME, "ok append x 1\n---\nok append x 2\nok list x = 2 1\n");
}

static void a_read_of_what_was_appended_later_is_named_g1c_realtime(void **state) {
  (void)state;
  expect_lists(LIST_G1C_TIME, "ok list x = 1\n---\nok append x 1\n");
}

static void two_reads_that_go_back_are_named_g_single_realtime(void **state) {
  (void)state;
  expect_lists(LIST_G_SINGLE_TIME, "unknown append x 1\n---\nok list x = 1\n---\nok list x =\n");
}

static void expect_recorded(history *h, const char *names) {
  list_report report;
  check_lists(h, &report);
  assert_string_equal(list_anomaly_names(report.anomalies), names);
  history_fini(h);
}

/* The first saw x and not y; the second put y and ended before the third began, which does not see x. */
static void an_older_view_after_a_newer_one_is_named_g2_realtime(void **state) {
  history h;
  (void)state;
  history_init(&h);
  history_txn *first = history_begin(&h, 1), *second = history_begin(&h, 2), *put_x = history_begin(&h, 4);
  history_append(put_x, 'x', 1);
  history_read_list(first, 'x', (int64_t[]){1}, 1);
  history_read_list(first, 'y', NULL, 0);
  history_append(second, 'y', 2);
  history_end(&h, second, HISTORY_OK);
  history_txn *third = history_begin(&h, 3);
  history_read_list(third, 'x', NULL, 0);
  history_end(&h, third, HISTORY_OK);
  history_end(&h, put_x, HISTORY_OK);
  history_end(&h, first, HISTORY_OK);
  expect_recorded(&h, "G2-realtime");
}

/* Time alone puts nothing between txns that were under way together; a client's order does. */
static void what_a_client_sent_in_order_must_take_effect_in_order(void **state) {
  (void)state;
  for (int in_order = 0; in_order < 2; in_order++) {
    history h;
    history_init(&h);
    history_txn *first = history_begin(&h, 1), *second = history_begin(&h, 1), *reader = history_begin(&h, 2);
    first->in_order = second->in_order = in_order;
    history_append(first, 'x', 1);
    history_append(second, 'x', 2);
    history_read_list(reader, 'x', (int64_t[]){2, 1}, 2);
    history_end(&h, second, HISTORY_OK);
    history_end(&h, first, HISTORY_OK);
    history_end(&h, reader, HISTORY_OK);
    expect_recorded(&h, in_order ? "G0-realtime" : "");
  }
}

/* ---- registers -------------------------------------------------------------------------------- */

static void registers_that_are_linearizable_pass(void **state) {
  (void)state;
  expect_registers(true, "ok read x = 0\n---\nok write x 1\n---\nok read x = 1\n");
  expect_registers(true, "ok write x 1\nok write x 2\nok read x = 1\n---\nok read x = 2\n");
  expect_registers(true,
                   "ok write x 1\nok write x 2\n---\nok read x = 1\n---\nok swap x 5 was 1\n---\nok read x = 5\n");
  expect_registers(true, "ok write x 1\n---\nok cas x 1 2\nok cas x 1 3 refused\n---\nok read x = 2\n");
  expect_registers(true, "ok write x 1\nok read y = 0\n---\nok read x = 1\nok write y 4\n");
}

static void a_stale_register_is_found(void **state) {
  (void)state;
  expect_registers(false, "ok write x 1\n---\nok read x = 0\n");
  expect_registers(false, "ok write x 1\nok write x 2\n---\nok read x = 1\n---\nok read x = 2\n");
  expect_registers(false, "ok write x 1\nok read x = 1\nok read y = 3\n");
}

static void a_lost_update_of_a_register_is_found(void **state) {
  (void)state;
  expect_registers(false, "ok write x 1\n---\nok cas x 1 2\nok cas x 1 3\n");
  expect_registers(false, "ok swap x 1 was 0\nok swap x 2 was 0\n");
  expect_registers(false, "ok cas x 0 1 refused\n---\nok write x 1\n");
}

static void a_value_that_was_read_once_does_not_go_back(void **state) {
  (void)state;
  expect_registers(false, "ok write x 1\nok read x = 1\n---\nok read x = 0\n");
  expect_registers(false, "unknown write x 1\nok read x = 1\n---\nok read x = 0\n");
}

static void operations_of_unknown_outcome_come_any_time_later_or_never(void **state) {
  (void)state;
  expect_registers(true, "unknown write x 1\n---\nok read x = 0\n---\nok read x = 1\n");
  expect_registers(true, "unknown write x 1\n---\nok read x = 0\n");
  expect_registers(true, "unknown cas x 5 1\n---\nok write x 5\n---\nok read x = 1\n");
  expect_registers(false, "ok read x = 1\n---\nunknown write x 1\n");
  expect_registers(false, "aborted write x 1\n---\nok read x = 1\n");
}

/* 14 writes under way together, and a value that none of them wrote: 14! orders, 2^14 sets. */
static void a_history_that_would_take_for_ever_without_memory_is_judged(void **state) {
  history h;
  register_report report;
  history_txn *open[14];
  (void)state;
  history_init(&h);
  for (int i = 0; i < 14; i++) {
    open[i] = history_begin(&h, i);
    history_write(open[i], 'x', i % 2);
  }
  for (int i = 0; i < 14; i++) history_end(&h, open[i], HISTORY_OK);
  history_txn *last = history_begin(&h, 0);
  history_read(last, 'x', 3);
  history_end(&h, last, HISTORY_OK);
  check_registers(&h, &report);
  assert_false(report.linearizable);
  assert_true(report.steps < 1000000);
  history_fini(&h);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(serial_txns_pass),
      cmocka_unit_test(concurrent_txns_pass_in_whatever_order_they_took_effect),
      cmocka_unit_test(aborted_txns_may_have_seen_and_tried_anything),
      cmocka_unit_test(txns_of_unknown_outcome_took_effect_or_did_not),
      cmocka_unit_test(an_aborted_read_is_named_g1a),
      cmocka_unit_test(an_intermediate_read_is_named_g1b),
      cmocka_unit_test(a_txn_that_does_not_see_its_own_append_is_named_internal),
      cmocka_unit_test(reads_that_tell_different_orders_are_named),
      cmocka_unit_test(elements_from_nowhere_and_elements_twice_are_named),
      cmocka_unit_test(a_write_cycle_is_named_g0),
      cmocka_unit_test(circular_information_flow_is_named_g1c),
      cmocka_unit_test(a_read_skew_is_named_g_single),
      cmocka_unit_test(a_lost_update_is_named_g_single),
      cmocka_unit_test(a_half_of_a_txn_of_unknown_outcome_is_named_g_single),
      cmocka_unit_test(a_write_skew_is_named_g2),
      cmocka_unit_test(a_long_fork_is_named_g2),
      cmocka_unit_test(a_stale_read_is_named_g_single_realtime),
      cmocka_unit_test(a_lost_append_is_named_by_time),
      cmocka_unit_test(appends_in_another_order_than_time_are_named_g0_realtime),
      cmocka_unit_test(a_read_of_what_was_appended_later_is_named_g1c_realtime),
      cmocka_unit_test(two_reads_that_go_back_are_named_g_single_realtime),
      cmocka_unit_test(an_older_view_after_a_newer_one_is_named_g2_realtime),
      cmocka_unit_test(what_a_client_sent_in_order_must_take_effect_in_order),
      cmocka_unit_test(registers_that_are_linearizable_pass),
      cmocka_unit_test(a_stale_register_is_found),
      cmocka_unit_test(a_lost_update_of_a_register_is_found),
      cmocka_unit_test(a_value_that_was_read_once_does_not_go_back),
      cmocka_unit_test(operations_of_unknown_outcome_come_any_time_later_or_never),
      cmocka_unit_test(a_history_that_would_take_for_ever_without_memory_is_judged),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
