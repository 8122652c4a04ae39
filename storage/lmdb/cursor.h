/* cursor.h - reading records in order while an owner appends and trims. Each cursor reads through a place of its own
 * and shares nothing with the writer but the journal's bounds. */
#ifndef TENON_LMDB_CURSOR_H
#define TENON_LMDB_CURSOR_H

#include "journal.h"

typedef struct tni_lcursor tni_lcursor;

/* As read_open, read_next, read_close of tn_storage. */
tn_status tni_lcursor_open(tni_ljournal *journal, uint64_t from_seq, tni_lcursor **out, tn_error *error);
tn_status tni_lcursor_next(tni_lcursor *cursor, tn_record *out, tn_error *error);
void tni_lcursor_close(tni_lcursor *cursor);

#endif
