/* accumulator_list.c - values in arrays: $push $addToSet $firstN $lastN. $push and $addToSet pass over what is
 * missing, to the others it is null. */
#include "accumulator_internal.h"
#include "hash.h"

static tn_status give_list(const tni_accumulator *a, const tni_kept_list *list, tni_eval *eval, tn_value *out) {
  tn_builder *builder;
  TRY(tni_expr_begin(eval, &builder));
  tni_kept_build(list, builder);
  return tni_pool_built(eval->pool, builder, a->where, out);
}

/* ---- $push ------------------------------------------------------------------------------------ */

static tn_status take_pushed(const tni_accumulator *a, void *state, tni_pool *keep, tni_eval *eval, tn_value value) {
  (void)a, (void)eval;
  return tn_is_absent(value) ? TN_OK : tni_kept_add(state, keep, value, NULL);
}

static tn_status give_pushed(const tni_accumulator *a, void *state, tni_eval *eval, tn_value *out) {
  return give_list(a, state, eval, out);
}

/* ---- $addToSet -------------------------------------------------------------------------------- */

/* The list in the order of arrival, and where its values are by hash. */
typedef struct value_set {
  tni_kept_list list;
  tn_value *table; /* absent = free; at most half of it is taken */
  uint64_t size;
} value_set;

#define TABLE_SIZE_MIN 8

static tn_value *place_in(const value_set *set, const tni_eval *eval, tn_value value) {
  uint64_t mask = set->size - 1, at = tni_hash_value(eval->ctx, value) & mask;
  while (!tn_is_absent(set->table[at]) && tni_compare(eval, set->table[at], value) != 0) at = (at + 1) & mask;
  return &set->table[at];
}

static tn_status grow_table(value_set *set, tni_pool *keep, const tni_eval *eval) {
  value_set next = {.size = set->size == 0 ? TABLE_SIZE_MIN : set->size * 2};
  next.table = tni_pool_alloc(keep, next.size * sizeof *next.table);
  if (!next.table) return tni_pool_full(keep);
  memset(next.table, 0, next.size * sizeof *next.table);
  for (uint64_t i = 0; i < set->size; i++)
    if (!tn_is_absent(set->table[i])) *place_in(&next, eval, set->table[i]) = set->table[i];
  set->table = next.table;
  set->size = next.size;
  return TN_OK;
}

static tn_status take_member(const tni_accumulator *a, void *state, tni_pool *keep, tni_eval *eval, tn_value value) {
  value_set *set = state;
  (void)a;
  if (tn_is_absent(value)) return TN_OK;
  if (set->list.count * 2 >= set->size) TRY(grow_table(set, keep, eval));
  tn_value *place = place_in(set, eval, value);
  return tn_is_absent(*place) ? tni_kept_add(&set->list, keep, value, place) : TN_OK;
}

static tn_status give_set(const tni_accumulator *a, void *state, tni_eval *eval, tn_value *out) {
  return give_list(a, &((value_set *)state)->list, eval, out);
}

/* ---- $firstN ---------------------------------------------------------------------------------- */

static tn_status compile_n(tn_ctx *ctx, tni_scope *scope, tn_value spec, tni_accumulator *a) {
  return tni_accumulator_compile_object(ctx, scope, spec, "input", "n", NULL, a);
}

typedef struct first_values {
  tni_kept_list list;
  uint64_t n;
} first_values;

static tn_status begin_first(const tni_accumulator *a, void *state, tni_eval *eval) {
  return tni_accumulator_n(a, eval, &((first_values *)state)->n);
}

static tn_status take_early(const tni_accumulator *a, void *state, tni_pool *keep, tni_eval *eval, tn_value value) {
  first_values *first = state;
  (void)a, (void)eval;
  return first->list.count < first->n ? tni_kept_add(&first->list, keep, tni_or_null(value), NULL) : TN_OK;
}

static tn_status give_first(const tni_accumulator *a, void *state, tni_eval *eval, tn_value *out) {
  return give_list(a, &((first_values *)state)->list, eval, out);
}

/* ---- $lastN ----------------------------------------------------------------------------------- */

/* A ring that grows up to n; from then on the oldest is replaced. */
typedef struct last_values {
  tni_kept *ring;
  uint64_t n, capacity;
  uint64_t seen;
} last_values;

#define RING_MIN 4

static tn_status begin_last(const tni_accumulator *a, void *state, tni_eval *eval) {
  return tni_accumulator_n(a, eval, &((last_values *)state)->n);
}

static tn_status grow_ring(last_values *last, tni_pool *keep) {
  uint64_t capacity = last->capacity == 0 ? RING_MIN : last->capacity * 2;
  if (capacity > last->n) capacity = last->n;
  tni_kept *ring = tni_pool_alloc(keep, capacity * sizeof *ring);
  if (!ring) return tni_pool_full(keep);
  memset(ring, 0, capacity * sizeof *ring);
  if (last->capacity > 0) memcpy(ring, last->ring, last->capacity * sizeof *ring);
  last->ring = ring;
  last->capacity = capacity;
  return TN_OK;
}

static tn_status take_late(const tni_accumulator *a, void *state, tni_pool *keep, tni_eval *eval, tn_value value) {
  last_values *last = state;
  (void)a, (void)eval;
  if (last->seen == last->capacity && last->capacity < last->n) TRY(grow_ring(last, keep));
  TRY(tni_kept_set(&last->ring[last->seen % last->capacity], keep, tni_or_null(value)));
  last->seen++;
  return TN_OK;
}

static tn_status give_last(const tni_accumulator *a, void *state, tni_eval *eval, tn_value *out) {
  const last_values *last = state;
  tn_builder *builder;
  uint64_t from = last->seen > last->n ? last->seen - last->n : 0;
  TRY(tni_expr_begin(eval, &builder));
  tn_array_begin(builder);
  for (uint64_t i = from; i < last->seen; i++) tn_add(builder, tni_kept_value(&last->ring[i % last->capacity]));
  tn_end(builder);
  return tni_pool_built(eval->pool, builder, a->where, out);
}

/* ---- names ------------------------------------------------------------------------------------ */

static const tni_accumulator_op ops[] = {
    {"$addToSet", sizeof(value_set), NULL, NULL, take_member, give_set, 0},
    {"$firstN", sizeof(first_values), compile_n, begin_first, take_early, give_first, 0},
    {"$lastN", sizeof(last_values), compile_n, begin_last, take_late, give_last, 0},
    {"$push", sizeof(tni_kept_list), NULL, NULL, take_pushed, give_pushed, 0},
};
const tni_accumulator_family tni_accumulator_list = {ops, TNI_LENGTH(ops)};
