/* join.h - the documents of a collection that have one of another document's values at a path: for $lookup. Found by
 * an index of that collection, else in a table of all its documents, which is made once for a request. */
#ifndef TENON_DOCUMENT_JOIN_H
#define TENON_DOCUMENT_JOIN_H

#include "query/table.h"
#include "stage.h"

typedef struct tni_join {
  tni_request *request;
  tni_path local, foreign;
  bool has_seeker;
  tni_doc_seeker seeker;
  tni_chain all; /* the collection's documents */
  tni_pool pool; /* has what was made of them, until the request ends */
  tni_table table;
  bool has_table;
} tni_join;

/* `collection` and its place in the request; the paths are set already. */
tn_status tni_join_compile(tni_join *join, tni_request *request, tn_value collection, const char *where) TN_MUST_USE;

/* As a filter would find them, each once, in the collection's order. An array's items are values of their own, a
 * missing field is null. The list and, for an index, the documents lie in `pool`. */
tn_status tni_join_find(tni_join *join, tn_value doc, tni_pool *pool, tni_doc_list *out) TN_MUST_USE;

#endif
