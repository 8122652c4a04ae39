#include <errno.h>
#include <histedit.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "editor.h"
#include "signals.h"

#define HISTORY_ENTRIES 1000
#define IDLE_MS 100
#define PROMPT_SIZE 80
#define PROMPT_LOOK '\1' /* around sequences that take no column */

struct editor {
  EditLine *line;
  History *history;
  char *history_path;
  editor_hooks hooks;
  char prompt[PROMPT_SIZE];
  bool cleared;
  bool pasting; /* what comes is text and asks for nothing */
  bool marks_pastes;
};

static atomic_bool resized; /* set by a signal handler */

bool editor_is_built(void) { return true; }

/* ---- characters ----------------------------------------------------------------------------- */

typedef enum wait_result { WAIT_INPUT, WAIT_CLEARED, WAIT_END } wait_result;

static wait_result wait_for_input(editor *e) {
  struct pollfd sources[2] = {{STDIN_FILENO, POLLIN, 0}, {signals_fd(), POLLIN, 0}};
  for (;;) {
    int ready = poll(sources, 2, IDLE_MS);
    if (signals_caught() != 0) return WAIT_END;
    if (signals_interrupted()) return WAIT_CLEARED;
    if (atomic_exchange(&resized, false)) el_resize(e->line);
    if (ready < 0 && errno != EINTR) return WAIT_END;
    if (ready > 0 && sources[0].revents != 0) return WAIT_INPUT;
    if (ready == 0) e->hooks.idle(e->hooks.arg);
  }
}

/* A byte at a time, since what is typed ahead belongs to whoever reads next. Bytes that are no character are dropped.
 */
static int read_character(EditLine *line, wchar_t *out) {
  editor *e;
  mbstate_t state = {0};
  el_get(line, EL_CLIENTDATA, &e);
  for (;;) {
    char byte;
    wait_result waited = wait_for_input(e);
    e->cleared = waited == WAIT_CLEARED;
    if (waited != WAIT_INPUT || read(STDIN_FILENO, &byte, 1) != 1) return 0;
    size_t used = mbrtowc(out, &byte, 1, &state);
    if (used <= 1) return 1;
    if (used == (size_t)-1) state = (mbstate_t){0};
  }
}

static void on_resize(int number) {
  (void)number;
  atomic_store(&resized, true);
}

static void catch_resizes(void) {
  struct sigaction wanted = {.sa_handler = on_resize, .sa_flags = SA_RESTART};
  sigfillset(&wanted.sa_mask);
  (void)sigaction(SIGWINCH, &wanted, NULL);
}

/* ---- completion ----------------------------------------------------------------------------- */

static completion complete_here(editor *e) {
  completion c;
  const LineInfo *at = el_line(e->line);
  e->hooks.complete(e->hooks.arg, (tn_slice){at->buffer, (size_t)(at->cursor - at->buffer)}, &c);
  return c;
}

static size_t typed_size(editor *e, const completion *c) {
  const LineInfo *at = el_line(e->line);
  return (size_t)(at->cursor - at->buffer) - c->from;
}

/* Types what all words have in common, and what follows where there is only one. False when that is nothing new. */
static bool insert_common(editor *e, const completion *c) {
  char text[PROMPT_SIZE * 2];
  size_t typed = typed_size(e, c), common = complete_common(c);
  bool is_only = c->count == 1;
  if (!is_only && common <= typed) return false;
  snprintf(text, sizeof text, "%s%.*s%s", typed == 0 ? c->head : "", (int)(common - typed),
           (const char *)c->words[0].data + typed, is_only ? c->tail : "");
  return el_insertstr(e->line, text) == 0;
}

static unsigned char show_help(editor *e, const completion *c) {
  if (c->count == 0 && tn_is_absent(c->op)) return CC_REFRESH_BEEP;
  fputc('\n', stdout);
  e->hooks.help(e->hooks.arg, c);
  fflush(stdout);
  return CC_REDISPLAY;
}

static unsigned char insert(EditLine *line, const char *text) {
  return el_insertstr(line, text) == 0 ? CC_REFRESH : CC_ERROR;
}

static unsigned char on_tab(EditLine *line, int key) {
  editor *e;
  (void)key;
  el_get(line, EL_CLIENTDATA, &e);
  if (e->pasting) return insert(line, " ");
  completion c = complete_here(e);
  if (c.count > 0 && insert_common(e, &c)) return CC_REFRESH;
  return show_help(e, &c);
}

/* A question mark asks where a word would begin, and is one everywhere else. */
static unsigned char on_question(EditLine *line, int key) {
  editor *e;
  (void)key;
  el_get(line, EL_CLIENTDATA, &e);
  if (e->pasting) return insert(line, "?");
  completion c = complete_here(e);
  bool asks = typed_size(e, &c) == 0 && (c.count > 0 || !tn_is_absent(c.op));
  return asks ? show_help(e, &c) : insert(line, "?");
}

