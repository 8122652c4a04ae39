#include "graph.h"

#include "algo_params.h"
#include "check.h"
#include "store.h"

/* ---- changing ---------------------------------------------------------------------------------- */

static const tn_param create_node_params[] = {
    TN_OPTIONAL("labels", TN_T_STRING | TN_T_ARRAY, "a label, or an array of them"),
    TN_OPTIONAL("props", TN_T_OBJECT, "properties: any values by name"),
    TN_OPTIONAL("id", TN_T_INT, "an id of one's own choosing, above all that were given out"),
};
static const tn_param create_edge_params[] = {
    TN_REQUIRED("from", TNI_GRAPH_T_REF, NODE_DOC),
    TN_REQUIRED("to", TNI_GRAPH_T_REF, NODE_DOC),
    TN_REQUIRED("type", TN_T_STRING, "what kind of edge it is"),
    TN_OPTIONAL("props", TN_T_OBJECT, "properties: any values by name"),
};
static const tn_param create_nodes_params[] = {
    TN_REQUIRED("nodes", TN_T_ARRAY, "an array of properties, an object for each node"),
    TN_OPTIONAL("labels", TN_T_STRING | TN_T_ARRAY, "labels of all of them"),
};
static const tn_param create_edges_params[] = {
    TN_REQUIRED("edges", TN_T_ARRAY, "an array of [from, to] or [from, to, {props}]"),
    TN_REQUIRED("type", TN_T_STRING, "the type of all of them"),
};
static const tn_param set_params[] = {
    TN_OPTIONAL("id", TNI_GRAPH_T_REF, NODE_DOC),
    TN_OPTIONAL("edge", TNI_GRAPH_T_REF, EDGE_DOC),
    TN_OPTIONAL("props", TN_T_OBJECT, "properties to put in place of those of the same name, or behind them"),
    TN_OPTIONAL("labels", TN_T_STRING | TN_T_ARRAY, "labels that the node gets as well"),
    TN_FLAG("replace", "properties that are not named go"),
};
static const tn_param remove_params[] = {
    TN_OPTIONAL("id", TNI_GRAPH_T_REF, NODE_DOC),
    TN_OPTIONAL("edge", TNI_GRAPH_T_REF, EDGE_DOC),
    TN_OPTIONAL("props", TN_T_ARRAY, "names of properties"),
    TN_OPTIONAL("labels", TN_T_ARRAY, "labels"),
};
static const tn_param delete_node_params[] = {ID, TN_FLAG("detach", "delete its edges as well")};
static const tn_param edge_params[] = {TN_REQUIRED("edge", TNI_GRAPH_T_REF, EDGE_DOC)};

static const tn_param merge_node_params[] = {
    TN_REQUIRED("labels", TN_T_STRING | TN_T_ARRAY, "labels that the node has, at least one"),
    TN_REQUIRED("key", TN_T_OBJECT, "properties that it has, at least one"),
    TN_OPTIONAL("props", TN_T_OBJECT, "properties to set, whether it was there or not"),
    TN_OPTIONAL("on_create", TN_T_OBJECT, "properties that a new one gets as well"),
};
static const tn_param merge_edge_params[] = {
    TN_REQUIRED("from", TNI_GRAPH_T_REF, NODE_DOC),
    TN_REQUIRED("to", TNI_GRAPH_T_REF, NODE_DOC),
    TN_REQUIRED("type", TN_T_STRING, "its type"),
    TN_OPTIONAL("key", TN_T_OBJECT, "properties that it has; none: any edge of the type between the two"),
    TN_OPTIONAL("props", TN_T_OBJECT, "properties to set, whether it was there or not"),
    TN_OPTIONAL("on_create", TN_T_OBJECT, "properties that a new one gets as well"),
};
static const tn_param load_nodes_params[] = {
    TN_REQUIRED("props", TN_T_OBJECT, "the node's properties"),
    TN_OPTIONAL("labels", TN_T_STRING | TN_T_ARRAY, "its labels"),
    TN_OPTIONAL("key", TN_T_STRING,
                "a unique property: a node that has its value already gets these properties and labels"),
};
static const tn_param load_edges_params[] = {
    TN_REQUIRED("from", TN_T_SCALAR | TN_T_ARRAY,
                "the value of `key` of the node it comes from, or a node as elsewhere"),
    TN_REQUIRED("to", TN_T_SCALAR | TN_T_ARRAY, "the same of the node it leads to"),
    TN_REQUIRED("type", TN_T_STRING, "its type"),
    TN_OPTIONAL("props", TN_T_OBJECT, "its properties"),
    TN_OPTIONAL("key", TN_T_STRING, "a unique property of nodes"),
    TN_OPTIONAL("label", TN_T_STRING, "the label it is unique for, where there are several"),
    TN_OPTIONAL("to_key", TN_T_STRING, "the property for `to`, where it is another one"),
    TN_OPTIONAL("to_label", TN_T_STRING, "the label for `to`, where it is another one"),
    TN_FLAG("merge", "nothing is created where there is such an edge already"),
};

