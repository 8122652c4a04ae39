/* options.h - what a command of the program accepts, and the strict reading of what was typed. Knows no engine. */
#ifndef TENON_CLI_OPTIONS_H
#define TENON_CLI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

enum {
  EXIT_FINE = 0,
  EXIT_FAILED = 1,  /* an operation failed, a problem was found */
  EXIT_USAGE = 2,   /* what was typed, the config, or the way to input and output */
  EXIT_SIGNAL = 128 /* plus the signal's number */
};

typedef enum option_kind { OPTION_FLAG, OPTION_NUMBER, OPTION_TEXT, OPTION_TEXTS } option_kind; /* texts: may be repeated */

typedef struct cli_option {
  const char *name;  /* "--from" */
  const char *value; /* what help calls its value: "SEQ"; NULL for a flag */
  option_kind kind;
  const char *doc;
} cli_option;

struct cli_arguments;

typedef struct cli_command {
  const char *name;
  const char *operands; /* as help shows them: "CONFIG [FILE]" */
  unsigned operands_min, operands_max;
  const cli_option *options;                         /* the last one has no name */
  const char *summary;                               /* one line */
  const char *details;                               /* lines of help */
  int (*run)(const struct cli_arguments *arguments); /* returns the exit code */
} cli_command;

/* What was typed after the command's name. Once arguments_check() said yes, what the others read is well-formed. */
typedef struct cli_arguments {
  const cli_command *command;
  int count;
  char **words;
} cli_arguments;

/* `--name value` and `--name=value` are the same; `--` ends the options; `-` is an operand. Unknown options, repeated
 * ones, missing values, numbers that are not plain decimals below 2^64 and a wrong number of operands are refused
 * with one line on standard error. */
bool arguments_check(const cli_arguments *arguments);

/* Operand `index`; NULL when there are fewer. */
const char *arguments_operand(const cli_arguments *arguments, unsigned index);
/* True when the command has such an option at all. */
bool arguments_offer(const cli_arguments *arguments, const char *name);
bool arguments_has(const cli_arguments *arguments, const char *name);
/* The value of the `nth` (from 0) option of that name; NULL when there are fewer. */
const char *arguments_text(const cli_arguments *arguments, const char *name, unsigned nth);
uint64_t arguments_number(const cli_arguments *arguments, const char *name, uint64_t fallback);

/* Plain decimals below 2^64 and nothing else. */
bool word_number(const char *text, uint64_t *out);

/* True when `wanted` is close enough to `known` to ask "did you mean", and closer than *best, which it then lowers.
 * *best starts at WORD_FAR. */
#define WORD_FAR 99u
bool word_nearer(const char *wanted, const char *known, unsigned *best);

#endif
