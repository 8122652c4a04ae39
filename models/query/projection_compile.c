/* From a request to the tree of names. */
#include "number.h"
#include "projection_internal.h"

typedef struct compiler {
  tn_ctx *ctx;
  tni_scope *scope;
  tni_projection_kind kind;
  tni_projection *projection;
  tni_field *id;    /* a field "_id" by itself; NULL */
  bool has_element; /* there is an $elemMatch */
  bool has_positional;
} compiler;

/* ---- the tree --------------------------------------------------------------------------------- */

static tni_field *find(const tni_field *in, tn_slice name) {
  tni_field *field = in->fields;
  while (field && !tni_slice_same(field->step.name, name)) field = field->next;
  return field;
}

static tni_field *append(const compiler *c, tni_field *in, const tni_step *step, const char *where) {
  tni_field *field = tn_scratch(c->ctx, sizeof *field);
  if (!field) return NULL;
  *field = (tni_field){.kind = TNI_FIELD_INNER, .step = *step, .where = where};
  if (in->last)
    in->last->next = field;
  else
    in->fields = field;
  in->last = field;
  return field;
}

static tn_status collides(const compiler *c, const tni_field *there, const char *where) {
  return tn_fail(c->ctx, TN_INVALID, where, "it and '%s' lead through each other", there->where);
}

/* The leaf that the path makes; what leads to it gets the marks. */
static tn_status insert(const compiler *c, const tni_path *path, const char *where, bool computes, bool positional,
                        tni_field **out) {
  tni_field *field = &c->projection->root;
  for (uint32_t i = 0; i < path->count; i++) {
    bool is_last = i + 1 == path->count;
    tni_field *below = find(field, path->steps[i].name);
    if (below && (is_last || below->kind != TNI_FIELD_INNER)) return collides(c, below, where);
    if (!below) below = append(c, field, &path->steps[i], where);
    if (!below) return tni_no_memory(c->ctx);
    below->computes |= computes;
    below->positional |= positional;
    field = below;
  }
  *out = field;
  return TN_OK;
}

static bool is_id(const tni_path *path) { return path->count == 1 && tni_slice_is(path->steps[0].name, "_id"); }

/* ---- inclusion or exclusion ------------------------------------------------------------------- */

static tn_status want(const compiler *c, tni_projection_mode mode, const char *where) {
  tni_projection *p = c->projection;
  if (p->mode == TNI_MODE_OPEN) p->mode = mode;
  if (p->mode == mode) return TN_OK;
  if (mode == TNI_MODE_EXCLUDE)
    return tn_fail(c->ctx, TN_INVALID, where, "fields are included, so that only _id can be excluded");
  return tn_fail(c->ctx, TN_INVALID, where, "fields are excluded, so that only _id can be included");
}

static tn_status add_flag(compiler *c, const tni_path *path, tn_value flag, const char *where, bool positional) {
  bool included = tni_is_truthy(flag);
  tni_field *field;
  if (!is_id(path)) TRY(want(c, included ? TNI_MODE_INCLUDE : TNI_MODE_EXCLUDE, where));
  TRY(insert(c, path, where, false, positional, &field));
  field->kind = included ? TNI_FIELD_INCLUDE : TNI_FIELD_EXCLUDE;
  if (is_id(path)) c->id = field;
  return TN_OK;
}

static tn_status add_expr(compiler *c, const tni_path *path, tn_value expr, const char *where) {
  tni_field *field;
  if (c->kind != TNI_PROJECT_ADD) TRY(want(c, TNI_MODE_INCLUDE, where));
  TRY(insert(c, path, where, true, false, &field));
  TRY(tni_expr_compile(c->ctx, c->scope, expr, where, &field->expr));
  field->kind = TNI_FIELD_COMPUTE;
  if (is_id(path) && c->kind != TNI_PROJECT_ADD) c->projection->first = field;
  return TN_OK;
}

/* ---- find's operators ------------------------------------------------------------------------- */

static bool is_number(tn_value value) {
  tn_type type = tn_value_type(value);
  return type == TN_INT || type == TN_DOUBLE;
}

