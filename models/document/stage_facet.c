/* stage_facet.c - $facet: several pipelines over the same documents, and one document of what they give. */
#include "stage.h"

typedef struct facet {
  tn_slice name;
  tni_chain chain;
} facet;

typedef struct facet_stage {
  tni_stage stage;
  facet *facets;
  uint32_t count;
  tni_doc_list list; /* all documents that came in */
  bool given;
} facet_stage;

static tn_status facet_open(tni_stage *stage) {
  facet_stage *s = (facet_stage *)stage;
  s->given = false;
  s->list = (tni_doc_list){.count = 0};
  return TN_OK;
}

static tn_status collect(facet_stage *s) {
  tn_value doc;
  tn_status status;
  while ((status = tni_stage_draw(&s->stage, &doc)) == TN_OK) TRY(tni_doc_list_copy(&s->list, &s->stage.kept, doc));
  return status == TN_NOT_FOUND ? TN_OK : status;
}

static tn_status add_facet(facet *f, tn_builder *builder) {
  tn_value doc;
  tn_status status;
  tn_name_slice(builder, f->name);
  tn_array_begin(builder);
  TRY(tni_chain_open(&f->chain));
  while ((status = tni_chain_next(&f->chain, &doc)) == TN_OK) tn_add(builder, doc);
  if (status != TN_NOT_FOUND) return status;
  tni_chain_close(&f->chain);
  tn_end(builder);
  return TN_OK;
}

static tn_status add_facets(facet_stage *s, tn_builder *builder) {
  tn_object_begin(builder);
  for (uint32_t i = 0; i < s->count; i++) TRY(add_facet(&s->facets[i], builder));
  tn_end(builder);
  return TN_OK;
}

static tn_status facet_next(tni_stage *stage, tn_value *doc) {
  facet_stage *s = (facet_stage *)stage;
  tn_builder *builder;
  if (s->given) return TN_NOT_FOUND;
  s->given = true;
  TRY(collect(s));
  TRY(tni_stage_builder(stage, &builder));
  tn_status status = add_facets(s, builder);
  if (status == TN_OK) return tni_pool_built(&stage->out, builder, stage->where, doc);
  tni_pool_drop(&stage->out, builder);
  return status;
}

static void facet_close(tni_stage *stage) {
  facet_stage *s = (facet_stage *)stage;
  for (uint32_t i = 0; i < s->count; i++) tni_chain_close(&s->facets[i].chain);
}

static const tni_stage_ops facet_ops = {.open = facet_open, .next = facet_next, .close = facet_close};

static tn_status compile_facets(facet_stage *s, tn_value spec, const char *where) {
  tni_request *request = s->stage.request;
  tni_doc_source source = tni_doc_list_source(&s->list);
  for (tn_iter it = tn_iter_of(spec); tn_iter_next(&it); s->count++) {
    facet *f = &s->facets[s->count];
    const char *here = tni_where(request->ctx, where, it.name);
    if (!tni_is_field_name(it.name))
      return tn_fail(request->ctx, TN_INVALID, here, "expected a field's name without '$' in front and '.', got '%s'",
                     tni_quoted(request->ctx, it.name));
    f->name = it.name;
    TRY(tni_chain_of_source(request, &source, it.value, here, &f->chain));
  }
  return TN_OK;
}

tn_status tni_compile_facet(tni_chain *chain, tn_value spec, const char *where) {
  tni_request *request = chain->request;
  tni_stage *stage;
  TRY(tni_expect(request->ctx, spec, TN_T_OBJECT, "an object of pipelines", where));
  if (tn_count(spec) == 0) return tn_fail(request->ctx, TN_INVALID, where, "expected at least one pipeline");
  TRY(tni_stage_new(request, sizeof(facet_stage), &facet_ops, where, &stage));
  facet_stage *s = (facet_stage *)stage;
  s->facets = tn_scratch(request->ctx, tn_count(spec) * sizeof *s->facets);
  if (!s->facets) return tni_no_memory(request->ctx);
  request->facets++;
  TRY(compile_facets(s, spec, where));
  request->facets--;
  tni_chain_add(chain, stage);
  return TN_OK;
}
