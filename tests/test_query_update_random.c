/* Drawn updates of drawn documents, beside the naive way of doing them: both refuse, or come to the same document. */
#include <stdio.h>

#include "models/document/update.h"
#include "models/document/update_op.h"
#include "support/assert_status.h"
#include "support/handler.h"
#include "support/naive_update.h"
#include "support/values.h"
#include "tenon.h"

#define ROUNDS 60
#define UPDATES 400 /* in a round */
#define PATH_SIZE 64
#define POOL_LIMIT ((size_t)1 << 26)

typedef struct drawing {
  values_source *source;
  tn_ctx *ctx;
  tni_pool *pool;
  unsigned done, refused;
  unsigned done_by[32], refused_by[32]; /* operators */
} drawing;

static uint64_t below(drawing *d, uint64_t n) { return values_below(d->source, n); }
static bool chance(drawing *d, unsigned percent) { return values_chance(d->source, percent); }
static const char *a_name(drawing *d) { return (const char *[]){"a", "b", "c"}[below(d, 3)]; }
static int64_t a_number(drawing *d) { return (int64_t)below(d, 9) - 3; }

static tn_builder *builder(drawing *d) {
  tn_builder *b = tn_builder_for(d->ctx);
  assert_non_null(b);
  return b;
}

/* ---- documents -------------------------------------------------------------------------------- */

static void add_scalar(drawing *d, tn_builder *b) {
  switch (below(d, 8)) {
    case 0: tn_add(b, TN_ARG_NULL); break;
    case 1: tn_add(b, below(d, 2) == 1); break;
    case 2: tn_add(b, a_name(d)); break;
    case 3: tn_add(b, (double)a_number(d) / 2); break;
    default: tn_add(b, a_number(d));
  }
}

static void add_value(drawing *d, tn_builder *b, unsigned depth);

static void add_array(drawing *d, tn_builder *b, unsigned depth) {
  tn_array_begin(b);
  for (uint64_t n = below(d, 5); n > 0; n--) add_value(d, b, depth);
  tn_end(b);
}

static void add_fields(drawing *d, tn_builder *b, unsigned depth) {
  static const char *const names[] = {"b", "a", "1", "c"};
  uint64_t first = below(d, TNI_LENGTH(names));
  for (uint64_t i = 0; i < TNI_LENGTH(names); i++) {
    if (chance(d, 50)) continue;
    tn_name(b, names[(first + i) % TNI_LENGTH(names)]);
    add_value(d, b, depth);
  }
}

static void add_value(drawing *d, tn_builder *b, unsigned depth) {
  uint64_t how = depth > 0 ? below(d, 10) : 9;
  if (how < 4) {
    add_array(d, b, depth - 1);
  } else if (how < 7) {
    tn_object_begin(b);
    add_fields(d, b, depth - 1);
    tn_end(b);
  } else {
    add_scalar(d, b);
  }
}

static tn_value a_document(drawing *d) {
  tn_builder *b = builder(d);
  tn_object_begin(b);
  if (chance(d, 70)) tn_set(b, "_id", 1);
  add_fields(d, b, 3);
  tn_end(b);
  return tn_built(b);
}

/* ---- operands --------------------------------------------------------------------------------- */

static void add_number(drawing *d, tn_builder *b) {
  if (chance(d, 70))
    tn_add(b, a_number(d));
  else
    tn_add(b, (double)a_number(d) / 2);
}

static void add_object_of(tn_builder *b, const char *name, int64_t n) {
  tn_object_begin(b);
  tn_set(b, name, n);
  tn_end(b);
}

static void add_sort(drawing *d, tn_builder *b) {
  int direction = chance(d, 50) ? 1 : -1;
  tn_name(b, "$sort");
  if (chance(d, 50))
    tn_add(b, direction);
  else
    add_object_of(b, "b", direction);
}

static void add_each(drawing *d, tn_builder *b, bool with_clauses) {
  tn_object_begin(b);
  if (with_clauses && chance(d, 40)) tn_set(b, "$slice", a_number(d));
  tn_name(b, "$each");
  add_array(d, b, 1);
  if (with_clauses && chance(d, 40)) tn_set(b, "$position", a_number(d));
  if (with_clauses && chance(d, 40)) add_sort(d, b);
  tn_end(b);
}

static void add_condition(drawing *d, tn_builder *b) {
  switch (below(d, 3)) {
    case 0: add_object_of(b, "$gte", a_number(d)); break;
    case 1: add_object_of(b, "b", a_number(d)); break;
    default: add_scalar(d, b);
  }
}

