/* update.h - changes of a document: {"$set": {"user.age": 7}, "$push": {"tags": {"$each": [...]}}}, as MongoDB reads
 * them (its manual, "Update Operators"). update_OPERATORS.c have them, update_table.c names them all. Knows nothing
 * of collections. */
#ifndef TENON_DOCUMENT_UPDATE_H
#define TENON_DOCUMENT_UPDATE_H

#include "query/filter.h"

typedef struct tni_update tni_update;

/* `array_filters` is an array of filters, each on one name ("item.price"), or absent. INVALID: unknown operator (the
 * nearest is named), wrong operand, two operators on paths that lead through each other (both are named), a name in
 * `$[name]` without its filter or a filter without its use; all with the path in the request as where. */
tn_status tni_update_compile(tn_ctx *ctx, tn_value update, tn_value array_filters, const char *where,
                             const tni_update **out) TN_MUST_USE;

/* Whether what it does follows from itself and the document, without a filter for items. */
bool tni_update_is_plain(const tni_update *update);

/* The names that its paths begin with: no other field of a document is changed. *count 0: they are too many to tell.
 */
const tn_slice *tni_update_touches(const tni_update *update, uint32_t *count);

/* *out is the changed document, in the pool; *changed false when it is byte for byte what it was. `inserting`: the
 * document is an upsert's, so $setOnInsert counts. INVALID: what is there is of the wrong type, `_id` would change;
 * LIMIT: an int left 64 bits, nesting. The document is as it was. */
tn_status tni_update_apply(const tni_update *update, tni_pool *pool, tn_value doc, const tni_hit *hit, bool inserting,
                           tn_value *out, bool *changed) TN_MUST_USE;

/* The document that an upsert begins with: the equalities of the filter. INVALID where two of them fall on one path.
 */
tn_status tni_upsert_base(tn_ctx *ctx, tni_pool *pool, const tni_filter *filter, tn_value *out) TN_MUST_USE;

#endif
