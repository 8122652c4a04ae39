/* stage_bucket.c - groups by ranges of a value: $bucket, whose ranges are given, and $bucketAuto, which makes some
 * that hold about as many documents each. */
#include "grouping.h"
#include "query/number.h"
#include "query/sort.h"

static const char *at(const tni_request *request, const char *where, const char *name) {
  return tni_where(request->ctx, where, tni_slice_of(name));
}

/* What both begin with: groupBy and output. */
static tn_status compile_common(tni_request *request, tn_value by, tn_value output, const char *where,
                                const tni_expr **id, tni_grouping_fields *fields) {
  tn_builder *count = tni_grouping_count_fields(request);
  if (!count) return tni_no_memory(request->ctx);
  if (!tni_is_computed(by))
    return tn_fail(request->ctx, TN_INVALID, at(request, where, "groupBy"),
                   "expected a field, \"$name\", or an operator with its arguments");
  TRY(tni_expr_compile(request->ctx, &request->scope, by, at(request, where, "groupBy"), id));
  if (tn_is_absent(output)) output = tn_built(count);
  return tni_grouping_fields_compile(request, output, "", at(request, where, "output"), fields);
}

/* ---- $bucket ---------------------------------------------------------------------------------- */

static tn_status constant(tni_request *request, tn_value spec, const char *where, tn_value *out) {
  const tni_expr *expr;
  TRY(tni_expr_compile(request->ctx, &request->scope, spec, where, &expr));
  if (tni_expr_is_constant(expr, out) && !tn_is_absent(*out)) return TN_OK;
  return tn_fail(request->ctx, TN_INVALID, where, "expected a constant");
}

static bool same_class(tn_value a, tn_value b) {
  tn_type x = tn_value_type(a), y = tn_value_type(b);
  return (x == TN_DOUBLE ? TN_INT : x) == (y == TN_DOUBLE ? TN_INT : y);
}

static tn_status read_boundaries(tni_request *request, tn_value spec, const char *where, tni_buckets *b) {
  tn_ctx *ctx = request->ctx;
  TRY(tni_expect(ctx, spec, TN_T_ARRAY, "an array of boundaries", where));
  if (tn_count(spec) < 2) return tn_fail(ctx, TN_INVALID, where, "expected at least two boundaries");
  tn_value *boundaries = tn_scratch(ctx, tn_count(spec) * sizeof *boundaries);
  if (!boundaries) return tni_no_memory(ctx);
  for (uint32_t i = 0; i < tn_count(spec); i++) {
    const char *here = tni_where_item(ctx, where, i);
    TRY(constant(request, tn_item(spec, i), here, &boundaries[i]));
    if (i == 0) continue;
    if (!same_class(boundaries[i - 1], boundaries[i]))
      return tn_fail(ctx, TN_INVALID, here, "expected boundaries of one type, got %s behind %s",
                     tn_type_name(tn_value_type(boundaries[i])), tn_type_name(tn_value_type(boundaries[i - 1])));
    if (ctx->host->value_compare(boundaries[i - 1], boundaries[i]) >= 0)
      return tn_fail(ctx, TN_INVALID, here, "expected boundaries that go up");
  }
  b->boundaries = boundaries;
  b->count = tn_count(spec);
  return TN_OK;
}

static tn_status read_default(tni_request *request, tn_value spec, const char *where, tni_buckets *b) {
  const tn_host *host = request->ctx->host;
  if (tn_is_absent(spec)) return TN_OK;
  TRY(constant(request, spec, where, &b->otherwise));
  bool inside = same_class(b->otherwise, b->boundaries[0]) &&
                host->value_compare(b->otherwise, b->boundaries[0]) >= 0 &&
                host->value_compare(b->otherwise, b->boundaries[b->count - 1]) < 0;
  if (!inside) return TN_OK;
  return tn_fail(request->ctx, TN_INVALID, where, "expected a value outside of the boundaries");
}

tn_status tni_compile_bucket(tni_chain *chain, tn_value spec, const char *where) {
  static const char *const names[] = {"groupBy", "boundaries", "default", "output"};
  tni_request *request = chain->request;
  const tni_expr *id;
  tni_grouping_fields fields;
  tn_value values[4];
  tni_buckets *buckets = tn_scratch(request->ctx, sizeof *buckets);
  if (!buckets) return tni_no_memory(request->ctx);
  *buckets = (tni_buckets){.count = 0};
  TRY(tni_take_fields(request->ctx, spec, names, 4, 2, where, values));
  TRY(compile_common(request, values[0], values[3], where, &id, &fields));
  TRY(read_boundaries(request, values[1], at(request, where, "boundaries"), buckets));
  TRY(read_default(request, values[2], at(request, where, "default"), buckets));
  TRY(tni_grouping_add(chain, id, buckets, fields, where));
  return tni_grouping_sort(chain, "_id", 1, where);
}

/* ---- $bucketAuto ------------------------------------------------------------------------------ */

