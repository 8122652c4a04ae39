#include "dot.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "describe.h"
#include "options.h"
#include "point.h"
#include "signals.h"
#include "text.h"

#define WORD_SIZE 64
#define LOG_RECORDS 10 /* .log shows so many unless told otherwise */
#define READING_MAX 8  /* files that read files */
#define ENTRY_COLUMNS 26

/* What was typed: `operand` is "" when nothing follows the name. */
typedef struct dot_call {
  shell *shell;
  const char *operand;
  const char *from;
} dot_call;

typedef struct dot_command {
  complete_dot word;
  const char *operands; /* as .help shows them */
  const char *doc;
  void (*run)(const dot_call *call);
} dot_command;

static const dot_command *command_at(size_t index);

/* ---- answering ------------------------------------------------------------------------------ */

static void show_error(const dot_call *call, const tn_error *error) {
  table_print_error(call->shell->out, &call->shell->style, error, call->from);
}

static void refuse(const dot_call *call, tn_status status, const char *where, const char *format, ...)
    TN_PRINTF(4, 5);
static void refuse(const dot_call *call, tn_status status, const char *where, const char *format, ...) {
  char text[TN_ERROR_TEXT_MAX];
  tn_error error = TN_ERROR_INIT;
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  (void)tn_error_set(&error, status, where, "%s", text);
  show_error(call, &error);
}

/* Prints a value, or why it could not be made. */
static void show(const dot_call *call, tn_value value, tn_status status, tn_error *error) {
  if (status == TN_OK) status = table_print(call->shell->out, &call->shell->style, value, error);
  error->status = status;
  if (status != TN_OK) show_error(call, error);
}

static void show_built(const dot_call *call, tn_builder *rows) {
  tn_error error = TN_ERROR_INIT;
  tn_status status = tn_builder_status(rows);
  if (status == TN_OK && tn_count(tn_built(rows)) == 0)
    fputs("nothing\n", call->shell->out);
  else
    show(call, tn_built(rows), status, &error);
  tn_builder_free(rows);
}

/* ---- models and operations ------------------------------------------------------------------ */

static void show_models(const dot_call *call) {
  tn_builder rows = TN_BUILDER_INIT;
  tn_array_begin(&rows);
  for (tn_iter m = tn_iter_of(call->shell->known.models); tn_iter_next(&m);) {
    tn_object_begin(&rows);
    tn_set(&rows, "model", tn_text(m.name));
    tn_set(&rows, "type", tn_field(m.value, "type"));
    tn_set(&rows, "version", tn_field(m.value, "version"));
    tn_set(&rows, "operations", tn_count(tn_field(m.value, "ops")));
    tn_end(&rows);
  }
  tn_end(&rows);
  show_built(call, &rows);
}

static void add_op(tn_builder *rows, tn_value op) {
  char *signature = NULL;
  size_t size = 0;
  FILE *text = open_memstream(&signature, &size);
  if (!text) return;
  describe_signature(text, op);
  if (fclose(text) == 0) {
    tn_object_begin(rows);
    tn_set(rows, "operation", signature);
    tn_set(rows, "kind", tn_field(op, "kind"));
    tn_set(rows, "what it does", tn_field(op, "doc"));
    tn_end(rows);
  }
  free(signature);
}

/* A word of the line compared with names; what is nearest when none is the same. */
typedef struct search {
  const char *wanted;
  char nearest[WORD_SIZE];
  unsigned distance;
} search;

static bool matches(search *s, tn_slice name) {
  char known[WORD_SIZE];
  snprintf(known, sizeof known, "%.*s", (int)name.size, (const char *)name.data);
  if (strcmp(known, s->wanted) == 0) return true;
  if (word_nearer(s->wanted, known, &s->distance)) memcpy(s->nearest, known, sizeof known);
  return false;
}

/* `hint` says where all names are found. */
static void refuse_name(const dot_call *call, const char *kind, const search *s, const char *hint) {
  if (s->nearest[0] != '\0')
    refuse(call, TN_UNKNOWN, NULL, "no %s '%s'; did you mean '%s'?", kind, s->wanted, s->nearest);
  else
    refuse(call, TN_UNKNOWN, NULL, "no %s '%s'; %s", kind, s->wanted, hint);
}

