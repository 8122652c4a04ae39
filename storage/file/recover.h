/* recover.h - opening a journal: what is a whole chain, what a torn tail, what damage.
 *
 * Segments are walked in order, each frame checked, up to the first place where no valid frame of the next seq
 * stands. What follows there decides:
 *   - damage, when anything says that this place was durable once: a later frame of the segment was written when
 *     more than this was synced; a later segment holds a frame (the first one in it is written only after all
 *     before it is synced); the file is shorter than it was made; a segment is missing after a roll mark, or does
 *     not continue the one before it.
 *   - otherwise the end: nothing after it was ever acknowledged. Bytes there are an unsynced tail. */
#ifndef TENON_FILE_RECOVER_H
#define TENON_FILE_RECOVER_H

#include "journal.h"

/* For the owner. Cuts an unsynced tail (kept in journal/tail-EPOCH-SEQ.cut, reported), syncs what stays, and writes
 * the mark of this open, durable with the epoch before it returns. `truncate` does the same with damage, from the
 * first bad record on. CORRUPT: nothing was changed. */
tn_status tni_frecover(tni_fjournal *journal, uint64_t trimmed_upto, bool truncate, bool *clean, tn_error *error);

/* For read_only, beside a live owner or not, changing nothing: reads what is new since the last call, the first
 * time all. next_seq becomes what is known durable. Takes the journal's mutex. */
tn_status tni_frecover_look(tni_fjournal *journal, bool *clean, tn_error *error);

#endif
