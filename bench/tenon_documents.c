/* Tenon with documents: an engine with one document model, storage memory, every access an operation. */
#include <stdio.h>
#include <stdlib.h>

#include "shelf.h"
#include "tenon.h"
#include "try.h"

typedef enum op { OP_INSERT, OP_GET, OP_FIND, OP_AGGREGATE, OP_COUNT } op;

typedef struct shelf {
  tn_engine *engine;
  const tn_op *ops[OP_COUNT];
  tn_builder args, inner;
  tn_builder updates[1000]; /* the arguments of one transaction's commands */
  tn_result result;
} shelf;

static const char config[] =
    "{\"storage\":{\"type\":\"memory\"},\"durability\":\"none\",\"journal\":{\"keep\":\"snapshot\"},"
    "\"snapshot\":{\"every_commands\":0,\"keep\":1},\"models\":{\"docs\":{\"type\":\"document\"}}}";
static const char *const names[OP_COUNT] = {"insert", "get", "find", "aggregate"};
static const char *const collections[BENCH_COLLECTIONS] = {"people", "scratch"};

/* ---- life ----------------------------------------------------------------------------------- */

static void close_shelf(void *self) {
  shelf *s = self;
  (void)tn_close(s->engine, NULL);
  tn_builder_free(&s->args);
  tn_builder_free(&s->inner);
  for (size_t i = 0; i < sizeof s->updates / sizeof *s->updates; i++) tn_builder_free(&s->updates[i]);
  tn_result_free(&s->result);
  free(s);
}

static tn_status open_shelf(const bench_setup *setup, void **out, tn_error *error) {
  tn_open_options options = TN_OPEN_OPTIONS_INIT;
  shelf *s = calloc(1, sizeof *s);
  (void)setup;
  if (!s) return tn_error_set(error, TN_NOMEM, NULL, "no memory");
  s->args = s->inner = (tn_builder)TN_BUILDER_INIT;
  for (size_t i = 0; i < sizeof s->updates / sizeof *s->updates; i++) s->updates[i] = (tn_builder)TN_BUILDER_INIT;
  s->result = (tn_result)TN_RESULT_INIT;
  options.config_text = config;
  tn_status status = tn_open(NULL, &options, &s->engine, error);
  for (int i = 0; i < OP_COUNT && status == TN_OK; i++)
    status = tn_op_prepare(s->engine, "docs", names[i], &s->ops[i], error);
  if (status == TN_OK)
    *out = s;
  else
    close_shelf(s);
  return status;
}

/* Runs an op whose arguments are JSON. */
static tn_status run_text(shelf *s, const char *name, const char *args, tn_error *error) {
  TRY(tn_decode("json", (tn_slice){args, strlen(args)}, &s->args, NULL, error));
  return tn_run(s->engine, "docs", name, tn_built(&s->args), NULL, error);
}

static tn_status create(void *self, bench_collection collection, bool indexed, tn_error *error) {
  shelf *s = self;
  char text[256];
  const char *name = collections[collection];
  (void)snprintf(text, sizeof text, "{\"collection\":\"%s\"}", name);
  tn_status status = run_text(s, "drop_collection", text, error);
  if (status != TN_OK && status != TN_NOT_FOUND) return status;
  TRY(run_text(s, "create_collection", text, error));
  if (!indexed) return TN_OK;
  (void)snprintf(text, sizeof text, "{\"collection\":\"%s\",\"fields\":{\"user.email\":1},\"unique\":true}", name);
  TRY(run_text(s, "create_index", text, error));
  (void)snprintf(text, sizeof text, "{\"collection\":\"%s\",\"fields\":{\"user.city\":1,\"score\":-1}}", name);
  return run_text(s, "create_index", text, error);
}

/* ---- writing -------------------------------------------------------------------------------- */

static tn_status insert(void *self, bench_collection collection, const bench_people *people, uint64_t from,
                        uint64_t count, tn_error *error) {
  shelf *s = self;
  tn_builder_clear(&s->args);
  tn_object_begin(&s->args);
  tn_set(&s->args, "collection", collections[collection]);
  tn_name(&s->args, "docs");
  tn_array_begin(&s->args);
  for (uint64_t i = from; i < from + count; i++) tn_add(&s->args, people->items[i].value);
  tn_end(&s->args);
  tn_end(&s->args);
  return tn_run_op(s->engine, s->ops[OP_INSERT], tn_built(&s->args), NULL, NULL, error);
}

