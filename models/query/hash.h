/* hash.h - a hash of values for tables whose keys are equal when tn_value_compare() says so: 1 and 1.0 are one, in
 * objects and arrays, too. */
#ifndef TENON_QUERY_HASH_H
#define TENON_QUERY_HASH_H

#include "query.h"

uint64_t tni_hash_value(tn_ctx *ctx, tn_value value);

#endif
