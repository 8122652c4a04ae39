/* bench.h - the words of the bench, and what everything in it is made of. README.md says what each workload does.
 *
 *   workload  what is done, and in which unit it is counted
 *   system    who does it: Tenon in one of its shapes, a peer, or a limit such as the raw device
 *   group     workloads that share their data: a system is opened once for a group, and filled with the data
 *   measure   how one system does one workload for one round
 *
 * tables.c lists groups, workloads and systems; run.c takes the systems in turns, round after round. */
#ifndef TENON_BENCH_H
#define TENON_BENCH_H

#include "data.h"
#include "tenon_base.h"

/* What survives, and so what a number may be compared with. */
typedef enum bench_mode {
  BENCH_MEMORY,  /* nothing has to */
  BENCH_WRITTEN, /* handed to the system before the answer: a kill of the process */
  BENCH_SYNCED,  /* synced before the answer: a power failure */
  BENCH_MODES
} bench_mode;

typedef enum bench_group_id {
  BENCH_MAP,
  BENCH_MAP_INT,
  BENCH_KV,
  BENCH_KV_WRITTEN,
  BENCH_COMMIT,
  BENCH_RECOVERY,
  BENCH_VALUES,
  BENCH_DOCS,
  BENCH_GRAPH,
  BENCH_GROUPS
} bench_group_id;

/* Those whose workloads ask for no more than a store (store.h) has. */
#define BENCH_STORE_GROUPS \
  (1u << BENCH_MAP | 1u << BENCH_MAP_INT | 1u << BENCH_KV | 1u << BENCH_KV_WRITTEN | 1u << BENCH_COMMIT)

typedef struct bench_group {
  const char *name;
  uint32_t key_size, value_size;
  bench_mode mode;
  bool filled; /* systems hold the data when they are measured */
} bench_group;

/* What a system is opened with. Lives as long as the opened system. */
typedef struct bench_setup {
  const bench_group *group;
  const bench_data *data;
  const char
      *folder; /* empty, the system's own, an absolute path; of BENCH_MEMORY on a RAM disk where there is room */
  bool quick;
} bench_setup;

/* What a measure is asked for. */
typedef struct bench_round {
  double seconds; /* to take about so long, where it has no end of its own */
  uint32_t arg;   /* the workload's */
} bench_round;

/* Does the work and says what came out in the workload's unit. UNSUPPORTED: this system does not do that; it is left
 * out without a word. */
typedef tn_status (*bench_run_fn)(void *self, const bench_round *round, double *value, tn_error *error);

typedef struct bench_measure {
  const char *workload; /* as bench_workload.measure */
  bench_run_fn run;
  const char *suffix; /* of the system's name, where it does the workload in two ways; NULL = none */
  const char *terms;  /* NULL = the system's */
} bench_measure;

typedef struct bench_system bench_system;
struct bench_store;

struct bench_system {
  const char *name;
  uint32_t groups;                 /* a set of 1 << bench_group_id */
  const bench_measure *measures;   /* the last has no workload */
  const struct bench_store *store; /* NULL, or what the measures of store.h work with */
  const char *terms;               /* what holds beside the number; NULL = the store's */
  const char *(*absent)(void);     /* why it cannot run here; NULL or answering NULL = it can */
  tn_status (*open)(const bench_system *system, const bench_setup *setup, void **self, tn_error *error);
  void (*close)(void *self);
};

typedef struct bench_workload {
  const char *name; /* as in the table and in the JSON */
  const char *unit; /* lower is better where it ends in _us or _bytes, else higher */
  bench_group_id group;
  const char *measure; /* what it is called among the measures of a system */
  uint32_t arg;        /* how many, or which; the measure knows */
  unsigned rounds_max; /* 0 = all; 1 where the same comes out each time, few where a round takes long */
} bench_workload;

/* tables.c. Each ends with a zero entry. */
extern const bench_group bench_groups[BENCH_GROUPS];
extern const bench_workload bench_workloads[];

/* A system, or its absence: what it was looked for as and which package has it. */
typedef struct bench_entry {
  const bench_system *system; /* NULL: left out when the bench was built */
  const char *name;
  const char *package;
} bench_entry;
extern const bench_entry bench_systems[];

bool bench_lower_is_better(const char *unit);

#endif
