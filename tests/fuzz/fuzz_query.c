/* Questions and changes of documents: a filter, an expression, an order, a projection or an update, made from any
 * values, and laid over any document. What is refused says so; what is done twice comes out the same and is a value;
 * a filter's terms say no more than the filter; an update leaves the document it began with as it was.
 *
 *   update 1                                   what, and for an update the item that `$` is
 *   {"$push": {"a.$[x]": 1}}                   the request
 *   {"a": [[2], [3]]}                          the document
 *   [{"x": 3}]                                 array filters, or another document
 *   bytes                                      each four put one value, or one field's name, in another's place */
#include "context.h"
#include "models/document/update.h"
#include "models/query/projection.h"
#include "models/query/sort.h"

#define STEPS_MAX 20000
#define POOL_LIMIT ((size_t)4 << 20)
#define NODES_MAX 400
#define SWAPS_MAX 8

enum { REQUEST, DOCUMENT, EXTRA, VALUES };

typedef struct query_input {
  tn_ctx *ctx;
  tni_pool pool;
  tn_slice kind;
  uint32_t hit;
  tn_value values[VALUES]; /* absent where the line is none */
} query_input;

/* ---- reading ---------------------------------------------------------------------------------- */

static tn_slice take_line(fuzz_input *in) {
  const uint8_t *from = in->at, *feed = fuzz_left(in) > 0 ? memchr(from, '\n', fuzz_left(in)) : NULL;
  in->at = feed ? feed + 1 : in->end;
  return (tn_slice){from, (size_t)((feed ? feed : in->end) - from)};
}

static tn_value take_value(query_input *q, fuzz_input *in) {
  tn_builder *b = tn_builder_for(q->ctx);
  MUST(b);
  return tn_decode("json", take_line(in), b, NULL, NULL) == TN_OK ? tn_built(b) : TN_NO_VALUE;
}

static void take_kind(query_input *q, fuzz_input *in) {
  tn_slice line = take_line(in);
  const uint8_t *at = line.data, *space = line.size > 0 ? memchr(at, ' ', line.size) : NULL;
  q->kind = space ? (tn_slice){at, (size_t)(space - at)} : line;
  q->hit = space && space + 1 < at + line.size ? space[1] - (uint32_t)'0' : TNI_NO_INDEX;
}

/* ---- mixing: a part of one value in the place of a part of another ----------------------------- */

typedef struct node {
  tn_value value;
  tn_slice name;
  unsigned root;
} node;

typedef struct nodes {
  node at[NODES_MAX];
  unsigned count;
} nodes;

static void list(nodes *all, tn_value value, tn_slice name, unsigned root) {
  if (all->count == NODES_MAX || tn_is_absent(value)) return;
  all->at[all->count++] = (node){value, name, root};
  for (tn_iter it = tn_iter_of(value); tn_iter_next(&it);) list(all, it.value, it.name, root);
}

typedef struct change {
  const node *to, *from;
  bool names;
} change;

static void copy(tn_builder *b, tn_value value, const change *c) {
  tn_type type = tn_value_type(value);
  if (value.data == c->to->value.data && !c->names) value = c->from->value, type = TN_NULL;
  if (type != TN_ARRAY && type != TN_OBJECT) {
    tn_add(b, value);
    return;
  }
  if (type == TN_ARRAY) tn_array_begin(b);
  if (type == TN_OBJECT) tn_object_begin(b);
  for (tn_iter it = tn_iter_of(value); tn_iter_next(&it);) {
    bool renamed = c->names && it.value.data == c->to->value.data;
    if (type == TN_OBJECT) tn_name_slice(b, renamed ? c->from->name : it.name);
    copy(b, it.value, c);
  }
  tn_end(b);
}

static void mix(query_input *q, nodes *all, fuzz_input *in) {
  tn_slice none = {NULL, 0};
  all->count = 0;
  for (unsigned i = 0; i < VALUES; i++) list(all, q->values[i], none, i);
  uint64_t to = fuzz_number(in, 2), from = fuzz_number(in, 2);
  if (all->count == 0) return;
  change c = {&all->at[to % all->count], &all->at[from / 2 % all->count], from % 2 == 1};
  if (c.names && (!c.to->name.data || !c.from->name.data)) return;
  tn_builder *b = tn_builder_for(q->ctx);
  MUST(b);
  copy(b, q->values[c.to->root], &c);
  if (!tn_is_absent(tn_built(b))) q->values[c.to->root] = tn_built(b);
}

/* ---- what every kind must keep to -------------------------------------------------------------- */

static bool done(query_input *q, tn_status status) {
  if (status == TN_OK) return true;
  MUST(status == TN_INVALID || status == TN_LIMIT);
  MUST(q->ctx->error->status == status && q->ctx->error->text[0] != '\0');
  return false;
}

static void check_value(tn_value value) {
  tn_value checked;
  MUST(tn_value_check(tn_value_bytes(value), &checked, NULL) == TN_OK && checked.size == value.size);
}

