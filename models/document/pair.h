/* pair.h - an array of two values, and an object of a few short fields, written in their final form at once: a
 * builder would move what it has written, and look for names that are the same. Knows no document. */
#ifndef TENON_DOCUMENT_PAIR_H
#define TENON_DOCUMENT_PAIR_H

#include "tenon_plugin.h"

#define TNI_DOC_PAIR_EXTRA (1 + 4 + 3 * 4) /* bytes beside the values at most: tag, size, two ends, count */

/* Whether [scalar, value] is a value: neither nested too deep nor too large. */
bool tni_doc_pair_fits(tn_value value);
/* [first, second] at `to`, where TNI_DOC_PAIR_EXTRA bytes more than both are free. */
tn_value tni_doc_pair_put(uint8_t *to, tn_value first, tn_value second);

#define TNI_DOC_SMALL_MAX 200 /* bytes of all names and values */
#define TNI_DOC_SMALL_FIELDS_MAX 8
#define TNI_DOC_SMALL_EXTRA (3 + 2 * TNI_DOC_SMALL_FIELDS_MAX) /* bytes beside them at most */

/* The object of these fields at `to`, where there is room for all of them and TNI_DOC_SMALL_EXTRA bytes. Names differ
 * and have 63 bytes at most; values are scalars. */
tn_value tni_doc_small_put(uint8_t *to, const tn_slice *names, const tn_value *values, uint32_t count);

#endif
