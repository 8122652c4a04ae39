/* editor.h - a line typed at a terminal: editing, completion, history. editor_libedit.c has it from libedit;
 * editor_none.c takes its place where that library was missing when the program was built. */
#ifndef TENON_CLI_EDITOR_H
#define TENON_CLI_EDITOR_H

#include "complete.h"

typedef struct editor editor;

typedef struct editor_hooks {
  void *arg;
  /* What may come behind `before`, the line up to the cursor. */
  void (*complete)(void *arg, tn_slice before, completion *out);
  /* Prints, below the line, what there is to choose from and what the arguments mean. */
  void (*help)(void *arg, const completion *c);
  void (*idle)(void *arg); /* about every 100 ms while nothing is typed */
} editor_hooks;

typedef enum editor_status {
  EDITOR_LINE,
  EDITOR_CLEARED, /* Ctrl-C: what was typed is gone */
  EDITOR_END      /* Ctrl-D on an empty line, the terminal went away, or a signal ends the program */
} editor_status;

/* False: this program was built without an editor. Then nothing else here may be called. */
bool editor_is_built(void);

/* `history` is a file, read now and written after each editor_remember(); NULL, or one that cannot be used, means
 * that nothing is kept. NULL: no memory, or no terminal to speak of. */
editor *editor_create(const editor_hooks *hooks, const char *history);
void editor_destroy(editor *e);

/* The next line without its line feed; it lives until the next call. */
editor_status editor_read(editor *e, const char *prompt, tn_slice *line);
/* Adds an entry to the history, unless it is the one before it again. */
void editor_remember(editor *e, const char *entry);

#endif
