#include "document.h"

#include "cache.h"
#include "ops.h"

/* ---- params that several ops share ------------------------------------------------------------ */

#define COLLECTION TN_REQUIRED("collection", TN_T_STRING, "its name")
#define MAYBE_COLLECTION TN_OPTIONAL("collection", TN_T_STRING, "its name; all when not given")
#define ID TN_REQUIRED("id", TN_T_SCALAR, "the document's _id")
#define FILTER \
  TN_OPTIONAL("filter", TN_T_OBJECT, "conditions: {\"age\": {\"$gte\": 18}}; all documents when not given")
#define WHICH TN_REQUIRED("filter", TN_T_OBJECT, "conditions: {\"_id\": 7}; {} is all documents")
#define PROJECTION TN_OPTIONAL("projection", TN_T_OBJECT, "fields to answer: {\"name\": 1}; all when not given")
#define SORT TN_OPTIONAL("sort", TN_T_OBJECT, "order: {\"age\": -1}; ties, and all when not given, by _id")
#define SKIP TN_OPTIONAL("skip", TN_T_INT, "documents to pass over at first")
#define LIMIT TN_OPTIONAL("limit", TN_T_INT, "documents at most")
#define AFTER                                     \
  TN_OPTIONAL("after", TN_T_SCALAR | TN_T_OBJECT, \
              "go on behind this document: its _id, or an object with what sorts it")
#define HINT TN_OPTIONAL("hint", TN_T_STRING, "the index to use, by name; or \"id\" or \"scan\"")
#define IF_VERSION TN_OPTIONAL("if_version", TN_T_INT, "only when the document is at this version; 0 = there is none")
#define MANY TN_FLAG("many", "all documents that match, not only the first")
#define UPSERT TN_FLAG("upsert", "where nothing matches, insert what filter and change say")
#define UPDATE TN_REQUIRED("update", TN_T_OBJECT, "changes: {\"$set\": {\"age\": 7}}")
#define ARRAY_FILTERS \
  TN_OPTIONAL("array_filters", TN_T_ARRAY, "which items $[name] means: [{\"name.qty\": {\"$gt\": 1}}]")
#define PIPELINE TN_REQUIRED("pipeline", TN_T_ARRAY, "stages: [{\"$match\": ...}, {\"$group\": ...}]")
#define MAX_MS TN_OPTIONAL("max_ms", TN_T_INT, "LIMIT when it takes longer")
#define MAX_MEMORY TN_OPTIONAL("max_memory_bytes", TN_T_INT, "LIMIT when it holds more; 100 MiB when not given")
#define NEW_DOC TN_REQUIRED("doc", TN_T_OBJECT, "the new document: fields, no operators; its _id stays")
#define RETURN \
  { "return", TN_T_STRING, false, TN_DEFAULT_STRING("before"), "\"before\" or \"after\" the change" }

/* ---- reading ---------------------------------------------------------------------------------- */

static const tn_param one_params[] = {COLLECTION, ID};
static const tn_param find_params[] = {COLLECTION, FILTER, PROJECTION, SORT,   SKIP,
                                       LIMIT,      AFTER,  HINT,       MAX_MS, MAX_MEMORY};
static const tn_param count_params[] = {COLLECTION, FILTER, HINT, SKIP, LIMIT, MAX_MS, MAX_MEMORY};
static const tn_param distinct_params[] = {
    COLLECTION, TN_REQUIRED("field", TN_T_STRING, "a path"), FILTER, HINT, MAX_MS, MAX_MEMORY};
static const tn_param aggregate_params[] = {COLLECTION, PIPELINE, HINT, MAX_MS, MAX_MEMORY};
static const tn_param collection_params[] = {COLLECTION};
static const tn_param maybe_collection_params[] = {MAYBE_COLLECTION};

/* ---- writing ---------------------------------------------------------------------------------- */