static bool is_object(tn_value value) { return tn_value_type(value) == TN_OBJECT; }

/* ---- filters ---------------------------------------------------------------------------------- */

static bool match(query_input *q, const tni_filter *filter, bool *out) {
  tni_pool_mark mark = tni_pool_at(&q->pool);
  bool again = false;
  if (!done(q, tni_filter_match(filter, &q->pool, q->values[DOCUMENT], NULL, out))) return false;
  tni_pool_back(&q->pool, mark);
  if (!done(q, tni_filter_match(filter, &q->pool, q->values[DOCUMENT], NULL, &again))) return false;
  MUST(again == *out);
  return true;
}

static const char *operator_of(tni_term_kind kind) {
  static const char *const names[] = {
      [TNI_TERM_EQ] = "$eq", [TNI_TERM_IN] = "$in",   [TNI_TERM_GT] = "$gt",        [TNI_TERM_GTE] = "$gte",
      [TNI_TERM_LT] = "$lt", [TNI_TERM_LTE] = "$lte", [TNI_TERM_EXISTS] = "$exists"};
  return kind == TNI_TERM_PREFIX ? NULL : names[kind];
}

/* The term as a filter of its own; true where it cannot be one. */
static bool term_matches(query_input *q, const tni_term *term) {
  const char *name = operator_of(term->kind);
  tn_builder *b = tn_builder_for(q->ctx);
  const tni_filter *filter;
  bool matches = true;
  MUST(b);
  if (!name) return true;
  tn_object_begin(b);
  tn_name_slice(b, term->path.text);
  tn_object_begin(b);
  tn_set(b, name, term->operand);
  tn_end(b);
  tn_end(b);
  if (tn_is_absent(tn_built(b)) || !done(q, tni_filter_compile(q->ctx, tn_built(b), "", &filter))) return true;
  return !match(q, filter, &matches) || matches;
}

static void check_terms(query_input *q, const tni_filter *filter, bool matches) {
  const tni_term *terms;
  size_t count;
  bool complete, all = true, whole = true;
  if (!done(q, tni_filter_terms(q->ctx, filter, &terms, &count, &complete))) return;
  for (size_t i = 0; i < count; i++) {
    bool one = term_matches(q, &terms[i]);
    all = all && one;
    whole = whole && terms[i].exact && terms[i].element == 0 && operator_of(terms[i].kind);
  }
  MUST(!matches || all);
  MUST(!(complete && whole && all) || matches);
}

static void run_filter(query_input *q) {
  const tni_filter *filter;
  bool matches = false;
  if (!is_object(q->values[REQUEST]) || !is_object(q->values[DOCUMENT])) return;
  if (!done(q, tni_filter_compile(q->ctx, q->values[REQUEST], "filter", &filter))) return;
  if (match(q, filter, &matches)) check_terms(q, filter, matches);
}

static void run_condition(query_input *q) {
  const tni_filter *filter;
  bool matches = false, again = false;
  tn_value value = q->values[DOCUMENT];
  if (tn_is_absent(q->values[REQUEST]) || tn_is_absent(value)) return;
  if (!done(q, tni_filter_compile_value(q->ctx, q->values[REQUEST], "condition", &filter))) return;
  if (!done(q, tni_filter_match_value(filter, &q->pool, value, &matches))) return;
  if (done(q, tni_filter_match_value(filter, &q->pool, value, &again))) MUST(matches == again);
}

/* ---- expressions ------------------------------------------------------------------------------ */

static void run_expr(query_input *q) {
  tni_scope scope = {.count = 0};
  const tni_expr *expr;
  tni_eval eval;
  tn_value first, second;
  if (tn_is_absent(q->values[REQUEST]) || tn_is_absent(q->values[DOCUMENT])) return;
  if (!done(q, tni_expr_compile(q->ctx, &scope, q->values[REQUEST], "expr", &expr))) return;
  MUST(scope.count == 0);
  MUST(tni_eval_init(&eval, q->ctx, &q->pool, &scope) == TN_OK);
  eval.root = q->values[DOCUMENT];
  fuzz_context_reseed(q->ctx);
  if (!done(q, tni_expr_eval(expr, &eval, &first))) return;
  if (!tn_is_absent(first)) check_value(first);
  fuzz_context_reseed(q->ctx);
  if (done(q, tni_expr_eval(expr, &eval, &second))) MUST(tn_value_same(first, second));
}

/* ---- projections ------------------------------------------------------------------------------ */

static bool project(query_input *q, const tni_projection *projection, tni_eval *eval, tn_value *out) {
  tni_hit hit = {q->hit};
  fuzz_context_reseed(q->ctx);
  if (!done(q, tni_projection_apply(projection, eval, &hit, out))) return false;
  check_value(*out);
  MUST(is_object(*out));
  return true;
}

