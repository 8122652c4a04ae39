/* README.md and the pages on models are true: their programs are the compiled ones, and their sessions answer what
 * they say. Runs in a folder of its own with the examples copied there. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/assert_status.h"
#include "support/folder.h"
#include "support/process.h"

#define LINE_MAX_SIZE 4096

static char root[PATH_MAX];
static folder place;

static char *read_whole(const char *path) {
  FILE *file = fopen(path, "r");
  assert_non_null(file);
  char *text = calloc(1, 1 << 20);
  assert_non_null(text);
  size_t size = fread(text, 1, (1 << 20) - 1, file);
  assert_true(size > 0);
  fclose(file);
  return text;
}

static void sh(const char *format, ...) TN_PRINTF(1, 2);
static void sh(const char *format, ...) {
  char command[2 * PATH_MAX];
  va_list args;
  va_start(args, format);
  vsnprintf(command, sizeof command, format, args);
  va_end(args);
  if (system(command) != 0) fail_msg("failed: %s", command);
}

static int make_place(void **state) {
  (void)state;
  const char *program = getenv("TENON_PROGRAM");
  if (!getcwd(root, sizeof root) || !folder_make(&place)) return -1;
  sh("cp -r examples/hello/. examples/leaderboard '%s' && mkdir '%s/bin'", place.path, place.path);
  sh("rm -rf '%s'/leaderboard/*.so '%s'/leaderboard/*-data", place.path, place.path);
  sh("ln -s '%s/%s' '%s/bin/tenon'", root, program ? program : TEST_BUILD "/tenon", place.path);
  return 0;
}

static int remove_place(void **state) {
  (void)state;
  folder_remove(&place);
  return 0;
}

static void quoted_files_are_the_ones_in_examples(void **state) {
  static const char *const files[] = {"examples/hello/hello.c", "examples/hello/shop.json"};
  (void)state;
  char *readme = read_whole("README.md");
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
    char *text = read_whole(files[i]);
    if (!strstr(readme, text)) fail_msg("README.md does not quote %s as it is", files[i]);
    free(text);
  }
  free(readme);
}

static void the_shortest_program_does_what_it_says(void **state) {
  (void)state;
  sh("cd '%s' && '%s/" TEST_BUILD "/hello' >out && echo '5 apples, as of record 2' | cmp - out && rm -rf shop-data",
     place.path, root);
}

/* Runs the lines of one session block: `$ command` with the `> input` lines behind it, and compares its output. */
static void run_session(const char *page, char *block, int *sessions) {
  char *line = strtok(block, "\n");
  while (line) {
    assert_memory_equal(line, "$ ", 2);
    char command[LINE_MAX_SIZE], *input = calloc(1, 1 << 16), *expected = calloc(1, 1 << 16);
    assert_true(input && expected);
    snprintf(command, sizeof command, "cd '%s' && PATH=$PWD/bin:$PATH CFLAGS='-I%s/core' %s", place.path, root,
             line + 2);
    for (line = strtok(NULL, "\n"); line && strncmp(line, "$ ", 2) != 0; line = strtok(NULL, "\n")) {
      bool typed = strncmp(line, "> ", 2) == 0;
      strcat(strcat(typed ? input : expected, typed ? line + 2 : line), "\n");
    }
    outcome o = process_run((const char *const[]){"/bin/sh", "-c", command, NULL}, input, strlen(input));
    if (strcmp(o.out, expected) != 0)
      fail_msg("%s\nanswered\n%s%s\n%s says\n%s", command, o.out, o.err, page, expected);
    outcome_free(&o);
    free(input);
    free(expected);
    ++*sessions;
  }
}

static void expect_sessions(const char *page, int count) {
  int sessions = 0;
  char *text = read_whole(page), *at = text;
  while ((at = strstr(at, "```console\n"))) {
    char *start = at + strlen("```console\n"), *end = strstr(start, "```");
    assert_non_null(end);
    *end = '\0';
    run_session(page, start, &sessions);
    at = end + 1;
  }
  assert_int_equal(sessions, count);
  free(text);
}

static void sessions_answer_what_they_say(void **state) {
  (void)state;
  expect_sessions("README.md", 4);
}

#ifdef TN_WITH_PCRE2
static void sessions_with_documents_answer_what_they_say(void **state) {
  (void)state;
  expect_sessions("docs/DOCUMENTS.md", 2);
}

static void sessions_with_graphs_answer_what_they_say(void **state) {
  (void)state;
  expect_sessions("docs/GRAPHS.md", 3);
}
#endif

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(quoted_files_are_the_ones_in_examples),
      cmocka_unit_test(the_shortest_program_does_what_it_says),
      cmocka_unit_test(sessions_answer_what_they_say),
#ifdef TN_WITH_PCRE2
      cmocka_unit_test(sessions_with_documents_answer_what_they_say),
      cmocka_unit_test(sessions_with_graphs_answer_what_they_say),
#endif
  };
  return cmocka_run_group_tests(tests, make_place, remove_place);
}
