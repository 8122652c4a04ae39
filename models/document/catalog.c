#include "catalog.h"

#include "cache.h"

static tn_status corrupt(tn_ctx *ctx, const char *what) {
  return tn_fail(ctx, TN_CORRUPT, NULL, "the definition of %s is not of the form this version writes", what);
}

/* The part of a number that stands at the beginning of keys. */
static tn_status number_prefix(tn_ctx *ctx, int64_t no, uint8_t *out, uint8_t *size) {
  tni_doc_key key;
  key.size = 0;
  TRY(tni_doc_key_number(ctx, &key, no));
  memcpy(out, key.data, key.size);
  *size = (uint8_t)key.size;
  return TN_OK;
}

/* One more than the largest `no` in the map's objects. */
static tn_status next_number(tn_ctx *ctx, uint32_t map, int64_t *out) {
  tn_cursor *cursor;
  tn_slice key, value;
  tn_status status;
  int64_t no = 0, most = 0;
  TRY(tn_cursor_open(ctx, map, (tn_slice){NULL, 0}, (tn_slice){NULL, 0}, &cursor));
  while ((status = tn_cursor_next(ctx, cursor, &key, &value)) == TN_OK)
    if (tn_get_int(tn_bytes_value(value), "no", &no) == TN_OK && no > most) most = no;
  if (status != TN_NOT_FOUND) return status;
  *out = most + 1;
  return TN_OK;
}

/* ---- indexes ---------------------------------------------------------------------------------- */

tn_slice tni_doc_field_path(const tni_doc_field *field, uint32_t steps) {
  const char *text = field->path.text.data;
  size_t size = 0;
  for (uint32_t i = 0; i < steps; i++) size += field->path.steps[i].name.size + (i > 0);
  return (tn_slice){text, size};
}

static void read_arrays(tn_value arrays, tni_doc_index *out) {
  for (tn_iter it = tn_iter_of(arrays); tn_iter_next(&it);) {
    tn_slice path = {NULL, 0};
    if (!tn_as_string(it.value, &path)) continue;
    for (uint32_t f = 0; f < out->field_count; f++)
      for (uint32_t i = 0; i < out->fields[f].path.count; i++)
        if (tni_slice_same(tni_doc_field_path(&out->fields[f], i + 1), path)) out->fields[f].arrays |= 1u << i;
  }
}

static tn_status read_field(tn_ctx *ctx, tn_slice name, tn_value direction, tni_doc_field *out) {
  double way = 0;
  if (tni_path_parse(ctx, name, "fields", &out->path) != TN_OK)
    return tni_path_parse(ctx, name, tni_where(ctx, "fields", name), &out->path); /* says where */
  if (out->path.count > TNI_DOC_STEPS_MAX)
    return tn_fail(ctx, TN_LIMIT, tni_where(ctx, "fields", name), "an indexed path may have %d steps",
                   TNI_DOC_STEPS_MAX);
  if (tn_get_double(direction, "", &way) != TN_OK || (way != 1 && way != -1))
    return tn_fail(ctx, TN_INVALID, tni_where(ctx, "fields", name), "expected 1 or -1, got %s",
                   tni_shown(ctx, direction));
  out->descending = way < 0;
  return TN_OK;
}

static tn_status read_fields(tn_ctx *ctx, tn_value fields, tni_doc_index *out) {
  uint32_t count = tn_count(fields);
  TRY(tni_expect(ctx, fields, TN_T_OBJECT, "an object of paths and 1 or -1", "fields"));
  if (count == 0 || count > TNI_DOC_FIELDS_MAX)
    return tn_fail(ctx, TN_INVALID, "fields", "expected 1 to %d fields, got %u", TNI_DOC_FIELDS_MAX, (unsigned)count);
  out->fields = tn_scratch(ctx, count * sizeof *out->fields);
  if (!out->fields) return tni_no_memory(ctx);
  memset(out->fields, 0, count * sizeof *out->fields);
  for (tn_iter it = tn_iter_of(fields); tn_iter_next(&it);)
    TRY(read_field(ctx, it.name, it.value, &out->fields[out->field_count++]));
  return TN_OK;
}

static tn_status compile_where(tn_ctx *ctx, tni_doc_index *index) {
  return tn_is_absent(index->where) ? TN_OK : tni_filter_compile(ctx, index->where, "where", &index->filter);
}

static tn_status compile_all(tn_ctx *ctx, tni_doc_collection *c) {
  for (uint32_t i = 0; i < c->index_count; i++) TRY(compile_where(ctx, &c->indexes[i]));
  return TN_OK;
}

