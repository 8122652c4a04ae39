/* expr_set.c - arrays as sets: what is equal counts once, 1 and 1.0 too. A set that comes out keeps the order in
 * which its members were first seen. */
#include "expr_families.h"
#include "order.h"

typedef struct member {
  tn_value value;
  uint32_t source; /* the number of its array */
  bool kept;
} member;

/* All items of all arrays: in the order they came, and by value. Those of one value are in the order they came. */
typedef struct members {
  member *all;
  const void **sorted;
  uint32_t count;
  uint32_t sources;
} members;

static int compare_members(void *arg, const void *a, const void *b) {
  return tni_compare(arg, ((const member *)a)->value, ((const member *)b)->value);
}

static tn_status sort_members(tni_eval *eval, members *set) {
  const void **room = tni_pool_alloc(eval->pool, (set->count + 1) * sizeof *room);
  set->sorted = tni_pool_alloc(eval->pool, (set->count + 1) * sizeof *set->sorted);
  if (!room || !set->sorted) return tni_pool_full(eval->pool);
  for (uint32_t i = 0; i < set->count; i++) set->sorted[i] = &set->all[i];
  return tni_order(eval->ctx, set->sorted, room, set->count, compare_members, eval);
}

static tn_status gather(tni_eval *eval, const tn_value *arrays, uint32_t sources, members *out) {
  members set = {NULL, NULL, 0, sources};
  uint32_t count = 0;
  for (uint32_t i = 0; i < sources; i++) set.count += tn_count(arrays[i]);
  set.all = tni_pool_alloc(eval->pool, (set.count + 1) * sizeof *set.all);
  if (!set.all) return tni_pool_full(eval->pool);
  for (uint32_t i = 0; i < sources; i++)
    for (tn_iter it = tn_iter_of(arrays[i]); tn_iter_next(&it);) set.all[count++] = (member){it.value, i, false};
  TRY(sort_members(eval, &set));
  *out = set;
  return TN_OK;
}

/* Members of one value. */
typedef struct run {
  const member *first;
  uint32_t from, to;
  uint32_t sources; /* how many arrays have it */
} run;

static const member *sorted_at(const members *set, uint32_t i) { return set->sorted[i]; }

static bool next_run(const tni_eval *eval, const members *set, run *at) {
  uint32_t i = at->to;
  if (i >= set->count) return false;
  *at = (run){sorted_at(set, i), i, i + 1, 1};
  for (; at->to < set->count && tni_compare(eval, at->first->value, sorted_at(set, at->to)->value) == 0; at->to++)
    at->sources += sorted_at(set, at->to)->source != sorted_at(set, at->to - 1)->source;
  return true;
}

/* Arguments as arrays, in the pool. */
static tn_status arrays_of(const tni_expr *expr, tni_eval *eval, bool null_allowed, tn_value **out, bool *null) {
  tn_value *arrays = tni_pool_alloc(eval->pool, (expr->count + 1) * sizeof *arrays);
  if (!arrays) return tni_pool_full(eval->pool);
  *null = false;
  for (uint32_t i = 0; i < expr->count && !*null; i++) {
    TRY(tni_expr_array_arg(expr, eval, i, &arrays[i], null));
    if (*null && !null_allowed) return tni_expr_wrong(expr, eval, "arrays", arrays[i]);
  }
  *out = arrays;
  return TN_OK;
}

/* ---- $setUnion $setIntersection $setDifference ------------------------------------------------ */

/* variant: */
enum { UNION, INTERSECTION, DIFFERENCE, EQUALS, SUBSET };

static bool belongs(int variant, const members *set, const run *at) {
  if (variant == UNION) return true;
  return at->first->source == 0 && at->sources == (variant == INTERSECTION ? set->sources : 1);
}

static void add_kept(const members *set, tn_builder *builder) {
  tn_array_begin(builder);
  for (uint32_t i = 0; i < set->count; i++)
    if (set->all[i].kept) tn_add(builder, set->all[i].value);
  tn_end(builder);
}

static tn_status make_set(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tn_value *arrays;
  members set;
  bool null;
  tn_builder *builder;
  run at = {.to = 0};
  TRY(arrays_of(expr, eval, true, &arrays, &null));
  if (null) return *out = tni_null_value, TN_OK;
  TRY(gather(eval, arrays, expr->count, &set));
  while (next_run(eval, &set, &at)) set.all[at.first - set.all].kept = belongs(expr->op->variant, &set, &at);
  TRY(tni_expr_begin(eval, &builder));
  add_kept(&set, builder);
  return tni_expr_end(expr, eval, builder, TN_OK, out);
}

/* ---- $setEquals $setIsSubset ------------------------------------------------------------------ */

static tn_status compare_sets(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tn_value *arrays;
  members set;
  bool null, holds = true, subset = expr->op->variant == SUBSET;
  run at = {.to = 0};
  TRY(arrays_of(expr, eval, false, &arrays, &null));
  TRY(gather(eval, arrays, expr->count, &set));
  while (holds && next_run(eval, &set, &at)) holds = at.sources == set.sources || (subset && at.first->source != 0);
  *out = tni_bool_value(holds);
  return TN_OK;
}

/* ---- $anyElementTrue $allElementsTrue --------------------------------------------------------- */

/* variant: what decides. */
static tn_status decide(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  tn_value array;
  bool decisive = expr->op->variant, found = false;
  TRY(tni_expr_arg(expr, eval, 0, &array));
  if (tn_value_type(array) != TN_ARRAY) return tni_expr_wrong(expr, eval, "an array", array);
  for (tn_iter it = tn_iter_of(array); !found && tn_iter_next(&it);) found = tni_is_truthy(it.value) == decisive;
  *out = tni_bool_value(found == decisive);
  return TN_OK;
}

/* ---- names ------------------------------------------------------------------------------------ */

static const tni_expr_op ops[] = {
    {.name = "$allElementsTrue", .min = 1, .max = 1, .eval = decide, .variant = false},
    {.name = "$anyElementTrue", .min = 1, .max = 1, .eval = decide, .variant = true},
    {.name = "$setDifference", .min = 2, .max = 2, .eval = make_set, .variant = DIFFERENCE},
    {.name = "$setEquals", .min = 2, .max = TNI_ANY_COUNT, .eval = compare_sets, .variant = EQUALS},
    {.name = "$setIntersection", .min = 0, .max = TNI_ANY_COUNT, .eval = make_set, .variant = INTERSECTION},
    {.name = "$setIsSubset", .min = 2, .max = 2, .eval = compare_sets, .variant = SUBSET},
    {.name = "$setUnion", .min = 0, .max = TNI_ANY_COUNT, .eval = make_set, .variant = UNION},
};
const tni_expr_family tni_expr_set = {ops, TNI_LENGTH(ops)};
