/* test_complete.c - what the prompt offers where a line ends, and which lines go on. No terminal, no engine's data.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/complete.h"
#include "cli/describe.h"
#include "cli/line.h"
#include "support/assert_status.h"

static const char *const modes[] = {"table", "json", "csv", NULL};
static const complete_dot dots[] = {
    {".models", COMPLETE_NOTHING, NULL}, {".mode", COMPLETE_CHOICES, modes}, {".ops", COMPLETE_MODELS, NULL},
    {".help", COMPLETE_HELP, NULL},       {NULL, COMPLETE_NOTHING, NULL},
};

static const complete_dot *dot(size_t index) { return dots[index].name ? &dots[index] : NULL; }

static tn_engine *engine;
static tn_result description = TN_RESULT_INIT;
static vocabulary all;

static int open_engine(void **state) {
  (void)state;
  tn_open_options options = TN_OPEN_OPTIONS_INIT;
  options.config_text =
      "{\"storage\":{\"type\":\"memory\"},\"models\":{\"cart\":{\"type\":\"kv\"},\"card\":{\"type\":\"kv\"},"
      "\"stock\":{\"type\":\"kv\"}}}";
  if (tn_open(NULL, &options, &engine, NULL) != TN_OK) return -1;
  if (tn_describe(engine, &description, NULL) != TN_OK) return -1;
  all = (vocabulary){tn_field(description.value, "models"), dot};
  return 0;
}

static int close_engine(void **state) {
  (void)state;
  tn_result_free(&description);
  return tn_close(engine, NULL) == TN_OK ? 0 : -1;
}

static completion complete_text(const char *text) {
  completion c;
  complete(&all, (tn_slice){text, strlen(text)}, &c);
  return c;
}

/* What is offered, with spaces between. */
static void expect_words(const char *text, const char *expected) {
  char words[4096] = "";
  completion c = complete_text(text);
  for (size_t i = 0; i < c.count; i++) {
    size_t used = strlen(words);
    snprintf(words + used, sizeof words - used, "%s%.*s", i > 0 ? " " : "", (int)c.words[i].size,
             (const char *)c.words[i].data);
  }
  if (strcmp(words, expected) != 0) fail_msg("'%s' offers '%s', expected '%s'", text, words, expected);
}

/* The line with the only word there is. */
static void expect_line(const char *text, const char *expected) {
  char line[256];
  completion c = complete_text(text);
  if (c.count != 1) fail_msg("'%s' offers %d words", text, (int)c.count);
  snprintf(line, sizeof line, "%.*s%s%.*s%s", (int)c.from, text, c.head, (int)c.words[0].size,
           (const char *)c.words[0].data, c.tail);
  assert_string_equal(line, expected);
}

/* Which operation and parameter is being typed: "put value"; "-" for none. */
static void expect_place(const char *text, const char *expected) {
  char place[128];
  completion c = complete_text(text);
  tn_slice op = tn_is_absent(c.op) ? (tn_slice){"-", 1} : described_text(c.op, "name");
  tn_slice param =
      c.param < 0 ? (tn_slice){"-", 1} : described_text(tn_item(tn_field(c.op, "params"), (uint32_t)c.param), "name");
  snprintf(place, sizeof place, "%.*s %.*s", (int)op.size, (const char *)op.data, (int)param.size,
           (const char *)param.data);
  if (strcmp(place, expected) != 0) fail_msg("'%s' is at '%s', expected '%s'", text, place, expected);
}

/* ---- words ---------------------------------------------------------------------------------- */

static void a_line_begins_with_a_model(void **state) {
  (void)state;
  expect_words("", "cart card stock");
  expect_words("  ca", "cart card");
  expect_line("st", "stock ");
  expect_words("x", "");
  expect_words("# ca", "");
}

static void a_model_is_followed_by_its_operations(void **state) {
  (void)state;
  expect_words("cart mg", "mget");
  expect_words("cart e", "entry exists export expire");
  expect_words("cart pu", "put purge");
  expect_line("cart put", "cart put ");
}

static void common_beginnings_are_known(void **state) {
  (void)state;
  completion c = complete_text("c");
  assert_int_equal(complete_common(&c), 3);
  c = complete_text("cart e");
  assert_int_equal(complete_common(&c), 1);
  c = complete_text("zzz");
  assert_int_equal(complete_common(&c), 0);
}

static void arguments_know_their_operation_and_parameter(void **state) {
  (void)state;
  expect_place("cart put", "- -");
  expect_place("cart put ", "put key");
  expect_place("cart put app", "put key");
  expect_place("cart put \"two words\" ", "put value");
  expect_place("cart put [1, \"]\"] {\"a\": [1, 2]} ", "put if_version");
  expect_place("cart put 1 2 3 4 5 ", "put -");
  expect_place("cart nothing ", "- -");
  expect_words("cart put ", "");
}

