#include "path.h"

#define INDEX_DIGITS_MAX 9
#define SHORT_NAME_MAX 63

/* ---- parsing ---------------------------------------------------------------------------------- */

static uint32_t index_of(tn_slice name) {
  const uint8_t *digits = name.data;
  uint32_t index = 0;
  if (name.size == 0 || name.size > INDEX_DIGITS_MAX || (digits[0] == '0' && name.size > 1)) return TNI_NO_INDEX;
  for (size_t i = 0; i < name.size; i++) {
    if (digits[i] < '0' || digits[i] > '9') return TNI_NO_INDEX;
    index = index * 10 + (uint32_t)(digits[i] - '0');
  }
  return index;
}

tni_step tni_step_named(tn_slice name, uint32_t *likely) {
  uint8_t tag = name.size <= SHORT_NAME_MAX ? (uint8_t)(TN_TAG_SHORT_STRING + name.size) : 0;
  return (tni_step){name, index_of(name), tag, likely};
}

static tn_slice first_step(tn_slice text) {
  const char *dot = text.size > 0 ? memchr(text.data, '.', text.size) : NULL;
  return (tn_slice){text.data, dot ? (size_t)(dot - (const char *)text.data) : text.size};
}

static tn_slice behind_step(tn_slice text, tn_slice step) {
  size_t skip = step.size < text.size ? step.size + 1 : step.size;
  return (tn_slice){(const char *)text.data + skip, text.size - skip};
}

static size_t count_steps(tn_slice text) {
  size_t count = 1;
  for (size_t i = 0; i < text.size; i++) count += ((const char *)text.data)[i] == '.';
  return count;
}

static tn_status check_step(tn_ctx *ctx, tn_slice text, tn_slice step, const char *where) {
  if (step.size == 0)
    return tn_fail(ctx, TN_INVALID, where, "the path '%s' has an empty step", tni_quoted(ctx, text));
  if (*(const char *)step.data != '$') return TN_OK;
  return tn_fail(ctx, TN_INVALID, where, "a step of a path begins with '$': '%s'", tni_quoted(ctx, text));
}

/* Steps and their guesses, in one piece. */
static tni_step *new_steps(tn_ctx *ctx, size_t count, uint32_t **likely) {
  tni_step *steps = tn_scratch(ctx, count * (sizeof *steps + sizeof **likely));
  if (!steps) return NULL;
  *likely = (uint32_t *)(void *)(steps + count);
  memset(*likely, 0, count * sizeof **likely);
  return steps;
}

tn_status tni_path_parse(tn_ctx *ctx, tn_slice text, const char *where, tni_path *out) {
  size_t count = count_steps(text);
  uint32_t *likely;
  if (count > TNI_PATH_STEPS_MAX)
    return tn_fail(ctx, TN_LIMIT, where, "a path may have %d steps, this one has %zu", TNI_PATH_STEPS_MAX, count);
  tni_step *steps = new_steps(ctx, count, &likely);
  if (!steps) return tni_no_memory(ctx);
  tn_slice rest = text;
  for (size_t i = 0; i < count; i++) {
    tn_slice name = first_step(rest);
    TRY(check_step(ctx, text, name, where));
    steps[i] = tni_step_named(name, &likely[i]);
    rest = behind_step(rest, name);
  }
  *out = (tni_path){text, steps, (uint32_t)count};
  return TN_OK;
}

static tn_status join_texts(tn_ctx *ctx, tn_slice first, tn_slice second, tn_slice *out) {
  char *text = tn_scratch(ctx, first.size + 1 + second.size);
  if (!text) return tni_no_memory(ctx);
  memcpy(text, first.data, first.size);
  text[first.size] = '.';
  memcpy(text + first.size + 1, second.data, second.size);
  *out = (tn_slice){text, first.size + 1 + second.size};
  return TN_OK;
}

tn_status tni_path_join(tn_ctx *ctx, const tni_path *first, const tni_path *second, tni_path *out) {
  size_t count = first->count + second->count;
  tni_step *steps = tn_scratch(ctx, count * sizeof *steps);
  tn_slice text;
  if (!steps) return tni_no_memory(ctx);
  memcpy(steps, first->steps, first->count * sizeof *steps);
  memcpy(steps + first->count, second->steps, second->count * sizeof *steps);
  TRY(join_texts(ctx, first->text, second->text, &text));
  *out = (tni_path){text, steps, (uint32_t)count};
  return TN_OK;
}

bool tni_path_overlaps(const tni_path *a, const tni_path *b) {
  uint32_t common = a->count < b->count ? a->count : b->count;
  for (uint32_t i = 0; i < common; i++)
    if (!tni_slice_same(a->steps[i].name, b->steps[i].name)) return false;
  return true;
}

/* ---- one step --------------------------------------------------------------------------------- */

/* The value of a slot whose name is the step's; absent where it is another. */
static inline tn_value value_if_named(const tni_step *step, tn_slice slot) {
  const uint8_t *data = slot.data;
  size_t name = 1 + step->name.size;
  if (data[0] != step->tag || memcmp(data + 1, step->name.data, step->name.size) != 0) return TN_NO_VALUE;
  return (tn_value){data + name, slot.size - name};
}

