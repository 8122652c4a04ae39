#include "accumulator.h"

#include "accumulator_internal.h"
#include "number.h"

#define ALIGNMENT 16

static tn_status unknown_accumulator(tn_ctx *ctx, tn_slice name, const char *where) {
  size_t count;
  const char *const *names = tni_accumulator_names(ctx, &count);
  return tn_fail(ctx, TN_INVALID, where, "unknown accumulator '%s'%s", tni_quoted(ctx, name),
                 names ? tn_nearest(ctx, name, names, count) : "");
}

tn_status tni_accumulator_compile(tn_ctx *ctx, tni_scope *scope, tn_value spec, const char *where,
                                  const tni_accumulator **out) {
  tn_iter field = tn_iter_of(spec);
  TRY(tni_expect(ctx, spec, TN_T_OBJECT, "an accumulator in an object", where));
  if (tn_count(spec) != 1 || !tn_iter_next(&field))
    return tn_fail(ctx, TN_INVALID, where, "expected one accumulator in its object, got %u fields",
                   (unsigned)tn_count(spec));
  const tni_accumulator_op *op = tni_accumulator_named(field.name);
  where = tni_where(ctx, where, field.name);
  if (!op) return unknown_accumulator(ctx, field.name, where);
  tni_accumulator *a = tn_scratch(ctx, sizeof *a);
  if (!a) return tni_no_memory(ctx);
  *a = (tni_accumulator){.op = op, .where = where};
  if (op->compile)
    TRY(op->compile(ctx, scope, field.value, a));
  else
    TRY(tni_expr_compile(ctx, scope, field.value, where, &a->input));
  *out = a;
  return TN_OK;
}

size_t tni_accumulator_size(const tni_accumulator *a) {
  return (a->op->state_size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

tn_status tni_accumulator_begin(const tni_accumulator *a, void *state, tni_eval *eval) {
  memset(state, 0, a->op->state_size);
  return a->op->begin ? a->op->begin(a, state, eval) : TN_OK;
}

tn_status tni_accumulator_add(const tni_accumulator *a, void *state, tni_pool *keep, tni_eval *eval) {
  tn_value value = TN_NO_VALUE;
  if (a->input) TRY(tni_expr_eval(a->input, eval, &value));
  return a->op->take(a, state, keep, eval, value);
}

tn_status tni_accumulator_result(const tni_accumulator *a, void *state, tni_eval *eval, tn_value *out) {
  tn_value value = TN_NO_VALUE;
  TRY(a->op->result(a, state, eval, &value));
  *out = tni_or_null(value);
  return TN_OK;
}

/* ---- arguments -------------------------------------------------------------------------------- */

static tn_status argument(tn_ctx *ctx, tni_scope *scope, tn_value spec, const char *name, const tni_accumulator *a,
                          const tni_expr **out) {
  tn_value value = tn_field(spec, name);
  if (tn_is_absent(value)) return tn_fail(ctx, TN_INVALID, a->where, "%s needs the argument '%s'", a->op->name, name);
  return tni_expr_compile(ctx, scope, value, tni_where(ctx, a->where, tni_slice_of(name)), out);
}

static tn_status check_arguments(tn_ctx *ctx, tn_value spec, const char *const *names, size_t count,
                                 const tni_accumulator *a) {
  for (tn_iter it = tn_iter_of(spec); tn_iter_next(&it);) {
    size_t i = 0;
    while (i < count && !tni_slice_is(it.name, names[i])) i++;
    if (i == count)
      return tn_fail(ctx, TN_INVALID, tni_where(ctx, a->where, it.name), "%s has no argument '%s'%s", a->op->name,
                     tni_quoted(ctx, it.name), tn_nearest(ctx, it.name, names, count));
  }
  return TN_OK;
}

tn_status tni_accumulator_compile_object(tn_ctx *ctx, tni_scope *scope, tn_value spec, const char *input,
                                         const char *n, const char *other, tni_accumulator *a) {
  const char *names[3] = {input};
  size_t count = 1;
  if (n) names[count++] = n;
  if (other) names[count++] = other;
  TRY(tni_expect(ctx, spec, TN_T_OBJECT, "an object of arguments by name", a->where));
  TRY(check_arguments(ctx, spec, names, count, a));
  TRY(argument(ctx, scope, spec, input, a, &a->input));
  return n ? argument(ctx, scope, spec, n, a, &a->n) : TN_OK;
}

tn_status tni_accumulator_n(const tni_accumulator *a, tni_eval *eval, uint64_t *out) {
  tn_value value;
  int64_t n;
  *out = 1;
  if (!a->n) return TN_OK;
  TRY(tni_expr_eval(a->n, eval, &value));
  if (!tni_as_whole(value, &n) || n <= 0)
    return tni_accumulator_wrong(a, eval, "a whole number above 0 as 'n'", value);
  *out = (uint64_t)n;
  return TN_OK;
}

tn_status tni_accumulator_wrong(const tni_accumulator *a, tni_eval *eval, const char *expected, tn_value got) {
  return tn_fail(eval->ctx, TN_INVALID, a->where, "%s takes %s, got %s", a->op->name, expected,
                 tn_is_absent(got) ? "a missing value" : tn_type_name(tn_value_type(got)));
}
