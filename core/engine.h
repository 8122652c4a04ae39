/* engine.h - the engine as its own parts see it. Each section says which file keeps it.
 *
 * Locks. `mu` guards the fields marked [mu]; nothing slow happens under it. Beside it there are two rights, each held
 * by at most one thread and handed over under `mu`:
 *   the writer's right  to edit the working state and the group being built (fields marked [writer]);
 *   the flusher's right to call the storage's append, sync, trim and maintain, and to publish ([flusher]).
 * A flusher may wait for the writer's right, but only while no group is sealed; a writer may wait for the flusher
 * only while one is. So neither waits for the other. */
#ifndef TENON_ENGINE_H
#define TENON_ENGINE_H

#include <pthread.h>

#include "catalog.h"
#include "config.h"
#include "exec.h"
#include "map.h"
#include "memory.h"
#include "record.h"
#include "registry.h"
#include "tenon.h"
#include "thread.h"

/* ---- commit.c: groups, the two rights, durability ------------------------------------------- */

/* Somebody who waits for a group. Lives on his stack, until `done`. */
typedef struct tni_waiter {
  atomic_bool done;
  bool has_record; /* his record is in the group; else he only read what it was built on */
  tn_status status;
  struct tni_group *group;
  struct tni_waiter *next;
} tni_waiter;

/* A submitted operation. */
typedef struct tni_job {
  tn_done_fn done;
  void *arg;
  tn_done_by by;
  bool has_record;
  bool is_query; /* it read what is published, whatever becomes of its group */
  tn_status status;
  tn_result result;
  tn_error error;
  struct tni_job *next;
} tni_job;

typedef struct tni_job_list {
  tni_job *first, **last;
} tni_job_list;

/* The records that one append makes durable together, and who waits for it. */
typedef struct tni_group {
  tn_buffer bytes;   /* the encoded records, one after another */
  uint64_t *ends;    /* where each ends */
  tn_slice *records; /* room for as many slices, so that flushing needs no memory */
  size_t count, capacity;
  uint64_t first_seq;
  tni_version *version; /* what it is published as, once sealed; NULL without records */
  tni_waiter *waiters;  /* [mu] */
  size_t waiter_count;  /* [mu] */
  tni_job_list jobs;    /* [mu] */
  tni_gate gate;        /* where the waiters sleep; opened [mu] when they are done, or one of them shall flush */
} tni_group;

/* The record being made: what its commands left behind. Kept between records for its memory. */
typedef struct tni_draft {
  tn_builder ops;            /* an open array */
  tn_builder events;         /* an open array */
  tn_builder command_events; /* of the command now running */
  tn_builder changes;        /* of the command now running */
  tn_builder record;
  tn_builder models;
  uint64_t op_count, event_count;
} tni_draft;

/* Counted by whoever calls, so that each thread has, as a rule, a line of its own to count in. */
#define TNI_TALLIES 16
typedef struct tni_tally {
  _Atomic uint64_t commands, queries, failures;
  uint8_t apart[104];
} tni_tally;

typedef struct tni_totals {
  tni_tally tallies[TNI_TALLIES];
  _Atomic uint64_t records, groups, syncs, snapshots, journal_bytes;
} tni_totals;

struct tn_engine {
  /* engine.c: set while opening, then constant */
  tni_counted_memory memory;
  tni_config config;
  tni_registry *registry;
  tni_catalog catalog;
  const tn_io *io;
  void (*log)(void *arg, tn_log_level level, const char *line);
  void *log_arg;
  int64_t (*clock_us)(void *arg);
  int64_t (*query_clock_us)(void *arg); /* the same time for those who only read */
  void *clock_arg;
  bool (*interrupted)(void *arg); /* while opening; then NULL */
  void *interrupted_arg;
  const tn_formatter *journal_format;
  const tn_formatter *snapshot_format;
  const tn_storage *storage;
  void *storage_self;
  tn_storage_state storage_found;
  bool storage_open;
  _Atomic uint64_t first_seq; /* oldest record there is; trimming moves it */
  bool read_only;
  uint64_t at_seq; /* what tn_open was asked for; both 0 = the newest state */
  int64_t at_time_us;
  bool in_history; /* one of them is set */
  tni_state *state;

