/* test_kill_loop.c - eight threads commit, and are killed at any moment, or have system calls fail under them: what
 * they had been told is there, whole, in order. Over each durable storage, on disk. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "crash/budget.h"
#include "crash/writer.h"
#include "support/assert_status.h"
#include "support/process.h"

#define KILLS 200
#define LIFE_US_MAX 70000
#define INJECTIONS 30
#define TEXT ", \"format\": {\"journal\": \"json\", \"snapshot\": \"json\"}"

static const char *const durability[] = {", \"durability\": \"sync\"", ", \"durability\": \"interval\"",
                                         ", \"durability\": \"none\""};

static uint64_t chance;

static uint64_t draw(uint64_t below) {
  uint64_t z = chance += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return (z ^ (z >> 31)) % below;
}

static void sleep_us(int64_t us) { (void)nanosleep(&(struct timespec){us / 1000000, us % 1000000 * 1000}, NULL); }

/* ---- processes ------------------------------------------------------------------------------ */

/* A storage's files, what was told, and what is in the config. */
typedef struct life {
  place place;
  folder notes;
  told *told;
  char told_path[80];
  char more[200];
} life;

static life begin_life(const durable_storage *storage) {
  life l = {.place = place_make(storage, true)};
  assert_true(folder_make(&l.notes));
  snprintf(l.told_path, sizeof l.told_path, "%s/told", l.notes.path);
  l.told = told_map(l.told_path);
  assert_non_null(l.told);
  return l;
}

static void end_life(life *l) {
  told_unmap(l->told);
  folder_remove(&l->notes);
  place_remove(&l->place);
}

static void choose(life *l, uint64_t round, bool text) {
  snprintf(l->more, sizeof l->more, "%s%s", durability[round % 3], text ? TEXT : "");
}

static uint64_t sum_there(const life *l) {
  uint64_t sum = 0;
  for (int i = 0; i < WRITER_THREADS; i++) sum += atomic_load(&l->told->there[i]);
  return sum;
}

/* Ends as a program that was killed would: nothing is closed, nothing is given back. */
typedef enum errand { WRITE, CHECK_AND_CLOSE, CHECK_AND_LEAVE, LOOK } errand;

static int do_errand(errand what, const life *l) {
  writer_plan plan = {&l->place, l->more};
  switch (what) {
    case WRITE: return writer_run(&plan, l->told, 0);
    case CHECK_AND_CLOSE: return writer_check(&plan, l->told, true) ? 0 : 1;
    case CHECK_AND_LEAVE: return writer_check(&plan, l->told, false) ? 0 : 1;
    case LOOK: return writer_look(&plan) ? 0 : 1;
  }
  return 2;
}

static pid_t start(errand what, const life *l) {
  fflush(NULL);
  pid_t pid = fork();
  assert_true(pid >= 0);
  if (pid == 0) _exit(do_errand(what, l));
  return pid;
}

static void expect_success(pid_t pid) {
  int ended = 0;
  assert_int_equal(waitpid(pid, &ended, 0), pid);
  assert_true(WIFEXITED(ended));
  assert_int_equal(WEXITSTATUS(ended), 0);
}

/* ---- killed --------------------------------------------------------------------------------- */

/* The instant is counted from the start on, so that some kills meet the recovery. */
static void live_and_die(life *l, uint64_t round) {
  int ended = 0;
  pid_t writer = start(WRITE, l);
  sleep_us((int64_t)draw(LIFE_US_MAX));
  if (round % 10 == 3) expect_success(start(LOOK, l));
  assert_int_equal(kill(writer, SIGKILL), 0);
  assert_int_equal(waitpid(writer, &ended, 0), writer);
  assert_true(WIFSIGNALED(ended) && WTERMSIG(ended) == SIGKILL);
  expect_success(start(draw(2) ? CHECK_AND_CLOSE : CHECK_AND_LEAVE, l));
}

static void kill_again_and_again(const durable_storage *storage, bool text, size_t kills) {
  uint64_t seed = 0, first, round = 0;
  size_t open = 0;
  life l = begin_life(storage);
  budget b = budget_make(7, 1);
  first = b.first_seed;
  while (budget_next(&b, &seed)) {
    chance = seed;
    for (size_t i = 0; i < kills; i++, round++) {
      choose(&l, draw(3), text);
      atomic_store(&l.told->is_open, false);
      live_and_die(&l, round);
      open += atomic_load(&l.told->is_open);
    }
  }
  print_message("# %s%s: %" PRIu64 " kills, %zu of them after the open, %" PRIu64 " numbers, seed %" PRIu64 "\n",
                storage->name, text ? " as text" : "", round, open, sum_there(&l), first);
  assert_true(sum_there(&l) > round);
  end_life(&l);
}

static void a_killed_process_has_kept_all_that_it_told(void **state) {
  (void)state;
  for (const durable_storage *storage = durable_storages; storage->name; storage++)
    kill_again_and_again(storage, false, KILLS * 3 / 4);
}

