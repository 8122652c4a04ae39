/* expr_array.c - arrays as a whole and their items by number. What is done with each item: expr_each.c; orders:
 * expr_order.c. */
#include "expr_families.h"
#include "number.h"

static tn_status give_null(tn_value *out) { return *out = tni_null_value, TN_OK; }

/* ---- $size $isArray $in $indexOfArray --------------------------------------------------------- */

static tn_status size(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tn_value array;
  TRY(tni_expr_arg(expr, eval, 0, &array));
  if (tn_value_type(array) != TN_ARRAY) return tni_expr_wrong(expr, eval, "an array", array);
  return tni_expr_int(eval, tn_count(array), out);
}

static tn_status is_array(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tn_value value;
  TRY(tni_expr_arg(expr, eval, 0, &value));
  *out = tni_bool_value(tn_value_type(value) == TN_ARRAY);
  return TN_OK;
}

/* Where it stands between two places; `to` where it does not. */
static uint32_t place_of(const tni_eval *eval, tn_value array, tn_value wanted, uint32_t from, uint32_t to) {
  uint32_t i = from;
  while (i < to && tni_compare(eval, tn_item(array, i), wanted) != 0) i++;
  return i;
}

static tn_status is_in(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tn_value wanted, array;
  TRY(tni_expr_arg(expr, eval, 0, &wanted));
  TRY(tni_expr_arg(expr, eval, 1, &array));
  if (tn_value_type(array) != TN_ARRAY) return tni_expr_wrong(expr, eval, "an array as its second argument", array);
  uint32_t count = tn_count(array);
  *out = tni_bool_value(place_of(eval, array, wanted, 0, count) < count);
  return TN_OK;
}

/* A place from 0 on, no further than the end. */
static tn_status place_arg(const tni_expr *expr, tni_eval *eval, uint32_t i, uint32_t end, uint32_t *out) {
  int64_t n = 0;
  *out = end;
  if (!tni_expr_has_arg(expr, i)) return TN_OK;
  TRY(tni_expr_whole_arg(expr, eval, i, "whole numbers as places", &n));
  if (n < 0) return tni_expr_fail(expr, eval, "%s takes places from 0 on, got %lld", expr->op->name, (long long)n);
  if (n < end) *out = (uint32_t)n;
  return TN_OK;
}

static tn_status index_of(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tn_value array, wanted;
  bool null;
  uint32_t from = 0, to;
  TRY(tni_expr_array_arg(expr, eval, 0, &array, &null));
  TRY(tni_expr_arg(expr, eval, 1, &wanted));
  if (null) return give_null(out);
  if (tni_expr_has_arg(expr, 2)) TRY(place_arg(expr, eval, 2, tn_count(array), &from));
  TRY(place_arg(expr, eval, 3, tn_count(array), &to));
  uint32_t found = from < to ? place_of(eval, array, wanted, from, to) : to;
  return tni_expr_int(eval, found < to ? (int64_t)found : -1, out);
}

/* ---- $arrayElemAt $first $last ---------------------------------------------------------------- */

static tn_value item_at(tn_value array, int64_t place) {
  int64_t count = tn_count(array);
  if (place < 0) place += count;
  return place >= 0 && place < count ? tn_item(array, (uint32_t)place) : TN_NO_VALUE;
}

static tn_status elem_at(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tn_value array, place;
  bool null;
  int64_t n;
  TRY(tni_expr_array_arg(expr, eval, 0, &array, &null));
  TRY(tni_expr_arg(expr, eval, 1, &place));
  if (null || tni_is_nullish(place)) return give_null(out);
  if (!tni_as_whole(place, &n)) return tni_expr_wrong(expr, eval, "a whole number as place", place);
  *out = item_at(array, n);
  return TN_OK;
}

/* variant: the place. */
static tn_status elem_end(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tn_value array;
  bool null;
  TRY(tni_expr_array_arg(expr, eval, 0, &array, &null));
  *out = null ? tni_null_value : item_at(array, expr->op->variant);
  return TN_OK;
}

/* ---- $slice $firstN $lastN -------------------------------------------------------------------- */

static tn_status give_items(const tni_expr *expr, tni_eval *eval, tn_value array, int64_t from, int64_t count,
                            tn_value *out) {
  tn_builder *builder;
  int64_t end = tn_count(array);
  if (count < end - from) end = from + count;
  if (from == 0 && end == tn_count(array)) return *out = array, TN_OK;
  TRY(tni_expr_begin(eval, &builder));
  tn_array_begin(builder);
  for (int64_t i = from; i < end; i++) tn_add(builder, tn_item(array, (uint32_t)i));
  tn_end(builder);
  return tni_expr_end(expr, eval, builder, TN_OK, out);
}

