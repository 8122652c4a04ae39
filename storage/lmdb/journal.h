/* journal.h - the records: entries with growing seqs. Appending, syncing, trimming, and what readers see of it. How
 * the file is checked when it is opened is in check.h, how records are read in cursor.h. */
#ifndef TENON_LMDB_JOURNAL_H
#define TENON_LMDB_JOURNAL_H

#include "env.h"

#define TNI_LRECORD_MAX 0x7ffffff0u /* bytes of a record */

/* What readers see. */
typedef struct tni_lbounds {
  uint64_t first_seq; /* from here ... */
  uint64_t next_seq;  /* ... up to before here */
  uint64_t begin;     /* offset of the oldest record, and the one behind the newest */
  uint64_t end;
} tni_lbounds;

typedef struct tni_ljournal {
  const tni_fdir *dir;
  tni_lenv *env;              /* NULL when read_only */
  const tni_lfile *file;      /* for reading */
  const tni_lfile *snapshots; /* where those are: the same, or a file of their own */
  tni_lstate state;           /* as it was written last; of a reader: as it was found */
  bool failed;                /* an append or sync failed: nothing is written any more */
  uint64_t durable_upto;
  uint64_t stated; /* the durable_upto that the file says */
  uint64_t seen;   /* read_only: commits when it looked last; 0 = look */

  pthread_mutex_t mutex; /* guards the bounds against cursors; of a reader all above too */
  tni_lbounds bounds;
} tni_ljournal;

/* `env` NULL = a reader. The state was read. */
tn_status tni_ljournal_init(tni_ljournal *j, tni_lenv *env, const tni_lfile *file, const tni_lfile *snapshots,
                            const tni_lstate *state, tn_error *error);
void tni_ljournal_fini(tni_ljournal *j); /* fine when init failed or never was */

/* An owner's: where the records begin and end, all of them taken to be durable soon (tni_ljournal_mark). */
tn_status tni_ljournal_find(tni_ljournal *j, tn_error *error);
/* A reader's: the same up to what is known durable, as it is now. */
tn_status tni_ljournal_look(tni_ljournal *j, tn_error *error);
/* Drops the record `seq` and all after it, for good. */
tn_status tni_ljournal_give_up(tni_ljournal *j, uint64_t seq, tn_error *error);
/* Writes the state: open, or closed by its owner; durable with all records when it returns TN_OK. */
tn_status tni_ljournal_mark(tni_ljournal *j, bool closed, tn_error *error);
/* Where all records are durable and nothing in the file says so yet, says it, for readers beside an idle owner. */
tn_status tni_ljournal_tell(tni_ljournal *j, tn_error *error);

/* As in tn_storage. After any failure but CONFLICT, LIMIT and DENIED the journal refuses to write. */
tn_status tni_ljournal_append(tni_ljournal *j, uint64_t first_seq, const tn_slice *records, size_t n, bool sync,
                              tn_error *error);
tn_status tni_ljournal_sync(tni_ljournal *j, tn_error *error);
tn_status tni_ljournal_trim(tni_ljournal *j, uint64_t upto, tn_error *error);
tn_status tni_ljournal_set_meta(tni_ljournal *j, tn_slice meta, tn_error *error);

/* As of now; any thread. */
tni_lbounds tni_ljournal_bounds(tni_ljournal *j);

#endif
