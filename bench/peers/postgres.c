/* PostgreSQL: a cluster of its own in the system's folder, a jsonb column with expression indexes, spoken to with
 * libpq over a unix socket, prepared statements. It does not run as root: there it is the user postgres that it runs
 * as. */
#include <libpq-fe.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../server.h"
#include "../shelf.h"
#include "try.h"

#define USER "postgres"
#define DATA "data" /* the socket is in there too */
#define READY_STEPS 60000
#define READY_STEP_NS 1000000

#define START                                                          \
  "b=$(pg_config --bindir) && \"$b/initdb\" -D " DATA                  \
  " -U bench -A trust -E UTF8 --locale=C --no-sync >/dev/null && "     \
  "exec \"$b/postgres\" -D " DATA                                      \
  " -k . -c listen_addresses= -c fsync=off -c synchronous_commit=off " \
  "-c full_page_writes=off -c shared_buffers=512MB -c max_wal_size=4GB -c jit=off"

typedef struct shelf {
  bench_server server;
  char folder[600];
  PGconn *connection;
} shelf;

static const char *const tables[BENCH_COLLECTIONS] = {"people", "scratch"};

static tn_status failed(const shelf *s, tn_error *error) {
  return tn_error_set(error, TN_IO, NULL, "postgres: %s", PQerrorMessage(s->connection));
}

static tn_status take(const shelf *s, PGresult *result, uint64_t *seen, tn_error *error) {
  ExecStatusType kind = PQresultStatus(result);
  bool fine = kind == PGRES_COMMAND_OK || kind == PGRES_TUPLES_OK || kind == PGRES_COPY_IN;
  tn_status status = fine ? TN_OK : failed(s, error);
  int rows = PQntuples(result);
  for (int i = 0; i < rows; i++) bench_sink += (uint8_t)*PQgetvalue(result, i, 0);
  if (seen) *seen = (uint64_t)rows;
  PQclear(result);
  return status;
}

static tn_status run_text(const shelf *s, const char *text, tn_error *error) {
  return take(s, PQexec(s->connection, text), NULL, error);
}

/* ---- life ----------------------------------------------------------------------------------- */

static const char *absent(void) {
  if (!bench_has_program("pg_config") || !bench_has_program("setpriv")) return "PostgreSQL is not installed";
  if (geteuid() == 0 && !getpwnam(USER)) return "PostgreSQL does not run as root, and there is no user " USER;
  return NULL;
}

static tn_status make_folder(const shelf *s, tn_error *error) {
  char path[640];
  const struct passwd *user = geteuid() == 0 ? getpwnam(USER) : NULL;
  (void)snprintf(path, sizeof path, "%s/" DATA, s->folder);
  if (mkdir(path, 0700) == 0 && (!user || chown(path, user->pw_uid, user->pw_gid) == 0)) return TN_OK;
  return tn_error_set(error, TN_IO, path, "cannot be made");
}

static tn_status start(shelf *s, tn_error *error) {
  static const char *const as_user[] = {
      "setpriv", "--reuid=" USER, "--regid=" USER, "--clear-groups", "--pdeathsig=INT", "sh", "-c", START, NULL};
  static const char *const as_self[] = {"sh", "-c", START, NULL};
  TRY(make_folder(s, error));
  return bench_server_start(&s->server, geteuid() == 0 ? as_user : as_self, s->folder, error);
}

static bool is_ready(shelf *s) {
  char text[700];
  (void)snprintf(text, sizeof text, "host=%s/" DATA " user=bench dbname=postgres", s->folder);
  if (s->connection) PQfinish(s->connection);
  s->connection = PQconnectdb(text);
  return PQstatus(s->connection) == CONNECTION_OK;
}

static tn_status wait_until_ready(shelf *s, tn_error *error) {
  const struct timespec step = {0, READY_STEP_NS};
  for (int i = 0; i < READY_STEPS && bench_server_runs(&s->server); i++) {
    if (is_ready(s)) return run_text(s, "SET client_min_messages = warning", error);
    (void)nanosleep(&step, NULL);
  }
  return tn_error_set(error, TN_IO, s->folder, "postgres does not come up");
}

static void close_shelf(void *self) {
  shelf *s = self;
  if (s->connection) PQfinish(s->connection);
  bench_server_stop(&s->server);
  free(s);
}

static tn_status open_shelf(const bench_setup *setup, void **out, tn_error *error) {
  shelf *s = calloc(1, sizeof *s);
  if (!s) return tn_error_set(error, TN_NOMEM, NULL, "no memory");
  (void)snprintf(s->folder, sizeof s->folder, "%s", setup->folder);
  tn_status status = start(s, error);
  if (status == TN_OK) status = wait_until_ready(s, error);
  if (status == TN_OK)
    *out = s;
  else
    close_shelf(s);
  return status;
}

/* ---- statements ----------------------------------------------------------------------------- */

typedef struct statement {
  const char *name, *text;
} statement;

static const statement statements[] = {
    {"get", "SELECT j FROM people WHERE id = $1::bigint"},
    {"email", "SELECT j FROM people WHERE j#>>'{user,email}' = $1"},
    {"city", "SELECT j FROM people WHERE j#>>'{user,city}' = $1 ORDER BY (j->>'score')::bigint DESC"},
    {"age", "SELECT j FROM people WHERE (j#>>'{user,age}')::bigint = $1::bigint"},
    {"update", "UPDATE people SET j = jsonb_set(j, '{score}', $2::jsonb) WHERE id = $1::bigint"},
    {"group", "SELECT j#>>'{user,city}', count(*), avg((j->>'score')::bigint) FROM people GROUP BY 1"},
};