static void add_operand(drawing *d, tn_builder *b, const char *op) {
  if (strcmp(op, "$inc") == 0 || strcmp(op, "$mul") == 0)
    add_number(d, b);
  else if (strcmp(op, "$bit") == 0)
    add_object_of(b, (const char *[]){"and", "or", "xor"}[below(d, 3)], a_number(d));
  else if (strcmp(op, "$currentDate") == 0)
    tn_add(b, TN_ARG_TRUE);
  else if (strcmp(op, "$pop") == 0)
    tn_add(b, chance(d, 50) ? 1 : -1);
  else if (strcmp(op, "$pullAll") == 0)
    add_array(d, b, 1);
  else if (strcmp(op, "$pull") == 0)
    add_condition(d, b);
  else if ((strcmp(op, "$push") == 0 || strcmp(op, "$addToSet") == 0) && chance(d, 60))
    add_each(d, b, strcmp(op, "$push") == 0);
  else
    add_value(d, b, 2);
}

/* ---- updates ---------------------------------------------------------------------------------- */

typedef struct path_text {
  char text[PATH_SIZE];
} path_text;

static const char *a_step(drawing *d, tn_value at, bool plain) {
  static const char *const numbers[] = {"0", "1", "2", "3", "10"};
  if (tn_value_type(at) != TN_ARRAY || chance(d, 5)) return chance(d, 95) ? a_name(d) : numbers[below(d, 2)];
  if (plain || chance(d, 40)) return numbers[below(d, TNI_LENGTH(numbers))];
  return (const char *[]){"$[]", "$[x]", "$"}[below(d, 3)];
}

/* Mostly one that leads somewhere. */
static path_text a_path(drawing *d, tn_value doc, bool plain) {
  path_text path = {""};
  uint64_t steps = 1 + below(d, 3);
  bool hit = false;
  for (uint64_t i = 0; i < steps; i++) {
    const char *step = a_step(d, doc, plain || hit);
    if (i == 0 && *step == '$') step = "a";
    hit = hit || strcmp(step, "$") == 0;
    size_t used = strlen(path.text);
    (void)snprintf(path.text + used, sizeof path.text - used, "%s%s", used > 0 ? "." : "", step);
    bool is_item = *step == '$' || (*step >= '0' && *step <= '9');
    doc = is_item ? tn_item(doc, *step == '1' ? 1 : 0) : tn_field(doc, step);
  }
  return path;
}

static bool is_among(const path_text *paths, unsigned count, const char *text) {
  for (unsigned i = 0; i < count; i++)
    if (strcmp(paths[i].text, text) == 0) return true;
  return false;
}

static bool overlap(const char *a, const char *b) {
  size_t size = strlen(a) < strlen(b) ? strlen(a) : strlen(b);
  return strncmp(a, b, size) == 0 && (a[size] == '\0' || a[size] == '.') && (b[size] == '\0' || b[size] == '.');
}

static bool add_rename(drawing *d, tn_builder *b, tn_value doc) {
  path_text from = a_path(d, doc, true), to = a_path(d, doc, true);
  if (overlap(from.text, to.text)) return false;
  tn_set(b, from.text, (const char *)to.text);
  return true;
}

static void add_paths(drawing *d, tn_builder *b, const char *op, tn_value doc) {
  path_text paths[3];
  unsigned count = 0;
  bool moves = strcmp(op, "$rename") == 0;
  for (uint64_t n = 1 + below(d, 2); n > 0; n--) {
    if (moves) {
      if (add_rename(d, b, doc)) return;
      continue;
    }
    paths[count] = chance(d, 2) ? (path_text){"_id"} : a_path(d, doc, false);
    if (is_among(paths, count, paths[count].text)) continue;
    tn_name(b, paths[count++].text);
    add_operand(d, b, op);
  }
}

static tn_value an_update(drawing *d, tn_value doc, uint64_t *op) {
  tn_builder *b = builder(d);
  uint64_t count = chance(d, 60) ? 1 : 2;
  *op = below(d, tni_update_op_count);
  tn_object_begin(b);
  for (uint64_t i = 0; i < count; i++) {
    const char *name = tni_update_ops[(*op + i * (1 + below(d, 3))) % tni_update_op_count].name;
    if (i > 0 && strcmp(name, tni_update_ops[*op].name) == 0) continue;
    tn_name(b, name);
    tn_object_begin(b);
    add_paths(d, b, name, doc);
    tn_end(b);
  }
  tn_end(b);
  return tn_built(b);
}