  /* commit.c */
  pthread_mutex_t mu;
  pthread_cond_t writer_free; /* the writer's right is free */
  pthread_cond_t sealable;    /* the same for the flusher; or a group was sealed, or nobody waits for it any more */
  pthread_cond_t flushed;     /* a group is done, or the flusher's right is free; its waiters have their gate */
  pthread_cond_t gathered;    /* the flusher need not wait for more waiters */
  bool writer_held;           /* [mu] */
  pthread_t writer;           /* [mu] who holds it */
  bool flushing;              /* [mu] */
  size_t flusher_wanted;      /* [mu] by how many who do not flush a group; they come first */
  bool gathering;             /* [mu] the flusher waits for more waiters, */
  size_t crowd;               /* [mu] up to as many: who waited when a group was done last, for it or the next; */
  int64_t told_ns;            /* [mu] when that was; */
  uint32_t gather_not;        /* [mu] but not for that many groups, after it was in vain */
  int64_t append_ns;          /* [flusher] how long the last append took */
  tni_group *building;        /* [writer] but for its waiters and jobs */
  tni_group *sealed;          /* [mu]; NULL = none */
  tni_group groups[2];
  uint64_t applied_seq;        /* [writer] of the newest record in the working state */
  int64_t applied_time_us;     /* [writer] */
  uint64_t seed;               /* [writer] for the next record */
  tni_draft draft;             /* [writer] */
  bool models_recorded;        /* [writer] the journal says which models and versions made what follows */
  _Atomic uint64_t acked_seq;  /* of the newest published record */
  uint64_t synced_seq;         /* [mu] of the newest record known durable */
  atomic_bool failed;          /* an append or sync failed: no more writes */
  tn_error failure;            /* set once, before `failed` */
  tni_job_list polled;         /* [mu] finished, for tn_poll */
  tni_job_list completed;      /* [mu] finished, for whoever holds neither right */
  bool delivering;             /* [mu] somebody calls `done` of the completed, in order */
  tni_state_stats state_stats; /* [mu] as of the last seal */
  size_t jobs_in_flight;       /* [mu] */
  size_t open_txns;            /* [mu] */
  size_t open_reads;           /* [mu] those of them that only read */
  atomic_uint interrupts;
  tni_totals totals;

  /* feed_serve.c */
  struct tn_feed *feeds;     /* [mu] all open ones */
  uint64_t feed_round;       /* [mu] counts the rounds that serve them */
  pthread_cond_t feeds_wake; /* records became durable, a callback returned, or the thread shall stop */
  pthread_t feed_thread;
  bool feeds_poked;         /* [mu] there may be something to do */
  bool feed_thread_running; /* [mu] */
  bool feed_thread_stop;    /* [mu] */

  /* service.c */
  pthread_t service;
  bool service_running;
  bool service_stop;           /* [mu] */
  bool service_poked;          /* [mu] */
  pthread_cond_t service_wake; /* there are jobs to flush, or it shall stop */
  atomic_bool ticking;
  int64_t last_sync_ms;     /* whoever ticks */
  int64_t last_maintain_us; /* whoever ticks */

  /* snapshot.c */
  pthread_mutex_t keeping; /* held by who writes a snapshot, removes or trims, and by who needs that nobody does */
  _Atomic uint64_t snapshot_seq; /* the newest there is */
};

/* Waits up to wait_ms for the writer's right. BUSY; MISUSE when this thread holds it; IO after a failure; DENIED when
 * read only. */
tn_status tni_writer_take(tn_engine *e, int64_t wait_ms, tn_error *error) TN_MUST_USE;
void tni_writer_give(tn_engine *e);

/* [writer] Adds an encoded record to the group being built. NOMEM leaves it as it was. */
tn_status tni_group_add(tn_engine *e, uint64_t seq, int64_t time_us, tn_value record, tn_error *error) TN_MUST_USE;
/* [writer] Attaches somebody to the group that holds the working state's newest record. */
void tni_group_wait_for(tn_engine *e, tni_waiter *waiter);
void tni_group_add_job(tn_engine *e, tni_job *job);
/* For a job that changes nothing and read what is published: it only keeps its place behind earlier jobs. Any thread.
 */
void tni_group_add_query(tn_engine *e, tni_job *job);
/* Calls `done` of the jobs that are completed. The caller holds neither right. */
void tni_deliver(tn_engine *e);
/* [writer] Seals what is being built, so that what follows is a group of its own. NOMEM: its waiters have been told.
 */
