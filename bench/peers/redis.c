/* Redis: a server of its own on a unix socket in the system's folder, spoken to with hiredis. Many commands are in
 * flight wherever the workload allows it, as one by one it is the socket that is measured. */
#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../server.h"
#include "../store.h"
#include "try.h"

#define PIPELINE 100
#define CONNECTIONS_MAX 64
#define READY_STEPS 60000
#define READY_STEP_NS 1000000
#define SOCKET "socket"

typedef struct redis {
  const bench_setup *setup;
  bench_server server;
  redisContext *connections[CONNECTIONS_MAX];
  uint64_t at;
  bool journal, dump; /* there is one, to be loaded */
} redis;

/* ---- the server ----------------------------------------------------------------------------- */

static const char *absent(void) { return bench_has_program("redis-server") ? NULL : "redis-server is not installed"; }

static tn_status connect_one(const redis *r, redisContext **out, tn_error *error) {
  char path[600];
  (void)snprintf(path, sizeof path, "%s/" SOCKET, r->setup->folder);
  redisContext *c = redisConnectUnix(path);
  if (c && !c->err) return *out = c, TN_OK;
  tn_status status = tn_error_set(error, TN_IO, path, "connecting: %s", c ? c->errstr : "no memory");
  if (c) redisFree(c);
  return status;
}

/* Whether the server has loaded what it had to. */
static bool is_ready(redis *r) {
  if (!r->connections[0] && connect_one(r, &r->connections[0], NULL) != TN_OK) return false;
  redisReply *reply = redisCommand(r->connections[0], "PING");
  bool ready = reply && reply->type == REDIS_REPLY_STATUS;
  if (reply) freeReplyObject(reply);
  return ready;
}

static tn_status start(redis *r, const char *append_only, const char *sync, tn_error *error) {
  const struct timespec step = {0, READY_STEP_NS};
  const char *const argv[] = {"redis-server",
                              "--port",
                              "0",
                              "--unixsocket",
                              SOCKET,
                              "--save",
                              "",
                              "--appendonly",
                              append_only,
                              "--appendfsync",
                              sync,
                              "--auto-aof-rewrite-percentage",
                              "0",
                              "--daemonize",
                              "no",
                              "--loglevel",
                              "warning",
                              NULL};
  TRY(bench_server_start(&r->server, argv, r->setup->folder, error));
  for (int i = 0; i < READY_STEPS && bench_server_runs(&r->server); i++) {
    if (is_ready(r)) return TN_OK;
    (void)nanosleep(&step, NULL);
  }
  return tn_error_set(error, TN_IO, r->setup->folder, "redis-server does not come up");
}

static void stop(redis *r) {
  for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
    if (r->connections[i]) redisFree(r->connections[i]);
    r->connections[i] = NULL;
  }
  bench_server_stop(&r->server);
}

/* ---- commands ------------------------------------------------------------------------------- */

static tn_status lost(const redisContext *c, tn_error *error) {
  return tn_error_set(error, TN_IO, NULL, "redis: %s", c->errstr);
}

static void send_set(redis *r, redisContext *c, tn_slice key, uint64_t i) {
  tn_slice value = bench_data_value(r->setup->data, i);
  (void)redisAppendCommand(c, "SET %b %b", key.data, key.size, value.data, value.size);
}
static void send_get(redis *r, redisContext *c, tn_slice key, uint64_t i) {
  (void)r, (void)i;
  (void)redisAppendCommand(c, "GET %b", key.data, key.size);
}

static tn_status receive(redisContext *c, tn_error *error) {
  redisReply *reply = NULL;
  if (redisGetReply(c, (void **)&reply) != REDIS_OK) return lost(c, error);
  bool fine = reply->type == REDIS_REPLY_STATUS || reply->type == REDIS_REPLY_STRING;
  tn_status status =
      fine ? TN_OK : tn_error_set(error, TN_IO, NULL, "redis: %s", reply->str ? reply->str : "no entry");
  freeReplyObject(reply);
  return status;
}

