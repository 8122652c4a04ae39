#include "support/naive_update.h"

#include <stdio.h>
#include <stdlib.h>

#include "support/assert_status.h"

#define STEPS_MAX 12
#define STEP_SIZE 12
#define WAYS_MAX 16
#define PLACES_MAX 1000

/* "a.$[].0" in pieces. Where an item was told by `$[...]` its step is "#0". */
typedef struct way {
  char steps[STEPS_MAX][STEP_SIZE];
  unsigned count;
} way;

/* A place that an operator changes. */
typedef struct place {
  const char *op;
  tn_value operand;
  way at;
  way from; /* of $rename */
} place;

typedef struct naive {
  tn_ctx *ctx;
  const naive_request *request;
  tn_value doc;
  place *ways; /* as in the request */
  unsigned way_count;
  place *places; /* as in the document */
  unsigned place_count;
} naive;

static tn_builder *builder(tn_ctx *ctx) {
  tn_builder *b = tn_builder_for(ctx);
  assert_non_null(b);
  return b;
}

static bool is(const char *a, const char *b) { return strcmp(a, b) == 0; }

/* ---- ways ------------------------------------------------------------------------------------- */

static way way_of(tn_slice text) {
  way w = {.count = 0};
  char copy[STEPS_MAX * STEP_SIZE], *rest = copy;
  assert_true(text.size < sizeof copy);
  memcpy(copy, text.data, text.size);
  copy[text.size] = '\0';
  for (char *step; (step = strsep(&rest, ".")) != NULL;) strcpy(w.steps[w.count++], step);
  return w;
}

static const char *digits(const char *step) { return *step == '#' ? step + 1 : step; }

static bool is_number(const char *step) {
  step = digits(step);
  return step[strspn(step, "0123456789")] == '\0' && (step[0] != '0' || step[1] == '\0');
}

static int compare_steps(const char *a, const char *b) {
  if (is_number(a) && is_number(b)) return atoi(digits(a)) - atoi(digits(b));
  if (is_number(a) != is_number(b)) return is_number(a) ? -1 : 1;
  return strcmp(a, b);
}

static int compare_ways(const void *a, const void *b) {
  const way *x = &((const place *)a)->at, *y = &((const place *)b)->at;
  for (unsigned i = 0; i < x->count && i < y->count; i++)
    if (!is(x->steps[i], y->steps[i])) return compare_steps(x->steps[i], y->steps[i]);
  return (int)x->count - (int)y->count;
}

static bool leads_through(const way *a, const way *b) {
  for (unsigned i = 0; i < a->count && i < b->count; i++)
    if (!is(a->steps[i], b->steps[i])) return false;
  return true;
}

static bool tells_items(const char *step) { return *step == '#' || strncmp(step, "$[", 2) == 0; }

/* `$[...]` and anything else in the same place. */
static bool mixes(const way *a, const way *b) {
  unsigned i = 0;
  while (i < a->count && i < b->count && is(a->steps[i], b->steps[i])) i++;
  if (i == a->count || i == b->count) return false;
  return tells_items(a->steps[i]) != tells_items(b->steps[i]);
}

/* ---- documents -------------------------------------------------------------------------------- */

static tn_value below(tn_value value, const char *step) {
  if (tn_value_type(value) == TN_ARRAY)
    return is_number(step) ? tn_item(value, (uint32_t)atoi(digits(step))) : TN_NO_VALUE;
  return tn_field(value, step);
}

static tn_value value_at(tn_value doc, const way *w) {
  for (unsigned i = 0; i < w->count; i++) doc = below(doc, w->steps[i]);
  return doc;
}

/* Is there a scalar, or an array without that item, in the way? */
static bool is_blocked(tn_value doc, const way *w) {
  for (unsigned i = 0; i < w->count && !tn_is_absent(doc); i++) {
    tn_type type = tn_value_type(doc);
    if (type == TN_ARRAY ? !is_number(w->steps[i]) : type != TN_OBJECT) return true;
    doc = below(doc, w->steps[i]);
  }
  return false;
}

static void put(tn_builder *b, tn_value old, const way *w, unsigned depth, tn_value value);

