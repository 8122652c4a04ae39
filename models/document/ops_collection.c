#include "ops.h"
#include "store.h"

tn_status tni_doc_op_create_collection(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_doc_collection *c;
  tn_status status = tni_doc_collection_find(ctx, argv[0], &c);
  if (status == TN_OK) return tn_fail(ctx, TN_EXISTS, "collection", "there is a collection of this name");
  if (status != TN_NOT_FOUND) return status;
  tn_add(result, TN_ARG_TRUE);
  return tni_doc_collection_make(ctx, argv[0], &c);
}

tn_status tni_doc_op_drop_collection(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_doc_collection *c;
  uint64_t documents = 0;
  TRY(tni_doc_collection_need(ctx, argv[0], &c));
  TRY(tni_doc_collection_drop(ctx, c, &documents));
  (void)tn_obj(result, "deleted", documents);
  return TN_OK;
}

/* ---- all of them ------------------------------------------------------------------------------ */

typedef tn_status (*each_fn)(tn_ctx *ctx, tni_doc_collection *c, tn_builder *out);

static tn_status each_collection(tn_ctx *ctx, each_fn each, tn_builder *out) {
  tn_cursor *cursor;
  tn_slice key, value;
  tni_doc_collection *c;
  tn_status status;
  TRY(tn_cursor_open(ctx, TNI_DOC_COLLECTIONS, (tn_slice){NULL, 0}, (tn_slice){NULL, 0}, &cursor));
  while ((status = tn_cursor_next(ctx, cursor, &key, &value)) == TN_OK) {
    TRY(tni_doc_collection_read(ctx, key, value, &c));
    TRY(each(ctx, c, out));
  }
  return status == TN_NOT_FOUND ? TN_OK : status;
}

static tn_status emit_collection(tn_ctx *ctx, tni_doc_collection *c, tn_builder *row) {
  (void)tn_obj(row, "name", tn_text(c->name), "indexes", c->index_count);
  return tn_row(ctx, row);
}

tn_status tni_doc_op_list_collections(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  (void)argv;
  return each_collection(ctx, emit_collection, result);
}

/* ---- stats ------------------------------------------------------------------------------------ */

typedef struct sums {
  uint64_t entries, bytes;
} sums;

static tn_status sum_up(tn_ctx *ctx, uint32_t map, tn_slice prefix, sums *out) {
  tn_cursor *cursor;
  tn_slice end, key, value;
  tn_status status;
  *out = (sums){0, 0};
  TRY(tni_doc_key_end(ctx, prefix, &end));
  TRY(tn_cursor_open(ctx, map, prefix, end, &cursor));
  while ((status = tn_cursor_next(ctx, cursor, &key, &value)) == TN_OK) {
    out->entries++;
    out->bytes += key.size + value.size;
  }
  return status == TN_NOT_FOUND ? TN_OK : status;
}

static tn_status add_stats(tn_ctx *ctx, tni_doc_collection *c, tn_builder *out) {
  sums s;
  TRY(sum_up(ctx, TNI_DOC_DOCUMENTS, tni_doc_collection_prefix(c), &s));
  tn_name_slice(out, c->name);
  tn_object_begin(out);
  tn_set(out, "documents", s.entries);
  tn_set(out, "bytes", s.bytes);
  tn_name(out, "indexes");
  tn_object_begin(out);
  for (uint32_t i = 0; i < c->index_count; i++) {
    TRY(sum_up(ctx, TNI_DOC_ENTRIES, tni_doc_index_prefix(&c->indexes[i]), &s));
    tn_name_slice(out, c->indexes[i].name);
    tn_object_begin(out);
    tn_set(out, "keys", s.entries);
    tn_set(out, "bytes", s.bytes);
    tn_end(out);
  }
  tn_end(out);
  tn_end(out);
  return TN_OK;
}

tn_status tni_doc_op_stats(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_doc_collection *c;
  tn_object_begin(result);
  if (tn_is_absent(argv[0])) {
    TRY(each_collection(ctx, add_stats, result));
  } else {
    TRY(tni_doc_collection_need(ctx, argv[0], &c));
    TRY(add_stats(ctx, c, result));
  }
  tn_end(result);
  return TN_OK;
}

/* ---- export ----------------------------------------------------------------------------------- */

static tn_status emit_documents(tn_ctx *ctx, tni_doc_collection *c, tn_builder *row) {
  tn_cursor *cursor;
  tn_slice end, key, value;
  tni_doc_stored stored;
  tn_status status;
  TRY(tni_doc_key_end(ctx, tni_doc_collection_prefix(c), &end));
  TRY(tn_cursor_open(ctx, TNI_DOC_DOCUMENTS, tni_doc_collection_prefix(c), end, &cursor));
  while ((status = tn_cursor_next(ctx, cursor, &key, &value)) == TN_OK) {
    TRY(tni_doc_read(ctx, key, value, &stored));
    (void)tn_obj(row, "collection", tn_text(c->name), "docs", stored.doc);
    TRY(tn_row(ctx, row));
  }
  return status == TN_NOT_FOUND ? TN_OK : status;
}

tn_status tni_doc_op_export(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_doc_collection *c;
  if (tn_is_absent(argv[0])) return each_collection(ctx, emit_documents, result);
  TRY(tni_doc_collection_need(ctx, argv[0], &c));
  return emit_documents(ctx, c, result);
}
