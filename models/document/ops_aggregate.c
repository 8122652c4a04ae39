#include "limits.h"
#include "ops.h"
#include "stage.h"
#include "targets.h"
#include "world.h"

static tn_status compile(tn_ctx *ctx, const tn_value *argv, const tn_value *given, tni_pipeline **out) {
  tni_pipeline_options options = {.world = &tni_doc_model_world, .hint = given[TNI_DOC_OPTION_HINT]};
  uint64_t memory = 0;
  TRY(tni_doc_limit_read(ctx, given[TNI_DOC_OPTION_MS], "max_ms", &options.ms_max));
  TRY(tni_doc_limit_read(ctx, given[TNI_DOC_OPTION_MEMORY], "max_memory_bytes", &memory));
  options.memory_max = memory;
  return tni_pipeline_compile(ctx, &options, argv[TNI_DOC_AGGREGATE_COLLECTION], argv[TNI_DOC_AGGREGATE_PIPELINE],
                              out);
}

tn_status tni_doc_op_aggregate(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_pipeline *pipeline;
  tn_value doc;
  tn_status status;
  TRY(compile(ctx, argv, argv + TNI_DOC_AGGREGATE_OPTIONS, &pipeline));
  TRY(tni_pipeline_open(pipeline));
  while ((status = tni_pipeline_next(pipeline, &doc)) == TN_OK) {
    tn_add(result, doc);
    TRY(tn_row(ctx, result));
  }
  return status == TN_NOT_FOUND ? TN_OK : status;
}

/* ---- aggregate_into --------------------------------------------------------------------------- */

/* What the pipeline gives, all of it before anything changes. */
static tn_status collect(tni_pipeline *pipeline, tni_pool *pool, tni_doc_list *out) {
  tn_value doc;
  tn_status status;
  TRY(tni_pipeline_open(pipeline));
  while ((status = tni_pipeline_next(pipeline, &doc)) == TN_OK) TRY(tni_doc_list_copy(out, pool, doc));
  return status == TN_NOT_FOUND ? TN_OK : status;
}

static tn_status insert_one(tni_doc_store *s, tn_value doc) {
  tni_pool_mark mark = tni_pool_at(s->pool);
  TRY(tni_doc_with_id(s, doc, NULL, &doc));
  TRY(tni_doc_insert(s, doc));
  tni_pool_back(s->pool, mark);
  return TN_OK;
}

/* An error's where is the document's number among all that came out. */
static tn_status insert_all(tni_doc_store *s, const tni_doc_list *docs) {
  uint32_t number = 0;
  for (const tni_doc_item *i = docs->first; i; i = i->next, number++) {
    tn_status status = insert_one(s, i->doc);
    if (status != TN_OK) return tni_doc_fail_within(s->ctx, status, tni_where_item(s->ctx, "target", number));
  }
  return tni_doc_store_finish(s);
}

tn_status tni_doc_op_aggregate_into(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_pipeline *pipeline;
  tni_doc_list docs = {.count = 0};
  tni_doc_collection *target;
  tni_doc_store store;
  tni_pool pool;
  uint64_t deleted;
  TRY(tni_doc_name_check(ctx, argv[TNI_DOC_INTO_TARGET], "target"));
  TRY(compile(ctx, argv, argv + TNI_DOC_INTO_OPTIONS, &pipeline));
  tni_pipeline_pool(pipeline, &pool);
  TRY(collect(pipeline, &pool, &docs));
  tni_pipeline_close(pipeline);
  TRY(tni_doc_collection_make(ctx, argv[TNI_DOC_INTO_TARGET], &target));
  TRY(tni_doc_collection_clear(ctx, target, &deleted));
  TRY(tni_doc_store_init(&store, ctx, target, &pool));
  TRY(insert_all(&store, &docs));
  (void)tn_obj(result, "inserted", docs.count, "deleted", deleted);
  return TN_OK;
}
