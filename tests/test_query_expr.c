/* Expressions: what tests/query/expr_*.txt says, with memory enough and with each request for memory refused in turn;
 * and that no operator is without a case. */
#include "models/query/expr.h"

#include <stdio.h>

#include "support/assert_status.h"
#include "support/cases.h"

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
#define LINE_SIZE_MAX 4096

static const char *const files[] = {
    "tests/query/expr_arith.txt",  "tests/query/expr_array.txt", "tests/query/expr_bits.txt",
    "tests/query/expr_core.txt",   "tests/query/expr_date.txt",  "tests/query/expr_logic.txt",
    "tests/query/expr_object.txt", "tests/query/expr_order.txt", "tests/query/expr_regex.txt",
    "tests/query/expr_round.txt",  "tests/query/expr_set.txt",   "tests/query/expr_stats.txt",
    "tests/query/expr_string.txt", "tests/query/expr_trig.txt",  "tests/query/expr_type.txt",
};

static bool file_has(const char *path, const char *text) {
  char line[LINE_SIZE_MAX];
  bool found = false;
  FILE *file = fopen(path, "r");
  assert_non_null(file);
  while (!found && fgets(line, sizeof line, file)) found = *line != '#' && strstr(line, text) != NULL;
  (void)fclose(file);
  return found;
}

static void every_operator_has_a_case(tn_ctx *ctx, void *arg) {
  size_t count;
  unsigned without = 0;
  const char *const *names = tni_expr_operators(ctx, &count);
  (void)arg;
  assert_non_null(names);
  for (size_t i = 0; i < count; i++) {
    char quoted[64];
    bool found = false;
    (void)snprintf(quoted, sizeof quoted, "\"%s\"", names[i]);
    for (size_t k = 0; k < TNI_LENGTH(files) && !found; k++) found = file_has(files[k], quoted);
    if (!found) without++, print_error("%s has no case\n", names[i]);
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
  };
  if (argc > 1) cmocka_set_test_filter(argv[1]);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
