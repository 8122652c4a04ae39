/* The operators of filters, by name. */
#include "filter_internal.h"

static const tni_filter_op ops[] = {
    {"$eq", tni_compile_compare, TNI_TERM_EQ},
    {"$ne", tni_compile_ne, 0},
    {"$gt", tni_compile_compare, TNI_TERM_GT},
    {"$gte", tni_compile_compare, TNI_TERM_GTE},
    {"$lt", tni_compile_compare, TNI_TERM_LT},
    {"$lte", tni_compile_compare, TNI_TERM_LTE},
    {"$in", tni_compile_in, 0},
    {"$nin", tni_compile_nin, 0},
    {"$not", tni_compile_not, 0},
    {"$exists", tni_compile_exists, 0},
    {"$type", tni_compile_type, 0},
    {"$mod", tni_compile_mod, 0},
    {"$regex", tni_compile_regex, 0},
    {"$options", tni_compile_options, 0},
    {"$all", tni_compile_all, 0},
    {"$elemMatch", tni_compile_elem_match, 0},
    {"$size", tni_compile_size, 0},
    {"$bitsAllSet", tni_compile_bits, TNI_BITS_ALL_SET},
    {"$bitsAllClear", tni_compile_bits, TNI_BITS_ALL_CLEAR},
    {"$bitsAnySet", tni_compile_bits, TNI_BITS_ANY_SET},
    {"$bitsAnyClear", tni_compile_bits, TNI_BITS_ANY_CLEAR},
    {"$comment", tni_compile_no_test, 0},
};

static const tni_filter_joint joints[] = {
    {"$and", tni_compile_joint, TNI_NODE_ALL},  {"$or", tni_compile_joint, TNI_NODE_ANY},
    {"$nor", tni_compile_joint, TNI_NODE_NONE}, {"$expr", tni_compile_expr, 0},
    {"$comment", tni_compile_no_node, 0},
};

static const tni_filter_op *find_op(tn_slice name) {
  for (size_t i = 0; i < TNI_LENGTH(ops); i++)
    if (tni_slice_is(name, ops[i].name)) return &ops[i];
  return NULL;
}

static const tni_filter_joint *find_joint(tn_slice name) {
  for (size_t i = 0; i < TNI_LENGTH(joints); i++)
    if (tni_slice_is(name, joints[i].name)) return &joints[i];
  return NULL;
}

bool tni_is_filter_joint(tn_slice name) { return find_joint(name) != NULL; }

static tn_status unknown(tn_ctx *ctx, tn_slice name, const char *where, const char *const *names, size_t count) {
  return tn_fail(ctx, TN_INVALID, where, "unknown operator '%s'%s", tni_quoted(ctx, name),
                 tn_nearest(ctx, name, names, count));
}

tn_status tni_filter_op_find(tn_ctx *ctx, tn_slice name, const char *where, const tni_filter_op **out) {
  const char *names[TNI_LENGTH(ops)];
  *out = find_op(name);
  if (*out) return TN_OK;
  if (find_joint(name))
    return tn_fail(ctx, TN_INVALID, where, "'%s' joins filters, it stands behind no field", tni_quoted(ctx, name));
  for (size_t i = 0; i < TNI_LENGTH(ops); i++) names[i] = ops[i].name;
  return unknown(ctx, name, where, names, TNI_LENGTH(ops));
}

tn_status tni_filter_joint_find(tn_ctx *ctx, tn_slice name, const char *where, const tni_filter_joint **out) {
  const char *names[TNI_LENGTH(joints)];
  *out = find_joint(name);
  if (*out) return TN_OK;
  if (find_op(name))
    return tn_fail(ctx, TN_INVALID, where, "'%s' stands behind a field: {\"field\": {\"%s\": ...}}",
                   tni_quoted(ctx, name), tni_quoted(ctx, name));
  for (size_t i = 0; i < TNI_LENGTH(joints); i++) names[i] = joints[i].name;
  return unknown(ctx, name, where, names, TNI_LENGTH(joints));
}

const char *const *tni_filter_operators(tn_ctx *ctx, size_t *count) {
  const char **names = tn_scratch(ctx, (TNI_LENGTH(ops) + TNI_LENGTH(joints)) * sizeof *names);
  size_t at = 0;
  if (!names) return NULL;
  for (size_t i = 0; i < TNI_LENGTH(ops); i++) names[at++] = ops[i].name;
  for (size_t i = 0; i < TNI_LENGTH(joints); i++) names[at++] = joints[i].name;
  *count = at;
  return names;
}
