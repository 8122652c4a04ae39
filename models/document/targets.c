#include "targets.h"

static tn_status grow(tni_pool *pool, tni_doc_targets *t) {
  size_t capacity = t->capacity == 0 ? 4 : t->capacity * 2;
  tni_doc_target *list = tni_pool_alloc(pool, capacity * sizeof *list);
  if (!list) return tni_pool_full(pool);
  if (t->count > 0) memcpy(list, t->list, t->count * sizeof *list);
  t->list = list;
  t->capacity = capacity;
  return TN_OK;
}

/* What is sorted comes without its key, so each is made of its _id. */
static tn_status add(const tni_doc_request *r, tni_pool *pool, const tni_doc_found *found, tni_doc_targets *t) {
  tni_doc_key key;
  if (t->count == t->capacity) TRY(grow(pool, t));
  TRY(tni_doc_key_of(r->ctx, r->collection, tn_item(found->stored.doc, 0), "_id", &key));
  uint8_t *copy = tni_pool_alloc(pool, key.size);
  if (!copy) return tni_pool_full(pool);
  t->list[t->count++] = (tni_doc_target){{memcpy(copy, key.data, key.size), key.size}, found->hit};
  return TN_OK;
}

tn_status tni_doc_targets_find(const tni_doc_request *r, tni_pool *pool, tni_doc_targets *out) {
  tni_doc_select *select;
  tni_doc_found found;
  tn_status status;
  tni_pool *keys = tn_scratch(r->ctx, sizeof *keys);
  if (!keys) return tni_no_memory(r->ctx);
  tni_pool_init(keys, r->ctx, SIZE_MAX); /* as many as the engine has memory for */
  *out = (tni_doc_targets){NULL, 0, 0};
  TRY(tni_doc_select_begin(r, pool, &select));
  while ((status = tni_doc_select_next(select, &found)) == TN_OK) TRY(add(r, keys, &found, out));
  return status == TN_NOT_FOUND ? TN_OK : status;
}

static tn_status fail_version(tn_ctx *ctx, long long wanted, long long there) {
  if (there == 0)
    return tn_fail(ctx, TN_CONFLICT, "if_version", "expected version %lld, found no document, version 0", wanted);
  if (wanted == 0) return tn_fail(ctx, TN_CONFLICT, "if_version", "expected no document, found version %lld", there);
  return tn_fail(ctx, TN_CONFLICT, "if_version", "expected version %lld, found version %lld", wanted, there);
}

tn_status tni_doc_check_version(tn_ctx *ctx, const tni_doc_targets *targets, tn_value if_version, bool many) {
  int64_t wanted;
  tni_doc_stored stored = {.version = 0};
  if (!tn_as_int(if_version, &wanted)) return TN_OK;
  if (many) return tn_fail(ctx, TN_INVALID, "if_version", "one document has a version; `many` was asked for");
  if (wanted < 0)
    return tn_fail(ctx, TN_INVALID, "if_version", "expected a version from 0 up, got %lld", (long long)wanted);
  if (targets->count > 0) TRY(tni_doc_get(ctx, targets->list[0].key, &stored));
  return (uint64_t)wanted == stored.version ? TN_OK : fail_version(ctx, wanted, (long long)stored.version);
}

tn_status tni_doc_fail_within(tn_ctx *ctx, tn_status status, const char *where) {
  char text[TN_ERROR_TEXT_MAX], inner[TN_ERROR_WHERE_MAX];
  memcpy(text, ctx->error->text, sizeof text);
  memcpy(inner, ctx->error->where, sizeof inner);
  const char *joined = *inner == '\0' ? where : tni_where(ctx, where, tni_slice_of(inner));
  return tn_fail(ctx, status, joined, "%s", text);
}
