/* update_upsert.c - the document an upsert begins with, when no document matches its filter. */
#include "edit.h"
#include "update.h"

/* What a field has to be for the filter to match. */
static bool is_equality(const tni_term *term) {
  return term->kind == TNI_TERM_EQ && term->exact && term->element == 0;
}

static tn_status need_apart(tn_ctx *ctx, const tni_term *terms, size_t count) {
  const tni_term *term = &terms[count];
  TRY(tn_step(ctx));
  for (size_t i = 0; i < count; i++)
    if (is_equality(&terms[i]) && tni_path_overlaps(&terms[i].path, &term->path))
      return tn_fail(ctx, TN_INVALID, tni_where(ctx, "filter", term->path.text),
                     "'%s' and '%s' both say what the new document has there", tni_quoted(ctx, terms[i].path.text),
                     tni_quoted(ctx, term->path.text));
  return TN_OK;
}

static tn_status put(tni_doc_edit *edit, const tni_term *term) {
  tni_doc_edit_node *node = &edit->root;
  for (uint32_t i = 0; i < term->path.count; i++) TRY(tni_doc_edit_step(edit, node, &term->path.steps[i], &node));
  return tni_doc_edit_set(edit, node, term->operand, "filter");
}

tn_status tni_upsert_base(tn_ctx *ctx, tni_pool *pool, const tni_filter *filter, tn_value *out) {
  static const uint8_t empty[] = {TN_TAG_OBJECT8, 1, 0};
  const tni_term *terms;
  size_t count;
  bool complete;
  tni_doc_edit edit;
  tni_doc_edit_begin(&edit, pool, (tn_value){empty, sizeof empty});
  TRY(tni_filter_terms(ctx, filter, &terms, &count, &complete));
  for (size_t i = 0; i < count; i++) {
    if (!is_equality(&terms[i])) continue;
    TRY(need_apart(ctx, terms, i));
    TRY(put(&edit, &terms[i]));
  }
  return tni_doc_edit_write(&edit, "filter", out);
}