/* A place counted from the end where it is negative, brought into the array. */
static int64_t start_at(tn_value array, int64_t place) {
  int64_t count = tn_count(array);
  if (place < 0) place = place < -count ? 0 : place + count;
  return place < count ? place : count;
}

static tn_status slice(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tn_value values[3];
  bool null;
  int64_t n[2];
  TRY(tni_expr_args(expr, eval, values, 3, &null, out));
  if (null) return TN_OK;
  if (tn_value_type(values[0]) != TN_ARRAY) return tni_expr_wrong(expr, eval, "an array", values[0]);
  for (uint32_t i = 1; i < expr->count; i++)
    if (!tni_as_whole(values[i], &n[i - 1])) return tni_expr_wrong(expr, eval, "whole numbers", values[i]);
  if (expr->count == 2 && n[0] < 0)
    return give_items(expr, eval, values[0], start_at(values[0], n[0]), INT64_MAX, out);
  if (expr->count == 2) return give_items(expr, eval, values[0], 0, n[0], out);
  if (n[1] <= 0) return tni_expr_fail(expr, eval, "$slice takes a count above 0, got %lld", (long long)n[1]);
  return give_items(expr, eval, values[0], start_at(values[0], n[0]), n[1], out);
}

/* variant: */
enum { FROM_START, FROM_END };

static tn_status some(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tn_value array;
  int64_t n;
  TRY(tni_expr_n_arg(expr, eval, 0, &n));
  TRY(tni_expr_arg(expr, eval, 1, &array));
  if (tn_value_type(array) != TN_ARRAY) return tni_expr_wrong(expr, eval, "an array", array);
  int64_t skip = expr->op->variant == FROM_END && n < tn_count(array) ? tn_count(array) - n : 0;
  return give_items(expr, eval, array, skip, n, out);
}

/* ---- $concatArrays $reverseArray $range ------------------------------------------------------- */

static tn_status join(const tni_expr *expr, tni_eval *eval, tn_builder *builder, bool *null) {
  *null = false;
  tn_array_begin(builder);
  for (uint32_t i = 0; i < expr->count && !*null; i++) {
    tn_value array;
    TRY(tni_expr_array_arg(expr, eval, i, &array, null));
    for (tn_iter it = tn_iter_of(array); tn_iter_next(&it);) tn_add(builder, it.value);
  }
  tn_end(builder);
  return TN_OK;
}

static tn_status concat(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tn_builder *builder;
  bool null;
  TRY(tni_expr_begin(eval, &builder));
  tn_status status = join(expr, eval, builder, &null);
  TRY(tni_expr_end(expr, eval, builder, status, out));
  return null ? give_null(out) : TN_OK;
}

static tn_status reverse(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tn_value array;
  tn_builder *builder;
  bool null;
  TRY(tni_expr_array_arg(expr, eval, 0, &array, &null));
  if (null) return give_null(out);
  TRY(tni_expr_begin(eval, &builder));
  tn_array_begin(builder);
  for (uint32_t i = tn_count(array); i > 0; i--) tn_add(builder, tn_item(array, i - 1));
  tn_end(builder);
  return tni_expr_end(expr, eval, builder, TN_OK, out);
}

static tn_status add_range(tni_eval *eval, tni_wide from, tni_wide count, int64_t step, tn_builder *builder) {
  tn_array_begin(builder);
  for (tni_wide i = 0; i < count; i++) {
    TRY(tn_step(eval->ctx));
    tn_add_int(builder, (int64_t)(from + i * step));
  }
  tn_end(builder);
  return TN_OK;
}

static tn_status range(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  int64_t from, to, step = 1;
  tn_builder *builder;
  TRY(tni_expr_whole_arg(expr, eval, 0, "whole numbers", &from));
  TRY(tni_expr_whole_arg(expr, eval, 1, "whole numbers", &to));
  if (tni_expr_has_arg(expr, 2)) TRY(tni_expr_whole_arg(expr, eval, 2, "whole numbers", &step));
  if (step == 0) return tni_expr_fail(expr, eval, "$range takes a step that is not 0");
  tni_wide distance = step > 0 ? (tni_wide)to - from : (tni_wide)from - to;
  tni_wide stride = step > 0 ? step : -(tni_wide)step, count = distance > 0 ? (distance + stride - 1) / stride : 0;
  if (count > (tni_wide)(eval->pool->limit - eval->pool->used)) {
    eval->pool->over = true;
    return tni_pool_full(eval->pool);
  }
  TRY(tni_expr_begin(eval, &builder));
  return tni_expr_end(expr, eval, builder, add_range(eval, from, count, step, builder), out);
}

