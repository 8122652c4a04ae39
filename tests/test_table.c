/* test_table.c - what the prompt shows of a value: tables, indented JSON, CSV, all without a terminal. */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/table.h"
#include "cli/text.h"
#include "support/assert_status.h"

static const table_style plain = {TABLE_MODE_TABLE, 40, false, NULL};
static const table_style csv = {TABLE_MODE_CSV, 40, false, NULL};

/* Shows the value that `json` is, and compares. */
static void expect_shown(const table_style *style, const char *json, const char *expected) {
  tn_builder value = TN_BUILDER_INIT;
  char *text = NULL;
  size_t size = 0;
  FILE *to = open_memstream(&text, &size);
  assert_non_null(to);
  assert_status(tn_decode("json", (tn_slice){json, strlen(json)}, &value, NULL, NULL), TN_OK);
  assert_status(table_print(to, style, tn_built(&value), NULL), TN_OK);
  assert_int_equal(fclose(to), 0);
  assert_string_equal(text, expected);
  free(text);
  tn_builder_free(&value);
}

static int use_utf8(void **state) {
  (void)state;
  return setlocale(LC_CTYPE, "C.UTF-8") ? 0 : -1;
}

/* ---- tables --------------------------------------------------------------------------------- */

static void rows_of_objects_are_a_table_with_numbers_to_the_right(void **state) {
  (void)state;
  expect_shown(&plain, "[{\"key\":\"a\",\"n\":1},{\"key\":\"apples\",\"n\":1200},{\"key\":\"b\",\"n\":null}]",
               "key        n\n"
               "------  ----\n"
               "a          1\n"
               "apples  1200\n"
               "b       null\n"
               "(3 rows)\n");
}

static void a_row_may_lack_fields_and_bring_new_ones(void **state) {
  (void)state;
  expect_shown(&plain, "[{\"a\":1},{\"b\":{\"x\":[1,2]}},{}]",
               "a  b\n"
               "-  -----------\n"
               "1  \n"
               "   {\"x\":[1,2]}\n"
               "   \n"
               "(3 rows)\n");
}

static void long_cells_are_cut_until_the_table_fits(void **state) {
  (void)state;
  expect_shown(&plain, "[{\"k\":1,\"long\":\"0123456789012345678901234567890123456789\",\"other\":\"short enough\"}]",
               "k  long                     other\n"
               "-  -----------------------  ------------\n"
               "1  0123456789012345678901…  short enough\n"
               "(1 row)\n");
}

static void a_row_that_fits_in_no_columns_is_a_block_of_lines(void **state) {
  (void)state;
  expect_shown(
      &plain,
      "[{\"one\":\"111111111111\",\"two\":\"222222222222\",\"three\":\"333333333333\",\"four\":\"444444444444\","
      "\"five\":\"555555555555555555555555555555555555555\"}]",
      "-- 1\n"
      "one    111111111111\n"
      "two    222222222222\n"
      "three  333333333333\n"
      "four   444444444444\n"
      "five   55555555555555555555555555555555…\n"
      "(1 row)\n");
}

static void wide_characters_take_two_columns_and_combining_ones_none(void **state) {
  (void)state;
  expect_shown(&plain, "[{\"k\":\"日本\",\"v\":1},{\"k\":\"e\\u0301te\",\"v\":2}]",
               "k     v\n"
               "----  -\n"
               "日本  1\n"
               "e\u0301te   2\n"
               "(2 rows)\n");
}

static void a_cut_never_splits_a_character(void **state) {
  (void)state;
  char *text = NULL;
  size_t size = 0;
  FILE *to = open_memstream(&text, &size);
  assert_non_null(to);
  assert_int_equal(text_print_cut(to, (tn_slice){"日本語", 9}, 4), 3);
  assert_int_equal(text_print_cut(to, (tn_slice){"日本", 6}, 4), 4);
  assert_int_equal(fclose(to), 0);
  assert_string_equal(text, "日…日本");
  free(text);
}

static void expect_wrapped(const char *text, size_t indent, size_t columns, const char *expected) {
  char *out = NULL;
  size_t size = 0;
  FILE *to = open_memstream(&out, &size);
  assert_non_null(to);
  text_print_wrapped(to, (tn_slice){text, strlen(text)}, indent, columns);
  assert_int_equal(fclose(to), 0);
  assert_string_equal(out, expected);
  free(out);
}

