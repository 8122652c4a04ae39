#include "support/naive_filter.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define REACHED_MAX 4096
#define STEPS_MAX 16

static bool named(tn_slice name, const char *text) {
  return name.size == strlen(text) && memcmp(name.data, text, name.size) == 0;
}
static bool is_operator(tn_slice name) { return name.size > 0 && *(const char *)name.data == '$'; }

static bool has_operators(tn_value value) {
  tn_iter it = tn_iter_of(value);
  return tn_value_type(value) == TN_OBJECT && tn_iter_next(&it) && is_operator(it.name);
}

/* ---- what a path reaches ---------------------------------------------------------------------- */

typedef struct reached {
  tn_value values[REACHED_MAX];
  bool whole[REACHED_MAX]; /* an array that a number chose is not taken apart */
  size_t count;
} reached;

static void add(reached *r, tn_value value, bool whole) {
  assert(r->count < REACHED_MAX);
  r->values[r->count] = value;
  r->whole[r->count++] = whole;
}

static bool is_number(tn_slice step, uint32_t i) {
  char text[16];
  (void)snprintf(text, sizeof text, "%u", (unsigned)i);
  return named(step, text);
}

static void reach_items(reached *r, tn_value array, const tn_slice *steps, size_t count);

/* `value` is what a step gave; `steps` are those that are left. */
static void reach(reached *r, tn_value value, const tn_slice *steps, size_t count) {
  if (count == 0)
    add(r, value, false);
  else if (tn_value_type(value) == TN_OBJECT)
    reach(r, tn_field_slice(value, steps[0]), steps + 1, count - 1);
  else if (tn_value_type(value) == TN_ARRAY)
    reach_items(r, value, steps, count);
  else
    add(r, TN_NO_VALUE, false);
}

static void reach_items(reached *r, tn_value array, const tn_slice *steps, size_t count) {
  for (uint32_t i = 0; i < tn_count(array); i++) {
    tn_value item = tn_item(array, i);
    tn_type type = tn_value_type(item);
    if (type == TN_OBJECT) reach(r, item, steps, count);
    if (!is_number(steps[0], i)) continue;
    if (count == 1)
      add(r, item, true);
    else if (type == TN_OBJECT || type == TN_ARRAY)
      reach(r, item, steps + 1, count - 1);
  }
}

/* A document that is an array, an item of one, has numbers for names. */
static void reach_from_document(reached *r, tn_value doc, tn_slice path) {
  tn_slice steps[STEPS_MAX] = {{path.data, 0}};
  size_t count = 1;
  for (size_t i = 0; i < path.size; i++) {
    const char *at = (const char *)path.data + i;
    if (*at == '.')
      steps[count++] = (tn_slice){at + 1, 0};
    else
      steps[count - 1].size++;
  }
  if (tn_value_type(doc) == TN_OBJECT) {
    reach(r, doc, steps, count);
    return;
  }
  tn_value item = TN_NO_VALUE;
  for (uint32_t i = 0; i < tn_count(doc); i++)
    if (is_number(steps[0], i)) item = tn_item(doc, i);
  reach(r, item, steps + 1, count - 1);
}

/* ---- operators on one value ------------------------------------------------------------------- */

static bool is_nan_value(tn_value value) {
  double d;
  return tn_as_double(value, &d) && isnan(d);
}

static int class_of(tn_value value) {
  tn_type type = tn_value_type(value);
  if (type == TN_ABSENT) return TN_NULL;
  return type == TN_INT ? TN_DOUBLE : (int)type;
}

static bool compares(tn_value value, tn_value operand, const char *op) {
  static const uint8_t null = TN_TAG_NULL;
  if (class_of(value) != class_of(operand)) return false;
  if (tn_is_absent(value)) value = (tn_value){&null, 1};
  int order = tn_value_compare(value, operand);
  if (is_nan_value(value) != is_nan_value(operand)) return false;
  if (strcmp(op, "$eq") == 0) return order == 0;
  if (strcmp(op, "$gt") == 0) return order > 0;
  if (strcmp(op, "$gte") == 0) return order >= 0;
  return strcmp(op, "$lt") == 0 ? order < 0 : order <= 0;
}