/* ---- pasting -------------------------------------------------------------------------------- */

/* "Bracketed paste": the terminal says where what is pasted begins and ends. */
static void mark_pastes(const editor *e, bool on) {
  if (e->marks_pastes) fputs(on ? "\033[?2004h" : "\033[?2004l", stdout);
  fflush(stdout);
}

static unsigned char on_paste(EditLine *line, int key) {
  editor *e;
  (void)key;
  el_get(line, EL_CLIENTDATA, &e);
  e->pasting = true;
  return CC_NORM;
}

static unsigned char on_pasted(EditLine *line, int key) {
  editor *e;
  (void)key;
  el_get(line, EL_CLIENTDATA, &e);
  e->pasting = false;
  return CC_NORM;
}

static bool can_mark_pastes(void) {
  const char *terminal = getenv("TERM");
  return terminal && terminal[0] != '\0' && strcmp(terminal, "dumb") != 0;
}

/* ---- life ----------------------------------------------------------------------------------- */

static char *prompt_text(EditLine *line) {
  editor *e;
  el_get(line, EL_CLIENTDATA, &e);
  return e->prompt;
}

static void bind_keys(EditLine *line) {
  el_set(line, EL_EDITOR, "emacs");
  /* Wide, because el_set() would make copies that nobody frees. */
  el_wset(line, EL_ADDFN, L"tenon-complete", L"completes a word", on_tab);
  el_wset(line, EL_ADDFN, L"tenon-help", L"shows what may follow", on_question);
  el_wset(line, EL_ADDFN, L"tenon-paste", L"begins what is pasted", on_paste);
  el_wset(line, EL_ADDFN, L"tenon-pasted", L"ends what is pasted", on_pasted);
  el_set(line, EL_BIND, "^R", "em-inc-search-prev", NULL);
  (void)el_source(line, NULL); /* ~/.editrc */
  el_set(line, EL_BIND, "^I", "tenon-complete", NULL);
  el_set(line, EL_BIND, "?", "tenon-help", NULL);
  el_set(line, EL_BIND, "\\e[200~", "tenon-paste", NULL);
  el_set(line, EL_BIND, "\\e[201~", "tenon-pasted", NULL);
}

static void load_history(editor *e) {
  HistEvent event;
  e->history = history_init();
  if (!e->history) return;
  history(e->history, &event, H_SETSIZE, HISTORY_ENTRIES);
  history(e->history, &event, H_SETUNIQUE, 1);
  if (e->history_path) history(e->history, &event, H_LOAD, e->history_path);
  el_set(e->line, EL_HIST, history, e->history);
}

editor *editor_create(const editor_hooks *hooks, const char *path) {
  editor *e = (editor *)calloc(1, sizeof *e);
  if (!e) return NULL;
  e->hooks = *hooks;
  e->marks_pastes = can_mark_pastes();
  e->history_path = path ? strdup(path) : NULL;
  e->line = el_init("tenon", stdin, stdout, stderr);
  if (!e->line) {
    editor_destroy(e);
    return NULL;
  }
  el_set(e->line, EL_CLIENTDATA, e);
  el_set(e->line, EL_SIGNAL, 0);
  el_set(e->line, EL_PROMPT_ESC, prompt_text, PROMPT_LOOK);
  el_set(e->line, EL_GETCFN, read_character);
  bind_keys(e->line);
  load_history(e);
  catch_resizes();
  mark_pastes(e, true);
  return e;
}

void editor_destroy(editor *e) {
  if (!e) return;
  if (e->line) {
    mark_pastes(e, false);
    el_end(e->line);
  }
  if (e->history) history_end(e->history);
  free(e->history_path);
  free(e);
}

/* ---- lines ---------------------------------------------------------------------------------- */

editor_status editor_read(editor *e, const char *prompt, tn_slice *line) {
  int size = 0;
  snprintf(e->prompt, sizeof e->prompt, "%s", prompt);
  e->cleared = false;
  el_set(e->line, EL_PREP_TERM, 1); /* before the prompt is seen, so that a Ctrl-D that answers it is read as one */
  const char *text = el_gets(e->line, &size);
  if (!text || size <= 0) {
    e->pasting = false;
    fputs(e->cleared ? "^C\n" : "\n", stdout);
    signals_forget_interrupt();
    return e->cleared ? EDITOR_CLEARED : EDITOR_END;
  }
  size_t used = (size_t)size;
  if (text[used - 1] == '\n') used--;
  *line = (tn_slice){text, used};
  return EDITOR_LINE;
}

void editor_remember(editor *e, const char *entry) {
  HistEvent event;
  if (!e->history) return;
  history(e->history, &event, H_ENTER, entry);
  if (e->history_path) history(e->history, &event, H_SAVE, e->history_path);
}
