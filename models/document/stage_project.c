/* stage_project.c - what becomes of each document: $project $addFields $set $unset $replaceRoot $replaceWith; and how
 * many there are: $count. */
#include "query/projection.h"
#include "stage.h"

/* ---- $project $addFields $unset --------------------------------------------------------------- */

typedef struct project_stage {
  tni_stage stage;
  const tni_projection *projection;
} project_stage;

static tn_status project_next(tni_stage *stage, tn_value *doc) {
  const project_stage *s = (const project_stage *)stage;
  tn_value from;
  TRY(tni_stage_draw(stage, &from));
  tni_eval eval = tni_stage_eval(stage, from);
  return tni_projection_apply(s->projection, &eval, NULL, doc);
}

static const tni_stage_ops project_ops = {.next = project_next};

static tn_status add_projection(tni_chain *chain, tn_value spec, tni_projection_kind kind, const char *where) {
  tni_request *request = chain->request;
  tni_stage *stage;
  TRY(tni_stage_new(request, sizeof(project_stage), &project_ops, where, &stage));
  const tni_projection **projection = &((project_stage *)stage)->projection;
  TRY(tni_projection_compile(request->ctx, &request->scope, spec, kind, where, projection));
  tni_chain_add(chain, stage);
  return TN_OK;
}

static tn_status fail_empty(tni_chain *chain, const char *where) {
  return tn_fail(chain->request->ctx, TN_INVALID, where, "expected at least one field");
}

tn_status tni_compile_project(tni_chain *chain, tn_value spec, const char *where) {
  TRY(tni_expect(chain->request->ctx, spec, TN_T_OBJECT, "an object", where));
  if (tn_count(spec) == 0) return fail_empty(chain, where);
  return add_projection(chain, spec, TNI_PROJECT_STAGE, where);
}

tn_status tni_compile_add_fields(tni_chain *chain, tn_value spec, const char *where) {
  TRY(tni_expect(chain->request->ctx, spec, TN_T_OBJECT, "an object", where));
  return add_projection(chain, spec, TNI_PROJECT_ADD, where);
}

/* "a" and ["a", "b.c"] as {"a": 0, "b.c": 0}. */
static tn_status exclude(tn_ctx *ctx, tn_value spec, const char *where, tn_builder *builder) {
  tn_slice name = {NULL, 0};
  tn_object_begin(builder);
  if (tn_as_string(spec, &name)) {
    tn_name_slice(builder, name);
    tn_add(builder, 0);
  }
  for (tn_iter it = tn_iter_of(spec); tn_iter_next(&it);) {
    TRY(tni_expect(ctx, it.value, TN_T_STRING, "a field", tni_where_item(ctx, where, it.next - 1)));
    (void)tn_as_string(it.value, &name);
    tn_name_slice(builder, name);
    tn_add(builder, 0);
  }
  tn_end(builder);
  return TN_OK;
}

tn_status tni_compile_unset(tni_chain *chain, tn_value spec, const char *where) {
  tn_ctx *ctx = chain->request->ctx;
  tn_builder *builder = tn_builder_for(ctx);
  if (!builder) return tni_no_memory(ctx);
  TRY(tni_expect(ctx, spec, TN_T_STRING | TN_T_ARRAY, "a field or an array of fields", where));
  if (tn_value_type(spec) == TN_ARRAY && tn_count(spec) == 0) return fail_empty(chain, where);
  TRY(exclude(ctx, spec, where, builder));
  tn_status status = tn_builder_status(builder);
  if (status == TN_INVALID) return tn_fail(ctx, status, where, "a field is named twice");
  if (status != TN_OK) return tni_no_memory(ctx);
  return add_projection(chain, tn_built(builder), TNI_PROJECT_STAGE, where);
}

/* ---- $replaceRoot $replaceWith ---------------------------------------------------------------- */

typedef struct replace_stage {
  tni_stage stage;
  const tni_expr *expr;
} replace_stage;

static tn_status replace_next(tni_stage *stage, tn_value *doc) {
  const replace_stage *s = (const replace_stage *)stage;
  tn_value from, to;
  TRY(tni_stage_draw(stage, &from));
  tni_eval eval = tni_stage_eval(stage, from);
  TRY(tni_expr_eval(s->expr, &eval, &to));
  if (tn_value_type(to) != TN_OBJECT)
    return tn_fail(stage->request->ctx, TN_INVALID, stage->where, "expected an object for each document, got %s",
                   tn_is_absent(to) ? "a missing value" : tn_type_name(tn_value_type(to)));
  *doc = to;
  return TN_OK;
}

static const tni_stage_ops replace_ops = {.next = replace_next};

tn_status tni_compile_replace_with(tni_chain *chain, tn_value spec, const char *where) {
  tni_request *request = chain->request;
  tni_stage *stage;
  TRY(tni_stage_new(request, sizeof(replace_stage), &replace_ops, where, &stage));
  TRY(tni_expr_compile(request->ctx, &request->scope, spec, where, &((replace_stage *)stage)->expr));
  tni_chain_add(chain, stage);
  return TN_OK;
}

tn_status tni_compile_replace_root(tni_chain *chain, tn_value spec, const char *where) {
  static const char *const names[] = {"newRoot"};
  tn_ctx *ctx = chain->request->ctx;
  tn_value root;
  TRY(tni_take_fields(ctx, spec, names, 1, 1, where, &root));
  return tni_compile_replace_with(chain, root, tni_where(ctx, where, tni_slice_of("newRoot")));
}

/* ---- $count ----------------------------------------------------------------------------------- */

typedef struct count_stage {
  tni_stage stage;
  tn_slice name;
  bool counted;
} count_stage;

static tn_status count_open(tni_stage *stage) {
  ((count_stage *)stage)->counted = false;
  return TN_OK;
}

/* Of no documents at all it says nothing. */
static tn_status count_next(tni_stage *stage, tn_value *doc) {
  count_stage *s = (count_stage *)stage;
  tn_builder *builder;
  tn_status status = TN_NOT_FOUND;
  int64_t count = 0;
  if (s->counted) return TN_NOT_FOUND;
  while ((status = tni_stage_draw(stage, doc)) == TN_OK) count++;
  if (status != TN_NOT_FOUND || count == 0) return status;
  s->counted = true;
  TRY(tni_stage_builder(stage, &builder));
  tn_object_begin(builder);
  tn_name_slice(builder, s->name);
  tn_add(builder, count);
  tn_end(builder);
  return tni_pool_built(&stage->out, builder, stage->where, doc);
}

static const tni_stage_ops count_ops = {.open = count_open, .next = count_next};

tn_status tni_compile_count(tni_chain *chain, tn_value spec, const char *where) {
  tni_request *request = chain->request;
  tni_stage *stage;
  tn_slice name;
  if (!tn_as_string(spec, &name) || !tni_is_field_name(name))
    return tn_fail(request->ctx, TN_INVALID, where, "expected a field's name without '$' in front and '.'");
  TRY(tni_stage_new(request, sizeof(count_stage), &count_ops, where, &stage));
  ((count_stage *)stage)->name = name;
  tni_chain_add(chain, stage);
  return TN_OK;
}
