#include "change.h"
#include "ops.h"
#include "pair.h"
#include "query/projection.h"

/* What all of these have in common. */
typedef struct modify {
  tn_ctx *ctx;
  tn_value name; /* the collection's */
  tni_doc_collection *collection;
  tn_value if_version;
  bool many, upsert;
  tni_doc_change_spec change;
  tni_doc_request request;
  tni_doc_targets targets;
  tni_doc_store store;
  tni_pool pool;
  bool computes; /* the answer is more than the document: what it says need not be the same everywhere */
  uint64_t changed;
  tn_value upserted; /* the new document; absent: there is none */
} modify;

typedef tn_status (*modify_fn)(modify *m, const tn_value *argv, tn_builder *result);

/* The collection goes back, whatever became of it. What find_targets() makes is not set before. */
static tn_status run(tn_ctx *ctx, modify_fn fn, const tn_value *argv, tn_builder *result) {
  modify m;
  m.ctx = ctx;
  m.collection = NULL;
  m.if_version = m.upserted = TN_NO_VALUE;
  m.many = m.upsert = m.computes = false;
  m.change = (tni_doc_change_spec){NULL, TN_NO_VALUE, NULL};
  m.changed = 0;
  tn_status status = fn(&m, argv, result);
  tni_doc_collection_done(ctx, m.collection);
  return status;
}

static tn_status find_targets(modify *m, const tni_doc_query *query) {
  tni_pool_init_fixed(&m->pool, m->ctx);
  TRY(tni_doc_collection_begin(m->ctx, m->name, &m->collection));
  TRY(tni_doc_request_read(m->ctx, m->collection, query, &m->request));
  bool plain = !m->change.update || tni_update_is_plain(m->change.update);
  if (!tn_is_absent(m->request.id) && plain && !m->computes) TRY(tn_journal_args(m->ctx));
  if (!m->many) m->request.limit = 1;
  TRY(tni_doc_targets_find(&m->request, &m->pool, &m->targets));
  TRY(tni_doc_check_version(m->ctx, &m->targets, m->if_version, m->many));
  return tni_doc_store_init(&m->store, m->ctx, m->collection, &m->pool);
}

static tn_status upsert(modify *m) {
  tni_doc_collection *c;
  if (!m->upsert || m->targets.count > 0) return TN_OK;
  TRY(tni_doc_collection_make(m->ctx, m->name, &c));
  TRY(tni_doc_store_init(&m->store, m->ctx, c, &m->pool)); /* with its indexes */
  TRY(tni_doc_upsert(&m->store, &m->change, &m->request, &m->upserted));
  return tni_doc_store_finish(&m->store);
}

static tn_status change_all(modify *m) {
  for (size_t i = 0; i < m->targets.count; i++) {
    tni_pool_mark mark = tni_pool_at(&m->pool);
    tn_value after;
    bool changed;
    TRY(tni_doc_change_target(&m->store, &m->change, &m->targets, i, &after, &changed));
    m->changed += changed;
    tni_pool_back(&m->pool, mark);
  }
  return tni_doc_store_finish(&m->store);
}

/* Of the only document there is, as it is now. */
static tn_status version_of(modify *m, tn_value *out) {
  if (m->targets.count != 1 || m->changed > 0) return *out = m->store.version, TN_OK;
  return tni_pool_value(&m->pool, out, TN_ARG(m->targets.first.version));
}

static const tn_slice answer_names[] = {{"matched", 7}, {"changed", 7}, {"version", 7}};

/* {matched, changed, version?} */
static tn_status tell(modify *m, tn_builder *result) {
  uint8_t room[TNI_DOC_SMALL_MAX + TNI_DOC_SMALL_EXTRA];
  tn_value values[3];
  uint32_t count = 2;
  TRY(tni_pool_value(&m->pool, &values[0], TN_ARG(m->targets.count)));
  TRY(tni_pool_value(&m->pool, &values[1], TN_ARG(m->changed)));
  if (!m->many && m->targets.count == 1) TRY(version_of(m, &values[count++]));
  tn_add(result, tni_doc_small_put(room, answer_names, values, count));
  return TN_OK;
}

/* {matched: 0, changed: 0, upserted, version?} */
static void tell_upserted(const modify *m, tn_builder *result) {
  tn_object_begin(result);
  tn_set(result, "matched", 0);
  tn_set(result, "changed", 0);
  tn_set(result, "upserted", tn_item(m->upserted, 0));
  if (!m->many) tn_set(result, "version", m->ctx->seq);
  tn_end(result);
}

static tn_status answer_change(modify *m, tn_builder *result) {
  if (tn_is_absent(m->upserted)) return tell(m, result);
  return tell_upserted(m, result), TN_OK;
}

static tn_status update(modify *m, const tn_value *argv, tn_builder *result) {
  tni_doc_query query = {.filter = argv[TNI_DOC_UPDATE_FILTER], .hint = argv[TNI_DOC_UPDATE_HINT]};
  m->name = argv[TNI_DOC_UPDATE_COLLECTION];
  m->if_version = argv[TNI_DOC_UPDATE_VERSION];
  (void)tn_as_bool(argv[TNI_DOC_UPDATE_MANY], &m->many);
  (void)tn_as_bool(argv[TNI_DOC_UPDATE_UPSERT], &m->upsert);
  TRY(tni_doc_change_read(m->ctx, argv[TNI_DOC_UPDATE_UPDATE], argv[TNI_DOC_UPDATE_ARRAY_FILTERS], TN_NO_VALUE,
                          &m->change));
  TRY(find_targets(m, &query));
  TRY(change_all(m));
  TRY(upsert(m));
  return answer_change(m, result);
}

tn_status tni_doc_op_update(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  return run(ctx, update, argv, result);
}