/* The type of the model at `index` has been seen before it. */
static bool is_type_again(tn_value models, uint32_t index) {
  for (uint32_t i = 0; i < index; i++)
    if (tn_value_same(tn_field(tn_item(models, i), "type"), tn_field(tn_item(models, index), "type"))) return true;
  return false;
}

static void show_ops(const dot_call *call) {
  tn_value models = call->shell->known.models;
  tn_builder rows = TN_BUILDER_INIT;
  search s = {call->operand, "", WORD_FAR};
  bool found = call->operand[0] == '\0';
  tn_array_begin(&rows);
  for (tn_iter m = tn_iter_of(models); tn_iter_next(&m);) {
    bool is_wanted = call->operand[0] == '\0' ? !is_type_again(models, m.next - 1) : matches(&s, m.name);
    found |= is_wanted;
    for (tn_iter op = tn_iter_of(tn_field(m.value, "ops")); is_wanted && tn_iter_next(&op);) add_op(&rows, op.value);
  }
  tn_end(&rows);
  if (found) {
    show_built(call, &rows);
    return;
  }
  refuse_name(call, "model", &s, ".models lists them");
  tn_builder_free(&rows);
}

/* ---- help ----------------------------------------------------------------------------------- */

/* What can be typed, and what it does. */
static void print_entry(const shell *s, const char *left, const char *doc) {
  fprintf(s->out, "  %-*s  ", ENTRY_COLUMNS, left);
  text_print_wrapped(s->out, (tn_slice){doc, strlen(doc)}, ENTRY_COLUMNS + 4, s->style.columns);
  fputc('\n', s->out);
}

static void print_command(const shell *s, const dot_command *d) {
  char left[40];
  snprintf(left, sizeof left, "%s %s", d->word.name, d->operands);
  print_entry(s, left, d->doc);
}

static void show_overview(const dot_call *call) {
  const shell *s = call->shell;
  print_entry(s, "MODEL OP ARG...", "each ARG is JSON if it parses, else a string; --NAME ARG gives one by name");
  print_entry(s, "[\"MODEL\",\"OP\",{...}]", "arguments by name; [...] by position");
  print_entry(s, "{\"batch\":[[...],[...]]}", "all of them or none; open brackets go on on the next line");
  print_entry(s, "TAB", "completes a word");
  print_entry(s, "?", "where a word would begin: what may follow");
  print_entry(s, "Ctrl-R", "searches the history");
  print_entry(s, "Ctrl-C", "stops what runs, or clears the line");
  print_entry(s, "Ctrl-D", "ends");
  fputc('\n', s->out);
  for (size_t i = 0; command_at(i); i++) print_command(s, command_at(i));
}

/* False when there is no command of that name. */
static bool show_command(const dot_call *call) {
  for (size_t i = 0; command_at(i); i++) {
    if (strcmp(command_at(i)->word.name, call->operand) != 0) continue;
    print_command(call->shell, command_at(i));
    return true;
  }
  return false;
}

/* A command, or the operation in each type of model that has it. */
static void show_help(const dot_call *call) {
  tn_value models = call->shell->known.models;
  const char *name = strrchr(call->operand, ' ');
  search s = {name ? name + 1 : call->operand, "", WORD_FAR};
  bool found = false;
  if (call->operand[0] == '\0') {
    show_overview(call);
    return;
  }
  if (show_command(call)) return;
  for (tn_iter m = tn_iter_of(models); tn_iter_next(&m);)
    for (tn_iter op = tn_iter_of(tn_field(m.value, "ops")); tn_iter_next(&op);) {
      if (!matches(&s, described_text(op.value, "name")) || is_type_again(models, m.next - 1)) continue;
      describe_op(call->shell->out, op.value, -1, call->shell->style.columns);
      found = true;
    }
  if (!found) refuse_name(call, "operation", &s, ".ops lists them");
}

/* ---- the journal ---------------------------------------------------------------------------- */

