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

/* The journal ends before each of them; the refusal shows that it was read as that moment. */
static void a_moment_may_be_spelled_as_tenon_itself_and_people_do(void **state) {
  const workbench *w = *state;
  static const char *const spellings[] = {"2126-01-31",
                                          "2126-01-31T12:00",
                                          "2126-01-31 12:00:00",
                                          "2126-01-31 12:00:00.123456 UTC",
                                          "2126-01-31t12:00:00.5z",
                                          "2126-01-31T12:00-02:30",
                                          "2126-01-31T12:00:00+14:00"};
  char from_info[64];
  expect_code(run_tenon("shop put a 1\n", "run", w->config, NULL), 0);
  for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
    expect_refusal(run_tenon("", "run", "--at", spellings[i], w->config, NULL), 2,
                   "the journal ends at record 1, which");
  outcome info = run_tenon("", "info", w->config, NULL);
  const char *line = strstr(info.out, "\n  time ");
  assert_non_null(line);
  assert_int_equal(sscanf(line, "\n  time %60[^\n]", from_info), 1);
  expect(run_tenon("shop get a\n", "run", "--at", from_info, w->config, NULL), 0, "{\"ok\":true,\"result\":1}\n");
  outcome_free(&info);
}

static void what_is_no_point_in_history_is_refused_in_one_line(void **state) {
  const workbench *w = *state;
  static const struct {
    const char *at, *part;
  } cases[] = {
      {"0", "expected a record's number from 1, or a time like 2026-01-31T12:00:00Z or 2026-01-31, not '0'"},
      {"", "expected a record's number"},
      {"-1", "expected a record's number"},
      {"1x", "expected a record's number"},
      {"18446744073709551616", "expected a record's number"},
      {"2026-02-30T12:00:00Z", "expected a record's number"},
      {"2026-1-31", "expected a record's number"},
      {"2026-01-31T", "expected a record's number"},
      {"2026-01-31T12", "expected a record's number"},
      {"2026-01-31X12:00:00", "expected a record's number"},
      {"2026-01-31T12:00:00.", "expected a record's number"},
      {"2026-01-31T12:00:00 EST", "expected a record's number"},
      {"2026-01-31T12:00:00+1", "expected a record's number"},
      {"2026-01-31T12:00:00.123456789012345678901234567890", "expected a record's number"},
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

/* ---- tail ------------------------------------------------------------------------------------ */

#define ANSWER_MS 20000

static void feed_owner(process *owner, const char *line) {
  assert_true(process_write(owner, line));
  assert_non_null(process_line(owner, ANSWER_MS));
}

/* The next line of the tail is the record `seq` and holds `part`. */
static void expect_record(process *p, int seq, const char *part) {
  char number[32];
  const char *line = process_line(p, ANSWER_MS);
  assert_non_null(line);
  snprintf(number, sizeof number, "\"seq\":%d,", seq);
  if (!strstr(line, number) || !strstr(line, part)) fail_msg("expected record %d with %s: %s", seq, part, line);
}

static void end_tail(process *p, int number) {
  char *err = NULL;
  kill(p->pid, number);
  assert_null(process_line(p, ANSWER_MS));
  assert_int_equal(process_end(p, &err), 128 + number);
  assert_string_equal(err, "");
  free(err);
}

static void tail_prints_each_record_as_log_does(void **state) {
  const workbench *w = *state;
  expect_code(run_tenon("shop put a 1\nmeta put b 2\n", "run", w->config, NULL), 0);
  process p = start_tenon("tail", w->config, "--from", "oldest", NULL);
  char *first = strdup(process_line(&p, ANSWER_MS));
  char *second = strdup(process_line(&p, ANSWER_MS));
  char both[4096];
  snprintf(both, sizeof both, "%s\n%s\n", first, second);
  expect(run_tenon("", "log", w->config, NULL), 0, both);
  free(first);
  free(second);
  end_tail(&p, SIGINT);
}

static void tail_tells_changes_when_asked_to(void **state) {
  const workbench *w = *state;
  expect_code(run_tenon("shop put a 1\nshop put a {\"x\":2}\nshop delete a\n", "run", w->config, NULL), 0);
  process p = start_tenon("tail", w->config, "--changes", "--from", "1:1", NULL);
  const char *line = process_line(&p, ANSWER_MS);
  assert_non_null(strstr(line, "\"seq\":2,"));
  assert_non_null(strstr(line,
                         "\"changes\":[{\"model\":\"shop\",\"map\":\"entries\",\"key\":[\"a\"],\"old\":[1,1],"
                         "\"new\":[2,{\"x\":2}]}]}"));
  line = process_line(&p, ANSWER_MS);
  assert_non_null(
      strstr(line, "\"changes\":[{\"model\":\"shop\",\"map\":\"entries\",\"key\":[\"a\"],\"old\":[2,{\"x\":2}]}]}"));
  end_tail(&p, SIGINT);
}

static void tail_follows_an_idle_owner_and_restarts(void **state) {
  const workbench *w = *state;
  expect_code(run_tenon("shop put a 1\n", "run", w->config, NULL), 0);
  process p = start_tenon("tail", w->config, "--from", "1:1", NULL);
  for (int round = 0; round < 2; round++) {
    process owner = start_tenon("run", w->config, NULL);
    feed_owner(&owner, "shop put b 2\n");
    expect_record(&p, 2 * round + 2, "[\"b\",2"); /* though nothing comes after it */
    feed_owner(&owner, "shop put c 3\n");
    if (round == 0) kill(owner.pid, SIGKILL);
    process_close_input(&owner);
    assert_int_equal(process_end(&owner, NULL), round == 0 ? 128 + SIGKILL : 0);
    if (round == 1) expect_record(&p, 5, "[\"c\",3");
    if (round == 0) expect_code(run_tenon("", "snapshot", w->config, NULL), 0);
    if (round == 0) expect_record(&p, 3, "[\"c\",3");
  }
  end_tail(&p, SIGTERM);
}

static void tail_begins_with_what_comes_or_after_a_record(void **state) {
  const workbench *w = *state;
  expect_code(run_tenon("shop put a 1\nshop put b 2\nshop put c 3\n", "run", w->config, NULL), 0);
  process p = start_tenon("tail", "--from", "1:2", w->config, NULL);
  expect_record(&p, 3, "[\"c\",3");
  end_tail(&p, SIGINT);
  p = start_tenon("tail", "--from=1:0", w->config, NULL);
  for (int seq = 1; seq <= 3; seq++) expect_record(&p, seq, "");
  end_tail(&p, SIGINT);
  p = start_tenon("tail", w->config, NULL);
  assert_null(process_line(&p, 500));
  expect_code(run_tenon("shop put d 4\n", "run", w->config, NULL), 0);
  expect_record(&p, 4, "[\"d\",4");
  end_tail(&p, SIGINT);
}

static void tail_prints_records_of_the_models_named(void **state) {
  const workbench *w = *state;
  expect_code(run_tenon("shop put a 1\nmeta put b 2\nshop put c "
                        "3\n{\"batch\":[[\"shop\",\"put\",[1,1]],[\"meta\",\"put\",[1,1]]]}\n",
                        "run", w->config, NULL),
              0);
  process p = start_tenon("tail", w->config, "--model", "meta", "--from", "oldest", NULL);
  expect_record(&p, 2, "[\"b\",2");
  expect_record(&p, 4, "[[\"shop\",");
  end_tail(&p, SIGINT);
  p = start_tenon("tail", w->config, "--model", "meta", "--model=shop", "--from", "oldest", NULL);
  for (int seq = 1; seq <= 4; seq++) expect_record(&p, seq, "");
  end_tail(&p, SIGINT);
}

static void tail_refuses_what_it_cannot_follow_in_one_line(void **state) {
  const workbench *w = *state;
  static const char *const places[] = {"",    "1",     "1:",   ":1",     "0:1",
                                       "1:x", "1:1:1", "-1:1", "newest", "111111111111111111111111111:1"};
  expect_refusal(run_tenon("", "tail", w->config, NULL), 2, "NOT_FOUND: there is no data directory of Tenon here");
  expect_code(run_tenon("shop put a 1\n", "run", w->config, NULL), 0);
  for (size_t i = 0; i < sizeof places / sizeof *places; i++)
    expect_refusal(run_tenon("", "tail", w->config, "--from", places[i], NULL), 2, "expected EPOCH:SEQ");
  expect_refusal(run_tenon("", "tail", w->config, "--from", "2:1", NULL), 2,
                 "CONFLICT: (2, 1) is no record of this history: that record has epoch 1 (from)");
  expect_refusal(run_tenon("", "tail", w->config, "--from", "1:9", NULL), 2, "the journal ends before it");
  expect_refusal(run_tenon("", "tail", w->config, "--model", "shp", NULL), 2,
                 "no model is named 'shp'; did you mean 'shop'?");
  expect_refusal(run_tenon("", "tail", w->config, "--from", "1:0", "--from", "1:0", NULL), 2, "more than once");
}

static void tail_ends_when_its_reader_goes_away(void **state) {
  const workbench *w = *state;
  expect_code(run_tenon("shop put a 1\n", "run", w->config, NULL), 0);
  process p = start_tenon("tail", w->config, "--from", "oldest", NULL);
  char *err = NULL;
  assert_non_null(process_line(&p, ANSWER_MS));
  process_close_output(&p);
  assert_int_equal(process_end(&p, &err), 128 + SIGPIPE); /* though no record comes */
  assert_string_equal(err, "");
  free(err);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, workbench_setup, workbench_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(at_a_record_queries_see_the_state_as_it_was),
      TEST(at_a_record_commands_are_denied_and_nothing_changes),
      TEST(at_works_beside_a_live_owner),
      TEST(a_moment_is_read_as_iso_8601),
      TEST(a_moment_may_be_spelled_as_tenon_itself_and_people_do),
      TEST(what_is_no_point_in_history_is_refused_in_one_line),
      TEST(tail_prints_each_record_as_log_does),
      TEST(tail_tells_changes_when_asked_to),
      TEST(tail_follows_an_idle_owner_and_restarts),
      TEST(tail_begins_with_what_comes_or_after_a_record),
      TEST(tail_prints_records_of_the_models_named),
      TEST(tail_refuses_what_it_cannot_follow_in_one_line),
      TEST(tail_ends_when_its_reader_goes_away),
  };
  return cmocka_run_group_tests(tests, workbench_find_program, NULL);
}
