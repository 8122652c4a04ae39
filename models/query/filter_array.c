/* $all $elemMatch $size. */
#include "filter_internal.h"

/* ---- $elemMatch ------------------------------------------------------------------------------- */

typedef struct element_test {
  tni_test test;
  tni_element element;
} element_test;

/* As a document an item may be an array, whose fields are numbers. */
static bool item_holds(const tni_element *element, tni_match *match, tn_value item) {
  tn_type type = tn_value_type(item);
  if (element->test) return element->test->holds(element->test, match, item);
  return (type == TN_OBJECT || type == TN_ARRAY) && tni_node_holds(element->node, match, item);
}

static bool element_holds(const tni_test *test, tni_match *match, tn_value value) {
  const tni_element *element = test->element;
  tni_hit *hit = match->hit;
  tn_iter it = tn_iter_of(tn_value_type(value) == TN_ARRAY ? value : TN_NO_VALUE);
  bool found = false;
  match->hit = NULL;
  while (!found && match->status == TN_OK && tn_iter_next(&it)) found = item_holds(element, match, it.value);
  match->hit = hit;
  if (found && hit) hit->array_index = it.next - 1;
  return found;
}

bool tni_is_about_values(tn_value operand) {
  tn_iter it = tn_iter_of(operand);
  bool any = tn_iter_next(&it);
  while (any && tni_slice_is(it.name, "$comment")) any = tn_iter_next(&it);
  return any && tni_has_operators(operand) && it.name.size > 0 && *(const char *)it.name.data == '$' &&
         !tni_is_filter_joint(it.name);
}

tn_status tni_compile_elem_match(tni_compiler *c, const tni_operator *given, const tni_test **out) {
  bool outer = c->in_element;
  TRY(tni_expect(c->ctx, given->operand, TN_T_OBJECT, "an object", given->where));
  element_test *t = tni_new_test(c->ctx, sizeof *t, element_holds);
  if (!t) return tni_no_memory(c->ctx);
  c->in_element = true;
  if (tni_is_about_values(given->operand))
    TRY(tni_compile_tests(c, given->operand, given->where, &t->element.test));
  else
    TRY(tni_compile_filter(c, given->operand, given->where, &t->element.node));
  c->in_element = outer;
  t->test.form = TNI_TEST_WHOLE;
  t->test.element = &t->element;
  *out = &t->test;
  return TN_OK;
}

/* ---- $all ------------------------------------------------------------------------------------- */

static bool never(const tni_test *test, tni_match *match, tn_value value) {
  return (void)test, (void)match, (void)value, false;
}

static bool is_elem_match(tn_value value) {
  tn_iter it = tn_iter_of(value);
  return tni_has_operators(value) && tn_iter_next(&it) && tni_slice_is(it.name, "$elemMatch");
}

static tn_status compile_member(tni_compiler *c, tn_value member, bool elements, const char *where, uint32_t i,
                                const tni_test **out) {
  tni_test *equal;
  if (is_elem_match(member) != elements)
    return tni_fail_item(c->ctx, where, i, "expected $elemMatch in all items or in none");
  if (elements) return tni_compile_tests(c, member, tni_where_item(c->ctx, where, i), out);
  if (tni_has_operators(member)) return tni_fail_item(c->ctx, where, i, "expected a value, got an operator");
  TRY(tni_test_equal(c->ctx, member, &equal));
  *out = equal;
  return TN_OK;
}

/* An empty one holds for nothing. */
static tn_status compile_nothing(tn_ctx *ctx, const tni_test **out) {
  tni_test *test = tni_new_test(ctx, sizeof *test, never);
  if (!test) return tni_no_memory(ctx);
  *out = test;
  return TN_OK;
}

tn_status tni_compile_all(tni_compiler *c, const tni_operator *given, const tni_test **out) {
  uint32_t count = tn_count(given->operand);
  bool elements = is_elem_match(tn_item(given->operand, 0));
  TRY(tni_expect(c->ctx, given->operand, TN_T_ARRAY, "an array", given->where));
  if (count == 0) return compile_nothing(c->ctx, out);
  const tni_test **tests = tn_scratch(c->ctx, count * sizeof *tests);
  if (!tests) return tni_no_memory(c->ctx);
  for (uint32_t i = 0; i < count; i++)
    TRY(compile_member(c, tn_item(given->operand, i), elements, given->where, i, &tests[i]));
  return tni_test_all(c->ctx, tests, count, out);
}

/* ---- $size ------------------------------------------------------------------------------------ */

typedef struct size_test {
  tni_test test;
  int64_t size;
} size_test;

static bool size_holds(const tni_test *test, tni_match *match, tn_value value) {
  const size_test *t = (const size_test *)(const void *)test;
  (void)match;
  return tn_value_type(value) == TN_ARRAY && (int64_t)tn_count(value) == t->size;
}

tn_status tni_compile_size(tni_compiler *c, const tni_operator *given, const tni_test **out) {
  TRY(tni_expect(c->ctx, given->operand, TN_T_NUMBER, "a whole number from 0 on", given->where));
  size_test *t = tni_new_test(c->ctx, sizeof *t, size_holds);
  if (!t) return tni_no_memory(c->ctx);
  if (!tni_as_whole(given->operand, &t->size) || t->size < 0)
    return tn_fail(c->ctx, TN_INVALID, given->where, "expected a whole number from 0 on");
  t->test.form = TNI_TEST_WHOLE;
  *out = &t->test;
  return TN_OK;
}
