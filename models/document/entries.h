/* entries.h - the keys that one document has in one index: one, or more where a path leads through an array.
 *
 *   index no | field | field | ... | _id      -> nothing
 *   index no | field | field | ... | 01       -> the _id's part        in a unique index
 *
 * A field that goes down has all bytes of its part complemented. A missing field is null, an empty array the byte 01;
 * of an array each item is a key. Fields that lead through the same array take each item together. */
#ifndef TENON_DOCUMENT_ENTRIES_H
#define TENON_DOCUMENT_ENTRIES_H

#include "catalog.h"

typedef struct tni_doc_entries {
  tn_slice *keys; /* in order, each once; none when the document is not in the index */
  uint32_t count;
} tni_doc_entries;

/* Names of fields outside of which two documents are the same. */
typedef struct tni_doc_touched {
  const tn_slice *names;
  uint32_t count;
} tni_doc_touched;

/* Whether a path of the index begins with one of them, or documents are in it for other fields' sake. */
bool tni_doc_index_is_touched(const tni_doc_index *index, const tni_doc_touched *touched);

/* In the pool. Notes arrays in the index. INVALID: two fields lead through different arrays; LIMIT: a key is too
 * long; the text names the index and the document, `where` is handed on. */
tn_status tni_doc_entries_make(tni_pool *pool, tni_doc_index *index, tn_value doc, tn_slice id_part,
                               const char *where, tni_doc_entries *out) TN_MUST_USE;

/* Of the document before and after a change; `touched` NULL: nothing is known of it. */
tn_status tni_doc_entries_change(tni_pool *pool, tni_doc_index *index, tn_value old, tn_value new,
                                 const tni_doc_touched *touched, tn_slice id_part, const char *where,
                                 tni_doc_entries *had, tni_doc_entries *has) TN_MUST_USE;

/* What an entry of a document's stores beside its key. */
static inline tn_slice tni_doc_entry_value(const tni_doc_index *index, tn_slice id_part) {
  return index->unique ? id_part : (tn_slice){"", 0};
}
/* The id's part of an entry that was found: in its value, or behind its fields. CORRUPT. */
tn_status tni_doc_entry_id(tn_ctx *ctx, const tni_doc_index *index, tn_slice key, tn_slice value,
                           tn_slice *out) TN_MUST_USE;
/* How many bytes the prefix and the first `fields` fields have. CORRUPT. */
tn_status tni_doc_entry_size(tn_ctx *ctx, const tni_doc_index *index, tn_slice key, uint32_t fields,
                             size_t *out) TN_MUST_USE;

#endif