static void put_object(tn_builder *b, tn_value old, const way *w, unsigned depth, tn_value value) {
  const char *step = w->steps[depth];
  bool last = depth + 1 == w->count, there = !tn_is_absent(tn_field(old, step));
  tn_object_begin(b);
  for (tn_iter it = tn_iter_of(old); tn_iter_next(&it);) {
    bool here = it.name.size == strlen(step) && memcmp(it.name.data, step, it.name.size) == 0;
    if (here && last && tn_is_absent(value)) continue;
    tn_name_slice(b, it.name);
    if (here)
      put(b, it.value, w, depth + 1, value);
    else
      tn_add(b, it.value);
  }
  if (!there && !tn_is_absent(value)) {
    tn_name(b, step);
    put(b, TN_NO_VALUE, w, depth + 1, value);
  }
  tn_end(b);
}

static void put_array(tn_builder *b, tn_value old, const way *w, unsigned depth, tn_value value) {
  uint32_t wanted = (uint32_t)atoi(digits(w->steps[depth])), count = tn_count(old);
  tn_array_begin(b);
  for (uint32_t i = 0; i < count || i <= wanted; i++) {
    if (i == wanted)
      put(b, tn_item(old, i), w, depth + 1, value);
    else if (i < count)
      tn_add(b, tn_item(old, i));
    else
      tn_add(b, TN_ARG_NULL);
  }
  tn_end(b);
}

static void put(tn_builder *b, tn_value old, const way *w, unsigned depth, tn_value value) {
  if (depth == w->count && tn_is_absent(value))
    tn_add(b, TN_ARG_NULL);
  else if (depth == w->count)
    tn_add(b, value);
  else if (tn_value_type(old) == TN_ARRAY)
    put_array(b, old, w, depth, value);
  else
    put_object(b, old, w, depth, value);
}

static tn_value with(tn_ctx *ctx, tn_value doc, const way *w, tn_value value) {
  tn_builder *b = builder(ctx);
  put(b, doc, w, 0, value);
  assert_status(tn_builder_status(b), TN_OK);
  return tn_built(b);
}

/* ---- conditions ------------------------------------------------------------------------------- */

static bool is_at_least(tn_value value, double n) {
  double d;
  return tn_get_double(value, "", &d) == TN_OK && d >= n;
}
static bool is_equal(tn_value value, double n) {
  double d;
  return tn_get_double(value, "", &d) == TN_OK && d == n;
}

/* A condition holds for an array when it holds for one of its items. */
static bool holds(tn_value value, bool (*fn)(tn_value, double), double n) {
  for (tn_iter it = tn_iter_of(value); tn_value_type(value) == TN_ARRAY && tn_iter_next(&it);)
    if (fn(it.value, n)) return true;
  return fn(value, n);
}

/* x.b = n, where x may be an array of objects. */
static bool b_is(tn_value x, double n) {
  for (tn_iter it = tn_iter_of(x); tn_value_type(x) == TN_ARRAY && tn_iter_next(&it);)
    if (holds(tn_field(it.value, "b"), is_equal, n)) return true;
  return holds(tn_field(x, "b"), is_equal, n);
}

static bool item_matches(tn_value filter, tn_value item) {
  double n = 0;
  if (tn_get_double(filter, "x.$gte", &n) == TN_OK) return holds(item, is_at_least, n);
  assert_status(tn_get_double(tn_field(filter, "x.b"), "", &n), TN_OK);
  return b_is(item, n);
}

static bool is_pulled(tn_value condition, tn_value item) {
  double n = 0;
  if (tn_get_double(condition, "$gte", &n) == TN_OK) return holds(item, is_at_least, n);
  if (tn_get_double(condition, "b", &n) == TN_OK) return tn_value_type(item) == TN_OBJECT && b_is(item, n);
  return tn_value_compare(item, condition) == 0;
}

/* ---- operators: what a value becomes; false = refused ------------------------------------------ */

static double real(tn_value value) {
  double d = 0;
  (void)tn_get_double(value, "", &d);
  return d;
}

static bool combine(tn_builder *b, bool multiply, tn_value now, tn_value operand) {
  int64_t i, j;
  double d;
  if (tn_get_double(now, "", &d) != TN_OK) return false;
  if (tn_as_int(now, &i) && tn_as_int(operand, &j))
    tn_add(b, multiply ? i * j : i + j);
  else
    tn_add(b, multiply ? real(now) * real(operand) : real(now) + real(operand));
  return true;
}

static bool inc(tn_builder *b, tn_value now, tn_value operand) {
  if (!tn_is_absent(now)) return combine(b, false, now, operand);
  tn_add(b, operand);
  return true;
}

static bool mul(tn_builder *b, tn_value now, tn_value operand) {
  if (!tn_is_absent(now)) return combine(b, true, now, operand);
  if (tn_value_type(operand) == TN_INT)
    tn_add(b, 0);
  else
    tn_add(b, 0.0);
  return true;
}

