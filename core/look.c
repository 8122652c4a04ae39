/* look.c - looking inside: stats, what there is, the journal's records. */
#include <stdio.h>

#include "engine.h"
#include "try.h"

tn_status tni_result_end(tn_result *result, tn_error *error) {
  tn_status status = tn_builder_status(&result->builder);
  if (status != TN_OK)
    return tn_error_set(error, status, NULL, "the answer could not be built: %s", tn_status_text(status));
  result->value = tn_built(&result->builder);
  return TN_OK;
}

tn_builder *tni_result_begin(tn_result *result) {
  result->value = TN_NO_VALUE;
  result->seq = 0;
  tn_builder_clear(&result->builder);
  return &result->builder;
}

/* ---- stats ---------------------------------------------------------------------------------- */

/* As of now where nobody writes, else as of the last group that was sealed. */
static tni_state_stats state_stats(tn_engine *e) {
  tn_error ignored;
  if (e->read_only) return tni_state_get_stats(e->state);
  if (tni_writer_take(e, 0, &ignored) == TN_OK) {
    tni_state_stats now = tni_state_get_stats(e->state);
    tni_writer_give(e);
    return now;
  }
  pthread_mutex_lock(&e->mu);
  tni_state_stats last = e->state_stats;
  pthread_mutex_unlock(&e->mu);
  return last;
}

static void stats_of_state(tn_engine *e, tn_builder *b) {
  tni_state_stats s = state_stats(e);
  tn_name(b, "state");
  tn_object_begin(b);
  tn_set(b, "live_bytes", s.live_bytes);
  tn_set(b, "retired_bytes", s.retired_bytes);
  tn_set(b, "reserved_bytes", s.reserved_bytes);
  tn_set(b, "nodes", s.nodes);
  tn_set(b, "pins", s.pins);
  tn_end(b);
}

static void stats_of_maps(tn_engine *e, const tni_version *version, tn_builder *b) {
  tn_name(b, "entries");
  tn_object_begin(b);
  for (size_t n = 0; n < e->catalog.instance_count; n++) {
    const tni_instance *instance = &e->catalog.instances[n];
    tn_name(b, instance->name);
    tn_object_begin(b);
    for (uint32_t i = 0; i < instance->model->map_count; i++)
      tn_set(b, instance->model->maps[i].name, version->roots[instance->map_base + i].count);
    tn_end(b);
  }
  tn_end(b);
}

static void stats_of_totals(tn_engine *e, tn_builder *b) {
  const tni_totals *t = &e->totals;
  uint64_t commands = 0, queries = 0, failures = 0;
  for (const tni_tally *tally = t->tallies; tally < t->tallies + TNI_TALLIES; tally++) {
    commands += atomic_load(&tally->commands);
    queries += atomic_load(&tally->queries);
    failures += atomic_load(&tally->failures);
  }
  tn_name(b, "since_open");
  tn_object_begin(b);
  tn_set(b, "commands", commands);
  tn_set(b, "queries", queries);
  tn_set(b, "failures", failures);
  tn_set(b, "records", atomic_load(&t->records));
  tn_set(b, "groups", atomic_load(&t->groups));
  tn_set(b, "syncs", atomic_load(&t->syncs));
  tn_set(b, "snapshots", atomic_load(&t->snapshots));
  tn_set(b, "record_bytes", atomic_load(&t->journal_bytes));
  tn_end(b);
}

static void stats_of_storage(tn_engine *e, tn_builder *b) {
  tn_name(b, "journal");
  tn_object_begin(b);
  tn_set(b, "storage", e->storage->plugin.name);
  tn_set(b, "first_seq", atomic_load(&e->first_seq));
  tn_set(b, "snapshot_seq", atomic_load(&e->snapshot_seq));
  tn_set(b, "opened_clean", tn_arg_bool(e->storage_found.clean));
  tn_end(b);
  tn_name(b, "storage"); /* its own words, apart from the core's */
  tn_object_begin(b);
  e->storage->stats(e->storage_self, b);
  tn_end(b);
}

tn_status tn_stats(tn_engine *engine, tn_result *result, tn_error *error) {
  tni_pin pin;
  char digest[33];
  tn_builder *b = tni_result_begin(result);
  if (tni_pin_take(engine->state, &pin) != TN_OK)
    return tn_error_set(error, TN_NOMEM, NULL, "no memory to pin a version");
  tni_digest_text(pin.version->digest, digest);
  tn_object_begin(b);
  tn_set(b, "seq", pin.version->seq);
  tn_set(b, "epoch", engine->storage_found.epoch);
  tn_set(b, "time", tn_time(pin.version->time_us));
  tn_set(b, "digest", digest);
  tn_set(b, "writable", tn_arg_bool(!engine->read_only && !atomic_load(&engine->failed)));
  tn_set(b, "memory_bytes", atomic_load(&engine->memory.bytes));
  stats_of_maps(engine, pin.version, b);
  stats_of_state(engine, b);
  stats_of_storage(engine, b);
  stats_of_totals(engine, b);
  tn_end(b);
  result->seq = pin.version->seq;
  tni_pin_drop(engine->state, &pin);
  return tni_result_end(result, error);
}

/* ---- describe ------------------------------------------------------------------------------- */

