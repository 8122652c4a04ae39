/* catalog.h - which collections and indexes there are: their definitions in the maps `collections` and `indexes`,
 * read for each op and changed only here. It knows no document. */
#ifndef TENON_DOCUMENT_CATALOG_H
#define TENON_DOCUMENT_CATALOG_H

#include "key.h"
#include "query/filter.h"

/* Indexes into the model's maps. */
enum { TNI_DOC_COLLECTIONS, TNI_DOC_DOCUMENTS, TNI_DOC_INDEXES, TNI_DOC_ENTRIES };

#define TNI_DOC_NAME_SIZE_MAX 255 /* bytes of a collection's or index's name */
#define TNI_DOC_INDEXES_MAX 64    /* of a collection */
#define TNI_DOC_FIELDS_MAX 16     /* of an index */
#define TNI_DOC_STEPS_MAX 31      /* of a field's path */
#define TNI_DOC_NEVER (-1)        /* expire_after_ms */

typedef struct tni_doc_field {
  tni_path path;
  bool descending;
  uint32_t arrays; /* bit i: at step i an array stood in some document; never taken back */
} tni_doc_field;

typedef struct tni_doc_index {
  tn_slice name;
  int64_t no;
  uint8_t prefix[TNI_DOC_NUMBER_MAX]; /* what its entries' keys begin with */
  uint8_t prefix_size;
  bool unique, sparse;
  bool changed; /* `arrays` got bits that are not stored yet */
  uint32_t field_count;
  tni_doc_field *fields;
  int64_t expire_after_ms;  /* TNI_DOC_NEVER */
  tn_value where;           /* absent: all documents are in it */
  const tni_filter *filter; /* `where`, compiled; NULL */
  tn_value definition;      /* what is stored */
} tni_doc_index;

/* All of it lies in scratch memory. Indexes are read when they are first needed: tni_doc_indexes(). */
typedef struct tni_doc_collection {
  tn_slice name;
  int64_t no;
  uint8_t prefix[TNI_DOC_NUMBER_MAX]; /* what its documents' keys begin with */
  uint8_t prefix_size;
  uint64_t stamp;   /* of the indexes as they are; 0: there are none */
  bool has_indexes; /* they were read */
  uint32_t index_count;
  tni_doc_index *indexes; /* by name */
} tni_doc_collection;

static inline tn_slice tni_doc_index_prefix(const tni_doc_index *i) { return (tn_slice){i->prefix, i->prefix_size}; }
static inline tn_slice tni_doc_collection_prefix(const tni_doc_collection *c) {
  return (tn_slice){c->prefix, c->prefix_size};
}

/* ---- collections: `name` is the argument "collection" ----------------------------------------- */

/* INVALID: no name of 1 to TNI_DOC_NAME_SIZE_MAX bytes. */
tn_status tni_doc_name_check(tn_ctx *ctx, tn_value name, const char *where) TN_MUST_USE;
/* NOT_FOUND, without text, when there is none. CORRUPT. */
tn_status tni_doc_collection_find(tn_ctx *ctx, tn_value name, tni_doc_collection **out) TN_MUST_USE;
/* The same; where there is none, one that holds nothing. */
tn_status tni_doc_collection_or_none(tn_ctx *ctx, tn_value name, tni_doc_collection **out) TN_MUST_USE;
/* The same, with its indexes, for a command that changes documents: may be what the command before has left, and goes
 * back with tni_doc_collection_done() before the handler returns, also when it fails. */
tn_status tni_doc_collection_begin(tn_ctx *ctx, tn_value name, tni_doc_collection **out) TN_MUST_USE;
void tni_doc_collection_done(tn_ctx *ctx, const tni_doc_collection *c); /* NULL: nothing was begun */
static inline bool tni_doc_collection_exists(const tni_doc_collection *c) { return c->no > 0; }
/* The same; NOT_FOUND with text that names the nearest. */
tn_status tni_doc_collection_need(tn_ctx *ctx, tn_value name, tni_doc_collection **out) TN_MUST_USE;
/* Finds or makes it. */
tn_status tni_doc_collection_make(tn_ctx *ctx, tn_value name, tni_doc_collection **out) TN_MUST_USE;
/* Removes documents and entries; *documents is how many there were. */
tn_status tni_doc_collection_clear(tn_ctx *ctx, tni_doc_collection *c, uint64_t *documents) TN_MUST_USE;
/* Removes documents, entries and definitions; *documents is how many there were. */
tn_status tni_doc_collection_drop(tn_ctx *ctx, tni_doc_collection *c, uint64_t *documents) TN_MUST_USE;
/* The one a row of the map `collections` defines. CORRUPT. */
tn_status tni_doc_collection_read(tn_ctx *ctx, tn_slice key, tn_slice value, tni_doc_collection **out) TN_MUST_USE;

/* ---- indexes ---------------------------------------------------------------------------------- */

/* Reads them unless that was done. CORRUPT. */
tn_status tni_doc_indexes(tn_ctx *ctx, tni_doc_collection *c) TN_MUST_USE;
/* NULL when there is none of that name. */
tni_doc_index *tni_doc_index_named(const tni_doc_collection *c, tn_slice name);
/* NOT_FOUND with text: no index `wanted`, with the nearest name. */
tn_status tni_doc_index_unknown(tn_ctx *ctx, const tni_doc_collection *c, tn_slice wanted,
                                const char *where) TN_MUST_USE;
/* Reads {fields, unique, sparse, where, expire_after_ms, arrays} into *out; the rest of it is the caller's to set.
 * Errors are about the request's path. */
tn_status tni_doc_index_compile(tn_ctx *ctx, tn_value definition, tni_doc_index *out) TN_MUST_USE;
/* Gives it a number and stores its definition. Each change of indexes gives the collection another stamp. */
tn_status tni_doc_index_add(tn_ctx *ctx, tni_doc_collection *c, tni_doc_index *index) TN_MUST_USE;
/* Stores which paths go through arrays, where that has changed. */
tn_status tni_doc_index_save(tn_ctx *ctx, tni_doc_collection *c, tni_doc_index *index) TN_MUST_USE;
/* Removes the definition and all entries. */
tn_status tni_doc_index_drop(tn_ctx *ctx, tni_doc_collection *c, const tni_doc_index *index) TN_MUST_USE;

/* The path of a field's first `steps` steps. */
tn_slice tni_doc_field_path(const tni_doc_field *field, uint32_t steps);

#endif
