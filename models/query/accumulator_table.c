/* accumulator_table.c - all families of accumulators. */
#include "accumulator_internal.h"

static const tni_accumulator_family *const families[] = {
    &tni_accumulator_number,
    &tni_accumulator_pick,
    &tni_accumulator_list,
    &tni_accumulator_best,
};

const tni_accumulator_op *tni_accumulator_named(tn_slice name) {
  for (size_t f = 0; f < TNI_LENGTH(families); f++)
    for (size_t i = 0; i < families[f]->count; i++)
      if (tni_slice_is(name, families[f]->ops[i].name)) return &families[f]->ops[i];
  return NULL;
}

const char *const *tni_accumulator_names(tn_ctx *ctx, size_t *count) {
  size_t n = 0, at = 0;
  for (size_t f = 0; f < TNI_LENGTH(families); f++) n += families[f]->count;
  const char **names = tn_scratch(ctx, n * sizeof *names);
  if (!names) return NULL;
  for (size_t f = 0; f < TNI_LENGTH(families); f++)
    for (size_t i = 0; i < families[f]->count; i++) names[at++] = families[f]->ops[i].name;
  *count = n;
  return names;
}
