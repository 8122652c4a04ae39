/* test_cli.c - the command-line program from the outside: what is typed, what it is fed, what it prints. How it ends
 * and who else is there: test_cli_life.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/process.h"
#include "support/workbench.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- usage ---------------------------------------------------------------------------------- */

static void no_command_prints_the_help_and_is_a_usage_error(void **state) {
  (void)state;
  outcome o = run_tenon("", NULL);
  assert_string_equal(o.out, "");
  assert_non_null(strstr(o.err, "tenon run"));
  expect_code(o, 2);
}

static void an_unknown_command_is_answered_with_the_nearest_one(void **state) {
  (void)state;
  expect_refusal(run_tenon("", "rnu", NULL), 2, "did you mean run?");
  expect_refusal(run_tenon("", "snapshit", NULL), 2, "did you mean snapshot?");
  expect_refusal(run_tenon("", "frobnicate", NULL), 2, "`tenon help`");
  expect_refusal(run_tenon("", "help", "chekc", NULL), 2, "did you mean check?");
  expect_refusal(run_tenon("", "--hlep", NULL), 2, "did you mean --help?");
}

static void version_and_help_go_to_standard_output(void **state) {
  (void)state;
  static const char *const commands[] = {"run", "log", "snapshot", "check", "info", "help"};
  char version[64];
  snprintf(version, sizeof version, "tenon %s\n", tn_version());
  expect(run_tenon("", "--version", NULL), 0, version);
  expect_part(run_tenon("", "--help", NULL), 0, "tenon snapshot");
  expect_part(run_tenon("", "log", "shop.json", "--help", NULL), 0, "tenon log CONFIG");
  for (size_t i = 0; i < COUNT(commands); i++) {
    expect_part(run_tenon("", "help", NULL), 0, commands[i]);
    expect_part(run_tenon("", "help", commands[i], NULL), 0, commands[i]);
    expect_part(run_tenon("", commands[i], "--help", NULL), 0, commands[i]);
  }
}

static void unknown_options_are_refused_with_one_line(void **state) {
  const workbench *w = *state;
  static const char *const commands[] = {"run", "log", "snapshot", "check", "info"};
  expect_refusal(run_tenon("", "log", w->config, "--form", "3", NULL), 2, "did you mean --from?");
  expect_refusal(run_tenon("", "run", "--row", w->config, NULL), 2, "did you mean --rows?");
  for (size_t i = 0; i < COUNT(commands); i++) {
    expect_refusal(run_tenon("", commands[i], w->config, "--zzzzzzzz", NULL), 2, "unknown option --zzzzzzzz");
    expect_refusal(run_tenon("", commands[i], w->config, "-x", NULL), 2, "unknown option -x");
    expect_refusal(run_tenon("", commands[i], "a", "b", "c", NULL), 2, "usage: tenon");
  }
  expect_refusal(run_tenon("", "run", NULL), 2, "an argument is missing");
  expect_refusal(run_tenon("", "run", w->config, "--stop=1", NULL), 2, "takes no value");
  expect_refusal(run_tenon("", "run", w->config, "--stop", "--stop", NULL), 2, "more than once");
}

static void numbers_are_read_strictly(void **state) {
  const workbench *w = *state;
  static const char *const wrong[] = {
      "", "x", "3x", " 3", "3 ", "-1", "0x10", "1.", "+1", "1e3", "18446744073709551616"};
  for (size_t i = 0; i < COUNT(wrong); i++)
    expect_refusal(run_tenon("", "log", w->config, "--from", wrong[i], NULL), 2, "expects a number");
  expect_refusal(run_tenon("", "log", w->config, "--to", NULL), 2, "needs a value");
  expect_refusal(run_tenon("", "log", w->config, "--from", "9", "--to=3", NULL), 2, "no record is from 9 to 3");
  expect_refusal(run_tenon("", "log", w->config, "--to", "0", NULL), 2, "no record");
}

