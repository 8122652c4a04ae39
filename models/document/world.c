#include "world.h"

#include "select.h"
#include "stage.h"

/* ---- find ------------------------------------------------------------------------------------- */

/* Planned once. Within $lookup it is opened again and again: the second time its documents are noted, and from then
 * on they come from there, so that memory that stays until the handler returns is taken twice and not for each
 * document. */
typedef struct found_source {
  tni_doc_request request;
  tni_doc_choice choice;
  tni_pool *pool;
  tni_doc_select *select;
  bool opened, noted;
  tni_doc_list list;
} found_source;

static tn_status select_next(found_source *s, tn_value *doc) {
  tni_doc_found found;
  TRY(tni_doc_select_next(s->select, &found));
  *doc = found.stored.doc;
  return TN_OK;
}

/* They stay where they are until a map is changed, which no pipeline does. */
static tn_status note_all(found_source *s) {
  tn_value doc;
  tn_status status;
  while ((status = select_next(s, &doc)) == TN_OK) TRY(tni_doc_list_add(&s->list, s->pool, doc));
  s->noted = status == TN_NOT_FOUND;
  return s->noted ? TN_OK : status;
}

static tn_status found_open(void *arg) {
  found_source *s = arg;
  if (!s->noted) TRY(tni_doc_select_open(&s->request, &s->choice.plan, s->pool, &s->select));
  if (s->opened && !s->noted) TRY(note_all(s));
  s->opened = true;
  s->list.at = s->list.first;
  return TN_OK;
}

static tn_status found_next(void *arg, tn_value *doc) {
  found_source *s = arg;
  if (!s->noted) return select_next(s, doc);
  if (!s->list.at) return TN_NOT_FOUND;
  *doc = s->list.at->doc;
  s->list.at = s->list.at->next;
  return TN_OK;
}

static tn_status world_find(void *arg, tn_ctx *ctx, const tni_doc_find *find, tni_pool *pool, tni_doc_source *out) {
  tni_doc_query query = {.filter = find->filter,
                         .sort = find->sort,
                         .hint = find->hint,
                         .filter_where = find->filter_where,
                         .sort_where = find->sort_where};
  tni_doc_collection *c;
  found_source *s = tn_scratch(ctx, sizeof *s);
  (void)arg;
  if (!s) return tni_no_memory(ctx);
  *s = (found_source){.pool = pool};
  TRY(tni_doc_name_check(ctx, find->collection, find->where));
  TRY(tni_doc_collection_or_none(ctx, find->collection, &c));
  TRY(tni_doc_request_read(ctx, c, &query, &s->request));
  s->request.skip = find->skip;
  s->request.limit = find->limit;
  TRY(tni_doc_request_plan(&s->request, false, &s->choice));
  *out = (tni_doc_source){found_open, found_next, s};
  return TN_OK;
}

/* ---- by _id ----------------------------------------------------------------------------------- */

typedef struct id_seeker {
  tn_ctx *ctx;
  const tni_doc_collection *collection;
  tni_doc_stored stored;
  bool found;
} id_seeker;

/* What a key cannot hold, no document has. */
static tn_status none_if_impossible(tn_ctx *ctx, tn_status status, const tn_error *before) {
  if (status != TN_INVALID && status != TN_LIMIT) return status;
  *ctx->error = *before;
  return TN_NOT_FOUND;
}

static tn_status id_seek(void *arg, tn_value value) {
  id_seeker *s = arg;
  tni_doc_key key;
  tn_error before = *s->ctx->error;
  tn_status status = tni_doc_key_of(s->ctx, s->collection, value, "", &key);
  status = none_if_impossible(s->ctx, status, &before);
  if (status == TN_OK) status = tni_doc_get(s->ctx, tni_doc_key_slice(&key), &s->stored);
  s->found = status == TN_OK;
  return status == TN_NOT_FOUND ? TN_OK : status;
}

static tn_status id_next(void *arg, tn_value *doc) {
  id_seeker *s = arg;
  if (!s->found) return TN_NOT_FOUND;
  s->found = false;
  *doc = s->stored.doc;
  return TN_OK;
}

static tn_status open_id_seeker(tn_ctx *ctx, const tni_doc_collection *c, tni_doc_seeker *out) {
  id_seeker *s = tn_scratch(ctx, sizeof *s);
  if (!s) return tni_no_memory(ctx);
  *s = (id_seeker){.ctx = ctx, .collection = c};
  *out = (tni_doc_seeker){id_seek, id_next, s};
  return TN_OK;
}

/* ---- by an index ------------------------------------------------------------------------------ */

/* Walks the entries that begin with the value; then, for an array, those of its first item, under which a document is
 * that has the array itself. */
