/* update_field.c - operators that take a value as it is: $set $setOnInsert $unset $min $max $currentDate $rename. */
#include "update_op.h"

tn_status tni_update_set(const tni_change *change, const tni_site *site, tn_value now, tn_value *out) {
  (void)site, (void)now;
  *out = change->operand;
  return TN_OK;
}

tn_status tni_update_unset(const tni_change *change, const tni_site *site, tn_value now, tn_value *out) {
  (void)change, (void)site, (void)now;
  *out = TN_NO_VALUE;
  return TN_OK;
}

/* ---- $min, $max ------------------------------------------------------------------------------- */

tn_status tni_update_min(const tni_change *change, const tni_site *site, tn_value now, tn_value *out) {
  if (tn_is_absent(now) || site->ctx->host->value_compare(change->operand, now) < 0) *out = change->operand;
  return TN_OK;
}

tn_status tni_update_max(const tni_change *change, const tni_site *site, tn_value now, tn_value *out) {
  if (tn_is_absent(now) || site->ctx->host->value_compare(change->operand, now) > 0) *out = change->operand;
  return TN_OK;
}

/* ---- $currentDate ----------------------------------------------------------------------------- */

/* Both of MongoDB's types are Tenon's timestamp. */
tn_status tni_current_date_compile(tn_ctx *ctx, tni_change *change) {
  tn_slice type;
  bool yes = false;
  if (tn_as_bool(change->operand, &yes) && yes) return TN_OK;
  if (tn_count(change->operand) == 1 && tn_as_string(tn_field(change->operand, "$type"), &type) &&
      (tni_slice_is(type, "date") || tni_slice_is(type, "timestamp")))
    return TN_OK;
  return tn_fail(ctx, TN_INVALID, change->where,
                 "expected true, {\"$type\": \"date\"} or {\"$type\": \"timestamp\"}, got another %s",
                 tn_type_name(tn_value_type(change->operand)));
}

tn_status tni_update_current_date(const tni_change *change, const tni_site *site, tn_value now, tn_value *out) {
  (void)change, (void)now;
  return tni_pool_value(site->pool, out, tn_time(site->ctx->now_us));
}

/* ---- $rename ---------------------------------------------------------------------------------- */

tn_status tni_rename_compile(tn_ctx *ctx, tni_change *change) {
  tn_slice target;
  tni_path to, *from = tn_scratch(ctx, sizeof *from);
  if (!from) return tni_no_memory(ctx);
  TRY(tni_expect(ctx, change->operand, TN_T_STRING, "a path", change->where));
  (void)tn_as_string(change->operand, &target);
  TRY(tni_path_parse(ctx, change->path, change->where, from));
  TRY(tni_path_parse(ctx, target, change->where, &to));
  if (tni_path_overlaps(from, &to))
    return tn_fail(ctx, TN_INVALID, change->where,
                   "'%s' leads through the path it is renamed from, or that through it", tni_quoted(ctx, target));
  change->compiled = from;
  return TN_OK;
}

static tn_status not_an_object(const tni_change *change, const tni_site *site, tni_doc_edit_node *node) {
  return tn_fail(site->ctx, TN_INVALID, change->where, "expected an object in '%s', found %s",
                 tni_doc_edit_path(site->edit, node), tn_type_name(tni_doc_edit_type(node)));
}

/* *out: what is renamed, NULL when it is missing. */
static tn_status find_source(const tni_change *change, const tni_site *site, tni_doc_edit_node **out) {
  const tni_path *from = change->compiled;
  tni_doc_edit_node *node = &site->edit->root;
  for (uint32_t i = 0; i < from->count && node; i++) {
    if (tni_doc_edit_type(node) != TN_OBJECT) return not_an_object(change, site, node);
    TRY(tni_doc_edit_find(site->edit, node, &from->steps[i], &node));
  }
  return *out = node, TN_OK;
}

tn_status tni_rename_idle(const tni_change *change, const tni_site *site, bool *out) {
  tni_doc_edit_node *source;
  TRY(find_source(change, site, &source));
  *out = source == NULL;
  return TN_OK;
}

tn_status tni_update_rename(const tni_change *change, const tni_site *site, tn_value now, tn_value *out) {
  tni_doc_edit_node *source;
  (void)now;
  for (tni_doc_edit_node *above = site->node->parent; above; above = above->parent)
    if (tni_doc_edit_type(above) == TN_ARRAY) return not_an_object(change, site, above);
  TRY(find_source(change, site, &source));
  *out = tni_doc_edit_value(source);
  tni_doc_edit_remove(site->edit, source);
  return TN_OK;
}
