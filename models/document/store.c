#include "store.h"

#include "pair.h"

static const tn_slice id_name = {"_id", 3};

tn_status tni_doc_store_init(tni_doc_store *s, tn_ctx *ctx, tni_doc_collection *collection, tni_pool *pool) {
  *s = (tni_doc_store){.ctx = ctx, .collection = collection, .pool = pool};
  TRY(tni_pool_value(pool, &s->version, tn_arg_int((int64_t)ctx->seq)));
  return tni_doc_indexes(ctx, collection);
}

/* ---- reading ---------------------------------------------------------------------------------- */

tn_status tni_doc_read(tn_ctx *ctx, tn_slice key, tn_slice bytes, tni_doc_stored *out) {
  tn_container stored = tn_container_of(tn_bytes_value(bytes));
  int64_t version = 0;
  if (!stored.is_object && stored.count == 2) {
    tn_value doc = tn_bytes_value(tn_container_slot(&stored, 1));
    if (tn_as_int(tn_bytes_value(tn_container_slot(&stored, 0)), &version) && tn_value_type(doc) == TN_OBJECT) {
      *out = (tni_doc_stored){key, (uint64_t)version, doc};
      return TN_OK;
    }
  }
  return tn_fail(ctx, TN_CORRUPT, NULL, "a stored document is not of the form [version, document]");
}

tn_status tni_doc_key_of(tn_ctx *ctx, const tni_doc_collection *c, tn_value id, const char *where, tni_doc_key *key) {
  key->size = 0;
  TRY(tni_doc_key_bytes(ctx, key, tni_doc_collection_prefix(c)));
  return tni_doc_id_key(ctx, id, where, key);
}

tn_status tni_doc_get(tn_ctx *ctx, tn_slice key, tni_doc_stored *out) {
  tn_slice bytes;
  TRY(tn_map_get(ctx, TNI_DOC_DOCUMENTS, key, &bytes));
  return tni_doc_read(ctx, key, bytes, out);
}

/* ---- ids -------------------------------------------------------------------------------------- */

static bool has_id_first(tn_value doc) {
  tn_container c = tn_container_of(doc);
  tn_slice name = {NULL, 0};
  if (c.count == 0) return false;
  (void)tn_slot_field(tn_container_slot(&c, 0), &name);
  return tni_slice_same(name, id_name);
}

static void build_with_id(tn_value doc, tn_arg id, tn_builder *b) {
  tn_object_begin(b);
  tn_set(b, "_id", id);
  for (tn_iter it = tn_iter_of(doc); tn_iter_next(&it);) {
    if (tni_slice_same(it.name, id_name)) continue;
    tn_name_slice(b, it.name);
    tn_add(b, it.value);
  }
  tn_end(b);
}

tn_status tni_doc_with_id(tni_doc_store *s, tn_value doc, const char *where, tn_value *out) {
  char text[TNI_DOC_ULID_SIZE];
  if (has_id_first(doc)) return *out = doc, TN_OK;
  tn_value id = tn_field_slice(doc, id_name);
  tn_arg arg = tn_arg_value(id);
  tn_builder *b = tni_pool_builder(s->pool);
  if (!b) return tni_no_memory(s->ctx);
  if (tn_is_absent(id)) {
    tni_doc_id_make(s->ctx, s->made++, text);
    arg = tn_text((tn_slice){text, sizeof text});
  }
  build_with_id(doc, arg, b);
  return tni_pool_built(s->pool, b, where, out);
}

/* ---- entries ---------------------------------------------------------------------------------- */

static tn_status fail_duplicate(tni_doc_store *s, const tni_doc_index *index, tn_slice other, const char *where) {
  tn_builder *b = tni_pool_builder(s->pool);
  tn_value id = TN_NO_VALUE;
  if (!b) return tni_no_memory(s->ctx);
  TRY(tni_doc_id_of_part(s->ctx, other, b, &id));
  return tn_fail(s->ctx, TN_CONSTRAINT, where, "unique index '%s': the document with the _id %s has the same key",
                 tni_quoted(s->ctx, index->name), tni_doc_id_text(s->ctx, id));
}

