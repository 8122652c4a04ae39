#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "formatters/binary/binary.h"
#include "formatters/json/json.h"
#include "formatters/json/json_number.h"
#include "formatters/json/json_time.h"
#include "support/assert_status.h"
#include "support/formatter_conformance.h"
#include "support/test_host.h"
#include "support/values.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* A new formatter is one line here. */
static const tn_formatter *const formatters[] = {
    &tni_formatter_binary,
    &tni_formatter_json,
};

static tn_slice text_slice(const char *text) { return (tn_slice){text, strlen(text)}; }

static tn_status read_json(tn_slice text, tn_builder *b, size_t *used, tn_error *error) {
  uint8_t *tight = (uint8_t *)malloc(text.size + 1);
  if (text.size) memcpy(tight + 1, text.data, text.size);
  tn_builder_clear(b);
  tn_status status = tni_formatter_json.decode(&test_host, (tn_slice){tight + 1, text.size}, b, used, error);
  free(tight);
  return status;
}

/* The text of a value, with a NUL; freed by the caller. */
static char *write_json(tn_value value) {
  tn_buffer out = {.memory = tn_memory_system()};
  assert_status(tni_formatter_json.encode(&test_host, value, &out, NULL), TN_OK);
  assert_status(tn_buffer_append(&out, "", 1), TN_OK);
  return (char *)out.data;
}

static void assert_json(const char *in, const char *expected) {
  tn_builder b = TN_BUILDER_INIT;
  tn_error error = TN_ERROR_INIT;
  size_t used = 0;
  if (read_json(text_slice(in), &b, &used, &error) != TN_OK) fail_msg("%s: %s at %s", in, error.text, error.where);
  assert_int_equal(used, strlen(in));
  char *out = write_json(tn_built(&b));
  assert_string_equal(out, expected);
  free(out);
  tn_builder_free(&b);
}

/* ---- reading ---- */

