#include "select.h"

#include "resume.h"

/* ---- requests --------------------------------------------------------------------------------- */

static tn_status read_number(tn_ctx *ctx, tn_value value, const char *where, uint64_t fallback, uint64_t *out) {
  int64_t n;
  *out = fallback;
  if (!tn_as_int(value, &n)) return TN_OK;
  if (n < 0) return tn_fail(ctx, TN_INVALID, where, "expected a number from 0 up, got %lld", (long long)n);
  *out = (uint64_t)n;
  return TN_OK;
}

/* Nothing decides behind _id, so an order that begins with it is the order of ids. */
static tn_status read_sort(tni_doc_request *r, tn_value spec, const char *where) {
  if (tn_is_absent(spec) || tn_count(spec) == 0) return TN_OK;
  TRY(tni_sort_compile(r->ctx, spec, where ? where : "sort", &r->sort));
  r->sorts = !tni_slice_is(r->sort.fields[0].path.text, "_id");
  r->ids_descend = !r->sorts && r->sort.fields[0].descending;
  return TN_OK;
}

static tn_status after_part(tni_doc_request *r, tn_value id, const char *where) {
  tni_doc_key key;
  key.size = 0;
  TRY(tni_doc_id_key(r->ctx, id, where, &key));
  return tni_doc_copy_bytes(r->ctx, tni_doc_key_slice(&key), &r->after_id);
}

/* The document named by its id, or the fields that were given of it. */
static tn_status find_after(tni_doc_request *r, tn_value after, tn_value *doc) {
  tni_doc_key key;
  tni_doc_stored stored;
  *doc = after;
  if (tn_value_type(after) == TN_OBJECT) return TN_OK;
  TRY(tni_doc_key_of(r->ctx, r->collection, after, "after", &key));
  tn_status status = tni_doc_get(r->ctx, tni_doc_key_slice(&key), &stored);
  if (status == TN_NOT_FOUND)
    return tn_fail(r->ctx, status, "after", "there is no document with this _id any more; give the fields of `sort`");
  *doc = stored.doc;
  return status;
}

static tn_status read_after(tni_doc_request *r, tn_value after) {
  bool is_object = tn_value_type(after) == TN_OBJECT;
  tn_value doc, *keys;
  if (tn_is_absent(after) || tn_is_null(after)) return TN_OK;
  TRY(after_part(r, is_object ? tn_field(after, "_id") : after, is_object ? "after._id" : "after"));
  if (!r->sorts) return TN_OK;
  TRY(find_after(r, after, &doc));
  if (!(keys = tn_scratch(r->ctx, r->sort.count * sizeof *keys))) return tni_no_memory(r->ctx);
  tni_sort_keys(&r->sort, doc, keys);
  r->after_keys = keys;
  return TN_OK;
}

/* {_id: 7}: such a filter needs no compiling. */
static tn_value only_id(tn_value filter) {
  tn_iter it = tn_iter_of(filter);
  bool only = tn_count(filter) == 1 && tn_iter_next(&it) && tni_slice_is(it.name, "_id");
  return only && tni_doc_is_straight(it.value) ? it.value : TN_NO_VALUE;
}

static tn_status read_filter(tni_doc_request *r, const tni_doc_query *query) {
  bool hinted = !tn_is_absent(query->hint) && !tn_is_null(query->hint);
  r->complete = true;
  if (tn_count(query->filter) == 0) return TN_OK;
  if (!hinted && !query->explaining) r->id = only_id(query->filter);
  if (!tn_is_absent(r->id)) return TN_OK;
  TRY(tni_filter_compile(r->ctx, query->filter, query->filter_where ? query->filter_where : "filter", &r->filter));
  return tni_filter_terms(r->ctx, r->filter, &r->terms, &r->term_count, &r->complete);
}

