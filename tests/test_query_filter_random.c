/* Filters and documents drawn at random, from few names and few values so that they meet: what is compiled answers as
 * the naive reading does, and its terms say what they promise. */
#include <math.h>
#include <stdlib.h>

#include "models/query/filter.h"
#include "support/assert_status.h"
#include "support/handler.h"
#include "support/naive_filter.h"
#include "support/values.h"
#include "tenon.h"

#define FILTERS 6000
#define DOCS 30
#define FILTER_DEPTH 3
#define VALUE_DEPTH 3

typedef struct draw {
  values_source source;
  tn_builder *to;
} draw;

static bool chance(draw *d, unsigned percent) { return values_chance(&d->source, percent); }
static uint64_t below(draw *d, uint64_t n) { return values_below(&d->source, n); }
#define PICK(d, list) ((list)[below((d), TNI_LENGTH(list))])

/* ---- values ----------------------------------------------------------------------------------- */

static const char *const names[] = {"a", "b", "0", "1"};

static void add_scalar(draw *d) {
  static const double reals[] = {0.5, 1.0, 2.0, -1.0, NAN};
  static const char *const texts[] = {"", "a", "ab", "b", "xab"};
  static const uint8_t bytes[] = {5, 0x81};
  switch (below(d, 8)) {
    case 0: tn_add(d->to, TN_ARG_NULL); break;
    case 1: tn_add(d->to, PICK(d, reals)); break;
    case 2: tn_add(d->to, PICK(d, texts)); break;
    case 3: tn_add(d->to, (_Bool)chance(d, 50)); break;
    case 4: tn_add(d->to, tn_time((int64_t)below(d, 2))); break;
    case 5: tn_add(d->to, ((tn_slice){bytes, (size_t)below(d, 3)})); break;
    default: tn_add(d->to, (int64_t)below(d, 5) - 1);
  }
}

static void add_value(draw *d, unsigned depth);

static void add_object(draw *d, unsigned depth) {
  tn_object_begin(d->to);
  for (size_t i = 0; i < TNI_LENGTH(names); i++) {
    if (!chance(d, i < 2 ? 60 : 15)) continue;
    tn_name(d->to, names[i]);
    add_value(d, depth - 1);
  }
  tn_end(d->to);
}

static void add_array(draw *d, unsigned depth) {
  tn_array_begin(d->to);
  for (uint64_t i = below(d, 4); i > 0; i--) add_value(d, depth - 1);
  tn_end(d->to);
}

static void add_value(draw *d, unsigned depth) {
  if (depth == 0 || chance(d, 40))
    add_scalar(d);
  else if (chance(d, 50))
    add_object(d, depth);
  else
    add_array(d, depth);
}

static void add_values(draw *d, uint64_t count) {
  tn_array_begin(d->to);
  for (; count > 0; count--) add_value(d, 1);
  tn_end(d->to);
}

/* ---- filters ---------------------------------------------------------------------------------- */

static void add_filter(draw *d, unsigned depth);
static void add_operators(draw *d, unsigned depth);

static void add_ints(draw *d, uint64_t count, uint64_t limit) {
  tn_array_begin(d->to);
  for (; count > 0; count--) tn_add(d->to, (int64_t)below(d, limit));
  tn_end(d->to);
}

static void add_mod(draw *d) {
  tn_array_begin(d->to);
  tn_add(d->to, (int64_t)below(d, 3) + 1);
  tn_add(d->to, (int64_t)below(d, 3) - 1);
  tn_end(d->to);
}

static void add_elements(draw *d, unsigned depth) {
  tn_array_begin(d->to);
  for (uint64_t i = below(d, 2) + 1; i > 0; i--) {
    tn_object_begin(d->to);
    tn_name(d->to, "$elemMatch");
    add_filter(d, depth - 1);
    tn_end(d->to);
  }
  tn_end(d->to);
}

