/* SQLite with documents: JSON text in a column, expression indexes over json_extract(), in memory, prepared
 * statements. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "../shelf.h"
#include "try.h"

#define EMAIL "json_extract(j, '$.user.email')"
#define CITY "json_extract(j, '$.user.city')"
#define SCORE "json_extract(j, '$.score')"

typedef enum sql { SQL_GET, SQL_EMAIL, SQL_CITY, SQL_AGE, SQL_UPDATE, SQL_GROUP, SQL_COUNT } sql;

typedef struct shelf {
  sqlite3 *db;
  sqlite3_stmt *statements[SQL_COUNT];
  sqlite3_stmt *inserts[BENCH_COLLECTIONS];
} shelf;

static const char *const tables[BENCH_COLLECTIONS] = {"people", "scratch"};

static const char *const texts[SQL_COUNT] = {
    [SQL_GET] = "SELECT j FROM people WHERE id = ?1",
    [SQL_EMAIL] = "SELECT j FROM people WHERE " EMAIL " = ?1",
    [SQL_CITY] = "SELECT j FROM people WHERE " CITY " = ?1 ORDER BY " SCORE " DESC",
    [SQL_AGE] = "SELECT j FROM people WHERE json_extract(j, '$.user.age') = ?1",
    [SQL_UPDATE] = "UPDATE people SET j = json_set(j, '$.score', ?2) WHERE id = ?1",
    [SQL_GROUP] = "SELECT " CITY ", count(*), avg(" SCORE ") FROM people GROUP BY 1",
};

static tn_status failed(const shelf *s, tn_error *error) {
  return tn_error_set(error, TN_IO, NULL, "sqlite: %s", sqlite3_errmsg(s->db));
}

static tn_status run_text(const shelf *s, const char *text, tn_error *error) {
  return sqlite3_exec(s->db, text, NULL, NULL, NULL) == SQLITE_OK ? TN_OK : failed(s, error);
}

static tn_status prepare(const shelf *s, const char *text, sqlite3_stmt **out, tn_error *error) {
  int code = sqlite3_prepare_v3(s->db, text, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);
  return code == SQLITE_OK ? TN_OK : failed(s, error);
}

/* ---- life ----------------------------------------------------------------------------------- */

static void close_shelf(void *self) {
  shelf *s = self;
  for (int i = 0; i < SQL_COUNT; i++) (void)sqlite3_finalize(s->statements[i]);
  for (int i = 0; i < BENCH_COLLECTIONS; i++) (void)sqlite3_finalize(s->inserts[i]);
  (void)sqlite3_close(s->db);
  free(s);
}

static tn_status open_shelf(const bench_setup *setup, void **out, tn_error *error) {
  shelf *s = calloc(1, sizeof *s);
  (void)setup;
  if (!s) return tn_error_set(error, TN_NOMEM, NULL, "no memory");
  if (sqlite3_open(":memory:", &s->db) != SQLITE_OK || run_text(s, "PRAGMA journal_mode = MEMORY", error) != TN_OK) {
    tn_status status = failed(s, error);
    close_shelf(s);
    return status;
  }
  return *out = s, TN_OK;
}

static tn_status make_table(shelf *s, const char *name, bool indexed, tn_error *error) {
  char text[512];
  (void)snprintf(text, sizeof text, "DROP TABLE IF EXISTS %s; CREATE TABLE %s (id INTEGER PRIMARY KEY, j TEXT)", name,
                 name);
  TRY(run_text(s, text, error));
  (void)snprintf(text, sizeof text,
                 "CREATE UNIQUE INDEX %s_email ON %s (" EMAIL "); CREATE INDEX %s_city ON %s (" CITY ", " SCORE ")",
                 name, name, name, name);
  return indexed ? run_text(s, text, error) : TN_OK;
}

static tn_status create(void *self, bench_collection collection, bool indexed, tn_error *error) {
  shelf *s = self;
  char text[128];
  (void)sqlite3_finalize(s->inserts[collection]);
  s->inserts[collection] = NULL;
  TRY(make_table(s, tables[collection], indexed, error));
  (void)snprintf(text, sizeof text, "INSERT INTO %s VALUES (?1, ?2)", tables[collection]);
  TRY(prepare(s, text, &s->inserts[collection], error));
  for (int i = 0; i < SQL_COUNT && collection == BENCH_PEOPLE; i++)
    TRY(prepare(s, texts[i], &s->statements[i], error));
  return TN_OK;
}