static const tn_param load_params[] = {
    TN_OPTIONAL("id", TN_T_INT, "of a node: the id it had"),
    TN_OPTIONAL("labels", TN_T_STRING | TN_T_ARRAY, "a node's labels"),
    TN_OPTIONAL("props", TN_T_OBJECT, "a node's or an edge's properties"),
    TN_OPTIONAL("from", TNI_GRAPH_T_REF, "of an edge: where it comes from"),
    TN_OPTIONAL("type", TN_T_STRING, "an edge's type"),
    TN_OPTIONAL("to", TNI_GRAPH_T_REF, "where it leads to"),
    TN_OPTIONAL("edge", TN_T_INT, "the id it had"),
    TN_OPTIONAL("rule", TN_T_STRING, "of a rule: index, unique, required or type"),
    TN_OPTIONAL("label", TN_T_STRING, "a rule's label"),
    TN_OPTIONAL("prop", TN_T_STRING, "a rule's property"),
    TN_OPTIONAL("values", TN_T_STRING | TN_T_ARRAY, "types of values that a rule of kind type allows"),
};

/* ---- rules ------------------------------------------------------------------------------------- */

#define LABEL TN_REQUIRED("label", TN_T_STRING, "the nodes' label")
#define PROP TN_REQUIRED("prop", TN_T_STRING, "the property's name")
static const tn_param create_constraint_params[] = {
    TN_REQUIRED("kind", TN_T_STRING, "unique, required or type"),
    LABEL,
    PROP,
    TN_OPTIONAL(
        "type", TN_T_STRING | TN_T_ARRAY,
        "of kind type: bool, int, double, number, string, bytes, timestamp, array or object, or several of them"),
};
static const tn_param drop_constraint_params[] = {
    TN_REQUIRED("kind", TN_T_STRING, "unique, required or type"),
    LABEL,
    PROP,
};
static const tn_param index_params[] = {LABEL, PROP};

/* ---- reading ----------------------------------------------------------------------------------- */

static const tn_param node_params[] = {ID};
static const tn_param degree_params[] = {ID, DIRECTION, TYPES};
static const tn_param neighbors_params[] = {
    ID,
    DIRECTION,
    TYPES,
    TN_OPTIONAL("where", TN_T_OBJECT, "a filter on the neighbours"),
    LIMIT,
    TN_OPTIONAL("after", TN_T_OBJECT, "go on behind this row, the last one of the page before"),
    TN_OPTIONAL("where_edge", TN_T_OBJECT, "a filter on the edges"),
    TN_FLAG("nodes", "rows have the neighbours' labels and props as well"),
    TN_FLAG("edges", "rows have the edges' properties as edge_props"),
    MAX_VISITED,
    MAX_MS,
};

static const tn_param adjacent_params[] = {
    TN_OPTIONAL("id", TNI_GRAPH_T_REF, NODE_DOC),
    TN_OPTIONAL("ids", TN_T_ARRAY | TN_T_BYTES,
                "many nodes in place of one; as bytes: 8 little-endian ones for each id"),
    DIRECTION,
    TYPES,
    TN_FLAG("packed",
            "answers {starts, nodes}, bytes of 8-byte little-endian numbers: nodes[starts[i]] up to "
            "nodes[starts[i + 1]] are the neighbours of node i"),
    MAX_VISITED,
    MAX_MS,
};
static const tn_param find_params[] = {
    TN_OPTIONAL("label", TN_T_STRING, "nodes with this label; all when not given"),
    TN_OPTIONAL("where", TN_T_OBJECT, "a filter on their properties, in which _id and _labels are fields as well"),
    LIMIT,
    TN_OPTIONAL("after", TN_T_INT, "go on behind this id, the last one of the page before"),
    TN_FLAG("ids", "rows are the ids alone"),
    MAX_NODES,
    MAX_MS,
};
static const tn_param count_params[] = {
    TN_OPTIONAL("label", TN_T_STRING, "nodes with this label; all when not given"),
    TN_OPTIONAL("where", TN_T_OBJECT, "a filter on their properties"),
    MAX_NODES,
    MAX_MS,
};