static void wrapped_text_breaks_between_words_and_stays_indented(void **state) {
  (void)state;
  expect_wrapped("the quick brown fox jumps over the lazy dog", 6, 32,
                 "the quick brown fox jumps\n"
                 "      over the lazy dog");
  expect_wrapped("as long as it gets", 6, 0, "as long as it gets");
  expect_wrapped("a_word_that_is_longer_than_the_line fits nowhere", 2, 26,
                 "a_word_that_is_longer_than_the_line\n"
                 "  fits nowhere");
  expect_wrapped("little room left", 30, 40, "\n        little room left");
  expect_wrapped("", 30, 0, "");
}

/* ---- values --------------------------------------------------------------------------------- */

static void scalars_are_plain(void **state) {
  (void)state;
  expect_shown(&plain, "\"two words\"", "two words\n");
  expect_shown(&plain, "\"two\\nlines\"", "two\nlines\n");
  expect_shown(&plain, "1.5", "1.5\n");
  expect_shown(&plain, "null", "null\n");
  expect_shown(&plain, "{\"$date\":\"2026-01-02T03:04:05Z\"}", "2026-01-02T03:04:05Z\n");
  expect_shown(&plain, "{\"$numberDouble\":\"NaN\"}", "NaN\n");
}

static void a_value_stands_on_one_line_where_it_fits_else_indented(void **state) {
  (void)state;
  expect_shown(&plain, "{\"qty\":2,\"tags\":[\"ripe\",\"red\"]}", "{\"qty\": 2, \"tags\": [\"ripe\", \"red\"]}\n");
  expect_shown(&plain, "{\"name\":\"a name of some length\",\"tags\":[\"ripe\",\"red\"],\"none\":[]}",
               "{\n"
               "  \"name\": \"a name of some length\",\n"
               "  \"tags\": [\"ripe\", \"red\"],\n"
               "  \"none\": []\n"
               "}\n");
  expect_shown(&plain, "[]", "[]\n");
  expect_shown(&plain, "[1,[2,{\"a\\\"],\":3}]]", "[1, [2, {\"a\\\"],\": 3}]]\n");
}

static void long_strings_within_a_value_are_cut(void **state) {
  (void)state;
  expect_shown(&plain, "{\"text\":\"0123456789012345678901234567890123456789\"}",
               "{\n"
               "  \"text\": \"01234567890123456789012345…\"\n"
               "}\n");
}

static void what_commands_a_terminal_is_escaped(void **state) {
  (void)state;
  expect_shown(&plain, "\"\\u001b[31m\\u009b\\u0007\"", "\\u001b[31m\\u009b\\u0007\n");
  expect_shown(&plain, "[{\"k\":\"a\\nb\\u001b\"}]",
               "k\n"
               "----------\n"
               "a\\nb\\u001b\n"
               "(1 row)\n");
}

static void what_hides_or_reorders_text_is_escaped(void **state) {
  (void)state;
  expect_shown(&plain, "\"a\\u0000b\\u202ec\\u200bd\\ufeff\"", "a\\u0000b\\u202ec\\u200bd\\ufeff\n");
  expect_shown(&plain, "\"\\udbff\\udfff\"", "\\udbff\\udfff\n");
}

static void no_mode_lets_data_command_the_terminal(void **state) {
  (void)state;
  static const table_style json = {TABLE_MODE_JSON, 10, false, NULL};
  expect_shown(&json, "{\"k\":\"\\u001b\\u009b\\u007f\"}", "{\"k\":\"\\u001b\\u009b\\u007f\"}\n");
  expect_shown(&csv, "[{\"k\":\"\\u001b[31m\"},{\"k\":\"a\\r\\\"\\u009b\\n,\"}]",
               "k\n"
               "\\u001b[31m\n"
               "\"a\\r\"\"\\u009b\n,\"\n");
}

static void colours_surround_and_never_count(void **state) {
  (void)state;
  static const table_style coloured = {TABLE_MODE_TABLE, 40, true, NULL};
  expect_shown(&coloured, "7", "\033[33m7\033[0m\n");
  expect_shown(&coloured, "{\"a\":null}", "{\033[36m\"a\"\033[0m: \033[2mnull\033[0m}\n");
}

/* ---- other modes ---------------------------------------------------------------------------- */

static void json_mode_gives_a_value_a_line(void **state) {
  (void)state;
  static const table_style json = {TABLE_MODE_JSON, 10, true, NULL};
  expect_shown(&json, "[{\"key\":\"a\",\"value\":\"longer than the width\"}]",
               "[{\"key\":\"a\",\"value\":\"longer than the width\"}]\n");
}

