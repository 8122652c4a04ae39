/* expr_table.c - all families of operators. */
#include "expr_families.h"

static const tni_expr_family *const families[] = {
    &tni_expr_arith, &tni_expr_array,     &tni_expr_bits,      &tni_expr_bool, &tni_expr_compare, &tni_expr_cond,
    &tni_expr_date,  &tni_expr_date_math, &tni_expr_date_text, &tni_expr_each, &tni_expr_misc,    &tni_expr_object,
    &tni_expr_order, &tni_expr_regex,     &tni_expr_round,     &tni_expr_set,  &tni_expr_stats,   &tni_expr_string,
    &tni_expr_trig,  &tni_expr_type,      &tni_expr_variable,
};

const tni_expr_op *tni_expr_op_named(tn_slice name) {
  for (size_t f = 0; f < TNI_LENGTH(families); f++)
    for (size_t i = 0; i < families[f]->count; i++)
      if (tni_slice_is(name, families[f]->ops[i].name)) return &families[f]->ops[i];
  return NULL;
}

const char *const *tni_expr_operators(tn_ctx *ctx, size_t *count) {
  size_t n = 0, at = 0;
  for (size_t f = 0; f < TNI_LENGTH(families); f++) n += families[f]->count;
  const char **names = tn_scratch(ctx, n * sizeof *names);
  if (!names) return NULL;
  for (size_t f = 0; f < TNI_LENGTH(families); f++)
    for (size_t i = 0; i < families[f]->count; i++) names[at++] = families[f]->ops[i].name;
  *count = n;
  return names;
}
