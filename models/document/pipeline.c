#include "pipeline.h"

#include "stage.h"

struct tni_pipeline {
  tni_request request;
  tni_chain chain;
};

tn_status tni_pipeline_compile(tn_ctx *ctx, const tni_pipeline_options *options, tn_value collection,
                               tn_value pipeline, tni_pipeline **out) {
  tni_pipeline *p = tn_scratch(ctx, sizeof *p);
  if (!p) return tni_no_memory(ctx);
  memset(p, 0, sizeof *p);
  p->request.ctx = ctx;
  p->request.world = options->world;
  p->request.ms_max = options->ms_max;
  tni_pool_init(&p->request.memory, ctx, options->memory_max ? options->memory_max : TNI_POOL_LIMIT_DEFAULT);
  tni_doc_find find = {.collection = collection, .where = "collection", .hint = options->hint};
  TRY(tni_chain_of_find(&p->request, find, pipeline, "pipeline", &p->chain));
  *out = p;
  return TN_OK;
}

tn_status tni_pipeline_open(tni_pipeline *pipeline) {
  const tni_request *request = &pipeline->request;
  if (request->ms_max > 0) tn_budget(request->ctx, request->ms_max, "max_ms");
  return tni_chain_open(&pipeline->chain);
}

tn_status tni_pipeline_next(tni_pipeline *pipeline, tn_value *doc) { return tni_chain_next(&pipeline->chain, doc); }

void tni_pipeline_close(tni_pipeline *pipeline) { tni_chain_close(&pipeline->chain); }

void tni_pipeline_pool(tni_pipeline *pipeline, tni_pool *out) {
  tni_pool_init_within(out, &pipeline->request.memory);
}