static void csv_quotes_what_has_to_be(void **state) {
  (void)state;
  expect_shown(&csv, "[{\"k\":\"a,b\",\"v\":\"say \\\"hi\\\"\"},{\"k\":\"\",\"v\":null},{\"v\":{\"x\":1},\"z\":2}]",
               "k,v,z\n"
               "\"a,b\",\"say \"\"hi\"\"\",\n"
               "\"\",,\n"
               ",\"{\"\"x\"\":1}\",2\n");
}

static void csv_has_a_column_named_value_for_what_has_no_fields(void **state) {
  (void)state;
  expect_shown(&csv, "[1,\"two\"]", "value\n1\ntwo\n");
  expect_shown(&csv, "3", "value\n3\n");
  expect_shown(&csv, "{\"a\":1,\"b\":\"x\"}", "a,b\n1,x\n");
}

static void an_error_is_one_line_with_where(void **state) {
  (void)state;
  char *text = NULL;
  size_t size = 0;
  tn_error error = TN_ERROR_INIT;
  FILE *to = open_memstream(&text, &size);
  assert_non_null(to);
  (void)tn_error_set(&error, TN_CONFLICT, "if_version", "expected version 1, found version 2");
  table_print_error(to, &plain, &error, NULL);
  (void)tn_error_set(&error, TN_NOT_FOUND, NULL, "%s", "");
  table_print_error(to, &plain, &error, "ops:3");
  assert_int_equal(fclose(to), 0);
  assert_string_equal(text,
                      "CONFLICT: expected version 1, found version 2 (if_version)\n"
                      "ops:3: NOT_FOUND: no such entry\n");
  free(text);
}

static bool always(void) { return true; }

static void printing_stops_when_asked_to(void **state) {
  (void)state;
  static const table_style stopping = {TABLE_MODE_TABLE, 40, false, always};
  expect_shown(&stopping, "[{\"k\":1},{\"k\":2}]", "k\n-\n");
}

static int asked;
static bool from_the_third_time_on(void) { return ++asked > 2; }

/* Two pieces of it, whole characters, though it is one value. */
static void printing_a_long_text_stops_within_it(void **state) {
  (void)state;
  static const table_mode modes[] = {TABLE_MODE_TABLE, TABLE_MODE_JSON, TABLE_MODE_CSV};
  for (size_t i = 0; i < 3; i++) {
    const table_style style = {modes[i], 40, false, from_the_third_time_on};
    tn_builder value = TN_BUILDER_INIT;
    char *json = malloc(60003), *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    assert_non_null(json);
    assert_non_null(to);
    strcpy(json, "\"");
    for (size_t k = 0; k < 20000; k++) memcpy(json + 1 + 3 * k, "日", 3);
    strcpy(json + 60001, "\"");
    assert_status(tn_decode("json", (tn_slice){json, 60002}, &value, NULL, NULL), TN_OK);
    asked = 0;
    assert_status(table_print(to, &style, tn_built(&value), NULL), TN_OK);
    assert_int_equal(fclose(to), 0);
    assert_in_range(size, 8000, 8200);
    assert_null(strstr(text, "\\x"));
    free(text);
    free(json);
    tn_builder_free(&value);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rows_of_objects_are_a_table_with_numbers_to_the_right),
      cmocka_unit_test(a_row_may_lack_fields_and_bring_new_ones),
      cmocka_unit_test(long_cells_are_cut_until_the_table_fits),
      cmocka_unit_test(a_row_that_fits_in_no_columns_is_a_block_of_lines),
      cmocka_unit_test(wide_characters_take_two_columns_and_combining_ones_none),
      cmocka_unit_test(a_cut_never_splits_a_character),
      cmocka_unit_test(wrapped_text_breaks_between_words_and_stays_indented),
      cmocka_unit_test(scalars_are_plain),
      cmocka_unit_test(a_value_stands_on_one_line_where_it_fits_else_indented),
      cmocka_unit_test(long_strings_within_a_value_are_cut),
      cmocka_unit_test(what_commands_a_terminal_is_escaped),
      cmocka_unit_test(what_hides_or_reorders_text_is_escaped),
      cmocka_unit_test(no_mode_lets_data_command_the_terminal),
      cmocka_unit_test(colours_surround_and_never_count),
      cmocka_unit_test(json_mode_gives_a_value_a_line),
      cmocka_unit_test(csv_quotes_what_has_to_be),
      cmocka_unit_test(csv_has_a_column_named_value_for_what_has_no_fields),
      cmocka_unit_test(an_error_is_one_line_with_where),
      cmocka_unit_test(printing_stops_when_asked_to),
      cmocka_unit_test(printing_a_long_text_stops_within_it),
  };
  return cmocka_run_group_tests(tests, use_utf8, NULL);
}
