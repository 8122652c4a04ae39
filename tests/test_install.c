/* test_install.c - what `make install` brings beside the program: man pages that are true and well-formed, and
 * completion for shells. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/folder.h"
#include "support/process.h"
#include "support/workbench.h"

#define SHARE "usr/share/"

static folder place; /* a DESTDIR, and beside it configs to complete */
static char program[512];

/* Runs a line of bash in the folder, with $tenon being the program. */
static outcome in_bash(const char *line) {
  char script[4096];
  snprintf(script, sizeof script, "cd '%s' && tenon='%s' && %s", place.path, program, line);
  return process_run((const char *const[]){"/usr/bin/env", "bash", "-c", script, NULL}, "", 0);
}

static bool has_program(const char *name) {
  char line[128];
  snprintf(line, sizeof line, "command -v %s", name);
  outcome o = in_bash(line);
  bool found = o.code == 0;
  outcome_free(&o);
  if (!found) print_message("# %s is not there: one check is left out\n", name);
  return found;
}

static int install(void **state) {
  char line[1024], root[256];
  const char *is_absolute = tenon_program();
  if (workbench_find_program(state) != 0 || !folder_make(&place) || !getcwd(root, sizeof root)) return -1;
  snprintf(program, sizeof program, "%s%s%s", *is_absolute == '/' ? "" : root, *is_absolute == '/' ? "" : "/",
           is_absolute);
  snprintf(line, sizeof line,
           "env -u MAKEFLAGS -u MAKELEVEL make -s -C '%s' install-docs DESTDIR=$PWD PREFIX=/usr && "
           "mkdir configs && touch shop.json card.json notes.txt configs/x.json",
           root);
  outcome o = in_bash(line);
  if (o.code != 0) print_error("%s%s", o.out, o.err);
  int code = o.code;
  outcome_free(&o);
  return code;
}

static int uninstall(void **state) {
  (void)state;
  folder_remove(&place);
  return 0;
}

/* ---- man pages ------------------------------------------------------------------------------ */

static void man_pages_and_completions_stand_where_they_are_looked_for(void **state) {
  (void)state;
  expect(in_bash("cd " SHARE " && find . -type f | LC_ALL=C sort"), 0,
         "./bash-completion/completions/tenon\n"
         "./man/man1/tenon.1\n"
         "./man/man3/tenon.h.3\n"
         "./man/man3/tenon_plugin.h.3\n"
         "./man/man5/tenon-config.5\n"
         "./zsh/site-functions/_tenon\n");
}

static void man_pages_have_no_mistake_that_groff_knows(void **state) {
  (void)state;
  if (!has_program("groff")) return;
  expect(in_bash("groff -mdoc -Tutf8 -ww -z " SHARE "man/man?/* 2>&1"), 0, "");
}

/* What `tenon help` says, for each command: its name, then its options, each on a line. */
static outcome commands_and_options(void) {
  return in_bash(
      "for c in $($tenon help | sed -n 's/^  tenon \\([a-z]*\\) .*/\\1/p'); do echo \"Cm $c\"; "
      "$tenon help $c | sed -n 's/^  -\\(-[a-z-]*\\) .*/Fl \\1/p'; done");
}

static void every_command_and_option_is_in_the_manual(void **state) {
  (void)state;
  outcome names = commands_and_options(), page = in_bash("cat " SHARE "man/man1/tenon.1");
  assert_true(count_of(names.out, "\n") >= 10);
  for (char *name = strtok(names.out, "\n"); name; name = strtok(NULL, "\n"))
    if (!strstr(page.out, name)) fail_msg("docs/man/tenon.1 lacks '%s'", name);
  outcome_free(&names);
  outcome_free(&page);
}

static void every_command_of_the_prompt_is_in_the_manual(void **state) {
  (void)state;
  char line[512], root[256];
  assert_non_null(getcwd(root, sizeof root));
  snprintf(line, sizeof line, "sed -n 's/^    {{\"\\(\\.[a-z]*\\)\", COMPLETE.*/It Ic \\1/p' '%s/cli/dot.c'", root);
  outcome names = in_bash(line), page = in_bash("cat " SHARE "man/man1/tenon.1");
  assert_true(count_of(names.out, "\n") >= 11);
  for (char *name = strtok(names.out, "\n"); name; name = strtok(NULL, "\n"))
    if (!strstr(page.out, name)) fail_msg("docs/man/tenon.1 lacks '%s'", name);
  outcome_free(&names);
  outcome_free(&page);
}

static void every_function_and_status_is_in_the_manual(void **state) {
  (void)state;
  char line[1024], root[256];
  assert_non_null(getcwd(root, sizeof root));
  snprintf(
      line, sizeof line,
      "cd '%s/core' && { sed -n 's/^TN_API.*[ *]\\(tn_[a-z0-9_]*\\)(.*/Fn \\1/p' tenon.h tenon_cjson.h tenon_base.h"
      " tenon_value.h; sed -n 's/^  X(\\([A-Z_]*\\),.*/\\1/p' tenon_base.h; }",
      root);
  outcome names = in_bash(line), page = in_bash("cat " SHARE "man/man3/tenon.h.3");
  assert_true(count_of(names.out, "\n") >= 60);
  for (char *name = strtok(names.out, "\n"); name; name = strtok(NULL, "\n"))
    if (!strstr(page.out, name)) fail_msg("docs/man/tenon.h.3 lacks '%s'", name);
  outcome_free(&names);
  outcome_free(&page);
}