static void so_has_one_that_writes_text(void **state) {
  (void)state;
  for (const durable_storage *storage = durable_storages; storage->name; storage++)
    kill_again_and_again(storage, true, KILLS / 4);
}

/* ---- system calls that fail ----------------------------------------------------------------- */

static const char *own_path; /* of this program */

/* This program again, as a writer: "write" STORAGE FOLDER TOLD MORE. */
static int be_a_writer(char **argv) {
  const durable_storage *storage = durable_storages;
  while (storage->name && strcmp(storage->name, argv[2]) != 0) storage++;
  place p = {.storage = storage};
  snprintf(p.disk.path, sizeof p.disk.path, "%s", argv[3]);
  told *t = told_map(argv[4]);
  return t ? writer_run(&(writer_plan){&p, argv[5]}, t, 150) : 9;
}

static bool strace_works(void) {
  static const char *const trial[] = {"/usr/bin/env", "strace", "-f",          "-qq", "-o",
                                      "/dev/null",    "-e",     "trace=fsync", "-e",  "inject=fsync:error=EIO",
                                      "true",         NULL};
  outcome o = process_run(trial, "", 0);
  bool works = o.code == 0;
  outcome_free(&o);
  return works;
}

static void write_under(const life *l, const char *call, const char *how) {
  char trace[40], inject[100];
  snprintf(trace, sizeof trace, "trace=%s", call);
  snprintf(inject, sizeof inject, "inject=%s:%s", call, how);
  const char *const argv[] = {"/usr/bin/env",
                              "strace",
                              "-f",
                              "-qq",
                              "-o",
                              "/dev/null",
                              "-e",
                              trace,
                              "-e",
                              inject,
                              own_path,
                              "write",
                              l->place.storage->name,
                              l->place.disk.path,
                              l->told_path,
                              l->more,
                              NULL};
  outcome o = process_run(argv, "", 0);
  if (o.code != 0) fail_msg("%s: the writer ended with %d: %s%s", inject, o.code, o.out, o.err);
  outcome_free(&o);
}

/* Whether the writer was told less than it handed in. */
static bool was_noticed(const life *l) {
  uint64_t begun = 0, answered = 0;
  for (int i = 0; i < WRITER_THREADS; i++) {
    begun += atomic_load(&l->told->begun[i]);
    answered += atomic_load(&l->told->answered[i]);
  }
  return begun > answered || !atomic_load(&l->told->is_open);
}

/* One call of each thread fails, or that and all after it. */
static bool fail_one_call(life *l) {
  static const char *const calls[] = {"fdatasync", "fdatasync", "pwrite64", "pwrite64", "fallocate",
                                      "ftruncate", "fsync",     "/^rename", "/^unlink", "openat"};
  static const char *const codes[] = {"EIO", "ENOSPC"};
  char how[60];
  int ended = 0;
  uint64_t which = draw(10), nth = 1 + draw(draw(2) ? 4 : 40);
  if (which == 9) nth += 20; /* not those of the dynamic linker */
  snprintf(how, sizeof how, "error=%s:when=%" PRIu64 "%s", codes[draw(2)], nth, draw(3) ? "" : "+");
  choose(l, draw(3), false);
  atomic_store(&l->told->is_open, false);
  write_under(l, calls[which], how);
  bool noticed = was_noticed(l);
  pid_t checker = start(CHECK_AND_CLOSE, l);
  assert_int_equal(waitpid(checker, &ended, 0), checker);
  if (!WIFEXITED(ended) || WEXITSTATUS(ended) != 0) fail_msg("after %s:%s%s", calls[which], how, l->more);
  return noticed;
}

static void a_failing_system_call_costs_nothing_that_was_told(void **state) {
  (void)state;
  uint64_t seed = 0;
  size_t rounds = 0, noticed = 0;
  if (!strace_works()) {
    print_message("# skipped: strace is not there, or not allowed here\n");
    skip();
  }
  budget b = budget_make(11, 1);
  while (budget_next(&b, &seed))
    for (const durable_storage *storage = durable_storages; storage->name; storage++) {
      life l = begin_life(storage);
      chance = seed;
      for (int i = 0; i < INJECTIONS; i++, rounds++) noticed += fail_one_call(&l);
      end_life(&l);
    }
  print_message("# %zu writers under failing system calls, %zu of them noticed, seed %" PRIu64 "\n", rounds, noticed,
                b.first_seed);
  assert_true(noticed > 0);
}

int main(int argc, char **argv) {
  if (argc == 6 && strcmp(argv[1], "write") == 0) _exit(be_a_writer(argv));
  own_path = argv[0];
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_killed_process_has_kept_all_that_it_told),
      cmocka_unit_test(so_has_one_that_writes_text),
      cmocka_unit_test(a_failing_system_call_costs_nothing_that_was_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
