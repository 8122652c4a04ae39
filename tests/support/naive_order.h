/* naive_order.h - orders of documents once more, as slow and as plain as can be, for a test to compare with. Paths
 * without numbers. */
#ifndef TENON_TESTS_NAIVE_ORDER_H
#define TENON_TESTS_NAIVE_ORDER_H

#include "tenon_value.h"

/* Below 0 when `a` comes before `b` by the sort {"path": 1 or -1, ...}; ties by _id. An empty sort is by _id. */
int naive_compare(tn_value sort, tn_value a, tn_value b);

#endif
