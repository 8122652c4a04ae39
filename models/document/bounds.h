/* bounds.h - what the terms of a filter say about the keys of one field of an index: ranges of parts. It knows
 * neither indexes nor arrays; plan.c decides which terms may be taken together. */
#ifndef TENON_DOCUMENT_BOUNDS_H
#define TENON_DOCUMENT_BOUNDS_H

#include "key.h"
#include "query/filter.h"

/* from <= part < to, of parts that go up. A range of one value ends with its part and ff. */
typedef struct tni_doc_range {
  tn_slice from, to;
} tni_doc_range;

typedef struct tni_doc_bounds {
  tni_doc_range *ranges; /* in order, none touches the next; scratch memory */
  uint32_t count;        /* 0: nothing can match */
  bool exact;            /* whatever has a key in them fulfils the terms */
  bool points;           /* each is one value */
} tni_doc_bounds;

static inline bool tni_doc_is_point(const tni_doc_range *r) {
  return r->to.size == r->from.size + 1 && ((const uint8_t *)r->to.data)[r->from.size] == 0xff &&
         memcmp(r->from.data, r->to.data, r->from.size) == 0;
}

/* False when the term says nothing about keys: then *out is left alone. NOMEM, LIMIT: an operand has no key. */
tn_status tni_doc_bounds_of(tn_ctx *ctx, const tni_term *term, tni_doc_bounds *out, bool *bounded) TN_MUST_USE;
/* What is in both. */
tn_status tni_doc_bounds_both(tn_ctx *ctx, const tni_doc_bounds *a, const tni_doc_bounds *b,
                              tni_doc_bounds *out) TN_MUST_USE;
bool tni_doc_bounds_within(const tni_doc_bounds *inner, const tni_doc_bounds *outer);

/* The same ranges of complemented parts, in their order. */
tn_status tni_doc_bounds_flip(tn_ctx *ctx, const tni_doc_bounds *bounds, tni_doc_bounds *out) TN_MUST_USE;

/* True when a document whose field is missing or null does not fulfil the term. */
bool tni_doc_term_needs_value(const tni_term *term);

/* Appends the ranges as people read them, [["a", "c"]], to an open array. */
tn_status tni_doc_bounds_print(tn_ctx *ctx, const tni_doc_bounds *bounds, tn_builder *out) TN_MUST_USE;

#endif
