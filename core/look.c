/* look.c - looking inside: stats, what there is, the journal's records, and checking all of it; backup, too, which is
 * reading everything and writing it elsewhere. */
#include <stdarg.h>
#include <stdio.h>

#include "engine.h"
#include "try.h"

static tn_status finish(tn_result *result, tn_error *error) {
  tn_status status = tn_builder_status(&result->builder);
  if (status != TN_OK) return tn_error_set(error, status, NULL, "the answer could not be built: %s", tn_status_text(status));
  result->value = tn_built(&result->builder);
  return TN_OK;
}

static tn_builder *start(tn_result *result) {
  result->value = TN_NO_VALUE;
  result->seq = 0;
  tn_builder_clear(&result->builder);
  return &result->builder;
}

/* ---- stats ---------------------------------------------------------------------------------- */

static void stats_of_state(tn_engine *e, tn_builder *b) {
  tn_error ignored;
  if (!e->read_only && tni_writer_take(e, e->config.write_wait_ms, &ignored) != TN_OK) return;
  tni_state_stats s = tni_state_get_stats(e->state);
  if (!e->read_only) tni_writer_give(e);
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
  tn_name(b, "since_open");
  tn_object_begin(b);
  tn_set(b, "commands", atomic_load(&t->commands));
  tn_set(b, "queries", atomic_load(&t->queries));
  tn_set(b, "failures", atomic_load(&t->failures));
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
  tn_set(b, "first_seq", e->storage_found.first_seq);
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
  tn_builder *b = start(result);
  if (tni_pin_take(engine->state, &pin) != TN_OK) return tn_error_set(error, TN_NOMEM, NULL, "no memory to pin a version");
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
  return finish(result, error);
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
  tn_builder *b = start(result);
  const tn_plugin *plugin;
  tn_object_begin(b);
  tn_name(b, "plugins");
  tn_array_begin(b);
  for (size_t i = 0; (plugin = engine ? tni_registry_at(engine->registry, i) : tni_builtins[i]); i++) describe_plugin(plugin, b);
  tn_end(b);
  if (engine) describe_models(engine, b);
  tn_end(b);
  return finish(result, error);
}

/* ---- the journal's records ------------------------------------------------------------------ */

static tn_status read_records(tn_engine *e, void *cursor, uint64_t to, tn_status (*on_record)(void *, uint64_t, tn_value),
                              void *arg, tn_error *error) {
  tn_builder scratch = TN_BUILDER_INIT;
  tn_record record;
  tn_status status;
  size_t used;
  scratch.memory = &e->memory.memory;
  while ((status = e->storage->read_next(e->storage_self, cursor, &record, error)) == TN_OK) {
    if (to != 0 && record.seq > to) break;
    tn_builder_clear(&scratch);
    status = e->journal_format->decode(&tni_host, record.bytes, &scratch, &used, error);
    if (status == TN_OK) status = on_record(arg, record.seq, tn_built(&scratch));
    if (status != TN_OK) break;
  }
  tn_builder_free(&scratch);
  return status == TN_NOT_FOUND ? TN_OK : status;
}

tn_status tn_journal_read(tn_engine *engine, uint64_t from, uint64_t to,
                          tn_status (*on_record)(void *arg, uint64_t seq, tn_value record), void *arg, tn_error *error) {
  void *cursor;
  tn_error own_error;
  error = error ? error : &own_error;
  if (from == 0) from = engine->storage_found.first_seq;
  if (engine->storage_found.first_seq >= engine->storage_found.next_seq && atomic_load(&engine->acked_seq) == 0) return TN_OK;
  TRY(engine->storage->read_open(engine->storage_self, from, &cursor, error));
  uint64_t acked = atomic_load(&engine->acked_seq);
  if (!engine->read_only && (to == 0 || to > acked)) to = acked;
  tn_status status = !engine->read_only && acked == 0 ? TN_OK : read_records(engine, cursor, to, on_record, arg, error);
  engine->storage->read_close(engine->storage_self, cursor);
  return status;
}

