/* order.h - puts what pointers point to in order: a stable merge sort that can be interrupted. */
#ifndef TENON_QUERY_ORDER_H
#define TENON_QUERY_ORDER_H

#include "query.h"

typedef int (*tni_compare_fn)(void *arg, const void *a, const void *b);

/* `room` has place for `count` pointers, too. INTERRUPTED, LIMIT (deadline): the order is then any. */
tn_status tni_order(tn_ctx *ctx, const void **items, const void **room, size_t count, tni_compare_fn compare,
                    void *arg) TN_MUST_USE;

#endif