static void a_config_that_cannot_be_used_is_refused_with_one_line(void **state) {
  const workbench *w = *state;
  static const struct {
    const char *text, *part;
  } wrong[] = {
      {"", "config"},
      {"{\"models\": {\"a\": {\"type\": \"kv\"}}", "config"},
      {"{\"data\": \"data\", \"modles\": {\"a\": {\"type\": \"kv\"}}}", "models"},
      {"{\"data\": \"data\", \"models\": {\"a\": {\"type\": \"kw\"}}}", "kv"},
      {"{\"data\": \"data\", \"models\": {\"a\": {\"type\": \"kv\", \"colour\": 1}}}", "colour"},
      {"{\"data\": \"data\", \"storage\": {\"type\": \"flie\"}, \"models\": {\"a\": {\"type\": \"kv\"}}}", "file"},
      {"{\"data\": \"data\", \"durability\": 3, \"models\": {\"a\": {\"type\": \"kv\"}}}", "durability"},
      {"{\"data\": \"data\", \"plugins\": [\"./missing.so\"], \"models\": {\"a\": {\"type\": \"kv\"}}}",
       "missing.so"},
  };
  for (size_t i = 0; i < COUNT(wrong); i++) {
    const char *path = workbench_write(w, "wrong.json", wrong[i].text);
    expect_refusal(run_tenon("shop put a 1\n", "run", path, NULL), 2, wrong[i].part);
  }
  expect_refusal(run_tenon("", "run", "/nowhere/config.json", NULL), 2, "/nowhere/config.json");
  expect_refusal(run_tenon("", "info", "/nowhere/config.json", NULL), 2, "/nowhere/config.json");
  assert_int_equal(access(w->data, F_OK), -1);
}

/* ---- run ------------------------------------------------------------------------------------ */

static void every_shape_of_a_line_is_answered_by_a_line_in_order(void **state) {
  const workbench *w = *state;
  const char *input =
      "# a comment, and a blank line\n"
      "\n"
      "[\"shop\",\"put\",{\"key\":\"apples\",\"value\":3}]\n"
      "[\"shop\",\"put\",[\"pears\",{\"n\":[1,2.5,null,\"x\\u00e9\"]}]]\n"
      "shop get apples\r\n"
      "  shop get pears\n"
      "shop put 7 \"two words\"\n"
      "shop get 7\n"
      "{\"batch\":[[\"shop\",\"get\",[\"apples\"]],[\"meta\",\"put\",[\"n\",{\"$result\":[0,\"\"]}]]]}\n"
      "meta get n";
  expect(run_tenon(input, "run", w->config, NULL), 0,
         "{\"ok\":true,\"result\":1}\n"
         "{\"ok\":true,\"result\":2}\n"
         "{\"ok\":true,\"result\":3}\n"
         "{\"ok\":true,\"result\":{\"n\":[1,2.5,null,\"x\xc3\xa9\"]}}\n"
         "{\"ok\":true,\"result\":3}\n"
         "{\"ok\":true,\"result\":\"two words\"}\n"
         "{\"ok\":true,\"result\":[3,4]}\n"
         "{\"ok\":true,\"result\":3}\n");
}

static void operations_can_come_from_a_file(void **state) {
  const workbench *w = *state;
  const char *path = workbench_write(w, "operations", "shop put a 1\nshop get a\n");
  expect(run_tenon("shop put b 2\n", "run", w->config, path, NULL), 0,
         "{\"ok\":true,\"result\":1}\n{\"ok\":true,\"result\":1}\n");
  expect_refusal(run_tenon("", "run", w->config, "/nowhere/operations", NULL), 2, "/nowhere/operations");
  expect_refusal(run_tenon("", "run", w->config, w->folder, NULL), 2, "reading the operations failed");
}

static void a_failed_operation_gives_exit_1_and_the_next_ones_run(void **state) {
  const workbench *w = *state;
  outcome o = run_tenon("shop get nothing\nshop put a 1\nshop frob\nstop get a\nshop put\n", "run", w->config, NULL);
  assert_int_equal(count_of(o.out, "\n"), 5);
  assert_non_null(strstr(o.out, "{\"ok\":false,\"error\":{\"status\":\"NOT_FOUND\",\"text\":\""));
  assert_non_null(strstr(o.out, "\"where\":\""));
  assert_non_null(strstr(o.out, "{\"ok\":true,\"result\":1}\n"));
  assert_int_equal(count_of(o.out, "\"status\":\"UNKNOWN\""), 2);
  assert_int_equal(count_of(o.out, "\"status\":\"INVALID\""), 1);
  assert_string_equal(o.err, "");
  expect_code(o, 1);
}

