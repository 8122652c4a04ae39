/* recover.h - the owner's open of a journal: cutting what was never synced, refusing damage, marking the open. What
 * is which, walk.h says. */
#ifndef TENON_FILE_RECOVER_H
#define TENON_FILE_RECOVER_H

#include "journal.h"

/* Cuts an unsynced tail (kept in journal/tail-EPOCH-SEQ.cut, reported), syncs what stays, and writes the mark of this
 * open, durable with the epoch before it returns. `truncate` does the same with damage, from the first bad record on.
 * CORRUPT: nothing was changed. */
tn_status tni_frecover(tni_fjournal *journal, uint64_t trimmed_upto, bool truncate, bool *clean, tn_error *error);

#endif
