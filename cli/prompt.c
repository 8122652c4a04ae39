#include "prompt.h"

#include <errno.h>
#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "describe.h"
#include "dot.h"
#include "editor.h"
#include "input.h"
#include "line.h"
#include "options.h"
#include "signals.h"
#include "table.h"

#define NAME_SIZE 32
#define COLUMNS_FALLBACK 80

typedef struct prompt {
  shell shell; /* first, so that what is handed a shell finds the prompt */
  editor *editor;
  char name[NAME_SIZE];
  tn_result description;
  tn_builder request;
  char *typed; /* the lines of a request that is not closed yet */
  size_t typed_size;
} prompt;

bool prompt_is_built(void) { return editor_is_built(); }

/* ---- the terminal --------------------------------------------------------------------------- */

/* Data is UTF-8, whatever the locale is called. */
static void use_utf8(void) {
  if (setlocale(LC_CTYPE, "") && strcmp(nl_langinfo(CODESET), "UTF-8") == 0) return;
  (void)setlocale(LC_CTYPE, "C.UTF-8");
}

static size_t terminal_columns(void) {
  struct winsize size;
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return COLUMNS_FALLBACK;
  return size.ws_col;
}

/* no-color.org: set and not empty means none. */
static bool wants_colour(void) {
  const char *none = getenv("NO_COLOR"), *terminal = getenv("TERM");
  if (none && none[0] != '\0') return false;
  return isatty(STDOUT_FILENO) && terminal && strcmp(terminal, "dumb") != 0;
}

static bool is_stopped(void) { return signals_interrupted() || signals_caught() != 0; }

/* ---- history -------------------------------------------------------------------------------- */

static bool make_folders(char *path) {
  for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    bool is_there = mkdir(path, 0700) == 0 || errno == EEXIST;
    *slash = '/';
    if (!is_there) return false;
  }
  return true;
}

/* $XDG_STATE_HOME/tenon/history, or ~/.local/state/tenon/history. False: there is no place for one. */
static bool find_history(char *path, size_t size) {
  const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
  int length = -1;
  if (state && state[0] == '/')
    length = snprintf(path, size, "%s/tenon/history", state);
  else if (home && home[0] == '/')
    length = snprintf(path, size, "%s/.local/state/tenon/history", home);
  return length > 0 && (size_t)length < size && make_folders(path);
}

/* ---- hooks of the editor -------------------------------------------------------------------- */

static void complete_typed(void *arg, tn_slice before, completion *out) {
  prompt *p = (prompt *)arg;
  char *text = (char *)malloc(p->typed_size + before.size + 1);
  *out = (completion){.from = before.size, .head = "", .tail = "", .param = -1};
  if (!text) return;
  if (p->typed_size > 0) memcpy(text, p->typed, p->typed_size);
  memcpy(text + p->typed_size, before.data, before.size);
  complete(&p->shell.known, (tn_slice){text, p->typed_size + before.size}, out);
  out->from = out->from > p->typed_size ? out->from - p->typed_size : 0;
  free(text);
}

static void print_words(FILE *out, const completion *c) {
  size_t widest = 0;
  for (size_t i = 0; i < c->count; i++)
    if (c->words[i].size > widest) widest = c->words[i].size;
  size_t in_line = terminal_columns() / (widest + 2) > 0 ? terminal_columns() / (widest + 2) : 1;
  for (size_t i = 0; i < c->count; i++) {
    bool ends_line = (i + 1) % in_line == 0 || i + 1 == c->count;
    fprintf(out, "%s%-*.*s%s", i % in_line == 0 ? "  " : "", ends_line ? 0 : (int)widest + 2, (int)c->words[i].size,
            (const char *)c->words[i].data, ends_line ? "\n" : "");
  }
}

static void print_help(void *arg, const completion *c) {
  const prompt *p = (const prompt *)arg;
  if (!tn_is_absent(c->op)) describe_op(p->shell.out, c->op, c->param, terminal_columns());
  if (tn_is_absent(c->op) || c->param >= 0) print_words(p->shell.out, c);
}

/* For an engine without a service thread; any other has nothing to do. */
static void tend(void *arg) {
  tn_status status = tn_tick(((prompt *)arg)->shell.present, NULL);
  (void)status;
}

