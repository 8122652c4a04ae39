/* test_prompt.c - `tenon run CONFIG` at a terminal, driven through a pseudo-terminal as a person would: what is
 * typed, and what is seen. Every wait is for text, and ends when it is there. */
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/workbench.h"

#define SEEN_MAX ((size_t)4 << 20)
#define WAIT_MS 60000
#define INTERRUPT_TRIES 40
#define WITHOUT "built without libedit"

/* A program at a terminal of 80 columns. seen[0, taken) has been matched by see(). */
typedef struct terminal {
  pid_t pid;
  int fd;
  char *seen;
  size_t size, taken;
  bool ended; /* the program is gone */
} terminal;

typedef struct look {
  const char *name, *value; /* one variable of the environment more */
} look;

/* ---- the terminal --------------------------------------------------------------------------- */

static void run_child(const workbench *w, const char *file, const look *more) {
  signal(SIGINT, SIG_DFL); /* a shell ignores it for what it runs in the background */
  setenv("HOME", w->folder, 1);
  setenv("TERM", "xterm", 1);
  setenv("LC_ALL", "C.UTF-8", 1);
  setenv("NO_COLOR", "1", 1);
  unsetenv("XDG_STATE_HOME");
  if (more) setenv(more->name, more->value, 1);
  execl(tenon_program(), "tenon", "run", w->config, file, (char *)NULL);
  _exit(127);
}

static terminal open_terminal(const workbench *w, const char *file, const look *more) {
  struct winsize size = {24, 80, 0, 0};
  terminal t = {0, -1, calloc(1, SEEN_MAX + 1), 0, 0, false};
  assert_non_null(t.seen);
  t.pid = forkpty(&t.fd, NULL, NULL, &size);
  assert_true(t.pid >= 0);
  if (t.pid == 0) run_child(w, file, more);
  return t;
}

/* Takes what is there within wait_ms. False at the end, or when nothing came. */
static bool take_output(terminal *t, int wait_ms) {
  struct pollfd source = {t->fd, POLLIN, 0};
  if (t->size == SEEN_MAX || poll(&source, 1, wait_ms) <= 0) return false;
  ssize_t got = read(t->fd, t->seen + t->size, SEEN_MAX - t->size);
  t->ended = got <= 0;
  if (t->ended) return false;
  t->size += (size_t)got;
  t->seen[t->size] = '\0';
  return true;
}

static bool has_seen(terminal *t, const char *text) {
  const char *found = strstr(t->seen + t->taken, text);
  if (found) t->taken = (size_t)(found - t->seen) + strlen(text);
  return found != NULL;
}

/* Waits until the text is on the terminal, behind what was seen before. */
static void see(terminal *t, const char *text) {
  while (!has_seen(t, text))
    if (!take_output(t, WAIT_MS)) fail_msg("'%s' did not come; seen: ...%s", text, t->seen + t->taken);
}

static void type(terminal *t, const char *keys) {
  size_t size = strlen(keys);
  assert_int_equal(write(t->fd, keys, size), (ssize_t)size);
}

static void type_line(terminal *t, const char *line) {
  type(t, line);
  type(t, "\r");
}

