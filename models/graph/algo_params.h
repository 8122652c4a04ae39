/* algo_params.h - the algorithms' rows of the table of ops in graph.c, and their parameters. */
#ifndef TENON_GRAPH_ALGO_PARAMS_H
#define TENON_GRAPH_ALGO_PARAMS_H

#include "ops.h"
#include "params.h"

#define ORDER \
  TN_OPTIONAL("order", TN_T_STRING, "id, or value: the best ones first; value when a limit is given, else id")
#define WITH_NODES TN_FLAG("nodes", "rows have the nodes' labels and props as well")
#define ALGO_MAX_MS TN_OPTIONAL("max_ms", TN_T_INT, "milliseconds before it ends with LIMIT; 60000 when not given")
#define MAX_MEMORY TN_OPTIONAL("max_memory_bytes", TN_T_INT, "what its arrays may take; 4 GiB when not given")
#define TAIL LIMIT, ORDER, WITH_NODES, ALGO_MAX_MS, MAX_MEMORY
#define DIRECTION_BOTH TN_OPTIONAL("direction", TN_T_STRING, "out, in or both; both when not given")
#define GROUPS TN_FLAG("groups", "a row {value, size, ids} for each group, the largest first")
#define MEMBERS TN_OPTIONAL("members", TN_T_INT, "ids in such a row at most; 10 when not given")
#define ITERATIONS(otherwise) TN_OPTIONAL("iterations", TN_T_INT, "rounds, from 0 up; " otherwise " when not given")

static const tn_param bfs_params[] = {FROM, DIRECTION, TYPES, TAIL};
static const tn_param sssp_params[] = {
    FROM, DIRECTION, TYPES, TN_OPTIONAL("weight", TN_T_STRING, "a property, from 0 up; an edge without it weighs 1"),
    TAIL,
};
static const tn_param pagerank_params[] = {
    DIRECTION,
    TYPES,
    TN_OPTIONAL("damping", TN_T_NUMBER, "how much of a rank goes along edges, from 0 to 1; 0.85 when not given"),
    ITERATIONS("20"),
    TAIL,
};
static const tn_param components_params[] = {TYPES, GROUPS, MEMBERS, TAIL};
static const tn_param cdlp_params[] = {TYPES, ITERATIONS("10"), GROUPS, MEMBERS, TAIL};
static const tn_param lcc_params[] = {
    TN_OPTIONAL("direction", TN_T_STRING,
                "both: an edge joins two neighbours in both directions; out when not given"),
    TYPES,
    TAIL,
};
static const tn_param triangles_params[] = {TYPES, TAIL};
static const tn_param degree_centrality_params[] = {
    DIRECTION_BOTH,
    TYPES,
    TN_FLAG("counts", "values are the numbers of edges themselves"),
    TAIL,
};
static const tn_param topological_sort_params[] = {
    TN_OPTIONAL("direction", TN_T_STRING,
                "out: edges lead to later nodes, or in: to earlier ones; out when not given"),
    TYPES,
    LIMIT,
    WITH_NODES,
    ALGO_MAX_MS,
    MAX_MEMORY,
};
static const tn_param find_cycle_params[] = {
    TN_OPTIONAL("from", TNI_GRAPH_T_REF, "the shortest cycle that this node is on: " NODE_DOC),
    TYPES,
    ALGO_MAX_MS,
    MAX_MEMORY,
};

#define ALGORITHMS                                                                                                  \
  TN_ROWS_OP("bfs", bfs_params, tni_graph_op_bfs,                                                                   \
             "rows {id, value}, how many edges each node is away; 9223372036854775807: not reached"),               \
      TN_ROWS_OP("sssp", sssp_params, tni_graph_op_sssp,                                                            \
                 "rows {id, value}, the least sum of weights to each node; infinity: not reached"),                 \
      TN_ROWS_OP("pagerank", pagerank_params, tni_graph_op_pagerank, "rows {id, value}, ranks, whose sum is 1"),    \
      TN_ROWS_OP("wcc", components_params, tni_graph_op_wcc,                                                        \
                 "rows {id, value}, the smallest id of the nodes that hang together with it in any direction"),     \
      TN_ROWS_OP("scc", components_params, tni_graph_op_scc,                                                        \
                 "rows {id, value}, the smallest id of the nodes that lead to it and are led to"),                  \
      TN_ROWS_OP(                                                                                                   \
          "cdlp", cdlp_params, tni_graph_op_cdlp,                                                                   \
          "rows {id, value}, communities by label propagation: the label that most neighbours have, round by "      \
          "round"),                                                                                                 \
      TN_ROWS_OP("lcc", lcc_params, tni_graph_op_lcc,                                                               \
                 "rows {id, value}, which part of the edges that could be between a node's neighbours there are"),  \
      TN_ROWS_OP("triangles", triangles_params, tni_graph_op_triangles,                                             \
                 "rows {id, value}, how many pairs of a node's neighbours are neighbours of each other"),           \
      TN_ROWS_OP("degree_centrality", degree_centrality_params, tni_graph_op_degree_centrality,                     \
                 "rows {id, value}, edges by other nodes there are"),                                               \
      TN_ROWS_OP(                                                                                                   \
          "topological_sort", topological_sort_params, tni_graph_op_topological_sort,                               \
          "rows {id, value}, an order in which edges lead to later nodes, the smallest id first wherever there is " \
          "a choice; CONSTRAINT shows a cycle when there is none"),                                                 \
      TN_QUERY_OP("find_cycle", find_cycle_params, tni_graph_op_find_cycle,                                         \
                  "{length, nodes}, the first node being the last one again; NOT_FOUND")

#endif
