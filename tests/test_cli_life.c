/* test_cli_life.c - the command-line program beside others: answers to somebody who waits, signals, readers that go
 * away, SIGKILL, two programs on one folder. */
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/process.h"
#include "support/workbench.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define ANSWER_MS 20000

/* ---- beside somebody who waits -------------------------------------------------------------- */

static void an_answer_comes_while_the_input_stays_open(void **state) {
  const workbench *w = *state;
  process p = start_tenon("run", w->config, NULL);
  for (int i = 1; i <= 20; i++) {
    char line[64], expected[64];
    snprintf(line, sizeof line, "shop put k%d %d\n", i, i);
    snprintf(expected, sizeof expected, "{\"ok\":true,\"result\":%d}", i);
    assert_true(process_write(&p, line));
    const char *answer = process_line(&p, ANSWER_MS);
    assert_non_null(answer);
    assert_string_equal(answer, expected);
  }
  process_close_input(&p);
  assert_null(process_line(&p, ANSWER_MS));
  assert_int_equal(process_end(&p, NULL), 0);
}

static void half_a_line_holds_back_no_answer_and_is_not_run(void **state) {
  const workbench *w = *state;
  process p = start_tenon("run", w->config, NULL);
  assert_true(process_write(&p, "shop put a 1\nshop put b 2"));
  assert_string_equal(process_line(&p, ANSWER_MS), "{\"ok\":true,\"result\":1}");
  assert_null(process_line(&p, 200));
  assert_true(process_write(&p, "3\n"));
  assert_string_equal(process_line(&p, ANSWER_MS), "{\"ok\":true,\"result\":2}");
  process_close_input(&p);
  assert_int_equal(process_end(&p, NULL), 0);
  expect(run_tenon("shop get b\n", "run", w->config, NULL), 0, "{\"ok\":true,\"result\":23}\n");
}

static void end_by_signal(const workbench *w, int number) {
  process p = start_tenon("run", w->config, NULL);
  char *err = NULL;
  assert_true(process_write(&p, "shop put a 1\nshop put half"));
  assert_string_equal(process_line(&p, ANSWER_MS), "{\"ok\":true,\"result\":1}");
  kill(p.pid, number);
  assert_int_equal(process_end(&p, &err), 128 + number);
  assert_string_equal(err, "");
  free(err);
}

static void sigterm_ends_it_cleanly_and_half_a_line_is_not_run(void **state) {
  const workbench *w = *state;
  end_by_signal(w, SIGTERM);
  expect(run_tenon("shop take a\nshop count\n", "run", w->config, NULL), 0,
         "{\"ok\":true,\"result\":1}\n{\"ok\":true,\"result\":0}\n");
  assert_int_equal(info_int(w, "stats.epoch"), 1);
}

static void sigint_ends_it_cleanly(void **state) {
  const workbench *w = *state;
  end_by_signal(w, SIGINT);
  assert_int_equal(info_int(w, "stats.epoch"), 1);
}

static void a_signal_in_the_middle_of_much_input_loses_no_answer(void **state) {
  const workbench *w = *state;
  static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
  int64_t answered = 0;
  for (size_t i = 0; i < COUNT(numbers); i++) {
    process p = start_tenon("run", w->config, "/dev/stdin", NULL);
    int64_t fed = 0;
    for (int k = 0; k < 200; k++, fed++) assert_true(process_write(&p, "shop incr n\n"));
    assert_non_null(process_line(&p, ANSWER_MS));
    answered++;
    kill(p.pid, numbers[i]);
    for (const char *line; (line = process_line(&p, ANSWER_MS)) != NULL;) answered += strstr(line, "true") != NULL;
    assert_int_equal(process_end(&p, NULL), 128 + numbers[i]);
    assert_int_equal(info_int(w, "stats.seq"), answered);
    assert_int_equal(info_int(w, "stats.epoch"), 1);
  }
}

static void write_kilobytes(const workbench *w, int count) {
  char *input = (char *)malloc((size_t)count * 1100);
  size_t at = 0;
  for (int i = 0; i < count; i++) at += (size_t)sprintf(input + at, "shop put %d \"%01000d\"\n", i, i);
  expect_code(run_tenon(input, "run", w->config, NULL), 0);
  free(input);
}

static void a_signal_interrupts_a_query_that_goes_on(void **state) {
  const workbench *w = *state;
  write_kilobytes(w, 2000);
  process p = start_tenon("run", "--rows", w->config, NULL);
  assert_true(process_write(&p, "shop scan\nshop put never 1\n"));
  assert_non_null(process_line(&p, ANSWER_MS));
  kill(p.pid, SIGTERM);
  int rows = 1;
  const char *line;
  while ((line = process_line(&p, ANSWER_MS)) != NULL && strncmp(line, "{\"row\"", 6) == 0) rows++;
  assert_non_null(line);
  assert_non_null(strstr(line, "\"status\":\"INTERRUPTED\""));
  assert_in_range(rows, 1, 1999);
  assert_null(process_line(&p, ANSWER_MS));
  assert_int_equal(process_end(&p, NULL), 128 + SIGTERM);
  expect_part(run_tenon("shop get never\n", "run", w->config, NULL), 1, "NOT_FOUND");
}