/* ---- walking ----------------------------------------------------------------------------------- */

#define MIN_EDGES TN_OPTIONAL("min", TN_T_INT, "edges away at least; 1 when not given, 0 takes the beginning as well")
#define MAX_EDGES TN_OPTIONAL("max", TN_T_INT, "edges away at most; no bound when not given")
static const tn_param expand_params[] = {
    FROM,
    DIRECTION,
    TYPES,
    MIN_EDGES,
    MAX_EDGES,
    WHERE_NODE,
    WHERE_EDGE,
    TN_OPTIONAL("unique", TN_T_STRING,
                "nodes: each once, by a shortest way; edges: each once; paths: each on which no node occurs twice; "
                "nodes when "
                "not given"),
    LIMIT,
    MAX_VISITED,
    MAX_MS,
    TN_FLAG("nodes", "rows have the nodes' labels and props as well, but of paths"),
};
static const tn_param reach_params[] = {FROM, DIRECTION, TYPES, MIN_EDGES, MAX_EDGES, MAX_VISITED, MAX_MS};
static const tn_param shortest_path_params[] = {
    FROM,
    TO,
    DIRECTION,
    TYPES,
    TN_OPTIONAL("weight", TN_T_STRING,
                "a property, from 0 up: the least sum of it instead of the fewest edges; an edge "
                "without it weighs 1"),
    TN_OPTIONAL("where_node", TN_T_OBJECT, "a filter on the nodes between the ends"),
    WHERE_EDGE,
    MAX_VISITED,
    MAX_MS,
};
static const tn_param all_paths_params[] = {
    FROM,
    TO,
    DIRECTION,
    TYPES,
    TN_OPTIONAL("max", TN_T_INT, "edges of a path at most; 1000 when not given"),
    TN_OPTIONAL("where_node", TN_T_OBJECT, "a filter on the nodes between the ends"),
    WHERE_EDGE,
    LIMIT,
    MAX_VISITED,
    MAX_MS,
};
static const tn_param subgraph_params[] = {
    FROM,        {"depth", TN_T_INT, false, TN_DEFAULT_INT(1), "edges away at most"},
    DIRECTION,   TYPES,
    WHERE_NODE,  WHERE_EDGE,
    MAX_VISITED, MAX_MS,
};

/* ---- tables ------------------------------------------------------------------------------------ */

