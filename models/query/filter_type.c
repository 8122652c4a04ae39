/* $exists and $type. */
#include "filter_internal.h"

/* ---- $exists ---------------------------------------------------------------------------------- */

static bool exists(const tni_test *test, tni_match *match, tn_value value) {
  return (void)test, (void)match, !tn_is_absent(value);
}

tn_status tni_compile_exists(tni_compiler *c, const tni_operator *given, const tni_test **out) {
  tni_test *test = tni_new_test(c->ctx, sizeof *test, exists);
  if (!test) return tni_no_memory(c->ctx);
  test->form = TNI_TEST_WHOLE;
  test->term = TNI_TERM_EXISTS;
  test->term_exact = true;
  test->operand = tni_true_value;
  if (!tni_is_truthy(given->operand)) return tni_test_not(c->ctx, test, out);
  *out = test;
  return TN_OK;
}

/* ---- $type ------------------------------------------------------------------------------------ */

typedef struct type_name {
  const char *name;
  int64_t number; /* as BSON counts */
  uint32_t types;
} type_name;

#define NO_NUMBER INT64_MIN

static const type_name type_names[] = {
    {"double", 1, TN_TYPE_BIT(TN_DOUBLE)},
    {"string", 2, TN_T_STRING},
    {"object", 3, TN_T_OBJECT},
    {"array", 4, TN_T_ARRAY},
    {"binData", 5, TN_T_BYTES},
    {"bytes", NO_NUMBER, TN_T_BYTES},
    {"bool", 8, TN_T_BOOL},
    {"date", 9, TN_T_TIMESTAMP},
    {"null", 10, TN_T_NULL},
    {"int", 16, TN_T_INT},
    {"timestamp", 17, TN_T_TIMESTAMP},
    {"long", 18, TN_T_INT},
    {"number", NO_NUMBER, TN_T_NUMBER},
};

typedef struct type_test {
  tni_test test;
  uint32_t types;
} type_test;

static bool type_holds(const tni_test *test, tni_match *match, tn_value value) {
  const type_test *t = (const type_test *)(const void *)test;
  (void)match;
  return !tn_is_absent(value) && (TN_TYPE_BIT(tn_value_type(value)) & t->types) != 0;
}

static tn_status unknown_name(tn_ctx *ctx, tn_slice name, const char *where) {
  const char *names[TNI_LENGTH(type_names)];
  for (size_t i = 0; i < TNI_LENGTH(type_names); i++) names[i] = type_names[i].name;
  return tn_fail(ctx, TN_INVALID, where, "there is no type '%s'%s", tni_quoted(ctx, name),
                 tn_nearest(ctx, name, names, TNI_LENGTH(type_names)));
}

static tn_status add_type(tn_ctx *ctx, tn_value wanted, const char *where, uint32_t *types) {
  tn_slice name = {"", 0};
  int64_t number = NO_NUMBER;
  bool is_name = tn_as_string(wanted, &name);
  TRY(tni_expect(ctx, wanted, TN_T_STRING | TN_T_NUMBER, "the name or number of a type", where));
  bool is_number = !is_name && tni_as_whole(wanted, &number) && number != NO_NUMBER;
  for (size_t i = 0; i < TNI_LENGTH(type_names); i++) {
    const type_name *t = &type_names[i];
    if (is_name ? tni_slice_is(name, t->name) : is_number && number == t->number) return *types |= t->types, TN_OK;
  }
  if (is_name) return unknown_name(ctx, name, where);
  return tn_fail(ctx, TN_INVALID, where, "there is no type of this number");
}

static tn_status add_types(tn_ctx *ctx, tn_value operand, const char *where, uint32_t *types) {
  if (tn_value_type(operand) != TN_ARRAY) return add_type(ctx, operand, where, types);
  if (tn_count(operand) == 0) return tn_fail(ctx, TN_INVALID, where, "expected at least one type, got none");
  for (tn_iter it = tn_iter_of(operand); tn_iter_next(&it);)
    TRY(add_type(ctx, it.value, tni_where_item(ctx, where, it.next - 1), types));
  return TN_OK;
}

tn_status tni_compile_type(tni_compiler *c, const tni_operator *given, const tni_test **out) {
  type_test *t = tni_new_test(c->ctx, sizeof *t, type_holds);
  if (!t) return tni_no_memory(c->ctx);
  TRY(add_types(c->ctx, given->operand, given->where, &t->types));
  *out = &t->test;
  return TN_OK;
}
