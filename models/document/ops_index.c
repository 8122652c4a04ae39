#include <stdio.h>

#include "build.h"
#include "ops.h"

/* ---- definitions ------------------------------------------------------------------------------ */

/* "email_1_city_-1" */
static tn_status default_name(tn_ctx *ctx, tn_value fields, tn_slice *out) {
  char *text = tn_scratch(ctx, TNI_DOC_NAME_SIZE_MAX + 2);
  size_t size = 0, room = TNI_DOC_NAME_SIZE_MAX + 2;
  if (!text) return tni_no_memory(ctx);
  for (tn_iter it = tn_iter_of(fields); tn_iter_next(&it) && size < room;) {
    double way = 0;
    (void)tn_get_double(it.value, "", &way);
    size += (size_t)snprintf(text + size, room - size, "%s%.*s_%s", size > 0 ? "_" : "", (int)it.name.size,
                             (const char *)it.name.data, way < 0 ? "-1" : "1");
  }
  if (size > TNI_DOC_NAME_SIZE_MAX)
    return tn_fail(ctx, TN_INVALID, "name", "the fields make a name of more than %d bytes; give one",
                   TNI_DOC_NAME_SIZE_MAX);
  *out = (tn_slice){text, size};
  return TN_OK;
}

static tn_status name_of(tn_ctx *ctx, const tn_value *argv, tn_slice *out) {
  static const char *const reserved[] = {"id", "scan"};
  if (!tn_as_string(argv[TNI_DOC_CREATE_NAME], out)) return default_name(ctx, argv[TNI_DOC_CREATE_FIELDS], out);
  for (size_t i = 0; i < TNI_LENGTH(reserved); i++)
    if (tni_slice_is(*out, reserved[i]))
      return tn_fail(ctx, TN_INVALID, "name", "'%s' means something else as a hint; choose another name",
                     reserved[i]);
  return tni_doc_name_check(ctx, argv[TNI_DOC_CREATE_NAME], "name");
}

/* As it is stored, but for what is found out later; in this order, so that two can be compared. */
static tn_value define(const tn_value *argv, tn_builder *b) {
  bool flag;
  tn_object_begin(b);
  tn_set(b, "fields", argv[TNI_DOC_CREATE_FIELDS]);
  if (tn_as_bool(argv[TNI_DOC_CREATE_UNIQUE], &flag) && flag) tn_set(b, "unique", TN_ARG_TRUE);
  if (tn_as_bool(argv[TNI_DOC_CREATE_SPARSE], &flag) && flag) tn_set(b, "sparse", TN_ARG_TRUE);
  if (!tn_is_absent(argv[TNI_DOC_CREATE_WHERE])) tn_set(b, "where", argv[TNI_DOC_CREATE_WHERE]);
  if (!tn_is_absent(argv[TNI_DOC_CREATE_EXPIRE])) tn_set(b, "expire_after_ms", argv[TNI_DOC_CREATE_EXPIRE]);
  tn_end(b);
  return tn_built(b);
}

static bool is_defined_as(const tni_doc_index *index, tn_value definition) {
  tn_iter wanted = tn_iter_of(definition);
  for (tn_iter it = tn_iter_of(index->definition); tn_iter_next(&it);) {
    if (tni_slice_is(it.name, "no") || tni_slice_is(it.name, "arrays")) continue;
    if (!tn_iter_next(&wanted) || !tni_slice_same(it.name, wanted.name) || !tn_value_same(it.value, wanted.value))
      return false;
  }
  return !tn_iter_next(&wanted);
}

/* ---- what is refused -------------------------------------------------------------------------- */

/* Only conditions that queries can be shown to imply: a plan could never use any other. */
static tn_status check_where(tn_ctx *ctx, const tni_doc_index *index) {
  const tni_term *terms;
  size_t count;
  bool complete;
  if (!index->filter) return TN_OK;
  if (index->sparse) return tn_fail(ctx, TN_INVALID, "sparse", "an index is sparse or has a `where`, not both");
  TRY(tni_filter_terms(ctx, index->filter, &terms, &count, &complete));
  complete = complete && !tni_filter_is_volatile(index->filter);
  for (size_t i = 0; i < count; i++) complete = complete && terms[i].exact && terms[i].element == 0;
  if (complete) return TN_OK;
  return tn_fail(ctx, TN_INVALID, "where",
                 "a partial index takes equality, $in, $gt, $gte, $lt, $lte and $exists: true, joined by and");
}

