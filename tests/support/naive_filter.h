/* naive_filter.h - filters read straight from the request, document by document, slowly and plainly: what compiled
 * ones are compared with. No $expr; of $regex only "text" and "^text". What is refused must not come here. */
#ifndef TENON_TESTS_NAIVE_FILTER_H
#define TENON_TESTS_NAIVE_FILTER_H

#include "tenon_value.h"

bool naive_matches(tn_value filter, tn_value doc);

#endif