tn_status tni_doc_index_compile(tn_ctx *ctx, tn_value definition, tni_doc_index *out) {
  tni_doc_index index = {.expire_after_ms = TNI_DOC_NEVER, .definition = definition};
  for (tn_iter it = tn_iter_of(definition); tn_iter_next(&it);) {
    if (tni_slice_is(it.name, "no")) (void)tn_as_int(it.value, &index.no);
    if (tni_slice_is(it.name, "fields")) TRY(read_fields(ctx, it.value, &index));
    if (tni_slice_is(it.name, "unique")) (void)tn_as_bool(it.value, &index.unique);
    if (tni_slice_is(it.name, "sparse")) (void)tn_as_bool(it.value, &index.sparse);
    if (tni_slice_is(it.name, "where")) index.where = it.value;
    if (tni_slice_is(it.name, "expire_after_ms")) (void)tn_as_int(it.value, &index.expire_after_ms);
    if (tni_slice_is(it.name, "arrays")) read_arrays(it.value, &index);
  }
  *out = index;
  return compile_where(ctx, out);
}

static tn_status definition_key(tn_ctx *ctx, const tni_doc_collection *c, tn_slice name, tn_slice *out) {
  return tn_key(ctx, out, c->no, tn_text(name));
}

/* The name that a key ends with, behind `before` bytes, copied. */
static tn_status read_name(tn_ctx *ctx, tn_slice key, size_t before, tn_slice *out) {
  const uint8_t *part = (const uint8_t *)key.data + before;
  tn_builder *parts;
  if (key.size < before + 2) return corrupt(ctx, "a key");
  size_t size = key.size - before - 2; /* between the part's first byte and its end */
  if (!memchr(part + 1, 0, size)) return tni_doc_copy_bytes(ctx, (tn_slice){part + 1, size}, out);
  if (!(parts = tn_builder_for(ctx))) return tni_no_memory(ctx);
  TRY(tn_key_decode(ctx, (tn_slice){part, key.size - before}, parts));
  return tn_as_string(tn_item(tn_built(parts), 0), out) ? TN_OK : corrupt(ctx, "a key");
}

static tn_status read_index(tn_ctx *ctx, const tni_doc_collection *c, tn_slice key, tn_slice value,
                            tni_doc_index *out) {
  tn_slice copy;
  TRY(tni_doc_copy_bytes(ctx, value, &copy));
  TRY(tni_doc_index_compile(ctx, tn_bytes_value(copy), out));
  if (out->no < 1 || out->field_count == 0) return corrupt(ctx, "an index");
  TRY(number_prefix(ctx, out->no, out->prefix, &out->prefix_size));
  return read_name(ctx, key, c->prefix_size, &out->name);
}

static tn_status read_indexes(tn_ctx *ctx, tni_doc_collection *c) {
  tn_cursor *cursor;
  tn_slice from, to, key, value;
  tn_status status;
  uint64_t count = tn_map_count(ctx, TNI_DOC_INDEXES);
  if (count > TNI_DOC_INDEXES_MAX) count = TNI_DOC_INDEXES_MAX;
  c->indexes = tn_scratch(ctx, (count + 1) * sizeof *c->indexes);
  if (!c->indexes) return tni_no_memory(ctx);
  TRY(tn_key(ctx, &from, c->no));
  TRY(tn_key_end(ctx, from, &to));
  TRY(tn_cursor_open(ctx, TNI_DOC_INDEXES, from, to, &cursor));
  while ((status = tn_cursor_next(ctx, cursor, &key, &value)) == TN_OK) {
    if (c->index_count == count) return corrupt(ctx, "a collection's indexes");
    TRY(read_index(ctx, c, key, value, &c->indexes[c->index_count++]));
  }
  return status == TN_NOT_FOUND ? TN_OK : status;
}

tn_status tni_doc_indexes(tn_ctx *ctx, tni_doc_collection *c) {
  if (c->has_indexes || c->stamp == 0) return TN_OK;
  c->has_indexes = true;
  tn_status status = tni_doc_cache_get(ctx, c->stamp, c);
  if (status == TN_NOT_FOUND) {
    TRY(read_indexes(ctx, c));
    return tni_doc_cache_put(ctx, c->stamp, c), TN_OK;
  }
  return status == TN_OK ? compile_all(ctx, c) : status;
}