static void stop_ends_at_the_first_failure(void **state) {
  const workbench *w = *state;
  outcome o = run_tenon("shop put a 1\nshop get nothing\nshop put b 2\n", "run", "--stop", w->config, NULL);
  assert_int_equal(count_of(o.out, "\n"), 2);
  expect_code(o, 1);
  expect(run_tenon("shop count\n", "run", w->config, NULL), 0, "{\"ok\":true,\"result\":1}\n");
  expect(run_tenon("shop put b 2\nshop count\n", "run", "--stop", w->config, NULL), 0,
         "{\"ok\":true,\"result\":2}\n{\"ok\":true,\"result\":2}\n");
  o = run_tenon("[\nshop put c 3\n", "run", "--stop", w->config, NULL);
  assert_int_equal(count_of(o.out, "\n"), 1);
  expect_code(o, 1);
}

static void a_malformed_line_is_one_error_line_that_names_it(void **state) {
  const workbench *w = *state;
  static const char *const wrong[] = {"[\"shop\",\"put\"",
                                      "{\"batch\":",
                                      "\"shop\" \"",
                                      "shop",
                                      "[1,2]",
                                      "{}",
                                      "[]",
                                      "{\"batch\":3}",
                                      "[\"shop\",\"put\",3]",
                                      "[\"shop\",\"put\",[\"a\",1]] x",
                                      "shop put \xff 1",
                                      "[\"shop\",\"put\",[\"a\",01]]"};
  char digest[33], after[33];
  expect_code(run_tenon("shop put a 1\n", "run", w->config, NULL), 0);
  info_digest(w, digest);
  for (size_t i = 0; i < COUNT(wrong); i++) {
    char input[256];
    snprintf(input, sizeof input, "# one\n%s\nshop get a\n", wrong[i]);
    outcome o = run_tenon(input, "run", w->config, NULL);
    assert_int_equal(count_of(o.out, "\n"), 2);
    assert_int_equal(strncmp(o.out, "{\"ok\":false,\"error\":{\"status\":\"", 31), 0);
    assert_non_null(strstr(o.out, "\n{\"ok\":true,\"result\":1}\n"));
    expect_code(o, 1);
  }
  expect_part(run_tenon("# one\n\n[\"shop\"", "run", w->config, NULL), 1, "\"where\":\"line 3, byte ");
  info_digest(w, after);
  assert_string_equal(digest, after);
}

static void random_bytes_change_nothing_and_never_end_it(void **state) {
  const workbench *w = *state;
  unsigned seed = (unsigned)time(NULL);
  print_message("# seed %u\n", seed);
  srand(seed);
  char *input = (char *)malloc(65536 + 64);
  size_t size = 65536;
  static const char letters[] = "[]{}\",:\\ shopput01.e-\n\n\x80\xff";
  for (size_t i = 0; i < size; i++)
    input[i] = rand() % 4 ? letters[(size_t)rand() % (sizeof letters - 1)] : (char)(rand() % 255 + 1);
  strcpy(input + size, "\nmeta put done 1\nmeta get done\n");
  outcome o = run_tenon(input, "run", w->config, NULL);
  assert_non_null(strstr(o.out, "{\"ok\":true,\"result\":1}\n{\"ok\":true,\"result\":1}\n"));
  assert_string_equal(o.err, "");
  expect_code(o, 1);
  assert_int_equal(info_int(w, "stats.seq"), 1);
  free(input);
}

static void a_line_may_have_64_mib_and_no_more(void **state) {
  (void)state;
  size_t most = (size_t)64 << 20, size = most + 64;
  char *input = (char *)malloc(size + 1);
  memset(input, 'x', size);
  memcpy(input, "# ", 2);
  memcpy(input + most, "\na count\n", 9);
  input[most + 9] = '\0';
  outcome o = run_tenon(input, "run", "-", "--model", "a=kv", NULL);
  expect(o, 0, "{\"ok\":true,\"result\":0}\n");
  memcpy(input + most, "x\na count\n", 10);
  input[most + 10] = '\0';
  o = run_tenon(input, "run", "-", "--model", "a=kv", NULL);
  assert_non_null(strstr(o.out, "\"status\":\"LIMIT\""));
  assert_non_null(strstr(o.out, "\"where\":\"line 1\"}}\n{\"ok\":true,\"result\":0}\n"));
  expect_code(o, 1);
  input[most + 1] = '\0';
  o = run_tenon(input, "run", "-", "--model", "a=kv", NULL);
  assert_int_equal(count_of(o.out, "\n"), 1);
  assert_non_null(strstr(o.out, "\"status\":\"LIMIT\""));
  expect_code(o, 1);
  free(input);
}