static tn_status replace(modify *m, const tn_value *argv, tn_builder *result) {
  tni_doc_query query = {.filter = argv[TNI_DOC_REPLACE_FILTER], .hint = argv[TNI_DOC_REPLACE_HINT]};
  m->name = argv[TNI_DOC_REPLACE_COLLECTION];
  m->if_version = argv[TNI_DOC_REPLACE_VERSION];
  (void)tn_as_bool(argv[TNI_DOC_REPLACE_UPSERT], &m->upsert);
  TRY(tni_doc_change_read(m->ctx, TN_NO_VALUE, TN_NO_VALUE, argv[TNI_DOC_REPLACE_DOC], &m->change));
  TRY(find_targets(m, &query));
  TRY(change_all(m));
  TRY(upsert(m));
  return answer_change(m, result);
}

tn_status tni_doc_op_replace(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  return run(ctx, replace, argv, result);
}

/* ---- find_and_... ----------------------------------------------------------------------------- */

typedef struct answer {
  const tni_projection *projection;
  tni_scope scope;
  tni_eval eval;
  bool after; /* the document as it is then */
} answer;

static tn_status read_return(tn_ctx *ctx, tn_value value, bool *after) {
  tn_slice text = {NULL, 0};
  *after = tn_as_string(value, &text) && tni_slice_is(text, "after");
  if (*after || text.data == NULL || tni_slice_is(text, "before")) return TN_OK;
  return tn_fail(ctx, TN_INVALID, "return", "expected \"before\" or \"after\", got '%s'", tni_quoted(ctx, text));
}

static tn_status read_answer(modify *m, tn_value projection, tn_value when, answer *out) {
  memset(out, 0, sizeof *out);
  TRY(read_return(m->ctx, when, &out->after));
  if (tn_count(projection) == 0) return TN_OK;
  TRY(tni_projection_compile(m->ctx, &out->scope, projection, TNI_PROJECT_FIND, "projection", &out->projection));
  return tni_eval_init(&out->eval, m->ctx, &m->pool, &out->scope);
}

static tn_status put_answer(answer *a, tn_value doc, const tni_hit *hit, tn_builder *result) {
  a->eval.root = doc;
  if (a->projection) TRY(tni_projection_apply(a->projection, &a->eval, hit, &doc));
  tn_add(result, doc);
  return TN_OK;
}

static tn_status find_one(modify *m, const tn_value *argv, tn_value when, answer *a) {
  tni_doc_query query = {
      .filter = argv[TNI_DOC_AND_FILTER], .sort = argv[TNI_DOC_AND_SORT], .hint = argv[TNI_DOC_AND_HINT]};
  m->name = argv[TNI_DOC_AND_COLLECTION];
  m->if_version = argv[TNI_DOC_AND_VERSION];
  m->computes = tn_count(argv[TNI_DOC_AND_PROJECTION]) > 0;
  TRY(find_targets(m, &query));
  return read_answer(m, argv[TNI_DOC_AND_PROJECTION], when, a);
}

static tn_status answer_before(modify *m, answer *a, tn_builder *result) {
  if (m->targets.count == 0 || a->after) return TN_OK;
  return put_answer(a, m->targets.first.doc, &m->targets.list[0].hit, result);
}

static tn_status change_one(modify *m, answer *a, tn_builder *result) {
  const tni_hit none = {TNI_NO_INDEX}, *hit = m->targets.count > 0 ? &m->targets.list[0].hit : &none;
  tn_value after = TN_NO_VALUE;
  bool changed;
  TRY(answer_before(m, a, result));
  if (m->targets.count > 0) TRY(tni_doc_change_target(&m->store, &m->change, &m->targets, 0, &after, &changed));
  TRY(tni_doc_store_finish(&m->store));
  TRY(upsert(m));
  if (!tn_is_absent(m->upserted)) after = m->upserted;
  return a->after && !tn_is_absent(after) ? put_answer(a, after, hit, result) : TN_OK;
}

static tn_status find_and_update(modify *m, const tn_value *argv, tn_builder *result) {
  answer a;
  (void)tn_as_bool(argv[TNI_DOC_AND_UPSERT], &m->upsert);
  TRY(tni_doc_change_read(m->ctx, argv[TNI_DOC_AND_CHANGE], argv[TNI_DOC_AND_ARRAY_FILTERS], TN_NO_VALUE,
                          &m->change));
  TRY(find_one(m, argv, argv[TNI_DOC_AND_RETURN], &a));
  return change_one(m, &a, result);
}

tn_status tni_doc_op_find_and_update(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  return run(ctx, find_and_update, argv, result);
}

static tn_status find_and_replace(modify *m, const tn_value *argv, tn_builder *result) {
  answer a;
  (void)tn_as_bool(argv[TNI_DOC_AND_UPSERT], &m->upsert);
  TRY(tni_doc_change_read(m->ctx, TN_NO_VALUE, TN_NO_VALUE, argv[TNI_DOC_AND_CHANGE], &m->change));
  TRY(find_one(m, argv, argv[TNI_DOC_AND_RETURN], &a));
  return change_one(m, &a, result);
}

tn_status tni_doc_op_find_and_replace(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  return run(ctx, find_and_replace, argv, result);
}

static tn_status find_and_delete(modify *m, const tn_value *argv, tn_builder *result) {
  answer a;
  TRY(find_one(m, argv, TN_NO_VALUE, &a));
  TRY(answer_before(m, &a, result));
  if (m->targets.count == 0) return TN_OK;
  return tni_doc_remove(&m->store, m->targets.first.key, m->targets.first.doc);
}

tn_status tni_doc_op_find_and_delete(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  return run(ctx, find_and_delete, argv, result);
}