/* ---- running -------------------------------------------------------------------------------- */

static void show_error(const shell *s, tn_status status, tn_error *error, const char *from) {
  error->status = status;
  table_print_error(s->out, &s->style, error, from);
}

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void print_time(const shell *s, double ms, tn_status status) {
  fprintf(s->out, "%s%.3f ms", table_look_on(&s->style, LOOK_FAINT), ms);
  if (status == TN_OK && s->result.seq > 0) fprintf(s->out, ", seq %llu", (unsigned long long)s->result.seq);
  fprintf(s->out, "%s\n", table_look_off(&s->style, LOOK_FAINT));
}

static void run_request(shell *s, tn_value request, const char *from) {
  tn_call call = TN_CALL_INIT;
  tn_error error = TN_ERROR_INIT;
  double started = now_ms();
  tn_status status = tn_request(s->engine, request, &call, &s->result, &error);
  double took = now_ms() - started;
  tn_status shown = status == TN_OK ? table_print(s->out, &s->style, s->result.value, &error) : status;
  if (shown != TN_OK) show_error(s, shown, &error, from);
  if (s->timer) print_time(s, took, status);
  fflush(s->out);
}

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

static tn_slice trimmed(tn_slice line) {
  const char *from = (const char *)line.data, *end = from + line.size;
  while (from < end && is_space(*from)) from++;
  while (end > from && is_space(end[-1])) end--;
  return (tn_slice){from, (size_t)(end - from)};
}

static void forget_typed(prompt *p) {
  free(p->typed);
  p->typed = NULL;
  p->typed_size = 0;
}

/* A file that was read may have ended within a request. `from` (NULL allowed) is where it was named. */
static void end_file(prompt *p, const char *from) {
  tn_error error = TN_ERROR_INIT;
  if (p->typed_size == 0) return;
  if (!is_stopped())
    show_error(&p->shell, tn_error_set(&error, TN_INVALID, NULL, "the file ends within a request"), &error, from);
  forget_typed(p);
}

/* A whole request, or a command of the prompt. */
static void take_whole(prompt *p, tn_slice line, const char *from) {
  tn_error error = TN_ERROR_INIT;
  tn_slice text = trimmed(line);
  const char *meant = dot_meant(text);
  p->shell.style.columns = terminal_columns();
  if (text.size > 0 && *(const char *)text.data == '.') {
    dot_run(&p->shell, text, from);
    end_file(p, from);
    return;
  }
  tn_status status = line_parse(line, p->shell.known.models, &p->request, &error);
  if (status != TN_OK && meant)
    status = tn_error_set(&error, TN_UNKNOWN, NULL, "'%.*s' is no operation; did you mean '%s'?", (int)text.size,
                          (const char *)text.data, meant);
  if (status != TN_OK)
    show_error(&p->shell, status, &error, from);
  else if (!tn_is_absent(tn_built(&p->request)))
    run_request(&p->shell, tn_built(&p->request), from);
}

/* Appends a line and a space, which is as good between brackets as a line feed and keeps history entries whole. */
static tn_status add_typed(prompt *p, tn_slice line, tn_error *error) {
  size_t size = p->typed_size + line.size + 1;
  char *grown = size <= INPUT_LINE_MAX ? (char *)realloc(p->typed, size + 1) : NULL;
  if (!grown)
    return tn_error_set(error, TN_LIMIT, NULL, "the lines do not fit into memory, or into %zu bytes", INPUT_LINE_MAX);
  memcpy(grown + p->typed_size, line.data, line.size);
  memcpy(grown + size - 1, " ", 2);
  p->typed = grown;
  p->typed_size = size;
  return TN_OK;
}

