/* scan.h - walks a plan: one document after another, in the plan's order, each once. It does not look into documents.
 */
#ifndef TENON_DOCUMENT_SCAN_H
#define TENON_DOCUMENT_SCAN_H

#include "plan.h"
#include "store.h"

#define TNI_DOC_FETCH_MAX 64 /* documents that are looked up together */

typedef struct tni_doc_counts {
  uint64_t keys;      /* of indexes, and of documents that were walked */
  uint64_t documents; /* that were read */
} tni_doc_counts;

typedef struct tni_doc_scan tni_doc_scan;

/* `after`: an id's part; only documents behind it, in the order of ids, are
 * wanted; empty = all. `limit`: how many are likely to be taken, to fetch no more at first. */
tn_status tni_doc_scan_open(tn_ctx *ctx, const tni_doc_collection *c, const tni_doc_plan *plan, tn_slice after,
                            uint64_t limit, tni_doc_scan **out) TN_MUST_USE;
/* NOT_FOUND at the end. What it hands out lives until the next change of a map, but for `key`: until the next call.
 */
tn_status tni_doc_scan_next(tni_doc_scan *scan, tni_doc_stored *out) TN_MUST_USE;
/* How many documents have keys in the ranges, for a plan that is covered. */
tn_status tni_doc_scan_count(tni_doc_scan *scan, uint64_t *out) TN_MUST_USE;

/* Whether what it hands out is known to match; after the first document. */
bool tni_doc_scan_is_exact(const tni_doc_scan *scan);
tni_doc_counts tni_doc_scan_counts(const tni_doc_scan *scan);

#endif