static tn_status prepare_all(const shelf *s, tn_error *error) {
  TRY(run_text(s, "DEALLOCATE ALL", error));
  for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
    TRY(take(s, PQprepare(s->connection, statements[i].name, statements[i].text, 0, NULL), NULL, error));
  return TN_OK;
}

static tn_status create(void *self, bench_collection collection, bool indexed, tn_error *error) {
  shelf *s = self;
  char text[512];
  const char *name = tables[collection];
  (void)snprintf(text, sizeof text,
                 "DROP TABLE IF EXISTS %s; CREATE UNLOGGED TABLE %s (id bigint PRIMARY KEY, j jsonb)", name, name);
  TRY(run_text(s, text, error));
  (void)snprintf(text, sizeof text,
                 "CREATE UNIQUE INDEX ON %s ((j#>>'{user,email}'));"
                 "CREATE INDEX ON %s ((j#>>'{user,city}'), ((j->>'score')::bigint))",
                 name, name);
  if (indexed) TRY(run_text(s, text, error));
  return collection == BENCH_PEOPLE ? prepare_all(s, error) : TN_OK;
}

static tn_status execute(const shelf *s, const char *name, int count, const char *const *params, uint64_t *seen,
                         tn_error *error) {
  return take(s, PQexecPrepared(s->connection, name, count, params, NULL, NULL, 0), seen, error);
}

static tn_status by_number(const shelf *s, const char *name, int64_t n, uint64_t *seen, tn_error *error) {
  char number[24];
  (void)snprintf(number, sizeof number, "%lld", (long long)n);
  return execute(s, name, 1, (const char *const[]){number}, seen, error);
}

/* ---- writing -------------------------------------------------------------------------------- */

static tn_status copy_row(const shelf *s, uint64_t id, const char *text, tn_error *error) {
  char line[2048];
  int size = snprintf(line, sizeof line, "%llu\t%s\n", (unsigned long long)id, text);
  return PQputCopyData(s->connection, line, size) == 1 ? TN_OK : failed(s, error);
}

static tn_status insert(void *self, bench_collection collection, const bench_people *people, uint64_t from,
                        uint64_t count, tn_error *error) {
  shelf *s = self;
  char text[64];
  (void)snprintf(text, sizeof text, "COPY %s FROM STDIN", tables[collection]);
  TRY(run_text(s, text, error));
  for (uint64_t i = from; i < from + count; i++) TRY(copy_row(s, i, people->items[i].text.data, error));
  if (PQputCopyEnd(s->connection, NULL) != 1) return failed(s, error);
  TRY(take(s, PQgetResult(s->connection), NULL, error));
  return PQgetResult(s->connection) ? failed(s, error) : TN_OK;
}

static tn_status set_scores(void *self, const uint64_t *ids, const int64_t *scores, size_t count, tn_error *error) {
  shelf *s = self;
  TRY(run_text(s, "BEGIN", error));
  for (size_t i = 0; i < count; i++) {
    char id[24], score[24];
    (void)snprintf(id, sizeof id, "%llu", (unsigned long long)ids[i]);
    (void)snprintf(score, sizeof score, "%lld", (long long)scores[i]);
    TRY(execute(s, "update", 2, (const char *const[]){id, score}, NULL, error));
  }
  return run_text(s, "COMMIT", error);
}

static tn_status analyze(void *self, tn_error *error) { return run_text(self, "ANALYZE", error); }

/* ---- reading -------------------------------------------------------------------------------- */

static tn_status get(void *self, uint64_t id, tn_error *error) {
  return by_number(self, "get", (int64_t)id, NULL, error);
}
static tn_status by_email(void *self, const char *email, uint64_t *seen, tn_error *error) {
  return execute(self, "email", 1, &email, seen, error);
}
static tn_status by_city(void *self, const char *city, uint64_t *seen, tn_error *error) {
  return execute(self, "city", 1, &city, seen, error);
}
static tn_status by_age(void *self, int64_t age, uint64_t *seen, tn_error *error) {
  return by_number(self, "age", age, seen, error);
}
static tn_status group(void *self, uint64_t *seen, tn_error *error) {
  return execute(self, "group", 0, NULL, seen, error);
}

static tn_status bytes(void *self, uint64_t *out, tn_error *error) {
  shelf *s = self;
  PGresult *result = PQexec(s->connection, "SELECT pg_total_relation_size('people')");
  if (PQresultStatus(result) == PGRES_TUPLES_OK) *out = strtoull(PQgetvalue(result, 0, 0), NULL, 10);
  return take(s, result, NULL, error);
}

static const bench_shelf documents = {
    .open = open_shelf,
    .close = close_shelf,
    .create = create,
    .insert = insert,
    .analyze = analyze,
    .get = get,
    .by_email = by_email,
    .by_city = by_city,
    .by_age = by_age,
    .set_scores = set_scores,
    .group = group,
    .bytes = bytes,
};

static tn_status open_system(const bench_system *system, const bench_setup *setup, void **self, tn_error *error) {
  (void)system;
  return bench_shelf_open(&documents, setup, self, error);
}

const bench_system bench_postgres = {
    .name = "postgres",
    .groups = 1u << BENCH_DOCS,
    .measures = bench_shelf_measures,
    .terms = "unix socket, jsonb, unlogged table",
    .absent = absent,
    .open = open_system,
    .close = bench_shelf_close,
};