static tn_status slice_number(const compiler *c, tn_value value, const char *where, int64_t *out) {
  if (tni_as_whole(value, out)) return TN_OK;
  return tn_fail(c->ctx, TN_INVALID, where, "$slice takes whole numbers");
}

/* A number, or [skip, limit]. */
static tn_status read_slice(const compiler *c, tn_value operand, const char *where, tni_field *field) {
  if (is_number(operand)) {
    TRY(slice_number(c, operand, where, &field->limit));
    if (field->limit < 0) field->skip = field->limit;
    if (field->limit < 0) field->limit = INT64_MAX;
    return TN_OK;
  }
  if (tn_count(operand) != 2) return tn_fail(c->ctx, TN_INVALID, where, "$slice takes a number or [skip, limit]");
  TRY(slice_number(c, tn_item(operand, 0), where, &field->skip));
  TRY(slice_number(c, tn_item(operand, 1), where, &field->limit));
  if (field->limit <= 0) return tn_fail(c->ctx, TN_INVALID, where, "the limit of $slice is not above 0");
  return TN_OK;
}

static tn_status add_slice(compiler *c, const tni_path *path, tn_value operand, const char *where) {
  tni_field *field;
  TRY(insert(c, path, where, false, false, &field));
  field->kind = TNI_FIELD_SLICE;
  return read_slice(c, operand, tni_where(c->ctx, where, tni_slice_of("$slice")), field);
}

/* It is found by a filter on the field alone. */
static tn_status add_element(compiler *c, const tni_path *path, tn_value operators, const char *where,
                             const char *outer) {
  tni_field *field;
  tn_builder *filter = tn_builder_for(c->ctx);
  if (!filter) return tni_no_memory(c->ctx);
  if (path->count != 1) return tn_fail(c->ctx, TN_INVALID, where, "$elemMatch takes a field of the document itself");
  TRY(insert(c, path, where, true, false, &field));
  field->kind = TNI_FIELD_ELEMENT;
  c->has_element = true;
  tn_object_begin(filter);
  tn_name_slice(filter, path->text);
  tn_add(filter, operators);
  tn_end(filter);
  if (tn_builder_status(filter) != TN_OK) return tni_no_memory(c->ctx);
  return tni_filter_compile(c->ctx, tn_built(filter), outer, &field->filter);
}

static tn_status add_positional(compiler *c, tn_slice path_text, tn_value flag, const char *where) {
  tni_path path;
  TRY(tni_path_parse(c->ctx, path_text, where, &path));
  if (!tni_is_truthy(flag) || (!is_number(flag) && tn_value_type(flag) != TN_BOOL))
    return tn_fail(c->ctx, TN_INVALID, where, "expected 1 for the item that matched");
  if (c->has_positional) return tn_fail(c->ctx, TN_INVALID, where, "only one field can be positional");
  c->has_positional = true;
  return add_flag(c, &path, tni_true_value, where, true);
}

/* ---- a field of the request ------------------------------------------------------------------- */

/* The only name of an object, when it is `name`. */
static bool is_operator(tn_value value, const char *name) {
  tn_iter it = tn_iter_of(value);
  return tn_count(value) == 1 && tn_iter_next(&it) && tni_slice_is(it.name, name);
}

static bool begins_with_operator(tn_value value) {
  tn_iter it = tn_iter_of(value);
  return tn_iter_next(&it) && it.name.size > 0 && *(const char *)it.name.data == '$';
}

/* find's $slice; with an array that does not begin with a number it is the expression. */
static bool is_slice(tn_value value) {
  tn_value operand = tn_field(value, "$slice");
  return is_operator(value, "$slice") && (tn_value_type(operand) != TN_ARRAY || is_number(tn_item(operand, 0)));
}

static tn_status add_fields(compiler *c, const tni_path *outer, tn_value spec, const char *where);