static const tn_param insert_params[] = {
    COLLECTION,
    TN_REQUIRED("docs", TN_T_OBJECT | TN_T_ARRAY, "an object, or an array of objects"),
};
static const tn_param delete_params[] = {COLLECTION, WHICH, MANY, IF_VERSION, HINT};
static const tn_param replace_params[] = {COLLECTION, WHICH, NEW_DOC, UPSERT, IF_VERSION, HINT};
static const tn_param update_params[] = {COLLECTION, WHICH, UPDATE, MANY, UPSERT, ARRAY_FILTERS, IF_VERSION, HINT};
static const tn_param find_and_update_params[] = {COLLECTION, WHICH,  SORT,   PROJECTION, IF_VERSION,
                                                  HINT,       UPDATE, RETURN, UPSERT,     ARRAY_FILTERS};
static const tn_param find_and_replace_params[] = {COLLECTION, WHICH,   SORT,   PROJECTION, IF_VERSION,
                                                   HINT,       NEW_DOC, RETURN, UPSERT};
static const tn_param find_and_delete_params[] = {COLLECTION, WHICH, SORT, PROJECTION, IF_VERSION, HINT};
static const tn_param aggregate_into_params[] = {
    COLLECTION, PIPELINE, TN_REQUIRED("target", TN_T_STRING, "the collection to fill"), HINT, MAX_MS, MAX_MEMORY};

/* ---- indexes ---------------------------------------------------------------------------------- */

static const tn_param create_index_params[] = {
    COLLECTION,
    TN_REQUIRED("fields", TN_T_OBJECT, "paths and directions: {\"user.city\": 1, \"age\": -1}"),
    TN_OPTIONAL("name", TN_T_STRING, "made of the fields when not given: user.city_1_age_-1"),
    TN_FLAG("unique", "no two documents have the same key"),
    TN_FLAG("sparse", "documents without any of the fields are left out"),
    TN_OPTIONAL("where", TN_T_OBJECT, "only documents that match this are in it"),
    TN_OPTIONAL("expire_after_ms", TN_T_INT, "documents are deleted this long after the time in the field"),
};
static const tn_param drop_index_params[] = {COLLECTION, TN_REQUIRED("name", TN_T_STRING, "the index")};
static const tn_param purge_params[] = {
    {"limit", TN_T_INT, false, TN_DEFAULT_INT(TNI_DOC_PURGE_DEFAULT), "documents at most, at least 1"},
};

/* ---- tables ----------------------------------------------------------------------------------- */

/* With a filter, whose regular expressions may match otherwise in another version of a library. What names its
 * document by _id, and changes it without one, is recorded by its arguments. */
#define FILTERED(name, params, fn, doc) TN_OP(name, TN_COMMAND, TN_OP_JOURNAL_CHANGES, params, fn, doc)

