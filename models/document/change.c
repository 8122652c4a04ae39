#include "change.h"

/* An update in the place of a document is a mistake, and would cost all that the document holds. */
static tn_status check_replacement(tn_ctx *ctx, tn_value doc) {
  for (tn_iter it = tn_iter_of(doc); tn_iter_next(&it);) {
    if (it.name.size == 0 || ((const char *)it.name.data)[0] != '$') continue;
    return tn_fail(ctx, TN_INVALID, tni_where(ctx, "doc", it.name),
                   "expected the fields of a document, got a name that begins with '$'");
  }
  return TN_OK;
}

tn_status tni_doc_change_read(tn_ctx *ctx, tn_value update, tn_value array_filters, tn_value doc,
                              tni_doc_change_spec *out) {
  bool replaces = tn_is_absent(update);
  *out = (tni_doc_change_spec){NULL, doc, replaces ? "doc" : "update"};
  return replaces ? check_replacement(ctx, doc)
                  : tni_update_compile(ctx, update, array_filters, "update", &out->update);
}

/* ---- replacing -------------------------------------------------------------------------------- */

static tn_status fail_id(tni_doc_store *s) {
  return tn_fail(s->ctx, TN_INVALID, "doc._id", "the _id of a document never changes");
}

/* The replacement with the _id of the document it replaces. */
static tn_status build_replacement(tni_doc_store *s, tn_value id, tn_value doc, tn_value *out) {
  tn_builder *b = tni_pool_builder(s->pool);
  if (!b) return tni_no_memory(s->ctx);
  tn_object_begin(b);
  tn_set(b, "_id", id);
  for (tn_iter it = tn_iter_of(doc); tn_iter_next(&it);) {
    if (tni_slice_is(it.name, "_id")) continue;
    tn_name_slice(b, it.name);
    tn_add(b, it.value);
  }
  tn_end(b);
  return tni_pool_built(s->pool, b, "doc", out);
}

static tn_status replace(tni_doc_store *s, tn_value replacement, tn_value old, tn_value *out, bool *changed) {
  tn_value id = tn_item(old, 0), wanted = tn_field(replacement, "_id");
  if (!tn_is_absent(wanted) && s->ctx->host->value_compare(id, wanted) != 0) return fail_id(s);
  TRY(build_replacement(s, id, replacement, out));
  *changed = !tn_value_same(*out, old);
  return TN_OK;
}

tn_status tni_doc_change_target(tni_doc_store *s, const tni_doc_change_spec *spec, const tni_doc_targets *targets,
                                size_t i, tn_value *after, bool *changed) {
  const tni_doc_target *target = &targets->list[i];
  tni_doc_touched touched = {NULL, 0};
  tni_doc_stored stored;
  TRY(tni_doc_targets_read(s->ctx, targets, i, &stored));
  if (spec->update)
    TRY(tni_update_apply(spec->update, s->pool, stored.doc, &target->hit, false, after, changed));
  else
    TRY(replace(s, spec->replacement, stored.doc, after, changed));
  if (spec->update) touched.names = tni_update_touches(spec->update, &touched.count);
  if (*changed)
    return tni_doc_change(s, target->key, stored.doc, *after, touched.count > 0 ? &touched : NULL, spec->where);
  *after = stored.doc;
  return TN_OK;
}

/* ---- upserting -------------------------------------------------------------------------------- */

static tn_status empty_object(tni_pool *pool, tn_value *out) {
  tn_builder *b = tni_pool_builder(pool);
  if (!b) return tni_no_memory(pool->ctx);
  tn_object_begin(b);
  tn_end(b);
  return tni_pool_built(pool, b, NULL, out);
}

static tn_status object_of_id(tni_pool *pool, tn_value id, tn_value *out) {
  tn_builder *b = tni_pool_builder(pool);
  if (!b) return tni_no_memory(pool->ctx);
  (void)tn_obj(b, "_id", id);
  return tni_pool_built(pool, b, NULL, out);
}

static tn_status base_of(tni_doc_store *s, const tni_doc_request *request, tn_value *out) {
  if (!tn_is_absent(request->id)) return object_of_id(s->pool, request->id, out);
  if (!request->filter) return empty_object(s->pool, out);
  return tni_upsert_base(s->ctx, s->pool, request->filter, out);
}

/* The replacement's own _id has to be the one that the filter asks for, if both have one. */
static tn_status complete_replacement(tni_doc_store *s, tn_value doc, tn_value base, tn_value *out) {
  tn_value id = tn_field(base, "_id"), own = tn_field(doc, "_id");
  *out = doc;
  if (tn_is_absent(id)) return TN_OK;
  if (!tn_is_absent(own) && s->ctx->host->value_compare(id, own) != 0) return fail_id(s);
  return build_replacement(s, id, doc, out);
}

tn_status tni_doc_upsert(tni_doc_store *s, const tni_doc_change_spec *spec, const tni_doc_request *request,
                         tn_value *out) {
  tni_hit none = {TNI_NO_INDEX};
  tn_value base, doc;
  bool changed;
  TRY(base_of(s, request, &base));
  const char *says_id = tn_is_absent(tn_field(base, "_id")) ? spec->where : "filter";
  if (spec->update)
    TRY(tni_update_apply(spec->update, s->pool, base, &none, true, &doc, &changed));
  else
    TRY(complete_replacement(s, spec->replacement, base, &doc));
  TRY(tni_doc_with_id(s, doc, spec->where, out));
  tn_status status = tni_doc_insert(s, *out);
  if (status == TN_OK) return TN_OK;
  bool is_id = strcmp(s->ctx->error->where, "_id") == 0;
  return tni_doc_fail_within(s->ctx, status, is_id ? says_id : spec->where);
}
