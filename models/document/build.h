/* build.h - fills a new index from the documents there are. Keys are made of as many documents as memory is meant
 * for, put in order, and go into the map one behind the other: it grows at its end, where nodes come out full. */
#ifndef TENON_DOCUMENT_BUILD_H
#define TENON_DOCUMENT_BUILD_H

#include "store.h"

/* CONSTRAINT: two documents have one key of a unique index; what tni_doc_entries_make() says. Tells its progress in
 * documents. Stores what the index learned of arrays. */
tn_status tni_doc_index_build(tni_doc_store *s, tni_doc_index *index) TN_MUST_USE;

#endif