/* ---- check ---------------------------------------------------------------------------------- */

typedef struct checking {
  tn_engine *engine;
  void (*on_problem)(void *arg, const char *line);
  void *arg;
  uint64_t problems, snapshots, records;
  tn_error *error;
} checking;

static void problem(checking *c, const char *format, ...) TN_PRINTF(2, 3);
static void problem(checking *c, const char *format, ...) {
  char line[TN_ERROR_TEXT_MAX + TN_ERROR_WHERE_MAX + 64];
  va_list args;
  va_start(args, format);
  vsnprintf(line, sizeof line, format, args);
  va_end(args);
  c->problems++;
  if (c->on_problem) c->on_problem(c->arg, line);
}

/* A finding is reported and the check goes on; anything that keeps the check itself from working is handed up. */
static tn_status found(checking *c, tn_status status, const tn_error *error) {
  if (status == TN_NOMEM || status == TN_IO || status == TN_FULL) {
    *c->error = *error;
    return status;
  }
  problem(c, "%s%s%s", error->where, error->where[0] ? ": " : "", error->text);
  return TN_OK;
}

/* Loads a snapshot by itself and compares it with what the journal made of the same point. */
static tn_status check_snapshot(checking *c, const tni_replay *journal, uint64_t seq) {
  tni_replay r;
  tn_error error = TN_ERROR_INIT;
  TRY(tni_replay_init(&r, c->engine, c->error));
  tn_status status = tni_replay_snapshot(&r, seq, &error);
  c->snapshots++;
  if (status != TN_OK) status = found(c, status, &error);
  else if (journal && journal->seq == seq && !tni_digest_equal(tni_state_digest(r.state), tni_state_digest(journal->state)))
    problem(c, "snapshot %llu is not what the journal makes of record %llu", (unsigned long long)seq, (unsigned long long)seq);
  tni_replay_fini(&r);
  return status;
}

/* The whole journal from where it begins, stopping at each snapshot to compare. */
static tn_status check_history(checking *c, tni_replay *r, const uint64_t *seqs, size_t count) {
  tn_engine *e = c->engine;
  tn_error error = TN_ERROR_INIT;
  size_t left = count;
  if (e->storage_found.first_seq > 1) {
    while (left > 0 && seqs[left - 1] + 1 < e->storage_found.first_seq) TRY(check_snapshot(c, NULL, seqs[--left]));
    if (left == 0) return problem(c, "no snapshot reaches the oldest record"), TN_OK;
    tn_status status = tni_replay_snapshot(r, seqs[left - 1], &error);
    if (status != TN_OK) return found(c, status, &error);
    left--;
    c->snapshots++;
  }
  for (; left > 0; left--) {
    tn_status status = tni_replay_journal(r, seqs[left - 1], &error);
    if (status != TN_OK) return found(c, status, &error);
    TRY(check_snapshot(c, r, seqs[left - 1]));
  }
  tn_status status = tni_replay_journal(r, 0, &error);
  return status == TN_OK ? TN_OK : found(c, status, &error);
}

static tn_status check_journal(checking *c) {
  tn_engine *e = c->engine;
  uint64_t *seqs;
  size_t count;
  tni_replay r;
  tni_pin pin;
  TRY(tni_snapshot_seqs(e, &seqs, &count, c->error));
  tn_status status = tni_replay_init(&r, e, c->error);
  if (status == TN_OK) {
    status = check_history(c, &r, seqs, count);
    c->records = r.records;
    if (status == TN_OK && c->problems == 0 && tni_pin_take(e->state, &pin) == TN_OK) {
      if (pin.version->seq == r.seq && !tni_digest_equal(pin.version->digest, tni_state_digest(r.state)))
        problem(c, "the open engine's digest is not that of its journal at record %llu", (unsigned long long)r.seq);
      tni_pin_drop(e->state, &pin);
    }
    tni_replay_fini(&r);
  }
  tni_free(&e->memory.memory, seqs, count * sizeof *seqs);
  return status;
}