typedef struct auto_stage {
  tni_stage stage;
  const tni_expr *by;
  tni_grouping_fields fields;
  uint64_t buckets; /* at most so many */
  uint64_t given;
  tni_sort_field field;
  tni_sort sort;
  tni_sorter *sorter;
  bool sorted;
  uint64_t count; /* documents */
  tn_value next;  /* the first document of the next bucket, in the sorter; absent: there is none */
} auto_stage;

static tn_status auto_open(tni_stage *stage) {
  auto_stage *s = (auto_stage *)stage;
  s->sorted = false;
  s->count = s->given = 0;
  return tni_sorter_create(&stage->kept, &s->sort, 0, &s->sorter);
}

static tn_status value_of(auto_stage *s, tn_value doc, tn_value *out) {
  tni_eval eval = tni_stage_eval(&s->stage, doc);
  TRY(tni_expr_eval(s->by, &eval, out));
  if (tn_is_absent(*out)) *out = tni_null_value;
  return TN_OK;
}

static tn_status advance(auto_stage *s) {
  tn_slice payload = {NULL, 0};
  tn_status status = tni_sorter_next(s->sorter, &payload);
  s->next = status == TN_OK ? tn_bytes_value(payload) : TN_NO_VALUE;
  return status == TN_NOT_FOUND ? TN_OK : status;
}

static tn_status sort_all(auto_stage *s) {
  tn_value doc, key;
  tn_status status;
  while ((status = tni_stage_draw(&s->stage, &doc)) == TN_OK) {
    tni_pool_reset(&s->stage.out);
    TRY(value_of(s, doc, &key));
    TRY(tni_sorter_add(s->sorter, &key, tn_value_bytes(doc)));
    s->count++;
  }
  if (status != TN_NOT_FOUND) return status;
  s->sorted = true;
  TRY(tni_sorter_finish(s->sorter));
  return advance(s);
}

/* Takes the next document into the bucket; *last is its value. */
static tn_status take_next(auto_stage *s, void *states, tn_value *last) {
  TRY(tni_grouping_take(&s->fields, &s->stage, states, s->next));
  TRY(value_of(s, s->next, last));
  return advance(s);
}

/* As many documents as the bucket's share, the last bucket all there are; then those of the same value as the last.
 * *upper is the next bucket's first value, where there is one. */
static tn_status fill(auto_stage *s, void *states, tn_value *upper) {
  uint64_t share = (2 * s->count + s->buckets) / (2 * s->buckets);
  bool is_last = ++s->given == s->buckets;
  tn_value last = TN_NO_VALUE;
  uint64_t i = 0;
  do TRY(take_next(s, states, &last));
  while ((++i < share || is_last) && !tn_is_absent(s->next));
  *upper = last;
  while (!tn_is_absent(s->next)) {
    TRY(value_of(s, s->next, upper));
    if (s->stage.request->ctx->host->value_compare(last, *upper) != 0) break;
    TRY(take_next(s, states, upper));
  }
  return TN_OK;
}

static tn_status range_id(tni_stage *stage, tn_value lower, tn_value upper, tn_value *out) {
  tn_builder *builder;
  TRY(tni_stage_builder(stage, &builder));
  tn_object_begin(builder);
  tn_set(builder, "min", lower);
  tn_set(builder, "max", upper);
  tn_end(builder);
  return tni_pool_built(&stage->out, builder, stage->where, out);
}

static tn_status auto_next(tni_stage *stage, tn_value *doc) {
  auto_stage *s = (auto_stage *)stage;
  tn_value lower, upper, id;
  if (!s->sorted) TRY(sort_all(s));
  if (tn_is_absent(s->next)) return TN_NOT_FOUND;
  void *states = tni_pool_alloc(&stage->kept, s->fields.size);
  if (!states) return tni_pool_full(&stage->kept);
  memset(states, 0, s->fields.size);
  TRY(value_of(s, s->next, &lower));
  TRY(tni_grouping_begin(&s->fields, stage, states, tni_null_value));
  TRY(fill(s, states, &upper));
  TRY(range_id(stage, lower, upper, &id));
  return tni_grouping_give(&s->fields, stage, states, id, doc);
}

static const tni_stage_ops auto_ops = {.open = auto_open, .next = auto_next};

tn_status tni_compile_bucket_auto(tni_chain *chain, tn_value spec, const char *where) {
  static const char *const names[] = {"groupBy", "buckets", "output"};
  tni_request *request = chain->request;
  tni_stage *stage;
  tn_value values[3];
  int64_t buckets = 0;
  TRY(tni_stage_new(request, sizeof(auto_stage), &auto_ops, where, &stage));
  auto_stage *s = (auto_stage *)stage;
  TRY(tni_take_fields(request->ctx, spec, names, 3, 2, where, values));
  TRY(compile_common(request, values[0], values[2], where, &s->by, &s->fields));
  if (!tni_as_whole(values[1], &buckets) || buckets < 1 || buckets > INT32_MAX)
    return tn_fail(request->ctx, TN_INVALID, at(request, where, "buckets"), "expected a whole number from 1 up");
  s->buckets = (uint64_t)buckets;
  s->sort = (tni_sort){&s->field, 1, request->ctx};
  tni_chain_add(chain, stage);
  return TN_OK;
}
