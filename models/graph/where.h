/* where.h - conditions on nodes and edges: a filter (query/filter.h) on the properties, in which nodes also have the
 * fields _id and _labels, and edges _id (null of a bare one), _type, _from and _to. Also what a walk looks up to
 * apply them, a batch at a time. */
#ifndef TENON_GRAPH_WHERE_H
#define TENON_GRAPH_WHERE_H

#include "edge.h"
#include "query/filter.h"

typedef struct tni_graph_where {
  tn_ctx *ctx;
  const tni_filter *filter; /* NULL: takes everything */
  bool extended;            /* names one of the added fields, so that documents have to be built */
  tni_graph_names names;    /* labels or types, when extended */
  tni_pool pool;
  tn_builder *doc;
} tni_graph_where;

/* `filter` may be absent. What tni_filter_compile() says, with `where` as the path. */
tn_status tni_graph_where_init(tni_graph_where *w, tn_ctx *ctx, tn_value filter, const char *where) TN_MUST_USE;

tn_status tni_graph_where_node(tni_graph_where *w, uint64_t id, const tni_graph_node *node, bool *out) TN_MUST_USE;
tn_status tni_graph_where_edge(tni_graph_where *w, const tni_graph_edge *edge, bool *out) TN_MUST_USE;

/* Nodes looked up together, at most TNI_GRAPH_BATCH; bytes[i].data is NULL where there is none. They live until the
 * next change of a map. */
tn_status tni_graph_nodes_get(tn_ctx *ctx, const uint64_t *ids, size_t count, tn_slice *bytes) TN_MUST_USE;
tn_status tni_graph_edges_get(tn_ctx *ctx, const uint64_t *ids, size_t count, tn_slice *bytes) TN_MUST_USE;

#endif