typedef struct model_check {
  checking *checking;
  const tni_instance *instance;
} model_check;

static tn_status model_problem(void *arg, tn_value row) {
  const model_check *m = (const model_check *)arg;
  tn_slice text = {"", 0};
  (void)tn_as_string(row, &text);
  problem(m->checking, "model '%s': %.*s", m->instance->name, (int)text.size, (const char *)text.data);
  return TN_OK;
}

static tn_status call_check(tn_ctx *ctx, void *arg) {
  tn_builder *row = tn_builder_for(ctx);
  return row ? ((const model_check *)arg)->instance->model->check(ctx, row) : TN_NOMEM;
}

static tn_status check_state(checking *c, const tni_version *version) {
  tn_error error = TN_ERROR_INIT;
  if (tni_state_check(c->engine->state, version->roots, &error) != TN_OK) problem(c, "the state: %s", error.text);
  if (!tni_digest_equal(tni_state_digest_scan(c->engine->state, version->roots), version->digest))
    problem(c, "the state's digest is not that of its entries");
  for (size_t i = 0; i < c->engine->catalog.instance_count; i++) {
    tni_instance *instance = &c->engine->catalog.instances[i];
    if (!instance->model->check) continue;
    model_check m = {c, instance};
    tni_env env = tni_env_pinned(c->engine, version);
    tn_status status = tni_exec_slot(&env, instance, call_check, &m, (tni_sink){model_problem, &m}, &error);
    if (status != TN_OK) TRY(found(c, status, &error));
  }
  return TN_OK;
}

tn_status tn_check(tn_engine *engine, void (*on_problem)(void *arg, const char *line), void *arg, tn_result *result,
                   tn_error *error) {
  tn_error own_error;
  checking c = {.engine = engine, .on_problem = on_problem, .arg = arg, .error = error ? error : &own_error};
  tni_pin pin;
  TRY(check_journal(&c));
  if (tni_pin_take(engine->state, &pin) != TN_OK) return tn_error_set(c.error, TN_NOMEM, NULL, "no memory to pin a version");
  tn_status status = check_state(&c, pin.version);
  uint64_t seq = pin.version->seq;
  tni_pin_drop(engine->state, &pin);
  TRY(status);
  if (result) {
    (void)tn_obj(start(result), "records", c.records, "snapshots", c.snapshots, "seq", seq, "problems", c.problems);
    TRY(finish(result, c.error));
  }
  return c.problems == 0 ? TN_OK : tn_error_set(c.error, TN_CORRUPT, NULL, "%llu problems were found", (unsigned long long)c.problems);
}

/* ---- snapshot and backup -------------------------------------------------------------------- */

tn_status tn_snapshot(tn_engine *engine, uint64_t *seq, tn_error *error) {
  uint64_t written = 0;
  tn_error own_error;
  TRY(tni_snapshot_now(engine, &written, error ? error : &own_error));
  if (seq) *seq = written;
  return TN_OK;
}

typedef struct backup {
  tn_engine *engine;
  void *target;
  const tni_version *version;
  unsigned interrupts_seen;
  tn_error *error;
} backup;

#define BACKUP_RUN 1024 /* records appended at once */

/* Records are copied as they are; both sides have one format. */
static tn_status copy_records(backup *b) {
  tn_engine *e = b->engine;
  void *cursor;
  tn_record record;
  tn_status status;
  uint64_t first = e->storage_found.first_seq, last = 0;
  if (first > b->version->seq) return TN_OK;
  TRY(e->storage->read_open(e->storage_self, first, &cursor, b->error));
  while ((status = e->storage->read_next(e->storage_self, cursor, &record, b->error)) == TN_OK && record.seq <= b->version->seq) {
    uint32_t flags = record.seq % BACKUP_RUN == 0 || record.seq == b->version->seq ? TN_APPEND_SYNC : 0;
    status = e->storage->append(b->target, record.seq, &record.bytes, 1, flags, b->error);
    if (status == TN_OK && atomic_load(&e->interrupts) != b->interrupts_seen)
      status = tn_error_set(b->error, TN_INTERRUPTED, NULL, "the backup was stopped; remove it");
    if (status != TN_OK) break;
    last = record.seq;
  }
  e->storage->read_close(e->storage_self, cursor);
  if (status == TN_NOT_FOUND && last < b->version->seq)
    return tn_error_set(b->error, TN_BUSY, NULL, "the owner has not shown record %llu yet; remove the backup and make another",
                        (unsigned long long)b->version->seq);
  return status == TN_NOT_FOUND ? TN_OK : status;
}

