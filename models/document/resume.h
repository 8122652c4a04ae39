/* resume.h - cuts a plan's ranges down to what comes behind the document that a page goes on after. It reads no
 * document: what is in a range may still stand before that place where keys tie. */
#ifndef TENON_DOCUMENT_RESUME_H
#define TENON_DOCUMENT_RESUME_H

#include "plan.h"

/* Of a walk through the documents themselves, behind the one whose id has that part. */
tn_status tni_doc_resume_id(tn_ctx *ctx, const tni_doc_collection *c, tn_slice id_part,
                            tni_doc_plan *plan) TN_MUST_USE;
/* Of a walk through an index in the order of `sort`: from the keys on that tie with `keys`, one of each field of the
 * sort. Leaves the plan as it is where that cannot be told. */
tn_status tni_doc_resume_sorted(tn_ctx *ctx, const tni_sort *sort, const tn_value *keys,
                                tni_doc_plan *plan) TN_MUST_USE;

#endif
