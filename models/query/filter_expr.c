/* $expr: an expression that is true. */
#include "filter_internal.h"

bool tni_expr_holds(const tni_node *node, tni_match *match, tn_value doc) {
  tn_value value = TN_NO_VALUE;
  if (match->status != TN_OK) return false;
  match->eval->root = doc;
  match->status = tni_expr_eval(node->expr, match->eval, &value);
  return match->status == TN_OK && tni_is_truthy(value);
}

tn_status tni_compile_expr(tni_compiler *c, const tni_filter_joint *joint, tn_value operand, const char *where,
                           const tni_node **out) {
  (void)joint;
  if (c->in_element)
    return tn_fail(c->ctx, TN_INVALID, where, "$expr is about whole documents, not about items of arrays");
  tni_node *node = tn_scratch(c->ctx, sizeof *node);
  if (!node) return tni_no_memory(c->ctx);
  *node = (tni_node){.kind = TNI_NODE_EXPR};
  TRY(tni_expr_compile(c->ctx, c->scope, operand, where, &node->expr));
  c->is_volatile = true;
  *out = node;
  return TN_OK;
}
