#include "limits.h"
#include "ops.h"
#include "select.h"

static void add_way(const tni_doc_plan *plan, tn_builder *out) {
  if (plan->way == TNI_DOC_BY_INDEX)
    tn_set(out, "index", tn_text(plan->index->name));
  else
    tn_set(out, "index", plan->way == TNI_DOC_BY_ID ? "id" : "scan");
}

static tn_status add_bounds(tn_ctx *ctx, const tni_doc_plan *plan, tn_builder *out) {
  tn_name(out, "bounds");
  tn_object_begin(out);
  for (uint32_t i = 0; i < plan->bound_fields; i++) {
    if (plan->way == TNI_DOC_BY_INDEX)
      tn_name_slice(out, plan->index->fields[i].path.text);
    else
      tn_name(out, "_id");
    tn_array_begin(out);
    TRY(tni_doc_bounds_print(ctx, &plan->bounds[i], out));
    tn_end(out);
  }
  tn_end(out);
  return TN_OK;
}

static tn_status add_plan(tn_ctx *ctx, const tni_doc_plan *plan, tn_builder *out) {
  tn_name(out, "plan");
  tn_object_begin(out);
  add_way(plan, out);
  TRY(add_bounds(ctx, plan, out));
  tn_set(out, "direction", plan->reverse ? "backward" : "forward");
  tn_end(out);
  return TN_OK;
}

static void add_rejected(const tni_doc_choice *choice, tn_builder *out) {
  tn_name(out, "rejected");
  tn_array_begin(out);
  for (uint32_t i = 0; i < choice->rejected_count; i++) {
    tn_object_begin(out);
    tn_set(out, "index", tn_text(choice->rejected[i].index));
    tn_set(out, "why", choice->rejected[i].why);
    tn_end(out);
  }
  tn_end(out);
}

tn_status tni_doc_op_explain(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_doc_query query = {.filter = argv[TNI_DOC_FIND_FILTER],
                         .sort = argv[TNI_DOC_FIND_SORT],
                         .skip = argv[TNI_DOC_FIND_SKIP],
                         .limit = argv[TNI_DOC_FIND_LIMIT],
                         .after = argv[TNI_DOC_FIND_AFTER],
                         .hint = argv[TNI_DOC_FIND_HINT],
                         .explaining = true};
  tni_doc_collection *c;
  tni_doc_request request;
  tni_doc_choice choice;
  tni_doc_select *select;
  tni_pool pool;
  uint64_t returned;
  TRY(tni_doc_limit_ms(ctx, argv[TNI_DOC_FIND_MS]));
  TRY(tni_doc_limit_memory(ctx, argv[TNI_DOC_FIND_MEMORY], &pool));
  TRY(tni_doc_collection_or_none(ctx, argv[TNI_DOC_FIND_COLLECTION], &c));
  TRY(tni_doc_request_read(ctx, c, &query, &request));
  TRY(tni_doc_request_plan(&request, true, &choice));
  TRY(tni_doc_select_open(&request, &choice.plan, &pool, &select));
  TRY(tni_doc_select_count(select, &returned));
  tni_doc_counts counts = tni_doc_select_counts(select);
  tn_object_begin(result);
  TRY(add_plan(ctx, &choice.plan, result));
  tn_set(result, "keys_examined", counts.keys);
  tn_set(result, "documents_examined", counts.documents);
  tn_set(result, "returned", returned);
  tn_set(result, "sorted", choice.plan.sorts);
  add_rejected(&choice, result);
  tn_end(result);
  return TN_OK;
}
