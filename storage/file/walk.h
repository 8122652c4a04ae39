/* walk.h - a journal's segments from the first to where the records end, and what follows there: nothing, a tail
 * that was never synced, or damage. Nothing is changed; what is done about it is in recover.h and look.h.
 *
 * Each frame is checked, up to the first place where no valid frame of the next seq stands. That is
 *   - damage, when anything says that this place was durable once: a later frame of the segment was written when
 *     more than this was synced; a later segment holds a frame (the first one in it is written only after all
 *     before it is synced); the file is shorter than it was made; a segment is missing after a roll mark, or does
 *     not continue the one before it; there is a snapshot of this record or a later one (who walks looks at that);
 *   - otherwise the end: nothing after it was ever acknowledged. Bytes there are an unsynced tail. */
#ifndef TENON_FILE_WALK_H
#define TENON_FILE_WALK_H

#include "journal.h"

/* A walk along the segments; journal->segments holds those entered. */
typedef struct tni_walk {
  tni_fjournal *j;
  const tni_fdir *dir;
  tni_numbers names; /* first seqs of all segments */
  size_t trimmed;    /* so many names at the start are left behind by trimming */
  size_t next;       /* names.items[next] is entered next */
  tn_file *file;     /* of the segment entered last */
  tni_window window;
  uint64_t seq;     /* expected next */
  uint64_t offset;  /* where it is expected */
  uint64_t roll_at; /* offset of the roll mark that was passed last */
  uint64_t epoch;
  uint64_t durable_upto;
  tni_frame_type last; /* of the frames seen; 0 = none */
  bool cut_short;      /* the file is shorter than it was made */
  bool gap;            /* a roll mark, and no segment that continues it */
} tni_walk;

/* The first damage found; the text is for refuse. */
typedef struct tni_damage {
  bool found;
  tn_status status;
  uint64_t seq;
  tni_name where;
  char why[160];
} tni_damage;

/* A zeroed walk but for j, dir and window.dir is one that has not begun. */
void tni_walk_end(tni_walk *walk);
/* Lists the segments and enters the first after those that trimming has left behind. CORRUPT when it is gone. */
tn_status tni_walk_start(tni_walk *walk, uint64_t trimmed_upto, tn_error *error);
/* Takes up where the journal's last segment ended at the last look. NOT_FOUND when that one is gone or another. */
tn_status tni_walk_resume(tni_walk *walk, tn_error *error);
/* Along the chain to its end or a gap; CORRUPT with last == ROLL when the next segment cannot be entered. */
tn_status tni_walk_chain(tni_walk *walk, tn_error *error);
/* Is the place where the walk stands the end, or damage? `all`: look at everything behind it even then, so that
 * walk->epoch becomes the largest there is. */
tn_status tni_walk_judge(tni_walk *walk, tni_damage *damage, bool all, tn_error *error);
void tni_damage_note(tni_damage *damage, tn_status status, uint64_t seq, tni_name where, const char *why);
tn_status tni_walk_refuse(const tni_walk *walk, const tni_damage *damage, tn_error *error);

tni_name tni_walk_segment(const tni_walk *walk);                 /* "journal/....seg" */
tni_name tni_walk_place(const tni_walk *walk, uint64_t offset); /* "journal/....seg:512" */

#endif
