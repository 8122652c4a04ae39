#include <stdio.h>

#include "ops.h"
#include "store.h"

#define PROBLEM_MAX 512

typedef struct check {
  tn_ctx *ctx;
  tn_builder *row;
  tn_builder *scratch;
  tni_pool pool;
  tni_doc_collection *collection;
} check;

/* ---- problems --------------------------------------------------------------------------------- */

static tn_status report(check *c, const char *index, tn_value id, const char *problem) {
  char text[PROBLEM_MAX];
  (void)snprintf(text, sizeof text, "%s%s%s: _id %s: %s", tni_quoted(c->ctx, c->collection->name), *index ? "." : "",
                 index, tni_doc_id_text(c->ctx, id), problem);
  tn_add(c->row, (const char *)text);
  return tn_row(c->ctx, c->row);
}

static tn_status report_map(check *c, const char *map, const char *problem) {
  char text[PROBLEM_MAX];
  (void)snprintf(text, sizeof text, "%s: %s", map, problem);
  tn_add(c->row, (const char *)text);
  return tn_row(c->ctx, c->row);
}

/* ---- documents have their entries ------------------------------------------------------------- */

static tn_status check_entry(check *c, const tni_doc_index *index, const tni_doc_stored *stored, tn_slice key) {
  tn_slice value, id_part = tni_doc_id_part(c->collection, stored->key), wanted = tni_doc_entry_value(index, id_part);
  tn_value id = tn_item(stored->doc, 0);
  tn_status status = tn_map_get(c->ctx, TNI_DOC_ENTRIES, key, &value);
  if (status == TN_NOT_FOUND) return report(c, tni_quoted(c->ctx, index->name), id, "an entry is missing");
  if (status != TN_OK) return status;
  if (tni_slice_same(value, wanted)) return TN_OK;
  return report(c, tni_quoted(c->ctx, index->name), id, "its entry says another document");
}

static tn_status check_entries(check *c, tni_doc_index *index, const tni_doc_stored *stored) {
  tni_pool_mark mark = tni_pool_at(&c->pool);
  tni_doc_entries entries;
  tn_slice id_part = tni_doc_id_part(c->collection, stored->key);
  if (tni_doc_entries_make(&c->pool, index, stored->doc, id_part, NULL, &entries) != TN_OK)
    return report(c, tni_quoted(c->ctx, index->name), tn_item(stored->doc, 0), c->ctx->error->text);
  for (uint32_t i = 0; i < entries.count; i++) TRY(check_entry(c, index, stored, entries.keys[i]));
  if (index->changed)
    TRY(report(c, tni_quoted(c->ctx, index->name), tn_item(stored->doc, 0), "an array it has is not noted"));
  index->changed = false;
  tni_pool_back(&c->pool, mark);
  return TN_OK;
}

static tn_status check_document(check *c, tn_slice key, tn_slice value) {
  tni_doc_stored stored;
  tni_doc_key again;
  if (tni_doc_read(c->ctx, key, value, &stored) != TN_OK) return report(c, "", TN_NO_VALUE, c->ctx->error->text);
  tn_value id = tn_field(stored.doc, "_id");
  if (tn_is_absent(id) || !tn_value_same(id, tn_item(stored.doc, 0)))
    return report(c, "", id, "_id is not the document's first field");
  if (tni_doc_key_of(c->ctx, c->collection, id, "_id", &again) != TN_OK ||
      !tni_slice_same(key, tni_doc_key_slice(&again)))
    return report(c, "", id, "it is stored under another _id");
  if (stored.version > c->ctx->seq) TRY(report(c, "", id, "its version is newer than the state"));
  for (uint32_t i = 0; i < c->collection->index_count; i++)
    TRY(check_entries(c, &c->collection->indexes[i], &stored));
  return TN_OK;
}

typedef tn_status (*each_fn)(check *c, tn_slice key, tn_slice value);

static tn_status check_below(check *c, uint32_t map, tn_slice prefix, each_fn each, uint64_t *count) {
  tn_cursor *cursor;
  tn_slice end, key, value;
  tn_status status;
  TRY(tni_doc_key_end(c->ctx, prefix, &end));
  TRY(tn_cursor_open(c->ctx, map, prefix, end, &cursor));
  for (; (status = tn_cursor_next(c->ctx, cursor, &key, &value)) == TN_OK; ++*count) TRY(each(c, key, value));
  return status == TN_NOT_FOUND ? TN_OK : status;
}

