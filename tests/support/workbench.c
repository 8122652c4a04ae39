#include "support/workbench.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const char config_text[] =
    "{\"data\": \"data\", \"storage\": {\"type\": \"file\"},\n"
    " \"models\": {\"shop\": {\"type\": \"kv\"}, \"meta\": {\"type\": \"kv\"}}}\n";

const char *tenon_program(void) {
  const char *program = getenv("TENON_PROGRAM");
  return program ? program : "build/asan/tenon";
}

int workbench_find_program(void **state) {
  (void)state;
  if (access(tenon_program(), X_OK) == 0) return 0;
  print_error("no program at %s; build it, or set TENON_PROGRAM\n", tenon_program());
  return -1;
}

int workbench_setup(void **state) {
  workbench *w = (workbench *)calloc(1, sizeof *w);
  if (!w) return -1;
  snprintf(w->folder, sizeof w->folder, "/tmp/tenon-cli-XXXXXX");
  if (!mkdtemp(w->folder)) return -1;
  snprintf(w->config, sizeof w->config, "%s/config.json", w->folder);
  snprintf(w->data, sizeof w->data, "%s/data", w->folder);
  (void)workbench_write(w, "config.json", config_text);
  *state = w;
  return 0;
}

int workbench_teardown(void **state) {
  workbench *w = (workbench *)*state;
  char command[128];
  snprintf(command, sizeof command, "rm -rf '%s'", w->folder);
  int code = system(command);
  free(w);
  return code;
}

const char *workbench_write(const workbench *w, const char *name, const char *text) {
  static char path[256];
  snprintf(path, sizeof path, "%s/%s", w->folder, name);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  assert_int_equal(fputs(text, file) >= 0, 1);
  assert_int_equal(fclose(file), 0);
  return path;
}

/* ---- running -------------------------------------------------------------------------------- */

static void gather(const char **argv, const char *first, va_list words) {
  size_t count = 0;
  argv[count++] = tenon_program();
  for (const char *word = first; word; word = va_arg(words, const char *)) {
    assert_true(count < WORKBENCH_ARGS_MAX - 1);
    argv[count++] = word;
  }
  argv[count] = NULL;
}

outcome run_tenon(const char *input, ...) {
  const char *argv[WORKBENCH_ARGS_MAX];
  va_list words;
  va_start(words, input);
  const char *first = va_arg(words, const char *);
  gather(argv, first, words);
  va_end(words);
  return process_run(argv, input, strlen(input));
}

process start_tenon(const char *word, ...) {
  const char *argv[WORKBENCH_ARGS_MAX];
  va_list words;
  va_start(words, word);
  gather(argv, word, words);
  va_end(words);
  return process_start(argv);
}

void expect_code(outcome o, int code) {
  if (o.code != code) print_error("out: %.400s\nerr: %.400s\n", o.out, o.err);
  assert_int_equal(o.code, code);
  outcome_free(&o);
}

void expect(outcome o, int code, const char *out) {
  assert_string_equal(o.err, "");
  assert_string_equal(o.out, out);
  expect_code(o, code);
}

static void expect_within(const char *text, const char *part) {
  if (!strstr(text, part)) print_error("'%s' is not in: %.2000s\n", part, text);
  assert_non_null(strstr(text, part));
}

void expect_part(outcome o, int code, const char *part) {
  expect_within(o.out, part);
  expect_code(o, code);
}

void expect_refusal(outcome o, int code, const char *part) {
  const char *feed = strchr(o.err, '\n');
  expect_within(o.err, part);
  assert_true(feed && feed[1] == '\0');
  assert_string_equal(o.out, "");
  expect_code(o, code);
}

size_t count_of(const char *text, const char *part) {
  size_t count = 0;
  for (; (text = strstr(text, part)) != NULL; text += strlen(part)) count++;
  return count;
}

/* ---- looking -------------------------------------------------------------------------------- */

static void read_info(const workbench *w, tn_builder *to) {
  outcome o = run_tenon("", "info", w->config, "--json", NULL);
  tn_error error = TN_ERROR_INIT;
  tn_status status = tn_decode("json", (tn_slice){o.out, o.out_size}, to, NULL, &error);
  assert_string_equal(error.text, "");
  assert_int_equal(status, TN_OK);
  expect_code(o, 0);
}

int64_t info_int(const workbench *w, const char *path) {
  tn_builder info = TN_BUILDER_INIT;
  int64_t n = -1;
  read_info(w, &info);
  assert_int_equal(tn_get_int(tn_built(&info), path, &n), TN_OK);
  tn_builder_free(&info);
  return n;
}

void info_digest(const workbench *w, char *out) {
  tn_builder info = TN_BUILDER_INIT;
  tn_slice digest = {NULL, 0};
  read_info(w, &info);
  assert_int_equal(tn_get_string(tn_built(&info), "stats.digest", &digest), TN_OK);
  assert_int_equal(digest.size, 32);
  memcpy(out, digest.data, 32);
  out[32] = '\0';
  tn_builder_free(&info);
}

/* Hands every regular file below `path` to `each`. */
static void walk(const char *path, void (*each)(void *arg, const char *path), void *arg) {
  DIR *folder = opendir(path);
  assert_non_null(folder);
  for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    char below[256];
    struct stat found;
    snprintf(below, sizeof below, "%.120s/%.120s", path, entry->d_name);
    if (entry->d_name[0] == '.' || stat(below, &found) != 0) continue;
    if (S_ISDIR(found.st_mode))
      walk(below, each, arg);
    else
      each(arg, below);
  }
  closedir(folder);
}

typedef struct search {
  const char *part;
  char *out;
  int found;
} search;

static void compare_path(void *arg, const char *path) {
  search *s = (search *)arg;
  if (!strstr(path, s->part)) return;
  snprintf(s->out, 256, "%s", path);
  s->found++;
}

void find_data_file(const workbench *w, const char *part, char *out) {
  search s = {part, out, 0};
  walk(w->data, compare_path, &s);
  assert_int_equal(s.found, 1);
}

static uint64_t mix(uint64_t sum, const void *data, size_t size) {
  for (size_t i = 0; i < size; i++) sum = (sum ^ ((const unsigned char *)data)[i]) * UINT64_C(1099511628211);
  return sum;
}

static void add_file(void *arg, const char *path) {
  char buffer[65536];
  uint64_t sum = mix(UINT64_C(14695981039346656037), path, strlen(path));
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  for (size_t n; (n = fread(buffer, 1, sizeof buffer, file)) > 0;) sum = mix(sum, buffer, n);
  fclose(file);
  *(uint64_t *)arg += sum;
}

uint64_t sum_of_data(const workbench *w) {
  uint64_t sum = 0;
  walk(w->data, add_file, &sum);
  return sum;
}