static const tn_op_def ops[] = {
    TN_COMMAND_OP("create_node", create_node_params, tni_graph_op_create_node,
                  "answers the new node's id; EXISTS, CONSTRAINT names the rule"),
    TN_COMMAND_OP(
        "create_edge", create_edge_params, tni_graph_op_create_edge,
        "answers the new edge's name: its id, or [from, type, to] when it has no properties and there is no "
        "such edge yet; NOT_FOUND says which end is not there"),
    TN_COMMAND_OP("create_nodes", create_nodes_params, tni_graph_op_create_nodes,
                  "creates many and answers their ids in order; CONSTRAINT names the rule and the node"),
    TN_COMMAND_OP(
        "create_edges", create_edges_params, tni_graph_op_create_edges,
        "creates many and answers how many; far faster than one by one; NOT_FOUND names the edge and its end"),
    TN_COMMAND_OP(
        "set", set_params, tni_graph_op_set,
        "sets properties of a node or an edge, adds labels, and answers its id or name, which an edge changes when "
        "it gets its first property; NOT_FOUND, CONSTRAINT"),
    TN_COMMAND_OP(
        "remove", remove_params, tni_graph_op_remove,
        "removes properties of a node or an edge, and labels, and answers its id or name; NOT_FOUND, CONSTRAINT"),
    TN_COMMAND_OP(
        "delete_node", delete_node_params, tni_graph_op_delete_node,
        "deletes a node and answers how many edges went with it; CONSTRAINT says how many it has left; NOT_FOUND"),
    TN_COMMAND_OP("delete_edge", edge_params, tni_graph_op_delete_edge, "deletes an edge; NOT_FOUND"),
    TN_COMMAND_OP(
        "merge_node", merge_node_params, tni_graph_op_merge_node,
        "finds a node by labels and properties, the lowest of several, or creates it: {id, created}; CONSTRAINT"),
    TN_COMMAND_OP(
        "merge_edge", merge_edge_params, tni_graph_op_merge_edge,
        "finds an edge between two nodes, or creates it: {edge, created}; NOT_FOUND says which end is not there"),
    TN_COMMAND_OP(
        "load_nodes", load_nodes_params, tni_graph_op_load_nodes,
        "for import: creates a node, or with `key` changes the one that is there, and answers its id; CONSTRAINT"),
    TN_COMMAND_OP(
        "load_edges", load_edges_params, tni_graph_op_load_edges,
        "for import: creates an edge between nodes that a unique property names, and answers its id, null of one "
        "that "
        "has none; NOT_FOUND says which end is not there"),
    TN_COMMAND_OP(
        "load", load_params, tni_graph_op_load,
        "for import: a row of export, a node, an edge or a rule, with the ids it had; EXISTS, NOT_FOUND, CONSTRAINT"),
    TN_COMMAND_OP(
        "create_constraint", create_constraint_params, tni_graph_op_create_constraint,
        "makes a rule for the nodes with a label, those that are there too; CONSTRAINT names one that breaks it; "
        "EXISTS"),
    TN_COMMAND_OP("drop_constraint", drop_constraint_params, tni_graph_op_drop_constraint, "drops a rule; NOT_FOUND"),
    TN_COMMAND_OP(
        "create_index", index_params, tni_graph_op_create_index,
        "makes `find` look nodes up by a property, those that are there too; EXISTS; a unique constraint is an "
        "index"),
    TN_COMMAND_OP("drop_index", index_params, tni_graph_op_drop_index, "drops an index; NOT_FOUND"),
    {"list_constraints", TN_QUERY, TN_OP_ROWS, NULL, 0, tni_graph_op_list_constraints,
     "rows {kind, label, prop, type?}"},
    {"list_indexes", TN_QUERY, TN_OP_ROWS, NULL, 0, tni_graph_op_list_indexes, "rows {label, prop}"},
    TN_QUERY_OP("get", node_params, tni_graph_op_get, "{id, labels, props}; NOT_FOUND"),
    TN_QUERY_OP("get_edge", edge_params, tni_graph_op_get_edge, "{edge, from, type, to, props}; NOT_FOUND"),
    TN_ROWS_OP("neighbors", neighbors_params, tni_graph_op_neighbors,
               "a row for each edge, {id, type, direction, edge}, in an order that stays; a self-loop is one in both "
               "directions; LIMIT, after the rows there were; NOT_FOUND"),
    TN_QUERY_OP(
        "adjacent", adjacent_params, tni_graph_op_adjacent,
        "the ids of a node's neighbours as an array, one for each edge, or of many nodes' an array of such; far "
        "faster than neighbors; LIMIT, NOT_FOUND"),
    TN_ROWS_OP(
        "find", find_params, tni_graph_op_find,
        "rows {id, labels, props} in the order of ids, by an index where one helps; LIMIT, after the rows there "
        "were"),
    TN_QUERY_OP("count", count_params, tni_graph_op_count, "how many nodes; without a filter it is known; LIMIT"),
    {"stats", TN_QUERY, 0, NULL, 0, tni_graph_op_stats,
     "{nodes, labels, types, edges, edges_with_id, indexed_values}"},
    TN_ROWS_OP(
        "expand", expand_params, tni_graph_op_expand,
        "walks from a node: rows {id, depth, from, edge}, nearest first, or of paths {id, depth, nodes, edges}, "
        "depth "
        "first; LIMIT, after the rows there were, when it would cost more than it may; NOT_FOUND"),
    TN_QUERY_OP(
        "reach", reach_params, tni_graph_op_reach,
        "the ids of the nodes that a walk reaches, each once, nearest first and then by id, as one array; LIMIT, "
        "NOT_FOUND"),
    TN_QUERY_OP("shortest_path", shortest_path_params, tni_graph_op_shortest_path,
                "{length, cost? (with weight), nodes, edges}; NOT_FOUND when there is none; LIMIT"),
    TN_ROWS_OP(
        "all_paths", all_paths_params, tni_graph_op_all_paths,
        "rows {length, nodes, edges}, a path on which no node occurs twice each: from a node to itself the one of no "
        "edges; LIMIT, after the rows there were; NOT_FOUND"),
    TN_QUERY_OP("subgraph", subgraph_params, tni_graph_op_subgraph,
                "{nodes, edges}: what a walk reaches, and all edges of these types between; LIMIT, NOT_FOUND"),
    TN_QUERY_OP("dot", subgraph_params, tni_graph_op_dot, "the same as Graphviz text; LIMIT, NOT_FOUND"),
    {"export", TN_QUERY, TN_OP_ROWS, NULL, 0, tni_graph_op_export,
     "every node, edge and rule as the arguments of load"},
    {"export_dot", TN_QUERY, TN_OP_ROWS, NULL, 0, tni_graph_op_export_dot, "all of it as lines of Graphviz text"},
    {"export_graphml", TN_QUERY, TN_OP_ROWS, NULL, 0, tni_graph_op_export_graphml, "all of it as lines of GraphML"},
    TN_QUERY_OP("degree", degree_params, tni_graph_op_degree,
                "how many edges there are, a self-loop counting in both "
                "directions; without going through them; NOT_FOUND"),
    ALGORITHMS,
};

