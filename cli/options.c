#include "options.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define WORD_MAX 32

/* ---- words that are nearly right ------------------------------------------------------------ */

static unsigned least(unsigned a, unsigned b) { return a < b ? a : b; }

/* Letters inserted, dropped and changed. */
static unsigned word_distance(const char *a, const char *b) {
  size_t width = strlen(b);
  if (width > WORD_MAX || strlen(a) > WORD_MAX) return WORD_FAR;
  unsigned row[WORD_MAX + 1];
  for (unsigned j = 0; j <= width; j++) row[j] = j;
  for (unsigned i = 1; a[i - 1] != '\0'; i++) {
    unsigned diagonal = row[0];
    row[0] = i;
    for (unsigned j = 1; j <= width; j++) {
      unsigned above = row[j];
      row[j] = least(least(above, row[j - 1]) + 1, diagonal + (a[i - 1] != b[j - 1]));
      diagonal = above;
    }
  }
  return row[width];
}

bool word_nearer(const char *wanted, const char *known, unsigned *best) {
  unsigned distance = word_distance(wanted, known);
  if (distance >= *best || distance > strlen(known) / 3 + 1) return false;
  *best = distance;
  return true;
}

/* ---- walking over what was typed ------------------------------------------------------------ */

/* One operand (no name), or one option with its value. */
typedef struct typed {
  const char *name; /* as typed; ends at '=' or at the end of the word */
  size_t name_size;
  const cli_option *option; /* NULL: unknown */
  const char *text;         /* the operand or the option's value; NULL: none was given */
} typed;

typedef struct walk {
  const cli_arguments *arguments;
  int next;
  bool only_operands;
} walk;

static const cli_option *find_option(const cli_command *command, const char *name, size_t size) {
  for (const cli_option *o = command->options; o->name; o++)
    if (strlen(o->name) == size && memcmp(o->name, name, size) == 0) return o;
  return NULL;
}

static void read_option(walk *w, const char *word, typed *out) {
  size_t size = strcspn(word, "=");
  const cli_option *option = find_option(w->arguments->command, word, size);
  *out = (typed){word, size, option, NULL};
  if (word[size] == '=')
    out->text = word + size + 1;
  else if (option && option->kind != OPTION_FLAG && w->next < w->arguments->count)
    out->text = w->arguments->words[w->next++];
}

static bool walk_next(walk *w, typed *out) {
  while (w->next < w->arguments->count) {
    const char *word = w->arguments->words[w->next++];
    bool is_option = !w->only_operands && word[0] == '-' && word[1] != '\0';
    if (is_option && strcmp(word, "--") == 0) {
      w->only_operands = true;
      continue;
    }
    if (is_option)
      read_option(w, word, out);
    else
      *out = (typed){NULL, 0, NULL, word};
    return true;
  }
  return false;
}

/* ---- checking ------------------------------------------------------------------------------- */

static bool refuse_unknown(const cli_command *command, const typed *item) {
  char name[WORD_MAX + 1];
  const char *meant = NULL;
  unsigned best = WORD_FAR;
  snprintf(name, sizeof name, "%.*s", (int)item->name_size, item->name);
  for (const cli_option *o = command->options; o->name; o++)
    if (word_nearer(name, o->name, &best)) meant = o->name;
  fprintf(stderr, "tenon %s: unknown option %.*s", command->name, (int)item->name_size, item->name);
  if (meant)
    fprintf(stderr, "; did you mean %s?\n", meant);
  else
    fprintf(stderr, "; `tenon help %s` lists them\n", command->name);
  return false;
}

bool word_number(const char *text, uint64_t *out) {
  uint64_t n = 0;
  if (*text == '\0') return false;
  for (; *text != '\0'; text++) {
    if (*text < '0' || *text > '9') return false;
    uint64_t digit = (uint64_t)(*text - '0');
    if (n > (UINT64_MAX - digit) / 10) return false;
    n = n * 10 + digit;
  }
  *out = n;
  return true;
}

static bool check_value(const cli_command *command, const typed *item) {
  const cli_option *o = item->option;
  uint64_t number;
  if (o->kind == OPTION_FLAG && item->text)
    fprintf(stderr, "tenon %s: %s takes no value\n", command->name, o->name);
  else if (o->kind != OPTION_FLAG && !item->text)
    fprintf(stderr, "tenon %s: %s needs a value: %s %s\n", command->name, o->name, o->name, o->value);
  else if (o->kind == OPTION_NUMBER && !word_number(item->text, &number))
    fprintf(stderr, "tenon %s: %s expects a number from 0 to %llu, not '%s'\n", command->name, o->name,
            (unsigned long long)UINT64_MAX, item->text);
  else
    return true;
  return false;
}

static unsigned count_option(const cli_arguments *arguments, const cli_option *option) {
  walk w = {arguments, 0, false};
  unsigned count = 0;
  for (typed item; walk_next(&w, &item);) count += item.option != NULL && item.option == option;
  return count;
}

static bool check_option(const cli_arguments *arguments, const typed *item) {
  const cli_command *command = arguments->command;
  if (!item->option) return refuse_unknown(command, item);
  if (!check_value(command, item)) return false;
  if (item->option->kind == OPTION_TEXTS || count_option(arguments, item->option) == 1) return true;
  fprintf(stderr, "tenon %s: %s is given more than once\n", command->name, item->option->name);
  return false;
}

bool arguments_check(const cli_arguments *arguments) {
  const cli_command *command = arguments->command;
  walk w = {arguments, 0, false};
  unsigned operands = 0;
  for (typed item; walk_next(&w, &item);) {
    if (item.name && !check_option(arguments, &item)) return false;
    operands += !item.name;
    if (operands <= command->operands_max) continue;
    fprintf(stderr, "tenon %s: unexpected argument '%s'; usage: tenon %s %s\n", command->name, item.text,
            command->name, command->operands);
    return false;
  }
  if (operands >= command->operands_min) return true;
  fprintf(stderr, "tenon %s: an argument is missing; usage: tenon %s %s\n", command->name, command->name,
          command->operands);
  return false;
}

/* ---- reading -------------------------------------------------------------------------------- */

const char *arguments_operand(const cli_arguments *arguments, unsigned index) {
  walk w = {arguments, 0, false};
  for (typed item; walk_next(&w, &item);)
    if (!item.name && index-- == 0) return item.text;
  return NULL;
}

bool arguments_offer(const cli_arguments *arguments, const char *name) {
  return find_option(arguments->command, name, strlen(name)) != NULL;
}

bool arguments_has(const cli_arguments *arguments, const char *name) {
  return count_option(arguments, find_option(arguments->command, name, strlen(name))) > 0;
}

const char *arguments_text(const cli_arguments *arguments, const char *name, unsigned nth) {
  const cli_option *option = find_option(arguments->command, name, strlen(name));
  walk w = {arguments, 0, false};
  for (typed item; walk_next(&w, &item);)
    if (item.option && item.option == option && nth-- == 0) return item.text;
  return NULL;
}

uint64_t arguments_number(const cli_arguments *arguments, const char *name, uint64_t fallback) {
  const char *text = arguments_text(arguments, name, 0);
  if (text) (void)word_number(text, &fallback);
  return fallback;
}