void tni_group_close(tn_engine *e);

/* Waits until the waiter's group is done, flushing for everybody where nobody does. */
tn_status tni_group_wait(tn_engine *e, tni_waiter *waiter, tn_error *error) TN_MUST_USE;
/* Flushes what there is unless somebody is at it; true when it did something. */
bool tni_group_flush(tn_engine *e);

/* Takes the flusher's right, waiting for it. */
void tni_flusher_take(tn_engine *e);
void tni_flusher_give(tn_engine *e);
/* [flusher] Makes everything appended so far durable. */
tn_status tni_sync(tn_engine *e, tn_error *error) TN_MUST_USE;
/* The failure of an earlier append or sync, as the answer to a new write. */
tn_status tni_failed(tn_engine *e, tn_error *error);

/* ---- engine.c -------------------------------------------------------------------------------- */

void tni_log(tn_engine *e, tn_log_level level, const char *format, ...) TN_PRINTF(3, 4);
/* An engine composed from a config, its models opened; without storage and state. */
tn_status tni_engine_compose(const char *config_path, const tn_open_options *options, tn_engine **out,
                             tn_error *error) TN_MUST_USE;
/* Ends a composed engine whose threads do not run. */
void tni_engine_drop(tn_engine *e);
/* Opens its storage; a log that is created now begins at base_seq, and says in its meta that it is `unfinished` (NULL
 * = it is not). May be opened again after it was closed. */
tn_status tni_storage_open(tn_engine *e, const char *unfinished, uint64_t base_seq, uint64_t base_epoch,
                           tn_error *error) TN_MUST_USE;
tn_status tni_storage_close(tn_engine *e, tn_error *error) TN_MUST_USE;
/* What a log's meta says: {"journal": FORMAT, "snapshot": FORMAT, "unfinished"?: what is being made}. */
void tni_meta_build(const tn_engine *e, const char *unfinished, tn_builder *out);
/* Compares the open storage's meta with the config; *unfinished is empty for a whole log. INVALID, CORRUPT. */
tn_status tni_meta_check(const tn_engine *e, tn_slice *unfinished, tn_error *error) TN_MUST_USE;
/* max(clock, newest record's time + 1). */
int64_t tni_next_time_us(const tn_engine *e, int64_t last_us);

/* ---- recover.c ------------------------------------------------------------------------------- */

/* What the journal and the snapshots said of the models so far: {name: [type, version]} in a builder. */
typedef struct tni_replay {
  tn_engine *engine;
  tni_state *state; /* replayed into; in exclusive mode */
  uint64_t seq;     /* of the newest record in it; 0 = empty */
  uint64_t epoch;
  int64_t time_us;
  uint64_t records; /* replayed */
  bool has_until;   /* stop before the first record that is later than until_us ... */
  int64_t until_us;
  bool stopped; /* ... which was met */
  tn_builder models;
  tn_builder result;             /* of the command replayed last; nobody asks for it */
  const tn_op *op;               /* the command's; the next one is looked for here first */
  const struct tni_batch *batch; /* of the record that is replayed, and the first of its ready commands that is of
                                  * that record or of a later one; NULL = none is ready */
  size_t ready;
  tni_env env; /* of the record's commands */
} tni_replay;

tn_status tni_replay_init(tni_replay *r, tn_engine *e, tn_error *error) TN_MUST_USE;
void tni_replay_fini(tni_replay *r);
/* Loads the snapshot `seq` into an empty replay. CORRUPT; NOMEM. After a failure only fini is allowed. */
tn_status tni_replay_snapshot(tni_replay *r, uint64_t seq, tn_error *error) TN_MUST_USE;
/* Applies journal records from r->seq + 1 up to `to` (0 = all that were there when the storage was opened). CORRUPT
 * names the record; INVALID: a model of another version made it. */
tn_status tni_replay_journal(tni_replay *r, uint64_t to, tn_error *error) TN_MUST_USE;

/* INTERRUPTED, when whoever opens the engine wants no more of it. */
tn_status tni_replay_go_on(const tni_replay *r, tn_error *error) TN_MUST_USE;
/* Applies one record, the next. CORRUPT, INVALID as above; the state may be left half way. */
tn_status tni_replay_record(tni_replay *r, const tni_record *record, tn_error *error) TN_MUST_USE;

