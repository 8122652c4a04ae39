/* look.h - a reader's view of a journal, beside a live owner or not. It takes no lock, changes nothing, and gives
 * way: a segment that rolls over or is trimmed meanwhile has it look again. */
#ifndef TENON_FILE_LOOK_H
#define TENON_FILE_LOOK_H

#include "journal.h"

/* Reads what is new since the last look, the first time all. next_seq becomes what is known durable. Takes the
 * journal's mutex. `clean` may be NULL. After a failure the next look starts afresh. */
tn_status tni_flook(tni_fjournal *journal, bool *clean, tn_error *error);

#endif
