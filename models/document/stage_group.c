/* stage_group.c - a document for each group of documents: $group $sortByCount. Groups come out in the order in which
 * their first documents came in. */
#include "grouping.h"
#include "query/table.h"

typedef struct group_stage {
  tni_stage stage;
  const tni_expr *id;
  const tni_buckets *buckets; /* NULL: groups are by the value itself */
  tni_grouping_fields fields;
  tni_table table;
  tni_table_entry *at; /* the group that is handed out next */
  bool grouped;
} group_stage;

static tn_status group_open(tni_stage *stage) {
  group_stage *s = (group_stage *)stage;
  s->grouped = false;
  tni_table_init(&s->table, &stage->kept, s->fields.size);
  return TN_OK;
}

/* ---- which group ------------------------------------------------------------------------------ */

/* The last boundary that is not above it; count when there is none. */
static uint32_t boundary_below(const tni_stage *stage, const tni_buckets *b, tn_value value) {
  const tn_host *host = stage->request->ctx->host;
  uint32_t low = 0, high = b->count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (host->value_compare(b->boundaries[middle], value) <= 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low > 0 ? low - 1 : b->count;
}

static tn_status bucket_of(const group_stage *s, tn_value *id) {
  const tni_buckets *b = s->buckets;
  uint32_t i = boundary_below(&s->stage, b, *id);
  bool inside = i + 1 < b->count;
  if (!inside && tn_is_absent(b->otherwise))
    return tn_fail(s->stage.request->ctx, TN_INVALID, s->stage.where,
                   "a value (%s) is in none of the buckets, and there is no 'default'",
                   tn_type_name(tn_value_type(*id)));
  *id = inside ? b->boundaries[i] : b->otherwise;
  return TN_OK;
}

static tn_status group_of(group_stage *s, tn_value doc, tn_value *id) {
  tni_eval eval = tni_stage_eval(&s->stage, doc);
  TRY(tni_expr_eval(s->id, &eval, id));
  if (tn_is_absent(*id)) *id = tni_null_value;
  return s->buckets ? bucket_of(s, id) : TN_OK;
}

/* ---- drawing ---------------------------------------------------------------------------------- */

static tn_status take(group_stage *s, tn_value doc) {
  tn_value id;
  void *states;
  bool is_new = false;
  tni_pool_reset(&s->stage.out);
  TRY(group_of(s, doc, &id));
  TRY(tni_table_add(&s->table, id, &states, &is_new));
  if (is_new) TRY(tni_grouping_begin(&s->fields, &s->stage, states, id));
  return tni_grouping_take(&s->fields, &s->stage, states, doc);
}

static tn_status take_all(group_stage *s) {
  tn_value doc;
  tn_status status;
  while ((status = tni_stage_draw(&s->stage, &doc)) == TN_OK) TRY(take(s, doc));
  if (status != TN_NOT_FOUND) return status;
  tni_pool_reset(&s->stage.out);
  s->grouped = true;
  s->at = tni_table_first(&s->table);
  return TN_OK;
}

static tn_status group_next(tni_stage *stage, tn_value *doc) {
  group_stage *s = (group_stage *)stage;
  if (!s->grouped) TRY(take_all(s));
  tni_table_entry *at = s->at;
  if (!at) return TN_NOT_FOUND;
  s->at = tni_table_next(at);
  return tni_grouping_give(&s->fields, stage, tni_table_payload(at), tni_table_key(at), doc);
}

static const tni_stage_ops group_ops = {.open = group_open, .next = group_next};

/* ---- compiling -------------------------------------------------------------------------------- */

tn_status tni_grouping_add(tni_chain *chain, const tni_expr *id, const tni_buckets *buckets,
                           tni_grouping_fields fields, const char *where) {
  tni_stage *stage;
  TRY(tni_stage_new(chain->request, sizeof(group_stage), &group_ops, where, &stage));
  group_stage *s = (group_stage *)stage;
  s->id = id;
  s->buckets = buckets;
  s->fields = fields;
  tni_chain_add(chain, stage);
  return TN_OK;
}

tn_status tni_compile_group(tni_chain *chain, tn_value spec, const char *where) {
  tni_request *request = chain->request;
  tn_slice name = tni_slice_of("_id");
  const tni_expr *id;
  tni_grouping_fields fields;
  TRY(tni_expect(request->ctx, spec, TN_T_OBJECT, "an object", where));
  if (tn_is_absent(tn_field_slice(spec, name)))
    return tn_fail(request->ctx, TN_INVALID, where, "expected the field '_id', what to group by; null for one group");
  TRY(tni_expr_compile(request->ctx, &request->scope, tn_field_slice(spec, name),
                       tni_where(request->ctx, where, name), &id));
  TRY(tni_grouping_fields_compile(request, spec, "_id", where, &fields));
  return tni_grouping_add(chain, id, NULL, fields, where);
}

/* {"$group": {"_id": spec, "count": {"$sum": 1}}}, {"$sort": {"count": -1}} */
tn_status tni_compile_sort_by_count(tni_chain *chain, tn_value spec, const char *where) {
  tni_request *request = chain->request;
  const tni_expr *id;
  tni_grouping_fields fields;
  tn_builder *count = tni_grouping_count_fields(request);
  if (!count) return tni_no_memory(request->ctx);
  if (!tni_is_computed(spec))
    return tn_fail(request->ctx, TN_INVALID, where, "expected a field, \"$name\", or an operator with its arguments");
  TRY(tni_expr_compile(request->ctx, &request->scope, spec, where, &id));
  TRY(tni_grouping_fields_compile(request, tn_built(count), "", where, &fields));
  TRY(tni_grouping_add(chain, id, NULL, fields, where));
  return tni_grouping_sort(chain, "count", -1, where);
}