static bool is_in(tn_value value, tn_value operand) {
  for (uint32_t i = 0; i < tn_count(operand); i++)
    if (compares(value, tn_item(operand, i), "$eq")) return true;
  return false;
}

static bool is_of_type(tn_value value, tn_value operand) {
  tn_slice name;
  if (tn_is_absent(value) || !tn_as_string(operand, &name)) return false;
  if (named(name, "number")) return class_of(value) == TN_DOUBLE;
  if (named(name, "date")) return tn_value_type(value) == TN_TIMESTAMP;
  return named(name, tn_type_name(tn_value_type(value)));
}

static bool whole_part(tn_value value, int64_t *out) {
  double d;
  if (tn_as_int(value, out)) return true;
  if (!tn_as_double(value, &d) || !isfinite(d) || fabs(d) > 1e15) return false;
  *out = (int64_t)d;
  return true;
}

static bool leaves(tn_value value, tn_value operand) {
  int64_t n, divisor = 1, rest = 0;
  (void)whole_part(tn_item(operand, 0), &divisor);
  (void)whole_part(tn_item(operand, 1), &rest);
  return whole_part(value, &n) && n % divisor == rest;
}

static bool is_bit_set(tn_value value, int64_t bit, bool *has_bits) {
  tn_slice bytes;
  int64_t n;
  double d;
  *has_bits = true;
  if (tn_as_bytes(value, &bytes))
    return bit / 8 < (int64_t)bytes.size && (((const uint8_t *)bytes.data)[bit / 8] >> (bit % 8) & 1) != 0;
  *has_bits = whole_part(value, &n) && (!tn_as_double(value, &d) || d == (double)n);
  return *has_bits && ((bit < 64 ? n >> bit : n >> 63) & 1) != 0;
}

/* `operand` is an array of positions. */
static bool has_bits(tn_value value, tn_value operand, const char *op) {
  bool want = strstr(op, "Set") != NULL, all = strstr(op, "All") != NULL, takes_part = true;
  bool any_right = false, any_wrong = false;
  (void)is_bit_set(value, 0, &takes_part);
  for (uint32_t i = 0; i < tn_count(operand); i++) {
    int64_t bit = 0;
    bool ignored;
    (void)tn_as_int(tn_item(operand, i), &bit);
    bool right = is_bit_set(value, bit, &ignored) == want;
    any_right |= right;
    any_wrong |= !right;
  }
  return takes_part && (all ? !any_wrong : any_right);
}

static bool contains(tn_value value, tn_value pattern) {
  tn_slice text, part;
  if (!tn_as_string(value, &text) || !tn_as_string(pattern, &part)) return false;
  bool anchored = part.size > 0 && *(const char *)part.data == '^';
  if (anchored) part = (tn_slice){(const char *)part.data + 1, part.size - 1};
  if (anchored) return text.size >= part.size && memcmp(text.data, part.data, part.size) == 0;
  return part.size == 0 || memmem(text.data, text.size, part.data, part.size) != NULL;
}

static bool holds_single(tn_value operators, tn_value value);

static bool has_element(tn_value value, tn_value operand) {
  tn_iter it = tn_iter_of(operand);
  bool joins = tn_iter_next(&it) && (named(it.name, "$and") || named(it.name, "$or") || named(it.name, "$nor"));
  if (tn_value_type(value) != TN_ARRAY) return false;
  for (uint32_t i = 0; i < tn_count(value); i++) {
    tn_value item = tn_item(value, i);
    bool is_document = tn_value_type(item) == TN_OBJECT || tn_value_type(item) == TN_ARRAY;
    if (has_operators(operand) && !joins ? holds_single(operand, item) : is_document && naive_matches(operand, item))
      return true;
  }
  return false;
}

