/* accumulator_best.c - the first of an order: $minN $maxN, by the value itself; $top $topN $bottom $bottomN, by
 * fields of the document. They keep a heap whose root is the one that falls out next. */
#include "accumulator_internal.h"
#include "order.h"
#include "sort.h"

/* variant: */
enum { SMALLEST, LARGEST, TOP, TOP_N, BOTTOM, BOTTOM_N };

typedef struct entry {
  tni_kept output;
  tni_kept *keys;  /* one a field of the order; NULL for $minN and $maxN */
  uint64_t number; /* of the document: equals stay in their order */
} entry;

typedef struct best {
  entry **heap;
  uint64_t n, count, capacity;
  uint64_t seen;
} best;

#define HEAP_MIN 4

static bool is_bottom(const tni_accumulator *a) { return a->op->variant == BOTTOM || a->op->variant == BOTTOM_N; }

/* ---- compiling -------------------------------------------------------------------------------- */

static tn_status compile_n(tn_ctx *ctx, tni_scope *scope, tn_value spec, tni_accumulator *a) {
  return tni_accumulator_compile_object(ctx, scope, spec, "input", "n", NULL, a);
}

static tn_status compile_sorted(tn_ctx *ctx, tni_scope *scope, tn_value spec, tni_accumulator *a) {
  bool many = a->op->variant == TOP_N || a->op->variant == BOTTOM_N;
  tni_sort *sort = tn_scratch(ctx, sizeof *sort);
  if (!sort) return tni_no_memory(ctx);
  TRY(tni_accumulator_compile_object(ctx, scope, spec, "output", many ? "n" : NULL, "sortBy", a));
  tn_value order = tn_field(spec, "sortBy");
  if (tn_is_absent(order)) return tn_fail(ctx, TN_INVALID, a->where, "%s needs the argument 'sortBy'", a->op->name);
  TRY(tni_sort_compile(ctx, order, tni_where(ctx, a->where, tni_slice_of("sortBy")), sort));
  a->extra = sort;
  return TN_OK;
}

static tn_status begin(const tni_accumulator *a, void *state, tni_eval *eval) {
  return tni_accumulator_n(a, eval, &((best *)state)->n);
}

/* ---- order ------------------------------------------------------------------------------------ */

/* What is compared of an entry, or of a document that may become one. */
typedef struct rank {
  const tn_value *keys;
  uint64_t number;
} rank;

typedef struct ranking {
  const tni_accumulator *a;
  const tni_eval *eval;
} ranking;

static int compare_ranks(const ranking *by, rank left, rank right) {
  const tni_sort *sort = by->a->extra;
  int order = sort ? tni_sort_compare(by->eval->ctx, sort, left.keys, right.keys)
                   : tni_compare(by->eval, left.keys[0], right.keys[0]);
  if (by->a->op->variant == LARGEST) order = -order;
  return order != 0 ? order : (left.number > right.number) - (left.number < right.number);
}

static rank rank_of(const tni_accumulator *a, const entry *e, tn_value keys[TNI_SORT_FIELDS_MAX]) {
  const tni_sort *sort = a->extra;
  for (uint32_t i = 0; sort && i < sort->count; i++) keys[i] = tni_kept_value(&e->keys[i]);
  if (!sort) keys[0] = tni_kept_value(&e->output);
  return (rank){keys, e->number};
}

static int compare_entries(const ranking *by, const entry *left, const entry *right) {
  tn_value keys[2][TNI_SORT_FIELDS_MAX];
  return compare_ranks(by, rank_of(by->a, left, keys[0]), rank_of(by->a, right, keys[1]));
}

/* Does the left one fall out before the right one? */
static bool is_worse(const ranking *by, const entry *left, const entry *right) {
  int order = compare_entries(by, left, right);
  return is_bottom(by->a) ? order < 0 : order > 0;
}

/* ---- heap ------------------------------------------------------------------------------------- */

static void swap(entry **heap, uint64_t i, uint64_t k) {
  entry *kept = heap[i];
  heap[i] = heap[k];
  heap[k] = kept;
}

static void sift_up(const ranking *by, best *b, uint64_t i) {
  for (; i > 0 && is_worse(by, b->heap[i], b->heap[(i - 1) / 2]); i = (i - 1) / 2) swap(b->heap, i, (i - 1) / 2);
}

static void sift_down(const ranking *by, best *b, uint64_t i) {
  for (;;) {
    uint64_t worst = i;
    for (uint64_t child = 2 * i + 1; child <= 2 * i + 2 && child < b->count; child++)
      if (is_worse(by, b->heap[child], b->heap[worst])) worst = child;
    if (worst == i) return;
    swap(b->heap, i, worst);
    i = worst;
  }
}

static tn_status grow(best *b, tni_pool *keep) {
  uint64_t capacity = b->capacity == 0 ? HEAP_MIN : b->capacity * 2;
  if (capacity > b->n) capacity = b->n;
  entry **heap = tni_pool_alloc(keep, capacity * sizeof *heap);
  if (!heap) return tni_pool_full(keep);
  if (b->count > 0) memcpy(heap, b->heap, b->count * sizeof *heap);
  b->heap = heap;
  b->capacity = capacity;
  return TN_OK;
}

