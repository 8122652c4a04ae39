/* expr_field.c - "$a.b" and "$$name.a.b". A step leads into an object; in an array it leads into each item that is
 * an object, and what they hold becomes an array. Unlike a filter's path it knows no item by number. */
#include "expr_internal.h"
#include "path.h"

typedef struct source {
  enum { FROM_ROOT, FROM_VARIABLE } kind;
  bool has_path;
  tni_path path;
} source;

static tn_value start_of(const tni_expr *expr, const tni_eval *eval) {
  const source *from = expr->extra;
  return from->kind == FROM_ROOT ? eval->root : eval->variables[expr->slot];
}

/* Step by step through objects: where it ends, or the array that it came to before step *at. */
static tn_value walk(const tni_path *path, uint32_t *at, tn_value value) {
  while (*at < path->count && tn_value_type(value) != TN_ARRAY && !tn_is_absent(value))
    value = tni_step_field(&path->steps[(*at)++], value);
  return value;
}

/* Into each item of an array: what is missing there is left out, arrays directly in it too. */
static void add_each(const tni_path *path, uint32_t at, tn_value array, tn_builder *builder) {
  tn_array_begin(builder);
  for (tn_iter it = tn_iter_of(array); tn_iter_next(&it);) {
    uint32_t next = at;
    if (tn_value_type(it.value) != TN_OBJECT) continue;
    tn_value found = walk(path, &next, it.value);
    if (next < path->count && !tn_is_absent(found))
      add_each(path, next, found, builder);
    else if (!tn_is_absent(found))
      tn_add(builder, found);
  }
  tn_end(builder);
}

static tn_status eval_field(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  const source *from = expr->extra;
  uint32_t at = 0;
  tn_builder *builder;
  tn_value value = walk(&from->path, &at, start_of(expr, eval));
  if (at == from->path.count || tn_is_absent(value)) return *out = value, TN_OK;
  TRY(tni_expr_begin(eval, &builder));
  add_each(&from->path, at, value, builder);
  return tni_expr_end(expr, eval, builder, TN_OK, out);
}

static tn_status eval_whole(const tni_expr *expr, tni_eval *eval, tn_value *out) {
  *out = start_of(expr, eval);
  return TN_OK;
}

static tn_status make(tn_ctx *ctx, source from, uint32_t slot, const char *where, const tni_expr **out) {
  tni_expr *expr = NULL;
  source *kept = tn_scratch(ctx, sizeof *kept);
  if (!kept) return tni_no_memory(ctx);
  TRY(tni_expr_node(ctx, from.has_path ? eval_field : eval_whole, where, &expr));
  *kept = from;
  expr->slot = slot;
  expr->extra = kept;
  *out = expr;
  return TN_OK;
}

/* ---- names ------------------------------------------------------------------------------------ */

static bool find_variable(const tni_scope *scope, tn_slice name, uint32_t *slot) {
  for (uint32_t i = scope->count; i > 0; i--)
    if (tni_slice_same(scope->names[i - 1], name)) return *slot = i - 1, true;
  return false;
}

static tn_status unknown_variable(tn_ctx *ctx, const tni_scope *scope, tn_slice name, const char *where) {
  const char *names[TNI_EXPR_VARIABLES_MAX + 4] = {"ROOT", "CURRENT", "NOW", "REMOVE"};
  for (uint32_t i = 0; i < scope->count; i++) names[4 + i] = tni_quoted(ctx, scope->names[i]);
  return tn_fail(ctx, TN_INVALID, where, "unknown variable '%s'%s", tni_quoted(ctx, name),
                 tn_nearest(ctx, name, names, 4 + scope->count));
}

static tn_status constant_time(tn_ctx *ctx, const tni_expr **out) {
  uint8_t *bytes = tn_scratch(ctx, 9);
  if (!bytes) return tni_no_memory(ctx);
  bytes[0] = TN_TAG_TIMESTAMP;
  for (unsigned i = 0; i < 8; i++) bytes[1 + i] = (uint8_t)((uint64_t)ctx->now_us >> (8 * i));
  return tni_expr_constant(ctx, (tn_value){bytes, 9}, out);
}

static tn_status compile_variable(tn_ctx *ctx, const tni_scope *scope, tn_slice name, source from, const char *where,
                                  const tni_expr **out) {
  uint32_t slot = 0;
  from.kind = FROM_VARIABLE;
  if (find_variable(scope, name, &slot)) return make(ctx, from, slot, where, out);
  from.kind = FROM_ROOT;
  if (tni_slice_is(name, "ROOT") || tni_slice_is(name, "CURRENT")) return make(ctx, from, slot, where, out);
  if (tni_slice_is(name, "REMOVE")) return tni_expr_constant(ctx, TN_NO_VALUE, out);
  if (!tni_slice_is(name, "NOW")) return unknown_variable(ctx, scope, name, where);
  return from.has_path ? tni_expr_constant(ctx, TN_NO_VALUE, out) : constant_time(ctx, out);
}

tn_status tni_expr_compile_field(tn_ctx *ctx, tni_scope *scope, tn_slice text, const char *where,
                                 const tni_expr **out) {
  const char *at = text.data, *end = at + text.size;
  source from = {.has_path = true};
  bool variable = text.size > 1 && at[1] == '$';
  tn_slice name = tni_slice_of("CURRENT"), rest = {at + 1, text.size - 1};
  if (rest.size == 0) return tn_fail(ctx, TN_INVALID, where, "expected a field behind '$', got '$' alone");
  if (variable) {
    const char *dot = memchr(at, '.', text.size);
    name = (tn_slice){at + 2, (size_t)((dot ? dot : end) - at) - 2};
    from.has_path = dot != NULL;
    rest = dot ? (tn_slice){dot + 1, (size_t)(end - dot) - 1} : rest;
  }
  if (from.has_path) TRY(tni_path_parse(ctx, rest, where, &from.path));
  return compile_variable(ctx, scope, name, from, where, out);
}