/* After CORRUPT from tni_replay_snapshot(): says so in the log and makes the replay empty again. */
tn_status tni_replay_pass_over(tni_replay *r, uint64_t seq, const tn_error *found, tn_error *error) TN_MUST_USE;

/* Brings the engine's state up from its storage. */
tn_status tni_recover(tn_engine *e, tn_error *error) TN_MUST_USE;
/* Calls `each` with every snapshot's seq, newest first. */
tn_status tni_snapshot_seqs(tn_engine *e, uint64_t **out, size_t *count, tn_error *error) TN_MUST_USE;

/* ---- history.c ------------------------------------------------------------------------------- */

/* Brings an empty replay to the point that tn_open was asked for. */
tn_status tni_history_restore(tni_replay *r, tn_error *error) TN_MUST_USE;

/* ---- snapshot_write.c ------------------------------------------------------------------------ */

#define TNI_SNAPSHOT_VERSION 1

/* A state that a snapshot is made of, and whose models made it. */
typedef struct tni_snapshot_of {
  tn_engine *engine;
  tni_state *state;
  const tni_version *version;
  tn_value models; /* {name: [type, version]} */
} tni_snapshot_of;

/* Writes one into a storage that is not the engine's own, in a format of that one's. */
tn_status tni_snapshot_write_as(const tni_snapshot_of *of, const tn_formatter *format, const tn_storage *storage,
                                void *self, tn_error *error) TN_MUST_USE;
/* Writes the pinned version into a storage. [flusher] not held. */
tn_status tni_snapshot_write(tn_engine *e, const tni_version *version, const tn_storage *storage, void *self,
                             tn_error *error) TN_MUST_USE;

/* ---- snapshot.c ------------------------------------------------------------------------------ */

/* Reads one into an empty replay. */
tn_status tni_snapshot_load(tni_replay *r, uint64_t seq, tn_error *error) TN_MUST_USE;
/* Of which record it is: its epoch and time, from its header. CORRUPT, NOMEM. */
tn_status tni_snapshot_peek(tn_engine *e, uint64_t seq, uint64_t *epoch, int64_t *time_us,
                            tn_error *error) TN_MUST_USE;
/* Snapshots and removes what the config no longer keeps. */
tn_status tni_snapshot_now(tn_engine *e, uint64_t *seq, tn_error *error) TN_MUST_USE;

/* ---- feed_serve.c ---------------------------------------------------------------------------- */

/* [mu] synced_seq has grown. */
void tni_feeds_wake(tn_engine *e);
/* What the feeds' thread does: callbacks get what there is, fds are set. Nothing where that thread runs. */
void tni_feeds_tick(tn_engine *e);
/* No feed is open. */
void tni_feeds_stop(tn_engine *e);

/* ---- look.c ---------------------------------------------------------------------------------- */

/* An answer of the engine itself: the builder to make it in, cleared; and the finished value, or why there is none.
 */
tn_builder *tni_result_begin(tn_result *result);
tn_status tni_result_end(tn_result *result, tn_error *error) TN_MUST_USE;

/* ---- service.c ------------------------------------------------------------------------------- */

tn_status tni_service_start(tn_engine *e, tn_error *error) TN_MUST_USE;
void tni_service_stop(tn_engine *e);
void tni_service_poke(tn_engine *e);
/* Within long work that the service thread does, or somebody where there is none: flushes and syncs what has become
 * due meanwhile. No right is held. */
void tni_service_breathe(tn_engine *e);

/* ---- work.c ---------------------------------------------------------------------------------- */

/* An env on a pinned version, whose time is now but not before the version's; in history it is the version's. */
tni_env tni_env_pinned(tn_engine *e, const tni_version *version);
/* The models of the config, as a record keeps them: {name: [type, version]}. */
void tni_models_value(const tn_engine *e, tn_builder *out);
/* Brings data of older model versions up by the models' upgrade slots, as one record of changes. from_versions has
 * one number per instance, 0 = nothing to do. The engine is ready otherwise. */
tn_status tni_upgrade(tn_engine *e, const uint32_t *from_versions, tn_error *error) TN_MUST_USE;

#endif