tn_status tni_doc_put_entry(tni_doc_store *s, const tni_doc_index *index, tn_slice key, tn_slice id_part,
                            const char *where) {
  tn_slice there, value = tni_doc_entry_value(index, id_part);
  if (!index->unique) return tn_map_put(s->ctx, TNI_DOC_ENTRIES, key, value);
  tn_status status = tn_map_insert(s->ctx, TNI_DOC_ENTRIES, key, value, &there);
  return status == TN_EXISTS ? fail_duplicate(s, index, there, where) : status;
}

static tn_status delete_entry(tni_doc_store *s, tn_slice key) {
  tn_status status = tn_map_delete(s->ctx, TNI_DOC_ENTRIES, key);
  return status == TN_NOT_FOUND ? tn_fail(s->ctx, TN_CORRUPT, NULL, "a document's entry in an index is missing")
                                : status;
}

static bool have_one(const tni_doc_entries *a, const tni_doc_entries *b) { return a->count == 1 && b->count == 1; }

/* What most documents need: one entry instead of another. */
static tn_status move_entry(tni_doc_store *s, const tni_doc_index *index, tn_slice old, tn_slice new,
                            tn_slice id_part, const char *where) {
  if (tni_slice_same(old, new)) return TN_OK;
  TRY(delete_entry(s, old));
  return tni_doc_put_entry(s, index, new, id_part, where);
}

/* Both lists are in order: what is in both stays. Deletes come first, so that a key may move within the document. */
static tn_status move_entries(tni_doc_store *s, const tni_doc_index *index, const tni_doc_entries *old,
                              const tni_doc_entries *new, tn_slice id_part, const char *where) {
  if (have_one(old, new)) return move_entry(s, index, old->keys[0], new->keys[0], id_part, where);
  for (int adding = 0; adding < 2; adding++) {
    const tni_doc_entries *from = adding ? new : old, *other = adding ? old : new;
    for (uint32_t i = 0, k = 0; i < from->count; i++) {
      while (k < other->count && tni_doc_bytes_compare(other->keys[k], from->keys[i]) < 0) k++;
      if (k < other->count && tni_doc_bytes_compare(other->keys[k], from->keys[i]) == 0) continue;
      TRY(adding ? tni_doc_put_entry(s, index, from->keys[i], id_part, where) : delete_entry(s, from->keys[i]));
    }
  }
  return TN_OK;
}

/* ---- changes ---------------------------------------------------------------------------------- */

/* Half as much again, so that documents that get larger one by one do not take memory each. */
static tn_status room_for_entry(tni_doc_store *s, size_t need) {
  if (need <= s->entry_capacity) return TN_OK;
  size_t capacity = s->entry ? need + need / 2 : need;
  uint8_t *entry = tn_scratch(s->ctx, capacity);
  if (!entry) return tni_no_memory(s->ctx);
  s->entry = entry;
  s->entry_capacity = capacity;
  return TN_OK;
}

/* [version, document] in the room for it. */
static tn_status make_entry(tni_doc_store *s, tn_value doc, const char *where, tn_slice *out) {
  if (!tni_doc_pair_fits(doc))
    return tn_fail(s->ctx, TN_LIMIT, where, "the document is nested too deep or too large");
  TRY(room_for_entry(s, s->version.size + doc.size + TNI_DOC_PAIR_EXTRA));
  return *out = tn_value_bytes(tni_doc_pair_put(s->entry, s->version, doc)), TN_OK;
}

/* A document that becomes another one. */
typedef struct exchange {
  tn_value old, new; /* absent: there is none */
  const tni_doc_touched *touched;
  tn_slice id_part;
  const char *where;
} exchange;

/* Whether both documents have the same entries because the fields that its paths begin with are the same. */
static bool keeps_entries(const tni_doc_index *index, const exchange *e) {
  if (e->touched) return !tni_doc_index_is_touched(index, e->touched);
  bool same = !index->filter && !tn_is_absent(e->old) && !tn_is_absent(e->new);
  for (uint32_t i = 0; same && i < index->field_count; i++) {
    const tni_step *first = &index->fields[i].path.steps[0];
    same = tn_value_same(tni_step_field(first, e->old), tni_step_field(first, e->new));
  }
  return same;
}

/* The entries of one index before and after. */
typedef struct moved {
  tni_doc_entries had, has;
} moved;

