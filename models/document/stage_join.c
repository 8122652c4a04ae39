/* stage_join.c - documents of other collections: $lookup puts those that belong to a document into it, $unionWith
 * adds them behind all. */
#include "join.h"

/* ---- $lookup ---------------------------------------------------------------------------------- */

/* The documents found for one are: those of a join; what a pipeline makes of these, or of a whole collection. */
typedef struct lookup_stage {
  tni_stage stage;
  tni_path as;
  tni_join *join;    /* NULL: without localField and foreignField */
  tni_doc_list list; /* what the join found */
  bool has_chain;    /* with `pipeline` */
  tni_chain chain;
  const tni_expr **lets; /* the values of let's variables */
  uint32_t slot, let_count;
  bool constant;   /* every document gets the same */
  tn_value result; /* that, once it is known */
  tni_pool pool;   /* and where it is */
} lookup_stage;

static tn_status add_chain(tni_chain *chain, tn_builder *builder) {
  tn_value doc;
  tn_status status;
  TRY(tni_chain_open(chain));
  while ((status = tni_chain_next(chain, &doc)) == TN_OK) tn_add(builder, doc);
  if (status != TN_NOT_FOUND) return status;
  tni_chain_close(chain);
  return TN_OK;
}

static tn_status add_found(lookup_stage *s, tn_value doc, tn_builder *builder) {
  if (s->join) TRY(tni_join_find(s->join, doc, &s->stage.out, &s->list));
  if (s->has_chain) return add_chain(&s->chain, builder);
  for (const tni_doc_item *i = s->list.first; i; i = i->next) tn_add(builder, i->doc);
  return TN_OK;
}

static tn_status find(lookup_stage *s, tn_value doc, tni_pool *pool, tn_value *out) {
  tn_builder *builder = tni_pool_builder(pool);
  if (!builder) return tni_no_memory(s->stage.request->ctx);
  tn_array_begin(builder);
  tn_status status = add_found(s, doc, builder);
  tn_end(builder);
  if (status == TN_OK) return tni_pool_built(pool, builder, s->stage.where, out);
  tni_pool_drop(pool, builder);
  return status;
}

/* All before any is set: they take the same slots for variables of their own. */
static tn_status set_variables(lookup_stage *s, tn_value doc) {
  tni_eval eval = tni_stage_eval(&s->stage, doc);
  tn_value values[TNI_EXPR_VARIABLES_MAX];
  for (uint32_t i = 0; i < s->let_count; i++) TRY(tni_expr_eval(s->lets[i], &eval, &values[i]));
  for (uint32_t i = 0; i < s->let_count; i++) eval.variables[s->slot + i] = values[i];
  return TN_OK;
}

static tn_status lookup_next(tni_stage *stage, tn_value *doc) {
  lookup_stage *s = (lookup_stage *)stage;
  tn_value found = s->result;
  TRY(tni_stage_draw(stage, doc));
  if (tn_is_absent(found)) {
    TRY(set_variables(s, *doc));
    TRY(find(s, *doc, s->constant ? &s->pool : &stage->out, &found));
  }
  if (s->constant) s->result = found;
  return tni_stage_put(stage, &s->as, found, doc);
}

static void lookup_close(tni_stage *stage) {
  lookup_stage *s = (lookup_stage *)stage;
  if (s->has_chain) tni_chain_close(&s->chain);
}

static const tni_stage_ops lookup_ops = {.next = lookup_next, .close = lookup_close};

/* ---- compiling it ----------------------------------------------------------------------------- */

enum { FROM, AS, LOCAL_FIELD, FOREIGN_FIELD, LET, PIPELINE, LOOKUP_FIELDS };
static const char *const lookup_names[] = {"from", "as", "localField", "foreignField", "let", "pipeline"};

typedef struct lookup_spec {
  tn_value values[LOOKUP_FIELDS];
  const char *where;
} lookup_spec;

static const char *where_of(const lookup_stage *s, const lookup_spec *spec, unsigned field) {
  return tni_where(s->stage.request->ctx, spec->where, tni_slice_of(lookup_names[field]));
}

static tn_status read_path(const lookup_stage *s, const lookup_spec *spec, unsigned field, tni_path *out) {
  tn_slice text = {NULL, 0};
  const char *where = where_of(s, spec, field);
  TRY(tni_expect(s->stage.request->ctx, spec->values[field], TN_T_STRING, "the path of a field", where));
  (void)tn_as_string(spec->values[field], &text);
  return tni_path_parse(s->stage.request->ctx, text, where, out);
}

static tn_status compile_join(lookup_stage *s, const lookup_spec *spec) {
  tni_request *request = s->stage.request;
  tni_join *join = tn_scratch(request->ctx, sizeof *join);
  if (!join) return tni_no_memory(request->ctx);
  memset(join, 0, sizeof *join);
  TRY(read_path(s, spec, LOCAL_FIELD, &join->local));
  TRY(read_path(s, spec, FOREIGN_FIELD, &join->foreign));
  s->join = join;
  return tni_join_compile(join, request, spec->values[FROM], where_of(s, spec, FROM));
}

