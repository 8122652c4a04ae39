/* From a document to what is answered of it. */
#include "projection_internal.h"

typedef struct run {
  const tni_projection *projection;
  tni_eval *eval;
  const tni_hit *hit;
  tn_builder *to;
} run;

static tn_status put_value(const run *r, tn_slice name, tn_value value) {
  if (tn_is_absent(value)) return TN_OK;
  tn_name_slice(r->to, name);
  tn_add(r->to, value);
  return TN_OK;
}

static tn_status put_computed(const run *r, const tni_field *field) {
  tn_value value = TN_NO_VALUE;
  TRY(tni_expr_eval(field->expr, r->eval, &value));
  return put_value(r, field->step.name, value);
}

/* ---- parts of arrays -------------------------------------------------------------------------- */

static void put_items(const run *r, tn_value array, int64_t from, int64_t count) {
  tn_array_begin(r->to);
  for (int64_t i = from; i < from + count; i++) tn_add(r->to, tn_item(array, (uint32_t)i));
  tn_end(r->to);
}

static tn_status put_slice(const run *r, const tni_field *field, tn_value array) {
  int64_t size = tn_count(array), from = field->skip < 0 ? size + field->skip : field->skip;
  if (tn_value_type(array) != TN_ARRAY) return put_value(r, field->step.name, array);
  if (from < 0) from = 0;
  if (from > size) from = size;
  tn_name_slice(r->to, field->step.name);
  put_items(r, array, from, field->limit < size - from ? field->limit : size - from);
  return TN_OK;
}

/* The first item that matches, as an array. */
static tn_status put_element(const run *r, const tni_field *field) {
  tni_hit hit;
  bool matches = false;
  TRY(tni_filter_match(field->filter, r->eval->pool, r->eval->root, &hit, &matches));
  if (!matches) return TN_OK;
  tn_name_slice(r->to, field->step.name);
  put_items(r, tni_step_field(&field->step, r->eval->root), hit.array_index, 1);
  return TN_OK;
}

/* Which item of the first array on a positional path is taken. */
static tn_status find_matched(const run *r, const tni_field *field, tn_value array, tn_value *item) {
  uint32_t index = r->hit ? r->hit->array_index : TNI_NO_INDEX;
  *item = index == TNI_NO_INDEX ? TN_NO_VALUE : tn_item(array, index);
  if (!tn_is_absent(*item)) return TN_OK;
  return tn_fail(r->eval->ctx, TN_INVALID, field->where, "no item of the array matched the filter");
}

/* ---- objects ---------------------------------------------------------------------------------- */

static tn_status project_object(const run *r, const tni_field *in, tn_value object, bool positional);
static tn_status project_array(const run *r, const tni_field *in, tn_value array, bool positional);

/* What stands in an array. What has no fields is left out, kept, or made an object, as the mode is. */
static tn_status project_item(const run *r, const tni_field *in, tn_value item) {
  tn_type type = tn_value_type(item);
  tni_projection_mode mode = r->projection->mode;
  if (type == TN_OBJECT || (type != TN_ARRAY && mode == TNI_MODE_ADD)) return project_object(r, in, item, false);
  if (type == TN_ARRAY) return project_array(r, in, item, false);
  if (mode == TNI_MODE_EXCLUDE) tn_add(r->to, item);
  return TN_OK;
}

static tn_status project_array(const run *r, const tni_field *in, tn_value array, bool positional) {
  tn_value matched = TN_NO_VALUE;
  tn_array_begin(r->to);
  if (positional) {
    TRY(find_matched(r, in, array, &matched));
    TRY(project_item(r, in, matched));
  } else {
    for (tn_iter it = tn_iter_of(array); tn_iter_next(&it);) TRY(project_item(r, in, it.value));
  }
  tn_end(r->to);
  return TN_OK;
}

