#include "update.h"

#include <stddef.h>

#include "update_tree.h"

#define CHANGES_MAX 10000 /* paths in one update */
#define TOUCHED_MAX 8

struct tni_update {
  tn_ctx *ctx;
  const char *where;
  const char *id_where; /* of a change of `_id`; NULL = there is none */
  uint32_t changes;
  uint32_t flags; /* of all its operators */
  tni_item_filters filters;
  tni_branch root;
  tn_slice touched[TOUCHED_MAX]; /* first steps of the paths */
  uint32_t touched_count;        /* 0: they are more */
};

/* ---- compiling -------------------------------------------------------------------------------- */

static tn_status unknown_operator(tn_ctx *ctx, tn_slice name, const char *where) {
  if (name.size == 0 || *(const char *)name.data != '$')
    return tn_fail(ctx, TN_INVALID, where, "expected an operator of updates like $set, got the field '%s'",
                   tni_quoted(ctx, name));
  return tn_fail(ctx, TN_INVALID, where, "unknown operator '%s'%s", tni_quoted(ctx, name),
                 tni_update_op_nearest(ctx, name));
}

/* A path that is refused is read once more, to say where. */
static tn_status read_path(tn_ctx *ctx, const tni_change *change, tni_update_path *out) {
  if (tni_update_path_parse(ctx, change->path, change->base, out) == TN_OK) return TN_OK;
  return tni_update_path_parse(ctx, change->path, tni_change_where(ctx, change), out);
}

static tn_status add_to_tree(tni_update *update, const tni_change *change) {
  tni_update_path path;
  TRY(read_path(update->ctx, change, &path));
  if (tni_slice_is(path.steps[0].step.name, "_id")) update->id_where = tni_change_where(update->ctx, change);
  return tni_tree_add(update->ctx, &update->root, &path, &update->filters, change);
}

/* The path that something is taken from is changed too. */
static tn_status add_move(tni_update *update, const tni_change *change) {
  tni_change *moved = tn_scratch(update->ctx, 2 * sizeof *moved);
  if (!moved) return tni_no_memory(update->ctx);
  moved[0] = moved[1] = *change;
  moved[0].op = &tni_update_taken;
  (void)tn_as_string(change->operand, &moved[1].path);
  TRY(add_to_tree(update, &moved[0]));
  return add_to_tree(update, &moved[1]);
}

static tn_status add_change(tni_update *update, const tni_update_op *op, const tn_iter *it) {
  tni_change *change = tn_scratch(update->ctx, sizeof *change);
  if (!change) return tni_no_memory(update->ctx);
  *change = (tni_change){.op = op, .path = it->name, .base = update->where, .operand = it->value};
  if (op->compile) change->where = tni_change_where(update->ctx, change);
  if (++update->changes > CHANGES_MAX)
    return tn_fail(update->ctx, TN_LIMIT, tni_change_where(update->ctx, change), "an update changes at most %d paths",
                   CHANGES_MAX);
  update->flags |= op->flags;
  if (op->compile) TRY(op->compile(update->ctx, change));
  return op->flags & TNI_UPDATE_MOVES ? add_move(update, change) : add_to_tree(update, change);
}

static tn_status add_operator(tni_update *update, tn_slice name, tn_value paths) {
  const tni_update_op *op = tni_update_op_find(name);
  if (!op) return unknown_operator(update->ctx, name, tni_where(update->ctx, update->where, name));
  if (tn_value_type(paths) != TN_OBJECT)
    return tni_expect(update->ctx, paths, TN_T_OBJECT, "an object of paths",
                      tni_where(update->ctx, update->where, name));
  for (tn_iter it = tn_iter_of(paths); tn_iter_next(&it);) TRY(add_change(update, op, &it));
  return TN_OK;
}

static tn_status need_use(const tni_update *update) {
  for (uint32_t i = 0; i < update->filters.count; i++) {
    const tni_item_filter *filter = &update->filters.items[i];
    if (!filter->used)
      return tn_fail(update->ctx, TN_INVALID, filter->where, "expected $[%s] in a path of the update, found none",
                     tni_quoted(update->ctx, filter->name));
  }
  return TN_OK;
}

static void list_touched(tni_update *update) {
  if (update->root.count > TOUCHED_MAX) return;
  for (const tni_branch *b = update->root.first; b; b = b->next)
    update->touched[update->touched_count++] = b->step.step.name;
}

const tn_slice *tni_update_touches(const tni_update *update, uint32_t *count) {
  return *count = update->touched_count, update->touched;
}

tn_status tni_update_compile(tn_ctx *ctx, tn_value update, tn_value array_filters, const char *where,
                             const tni_update **out) {
  tni_update *made = tn_scratch(ctx, sizeof *made);
  if (!made) return tni_no_memory(ctx);
  memset(made, 0, offsetof(tni_update, touched));
  made->ctx = ctx;
  made->where = where;
  made->touched_count = 0;
  TRY(tni_expect(ctx, update, TN_T_OBJECT, "an object of operators", where));
  if (tn_count(update) == 0) return tn_fail(ctx, TN_INVALID, where, "expected operators like $set, got none");
  if (!tn_is_absent(array_filters))
    TRY(tni_item_filters_compile(ctx, array_filters, "array_filters", &made->filters));
  for (tn_iter it = tn_iter_of(update); tn_iter_next(&it);) TRY(add_operator(made, it.name, it.value));
  TRY(need_use(made));
  list_touched(made);
  return *out = made, TN_OK;
}

bool tni_update_is_plain(const tni_update *update) {
  return update->filters.count == 0 && (update->flags & TNI_UPDATE_FILTERS) == 0;
}

/* ---- applying --------------------------------------------------------------------------------- */

/* A document that is inserted may still get its `_id`. */
static tn_status need_same_id(const tni_update *update, tn_value before, tn_value after) {
  if (!update->id_where) return TN_OK;
  tn_value id = tn_field(before, "_id");
  if (tn_is_absent(id)) return TN_OK;
  if (update->ctx->host->value_compare(id, tn_field(after, "_id")) == 0) return TN_OK;
  return tn_fail(update->ctx, TN_INVALID, update->id_where, "the _id of a document cannot be changed");
}

tn_status tni_update_apply(const tni_update *update, tni_pool *pool, tn_value doc, const tni_hit *hit, bool inserting,
                           tn_value *out, bool *changed) {
  tni_doc_edit edit;
  tn_value made;
  tni_doc_edit_begin(&edit, pool, doc);
  TRY(tni_tree_apply(pool->ctx, &update->root, &edit, hit, inserting));
  TRY(tni_doc_edit_write(&edit, update->where, &made));
  TRY(need_same_id(update, doc, made));
  *changed = edit.reshaped ? !tn_value_same(doc, made) : edit.touched;
  return *out = made, TN_OK;
}
