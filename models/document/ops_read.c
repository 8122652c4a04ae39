#include "limits.h"
#include "ops.h"
#include "query/order.h"
#include "query/projection.h"
#include "select.h"

/* ---- one document by its id ------------------------------------------------------------------- */

static tn_status get(tn_ctx *ctx, const tn_value *argv, tni_doc_stored *out) {
  tni_doc_collection *c;
  tni_doc_key key;
  TRY(tni_doc_collection_or_none(ctx, argv[TNI_DOC_GET_COLLECTION], &c));
  TRY(tni_doc_key_of(ctx, c, argv[TNI_DOC_GET_ID], "id", &key));
  return tni_doc_get(ctx, tni_doc_key_slice(&key), out);
}

tn_status tni_doc_op_get(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_doc_stored stored;
  TRY(get(ctx, argv, &stored));
  tn_add(result, stored.doc);
  return TN_OK;
}

tn_status tni_doc_op_entry(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_doc_stored stored;
  TRY(get(ctx, argv, &stored));
  (void)tn_obj(result, "doc", stored.doc, "version", stored.version);
  return TN_OK;
}

/* ---- find ------------------------------------------------------------------------------------- */

static tn_status emit(tn_ctx *ctx, const tni_projection *projection, tni_eval *eval, const tni_doc_found *found,
                      tn_builder *row) {
  tn_value doc = found->stored.doc;
  if (!projection) return tn_add(row, doc), tn_row(ctx, row);
  tni_pool_mark mark = tni_pool_at(eval->pool);
  eval->root = doc;
  TRY(tni_projection_apply(projection, eval, &found->hit, &doc));
  tn_add(row, doc);
  TRY(tn_row(ctx, row));
  tni_pool_back(eval->pool, mark);
  return TN_OK;
}

static tn_status emit_all(tni_doc_request *request, tn_value spec, tni_pool *pool, tn_builder *row) {
  const tni_projection *projection = NULL;
  tni_scope scope = {.count = 0};
  tni_eval eval;
  tni_doc_select *select;
  tni_doc_found found;
  tn_status status;
  if (tn_count(spec) > 0)
    TRY(tni_projection_compile(request->ctx, &scope, spec, TNI_PROJECT_FIND, "projection", &projection));
  if (projection) TRY(tni_eval_init(&eval, request->ctx, pool, &scope));
  TRY(tni_doc_select_begin(request, pool, &select));
  while ((status = tni_doc_select_next(select, &found)) == TN_OK)
    TRY(emit(request->ctx, projection, &eval, &found, row));
  return status == TN_NOT_FOUND ? TN_OK : status;
}

tn_status tni_doc_op_find(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_doc_query query = {.filter = argv[TNI_DOC_FIND_FILTER],
                         .sort = argv[TNI_DOC_FIND_SORT],
                         .skip = argv[TNI_DOC_FIND_SKIP],
                         .limit = argv[TNI_DOC_FIND_LIMIT],
                         .after = argv[TNI_DOC_FIND_AFTER],
                         .hint = argv[TNI_DOC_FIND_HINT]};
  tni_doc_collection *c;
  tni_doc_request request;
  tni_pool pool;
  TRY(tni_doc_limit_ms(ctx, argv[TNI_DOC_FIND_MS]));
  TRY(tni_doc_limit_memory(ctx, argv[TNI_DOC_FIND_MEMORY], &pool));
  TRY(tni_doc_collection_or_none(ctx, argv[TNI_DOC_FIND_COLLECTION], &c));
  TRY(tni_doc_request_read(ctx, c, &query, &request));
  return emit_all(&request, argv[TNI_DOC_FIND_PROJECTION], &pool, result);
}

/* ---- count ------------------------------------------------------------------------------------ */

tn_status tni_doc_op_count(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_doc_query query = {.filter = argv[TNI_DOC_COUNT_FILTER],
                         .hint = argv[TNI_DOC_COUNT_HINT],
                         .skip = argv[TNI_DOC_COUNT_SKIP],
                         .limit = argv[TNI_DOC_COUNT_LIMIT],
                         .counting = true};
  tni_doc_collection *c;
  tni_doc_request request;
  tni_doc_select *select;
  tni_pool pool;
  uint64_t count;
  TRY(tni_doc_limit_ms(ctx, argv[TNI_DOC_COUNT_MS]));
  TRY(tni_doc_limit_memory(ctx, argv[TNI_DOC_COUNT_MEMORY], &pool));
  TRY(tni_doc_collection_or_none(ctx, argv[TNI_DOC_COUNT_COLLECTION], &c));
  TRY(tni_doc_request_read(ctx, c, &query, &request));
  TRY(tni_doc_select_begin(&request, &pool, &select));
  TRY(tni_doc_select_count(select, &count));
  tn_add(result, count);
  return TN_OK;
}

