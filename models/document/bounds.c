#include "bounds.h"

#define CLASS_STRING 0x30

/* ---- single ranges ---------------------------------------------------------------------------- */

/* The class of types that a value is compared within: first bytes of its parts. NaN is a number, and below the others
 * it is compared with none. */
typedef struct class_range {
  uint8_t from, to;
} class_range;

static bool class_of(tn_value value, class_range *out) {
  static const class_range classes[] = {
      [TN_BOOL] = {0x70, 0x80},  [TN_INT] = {0x21, 0x30},      [TN_DOUBLE] = {0x21, 0x30}, [TN_STRING] = {0x30, 0x40},
      [TN_BYTES] = {0x60, 0x70}, [TN_OBJECT] = {0x40, 0x50},   [TN_ARRAY] = {0, 0},        [TN_NULL] = {0, 0},
      [TN_ABSENT] = {0, 0},      [TN_TIMESTAMP] = {0x80, 0x90}};
  *out = classes[tn_value_type(value)];
  return out->from != 0;
}

static tn_status cut_at_byte(tn_ctx *ctx, uint8_t byte, tn_slice *out) {
  return tni_doc_copy_bytes(ctx, (tn_slice){&byte, 1}, out);
}

/* Before the value's part, or behind it. Absent: an empty array. */
static tn_status cut_at_value(tn_ctx *ctx, tn_value value, bool behind, tn_slice *out) {
  static const uint8_t above = 0xff;
  tni_doc_key key;
  key.size = 0;
  TRY(tni_doc_key_part(ctx, &key, value, false));
  if (behind) TRY(tni_doc_key_bytes(ctx, &key, (tn_slice){&above, 1}));
  return tni_doc_copy_bytes(ctx, tni_doc_key_slice(&key), out);
}

static tn_status point(tn_ctx *ctx, tn_value value, tni_doc_range *out) {
  TRY(cut_at_value(ctx, value, true, &out->to));
  out->from = (tn_slice){out->to.data, out->to.size - 1};
  return TN_OK;
}

static tn_status range_of_kind(tn_ctx *ctx, const tni_term *term, class_range within, tni_doc_range *out) {
  bool above = term->kind == TNI_TERM_GT || term->kind == TNI_TERM_GTE;
  bool behind = term->kind == TNI_TERM_GT || term->kind == TNI_TERM_LTE;
  TRY(cut_at_byte(ctx, above ? within.to : within.from, above ? &out->to : &out->from));
  return cut_at_value(ctx, term->operand, behind, above ? &out->from : &out->to);
}

/* ---- terms ------------------------------------------------------------------------------------ */

static tn_status room_for(tn_ctx *ctx, size_t count, tni_doc_bounds *out) {
  out->ranges = tn_scratch(ctx, (count + 1) * sizeof *out->ranges);
  return out->ranges ? TN_OK : tni_no_memory(ctx);
}

/* An array is there as its items, so one is found by its first item, or as an item itself. */
static tn_status add_points(tn_ctx *ctx, tn_value value, tni_doc_bounds *out) {
  if (tn_value_type(value) == TN_ARRAY) {
    out->exact = false;
    TRY(point(ctx, tn_item(value, 0), &out->ranges[out->count++]));
  }
  if (tn_is_null(value)) out->exact = false; /* a branch without the field counts, too, as far as arrays go */
  return point(ctx, value, &out->ranges[out->count++]);
}

static int compare_ranges(const tni_doc_range *a, const tni_doc_range *b) {
  return tni_doc_bytes_compare(a->from, b->from);
}

/* Insertion is enough: lists are short, or come sorted by who wrote them. */
static void sort_ranges(tni_doc_range *ranges, uint32_t count) {
  for (uint32_t i = 1; i < count; i++) {
    tni_doc_range moved = ranges[i];
    uint32_t k = i;
    for (; k > 0 && compare_ranges(&ranges[k - 1], &moved) > 0; k--) ranges[k] = ranges[k - 1];
    ranges[k] = moved;
  }
}

static uint32_t drop_same(tni_doc_range *ranges, uint32_t count) {
  uint32_t kept = count > 0;
  for (uint32_t i = 1; i < count; i++)
    if (compare_ranges(&ranges[kept - 1], &ranges[i]) != 0) ranges[kept++] = ranges[i];
  return kept;
}

