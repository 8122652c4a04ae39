/* Documents of TTL indexes: over when the time in their field lies expire_after_ms back. They stay readable until
 * they are purged, as MongoDB's do. Of an array the earliest time counts; what is no time never expires. */
#include "access.h"
#include "ops.h"
#include "store.h"

/* The keys of what is over: timestamps up to now - expire_after_ms. */
static tn_status over_range(tn_ctx *ctx, const tni_doc_index *index, tni_doc_range *out) {
  tni_doc_range bounds;
  tni_doc_bounds times = {.ranges = &bounds, .count = 1};
  tn_slice first, last;
  TRY(tn_key(ctx, &first, tn_time(INT64_MIN)));
  TRY(tn_key(ctx, &last, tn_time(ctx->now_us - index->expire_after_ms * 1000)));
  TRY(tni_doc_key_end(ctx, last, &bounds.to));
  bounds.from = first;
  if (index->fields[0].descending) TRY(tni_doc_bounds_flip(ctx, &times, &times));
  return tni_doc_ranges_below(ctx, tni_doc_index_prefix(index), &times, out);
}

/* The first entries of what is over, at most `limit`, handed to `each` as ids. */
typedef tn_status (*over_fn)(void *arg, tni_doc_collection *c, tn_slice id_part);

static tn_status each_over(tn_ctx *ctx, tni_doc_collection *c, const tni_doc_index *index, over_fn each, void *arg) {
  tni_doc_range range;
  tn_cursor *cursor;
  tn_slice key, value, id_part;
  tn_status status;
  TRY(over_range(ctx, index, &range));
  TRY(tn_cursor_open(ctx, TNI_DOC_ENTRIES, range.from, range.to, &cursor));
  while ((status = tn_cursor_next(ctx, cursor, &key, &value)) == TN_OK) {
    TRY(tni_doc_entry_id(ctx, index, key, value, &id_part));
    TRY(each(arg, c, id_part));
  }
  return status == TN_NOT_FOUND ? TN_OK : status;
}

static tn_status each_over_anywhere(tn_ctx *ctx, over_fn each, void *arg) {
  tn_cursor *cursor;
  tn_slice key, value;
  tni_doc_collection *c;
  tn_status status;
  if (tn_map_count(ctx, TNI_DOC_INDEXES) == 0) return TN_OK;
  TRY(tn_cursor_open(ctx, TNI_DOC_COLLECTIONS, (tn_slice){NULL, 0}, (tn_slice){NULL, 0}, &cursor));
  while ((status = tn_cursor_next(ctx, cursor, &key, &value)) == TN_OK) {
    TRY(tni_doc_collection_read(ctx, key, value, &c));
    TRY(tni_doc_indexes(ctx, c));
    for (uint32_t i = 0; i < c->index_count; i++)
      if (c->indexes[i].expire_after_ms != TNI_DOC_NEVER) TRY(each_over(ctx, c, &c->indexes[i], each, arg));
  }
  return status == TN_NOT_FOUND ? TN_OK : status;
}

/* ---- maintain --------------------------------------------------------------------------------- */

#define ENOUGH TN_EXISTS /* ends a walk */

static tn_status note(void *arg, tni_doc_collection *c, tn_slice id_part) {
  (void)arg;
  (void)c;
  (void)id_part;
  return ENOUGH;
}

tn_status tni_doc_maintain(tn_ctx *ctx, tn_maintenance *out) {
  tn_status status = each_over_anywhere(ctx, note, NULL);
  if (status != ENOUGH) return status;
  (void)tn_obj(out->args, "limit", TNI_DOC_PURGE_DEFAULT);
  out->op = "purge";
  return TN_OK;
}

/* ---- purge ------------------------------------------------------------------------------------ */

typedef struct purging {
  tn_ctx *ctx;
  tni_pool pool;
  uint64_t purged, limit;
} purging;

static tn_status purge_one(void *arg, tni_doc_collection *c, tn_slice id_part) {
  purging *p = arg;
  tni_doc_store store;
  tni_doc_stored stored;
  tni_doc_key key;
  if (p->purged == p->limit) return ENOUGH;
  key.size = 0;
  TRY(tni_doc_key_bytes(p->ctx, &key, tni_doc_collection_prefix(c)));
  TRY(tni_doc_key_bytes(p->ctx, &key, id_part));
  TRY(tni_doc_store_init(&store, p->ctx, c, &p->pool));
  tn_status status = tni_doc_get(p->ctx, tni_doc_key_slice(&key), &stored);
  if (status == TN_NOT_FOUND) return tn_fail(p->ctx, TN_CORRUPT, NULL, "an entry of an index has no document");
  if (status != TN_OK) return status;
  p->purged++;
  return tni_doc_remove(&store, tni_doc_key_slice(&key), stored.doc);
}

tn_status tni_doc_op_purge(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  purging p = {.ctx = ctx};
  int64_t limit = TNI_DOC_PURGE_DEFAULT;
  (void)tn_as_int(argv[0], &limit);
  if (limit < 1) return tn_fail(ctx, TN_INVALID, "limit", "expected at least 1, got %lld", (long long)limit);
  p.limit = (uint64_t)limit;
  tni_pool_init_fixed(&p.pool, ctx);
  tn_status status = each_over_anywhere(ctx, purge_one, &p);
  if (status != TN_OK && status != ENOUGH) return status;
  (void)tn_obj(result, "deleted", p.purged);
  return TN_OK;
}