static tn_status put_inner(const run *r, const tni_field *field, tn_value value, bool positional) {
  tn_type type = tn_value_type(value);
  bool is_container = type == TN_OBJECT || type == TN_ARRAY;
  if (!is_container && r->projection->mode == TNI_MODE_EXCLUDE) return put_value(r, field->step.name, value);
  if (!is_container && !field->computes) return TN_OK;
  tn_name_slice(r->to, field->step.name);
  return type == TN_ARRAY ? project_array(r, field, value, positional) : project_object(r, field, value, positional);
}

static tn_status put_included(const run *r, const tni_field *field, tn_value value, bool positional) {
  tn_value matched;
  if (!positional || tn_value_type(value) != TN_ARRAY) return put_value(r, field->step.name, value);
  TRY(find_matched(r, field, value, &matched));
  tn_name_slice(r->to, field->step.name);
  tn_array_begin(r->to);
  tn_add(r->to, matched);
  tn_end(r->to);
  return TN_OK;
}

/* A field that the document has. */
static tn_status put_field(const run *r, const tni_field *field, tn_value value, bool positional) {
  switch (field->kind) {
    case TNI_FIELD_INNER: return put_inner(r, field, value, positional && field->positional);
    case TNI_FIELD_INCLUDE: return put_included(r, field, value, positional && field->positional);
    case TNI_FIELD_SLICE: return put_slice(r, field, value);
    case TNI_FIELD_COMPUTE: return r->projection->mode == TNI_MODE_ADD ? put_computed(r, field) : TN_OK;
    case TNI_FIELD_EXCLUDE:
    case TNI_FIELD_ELEMENT: break;
  }
  return TN_OK;
}

/* A field of the request that may not stand in the document. */
static tn_status put_new(const run *r, const tni_field *field, tn_value object) {
  bool is_there = !tn_is_absent(tni_step_field(&field->step, object));
  if (field->kind == TNI_FIELD_ELEMENT) return put_element(r, field);
  if (field->kind == TNI_FIELD_INNER) return is_there ? TN_OK : put_inner(r, field, TN_NO_VALUE, false);
  if (field == r->projection->first || (is_there && r->projection->mode == TNI_MODE_ADD)) return TN_OK;
  return put_computed(r, field);
}

static const tni_field *find(const tni_field *in, tn_slice name) {
  const tni_field *field = in->fields;
  while (field && !tni_slice_same(field->step.name, name)) field = field->next;
  return field;
}

static tn_status put_fields(const run *r, const tni_field *in, tn_value object, bool positional) {
  for (tn_iter it = tn_iter_of(object); tn_iter_next(&it);) {
    const tni_field *field = find(in, it.name);
    if (field)
      TRY(put_field(r, field, it.value, positional));
    else if (r->projection->mode != TNI_MODE_INCLUDE)
      TRY(put_value(r, it.name, it.value));
  }
  return TN_OK;
}

/* `object` may be anything else: then it has no fields. */
static tn_status project_object(const run *r, const tni_field *in, tn_value object, bool positional) {
  const tni_projection *p = r->projection;
  if (tn_value_type(object) != TN_OBJECT) object = TN_NO_VALUE;
  tn_object_begin(r->to);
  if (in == &p->root && p->first) TRY(put_computed(r, p->first));
  TRY(put_fields(r, in, object, positional));
  for (const tni_field *field = in->fields; field; field = field->next)
    if (field->computes) TRY(put_new(r, field, object));
  tn_end(r->to);
  return TN_OK;
}

tn_status tni_projection_apply(const tni_projection *projection, tni_eval *eval, const tni_hit *hit, tn_value *out) {
  if (projection->is_everything) return *out = eval->root, TN_OK;
  run r = {projection, eval, hit, tni_pool_builder(eval->pool)};
  if (!r.to) return tni_no_memory(eval->ctx);
  tn_status status = project_object(&r, &projection->root, eval->root, true);
  if (status == TN_OK) return tni_pool_built(eval->pool, r.to, NULL, out);
  tni_pool_drop(eval->pool, r.to);
  return status;
}