static tn_status check_expiry(tn_ctx *ctx, const tn_value *argv, const tni_doc_index *index) {
  if (tn_is_absent(argv[TNI_DOC_CREATE_EXPIRE])) return TN_OK;
  if (index->field_count != 1)
    return tn_fail(ctx, TN_INVALID, "expire_after_ms", "expected one field, the time to count from; there are %u",
                   (unsigned)index->field_count);
  if (index->expire_after_ms >= 0 && index->expire_after_ms <= TNI_DOC_EXPIRE_MS_MAX) return TN_OK;
  return tn_fail(ctx, TN_INVALID, "expire_after_ms", "expected 0 to %lld ms, got %lld",
                 (long long)TNI_DOC_EXPIRE_MS_MAX, (long long)index->expire_after_ms);
}

static tn_status read_request(tn_ctx *ctx, const tn_value *argv, tni_doc_index *out) {
  tn_slice name;
  tn_builder *b = tn_builder_for(ctx);
  if (!b) return tni_no_memory(ctx);
  tn_value definition = define(argv, b);
  if (tn_is_absent(definition)) return tn_fail(ctx, tn_builder_status(b), "fields", "the definition is too large");
  TRY(tni_doc_index_compile(ctx, definition, out));
  TRY(check_where(ctx, out));
  TRY(check_expiry(ctx, argv, out));
  TRY(name_of(ctx, argv, &name));
  out->name = name;
  return TN_OK;
}

/* ---- ops -------------------------------------------------------------------------------------- */

static tn_status create(tn_ctx *ctx, tni_doc_collection *c, tni_doc_index *index) {
  tni_doc_store store;
  tni_pool pool;
  if (c->index_count == TNI_DOC_INDEXES_MAX)
    return tn_fail(ctx, TN_LIMIT, "collection", "a collection may have %d indexes", TNI_DOC_INDEXES_MAX);
  TRY(tni_doc_index_add(ctx, c, index));
  tni_pool_init_fixed(&pool, ctx);
  TRY(tni_doc_store_init(&store, ctx, c, &pool));
  return tni_doc_index_build(&store, index);
}

tn_status tni_doc_op_create_index(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_doc_collection *c;
  tni_doc_index index;
  TRY(read_request(ctx, argv, &index));
  TRY(tni_doc_collection_make(ctx, argv[TNI_DOC_CREATE_COLLECTION], &c));
  TRY(tni_doc_indexes(ctx, c));
  tn_add(result, tn_text(index.name));
  const tni_doc_index *there = tni_doc_index_named(c, index.name);
  if (!there) return create(ctx, c, &index);
  if (is_defined_as(there, index.definition)) return TN_OK;
  return tn_fail(ctx, TN_EXISTS, "name", "the collection has another index '%s'", tni_quoted(ctx, index.name));
}

tn_status tni_doc_op_drop_index(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_doc_collection *c;
  tn_slice name = {NULL, 0};
  (void)tn_as_string(argv[1], &name);
  TRY(tni_doc_collection_need(ctx, argv[0], &c));
  TRY(tni_doc_indexes(ctx, c));
  const tni_doc_index *index = tni_doc_index_named(c, name);
  if (!index) return tni_doc_index_unknown(ctx, c, name, "name");
  tn_add(result, TN_ARG_TRUE);
  return tni_doc_index_drop(ctx, c, index);
}

tn_status tni_doc_op_list_indexes(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_doc_collection *c;
  TRY(tni_doc_collection_need(ctx, argv[0], &c));
  TRY(tni_doc_indexes(ctx, c));
  for (uint32_t i = 0; i < c->index_count; i++) {
    tn_object_begin(result);
    tn_set(result, "name", tn_text(c->indexes[i].name));
    for (tn_iter it = tn_iter_of(c->indexes[i].definition); tn_iter_next(&it);) {
      if (tni_slice_is(it.name, "no")) continue;
      tn_name_slice(result, it.name);
      tn_add(result, it.value);
    }
    tn_end(result);
    TRY(tn_row(ctx, result));
  }
  return TN_OK;
}
