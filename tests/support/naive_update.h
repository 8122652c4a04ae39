/* naive_update.h - updates of documents done the long way: each path of an update becomes the places it leads to in
 * the document, in order, and for each place the whole document is built again. It knows the operators, and the
 * conditions that test_query_update_random.c draws: {"$gte": n} and {"b": n} for $pull, and the same on `x` as the
 * array filter. */
#ifndef TENON_TESTS_NAIVE_UPDATE_H
#define TENON_TESTS_NAIVE_UPDATE_H

#include "tenon_plugin.h"

typedef struct naive_request {
  tn_value update;
  tn_value item_filter; /* {"x": {"$gte": n}} or {"x.b": n}; absent = none */
  uint32_t hit;         /* the item that `$` is; UINT32_MAX = none */
  bool inserting;
} naive_request;

/* False: refused. *out lives as long as the call of the handler. */
bool naive_update(tn_ctx *ctx, const naive_request *request, tn_value doc, tn_value *out);

#endif