static bool bit(tn_builder *b, tn_value now, tn_value operand) {
  int64_t n = 0, operand_n = 0;
  if (!tn_is_absent(now) && !tn_as_int(now, &n)) return false;
  if (tn_get_int(operand, "and", &operand_n) == TN_OK) n &= operand_n;
  if (tn_get_int(operand, "or", &operand_n) == TN_OK) n |= operand_n;
  if (tn_get_int(operand, "xor", &operand_n) == TN_OK) n ^= operand_n;
  tn_add(b, n);
  return true;
}

static bool better(tn_builder *b, int sign, tn_value now, tn_value operand) {
  bool taken = tn_is_absent(now) || sign * tn_value_compare(operand, now) > 0;
  tn_add(b, taken ? operand : now);
  return true;
}

static bool has(const tn_value *items, unsigned count, tn_value item) {
  for (unsigned i = 0; i < count; i++)
    if (tn_value_compare(items[i], item) == 0) return true;
  return false;
}

static unsigned items_of(tn_value array, tn_value *items) {
  for (uint32_t i = 0; i < tn_count(array); i++) items[i] = tn_item(array, i);
  return tn_count(array);
}

static void add_items(tn_builder *b, const tn_value *items, unsigned count) {
  tn_array_begin(b);
  for (unsigned i = 0; i < count; i++) tn_add(b, items[i]);
  tn_end(b);
}

#define ITEMS_MAX 200

static tn_value sort_key(tn_value item, tn_value spec) {
  static const uint8_t null = TN_TAG_NULL;
  if (tn_value_type(spec) != TN_OBJECT) return item;
  int sign = real(tn_field(spec, "b")) > 0 ? 1 : -1;
  tn_value field = tn_value_type(item) == TN_OBJECT ? tn_field(item, "b") : TN_NO_VALUE;
  if (tn_is_absent(field)) return (tn_value){&null, 1};
  if (tn_value_type(field) != TN_ARRAY) return field;
  tn_value best = TN_NO_VALUE;
  for (tn_iter it = tn_iter_of(field); tn_iter_next(&it);)
    if (tn_is_absent(best) || sign * tn_value_compare(it.value, best) < 0) best = it.value;
  return best;
}

static void sort(tn_value *items, unsigned count, tn_value spec) {
  double direction = tn_value_type(spec) == TN_OBJECT ? real(tn_field(spec, "b")) : real(spec);
  int sign = direction > 0 ? 1 : -1;
  for (unsigned i = 1; i < count; i++)
    for (unsigned k = i; k > 0; k--) {
      if (sign * tn_value_compare(sort_key(items[k - 1], spec), sort_key(items[k], spec)) <= 0) break;
      tn_value item = items[k];
      items[k] = items[k - 1];
      items[k - 1] = item;
    }
}

/* The place of the first new item among `count` old ones. */
static int64_t position_of(tn_value operand, int64_t count) {
  int64_t position = count;
  if (tn_get_int(operand, "$position", &position) == TN_OK && position < 0) position += count;
  return position < 0 ? 0 : position > count ? count : position;
}

static unsigned insert_each(tn_value *items, tn_value now, tn_value operand, tn_value each) {
  unsigned count = 0;
  int64_t position = position_of(operand, tn_count(now));
  for (uint32_t i = 0; i < position; i++) items[count++] = tn_item(now, i);
  for (uint32_t i = 0; i < tn_count(each); i++) items[count++] = tn_item(each, i);
  for (uint32_t i = (uint32_t)position; i < tn_count(now); i++) items[count++] = tn_item(now, i);
  return count;
}

static bool push(tn_builder *b, tn_value now, tn_value operand) {
  tn_value items[ITEMS_MAX], each = tn_field(operand, "$each"), by = tn_field(operand, "$sort");
  int64_t slice, first = 0;
  if (!tn_is_absent(now) && tn_value_type(now) != TN_ARRAY) return false;
  int64_t count = insert_each(items, now, operand, each);
  if (tn_is_absent(each)) items[count++] = operand;
  if (!tn_is_absent(by)) sort(items, (unsigned)count, by);
  if (tn_get_int(operand, "$slice", &slice) == TN_OK) {
    if (slice < 0 && -slice < count) first = count + slice;
    if (slice >= 0 && slice < count) count = slice;
  }
  add_items(b, items + first, (unsigned)(count - first));
  return true;
}