static void print_ops(FILE *text, tn_value ops) {
  for (tn_iter op = tn_iter_of(ops); tn_iter_next(&op);) {
    tn_slice model = {"", 0}, name = {"", 0}, args;
    (void)tn_as_string(tn_item(op.value, 0), &model);
    (void)tn_as_string(tn_item(op.value, 1), &name);
    fprintf(text, "%s%.*s %.*s", op.next > 1 ? "; " : "", (int)model.size, (const char *)model.data, (int)name.size,
            (const char *)name.data);
    if (tn_encode("json", tn_item(op.value, 2), &args, NULL) != TN_OK) continue;
    fprintf(text, " %.*s", (int)args.size, (const char *)args.data);
    tn_text_free(args);
  }
}

static tn_status add_record(void *arg, uint64_t seq, tn_value record) {
  tn_builder *rows = (tn_builder *)arg;
  char *ops = NULL;
  size_t size = 0;
  int64_t time_us = 0;
  if (signals_interrupted()) return TN_INTERRUPTED;
  FILE *text = open_memstream(&ops, &size);
  if (!text) return TN_NOMEM;
  print_ops(text, tn_field(record, "ops"));
  if (fclose(text) != 0) return TN_NOMEM;
  (void)tn_get_int(record, "time_us", &time_us);
  tn_object_begin(rows);
  tn_set(rows, "seq", seq);
  tn_set(rows, "time", tn_time(time_us));
  if (!tn_is_absent(tn_field(record, "user"))) tn_set(rows, "user", tn_field(record, "user"));
  tn_set(rows, "operations", tn_text((tn_slice){ops, size}));
  tn_end(rows);
  free(ops);
  return TN_OK;
}

/* *from and *to: the newest `count` records there are. False when there is none. */
static bool newest_records(tn_value stats, uint64_t count, uint64_t *from, uint64_t *to) {
  int64_t newest = 0, oldest = 1;
  (void)tn_get_int(stats, "seq", &newest);
  (void)tn_get_int(stats, "journal.first_seq", &oldest);
  if (oldest < 1) oldest = 1;
  if (newest < oldest) return false;
  uint64_t there = (uint64_t)(newest - oldest) + 1;
  *to = (uint64_t)newest;
  *from = *to + 1 - (count < there ? count : there);
  return true;
}

static void show_log(const dot_call *call) {
  char *end;
  uint64_t from, to, count = call->operand[0] != '\0' ? strtoull(call->operand, &end, 10) : LOG_RECORDS;
  tn_error error = TN_ERROR_INIT;
  if (call->operand[0] != '\0' && (*end != '\0' || call->operand[0] == '-' || count == 0)) {
    refuse(call, TN_INVALID, NULL, ".log takes how many records to show, not '%s'", call->operand);
    return;
  }
  tn_builder rows = TN_BUILDER_INIT;
  tn_array_begin(&rows);
  tn_status status = tn_stats(call->shell->engine, &call->shell->result, &error);
  if (status == TN_OK && newest_records(call->shell->result.value, count, &from, &to))
    status = tn_journal_read(call->shell->engine, from, to, add_record, &rows, &error);
  tn_end(&rows);
  if (status == TN_OK) {
    show_built(call, &rows);
    return;
  }
  error.status = status;
  show_error(call, &error);
  tn_builder_free(&rows);
}

/* ---- the engine ----------------------------------------------------------------------------- */

static void take_snapshot(const dot_call *call) {
  tn_error error = TN_ERROR_INIT;
  uint64_t seq = 0;
  if (tn_snapshot(call->shell->engine, &seq, &error) == TN_OK)
    fprintf(call->shell->out, "snapshot at seq %" PRIu64 "\n", seq);
  else
    show_error(call, &error);
}

static void show_stats(const dot_call *call) {
  tn_error error = TN_ERROR_INIT;
  tn_status status = tn_stats(call->shell->engine, &call->shell->result, &error);
  show(call, call->shell->result.value, status, &error);
}