static void a_value_of_a_megabyte_comes_back_whole(void **state) {
  const workbench *w = *state;
  size_t size = 1 << 20;
  char *input = (char *)malloc(size + 64), *expected = (char *)malloc(size + 128);
  size_t at = (size_t)sprintf(input, "shop put big \"");
  memset(input + at, 'v', size);
  strcpy(input + at + size, "\"\nshop get big\n");
  at = (size_t)sprintf(expected, "{\"ok\":true,\"result\":1}\n{\"ok\":true,\"result\":\"");
  memset(expected + at, 'v', size);
  strcpy(expected + at + size, "\"}\n");
  expect(run_tenon(input, "run", w->config, NULL), 0, expected);
  free(expected);
  free(input);
}

static void rows_come_as_an_array_or_one_per_line(void **state) {
  const workbench *w = *state;
  expect_code(run_tenon("shop put a 1\nshop put b 2\n", "run", w->config, NULL), 0);
  const char *input = "[\"shop\",\"scan\",{\"keys_only\":true}]\n[\"meta\",\"scan\",{}]\nshop get b\nshop scan 3 4\n";
  outcome o = run_tenon(input, "run", w->config, NULL);
  assert_non_null(strstr(o.out, "{\"ok\":true,\"result\":[\"a\",\"b\"]}\n{\"ok\":true,\"result\":[]}\n"));
  expect_code(o, 1);
  o = run_tenon(input, "run", "--rows", w->config, NULL);
  const char *expected =
      "{\"row\":\"a\"}\n{\"row\":\"b\"}\n{\"ok\":true,\"rows\":2}\n{\"ok\":true,\"rows\":0}\n{\"ok\":true,\"result\":"
      "2}\n"
      "{\"ok\":false,";
  assert_int_equal(strncmp(o.out, expected, strlen(expected)), 0);
  expect_code(o, 1);
}

static void an_engine_in_memory_needs_no_file_at_all(void **state) {
  (void)state;
  const char *input =
      "a put x 1\n{\"batch\":[[\"a\",\"get\",[\"x\"]],[\"b\",\"put\",[\"y\",{\"$result\":[0,\"\"]}]]]}\nb get y\n";
  expect(run_tenon(input, "run", "-", "--model", "a=kv", "--model=b=kv", NULL), 0,
         "{\"ok\":true,\"result\":1}\n{\"ok\":true,\"result\":[1,2]}\n{\"ok\":true,\"result\":1}\n");
  expect_refusal(run_tenon("", "run", "-", NULL), 2, "--model NAME=TYPE");
  expect_refusal(run_tenon("", "run", "-", "--model", "a", NULL), 2, "NAME=TYPE");
  expect_refusal(run_tenon("", "run", "-", "--model", "=kv", NULL), 2, "NAME=TYPE");
  expect_refusal(run_tenon("", "run", "-", "--model", "a=kv", "--model", "a=kv", NULL), 2, "'a=kv'");
  expect_refusal(run_tenon("", "run", "-", "--model", "a=nothing", NULL), 2, "nothing");
  const workbench *w = *state;
  expect_refusal(run_tenon("", "run", w->config, "--model", "a=kv", NULL), 2, "--model goes with -");
}

static void piped_commands_are_answered_in_order_and_queries_see_them(void **state) {
  const workbench *w = *state;
  enum { PUTS = 5000 };
  char *input = (char *)malloc(PUTS * 64), *expected = (char *)malloc(PUTS * 64);
  size_t in = 0, out = 0;
  for (int i = 1; i <= PUTS; i++) {
    in += (size_t)sprintf(input + in, "shop put %d %d\n", i, -i);
    out += (size_t)sprintf(expected + out, "{\"ok\":true,\"result\":%d}\n", i);
    if (i % 1000 != 0) continue;
    in += (size_t)sprintf(input + in, "shop get %d\n", i);
    out += (size_t)sprintf(expected + out, "{\"ok\":true,\"result\":%d}\n", -i);
  }
  expect(run_tenon(input, "run", w->config, NULL), 0, expected);
  assert_int_equal(info_int(w, "stats.seq"), PUTS);
  free(expected);
  free(input);
}

static void failures_among_piped_commands_stay_in_their_place(void **state) {
  const workbench *w = *state;
  outcome o = run_tenon("shop put a 1\nshop delete zzz\n[\nshop put b 2\nshop incr a\n", "run", w->config, NULL);
  const char *line = o.out;
  static const char *const starts[] = {
      "{\"ok\":true,\"result\":1}", "{\"ok\":false,\"error\":{\"status\":\"NOT_FOUND\"",
      "{\"ok\":false,\"error\":{\"status\":\"INVALID\"", "{\"ok\":true,\"result\":2}", "{\"ok\":true,\"result\":2}"};
  for (size_t i = 0; i < COUNT(starts); i++) {
    assert_int_equal(strncmp(line, starts[i], strlen(starts[i])), 0);
    line = strchr(line, '\n') + 1;
  }
  expect_code(o, 1);
}

