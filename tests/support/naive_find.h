/* naive_find.h - filters and orders once more, as slow and as plain as can be, for a test to compare with. Knows the
 * operators $eq $ne $gt $gte $lt $lte $in $exists $elemMatch $or, and no paths with numbers. */
#ifndef TENON_TESTS_NAIVE_FIND_H
#define TENON_TESTS_NAIVE_FIND_H

#include "tenon_value.h"

bool naive_find_matches(tn_value filter, tn_value doc);

/* Below 0 when `a` comes before `b` by the sort {"path": 1 or -1, ...}; ties by _id. An absent sort is by _id. */
int naive_compare(tn_value sort, tn_value a, tn_value b);

#endif