tni_doc_index *tni_doc_index_named(const tni_doc_collection *c, tn_slice name) {
  for (uint32_t i = 0; i < c->index_count; i++)
    if (tni_slice_same(c->indexes[i].name, name)) return &c->indexes[i];
  return NULL;
}

static tn_status c_string(tn_ctx *ctx, tn_slice text, const char **out) {
  tn_slice copy;
  TRY(tni_doc_copy_bytes(ctx, text, &copy));
  ((char *)(uintptr_t)copy.data)[copy.size] = '\0';
  *out = copy.data;
  return TN_OK;
}

tn_status tni_doc_index_unknown(tn_ctx *ctx, const tni_doc_collection *c, tn_slice wanted, const char *where) {
  const char *names[TNI_DOC_INDEXES_MAX];
  for (uint32_t i = 0; i < c->index_count; i++) TRY(c_string(ctx, c->indexes[i].name, &names[i]));
  return tn_fail(ctx, TN_NOT_FOUND, where, "the collection has no index '%s'%s", tni_quoted(ctx, wanted),
                 tn_nearest(ctx, wanted, names, c->index_count));
}

/* A number made of all that defines the collection's indexes. */
static tn_status hash_indexes(tn_ctx *ctx, const tni_doc_collection *c, uint64_t *out) {
  tn_cursor *cursor;
  tn_slice from, to, key, value;
  tn_status status;
  uint64_t hash = 0;
  TRY(tn_key(ctx, &from, c->no));
  TRY(tn_key_end(ctx, from, &to));
  TRY(tn_cursor_open(ctx, TNI_DOC_INDEXES, from, to, &cursor));
  while ((status = tn_cursor_next(ctx, cursor, &key, &value)) == TN_OK)
    hash = ctx->host->hash64(value, ctx->host->hash64(key, hash));
  *out = hash;
  return status == TN_NOT_FOUND ? TN_OK : status;
}

/* The indexes have changed: stores the collection with another stamp; with none when it has no index any more. */
static tn_status restamp(tn_ctx *ctx, tni_doc_collection *c, bool has_indexes) {
  tn_slice key;
  tn_builder *b = tn_builder_for(ctx);
  if (!b) return tni_no_memory(ctx);
  TRY(hash_indexes(ctx, c, &c->stamp));
  c->stamp = has_indexes ? (c->stamp >> 1) | 1 : 0;
  if (tn_is_absent(has_indexes ? tn_obj(b, "no", c->no, "indexes", c->stamp) : tn_obj(b, "no", c->no)))
    return tni_no_memory(ctx);
  TRY(tn_key(ctx, &key, tn_text(c->name)));
  return tn_map_put(ctx, TNI_DOC_COLLECTIONS, key, tn_value_bytes(tn_built(b)));
}

tn_status tni_doc_index_add(tn_ctx *ctx, tni_doc_collection *c, tni_doc_index *index) {
  tn_slice key;
  tn_builder *b = tn_builder_for(ctx);
  if (!b) return tni_no_memory(ctx);
  TRY(next_number(ctx, TNI_DOC_INDEXES, &index->no));
  TRY(number_prefix(ctx, index->no, index->prefix, &index->prefix_size));
  tn_object_begin(b);
  tn_set(b, "no", index->no);
  for (tn_iter it = tn_iter_of(index->definition); tn_iter_next(&it);) {
    tn_name_slice(b, it.name);
    tn_add(b, it.value);
  }
  tn_end(b);
  if (tn_builder_status(b) != TN_OK)
    return tn_fail(ctx, tn_builder_status(b), "fields", "the definition is too large");
  index->definition = tn_built(b);
  TRY(definition_key(ctx, c, index->name, &key));
  TRY(tn_map_put(ctx, TNI_DOC_INDEXES, key, tn_value_bytes(index->definition)));
  return restamp(ctx, c, true);
}

/* Paths that several fields share are named once for each: reading does not mind. */
static void add_arrays(const tni_doc_index *index, tn_builder *b) {
  tn_name(b, "arrays");
  tn_array_begin(b);
  for (uint32_t f = 0; f < index->field_count; f++)
    for (uint32_t i = 0; i < index->fields[f].path.count; i++)
      if (index->fields[f].arrays & (1u << i)) tn_add(b, tn_text(tni_doc_field_path(&index->fields[f], i + 1)));
  tn_end(b);
}