static tn_status bounds_of_in(tn_ctx *ctx, tn_value values, tni_doc_bounds *out) {
  TRY(room_for(ctx, 2 * (size_t)tn_count(values), out));
  for (tn_iter it = tn_iter_of(values); tn_iter_next(&it);) TRY(add_points(ctx, it.value, out));
  sort_ranges(out->ranges, out->count);
  out->count = drop_same(out->ranges, out->count);
  return TN_OK;
}

static bool is_nan(tn_value value) {
  double d;
  return tn_as_double(value, &d) && d != d;
}

/* $gte and $lte of null are null itself; what is compared with NaN has no range. */
static tn_status bounds_of_comparison(tn_ctx *ctx, const tni_term *term, tni_doc_bounds *out, bool *bounded) {
  class_range within;
  bool or_equal = term->kind == TNI_TERM_GTE || term->kind == TNI_TERM_LTE;
  TRY(room_for(ctx, 2, out));
  if (tn_is_null(term->operand) && or_equal) return *bounded = true, add_points(ctx, term->operand, out);
  if (is_nan(term->operand) || !class_of(term->operand, &within)) return TN_OK;
  *bounded = true;
  out->count = 1;
  return range_of_kind(ctx, term, within, &out->ranges[0]);
}

static tn_status bounds_of_prefix(tn_ctx *ctx, tn_value prefix, tni_doc_bounds *out) {
  TRY(room_for(ctx, 1, out));
  out->count = 1;
  return tn_key_prefix(ctx, &out->ranges[0].from, &out->ranges[0].to, prefix);
}

static tn_status bounds_of_kind(tn_ctx *ctx, const tni_term *term, tni_doc_bounds *out, bool *bounded) {
  *bounded = term->kind != TNI_TERM_EXISTS;
  switch (term->kind) {
    case TNI_TERM_EQ: TRY(room_for(ctx, 2, out)); return add_points(ctx, term->operand, out);
    case TNI_TERM_IN: return bounds_of_in(ctx, term->operand, out);
    case TNI_TERM_PREFIX: return bounds_of_prefix(ctx, term->operand, out);
    case TNI_TERM_EXISTS: return TN_OK;
    case TNI_TERM_GT:
    case TNI_TERM_GTE:
    case TNI_TERM_LT:
    case TNI_TERM_LTE: break;
  }
  *bounded = false;
  return bounds_of_comparison(ctx, term, out, bounded);
}

static bool all_points(const tni_doc_bounds *bounds) {
  for (uint32_t i = 0; i < bounds->count; i++)
    if (!tni_doc_is_point(&bounds->ranges[i])) return false;
  return true;
}

tn_status tni_doc_bounds_of(tn_ctx *ctx, const tni_term *term, tni_doc_bounds *out, bool *bounded) {
  tni_doc_bounds bounds = {.exact = term->exact};
  tn_status status = bounds_of_kind(ctx, term, &bounds, bounded);
  if (status == TN_LIMIT) return *bounded = false, TN_OK; /* no entry has such a key */
  if (status != TN_OK || !*bounded) return status;
  sort_ranges(bounds.ranges, bounds.count);
  bounds.points = all_points(&bounds);
  *out = bounds;
  return TN_OK;
}

bool tni_doc_term_needs_value(const tni_term *term) {
  if (term->kind != TNI_TERM_IN) return !tn_is_null(term->operand);
  for (tn_iter it = tn_iter_of(term->operand); tn_iter_next(&it);)
    if (tn_is_null(it.value)) return false;
  return true;
}

/* ---- together --------------------------------------------------------------------------------- */

static tn_slice larger(tn_slice a, tn_slice b) { return tni_doc_bytes_compare(a, b) >= 0 ? a : b; }
static tn_slice smaller(tn_slice a, tn_slice b) { return tni_doc_bytes_compare(a, b) <= 0 ? a : b; }

tn_status tni_doc_bounds_both(tn_ctx *ctx, const tni_doc_bounds *a, const tni_doc_bounds *b, tni_doc_bounds *out) {
  tni_doc_bounds both = {.exact = a->exact && b->exact};
  TRY(room_for(ctx, (size_t)a->count + b->count, &both));
  for (uint32_t i = 0, k = 0; i < a->count && k < b->count;) {
    tni_doc_range r = {larger(a->ranges[i].from, b->ranges[k].from), smaller(a->ranges[i].to, b->ranges[k].to)};
    if (tni_doc_bytes_compare(r.from, r.to) < 0) both.ranges[both.count++] = r;
    if (tni_doc_bytes_compare(a->ranges[i].to, b->ranges[k].to) < 0)
      i++;
    else
      k++;
  }
  both.points = all_points(&both);
  *out = both;
  return TN_OK;
}

