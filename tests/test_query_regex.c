/* Regular expressions beyond what tests/query/filter_regex.txt says: where they match, and what they may cost. */
#include "models/query/regex.h"

#include <stdlib.h>
#include <time.h>

#include "support/assert_status.h"
#include "support/handler.h"

#define MOMENT_S 20.0 /* of a build with sanitizers on a busy machine */

static tni_regex *compile(tn_ctx *ctx, const char *pattern) {
  tni_regex *regex;
  assert_status(tni_regex_compile(ctx, NULL, tni_slice_of(pattern), tni_slice_of(""), "regex", &regex), TN_OK);
  return regex;
}

static void assert_bounds(const tni_regex_match *match, uint32_t group, size_t begin, size_t end) {
  assert_true(group < match->groups);
  assert_true(match->bounds[2 * group] == begin);
  assert_true(match->bounds[2 * group + 1] == end);
}

static void a_match_says_where_its_groups_stand(tn_ctx *ctx, void *arg) {
  tni_regex *regex = compile(ctx, "(b+)(x)?(c)");
  tn_slice text = tni_slice_of("abbc bc");
  tni_regex_match match;
  (void)arg;
  assert_status(tni_regex_search(regex, text, 0, &match), TN_OK);
  assert_int_equal(match.groups, 4);
  assert_bounds(&match, 0, 1, 4);
  assert_bounds(&match, 1, 1, 3);
  assert_bounds(&match, 2, TNI_REGEX_UNSET, TNI_REGEX_UNSET);
  assert_bounds(&match, 3, 3, 4);
  assert_status(tni_regex_search(regex, text, 4, &match), TN_OK);
  assert_bounds(&match, 0, 5, 7);
  assert_status(tni_regex_search(regex, text, 7, &match), TN_NOT_FOUND);
}

static void empty_text_and_empty_pattern_match(tn_ctx *ctx, void *arg) {
  tni_regex_match match;
  (void)arg;
  assert_status(tni_regex_search(compile(ctx, ""), (tn_slice){NULL, 0}, 0, &match), TN_OK);
  assert_bounds(&match, 0, 0, 0);
  assert_status(tni_regex_search(compile(ctx, "a"), (tn_slice){NULL, 0}, 0, &match), TN_NOT_FOUND);
}

/* ---- what it may cost ------------------------------------------------------------------------- */

static tn_slice make_text(size_t size, char with) {
  char *text = malloc(size);
  assert_non_null(text);
  memset(text, with, size);
  return (tn_slice){text, size};
}

static void free_text(tn_slice text) { free((void *)(uintptr_t)text.data); }

static void what_takes_long_ends_within_a_moment(tn_ctx *ctx, void *arg) {
  static const char *const patterns[] = {"(a+)+[bc]",  "a*[bc]",     "a*?[bc]",
                                         ".*.*.*[=-]", "(a|a)*[bc]", "(?:a{0,50}){0,50}[bc]"};
  static const size_t sizes[] = {60, 1000, 2000000};
  (void)arg;
  for (size_t i = 0; i < TNI_LENGTH(patterns) * TNI_LENGTH(sizes); i++) {
    tn_slice text = make_text(sizes[i % TNI_LENGTH(sizes)], 'a');
    clock_t begin = clock();
    tn_status status = tni_regex_search(compile(ctx, patterns[i / TNI_LENGTH(sizes)]), text, 0, NULL);
    if (status != TN_NOT_FOUND) assert_status(status, TN_LIMIT);
    assert_true((double)(clock() - begin) / CLOCKS_PER_SEC < MOMENT_S);
    free_text(text);
  }
}

static void a_long_text_is_searched_to_its_end(tn_ctx *ctx, void *arg) {
  tn_slice text = make_text(2000000, 'a');
  tni_regex_match match;
  (void)arg;
  ((char *)(uintptr_t)text.data)[text.size - 1] = 'b';
  assert_status(tni_regex_search(compile(ctx, "b$"), text, 0, &match), TN_OK);
  assert_bounds(&match, 0, text.size - 1, text.size);
  assert_status(tni_regex_search(compile(ctx, "^a+b$"), text, 0, &match), TN_OK);
  assert_status(tni_regex_search(compile(ctx, "^.*b"), text, 0, &match), TN_OK);
  free_text(text);
}

static void a_short_text_may_take_many_steps(tn_ctx *ctx, void *arg) {
  tn_slice text = make_text(1000, 'a');
  (void)arg;
  assert_status(tni_regex_search(compile(ctx, "^.*a.*b$"), text, 0, NULL), TN_NOT_FOUND);
  free_text(text);
}

/* ---- memory ----------------------------------------------------------------------------------- */

static void searching_again_takes_no_more_memory(tn_ctx *ctx, void *arg) {
  tni_pool pool;
  tni_regex *regex;
  tn_slice text = make_text(900, 'a'), pattern = tni_slice_of("^(?:(a)|b)*c");
  size_t used = 0;
  (void)arg;
  tni_pool_init(&pool, ctx, TNI_POOL_LIMIT_DEFAULT);
  assert_status(tni_regex_compile(ctx, &pool, pattern, tni_slice_of(""), "regex", &regex), TN_OK);
  for (int i = 0; i < 20; i++) {
    assert_status(tni_regex_search(regex, text, 0, NULL), TN_NOT_FOUND);
    if (i == 0) used = pool.used;
    assert_int_equal(pool.used, used);
  }
  free_text(text);
}

static tn_status search_short_and_long(tn_ctx *ctx, void *arg) {
  tni_regex *regex;
  tn_slice text = make_text(3000, 'a');
  (void)arg;
  tn_status status = tni_regex_compile(ctx, NULL, tni_slice_of("^(a|b)*c"), tni_slice_of("i"), "regex", &regex);
  if (status == TN_OK) status = tni_regex_search(regex, (tn_slice){text.data, 500}, 0, NULL);
  if (status == TN_NOT_FOUND) status = tni_regex_search(regex, text, 0, NULL);
  free_text(text);
  return status == TN_NOT_FOUND ? TN_OK : status;
}

static void without_memory_it_says_so(void **state) {
  (void)state;
  handler_run_scarce(search_short_and_long, NULL);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      HANDLER_TEST(a_match_says_where_its_groups_stand),  HANDLER_TEST(empty_text_and_empty_pattern_match),
      HANDLER_TEST(what_takes_long_ends_within_a_moment), HANDLER_TEST(a_long_text_is_searched_to_its_end),
      HANDLER_TEST(a_short_text_may_take_many_steps),     HANDLER_TEST(searching_again_takes_no_more_memory),
      cmocka_unit_test(without_memory_it_says_so),
  };
  if (argc > 1) cmocka_set_test_filter(argv[1]);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