void dot_leave_past(shell *s) {
  if (s->engine == s->present) return;
  tn_engine *past = s->engine;
  s->engine = s->present;
  s->at[0] = '\0';
  signals_use_engine(s->present);
  tn_status status = tn_close(past, NULL); /* read only: there is nothing to lose */
  (void)status;
}

static bool is_stopped(void *arg) { return ((const shell *)arg)->style.stopped(); }

/* Beside the present, which stays open, as another process could. */
static void go_to(const dot_call *call) {
  shell *s = call->shell;
  tn_open_options options = TN_OPEN_OPTIONS_INIT;
  tn_error error = TN_ERROR_INIT;
  tn_engine *past;
  options.interrupted = is_stopped;
  options.interrupted_arg = s;
  tn_status status = point_parse_at(call->operand, &options, &error);
  if (status == TN_OK && strcmp(s->config, "-") == 0)
    status = tn_error_set(&error, TN_UNSUPPORTED, NULL, "an engine in memory has no past to go to");
  if (status == TN_OK) status = tn_open(s->config, &options, &past, &error);
  if (status != TN_OK) {
    show_error(call, &error);
    return;
  }
  dot_leave_past(s);
  s->engine = past;
  signals_use_engine(past);
  snprintf(s->at, sizeof s->at, "%s", call->operand);
}

static void choose_point(const dot_call *call) {
  shell *s = call->shell;
  if (call->operand[0] == '\0')
    fprintf(s->out, "%s\n", s->at[0] != '\0' ? s->at : "now");
  else if (strcmp(call->operand, "now") == 0)
    dot_leave_past(s);
  else
    go_to(call);
}

/* ---- the prompt ----------------------------------------------------------------------------- */

static const char *const points[] = {"now", NULL};
static const char *const on_off[] = {"on", "off", NULL};
static const char *const modes[] = {
    [TABLE_MODE_TABLE] = "table", [TABLE_MODE_JSON] = "json", [TABLE_MODE_CSV] = "csv", NULL};

/* Which of the choices the operand is; `now` is shown when there is none. */
static bool choose(const dot_call *call, const char *const *choices, const char *now, size_t *out) {
  search s = {call->operand, "", WORD_FAR};
  if (call->operand[0] == '\0') {
    fprintf(call->shell->out, "%s\n", now);
    return false;
  }
  for (*out = 0; choices[*out]; ++*out)
    if (matches(&s, (tn_slice){choices[*out], strlen(choices[*out])})) return true;
  char all[WORD_SIZE] = "there are";
  for (size_t i = 0, used = strlen(all); choices[i]; i++, used = strlen(all))
    snprintf(all + used, sizeof all - used, "%s %s", i > 0 ? "," : "", choices[i]);
  refuse_name(call, "choice", &s, all);
  return false;
}

static void set_timer(const dot_call *call) {
  size_t chosen;
  if (choose(call, on_off, on_off[!call->shell->timer], &chosen)) call->shell->timer = chosen == 0;
}

static void set_mode(const dot_call *call) {
  size_t chosen;
  if (choose(call, modes, modes[call->shell->style.mode], &chosen)) call->shell->style.mode = (table_mode)chosen;
}

/* "FILE:12" before errors says which line it was. */
static void take_lines(const dot_call *call, FILE *file) {
  char from[TN_ERROR_WHERE_MAX];
  char *line = NULL;
  size_t capacity = 0;
  ssize_t size;
  uint64_t number = 0;
  shell *s = call->shell;
  while (!s->ended && !signals_interrupted() && signals_caught() == 0 &&
         (size = getline(&line, &capacity, file)) > 0) {
    snprintf(from, sizeof from, "%s:%" PRIu64, call->operand, ++number);
    s->take_line(s, (tn_slice){line, (size_t)size - (line[size - 1] == '\n')}, from);
  }
  if (ferror(file)) refuse(call, TN_IO, call->operand, "reading it failed: %s", strerror(errno));
  free(line);
}

