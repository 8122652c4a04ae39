#include "seek.h"

#include <stdlib.h>

#include "key.h"

/* First bytes of parts of keys (docs/FORMAT.md, "Key"): where a class of types begins is a multiple of 16. */
#define CLASS_MASK 0xf0
#define CLASS_STEP 0x10

/* ---- which index ------------------------------------------------------------------------------- */

typedef struct choice {
  const tni_term *term, *opposite; /* the bound on the other side as well, or NULL */
  const tni_graph_rule *rule;
} choice;

static bool is_above(tni_term_kind kind) { return kind == TNI_TERM_GT || kind == TNI_TERM_GTE; }
static bool is_below(tni_term_kind kind) { return kind == TNI_TERM_LT || kind == TNI_TERM_LTE; }

/* How many entries a kind of term leaves, few first. */
static int rank_of(const tni_term *term, const tni_graph_rule *rule) {
  switch (term->kind) {
    case TNI_TERM_EQ: return rule->kind == TNI_GRAPH_UNIQUE ? 0 : 2;
    case TNI_TERM_IN: return rule->kind == TNI_GRAPH_UNIQUE ? 1 : 3;
    case TNI_TERM_PREFIX: return 4;
    case TNI_TERM_EXISTS: return 6;
    default: return 5;
  }
}

/* A missing property has no entry, and null is also one that is missing. */
static bool takes_missing(const tni_term *term) {
  if (tn_is_null(term->operand)) return true;
  for (tn_iter it = tn_iter_of(term->operand); term->kind == TNI_TERM_IN && tn_iter_next(&it);)
    if (tn_is_null(it.value)) return true;
  return false;
}

/* A bound of a range that is too long for a key bounds nothing. As a part of a key it takes twice its bytes at most.
 */
static bool bounds_keys(const tni_term *term) {
  bool bound = is_above(term->kind) || is_below(term->kind);
  return !bound || 2 * term->operand.size + 16 <= TNI_GRAPH_INDEXED_SIZE_MAX;
}

static bool is_of(const tni_term *term, const tni_graph_rule *rule) {
  return tni_graph_rule_has_entries(rule) && term->path.count == 1 &&
         tni_slice_same(term->path.steps[0].name, rule->prop) && !takes_missing(term) && bounds_keys(term);
}

/* The bound on the other side, of a term that is one. */
static const tni_term *opposite_of(const tni_term *term, const tni_graph_rule *rule, const tni_term *terms,
                                   size_t count) {
  for (size_t t = 0; t < count && !rule->arrays; t++) {
    bool opposite =
        (is_above(term->kind) && is_below(terms[t].kind)) || (is_below(term->kind) && is_above(terms[t].kind));
    if (opposite && is_of(&terms[t], rule)) return &terms[t];
  }
  return NULL;
}

static tn_status choose(tn_ctx *ctx, int64_t label, const tni_filter *filter, choice *out, bool *found) {
  const tni_graph_rule *rules;
  const tni_term *terms;
  size_t rule_count, term_count;
  bool complete;
  int best = 7;
  *found = false;
  TRY(tni_graph_rules_of(ctx, label, &rules, &rule_count));
  if (rule_count == 0) return TN_OK;
  TRY(tni_filter_terms(ctx, filter, &terms, &term_count, &complete));
  for (size_t t = 0; t < term_count; t++)
    for (size_t r = 0; r < rule_count; r++) {
      if (!is_of(&terms[t], &rules[r]) || rank_of(&terms[t], &rules[r]) >= best) continue;
      best = rank_of(&terms[t], &rules[r]);
      *out = (choice){&terms[t], opposite_of(&terms[t], &rules[r], terms, term_count), &rules[r]};
      *found = true;
    }
  return TN_OK;
}

/* ---- its ranges -------------------------------------------------------------------------------- */

typedef struct ids {
  tn_ctx *ctx;
  uint64_t *items;
  size_t count, capacity;
} ids;

static tn_status add_id(ids *found, uint64_t id) {
  if (found->count == found->capacity) {
    size_t capacity = found->capacity == 0 ? TNI_GRAPH_BATCH : found->capacity * 2;
    uint64_t *items = tn_scratch(found->ctx, capacity * sizeof *items);
    if (!items) return tni_no_memory(found->ctx);
    if (found->count > 0) memcpy(items, found->items, found->count * sizeof *items);
    found->items = items;
    found->capacity = capacity;
  }
  found->items[found->count++] = id;
  return TN_OK;
}

static tn_status add_range(ids *found, tn_slice from, tn_slice to) {
  tn_cursor *cursor;
  tn_slice key, value;
  tn_status status;
  uint64_t id;
  TRY(tn_cursor_open(found->ctx, TNI_GRAPH_ENTRIES, from, to, &cursor));
  while ((status = tn_cursor_next(found->ctx, cursor, &key, &value)) == TN_OK) {
    TRY(tni_graph_entry_node(found->ctx, key, &id));
    TRY(add_id(found, id));
  }
  return status == TN_NOT_FOUND ? TN_OK : status;
}