/* ---- the other commands --------------------------------------------------------------------- */

static void log_prints_records_as_lines(void **state) {
  const workbench *w = *state;
  expect_code(run_tenon("shop put a 1\nshop put b 2\nshop get a\nshop delete zzz\nshop put c \"x\"\n", "run",
                        w->config, NULL),
              1);
  outcome o = run_tenon("", "log", w->config, NULL);
  assert_int_equal(count_of(o.out, "\n"), 3);
  assert_int_equal(count_of(o.out, "\"seq\":"), 3);
  assert_non_null(strstr(o.out, "[\"shop\",\"put\",[\"c\",\"x\""));
  expect_code(o, 0);
  o = run_tenon("", "log", w->config, "--from", "2", "--to", "2", NULL);
  assert_int_equal(count_of(o.out, "\n"), 1);
  assert_non_null(strstr(o.out, "\"seq\":2"));
  expect_code(o, 0);
  expect(run_tenon("", "log", w->config, "--from", "4", NULL), 0, "");
}

static void looking_needs_data_and_makes_none(void **state) {
  const workbench *w = *state;
  expect_refusal(run_tenon("", "log", w->config, NULL), 2, "NOT_FOUND");
  expect_refusal(run_tenon("", "check", w->config, NULL), 2, "NOT_FOUND");
  expect_part(run_tenon("", "info", w->config, NULL), 0, "no data yet");
  expect_part(run_tenon("", "info", w->config, NULL), 0, "put {key, value");
  assert_int_equal(access(w->data, F_OK), -1);
}

static void a_snapshot_is_what_the_next_open_starts_from(void **state) {
  const workbench *w = *state;
  char before[33], after[33], file[256];
  expect_code(run_tenon("shop put a 1\nshop put b [1,2]\nmeta put c 3\n", "run", w->config, NULL), 0);
  info_digest(w, before);
  expect(run_tenon("", "snapshot", w->config, NULL), 0, "snapshot at seq 3\n");
  find_data_file(w, "/snapshot-", file);
  info_digest(w, after);
  assert_string_equal(before, after);
  expect(run_tenon("shop get b\nmeta put d 4\n", "run", w->config, NULL), 0,
         "{\"ok\":true,\"result\":[1,2]}\n{\"ok\":true,\"result\":4}\n");
  expect_part(run_tenon("", "check", w->config, NULL), 0, "no problems");
}

static void info_shows_plugins_models_operations_and_state(void **state) {
  const workbench *w = *state;
  expect_code(run_tenon("shop put a 1\n", "run", w->config, NULL), 0);
  outcome o = run_tenon("", "info", w->config, NULL);
  static const char *const parts[] = {"plugins",         "model",  "storage", "file",  "models", "shop",
                                      "put {key, value", "scan {", "rows",    "state", "digest", "seq"};
  for (size_t i = 0; i < COUNT(parts); i++) assert_non_null(strstr(o.out, parts[i]));
  assert_string_equal(o.err, "");
  expect_code(o, 0);
  o = run_tenon("", "info", NULL);
  assert_non_null(strstr(o.out, "kv"));
  assert_null(strstr(o.out, "put {"));
  expect_code(o, 0);
  expect_part(run_tenon("", "info", "-", "--model", "a=kv", NULL), 0, "put {key, value");
  assert_int_equal(info_int(w, "stats.seq"), 1);
}

/* ---- damage --------------------------------------------------------------------------------- */

static void flip_a_byte(const char *path, long offset) {
  FILE *file = fopen(path, "r+b");
  assert_non_null(file);
  assert_int_equal(fseek(file, offset, SEEK_SET), 0);
  int byte = fgetc(file);
  assert_int_equal(fseek(file, offset, SEEK_SET), 0);
  fputc(byte ^ 0x20, file);
  assert_int_equal(fclose(file), 0);
}

static long find_bytes(const char *path, const char *bytes) {
  FILE *file = fopen(path, "rb");
  static char data[1 << 20];
  assert_non_null(file);
  size_t size = fread(data, 1, sizeof data, file);
  fclose(file);
  const char *found = (const char *)memmem(data, size, bytes, strlen(bytes));
  assert_non_null(found);
  return (long)(found - data);
}