static void read_file(const dot_call *call) {
  shell *s = call->shell;
  if (call->operand[0] == '\0') {
    refuse(call, TN_INVALID, NULL, ".read needs the name of a file");
    return;
  }
  if (s->reading == READING_MAX) {
    refuse(call, TN_LIMIT, NULL, "%d files read each other; '%s' is not read", READING_MAX, call->operand);
    return;
  }
  FILE *file = fopen(call->operand, "re");
  if (!file) {
    refuse(call, TN_IO, call->operand, "cannot open it: %s", strerror(errno));
    return;
  }
  s->reading++;
  take_lines(call, file);
  s->reading--;
  fclose(file);
}

static void quit(const dot_call *call) { call->shell->ended = true; }

/* ---- the table ------------------------------------------------------------------------------ */

static const dot_command commands[] = {
    {{".models", COMPLETE_NOTHING, NULL}, "", "the models of this engine", show_models},
    {{".ops", COMPLETE_MODELS, NULL}, "[MODEL]", "operations, of one model or all", show_ops},
    {{".help", COMPLETE_HELP, NULL}, "[OP]", "this, or an operation with its parameters", show_help},
    {{".log", COMPLETE_NOTHING, NULL}, "[N]", "the newest records of the journal", show_log},
    {{".at", COMPLETE_CHOICES, points},
     "[SEQ|TIME|now]",
     "ask the state as of then; commands are refused there",
     choose_point},
    {{".snapshot", COMPLETE_NOTHING, NULL}, "", "write a snapshot, from which the next open starts", take_snapshot},
    {{".stats", COMPLETE_NOTHING, NULL}, "", "numbers about the engine", show_stats},
    {{".timer", COMPLETE_CHOICES, on_off}, "[on|off]", "show how long each operation takes", set_timer},
    {{".mode", COMPLETE_CHOICES, modes}, "[table|json|csv]", "how answers look; json and csv cut nothing", set_mode},
    {{".read", COMPLETE_NOTHING, NULL}, "FILE", "run a file's lines as if they were typed", read_file},
    {{".quit", COMPLETE_NOTHING, NULL}, "", "end; so does Ctrl-D", quit},
};
#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

static const dot_command *command_at(size_t index) { return index < COMMAND_COUNT ? &commands[index] : NULL; }

const complete_dot *dot_word(size_t index) { return index < COMMAND_COUNT ? &commands[index].word : NULL; }

/* Splits "  .name  operand " in place. */
static char *split(char *line, char **operand) {
  static const char space[] = " \t\r\n";
  char *name = line + strspn(line, space);
  *operand = name + strcspn(name, space);
  if (**operand != '\0') *(*operand)++ = '\0';
  *operand += strspn(*operand, space);
  size_t size = strlen(*operand);
  while (size > 0 && strchr(space, (*operand)[size - 1])) size--;
  (*operand)[size] = '\0';
  return name;
}

static void run_named(const dot_call *call, const char *name) {
  search s = {name, "", WORD_FAR};
  for (size_t i = 0; i < COMMAND_COUNT; i++) {
    const dot_command *d = &commands[i];
    if (!matches(&s, (tn_slice){d->word.name, strlen(d->word.name)})) continue;
    if (d->operands[0] == '\0' && call->operand[0] != '\0')
      refuse(call, TN_INVALID, NULL, "%s takes nothing, not '%s'", name, call->operand);
    else
      d->run(call);
    return;
  }
  refuse_name(call, "command", &s, ".help lists them");
}

void dot_run(shell *s, tn_slice line, const char *from) {
  char *text = strndup((const char *)line.data, line.size), *operand;
  tn_error error = TN_ERROR_INIT;
  if (!text) {
    (void)tn_error_set(&error, TN_NOMEM, NULL, "no memory for the line");
    table_print_error(s->out, &s->style, &error, from);
    return;
  }
  char *name = split(text, &operand);
  dot_call call = {s, operand, from};
  run_named(&call, name);
  free(text);
}

const char *dot_meant(tn_slice word) {
  if (word.size == 4 && memcmp(word.data, "exit", 4) == 0) return ".quit";
  for (size_t i = 0; i < COMMAND_COUNT; i++) {
    const char *name = commands[i].word.name;
    if (strlen(name) == word.size + 1 && memcmp(name + 1, word.data, word.size) == 0) return name;
  }
  return NULL;
}