/* Waits for the end; its exit code, or 128 + the signal that ended it. */
static int close_terminal(terminal *t) {
  int status;
  while (take_output(t, WAIT_MS)) continue;
  if (!t->ended) kill(t->pid, SIGKILL);
  assert_int_equal(waitpid(t->pid, &status, 0), t->pid);
  close(t->fd);
  free(t->seen);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* A prompt that waits for the first line; the test is skipped where there is none. */
static terminal open_prompt_with(const workbench *w, const look *more) {
  terminal t = open_terminal(w, NULL, more);
  while (!has_seen(&t, "Ctrl-D ends")) {
    if (strstr(t.seen, WITHOUT)) {
      print_message("# skipped: " WITHOUT "\n");
      type(&t, "\004");
      (void)close_terminal(&t);
      skip();
    }
    if (!take_output(&t, WAIT_MS)) fail_msg("no prompt came; seen: %s", t.seen);
  }
  see(&t, "config> ");
  return t;
}

static terminal open_prompt(const workbench *w) { return open_prompt_with(w, NULL); }

/* Ctrl-D means the end to the prompt; while an operation runs it would mean nothing. */
static void end_prompt(terminal *t) {
  see(t, "config>");
  type(t, "\004");
  assert_int_equal(close_terminal(t), 0);
}

/* ---- answers -------------------------------------------------------------------------------- */

static void operations_are_answered_for_people(void **state) {
  terminal t = open_prompt(*state);
  type_line(&t, "shop put apples 3");
  see(&t, "\r\n1\r\n");
  type_line(&t, "shop put pears {\"qty\":2}");
  see(&t, "\r\n2\r\n");
  type_line(&t, "shop get pears");
  see(&t, "{\"qty\": 2}\r\n");
  type_line(&t, "shop scan");
  see(&t, "key     value\r\n");
  see(&t, "apples  3\r\n");
  see(&t, "(2 rows)");
  end_prompt(&t);
}

static void errors_are_one_line_and_the_prompt_goes_on(void **state) {
  terminal t = open_prompt(*state);
  type_line(&t, "shop get nobody");
  see(&t, "NOT_FOUND: no such entry\r\n");
  type_line(&t, "shop gte x");
  see(&t, "UNKNOWN: 'shop' (a kv) has no operation 'gte'; did you mean 'get'? (op)\r\n");
  type_line(&t, "[\"shop\",]");
  see(&t, "(byte 8)\r\n");
  type_line(&t, "shop count");
  see(&t, "\r\n0\r\n");
  end_prompt(&t);
}

static void open_brackets_go_on_on_the_next_line(void **state) {
  terminal t = open_prompt(*state);
  type_line(&t, "{\"batch\":[");
  see(&t, "...> ");
  type_line(&t, "[\"shop\",\"put\",[1,2]],");
  see(&t, "...> ");
  type_line(&t, "[\"shop\",\"count\"]]}");
  see(&t, "[1, 1]\r\n");
  end_prompt(&t);
}

static void colours_are_there_unless_unwanted(void **state) {
  terminal t = open_prompt(*state);
  type_line(&t, "shop count");
  see(&t, "\r\n0\r\n");
  end_prompt(&t);
  const look coloured = {"NO_COLOR", ""};
  t = open_terminal(*state, NULL, &coloured);
  see(&t, "config>");
  type_line(&t, "shop count");
  see(&t, "\033[33m0\033[0m");
  end_prompt(&t);
}

/* ---- typing --------------------------------------------------------------------------------- */

static void tab_completes_models_operations_and_parameters(void **state) {
  terminal t = open_prompt(*state);
  type(&t, "sh\tpu\t");
  see(&t, "purge");
  type_line(&t, "t pears 1");
  see(&t, "\r\n1\r\n");
  type_line(&t, "[\"s\t\"put\",{\"k\t\"apples\",\"va\t7}]");
  see(&t, "\r\n2\r\n");
  type_line(&t, "shop get apples");
  see(&t, "\r\n7\r\n");
  end_prompt(&t);
}

static void a_question_mark_shows_what_may_follow(void **state) {
  terminal t = open_prompt(*state);
  type(&t, "shop put ?");
  see(&t, "stores a value");
  see(&t, "> key");
  see(&t, "ttl_ms");
  type(&t, "who? ?");
  see(&t, "> value");
  type_line(&t, "5");
  see(&t, "\r\n1\r\n");
  type_line(&t, "shop get who?");
  see(&t, "\r\n5\r\n");
  end_prompt(&t);
}

/* As a terminal sends it: between marks, all at once. */
static void what_is_pasted_is_text_and_asks_for_nothing(void **state) {
  terminal t = open_prompt(*state);
  type(&t,
       "\033[200~[\"shop\",\n\t\"put\",\n\t{\n\t\t\"key\": \"a ?\",\n\t\t\"value\": ?\b1\n\t}\n]\n"
       "shop\tget \"a ?\"\033[201~");
  see(&t, "\r\n1\r\n");
  assert_null(strstr(t.seen, "stores a value"));
  type(&t, "\r");
  see(&t, "\r\n1\r\n");
  type(&t, "sh\tpu\t");
  see(&t, "purge");
  type(&t, "\003");
  end_prompt(&t);
}

static void ctrl_c_clears_the_line(void **state) {
  terminal t = open_prompt(*state);
  type(&t, "shop put x 1");
  see(&t, "1");
  type(&t, "\003");
  see(&t, "^C\r\n");
  see(&t, "config> ");
  type_line(&t, "{\"batch\":[");
  see(&t, "...> ");
  type(&t, "\003");
  see(&t, "config> ");
  type_line(&t, "shop count");
  see(&t, "\r\n0\r\n");
  end_prompt(&t);
}

/* A batch that takes many seconds: it counts 2000 entries one by one, very often. */
static void write_slow_batch(const workbench *w) {
  char path[128];
  snprintf(path, sizeof path, "%s/slow", w->folder);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs("shop mput {", file);
  for (int i = 0; i < 2000; i++) fprintf(file, "%s\"k%d\":%d", i > 0 ? "," : "", i, i);
  fputs("}\n{\"batch\":[", file);
  for (int i = 0; i < 30000; i++) fprintf(file, "%s[\"shop\",\"count\",[\"k\"]]", i > 0 ? "," : "");
  fputs("]}\n", file);
  assert_int_equal(fclose(file), 0);
}

/* The first Ctrl-C may come before the batch has begun, and then ends the reading; so again. */
static void ctrl_c_interrupts_what_runs_and_not_the_program(void **state) {
  const workbench *w = *state;
  char line[160];
  bool interrupted = false;
  write_slow_batch(w);
  snprintf(line, sizeof line, ".read %s/slow", w->folder);
  terminal t = open_prompt(w);
  for (int i = 0; i < INTERRUPT_TRIES && !interrupted; i++) {
    type_line(&t, line);
    see(&t, "slow\r\n");
    see(&t, "\r\n");
    (void)take_output(&t, 200);
    type(&t, "\003");
    see(&t, "config> ");
    interrupted = strstr(t.seen, "INTERRUPTED") != NULL;
  }
  assert_true(interrupted);
  type_line(&t, "shop count");
  see(&t, "\r\n2000\r\n");
  end_prompt(&t);
}

static void the_history_outlives_the_program(void **state) {
  const workbench *w = *state;
  terminal t = open_prompt(w);
  type_line(&t, "shop incr visits");
  see(&t, "\r\n1\r\n");
  end_prompt(&t);
  t = open_prompt(w);
  type(&t, "\020\r"); /* Ctrl-P: the line before */
  see(&t, "\r\n2\r\n");
  end_prompt(&t);
}

static void a_history_that_cannot_be_kept_disturbs_nobody(void **state) {
  const look nowhere = {"XDG_STATE_HOME", "/dev/null/none"};
  terminal t = open_prompt_with(*state, &nowhere);
  type_line(&t, "shop count");
  see(&t, "\r\n0\r\n");
  end_prompt(&t);
}

/* ---- commands of the prompt ----------------------------------------------------------------- */

static void its_commands_show_what_there_is(void **state) {
  terminal t = open_prompt(*state);
  type_line(&t, "shop put apples 3");
  see(&t, "\r\n1\r\n");
  type_line(&t, ".models");
  see(&t, "meta   kv ");
  type_line(&t, ".ops shop");
  see(&t, "mput {entries, ttl_ms?}");
  type_line(&t, ".help put");
  see(&t, "milliseconds from now");
  type_line(&t, ".help");
  see(&t, ".mode [table|json|csv]");
  type_line(&t, ".log 5");
  see(&t, "shop put [\"apples\",3]");
  type_line(&t, ".snapshot");
  see(&t, "snapshot at seq 1");
  type_line(&t, ".stats");
  see(&t, "\"snapshot_seq\": 1");
  type_line(&t, ".quit");
  assert_int_equal(close_terminal(&t), 0);
}

static void the_past_can_be_asked_and_left_again(void **state) {
  terminal t = open_prompt(*state);
  type_line(&t, "shop put apples 3");
  see(&t, "\r\n1\r\n");
  type_line(&t, "shop put apples 4");
  see(&t, "\r\n2\r\n");
  type_line(&t, "shop put apples 5");
  see(&t, "\r\n3\r\n");
  type_line(&t, ".at 1");
  see(&t, "config@1> ");
  type_line(&t, "shop get apples");
  see(&t, "\r\n3\r\n");
  type_line(&t, "shop put apples 6");
  see(&t, "DENIED");
  type_line(&t, ".at 99");
  see(&t, "INVALID");
  type_line(&t, ".at now");
  see(&t, "config> ");
  type_line(&t, "shop get apples");
  see(&t, "\r\n5\r\n");
  end_prompt(&t);
}

static void its_commands_change_how_answers_look(void **state) {
  terminal t = open_prompt(*state);
  type_line(&t, ".mode json");
  type_line(&t, "shop mput {\"a\":[1,2]}");
  see(&t, "\r\n1\r\n");
  type_line(&t, "shop scan");
  see(&t, "[{\"key\":\"a\",\"value\":[1,2]}]\r\n");
  type_line(&t, ".mode csv");
  type_line(&t, "shop scan");
  see(&t, "key,value\r\na,\"[1,2]\"\r\n");
  type_line(&t, ".timer on");
  type_line(&t, "shop incr n");
  see(&t, " ms, seq 2\r\n");
  end_prompt(&t);
}

static void its_commands_refuse_with_the_nearest_name(void **state) {
  terminal t = open_prompt(*state);
  type_line(&t, ".mdoels");
  see(&t, "UNKNOWN: no command '.mdoels'; did you mean '.models'?\r\n");
  type_line(&t, ".mode tabel");
  see(&t, "did you mean 'table'?");
  type_line(&t, ".ops shpo");
  see(&t, "did you mean 'shop'?");
  type_line(&t, ".help gte");
  see(&t, "did you mean 'get'?");
  type_line(&t, ".models now");
  see(&t, "INVALID: .models takes nothing, not 'now'");
  type_line(&t, ".log many");
  see(&t, "INVALID: .log takes how many records to show, not 'many'");
  type_line(&t, "exit");
  see(&t, "did you mean '.quit'?");
  type_line(&t, ".xyzzy");
  see(&t, "UNKNOWN: no command '.xyzzy'; .help lists them\r\n");
  type_line(&t, ".timer later");
  see(&t, "UNKNOWN: no choice 'later'; there are on, off\r\n");
  end_prompt(&t);
}

static void files_are_read_and_their_errors_say_which_line(void **state) {
  const workbench *w = *state;
  char line[320];
  snprintf(line, sizeof line, ".read %s",
           workbench_write(w, "ops",
                           "# a comment\nshop put a 1\n[\"shop\",\n\"get\",[\"b\"]]\n.mode json\nshop count\n["));
  terminal t = open_prompt(w);
  type_line(&t, line);
  see(&t, "\r\n1\r\n");
  see(&t, "/ops:4: NOT_FOUND: no such entry\r\n1\r\n");
  see(&t, "the file ends within a request");
  snprintf(line, sizeof line, ".read %s/itself", w->folder);
  (void)workbench_write(w, "itself", line);
  type_line(&t, line);
  see(&t, "read each other");
  type_line(&t, ".read /nonexistent");
  see(&t, "No such file");
  type_line(&t, ".read /");
  see(&t, "Is a directory");
  end_prompt(&t);
}

/* ---- ending --------------------------------------------------------------------------------- */

static void a_signal_closes_the_engine_in_order(void **state) {
  const workbench *w = *state;
  terminal t = open_prompt(w);
  type_line(&t, "shop put a 1");
  see(&t, "\r\n1\r\n");
  assert_int_equal(kill(t.pid, SIGTERM), 0);
  assert_int_equal(close_terminal(&t), 128 + SIGTERM);
  assert_int_equal(info_int(w, "stats.seq"), 1);
  t = open_prompt(w);
  type_line(&t, ".stats");
  see(&t, "\"opened_clean\": true");
  end_prompt(&t);
}

static void plain_lines_are_read_when_asked_for(void **state) {
  terminal t = open_terminal(*state, "-", NULL);
  type(&t, "shop count\n");
  see(&t, "{\"ok\":true,\"result\":0}\r\n");
  type(&t, "\004");
  assert_int_equal(close_terminal(&t), 0);
}

#define WITH_BENCH(test) cmocka_unit_test_setup_teardown(test, workbench_setup, workbench_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      WITH_BENCH(operations_are_answered_for_people),
      WITH_BENCH(errors_are_one_line_and_the_prompt_goes_on),
      WITH_BENCH(open_brackets_go_on_on_the_next_line),
      WITH_BENCH(colours_are_there_unless_unwanted),
      WITH_BENCH(tab_completes_models_operations_and_parameters),
      WITH_BENCH(a_question_mark_shows_what_may_follow),
      WITH_BENCH(what_is_pasted_is_text_and_asks_for_nothing),
      WITH_BENCH(ctrl_c_clears_the_line),
      WITH_BENCH(ctrl_c_interrupts_what_runs_and_not_the_program),
      WITH_BENCH(the_history_outlives_the_program),
      WITH_BENCH(a_history_that_cannot_be_kept_disturbs_nobody),
      WITH_BENCH(its_commands_show_what_there_is),
      WITH_BENCH(the_past_can_be_asked_and_left_again),
      WITH_BENCH(its_commands_change_how_answers_look),
      WITH_BENCH(its_commands_refuse_with_the_nearest_name),
      WITH_BENCH(files_are_read_and_their_errors_say_which_line),
      WITH_BENCH(a_signal_closes_the_engine_in_order),
      WITH_BENCH(plain_lines_are_read_when_asked_for),
  };
  return cmocka_run_group_tests(tests, workbench_find_program, NULL);
}
