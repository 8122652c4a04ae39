/* plan.h - which way an op takes to the documents of a filter: all of them, by _id, or by an index; chosen by what
 * each is estimated to cost. It reads no document. */
#ifndef TENON_DOCUMENT_PLAN_H
#define TENON_DOCUMENT_PLAN_H

#include "bounds.h"
#include "catalog.h"
#include "query/sort.h"

#define TNI_DOC_ALL UINT64_MAX /* no limit */

/* What is asked. */
typedef struct tni_doc_ask {
  tni_doc_collection *collection;
  tn_value id; /* the filter is {_id: this} and nothing else, and there are no terms; absent */
  const tni_term *terms;
  size_t term_count;
  bool complete;        /* the terms say all that the filter does */
  const tni_sort *sort; /* NULL: in order of _id */
  bool ids_descend;     /* then from the largest _id */
  uint64_t limit;       /* documents that are wanted, those to skip included; TNI_DOC_ALL */
  bool counting;        /* only how many */
  tn_value hint;        /* absent, or the name of an index, "id" or "scan" */
} tni_doc_ask;

typedef enum tni_doc_way { TNI_DOC_SCAN, TNI_DOC_BY_ID, TNI_DOC_BY_INDEX } tni_doc_way;

typedef enum tni_doc_order {
  TNI_DOC_IN_ORDER,   /* documents come as asked, but for ties where `group_fields` is above 0 */
  TNI_DOC_COLLECT_IDS /* keys are read first, and their ids put in order */
} tni_doc_order;

typedef struct tni_doc_plan {
  tni_doc_way way;
  const tni_doc_index *index; /* TNI_DOC_BY_INDEX */
  tni_doc_range *ranges;      /* of the map's keys, in order */
  uint32_t range_count;
  bool whole_keys; /* each range's `from` is the one key in it */
  bool reverse;    /* from the last key to the first */
  tni_doc_order order;
  uint32_t sort_fields;  /* the first ones of the index, that make its order the one asked */
  uint32_t group_fields; /* keys that are the same up to this field are a tie; 0: there are none to put in order */
  bool repeats;          /* a document may have several keys in the ranges */
  bool sorts;            /* documents still have to be put in the order asked */
  bool exact;   /* what has a key in the ranges matches: no document has to be asked, or tells where it did */
  bool covered; /* keys alone tell how many documents there are */
  const tni_doc_bounds *bounds; /* of the first `bound_fields` fields, or of _id */
  uint32_t bound_fields;
  double keys; /* estimated, as the next two */
  double tie;  /* keys that have to be read before any of them is handed out */
  double cost; /* 1 is reading a key that lies beside the one before */
} tni_doc_plan;

/* Whether a value has a key that stands for nothing but its equals, and may be looked up without weighing ways. */
bool tni_doc_is_straight(tn_value value);

/* Why an index was not taken. */
typedef struct tni_doc_rejected {
  tn_slice index;
  const char *why;
} tni_doc_rejected;

typedef struct tni_doc_choice {
  tni_doc_plan plan;
  const tni_doc_rejected *rejected;
  uint32_t rejected_count;
} tni_doc_choice;

/* INVALID: the hint names nothing there is, or an index that does not hold all the filter may match. `explain`: say
 * why others lost. */
tn_status tni_doc_choose(tn_ctx *ctx, const tni_doc_ask *ask, bool explain, tni_doc_choice *out) TN_MUST_USE;

#endif
