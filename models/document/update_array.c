/* update_array.c - operators that add items to an array or leave some out: $addToSet $pop $pull $pullAll. Items are
 * equal in value, so 1 is 1.0. */
#include "query/filter.h"
#include "query/number.h"
#include "update_op.h"

static tn_status need_array(const tni_change *change, const tni_site *site, tn_value now) {
  if (tn_value_type(now) == TN_ARRAY) return TN_OK;
  return tni_change_misfit(change, site, "an array", now);
}

static tn_status begin(const tni_site *site, tn_builder **out) {
  tn_builder *b = tni_pool_builder(site->pool);
  if (!b) return tni_no_memory(site->ctx);
  tn_array_begin(b);
  return *out = b, TN_OK;
}

/* `unchanged`: what was built is what was there. */
static tn_status end(const tni_change *change, const tni_site *site, tn_builder *b, bool unchanged, tn_value *out) {
  if (unchanged) return tni_pool_drop(site->pool, b), TN_OK;
  tn_end(b);
  return tni_pool_built(site->pool, b, change->where, out);
}

/* ---- $addToSet -------------------------------------------------------------------------------- */

/* compiled: the values of $each; NULL: the operand itself is added. */
tn_status tni_add_to_set_compile(tn_ctx *ctx, tni_change *change) {
  tn_value each = tn_field(change->operand, "$each"), *kept = tn_scratch(ctx, sizeof *kept);
  if (!kept) return tni_no_memory(ctx);
  if (tn_is_absent(each)) return TN_OK;
  if (tn_count(change->operand) > 1)
    return tn_fail(ctx, TN_INVALID, change->where, "expected $each alone, got %u fields",
                   (unsigned)tn_count(change->operand));
  *kept = each;
  change->compiled = kept;
  return tni_expect(ctx, each, TN_T_ARRAY, "an array", tni_where(ctx, change->where, tni_slice_of("$each")));
}

static bool holds(tn_ctx *ctx, tn_value array, uint32_t count, tn_value item) {
  tn_iter it = tn_iter_of(array);
  while (it.next < count && tn_iter_next(&it))
    if (ctx->host->value_compare(it.value, item) == 0) return true;
  return false;
}

/* Adds item `i` of `each` unless it is there, or before it in `each`. */
static void add_once(tn_ctx *ctx, tn_builder *b, tn_value now, tn_value each, uint32_t i, bool *unchanged) {
  tn_value item = tn_item(each, i);
  if (holds(ctx, now, tn_count(now), item) || holds(ctx, each, i, item)) return;
  tn_add(b, item);
  *unchanged = false;
}

static tn_status add_each(tn_ctx *ctx, tn_builder *b, tn_value now, tn_value each, bool *unchanged) {
  for (uint32_t i = 0, count = tn_count(each); i < count; i++) {
    TRY(tn_step(ctx));
    add_once(ctx, b, now, each, i, unchanged);
  }
  return TN_OK;
}

tn_status tni_update_add_to_set(const tni_change *change, const tni_site *site, tn_value now, tn_value *out) {
  const tn_value *each = change->compiled;
  bool unchanged = !tn_is_absent(now);
  tn_builder *b;
  if (!tn_is_absent(now)) TRY(need_array(change, site, now));
  TRY(begin(site, &b));
  for (tn_iter it = tn_iter_of(now); tn_iter_next(&it);) tn_add(b, it.value);
  if (each) TRY(add_each(site->ctx, b, now, *each, &unchanged));
  if (!each && !holds(site->ctx, now, tn_count(now), change->operand)) {
    tn_add(b, change->operand);
    unchanged = false;
  }
  return end(change, site, b, unchanged, out);
}

/* ---- $pop ------------------------------------------------------------------------------------- */

tn_status tni_pop_compile(tn_ctx *ctx, tni_change *change) {
  int64_t end_of;
  if (tni_as_whole(change->operand, &end_of) && (end_of == 1 || end_of == -1)) return TN_OK;
  return tn_fail(ctx, TN_INVALID, change->where, "expected 1 (the last item) or -1 (the first), got another %s",
                 tn_type_name(tn_value_type(change->operand)));
}

tn_status tni_update_pop(const tni_change *change, const tni_site *site, tn_value now, tn_value *out) {
  int64_t end_of = 0;
  tn_builder *b;
  TRY(need_array(change, site, now));
  uint32_t count = tn_count(now);
  if (count == 0) return TN_OK;
  (void)tni_as_whole(change->operand, &end_of);
  TRY(begin(site, &b));
  for (uint32_t i = end_of < 0 ? 1 : 0; i < (end_of < 0 ? count : count - 1); i++) tn_add(b, tn_item(now, i));
  return end(change, site, b, false, out);
}

/* ---- $pull, $pullAll -------------------------------------------------------------------------- */

typedef tn_status (*pull_fn)(const tni_change *change, const tni_site *site, tn_value item, bool *out);

static tn_status leave_out(const tni_change *change, const tni_site *site, pull_fn fn, tn_value now, tn_value *out) {
  bool pulled, unchanged = true;
  tn_builder *b;
  TRY(need_array(change, site, now));
  TRY(begin(site, &b));
  for (tn_iter it = tn_iter_of(now); tn_iter_next(&it);) {
    TRY(tn_step(site->ctx));
    TRY(fn(change, site, it.value, &pulled));
    if (!pulled) tn_add(b, it.value);
    unchanged = unchanged && !pulled;
  }
  return end(change, site, b, unchanged, out);
}

tn_status tni_pull_compile(tn_ctx *ctx, tni_change *change) {
  const tni_filter *filter;
  TRY(tni_filter_compile_value(ctx, change->operand, change->where, &filter));
  change->compiled = filter;
  return TN_OK;
}

static tn_status is_matched(const tni_change *change, const tni_site *site, tn_value item, bool *out) {
  tni_pool_mark mark = tni_pool_at(site->pool);
  TRY(tni_filter_match_value(change->compiled, site->pool, item, out));
  tni_pool_back(site->pool, mark);
  return TN_OK;
}

tn_status tni_update_pull(const tni_change *change, const tni_site *site, tn_value now, tn_value *out) {
  return leave_out(change, site, is_matched, now, out);
}

tn_status tni_pull_all_compile(tn_ctx *ctx, tni_change *change) {
  return tni_expect(ctx, change->operand, TN_T_ARRAY, "an array", change->where);
}

static tn_status is_listed(const tni_change *change, const tni_site *site, tn_value item, bool *out) {
  *out = holds(site->ctx, change->operand, tn_count(change->operand), item);
  return TN_OK;
}

tn_status tni_update_pull_all(const tni_change *change, const tni_site *site, tn_value now, tn_value *out) {
  return leave_out(change, site, is_listed, now, out);
}
