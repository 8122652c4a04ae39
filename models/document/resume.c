#include "resume.h"

/* No range reaches beyond the cut; those that would be empty are left out. */
static tn_status cut_ranges(tn_ctx *ctx, const tni_doc_key *at, tni_doc_plan *plan) {
  tni_doc_range *ranges = tn_scratch(ctx, (plan->range_count + 1) * sizeof *ranges);
  tn_slice cut;
  uint32_t kept = 0;
  if (!ranges) return tni_no_memory(ctx);
  TRY(tni_doc_copy_bytes(ctx, tni_doc_key_slice(at), &cut));
  for (uint32_t i = 0; i < plan->range_count; i++) {
    tni_doc_range r = plan->ranges[i];
    tn_slice *end = plan->reverse ? &r.to : &r.from;
    int order = tni_doc_bytes_compare(*end, cut);
    if (plan->reverse ? order > 0 : order < 0) *end = cut;
    if (tni_doc_bytes_compare(r.from, r.to) < 0) ranges[kept++] = r;
  }
  plan->ranges = ranges;
  plan->range_count = kept;
  return TN_OK;
}

tn_status tni_doc_resume_id(tn_ctx *ctx, const tni_doc_collection *c, tn_slice id_part, tni_doc_plan *plan) {
  static const uint8_t next = 0;
  tni_doc_key key;
  key.size = 0;
  TRY(tni_doc_key_bytes(ctx, &key, tni_doc_collection_prefix(c)));
  TRY(tni_doc_key_bytes(ctx, &key, id_part));
  if (!plan->reverse) TRY(tni_doc_key_bytes(ctx, &key, (tn_slice){&next, 1}));
  return cut_ranges(ctx, &key, plan);
}

static bool is_fixed(const tni_doc_plan *plan, uint32_t field) {
  return field < plan->bound_fields && plan->bounds[field].points && plan->bounds[field].count == 1;
}

/* A field that has one value in all keys. */
static tn_status add_fixed(tn_ctx *ctx, const tni_doc_plan *plan, uint32_t field, tni_doc_key *key) {
  size_t start = key->size;
  TRY(tni_doc_key_bytes(ctx, key, plan->bounds[field].ranges[0].from));
  for (size_t i = start; plan->index->fields[field].descending && i < key->size; i++)
    key->data[i] = (uint8_t)~key->data[i];
  return TN_OK;
}

/* A field of the sort that has one value in all keys. NOT_FOUND: the tie has another one, so it stands behind all
 * keys or in front of them, whichever way the index goes. */
static tn_status add_tied(tn_ctx *ctx, const tni_doc_plan *plan, uint32_t field, tn_value value, tni_doc_key *key) {
  tni_doc_key other;
  size_t start = key->size;
  other.size = 0;
  TRY(add_fixed(ctx, plan, field, key));
  TRY(tni_doc_key_part(ctx, &other, value, plan->index->fields[field].descending));
  bool same = other.size == key->size - start && memcmp(other.data, key->data + start, other.size) == 0;
  return same ? TN_OK : TN_NOT_FOUND;
}

/* The parts that all keys of the tie begin with. NOT_FOUND: there are none. */
static tn_status tie_of(tn_ctx *ctx, const tni_sort *sort, const tn_value *keys, const tni_doc_plan *plan,
                        tni_doc_key *key) {
  key->size = 0;
  TRY(tni_doc_key_bytes(ctx, key, tni_doc_index_prefix(plan->index)));
  for (uint32_t i = 0, k = 0; i < plan->sort_fields; i++) {
    const tni_doc_field *field = &plan->index->fields[i];
    bool sorts = k < sort->count && tni_slice_same(field->path.text, sort->fields[k].path.text);
    if (!sorts)
      TRY(add_fixed(ctx, plan, i, key));
    else if (is_fixed(plan, i))
      TRY(add_tied(ctx, plan, i, keys[k++], key));
    else
      TRY(tni_doc_key_part(ctx, key, keys[k++], field->descending));
  }
  return TN_OK;
}

tn_status tni_doc_resume_sorted(tn_ctx *ctx, const tni_sort *sort, const tn_value *keys, tni_doc_plan *plan) {
  static const uint8_t above = 0xff;
  tni_doc_key key;
  if (plan->way != TNI_DOC_BY_INDEX || plan->sorts || plan->whole_keys) return TN_OK;
  tn_error before = *ctx->error;
  tn_status status = tie_of(ctx, sort, keys, plan, &key);
  if (status == TN_OK && plan->reverse) status = tni_doc_key_bytes(ctx, &key, (tn_slice){&above, 1});
  if (status == TN_LIMIT) return *ctx->error = before, TN_OK; /* no entry has such a key */
  if (status == TN_NOT_FOUND) return TN_OK;
  return status == TN_OK ? cut_ranges(ctx, &key, plan) : status;
}