static tn_status make_entries(tni_pool *pool, tni_doc_index *index, const exchange *e, moved *out) {
  *out = (moved){{NULL, 0}, {NULL, 0}};
  if (keeps_entries(index, e)) return TN_OK;
  if (tn_is_absent(e->old)) return tni_doc_entries_make(pool, index, e->new, e->id_part, e->where, &out->has);
  if (tn_is_absent(e->new)) return tni_doc_entries_make(pool, index, e->old, e->id_part, e->where, &out->had);
  return tni_doc_entries_change(pool, index, e->old, e->new, e->touched, e->id_part, e->where, &out->had, &out->has);
}

/* What a document had and will have in each index is made before anything changes: maps hand out slices only until
 * then. NULL where there is no index. */
static tn_status make_all(tni_doc_store *s, const exchange *e, moved **out) {
  tni_doc_collection *c = s->collection;
  *out = NULL;
  if (c->index_count == 0) return TN_OK;
  if (!(*out = tni_pool_alloc(s->pool, c->index_count * sizeof **out))) return tni_pool_full(s->pool);
  for (uint32_t i = 0; i < c->index_count; i++) TRY(make_entries(s->pool, &c->indexes[i], e, &(*out)[i]));
  return TN_OK;
}

static tn_status move_all(tni_doc_store *s, const exchange *e, const moved *all) {
  tni_doc_collection *c = s->collection;
  for (uint32_t i = 0; i < c->index_count; i++)
    TRY(move_entries(s, &c->indexes[i], &all[i].had, &all[i].has, e->id_part, e->where));
  return TN_OK;
}

static tn_status insert_entries(tni_doc_store *s, tn_slice key, tn_value doc) {
  exchange e = {TN_NO_VALUE, doc, NULL, tni_doc_id_part(s->collection, key), NULL};
  moved *all;
  tni_pool_mark mark = tni_pool_at(s->pool);
  TRY(make_all(s, &e, &all));
  TRY(move_all(s, &e, all));
  return tni_pool_back(s->pool, mark), TN_OK;
}

tn_status tni_doc_insert(tni_doc_store *s, tn_value doc) {
  tni_doc_key key;
  tn_slice entry, there;
  TRY(tni_doc_key_of(s->ctx, s->collection, tn_item(doc, 0), "_id", &key));
  TRY(make_entry(s, doc, NULL, &entry));
  tn_status status = tn_map_insert(s->ctx, TNI_DOC_DOCUMENTS, tni_doc_key_slice(&key), entry, &there);
  if (status == TN_EXISTS)
    return tn_fail(s->ctx, status, "_id", "the collection has a document with the _id %s",
                   tni_doc_id_text(s->ctx, tn_item(doc, 0)));
  return status == TN_OK ? insert_entries(s, tni_doc_key_slice(&key), doc) : status;
}

/* The document is put first: the map still knows the way to where it was found. */
tn_status tni_doc_change(tni_doc_store *s, tn_slice key, tn_value old, tn_value doc, const tni_doc_touched *touched,
                         const char *where) {
  exchange e = {old, doc, touched, tni_doc_id_part(s->collection, key), where};
  moved *all;
  tn_slice entry;
  tni_pool_mark mark = tni_pool_at(s->pool);
  TRY(make_all(s, &e, &all));
  TRY(make_entry(s, doc, where, &entry));
  TRY(tn_map_put(s->ctx, TNI_DOC_DOCUMENTS, key, entry));
  TRY(move_all(s, &e, all));
  return tni_pool_back(s->pool, mark), TN_OK;
}

tn_status tni_doc_remove(tni_doc_store *s, tn_slice key, tn_value old) {
  exchange e = {old, TN_NO_VALUE, NULL, tni_doc_id_part(s->collection, key), NULL};
  moved *all;
  tni_pool_mark mark = tni_pool_at(s->pool);
  TRY(make_all(s, &e, &all));
  TRY(tn_map_delete(s->ctx, TNI_DOC_DOCUMENTS, key));
  TRY(move_all(s, &e, all));
  return tni_pool_back(s->pool, mark), TN_OK;
}

tn_status tni_doc_store_finish(tni_doc_store *s) {
  for (uint32_t i = 0; i < s->collection->index_count; i++)
    if (s->collection->indexes[i].changed) TRY(tni_doc_index_save(s->ctx, s->collection, &s->collection->indexes[i]));
  return TN_OK;
}
