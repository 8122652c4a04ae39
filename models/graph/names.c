#include "names.h"

#include "key.h"

#define TYPES_BITS 16
_Static_assert(TNI_GRAPH_NAMES_MAX == (1 << TYPES_BITS) - 1, "a count of types fits");

static const char *const kinds[] = {"label", "type"};

static tn_status put_number(tn_ctx *ctx, uint32_t map, tn_slice key, int64_t n) {
  tn_builder *b = tn_builder_for(ctx);
  if (!b) return tni_no_memory(ctx);
  tn_add_int(b, n);
  if (tn_builder_status(b) != TN_OK) return tni_no_memory(ctx);
  return tn_map_put(ctx, map, key, tn_value_bytes(tn_built(b)));
}

static tn_status get_number(tn_ctx *ctx, uint32_t map, tn_slice key, int64_t *out) {
  tn_slice bytes;
  tn_status status = tn_map_get(ctx, map, key, &bytes);
  if (status == TN_NOT_FOUND) return *out = 0, TN_OK;
  if (status != TN_OK) return status;
  return tn_as_int(tn_bytes_value(bytes), out) ? TN_OK : tni_graph_corrupt(ctx, "a number in names or meta");
}

/* ---- the dictionary ---------------------------------------------------------------------------- */

tn_status tni_graph_number(tn_ctx *ctx, tni_graph_kind kind, tn_slice name, int64_t *out) {
  tn_slice key;
  if (name.size > TNI_GRAPH_NAME_SIZE_MAX) return *out = 0, TN_OK;
  TRY(tn_key(ctx, &key, kinds[kind], tn_text(name)));
  return get_number(ctx, TNI_GRAPH_NAMES, key, out);
}

static tn_status check_name(tn_ctx *ctx, tni_graph_kind kind, tn_slice name, const char *where) {
  if (name.size > TNI_GRAPH_NAME_SIZE_MAX)
    return tn_fail(ctx, TN_LIMIT, where, "the name of a %s has at most %d bytes, this one has %zu", kinds[kind],
                   TNI_GRAPH_NAME_SIZE_MAX, name.size);
  if (name.size == 0 || memchr(name.data, 0, name.size))
    return tn_fail(ctx, TN_INVALID, where, "expected the name of a %s, got %s", kinds[kind],
                   name.size == 0 ? "an empty string" : "a string with a NUL");
  return TN_OK;
}

tn_status tni_graph_names_count(tn_ctx *ctx, tni_graph_kind kind, int64_t *out) {
  tn_cursor *cursor;
  tn_slice from, to, key, value;
  TRY(tn_key(ctx, &from, kinds[kind]));
  TRY(tn_key(ctx, &to, kinds[kind], "")); /* numbers come before strings */
  TRY(tn_cursor_open(ctx, TNI_GRAPH_NAMES, from, to, &cursor));
  TRY(tn_cursor_seek_end(ctx, cursor));
  tn_status status = tn_cursor_prev(ctx, cursor, &key, &value);
  if (status == TN_NOT_FOUND) return *out = 0, TN_OK;
  if (status != TN_OK) return status;
  tn_slice number = {(const uint8_t *)key.data + from.size, key.size - from.size};
  return tni_graph_key_read(&number, out) ? TN_OK : tni_graph_corrupt(ctx, "a key of names");
}

tn_status tni_graph_types_count(tn_ctx *ctx, int64_t *out) {
  tni_graph_state *state = ctx->state;
  uint64_t kept = atomic_load_explicit(&state->types, memory_order_relaxed);
  if (ctx->working) return tni_graph_names_count(ctx, TNI_GRAPH_TYPE, out);
  if (kept >> TYPES_BITS == ctx->seq) return *out = (int64_t)(kept & TNI_GRAPH_NAMES_MAX), TN_OK;
  TRY(tni_graph_names_count(ctx, TNI_GRAPH_TYPE, out));
  if (ctx->seq <= UINT64_MAX >> TYPES_BITS)
    atomic_store_explicit(&state->types, ctx->seq << TYPES_BITS | (uint64_t)*out, memory_order_relaxed);
  return TN_OK;
}

tn_status tni_graph_number_make(tn_ctx *ctx, tni_graph_kind kind, tn_slice name, const char *where, int64_t *out) {
  tn_slice key;
  TRY(tni_graph_number(ctx, kind, name, out));
  if (*out != 0) return TN_OK;
  TRY(check_name(ctx, kind, name, where));
  int64_t number;
  TRY(tni_graph_names_count(ctx, kind, &number));
  if (++number > TNI_GRAPH_NAMES_MAX)
    return tn_fail(ctx, TN_LIMIT, where, "there are %d names of %ss already", TNI_GRAPH_NAMES_MAX, kinds[kind]);
  tn_builder *text = tn_builder_for(ctx);
  if (!text) return tni_no_memory(ctx);
  tn_add(text, tn_text(name));
  if (tn_builder_status(text) != TN_OK) return tni_no_memory(ctx);
  TRY(tn_key(ctx, &key, kinds[kind], tn_text(name)));
  TRY(put_number(ctx, TNI_GRAPH_NAMES, key, number));
  TRY(tn_key(ctx, &key, kinds[kind], number));
  TRY(tn_map_put(ctx, TNI_GRAPH_NAMES, key, tn_value_bytes(tn_built(text))));
  *out = number;
  return TN_OK;
}