typedef struct index_seeker {
  tn_ctx *ctx;
  const tni_doc_collection *collection;
  const tni_doc_index *index;
  tn_cursor *cursor;
  tn_value value;
  unsigned parts_left;
  bool walking;
  tni_doc_key from; /* what the entries begin with */
} index_seeker;

static tn_status index_seek(void *arg, tn_value value) {
  index_seeker *s = arg;
  s->value = value;
  s->parts_left = tn_value_type(value) == TN_ARRAY ? 2 : 1;
  s->walking = false;
  return TN_OK;
}

static tn_status begin_part(index_seeker *s) {
  tn_error before = *s->ctx->error;
  bool is_array = tn_value_type(s->value) == TN_ARRAY;
  tn_value part = is_array && --s->parts_left == 0 ? tn_item(s->value, 0) : s->value;
  if (!is_array) s->parts_left--;
  s->from.size = 0;
  TRY(tni_doc_key_bytes(s->ctx, &s->from, tni_doc_index_prefix(s->index)));
  tn_status status = tni_doc_key_part(s->ctx, &s->from, part, s->index->fields[0].descending);
  status = none_if_impossible(s->ctx, status, &before);
  if (status == TN_OK) TRY(tn_cursor_seek(s->ctx, s->cursor, tni_doc_key_slice(&s->from)));
  s->walking = status == TN_OK;
  return status == TN_NOT_FOUND ? TN_OK : status;
}

/* A text with a NUL begins with the part of what stands before that, too: whoever asks looks at the document. */
static bool begins_with(tn_slice key, const tni_doc_key *part) {
  return key.size >= part->size && memcmp(key.data, part->data, part->size) == 0;
}

static tn_status next_entry(index_seeker *s, tn_slice *key, tn_slice *value) {
  for (;;) {
    tn_status status = TN_NOT_FOUND;
    if (s->walking) status = tn_cursor_next(s->ctx, s->cursor, key, value);
    if (status == TN_OK && begins_with(*key, &s->from)) return TN_OK;
    if (status != TN_OK && status != TN_NOT_FOUND) return status;
    if (s->parts_left == 0) return TN_NOT_FOUND;
    TRY(begin_part(s));
  }
}

static tn_status index_next(void *arg, tn_value *doc) {
  index_seeker *s = arg;
  tni_doc_stored stored;
  tni_doc_key key;
  tn_slice entry, value, id_part;
  key.size = 0;
  TRY(next_entry(s, &entry, &value));
  TRY(tni_doc_entry_id(s->ctx, s->index, entry, value, &id_part));
  TRY(tni_doc_key_bytes(s->ctx, &key, tni_doc_collection_prefix(s->collection)));
  TRY(tni_doc_key_bytes(s->ctx, &key, id_part));
  tn_status status = tni_doc_get(s->ctx, tni_doc_key_slice(&key), &stored);
  if (status == TN_NOT_FOUND) return tn_fail(s->ctx, TN_CORRUPT, NULL, "an entry of an index has no document");
  *doc = stored.doc;
  return status;
}

static tn_status open_index_seeker(tn_ctx *ctx, const tni_doc_collection *c, const tni_doc_index *index,
                                   tni_doc_seeker *out) {
  tn_slice from = tni_doc_index_prefix(index), end;
  index_seeker *s = tn_scratch(ctx, sizeof *s);
  if (!s) return tni_no_memory(ctx);
  *s = (index_seeker){.ctx = ctx, .collection = c, .index = index};
  TRY(tni_doc_key_end(ctx, from, &end));
  TRY(tn_cursor_open(ctx, TNI_DOC_ENTRIES, from, end, &s->cursor));
  *out = (tni_doc_seeker){index_seek, index_next, s};
  return TN_OK;
}

/* Holds every document, by the path before all others. */
static bool serves(const tni_doc_index *index, tn_slice path) {
  return !index->sparse && tn_is_absent(index->where) && tni_slice_same(index->fields[0].path.text, path);
}

static tn_status world_seeker(void *arg, tn_ctx *ctx, tn_value collection, tn_slice path, tni_doc_seeker *out) {
  tni_doc_collection *c;
  (void)arg;
  TRY(tni_doc_collection_find(ctx, collection, &c));
  if (tni_slice_is(path, "_id")) return open_id_seeker(ctx, c, out);
  TRY(tni_doc_indexes(ctx, c));
  for (uint32_t i = 0; i < c->index_count; i++)
    if (serves(&c->indexes[i], path)) return open_index_seeker(ctx, c, &c->indexes[i], out);
  return TN_NOT_FOUND;
}

const tni_doc_world tni_doc_model_world = {world_find, world_seeker, NULL};
