/* Filters: what tests/query/filter_*.txt says, and the rest. */
#include "models/query/filter.h"

#include <stdio.h>

#include "support/assert_status.h"
#include "support/cases.h"
#include "tenon.h"

/* ---- cases ------------------------------------------------------------------------------------ */

static void expect_match(tn_ctx *ctx, query_case *c) {
  const tni_filter *filter;
  tni_pool pool;
  bool matches = false;
  tni_pool_init(&pool, ctx, TNI_POOL_LIMIT_DEFAULT);
  if (tni_filter_compile(ctx, case_value(ctx, c, 0), "filter", &filter) != TN_OK) {
    case_expect_error(ctx, c, 1);
  } else if (tni_filter_match(filter, &pool, case_value(ctx, c, 1), NULL, &matches) != TN_OK) {
    case_expect_error(ctx, c, 2);
  } else {
    case_expect(c, 2, matches ? "true" : "false");
  }
}

static void expect_hit(tn_ctx *ctx, query_case *c) {
  const tni_filter *filter;
  tni_hit hit;
  bool matches = false;
  char text[16] = "none";
  assert_status(tni_filter_compile(ctx, case_value(ctx, c, 0), "filter", &filter), TN_OK);
  tni_pool pool;
  tni_pool_init(&pool, ctx, TNI_POOL_LIMIT_DEFAULT);
  assert_status(tni_filter_match(filter, &pool, case_value(ctx, c, 1), &hit, &matches), TN_OK);
  if (hit.array_index != TNI_NO_INDEX) (void)snprintf(text, sizeof text, "%u", (unsigned)hit.array_index);
  case_expect(c, 2, matches ? text : "no match");
}

static void expect_value_match(tn_ctx *ctx, query_case *c) {
  const tni_filter *filter;
  bool matches = false;
  if (tni_filter_compile_value(ctx, case_value(ctx, c, 0), "condition", &filter) != TN_OK) {
    case_expect_error(ctx, c, 1);
    return;
  }
  assert_status(tni_filter_match_value(filter, NULL, case_value(ctx, c, 1), &matches), TN_OK);
  case_expect(c, 2, matches ? "true" : "false");
}

static const char *const term_names[] = {
    [TNI_TERM_EQ] = "eq", [TNI_TERM_IN] = "in",   [TNI_TERM_GT] = "gt",         [TNI_TERM_GTE] = "gte",
    [TNI_TERM_LT] = "lt", [TNI_TERM_LTE] = "lte", [TNI_TERM_PREFIX] = "prefix", [TNI_TERM_EXISTS] = "exists"};

static void add_term(tn_builder *to, const tni_term *term) {
  tn_array_begin(to);
  tn_add(to, tn_text(term->path.text));
  tn_add(to, term_names[term->kind]);
  tn_add(to, term->operand);
  if (term->element > 0) tn_add(to, term->element);
  tn_end(to);
}

static void expect_terms(tn_ctx *ctx, query_case *c) {
  const tni_filter *filter;
  const tni_term *terms;
  size_t count;
  bool complete;
  tn_builder *got = tn_builder_for(ctx);
  assert_status(tni_filter_compile(ctx, case_value(ctx, c, 0), "filter", &filter), TN_OK);
  assert_status(tni_filter_terms(ctx, filter, &terms, &count, &complete), TN_OK);
  tn_array_begin(got);
  for (size_t i = 0; i < count; i++) add_term(got, &terms[i]);
  tn_end(got);
  case_expect_value(c, 1, tn_built(got));
  case_expect(c, 2, complete ? "complete" : "not");
}

/* ---- paths ------------------------------------------------------------------------------------ */

static tni_path parse(tn_ctx *ctx, const char *text) {
  tni_path path;
  assert_status(tni_path_parse(ctx, tni_slice_of(text), "", &path), TN_OK);
  return path;
}

static void paths_overlap_when_one_leads_through_the_other(tn_ctx *ctx, void *arg) {
  static const struct {
    const char *a, *b;
    bool overlap;
  } rows[] = {{"a", "a", true},      {"a", "a.b", true},   {"a.b", "a", true},
              {"a.b", "a.c", false}, {"a.b", "ab", false}, {"a.b.c", "a.b.c.d", true}};
  (void)arg;
  for (size_t i = 0; i < TNI_LENGTH(rows); i++) {
    tni_path a = parse(ctx, rows[i].a), b = parse(ctx, rows[i].b);
    assert_int_equal(tni_path_overlaps(&a, &b), rows[i].overlap);
  }
}

static void a_path_has_at_most_a_hundred_steps(tn_ctx *ctx, void *arg) {
  char text[2 * (TNI_PATH_STEPS_MAX + 1)];
  tni_path path;
  (void)arg;
  for (size_t i = 0; i < sizeof text; i++) text[i] = i % 2 == 0 ? 'a' : '.';
  tn_slice fits = {text, 2 * TNI_PATH_STEPS_MAX - 1}, too_long = {text, fits.size + 2};
  assert_status(tni_path_parse(ctx, fits, "filter", &path), TN_OK);
  assert_int_equal(path.count, TNI_PATH_STEPS_MAX);
  assert_status(tni_path_parse(ctx, too_long, "filter", &path), TN_LIMIT);
}

