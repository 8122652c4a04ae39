/* changes.h - what each record changed: a state of its own that follows the journal record by record, and what
 * differs before and after. It costs as much memory as the engine's state, and nothing is asked of the engine's. */
#ifndef TENON_CHANGES_H
#define TENON_CHANGES_H

#include "engine.h"

typedef struct tni_changes tni_changes;

/* Stands after record `seq`, 0 = before the first: the newest valid snapshot that is not after it, then the journal.
 * TRIMMED: that is not kept any more. What recovery says. */
tn_status tni_changes_open(tn_engine *e, uint64_t seq, tni_changes **out, tn_error *error) TN_MUST_USE;
/* NULL is fine. */
void tni_changes_close(tni_changes *c);

/* The first record from `seq` on after which one can stand that is to begin with the journal's oldest. */
tn_status tni_changes_oldest(tn_engine *e, uint64_t seq, uint64_t *out, tn_error *error) TN_MUST_USE;

/* Takes the next record in. *out (NULL allowed) lives until the next call: [{"model", "map", "key", "old"?, "new"?},
 * ...], ordered by model, map and key, each key once; "old" is absent where there was no entry, "new" where there is
 * none any more. Keys of tuple maps are arrays of their parts, values of value maps are values, all others bytes.
 * LIMIT: it does not fit into a value. After a failure it stands where it stood. */
tn_status tni_changes_take(tni_changes *c, const tni_record *record, tn_value *out, tn_error *error) TN_MUST_USE;

#endif
