#include "tenon_kv.h"

#include <stdio.h>
#include <stdlib.h>

#include "try.h"

/* ---- an engine ------------------------------------------------------------------------------ */

static const char *const durabilities[BENCH_MODES] = {
    [BENCH_MEMORY] = "none", [BENCH_WRITTEN] = "none", [BENCH_SYNCED] = "sync"};

static const char config_format[] =
    "{\"data\":\"data\",\"storage\":{%s},\"durability\":\"%s\",\"journal\":{\"keep\":\"%s\"},"
    "\"snapshot\":{\"every_commands\":0,\"keep\":1},\"models\":{\"kv\":{\"type\":\"kv\"}}}";

static const char *storage_text(bench_mode mode, bench_journal journal) {
  if (mode == BENCH_MEMORY) return "\"type\":\"memory\"";
  if (journal == BENCH_JOURNAL_WHOLE) return "\"type\":\"file\"";
  return "\"type\":\"file\",\"segment_bytes_max\":1048576";
}

static tn_status prepare(bench_engine *e, tn_error *error) {
  TRY(tn_op_prepare(e->engine, "kv", "put", &e->put, error));
  TRY(tn_op_prepare(e->engine, "kv", "get", &e->get, error));
  return tn_op_prepare(e->engine, "kv", "scan", &e->scan, error);
}

tn_status bench_engine_open(bench_mode mode, bench_journal journal, const char *folder, bench_engine *out,
                            tn_error *error) {
  char text[1024];
  tn_open_options options = TN_OPEN_OPTIONS_INIT;
  bench_engine e;
  (void)snprintf(text, sizeof text, config_format, storage_text(mode, journal), durabilities[mode],
                 journal == BENCH_JOURNAL_WHOLE ? "all" : "snapshot");
  options.config_text = text;
  options.base_dir = folder;
  TRY(tn_open(NULL, &options, &e.engine, error));
  tn_status status = prepare(&e, error);
  if (status == TN_OK)
    *out = e;
  else
    (void)tn_close(e.engine, NULL);
  return status;
}

tn_status bench_engine_close(bench_engine *e, tn_error *error) { return tn_close(e->engine, error); }

tn_status bench_engine_fill(bench_engine *e, const bench_data *data, bool singly, tn_error *error) {
  void *session = NULL;
  TRY(bench_kv_store.session_open(e, &session, error));
  tn_status status = singly ? TN_OK : bench_fill(&bench_kv_store, session, data);
  for (uint64_t i = 0; singly && i < data->count && status == TN_OK; i++)
    status = bench_kv_store.put(session, bench_data_key(data, i), bench_data_value(data, i));
  bench_kv_store.session_close(session);
  return bench_failed(status, error);
}

/* ---- as a store ----------------------------------------------------------------------------- */

static tn_status open_store(const bench_setup *setup, void **store, tn_error *error) {
  bench_engine *e = malloc(sizeof *e);
  if (!e) return bench_failed(TN_NOMEM, error);
  tn_status status = bench_engine_open(setup->group->mode, BENCH_JOURNAL_WHOLE, setup->folder, e, error);
  if (status == TN_OK)
    *store = e;
  else
    free(e);
  return status;
}

static void close_store(void *store) {
  (void)bench_engine_close(store, NULL);
  free(store);
}

static tn_status session_open(void *store, void **out, tn_error *error) {
  bench_kv_session *s = malloc(sizeof *s);
  if (!s) return bench_failed(TN_NOMEM, error);
  *s = (bench_kv_session){store, TN_BUILDER_INIT, TN_RESULT_INIT, TN_ERROR_INIT};
  *out = s;
  return TN_OK;
}

static void session_close(void *self) {
  bench_kv_session *s = self;
  tn_builder_free(&s->args);
  tn_result_free(&s->result);
  free(s);
}

static tn_status get(void *self, tn_slice key, tn_slice *value) {
  bench_kv_session *s = self;
  TRY(tn_run(s->of->engine, "kv", "get", tn_obj(&s->args, "key", key), &s->result, &s->error));
  return tn_get_bytes(s->result.value, "", value);
}

static tn_status put(void *self, tn_slice key, tn_slice value) {
  bench_kv_session *s = self;
  return tn_run(s->of->engine, "kv", "put", tn_obj(&s->args, "key", key, "value", value), &s->result, &s->error);
}

static tn_status put_many(void *self, const tn_slice *keys, const tn_slice *values, size_t count) {
  bench_kv_session *s = self;
  tn_builder_clear(&s->args);
  tn_object_begin(&s->args);
  tn_name(&s->args, "entries");
  tn_array_begin(&s->args);
  for (size_t i = 0; i < count; i++) {
    tn_array_begin(&s->args);
    tn_add(&s->args, keys[i]);
    tn_add(&s->args, values[i]);
    tn_end(&s->args);
  }
  tn_end(&s->args);
  tn_end(&s->args);
  return tn_run(s->of->engine, "kv", "mput", tn_built(&s->args), &s->result, &s->error);
}

typedef struct rows {
  uint64_t count, sum;
} rows;

static tn_status take_row(void *arg, tn_value row) {
  rows *r = arg;
  tn_slice value;
  TRY(tn_get_bytes(row, "value", &value));
  r->sum += *(const uint8_t *)value.data;
  r->count++;
  return TN_OK;
}

static tn_status scan(void *self, tn_slice from, uint64_t limit, uint64_t *seen) {
  bench_kv_session *s = self;
  rows taken = {0, 0};
  tn_call call = TN_CALL_INIT;
  tn_value args = from.size > 0 ? tn_obj(&s->args, "from", from, "limit", limit) : TN_NO_VALUE;
  call.on_row = take_row;
  call.row_arg = &taken;
  TRY(tn_run_op(s->of->engine, s->of->scan, args, &call, &s->result, &s->error));
  bench_sink += taken.sum;
  *seen = taken.count;
  return TN_OK;
}

const bench_store bench_kv_store = {
    .terms =
        {
            [BENCH_MEMORY] = "tn_run, storage memory",
            [BENCH_WRITTEN] = "tn_run, journal not synced",
            [BENCH_SYNCED] = "tn_run, synced on return",
        },
    .threads = {true, true, true},
    .open = open_store,
    .close = close_store,
    .session_open = session_open,
    .session_close = session_close,
    .get = get,
    .scan = scan,
    .put = put,
    .put_many = put_many,
};