static void log_nothing(void *arg, const char *line) { (void)arg, (void)line; }

/* Until it is whole the log says so itself, where the storage can take that back. */
static tn_status open_target(backup *b, const char *path, tn_storage_state *found_there) {
  tn_engine *e = b->engine;
  tn_builder meta = TN_BUILDER_INIT;
  meta.memory = &e->memory.memory;
  tni_meta_build(e, tni_storage_sets_meta(e->storage) ? "backup" : NULL, &meta);
  if (tn_builder_status(&meta) != TN_OK) return tn_error_set(b->error, TN_NOMEM, NULL, "no memory for a backup");
  tn_storage_options options = {.host = &tni_host,
                                .memory = &e->memory.memory,
                                .io = e->io,
                                .path = path,
                                .config = tn_built(&e->config.storage),
                                .meta = tn_value_bytes(tn_built(&meta)),
                                .base_seq = e->storage_found.first_seq,
                                .base_epoch = e->storage_found.epoch,
                                .text = e->journal_format->text,
                                .log = log_nothing,
                                .log_arg = NULL};
  tn_status status = e->storage->open(b->target, &options, found_there, b->error);
  tn_builder_free(&meta);
  return status;
}

static tn_status finish_target(backup *b) {
  const tn_storage *storage = b->engine->storage;
  if (!tni_storage_sets_meta(storage)) return TN_OK;
  TRY(storage->sync(b->target, b->error));
  return storage->set_meta(b->target, b->engine->storage_found.meta, b->error);
}

static tn_status fill_target(backup *b, const tn_storage_state *found_there, const char *path) {
  if (found_there->next_seq != b->engine->storage_found.first_seq || found_there->first_seq != found_there->next_seq)
    return tn_error_set(b->error, TN_EXISTS, path, "there is data already; a backup goes into an empty folder");
  TRY(copy_records(b));
  if (b->version->seq > 0) TRY(tni_snapshot_write(b->engine, b->version, b->engine->storage, b->target, b->error));
  return finish_target(b);
}

static tn_status back_up(backup *b, const char *path) {
  tn_engine *e = b->engine;
  tn_storage_state found_there;
  b->target = tni_alloc_zero(&e->memory.memory, e->storage->state_size + 1);
  if (!b->target) return tn_error_set(b->error, TN_NOMEM, NULL, "no memory for a backup");
  tn_status status = open_target(b, path, &found_there);
  if (status == TN_OK) {
    tn_error closing = TN_ERROR_INIT;
    status = fill_target(b, &found_there, path);
    tn_status closed = e->storage->close(b->target, &closing);
    if (status == TN_OK && closed != TN_OK) *b->error = closing, status = closed;
  }
  tni_free(&e->memory.memory, b->target, e->storage->state_size + 1);
  return status;
}

tn_status tn_backup(tn_engine *engine, const char *path, uint64_t *seq, tn_error *error) {
  tn_error own_error;
  tni_pin pin;
  if (tni_pin_take(engine->state, &pin) != TN_OK) return tn_error_set(error, TN_NOMEM, NULL, "no memory to pin a version");
  backup b = {engine, NULL, pin.version, atomic_load(&engine->interrupts), error ? error : &own_error};
  tn_status status = back_up(&b, path);
  if (status == TN_OK && seq) *seq = pin.version->seq;
  tni_pin_drop(engine->state, &pin);
  return status;
}
