#include "targets.h"

static tn_status grow(tni_pool *pool, tni_doc_targets *t) {
  size_t capacity = t->capacity * 4;
  tni_doc_target *list = tni_pool_alloc(pool, capacity * sizeof *list);
  if (!list) return tni_pool_full(pool);
  memcpy(list, t->list, t->count * sizeof *list);
  t->list = list;
  t->capacity = capacity;
  return TN_OK;
}

static tn_status copy_key(tni_pool *pool, tn_slice key, tn_slice *out) {
  uint8_t *copy = tni_pool_alloc(pool, key.size);
  if (!copy) return tni_pool_full(pool);
  return *out = (tn_slice){memcpy(copy, key.data, key.size), key.size}, TN_OK;
}

/* What is sorted comes without its key, which is made of its _id then. */
static tn_status own_key(const tni_doc_request *r, tni_pool *pool, const tni_doc_stored *stored, tn_slice *out) {
  tni_doc_key key;
  if (stored->key.size > 0) return copy_key(pool, stored->key, out);
  TRY(tni_doc_key_of(r->ctx, r->collection, tn_item(stored->doc, 0), "_id", &key));
  return copy_key(pool, tni_doc_key_slice(&key), out);
}

static tn_status make_room(tni_pool *pool, tni_doc_targets *t) {
  if (t->count < t->capacity) return TN_OK;
  if (t->count > 0) return grow(pool, t);
  t->list = &t->one;
  t->capacity = 1;
  return TN_OK;
}

static tn_status add(const tni_doc_request *r, tni_pool *pool, const tni_doc_found *found, tni_doc_targets *t) {
  TRY(make_room(pool, t));
  tni_doc_target *target = &t->list[t->count];
  TRY(own_key(r, pool, &found->stored, &target->key));
  target->hit = found->hit;
  if (t->count++ == 0) t->first = (tni_doc_stored){target->key, found->stored.version, found->stored.doc};
  return TN_OK;
}

static tn_status own_pool(tn_ctx *ctx, tni_pool **out) {
  tni_pool *pool = tn_scratch(ctx, sizeof *pool);
  if (!pool) return tni_no_memory(ctx);
  tni_pool_init(pool, ctx, SIZE_MAX);
  return *out = pool, TN_OK;
}

/* No way is weighed, and one document has no order. */
static tn_status find_by_id(const tni_doc_request *r, tni_pool *pool, tni_doc_targets *out) {
  tni_doc_key key;
  TRY(tni_doc_key_of(r->ctx, r->collection, r->id, "filter._id", &key));
  tn_status status = tni_doc_get(r->ctx, tni_doc_key_slice(&key), &out->first);
  if (status != TN_OK) return status == TN_NOT_FOUND ? TN_OK : status;
  TRY(copy_key(pool, tni_doc_key_slice(&key), &out->one.key));
  out->one.hit.array_index = TNI_NO_INDEX;
  out->first.key = out->one.key;
  out->list = &out->one;
  return out->count = out->capacity = 1, TN_OK;
}

static bool is_by_id(const tni_doc_request *r) {
  return !tn_is_absent(r->id) && r->skip == 0 && r->limit > 0 && r->after_id.size == 0;
}

tn_status tni_doc_targets_find(const tni_doc_request *r, tni_pool *pool, tni_doc_targets *out) {
  tni_doc_select *select;
  tni_doc_found found;
  tn_status status;
  tni_pool *keys = pool; /* one key; of many there may be as many as the engine has memory for */
  out->list = NULL;
  out->count = out->capacity = 0;
  if (is_by_id(r)) return find_by_id(r, pool, out);
  if (r->limit != 1) TRY(own_pool(r->ctx, &keys));
  TRY(tni_doc_select_begin(r, pool, &select));
  while ((status = tni_doc_select_next(select, &found)) == TN_OK) TRY(add(r, keys, &found, out));
  return status == TN_NOT_FOUND ? TN_OK : status;
}

tn_status tni_doc_targets_read(tn_ctx *ctx, const tni_doc_targets *targets, size_t i, tni_doc_stored *out) {
  if (i > 0) return tni_doc_get(ctx, targets->list[i].key, out);
  return *out = targets->first, TN_OK;
}

static tn_status fail_version(tn_ctx *ctx, long long wanted, long long there) {
  if (there == 0)
    return tn_fail(ctx, TN_CONFLICT, "if_version", "expected version %lld, found no document, version 0", wanted);
  if (wanted == 0) return tn_fail(ctx, TN_CONFLICT, "if_version", "expected no document, found version %lld", there);
  return tn_fail(ctx, TN_CONFLICT, "if_version", "expected version %lld, found version %lld", wanted, there);
}

tn_status tni_doc_check_version(tn_ctx *ctx, const tni_doc_targets *targets, tn_value if_version, bool many) {
  int64_t wanted;
  uint64_t version = targets->count > 0 ? targets->first.version : 0;
  if (!tn_as_int(if_version, &wanted)) return TN_OK;
  if (many) return tn_fail(ctx, TN_INVALID, "if_version", "one document has a version; `many` was asked for");
  if (wanted < 0)
    return tn_fail(ctx, TN_INVALID, "if_version", "expected a version from 0 up, got %lld", (long long)wanted);
  return (uint64_t)wanted == version ? TN_OK : fail_version(ctx, wanted, (long long)version);
}

tn_status tni_doc_fail_within(tn_ctx *ctx, tn_status status, const char *where) {
  char text[TN_ERROR_TEXT_MAX], inner[TN_ERROR_WHERE_MAX];
  memcpy(text, ctx->error->text, sizeof text);
  memcpy(inner, ctx->error->where, sizeof inner);
  const char *joined = *inner == '\0' ? where : tni_where(ctx, where, tni_slice_of(inner));
  return tn_fail(ctx, status, joined, "%s", text);
}