static tn_status add_object(compiler *c, const tni_path *path, tn_value value, const char *where, const char *outer) {
  bool in_find = c->kind == TNI_PROJECT_FIND;
  if (tn_count(value) == 0) return tn_fail(c->ctx, TN_INVALID, where, "expected fields or an operator, got {}");
  if (in_find && is_slice(value)) return add_slice(c, path, tn_field(value, "$slice"), where);
  if (in_find && is_operator(value, "$elemMatch")) return add_element(c, path, value, where, outer);
  return begins_with_operator(value) ? add_expr(c, path, value, where) : add_fields(c, path, value, where);
}

static tn_status add_path(compiler *c, const tni_path *path, tn_value value, const char *where, const char *outer) {
  bool is_flag = c->kind != TNI_PROJECT_ADD && (is_number(value) || tn_value_type(value) == TN_BOOL);
  if (is_flag) return add_flag(c, path, value, where, false);
  return tn_value_type(value) == TN_OBJECT ? add_object(c, path, value, where, outer)
                                           : add_expr(c, path, value, where);
}

static bool cut_positional(tn_slice *name) {
  bool positional = name->size > 2 && memcmp((const char *)name->data + name->size - 2, ".$", 2) == 0;
  if (positional) name->size -= 2;
  return positional;
}

static tn_status add_field(compiler *c, const tni_path *outer, const tn_iter *at, const char *where) {
  tni_path path;
  tn_slice name = at->name;
  const char *here = tni_where(c->ctx, where, name);
  if (c->kind == TNI_PROJECT_FIND && !outer && cut_positional(&name)) return add_positional(c, name, at->value, here);
  TRY(tni_path_parse(c->ctx, name, here, &path));
  if (outer) TRY(tni_path_join(c->ctx, outer, &path, &path));
  return add_path(c, &path, at->value, here, where);
}

static tn_status add_fields(compiler *c, const tni_path *outer, tn_value spec, const char *where) {
  for (tn_iter it = tn_iter_of(spec); tn_iter_next(&it);) TRY(add_field(c, outer, &it, where));
  return TN_OK;
}

/* ---- the whole -------------------------------------------------------------------------------- */

/* Without a word about fields, _id decides; $elemMatch alone is what is wanted, $slice alone a change. */
static void settle_mode(const compiler *c) {
  tni_projection *p = c->projection;
  if (p->mode != TNI_MODE_OPEN) return;
  bool includes = c->has_element || (c->id && c->id->kind == TNI_FIELD_INCLUDE);
  p->mode = includes ? TNI_MODE_INCLUDE : TNI_MODE_EXCLUDE;
}

static tn_status include_id(const compiler *c) {
  tni_path path;
  tni_field *field;
  tni_projection *p = c->projection;
  const tn_slice name = tni_slice_of("_id");
  if (p->mode != TNI_MODE_INCLUDE || find(&p->root, name)) return TN_OK;
  TRY(tni_path_parse(c->ctx, name, "", &path));
  TRY(insert(c, &path, "", false, false, &field));
  field->kind = TNI_FIELD_INCLUDE;
  return TN_OK;
}

tn_status tni_projection_compile(tn_ctx *ctx, tni_scope *scope, tn_value spec, tni_projection_kind kind,
                                 const char *where, const tni_projection **out) {
  TRY(tni_expect(ctx, spec, TN_T_OBJECT, "an object", where));
  tni_projection *p = tn_scratch(ctx, sizeof *p);
  compiler c = {.ctx = ctx, .scope = scope, .kind = kind, .projection = p};
  if (!p) return tni_no_memory(ctx);
  *p = (tni_projection){.mode = kind == TNI_PROJECT_ADD ? TNI_MODE_ADD : TNI_MODE_OPEN};
  p->is_everything = kind == TNI_PROJECT_FIND && tn_count(spec) == 0;
  if (tn_count(spec) == 0 && !p->is_everything)
    return tn_fail(ctx, TN_INVALID, where, "expected at least one field, got none");
  TRY(add_fields(&c, NULL, spec, where));
  settle_mode(&c);
  TRY(include_id(&c));
  *out = p;
  return TN_OK;
}
