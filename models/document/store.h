/* store.h - documents and the index entries that follow them: the only code that changes both. It knows no op.
 *
 *   documents  (collection no, _id)  -> [version, document]     version: the seq of the record that last changed it
 *
 * A stored document is an object whose first field is _id. Equal ids are spelled as in the document. */
#ifndef TENON_DOCUMENT_STORE_H
#define TENON_DOCUMENT_STORE_H

#include "entries.h"
#include "id.h"

typedef struct tni_doc_stored {
  tn_slice key; /* of the map */
  uint64_t version;
  tn_value doc; /* lives as long as the bytes it was read from */
} tni_doc_stored;

/* What an op that changes documents of one collection works with. Lives in the handler's frame. */
typedef struct tni_doc_store {
  tn_ctx *ctx;
  tni_doc_collection *collection;
  tni_pool *pool;
  uint64_t made;    /* ids made in this op */
  tn_value version; /* that documents get from this op */
  uint8_t *entry;   /* room for [version, document], in scratch memory; NULL */
  size_t entry_capacity;
} tni_doc_store;

tn_status tni_doc_store_init(tni_doc_store *s, tn_ctx *ctx, tni_doc_collection *collection,
                             tni_pool *pool) TN_MUST_USE;

/* The id's part of a documents key. */
static inline tn_slice tni_doc_id_part(const tni_doc_collection *c, tn_slice key) {
  return (tn_slice){(const uint8_t *)key.data + c->prefix_size, key.size - c->prefix_size};
}

/* Takes stored bytes apart. CORRUPT. */
tn_status tni_doc_read(tn_ctx *ctx, tn_slice key, tn_slice bytes, tni_doc_stored *out) TN_MUST_USE;
/* The key of the document with that id. INVALID, LIMIT with `where`. */
tn_status tni_doc_key_of(tn_ctx *ctx, const tni_doc_collection *c, tn_value id, const char *where,
                         tni_doc_key *key) TN_MUST_USE;
/* NOT_FOUND without text. */
tn_status tni_doc_get(tn_ctx *ctx, tn_slice key, tni_doc_stored *out) TN_MUST_USE;

/* `doc` with its _id in front, one made here where it has none. In the pool, or `doc` itself. */
tn_status tni_doc_with_id(tni_doc_store *s, tn_value doc, const char *where, tn_value *out) TN_MUST_USE;

/* What fails may have changed something: the op has to fail, too. CONSTRAINT: a unique index has the key already;
 * INVALID, LIMIT. The texts of errors name the index; `where` is the document's place in the request. */

/* A new document, as tni_doc_with_id() made it. EXISTS: the id is there. The where of errors is "_id" or empty: a
 * place in the document. */
tn_status tni_doc_insert(tni_doc_store *s, tn_value doc) TN_MUST_USE;
/* Puts `doc`, with the same _id, in place of the one at `key`, whose bytes now are `old`. `touched` NULL: any of its
 * fields may be another. */
tn_status tni_doc_change(tni_doc_store *s, tn_slice key, tn_value old, tn_value doc, const tni_doc_touched *touched,
                         const char *where) TN_MUST_USE;
tn_status tni_doc_remove(tni_doc_store *s, tn_slice key, tn_value old) TN_MUST_USE;

/* One entry of a document in one index. */
tn_status tni_doc_put_entry(tni_doc_store *s, const tni_doc_index *index, tn_slice key, tn_slice id_part,
                            const char *where) TN_MUST_USE;
/* Stores what indexes learned of arrays; after the last change. */
tn_status tni_doc_store_finish(tni_doc_store *s) TN_MUST_USE;

#endif