/* {"collection": "people", "filter": {field: value}, ...}; what follows is the caller's to add and to end. */
static void begin_filtered(tn_builder *b, const char *field, tn_arg value) {
  tn_builder_clear(b);
  tn_object_begin(b);
  tn_set(b, "collection", collections[BENCH_PEOPLE]);
  tn_name(b, "filter");
  tn_object_begin(b);
  tn_set(b, field, value);
  tn_end(b);
}

static tn_value make_update(tn_builder *b, uint64_t id, int64_t score) {
  begin_filtered(b, "_id", tn_arg_int((int64_t)id));
  tn_name(b, "update");
  tn_object_begin(b);
  tn_name(b, "$set");
  tn_object_begin(b);
  tn_set(b, "score", score);
  tn_end(b);
  tn_end(b);
  tn_end(b);
  return tn_built(b);
}

static tn_status set_scores(void *self, const uint64_t *ids, const int64_t *scores, size_t count, tn_error *error) {
  shelf *s = self;
  tn_batch_op ops[sizeof s->updates / sizeof *s->updates];
  for (size_t i = 0; i < count; i++)
    ops[i] = (tn_batch_op){"docs", "update", make_update(&s->updates[i], ids[i], scores[i])};
  return tn_batch(s->engine, ops, count, NULL, &s->result, error);
}

/* ---- reading -------------------------------------------------------------------------------- */

static tn_status take_row(void *arg, tn_value row) {
  uint64_t *seen = arg;
  bench_sink += row.data[row.size - 1];
  ++*seen;
  return TN_OK;
}

static tn_status rows(shelf *s, op which, uint64_t *seen, tn_error *error) {
  tn_call call = TN_CALL_INIT;
  *seen = 0;
  call.on_row = take_row;
  call.row_arg = seen;
  return tn_run_op(s->engine, s->ops[which], tn_built(&s->args), &call, NULL, error);
}

static tn_status get(void *self, uint64_t id, tn_error *error) {
  shelf *s = self;
  tn_value args = tn_obj(&s->args, "collection", collections[BENCH_PEOPLE], "id", id);
  TRY(tn_run_op(s->engine, s->ops[OP_GET], args, NULL, &s->result, error));
  bench_sink += *s->result.value.data;
  return TN_OK;
}

static tn_status by_email(void *self, const char *email, uint64_t *seen, tn_error *error) {
  shelf *s = self;
  begin_filtered(&s->args, "user.email", tn_arg_string(email));
  tn_end(&s->args);
  return rows(s, OP_FIND, seen, error);
}

static tn_status by_city(void *self, const char *city, uint64_t *seen, tn_error *error) {
  shelf *s = self;
  begin_filtered(&s->args, "user.city", tn_arg_string(city));
  tn_set(&s->args, "sort", tn_obj(&s->inner, "score", -1));
  tn_end(&s->args);
  return rows(s, OP_FIND, seen, error);
}

static tn_status by_age(void *self, int64_t age, uint64_t *seen, tn_error *error) {
  shelf *s = self;
  begin_filtered(&s->args, "user.age", tn_arg_int(age));
  tn_end(&s->args);
  return rows(s, OP_FIND, seen, error);
}

static tn_status group(void *self, uint64_t *seen, tn_error *error) {
  static const char text[] =
      "{\"collection\":\"people\",\"pipeline\":[{\"$group\":{\"_id\":\"$user.city\",\"count\":{\"$sum\":1},"
      "\"mean\":{\"$avg\":\"$score\"}}}]}";
  shelf *s = self;
  TRY(tn_decode("json", (tn_slice){text, sizeof text - 1}, &s->args, NULL, error));
  return rows(s, OP_AGGREGATE, seen, error);
}

static tn_status bytes(void *self, uint64_t *out, tn_error *error) {
  shelf *s = self;
  int64_t live = 0;
  TRY(tn_stats(s->engine, &s->result, error));
  TRY(tn_get_int(s->result.value, "state.live_bytes", &live));
  return *out = (uint64_t)live, TN_OK;
}

static const bench_shelf documents = {
    .open = open_shelf,
    .close = close_shelf,
    .create = create,
    .insert = insert,
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

const bench_system bench_tenon_documents = {
    .name = "tenon",
    .groups = 1u << BENCH_DOCS,
    .measures = bench_shelf_measures,
    .terms = "operations, storage memory",
    .open = open_system,
    .close = bench_shelf_close,
};