/* ---- entries have their documents ------------------------------------------------------------- */

static bool is_among(const tni_doc_entries *entries, tn_slice key) {
  uint32_t from = 0, to = entries->count;
  while (from < to) {
    uint32_t middle = from + (to - from) / 2;
    int order = tni_doc_bytes_compare(entries->keys[middle], key);
    if (order == 0) return true;
    if (order < 0)
      from = middle + 1;
    else
      to = middle;
  }
  return false;
}

static tn_status check_has_document(check *c, tni_doc_index *index, tn_slice key, tn_slice value) {
  const char *name = tni_quoted(c->ctx, index->name);
  tn_slice id_part;
  tni_doc_key doc_key;
  tni_doc_stored stored;
  tni_doc_entries entries;
  tn_value id = TN_NO_VALUE;
  if (tni_doc_entry_id(c->ctx, index, key, value, &id_part) != TN_OK ||
      tni_doc_id_of_part(c->ctx, id_part, c->scratch, &id) != TN_OK)
    return report(c, name, TN_NO_VALUE, "an entry has no _id");
  doc_key.size = 0;
  TRY(tni_doc_key_bytes(c->ctx, &doc_key, tni_doc_collection_prefix(c->collection)));
  TRY(tni_doc_key_bytes(c->ctx, &doc_key, id_part));
  tn_status status = tni_doc_get(c->ctx, tni_doc_key_slice(&doc_key), &stored);
  if (status == TN_NOT_FOUND) return report(c, name, id, "an entry has no document");
  if (status != TN_OK) return TN_OK; /* told with the document */
  tni_pool_mark mark = tni_pool_at(&c->pool);
  if (tni_doc_entries_make(&c->pool, index, stored.doc, id_part, NULL, &entries) == TN_OK && !is_among(&entries, key))
    TRY(report(c, name, id, "an entry is not of its document"));
  tni_pool_back(&c->pool, mark);
  return TN_OK;
}

static tn_status check_index(check *c, tni_doc_index *index, uint64_t *count) {
  tn_cursor *cursor;
  tn_slice end, key, value, prefix = tni_doc_index_prefix(index);
  tn_status status;
  TRY(tni_doc_key_end(c->ctx, prefix, &end));
  TRY(tn_cursor_open(c->ctx, TNI_DOC_ENTRIES, prefix, end, &cursor));
  for (; (status = tn_cursor_next(c->ctx, cursor, &key, &value)) == TN_OK; ++*count)
    TRY(check_has_document(c, index, key, value));
  return status == TN_NOT_FOUND ? TN_OK : status;
}

/* ---- all -------------------------------------------------------------------------------------- */

tn_status tni_doc_check(tn_ctx *ctx, tn_builder *row) {
  check c = {.ctx = ctx, .row = row, .scratch = tn_builder_for(ctx)};
  uint64_t documents = 0, entries = 0, indexes = 0;
  tn_cursor *cursor;
  tn_slice key, value;
  tn_status status;
  if (!c.scratch) return tni_no_memory(ctx);
  tni_pool_init_fixed(&c.pool, ctx);
  TRY(tn_cursor_open(ctx, TNI_DOC_COLLECTIONS, (tn_slice){NULL, 0}, (tn_slice){NULL, 0}, &cursor));
  while ((status = tn_cursor_next(ctx, cursor, &key, &value)) == TN_OK) {
    if (tni_doc_collection_read(ctx, key, value, &c.collection) != TN_OK ||
        tni_doc_indexes(ctx, c.collection) != TN_OK) {
      TRY(report_map(&c, "collections", ctx->error->text));
      continue;
    }
    TRY(check_below(&c, TNI_DOC_DOCUMENTS, tni_doc_collection_prefix(c.collection), check_document, &documents));
    for (uint32_t i = 0; i < c.collection->index_count; i++)
      TRY(check_index(&c, &c.collection->indexes[i], &entries));
    indexes += c.collection->index_count;
  }
  if (status != TN_NOT_FOUND) return status;
  if (documents != tn_map_count(ctx, TNI_DOC_DOCUMENTS))
    TRY(report_map(&c, "documents", "some are of no collection"));
  if (indexes != tn_map_count(ctx, TNI_DOC_INDEXES)) TRY(report_map(&c, "indexes", "some are of no collection"));
  if (entries != tn_map_count(ctx, TNI_DOC_ENTRIES)) TRY(report_map(&c, "entries", "some are of no index"));
  return TN_OK;
}
