/* Expressions: what tests/query/expr_*.txt says, with memory enough and with each request for memory refused in turn;
 * and that no operator is without a case. */
#include <stdio.h>

#include "models/query/expr_internal.h"
#include "support/assert_status.h"
#include "support/cases.h"
#include "support/text_cases.h"
#include "support/values.h"
#include "tenon.h"

#define POOL_LIMIT ((size_t)1 << 20)

/* ---- cases ------------------------------------------------------------------------------------ */

typedef struct computation {
  tn_value spec, document;
  tn_value result; /* in the handler's memory */
} computation;

/* Twice, so that what is compiled is seen to change by nothing, and with the pool's memory used again. */
static tn_status compute(tn_ctx *ctx, void *arg) {
  computation *c = arg;
  tni_scope scope = {.count = 0};
  tni_pool pool;
  tni_eval eval;
  const tni_expr *expr;
  tni_pool_init(&pool, ctx, POOL_LIMIT);
  TRY(tni_expr_compile(ctx, &scope, c->spec, "expr", &expr));
  assert_int_equal(scope.count, 0);
  TRY(tni_eval_init(&eval, ctx, &pool, &scope));
  eval.root = c->document;
  tni_pool_mark mark = tni_pool_at(&pool);
  TRY(tni_expr_eval(expr, &eval, &c->result));
  tni_pool_back(&pool, mark);
  return tni_expr_eval(expr, &eval, &c->result);
}

static void expect_result(tn_ctx *ctx, query_case *c) {
  computation of = {case_value(ctx, c, 0), case_value(ctx, c, 1), TN_NO_VALUE};
  if (compute(ctx, &of) == TN_OK)
    case_expect_value(c, 2, of.result);
  else
    case_expect_error(ctx, c, 2);
}

/* What is refused with memory enough is not looked at. */
static tn_status compute_or_refuse(tn_ctx *ctx, void *arg) {
  tn_status status = compute(ctx, arg);
  return status == TN_NOMEM ? status : TN_OK;
}

static void expect_no_memory(tn_ctx *ctx, query_case *c) {
  computation of = {case_value(ctx, c, 0), case_value(ctx, c, 1), TN_NO_VALUE};
  handler_run_scarce(compute_or_refuse, &of);
}

/* ---- all operators ---------------------------------------------------------------------------- */

#define FILE_TESTS(file) CASES(file, expect_result), CASES(file, expect_no_memory)
static void every_operator_has_a_case(tn_ctx *ctx, void *arg) {
  size_t count;
  unsigned without = 0;
  const char *const *names = tni_expr_operators(ctx, &count);
  (void)arg;
  assert_non_null(names);
  for (size_t i = 0; i < count; i++) {
    char quoted[64];
    (void)snprintf(quoted, sizeof quoted, "\"%s\"", names[i]);
    if (!cases_have("expr_", quoted)) without++, print_error("%s has no case\n", names[i]);
  }
  assert_int_equal(without, 0);
}

static void no_two_operators_have_one_name(tn_ctx *ctx, void *arg) {
  size_t count;
  const char *const *names = tni_expr_operators(ctx, &count);
  (void)arg;
  assert_non_null(names);
  for (size_t i = 0; i < count; i++)
    for (size_t k = 0; k < i; k++) assert_string_not_equal(names[i], names[k]);
}

/* ---- anything goes ---------------------------------------------------------------------------- */

#define ARGS_MAX 4
#define ROUNDS 60

/* What operators are picky about, so that random arguments are not all refused at the door. */
static void add_likely(values_source *source, tn_builder *b) {
  static const char *const texts[] = {"day",        "month", "week", "UTC", "+05:30", "%Y-%m",
                                      "2024-02-29", "int",   "a",    "",    "ü.b"};
  switch (values_below(source, 8)) {
    case 0: tn_add(b, texts[values_below(source, TNI_LENGTH(texts))]); break;
    case 1: tn_add(b, (int64_t)values_below(source, 20) - 5); break;
    case 2: tn_add(b, tn_time(values_timestamp(source))); break;
    case 3:
      tn_array_begin(b);
      for (uint64_t n = values_below(source, 4); n > 0; n--) values_add(source, b, 1);
      tn_end(b);
      break;
    default: values_add(source, b, 2);
  }
}

