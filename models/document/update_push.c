/* update_push.c - $push: a value, or {"$each": [...]} with $position, $sort and $slice, which are done in this order
 * whatever theirs is. */
#include "query/number.h"
#include "query/sort.h"
#include "update_op.h"

typedef struct push {
  tn_value each; /* absent: the operand itself is pushed */
  int64_t position;
  int64_t slice;
  bool has_position, has_slice, has_sort;
  bool whole; /* $sort is 1 or -1: items by what they are */
  tni_sort sort;
} push;

static const char *const clause_names[] = {"$each", "$position", "$slice", "$sort"};

/* ---- the operand ------------------------------------------------------------------------------ */

static tn_status read_whole(tn_ctx *ctx, tn_value value, const char *where, int64_t *out, bool *has) {
  *has = true;
  if (tni_as_whole(value, out)) return TN_OK;
  return tn_fail(ctx, TN_INVALID, where, "expected a whole number, got %s", tn_type_name(tn_value_type(value)));
}

/* Items by what they are is an order by one field, of which the path is never followed. */
static tn_status read_direction(tn_ctx *ctx, int64_t direction, const char *where, push *p) {
  tni_sort_field *field = tn_scratch(ctx, sizeof *field);
  if (!field) return tni_no_memory(ctx);
  if (direction != 1 && direction != -1)
    return tn_fail(ctx, TN_INVALID, where, "expected 1, -1 or an object of paths, got %lld", (long long)direction);
  *field = (tni_sort_field){.descending = direction < 0};
  p->sort = (tni_sort){.fields = field, .count = 1, .ctx = ctx};
  p->whole = true;
  return TN_OK;
}

static tn_status read_sort(tn_ctx *ctx, tn_value spec, const char *where, push *p) {
  int64_t direction;
  p->has_sort = true;
  if (tni_as_whole(spec, &direction)) return read_direction(ctx, direction, where, p);
  TRY(tni_expect(ctx, spec, TN_T_OBJECT, "1, -1 or an object of paths", where));
  return tni_sort_compile(ctx, spec, where, &p->sort);
}

static tn_status read_each(tn_ctx *ctx, tn_value each, const char *where, push *p) {
  p->each = each;
  return tni_expect(ctx, each, TN_T_ARRAY, "an array", where);
}

static tn_status read_clause(tn_ctx *ctx, const tn_iter *clause, const char *where, push *p) {
  if (tni_slice_is(clause->name, "$each")) return read_each(ctx, clause->value, where, p);
  if (tni_slice_is(clause->name, "$sort")) return read_sort(ctx, clause->value, where, p);
  if (tni_slice_is(clause->name, "$slice")) return read_whole(ctx, clause->value, where, &p->slice, &p->has_slice);
  if (tni_slice_is(clause->name, "$position"))
    return read_whole(ctx, clause->value, where, &p->position, &p->has_position);
  return tn_fail(ctx, TN_INVALID, where, "expected $each, $position, $slice or $sort, got '%s'%s",
                 tni_quoted(ctx, clause->name),
                 tn_nearest(ctx, clause->name, clause_names, TNI_LENGTH(clause_names)));
}

/* One of the clauses makes an object more than a value to be pushed. */
static bool has_clauses(tn_value operand) {
  if (tn_value_type(operand) != TN_OBJECT) return false;
  for (size_t i = 0; i < TNI_LENGTH(clause_names); i++)
    if (!tn_is_absent(tn_field(operand, clause_names[i]))) return true;
  return false;
}

static tn_status read_clauses(tn_ctx *ctx, const tni_change *change, push *p) {
  for (tn_iter it = tn_iter_of(change->operand); tn_iter_next(&it);)
    TRY(read_clause(ctx, &it, tni_where(ctx, change->where, it.name), p));
  if (!tn_is_absent(p->each)) return TN_OK;
  return tn_fail(ctx, TN_INVALID, change->where, "expected $each beside $position, $slice and $sort, got none");
}

