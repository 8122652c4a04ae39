/* names.h - the dictionary of labels and types, and the counters: maps `names` and `meta` of store.h. A name that was
 * numbered once keeps its number for good. */
#ifndef TENON_GRAPH_NAMES_H
#define TENON_GRAPH_NAMES_H

#include "store.h"

#define TNI_GRAPH_NAME_SIZE_MAX 255
#define TNI_GRAPH_NAMES_MAX 65535 /* of one kind */

typedef enum tni_graph_kind { TNI_GRAPH_LABEL, TNI_GRAPH_TYPE } tni_graph_kind;

/* A name's number; 0 when it has none. */
tn_status tni_graph_number(tn_ctx *ctx, tni_graph_kind kind, tn_slice name, int64_t *out) TN_MUST_USE;
/* The same, giving it one. INVALID: an empty name or one with a NUL; LIMIT: too long, or too many names. */
tn_status tni_graph_number_make(tn_ctx *ctx, tni_graph_kind kind, tn_slice name, const char *where,
                                int64_t *out) TN_MUST_USE;
/* The same, refusing one that has none: UNKNOWN, with the nearest that has. */
tn_status tni_graph_number_known(tn_ctx *ctx, tni_graph_kind kind, tn_slice name, const char *where,
                                 int64_t *out) TN_MUST_USE;

/* How many names there are: the last number. */
tn_status tni_graph_names_count(tn_ctx *ctx, tni_graph_kind kind, int64_t *out) TN_MUST_USE;

/* How many types there are, for queries: looked up once for a version. */
tn_status tni_graph_types_count(tn_ctx *ctx, int64_t *out) TN_MUST_USE;

/* All names of a kind, for who needs many of them: a copy in scratch memory. */
typedef struct tni_graph_names {
  const char *const *names; /* NUL-terminated; names[number - 1] */
  size_t count;
} tni_graph_names;
tn_status tni_graph_names_all(tn_ctx *ctx, tni_graph_kind kind, tni_graph_names *out) TN_MUST_USE;
/* "?" for a number that has no name. */
const char *tni_graph_name_of(const tni_graph_names *names, int64_t number);

/* ---- counters ---------------------------------------------------------------------------------- */

typedef enum tni_graph_counter {
  TNI_GRAPH_LAST_NODE, /* `of` is 0 in these two */
  TNI_GRAPH_LAST_EDGE,
  TNI_GRAPH_NODES_OF_LABEL,
  TNI_GRAPH_EDGES_OF_TYPE
} tni_graph_counter;

tn_status tni_graph_counter_get(tn_ctx *ctx, tni_graph_counter counter, int64_t of, int64_t *out) TN_MUST_USE;
tn_status tni_graph_counter_set(tn_ctx *ctx, tni_graph_counter counter, int64_t of, int64_t value) TN_MUST_USE;
tn_status tni_graph_counter_add(tn_ctx *ctx, tni_graph_counter counter, int64_t of, int64_t by) TN_MUST_USE;
/* The next `count` ids, which are given out; *first is the lowest. LIMIT when there are not so many. */
tn_status tni_graph_new_ids(tn_ctx *ctx, tni_graph_counter counter, uint64_t count, uint64_t *first) TN_MUST_USE;
tn_status tni_graph_new_id(tn_ctx *ctx, tni_graph_counter counter, uint64_t *out) TN_MUST_USE;

#endif