/* What is typed is collected until its brackets are closed. */
static void take_typed(prompt *p, tn_slice line, const char *from) {
  tn_error error = TN_ERROR_INIT;
  tn_slice text = trimmed(line);
  bool is_command = p->typed_size == 0 && text.size > 0 && *(const char *)text.data == '.';
  if (add_typed(p, line, &error) != TN_OK) {
    show_error(&p->shell, error.status, &error, from);
    forget_typed(p);
    return;
  }
  tn_slice all = {p->typed, p->typed_size};
  if (!is_command && line_is_open(all)) return;
  if (!from && text.size > 0) {
    p->typed[p->typed_size - 1] = '\0';
    editor_remember(p->editor, p->typed);
    p->typed[p->typed_size - 1] = ' ';
  }
  char *held = p->typed; /* a command may read a file, whose lines are collected in its place */
  p->typed = NULL;
  p->typed_size = 0;
  take_whole(p, all, from);
  free(held);
}

static void take_line(shell *s, tn_slice line, const char *from) { take_typed((prompt *)s, line, from); }

/* ---- the loop ------------------------------------------------------------------------------- */

static void print_prompt(const prompt *p, char *to, size_t size) {
  const char *mark = p->shell.at[0] != '\0' ? "@" : "";
  if (p->typed_size > 0)
    snprintf(to, size, "%*s> ", (int)strlen(p->name), "...");
  else if (p->shell.style.colour)
    snprintf(to, size, "\1\033[1m\1%s%s%s>\1\033[0m\1 ", p->name, mark, p->shell.at);
  else
    snprintf(to, size, "%s%s%s> ", p->name, mark, p->shell.at);
}

static void run_lines(prompt *p) {
  while (!p->shell.ended && signals_caught() == 0) {
    char text[NAME_SIZE + sizeof p->shell.at + 32];
    tn_slice line;
    print_prompt(p, text, sizeof text);
    editor_status status = editor_read(p->editor, text, &line);
    if (status == EDITOR_END) return;
    if (status == EDITOR_CLEARED)
      forget_typed(p);
    else
      take_typed(p, line, NULL);
    fflush(stdout);
    signals_forget_interrupt();
  }
}

/* "shop" for examples/hello/shop.json, "memory" for -. */
static void take_name(prompt *p, const char *config) {
  const char *slash = strrchr(config, '/');
  const char *name = strcmp(config, "-") == 0 ? "memory" : slash ? slash + 1 : config;
  const char *dot = strrchr(name, '.');
  snprintf(p->name, sizeof p->name, "%.*s", (int)(dot && dot != name ? (size_t)(dot - name) : strlen(name)), name);
}

static void greet(const prompt *p) {
  uint32_t models = tn_count(p->shell.known.models);
  fprintf(p->shell.out, "tenon %s, %u model%s. .help says what can be typed, TAB completes, Ctrl-D ends.\n",
          tn_version(), models, models == 1 ? "" : "s");
  fflush(p->shell.out);
}

static int run_prompt(prompt *p) {
  char history[PATH_MAX];
  editor_hooks hooks = {p, complete_typed, print_help, tend};
  p->editor = editor_create(&hooks, find_history(history, sizeof history) ? history : NULL);
  if (!p->editor) {
    fputs("tenon run: the terminal cannot be used for editing; `tenon run CONFIG -` reads plain lines\n", stderr);
    return EXIT_USAGE;
  }
  greet(p);
  run_lines(p);
  editor_destroy(p->editor);
  return EXIT_FINE;
}

int prompt_run(tn_engine *engine, const char *config) {
  prompt p = {.shell = {.engine = engine,
                        .present = engine,
                        .config = config,
                        .out = stdout,
                        .take_line = take_line,
                        .result = TN_RESULT_INIT},
              .description = TN_RESULT_INIT,
              .request = TN_BUILDER_INIT};
  tn_error error = TN_ERROR_INIT;
  use_utf8();
  signals_keep_interrupts();
  p.shell.style = (table_style){TABLE_MODE_TABLE, terminal_columns(), wants_colour(), is_stopped};
  take_name(&p, config);
  int code = EXIT_USAGE;
  if (tn_describe(engine, &p.description, &error) == TN_OK) {
    p.shell.known = (vocabulary){tn_field(p.description.value, "models"), dot_word};
    code = run_prompt(&p);
  } else {
    fprintf(stderr, "tenon run: %s\n", error.text);
  }
  dot_leave_past(&p.shell);
  forget_typed(&p);
  tn_builder_free(&p.request);
  tn_result_free(&p.shell.result);
  tn_result_free(&p.description);
  return code;
}
