/* From a request's objects to nodes and tests. */
#include "filter_internal.h"

tn_status tni_fail_item(tn_ctx *ctx, const char *where, uint32_t i, const char *text) {
  return tn_fail(ctx, TN_INVALID, tni_where_item(ctx, where, i), "%s", text);
}

void *tni_new_test(tn_ctx *ctx, size_t size, bool (*holds)(const tni_test *, tni_match *, tn_value)) {
  tni_test *test = tn_scratch(ctx, size);
  if (!test) return NULL;
  memset(test, 0, size);
  test->holds = holds;
  test->term = TNI_NO_TERM;
  return test;
}

static bool is_operator(tn_slice name) { return name.size > 0 && *(const char *)name.data == '$'; }

bool tni_has_operators(tn_value value) {
  tn_iter it = tn_iter_of(value);
  return tn_value_type(value) == TN_OBJECT && tn_iter_next(&it) && is_operator(it.name);
}

/* ---- operators of a field --------------------------------------------------------------------- */

static tn_status compile_operator(tni_compiler *c, const tn_iter *at, tn_value all, const char *where,
                                  const tni_test **out) {
  tni_operator given = {NULL, at->value, all, where, tni_where(c->ctx, where, at->name)};
  if (!is_operator(at->name))
    return tn_fail(c->ctx, TN_INVALID, given.where, "expected an operator, got the name '%s'",
                   tni_quoted(c->ctx, at->name));
  TRY(tni_filter_op_find(c->ctx, at->name, given.where, &given.op));
  return given.op->compile(c, &given, out);
}

tn_status tni_compile_tests(tni_compiler *c, tn_value operators, const char *where, const tni_test **out) {
  uint32_t count = 0;
  const tni_test **tests = tn_scratch(c->ctx, (tn_count(operators) + 1) * sizeof *tests);
  if (!tests) return tni_no_memory(c->ctx);
  for (tn_iter it = tn_iter_of(operators); tn_iter_next(&it);) {
    tests[count] = NULL;
    TRY(compile_operator(c, &it, operators, where, &tests[count]));
    count += tests[count] != NULL;
  }
  if (count != 1) return tni_test_all(c->ctx, tests, count, out);
  *out = tests[0];
  return TN_OK;
}

/* ---- filters ---------------------------------------------------------------------------------- */

static tn_status compile_field(tni_compiler *c, tn_slice name, tn_value condition, const char *where,
                               const tni_node **out) {
  tni_test *equal = NULL;
  tni_node *node = tn_scratch(c->ctx, sizeof *node);
  if (!node) return tni_no_memory(c->ctx);
  *node = (tni_node){.kind = TNI_NODE_FIELD};
  TRY(tni_path_parse(c->ctx, name, where, &node->path));
  if (tni_has_operators(condition))
    TRY(tni_compile_tests(c, condition, where, &node->test));
  else
    TRY(tni_test_equal(c->ctx, condition, &equal));
  if (equal) node->test = equal;
  *out = node;
  return TN_OK;
}

static tn_status compile_member(tni_compiler *c, tn_slice name, tn_value operand, const char *where,
                                const tni_node **out) {
  const tni_filter_joint *joint;
  if (!is_operator(name)) return compile_field(c, name, operand, where, out);
  TRY(tni_filter_joint_find(c->ctx, name, where, &joint));
  return joint->compile(c, joint, operand, where, out);
}

tn_status tni_compile_filter(tni_compiler *c, tn_value filter, const char *where, const tni_node **out) {
  TRY(tni_expect(c->ctx, filter, TN_T_OBJECT, "an object", where));
  uint32_t count = 0;
  tni_node *all = tn_scratch(c->ctx, sizeof *all);
  const tni_node **nodes = tn_scratch(c->ctx, (tn_count(filter) + 1) * sizeof *nodes);
  if (!all || !nodes) return tni_no_memory(c->ctx);
  for (tn_iter it = tn_iter_of(filter); tn_iter_next(&it);) {
    TRY(compile_member(c, it.name, it.value, tni_where(c->ctx, where, it.name), &nodes[count]));
    count += nodes[count] != NULL;
  }
  *all = (tni_node){.kind = TNI_NODE_ALL, .nodes = nodes, .count = count};
  *out = count == 1 ? nodes[0] : all;
  return TN_OK;
}

/* ---- entry ------------------------------------------------------------------------------------ */

static tn_status finish(const tni_compiler *c, const tni_node *node, const tni_test *test, tni_filter **out) {
  tni_filter *filter = tn_scratch(c->ctx, sizeof *filter);
  if (!filter) return tni_no_memory(c->ctx);
  *filter = (tni_filter){c->ctx, node, test, NULL, c->is_volatile};
  *out = filter;
  return TN_OK;
}

static tn_status add_eval(const tni_compiler *c, tni_filter *filter) {
  filter->eval = tn_scratch(c->ctx, sizeof *filter->eval);
  if (!filter->eval) return tni_no_memory(c->ctx);
  return tni_eval_init(filter->eval, c->ctx, NULL, c->scope);
}

tn_status tni_filter_compile_in(tn_ctx *ctx, tni_scope *scope, tn_value filter, const char *where,
                                const tni_filter **out) {
  tni_compiler c = {.ctx = ctx, .scope = scope};
  const tni_node *node = NULL;
  tni_filter *compiled;
  TRY(tni_compile_filter(&c, filter, where, &node));
  TRY(finish(&c, node, NULL, &compiled));
  *out = compiled;
  return TN_OK;
}

tn_status tni_filter_compile(tn_ctx *ctx, tn_value filter, const char *where, const tni_filter **out) {
  tni_scope scope = {.count = 0};
  tni_compiler c = {.ctx = ctx, .scope = &scope};
  const tni_node *node = NULL;
  tni_filter *compiled;
  TRY(tni_compile_filter(&c, filter, where, &node));
  TRY(finish(&c, node, NULL, &compiled));
  TRY(add_eval(&c, compiled));
  *out = compiled;
  return TN_OK;
}

/* Equality of the value itself: an array is not taken apart. */
static tn_status compile_exact(tn_ctx *ctx, tn_value operand, const tni_test **out) {
  tni_test *test;
  TRY(tni_test_equal(ctx, operand, &test));
  test->form = TNI_TEST_WHOLE;
  *out = test;
  return TN_OK;
}

tn_status tni_filter_compile_value(tn_ctx *ctx, tn_value condition, const char *where, const tni_filter **out) {
  tni_scope scope = {.count = 0};
  tni_compiler c = {.ctx = ctx, .scope = &scope, .in_element = true};
  const tni_node *node = NULL;
  const tni_test *test = NULL;
  tni_filter *compiled;
  if (tni_is_about_values(condition))
    TRY(tni_compile_tests(&c, condition, where, &test));
  else if (tn_value_type(condition) == TN_OBJECT)
    TRY(tni_compile_filter(&c, condition, where, &node));
  else
    TRY(compile_exact(ctx, condition, &test));
  TRY(finish(&c, node, test, &compiled));
  *out = compiled;
  return TN_OK;
}
