/* update_items.c - array filters: which items `$[name]` stands for. */
#include "update_path.h"

static bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
static bool is_name_char(char c) { return is_lower(c) || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

static bool is_name(tn_slice text) {
  const char *at = text.data;
  for (size_t i = 0; i < text.size; i++)
    if (!is_name_char(at[i])) return false;
  return text.size > 0 && is_lower(at[0]);
}

static tn_slice first_step(tn_slice path) {
  const char *dot = path.size > 0 ? memchr(path.data, '.', path.size) : NULL;
  return dot ? (tn_slice){path.data, (size_t)(dot - (const char *)path.data)} : path;
}

/* ---- the one name of a filter ----------------------------------------------------------------- */

static tn_status take_name(tn_ctx *ctx, tn_slice name, const char *where, tn_slice *out) {
  if (!is_name(name))
    return tn_fail(ctx, TN_INVALID, where, "expected a name like in $[name], [a-z][a-zA-Z0-9]*, got '%s'",
                   tni_quoted(ctx, name));
  if (out->data && !tni_slice_same(*out, name))
    return tn_fail(ctx, TN_INVALID, where, "expected conditions on '%s' alone, got one on '%s'",
                   tni_quoted(ctx, *out), tni_quoted(ctx, name));
  *out = name;
  return TN_OK;
}

static tn_status find_name(tn_ctx *ctx, tn_value filter, const char *where, tn_slice *out);

static tn_status find_name_in_all(tn_ctx *ctx, tn_value filters, const char *where, tn_slice *out) {
  for (tn_iter it = tn_iter_of(filters); tn_iter_next(&it);)
    TRY(find_name(ctx, it.value, tni_where_item(ctx, where, it.next - 1), out));
  return TN_OK;
}

/* What is no filter at all is found out when it is compiled. */
static tn_status find_name(tn_ctx *ctx, tn_value filter, const char *where, tn_slice *out) {
  if (tn_value_type(filter) != TN_OBJECT) return TN_OK;
  for (tn_iter it = tn_iter_of(filter); tn_iter_next(&it);) {
    const char *here = tni_where(ctx, where, it.name);
    bool is_operator = it.name.size > 0 && *(const char *)it.name.data == '$';
    if (tni_slice_is(it.name, "$expr"))
      return tn_fail(ctx, TN_INVALID, here, "expected conditions on one name, got $expr");
    if (is_operator)
      TRY(find_name_in_all(ctx, it.value, here, out));
    else
      TRY(take_name(ctx, first_step(it.name), here, out));
  }
  return TN_OK;
}

/* ---- compiling -------------------------------------------------------------------------------- */

static tn_status compile_one(tn_ctx *ctx, tn_value filter, const char *where, tni_item_filter *out) {
  tni_item_filter made = {.name = {NULL, 0}, .where = where};
  TRY(tni_expect(ctx, filter, TN_T_OBJECT, "a filter", where));
  TRY(find_name(ctx, filter, where, &made.name));
  TRY(tni_filter_compile(ctx, filter, where, &made.filter));
  if (!made.name.data) return tn_fail(ctx, TN_INVALID, where, "expected conditions on one name, got none");
  *out = made;
  return TN_OK;
}

static tn_status add_filter(tn_ctx *ctx, tn_value filter, const char *where, tni_item_filters *all) {
  tni_item_filter *made = &all->items[all->count];
  TRY(compile_one(ctx, filter, where, made));
  const tni_item_filter *twin = tni_item_filters_find(all, made->name);
  if (twin)
    return tn_fail(ctx, TN_INVALID, where, "expected one filter of the name '%s', got another at %s",
                   tni_quoted(ctx, made->name), twin->where);
  all->count++;
  return TN_OK;
}

tn_status tni_item_filters_compile(tn_ctx *ctx, tn_value list, const char *where, tni_item_filters *out) {
  tni_item_filters made = {NULL, 0};
  if (tn_is_absent(list)) return *out = made, TN_OK;
  TRY(tni_expect(ctx, list, TN_T_ARRAY, "an array of filters", where));
  made.items = tn_scratch(ctx, (tn_count(list) + 1) * sizeof *made.items);
  if (!made.items) return tni_no_memory(ctx);
  for (tn_iter it = tn_iter_of(list); tn_iter_next(&it);)
    TRY(add_filter(ctx, it.value, tni_where_item(ctx, where, it.next - 1), &made));
  return *out = made, TN_OK;
}

tni_item_filter *tni_item_filters_find(const tni_item_filters *filters, tn_slice name) {
  for (uint32_t i = 0; i < filters->count; i++)
    if (tni_slice_same(filters->items[i].name, name)) return &filters->items[i];
  return NULL;
}

/* ---- matching --------------------------------------------------------------------------------- */

tn_status tni_item_filter_match(const tni_item_filter *filter, tni_pool *pool, tn_value item, bool *out) {
  tni_pool_mark mark = tni_pool_at(pool);
  tn_builder *b = tni_pool_builder(pool);
  if (!b) return tni_no_memory(pool->ctx);
  tn_object_begin(b);
  tn_name_slice(b, filter->name);
  tn_add(b, item);
  tn_end(b);
  tn_status status = tn_builder_status(b);
  if (status != TN_OK) return tn_fail(pool->ctx, status, filter->where, "an item cannot be looked at");
  TRY(tni_filter_match(filter->filter, pool, tn_built(b), NULL, out));
  tni_pool_back(pool, mark);
  tni_pool_drop(pool, b);
  return TN_OK;
}