static tn_status compile_let(lookup_stage *s, tn_value let, const char *where) {
  tni_request *request = s->stage.request;
  uint32_t slot;
  if (tn_is_absent(let)) return TN_OK;
  TRY(tni_expect(request->ctx, let, TN_T_OBJECT, "an object of variables", where));
  s->lets = tn_scratch(request->ctx, (tn_count(let) + 1) * sizeof *s->lets);
  if (!s->lets) return tni_no_memory(request->ctx);
  for (tn_iter it = tn_iter_of(let); tn_iter_next(&it); s->let_count++)
    TRY(tni_expr_compile(request->ctx, &request->scope, it.value, tni_where(request->ctx, where, it.name),
                         &s->lets[s->let_count]));
  for (tn_iter it = tn_iter_of(let); tn_iter_next(&it);)
    TRY(tni_scope_add(request->ctx, &request->scope, it.name, tni_where(request->ctx, where, it.name), &slot));
  return TN_OK;
}

static tn_status compile_chain(lookup_stage *s, const lookup_spec *spec) {
  tni_request *request = s->stage.request;
  tn_value pipeline = spec->values[PIPELINE];
  const char *where = where_of(s, spec, PIPELINE);
  tni_doc_source source = tni_doc_list_source(&s->list);
  tni_doc_find find_all = {.collection = spec->values[FROM], .where = where_of(s, spec, FROM)};
  s->slot = request->scope.count;
  s->has_chain = true;
  TRY(compile_let(s, spec->values[LET], where_of(s, spec, LET)));
  s->constant = !s->join && request->scope.count == 0;
  TRY(s->join ? tni_chain_of_source(request, &source, pipeline, where, &s->chain)
              : tni_chain_of_find(request, find_all, pipeline, where, &s->chain));
  request->scope.count = s->slot;
  return TN_OK;
}

static tn_status check_fields(tn_ctx *ctx, const lookup_spec *spec) {
  bool local = !tn_is_absent(spec->values[LOCAL_FIELD]), foreign = !tn_is_absent(spec->values[FOREIGN_FIELD]);
  bool pipeline = !tn_is_absent(spec->values[PIPELINE]), let = !tn_is_absent(spec->values[LET]);
  if (local != foreign || (!local && !pipeline))
    return tn_fail(ctx, TN_INVALID, spec->where,
                   "expected 'localField' and 'foreignField', 'pipeline', or all of them");
  if (let && !pipeline)
    return tn_fail(ctx, TN_INVALID, spec->where, "expected a 'pipeline' for the variables of 'let'");
  return TN_OK;
}

tn_status tni_compile_lookup(tni_chain *chain, tn_value given, const char *where) {
  tni_request *request = chain->request;
  tni_stage *stage;
  lookup_spec spec = {.where = where};
  TRY(tni_stage_new(request, sizeof(lookup_stage), &lookup_ops, where, &stage));
  lookup_stage *s = (lookup_stage *)stage;
  tni_pool_init_within(&s->pool, &request->memory);
  TRY(tni_take_fields(request->ctx, given, lookup_names, LOOKUP_FIELDS, 2, where, spec.values));
  TRY(check_fields(request->ctx, &spec));
  TRY(read_path(s, &spec, AS, &s->as));
  if (!tn_is_absent(spec.values[LOCAL_FIELD])) TRY(compile_join(s, &spec));
  if (!tn_is_absent(spec.values[PIPELINE])) TRY(compile_chain(s, &spec));
  tni_chain_add(chain, stage);
  return TN_OK;
}

/* ---- $unionWith ------------------------------------------------------------------------------- */

typedef struct union_stage {
  tni_stage stage;
  tni_chain chain;
  bool in_chain; /* the documents before it are through */
} union_stage;

static tn_status union_open(tni_stage *stage) {
  ((union_stage *)stage)->in_chain = false;
  return TN_OK;
}

static tn_status union_next(tni_stage *stage, tn_value *doc) {
  union_stage *s = (union_stage *)stage;
  if (!s->in_chain) {
    tn_status status = tni_stage_draw(stage, doc);
    if (status != TN_NOT_FOUND) return status;
    s->in_chain = true;
    TRY(tni_chain_open(&s->chain));
  }
  return tni_chain_next(&s->chain, doc);
}

static void union_close(tni_stage *stage) { tni_chain_close(&((union_stage *)stage)->chain); }

static const tni_stage_ops union_ops = {.open = union_open, .next = union_next, .close = union_close};

tn_status tni_compile_union_with(tni_chain *chain, tn_value spec, const char *where) {
  static const char *const names[] = {"coll", "pipeline"};
  tni_request *request = chain->request;
  tni_stage *stage;
  tn_value values[2] = {spec, TN_NO_VALUE};
  const char *coll = where;
  TRY(tni_expect(request->ctx, spec, TN_T_STRING | TN_T_OBJECT, "a collection or an object", where));
  if (tn_value_type(spec) == TN_OBJECT) {
    TRY(tni_take_fields(request->ctx, spec, names, 2, 1, where, values));
    coll = tni_where(request->ctx, where, tni_slice_of("coll"));
  }
  tni_doc_find find_all = {.collection = values[0], .where = coll};
  TRY(tni_stage_new(request, sizeof(union_stage), &union_ops, where, &stage));
  TRY(tni_chain_of_find(request, find_all, values[1], tni_where(request->ctx, where, tni_slice_of("pipeline")),
                        &((union_stage *)stage)->chain));
  tni_chain_add(chain, stage);
  return TN_OK;
}