tn_status tni_push_compile(tn_ctx *ctx, tni_change *change) {
  push *p = tn_scratch(ctx, sizeof *p);
  if (!p) return tni_no_memory(ctx);
  *p = (push){.each = TN_NO_VALUE};
  change->compiled = p;
  return has_clauses(change->operand) ? read_clauses(ctx, change, p) : TN_OK;
}

/* ---- items ------------------------------------------------------------------------------------ */

typedef struct items {
  tn_value *at;
  uint32_t count;
} items;

static void append(items *to, tn_value array, uint32_t from, uint32_t until) {
  tn_iter it = tn_iter_of(array);
  it.next = from;
  while (it.next < until && tn_iter_next(&it)) to->at[to->count++] = it.value;
}

/* A negative position counts from the end. */
static uint32_t place_in(const push *p, uint32_t count) {
  if (!p->has_position || p->position >= (int64_t)count) return count;
  if (p->position >= 0) return (uint32_t)p->position;
  return p->position < -(int64_t)count ? 0 : (uint32_t)(count + p->position);
}

static tn_status insert(const tni_change *change, tni_pool *pool, tn_value now, items *out) {
  const push *p = change->compiled;
  uint32_t old = tn_count(now), place = place_in(p, old), more = tn_is_absent(p->each) ? 1 : tn_count(p->each);
  out->count = 0;
  out->at = tni_pool_alloc(pool, ((size_t)old + more + 1) * sizeof *out->at);
  if (!out->at) return tni_pool_full(pool);
  append(out, now, 0, place);
  if (tn_is_absent(p->each))
    out->at[out->count++] = change->operand;
  else
    append(out, p->each, 0, more);
  append(out, now, place, old);
  return TN_OK;
}

/* ---- order ------------------------------------------------------------------------------------ */

/* Fields of what is no object are missing. */
static void sort_keys(const push *p, tn_value item, tn_value *keys) {
  for (uint32_t i = 0; i < p->sort.count; i++) keys[i] = p->whole ? item : tni_null_value;
  if (!p->whole && tn_value_type(item) == TN_OBJECT) tni_sort_keys(&p->sort, item, keys);
}

static tn_status collect(const push *p, const items *unsorted, tni_sorter *sorter) {
  tn_value keys[TNI_SORT_FIELDS_MAX];
  for (uint32_t i = 0; i < unsorted->count; i++) {
    sort_keys(p, unsorted->at[i], keys);
    TRY(tni_sorter_add(sorter, keys, tn_value_bytes(unsorted->at[i])));
  }
  return tni_sorter_finish(sorter);
}

static tn_status sort(const push *p, tni_pool *pool, items *all) {
  tni_sorter *sorter;
  tn_slice payload;
  if (!p->has_sort) return TN_OK;
  TRY(tni_sorter_create(pool, &p->sort, 0, &sorter));
  TRY(collect(p, all, sorter));
  for (uint32_t i = 0; i < all->count; i++) {
    TRY(tni_sorter_next(sorter, &payload));
    all->at[i] = tn_bytes_value(payload);
  }
  return TN_OK;
}

/* A negative slice keeps the last. */
static void slice(const push *p, items *all) {
  int64_t count = all->count;
  if (!p->has_slice || p->slice >= count || p->slice <= -count) return;
  if (p->slice < 0) all->at += count + p->slice;
  all->count = (uint32_t)(p->slice < 0 ? -p->slice : p->slice);
}

static tn_status build(const tni_change *change, const tni_site *site, const items *all, tn_value *out) {
  tn_builder *b = tni_pool_builder(site->pool);
  if (!b) return tni_no_memory(site->ctx);
  tn_array_begin(b);
  for (uint32_t i = 0; i < all->count; i++) tn_add(b, all->at[i]);
  tn_end(b);
  return tni_pool_built(site->pool, b, change->where, out);
}

tn_status tni_update_push(const tni_change *change, const tni_site *site, tn_value now, tn_value *out) {
  const push *p = change->compiled;
  items all;
  if (!tn_is_absent(now) && tn_value_type(now) != TN_ARRAY) return tni_change_misfit(change, site, "an array", now);
  TRY(insert(change, site->pool, now, &all));
  TRY(sort(p, site->pool, &all));
  slice(p, &all);
  return build(change, site, &all, out);
}
