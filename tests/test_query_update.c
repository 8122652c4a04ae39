/* Updates, text in, text out: tests/query/update_*.txt. A line is an update, a document, and the document it becomes,
 * or "unchanged". Options: @filter, what `$` comes from; @array_filters; @upsert, where the second column is no
 * document but the filter that one begins with. */
#include <stdio.h>
#include <stdlib.h>

#include "models/document/update.h"
#include "models/document/update_op.h"
#include "support/assert_status.h"
#include "support/handler.h"
#include "support/text_cases.h"

#define PREFIX "update_"
#define POOL_LIMIT ((size_t)1 << 26)

typedef struct request {
  const tni_update *update;
  const tni_filter *filter; /* NULL = none */
  tn_value doc;
  bool upsert;
} request;

static tn_status read_option(tn_ctx *ctx, const text_case *c, const char *name, tn_value *out) {
  const char *json = case_option(c, name);
  *out = TN_NO_VALUE;
  return json ? case_parse(ctx, json, out) : TN_OK;
}

static tn_status read_filter(tn_ctx *ctx, const text_case *c, request *out) {
  tn_value filter;
  TRY(out->upsert ? case_parse(ctx, c->second, &filter) : read_option(ctx, c, "filter", &filter));
  return tn_is_absent(filter) ? TN_OK : tni_filter_compile(ctx, filter, "filter", &out->filter);
}

static tn_status read_request(tn_ctx *ctx, tni_pool *pool, const text_case *c, request *out) {
  tn_value update, array_filters;
  *out = (request){.upsert = case_option(c, "upsert") != NULL};
  TRY(case_parse(ctx, c->first, &update));
  TRY(read_option(ctx, c, "array_filters", &array_filters));
  TRY(tni_update_compile(ctx, update, array_filters, "", &out->update));
  TRY(read_filter(ctx, c, out));
  if (out->upsert) return tni_upsert_base(ctx, pool, out->filter, &out->doc);
  return case_parse(ctx, c->second, &out->doc);
}

static tn_status apply(tni_pool *pool, const request *r, tn_value *out, bool *changed) {
  tni_hit hit = {TNI_NO_INDEX};
  bool matched = true;
  if (r->filter && !r->upsert) TRY(tni_filter_match(r->filter, pool, r->doc, &hit, &matched));
  assert_true(matched);
  return tni_update_apply(r->update, pool, r->doc, &hit, r->upsert, out, changed);
}

/* The document is as it was, whatever came of it. */
static tn_status apply_to_a_copy(tni_pool *pool, request *r, tn_value *out, bool *changed) {
  uint8_t *copy = malloc(r->doc.size);
  tn_value original = {copy, r->doc.size};
  assert_non_null(copy);
  memcpy(copy, r->doc.data, r->doc.size);
  tn_status status = apply(pool, r, out, changed);
  assert_true(tn_value_same(original, r->doc));
  if (status == TN_OK) assert_int_equal(*changed, !tn_value_same(original, *out));
  free(copy);
  return status;
}

static tn_status run_update(tn_ctx *ctx, text_case *c) {
  tni_pool pool;
  request r;
  tn_value made;
  bool changed;
  tni_pool_init(&pool, ctx, POOL_LIMIT);
  TRY(read_request(ctx, &pool, c, &r));
  tni_pool_mark mark = tni_pool_at(&pool);
  TRY(apply_to_a_copy(&pool, &r, &made, &changed));
  tni_pool_back(&pool, mark);
  TRY(apply_to_a_copy(&pool, &r, &made, &changed));
  if (changed || r.upsert) return case_print(ctx, made, c);
  strcpy(c->got, "unchanged");
  return TN_OK;
}

/* ---- beside the cases ------------------------------------------------------------------------- */

static void every_operator_has_a_case(void **state) {
  char quoted[64];
  (void)state;
  for (size_t i = 0; i < tni_update_op_count; i++) {
    (void)snprintf(quoted, sizeof quoted, "\"%s\": {", tni_update_ops[i].name);
    if (!cases_have(PREFIX, quoted)) fail_msg("%s has no case", tni_update_ops[i].name);
  }
}

static tn_value set_fields(tn_ctx *ctx, unsigned count) {
  tn_builder *b = tn_builder_for(ctx);
  char path[32];
  tn_object_begin(b);
  tn_name(b, "$set");
  tn_object_begin(b);
  for (unsigned i = 0; i < count; i++) {
    (void)snprintf(path, sizeof path, "f%u", i);
    tn_set(b, path, i);
  }
  tn_end(b);
  tn_end(b);
  return tn_built(b);
}

static void an_update_changes_at_most_ten_thousand_paths(tn_ctx *ctx, void *arg) {
  const tni_update *update;
  (void)arg;
  assert_status(tni_update_compile(ctx, set_fields(ctx, 10000), TN_NO_VALUE, "update", &update), TN_OK);
  assert_status(tni_update_compile(ctx, set_fields(ctx, 10001), TN_NO_VALUE, "update", &update), TN_LIMIT);
  assert_string_equal(ctx->error->where, "update.$set.f10000");
}

static tn_value nested(tn_ctx *ctx, unsigned levels) {
  tn_builder *b = tn_builder_for(ctx);
  for (unsigned i = 0; i < levels; i++) tn_array_begin(b);
  for (unsigned i = 0; i < levels; i++) tn_end(b);
  return tn_built(b);
}

static tn_status set_deep(tn_ctx *ctx, tn_value value) {
  tn_builder *update = tn_builder_for(ctx), *paths = tn_builder_for(ctx), *doc = tn_builder_for(ctx);
  const tni_update *compiled;
  tni_pool pool;
  tn_value made;
  bool changed;
  tni_pool_init(&pool, ctx, POOL_LIMIT);
  TRY(tni_update_compile(ctx, tn_obj(update, "$set", tn_obj(paths, "a.b.c", value)), TN_NO_VALUE, "update",
                         &compiled));
  tn_object_begin(doc);
  tn_end(doc);
  return tni_update_apply(compiled, &pool, tn_built(doc), NULL, false, &made, &changed);
}

static void a_document_nests_no_deeper_than_values_do(tn_ctx *ctx, void *arg) {
  (void)arg;
  assert_status(set_deep(ctx, nested(ctx, TN_DEPTH_MAX - 3)), TN_OK);
  assert_status(set_deep(ctx, nested(ctx, TN_DEPTH_MAX - 2)), TN_LIMIT);
  assert_string_equal(ctx->error->where, "update");
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_operator_has_a_case),
      HANDLER_TEST(an_update_changes_at_most_ten_thousand_paths),
      HANDLER_TEST(a_document_nests_no_deeper_than_values_do),
  };
  if (argc > 1) cmocka_set_test_filter(argv[1]);
  return cases_main(PREFIX, run_update, tests, TNI_LENGTH(tests));
}
