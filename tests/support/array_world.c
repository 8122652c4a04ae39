#include "support/array_world.h"

#include <stdio.h>

#include "models/query/filter.h"
#include "models/query/sort.h"

/* ---- find ------------------------------------------------------------------------------------- */

typedef struct array_find {
  array_world *w;
  tn_ctx *ctx;
  tni_pool *pool;
  tn_value array;
  const tni_filter *filter; /* NULL */
  tni_sort sort;            /* count 0: none */
  tni_sorter *sorter;
  uint64_t skip, limit, given;
  uint32_t at;
} array_find;

static tn_status next_match(array_find *f, tn_value *doc) {
  bool matches = false;
  while (!matches) {
    if (f->at == tn_count(f->array)) return TN_NOT_FOUND;
    *doc = tn_item(f->array, f->at++);
    f->w->drawn++;
    matches = !f->filter;
    if (f->filter) TRY(tni_filter_match(f->filter, f->pool, *doc, NULL, &matches));
  }
  return TN_OK;
}

static tn_status sort_all(array_find *f) {
  tn_value doc, keys[TNI_SORT_FIELDS_MAX];
  tn_status status;
  TRY(tni_sorter_create(f->pool, &f->sort, 0, &f->sorter));
  while ((status = next_match(f, &doc)) == TN_OK) {
    tni_sort_keys(&f->sort, doc, keys);
    TRY(tni_sorter_add(f->sorter, keys, tn_value_bytes(doc)));
  }
  return status == TN_NOT_FOUND ? tni_sorter_finish(f->sorter) : status;
}

static tn_status next_in_order(array_find *f, tn_value *doc) {
  tn_slice payload = {NULL, 0};
  if (f->sort.count == 0) return next_match(f, doc);
  TRY(tni_sorter_next(f->sorter, &payload));
  *doc = tn_bytes_value(payload);
  return TN_OK;
}

static tn_status find_open(void *arg) {
  array_find *f = arg;
  tn_value doc;
  f->at = 0;
  f->given = 0;
  if (f->sort.count > 0) TRY(sort_all(f));
  for (uint64_t i = 0; i < f->skip; i++) {
    tn_status status = next_in_order(f, &doc);
    if (status != TN_OK) return status == TN_NOT_FOUND ? TN_OK : status;
  }
  return TN_OK;
}

static tn_status find_next(void *arg, tn_value *doc) {
  array_find *f = arg;
  return f->given++ < f->limit ? next_in_order(f, doc) : TN_NOT_FOUND;
}

static tn_status array_named(array_world *w, tn_ctx *ctx, tn_value name, const char *where, tn_value *out) {
  tn_slice text = {NULL, 0};
  (void)tn_as_string(name, &text);
  for (unsigned i = 0; i < w->count; i++)
    if (tni_slice_is(text, w->names[i])) return *out = w->arrays[i], TN_OK;
  return tn_fail(ctx, TN_NOT_FOUND, where, "no such collection");
}

static tn_status find(void *arg, tn_ctx *ctx, const tni_doc_find *what, tni_pool *pool, tni_doc_source *out) {
  array_find *f = tn_scratch(ctx, sizeof *f);
  if (!f) return tni_no_memory(ctx);
  *f = (array_find){.w = arg, .ctx = ctx, .pool = pool, .skip = what->skip, .limit = what->limit};
  TRY(array_named(arg, ctx, what->collection, what->where, &f->array));
  if (!tn_is_absent(what->filter)) TRY(tni_filter_compile(ctx, what->filter, what->filter_where, &f->filter));
  if (!tn_is_absent(what->sort)) TRY(tni_sort_compile(ctx, what->sort, what->sort_where, &f->sort));
  *out = (tni_doc_source){find_open, find_next, f};
  return TN_OK;
}

/* ---- an index: it answers every document, each twice, so that whoever asks has to look again ---- */

typedef struct array_seeker {
  tn_value array;
  uint32_t at;
} array_seeker;

static tn_status seek(void *arg, tn_value value) {
  array_seeker *s = arg;
  (void)value;
  s->at = 2 * tn_count(s->array);
  return TN_OK;
}

static tn_status seek_next(void *arg, tn_value *doc) {
  array_seeker *s = arg;
  if (s->at == 0) return TN_NOT_FOUND;
  *doc = tn_item(s->array, --s->at / 2);
  return TN_OK;
}

static tn_status seeker(void *arg, tn_ctx *ctx, tn_value collection, tn_slice path, tni_doc_seeker *out) {
  array_world *w = arg;
  char wanted[128];
  tn_slice name = {NULL, 0};
  (void)tn_as_string(collection, &name);
  (void)snprintf(wanted, sizeof wanted, "%s %s", tni_quoted(ctx, name), tni_quoted(ctx, path));
  if (!w->indexed || strcmp(wanted, w->indexed) != 0) return TN_NOT_FOUND;
  array_seeker *s = tn_scratch(ctx, sizeof *s);
  if (!s) return tni_no_memory(ctx);
  TRY(array_named(w, ctx, collection, "", &s->array));
  *out = (tni_doc_seeker){seek, seek_next, s};
  return TN_OK;
}

/* ---- running ---------------------------------------------------------------------------------- */

void array_world_init(array_world *w) { w->world = (tni_doc_world){find, seeker, w}; }

static tn_status run_once(tn_ctx *ctx, tni_pipeline *pipeline, tn_builder *rows) {
  tn_value doc;
  tn_status status;
  TRY(tni_pipeline_open(pipeline));
  tn_array_begin(rows);
  while ((status = tni_pipeline_next(pipeline, &doc)) == TN_OK) tn_add(rows, doc);
  tn_end(rows);
  if (status != TN_NOT_FOUND) return status;
  if (tni_pipeline_next(pipeline, &doc) != TN_NOT_FOUND)
    return tn_fail(ctx, TN_CORRUPT, NULL, "a document came behind the end");
  tni_pipeline_close(pipeline);
  return tn_builder_status(rows) == TN_OK ? TN_OK : tni_no_memory(ctx);
}

tn_status array_world_run(array_world *w, tn_ctx *ctx, const tni_pipeline_options *options, const char *collection,
                          tn_value pipeline, tn_value *out) {
  tn_builder *name = tn_builder_for(ctx), *rows = tn_builder_for(ctx), *again = tn_builder_for(ctx);
  tni_pipeline_options all = *options;
  tni_pipeline *compiled;
  if (!name || !rows || !again) return tni_no_memory(ctx);
  tn_add(name, collection);
  if (tn_builder_status(name) != TN_OK) return tni_no_memory(ctx);
  all.world = &w->world;
  TRY(tni_pipeline_compile(ctx, &all, tn_built(name), pipeline, &compiled));
  TRY(run_once(ctx, compiled, rows));
  TRY(run_once(ctx, compiled, again));
  if (!tn_value_same(tn_built(rows), tn_built(again)))
    return tn_fail(ctx, TN_CORRUPT, NULL, "the second run gave other documents");
  *out = tn_built(rows);
  return TN_OK;
}
