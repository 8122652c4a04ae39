/* Projections: what tests/query/projection_*.txt says, and memory. */
#include "models/query/projection.h"

#include "support/assert_status.h"
#include "support/cases.h"
#include "tenon.h"

typedef struct projecting {
  tni_projection_kind kind;
  tn_value spec, doc, filter; /* no filter: absent */
} projecting;

/* What the filter says of the document, if there is one. */
static tn_status match(tn_ctx *ctx, const projecting *p, tni_pool *pool, tni_hit *hit) {
  const tni_filter *filter;
  bool matches = false;
  hit->array_index = TNI_NO_INDEX;
  if (tn_is_absent(p->filter)) return TN_OK;
  TRY(tni_filter_compile(ctx, p->filter, "filter", &filter));
  TRY(tni_filter_match(filter, pool, p->doc, hit, &matches));
  assert_true(matches);
  return TN_OK;
}

static tn_status project(tn_ctx *ctx, const projecting *p, tni_pool *pool, tn_value *out) {
  const tni_projection *projection;
  tni_scope scope = {.count = 0};
  tni_eval eval;
  tni_hit hit;
  TRY(tni_projection_compile(ctx, &scope, p->spec, p->kind, "projection", &projection));
  TRY(tni_eval_init(&eval, ctx, pool, &scope));
  TRY(match(ctx, p, pool, &hit));
  eval.root = p->doc;
  return tni_projection_apply(projection, &eval, tn_is_absent(p->filter) ? NULL : &hit, out);
}

static void expect_projected(tn_ctx *ctx, query_case *c, tni_projection_kind kind) {
  projecting p = {kind, case_value(ctx, c, 0), TN_NO_VALUE, case_value(ctx, c, 3)};
  tni_pool pool;
  tn_value out;
  tni_pool_init(&pool, ctx, TNI_POOL_LIMIT_DEFAULT);
  if (c->count > 2) p.doc = case_value(ctx, c, 1);
  if (project(ctx, &p, &pool, &out) == TN_OK)
    case_expect_value(c, 2, out);
  else
    case_expect_error(ctx, c, c->count > 2 ? 2 : 1);
}

static void expect_found(tn_ctx *ctx, query_case *c) { expect_projected(ctx, c, TNI_PROJECT_FIND); }
static void expect_stage(tn_ctx *ctx, query_case *c) { expect_projected(ctx, c, TNI_PROJECT_STAGE); }
static void expect_added(tn_ctx *ctx, query_case *c) { expect_projected(ctx, c, TNI_PROJECT_ADD); }

/* ---- memory ----------------------------------------------------------------------------------- */

static const char everything[] =
    "{\"spec\": {\"a.b\": 1, \"c\": {\"$slice\": [1, 2]}, \"d\": {\"$elemMatch\": {\"e\": {\"$gt\": 1}}}, \"f.$\": 1,"
    " \"g\": {\"h\": {\"$add\": [\"$a.b\", 1000]}}, \"_id\": \"$a\"},"
    " \"doc\": {\"a\": {\"b\": 5}, \"c\": [1, 2, 3], \"d\": [{\"e\": 0}, {\"e\": 7}], \"f\": [1, 2]},"
    " \"filter\": {\"f\": 2}}";

static tn_status project_everything(tn_ctx *ctx, void *arg) {
  const tn_value *request = arg;
  projecting p = {TNI_PROJECT_FIND, tn_field(*request, "spec"), tn_field(*request, "doc"),
                  tn_field(*request, "filter")};
  tni_pool pool;
  tn_value out;
  int64_t n = 0;
  tni_pool_init(&pool, ctx, TNI_POOL_LIMIT_DEFAULT);
  TRY(project(ctx, &p, &pool, &out));
  assert_status(tn_get_int(out, "g.h", &n), TN_OK);
  assert_int_equal(n, 1005);
  return TN_OK;
}

static void projecting_without_memory_says_so(void **state) {
  tn_builder builder = TN_BUILDER_INIT;
  (void)state;
  assert_status(tn_decode("json", tni_slice_of(everything), &builder, NULL, NULL), TN_OK);
  tn_value request = tn_built(&builder);
  handler_run_scarce(project_everything, &request);
  tn_builder_free(&builder);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      CASES("projection_find", expect_found),
      CASES("projection_stage", expect_stage),
      CASES("projection_add", expect_added),
      cmocka_unit_test(projecting_without_memory_says_so),
  };
  if (argc > 1) cmocka_set_test_filter(argv[1]);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
