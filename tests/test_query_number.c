/* Numbers, sums and the calendar against the C library's and against a slow way: random ones, from a printed seed. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "models/query/calendar.h"
#include "models/query/expr.h"
#include "models/query/number.h"
#include "support/assert_status.h"
#include "support/handler.h"
#include "support/values.h"
#include "tenon.h"

#define ROUNDS 20000

/* ---- numbers ---------------------------------------------------------------------------------- */

static double finite_double(values_source *source) {
  double d;
  do d = values_double(source);
  while (!isfinite(d));
  return d;
}

/* Prices and the like, many of them in the middle of two. */
static double short_decimal(values_source *source) {
  double scale = pow(10, (double)values_below(source, 6));
  return ((double)values_below(source, 2000000) - 1000000) / scale;
}

static void a_number_written_reads_back(void **state) {
  values_source source = values_source_for_run("numbers");
  (void)state;
  for (unsigned i = 0; i < ROUNDS; i++) {
    char text[TNI_NUMBER_TEXT_MAX];
    double d = finite_double(&source), back = 0;
    size_t size = tni_number_text(d, text);
    assert_int_equal(size, strlen(text));
    assert_true(tni_number_read((tn_slice){text, size}, &back));
    assert_memory_equal(&back, &d, sizeof d);
  }
}

static void a_number_is_read_as_strtod_does(void **state) {
  static const char *const texts[] = {"0",        "-0",      "1.",    ".5",     "1e5",
                                      "1E-5",     "+7",      "1e400", "1e-400", "12345678901234567890123456789",
                                      "4.9e-324", "00012.50"};
  (void)state;
  for (size_t i = 0; i < TNI_LENGTH(texts); i++) {
    double d = 0, expected = strtod(texts[i], NULL);
    assert_true(tni_number_read(tni_slice_of(texts[i]), &d));
    assert_memory_equal(&d, &expected, sizeof d);
  }
}

static void what_is_no_number_is_not_read(void **state) {
  static const char *const texts[] = {"", "-", ".", "e5", "1e", "1e+", "1x", " 1", "1 ", "0x10", "1,5", "--1", "inf"};
  double d;
  int64_t n;
  (void)state;
  for (size_t i = 0; i < TNI_LENGTH(texts); i++) {
    assert_false(tni_number_read(tni_slice_of(texts[i]), &d));
    assert_false(tni_int_read(tni_slice_of(texts[i]), &n));
  }
}

static void a_sum_of_ints_is_exact_whatever_the_way(void **state) {
  tni_sum sum = {0};
  (void)state;
  for (unsigned i = 0; i < 1000; i++) tni_sum_add(&sum, tni_number_int(INT64_MAX));
  assert_false(tni_sum_number(&sum).is_int);
  for (unsigned i = 0; i < 999; i++) tni_sum_add(&sum, tni_number_int(-INT64_MAX));
  assert_true(tni_sum_number(&sum).is_int);
  assert_true(tni_sum_number(&sum).i == INT64_MAX);
}

static void a_sum_of_doubles_keeps_what_rounding_loses(void **state) {
  tni_sum sum = {0};
  (void)state;
  for (unsigned i = 0; i < 1000000; i++) tni_sum_add(&sum, tni_number_double(0.1));
  assert_true(tni_sum_double(&sum) == 100000.0);
}

/* ---- rounding --------------------------------------------------------------------------------- */

static tn_value rounded(tn_ctx *ctx, tni_pool *pool, double d, int64_t place) {
  tni_scope scope = {.count = 0};
  tni_eval eval;
  const tni_expr *expr;
  tn_value result = TN_NO_VALUE;
  tn_builder *spec = tn_builder_for(ctx);
  tn_object_begin(spec);
  tn_name(spec, "$round");
  tn_array_begin(spec);
  tn_add(spec, d);
  tn_add(spec, place);
  tn_end(spec);
  tn_end(spec);
  assert_status(tni_expr_compile(ctx, &scope, tn_built(spec), "", &expr), TN_OK);
  assert_status(tni_eval_init(&eval, ctx, pool, &scope), TN_OK);
  assert_status(tni_expr_eval(expr, &eval, &result), TN_OK);
  return result;
}