bool tni_doc_bounds_within(const tni_doc_bounds *inner, const tni_doc_bounds *outer) {
  uint32_t k = 0;
  for (uint32_t i = 0; i < inner->count; i++) {
    while (k < outer->count && tni_doc_bytes_compare(outer->ranges[k].to, inner->ranges[i].from) <= 0) k++;
    if (k == outer->count || tni_doc_bytes_compare(outer->ranges[k].from, inner->ranges[i].from) > 0 ||
        tni_doc_bytes_compare(outer->ranges[k].to, inner->ranges[i].to) < 0)
      return false;
  }
  return true;
}

/* What is not below `cut` is, complemented, below this one: the smallest above all that begin with ~cut. */
static tn_status flip_cut(tn_ctx *ctx, tn_slice cut, tn_slice *out) {
  TRY(tni_doc_copy_bytes(ctx, cut, out));
  uint8_t *bytes = (uint8_t *)(uintptr_t)out->data;
  for (size_t i = 0; i < out->size; i++) bytes[i] = (uint8_t)~bytes[i];
  while (bytes[out->size - 1] == 0xff) out->size--;
  bytes[out->size - 1]++;
  return TN_OK;
}

tn_status tni_doc_bounds_flip(tn_ctx *ctx, const tni_doc_bounds *bounds, tni_doc_bounds *out) {
  tni_doc_bounds flipped = *bounds;
  TRY(room_for(ctx, bounds->count, &flipped));
  for (uint32_t i = 0; i < bounds->count; i++) {
    const tni_doc_range *from = &bounds->ranges[bounds->count - 1 - i];
    TRY(flip_cut(ctx, from->to, &flipped.ranges[i].from));
    TRY(flip_cut(ctx, from->from, &flipped.ranges[i].to));
  }
  *out = flipped;
  return TN_OK;
}

/* ---- for people ------------------------------------------------------------------------------- */

/* The value whose part `bytes` is, or the text that a prefix is; absent when it is neither. */
static tn_value readable(tn_ctx *ctx, tn_slice bytes, tn_builder *scratch) {
  const uint8_t *data = bytes.data;
  tn_builder_clear(scratch);
  if (bytes.size == 1 && data[0] == TNI_DOC_EMPTY_ARRAY) return tn_build_array(scratch, NULL, 0);
  if (bytes.size > 0 && tni_doc_part_size(bytes, false) == bytes.size)
    return tn_key_decode(ctx, bytes, scratch) == TN_OK ? tn_item(tn_built(scratch), 0) : TN_NO_VALUE;
  if (bytes.size < 2 || data[0] != CLASS_STRING || memchr(data, 0, bytes.size)) return TN_NO_VALUE;
  tn_add(scratch, tn_text((tn_slice){data + 1, bytes.size - 1}));
  return tn_built(scratch);
}

static void print_cut(tn_ctx *ctx, tn_slice cut, const char *before, const char *behind, tn_builder *scratch,
                      tn_builder *out) {
  bool is_behind = cut.size > 1 && ((const uint8_t *)cut.data)[cut.size - 1] == 0xff;
  tn_value value = readable(ctx, (tn_slice){cut.data, cut.size - is_behind}, scratch);
  if (!tn_is_absent(value)) tn_set(out, is_behind ? behind : before, value);
}

static void print_range(tn_ctx *ctx, const tni_doc_range *range, tn_builder *scratch, tn_builder *out) {
  tn_object_begin(out);
  if (tni_doc_is_point(range)) {
    tn_value value = readable(ctx, range->from, scratch);
    if (!tn_is_absent(value)) tn_set(out, "$eq", value);
  } else {
    print_cut(ctx, range->from, "$gte", "$gt", scratch, out);
    print_cut(ctx, range->to, "$lt", "$lte", scratch, out);
  }
  tn_end(out);
}

tn_status tni_doc_bounds_print(tn_ctx *ctx, const tni_doc_bounds *bounds, tn_builder *out) {
  tn_builder *scratch = tn_builder_for(ctx);
  if (!scratch) return tni_no_memory(ctx);
  for (uint32_t i = 0; i < bounds->count; i++) print_range(ctx, &bounds->ranges[i], scratch, out);
  return TN_OK;
}