static const tn_map_def maps[] = {
    [TNI_GRAPH_META] = {"meta", TN_KEYS_TUPLE, TN_VALUES_VALUE, "(counter, number?) -> count"},
    [TNI_GRAPH_NAMES] = {"names", TN_KEYS_TUPLE, TN_VALUES_VALUE, "(kind, name) -> number, (kind, number) -> name"},
    [TNI_GRAPH_NODES] = {"nodes", TN_KEYS_TUPLE, TN_VALUES_VALUE, "(id) -> [[label, ...], {props}]"},
    [TNI_GRAPH_LABELS] = {"labels", TN_KEYS_TUPLE, TN_VALUES_VALUE, "(label, id) -> null"},
    [TNI_GRAPH_EDGES] = {"edges", TN_KEYS_TUPLE, TN_VALUES_VALUE, "(id) -> [from, type, to, {props}]"},
    [TNI_GRAPH_ADJACENCY] = {"adjacency", TN_KEYS_TUPLE, TN_VALUES_BYTES, "(node, side, ...) -> chunk of neighbours"},
    [TNI_GRAPH_RULES] = {"rules", TN_KEYS_TUPLE, TN_VALUES_VALUE, "(label, prop, kind) -> [number, types, arrays?]"},
    [TNI_GRAPH_ENTRIES] = {"entries", TN_KEYS_TUPLE, TN_VALUES_VALUE, "(number, value, id) -> null"},
};

static tn_status open_graph(tn_ctx *ctx, tn_value config) {
  tni_graph_state *state = ctx->state;
  tn_iter it = tn_iter_of(config);
  if (tn_iter_next(&it))
    return tn_fail(ctx, TN_INVALID, tni_quoted(ctx, it.name), "a graph has nothing to be configured");
  tni_graph_csr_cache_init(&state->csr);
  return TN_OK;
}

static void close_graph(tn_ctx *ctx) {
  tni_graph_state *state = ctx->state;
  tni_graph_csr_cache_fini(&state->csr, tn_memory_for(ctx));
}

const tn_model tni_model_graph = {
    .plugin = TN_PLUGIN(tn_model, TN_KIND_MODEL, "graph", 1, "nodes and edges with properties, and walks along them"),
    .state_size = sizeof(tni_graph_state),
    .maps = maps,
    .map_count = LENGTH(maps),
    .ops = ops,
    .op_count = LENGTH(ops),
    .open = open_graph,
    .close = close_graph,
    .check = tni_graph_check_all,
};