tn_status tni_doc_request_read(tn_ctx *ctx, tni_doc_collection *collection, const tni_doc_query *query,
                               tni_doc_request *out) {
  *out = (tni_doc_request){.ctx = ctx, .collection = collection, .counting = query->counting, .hint = query->hint};
  TRY(read_filter(out, query));
  TRY(read_sort(out, query->sort, query->sort_where));
  TRY(read_number(ctx, query->skip, "skip", 0, &out->skip));
  TRY(read_number(ctx, query->limit, "limit", TNI_DOC_ALL, &out->limit));
  return read_after(out, query->after);
}

/* How many documents are taken at most, those that are skipped included. */
static uint64_t wanted(const tni_doc_request *r) {
  return r->limit > TNI_DOC_ALL - r->skip ? TNI_DOC_ALL : r->skip + r->limit;
}

tn_status tni_doc_request_plan(const tni_doc_request *r, bool explain, tni_doc_choice *out) {
  tni_doc_ask ask = {.collection = r->collection,
                     .id = r->id,
                     .terms = r->terms,
                     .term_count = r->term_count,
                     .complete = r->complete,
                     .sort = r->sorts ? &r->sort : NULL,
                     .ids_descend = r->ids_descend,
                     .limit = wanted(r),
                     .counting = r->counting && r->after_id.size == 0,
                     .hint = r->hint};
  return tni_doc_choose(r->ctx, &ask, explain, out);
}

/* ---- selecting -------------------------------------------------------------------------------- */

/* A document that waits to be sorted. */
typedef struct waiting {
  tn_value doc;
  uint64_t version;
  uint32_t array_index;
} waiting;

struct tni_doc_select {
  const tni_doc_request *request;
  tni_doc_plan plan;
  tni_doc_scan *scan;
  tni_pool *pool;
  tni_sorter *sorter; /* NULL: documents come in order */
  tn_value *keys;     /* of the document at hand, when `after` or sorting needs them */
  bool passed;        /* what comes is behind `after` */
  uint64_t left, to_skip;
};

tn_status tni_doc_select_open(const tni_doc_request *r, const tni_doc_plan *plan, tni_pool *pool,
                              tni_doc_select **out) {
  tni_doc_select *s = tn_scratch(r->ctx, sizeof *s);
  if (!s) return tni_no_memory(r->ctx);
  *s = (tni_doc_select){.request = r, .plan = *plan, .pool = pool, .left = r->limit, .to_skip = r->skip};
  s->passed = !r->sorts || r->after_id.size == 0;
  if (r->sorts && !(s->keys = tn_scratch(r->ctx, r->sort.count * sizeof *s->keys))) return tni_no_memory(r->ctx);
  if (!s->passed) TRY(tni_doc_resume_sorted(r->ctx, &r->sort, r->after_keys, &s->plan));
  tn_slice after = r->sorts ? (tn_slice){NULL, 0} : r->after_id;
  TRY(tni_doc_scan_open(r->ctx, r->collection, &s->plan, after, plan->sorts ? TNI_DOC_ALL : wanted(r), &s->scan));
  *out = s;
  return TN_OK;
}

tn_status tni_doc_select_begin(const tni_doc_request *r, tni_pool *pool, tni_doc_select **out) {
  tni_doc_choice choice;
  TRY(tni_doc_request_plan(r, false, &choice));
  return tni_doc_select_open(r, &choice.plan, pool, out);
}

/* Below 0 when the document stands before the place to go on after, 0 when it is that. */
static tn_status compare_with_after(tni_doc_select *s, const tni_doc_stored *stored, int *order) {
  const tni_doc_request *r = s->request;
  tni_doc_key id;
  *order = tni_sort_compare(r->ctx, &r->sort, s->keys, r->after_keys);
  if (*order != 0) return TN_OK;
  id.size = 0;
  TRY(tni_doc_id_key(r->ctx, tn_item(stored->doc, 0), "_id", &id));
  *order = tni_doc_bytes_compare(tni_doc_key_slice(&id), r->after_id);
  return TN_OK;
}