static tn_value search(const tni_step *step, const tn_container *object) {
  for (uint32_t i = 0; i < object->count; i++) {
    tn_value value = value_if_named(step, tn_container_slot(object, i));
    if (tn_is_absent(value)) continue;
    *step->likely = i;
    return value;
  }
  return TN_NO_VALUE;
}

/* Names that are too long to be told by what they begin with. */
static tn_value search_long(const tni_step *step, const tn_container *object) {
  for (uint32_t i = 0; i < object->count; i++) {
    tn_slice name;
    tn_value value = tn_slot_field(tn_container_slot(object, i), &name);
    if (tni_slice_same(name, step->name)) return value;
  }
  return TN_NO_VALUE;
}

uint32_t tni_step_place(const tni_step *step, const tn_container *object) {
  for (uint32_t i = 0; i < object->count; i++) {
    tn_slice name, slot = tn_container_slot(object, i);
    if (step->tag != 0 && *(const uint8_t *)slot.data != step->tag) continue;
    (void)tn_slot_field(slot, &name);
    if (tni_slice_same(name, step->name)) return i;
  }
  return TNI_NO_INDEX;
}

tn_value tni_step_field_of(const tni_step *step, const tn_container *object) {
  if (!object->is_object) return TN_NO_VALUE;
  if (step->tag == 0) return search_long(step, object);
  uint32_t likely = *step->likely;
  tn_value value = likely < object->count ? value_if_named(step, tn_container_slot(object, likely)) : TN_NO_VALUE;
  return tn_is_absent(value) ? search(step, object) : value;
}

tn_value tni_step_field(const tni_step *step, tn_value object) {
  tn_container c = tn_container_of(object);
  return tni_step_field_of(step, &c);
}

/* A document may be an array: the item of one that $elemMatch looks into. */
static tn_value first_field(const tni_step *step, tn_value doc) {
  if (tn_value_type(doc) != TN_ARRAY) return tni_step_field(step, doc);
  return step->index == TNI_NO_INDEX ? TN_NO_VALUE : tn_item(doc, step->index);
}

tn_value tni_path_plain(const tni_path *path, tn_value doc, bool *through_array) {
  tn_value value = first_field(&path->steps[0], doc);
  *through_array = false;
  for (uint32_t i = 1; i < path->count; i++) {
    if (tn_value_type(value) == TN_ARRAY) return *through_array = true, TN_NO_VALUE;
    value = tni_step_field(&path->steps[i], value);
  }
  return value;
}

/* ---- all values ------------------------------------------------------------------------------- */

typedef struct walk {
  const tni_step *last;
  bool expand;
  tni_path_fn each;
  void *arg;
} walk;

static uint32_t outer(uint32_t index, uint32_t i) { return index == TNI_NO_INDEX ? i : index; }

static tn_status at_end(const walk *w, tn_value value, uint32_t index) {
  tn_value array = w->expand && tn_value_type(value) == TN_ARRAY ? value : TN_NO_VALUE;
  for (tn_iter it = tn_iter_of(array); tn_iter_next(&it);)
    TRY(w->each(w->arg, it.value, true, outer(index, it.next - 1)));
  return w->each(w->arg, value, false, index);
}

static tn_status into_array(const walk *w, const tni_step *step, tn_value array, uint32_t index);

/* `value` is what `step` reached. */
static tn_status go_on(const walk *w, const tni_step *step, tn_value value, uint32_t index) {
  while (step < w->last && tn_value_type(value) == TN_OBJECT) value = tni_step_field(++step, value);
  if (step == w->last) return at_end(w, value, index);
  if (tn_value_type(value) == TN_ARRAY) return into_array(w, step + 1, value, index);
  return w->each(w->arg, TN_NO_VALUE, false, index);
}

/* The item that `step` numbers. */
static tn_status into_item(const walk *w, const tni_step *step, tn_value item, uint32_t index) {
  tn_type type = tn_value_type(item);
  if (step == w->last) return w->each(w->arg, item, false, outer(index, step->index));
  if (type == TN_OBJECT) return go_on(w, step, item, index);
  return type == TN_ARRAY ? into_array(w, step + 1, item, index) : TN_OK;
}

static tn_status into_array(const walk *w, const tni_step *step, tn_value array, uint32_t index) {
  for (tn_iter it = tn_iter_of(array); tn_iter_next(&it);) {
    uint32_t i = it.next - 1;
    if (tn_value_type(it.value) == TN_OBJECT) TRY(go_on(w, step, tni_step_field(step, it.value), outer(index, i)));
    if (i == step->index) TRY(into_item(w, step, it.value, index));
  }
  return TN_OK;
}

tn_status tni_path_each(const tni_path *path, tn_value doc, bool expand, tni_path_fn each, void *arg) {
  const tni_step *first = path->steps;
  walk w = {first + path->count - 1, expand, each, arg};
  tn_status status = go_on(&w, first, first_field(first, doc), TNI_NO_INDEX);
  return status == TN_NOT_FOUND ? TN_OK : status;
}
