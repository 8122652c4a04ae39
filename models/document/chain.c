/* Chains of stages: compiling them, drawing through them. */
#include "stage.h"

/* ---- stages ----------------------------------------------------------------------------------- */

tn_status tni_stage_new(tni_request *request, size_t size, const tni_stage_ops *ops, const char *where,
                        tni_stage **out) {
  tni_stage *stage = tn_scratch(request->ctx, size);
  if (!stage) return tni_no_memory(request->ctx);
  memset(stage, 0, size);
  stage->ops = ops;
  stage->request = request;
  stage->where = where;
  tni_pool_init_within(&stage->out, &request->memory);
  tni_pool_init_within(&stage->kept, &request->memory);
  *out = stage;
  return TN_OK;
}

static tn_status next_of(tni_stage *stage, tn_value *doc) {
  if (stage->ended) return TN_NOT_FOUND;
  TRY(tn_step(stage->request->ctx));
  tni_pool_reset(&stage->out);
  tn_status status = stage->ops->next(stage, doc);
  stage->ended = status == TN_NOT_FOUND;
  return status;
}

tn_status tni_stage_draw(tni_stage *stage, tn_value *doc) { return next_of(stage->from, doc); }

tn_status tni_stage_builder(tni_stage *stage, tn_builder **out) {
  *out = tni_pool_builder(&stage->out);
  return *out ? TN_OK : tni_no_memory(stage->request->ctx);
}

bool tni_is_field_name(tn_slice name) {
  return name.size > 0 && *(const char *)name.data != '$' && !memchr(name.data, '.', name.size);
}

static tn_status unknown_field(tn_ctx *ctx, tn_slice name, const char *const *names, size_t count,
                               const char *where) {
  return tn_fail(ctx, TN_INVALID, tni_where(ctx, where, name), "unknown field '%s'%s", tni_quoted(ctx, name),
                 tn_nearest(ctx, name, names, count));
}

tn_status tni_take_fields(tn_ctx *ctx, tn_value spec, const char *const *names, size_t count, size_t required,
                          const char *where, tn_value *values) {
  TRY(tni_expect(ctx, spec, TN_T_OBJECT, "an object", where));
  for (size_t i = 0; i < count; i++) values[i] = tn_field(spec, names[i]);
  for (tn_iter it = tn_iter_of(spec); tn_iter_next(&it);) {
    size_t i = 0;
    while (i < count && !tni_slice_is(it.name, names[i])) i++;
    if (i == count) return unknown_field(ctx, it.name, names, count, where);
  }
  for (size_t i = 0; i < required; i++)
    if (tn_is_absent(values[i])) return tn_fail(ctx, TN_INVALID, where, "expected the field '%s'", names[i]);
  return TN_OK;
}

/* ---- running ---------------------------------------------------------------------------------- */

static void close_stage(tni_stage *stage) {
  if (stage->ops->close) stage->ops->close(stage);
  tni_pool_reset(&stage->out);
  tni_pool_reset(&stage->kept);
}

tn_status tni_chain_open(tni_chain *chain) {
  for (uint32_t i = 0; i < chain->count; i++) {
    tni_stage *stage = chain->stages[i];
    close_stage(stage);
    stage->ended = false;
    if (stage->ops->open) TRY(stage->ops->open(stage));
  }
  return TN_OK;
}

tn_status tni_chain_next(tni_chain *chain, tn_value *doc) { return next_of(tni_chain_last(chain), doc); }

void tni_chain_close(tni_chain *chain) {
  for (uint32_t i = 0; i < chain->count; i++) close_stage(chain->stages[i]);
}

/* ---- compiling -------------------------------------------------------------------------------- */

void tni_chain_add(tni_chain *chain, tni_stage *stage) {
  stage->from = chain->count > 0 ? tni_chain_last(chain) : NULL;
  chain->stages[chain->count++] = stage;
}

/* The name and operand of a stage. */
static tn_status take_apart(tn_ctx *ctx, tn_value spec, const char *where, tn_slice *name, tn_value *operand) {
  tn_iter it = tn_iter_of(spec);
  TRY(tni_expect(ctx, spec, TN_T_OBJECT, "a stage, {\"$name\": ...}", where));
  if (tn_count(spec) != 1 || !tn_iter_next(&it))
    return tn_fail(ctx, TN_INVALID, where, "expected a stage with one name, got %u", (unsigned)tn_count(spec));
  *name = it.name;
  *operand = it.value;
  return TN_OK;
}

