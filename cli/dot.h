/* dot.h - the prompt's own commands: lines that begin with a dot. A command is one row of the table in dot.c and one
 * function; completion and .help come from the row. */
#ifndef TENON_CLI_DOT_H
#define TENON_CLI_DOT_H

#include "complete.h"
#include "table.h"

/* What the commands work on: the prompt's state. */
typedef struct shell {
  tn_engine *engine;
  vocabulary known;
  FILE *out;
  table_style style;
  bool timer;
  bool ended; /* .quit */
  tn_result result;
  /* Runs a line as if it had been typed; `from` says where it came from, "FILE:LINE". */
  void (*take_line)(struct shell *s, tn_slice line, const char *from);
  unsigned reading; /* files within files */
} shell;

/* For vocabulary.dot. */
const complete_dot *dot_word(size_t index);

/* Runs the command that `line` is; it begins with a dot. Errors are printed; `from` (NULL allowed) stands before
 * them. */
void dot_run(shell *s, tn_slice line, const char *from);
/* The command that somebody who typed `word` without a dot may have meant: "quit" is ".quit", "exit" too. NULL. */
const char *dot_meant(tn_slice word);

#endif