static bool add_to_set(tn_builder *b, tn_value now, tn_value operand) {
  tn_value items[ITEMS_MAX], each = tn_field(operand, "$each");
  if (!tn_is_absent(now) && tn_value_type(now) != TN_ARRAY) return false;
  unsigned count = items_of(now, items);
  for (tn_iter it = tn_iter_of(each); tn_iter_next(&it);)
    if (!has(items, count, it.value)) items[count++] = it.value;
  if (tn_is_absent(each) && !has(items, count, operand)) items[count++] = operand;
  add_items(b, items, count);
  return true;
}

static bool pop(tn_builder *b, tn_value now, tn_value operand) {
  tn_value items[ITEMS_MAX];
  if (tn_value_type(now) != TN_ARRAY) return false;
  unsigned count = items_of(now, items), first = real(operand) < 0 && count > 0;
  if (count > 0) count--;
  add_items(b, items + first, count);
  return true;
}

static bool pull(tn_builder *b, bool all, tn_value now, tn_value operand) {
  tn_value items[ITEMS_MAX], listed[ITEMS_MAX];
  unsigned kept = 0, count = all ? items_of(operand, listed) : 0;
  if (tn_value_type(now) != TN_ARRAY) return false;
  for (tn_iter it = tn_iter_of(now); tn_iter_next(&it);)
    if (all ? !has(listed, count, it.value) : !is_pulled(operand, it.value)) items[kept++] = it.value;
  add_items(b, items, kept);
  return true;
}

static bool set(tn_builder *b, tn_value value) {
  tn_add(b, value);
  return true;
}

static bool set_now(tn_ctx *ctx, tn_builder *b) {
  tn_add(b, tn_time(ctx->now_us));
  return true;
}

static bool becomes(const naive *n, const place *p, tn_value now, tn_builder *b) {
  if (is(p->op, "$set") || is(p->op, "$setOnInsert")) return set(b, p->operand);
  if (is(p->op, "$currentDate")) return set_now(n->ctx, b);
  if (is(p->op, "$inc")) return inc(b, now, p->operand);
  if (is(p->op, "$mul")) return mul(b, now, p->operand);
  if (is(p->op, "$bit")) return bit(b, now, p->operand);
  if (is(p->op, "$min")) return better(b, -1, now, p->operand);
  if (is(p->op, "$max")) return better(b, 1, now, p->operand);
  if (is(p->op, "$push")) return push(b, now, p->operand);
  if (is(p->op, "$addToSet")) return add_to_set(b, now, p->operand);
  if (is(p->op, "$pop")) return pop(b, now, p->operand);
  if (is(p->op, "$pull")) return pull(b, false, now, p->operand);
  if (is(p->op, "$pullAll")) return pull(b, true, now, p->operand);
  fail_msg("no operator %s", p->op);
  return false;
}

/* ---- one place -------------------------------------------------------------------------------- */

/* Objects all the way? Its last step may lead to anything. */
static bool is_in_objects(tn_value doc, const way *w) {
  for (unsigned i = 0; i < w->count && !tn_is_absent(doc); i++) {
    if (tn_value_type(doc) != TN_OBJECT) return false;
    doc = below(doc, w->steps[i]);
  }
  return true;
}

static bool rename_at(naive *n, const place *p) {
  if (!is_in_objects(n->doc, &p->from)) return false;
  tn_value value = value_at(n->doc, &p->from);
  if (tn_is_absent(value)) return true;
  if (!is_in_objects(n->doc, &p->at)) return false;
  n->doc = with(n->ctx, n->doc, &p->at, value);
  n->doc = with(n->ctx, n->doc, &p->from, TN_NO_VALUE);
  return true;
}

static bool change(naive *n, const place *p) {
  if (is(p->op, "$taken")) return true;
  tn_value now = value_at(n->doc, &p->at);
  tn_builder *b = builder(n->ctx);
  bool blocked = is_blocked(n->doc, &p->at);
  bool needs_value = is(p->op, "$unset") || strncmp(p->op, "$pu", 3) == 0 || is(p->op, "$pop");
  if (is(p->op, "$setOnInsert") && !n->request->inserting) return true;
  if (is(p->op, "$rename")) return rename_at(n, p);
  if (is(p->op, "$push")) needs_value = false;
  if (blocked) return is(p->op, "$unset");
  if (needs_value && tn_is_absent(now)) return true;
  if (is(p->op, "$unset")) return n->doc = with(n->ctx, n->doc, &p->at, TN_NO_VALUE), true;
  if (!becomes(n, p, now, b)) return false;
  n->doc = with(n->ctx, n->doc, &p->at, tn_built(b));
  return true;
}

