/* update_table.c - all operators of updates. */
#include "update_op.h"

#define CREATES TNI_UPDATE_CREATES

const tni_update_op tni_update_ops[] = {
    {"$set", CREATES, NULL, tni_update_set, NULL},
    {"$setOnInsert", CREATES | TNI_UPDATE_ON_INSERT, NULL, tni_update_set, NULL},
    {"$unset", TNI_UPDATE_LENIENT, NULL, tni_update_unset, NULL},
    {"$min", CREATES, NULL, tni_update_min, NULL},
    {"$max", CREATES, NULL, tni_update_max, NULL},
    {"$currentDate", CREATES, tni_current_date_compile, tni_update_current_date, NULL},
    {"$rename", CREATES | TNI_UPDATE_MOVES, tni_rename_compile, tni_update_rename, tni_rename_idle},
    {"$inc", CREATES, tni_number_compile, tni_update_inc, NULL},
    {"$mul", CREATES, tni_number_compile, tni_update_mul, NULL},
    {"$bit", CREATES, tni_bit_compile, tni_update_bit, NULL},
    {"$push", CREATES, tni_push_compile, tni_update_push, NULL},
    {"$addToSet", CREATES, tni_add_to_set_compile, tni_update_add_to_set, NULL},
    {"$pop", 0, tni_pop_compile, tni_update_pop, NULL},
    {"$pull", TNI_UPDATE_FILTERS, tni_pull_compile, tni_update_pull, NULL},
    {"$pullAll", 0, tni_pull_all_compile, tni_update_pull_all, NULL},
};
const size_t tni_update_op_count = TNI_LENGTH(tni_update_ops);

const tni_update_op *tni_update_op_find(tn_slice name) {
  for (size_t i = 0; i < TNI_LENGTH(tni_update_ops); i++)
    if (tni_slice_is(name, tni_update_ops[i].name)) return &tni_update_ops[i];
  return NULL;
}

const char *tni_update_op_nearest(tn_ctx *ctx, tn_slice name) {
  const char *names[TNI_LENGTH(tni_update_ops)];
  for (size_t i = 0; i < TNI_LENGTH(names); i++) names[i] = tni_update_ops[i].name;
  return tn_nearest(ctx, name, names, TNI_LENGTH(names));
}

static tn_status leave(const tni_change *change, const tni_site *site, tn_value now, tn_value *out) {
  (void)change, (void)site, (void)now, (void)out;
  return TN_OK;
}
const tni_update_op tni_update_taken = {"$rename", TNI_UPDATE_LENIENT, NULL, leave, NULL};

/* ---- what the rows share ---------------------------------------------------------------------- */

const char *tni_site_path(const tni_site *site) { return tni_doc_edit_path(site->edit, site->node); }

const char *tni_change_where(tn_ctx *ctx, const tni_change *change) {
  if (change->where) return change->where;
  return tni_where(ctx, tni_where(ctx, change->base, tni_slice_of(change->op->name)), change->path);
}

tn_status tni_change_misfit(const tni_change *change, const tni_site *site, const char *expected, tn_value found) {
  return tn_fail(site->ctx, TN_INVALID, tni_change_where(site->ctx, change), "expected %s in '%s', found %s",
                 expected, tni_site_path(site), tn_type_name(tn_value_type(found)));
}
