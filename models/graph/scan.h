/* scan.h - the operators that walks begin with: nodes one after another in the order of their ids, all of them, those
 * with a label, or those that an index offers for a filter. What comes out may be more than the filter takes. For
 * queries. */
#ifndef TENON_GRAPH_SCAN_H
#define TENON_GRAPH_SCAN_H

#include "rules.h"
#include "where.h"

typedef enum tni_graph_scan_kind { TNI_GRAPH_SCAN_ALL, TNI_GRAPH_SCAN_LABEL, TNI_GRAPH_SCAN_IDS } tni_graph_scan_kind;

typedef struct tni_graph_scan {
  tn_ctx *ctx;
  tni_graph_scan_kind kind;
  tn_cursor *cursor;   /* of `nodes` or `labels` */
  const uint64_t *ids; /* of an index: rising, each once; in scratch memory */
  size_t id_count, id_next;
  /* a batch that was looked up */
  uint64_t batch[TNI_GRAPH_BATCH];
  tn_slice bytes[TNI_GRAPH_BATCH];
  size_t count, next;
  bool ended;
} tni_graph_scan;

/* `label` 0: all nodes; `filter` may be NULL; begins behind the id `after`, 0 = with the first. */
tn_status tni_graph_scan_open(tni_graph_scan *scan, tn_ctx *ctx, int64_t label, const tni_filter *filter,
                              uint64_t after) TN_MUST_USE;
/* NOT_FOUND at the end. The node lives until the next call. */
tn_status tni_graph_scan_next(tni_graph_scan *scan, uint64_t *id, tni_graph_node *node) TN_MUST_USE;

#endif
