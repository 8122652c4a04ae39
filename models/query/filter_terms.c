/* What a filter says that an index can be asked for. */
#include "filter_internal.h"

/* Where a condition stands: behind which $elemMatch. */
typedef struct place {
  const tni_path *path; /* of a test: its own; of a node: the $elemMatch's, or NULL */
  uint32_t element;
  bool is_item; /* a test of items themselves */
} place;

typedef struct collector {
  tn_ctx *ctx;
  tni_term *terms;
  size_t count;
  size_t capacity;
  uint32_t elements; /* the numbers that are taken */
  bool complete;
} collector;

static tn_status make_room(collector *c) {
  if (c->count < c->capacity) return TN_OK;
  size_t capacity = c->capacity == 0 ? 8 : c->capacity * 2;
  tni_term *terms = tn_scratch(c->ctx, capacity * sizeof *terms);
  if (!terms) return tni_no_memory(c->ctx);
  if (c->count > 0) memcpy(terms, c->terms, c->count * sizeof *terms);
  c->terms = terms;
  c->capacity = capacity;
  return TN_OK;
}

static bool holds_for_missing(const tni_test *test) {
  bool has_null = tn_is_null(test->operand);
  if (test->term != TNI_TERM_IN) return has_null;
  for (tn_iter it = tn_iter_of(test->operand); tn_iter_next(&it);) has_null |= tn_is_null(it.value);
  return has_null;
}

/* An item of an array may be an array, which $elemMatch looks into and a path does not: then a condition may hold for
 * what the whole path does not reach. */
static bool is_reached(const tni_test *test, const place *at) {
  if (at->element == 0) return true;
  if (at->is_item) return at->path->steps[at->path->count - 1].index == TNI_NO_INDEX;
  return !holds_for_missing(test);
}

static tn_status add_term(collector *c, const tni_test *test, const place *at) {
  c->complete &= test->term != TNI_NO_TERM && test->term_exact && at->element == 0;
  if (test->term == TNI_NO_TERM || !is_reached(test, at)) return TN_OK;
  TRY(make_room(c));
  c->terms[c->count++] = (tni_term){*at->path, (tni_term_kind)test->term, test->operand, at->element,
                                    test->term_exact && at->element == 0};
  return TN_OK;
}

static tn_status add_node(collector *c, const tni_node *node, const place *at);
static tn_status add_test(collector *c, const tni_test *test, const place *at);

static tn_status add_element(collector *c, const tni_element *element, const place *at) {
  place inner = {at->path, ++c->elements, element->test != NULL};
  c->complete = false;
  if (at->is_item) return TN_OK;
  return element->test ? add_test(c, element->test, &inner) : add_node(c, element->node, &inner);
}

static tn_status add_test(collector *c, const tni_test *test, const place *at) {
  if (test->form != TNI_TEST_ALL) {
    if (test->form == TNI_TEST_NOT) return c->complete = false, TN_OK;
    return test->element ? add_element(c, test->element, at) : add_term(c, test, at);
  }
  for (uint32_t i = 0; i < test->count; i++) TRY(add_test(c, test->tests[i], at));
  return TN_OK;
}

static tn_status add_field(collector *c, const tni_node *node, const place *at) {
  tni_path path = node->path;
  if (at->path && path.steps[0].index != TNI_NO_INDEX) return c->complete = false, TN_OK;
  if (at->path) TRY(tni_path_join(c->ctx, at->path, &node->path, &path));
  return add_test(c, node->test, &(place){&path, at->element, false});
}

static tn_status add_node(collector *c, const tni_node *node, const place *at) {
  if (node->kind == TNI_NODE_FIELD) return add_field(c, node, at);
  bool joined = node->kind == TNI_NODE_ALL || (node->kind == TNI_NODE_ANY && node->count == 1);
  if (!joined) return c->complete = false, TN_OK;
  for (uint32_t i = 0; i < node->count; i++) TRY(add_node(c, node->nodes[i], at));
  return TN_OK;
}

tn_status tni_filter_terms(tn_ctx *ctx, const tni_filter *filter, const tni_term **out, size_t *count,
                           bool *complete) {
  collector c = {.ctx = ctx, .complete = true};
  TRY(add_node(&c, filter->node, &(place){NULL, 0, false}));
  *out = c.terms;
  *count = c.count;
  *complete = c.complete;
  return TN_OK;
}