static tn_status add_equal(ids *found, const tni_graph_rule *rule, tn_value value) {
  tn_slice from, to;
  tn_status status = tni_graph_entries_of(found->ctx, rule, value, &from, &to);
  if (status == TN_LIMIT) return TN_OK;
  if (status != TN_OK) return status;
  return add_range(found, from, to);
}

/* The bounds of the operand's class of types, from the first byte of its part. */
static tn_status class_bounds(tn_ctx *ctx, const tni_graph_rule *rule, tn_slice key, tn_slice *from, tn_slice *to) {
  tni_graph_key number = tni_graph_key_of(1, rule->number, 0, 0, 0);
  uint8_t *low = tn_scratch(ctx, 2 * ((size_t)number.size + 1)), *high = low ? low + number.size + 1 : NULL;
  if (!low) return tni_no_memory(ctx);
  uint8_t first = ((const uint8_t *)key.data)[number.size] & CLASS_MASK;
  memcpy(low, number.data, number.size);
  memcpy(high, number.data, number.size);
  low[number.size] = first;
  high[number.size] = (uint8_t)(first + CLASS_STEP);
  *from = (tn_slice){low, number.size + 1};
  *to = (tn_slice){high, number.size + 1};
  return TN_OK;
}

/* What is above or below the operand. Whether the operand itself counts, the filter decides. */
static tn_status add_compared(ids *found, const tni_graph_rule *rule, const tni_term *term) {
  tn_slice from, to, low, high;
  TRY(tni_graph_entries_of(found->ctx, rule, term->operand, &low, &high));
  TRY(class_bounds(found->ctx, rule, low, &from, &to));
  return is_above(term->kind) ? add_range(found, low, to) : add_range(found, from, high);
}

/* What lies between: both bounds hold for the same value where no value is an array. */
static tn_status add_between(ids *found, const tni_graph_rule *rule, const tni_term *a, const tni_term *b) {
  const tni_term *above = is_above(a->kind) ? a : b, *below = above == a ? b : a;
  tn_slice from, low_end, high, to;
  TRY(tni_graph_entries_of(found->ctx, rule, above->operand, &from, &low_end));
  TRY(tni_graph_entries_of(found->ctx, rule, below->operand, &high, &to));
  size_t common = from.size < to.size ? from.size : to.size;
  int order = memcmp(from.data, to.data, common);
  if (order > 0 || (order == 0 && from.size >= to.size)) return TN_OK;
  return add_range(found, from, to);
}

static tn_status add_term(ids *found, const tni_graph_rule *rule, const tni_term *term) {
  tn_slice from, to;
  tni_graph_key all = tni_graph_key_of(1, rule->number, 0, 0, 0), end = tni_graph_key_end(&all);
  switch (term->kind) {
    case TNI_TERM_EQ: return add_equal(found, rule, term->operand);
    case TNI_TERM_IN:
      for (tn_iter it = tn_iter_of(term->operand); tn_iter_next(&it);) TRY(add_equal(found, rule, it.value));
      return TN_OK;
    case TNI_TERM_PREFIX:
      TRY(tn_key_prefix(found->ctx, &from, &to, rule->number, term->operand));
      return add_range(found, from, to);
    case TNI_TERM_EXISTS: return add_range(found, tni_graph_key_slice(&all), tni_graph_key_slice(&end));
    default: return add_compared(found, rule, term);
  }
}

static int compare_ids(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

/* In order, each once. */
static void settle(ids *all) {
  size_t kept = 0;
  if (all->count > 1) qsort(all->items, all->count, sizeof *all->items, compare_ids);
  for (size_t i = 0; i < all->count; i++)
    if (kept == 0 || all->items[kept - 1] != all->items[i]) all->items[kept++] = all->items[i];
  all->count = kept;
}

tn_status tni_graph_seek(tn_ctx *ctx, int64_t label, const tni_filter *filter, bool *found, const uint64_t **out,
                         size_t *count) {
  ids all = {ctx, NULL, 0, 0};
  choice chosen = {NULL, NULL, NULL};
  *found = false;
  if (label == 0 || !filter) return TN_OK;
  TRY(choose(ctx, label, filter, &chosen, found));
  if (!*found) return TN_OK;
  TRY(chosen.opposite ? add_between(&all, chosen.rule, chosen.term, chosen.opposite)
                      : add_term(&all, chosen.rule, chosen.term));
  settle(&all);
  *out = all.items;
  *count = all.count;
  return TN_OK;
}

tn_status tni_graph_seek_equal(tn_ctx *ctx, const tni_graph_rule *rule, tn_value value, const uint64_t **out,
                               size_t *count) {
  ids all = {ctx, NULL, 0, 0};
  TRY(add_equal(&all, rule, value));
  settle(&all);
  *out = all.items;
  *count = all.count;
  return TN_OK;
}