static void add_operand(draw *d, const char *op, unsigned depth) {
  static const char *const types[] = {"int", "double", "number", "string", "array", "object", "null", "bool", "date"};
  static const char *const patterns[] = {"a", "^a", "^ab", "b", "^", ""};
  if (strcmp(op, "$in") == 0 || strcmp(op, "$nin") == 0)
    add_values(d, below(d, 5));
  else if (strcmp(op, "$exists") == 0)
    tn_add(d->to, (_Bool)chance(d, 50));
  else if (strcmp(op, "$type") == 0)
    tn_add(d->to, PICK(d, types));
  else if (strcmp(op, "$regex") == 0)
    tn_add(d->to, PICK(d, patterns));
  else if (strcmp(op, "$mod") == 0)
    add_mod(d);
  else if (strcmp(op, "$size") == 0)
    tn_add(d->to, (int64_t)below(d, 4));
  else if (strncmp(op, "$bits", 5) == 0)
    add_ints(d, below(d, 4), 70);
  else if (strcmp(op, "$not") == 0)
    add_operators(d, depth - 1);
  else if (strcmp(op, "$elemMatch") == 0 && chance(d, 50))
    add_operators(d, depth - 1);
  else if (strcmp(op, "$elemMatch") == 0)
    add_filter(d, depth - 1);
  else if (strcmp(op, "$all") == 0 && chance(d, 30))
    add_elements(d, depth);
  else if (strcmp(op, "$all") == 0)
    add_values(d, below(d, 3));
  else
    add_value(d, 2);
}

/* The first ones are made of others. */
static const char *const operators[] = {"$not",  "$elemMatch",  "$all",          "$eq",         "$ne",
                                        "$gt",   "$gte",        "$lt",           "$lte",        "$in",
                                        "$nin",  "$exists",     "$type",         "$regex",      "$mod",
                                        "$size", "$bitsAllSet", "$bitsAllClear", "$bitsAnySet", "$bitsAnyClear"};

static void add_operators(draw *d, unsigned depth) {
  size_t at = depth > 0 && chance(d, 35) ? (size_t)below(d, 3) : 3 + (size_t)below(d, TNI_LENGTH(operators) - 3);
  tn_object_begin(d->to);
  for (uint64_t count = chance(d, 70) ? 1 : 2; count > 0 && at < TNI_LENGTH(operators); count--) {
    tn_name(d->to, operators[at]);
    add_operand(d, operators[at], depth);
    at += 1 + (size_t)below(d, 6);
  }
  tn_end(d->to);
}

static void add_filters(draw *d, unsigned depth) {
  tn_array_begin(d->to);
  for (uint64_t i = below(d, 3) + 1; i > 0; i--) add_filter(d, depth);
  tn_end(d->to);
}

static void add_filter(draw *d, unsigned depth) {
  static const char *const paths[] = {"a", "b",     "a.b", "a.a", "a.0",   "a.1.b",
                                      "0", "a.b.a", "b.0", "0.0", "b.0.0", "1.a"};
  static const char *const joints[] = {"$and", "$or", "$nor"};
  size_t at = (size_t)below(d, TNI_LENGTH(paths));
  tn_object_begin(d->to);
  for (uint64_t count = below(d, 3); count > 0 && at < TNI_LENGTH(paths); count--) {
    tn_name(d->to, paths[at]);
    if (chance(d, 30))
      add_scalar(d);
    else
      add_operators(d, depth);
    at += 1 + (size_t)below(d, 4);
  }
  if (depth > 0 && chance(d, 30)) {
    tn_name(d->to, PICK(d, joints));
    add_filters(d, depth - 1);
  }
  tn_end(d->to);
}

/* Where arrays in arrays matter: {"a.0": {"$elemMatch": {"b": null}}} */
static void add_element_filter(draw *d) {
  static const char *const paths[] = {"a", "a.0", "b"}, *const inner[] = {"b", "0", "0.a"};
  tn_object_begin(d->to);
  tn_name(d->to, PICK(d, paths));
  tn_object_begin(d->to);
  tn_name(d->to, "$elemMatch");
  if (chance(d, 40)) {
    add_operators(d, 1);
  } else {
    tn_object_begin(d->to);
    tn_name(d->to, PICK(d, inner));
    add_scalar(d);
    tn_end(d->to);
  }
  tn_end(d->to);
  tn_end(d->to);
}

/* ---- comparing -------------------------------------------------------------------------------- */

