/* ops.h - the handlers behind the ops. document.c binds each to its name and parameters; an op's doc there says what
 * it answers and refuses, and `argv` holds its parameters in the order of its table, which the enums here repeat. */
#ifndef TENON_DOCUMENT_OPS_H
#define TENON_DOCUMENT_OPS_H

#include "tenon_plugin.h"

#define TNI_DOC_EXPIRE_MS_MAX 10000000000000 /* some 317 years */
#define TNI_DOC_PURGE_DEFAULT 1000           /* documents that one purge deletes when nothing else is said */

/* ops_read.c */
enum { TNI_DOC_GET_COLLECTION, TNI_DOC_GET_ID };
enum {
  TNI_DOC_FIND_COLLECTION,
  TNI_DOC_FIND_FILTER,
  TNI_DOC_FIND_PROJECTION,
  TNI_DOC_FIND_SORT,
  TNI_DOC_FIND_SKIP,
  TNI_DOC_FIND_LIMIT,
  TNI_DOC_FIND_AFTER,
  TNI_DOC_FIND_HINT,
  TNI_DOC_FIND_MS,
  TNI_DOC_FIND_MEMORY
};
enum {
  TNI_DOC_COUNT_COLLECTION,
  TNI_DOC_COUNT_FILTER,
  TNI_DOC_COUNT_HINT,
  TNI_DOC_COUNT_SKIP,
  TNI_DOC_COUNT_LIMIT,
  TNI_DOC_COUNT_MS,
  TNI_DOC_COUNT_MEMORY
};
enum {
  TNI_DOC_DISTINCT_COLLECTION,
  TNI_DOC_DISTINCT_FIELD,
  TNI_DOC_DISTINCT_FILTER,
  TNI_DOC_DISTINCT_HINT,
  TNI_DOC_DISTINCT_MS,
  TNI_DOC_DISTINCT_MEMORY
};
tn_status tni_doc_op_get(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_doc_op_entry(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_doc_op_find(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_doc_op_count(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_doc_op_distinct(tn_ctx *ctx, const tn_value *argv, tn_builder *result);

/* ops_explain.c: parameters as find's */
tn_status tni_doc_op_explain(tn_ctx *ctx, const tn_value *argv, tn_builder *result);

/* ops_aggregate.c: aggregate_into has `target` before the options */
enum { TNI_DOC_AGGREGATE_COLLECTION, TNI_DOC_AGGREGATE_PIPELINE, TNI_DOC_AGGREGATE_OPTIONS };
enum { TNI_DOC_INTO_TARGET = TNI_DOC_AGGREGATE_OPTIONS, TNI_DOC_INTO_OPTIONS };
enum { TNI_DOC_OPTION_HINT, TNI_DOC_OPTION_MS, TNI_DOC_OPTION_MEMORY };
tn_status tni_doc_op_aggregate(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_doc_op_aggregate_into(tn_ctx *ctx, const tn_value *argv, tn_builder *result);

/* ops_write.c */
enum { TNI_DOC_INSERT_COLLECTION, TNI_DOC_INSERT_DOCS };
enum {
  TNI_DOC_DELETE_COLLECTION,
  TNI_DOC_DELETE_FILTER,
  TNI_DOC_DELETE_MANY,
  TNI_DOC_DELETE_VERSION,
  TNI_DOC_DELETE_HINT
};
tn_status tni_doc_op_insert(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_doc_op_delete(tn_ctx *ctx, const tn_value *argv, tn_builder *result);

/* ops_modify.c */
enum {
  TNI_DOC_REPLACE_COLLECTION,
  TNI_DOC_REPLACE_FILTER,
  TNI_DOC_REPLACE_DOC,
  TNI_DOC_REPLACE_UPSERT,
  TNI_DOC_REPLACE_VERSION,
  TNI_DOC_REPLACE_HINT
};
enum {
  TNI_DOC_UPDATE_COLLECTION,
  TNI_DOC_UPDATE_FILTER,
  TNI_DOC_UPDATE_UPDATE,
  TNI_DOC_UPDATE_MANY,
  TNI_DOC_UPDATE_UPSERT,
  TNI_DOC_UPDATE_ARRAY_FILTERS,
  TNI_DOC_UPDATE_VERSION,
  TNI_DOC_UPDATE_HINT
};
/* of find_and_update; find_and_replace has `doc` in place of `update`, find_and_delete none */
enum {
  TNI_DOC_AND_COLLECTION,
  TNI_DOC_AND_FILTER,
  TNI_DOC_AND_SORT,
  TNI_DOC_AND_PROJECTION,
  TNI_DOC_AND_VERSION,
  TNI_DOC_AND_HINT,
  TNI_DOC_AND_CHANGE,
  TNI_DOC_AND_RETURN,
  TNI_DOC_AND_UPSERT,
  TNI_DOC_AND_ARRAY_FILTERS
};
tn_status tni_doc_op_replace(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_doc_op_update(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_doc_op_find_and_update(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_doc_op_find_and_replace(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_doc_op_find_and_delete(tn_ctx *ctx, const tn_value *argv, tn_builder *result);

/* ops_collection.c */
tn_status tni_doc_op_create_collection(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_doc_op_drop_collection(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_doc_op_list_collections(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_doc_op_stats(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_doc_op_export(tn_ctx *ctx, const tn_value *argv, tn_builder *result);

/* ops_index.c */
enum {
  TNI_DOC_CREATE_COLLECTION,
  TNI_DOC_CREATE_FIELDS,
  TNI_DOC_CREATE_NAME,
  TNI_DOC_CREATE_UNIQUE,
  TNI_DOC_CREATE_SPARSE,
  TNI_DOC_CREATE_WHERE,
  TNI_DOC_CREATE_EXPIRE
};
tn_status tni_doc_op_create_index(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_doc_op_drop_index(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_doc_op_list_indexes(tn_ctx *ctx, const tn_value *argv, tn_builder *result);

/* expiry.c: deletes documents that a TTL index says are over; the model's maintain asks for it. */
tn_status tni_doc_op_purge(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_doc_maintain(tn_ctx *ctx, tn_maintenance *out);

/* check.c: the model's check. */
tn_status tni_doc_check(tn_ctx *ctx, tn_builder *row);

#endif