typedef void (*send_fn)(redis *r, redisContext *c, tn_slice key, uint64_t i);

static tn_status pipeline(redis *r, send_fn send, uint32_t count, tn_error *error) {
  tn_status status = TN_OK;
  for (uint32_t i = 0; i < count; i++) send(r, r->connections[0], bench_data_probe(r->setup->data, &r->at), i);
  for (uint32_t i = 0; i < count && status == TN_OK; i++) status = receive(r->connections[0], error);
  return status;
}

static tn_status repeat(redis *r, send_fn send, uint32_t count, double seconds, double *value, tn_error *error) {
  uint64_t done = 0;
  double start = bench_now(), now;
  do {
    TRY(pipeline(r, send, count, error));
    done += count;
  } while ((now = bench_now()) < start + seconds);
  *value = (double)done / (now - start);
  return TN_OK;
}

static tn_status fill(redis *r, tn_error *error) {
  r->at = 0;
  for (uint64_t i = 0; i < r->setup->data->count; i += PIPELINE) TRY(pipeline(r, send_set, PIPELINE, error));
  return TN_OK;
}

/* ---- measures ------------------------------------------------------------------------------- */

static tn_status get(void *self, const bench_round *round, double *value, tn_error *error) {
  return repeat(self, send_get, PIPELINE, round->seconds, value, error);
}
static tn_status update(void *self, const bench_round *round, double *value, tn_error *error) {
  return repeat(self, send_set, PIPELINE, round->seconds, value, error);
}
static tn_status commit_async(void *self, const bench_round *round, double *value, tn_error *error) {
  return repeat(self, send_set, round->arg, round->seconds, value, error);
}

/* Each connection has one command in flight; one thread feeds them all. */
static tn_status commit_each(redis *r, uint32_t connections, tn_error *error) {
  for (uint32_t i = 0; i < connections; i++) {
    int done = 0;
    send_set(r, r->connections[i], bench_data_probe(r->setup->data, &r->at), i);
    while (!done)
      if (redisBufferWrite(r->connections[i], &done) != REDIS_OK) return lost(r->connections[i], error);
  }
  for (uint32_t i = 0; i < connections; i++) TRY(receive(r->connections[i], error));
  return TN_OK;
}

static tn_status commit(void *self, const bench_round *round, double *value, tn_error *error) {
  redis *r = self;
  uint64_t done = 0;
  for (uint32_t i = 0; i < round->arg; i++)
    if (!r->connections[i]) TRY(connect_one(r, &r->connections[i], error));
  double begin = bench_now(), now;
  do {
    TRY(commit_each(r, round->arg, error));
    done += round->arg;
  } while ((now = bench_now()) < begin + round->seconds);
  *value = (double)done / (now - begin);
  return TN_OK;
}

static tn_status command(redis *r, const char *text, tn_error *error) {
  if (redisAppendCommand(r->connections[0], text) != REDIS_OK) return lost(r->connections[0], error);
  return receive(r->connections[0], error);
}

/* A journal of a SET for each entry, made when it is first wanted: the server is stopped and there are no files. */
static tn_status replay(void *self, const bench_round *round, double *value, tn_error *error) {
  redis *r = self;
  (void)round;
  if (!r->journal) {
    TRY(start(r, "yes", "no", error));
    TRY(fill(r, error));
    r->journal = true;
  }
  stop(r);
  double begin = bench_now();
  TRY(start(r, "yes", "no", error));
  *value = (double)r->setup->data->count / (bench_now() - begin);
  stop(r);
  return TN_OK;
}

/* The state of a server that appends nothing. */
static tn_status start_filled(redis *r, tn_error *error) {
  if (!bench_server_runs(&r->server)) {
    stop(r);
    TRY(start(r, "no", "no", error));
    TRY(fill(r, error));
  }
  return TN_OK;
}

