/* store.h - what the bench asks of anything that keeps entries, and the measures that work with every such store. A
 * peer that fills in a bench_store is in all workloads it can do: a slot it leaves empty keeps it out of those that
 * need it. */
#ifndef TENON_BENCH_STORE_H
#define TENON_BENCH_STORE_H

#include "bench.h"

typedef struct bench_store {
  const char *terms[BENCH_MODES]; /* by mode, what makes it comparable; NULL = it has no such mode */
  bool threads[BENCH_MODES];      /* sessions may be at work on several threads at once */

  /* `folder` of the setup may be NULL when the group's mode is BENCH_MEMORY and the store needs no files. */
  tn_status (*open)(const bench_setup *setup, void **store, tn_error *error);
  void (*close)(void *store);

  /* What one thread holds; used by it alone. */
  tn_status (*session_open)(void *store, void **session, tn_error *error);
  void (*session_close)(void *session);

  /* Reads between the two see one state, and there are none outside. Optional: where they are missing, each read is
   * by itself. */
  bool reads_alone; /* a single get or scan may do without them, and is faster so */
  tn_status (*read_begin)(void *session);
  void (*read_end)(void *session);
  /* *value lives until the session's next call. NOT_FOUND. */
  tn_status (*get)(void *session, tn_slice key, tn_slice *value);
  /* Optional; get() one after another stands in. */
  tn_status (*get_many)(void *session, const tn_slice *keys, size_t count, tn_slice *values);
  /* Visits up to `limit` entries in key order, from the first that is not below `from`, and reads a byte of each
   * value. *seen is how many there were. */
  tn_status (*scan)(void *session, tn_slice from, uint64_t limit, uint64_t *seen);

  /* Inserts or replaces one entry in a transaction of its own, as safe as the mode says when it returns. */
  tn_status (*put)(void *session, tn_slice key, tn_slice value);
  /* The same for many in one transaction. */
  tn_status (*put_many)(void *session, const tn_slice *keys, const tn_slice *values, size_t count);

  /* What the entries take. UNSUPPORTED where it cannot tell. Optional. */
  tn_status (*bytes)(void *store, uint64_t *bytes);
  /* Waits, for a while, until it has nothing left to do in the background: that would be on another's time. Optional.
   */
  void (*settle)(void *store);
} bench_store;

#define BENCH_TXN_MAX 1000

/* An opened store: the `self` of the measures that work with stores. */
typedef struct bench_held {
  const bench_store *store;
  const bench_setup *setup;
  void *self;
  void *session;     /* the main thread's */
  uint64_t written;  /* numbers values, so that no write puts what is there: SQLite would not even sync it */
  uint64_t at;       /* in the shuffled keys */
  uint64_t inserted; /* entries with numbers from the data's count up that were added later */
  uint64_t bytes;    /* what the entries took when they had been loaded; 0 = the store does not tell */
} bench_held;

/* bench_system.open and .close of a system with a store: opened, and filled where the group says so. */
tn_status bench_held_open(const bench_system *system, const bench_setup *setup, void **self, tn_error *error);
void bench_held_close(void *self);
/* Puts all entries of the data, BENCH_TXN_MAX a transaction. */
tn_status bench_fill(const bench_store *store, void *session, const bench_data *data);

/* Hands up a failed status of a store with its name as the text. */
tn_status bench_failed(tn_status status, tn_error *error);

/* The measures that work with any store, by file; ends with NULL. */
extern const bench_measure *const bench_store_measures[];

#endif