static void every_key_of_the_config_is_in_the_manual(void **state) {
  (void)state;
  char line[512], root[256];
  assert_non_null(getcwd(root, sizeof root));
  snprintf(line, sizeof line, "sed -n 's/^| `\\([a-z_]*\\)` .*/Cm \\1/p' '%s/docs/CONFIG.md'", root);
  outcome keys = in_bash(line), page = in_bash("cat " SHARE "man/man5/tenon-config.5");
  assert_true(count_of(keys.out, "\n") >= 15);
  for (char *key = strtok(keys.out, "\n"); key; key = strtok(NULL, "\n"))
    if (!strstr(page.out, key)) fail_msg("docs/man/tenon-config.5 lacks '%s'", key);
  outcome_free(&keys);
  outcome_free(&page);
}

static void the_plugin_in_the_manual_works(void **state) {
  (void)state;
  char line[1024], root[256];
  assert_non_null(getcwd(root, sizeof root));
  snprintf(line, sizeof line,
           "sed -n '/^.Bd -literal/,/^.Ed/{/^\\./!p}' " SHARE
           "man/man3/tenon_plugin.h.3 >book.c && "
           "${CC:-cc} -std=c11 -Wall -Wextra -Werror -shared -fPIC -I'%s/core' -o book.so book.c && "
           "echo '{\"storage\":{\"type\":\"memory\"},\"plugins\":[\"book.so\"],\"models\":"
           "{\"book\":{\"type\":\"guestbook\"}}}' >book.json && "
           "printf 'book visit ann\\nbook visit bob\\nbook visit ann\\n' | $tenon run book.json && rm book.*",
           root);
  expect(in_bash(line), 0, "{\"ok\":true,\"result\":1}\n{\"ok\":true,\"result\":1}\n{\"ok\":true,\"result\":2}\n");
}

/* ---- bash ----------------------------------------------------------------------------------- */

/* What bash offers for the last of the words that were typed; `expected` has them sorted. */
static void expect_offered(const char *words, const char *expected) {
  char line[1024];
  snprintf(line, sizeof line,
           ". " SHARE
           "bash-completion/completions/tenon && COMP_WORDS=(tenon %s) && COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) && "
           "_tenon \"$tenon\" \"${COMP_WORDS[COMP_CWORD]}\" \"${COMP_WORDS[COMP_CWORD-1]}\"; "
           "printf '%%s\\n' \"${COMPREPLY[@]}\" | LC_ALL=C sort | paste -sd ' '",
           words);
  outcome o = in_bash(line);
  if (strlen(o.out) > 0) o.out[strlen(o.out) - 1] = '\0';
  if (strcmp(o.out, expected) != 0 || o.err_size > 0)
    fail_msg("tenon %s: offered '%s', expected '%s'; %s", words, o.out, expected, o.err);
  outcome_free(&o);
}

static void bash_completes_commands(void **state) {
  (void)state;
  expect_offered("sn", "snapshot");
  expect_offered("in", "info");
  expect_offered("--v", "--version");
  expect_offered("help sn", "snapshot");
  expect_offered("nothing x", "");
}

static void bash_completes_options_of_the_command(void **state) {
  (void)state;
  expect_offered("log --", "--from --to");
  expect_offered("run shop.json --st", "--stop");
  expect_offered("check --", "");
}

static void bash_completes_configs_and_nothing_in_their_place(void **state) {
  (void)state;
  expect_offered("check ''", "card.json configs shop.json usr");
  expect_offered("run sh", "shop.json");
  expect_offered("run configs/", "configs/x.json");
  expect_offered("log --from 3 sh", "shop.json");
  expect_offered("log --from = 3 sh", "shop.json");
  expect_offered("copy card.json sh", "shop.json");
  expect_offered("check shop.json ''", "");
}

static void bash_completes_files_and_folders_where_they_belong(void **state) {
  (void)state;
  expect_offered("run --rows shop.json n", "notes.txt");
  expect_offered("convert n", "notes.txt");
  expect_offered("import shop.json cart put n", "notes.txt");
  expect_offered("backup shop.json ''", "configs usr");
  expect_offered("import shop.json ''", "");
  expect_offered("export shop.json ''", "");
}

static void bash_completes_values_that_can_be_listed(void **state) {
  (void)state;
  expect_offered("import --format ''", "csv json jsonl");
  expect_offered("import --format =", "csv json jsonl");
  expect_offered("import --format = c", "csv");
  expect_offered("convert --from json --to b", "binary");
  expect_offered("log --from ''", "");
  expect_offered("run --at = ''", "");
}

/* ---- zsh ------------------------------------------------------------------------------------ */

static void the_completion_for_zsh_is_well_formed(void **state) {
  (void)state;
  if (!has_program("zsh")) return;
  expect(in_bash("zsh -n " SHARE "zsh/site-functions/_tenon"), 0, "");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(man_pages_and_completions_stand_where_they_are_looked_for),
      cmocka_unit_test(man_pages_have_no_mistake_that_groff_knows),
      cmocka_unit_test(every_command_and_option_is_in_the_manual),
      cmocka_unit_test(every_command_of_the_prompt_is_in_the_manual),
      cmocka_unit_test(every_function_and_status_is_in_the_manual),
      cmocka_unit_test(every_key_of_the_config_is_in_the_manual),
      cmocka_unit_test(the_plugin_in_the_manual_works),
      cmocka_unit_test(bash_completes_commands),
      cmocka_unit_test(bash_completes_options_of_the_command),
      cmocka_unit_test(bash_completes_configs_and_nothing_in_their_place),
      cmocka_unit_test(bash_completes_files_and_folders_where_they_belong),
      cmocka_unit_test(bash_completes_values_that_can_be_listed),
      cmocka_unit_test(the_completion_for_zsh_is_well_formed),
  };
  return cmocka_run_group_tests(tests, install, uninstall);
}
