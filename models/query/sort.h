/* sort.h - orders of documents: {"age": -1, "name": 1}, and sorting by them. An array is taken at its smallest item
 * where the order goes up and at its largest where it goes down; a missing field is null; an empty array comes before
 * null. Total and stable: equals stay in the order they came. */
#ifndef TENON_QUERY_SORT_H
#define TENON_QUERY_SORT_H

#include "path.h"
#include "pool.h"

#define TNI_SORT_FIELDS_MAX 32

typedef struct tni_sort_field {
  tni_path path;
  bool descending;
} tni_sort_field;

typedef struct tni_sort {
  tni_sort_field *fields; /* scratch memory */
  uint32_t count;
  tn_ctx *ctx; /* of the call that compiled it */
} tni_sort;

/* `spec` is an object of paths and 1 or -1; INVALID else, or when it is empty; LIMIT: too many fields. */
tn_status tni_sort_compile(tn_ctx *ctx, tn_value spec, const char *where, tni_sort *out) TN_MUST_USE;

/* keys[i] = what field i sorts by: absent for an empty array, null for a missing field, also where a path goes on and
 * an array has something else than an object. They point into the document. */
void tni_sort_keys(const tni_sort *sort, tn_value doc, tn_value *keys);
int tni_sort_compare(tn_ctx *ctx, const tni_sort *sort, const tn_value *a, const tn_value *b);

/* Collects documents, or what stands for them, and hands them out in order; with a limit it keeps no more than that.
 */
typedef struct tni_sorter tni_sorter;
/* `limit` 0 = all. The pool holds what is collected. */
tn_status tni_sorter_create(tni_pool *pool, const tni_sort *sort, uint64_t limit, tni_sorter **out) TN_MUST_USE;
/* Copies keys and payload; a payload is aligned for any type. LIMIT, NOMEM. */
tn_status tni_sorter_add(tni_sorter *sorter, const tn_value *keys, tn_slice payload) TN_MUST_USE;
/* After the last add. INTERRUPTED, LIMIT (deadline). */
tn_status tni_sorter_finish(tni_sorter *sorter) TN_MUST_USE;
/* NOT_FOUND at the end. The slice lives as long as the pool's mark before the sorter. */
tn_status tni_sorter_next(tni_sorter *sorter, tn_slice *payload) TN_MUST_USE;

#endif