static tn_status is_behind_after(tni_doc_select *s, const tni_doc_stored *stored, bool *out) {
  int order = 1;
  *out = true;
  if (s->passed) return TN_OK;
  TRY(compare_with_after(s, stored, &order));
  *out = order > 0;
  s->passed = *out && !s->plan.sorts;
  return TN_OK;
}

static tn_status matches(tni_doc_select *s, tn_value doc, tni_hit *hit, bool *out) {
  hit->array_index = TNI_NO_INDEX;
  *out = true;
  if (!s->request->filter || tni_doc_scan_is_exact(s->scan)) return TN_OK;
  tni_pool_mark mark = tni_pool_at(s->pool);
  TRY(tni_filter_match(s->request->filter, s->pool, doc, hit, out));
  tni_pool_back(s->pool, mark);
  return TN_OK;
}

/* The next that matches and comes behind `after`, in the plan's order. */
static tn_status next_match(tni_doc_select *s, tni_doc_found *out) {
  for (bool fine;;) {
    TRY(tni_doc_scan_next(s->scan, &out->stored));
    TRY(matches(s, out->stored.doc, &out->hit, &fine));
    if (!fine) continue;
    if (s->plan.sorts || !s->passed) tni_sort_keys(&s->request->sort, out->stored.doc, s->keys);
    TRY(is_behind_after(s, &out->stored, &fine));
    if (fine) return TN_OK;
  }
}

/* ---- sorting ---------------------------------------------------------------------------------- */

static tn_status sort_all(tni_doc_select *s) {
  tni_doc_found found;
  tn_status status;
  uint64_t most = wanted(s->request);
  TRY(tni_sorter_create(s->pool, &s->request->sort, most == TNI_DOC_ALL ? 0 : most, &s->sorter));
  while ((status = next_match(s, &found)) == TN_OK) {
    waiting w = {found.stored.doc, found.stored.version, found.hit.array_index};
    TRY(tni_sorter_add(s->sorter, s->keys, (tn_slice){&w, sizeof w}));
  }
  return status == TN_NOT_FOUND ? tni_sorter_finish(s->sorter) : status;
}

static tn_status next_sorted(tni_doc_select *s, tni_doc_found *out) {
  tn_slice payload;
  waiting w;
  if (!s->sorter) TRY(sort_all(s));
  TRY(tni_sorter_next(s->sorter, &payload));
  memcpy(&w, payload.data, sizeof w);
  *out = (tni_doc_found){{{NULL, 0}, w.version, w.doc}, {w.array_index}};
  return TN_OK;
}

/* ---- handing out ------------------------------------------------------------------------------ */

static tn_status next_any(tni_doc_select *s, tni_doc_found *out) {
  return s->plan.sorts ? next_sorted(s, out) : next_match(s, out);
}

tn_status tni_doc_select_next(tni_doc_select *s, tni_doc_found *out) {
  if (s->left == 0) return TN_NOT_FOUND;
  for (; s->to_skip > 0; s->to_skip--) TRY(next_any(s, out));
  if (s->left != TNI_DOC_ALL) s->left--;
  return next_any(s, out);
}

static uint64_t cut_down(const tni_doc_select *s, uint64_t count) {
  count = count > s->to_skip ? count - s->to_skip : 0;
  return count < s->left ? count : s->left;
}

tn_status tni_doc_select_count(tni_doc_select *s, uint64_t *out) {
  tni_doc_found found;
  tn_status status;
  uint64_t count = 0;
  if (s->plan.covered) {
    TRY(tni_doc_scan_count(s->scan, &count));
    return *out = cut_down(s, count), TN_OK;
  }
  while ((status = tni_doc_select_next(s, &found)) == TN_OK) count++;
  *out = count;
  return status == TN_NOT_FOUND ? TN_OK : status;
}

tni_doc_counts tni_doc_select_counts(const tni_doc_select *s) { return tni_doc_scan_counts(s->scan); }