/* printf() rounds the exact value, the middle to the even neighbour. */
static double rounded_by_printf(double d, int place) {
  char text[512];
  (void)snprintf(text, sizeof text, "%.*f", place, d);
  return strtod(text, NULL);
}

static void round_to_places(tn_ctx *ctx, void *arg) {
  values_source *source = arg;
  tni_pool pool;
  tni_pool_init(&pool, ctx, TNI_POOL_LIMIT_DEFAULT);
  for (unsigned i = 0; i < 500; i++) {
    double d = values_chance(source, 30) ? finite_double(source) : short_decimal(source), got = 0;
    int place = (int)values_below(source, values_chance(source, 80) ? 6 : 30);
    double expected = rounded_by_printf(d, place);
    assert_true(tn_as_double(rounded(ctx, &pool, d, place), &got));
    if (got != expected) fail_msg("%.17g to %d: %.17g instead of %.17g", d, place, got, expected);
  }
}

static void rounding_takes_a_double_exactly(void **state) {
  values_source source = values_source_for_run("numbers");
  (void)state;
  for (unsigned i = 0; i < ROUNDS / 500; i++) handler_run(round_to_places, &source);
}

/* ---- calendar --------------------------------------------------------------------------------- */

static void a_moment_is_its_calendar(void **state) {
  values_source source = values_source_for_run("numbers");
  (void)state;
  for (unsigned i = 0; i < ROUNDS; i++) {
    int64_t us = values_timestamp(&source), back = 0;
    tni_calendar at = tni_calendar_of(us);
    assert_true(tni_calendar_exists(&at));
    assert_true(tni_calendar_us(&at, &back));
    assert_true(us == back);
  }
}

static void the_calendar_is_that_of_the_c_library(void **state) {
  values_source source = values_source_for_run("numbers");
  (void)state;
  for (unsigned i = 0; i < ROUNDS; i++) {
    char expected[64], got[64];
    struct tm tm;
    time_t seconds = (time_t)values_below(&source, 315537897600) - 62135596800; /* years 1 to 9999 */
    tni_calendar at = tni_calendar_of((int64_t)seconds * TNI_SECOND);
    tni_iso_week week = tni_iso_week_of(&at);
    assert_non_null(gmtime_r(&seconds, &tm));
    (void)snprintf(expected, sizeof expected, "%d-%d-%d %d:%d:%d %d %d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                   tm.tm_hour, tm.tm_min, tm.tm_sec, tm.tm_yday + 1, tm.tm_wday);
    (void)snprintf(got, sizeof got, "%d-%d-%d %d:%d:%d %u %u", (int)at.year, (int)at.month, (int)at.day, (int)at.hour,
                   (int)at.minute, (int)at.second, tni_day_of_year(&at),
                   tni_weekday(tni_days_of(at.year, at.month, at.day)));
    assert_string_equal(got, expected);
    (void)strftime(expected, sizeof expected, "%V %u", &tm);
    (void)snprintf(got, sizeof got, "%02d %d", (int)week.week, (int)week.day);
    assert_string_equal(got, expected);
    assert_true(tni_iso_week_start(week.year, week.week) + week.day - 1 == tni_days_of(at.year, at.month, at.day));
  }
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_number_written_reads_back),
      cmocka_unit_test(a_number_is_read_as_strtod_does),
      cmocka_unit_test(what_is_no_number_is_not_read),
      cmocka_unit_test(a_sum_of_ints_is_exact_whatever_the_way),
      cmocka_unit_test(a_sum_of_doubles_keeps_what_rounding_loses),
      cmocka_unit_test(rounding_takes_a_double_exactly),
      cmocka_unit_test(a_moment_is_its_calendar),
      cmocka_unit_test(the_calendar_is_that_of_the_c_library),
  };
  if (argc > 1) cmocka_set_test_filter(argv[1]);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
