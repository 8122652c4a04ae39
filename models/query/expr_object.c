/* expr_object.c - objects: fields by name, merging, and objects as arrays of pairs. */
#include "expr_families.h"
#include "fields.h"

static tn_status give_fields(const tni_expr *expr, tni_eval *eval, const tni_fields *fields, tn_value *out) {
  tn_builder *builder;
  TRY(tni_expr_begin(eval, &builder));
  tni_fields_build(fields, builder);
  return tni_expr_end(expr, eval, builder, TN_OK, out);
}

/* ---- $mergeObjects ---------------------------------------------------------------------------- */

static tn_status merge_one(const tni_expr *expr, tni_eval *eval, tn_value object, tni_fields *fields) {
  if (tni_is_nullish(object)) return TN_OK;
  if (tn_value_type(object) != TN_OBJECT) return tni_expr_wrong(expr, eval, "objects", object);
  return tni_fields_set_all(fields, object);
}

/* An array as the only argument is one of objects. */
static tn_status merge(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tni_fields fields = tni_fields_in(eval->pool);
  for (uint32_t i = 0; i < expr->count; i++) {
    tn_value object;
    TRY(tni_expr_arg(expr, eval, i, &object));
    bool list = expr->count == 1 && tn_value_type(object) == TN_ARRAY;
    for (tn_iter it = tn_iter_of(object); list && tn_iter_next(&it);) TRY(merge_one(expr, eval, it.value, &fields));
    if (!list) TRY(merge_one(expr, eval, object, &fields));
  }
  return give_fields(expr, eval, &fields, out);
}

/* ---- $getField -------------------------------------------------------------------------------- */

/* {"field": name, "input": object}, or the name alone, of a field of the document. */
static tn_status compile_get(tn_ctx *ctx, tni_scope *scope, tn_value spec, tni_expr *expr) {
  if (!tn_is_absent(tn_field(spec, "field"))) {
    TRY(tni_expr_compile_named(ctx, scope, spec, expr));
  } else {
    TRY(tni_expr_make_args(ctx, expr, 2));
    TRY(tni_expr_compile(ctx, scope, spec, expr->where, &expr->args[0]));
  }
  if (expr->args[1]) return TN_OK;
  return tni_expr_compile_field(ctx, scope, tni_slice_of("$$CURRENT"), expr->where, &expr->args[1]);
}

static tn_status name_arg(const tni_expr *expr, tni_eval *eval, tn_slice *out) {
  tn_value name;
  TRY(tni_expr_arg(expr, eval, 0, &name));
  return tn_as_string(name, out) ? TN_OK : tni_expr_wrong(expr, eval, "a string as 'field'", name);
}

static tn_status get_field(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tn_slice name;
  tn_value input;
  TRY(name_arg(expr, eval, &name));
  TRY(tni_expr_arg(expr, eval, 1, &input));
  *out = tn_is_null(input) ? input : tn_field_slice(input, name);
  return TN_OK;
}

/* ---- $setField $unsetField -------------------------------------------------------------------- */

static tn_status set_field(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tn_slice name;
  tn_value input, value;
  tni_fields fields = tni_fields_in(eval->pool);
  TRY(name_arg(expr, eval, &name));
  TRY(tni_expr_arg(expr, eval, 1, &input));
  TRY(tni_expr_arg(expr, eval, 2, &value));
  if (tni_is_nullish(input)) return *out = tni_null_value, TN_OK;
  if (tn_value_type(input) != TN_OBJECT) return tni_expr_wrong(expr, eval, "an object as 'input'", input);
  TRY(tni_fields_set_all(&fields, input));
  TRY(tni_fields_set(&fields, name, value));
  return give_fields(expr, eval, &fields, out);
}

/* ---- $objectToArray --------------------------------------------------------------------------- */

static tn_status object_to_array(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  bool null;
  tn_value object;
  tn_builder *builder;
  TRY(tni_expr_args(expr, eval, &object, 1, &null, out));
  if (null) return TN_OK;
  if (tn_value_type(object) != TN_OBJECT) return tni_expr_wrong(expr, eval, "an object", object);
  TRY(tni_expr_begin(eval, &builder));
  tn_array_begin(builder);
  for (tn_iter it = tn_iter_of(object); tn_iter_next(&it);) {
    tn_object_begin(builder);
    tn_set(builder, "k", tn_text(it.name));
    tn_set(builder, "v", it.value);
    tn_end(builder);
  }
  tn_end(builder);
  return tni_expr_end(expr, eval, builder, TN_OK, out);
}

/* ---- $arrayToObject --------------------------------------------------------------------------- */

/* [name, value] or {"k": name, "v": value}; all pairs of one array are of one form. */
static bool read_pair(tn_value pair, tn_type form, tn_slice *name, tn_value *value) {
  bool list = form == TN_ARRAY;
  if (tn_value_type(pair) != form || tn_count(pair) != 2) return false;
  *value = list ? tn_item(pair, 1) : tn_field(pair, "v");
  return !tn_is_absent(*value) && tn_as_string(list ? tn_item(pair, 0) : tn_field(pair, "k"), name);
}

static tn_status array_to_object(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  bool null;
  tn_value array, value;
  tn_slice name;
  tni_fields fields = tni_fields_in(eval->pool);
  TRY(tni_expr_array_arg(expr, eval, 0, &array, &null));
  if (null) return *out = tni_null_value, TN_OK;
  tn_type form = tn_value_type(tn_item(array, 0)) == TN_ARRAY ? TN_ARRAY : TN_OBJECT;
  for (tn_iter it = tn_iter_of(array); tn_iter_next(&it);) {
    if (!read_pair(it.value, form, &name, &value))
      return tni_expr_fail(expr, eval, "$arrayToObject takes pairs, all [name, value] or all {k: name, v: value}");
    TRY(tni_fields_set(&fields, name, value));
  }
  return give_fields(expr, eval, &fields, out);
}

/* ---- names ------------------------------------------------------------------------------------ */

static const char *const get_params[] = {"field", "input", NULL};
static const char *const set_params[] = {"field", "input", "value", NULL};

static const tni_expr_op ops[] = {
    {.name = "$arrayToObject", .min = 1, .max = 1, .eval = array_to_object},
    {.name = "$getField", .min = 1, .eval = get_field, .params = get_params, .compile = compile_get},
    {.name = "$mergeObjects", .min = 0, .max = TNI_ANY_COUNT, .eval = merge},
    {.name = "$objectToArray", .min = 1, .max = 1, .eval = object_to_array},
    {.name = "$setField", .min = 3, .eval = set_field, .params = set_params},
    {.name = "$unsetField", .min = 2, .eval = set_field, .params = get_params},
};
const tni_expr_family tni_expr_object = {ops, TNI_LENGTH(ops)};