/* It cannot end by itself: nobody reads what it writes. */
static void a_second_signal_ends_it_at_once(void **state) {
#ifdef __SANITIZE_THREAD__
  skip(); /* ThreadSanitizer holds signals back while the program blocks in a write */
#endif
  const workbench *w = *state;
  write_kilobytes(w, 2000);
  process p = start_tenon("run", w->config, NULL);
  assert_true(process_write(&p, "shop scan\n"));
  assert_int_equal(poll(&(struct pollfd){p.out, POLLIN, 0}, 1, ANSWER_MS), 1);
  kill(p.pid, SIGINT);
  nanosleep(&(struct timespec){0, 700000000}, NULL);
  kill(p.pid, SIGTERM);
  assert_int_equal(process_end(&p, NULL), 128 + SIGTERM);
  expect_part(run_tenon("", "check", w->config, NULL), 0, "no problems");
}

/* timeout(1) signals the program, and then the program's group. */
static void a_signal_that_comes_twice_at_once_still_ends_it_cleanly(void **state) {
  const workbench *w = *state;
  process p = start_tenon("run", w->config, NULL);
  for (int i = 0; i < 200; i++) assert_true(process_write(&p, "shop incr n\n"));
  assert_non_null(process_line(&p, ANSWER_MS));
  kill(p.pid, SIGTERM);
  kill(p.pid, SIGHUP);
  int64_t answered = 1;
  for (const char *line; (line = process_line(&p, ANSWER_MS)) != NULL;) answered += strstr(line, "true") != NULL;
  assert_true(process_end(&p, NULL) > 128);
  assert_int_equal(info_int(w, "stats.seq"), answered);
  expect_part(run_tenon("", "info", "--json", w->config, NULL), 0, "\"opened_clean\":true");
  assert_int_equal(info_int(w, "stats.epoch"), 1);
}

static void a_signal_that_comes_twice_at_once_ends_what_cannot_end_by_itself_soon(void **state) {
#ifdef __SANITIZE_THREAD__
  skip(); /* as above */
#endif
  const workbench *w = *state;
  write_kilobytes(w, 2000);
  process p = start_tenon("run", w->config, NULL);
  assert_true(process_write(&p, "shop scan\n"));
  assert_int_equal(poll(&(struct pollfd){p.out, POLLIN, 0}, 1, ANSWER_MS), 1);
  kill(p.pid, SIGTERM);
  nanosleep(&(struct timespec){0, 20000000}, NULL);
  kill(p.pid, SIGTERM);
  assert_int_equal(process_end(&p, NULL), 128 + SIGTERM);
}

static void a_reader_that_goes_away_ends_it_quietly(void **state) {
  const workbench *w = *state;
  process p = start_tenon("run", w->config, NULL);
  char *err = NULL;
  assert_true(process_write(&p, "shop put a 1\n"));
  assert_non_null(process_line(&p, ANSWER_MS));
  process_close_output(&p);
  assert_true(process_write(&p, "shop put b 2\n"));
  assert_int_equal(process_end(&p, &err), 128 + SIGPIPE);
  assert_string_equal(err, "");
  free(err);
  assert_int_equal(info_int(w, "stats.epoch"), 1);
}

static void a_full_output_is_said_and_gives_exit_2(void **state) {
  const workbench *w = *state;
  char command[512];
  static const char *const words[] = {"run", "info", "help", "check", "log"};
  expect_code(run_tenon("shop put a 1\n", "run", w->config, NULL), 0);
  for (size_t i = 0; i < COUNT(words); i++) {
    snprintf(command, sizeof command, "echo shop get a | %s %s %s >/dev/full", tenon_program(), words[i],
             strcmp(words[i], "help") == 0 ? "" : w->config);
    const char *const argv[] = {"/bin/sh", "-c", command, NULL};
    expect_refusal(process_run(argv, "", 0), 2, "No space left on device");
  }
}

static void closed_standard_files_touch_no_data(void **state) {
  const workbench *w = *state;
  static const struct {
    const char *closing, *part;
  } cases[] = {{"<&-", "reading the operations failed"}, {">&-", "writing to standard output failed"}};
  expect_code(run_tenon("shop put a 1\n", "run", w->config, NULL), 0);
  for (size_t i = 0; i < COUNT(cases); i++) {
    char command[512];
    snprintf(command, sizeof command, "exec %s run %s %s", tenon_program(), w->config, cases[i].closing);
    const char *const argv[] = {"/bin/sh", "-c", command, NULL};
    expect_refusal(process_run(argv, "shop get a\n", 11), 2, cases[i].part);
    expect_part(run_tenon("", "check", w->config, NULL), 0, "no problems: records 1,");
  }
}

