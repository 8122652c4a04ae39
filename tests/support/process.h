/* process.h - running a program from the outside: what it is fed, what it says, how it ends. */
#ifndef TENON_TEST_PROCESS_H
#define TENON_TEST_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* How a program ended: its exit code, or 128 + the signal that killed it. */
typedef struct outcome {
  int code;
  char *out; /* NUL-terminated; NULs within are kept */
  size_t out_size;
  char *err;
  size_t err_size;
} outcome;

/* Runs argv[0] (argv ends with NULL) with `input` on its standard input until it ends. Killed, code 137, after 60 s.
 */
outcome process_run(const char *const *argv, const void *input, size_t input_size);
void outcome_free(outcome *o);

/* A program that runs beside the test, fed and read by pipes. */
typedef struct process {
  pid_t pid;
  int in; /* -1 once closed */
  int out;
  char *err_path; /* its standard error, a file */
  char *line;     /* what has been read and not handed out */
  size_t line_size, line_capacity;
} process;

process process_start(const char *const *argv);
/* False when the program no longer reads. */
bool process_write(process *p, const char *text);
void process_close_input(process *p);
void process_close_output(process *p);
/* The next line of output, without its line feed, good until the next call; NULL when the program closed it, or after
 * timeout_ms (-1 = none) without a whole line. */
const char *process_line(process *p, int timeout_ms);
/* Waits for the end; closes everything. Killed after 60 s. *err (NULL allowed) is what it said, to be freed. */
int process_end(process *p, char **err);

#endif