/* ---- all places ------------------------------------------------------------------------------- */

static bool expand(naive *n, const place *p, unsigned depth, place made, tn_value at);

static void add_place(naive *n, const place *made) {
  assert_true(n->place_count < PLACES_MAX);
  n->places[n->place_count++] = *made;
}

/* Nothing else may change the array, even when no item matches. */
static void add_mark(naive *n, place made, unsigned depth) {
  (void)snprintf(made.at.steps[depth], STEP_SIZE, "#m%u", n->place_count);
  made.at.count = depth + 1;
  made.op = "$taken";
  add_place(n, &made);
}

static bool expand_items(naive *n, const place *p, unsigned depth, place made, tn_value at) {
  bool filtered = !is(p->at.steps[depth], "$[]");
  if (tn_value_type(at) != TN_ARRAY) return false;
  add_mark(n, made, depth);
  for (uint32_t i = 0; i < tn_count(at); i++) {
    if (filtered && !item_matches(n->request->item_filter, tn_item(at, i))) continue;
    (void)snprintf(made.at.steps[depth], STEP_SIZE, "#%u", (unsigned)i);
    made.at.count = depth + 1;
    if (!expand(n, p, depth + 1, made, tn_item(at, i))) return false;
  }
  return true;
}

static bool expand(naive *n, const place *p, unsigned depth, place made, tn_value at) {
  if (depth == p->at.count) return add_place(n, &made), true;
  const char *step = p->at.steps[depth];
  if (strncmp(step, "$[", 2) == 0) return expand_items(n, p, depth, made, at);
  if (is(step, "$") && n->request->hit == UINT32_MAX) return false;
  if (is(step, "$"))
    (void)snprintf(made.at.steps[depth], STEP_SIZE, "%u", (unsigned)n->request->hit);
  else
    strcpy(made.at.steps[depth], step);
  made.at.count = depth + 1;
  return expand(n, p, depth + 1, made, below(at, made.at.steps[depth]));
}

static bool any_meet(const place *places, unsigned count) {
  for (unsigned i = 0; i < count; i++)
    for (unsigned k = 0; k < i; k++)
      if (leads_through(&places[i].at, &places[k].at) || mixes(&places[i].at, &places[k].at)) return true;
  return false;
}

static void read_path(naive *n, const char *op, tn_slice name, tn_value operand) {
  tn_slice to;
  assert_true(n->way_count + 2 <= WAYS_MAX);
  place *p = &n->ways[n->way_count++];
  *p = (place){.op = op, .operand = operand, .at = way_of(name)};
  if (!is(op, "$rename")) return;
  assert_true(tn_as_string(operand, &to));
  n->ways[n->way_count++] = (place){.op = op, .at = way_of(to), .from = p->at};
  p->op = "$taken";
}

static void read_update(naive *n) {
  for (tn_iter op = tn_iter_of(n->request->update); tn_iter_next(&op);) {
    char *name = tn_scratch(n->ctx, op.name.size + 1);
    memcpy(name, op.name.data, op.name.size);
    name[op.name.size] = '\0';
    for (tn_iter it = tn_iter_of(op.value); tn_iter_next(&it);) read_path(n, name, it.name, it.value);
  }
}

static bool find_places(naive *n) {
  if (any_meet(n->ways, n->way_count)) return false;
  for (unsigned i = 0; i < n->way_count; i++) {
    place made = n->ways[i];
    made.at.count = 0;
    if (!expand(n, &n->ways[i], 0, made, n->doc)) return false;
  }
  qsort(n->places, n->place_count, sizeof *n->places, compare_ways);
  return !any_meet(n->places, n->place_count);
}

static bool keeps_id(tn_value before, tn_value after) {
  tn_value id = tn_field(before, "_id");
  return tn_is_absent(id) || tn_value_compare(id, tn_field(after, "_id")) == 0;
}

bool naive_update(tn_ctx *ctx, const naive_request *request, tn_value doc, tn_value *out) {
  naive n = {.ctx = ctx, .request = request, .doc = doc};
  n.ways = malloc(WAYS_MAX * sizeof *n.ways);
  n.places = malloc(PLACES_MAX * sizeof *n.places);
  assert_true(n.ways && n.places);
  read_update(&n);
  bool done = find_places(&n);
  for (unsigned i = 0; i < n.place_count && done; i++) done = change(&n, &n.places[i]);
  done = done && keeps_id(doc, n.doc);
  free(n.ways);
  free(n.places);
  *out = n.doc;
  return done;
}