/* Of an operator that is not made of others. */
static bool holds(const char *op, tn_value operand, tn_value value) {
  int64_t size;
  if (strcmp(op, "$in") == 0) return is_in(value, operand);
  if (strcmp(op, "$exists") == 0) return !tn_is_absent(value);
  if (strcmp(op, "$type") == 0) return is_of_type(value, operand);
  if (strcmp(op, "$mod") == 0) return leaves(value, operand);
  if (strcmp(op, "$size") == 0)
    return tn_as_int(operand, &size) && tn_value_type(value) == TN_ARRAY && tn_count(value) == size;
  if (strcmp(op, "$elemMatch") == 0) return has_element(value, operand);
  if (strcmp(op, "$regex") == 0) return contains(value, operand);
  if (strncmp(op, "$bits", 5) == 0) return has_bits(value, operand, op);
  return compares(value, operand, op);
}

/* ---- operators on what a path reaches --------------------------------------------------------- */

/* What is asked: all that a path reached, or one value that is not taken apart. */
typedef struct question {
  const reached *all;
  tn_value one;
} question;

static bool any(const question *q, const char *op, tn_value operand) {
  bool whole_only = strcmp(op, "$exists") == 0 || strcmp(op, "$size") == 0 || strcmp(op, "$elemMatch") == 0;
  if (!q->all) return holds(op, operand, q->one);
  for (size_t i = 0; i < q->all->count; i++) {
    tn_value value = q->all->values[i];
    bool apart = tn_value_type(value) == TN_ARRAY && !q->all->whole[i] && !whole_only;
    for (uint32_t k = 0; apart && k < tn_count(value); k++)
      if (holds(op, operand, tn_item(value, k))) return true;
    if (holds(op, operand, value)) return true;
  }
  return false;
}

static bool operators_hold(const question *q, tn_value operators);

static bool all_members(const question *q, tn_value operand) {
  for (uint32_t i = 0; i < tn_count(operand); i++) {
    tn_value member = tn_item(operand, i);
    if (has_operators(member) ? !operators_hold(q, member) : !any(q, "$eq", member)) return false;
  }
  return tn_count(operand) > 0;
}

static bool operator_holds(const question *q, tn_slice name, tn_value operand) {
  char op[32] = "";
  bool truth;
  memcpy(op, name.data, name.size);
  if (strcmp(op, "$ne") == 0) return !any(q, "$eq", operand);
  if (strcmp(op, "$nin") == 0) return !any(q, "$in", operand);
  if (strcmp(op, "$not") == 0) return !operators_hold(q, operand);
  if (strcmp(op, "$all") == 0) return all_members(q, operand);
  if (strcmp(op, "$exists") == 0 && tn_as_bool(operand, &truth) && !truth) return !any(q, op, operand);
  return any(q, op, operand);
}

static bool operators_hold(const question *q, tn_value operators) {
  for (tn_iter it = tn_iter_of(operators); tn_iter_next(&it);)
    if (!operator_holds(q, it.name, it.value)) return false;
  return true;
}

static bool holds_single(tn_value operators, tn_value value) {
  return operators_hold(&(question){NULL, value}, operators);
}

/* ---- filters ---------------------------------------------------------------------------------- */

static bool field_holds(tn_slice path, tn_value condition, tn_value doc) {
  reached *r = calloc(1, sizeof *r);
  assert(r);
  reach_from_document(r, doc, path);
  question q = {r, TN_NO_VALUE};
  bool answer = has_operators(condition) ? operators_hold(&q, condition) : any(&q, "$eq", condition);
  free(r);
  return answer;
}

static uint32_t count_matching(tn_value filters, tn_value doc) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < tn_count(filters); i++) count += naive_matches(tn_item(filters, i), doc);
  return count;
}

static bool member_holds(tn_slice name, tn_value operand, tn_value doc) {
  if (named(name, "$and")) return count_matching(operand, doc) == tn_count(operand);
  if (named(name, "$or")) return count_matching(operand, doc) > 0;
  if (named(name, "$nor")) return count_matching(operand, doc) == 0;
  return field_holds(name, operand, doc);
}

bool naive_matches(tn_value filter, tn_value doc) {
  for (tn_iter it = tn_iter_of(filter); tn_iter_next(&it);)
    if (!member_holds(it.name, it.value, doc)) return false;
  return true;
}
