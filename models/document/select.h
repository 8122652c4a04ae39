/* select.h - the documents that a request means: collection, filter, order, skip, limit and the place to go on after,
 * read from an op's arguments once, then handed out one after another. What an op does with them is its own. */
#ifndef TENON_DOCUMENT_SELECT_H
#define TENON_DOCUMENT_SELECT_H

#include "scan.h"

/* Arguments by name, all but `filter` may be absent. They must outlive the request. */
typedef struct tni_doc_query {
  tn_value filter, sort, skip, limit, after, hint;
  const char *filter_where, *sort_where; /* their places in the request; NULL: their names */
  bool counting;                         /* only how many are asked for */
  bool explaining;                       /* every way is to be weighed */
} tni_doc_query;

typedef struct tni_doc_request {
  tn_ctx *ctx;
  tni_doc_collection *collection;
  tn_value id;              /* the filter is {_id: this}; absent */
  const tni_filter *filter; /* NULL: it takes everything, or all with `id` */
  const tni_term *terms;
  size_t term_count;
  bool complete;
  bool counting;
  bool ids_descend; /* by _id from the largest, without `sorts` */
  bool sorts;       /* by `sort` */
  tni_sort sort;
  uint64_t skip, limit; /* TNI_DOC_ALL: no limit */
  tn_value hint;
  tn_slice after_id;          /* an id's part; empty: from the beginning */
  const tn_value *after_keys; /* what it sorts by, with `sorts` */
} tni_doc_request;

/* A document, and what of it matched. */
typedef struct tni_doc_found {
  tni_doc_stored stored;
  tni_hit hit;
} tni_doc_found;

typedef struct tni_doc_select tni_doc_select;

/* INVALID with the argument's path; NOT_FOUND: `after` names a document that is gone, and only it knows what it sorts
 * by. */
tn_status tni_doc_request_read(tn_ctx *ctx, tni_doc_collection *collection, const tni_doc_query *query,
                               tni_doc_request *out) TN_MUST_USE;
tn_status tni_doc_request_plan(const tni_doc_request *request, bool explain, tni_doc_choice *out) TN_MUST_USE;

/* `pool` holds what is sorted. */
tn_status tni_doc_select_open(const tni_doc_request *request, const tni_doc_plan *plan, tni_pool *pool,
                              tni_doc_select **out) TN_MUST_USE;
/* NOT_FOUND at the end. Lives until the next change of a map. */
tn_status tni_doc_select_next(tni_doc_select *select, tni_doc_found *out) TN_MUST_USE;
/* How many there are, by the shortest way; skip and limit count. */
tn_status tni_doc_select_count(tni_doc_select *select, uint64_t *out) TN_MUST_USE;
tni_doc_counts tni_doc_select_counts(const tni_doc_select *select);

/* Plans and opens. */
tn_status tni_doc_select_begin(const tni_doc_request *request, tni_pool *pool, tni_doc_select **out) TN_MUST_USE;

#endif