static void run_projection(query_input *q, tni_projection_kind kind) {
  tni_scope scope = {.count = 0};
  const tni_projection *projection;
  tni_eval eval;
  tn_value first, second;
  if (tn_is_absent(q->values[REQUEST]) || !is_object(q->values[DOCUMENT])) return;
  if (!done(q, tni_projection_compile(q->ctx, &scope, q->values[REQUEST], kind, "fields", &projection))) return;
  MUST(tni_eval_init(&eval, q->ctx, &q->pool, &scope) == TN_OK);
  eval.root = q->values[DOCUMENT];
  if (project(q, projection, &eval, &first) && project(q, projection, &eval, &second))
    MUST(tn_value_same(first, second));
}

static void run_find(query_input *q) { run_projection(q, TNI_PROJECT_FIND); }
static void run_stage(query_input *q) { run_projection(q, TNI_PROJECT_STAGE); }
static void run_add(query_input *q) { run_projection(q, TNI_PROJECT_ADD); }

/* ---- orders ----------------------------------------------------------------------------------- */

static int sign(int n) { return (n > 0) - (n < 0); }

static void run_sort(query_input *q) {
  tni_sort sort;
  tn_value a[TNI_SORT_FIELDS_MAX], b[TNI_SORT_FIELDS_MAX];
  if (tn_is_absent(q->values[REQUEST]) || !is_object(q->values[DOCUMENT]) || !is_object(q->values[EXTRA])) return;
  if (!done(q, tni_sort_compile(q->ctx, q->values[REQUEST], "sort", &sort))) return;
  tni_sort_keys(&sort, q->values[DOCUMENT], a);
  tni_sort_keys(&sort, q->values[EXTRA], b);
  MUST(tni_sort_compare(q->ctx, &sort, a, a) == 0);
  MUST(sign(tni_sort_compare(q->ctx, &sort, a, b)) == -sign(tni_sort_compare(q->ctx, &sort, b, a)));
}

/* ---- updates ---------------------------------------------------------------------------------- */

static bool apply(query_input *q, const tni_update *update, tn_value doc, bool inserting, tn_value *out) {
  tni_hit hit = {q->hit};
  bool changed;
  if (!done(q, tni_update_apply(update, &q->pool, doc, &hit, inserting, out, &changed))) return false;
  MUST(changed == !tn_value_same(doc, *out));
  check_value(*out);
  MUST(is_object(*out));
  return true;
}

static void check_update(query_input *q, const tni_update *update, tn_value doc, bool inserting) {
  tn_builder *b = tn_builder_for(q->ctx);
  tn_value first, second, id = tn_field(doc, "_id");
  MUST(b);
  tn_add(b, doc);
  bool made = apply(q, update, doc, inserting, &first);
  MUST(tn_value_same(doc, tn_built(b)));
  if (!made) return;
  MUST(tn_is_absent(id) || tn_value_compare(id, tn_field(first, "_id")) == 0);
  if (apply(q, update, doc, inserting, &second)) MUST(tn_value_same(first, second));
}

static const tni_update *compile_update(query_input *q) {
  const tni_update *update;
  if (tn_is_absent(q->values[REQUEST]) || !is_object(q->values[DOCUMENT])) return NULL;
  tn_status status = tni_update_compile(q->ctx, q->values[REQUEST], q->values[EXTRA], "update", &update);
  return done(q, status) ? update : NULL;
}

static void run_update(query_input *q) {
  const tni_update *update = compile_update(q);
  if (!update) return;
  check_update(q, update, q->values[DOCUMENT], false);
  check_update(q, update, q->values[DOCUMENT], true);
}

/* The document is a filter. */
static void run_upsert(query_input *q) {
  const tni_update *update = compile_update(q);
  const tni_filter *filter;
  tn_value base;
  if (!update || !done(q, tni_filter_compile(q->ctx, q->values[DOCUMENT], "filter", &filter))) return;
  if (!done(q, tni_upsert_base(q->ctx, &q->pool, filter, &base))) return;
  check_value(base);
  check_update(q, update, base, true);
}

/* ----------------------------------------------------------------------------------------------- */

static const struct {
  const char *name;
  void (*run)(query_input *q);
} kinds[] = {{"filter", run_filter}, {"condition", run_condition}, {"expr", run_expr},
             {"find", run_find},     {"stage", run_stage},         {"add", run_add},
             {"sort", run_sort},     {"update", run_update},       {"upsert", run_upsert}};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_context context;
  fuzz_input in = fuzz_input_of(data, size);
  query_input q = {.ctx = &context.ctx};
  fuzz_context_begin(&context, STEPS_MAX);
  tni_pool_init(&q.pool, q.ctx, POOL_LIMIT);
  nodes *all = tn_scratch(q.ctx, sizeof *all);
  MUST(all);
  take_kind(&q, &in);
  for (unsigned i = 0; i < VALUES; i++) q.values[i] = take_value(&q, &in);
  for (unsigned i = 0; i < SWAPS_MAX && fuzz_left(&in) > 0; i++) mix(&q, all, &in);
  for (size_t i = 0; i < TNI_LENGTH(kinds); i++)
    if (tni_slice_is(q.kind, kinds[i].name)) kinds[i].run(&q);
  fuzz_context_end(&context);
  return 0;
}
