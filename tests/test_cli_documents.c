/* test_cli_documents.c - the command-line program and documents: they come in from JSON and CSV, and go out again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/process.h"
#include "support/workbench.h"

#define LINES 20000

static const char *config_of(const workbench *w) {
  static char path[128];
  (void)snprintf(
      path, sizeof path, "%s",
      workbench_write(w, "docs.json", "{\"data\": \"docs\", \"models\": {\"d\": {\"type\": \"document\"}}}"));
  return path;
}

static const char two[] =
    "{\"_id\":1,\"name\":\"Ann\",\"home\":{\"city\":\"Rome\"}}\n"
    "{\"_id\":2,\"name\":\"Bob\",\"tags\":[]}\n";

static void json_lines_are_documents_of_a_collection(void **state) {
  const char *config = config_of(*state);
  expect(run_tenon(two, "import", config, "d", "insert", "-", "--format", "jsonl", "--set", "collection=people",
                   "--map", "docs=.", NULL),
         0, "imported 2 records in 1 batch\n");
  expect(run_tenon("", "export", config, "d", "--op", "find", "--set", "collection=people", NULL), 0, two);
  expect(run_tenon("", "export", config, "d", "--op", "find", "--set", "collection=people", "--set",
                   "projection={\"name\":1,\"_id\":0}", "--set", "sort={\"_id\":-1}", NULL),
         0, "{\"name\":\"Bob\"}\n{\"name\":\"Ann\"}\n");
}

static void an_array_and_csv_are_documents_too(void **state) {
  const char *config = config_of(*state);
  expect(run_tenon("[{\"_id\":1},\n{\"_id\":2}]", "import", config, "d", "insert", "-", "--format", "json", "--set",
                   "collection=a", "--map", "docs=.", NULL),
         0, "imported 2 records in 1 batch\n");
  expect(run_tenon("_id,name,age\n1,Ann,30\n2,\"7\",x\n", "import", config, "d", "insert", "-", "--format", "csv",
                   "--typed", "--set", "collection=b", "--map", "docs=.", NULL),
         0, "imported 2 records in 1 batch\n");
  expect(run_tenon("", "export", config, "d", NULL), 0,
         "{\"collection\":\"a\",\"docs\":{\"_id\":1}}\n{\"collection\":\"a\",\"docs\":{\"_id\":2}}\n"
         "{\"collection\":\"b\",\"docs\":{\"_id\":1,\"name\":\"Ann\",\"age\":30}}\n"
         "{\"collection\":\"b\",\"docs\":{\"_id\":2,\"name\":\"7\",\"age\":\"x\"}}\n");
}

static void what_is_exported_comes_in_again_as_it_is(void **state) {
  const char *config = config_of(*state);
  expect_code(run_tenon("d insert a [{\"_id\":1.5,\"x\":{\"$date\":\"2024-01-01T00:00:00Z\"}}]\nd insert b {}\n",
                        "run", config, NULL),
              0);
  outcome exported = run_tenon("", "export", config, "d", NULL);
  assert_int_equal(count_of(exported.out, "\n"), 2);
  expect_code(run_tenon("d drop_collection a\nd drop_collection b\n", "run", config, NULL), 0);
  expect(run_tenon(exported.out, "import", config, "d", "insert", "-", "--format", "jsonl", NULL), 0,
         "imported 2 records in 1 batch\n");
  expect(run_tenon("", "export", config, "d", NULL), 0, exported.out);
  outcome_free(&exported);
}

static void a_refused_document_is_told_with_its_line(void **state) {
  const char *config = config_of(*state);
  outcome o = run_tenon("{\"_id\":1}\n{\"_id\":2}\n{\"_id\":1}\n", "import", config, "d", "insert", "-", "--format",
                        "jsonl", "--set", "collection=c", "--map", "docs=.", "--batch", "2", NULL);
  assert_string_equal(o.out, "imported 2 records in 1 batch, 1 refused; stopped: nothing after line 2 is in\n");
  assert_non_null(strstr(o.err, "line 3, docs._id"));
  assert_int_equal(o.code, 1);
  outcome_free(&o);
}

static void many_documents_keep_an_index_that_check_finds_whole(void **state) {
  const workbench *w = *state;
  const char *config = config_of(w);
  char *text = malloc(LINES * 64), *at = text;
  assert_non_null(text);
  for (unsigned i = 0; i < LINES; i++) at += sprintf(at, "{\"n\":%u,\"group\":\"g%u\"}\n", i, i % 100);
  expect_code(
      run_tenon("d create_index c {\"group\":1}\nd create_index c {\"n\":-1} null true\n", "run", config, NULL), 0);
  const char *file = workbench_write(w, "many.jsonl", text);
  free(text);
  expect_part(run_tenon("", "import", config, "d", "insert", file, "--set", "collection=c", "--map", "docs=.", NULL),
              0, "imported 20000 records in 20 batches\n");
  expect_part(run_tenon("d count c {\"group\":\"g7\"}\n", "run", config, NULL), 0, "\"result\":200");
  expect_code(run_tenon("", "check", config, NULL), 0);
}

static void what_is_set_takes_the_place_of_a_record_s_own(void **state) {
  const char *config = config_of(*state);
  expect_code(run_tenon("{\"collection\":\"x\",\"docs\":{\"_id\":1}}", "import", config, "d", "insert", "-",
                        "--format", "jsonl", "--set", "collection=c", NULL),
              0);
  expect_part(run_tenon("d count c\n", "run", config, NULL), 0, "\"result\":1");
}

static void arguments_that_are_set_are_checked(void **state) {
  const char *config = config_of(*state);
  expect_refusal(
      run_tenon("{}", "import", config, "d", "insert", "-", "--format", "jsonl", "--set", "colection=c", NULL), 2,
      "did you mean 'collection'?");
  expect_refusal(
      run_tenon("{}", "import", config, "d", "insert", "-", "--format", "jsonl", "--set", "collection", NULL), 2,
      "PARAM=VALUE");
  expect_refusal(run_tenon("{}", "import", config, "d", "insert", "-", "--format", "jsonl", "--set", "collection=c",
                           "--set", "collection=d", NULL),
                 2, "mapped twice");
  outcome o =
      run_tenon("[\"c\"]", "import", config, "d", "insert", "-", "--format", "jsonl", "--set", "docs=[]", NULL);
  assert_non_null(strstr(o.err, "has to be an object,"));
  outcome_free(&o);
  expect_refusal(run_tenon("", "export", config, "d", "--set", "colection=c", NULL), 1, "did you mean 'collection'?");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, workbench_setup, workbench_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(json_lines_are_documents_of_a_collection),
      TEST(an_array_and_csv_are_documents_too),
      TEST(what_is_exported_comes_in_again_as_it_is),
      TEST(a_refused_document_is_told_with_its_line),
      TEST(many_documents_keep_an_index_that_check_finds_whole),
      TEST(what_is_set_takes_the_place_of_a_record_s_own),
      TEST(arguments_that_are_set_are_checked),
  };
  return cmocka_run_group_tests(tests, workbench_find_program, NULL);
}