tn_status tni_doc_index_save(tn_ctx *ctx, tni_doc_collection *c, tni_doc_index *index) {
  tn_slice key;
  tn_builder *b;
  if (!index->changed) return TN_OK;
  if (!(b = tn_builder_for(ctx))) return tni_no_memory(ctx);
  tn_object_begin(b);
  for (tn_iter it = tn_iter_of(index->definition); tn_iter_next(&it);) {
    if (tni_slice_is(it.name, "arrays")) continue;
    tn_name_slice(b, it.name);
    tn_add(b, it.value);
  }
  add_arrays(index, b);
  tn_end(b);
  if (tn_builder_status(b) != TN_OK) return tni_no_memory(ctx);
  index->definition = tn_built(b);
  index->changed = false;
  TRY(definition_key(ctx, c, index->name, &key));
  TRY(tn_map_put(ctx, TNI_DOC_INDEXES, key, tn_value_bytes(index->definition)));
  return restamp(ctx, c, true);
}

static tn_status delete_entries(tn_ctx *ctx, const tni_doc_index *index) {
  tn_slice end;
  TRY(tni_doc_key_end(ctx, tni_doc_index_prefix(index), &end));
  return tn_map_delete_range(ctx, TNI_DOC_ENTRIES, tni_doc_index_prefix(index), end, NULL);
}

static tn_status drop_index(tn_ctx *ctx, const tni_doc_collection *c, const tni_doc_index *index) {
  tn_slice key;
  TRY(delete_entries(ctx, index));
  TRY(definition_key(ctx, c, index->name, &key));
  return tn_map_delete(ctx, TNI_DOC_INDEXES, key);
}

tn_status tni_doc_index_drop(tn_ctx *ctx, tni_doc_collection *c, const tni_doc_index *index) {
  TRY(drop_index(ctx, c, index));
  return restamp(ctx, c, c->index_count > 1);
}

/* ---- collections ------------------------------------------------------------------------------ */

tn_status tni_doc_name_check(tn_ctx *ctx, tn_value name, const char *where) {
  tn_slice text = {NULL, 0};
  (void)tn_as_string(name, &text);
  if (text.size > 0 && text.size <= TNI_DOC_NAME_SIZE_MAX) return TN_OK;
  return tn_fail(ctx, TN_INVALID, where, "expected a name of 1 to %d bytes, got %zu", TNI_DOC_NAME_SIZE_MAX,
                 text.size);
}

static tn_status read_collection(tn_ctx *ctx, tn_slice name, tn_slice value, tni_doc_collection **out) {
  int64_t stamp = 0;
  tni_doc_collection *c = tn_scratch(ctx, sizeof *c);
  if (!c) return tni_no_memory(ctx);
  *c = (tni_doc_collection){.name = name};
  for (tn_iter it = tn_iter_of(tn_bytes_value(value)); tn_iter_next(&it);) {
    if (tni_slice_is(it.name, "no")) (void)tn_as_int(it.value, &c->no);
    if (tni_slice_is(it.name, "indexes")) (void)tn_as_int(it.value, &stamp);
  }
  if (c->no < 1) return corrupt(ctx, "a collection");
  c->stamp = (uint64_t)stamp;
  TRY(number_prefix(ctx, c->no, c->prefix, &c->prefix_size));
  *out = c;
  return TN_OK;
}

tn_status tni_doc_collection_read(tn_ctx *ctx, tn_slice key, tn_slice value, tni_doc_collection **out) {
  tn_slice name;
  TRY(read_name(ctx, key, 0, &name));
  return read_collection(ctx, name, value, out);
}

static tn_slice name_of(tn_value name) {
  tn_slice text = {NULL, 0};
  (void)tn_as_string(name, &text);
  return text;
}

static tn_status find_row(tn_ctx *ctx, tn_value name, tn_slice *row) {
  tni_doc_key key;
  key.size = 0;
  TRY(tni_doc_name_check(ctx, name, "collection"));
  TRY(tni_doc_key_part(ctx, &key, name, false));
  return tn_map_get(ctx, TNI_DOC_COLLECTIONS, tni_doc_key_slice(&key), row);
}

tn_status tni_doc_collection_find(tn_ctx *ctx, tn_value name, tni_doc_collection **out) {
  tn_slice row;
  TRY(find_row(ctx, name, &row));
  return read_collection(ctx, name_of(name), row, out);
}

/* Stands for a collection that is not there. */
static tn_status make_none(tn_ctx *ctx, tn_value name, tni_doc_collection **out) {
  tni_doc_collection *none = tn_scratch(ctx, sizeof *none);
  if (!none) return tni_no_memory(ctx);
  *none = (tni_doc_collection){.name = name_of(name)};
  TRY(number_prefix(ctx, none->no, none->prefix, &none->prefix_size));
  return *out = none, TN_OK;
}

