/* tenon - the command-line program: finds the command, checks what was typed, and lets it run. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "output.h"

#define OUTPUT_BUFFER_SIZE 65536

static int help(const cli_arguments *arguments);

static const cli_option no_options[] = {{NULL, NULL, OPTION_FLAG, NULL}};

static const cli_command command_help = {
    .name = "help",
    .operands = "[COMMAND]",
    .operands_min = 0,
    .operands_max = 1,
    .options = no_options,
    .summary = "explain a command",
    .details = "",
    .run = help,
};

static const cli_command *const commands[] = {&command_run,    &command_log,  &command_tail,    &command_snapshot,
                                              &command_check,  &command_info, &command_import,  &command_export,
                                              &command_backup, &command_copy, &command_convert, &command_help};
#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

static const cli_command *find_command(const char *name) {
  for (size_t i = 0; i < COMMAND_COUNT; i++)
    if (strcmp(commands[i]->name, name) == 0) return commands[i];
  return NULL;
}

/* What may stand where a command does. */
static const char *const in_place[] = {"--help", "--version"};

static int refuse_command(const char *name) {
  const char *meant = NULL;
  unsigned best = WORD_FAR;
  for (size_t i = 0; i < COMMAND_COUNT; i++)
    if (word_nearer(name, commands[i]->name, &best)) meant = commands[i]->name;
  for (size_t i = 0; i < sizeof in_place / sizeof *in_place; i++)
    if (word_nearer(name, in_place[i], &best)) meant = in_place[i];
  if (meant)
    fprintf(stderr, "tenon: unknown command '%s'; did you mean %s?\n", name, meant);
  else
    fprintf(stderr, "tenon: unknown command '%s'; `tenon help` lists them\n", name);
  return EXIT_USAGE;
}

/* ---- help ----------------------------------------------------------------------------------- */

static void print_overview(FILE *to) {
  fputs("tenon composes storage, formats and data models into one transactional engine, and runs it.\n\n", to);
  for (size_t i = 0; i < COMMAND_COUNT; i++)
    fprintf(to, "  tenon %-8s %-21s %s\n", commands[i]->name, commands[i]->operands, commands[i]->summary);
  fputs(
      "  tenon --version\n\n"
      "CONFIG is a file of JSON; docs/CONFIG.md describes it. `tenon help COMMAND` says more.\n",
      to);
}

static int option_width(const cli_option *o) {
  return (int)(strlen(o->name) + 1 + (o->value ? strlen(o->value) : 0));
}

static void print_help(FILE *to, const cli_command *command) {
  fprintf(to, "tenon %s %s\n    %s\n", command->name, command->operands, command->summary);
  if (command->options->name) fputc('\n', to);
  int widest = 0;
  for (const cli_option *o = command->options; o->name; o++)
    if (option_width(o) > widest) widest = option_width(o);
  for (const cli_option *o = command->options; o->name; o++)
    fprintf(to, "  %s %-*s  %s\n", o->name, widest - (int)strlen(o->name) - 1, o->value ? o->value : "", o->doc);
  if (command->details[0] != '\0') fprintf(to, "\n%s", command->details);
}

static int help(const cli_arguments *arguments) {
  output out = OUTPUT_INIT;
  const char *name = arguments_operand(arguments, 0);
  const cli_command *command = name ? find_command(name) : NULL;
  if (name && !command) return refuse_command(name);
  if (command)
    print_help(out.file, command);
  else
    print_overview(out.file);
  return output_end(&out, "help", EXIT_FINE);
}

/* ---- dispatch ------------------------------------------------------------------------------- */

static int print_version(int more) {
  if (more > 0) {
    fputs("tenon: --version goes with nothing else\n", stderr);
    return EXIT_USAGE;
  }
  output out = OUTPUT_INIT;
  fprintf(out.file, "tenon %s\n", tn_version());
  return output_end(&out, "--version", EXIT_FINE);
}

static bool wants_help(const cli_arguments *arguments) {
  for (int i = 0; i < arguments->count && strcmp(arguments->words[i], "--") != 0; i++)
    if (strcmp(arguments->words[i], "--help") == 0 || strcmp(arguments->words[i], "-h") == 0) return true;
  return false;
}

static int run_command(const cli_command *command, int count, char **words) {
  cli_arguments arguments = {command, count, words};
  char *name[1] = {(char *)(uintptr_t)command->name};
  if (wants_help(&arguments)) {
    arguments.command = &command_help;
    arguments.count = 1;
    arguments.words = name;
  }
  if (!arguments_check(&arguments)) return EXIT_USAGE;
  return arguments.command->run(&arguments);
}

/* A standard file that is closed would become the first file that the engine opens. In its place comes one that
 * cannot be read (input) or written (output, errors), so that its use fails as it should. */
static void fill_closed_files(void) {
  static const int modes[] = {O_WRONLY, O_RDONLY, O_RDONLY};
  for (int fd = 0; fd < 3; fd++)
    if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) != fd) _exit(EXIT_USAGE);
}

int main(int argc, char **argv) {
  fill_closed_files();
  (void)setvbuf(stdout, NULL, _IOFBF, OUTPUT_BUFFER_SIZE);
  if (argc < 2) {
    print_overview(stderr);
    return EXIT_USAGE;
  }
  if (strcmp(argv[1], "--version") == 0) return print_version(argc - 2);
  if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
    return run_command(&command_help, argc - 2, argv + 2);
  const cli_command *command = find_command(argv[1]);
  return command ? run_command(command, argc - 2, argv + 2) : refuse_command(argv[1]);
}
