/* update_path.h - paths of updates: those of path.h, with steps that stand for items of an array. */
#ifndef TENON_DOCUMENT_UPDATE_PATH_H
#define TENON_DOCUMENT_UPDATE_PATH_H

#include "query/filter.h"

typedef enum tni_update_step_kind {
  TNI_STEP_HIT,     /* $        the item that the filter matched */
  TNI_STEP_ALL,     /* $[]      every item */
  TNI_STEP_MATCHED, /* $[name]  every item that the array filter of this name matches */
  TNI_STEP_FIELD    /* a field, or by its number an item */
} tni_update_step_kind;

typedef struct tni_update_step {
  tni_update_step_kind kind;
  tni_step step; /* of a FIELD; of a MATCHED the name alone */
} tni_update_step;

typedef struct tni_update_path {
  tni_update_step *steps;
  uint32_t count; /* at least 1; the first is a FIELD */
} tni_update_path;

/* INVALID as tni_path_parse(); a first step that stands for items, more than one `$`; LIMIT. In scratch memory. */
tn_status tni_update_path_parse(tn_ctx *ctx, tn_slice text, const char *where, tni_update_path *out) TN_MUST_USE;

/* The order in which changes are made, and new fields added: numbers before names. 0: the same step. */
int tni_step_compare(const tni_step *a, const tni_step *b);
int tni_update_step_compare(const tni_update_step *a, const tni_update_step *b);

/* ---- array filters ---------------------------------------------------------------------------- */

typedef struct tni_item_filter {
  tn_slice name;
  const tni_filter *filter; /* matches {name: item} */
  const char *where;
  bool used;
} tni_item_filter;

typedef struct tni_item_filters {
  tni_item_filter *items; /* scratch memory */
  uint32_t count;
} tni_item_filters;

/* `list` is an array of filters or absent. INVALID: one that is not on one name, [a-z][a-zA-Z0-9]*; two of a name. */
tn_status tni_item_filters_compile(tn_ctx *ctx, tn_value list, const char *where, tni_item_filters *out) TN_MUST_USE;
/* NULL when there is none. */
tni_item_filter *tni_item_filters_find(const tni_item_filters *filters, tn_slice name);
tn_status tni_item_filter_match(const tni_item_filter *filter, tni_pool *pool, tn_value item, bool *out) TN_MUST_USE;

#endif
