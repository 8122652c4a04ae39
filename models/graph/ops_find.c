#include "budget.h"
#include "ops.h"
#include "row.h"
#include "scan.h"

enum { FIND_LABEL, FIND_WHERE, FIND_LIMIT, FIND_AFTER, FIND_IDS, FIND_MAX_VISITED, FIND_MAX_MS };
enum { COUNT_LABEL, COUNT_WHERE, COUNT_MAX_VISITED, COUNT_MAX_MS };

typedef struct find {
  tni_graph_scan scan;
  tni_graph_where where;
  tni_graph_budget budget;
} find;

static tn_status set_budget(tn_ctx *ctx, tn_value max_visited, tn_value max_ms, find *f) {
  TRY(tni_graph_budget_init(&f->budget, ctx, max_visited, max_ms));
  f->budget.unit = "node";
  f->budget.what = "hit";
  return TN_OK;
}

static tn_status begin(tn_ctx *ctx, tn_value label, tn_value where, int64_t after, find *f) {
  tn_slice name = {NULL, 0};
  int64_t number = 0;
  if (tn_as_string(label, &name)) TRY(tni_graph_number_known(ctx, TNI_GRAPH_LABEL, name, "label", &number));
  TRY(tni_graph_where_init(&f->where, ctx, where, "where"));
  return tni_graph_scan_open(&f->scan, ctx, number, f->where.filter, (uint64_t)after);
}

/* The next node that the filter takes. */
static tn_status next(find *f, uint64_t *id, tni_graph_node *node) {
  for (bool fine = false; !fine;) {
    TRY(tni_graph_scan_next(&f->scan, id, node));
    (void)tni_graph_budget_take(&f->budget, 1);
    TRY(tni_graph_budget_check(&f->budget));
    TRY(tni_graph_where_node(&f->where, *id, node, &fine));
  }
  f->budget.reached++;
  return TN_OK;
}

static tn_status after_of(tn_ctx *ctx, tn_value given, int64_t *out) {
  *out = 0;
  (void)tn_as_int(given, out);
  return *out >= 0 ? TN_OK : tn_fail(ctx, TN_INVALID, "after", "expected a node's id, got %lld", (long long)*out);
}

tn_status tni_graph_op_find(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  find *f = tn_scratch(ctx, sizeof *f);
  tni_graph_names labels;
  tni_graph_node node;
  int64_t limit, after;
  uint64_t id;
  bool ids = false;
  tn_status status = TN_OK;
  if (!f) return tni_no_memory(ctx);
  (void)tn_as_bool(argv[FIND_IDS], &ids);
  TRY(tni_graph_limit_of(ctx, argv[FIND_LIMIT], &limit));
  TRY(after_of(ctx, argv[FIND_AFTER], &after));
  TRY(set_budget(ctx, argv[FIND_MAX_VISITED], argv[FIND_MAX_MS], f));
  TRY(begin(ctx, argv[FIND_LABEL], argv[FIND_WHERE], after, f));
  TRY(tni_graph_names_all(ctx, TNI_GRAPH_LABEL, &labels));
  for (; limit > 0 && (status = next(f, &id, &node)) == TN_OK; limit--) {
    if (ids)
      tn_add(result, id);
    else
      tni_graph_row_node(result, id, &node, &labels);
    TRY(tn_row(ctx, result));
  }
  return status == TN_NOT_FOUND ? TN_OK : status;
}

/* Without a filter it is known. */
static tn_status count_all(tn_ctx *ctx, tn_value label, uint64_t *out) {
  tn_slice name = {NULL, 0};
  int64_t number, count;
  if (!tn_as_string(label, &name)) return *out = tn_map_count(ctx, TNI_GRAPH_NODES), TN_OK;
  TRY(tni_graph_number_known(ctx, TNI_GRAPH_LABEL, name, "label", &number));
  TRY(tni_graph_counter_get(ctx, TNI_GRAPH_NODES_OF_LABEL, number, &count));
  *out = (uint64_t)count;
  return TN_OK;
}

static tn_status count_found(tn_ctx *ctx, const tn_value *argv, uint64_t *out) {
  find *f = tn_scratch(ctx, sizeof *f);
  tni_graph_node node;
  tn_status status;
  uint64_t id;
  if (!f) return tni_no_memory(ctx);
  TRY(set_budget(ctx, argv[COUNT_MAX_VISITED], argv[COUNT_MAX_MS], f));
  TRY(begin(ctx, argv[COUNT_LABEL], argv[COUNT_WHERE], 0, f));
  for (*out = 0; (status = next(f, &id, &node)) == TN_OK; ++*out) continue;
  return status == TN_NOT_FOUND ? TN_OK : status;
}

tn_status tni_graph_op_count(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  uint64_t count = 0;
  TRY(tn_count(argv[COUNT_WHERE]) > 0 ? count_found(ctx, argv, &count) : count_all(ctx, argv[COUNT_LABEL], &count));
  tn_add(result, count);
  return TN_OK;
}
