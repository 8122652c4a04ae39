/* algo_groups.h - algorithms that put each node into one group, which is named by one of its nodes: they answer a row
 * {id, value} for each node, or {value, size, ids} for each group. */
#ifndef TENON_GRAPH_ALGO_GROUPS_H
#define TENON_GRAPH_ALGO_GROUPS_H

#include "algo_rows.h"

/* Answers for each node the number of the node that names its group. */
typedef tn_status (*tni_graph_group_fn)(tni_graph_algo *algo, uint32_t **groups);

/* The parameters groups and members, in this order. */
#define TNI_GRAPH_GROUPS_MEMBERS_DEFAULT 10

/* Opens, finds, answers and closes. `given` are groups and members; `rounds`: how often find() goes over all;
 * NULL = once. Of groups the largest come first, or by name where the order is by id. */
tn_status tni_graph_algo_group(tn_ctx *ctx, const tni_graph_algo_spec *spec, const tn_value *given,
                               tni_graph_group_fn find, const uint64_t *rounds, tn_builder *row) TN_MUST_USE;

#endif
