#include "sort.h"

#include "number.h"
#include "order.h"

/* ---- compiling -------------------------------------------------------------------------------- */

static tn_status compile_field(tn_ctx *ctx, const tn_iter *at, const char *where, tni_sort_field *out) {
  int64_t direction = 0;
  where = tni_where(ctx, where, at->name);
  if (!tni_as_whole(at->value, &direction) || (direction != 1 && direction != -1))
    return tn_fail(ctx, TN_INVALID, where, "expected 1 or -1, got %s", tni_shown(ctx, at->value));
  out->descending = direction < 0;
  return tni_path_parse(ctx, at->name, where, &out->path);
}

tn_status tni_sort_compile(tn_ctx *ctx, tn_value spec, const char *where, tni_sort *out) {
  uint32_t count = tn_count(spec);
  TRY(tni_expect(ctx, spec, TN_T_OBJECT, "an object", where));
  if (count == 0) return tn_fail(ctx, TN_INVALID, where, "expected at least one field, got none");
  if (count > TNI_SORT_FIELDS_MAX)
    return tn_fail(ctx, TN_LIMIT, where, "expected at most %d fields, got %u", TNI_SORT_FIELDS_MAX, (unsigned)count);
  tni_sort_field *fields = tn_scratch(ctx, count * sizeof *fields);
  if (!fields) return tni_no_memory(ctx);
  for (tn_iter it = tn_iter_of(spec); tn_iter_next(&it);) TRY(compile_field(ctx, &it, where, &fields[it.next - 1]));
  *out = (tni_sort){fields, count, ctx};
  return TN_OK;
}

/* ---- keys ------------------------------------------------------------------------------------- */

/* The smallest or largest of what a path reaches. */
typedef struct choice {
  const tni_sort_field *field;
  tn_ctx *ctx;
  tn_value best;
  bool any;
} choice;

static void offer(choice *c, tn_value value) {
  int order = c->any ? c->ctx->host->value_compare(value, c->best) : 0;
  if (!c->any || (c->field->descending ? order > 0 : order < 0)) c->best = value;
  c->any = true;
}

static void offer_end(choice *c, tn_value value) {
  bool is_array = tn_value_type(value) == TN_ARRAY;
  for (tn_iter it = tn_iter_of(is_array ? value : TN_NO_VALUE); tn_iter_next(&it);) offer(c, it.value);
  if (!is_array) offer(c, tn_is_absent(value) ? tni_null_value : value);
  if (is_array && tn_count(value) == 0) offer(c, TN_NO_VALUE);
}

static void offer_from(choice *c, uint32_t step, tn_value value);

static void offer_items(choice *c, uint32_t step, tn_value array) {
  if (tn_count(array) == 0) offer(c, tni_null_value);
  for (tn_iter it = tn_iter_of(array); tn_iter_next(&it);)
    offer_from(c, step, tn_value_type(it.value) == TN_OBJECT ? it.value : TN_NO_VALUE);
}

/* `value` is what `step` is taken from. A step that numbers an item of an array chooses that one. */
static void offer_from(choice *c, uint32_t step, tn_value value) {
  const tni_path *path = &c->field->path;
  const tni_step *next = &path->steps[step];
  bool is_array = tn_value_type(value) == TN_ARRAY;
  if (step == path->count)
    offer_end(c, value);
  else if (is_array && next->index >= tn_count(value))
    offer_items(c, step, value);
  else
    offer_from(c, step + 1, is_array ? tn_item(value, next->index) : tni_step_field(next, value));
}

static tn_value key_of(tn_ctx *ctx, const tni_sort_field *field, tn_value doc) {
  bool through_array;
  choice c = {field, ctx, TN_NO_VALUE, false};
  tn_value value = tni_path_plain(&field->path, doc, &through_array);
  if (!through_array && tn_is_absent(value)) return tni_null_value;
  if (!through_array && tn_value_type(value) != TN_ARRAY) return value;
  if (through_array)
    offer_from(&c, 0, doc);
  else
    offer_end(&c, value);
  return c.best;
}

void tni_sort_keys(const tni_sort *sort, tn_value doc, tn_value *keys) {
  for (uint32_t i = 0; i < sort->count; i++) keys[i] = key_of(sort->ctx, &sort->fields[i], doc);
}

int tni_sort_compare(tn_ctx *ctx, const tni_sort *sort, const tn_value *a, const tn_value *b) {
  for (uint32_t i = 0; i < sort->count; i++) {
    int order = ctx->host->value_compare(a[i], b[i]);
    if (order != 0) return sort->fields[i].descending ? -order : order;
  }
  return 0;
}