static void damaged_data_is_refused_and_reported_and_left_alone(void **state) {
  const workbench *w = *state;
  char journal[256];
  expect_code(run_tenon("shop put first needle\nshop put b 2\nshop put c 3\n", "run", w->config, NULL), 0);
  expect_part(run_tenon("", "check", w->config, NULL), 0, "no problems");
  find_data_file(w, "/journal/", journal);
  flip_a_byte(journal, find_bytes(journal, "needle"));
  uint64_t sum = sum_of_data(w);
  expect_refusal(run_tenon("shop put d 4\n", "run", w->config, NULL), 2, "CORRUPT");
  expect_refusal(run_tenon("", "log", w->config, NULL), 2, "CORRUPT");
  expect_refusal(run_tenon("", "info", w->config, NULL), 2, "CORRUPT");
  expect_refusal(run_tenon("", "snapshot", w->config, NULL), 2, "CORRUPT");
  outcome o = run_tenon("", "check", w->config, NULL);
  assert_non_null(strstr(o.out, strrchr(journal, '/') + 1));
  assert_non_null(strstr(o.out, "1 problem"));
  expect_code(o, 1);
  assert_true(sum_of_data(w) == sum);
}

static void check_finds_a_damaged_snapshot_and_run_starts_without_it(void **state) {
  const workbench *w = *state;
  char snapshot[256];
  expect_code(run_tenon("shop put first needle\nshop put b 2\n", "run", w->config, NULL), 0);
  expect_code(run_tenon("", "snapshot", w->config, NULL), 0);
  find_data_file(w, "/snapshot-", snapshot);
  flip_a_byte(snapshot, find_bytes(snapshot, "needle"));
  outcome o = run_tenon("", "check", w->config, NULL);
  assert_non_null(strstr(o.out, strrchr(snapshot, '/') + 1));
  expect_code(o, 1);
  o = run_tenon("shop get first\n", "run", w->config, NULL);
  assert_string_equal(o.out, "{\"ok\":true,\"result\":\"needle\"}\n");
  assert_int_equal(strncmp(o.err, "tenon: ", 7), 0);
  expect_code(o, 0);
}

static void data_of_something_else_is_refused(void **state) {
  const workbench *w = *state;
  char path[128];
  assert_int_equal(mkdir(w->data, 0700), 0);
  snprintf(path, sizeof path, "data/%s", "notes.txt");
  (void)workbench_write(w, path, "these are my notes\n");
  outcome o = run_tenon("shop put a 1\n", "run", w->config, NULL);
  assert_non_null(strstr(o.err, "tenon run: "));
  expect_code(o, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, workbench_setup, workbench_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(no_command_prints_the_help_and_is_a_usage_error),
      TEST(an_unknown_command_is_answered_with_the_nearest_one),
      TEST(version_and_help_go_to_standard_output),
      TEST(unknown_options_are_refused_with_one_line),
      TEST(numbers_are_read_strictly),
      TEST(a_config_that_cannot_be_used_is_refused_with_one_line),
      TEST(every_shape_of_a_line_is_answered_by_a_line_in_order),
      TEST(operations_can_come_from_a_file),
      TEST(a_failed_operation_gives_exit_1_and_the_next_ones_run),
      TEST(stop_ends_at_the_first_failure),
      TEST(a_malformed_line_is_one_error_line_that_names_it),
      TEST(random_bytes_change_nothing_and_never_end_it),
      TEST(a_line_may_have_64_mib_and_no_more),
      TEST(a_value_of_a_megabyte_comes_back_whole),
      TEST(rows_come_as_an_array_or_one_per_line),
      TEST(an_engine_in_memory_needs_no_file_at_all),
      TEST(piped_commands_are_answered_in_order_and_queries_see_them),
      TEST(failures_among_piped_commands_stay_in_their_place),
      TEST(log_prints_records_as_lines),
      TEST(looking_needs_data_and_makes_none),
      TEST(a_snapshot_is_what_the_next_open_starts_from),
      TEST(info_shows_plugins_models_operations_and_state),
      TEST(damaged_data_is_refused_and_reported_and_left_alone),
      TEST(check_finds_a_damaged_snapshot_and_run_starts_without_it),
      TEST(data_of_something_else_is_refused),
  };
  return cmocka_run_group_tests(tests, workbench_find_program, NULL);
}