static bool uses_filter(tn_value update) {
  for (tn_iter op = tn_iter_of(update); tn_iter_next(&op);)
    for (tn_iter it = tn_iter_of(op.value); tn_iter_next(&it);)
      if (memmem(it.name.data, it.name.size, "$[x]", 4)) return true;
  return false;
}

static tn_value an_item_filter(drawing *d) {
  tn_builder *b = builder(d);
  bool by_field = chance(d, 50);
  tn_object_begin(b);
  tn_name(b, by_field ? "x.b" : "x");
  if (by_field)
    tn_add(b, a_number(d));
  else
    add_object_of(b, "$gte", a_number(d));
  tn_end(b);
  return tn_built(b);
}

/* ---- both ways -------------------------------------------------------------------------------- */

static void print(const char *what, tn_value value) {
  tn_slice text = {"nothing", 7};
  if (!tn_is_absent(value)) assert_status(tn_encode("json", value, &text, NULL), TN_OK);
  print_error("%s %.*s\n", what, (int)text.size, (const char *)text.data);
  if (!tn_is_absent(value)) tn_text_free(text);
}

static void fail_with(drawing *d, const naive_request *r, tn_value doc, tn_value expected, tn_value got) {
  print("update  ", r->update);
  print("x       ", r->item_filter);
  print("document", doc);
  print("expected", expected);
  print("got     ", got);
  fail_msg("the two ways differ; hit %d, %s: %s", (int)r->hit, d->ctx->error->where, d->ctx->error->text);
}

static tn_status update(drawing *d, const naive_request *r, tn_value doc, tn_value *out) {
  const tni_update *compiled;
  tni_hit hit = {r->hit};
  tn_builder *b = builder(d);
  tn_value filters = tn_is_absent(r->item_filter) ? TN_NO_VALUE : tn_arr(b, r->item_filter);
  bool changed;
  TRY(tni_update_compile(d->ctx, r->update, filters, "update", &compiled));
  TRY(tni_update_apply(compiled, d->pool, doc, &hit, r->inserting, out, &changed));
  assert_int_equal(changed, !tn_value_same(doc, *out));
  return TN_OK;
}

static void check_whole(tn_value value) {
  tn_value checked;
  assert_status(tn_value_check(tn_value_bytes(value), &checked, NULL), TN_OK);
  assert_int_equal(checked.size, value.size);
}

static void one_update(drawing *d) {
  tn_value doc = a_document(d), expected = TN_NO_VALUE, got = TN_NO_VALUE;
  uint64_t op;
  tni_pool_mark mark = tni_pool_at(d->pool);
  naive_request r = {.update = an_update(d, doc, &op), .hit = UINT32_MAX, .inserting = chance(d, 20)};
  if (chance(d, 70)) r.hit = (uint32_t)below(d, 4);
  if (uses_filter(r.update)) r.item_filter = an_item_filter(d);
  bool done = naive_update(d->ctx, &r, doc, &expected);
  tn_status status = update(d, &r, doc, &got);
  if (status != TN_OK) assert_status(status, TN_INVALID);
  if (done != (status == TN_OK) || (done && !tn_value_same(expected, got)))
    fail_with(d, &r, doc, done ? expected : TN_NO_VALUE, got);
  if (done) check_whole(got);
  *(done ? &d->done : &d->refused) += 1;
  (done ? d->done_by : d->refused_by)[op]++;
  tni_pool_back(d->pool, mark);
}

static void run_round(tn_ctx *ctx, void *arg) {
  drawing *d = arg;
  tni_pool pool;
  d->ctx = ctx;
  d->pool = &pool;
  tni_pool_init(&pool, ctx, POOL_LIMIT);
  for (unsigned i = 0; i < UPDATES; i++) one_update(d);
}

static void updates_do_what_the_naive_way_does(void **state) {
  values_source source = values_source_for_run("updates");
  drawing d = {.source = &source};
  (void)state;
  for (unsigned i = 0; i < ROUNDS; i++) handler_run(run_round, &d);
  print_message("# %u updates done, %u refused by both\n", d.done, d.refused);
  assert_true(d.done > d.refused / 3);
  for (size_t i = 0; i < tni_update_op_count; i++)
    if (d.done_by[i] == 0) fail_msg("%s never did anything", tni_update_ops[i].name);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(updates_do_what_the_naive_way_does)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
