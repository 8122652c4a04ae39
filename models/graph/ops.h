/* ops.h - the handlers behind the graph's ops. graph.c binds each to its name and parameters; an op's doc there says
 * what it answers and refuses, and `argv` holds its parameters in the order of its table. */
#ifndef TENON_GRAPH_OPS_H
#define TENON_GRAPH_OPS_H

#include "tenon_plugin.h"

#define TNI_GRAPH_VISITED_DEFAULT 10000000 /* edges that a walk looks at, when nothing else is said */
#define TNI_GRAPH_MS_DEFAULT 10000         /* milliseconds that it takes */

/* ops_node.c */
tn_status tni_graph_op_create_node(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_graph_op_delete_node(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_graph_op_get(tn_ctx *ctx, const tn_value *argv, tn_builder *result);

/* ops_edge.c */
tn_status tni_graph_op_create_edge(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_graph_op_delete_edge(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_graph_op_get_edge(tn_ctx *ctx, const tn_value *argv, tn_builder *result);

/* ops_set.c */
tn_status tni_graph_op_set(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_graph_op_remove(tn_ctx *ctx, const tn_value *argv, tn_builder *result);

/* ops_neighbors.c */
tn_status tni_graph_op_neighbors(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_graph_op_degree(tn_ctx *ctx, const tn_value *argv, tn_builder *result);

/* ops_adjacent.c */
tn_status tni_graph_op_adjacent(tn_ctx *ctx, const tn_value *argv, tn_builder *result);

/* ops_find.c */
tn_status tni_graph_op_find(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_graph_op_count(tn_ctx *ctx, const tn_value *argv, tn_builder *result);

/* ops_rules.c */
tn_status tni_graph_op_create_constraint(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_graph_op_drop_constraint(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_graph_op_list_constraints(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_graph_op_create_index(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_graph_op_drop_index(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_graph_op_list_indexes(tn_ctx *ctx, const tn_value *argv, tn_builder *result);

/* ops_merge.c */
tn_status tni_graph_op_merge_node(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_graph_op_merge_edge(tn_ctx *ctx, const tn_value *argv, tn_builder *result);

/* ops_load.c */
tn_status tni_graph_op_load_nodes(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_graph_op_load_edges(tn_ctx *ctx, const tn_value *argv, tn_builder *result);

/* ops_stats.c */
tn_status tni_graph_op_stats(tn_ctx *ctx, const tn_value *argv, tn_builder *result);

/* ops_walk.c */
tn_status tni_graph_op_expand(tn_ctx *ctx, const tn_value *argv, tn_builder *result);

/* ops_reach.c */
tn_status tni_graph_op_reach(tn_ctx *ctx, const tn_value *argv, tn_builder *result);

/* ops_path.c */
tn_status tni_graph_op_shortest_path(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_graph_op_all_paths(tn_ctx *ctx, const tn_value *argv, tn_builder *result);

/* ops_excerpt.c */
tn_status tni_graph_op_subgraph(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_graph_op_dot(tn_ctx *ctx, const tn_value *argv, tn_builder *result);

/* ops_restore.c */
tn_status tni_graph_op_load(tn_ctx *ctx, const tn_value *argv, tn_builder *result);

/* ops_export.c */
tn_status tni_graph_op_export(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_graph_op_export_dot(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_graph_op_export_graphml(tn_ctx *ctx, const tn_value *argv, tn_builder *result);

/* algo_*.c */
tn_status tni_graph_op_bfs(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_graph_op_sssp(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_graph_op_pagerank(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_graph_op_wcc(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_graph_op_scc(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_graph_op_cdlp(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_graph_op_lcc(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_graph_op_triangles(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_graph_op_degree_centrality(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_graph_op_topological_sort(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_graph_op_find_cycle(tn_ctx *ctx, const tn_value *argv, tn_builder *result);

/* ops_bulk.c */
tn_status tni_graph_op_create_nodes(tn_ctx *ctx, const tn_value *argv, tn_builder *result);
tn_status tni_graph_op_create_edges(tn_ctx *ctx, const tn_value *argv, tn_builder *result);

#endif
