/* cursor.h - reading records in order while an owner appends, rolls over and trims. Cursors share nothing with the
 * writer but the list of segments under the journal's mutex; each reads through a file and window of its own. */
#ifndef TENON_FILE_CURSOR_H
#define TENON_FILE_CURSOR_H

#include "journal.h"

typedef struct tni_fcursor tni_fcursor;

/* As read_open, read_next, read_close of tn_storage. */
tn_status tni_fcursor_open(tni_fjournal *journal, uint64_t from_seq, tni_fcursor **out, tn_error *error);
tn_status tni_fcursor_next(tni_fcursor *cursor, tn_record *out, tn_error *error);
void tni_fcursor_close(tni_fcursor *cursor);

#endif