tn_status tni_doc_collection_or_none(tn_ctx *ctx, tn_value name, tni_doc_collection **out) {
  tn_status status = tni_doc_collection_find(ctx, name, out);
  return status == TN_NOT_FOUND ? make_none(ctx, name, out) : status;
}

/* With what is kept there is nothing to read but filters. */
static tn_status borrow(tn_ctx *ctx, tn_slice name, tn_slice row, tni_doc_collection **out) {
  tni_doc_collection *c, *kept = tni_doc_cache_borrow(ctx, name, row);
  if (!kept) {
    TRY(read_collection(ctx, name, row, &c));
    TRY(tni_doc_indexes(ctx, c));
    kept = tni_doc_cache_lend(ctx, row, c);
    if (!kept) return *out = c, TN_OK;
  }
  *out = kept;
  return compile_all(ctx, kept);
}

tn_status tni_doc_collection_begin(tn_ctx *ctx, tn_value name, tni_doc_collection **out) {
  tn_slice row;
  tn_status status = find_row(ctx, name, &row);
  if (status == TN_NOT_FOUND) return make_none(ctx, name, out);
  return status == TN_OK ? borrow(ctx, name_of(name), row, out) : status;
}

void tni_doc_collection_done(tn_ctx *ctx, const tni_doc_collection *c) { tni_doc_cache_return(ctx, c); }

#define NAMES_MAX 256 /* looked at for the nearest */

tn_status tni_doc_collection_need(tn_ctx *ctx, tn_value name, tni_doc_collection **out) {
  const char *names[NAMES_MAX];
  size_t count = 0;
  tn_cursor *cursor;
  tn_slice key, value, have;
  tn_status status = tni_doc_collection_find(ctx, name, out);
  if (status != TN_NOT_FOUND) return status;
  TRY(tn_cursor_open(ctx, TNI_DOC_COLLECTIONS, (tn_slice){NULL, 0}, (tn_slice){NULL, 0}, &cursor));
  while (count < NAMES_MAX && tn_cursor_next(ctx, cursor, &key, &value) == TN_OK) {
    TRY(read_name(ctx, key, 0, &have));
    TRY(c_string(ctx, have, &names[count++]));
  }
  return tn_fail(ctx, TN_NOT_FOUND, "collection", "there is no collection '%s'%s", tni_quoted(ctx, name_of(name)),
                 tn_nearest(ctx, name_of(name), names, count));
}

tn_status tni_doc_collection_make(tn_ctx *ctx, tn_value name, tni_doc_collection **out) {
  tn_slice key;
  int64_t no;
  tn_status status = tni_doc_collection_find(ctx, name, out);
  if (status != TN_NOT_FOUND) return status;
  tn_builder *b = tn_builder_for(ctx);
  if (!b) return tni_no_memory(ctx);
  TRY(next_number(ctx, TNI_DOC_COLLECTIONS, &no));
  if (tn_is_absent(tn_obj(b, "no", no))) return tni_no_memory(ctx);
  TRY(tn_key(ctx, &key, name));
  TRY(tn_map_put(ctx, TNI_DOC_COLLECTIONS, key, tn_value_bytes(tn_built(b))));
  return tni_doc_collection_find(ctx, name, out);
}

tn_status tni_doc_collection_clear(tn_ctx *ctx, tni_doc_collection *c, uint64_t *documents) {
  tn_slice end;
  TRY(tni_doc_indexes(ctx, c));
  for (uint32_t i = 0; i < c->index_count; i++) TRY(delete_entries(ctx, &c->indexes[i]));
  TRY(tni_doc_key_end(ctx, tni_doc_collection_prefix(c), &end));
  return tn_map_delete_range(ctx, TNI_DOC_DOCUMENTS, tni_doc_collection_prefix(c), end, documents);
}

tn_status tni_doc_collection_drop(tn_ctx *ctx, tni_doc_collection *c, uint64_t *documents) {
  tn_slice key;
  TRY(tni_doc_collection_clear(ctx, c, documents));
  for (uint32_t i = 0; i < c->index_count; i++) TRY(drop_index(ctx, c, &c->indexes[i]));
  TRY(tn_key(ctx, &key, tn_text(c->name)));
  return tn_map_delete(ctx, TNI_DOC_COLLECTIONS, key);
}
