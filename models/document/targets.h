/* targets.h - the documents that a command is going to change: found first, all of them, and changed then. */
#ifndef TENON_DOCUMENT_TARGETS_H
#define TENON_DOCUMENT_TARGETS_H

#include "select.h"

typedef struct tni_doc_target {
  tn_slice key; /* of the documents map */
  tni_hit hit;
} tni_doc_target;

/* In the order the request asks for. The pool holds them. In place; must not move. */
typedef struct tni_doc_targets {
  tni_doc_target *list;
  size_t count, capacity;
  tni_doc_target one;   /* the list, while there is one */
  tni_doc_stored first; /* the first one's document, until a map is changed */
} tni_doc_targets;

tn_status tni_doc_targets_find(const tni_doc_request *request, tni_pool *pool, tni_doc_targets *out) TN_MUST_USE;

/* The document of target `i` as it is; that of the first only until a map is changed. NOT_FOUND. */
tn_status tni_doc_targets_read(tn_ctx *ctx, const tni_doc_targets *targets, size_t i,
                               tni_doc_stored *out) TN_MUST_USE;

/* CONFLICT unless the only target is at `if_version`, where 0 is none at all; nothing to compare when it is absent.
 * INVALID: it is given with `many`. */
tn_status tni_doc_check_version(tn_ctx *ctx, const tni_doc_targets *targets, tn_value if_version,
                                bool many) TN_MUST_USE;

/* An error of what was done with `where`: that comes before the place it names. Returns `status`. */
tn_status tni_doc_fail_within(tn_ctx *ctx, tn_status status, const char *where);

#endif
