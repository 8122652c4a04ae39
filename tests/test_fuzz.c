/* test_fuzz.c - the fuzz targets without libFuzzer: each of their seeds, and what a fixed number of changes makes of
 * it. `make fuzz` looks further. A target that finds something ends its process, so each has one of its own. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/assert_status.h"
#include "support/values.h"

#define SEEDS_FOLDER "tests/fuzz/seeds"
#define SEED 20260101
#define SEEDS_MAX 400
#define INPUT_SIZE_MAX 8192

/* The Makefile lists all there are: TARGET(json) TARGET(key) ... */
#define TARGET(name) int target_##name(const uint8_t *data, size_t size);
FUZZ_TARGETS
#undef TARGET

typedef struct target {
  const char *name;
  int (*run)(const uint8_t *data, size_t size);
} target;

#define TARGET(name) {#name, target_##name},
static const target targets[] = {FUZZ_TARGETS};
#undef TARGET
#define TARGET_COUNT (sizeof targets / sizeof *targets)

/* ---- seeds ---------------------------------------------------------------------------------- */

typedef struct input {
  char name[64];
  size_t size;
  uint8_t data[INPUT_SIZE_MAX];
} input;

typedef struct seeds {
  input items[SEEDS_MAX];
  size_t count;
} seeds;

static int by_name(const void *a, const void *b) {
  return strcmp(((const input *)a)->name, ((const input *)b)->name);
}

static void read_seed(const char *folder, const char *name, input *out) {
  char path[400];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  snprintf(out->name, sizeof out->name, "%s", name);
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  out->size = fread(out->data, 1, sizeof out->data, file);
  assert_true(out->size < sizeof out->data);
  fclose(file);
}

static const seeds *read_seeds(const target *t) {
  static seeds s;
  char folder[300];
  snprintf(folder, sizeof folder, "%s/%s", SEEDS_FOLDER, t->name);
  DIR *dir = opendir(folder);
  if (!dir) fail_msg("%s has no seeds in %s", t->name, folder);
  s.count = 0;
  for (struct dirent *entry; (entry = readdir(dir)) && s.count < SEEDS_MAX;)
    if (entry->d_name[0] != '.') read_seed(folder, entry->d_name, &s.items[s.count++]);
  closedir(dir);
  assert_true(s.count > 0 && s.count < SEEDS_MAX);
  qsort(s.items, s.count, sizeof *s.items, by_name);
  return &s;
}

/* ---- changes -------------------------------------------------------------------------------- */

static void insert(values_source *source, input *in, size_t at) {
  size_t count = 1 + (size_t)values_below(source, 8);
  if (in->size + count > INPUT_SIZE_MAX) return;
  memmove(in->data + at + count, in->data + at, in->size - at);
  for (size_t i = 0; i < count; i++) in->data[at + i] = (uint8_t)values_next(source);
  in->size += count;
}

static void erase(values_source *source, input *in, size_t at) {
  size_t count = 1 + (size_t)values_below(source, 8);
  if (count > in->size - at) count = in->size - at;
  memmove(in->data + at, in->data + at + count, in->size - at - count);
  in->size -= count;
}

/* From another seed, over what is there. */
static void splice(values_source *source, input *in, size_t at, const input *other) {
  if (other->size == 0) return;
  size_t from = (size_t)values_below(source, other->size), count = 1 + (size_t)values_below(source, 64);
  if (count > other->size - from) count = other->size - from;
  if (count > INPUT_SIZE_MAX - at) count = INPUT_SIZE_MAX - at;
  memcpy(in->data + at, other->data + from, count);
  if (at + count > in->size) in->size = at + count;
}

static void change(values_source *source, input *in, const seeds *s) {
  size_t at = (size_t)values_below(source, in->size + 1);
  switch (values_below(source, 5)) {
    case 0: insert(source, in, at); break;
    case 1: erase(source, in, at); break;
    case 2: splice(source, in, at, &s->items[values_below(source, s->count)]); break;
    case 3:
      if (at < in->size) in->data[at] = (uint8_t)values_next(source);
      break;
    default:
      if (at < in->size) in->data[at] ^= (uint8_t)(1u << values_below(source, 8));
  }
}

/* ---- runs ----------------------------------------------------------------------------------- */

/* Those that open an engine each time take longer. */
static size_t changes_of(const target *t) {
  static const char *const slow[] = {"bind", "run", "segment", "snapshot"};
  for (size_t i = 0; i < sizeof slow / sizeof *slow; i++)
    if (strcmp(t->name, slow[i]) == 0) return 1000;
  return 20000;
}

/* `now` is seen from outside: it says which input was the last. */
static void run_all(const target *t, const seeds *s, input *now) {
  values_source source = {SEED};
  for (size_t i = 0; i < s->count; i++) {
    *now = s->items[i];
    (void)t->run(now->data, now->size);
  }
  for (size_t i = 0; i < changes_of(t); i++) {
    *now = s->items[i % s->count];
    for (uint64_t n = 1 + values_below(&source, 5); n > 0; n--) change(&source, now, s);
    (void)t->run(now->data, now->size);
  }
}

static void fail_with(const target *t, const input *in) {
  fprintf(stderr, "the input, made from %s/%s/%s:", SEEDS_FOLDER, t->name, in->name);
  for (size_t i = 0; i < in->size; i++) fprintf(stderr, "%s%02x", i % 32 == 0 ? "\n" : " ", in->data[i]);
  fprintf(stderr, "\n");
  fail_msg("target %s found something", t->name);
}

static void every_seed_and_what_changes_make_of_it_holds(void **state) {
  const target *t = *state;
  const seeds *s = read_seeds(t);
  input *now = mmap(NULL, sizeof *now, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  assert_true(now != MAP_FAILED);
  int ended = 0;
  fflush(NULL);
  pid_t pid = fork();
  assert_true(pid >= 0);
  if (pid == 0) {
    run_all(t, s, now);
    exit(0);
  }
  assert_int_equal(waitpid(pid, &ended, 0), pid);
  if (ended != 0) fail_with(t, now);
  print_message("# %s: %zu seeds, %zu changes\n", t->name, s->count, changes_of(t));
  munmap(now, sizeof *now);
}

static void every_target_there_is_was_built_in(void **state) {
  (void)state;
  DIR *dir = opendir("tests/fuzz");
  char name[64];
  assert_non_null(dir);
  for (struct dirent *entry; (entry = readdir(dir));) {
    if (sscanf(entry->d_name, "fuzz_%60[a-z0-9_].c", name) != 1) continue;
    size_t i = 0;
    while (i < TARGET_COUNT && strcmp(targets[i].name, name) != 0) i++;
    if (i == TARGET_COUNT) fail_msg("target %s is new: make clean", name);
  }
  closedir(dir);
}

int main(void) {
  static char names[TARGET_COUNT][100];
  struct CMUnitTest tests[TARGET_COUNT + 1] = {cmocka_unit_test(every_target_there_is_was_built_in)};
  for (size_t i = 0; i < TARGET_COUNT; i++) {
    snprintf(names[i], sizeof names[i], "every_seed_of_%s_and_what_changes_make_of_it_holds", targets[i].name);
    tests[i + 1] = (struct CMUnitTest){.name = names[i],
                                       .test_func = every_seed_and_what_changes_make_of_it_holds,
                                       .initial_state = (void *)(uintptr_t)&targets[i]};
  }
  return cmocka_run_group_tests(tests, NULL, NULL);
}