static tn_status snapshot_write(void *self, const bench_round *round, double *value, tn_error *error) {
  redis *r = self;
  (void)round;
  TRY(start_filled(r, error));
  double begin = bench_now();
  TRY(command(r, "SAVE", error));
  *value = (double)r->setup->data->count / (bench_now() - begin);
  return TN_OK;
}

static tn_status snapshot_load(void *self, const bench_round *round, double *value, tn_error *error) {
  redis *r = self;
  (void)round;
  if (!r->dump) {
    TRY(start_filled(r, error));
    TRY(command(r, "SAVE", error));
    r->dump = true;
  }
  stop(r);
  double begin = bench_now();
  TRY(start(r, "no", "no", error));
  *value = (double)r->setup->data->count / (bench_now() - begin);
  return TN_OK;
}

/* ---- systems -------------------------------------------------------------------------------- */

static void close_redis(void *self) {
  stop(self);
  free(self);
}

/* The server that the group needs; that of BENCH_RECOVERY is started and stopped by the measures. */
static tn_status start_for(redis *r, tn_error *error) {
  if (r->setup->group == &bench_groups[BENCH_RECOVERY]) return TN_OK;
  bench_mode mode = r->setup->group->mode;
  TRY(start(r, mode == BENCH_MEMORY ? "no" : "yes", mode == BENCH_SYNCED ? "always" : "no", error));
  return r->setup->group->filled ? fill(r, error) : TN_OK;
}

static tn_status open_redis(const bench_system *system, const bench_setup *setup, void **self, tn_error *error) {
  (void)system;
  redis *r = calloc(1, sizeof *r);
  if (!r) return bench_failed(TN_NOMEM, error);
  r->setup = setup;
  tn_status status = start_for(r, error);
  if (status == TN_OK)
    *self = r;
  else
    close_redis(r);
  return status;
}

static const bench_measure memory_measures[] = {
    {"get", get, NULL, NULL},
    {"update_txn1", update, NULL, NULL},
    {NULL, NULL, NULL, NULL},
};

const bench_system bench_redis_memory = {
    .name = "redis",
    .groups = 1u << BENCH_KV,
    .measures = memory_measures,
    .terms = "unix socket, 100 in flight",
    .absent = absent,
    .open = open_redis,
    .close = close_redis,
};

static const bench_measure written_measures[] = {
    {"update_txn1", update, NULL, NULL},
    {NULL, NULL, NULL, NULL},
};

const bench_system bench_redis_written = {
    .name = "redis",
    .groups = 1u << BENCH_KV_WRITTEN,
    .measures = written_measures,
    .terms = "unix socket, 100 in flight, AOF not synced",
    .absent = absent,
    .open = open_redis,
    .close = close_redis,
};

static const bench_measure commit_measures[] = {
    {"commit", commit, NULL, NULL},
    {"commit_async", commit_async, NULL, "unix socket, pipelined, appendfsync always"},
    {NULL, NULL, NULL, NULL},
};

const bench_system bench_redis_commit = {
    .name = "redis",
    .groups = 1u << BENCH_COMMIT,
    .measures = commit_measures,
    .terms = "unix sockets of one thread, appendfsync always",
    .absent = absent,
    .open = open_redis,
    .close = close_redis,
};

static const bench_measure recovery_measures[] = {
    {"replay", replay, NULL, "AOF, start of the server included"},
    {"snapshot_write", snapshot_write, NULL, "SAVE"},
    {"snapshot_load", snapshot_load, NULL, "RDB, start of the server included"},
    {NULL, NULL, NULL, NULL},
};

const bench_system bench_redis_recovery = {
    .name = "redis",
    .groups = 1u << BENCH_RECOVERY,
    .measures = recovery_measures,
    .absent = absent,
    .open = open_redis,
    .close = close_redis,
};