static void json_is_read_and_written_in_one_form(void **state) {
  (void)state;
  static const struct {
    const char *in, *out;
  } rows[] = {
      {"null", "null"},
      {" true ", "true"},
      {"\t\r\nfalse\n", "false"},
      {"0", "0"},
      {"-0", "0"},
      {"-0.0", "-0.0"},
      {"-0e5", "-0.0"},
      {"9223372036854775807", "9223372036854775807"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"1.0", "1.0"},
      {"1e0", "1.0"},
      {"1E+2", "100.0"},
      {"12.50", "12.5"},
      {"0e-400", "0.0"},
      {"-0.000e-400", "-0.0"},
      {"0.1", "0.1"},
      {"1e23", "1e23"},
      {"123456789012345678901234567890.0", "1.2345678901234568e29"},
      {"0.00001", "1e-5"},
      {"0.0001", "0.0001"},
      {"1e15", "1000000000000000.0"},
      {"1e16", "1e16"},
      {"5e-324", "5e-324"},
      {"2.2250738585072011e-308", "2.225073858507201e-308"},
      {"1.7976931348623157e308", "1.7976931348623157e308"},
      {"\"\"", "\"\""},
      {"\"a\\u0000b\"", "\"a\\u0000b\""},
      {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\\"\\\\/\\b\\f\\n\\r\\t\""},
      {"\"\\u001F\\u007f\"", "\"\\u001f\x7f\""},
      {"\"\\u00e9\\u20AC\\uD83D\\uDE00\"", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
      {"\"\\uFFFF\"", "\"\xef\xbf\xbf\""},
      {"[ ]", "[]"},
      {"[ 1 , [ 2 ] , { } ]", "[1,[2],{}]"},
      {"{ \"b\" : 1 , \"a\" : [ ] }", "{\"b\":1,\"a\":[]}"},
      {"{\"\":1}", "{\"\":1}"},
      {"{\"$numberLong\":\"12\"}", "12"},
      {"{\"$numberLong\":\"-9223372036854775808\"}", "-9223372036854775808"},
      {"{\"$numberDouble\":\"1.5\"}", "1.5"},
      {"{\"$numberDouble\":\"7\"}", "7.0"},
      {"{\"$numberDouble\":\"-0\"}", "-0.0"},
      {"{\"$numberDouble\":\"12345678901234567890\"}", "1.2345678901234567e19"},
      {"{ \"$numberDouble\" : \"NaN\" }", "{\"$numberDouble\":\"NaN\"}"},
      {"{\"$numberDouble\":\"Infinity\"}", "{\"$numberDouble\":\"Infinity\"}"},
      {"{\"$numberDouble\":\"-Infinity\"}", "{\"$numberDouble\":\"-Infinity\"}"},
      {"{ \"$binary\" : { \"base64\" : \"AQ\\u003d=\" , \"subType\" : \"00\" } }",
       "{\"$binary\":{\"base64\":\"AQ==\",\"subType\":\"00\"}}"},
      {"{\"$binary\":{\"base64\":\"\",\"subType\":\"00\"}}", "{\"$binary\":{\"base64\":\"\",\"subType\":\"00\"}}"},
      {"{\"$binary\":{\"base64\":\"\\/+8=\",\"subType\":\"00\"}}",
       "{\"$binary\":{\"base64\":\"/+8=\",\"subType\":\"00\"}}"},
      {"{\"$date\":\"2024-02-29T12:34:56Z\"}", "{\"$date\":\"2024-02-29T12:34:56Z\"}"},
      {"{\"$date\":\"2024-02-29T12:34:56.5Z\"}", "{\"$date\":\"2024-02-29T12:34:56.500Z\"}"},
      {"{\"$date\":\"2024-02-29T12:34:56.000001Z\"}", "{\"$date\":\"2024-02-29T12:34:56.000001Z\"}"},
      {"{\"$date\":\"2024-03-01T01:00:00+02:30\"}", "{\"$date\":\"2024-02-29T22:30:00Z\"}"},
      {"{\"$date\":\"1969-12-31T23:59:59.999999Z\"}", "{\"$date\":\"1969-12-31T23:59:59.999999Z\"}"},
      {"{\"$date\":\"0001-01-01T00:00:00Z\"}", "{\"$date\":\"0001-01-01T00:00:00Z\"}"},
      {"{\"$date\":\"9999-12-31T23:59:59.999999Z\"}", "{\"$date\":\"9999-12-31T23:59:59.999999Z\"}"},
      {"{\"$date\":{\"$numberLong\":\"1000\"}}", "{\"$date\":\"1970-01-01T00:00:01Z\"}"},
      {"{\"$date\":{\"$numberLong\":\"-0.5\"}}", "{\"$date\":\"1969-12-31T23:59:59.999500Z\"}"},
      {"{\"$date\":{\"$numberLong\":\"253402300800000\"}}", "{\"$date\":{\"$numberLong\":\"253402300800000\"}}"},
      {"{\"$date\":{\"$numberLong\":\"-62135596800000.001\"}}",
       "{\"$date\":{\"$numberLong\":\"-62135596800000.001\"}}"},
      {"{\"$date\":{\"$numberLong\":\"-9223372036854775.808\"}}",
       "{\"$date\":{\"$numberLong\":\"-9223372036854775.808\"}}"},
      {"{\"$date\":\"9999-12-31T23:59:59-01:00\"}", "{\"$date\":{\"$numberLong\":\"253402304399000\"}}"},
      {"{\"$literal\":{\"$date\":5}}", "{\"$literal\":{\"$date\":5}}"},
      {"{\"$literal\":1}", "{\"$literal\":1}"},
      {"{\"$literal\":{\"$literal\":1}}", "{\"$literal\":1}"},
      {"{\"$literal\":{\"$literal\":{\"$literal\":{\"$date\":5}}}}",
       "{\"$literal\":{\"$literal\":{\"$literal\":{\"$date\":5}}}}"},
      {"{\"\\u0024literal\":[null],\"a\":{}}", "{\"$literal\":[null],\"a\":{}}"},
      {"{\"$literal\":{\"a\":{\"$date\":\"2024-02-29T12:34:56Z\"}}}",
       "{\"$literal\":{\"a\":{\"$date\":\"2024-02-29T12:34:56Z\"}}}"},
      {"{\"$literal\":{\"$literal\":{\"$date\":\"2024-02-29T12:34:56Z\"}}}",
       "{\"$literal\":{\"$literal\":{\"$date\":\"2024-02-29T12:34:56Z\"}}}"},
      {"{\"$literal\":{\"$date\":{\"$numberLong\":\"1\"}}}", "{\"$literal\":{\"$date\":1}}"},
      {"{\"a\":1,\"$date\":5}", "{\"a\":1,\"$date\":5}"},
      {"{\"$dates\":1}", "{\"$dates\":1}"},
      {"{\"$oid\":\"x\"}", "{\"$oid\":\"x\"}"},
  };
  for (size_t i = 0; i < COUNT(rows); i++) assert_json(rows[i].in, rows[i].out);
}

static void wrong_json_is_refused_at_its_byte(void **state) {
  (void)state;
  static const struct {
    const char *in;
    unsigned at;
  } rows[] = {
      {"", 0},
      {"  ", 2},
      {"nul", 0},
      {"nulll", 0},
      {"True", 0},
      {"NaN", 0},
      {"Infinity", 0},
      {"'a'", 0},
      {"\xef\xbb\xbf"
       "1",
       0}, /* a byte order mark */
      {"01", 1},
      {"-01", 2},
      {"00", 1},
      {"-", 1},
      {"+1", 0},
      {".5", 0},
      {"1.", 2},
      {"-2.", 3},
      {"1.e5", 2},
      {"1e", 2},
      {"1e+", 3},
      {"1.5.2", 3},
      {"0x10", 1},
      {"1_000", 1},
      {"[1 2]", 3},
      {"9223372036854775808", 0},
      {"[-9223372036854775809]", 1},
      {"123456789012345678901234567890", 0},
      {"1E400", 0},
      {"[1,-1e309]", 3},
      {"[1,1e-400]", 3},
      {"2.4703282292062327e-324", 0},
      {"\"abc", 4},
      {"\"a\nb\"", 2},
      {"\"a\x01\"", 2},
      {"\"\\x\"", 1},
      {"\"ab\\", 3},
      {"\"\\u12\"", 5},
      {"\"\\u12g4\"", 5},
      {"\"\\ud800\"", 1},
      {"\"a\\udc00\"", 2},
      {"\"\\ud800\\ud800\"", 1},
      {"\"\\ud800x\"", 1},
      {"\"\\ud83d\\u00e9\"", 1},
      {"\"ab\x80\"", 3},
      {"\"ab\\n\xc0\xaf\"", 5}, /* an overlong form */
      {"\"\xed\xa0\x80\"", 1},  /* a surrogate in UTF-8 */
      {"\"\xf4\x90\x80\x80\"", 1},
      {"\"\xe2\x82\"", 1},
      {"[\"ok\",\"bad\xff\"]", 10},
      {"{\"a\xff\":1}", 3},
      {"[", 1},
      {"[1", 2},
      {"[1,", 3},
      {"[1,]", 3},
      {"[,1]", 1},
      {"[1}", 2},
      {"{", 1},
      {"{a:1}", 1},
      {"{1:1}", 1},
      {"{\"a\"}", 4},
      {"{\"a\":}", 5},
      {"{\"a\":1,}", 7},
      {"{\"a\":1 \"b\":2}", 7},
      {"{\"a\":1]", 6},
      {"[1]/*x*/", 99}, /* what follows is the caller's */
      {"// x\n1", 0},
      {"{\"a\":1,\"a\":2}", 7},
      {"{\"a\":1,\"b\":{\"x\":[1,\"}\"]},\"c\":3,\"\\u0062\":2,\"a\":1}", 31},
      {"[{\"x\":{\"k\":1, \"k\":2}}]", 14},
      /* reserved forms */
      {"{\"$date\":5}", 9},
      {"{\"$date\":\"yesterday\"}", 9},
      {"{\"$date\":\"2024-02-30T00:00:00Z\"}", 9},
      {"{\"$date\":\"2023-02-29T00:00:00Z\"}", 9},
      {"{\"$date\":\"2024-13-01T00:00:00Z\"}", 9},
      {"{\"$date\":\"0000-01-01T00:00:00Z\"}", 9},
      {"{\"$date\":\"2024-01-01T24:00:00Z\"}", 9},
      {"{\"$date\":\"2024-01-01T00:00:60Z\"}", 9},
      {"{\"$date\":\"2024-01-01T00:00:00\"}", 9},
      {"{\"$date\":\"2024-01-01 00:00:00Z\"}", 9},
      {"{\"$date\":\"2024-01-01T00:00:00.Z\"}", 9},
      {"{\"$date\":\"2024-01-01T00:00:00.1234567Z\"}", 9},
      {"{\"$date\":\"2024-01-01T00:00:00+0100\"}", 9},
      {"{\"$date\":\"2024-01-01T00:00:00ZZ\"}", 9},
      {"{\"$date\":{\"$numberLong\":5}}", 24},
      {"{\"$date\":{\"$numberLong\":\"\"}}", 24},
      {"{\"$date\":{\"$numberLong\":\"01\"}}", 24},
      {"{\"$date\":{\"$numberLong\":\"1.\"}}", 24},
      {"{\"$date\":{\"$numberLong\":\"1.2345\"}}", 24},
      {"{\"$date\":{\"$numberLong\":\"9223372036854776\"}}", 24},
      {"{\"$date\":{\"$numberLong\":\"99999999999999999999999999\"}}", 24},
      {"{\"$date\":{\"ms\":\"1\"}}", 10},
      {"{\"$date\":\"2024-01-01T00:00:00Z\",\"x\":1}", 31},
      {"{\"$binary\":\"AQ==\"}", 11},
      {"{\"$binary\":{\"subType\":\"00\",\"base64\":\"AQ==\"}}", 12},
      {"{\"$binary\":{\"base64\":\"AQ=\",\"subType\":\"00\"}}", 21},
      {"{\"$binary\":{\"base64\":\"AQ\",\"subType\":\"00\"}}", 21},
      {"{\"$binary\":{\"base64\":\"AR==\",\"subType\":\"00\"}}", 21}, /* bits behind the last byte */
      {"{\"$binary\":{\"base64\":\"A===\",\"subType\":\"00\"}}", 21},
      {"{\"$binary\":{\"base64\":\"AQ==AQ==\",\"subType\":\"00\"}}", 21},
      {"{\"$binary\":{\"base64\":\"A Q=\",\"subType\":\"00\"}}", 21},
      {"{\"$binary\":{\"base64\":\"A-_=\",\"subType\":\"00\"}}", 21},
      {"{\"$binary\":{\"base64\":\"AQ==\",\"subType\":\"04\"}}", 38},
      {"{\"$binary\":{\"base64\":\"AQ==\"}}", 27},
      {"{\"$binary\":{\"base64\":\"AQ==\",\"subType\":\"00\",\"x\":1}}", 42},
      {"{\"$numberLong\":12}", 15},
      {"{\"$numberLong\":\"12.0\"}", 15},
      {"{\"$numberLong\":\" 12\"}", 15},
      {"{\"$numberLong\":\"9223372036854775808\"}", 15},
      {"{\"$numberLong\":\"\"}", 15},
      {"{\"$numberDouble\":1.5}", 17},
      {"{\"$numberDouble\":\"1,5\"}", 17},
      {"{\"$numberDouble\":\"nan\"}", 17},
      {"{\"$numberDouble\":\"1e999\"}", 17},
      {"{\"$numberDouble\":\"1\",\"a\":2}", 20},
      {"{\"$literal\":{\"$date\":5},\"a\":1}", 23},
  };
  tn_builder b = TN_BUILDER_INIT;
  for (size_t i = 0; i < COUNT(rows); i++) {
    tn_error error = TN_ERROR_INIT;
    size_t used = 0;
    tn_status status = read_json(text_slice(rows[i].in), &b, &used, &error);
    if (rows[i].at == 99) {
      assert_status(status, TN_OK);
      assert_int_equal(used, 3);
      continue;
    }
    char where[32];
    snprintf(where, sizeof where, "byte %u", rows[i].at);
    if (status != TN_INVALID || strcmp(error.where, where) != 0)
      fail_msg("%s: %s, %s (%s), expected %s", rows[i].in, tn_status_name(status), error.where, error.text, where);
    assert_true(strlen(error.text) > 10);
  }
  tn_builder_free(&b);
}

static void nul_bytes_in_the_text_are_refused(void **state) {
  (void)state;
  tn_builder b = TN_BUILDER_INIT;
  tn_error error = TN_ERROR_INIT;
  size_t used;
  assert_status(read_json((tn_slice){"\"a\0b\"", 5}, &b, &used, &error), TN_INVALID);
  assert_string_equal(error.where, "byte 2");
  assert_status(read_json((tn_slice){"[\0]", 3}, &b, &used, &error), TN_INVALID);
  assert_string_equal(error.where, "byte 1");
  tn_builder_free(&b);
}

static void nesting_ends_at_its_limit(void **state) {
  (void)state;
  tn_builder b = TN_BUILDER_INIT;
  tn_error error = TN_ERROR_INIT;
  size_t used;
  char text[100000];
  memset(text, '[', sizeof text);
  assert_status(read_json((tn_slice){text, sizeof text}, &b, &used, &error), TN_LIMIT);
  assert_string_equal(error.where, "byte 100");
  for (size_t i = 0; i + 5 <= sizeof text; i += 5) memcpy(text + i, "{\"a\":", 5);
  assert_status(read_json((tn_slice){text, sizeof text}, &b, &used, &error), TN_LIMIT);
  assert_string_equal(error.where, "byte 500");
  for (size_t i = 0; i + 17 <= sizeof text; i += 17) memcpy(text + i, "{\"$literal\":{\"a\":", 17);
  assert_status(read_json((tn_slice){text, sizeof text}, &b, &used, &error), TN_LIMIT);
  assert_string_equal(error.where, "byte 850");
  assert_non_null(strstr(error.text, "nested too deeply"));
  memset(text, '[', 100);
  memcpy(text + 100, "{\"$numberLong\":\"1\"}", 19);
  memset(text + 119, ']', 100);
  assert_status(read_json((tn_slice){text, 219}, &b, &used, &error), TN_OK);
  memcpy(text + 100, "{}]", 3);
  assert_status(read_json((tn_slice){text, 219}, &b, &used, &error), TN_LIMIT);
  tn_builder_free(&b);
}

static void a_duplicate_among_many_names_is_found(void **state) {
  (void)state;
  values_source source = values_source_for_run("duplicate in JSON");
  tn_builder b = TN_BUILDER_INIT;
  char *text = (char *)malloc(200000), where[32];
  for (unsigned round = 0; round < 20; round++) {
    size_t at = (size_t)sprintf(text, "{"), count = 2 + (size_t)values_below(&source, 3000), wrong = 0;
    size_t second = 1 + (size_t)values_below(&source, count - 1), first = (size_t)values_below(&source, second);
    for (size_t i = 0; i < count; i++) {
      if (i == second) wrong = at;
      at += (size_t)sprintf(text + at, "\"name %zu\" : [{\"x\":\"]},\"}, %zu] , ", i == second ? first : i, i);
    }
    at += (size_t)sprintf(text + at, "\"last\":0}");
    tn_error error = TN_ERROR_INIT;
    size_t used;
    assert_status(read_json((tn_slice){text, at}, &b, &used, &error), TN_INVALID);
    snprintf(where, sizeof where, "byte %zu", wrong);
    assert_string_equal(error.where, where);
  }
  free(text);
  tn_builder_free(&b);
}

static void a_character_to_escape_is_found_at_every_place_of_a_string(void **state) {
  (void)state;
  static const struct {
    char c;
    const char *escaped;
  } rows[] = {{'"', "\\\""},     {'\\', "\\\\"}, {'\0', "\\u0000"}, {'\n', "\\n"},
              {0x1f, "\\u001f"}, {'!', "!"},     {'[', "["},        {' ', " "}};
  char text[41], expected[60];
  tn_builder b = TN_BUILDER_INIT, back = TN_BUILDER_INIT;
  size_t used;
  for (size_t row = 0; row < COUNT(rows); row++) {
    for (size_t size = 1; size < sizeof text; size++) {
      for (size_t at = 0; at < size; at++) {
        memset(text, 'x', sizeof text);
        text[at] = rows[row].c;
        snprintf(expected, sizeof expected, "\"%.*s%s%.*s\"", (int)at, text, rows[row].escaped, (int)(size - at - 1),
                 text + at + 1);
        tn_builder_clear(&b);
        tn_add(&b, tn_text((tn_slice){text, size}));
        char *written = write_json(tn_built(&b));
        assert_string_equal(written, expected);
        assert_status(read_json(text_slice(written), &back, &used, NULL), TN_OK);
        assert_true(tn_value_same(tn_built(&b), tn_built(&back)));
        free(written);
      }
    }
  }
  tn_builder_free(&b);
  tn_builder_free(&back);
}

/* A string is read in runs; escapes, quotes and the end of the text come right before, at and behind their ends. */
static void long_strings_are_read_whole_whatever_stands_where(void **state) {
  (void)state;
  static const char *const specials[] = {"\\n", "\\u00fc", "\\ud83d\\ude00", "\\\"", "\xc3\xbc", "x"};
  static const char *const meant[] = {"\n", "\xc3\xbc", "\xf0\x9f\x98\x80", "\"", "\xc3\xbc", "x"};
  char text[9000], expected[9000];
  tn_builder b = TN_BUILDER_INIT;
  size_t used;
  for (size_t special = 0; special < COUNT(specials); special++) {
    for (size_t before = 4040; before < 4110; before++) {
      for (size_t after = 0; after < 40; after += 13) {
        int size = snprintf(text, sizeof text, "\"%0*d%s%s%0*d\"", (int)before, 0, specials[special],
                            specials[special], (int)after + 1, 7);
        snprintf(expected, sizeof expected, "%0*d%s%s%0*d", (int)before, 0, meant[special], meant[special],
                 (int)after + 1, 7);
        assert_status(read_json((tn_slice){text, (size_t)size}, &b, &used, NULL), TN_OK);
        tn_slice have = {"", 0};
        assert_true(tn_as_string(tn_built(&b), &have) && have.size == strlen(expected));
        assert_memory_equal(have.data, expected, have.size);
        assert_status(read_json((tn_slice){text, (size_t)size - 1}, &b, &used, NULL), TN_INVALID);
      }
    }
  }
  tn_builder_free(&b);
}

/* ---- numbers and times ---- */

static bool same_bits(double a, double b) { return memcmp(&a, &b, sizeof a) == 0; }

static size_t significant_digits(const char *text) {
  size_t count = 0, zeros = 0;
  for (; *text && *text != 'e'; text++) {
    if (*text < '0' || *text > '9' || (count == 0 && *text == '0')) continue;
    zeros = *text == '0' ? zeros + 1 : 0;
    count++;
  }
  return count - zeros;
}

static void assert_shortest(double d) {
  char text[TNI_JSON_NUMBER_MAX + 1], shorter[64];
  size_t size = tni_json_double_write((uint8_t *)text, d);
  assert_true(size <= TNI_JSON_NUMBER_MAX);
  text[size] = '\0';
  assert_true(strpbrk(text, ".e") != NULL);
  assert_true(same_bits(strtod(text, NULL), d));
  size_t digits = significant_digits(text);
  if (digits < 2) return;
  snprintf(shorter, sizeof shorter, "%.*e", (int)digits - 2, d);
  assert_false(same_bits(strtod(shorter, NULL), d));
}

static void doubles_are_written_as_the_shortest_text_that_reads_back(void **state) {
  (void)state;
  values_source source = values_source_for_run("doubles written");
  for (int e = -1074; e <= 1023; e++) {
    assert_shortest(ldexp(1, e));
    assert_shortest(nextafter(ldexp(1, e), 0) + 0.0);
    assert_shortest(-nextafter(ldexp(1, e), INFINITY));
  }
  for (unsigned i = 0; i < 200000; i++) {
    double d = values_double(&source);
    if (isfinite(d)) assert_shortest(d);
  }
}

static void assert_read_like_strtod(const char *text) {
  double got = 0, expected = strtod(text, NULL);
  tni_json_problem problem = {NULL, ""};
  const uint8_t *start = (const uint8_t *)text, *end = start + strlen(text);
  const uint8_t *next = tni_json_double_read(start, end, &got, &problem);
  bool lost = expected == 0 && strcspn(text, "123456789") < strcspn(text, "eE");
  if (isinf(expected) || lost) {
    assert_null(next);
  } else {
    assert_ptr_equal(next, end);
    if (!same_bits(got, expected)) fail_msg("%s: %a, expected %a", text, got, expected);
  }
}

static void doubles_are_read_correctly_rounded(void **state) {
  (void)state;
  static const char *const hard[] = {"9007199254740993.0",
                                     "9007199254740992.99999999999999999999999999999",
                                     "9007199254740993.00000000000000000000000000001",
                                     "2.2250738585072012e-308",
                                     "2.2250738585072011e-308",
                                     "4.9406564584124654e-324",
                                     "2.4703282292062327e-324",
                                     "2.4703282292062328e-324",
                                     "1.7976931348623158e308",
                                     "1.7976931348623159e308",
                                     "1.797693134862315807e308",
                                     "8.5e22",
                                     "0.000000000000000000000000000000000000000001e50",
                                     "1e-99999999999999999999",
                                     "0e99999999999999999999",
                                     "7.2057594037927933e16",
                                     "6.631236846766476e-316"};
  for (size_t i = 0; i < COUNT(hard); i++) assert_read_like_strtod(hard[i]);
  values_source source = values_source_for_run("doubles read");
  char text[1200];
  for (unsigned i = 0; i < 100000; i++) {
    size_t count = 1 + (size_t)values_below(&source, i % 500 == 0 ? 1000 : i % 10 == 0 ? 40 : 19), size = 0;
    text[size++] = (char)('1' + values_below(&source, 9));
    text[size++] = '.';
    for (size_t k = 0; k < count; k++) text[size++] = (char)('0' + values_below(&source, 10));
    sprintf(text + size, "e%d", (int)values_below(&source, 660) - 340);
    assert_read_like_strtod(text);
  }
}

/* A number halfway between two doubles, and its neighbours in the last of many digits. */
static void halves_between_doubles_are_rounded_to_even(void **state) {
  (void)state;
  values_source source = values_source_for_run("halfway decimals");
  char text[1200];
  for (unsigned i = 0; i < 20000; i++) {
    uint64_t whole = (UINT64_C(1) << 53) + values_below(&source, UINT64_C(1) << 53);
    whole |= 1; /* between two doubles, which are even here */
    sprintf(text, "%llu.%s", (unsigned long long)whole, i % 3 == 0 ? "0" : i % 3 == 1 ? "00000000000000001" : "5e-1");
    assert_read_like_strtod(text);
    sprintf(text, "%llu.9999999999999999999999999999999999999", (unsigned long long)whole - 1);
    assert_read_like_strtod(text);
  }
}

static void timestamps_keep_every_microsecond(void **state) {
  (void)state;
  values_source source = values_source_for_run("timestamps");
  for (unsigned i = 0; i < 100000; i++) {
    int64_t us = values_timestamp(&source), back = 0;
    uint8_t text[TNI_TIME_TEXT_MAX];
    size_t size = tni_time_write_ms(text, us);
    assert_true(size <= sizeof text && tni_time_read_ms(text, size, &back));
    assert_true(back == us);
    if (!tni_time_has_date(us)) continue;
    size = tni_time_write_date(text, us);
    assert_true(size <= sizeof text && tni_time_read_date(text, size, &back));
    assert_true(back == us);
  }
}

/* ---- between formats ---- */

static void json_to_binary_to_json_is_the_same_text(void **state) {
  (void)state;
  values_source source = values_source_for_run("json, binary, json");
  tn_builder b = TN_BUILDER_INIT, first = TN_BUILDER_INIT, second = TN_BUILDER_INIT;
  size_t used = 0;
  for (unsigned i = 0; i < 5000; i++) {
    char *text = write_json(values_build(&source, &b, 4));
    assert_status(read_json(text_slice(text), &first, &used, NULL), TN_OK);
    tn_buffer bytes = {.memory = tn_memory_system()};
    assert_status(tni_formatter_binary.encode(&test_host, tn_built(&first), &bytes, NULL), TN_OK);
    tn_builder_clear(&second);
    assert_status(tni_formatter_binary.decode(&test_host, (tn_slice){bytes.data, bytes.size}, &second, &used, NULL),
                  TN_OK);
    char *again = write_json(tn_built(&second));
    assert_string_equal(text, again);
    free(text);
    free(again);
    tn_buffer_free(&bytes);
  }
  tn_builder_free(&b);
  tn_builder_free(&first);
  tn_builder_free(&second);
}

/* ---- every check for every formatter ---- */

typedef struct subject {
  const tn_formatter *formatter;
  const formatter_check *check;
  char name[96];
} subject;

static void run_check(void **state) {
  const subject *s = (const subject *)*state;
  s->check->run(s->formatter);
}

enum { SUBJECTS = COUNT(formatters) * FORMATTER_CHECK_COUNT };

static void fill_subjects(subject *subjects, struct CMUnitTest *tests) {
  for (size_t i = 0; i < SUBJECTS; i++) {
    subject *s = &subjects[i];
    s->formatter = formatters[i / FORMATTER_CHECK_COUNT];
    s->check = &formatter_checks[i % FORMATTER_CHECK_COUNT];
    snprintf(s->name, sizeof s->name, "%s: %s", s->formatter->plugin.name, s->check->name);
    tests[i] = (struct CMUnitTest){s->name, run_check, NULL, NULL, s};
  }
}

int main(void) {
  static const struct CMUnitTest own[] = {
      cmocka_unit_test(json_is_read_and_written_in_one_form),
      cmocka_unit_test(wrong_json_is_refused_at_its_byte),
      cmocka_unit_test(a_character_to_escape_is_found_at_every_place_of_a_string),
      cmocka_unit_test(long_strings_are_read_whole_whatever_stands_where),
      cmocka_unit_test(nul_bytes_in_the_text_are_refused),
      cmocka_unit_test(nesting_ends_at_its_limit),
      cmocka_unit_test(a_duplicate_among_many_names_is_found),
      cmocka_unit_test(doubles_are_written_as_the_shortest_text_that_reads_back),
      cmocka_unit_test(doubles_are_read_correctly_rounded),
      cmocka_unit_test(halves_between_doubles_are_rounded_to_even),
      cmocka_unit_test(timestamps_keep_every_microsecond),
      cmocka_unit_test(json_to_binary_to_json_is_the_same_text),
  };
  static subject subjects[SUBJECTS];
  struct CMUnitTest tests[SUBJECTS + COUNT(own)];
  fill_subjects(subjects, tests);
  memcpy(tests + SUBJECTS, own, sizeof own);
  return cmocka_run_group_tests_name("formatters", tests, NULL, NULL);
}