/* A field of the document, or a constant. */
static void add_argument(values_source *source, tn_builder *b) {
  static const char *const fields[] = {"$a", "$b", "$c", "$d.x", "$$ROOT", "$$this"};
  if (values_chance(source, 60))
    tn_add(b, fields[values_below(source, TNI_LENGTH(fields))]);
  else
    add_likely(source, b);
}

static void add_call(values_source *source, tn_builder *b, const tni_expr_op *op) {
  tn_object_begin(b);
  tn_name(b, op->name);
  if (op->params && values_chance(source, 90)) {
    tn_object_begin(b);
    for (uint32_t i = 0; op->params[i]; i++) {
      if (i >= op->min && values_chance(source, 50)) continue;
      tn_name(b, op->params[i]);
      add_argument(source, b);
    }
  } else {
    uint64_t most = op->max < ARGS_MAX ? op->max : ARGS_MAX;
    uint64_t n = op->min + (most > op->min ? values_below(source, most - op->min + 1) : 0);
    tn_array_begin(b);
    for (; n > 0; n--) add_argument(source, b);
  }
  tn_end(b);
  tn_end(b);
}

static tn_value random_document(values_source *source, tn_builder *b) {
  static const char *const names[] = {"a", "b", "c", "d"};
  tn_builder_clear(b);
  tn_object_begin(b);
  for (size_t i = 0; i < TNI_LENGTH(names); i++) {
    tn_name(b, names[i]);
    add_likely(source, b);
  }
  tn_end(b);
  return tn_built(b);
}

/* Refused or a whole value, whatever the arguments are. */
static void try_operator(tn_ctx *ctx, values_source *source, const tni_expr_op *op) {
  tn_builder *spec = tn_builder_for(ctx), *document = tn_builder_for(ctx);
  add_call(source, spec, op);
  computation c = {tn_built(spec), random_document(source, document), TN_NO_VALUE};
  if (tn_is_absent(c.spec) || tn_is_absent(c.document)) return;
  *ctx->error = (tn_error)TN_ERROR_INIT;
  tn_status status = compute(ctx, &c);
  if (status != TN_OK) {
    assert_true(status == TN_INVALID || status == TN_LIMIT);
    assert_string_not_equal(ctx->error->text, "");
  } else if (!tn_is_absent(c.result)) {
    tn_value checked;
    assert_status(tn_value_check(tn_value_bytes(c.result), &checked, NULL), TN_OK);
    assert_int_equal(checked.size, c.result.size);
  }
}

static void try_all(tn_ctx *ctx, void *arg) {
  size_t count;
  const char *const *names = tni_expr_operators(ctx, &count);
  assert_non_null(names);
  for (size_t i = 0; i < count; i++) try_operator(ctx, arg, tni_expr_op_named(tni_slice_of(names[i])));
}

static void no_arguments_break_an_operator(void **state) {
  values_source source = values_source_for_run("expressions");
  (void)state;
  for (unsigned i = 0; i < ROUNDS; i++) handler_run(try_all, &source);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      FILE_TESTS("expr_arith"),
      FILE_TESTS("expr_array"),
      FILE_TESTS("expr_bits"),
      FILE_TESTS("expr_core"),
      FILE_TESTS("expr_date"),
      FILE_TESTS("expr_logic"),
      FILE_TESTS("expr_object"),
      FILE_TESTS("expr_order"),
      FILE_TESTS("expr_regex"),
      FILE_TESTS("expr_round"),
      FILE_TESTS("expr_set"),
      FILE_TESTS("expr_stats"),
      FILE_TESTS("expr_string"),
      FILE_TESTS("expr_trig"),
      FILE_TESTS("expr_type"),
      HANDLER_TEST(every_operator_has_a_case),
      HANDLER_TEST(no_two_operators_have_one_name),
      cmocka_unit_test(no_arguments_break_an_operator),
  };
  if (argc > 1) cmocka_set_test_filter(argv[1]);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
