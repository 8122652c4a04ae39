/* The stages of pipelines, by name. */
#include "stage.h"

static const tni_stage_def defs[] = {
    {"$addFields", tni_compile_add_fields, false},
    {"$bucket", tni_compile_bucket, false},
    {"$bucketAuto", tni_compile_bucket_auto, false},
    {"$count", tni_compile_count, false},
    {"$facet", tni_compile_facet, true},
    {"$group", tni_compile_group, false},
    {"$limit", tni_compile_limit, false},
    {"$lookup", tni_compile_lookup, false},
    {"$match", tni_compile_match, false},
    {"$project", tni_compile_project, false},
    {"$replaceRoot", tni_compile_replace_root, false},
    {"$replaceWith", tni_compile_replace_with, false},
    {"$sample", tni_compile_sample, false},
    {"$set", tni_compile_add_fields, false},
    {"$skip", tni_compile_skip, false},
    {"$sort", tni_compile_sort, false},
    {"$sortByCount", tni_compile_sort_by_count, false},
    {"$unionWith", tni_compile_union_with, false},
    {"$unset", tni_compile_unset, false},
    {"$unwind", tni_compile_unwind, false},
};

const char *const *tni_stage_names(tn_ctx *ctx, size_t *count) {
  const char **names = tn_scratch(ctx, sizeof *names * TNI_LENGTH(defs));
  if (!names) return NULL;
  for (size_t i = 0; i < TNI_LENGTH(defs); i++) names[i] = defs[i].name;
  *count = TNI_LENGTH(defs);
  return names;
}

tn_status tni_stage_find(tn_ctx *ctx, tn_slice name, const char *where, const tni_stage_def **out) {
  for (size_t i = 0; i < TNI_LENGTH(defs); i++)
    if (tni_slice_is(name, defs[i].name)) return *out = &defs[i], TN_OK;
  size_t count;
  const char *const *names = tni_stage_names(ctx, &count);
  return tn_fail(ctx, TN_INVALID, where, "unknown stage '%s'%s", tni_quoted(ctx, name),
                 names ? tn_nearest(ctx, name, names, count) : "");
}
