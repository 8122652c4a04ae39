/* Every script of tests/scripts is two tests: in memory, and on files with the engine reopened after each line. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/assert_status.h"
#include "support/script.h"

#define FOLDER "tests/scripts"
#define SCRIPT_MAX 500
#define NAME_MAX_SIZE 320

typedef struct script_test {
  char path[NAME_MAX_SIZE];
  char name[NAME_MAX_SIZE];
  script_mode mode;
} script_test;

static void run_script(void **state) {
  const script_test *test = *state;
  assert_int_equal(script_run(test->path, test->mode), 0);
}

static int is_script(const struct dirent *entry) {
  size_t size = strlen(entry->d_name);
  return size > 4 && strcmp(entry->d_name + size - 4, ".txt") == 0;
}

static void add_test(script_test *test, const char *file, script_mode mode) {
  int stem = (int)strlen(file) - 4;
  (void)snprintf(test->path, sizeof test->path, FOLDER "/%s", file);
  (void)snprintf(test->name, sizeof test->name, "%.*s%s", stem, file, mode == SCRIPT_REOPENED ? "_reopened" : "");
  test->mode = mode;
}

static size_t find_scripts(script_test *tests) {
  struct dirent **files;
  size_t count = 0;
  int found = scandir(FOLDER, &files, is_script, alphasort);
  for (int i = 0; i < found; i++) {
    if (count + 2 <= 2 * SCRIPT_MAX) {
      add_test(&tests[count++], files[i]->d_name, SCRIPT_IN_MEMORY);
      add_test(&tests[count++], files[i]->d_name, SCRIPT_REOPENED);
    }
    free(files[i]);
  }
  if (found >= 0) free(files);
  return count;
}

int main(int argc, char **argv) {
  static script_test tests[2 * SCRIPT_MAX];
  static struct CMUnitTest units[2 * SCRIPT_MAX];
  if (argc > 1) cmocka_set_test_filter(argv[1]);
  size_t count = find_scripts(tests);
  for (size_t i = 0; i < count; i++) units[i] = (struct CMUnitTest){tests[i].name, run_script, NULL, NULL, &tests[i]};
  if (count == 0) return (void)fprintf(stderr, "no scripts in " FOLDER ": run from the project's folder\n"), 1;
  return _cmocka_run_group_tests("scripts", units, count, NULL, NULL);
}
