/* Chains over a collection: what stands at the front of a pipeline and a find can do is the find's. */
#include "query/number.h"
#include "stage.h"

/* With variables about: a find knows none. */
static bool has_expr(tn_value filter) {
  bool has = false;
  for (tn_iter it = tn_iter_of(filter); !has && tn_iter_next(&it);)
    has = (it.name.data && tni_slice_is(it.name, "$expr")) || has_expr(it.value);
  return has;
}

/* The operand of stage `i` when that is a `name`; absent. */
static tn_value operand_at(tn_value pipeline, uint32_t i, const char *name) {
  tn_value stage = tn_item(pipeline, i);
  return tn_count(stage) == 1 ? tn_field(stage, name) : TN_NO_VALUE;
}

static const char *where_of(tn_ctx *ctx, const char *where, uint32_t i, const char *name) {
  return tni_where(ctx, tni_where_item(ctx, where, i), tni_slice_of(name));
}

static bool take_count(tn_value pipeline, uint32_t i, const char *name, int64_t least, uint64_t *out) {
  int64_t n = 0;
  if (!tni_as_whole(operand_at(pipeline, i, name), &n) || n < least) return false;
  *out = (uint64_t)n;
  return true;
}

/* In the order in which a find does them; the number of stages taken. What is wrong in a filter or an order the find
 * will say, with the stage's place; what is no filter and no order at all the stage says, for a find takes nothing
 * for "all" and "any". */
static uint32_t take_front(const tni_request *request, tn_value pipeline, const char *where, tni_doc_find *find) {
  uint32_t i = 0;
  tn_value filter = operand_at(pipeline, i, "$match");
  if (tn_value_type(filter) == TN_OBJECT && (request->scope.count == 0 || !has_expr(filter))) {
    find->filter = filter;
    find->filter_where = where_of(request->ctx, where, i++, "$match");
  }
  tn_value sort = operand_at(pipeline, i, "$sort");
  if (tn_count(sort) > 0) {
    find->sort = sort;
    find->sort_where = where_of(request->ctx, where, i++, "$sort");
  }
  if (take_count(pipeline, i, "$skip", 0, &find->skip)) i++;
  if (take_count(pipeline, i, "$limit", 1, &find->limit)) i++;
  return i;
}

tn_status tni_chain_of_find(tni_request *request, tni_doc_find find, tn_value pipeline, const char *where,
                            tni_chain *out) {
  tni_stage *stage;
  tni_doc_source *source;
  tni_pool *pool = tn_scratch(request->ctx, sizeof *pool);
  if (!pool) return tni_no_memory(request->ctx);
  tni_pool_init_within(pool, &request->memory);
  find.limit = UINT64_MAX;
  TRY(tni_expect(request->ctx, find.collection, TN_T_STRING, "the name of a collection", find.where));
  TRY(tni_chain_begin(request, pipeline, where, out));
  uint32_t taken = take_front(request, pipeline, where, &find);
  TRY(tni_chain_source(out, where, &stage, &source));
  TRY(request->world->find(request->world->arg, request->ctx, &find, pool, source));
  return tni_chain_compile(out, pipeline, taken, where);
}