/* ---- SIGKILL -------------------------------------------------------------------------------- */

/* Feeds increments until the program is killed after `wait_us`; returns how many were answered. */
static int64_t feed_and_kill(const workbench *w, unsigned wait_us) {
  process p = start_tenon("run", w->config, NULL);
  pid_t killer = fork();
  if (killer == 0) {
    usleep(wait_us);
    kill(p.pid, SIGKILL);
    _exit(0);
  }
  int64_t answered = 0;
  for (bool alive = true; alive;) {
    for (int k = 0; k < 8 && alive; k++) alive = process_write(&p, "shop incr n\n");
    for (int k = 0; k < 8 && alive; k++) {
      const char *line = process_line(&p, ANSWER_MS);
      alive = line != NULL;
      answered += line && strncmp(line, "{\"ok\":true", 10) == 0;
    }
  }
  while (process_line(&p, ANSWER_MS)) answered++;
  assert_int_equal(process_end(&p, NULL), 128 + SIGKILL);
  waitpid(killer, NULL, 0);
  return answered;
}

static int64_t stored_increments(const workbench *w) {
  outcome o = run_tenon("shop get n 0\n", "run", w->config, NULL);
  int64_t n = strtoll(o.out + strlen("{\"ok\":true,\"result\":"), NULL, 10);
  expect_code(o, 0);
  return n;
}

static void sigkill_at_any_instant_loses_nothing_that_was_answered(void **state) {
  const workbench *w = *state;
  unsigned seed = (unsigned)time(NULL);
  print_message("# seed %u\n", seed);
  srand(seed);
  int64_t stored = 0;
  for (int round = 0; round < 20; round++) {
    int64_t answered = feed_and_kill(w, 20000 + (unsigned)(rand() % 300000));
    int64_t now = stored_increments(w);
    assert_in_range(now, stored + answered, stored + answered + 8);
    stored = now;
  }
  expect_part(run_tenon("", "check", w->config, NULL), 0, "no problems");
}

/* ---- two at once ----------------------------------------------------------------------------- */

static void a_second_owner_is_refused(void **state) {
  const workbench *w = *state;
  process p = start_tenon("run", w->config, NULL);
  assert_true(process_write(&p, "shop put a 1\n"));
  assert_non_null(process_line(&p, ANSWER_MS));
  expect_refusal(run_tenon("shop put b 2\n", "run", w->config, NULL), 2, "BUSY");
  expect_refusal(run_tenon("", "snapshot", w->config, NULL), 2, "BUSY");
  assert_true(process_write(&p, "shop put c 3\n"));
  assert_string_equal(process_line(&p, ANSWER_MS), "{\"ok\":true,\"result\":2}");
  process_close_input(&p);
  assert_int_equal(process_end(&p, NULL), 0);
}

static void log_and_info_work_beside_a_live_owner(void **state) {
  const workbench *w = *state;
  process p = start_tenon("run", w->config, NULL);
  for (int i = 0; i < 50; i++) {
    assert_true(process_write(&p, "shop incr n\n"));
    assert_non_null(process_line(&p, ANSWER_MS));
  }
  outcome o = run_tenon("", "log", w->config, NULL);
  size_t seen = count_of(o.out, "\n");
  assert_in_range(seen, 1, 50);
  expect_code(o, 0);
  assert_in_range(info_int(w, "stats.seq"), 1, 50);
  expect_part(run_tenon("", "check", w->config, NULL), 0, "no problems");
  assert_true(process_write(&p, "shop get n\n"));
  assert_string_equal(process_line(&p, ANSWER_MS), "{\"ok\":true,\"result\":50}");
  process_close_input(&p);
  assert_int_equal(process_end(&p, NULL), 0);
  o = run_tenon("", "log", w->config, NULL);
  assert_int_equal(count_of(o.out, "\n"), 50);
  expect_code(o, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, workbench_setup, workbench_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(an_answer_comes_while_the_input_stays_open),
      TEST(half_a_line_holds_back_no_answer_and_is_not_run),
      TEST(sigterm_ends_it_cleanly_and_half_a_line_is_not_run),
      TEST(sigint_ends_it_cleanly),
      TEST(a_signal_in_the_middle_of_much_input_loses_no_answer),
      TEST(a_signal_interrupts_a_query_that_goes_on),
      TEST(a_second_signal_ends_it_at_once),
      TEST(a_signal_that_comes_twice_at_once_still_ends_it_cleanly),
      TEST(a_signal_that_comes_twice_at_once_ends_what_cannot_end_by_itself_soon),
      TEST(a_reader_that_goes_away_ends_it_quietly),
      TEST(a_full_output_is_said_and_gives_exit_2),
      TEST(closed_standard_files_touch_no_data),
      TEST(sigkill_at_any_instant_loses_nothing_that_was_answered),
      TEST(a_second_owner_is_refused),
      TEST(log_and_info_work_beside_a_live_owner),
  };
  return cmocka_run_group_tests(tests, workbench_find_program, NULL);
}
