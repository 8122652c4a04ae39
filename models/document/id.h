/* id.h - what names a document in its collection: any scalar, `_id`. Equal numbers are the same id. */
#ifndef TENON_DOCUMENT_ID_H
#define TENON_DOCUMENT_ID_H

#include "key.h"

#define TNI_DOC_ID_SIZE_MAX 1024 /* encoded; leaves room for the fields of an index beside it */
#define TNI_DOC_ULID_SIZE 26

/* Appends the id's part to `key`. INVALID for an array, an object or none; LIMIT for one too long. */
tn_status tni_doc_id_key(tn_ctx *ctx, tn_value id, const char *where, tni_doc_key *key) TN_MUST_USE;
/* The id that such a part holds; a double may come back as an int. *out lives in `scratch`, which is cleared. */
tn_status tni_doc_id_of_part(tn_ctx *ctx, tn_slice part, tn_builder *scratch, tn_value *out) TN_MUST_USE;

/* How an error names it: 7, "abc", or its type. In scratch memory. */
const char *tni_doc_id_text(tn_ctx *ctx, tn_value id);

/* A new id, ULID's 26 characters: milliseconds (48 bits), microseconds (10), the op's place in its record (20), `nth`
 * in the op (22), random ones (28). So ids sort in the order they were made, and a replay makes the same. */
void tni_doc_id_make(tn_ctx *ctx, uint64_t nth, char out[TNI_DOC_ULID_SIZE]);

#endif
