/* Asking a compiled filter about documents and values. */
#include "filter_internal.h"

/* ---- tests ------------------------------------------------------------------------------------ */

/* What is asked: what `path` reaches in `value`, or, without one, `value` itself at the end of a path. */
typedef struct question {
  const tni_path *path;
  tn_value value;
} question;

typedef struct search {
  const tni_test *test;
  tni_match *match;
  bool found;
} search;

static tn_status try_value(void *arg, tn_value value, bool in_array, uint32_t array_index) {
  search *s = arg;
  (void)in_array;
  s->found = s->test->holds(s->test, s->match, value);
  if (s->found && s->match->hit && array_index != TNI_NO_INDEX) s->match->hit->array_index = array_index;
  return s->found ? TN_NOT_FOUND : s->match->status;
}

static bool holds_for_item(const tni_test *test, tni_match *match, tn_value array) {
  search s = {test, match, false};
  for (tn_iter it = tn_iter_of(array); tn_iter_next(&it);)
    if (try_value(&s, it.value, true, it.next - 1) != TN_OK) break;
  return s.found;
}

static bool holds_at(const tni_test *test, tni_match *match, const question *q) {
  search s = {test, match, false};
  if (!q->path && test->form == TNI_TEST_EACH && holds_for_item(test, match, q->value)) return true;
  if (!q->path) return test->holds(test, match, q->value);
  tn_status status = tni_path_each(q->path, q->value, test->form == TNI_TEST_EACH, try_value, &s);
  if (match->status == TN_OK) match->status = status;
  return s.found;
}

static bool answer(const tni_test *test, tni_match *match, const question *q);

static bool all_hold(const tni_test *test, tni_match *match, const question *q) {
  for (uint32_t i = 0; i < test->count; i++)
    if (!answer(test->tests[i], match, q)) return false;
  return true;
}

static bool does_not_hold(const tni_test *test, tni_match *match, const question *q) {
  tni_hit *hit = match->hit;
  match->hit = NULL;
  bool holds = answer(test->tests[0], match, q);
  match->hit = hit;
  return !holds;
}

static bool answer(const tni_test *test, tni_match *match, const question *q) {
  switch (test->form) {
    case TNI_TEST_EACH:
    case TNI_TEST_WHOLE: break;
    case TNI_TEST_ALL: return all_hold(test, match, q);
    case TNI_TEST_NOT: return does_not_hold(test, match, q);
  }
  return holds_at(test, match, q);
}

bool tni_test_at_end(const tni_test *test, tni_match *match, tn_value value) {
  if (tn_value_type(value) != TN_ARRAY) return test->holds(test, match, value);
  return answer(test, match, &(question){NULL, value});
}

/* ---- nodes ------------------------------------------------------------------------------------ */

static bool field_holds(const tni_node *node, tni_match *match, tn_value doc) {
  bool through_array;
  tn_value value = tni_path_plain(&node->path, doc, &through_array);
  if (!through_array) return tni_test_at_end(node->test, match, value);
  return answer(node->test, match, &(question){&node->path, doc});
}

static bool all_nodes_hold(const tni_node *node, tni_match *match, tn_value doc) {
  for (uint32_t i = 0; i < node->count; i++)
    if (!tni_node_holds(node->nodes[i], match, doc)) return false;
  return true;
}

static bool any_node_holds(const tni_node *node, tni_match *match, tn_value doc) {
  tni_hit *hit = match->hit;
  bool holds = false;
  match->hit = NULL;
  for (uint32_t i = 0; i < node->count && !holds; i++) holds = tni_node_holds(node->nodes[i], match, doc);
  match->hit = hit;
  return holds;
}

bool tni_node_holds(const tni_node *node, tni_match *match, tn_value doc) {
  switch (node->kind) {
    case TNI_NODE_FIELD: return field_holds(node, match, doc);
    case TNI_NODE_ALL: return all_nodes_hold(node, match, doc);
    case TNI_NODE_ANY: return any_node_holds(node, match, doc);
    case TNI_NODE_NONE: return !any_node_holds(node, match, doc);
    case TNI_NODE_EXPR: break;
  }
  return tni_expr_holds(node, match, doc);
}

/* ---- filters ---------------------------------------------------------------------------------- */

static tn_status match_doc(const tni_filter *filter, tni_eval *eval, tn_value doc, tni_hit *hit, bool *out) {
  tni_match match = {filter->ctx, eval, hit, TN_OK};
  if (hit) hit->array_index = TNI_NO_INDEX;
  bool holds = tni_node_holds(filter->node, &match, doc);
  if (match.status == TN_OK) *out = holds;
  return match.status;
}

tn_status tni_filter_match(const tni_filter *filter, tni_pool *pool, tn_value doc, tni_hit *hit, bool *out) {
  filter->eval->pool = pool;
  return match_doc(filter, filter->eval, doc, hit, out);
}

tn_status tni_filter_match_in(const tni_filter *filter, tni_eval *eval, tni_hit *hit, bool *out) {
  return match_doc(filter, eval, eval->root, hit, out);
}

static bool value_holds(const tni_filter *filter, tni_match *match, tn_value value) {
  if (filter->test) return tni_test_at_end(filter->test, match, value);
  return tn_value_type(value) == TN_OBJECT && tni_node_holds(filter->node, match, value);
}

tn_status tni_filter_match_value(const tni_filter *filter, tni_pool *pool, tn_value value, bool *out) {
  tni_match match = {filter->ctx, NULL, NULL, TN_OK};
  (void)pool;
  bool holds = value_holds(filter, &match, value);
  if (match.status == TN_OK) *out = holds;
  return match.status;
}

bool tni_filter_is_volatile(const tni_filter *filter) { return filter->is_volatile; }
