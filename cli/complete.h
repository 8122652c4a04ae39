/* complete.h - what may come next on a line: models, operations, parameters, the prompt's own commands. Knows neither
 * an engine nor a line editor: it reads what tn_describe() answered, and text. */
#ifndef TENON_CLI_COMPLETE_H
#define TENON_CLI_COMPLETE_H

#include "tenon.h"

#define COMPLETE_WORDS_MAX 256

/* What the words behind a command of the prompt are. */
typedef enum complete_kind { COMPLETE_NOTHING, COMPLETE_MODELS, COMPLETE_HELP, COMPLETE_CHOICES } complete_kind;

typedef struct complete_dot {
  const char *name; /* ".mode" */
  complete_kind kind;
  const char *const *choices; /* for COMPLETE_CHOICES; the last one is NULL */
} complete_dot;

/* What there is to choose from. */
typedef struct vocabulary {
  tn_value models;                          /* tn_describe()'s "models" */
  const complete_dot *(*dot)(size_t index); /* the prompt's commands; NULL behind the last one */
} vocabulary;

/* The words that may stand where the text ends. They live as long as the vocabulary. */
typedef struct completion {
  size_t from;      /* where in the text the word begins that they would replace */
  const char *head; /* what goes in before a word: "" or an opening quote */
  const char *tail; /* what goes in behind a word that was the only one: a space; a closing quote and a comma; ... */
  tn_slice words[COMPLETE_WORDS_MAX];
  size_t count;
  tn_value op; /* the operation whose arguments are being typed; absent when none */
  int param;   /* which of its parameters; -1 = not known */
} completion;

/* `text` is the line up to the cursor, with the lines before it that it continues. Words:
 *   MODEL OP ARG... --NAME ARG                 models, operations; true and false for a parameter that is a bool;
 *                                              behind -- the names of parameters
 *   ["MODEL","OP",{"name":...}], {"batch":[..  the same in quotes, and the names of parameters
 *   .command WORD                              commands of the prompt, and what they take */
void complete(const vocabulary *v, tn_slice text, completion *out);

/* How many bytes all words have in common; at least what was typed of them. */
size_t complete_common(const completion *c);

#endif
