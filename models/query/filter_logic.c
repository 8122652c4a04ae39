/* $and $or $nor between filters, $not and "all of" between tests. */
#include "filter_internal.h"

/* ---- of tests --------------------------------------------------------------------------------- */

static bool all_hold(const tni_test *test, tni_match *match, tn_value value) {
  for (uint32_t i = 0; i < test->count; i++)
    if (!test->tests[i]->holds(test->tests[i], match, value)) return false;
  return true;
}

static bool does_not_hold(const tni_test *test, tni_match *match, tn_value value) {
  tni_hit *hit = match->hit;
  match->hit = NULL;
  bool holds = test->tests[0]->holds(test->tests[0], match, value);
  match->hit = hit;
  return !holds;
}

tn_status tni_test_all(tn_ctx *ctx, const tni_test **tests, uint32_t count, const tni_test **out) {
  tni_test *all = tni_new_test(ctx, sizeof *all, all_hold);
  if (!all) return tni_no_memory(ctx);
  all->form = TNI_TEST_ALL;
  all->tests = tests;
  all->count = count;
  *out = all;
  return TN_OK;
}

tn_status tni_test_not(tn_ctx *ctx, const tni_test *test, const tni_test **out) {
  const tni_test **tests = tn_scratch(ctx, sizeof *tests);
  tni_test *negation = tni_new_test(ctx, sizeof *negation, does_not_hold);
  if (!tests || !negation) return tni_no_memory(ctx);
  negation->form = TNI_TEST_NOT;
  negation->tests = tests;
  negation->count = 1;
  tests[0] = test;
  *out = negation;
  return TN_OK;
}

tn_status tni_compile_not(tni_compiler *c, const tni_operator *given, const tni_test **out) {
  const tni_test *tests;
  if (!tni_has_operators(given->operand))
    return tn_fail(
        c->ctx, TN_INVALID, given->where, "expected an object of operators, got %s",
        tn_value_type(given->operand) == TN_OBJECT ? "one without" : tn_type_name(tn_value_type(given->operand)));
  TRY(tni_compile_tests(c, given->operand, given->where, &tests));
  return tni_test_not(c->ctx, tests, out);
}

tn_status tni_compile_no_test(tni_compiler *c, const tni_operator *given, const tni_test **out) {
  (void)c, (void)given;
  return *out = NULL, TN_OK;
}

/* ---- of filters ------------------------------------------------------------------------------- */

tn_status tni_compile_joint(tni_compiler *c, const tni_filter_joint *joint, tn_value operand, const char *where,
                            const tni_node **out) {
  uint32_t count = tn_count(operand);
  TRY(tni_expect(c->ctx, operand, TN_T_ARRAY, "an array of filters", where));
  if (count == 0) return tn_fail(c->ctx, TN_INVALID, where, "expected an array of filters, got an empty one");
  tni_node *node = tn_scratch(c->ctx, sizeof *node);
  const tni_node **nodes = tn_scratch(c->ctx, count * sizeof *nodes);
  if (!node || !nodes) return tni_no_memory(c->ctx);
  for (uint32_t i = 0; i < count; i++)
    TRY(tni_compile_filter(c, tn_item(operand, i), tni_where_item(c->ctx, where, i), &nodes[i]));
  *node = (tni_node){.kind = (tni_node_kind)joint->variant, .nodes = nodes, .count = count};
  *out = node;
  return TN_OK;
}

tn_status tni_compile_no_node(tni_compiler *c, const tni_filter_joint *joint, tn_value operand, const char *where,
                              const tni_node **out) {
  (void)c, (void)joint, (void)operand, (void)where;
  return *out = NULL, TN_OK;
}
