/* Tarantool's memtx: an instance of its own that runs tarantool.lua, which is told what to do line by line. The
 * script is read where it lies in the sources, BENCH_SCRIPTS. */
#include <stdlib.h>
#include <string.h>

#include "../folder.h"
#include "../server.h"
#include "../store.h"
#include "try.h"

typedef struct tarantool {
  const bench_setup *setup;
  bench_server server;
  bench_folder journal, snapshot; /* for BENCH_RECOVERY */
} tarantool;

static const char *absent(void) { return bench_has_program("tarantool") ? NULL : "tarantool is not installed"; }

/* ---- the instance --------------------------------------------------------------------------- */

static tn_status ask(tarantool *t, const char *line, double *value, tn_error *error) {
  char answer[512], *end;
  TRY(bench_server_ask(&t->server, line, answer, sizeof answer, error));
  *value = strtod(answer, &end);
  return *end == '\0' && end != answer ? TN_OK : tn_error_set(error, TN_IO, NULL, "tarantool: %s", answer);
}

/* *seconds is what it took to come up with what is in the folder. */
static tn_status start(tarantool *t, const char *folder, const char *wal_mode, double *seconds, tn_error *error) {
  char count[32];
  (void)snprintf(count, sizeof count, "%llu", (unsigned long long)t->setup->data->count);
  const char *const argv[] = {"tarantool", BENCH_SCRIPTS "/tarantool.lua", folder, wal_mode, count, NULL};
  TRY(bench_server_start(&t->server, argv, folder, error));
  return ask(t, "open", seconds, error);
}

static tn_status repeat(tarantool *t, const char *what, const bench_round *round, double *value, tn_error *error) {
  char line[64];
  (void)snprintf(line, sizeof line, "%s %.6f %u", what, round->seconds, round->arg);
  return ask(t, line, value, error);
}

/* ---- measures ------------------------------------------------------------------------------- */

static tn_status get(void *self, const bench_round *round, double *value, tn_error *error) {
  return repeat(self, "get", round, value, error);
}
static tn_status scan(void *self, const bench_round *round, double *value, tn_error *error) {
  return repeat(self, "scan", round, value, error);
}
static tn_status commit(void *self, const bench_round *round, double *value, tn_error *error) {
  return repeat(self, "commit", round, value, error);
}
static tn_status update_alone(void *self, const bench_round *round, double *value, tn_error *error) {
  const bench_round one = {round->seconds, 1};
  return repeat(self, "commit", &one, value, error);
}
static tn_status update_64(void *self, const bench_round *round, double *value, tn_error *error) {
  const bench_round many = {round->seconds, 64};
  return repeat(self, "commit", &many, value, error);
}

/* Makes a folder with what is to be read back, once. */
static tn_status prepare(tarantool *t, bench_folder *folder, const char *name, const char *fill, bool snapshot,
                         tn_error *error) {
  double value;
  if (folder->path[0] != '\0') return TN_OK;
  TRY(bench_folder_make(folder, t->setup->folder, name, error));
  TRY(start(t, folder->path, "write", &value, error));
  TRY(ask(t, fill, &value, error));
  if (snapshot) TRY(ask(t, "snapshot", &value, error));
  bench_server_stop(&t->server);
  return TN_OK;
}

static tn_status come_up(tarantool *t, const bench_folder *folder, double *value, tn_error *error) {
  double seconds;
  bench_server_stop(&t->server);
  TRY(start(t, folder->path, "write", &seconds, error));
  *value = (double)t->setup->data->count / seconds;
  return TN_OK;
}

static tn_status replay(void *self, const bench_round *round, double *value, tn_error *error) {
  tarantool *t = self;
  (void)round;
  bench_server_stop(&t->server);
  TRY(prepare(t, &t->journal, "journal", "fill_singly", false, error));
  TRY(come_up(t, &t->journal, value, error));
  bench_server_stop(&t->server);
  return TN_OK;
}

static tn_status snapshot_load(void *self, const bench_round *round, double *value, tn_error *error) {
  tarantool *t = self;
  (void)round;
  bench_server_stop(&t->server);
  TRY(prepare(t, &t->snapshot, "snapshot", "fill", true, error));
  return come_up(t, &t->snapshot, value, error);
}

static tn_status snapshot_write(void *self, const bench_round *round, double *value, tn_error *error) {
  tarantool *t = self;
  double seconds;
  (void)round;
  TRY(prepare(t, &t->snapshot, "snapshot", "fill", true, error));
  if (!bench_server_runs(&t->server)) TRY(come_up(t, &t->snapshot, &seconds, error));
  TRY(ask(t, "snapshot", &seconds, error));
  *value = (double)t->setup->data->count / seconds;
  return TN_OK;
}

/* ---- systems -------------------------------------------------------------------------------- */

static void close_tarantool(void *self) {
  tarantool *t = self;
  bench_server_stop(&t->server);
  free(t);
}

static const char *const wal_modes[BENCH_MODES] = {
    [BENCH_MEMORY] = "none", [BENCH_WRITTEN] = "write", [BENCH_SYNCED] = "fsync"};

static tn_status start_for(tarantool *t, tn_error *error) {
  double seconds;
  if (t->setup->group == &bench_groups[BENCH_RECOVERY]) return TN_OK;
  TRY(start(t, t->setup->folder, wal_modes[t->setup->group->mode], &seconds, error));
  return t->setup->group->filled ? ask(t, "fill", &seconds, error) : TN_OK;
}

static tn_status open_tarantool(const bench_system *system, const bench_setup *setup, void **self, tn_error *error) {
  (void)system;
  tarantool *t = calloc(1, sizeof *t);
  if (!t) return bench_failed(TN_NOMEM, error);
  t->setup = setup;
  tn_status status = start_for(t, error);
  if (status == TN_OK)
    *self = t;
  else
    close_tarantool(t);
  return status;
}

#define SYSTEM(symbol, group, list)                                       \
  const bench_system bench_tarantool_##symbol = {.name = "tarantool",     \
                                                 .groups = 1u << (group), \
                                                 .measures = (list),      \
                                                 .absent = absent,        \
                                                 .open = open_tarantool,  \
                                                 .close = close_tarantool}

static const bench_measure memory_measures[] = {
    {"get", get, NULL, "Lua within it"},
    {"scan", scan, NULL, "Lua within it"},
    {"update_txn1", update_alone, NULL, "Lua within it, wal_mode none"},
    {NULL, NULL, NULL, NULL},
};
SYSTEM(memory, BENCH_KV, memory_measures);

static const bench_measure written_measures[] = {
    {"update_txn1", update_64, NULL, "Lua within it, 64 fibers, wal_mode write"},
    {NULL, NULL, NULL, NULL},
};
SYSTEM(written, BENCH_KV_WRITTEN, written_measures);

static const bench_measure commit_measures[] = {
    {"commit", commit, NULL, "fibers within it, wal_mode fsync"},
    {"commit_async", commit, NULL, "64 fibers within it, wal_mode fsync"},
    {NULL, NULL, NULL, NULL},
};
SYSTEM(commit, BENCH_COMMIT, commit_measures);

static const bench_measure recovery_measures[] = {
    {"replay", replay, NULL, "xlog, box.cfg alone"},
    {"snapshot_write", snapshot_write, NULL, "box.snapshot"},
    {"snapshot_load", snapshot_load, NULL, "box.cfg alone"},
    {NULL, NULL, NULL, NULL},
};
SYSTEM(recovery, BENCH_RECOVERY, recovery_measures);
