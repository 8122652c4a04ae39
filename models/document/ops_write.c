#include "ops.h"
#include "targets.h"

/* ---- insert ----------------------------------------------------------------------------------- */

static tn_status insert_one(tni_doc_store *s, tn_value doc, tn_builder *result) {
  tn_value stored;
  tni_pool_mark mark = tni_pool_at(s->pool);
  TRY(tni_expect(s->ctx, doc, TN_T_OBJECT, "an object", NULL));
  TRY(tni_doc_with_id(s, doc, NULL, &stored));
  TRY(tni_doc_insert(s, stored));
  tn_add(result, tn_item(stored, 0));
  tni_pool_back(s->pool, mark);
  return TN_OK;
}

static tn_status insert_all(tni_doc_store *s, tn_value docs, tn_builder *result) {
  tn_status status = TN_OK;
  if (tn_value_type(docs) == TN_OBJECT) {
    status = insert_one(s, docs, result);
    return status == TN_OK ? TN_OK : tni_doc_fail_within(s->ctx, status, "docs");
  }
  for (tn_iter it = tn_iter_of(docs); tn_iter_next(&it);) {
    status = insert_one(s, it.value, result);
    if (status != TN_OK) return tni_doc_fail_within(s->ctx, status, tni_where_item(s->ctx, "docs", it.next - 1));
  }
  return TN_OK;
}

tn_status tni_doc_op_insert(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tn_value docs = argv[TNI_DOC_INSERT_DOCS];
  bool one = tn_value_type(docs) == TN_OBJECT;
  tni_doc_collection *c;
  tni_doc_store store;
  tni_pool pool;
  tni_pool_init_fixed(&pool, ctx);
  TRY(tni_doc_collection_make(ctx, argv[TNI_DOC_INSERT_COLLECTION], &c));
  TRY(tni_doc_store_init(&store, ctx, c, &pool));
  tn_object_begin(result);
  tn_set(result, "inserted", one ? 1u : tn_count(docs));
  tn_name(result, "ids");
  tn_array_begin(result);
  TRY(insert_all(&store, docs, result));
  tn_end(result);
  tn_end(result);
  return tni_doc_store_finish(&store);
}

/* ---- delete ----------------------------------------------------------------------------------- */

static tn_status remove_all(tni_doc_store *s, const tni_doc_targets *targets) {
  tni_doc_stored stored;
  for (size_t i = 0; i < targets->count; i++) {
    TRY(tni_doc_targets_read(s->ctx, targets, i, &stored));
    TRY(tni_doc_remove(s, stored.key, stored.doc));
  }
  return TN_OK;
}

static tn_status delete_from(tn_ctx *ctx, tni_doc_collection *c, const tn_value *argv, tn_builder *result) {
  tni_doc_query query = {.filter = argv[TNI_DOC_DELETE_FILTER], .hint = argv[TNI_DOC_DELETE_HINT]};
  bool many = false;
  tni_doc_request request;
  tni_doc_targets targets;
  tni_doc_store store;
  tni_pool pool;
  (void)tn_as_bool(argv[TNI_DOC_DELETE_MANY], &many);
  tni_pool_init_fixed(&pool, ctx);
  TRY(tni_doc_request_read(ctx, c, &query, &request));
  if (!tn_is_absent(request.id)) TRY(tn_journal_args(ctx));
  if (!many) request.limit = 1;
  TRY(tni_doc_targets_find(&request, &pool, &targets));
  TRY(tni_doc_check_version(ctx, &targets, argv[TNI_DOC_DELETE_VERSION], many));
  TRY(tni_doc_store_init(&store, ctx, c, &pool));
  TRY(remove_all(&store, &targets));
  (void)tn_obj(result, "deleted", (int64_t)targets.count);
  return TN_OK;
}

tn_status tni_doc_op_delete(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_doc_collection *c = NULL;
  tn_status status = tni_doc_collection_begin(ctx, argv[TNI_DOC_DELETE_COLLECTION], &c);
  if (status == TN_OK) status = delete_from(ctx, c, argv, result);
  tni_doc_collection_done(ctx, c);
  return status;
}