static void show(const char *what, tn_value value) {
  tn_slice text = {NULL, 0};
  assert_status(tn_encode("json", value, &text, NULL), TN_OK);
  print_error("%s %s\n", what, (const char *)text.data);
  tn_text_free(text);
}

static void assert_answer(bool got, bool expected, const char *of, tn_value filter, tn_value doc) {
  if (got == expected) return;
  show("filter", filter);
  show("document", doc);
  fail_msg("%s: got %d, expected %d", of, got, expected);
}

/* The term as a filter of its own. */
static bool term_holds(const tni_term *term, tn_value doc) {
  static const char *const ops[] = {
      [TNI_TERM_EQ] = "$eq", [TNI_TERM_IN] = "$in",   [TNI_TERM_GT] = "$gt",         [TNI_TERM_GTE] = "$gte",
      [TNI_TERM_LT] = "$lt", [TNI_TERM_LTE] = "$lte", [TNI_TERM_EXISTS] = "$exists", [TNI_TERM_PREFIX] = "$regex"};
  tn_builder b = TN_BUILDER_INIT;
  char text[64] = "^";
  tn_slice prefix;
  tn_object_begin(&b);
  tn_name_slice(&b, term->path.text);
  tn_object_begin(&b);
  tn_name(&b, ops[term->kind]);
  if (term->kind == TNI_TERM_PREFIX && tn_as_string(term->operand, &prefix))
    tn_add(&b, strncat(text, prefix.data, prefix.size));
  else
    tn_add(&b, term->operand);
  tn_end(&b);
  tn_end(&b);
  bool answer = naive_matches(tn_built(&b), doc);
  tn_builder_free(&b);
  return answer;
}

typedef struct subject {
  tn_value spec;
  const tni_filter *filter;
  const tni_term *terms;
  size_t term_count;
  bool complete;
} subject;

static void compare(const subject *s, tni_pool *pool, tn_value doc) {
  bool matches = false, expected = naive_matches(s->spec, doc), all_terms = true;
  tni_hit hit;
  assert_status(tni_filter_match(s->filter, pool, doc, &hit, &matches), TN_OK);
  assert_answer(matches, expected, "the filter", s->spec, doc);
  assert_status(tni_filter_match(s->filter, pool, doc, NULL, &matches), TN_OK);
  assert_answer(matches, expected, "the filter without a hit", s->spec, doc);
  for (size_t i = 0; i < s->term_count; i++) all_terms &= term_holds(&s->terms[i], doc);
  if (matches) assert_answer(all_terms, true, "every term of a document that matches", s->spec, doc);
  if (s->complete) assert_answer(matches, all_terms, "terms that say it all", s->spec, doc);
}

static void compile(tn_ctx *ctx, subject *s) {
  if (tni_filter_compile(ctx, s->spec, "filter", &s->filter) != TN_OK) {
    show("filter", s->spec);
    fail_msg("%s @ %s", ctx->error->text, ctx->error->where);
  }
  assert_status(tni_filter_terms(ctx, s->filter, &s->terms, &s->term_count, &s->complete), TN_OK);
}

static void compare_one(tn_ctx *ctx, void *arg) {
  draw *d = arg;
  tni_pool pool;
  subject s;
  uint32_t count = 0;
  tni_pool_init(&pool, ctx, TNI_POOL_LIMIT_DEFAULT);
  d->to = tn_builder_for(ctx);
  if (chance(d, 70))
    add_filter(d, FILTER_DEPTH);
  else
    add_element_filter(d);
  s.spec = tn_built(d->to);
  assert_status(tn_builder_status(d->to), TN_OK);
  compile(ctx, &s);
  for (d->to = tn_builder_for(ctx); count < DOCS; count++) {
    tn_builder_clear(d->to);
    add_object(d, VALUE_DEPTH);
    compare(&s, &pool, tn_built(d->to));
  }
}

static void compare_many(tn_ctx *ctx, void *arg) {
  for (int i = 0; i < FILTERS; i++) compare_one(ctx, arg);
}

static void compiled_filters_answer_as_naive_ones(void **state) {
  draw d = {values_source_for_run("filters"), NULL};
  (void)state;
  handler_run(compare_many, &d);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(compiled_filters_answer_as_naive_ones)};
  if (argc > 1) cmocka_set_test_filter(argv[1]);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