/* ---- writing -------------------------------------------------------------------------------- */

static tn_status end(const shelf *s, sqlite3_stmt *statement, tn_error *error) {
  int code = sqlite3_step(statement);
  (void)sqlite3_reset(statement);
  return code == SQLITE_DONE ? TN_OK : failed(s, error);
}

static tn_status insert(void *self, bench_collection collection, const bench_people *people, uint64_t from,
                        uint64_t count, tn_error *error) {
  shelf *s = self;
  sqlite3_stmt *statement = s->inserts[collection];
  TRY(run_text(s, "BEGIN", error));
  for (uint64_t i = from; i < from + count; i++) {
    tn_slice text = people->items[i].text;
    (void)sqlite3_bind_int64(statement, 1, (sqlite3_int64)i);
    (void)sqlite3_bind_text(statement, 2, text.data, (int)text.size, SQLITE_STATIC);
    TRY(end(s, statement, error));
  }
  return run_text(s, "COMMIT", error);
}

static tn_status set_scores(void *self, const uint64_t *ids, const int64_t *scores, size_t count, tn_error *error) {
  shelf *s = self;
  sqlite3_stmt *statement = s->statements[SQL_UPDATE];
  TRY(run_text(s, "BEGIN", error));
  for (size_t i = 0; i < count; i++) {
    (void)sqlite3_bind_int64(statement, 1, (sqlite3_int64)ids[i]);
    (void)sqlite3_bind_int64(statement, 2, scores[i]);
    TRY(end(s, statement, error));
  }
  return run_text(s, "COMMIT", error);
}

static tn_status analyze(void *self, tn_error *error) { return run_text(self, "ANALYZE", error); }

/* ---- reading -------------------------------------------------------------------------------- */

static tn_status rows(const shelf *s, sql which, uint64_t *seen, tn_error *error) {
  sqlite3_stmt *statement = s->statements[which];
  uint64_t sum = 0, count = 0;
  for (; sqlite3_step(statement) == SQLITE_ROW; count++) {
    const unsigned char *text = sqlite3_column_text(statement, 0);
    sum += text ? *text : 0;
  }
  bench_sink += sum;
  *seen = count;
  return sqlite3_reset(statement) == SQLITE_OK ? TN_OK : failed(s, error);
}

static tn_status get(void *self, uint64_t id, tn_error *error) {
  shelf *s = self;
  uint64_t seen;
  (void)sqlite3_bind_int64(s->statements[SQL_GET], 1, (sqlite3_int64)id);
  return rows(s, SQL_GET, &seen, error);
}

static tn_status by_text(const shelf *s, sql which, const char *text, uint64_t *seen, tn_error *error) {
  (void)sqlite3_bind_text(s->statements[which], 1, text, -1, SQLITE_STATIC);
  return rows(s, which, seen, error);
}

static tn_status by_email(void *self, const char *email, uint64_t *seen, tn_error *error) {
  return by_text(self, SQL_EMAIL, email, seen, error);
}
static tn_status by_city(void *self, const char *city, uint64_t *seen, tn_error *error) {
  return by_text(self, SQL_CITY, city, seen, error);
}

static tn_status by_age(void *self, int64_t age, uint64_t *seen, tn_error *error) {
  shelf *s = self;
  (void)sqlite3_bind_int64(s->statements[SQL_AGE], 1, age);
  return rows(s, SQL_AGE, seen, error);
}

static tn_status group(void *self, uint64_t *seen, tn_error *error) { return rows(self, SQL_GROUP, seen, error); }

static tn_status bytes(void *self, uint64_t *out, tn_error *error) {
  shelf *s = self;
  sqlite3_stmt *statement;
  TRY(prepare(s, "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()", &statement, error));
  if (sqlite3_step(statement) == SQLITE_ROW) *out = (uint64_t)sqlite3_column_int64(statement, 0);
  (void)sqlite3_finalize(statement);
  return TN_OK;
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

const bench_system bench_sqlite_documents = {
    .name = "sqlite",
    .groups = 1u << BENCH_DOCS,
    .measures = bench_shelf_measures,
    .terms = ":memory:, JSON1, expression indexes",
    .open = open_system,
    .close = bench_shelf_close,
};
