/* change.h - one document becomes another: by an update or a replacement, or made where an upsert finds none. Knows
 * no op. */
#ifndef TENON_DOCUMENT_CHANGE_H
#define TENON_DOCUMENT_CHANGE_H

#include "targets.h"
#include "update.h"

typedef struct tni_doc_change_spec {
  const tni_update *update; /* or */
  tn_value replacement;
  const char *where; /* the argument that says it */
} tni_doc_change_spec;

/* `update` is the argument of that name, or absent, and then `doc` is; no name of it begins with '$'. INVALID. */
tn_status tni_doc_change_read(tn_ctx *ctx, tn_value update, tn_value array_filters, tn_value doc,
                              tni_doc_change_spec *out) TN_MUST_USE;

/* Changes the stored document of target `i`; targets are changed in their order. *changed false: it stays as it is,
 * and its version, too. *after is what is there then: in the pool, or, unchanged, where it was. */
tn_status tni_doc_change_target(tni_doc_store *s, const tni_doc_change_spec *spec, const tni_doc_targets *targets,
                                size_t i, tn_value *after, bool *changed) TN_MUST_USE;

/* Makes the document that the filter asks for and the change completes. *out is in the pool. */
tn_status tni_doc_upsert(tni_doc_store *s, const tni_doc_change_spec *spec, const tni_doc_request *request,
                         tn_value *out) TN_MUST_USE;

#endif
