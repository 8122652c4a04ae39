/* seek.h - the nodes that an index offers for a filter. */
#ifndef TENON_GRAPH_SEEK_H
#define TENON_GRAPH_SEEK_H

#include "query/filter.h"
#include "rules.h"

/* *found false: no index of the label helps. Else the ids of all nodes with the label that the filter can take, and
 * perhaps others, rising, each once; in scratch memory. */
tn_status tni_graph_seek(tn_ctx *ctx, int64_t label, const tni_filter *filter, bool *found, const uint64_t **ids,
                         size_t *count) TN_MUST_USE;

/* The ids of the nodes that have this value under an index, in the same way. */
tn_status tni_graph_seek_equal(tn_ctx *ctx, const tni_graph_rule *rule, tn_value value, const uint64_t **ids,
                               size_t *count) TN_MUST_USE;

#endif
