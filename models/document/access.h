/* access.h - what one index can do for a filter: the bounds that terms give its fields, and whether it holds all that
 * may match. Terms on a path through an array hold for some item each, so two of them bound the same keys only when
 * one $elemMatch holds them together. */
#ifndef TENON_DOCUMENT_ACCESS_H
#define TENON_DOCUMENT_ACCESS_H

#include "plan.h"

#define TNI_DOC_RANGES_MAX 1024 /* of one plan; beyond them neighbours are read along */

typedef struct tni_doc_access {
  const tni_doc_index *index;
  tni_doc_bounds bounds[TNI_DOC_FIELDS_MAX];
  uint32_t bound_fields; /* the first ones; all but the last of them are points */
  tni_doc_range *ranges;
  uint32_t range_count;
  bool whole_keys;
  bool exact; /* a key in the ranges is a document that fulfils all terms */
} tni_doc_access;

/* *why is NULL, or why the index cannot answer at all. */
tn_status tni_doc_access_make(tn_ctx *ctx, const tni_doc_ask *ask, const tni_doc_index *index, tni_doc_access *out,
                              const char **why) TN_MUST_USE;

/* Whether its keys are in the order that is asked; sets what of a plan tells how. */
bool tni_doc_access_in_order(const tni_doc_access *access, const tni_doc_ask *ask, tni_doc_plan *plan);
/* Whether a document may have several keys in the ranges. */
bool tni_doc_access_repeats(const tni_doc_access *access);

/* The bounds of _id, false when no term has any; and the ranges of a map's keys that begin with `prefix`. */
tn_status tni_doc_id_bounds(tn_ctx *ctx, const tni_doc_ask *ask, tni_doc_bounds *out, bool *bounded) TN_MUST_USE;
tn_status tni_doc_ranges_below(tn_ctx *ctx, tn_slice prefix, const tni_doc_bounds *bounds,
                               tni_doc_range *out) TN_MUST_USE;
/* All keys that begin with `prefix`. */
tn_status tni_doc_range_all(tn_ctx *ctx, tn_slice prefix, tni_doc_range *out) TN_MUST_USE;

/* Whether the path of the field is that of the term. */
static inline bool tni_doc_term_is_on(const tni_term *term, const tni_path *path) {
  return tni_slice_same(term->path.text, path->text);
}

#endif
