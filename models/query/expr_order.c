/* expr_order.c - $sortArray $maxN $minN: items in order. */
#include "expr_families.h"
#include "number.h"
#include "order.h"
#include "sort.h"

/* An item and what it sorts by. */
typedef struct entry {
  tn_value item;
  const tn_value *keys; /* one a field of the order; NULL where items sort by themselves */
} entry;

typedef struct ordering {
  const tni_sort *sort; /* NULL: items by themselves */
  bool descending;      /* then */
} ordering;

typedef struct comparison {
  const tni_eval *eval;
  const ordering *by;
} comparison;

static int compare_entries(void *arg, const void *a, const void *b) {
  const comparison *c = arg;
  const entry *left = a, *right = b;
  if (c->by->sort) return tni_sort_compare(c->eval->ctx, c->by->sort, left->keys, right->keys);
  int order = tni_compare(c->eval, left->item, right->item);
  return c->by->descending ? (order < 0) - (order > 0) : order;
}

static tn_status make_entry(tni_eval *eval, const ordering *by, tn_value item, entry *out) {
  *out = (entry){item, NULL};
  if (!by->sort) return TN_OK;
  tn_value *keys = tni_pool_alloc(eval->pool, by->sort->count * sizeof *keys);
  if (!keys) return tni_pool_full(eval->pool);
  tni_sort_keys(by->sort, item, keys);
  out->keys = keys;
  return TN_OK;
}

/* The first `n` items in order, with `nulls` or without. */
static tn_status add_ordered(tni_eval *eval, tn_value array, const ordering *by, bool nulls, int64_t n,
                             tn_builder *builder) {
  uint32_t room = tn_count(array) + 1, count = 0;
  entry *entries = tni_pool_alloc(eval->pool, room * sizeof *entries);
  const void **sorted = tni_pool_alloc(eval->pool, 2 * room * sizeof *sorted);
  comparison arg = {eval, by};
  if (!entries || !sorted) return tni_pool_full(eval->pool);
  for (tn_iter it = tn_iter_of(array); tn_iter_next(&it);) {
    if (!nulls && tn_is_null(it.value)) continue;
    TRY(make_entry(eval, by, it.value, &entries[count]));
    sorted[count] = &entries[count];
    count++;
  }
  TRY(tni_order(eval->ctx, sorted, sorted + room, count, compare_entries, &arg));
  tn_array_begin(builder);
  for (uint32_t i = 0; i < count && i < n; i++) tn_add(builder, ((const entry *)sorted[i])->item);
  tn_end(builder);
  return TN_OK;
}

static tn_status give_ordered(const tni_expr *expr, tni_eval *eval, tn_value array, const ordering *by, bool nulls,
                              int64_t n, tn_value *out) {
  tn_builder *builder;
  TRY(tni_expr_begin(eval, &builder));
  return tni_expr_end(expr, eval, builder, add_ordered(eval, array, by, nulls, n, builder), out);
}

/* ---- $maxN $minN ------------------------------------------------------------------------------ */

/* variant: */
enum { SMALLEST, LARGEST };

static tn_status extremes(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tn_value array;
  int64_t n;
  ordering by = {NULL, expr->op->variant == LARGEST};
  TRY(tni_expr_n_arg(expr, eval, 0, &n));
  TRY(tni_expr_arg(expr, eval, 1, &array));
  if (tn_value_type(array) != TN_ARRAY) return tni_expr_wrong(expr, eval, "an array", array);
  return give_ordered(expr, eval, array, &by, false, n, out);
}

/* ---- $sortArray ------------------------------------------------------------------------------- */

static tn_status compile_order(tn_ctx *ctx, tn_value spec, const char *where, ordering *out) {
  int64_t direction;
  if (tni_as_whole(spec, &direction) && (direction == 1 || direction == -1)) {
    *out = (ordering){NULL, direction < 0};
    return TN_OK;
  }
  TRY(tni_expect(ctx, spec, TN_T_OBJECT, "1, -1 or an object of fields and 1 or -1", where));
  tni_sort *sort = tn_scratch(ctx, sizeof *sort);
  if (!sort) return tni_no_memory(ctx);
  TRY(tni_sort_compile(ctx, spec, where, sort));
  *out = (ordering){sort, false};
  return TN_OK;
}

static tn_status compile_sort(tn_ctx *ctx, tni_scope *scope, tn_value spec, tni_expr *expr) {
  tn_value values[TNI_EXPR_PARAMS_MAX];
  ordering *by = tn_scratch(ctx, sizeof *by);
  if (!by) return tni_no_memory(ctx);
  TRY(tni_expr_named_values(ctx, spec, expr, values));
  TRY(tni_expr_make_args(ctx, expr, 1));
  TRY(compile_order(ctx, values[1], tni_where(ctx, expr->where, tni_slice_of("sortBy")), by));
  expr->extra = by;
  return tni_expr_compile_param(ctx, scope, values, expr, 0);
}

static tn_status sort_array(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tn_value array;
  bool null;
  TRY(tni_expr_array_arg(expr, eval, 0, &array, &null));
  if (null) return *out = tni_null_value, TN_OK;
  return give_ordered(expr, eval, array, expr->extra, true, INT64_MAX, out);
}

/* ---- names ------------------------------------------------------------------------------------ */

static const char *const n_params[] = {"n", "input", NULL};
static const char *const sort_params[] = {"input", "sortBy", NULL};

static const tni_expr_op ops[] = {
    {.name = "$maxN", .min = 2, .eval = extremes, .params = n_params, .variant = LARGEST},
    {.name = "$minN", .min = 2, .eval = extremes, .params = n_params, .variant = SMALLEST},
    {.name = "$sortArray", .min = 2, .eval = sort_array, .params = sort_params, .compile = compile_sort},
};
const tni_expr_family tni_expr_order = {ops, TNI_LENGTH(ops)};