static tn_status compile_stage(tni_chain *chain, tn_value spec, const char *where) {
  tni_request *request = chain->request;
  const tni_stage_def *def;
  tn_slice name;
  tn_value operand;
  if (++request->stages > TNI_PIPELINE_STAGES_MAX)
    return tn_fail(request->ctx, TN_LIMIT, where, "more than %d stages in one request", TNI_PIPELINE_STAGES_MAX);
  TRY(take_apart(request->ctx, spec, where, &name, &operand));
  where = tni_where(request->ctx, where, name);
  TRY(tni_stage_find(request->ctx, name, where, &def));
  if (def->not_in_facet && request->facets > 0)
    return tn_fail(request->ctx, TN_INVALID, where, "%s cannot stand within $facet", def->name);
  return def->compile(chain, operand, where);
}

tn_status tni_chain_compile(tni_chain *chain, tn_value pipeline, uint32_t from, const char *where) {
  tni_request *request = chain->request;
  if (request->depth == TNI_PIPELINE_DEPTH_MAX)
    return tn_fail(request->ctx, TN_LIMIT, where, "pipelines nested deeper than %d", TNI_PIPELINE_DEPTH_MAX);
  request->depth++;
  for (uint32_t i = from; i < tn_count(pipeline); i++)
    TRY(compile_stage(chain, tn_item(pipeline, i), tni_where_item(request->ctx, where, i)));
  request->depth--;
  return TN_OK;
}

tn_status tni_chain_begin(tni_request *request, tn_value pipeline, const char *where, tni_chain *out) {
  if (!tn_is_absent(pipeline)) TRY(tni_expect(request->ctx, pipeline, TN_T_ARRAY, "an array of stages", where));
  uint32_t room = 1 + 2 * tn_count(pipeline);
  tni_stage **stages = tn_scratch(request->ctx, room * sizeof *stages);
  if (!stages) return tni_no_memory(request->ctx);
  *out = (tni_chain){request, stages, 0};
  return TN_OK;
}

/* ---- where a chain begins --------------------------------------------------------------------- */

typedef struct source_stage {
  tni_stage stage;
  tni_doc_source source;
} source_stage;

static tn_status source_open(tni_stage *stage) {
  const source_stage *s = (const source_stage *)stage;
  return s->source.open(s->source.arg);
}

static tn_status source_next(tni_stage *stage, tn_value *doc) {
  const source_stage *s = (const source_stage *)stage;
  return s->source.next(s->source.arg, doc);
}

static const tni_stage_ops source_ops = {.open = source_open, .next = source_next};

tn_status tni_chain_source(tni_chain *chain, const char *where, tni_stage **stage, tni_doc_source **out) {
  TRY(tni_stage_new(chain->request, sizeof(source_stage), &source_ops, where, stage));
  *out = &((source_stage *)*stage)->source;
  tni_chain_add(chain, *stage);
  return TN_OK;
}

tn_status tni_chain_of_source(tni_request *request, const tni_doc_source *source, tn_value pipeline,
                              const char *where, tni_chain *out) {
  tni_stage *stage;
  tni_doc_source *place;
  TRY(tni_chain_begin(request, pipeline, where, out));
  TRY(tni_chain_source(out, where, &stage, &place));
  *place = *source;
  return tni_chain_compile(out, pipeline, 0, where);
}

/* ---- lists of documents ----------------------------------------------------------------------- */

tn_status tni_doc_list_add(tni_doc_list *list, tni_pool *pool, tn_value doc) {
  tni_doc_item *item = tni_pool_alloc(pool, sizeof *item);
  if (!item) return tni_pool_full(pool);
  *item = (tni_doc_item){NULL, doc};
  if (list->last)
    list->last->next = item;
  else
    list->first = item;
  list->last = item;
  list->count++;
  return TN_OK;
}

tn_status tni_doc_list_copy(tni_doc_list *list, tni_pool *pool, tn_value doc) {
  TRY(tni_pool_copy(pool, doc, &doc));
  return tni_doc_list_add(list, pool, doc);
}

static tn_status list_open(void *arg) {
  tni_doc_list *list = arg;
  list->at = list->first;
  return TN_OK;
}

static tn_status list_next(void *arg, tn_value *doc) {
  tni_doc_list *list = arg;
  if (!list->at) return TN_NOT_FOUND;
  *doc = list->at->doc;
  list->at = list->at->next;
  return TN_OK;
}

tni_doc_source tni_doc_list_source(tni_doc_list *list) { return (tni_doc_source){list_open, list_next, list}; }