static void describe_param(const tn_param *p, tn_builder *b) {
  tn_object_begin(b);
  tn_set(b, "name", p->name);
  tn_name(b, "types");
  tn_array_begin(b);
  for (int type = TN_NULL; type <= TN_OBJECT; type++)
    if (p->types & TN_TYPE_BIT(type)) tn_add(b, tn_type_name((tn_type)type));
  tn_end(b);
  tn_set(b, "required", tn_arg_bool(p->required));
  if (p->fallback.type != TN_ABSENT) tn_set(b, "default", p->fallback);
  tn_set(b, "doc", p->doc ? p->doc : "");
  tn_end(b);
}

static void describe_op(const tn_op_def *op, tn_builder *b) {
  tn_object_begin(b);
  tn_set(b, "name", op->name);
  tn_set(b, "kind", op->kind == TN_COMMAND ? "command" : "query");
  tn_set(b, "rows", tn_arg_bool((op->flags & TN_OP_ROWS) != 0));
  tn_set(b, "doc", op->doc ? op->doc : "");
  tn_name(b, "params");
  tn_array_begin(b);
  for (size_t i = 0; i < op->param_count; i++) describe_param(&op->params[i], b);
  tn_end(b);
  tn_end(b);
}

static void describe_plugin(const tn_plugin *p, tn_builder *b) {
  tn_object_begin(b);
  tn_set(b, "kind", tni_kind_name(p->kind));
  tn_set(b, "name", p->name);
  tn_set(b, "version", p->version);
  tn_set(b, "doc", p->doc ? p->doc : "");
  if (p->kind == TN_KIND_FORMATTER) tn_set(b, "text", ((const tn_formatter *)(const void *)p)->text);
  tn_end(b);
}

static void describe_models(const tn_engine *e, tn_builder *b) {
  tn_name(b, "models");
  tn_object_begin(b);
  for (size_t n = 0; n < e->catalog.instance_count; n++) {
    const tni_instance *instance = &e->catalog.instances[n];
    tn_name(b, instance->name);
    tn_object_begin(b);
    tn_set(b, "type", instance->model->plugin.name);
    tn_set(b, "version", instance->model->plugin.version);
    tn_name(b, "ops");
    tn_array_begin(b);
    for (size_t i = 0; i < instance->model->op_count; i++) describe_op(&instance->model->ops[i], b);
    tn_end(b);
    tn_end(b);
  }
  tn_end(b);
}

tn_status tn_describe(tn_engine *engine, tn_result *result, tn_error *error) {
  tn_builder *b = tni_result_begin(result);
  const tn_plugin *plugin;
  tn_object_begin(b);
  tn_name(b, "plugins");
  tn_array_begin(b);
  for (size_t i = 0; (plugin = engine ? tni_registry_at(engine->registry, i) : tni_builtins[i]); i++)
    describe_plugin(plugin, b);
  tn_end(b);
  if (engine) describe_models(engine, b);
  tn_end(b);
  return tni_result_end(result, error);
}

/* ---- the journal's records ------------------------------------------------------------------ */

static tn_status read_records(tn_engine *e, void *cursor, uint64_t to,
                              tn_status (*on_record)(void *, uint64_t, tn_value), void *arg, tn_error *error) {
  tn_builder scratch = TN_BUILDER_INIT;
  tn_record record;
  tn_status status;
  scratch.memory = &e->memory.memory;
  bool more = true;
  do {
    status = e->storage->read_next(e->storage_self, cursor, &record, error);
    more = status == TN_OK && (to == 0 || record.seq <= to);
    if (status == TN_NOT_FOUND) status = TN_OK;
    if (more) status = tni_record_decode(e->journal_format, &record, &scratch, error);
    if (more && status == TN_OK) status = on_record(arg, record.seq, tn_built(&scratch));
  } while (more && status == TN_OK);
  tn_builder_free(&scratch);
  return status;
}

#define TRIM_RACES_MAX 100

/* From `from`, or from the oldest there is, which trimming may have moved in the meantime. */
static tn_status open_records(tn_engine *e, uint64_t from, void **cursor, tn_error *error) {
  if (from != 0) return e->storage->read_open(e->storage_self, from, cursor, error);
  tn_status status = TN_TRIMMED;
  for (int i = 0; i < TRIM_RACES_MAX && status == TN_TRIMMED; i++)
    status = e->storage->read_open(e->storage_self, atomic_load(&e->first_seq), cursor, error);
  return status;
}

tn_status tn_journal_read(tn_engine *engine, uint64_t from, uint64_t to,
                          tn_status (*on_record)(void *arg, uint64_t seq, tn_value record), void *arg,
                          tn_error *error) {
  void *cursor;
  tn_error own_error;
  error = error ? error : &own_error;
  if (engine->storage_found.first_seq >= engine->storage_found.next_seq && atomic_load(&engine->acked_seq) == 0)
    return TN_OK;
  TRY(open_records(engine, from, &cursor, error));
  uint64_t acked = atomic_load(&engine->acked_seq);
  bool ends_here = !engine->read_only || engine->in_history;
  if (ends_here && (to == 0 || to > acked)) to = acked;
  tn_status status = ends_here && acked == 0 ? TN_OK : read_records(engine, cursor, to, on_record, arg, error);
  engine->storage->read_close(engine->storage_self, cursor);
  return status;
}
