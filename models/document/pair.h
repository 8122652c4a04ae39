/* pair.h - an array of two values, written in its final form at once: a builder would move what it has written. Knows
 * no document. */
#ifndef TENON_DOCUMENT_PAIR_H
#define TENON_DOCUMENT_PAIR_H

#include "tenon_plugin.h"

#define TNI_DOC_PAIR_EXTRA (1 + 4 + 3 * 4) /* bytes beside the values at most: tag, size, two ends, count */

/* Whether [scalar, value] is a value: neither nested too deep nor too large. */
bool tni_doc_pair_fits(tn_value value);
/* [first, second] at `to`, where TNI_DOC_PAIR_EXTRA bytes more than both are free. */
tn_value tni_doc_pair_put(uint8_t *to, tn_value first, tn_value second);

#endif
