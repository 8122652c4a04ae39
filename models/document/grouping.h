/* grouping.h - what $group, $sortByCount, $bucket and $bucketAuto share: fields that accumulators fill, and the
 * states of these for one group. */
#ifndef TENON_DOCUMENT_GROUPING_H
#define TENON_DOCUMENT_GROUPING_H

#include "query/accumulator.h"
#include "stage.h"

typedef struct tni_grouping_field {
  tn_slice name;
  const tni_accumulator *accumulator;
  size_t offset; /* of its state */
} tni_grouping_field;

typedef struct tni_grouping_fields {
  tni_grouping_field *fields;
  uint32_t count;
  size_t size; /* of the states of one group */
} tni_grouping_fields;

/* {"total": {"$sum": "$qty"}, ...}; `but` is the name of a field that is none of them, "" for none. */
tn_status tni_grouping_fields_compile(tni_request *request, tn_value spec, const char *but, const char *where,
                                      tni_grouping_fields *out) TN_MUST_USE;

/* `states` are `size` zeroed bytes. */
tn_status tni_grouping_begin(const tni_grouping_fields *fields, tni_stage *stage, void *states,
                             tn_value id) TN_MUST_USE;
/* Takes a document; what is kept of it lies in stage->kept. */
tn_status tni_grouping_take(const tni_grouping_fields *fields, tni_stage *stage, void *states,
                            tn_value doc) TN_MUST_USE;
/* {"_id": id, "total": ...} in stage->out. */
tn_status tni_grouping_give(const tni_grouping_fields *fields, tni_stage *stage, void *states, tn_value id,
                            tn_value *doc) TN_MUST_USE;

/* {"count": {"$sum": 1}}, what there is where no fields are named. NULL: no memory. */
tn_builder *tni_grouping_count_fields(tni_request *request);

/* Which bucket a value falls into: boundaries[i] <= value < boundaries[i + 1] is that of boundaries[i]. */
typedef struct tni_buckets {
  const tn_value *boundaries;
  uint32_t count;
  tn_value otherwise; /* absent: a value outside of them is an error */
} tni_buckets;

/* Adds a stage that groups by the expression `id`, or by the bucket its value is in; `buckets` may be NULL. */
tn_status tni_grouping_add(tni_chain *chain, const tni_expr *id, const tni_buckets *buckets,
                           tni_grouping_fields fields, const char *where) TN_MUST_USE;

/* Adds {"$sort": {field: direction}}. */
tn_status tni_grouping_sort(tni_chain *chain, const char *field, int direction, const char *where) TN_MUST_USE;

/* True of "$field" and of an object with one operator. */
bool tni_is_computed(tn_value spec);

#endif