/* ---- $zip ------------------------------------------------------------------------------------- */

typedef struct zipper {
  tn_value inputs, defaults;
  uint32_t length;
} zipper;

static tn_status check_inputs(const tni_expr *expr, tni_eval *eval, bool longest, zipper *zip, bool *null) {
  TRY(tni_expr_array_arg(expr, eval, 0, &zip->inputs, null));
  if (!*null && tn_count(zip->inputs) == 0) return tni_expr_fail(expr, eval, "$zip takes at least one array");
  zip->length = longest || *null ? 0 : UINT32_MAX;
  for (tn_iter it = tn_iter_of(zip->inputs); tn_iter_next(&it) && !*null;) {
    uint32_t count = tn_count(it.value);
    *null = tni_is_nullish(it.value);
    if (!*null && tn_value_type(it.value) != TN_ARRAY) return tni_expr_wrong(expr, eval, "arrays", it.value);
    if (longest ? count > zip->length : count < zip->length) zip->length = count;
  }
  return TN_OK;
}

static tn_status check_defaults(const tni_expr *expr, tni_eval *eval, bool longest, zipper *zip) {
  bool none;
  TRY(tni_expr_array_arg(expr, eval, 2, &zip->defaults, &none));
  if (none) return zip->defaults = TN_NO_VALUE, TN_OK;
  if (!longest) return tni_expr_fail(expr, eval, "$zip takes 'defaults' only with 'useLongestLength'");
  if (tn_count(zip->defaults) != tn_count(zip->inputs))
    return tni_expr_fail(expr, eval, "$zip takes as many defaults as arrays, got %u for %u",
                         (unsigned)tn_count(zip->defaults), (unsigned)tn_count(zip->inputs));
  return TN_OK;
}

static void add_row(const zipper *zip, uint32_t row, tn_builder *builder) {
  uint32_t i = 0;
  tn_array_begin(builder);
  for (tn_iter it = tn_iter_of(zip->inputs); tn_iter_next(&it); i++) {
    tn_value item = tn_item(it.value, row);
    tn_add(builder, tni_or_null(tn_is_absent(item) ? tn_item(zip->defaults, i) : item));
  }
  tn_end(builder);
}

static tn_status zip(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  zipper zipped = {.length = 0};
  tn_value longest;
  tn_builder *builder;
  bool null, is_longest = false;
  TRY(tni_expr_arg(expr, eval, 1, &longest));
  if (!tn_is_absent(longest) && !tn_as_bool(longest, &is_longest))
    return tni_expr_wrong(expr, eval, "true or false as 'useLongestLength'", longest);
  TRY(check_inputs(expr, eval, is_longest, &zipped, &null));
  if (null) return give_null(out);
  TRY(check_defaults(expr, eval, is_longest, &zipped));
  TRY(tni_expr_begin(eval, &builder));
  tn_array_begin(builder);
  for (uint32_t i = 0; i < zipped.length; i++) add_row(&zipped, i, builder);
  tn_end(builder);
  return tni_expr_end(expr, eval, builder, TN_OK, out);
}

/* ---- names ------------------------------------------------------------------------------------ */

static const char *const some_params[] = {"n", "input", NULL};
static const char *const zip_params[] = {"inputs", "useLongestLength", "defaults", NULL};

static const tni_expr_op ops[] = {
    {.name = "$arrayElemAt", .min = 2, .max = 2, .eval = elem_at},
    {.name = "$concatArrays", .min = 0, .max = TNI_ANY_COUNT, .eval = concat},
    {.name = "$first", .min = 1, .max = 1, .eval = elem_end, .variant = 0},
    {.name = "$firstN", .min = 2, .eval = some, .params = some_params, .variant = FROM_START},
    {.name = "$in", .min = 2, .max = 2, .eval = is_in},
    {.name = "$indexOfArray", .min = 2, .max = 4, .eval = index_of},
    {.name = "$isArray", .min = 1, .max = 1, .eval = is_array},
    {.name = "$last", .min = 1, .max = 1, .eval = elem_end, .variant = -1},
    {.name = "$lastN", .min = 2, .eval = some, .params = some_params, .variant = FROM_END},
    {.name = "$range", .min = 2, .max = 3, .eval = range},
    {.name = "$reverseArray", .min = 1, .max = 1, .eval = reverse},
    {.name = "$size", .min = 1, .max = 1, .eval = size},
    {.name = "$slice", .min = 2, .max = 3, .eval = slice},
    {.name = "$zip", .min = 1, .eval = zip, .params = zip_params},
};
const tni_expr_family tni_expr_array = {ops, TNI_LENGTH(ops)};