static void joined_paths_are_one(tn_ctx *ctx, void *arg) {
  tni_path first = parse(ctx, "a.0"), second = parse(ctx, "b.c"), joined;
  (void)arg;
  assert_status(tni_path_join(ctx, &first, &second, &joined), TN_OK);
  assert_true(tni_slice_is(joined.text, "a.0.b.c"));
  assert_int_equal(joined.count, 4);
  assert_int_equal(joined.steps[1].index, 0);
  assert_true(tni_slice_is(joined.steps[3].name, "c"));
}

/* ---- variables -------------------------------------------------------------------------------- */

static tn_value decode(tn_ctx *ctx, const char *json) {
  tn_builder *builder = tn_builder_for(ctx);
  assert_status(tn_decode("json", tni_slice_of(json), builder, NULL, NULL), TN_OK);
  return tn_built(builder);
}

static void a_scope_brings_variables_into_expr(tn_ctx *ctx, void *arg) {
  const tni_filter *filter;
  tni_scope scope = {.count = 0};
  tni_pool pool;
  tni_eval eval;
  uint32_t slot;
  (void)arg;
  tni_pool_init(&pool, ctx, TNI_POOL_LIMIT_DEFAULT);
  assert_status(tni_scope_add(ctx, &scope, tni_slice_of("least"), "let.least", &slot), TN_OK);
  tn_value spec = decode(ctx, "{\"b\": 1, \"$expr\": {\"$gte\": [\"$a\", \"$$least\"]}}");
  assert_status(tni_filter_compile_in(ctx, &scope, spec, "filter", &filter), TN_OK);
  assert_status(tni_eval_init(&eval, ctx, &pool, &scope), TN_OK);
  eval.root = decode(ctx, "{\"a\": 5, \"b\": 1}");
  for (int64_t least = 4; least < 7; least++) {
    bool matches = false;
    assert_status(tni_pool_value(&pool, &eval.variables[slot], TN_ARG(least)), TN_OK);
    assert_status(tni_filter_match_in(filter, &eval, NULL, &matches), TN_OK);
    assert_int_equal(matches, least <= 5);
  }
  assert_true(tni_filter_is_volatile(filter));
}

/* ---- memory ----------------------------------------------------------------------------------- */

static const char everything[] =
    "{\"a.b.c\": {\"$gt\": 1, \"$in\": [3, 2, 1], \"$nin\": [7], \"$ne\": 9, \"$not\": {\"$mod\": [4, 1]}},"
    " \"$or\": [{\"x\": {\"$elemMatch\": {\"y\": 1}}}, {\"x\": {\"$all\": [1, 2], \"$size\": 2}}, {\"x\": {\"$all\": "
    "[]}}],"
    " \"t\": {\"$type\": [\"int\", 2], \"$exists\": true, \"$bitsAllSet\": [1, 2], \"$bitsAnySet\": 7},"
    " \"s\": {\"$regex\": \"^ab(c|d)*\", \"$options\": \"s\"},"
    " \"$expr\": {\"$lt\": [\"$a\", {\"$add\": [\"$b\", 1]}]}}";

static tn_status compile_everything(tn_ctx *ctx, void *arg) {
  const tni_filter *filter;
  const tni_term *terms;
  size_t count;
  bool complete;
  TRY(tni_filter_compile(ctx, *(tn_value *)arg, "filter", &filter));
  return tni_filter_terms(ctx, filter, &terms, &count, &complete);
}

static void compiling_without_memory_says_so(void **state) {
  tn_builder builder = TN_BUILDER_INIT;
  (void)state;
  assert_status(tn_decode("json", tni_slice_of(everything), &builder, NULL, NULL), TN_OK);
  tn_value filter = tn_built(&builder);
  handler_run_scarce(compile_everything, &filter);
  tn_builder_free(&builder);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      CASES("filter_compare", expect_match),
      CASES("filter_logic", expect_match),
      CASES("filter_type", expect_match),
      CASES("filter_array", expect_match),
      CASES("filter_bits", expect_match),
      CASES("filter_regex", expect_match),
      CASES("filter_expr", expect_match),
      CASES("filter_hit", expect_hit),
      CASES("filter_value", expect_value_match),
      CASES("filter_terms", expect_terms),
      HANDLER_TEST(paths_overlap_when_one_leads_through_the_other),
      HANDLER_TEST(a_path_has_at_most_a_hundred_steps),
      HANDLER_TEST(joined_paths_are_one),
      HANDLER_TEST(a_scope_brings_variables_into_expr),
      cmocka_unit_test(compiling_without_memory_says_so),
  };
  if (argc > 1) cmocka_set_test_filter(argv[1]);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