tn_status tni_graph_number_known(tn_ctx *ctx, tni_graph_kind kind, tn_slice name, const char *where, int64_t *out) {
  tni_graph_names all;
  TRY(tni_graph_number(ctx, kind, name, out));
  if (*out != 0) return TN_OK;
  TRY(tni_graph_names_all(ctx, kind, &all));
  return tn_fail(ctx, TN_UNKNOWN, where, "there is no %s '%s'%s", kinds[kind], tni_quoted(ctx, name),
                 tn_nearest(ctx, name, all.names, all.count));
}

static tn_status copy_name(tn_ctx *ctx, tn_slice bytes, const char **out) {
  tn_slice text;
  if (!tn_as_string(tn_bytes_value(bytes), &text)) return tni_graph_corrupt(ctx, "a name in names");
  char *copy = tn_scratch(ctx, text.size + 1);
  if (!copy) return tni_no_memory(ctx);
  memcpy(copy, text.data, text.size);
  copy[text.size] = '\0';
  *out = copy;
  return TN_OK;
}

tn_status tni_graph_names_all(tn_ctx *ctx, tni_graph_kind kind, tni_graph_names *out) {
  tn_cursor *cursor;
  tn_slice from, to, key, value;
  int64_t count;
  TRY(tni_graph_names_count(ctx, kind, &count));
  const char **names = tn_scratch(ctx, ((size_t)count + 1) * sizeof *names);
  if (!names) return tni_no_memory(ctx);
  TRY(tn_key(ctx, &from, kinds[kind]));
  TRY(tn_key(ctx, &to, kinds[kind], ""));
  TRY(tn_cursor_open(ctx, TNI_GRAPH_NAMES, from, to, &cursor));
  tn_status status;
  size_t n = 0;
  while ((status = tn_cursor_next(ctx, cursor, &key, &value)) == TN_OK && n < (size_t)count)
    TRY(copy_name(ctx, value, &names[n++]));
  if (status != TN_OK && status != TN_NOT_FOUND) return status;
  *out = (tni_graph_names){names, n};
  return TN_OK;
}

const char *tni_graph_name_of(const tni_graph_names *names, int64_t number) {
  return number >= 1 && (uint64_t)number <= names->count ? names->names[number - 1] : "?";
}

/* ---- counters ---------------------------------------------------------------------------------- */

static tn_status counter_key(tn_ctx *ctx, tni_graph_counter counter, int64_t of, tn_slice *out) {
  static const char *const names[] = {"node", "edge", "nodes", "edges"};
  if (counter == TNI_GRAPH_LAST_NODE || counter == TNI_GRAPH_LAST_EDGE) return tn_key(ctx, out, names[counter]);
  return tn_key(ctx, out, names[counter], of);
}

tn_status tni_graph_counter_get(tn_ctx *ctx, tni_graph_counter counter, int64_t of, int64_t *out) {
  tn_slice key;
  TRY(counter_key(ctx, counter, of, &key));
  return get_number(ctx, TNI_GRAPH_META, key, out);
}

tn_status tni_graph_counter_set(tn_ctx *ctx, tni_graph_counter counter, int64_t of, int64_t value) {
  tn_slice key;
  TRY(counter_key(ctx, counter, of, &key));
  return put_number(ctx, TNI_GRAPH_META, key, value);
}

tn_status tni_graph_counter_add(tn_ctx *ctx, tni_graph_counter counter, int64_t of, int64_t by) {
  int64_t value;
  TRY(tni_graph_counter_get(ctx, counter, of, &value));
  return by == 0 ? TN_OK : tni_graph_counter_set(ctx, counter, of, value + by);
}

tn_status tni_graph_new_ids(tn_ctx *ctx, tni_graph_counter counter, uint64_t count, uint64_t *first) {
  int64_t last;
  TRY(tni_graph_counter_get(ctx, counter, 0, &last));
  if (count > (uint64_t)(INT64_MAX - last)) return tn_fail(ctx, TN_LIMIT, "id", "there are no more ids");
  if (count > 0) TRY(tni_graph_counter_set(ctx, counter, 0, last + (int64_t)count));
  *first = (uint64_t)last + 1;
  return TN_OK;
}

tn_status tni_graph_new_id(tn_ctx *ctx, tni_graph_counter counter, uint64_t *out) {
  return tni_graph_new_ids(ctx, counter, 1, out);
}
