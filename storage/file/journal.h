/* journal.h - the records: a chain of segments, the last of which grows. Appending, syncing, going on in a new
 * segment, dropping old ones. How a journal is opened is in recover.h and look.h, how it is read in cursor.h. */
#ifndef TENON_FILE_JOURNAL_H
#define TENON_FILE_JOURNAL_H

#include <pthread.h>

#include "segment.h"

#define TNI_SEGMENT_BYTES_LEAST 4096
#define TNI_SEGMENT_BYTES_MIN ((uint64_t)1 << 20)
#define TNI_SEGMENT_BYTES_MAX ((uint64_t)64 << 20)
#define TNI_SEGMENT_BYTES_MOST ((uint64_t)1 << 34) /* what frame.synced can count, halved */

typedef struct tni_fsegment {
  tni_segment_header header;
  uint64_t tail; /* end of its frames */
} tni_fsegment;

typedef struct tni_fjournal {
  const tni_fdir *dir;
  uint64_t segment_min; /* bytes of the first one; each is twice the one before it, up to segment_max */
  uint64_t segment_max;
  bool text;
  bool verify_all; /* open reads every frame, not only where a stop may have torn them */
  uint64_t log_id;

  pthread_mutex_t mutex;  /* guards the next four against cursors; only the writer changes them */
  tni_fsegment *segments; /* oldest first; at least one when open */
  size_t count;
  uint64_t first_seq; /* what readers see: from here ... */
  uint64_t next_seq;  /* ... up to before here */

  size_t capacity;      /* of segments */
  uint64_t scanned_seq; /* read_only: seq at the last one's tail; next_seq may be less */
  tn_file *file;        /* the last segment, for writing; NULL when read_only */
  uint64_t hollow;      /* from here on its blocks may never have been written; its size when they all were */
  tn_file *ahead;       /* journal/next.tmp, or NULL */
  uint64_t ahead_size;
  uint64_t ahead_filled; /* bytes of it that were written */
  bool ahead_reused;     /* it was a segment: what was not written yet holds old frames */
  uint64_t synced;       /* offset in the last segment */
  uint64_t durable_upto;
  uint64_t stated;  /* the durable_upto that a frame says last */
  uint64_t spoiled; /* a mark that failed may have left bytes behind the tail, up to here; 0 = none */
  uint64_t epoch;
  uint8_t *buffer;
  size_t buffer_size;
  bool failed; /* an append or sync failed: nothing is written any more */
} tni_fjournal;

/* TN_NOMEM when a lock cannot be had. `journal` is zeroed but for its settings. */
tn_status tni_fjournal_init(tni_fjournal *journal, const tni_fdir *dir, tn_error *error);
void tni_fjournal_fini(tni_fjournal *journal);

/* The folder and an empty first segment that begins with `seq`, durable, as the journal to write to; a mark comes
 * next. `epoch` is one less than this open's. The segment is not written through: tni_fjournal_prepare() sees to
 * that. INVALID when the folder holds frames. */
tn_status tni_fjournal_create(tni_fjournal *journal, uint64_t seq, uint64_t epoch, tn_error *error);

/* Where all records are durable and no frame says so yet, writes one that does, not synced: so that readers beside
 * the owner see the last group of an idle one too. Failing harms nothing. */
tn_status tni_fjournal_state(tni_fjournal *journal, tn_error *error);

/* As in tn_storage. After any failure but CONFLICT, LIMIT and DENIED the journal refuses to write. */
tn_status tni_fjournal_append(tni_fjournal *journal, uint64_t first_seq, const tn_slice *records, size_t n, bool sync,
                              tn_error *error);
tn_status tni_fjournal_sync(tni_fjournal *journal, tn_error *error);
/* Appends a mark and syncs it; all records must be synced. OPEN states the epoch. */
tn_status tni_fjournal_mark(tni_fjournal *journal, tni_frame_type type, tn_error *error);

/* The last seq that can be dropped when those up to `upto` may be: first_seq - 1 when none. */
uint64_t tni_fjournal_droppable(tni_fjournal *journal, uint64_t upto);
/* Forgets the segments up to that seq and removes their files, but for one whose blocks the next segment takes over.
 */
void tni_fjournal_drop(tni_fjournal *journal, uint64_t upto);

/* Gets a part of the last or the next segment ready. */
tn_status tni_fjournal_prepare(tni_fjournal *journal, tn_error *error);

/* For walk.c and recover.c. The last segment; NULL when there is none. */
tni_fsegment *tni_fjournal_last(const tni_fjournal *journal);
/* Adds a segment at the end, with no frames. */
tn_status tni_fjournal_push(tni_fjournal *journal, const tni_segment_header *header, tn_error *error);
/* Writes zeros over [from, to). */
tn_status tni_fjournal_wipe(const tni_fdir *dir, tn_file *file, uint64_t from, uint64_t to, tn_error *error);

#endif