static void parameters_that_are_true_or_false_offer_both(void **state) {
  (void)state;
  expect_words("cart scan null null null null null ", "true false");
  expect_line("[\"cart\",\"scan\",{\"reverse\":t", "[\"cart\",\"scan\",{\"reverse\":true");
}

static void behind_two_dashes_stand_names_of_parameters(void **state) {
  (void)state;
  expect_words("cart put --", "key value if_version ttl_ms expires_at");
  expect_line("cart put apples --if", "cart put apples --if_version ");
  expect_line("cart put apples --value 5 --t", "cart put apples --value 5 --ttl_ms ");
  expect_place("cart put apples --ttl_ms ", "put ttl_ms");
  expect_place("cart put --value {\"a\": 1} ", "put -");
  expect_words("cart scan --reverse ", "true false");
  expect_words("cart scan --limit ", "");
  expect_words("cart --", "");
}

/* ---- JSON ----------------------------------------------------------------------------------- */

static void json_is_completed_with_its_quotes(void **state) {
  (void)state;
  expect_words("[\"", "cart card stock");
  expect_words("[", "cart card stock");
  expect_line("[\"st", "[\"stock\",");
  expect_line("[ \"cart\", \"mg", "[ \"cart\", \"mget\",");
  expect_words("[st", "");
}

static void names_of_parameters_are_offered_in_objects(void **state) {
  (void)state;
  expect_words("[\"cart\",\"put\",{", "key value if_version ttl_ms expires_at");
  expect_line("[\"cart\",\"put\",{\"key\":1,\"v", "[\"cart\",\"put\",{\"key\":1,\"value\":");
  expect_line("[\"cart\",\"put\",{\"key\":{\"a\":[]},\"if", "[\"cart\",\"put\",{\"key\":{\"a\":[]},\"if_version\":");
  expect_place("[\"cart\",\"put\",{\"key\":1,\"value\":", "put value");
  expect_place("[\"cart\",\"put\",[1,", "put value");
  expect_words("[\"cart\",\"put\",{\"value\":{\"", "");
}

static void batches_are_requests_within(void **state) {
  (void)state;
  expect_line("{\"b", "{\"batch\":[");
  expect_words("{\"batch\":[[\"cart\",\"put\",[1,2]],[\"s", "stock");
  expect_line("{\"batch\":[[\"cart\",\"put\",{\"k", "{\"batch\":[[\"cart\",\"put\",{\"key\":");
}

static void what_is_no_json_offers_nothing(void **state) {
  (void)state;
  expect_words("]", "");
  expect_words("[[[[[[[[[[[[[[[[[[[[[[[[[[\"", "");
  expect_words("[}\"", "");
  expect_words("[\"a\\", "");
}

/* ---- commands of the prompt ----------------------------------------------------------------- */

static void commands_of_the_prompt_are_offered_with_their_words(void **state) {
  (void)state;
  expect_words(".m", ".models .mode");
  expect_words(".mode ", "table json csv");
  expect_line(".mode j", ".mode json ");
  expect_words(".ops s", "stock");
  expect_words(".help mg", "mget");
  expect_words(".help .mo", ".models .mode");
  expect_words(".models ", "");
  expect_words(".mode table x", "");
}

/* ---- lines that go on ----------------------------------------------------------------------- */

static bool is_open(const char *line) { return line_is_open((tn_slice){line, strlen(line)}); }

static void a_line_goes_on_while_brackets_are_open(void **state) {
  (void)state;
  assert_true(is_open("[\"cart\",\"put\","));
  assert_true(is_open("cart put pears {\"qty\":"));
  assert_true(is_open("{\"batch\":[\n[\"cart\"]"));
  assert_true(is_open("[\"a ] \\\" ]\""));
  assert_false(is_open("[\"cart\",\"put\",[1,2]]"));
  assert_false(is_open("cart put a[1 {\"x\":\"{\"}"));
  assert_false(is_open("# ["));
  assert_false(is_open("[\"never closed"));
  assert_false(is_open("[1]]"));
  assert_false(is_open(""));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_line_begins_with_a_model),
      cmocka_unit_test(a_model_is_followed_by_its_operations),
      cmocka_unit_test(common_beginnings_are_known),
      cmocka_unit_test(arguments_know_their_operation_and_parameter),
      cmocka_unit_test(parameters_that_are_true_or_false_offer_both),
      cmocka_unit_test(behind_two_dashes_stand_names_of_parameters),
      cmocka_unit_test(json_is_completed_with_its_quotes),
      cmocka_unit_test(names_of_parameters_are_offered_in_objects),
      cmocka_unit_test(batches_are_requests_within),
      cmocka_unit_test(what_is_no_json_offers_nothing),
      cmocka_unit_test(commands_of_the_prompt_are_offered_with_their_words),
      cmocka_unit_test(a_line_goes_on_while_brackets_are_open),
  };
  return cmocka_run_group_tests(tests, open_engine, close_engine);
}
