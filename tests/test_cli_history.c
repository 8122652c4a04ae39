/* test_cli_history.c - the command-line program and what was: --at, tail. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/process.h"
#include "support/workbench.h"

/* ---- run --at -------------------------------------------------------------------------------- */

static void at_a_record_queries_see_the_state_as_it_was(void **state) {
  const workbench *w = *state;
  expect_code(run_tenon("shop put a 1\nshop put a 2\nshop put b 3\n", "run", w->config, NULL), 0);
  expect(run_tenon("shop get a\nshop count\n", "run", "--at", "1", w->config, NULL), 0,
         "{\"ok\":true,\"result\":1}\n{\"ok\":true,\"result\":1}\n");
  expect(run_tenon("shop get a\nshop count\n", "run", w->config, "--at=3", NULL), 0,
         "{\"ok\":true,\"result\":2}\n{\"ok\":true,\"result\":2}\n");
}

static void at_a_record_commands_are_denied_and_nothing_changes(void **state) {
  const workbench *w = *state;
  expect_code(run_tenon("shop put a 1\nshop put a 2\n", "run", w->config, NULL), 0);
  uint64_t before = sum_of_data(w);
  outcome o = run_tenon("shop put a 9\n{\"batch\":[[\"shop\",\"put\",[\"b\",1]]]}\nshop get a\n", "run", "--at", "1",
                        w->config, NULL);
  assert_int_equal(count_of(o.out, "\"status\":\"DENIED\",\"text\":\"the engine was opened at a point in history\""),
                   2);
  expect_part(o, 1, "{\"ok\":true,\"result\":1}\n");
  assert_true(before == sum_of_data(w));
}

static void at_works_beside_a_live_owner(void **state) {
  const workbench *w = *state;
  process p = start_tenon("run", w->config, NULL);
  for (int i = 1; i <= 3; i++) {
    assert_true(process_write(&p, "shop incr n\n"));
    assert_non_null(process_line(&p, 20000));
  }
  expect(run_tenon("shop get n\n", "run", "--at", "1", w->config, NULL), 0, "{\"ok\":true,\"result\":1}\n");
  process_close_input(&p);
  assert_int_equal(process_end(&p, NULL), 0);
}

static void a_moment_is_read_as_iso_8601(void **state) {
  const workbench *w = *state;
  char now[40], offset[40];
  time_t t = time(NULL);
  expect_code(run_tenon("shop put a 1\n", "run", w->config, NULL), 0);
  while (time(NULL) < t + 2) usleep(20000);
  expect_code(run_tenon("shop put a 2\n", "run", w->config, NULL), 0);
  t += 1; /* between the two, if the first did not take a second */
  strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%S.999999Z", gmtime(&t));
  expect(run_tenon("shop get a\n", "run", "--at", now, w->config, NULL), 0, "{\"ok\":true,\"result\":1}\n");
  t += 3600;
  strftime(offset, sizeof offset, "%Y-%m-%dT%H:%M:%S.999+01:00", gmtime(&t));
  expect(run_tenon("shop get a\n", "run", "--at", offset, w->config, NULL), 0, "{\"ok\":true,\"result\":1}\n");
}

static void what_is_no_point_in_history_is_refused_in_one_line(void **state) {
  const workbench *w = *state;
  static const struct {
    const char *at, *part;
  } cases[] = {
      {"0", "expected a record's number from 1, or a time like 2026-01-31T12:00:00Z, not '0'"},
      {"", "expected a record's number"},
      {"-1", "expected a record's number"},
      {"1x", "expected a record's number"},
      {"18446744073709551616", "expected a record's number"},
      {"2026-02-30T12:00:00Z", "expected a record's number"},
      {"2026-01-31", "expected a record's number"},
      {"2026-01-31 12:00:00Z", "expected a record's number"},
      {"2026-01-31T12:00:00", "expected a record's number"},
      {"2026-01-31T12:00:00Z\"}", "expected a record's number"},
      {"9", "INVALID: the journal ends at record 1 (at)"},
      {"2126-01-31T12:00:00Z", "INVALID: the journal ends at record 1, which was made at 20"},
      {"1970-01-01T00:00:00Z", "INVALID: the history begins with record 1, which was made later (at)"},
  };
  expect_code(run_tenon("shop put a 1\n", "run", w->config, NULL), 0);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    expect_refusal(run_tenon("shop get a\n", "run", "--at", cases[i].at, w->config, NULL), 2, cases[i].part);
  expect_refusal(run_tenon("", "run", "-", "--model", "a=kv", "--at", "1", NULL), 2, "has no history");
  expect_refusal(run_tenon("", "run", w->config, "--at", "1", "--at", "1", NULL), 2, "more than once");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, workbench_setup, workbench_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(at_a_record_queries_see_the_state_as_it_was),
      TEST(at_a_record_commands_are_denied_and_nothing_changes),
      TEST(at_works_beside_a_live_owner),
      TEST(a_moment_is_read_as_iso_8601),
      TEST(what_is_no_point_in_history_is_refused_in_one_line),
  };
  return cmocka_run_group_tests(tests, workbench_find_program, NULL);
}
