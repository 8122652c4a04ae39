/* lab.h - an engine on a recorded_io, a workload for it that a seed fixes, and a note of everything it promised: for
 * tests that stop it anywhere, or let any call below it fail. Storage "file" with small segments, a kv named "cart",
 * no service thread. */
#ifndef TENON_TESTS_LAB_H
#define TENON_TESTS_LAB_H

#include "crash/crash_walk.h"
#include "support/assert_status.h"
#include "tenon.h"

#define LAB_SEQ_MAX 800
#define LAB_STEPS_MAX 120
#define LAB_MARKS_MAX 2000

/* Keys of a config, for lab_plan.more. */
#define LAB_KEEP_SNAPSHOT ", \"journal\": {\"keep\": \"snapshot\"}"
#define LAB_TEXT ", \"format\": {\"journal\": \"json\", \"snapshot\": \"json\"}"

/* What a workload is made from. Two with the same plan do the same and make the same records. */
typedef struct lab_plan {
  uint64_t seed;
  const char *durability; /* "sync", "interval" or "none" */
  const char *more;       /* more keys of the config, each after a comma */
  size_t sessions, steps; /* so many steps each */
  bool power_cuts; /* sessions end by a close, a kill or a power cut, drawn; else by a close and a kill in turn */
} lab_plan;

/* A plan of any kind there is. */
lab_plan lab_plan_draw(uint64_t seed);

/* From `op` recorded operations on, everything up to `seq` must survive whatever happens. */
typedef struct lab_mark {
  size_t op;
  uint64_t seq;
} lab_mark;

/* A state: which record it ends with, and its digest. */
typedef struct lab_found {
  uint64_t seq;
  int64_t epoch;
  char digest[33];
  bool clean;
  bool writable;
} lab_found;

typedef struct lab {
  lab_plan plan;
  recorded_io *io;
  char config[512];
  tn_engine *engine;
  int64_t clock_us;
  uint64_t random;
  tn_builder args;
  tn_result result;
  tn_error error;
  size_t step;               /* number of the current one, over all sessions */
  uint64_t applied;          /* records that were handed in */
  uint64_t answered;         /* the newest that was answered with OK */
  uint64_t noted;            /* the newest that stands in the arrays */
  size_t begun[LAB_SEQ_MAX]; /* by seq: operations recorded before the call that wrote it */
  char digest[LAB_SEQ_MAX][33];
  uint64_t after_step[LAB_STEPS_MAX]; /* the newest record after it */
  lab_mark marks[LAB_MARKS_MAX];
  size_t mark_count;
  uint64_t base_seq;                     /* what was there when the recording began: a power cut begins a new one */
  bool after_cut;                        /* ... what of it is there is not known yet */
  size_t begun_session;                  /* operations recorded when it began, */
  size_t opened;                         /* and when its open returned */
  int64_t epoch, older_epoch;            /* the last one that an open answered, and the one before */
  const struct lab *reference;           /* the same plan without failures; NULL = notes are taken here */
  int jobs_open, jobs_done, jobs_failed; /* submitted in this step */
} lab;

/* An engine on these files. */
tn_status lab_open_engine(const recorded_io *io, const char *config, bool read_only, tn_engine **out,
                          tn_error *error);
/* As if the process had been killed: what it wrote stays, nothing more is done, only memory is given back. */
void lab_abandon(recorded_io *io, tn_engine *engine);
lab_found lab_look(tn_engine *engine);

lab *lab_create(const lab_plan *plan, const lab *reference);
void lab_destroy(lab *l);

/* Opens the lab's engine, looks whether all that was answered is there, and marks it. */
tn_status lab_open(lab *l);
/* Does the next step. What a step expects counts as TN_OK; anything else ended it. */
tn_status lab_step(lab *l);
/* Whether the next step only writes a snapshot or ticks: nobody's command is at stake. */
bool lab_step_is_upkeep(const lab *l);
tn_status lab_close(lab *l);
/* The whole plan. Nothing fails. */
lab *lab_run(const lab_plan *plan);

/* What must be there, and what may, when the first `op` operations were issued. */
uint64_t lab_durable_at(const lab *l, size_t op);
uint64_t lab_submitted_at(const lab *l, size_t op);

#endif
