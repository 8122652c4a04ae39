/* writer.h - eight threads that commit numbers until the process is killed or the storage fails, and a note of what
 * they were told that outlives them: what was begun, what was answered. And who checks afterwards that the two agree
 * with what is there. */
#ifndef TENON_TESTS_WRITER_H
#define TENON_TESTS_WRITER_H

#include <stdatomic.h>

#include "crash/place.h"

#define WRITER_THREADS 8

/* In memory that is shared between processes: thread i puts 1, 2, 3... at key "tI", most of them at "uI" with it. */
typedef struct told {
  _Atomic uint64_t begun[WRITER_THREADS];    /* handed in */
  _Atomic uint64_t answered[WRITER_THREADS]; /* answered with OK */
  _Atomic uint64_t there[WRITER_THREADS];    /* what a check found */
  _Atomic uint64_t epoch;                    /* that the last check found */
  atomic_bool is_open;                       /* the writer's tn_open returned */
} told;

/* Backed by a file, that a program which is started can map again. NULL = it cannot. */
told *told_map(const char *path);
void told_unmap(told *t);

/* What the engine is made with: the place's storage, snapshots every 60 records, `more` keys each after a comma. */
typedef struct writer_plan {
  const place *place;
  const char *more;
} writer_plan;

/* Goes on from t->there. Returns only when the storage failed or after `ms_max` (0 = never): 0 = all was as it has to
 * be, also that it failed; else something has been said on standard error. */
int writer_run(const writer_plan *plan, told *t, unsigned ms_max);

/* Opens what is left, and says whether everything answered is there, nothing that was not begun, pairs whole, each
 * thread's numbers without a gap, and a newer epoch. Ends with or without a close. What is there is noted. */
bool writer_check(const writer_plan *plan, told *t, bool close);
/* By a reader beside the living writer: pairs are whole. */
bool writer_look(const writer_plan *plan);

#endif