/* ---- distinct --------------------------------------------------------------------------------- */

typedef struct distinct {
  tn_ctx *ctx;
  tni_pool *pool;
  tn_value *values, *tidied; /* `capacity` of each */
  const void **order;        /* twice as many */
  uint32_t count, capacity;
} distinct;

#define DISTINCT_FIRST 256

static int compare_values(void *arg, const void *a, const void *b) {
  return ((tn_ctx *)arg)->host->value_compare(*(const tn_value *)a, *(const tn_value *)b);
}

/* Puts them in order, and of equal ones keeps the first that came. */
static tn_status tidy(distinct *d) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < d->count; i++) d->order[i] = &d->values[i];
  TRY(tni_order(d->ctx, d->order, d->order + d->capacity, d->count, compare_values, d->ctx));
  for (uint32_t i = 0; i < d->count; i++)
    if (kept == 0 || compare_values(d->ctx, &d->tidied[kept - 1], d->order[i]) != 0)
      d->tidied[kept++] = *(const tn_value *)d->order[i];
  tn_value *values = d->values;
  d->values = d->tidied;
  d->tidied = values;
  d->count = kept;
  return TN_OK;
}

/* Grows when tidying did not help much. */
static tn_status make_room(distinct *d) {
  if (d->count > 0) TRY(tidy(d));
  if (d->count < d->capacity / 2) return TN_OK;
  size_t capacity = d->capacity == 0 ? DISTINCT_FIRST : d->capacity * 2;
  tn_value *values = tni_pool_alloc(d->pool, capacity * sizeof *values);
  d->tidied = tni_pool_alloc(d->pool, capacity * sizeof *values);
  d->order = tni_pool_alloc(d->pool, 2 * capacity * sizeof *d->order);
  if (!values || !d->tidied || !d->order) return tni_pool_full(d->pool);
  if (d->count > 0) memcpy(values, d->values, d->count * sizeof *values);
  d->values = values;
  d->capacity = (uint32_t)capacity;
  return TN_OK;
}

static tn_status add_value(void *arg, tn_value value, bool in_array, uint32_t array_index) {
  distinct *d = arg;
  (void)array_index;
  if (tn_is_absent(value) || (!in_array && tn_value_type(value) == TN_ARRAY)) return TN_OK;
  if (d->count == d->capacity) TRY(make_room(d));
  d->values[d->count++] = value;
  return TN_OK;
}

static tn_status collect_values(tni_doc_request *request, const tni_path *path, distinct *d) {
  tni_doc_select *select;
  tni_doc_found found;
  tn_status status;
  TRY(tni_doc_select_begin(request, d->pool, &select));
  while ((status = tni_doc_select_next(select, &found)) == TN_OK)
    TRY(tni_path_each(path, found.stored.doc, true, add_value, d));
  if (status != TN_NOT_FOUND) return status;
  return d->count > 0 ? tidy(d) : TN_OK;
}

tn_status tni_doc_op_distinct(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_doc_query query = {.filter = argv[TNI_DOC_DISTINCT_FILTER], .hint = argv[TNI_DOC_DISTINCT_HINT]};
  tni_doc_collection *c;
  tni_doc_request request;
  tni_path path;
  tni_pool pool;
  distinct d = {.ctx = ctx, .pool = &pool};
  tn_slice field = {NULL, 0};
  TRY(tni_doc_limit_ms(ctx, argv[TNI_DOC_DISTINCT_MS]));
  TRY(tni_doc_limit_memory(ctx, argv[TNI_DOC_DISTINCT_MEMORY], &pool));
  (void)tn_as_string(argv[TNI_DOC_DISTINCT_FIELD], &field);
  TRY(tni_path_parse(ctx, field, "field", &path));
  TRY(tni_doc_collection_or_none(ctx, argv[TNI_DOC_DISTINCT_COLLECTION], &c));
  TRY(tni_doc_request_read(ctx, c, &query, &request));
  TRY(collect_values(&request, &path, &d));
  tn_array_begin(result);
  for (uint32_t i = 0; i < d.count; i++) tn_add(result, d.values[i]);
  tn_end(result);
  return TN_OK;
}