static tn_status new_entry(const tni_accumulator *a, tni_pool *keep, entry **out) {
  const tni_sort *sort = a->extra;
  size_t keys = sort ? sort->count * sizeof(tni_kept) : 0;
  entry *e = tni_pool_alloc(keep, sizeof *e + keys);
  if (!e) return tni_pool_full(keep);
  memset(e, 0, sizeof *e + keys);
  e->keys = sort ? (tni_kept *)(e + 1) : NULL;
  *out = e;
  return TN_OK;
}

static tn_status fill(const tni_accumulator *a, entry *e, tni_pool *keep, tn_value output, rank at) {
  const tni_sort *sort = a->extra;
  for (uint32_t i = 0; sort && i < sort->count; i++) TRY(tni_kept_set(&e->keys[i], keep, at.keys[i]));
  e->number = at.number;
  return tni_kept_set(&e->output, keep, output);
}

/* ---- taking ----------------------------------------------------------------------------------- */

static tn_status take_room(const ranking *by, best *b, tni_pool *keep, tn_value output, rank at) {
  entry *e = NULL;
  if (b->count == b->capacity) TRY(grow(b, keep));
  TRY(new_entry(by->a, keep, &e));
  TRY(fill(by->a, e, keep, output, at));
  b->heap[b->count] = e;
  sift_up(by, b, b->count++);
  return TN_OK;
}

static tn_status take_place(const ranking *by, best *b, tni_pool *keep, tn_value output, rank at) {
  tn_value keys[TNI_SORT_FIELDS_MAX];
  int order = compare_ranks(by, at, rank_of(by->a, b->heap[0], keys));
  if (is_bottom(by->a) ? order < 0 : order > 0) return TN_OK;
  TRY(fill(by->a, b->heap[0], keep, output, at));
  sift_down(by, b, 0);
  return TN_OK;
}

static tn_status take(const tni_accumulator *a, void *state, tni_pool *keep, tni_eval *eval, tn_value value) {
  best *b = state;
  ranking by = {a, eval};
  tn_value keys[TNI_SORT_FIELDS_MAX] = {value};
  if (!a->extra && tni_is_nullish(value)) return TN_OK;
  if (a->extra) tni_sort_keys(a->extra, eval->root, keys);
  rank at = {keys, b->seen++};
  value = tni_or_null(value);
  return b->count < b->n ? take_room(&by, b, keep, value, at) : take_place(&by, b, keep, value, at);
}

/* ---- giving ----------------------------------------------------------------------------------- */

static int compare_for_result(void *arg, const void *left, const void *right) {
  return compare_entries(arg, left, right);
}

static tn_status give_ordered(const tni_accumulator *a, const best *b, tni_eval *eval, tn_builder *builder) {
  ranking by = {a, eval};
  const void **sorted = tni_pool_alloc(eval->pool, 2 * (b->count + 1) * sizeof *sorted);
  if (!sorted) return tni_pool_full(eval->pool);
  for (uint64_t i = 0; i < b->count; i++) sorted[i] = b->heap[i];
  TRY(tni_order(eval->ctx, sorted, sorted + b->count, b->count, compare_for_result, &by));
  tn_array_begin(builder);
  for (uint64_t i = 0; i < b->count; i++) tn_add(builder, tni_kept_value(&((const entry *)sorted[i])->output));
  tn_end(builder);
  return TN_OK;
}

static tn_status give_many(const tni_accumulator *a, void *state, tni_eval *eval, tn_value *out) {
  tn_builder *builder;
  TRY(tni_expr_begin(eval, &builder));
  tn_status status = give_ordered(a, state, eval, builder);
  if (status == TN_OK) return tni_pool_built(eval->pool, builder, a->where, out);
  tni_pool_drop(eval->pool, builder);
  return status;
}

static tn_status give_one(const tni_accumulator *a, void *state, tni_eval *eval, tn_value *out) {
  const best *b = state;
  (void)a, (void)eval;
  if (b->count > 0) *out = tni_kept_value(&b->heap[0]->output);
  return TN_OK;
}

/* ---- names ------------------------------------------------------------------------------------ */

static const tni_accumulator_op ops[] = {
    {"$bottom", sizeof(best), compile_sorted, begin, take, give_one, BOTTOM},
    {"$bottomN", sizeof(best), compile_sorted, begin, take, give_many, BOTTOM_N},
    {"$maxN", sizeof(best), compile_n, begin, take, give_many, LARGEST},
    {"$minN", sizeof(best), compile_n, begin, take, give_many, SMALLEST},
    {"$top", sizeof(best), compile_sorted, begin, take, give_one, TOP},
    {"$topN", sizeof(best), compile_sorted, begin, take, give_many, TOP_N},
};
const tni_accumulator_family tni_accumulator_best = {ops, TNI_LENGTH(ops)};