static const tn_op_def ops[] = {
    TN_QUERY_OP("get", one_params, tni_doc_op_get, "the document; NOT_FOUND"),
    TN_QUERY_OP("entry", one_params, tni_doc_op_entry,
                "{doc, version}; the version is the seq of the last change; NOT_FOUND"),
    TN_ROWS_OP("find", find_params, tni_doc_op_find, "the documents that match, in order"),
    TN_QUERY_OP("count", count_params, tni_doc_op_count, "how many documents match"),
    TN_QUERY_OP("distinct", distinct_params, tni_doc_op_distinct,
                "the values of a field in the documents that match, each once, in order; items of arrays"),
    TN_QUERY_OP("explain", find_params, tni_doc_op_explain,
                "how find gets there: {plan, keys_examined, documents_examined, returned, sorted, rejected}"),
    TN_ROWS_OP("aggregate", aggregate_params, tni_doc_op_aggregate,
               "what the documents become when they go through the stages of a pipeline, one after another"),
    {"list_collections", TN_QUERY, TN_OP_ROWS, NULL, 0, tni_doc_op_list_collections, "rows {name, indexes}"},
    TN_ROWS_OP("list_indexes", collection_params, tni_doc_op_list_indexes,
               "rows {name, fields, ...} as they were created, and `arrays`: the paths that led through one"),
    TN_QUERY_OP("stats", maybe_collection_params, tni_doc_op_stats,
                "documents, keys and bytes of a collection and its indexes, counted"),
    TN_ROWS_OP("export", maybe_collection_params, tni_doc_op_export, "every document as the arguments of insert"),
    TN_COMMAND_OP(
        "insert", insert_params, tni_doc_op_insert,
        "stores new documents and answers {inserted, ids}; makes the collection, and an _id where none is; EXISTS "
        "for an _id, CONSTRAINT for a unique index"),
    FILTERED("replace", replace_params, tni_doc_op_replace,
             "puts a document in place of the first that matches; {matched, changed, upserted?, version?}; CONFLICT "
             "names the version there"),
    FILTERED(
        "update", update_params, tni_doc_op_update,
        "changes the first document that matches, or all; {matched, changed, upserted?, version?}; CONFLICT names "
        "the version there"),
    FILTERED("delete", delete_params, tni_doc_op_delete,
             "deletes the first document that matches, or all; {deleted}; CONFLICT names the version there"),
    FILTERED("find_and_update", find_and_update_params, tni_doc_op_find_and_update,
             "changes the first document that matches and answers it; null where there is none"),
    FILTERED("find_and_replace", find_and_replace_params, tni_doc_op_find_and_replace,
             "replaces the first document that matches and answers it; null where there is none"),
    FILTERED("find_and_delete", find_and_delete_params, tni_doc_op_find_and_delete,
             "deletes the first document that matches and answers it; null where there is none"),
    FILTERED("aggregate_into", aggregate_into_params, tni_doc_op_aggregate_into,
             "puts what a pipeline gives in place of all documents of a collection and answers {inserted, deleted}; "
             "makes the collection, keeps its indexes; EXISTS, CONSTRAINT"),
    TN_COMMAND_OP("create_collection", collection_params, tni_doc_op_create_collection,
                  "makes an empty collection; EXISTS"),
    TN_COMMAND_OP("drop_collection", collection_params, tni_doc_op_drop_collection,
                  "deletes a collection with its documents and indexes; {deleted}; NOT_FOUND"),
    TN_COMMAND_OP(
        "create_index", create_index_params, tni_doc_op_create_index,
        "makes an index over what is there and what will be, and answers its name; nothing happens where it is "
        "there already; EXISTS for another of that name, CONSTRAINT"),
    TN_COMMAND_OP("drop_index", drop_index_params, tni_doc_op_drop_index, "deletes an index; NOT_FOUND"),
    TN_COMMAND_OP("purge", purge_params, tni_doc_op_purge,
                  "deletes documents that a TTL index says are over; {deleted}; runs by itself"),
};

static const tn_map_def maps[] = {
    [TNI_DOC_COLLECTIONS] = {"collections", TN_KEYS_TUPLE, TN_VALUES_VALUE, "(name) -> {no, indexes?}"},
    [TNI_DOC_DOCUMENTS] = {"documents", TN_KEYS_TUPLE, TN_VALUES_VALUE,
                           "(collection no, _id) -> [version, document]"},
    [TNI_DOC_INDEXES] =
        {"indexes", TN_KEYS_TUPLE, TN_VALUES_VALUE,
         "(collection no, name) -> {no, fields, unique?, sparse?, where?, expire_after_ms?, arrays?}"},
    [TNI_DOC_ENTRIES] = {"entries", TN_KEYS_BYTES, TN_VALUES_BYTES,
                         "index no | fields | _id -> nothing, in a unique index index no | fields | 01 -> _id"},
};

const tn_model tni_model_document = {
    .plugin = TN_PLUGIN(tn_model, TN_KIND_MODEL, "document", 1, "collections of documents with queries and indexes"),
    .state_size = sizeof(tni_doc_cache),
    .maps = maps,
    .map_count = TNI_LENGTH(maps),
    .ops = ops,
    .op_count = TNI_LENGTH(ops),
    .open = tni_doc_cache_open,
    .close = tni_doc_cache_close,
    .maintain = tni_doc_maintain,
    .check = tni_doc_check,
};
