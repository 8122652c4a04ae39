/* recover.c - from what the storage holds to a state: newest valid snapshot, then the journal after it. */
#include <stdio.h>

#include "ahead.h"
#include "engine.h"
#include "key.h"
#include "try.h"

/* ---- one record ----------------------------------------------------------------------------- */

tn_status tni_replay_init(tni_replay *r, tn_engine *e, tn_error *error) {
  *r = (tni_replay){.engine = e, .models = TN_BUILDER_INIT, .result = TN_BUILDER_INIT};
  r->env = (tni_env){.catalog = &e->catalog, .memory = &e->memory.memory, .writable = true, .replaying = true};
  r->models.memory = r->result.memory = &e->memory.memory;
  if (tni_state_create(&e->memory.memory, e->catalog.map_count, e->catalog.map_seeds, &r->state) != TN_OK)
    return tn_error_set(error, TN_NOMEM, NULL, "no memory for the state");
  tni_state_set_exclusive(r->state, true);
  return TN_OK;
}

void tni_replay_fini(tni_replay *r) {
  tni_state_destroy(r->state);
  tn_builder_free(&r->models);
  tn_builder_free(&r->result);
}

tn_status tni_replay_go_on(const tni_replay *r, tn_error *error) {
  const tn_engine *e = r->engine;
  if (!e->interrupted || !e->interrupted(e->interrupted_arg)) return TN_OK;
  return tn_error_set(error, TN_INTERRUPTED, NULL, "interrupted");
}

static tn_status damaged(const tni_replay *r, tn_error *error, const char *what) {
  char where[64];
  snprintf(where, sizeof where, "record %llu", (unsigned long long)(r->seq + 1));
  return tn_error_set(error, TN_CORRUPT, where, "%s", what);
}

/* Puts the record's number before what a failing step said. */
static tn_status at_record(const tni_replay *r, tn_status status, const char *op, tn_error *error) {
  tn_error inner = *error;
  char where[64];
  snprintf(where, sizeof where, "record %llu", (unsigned long long)(r->seq + 1));
  if (status == TN_NOMEM) return tn_error_set(error, status, where, "out of memory during replay");
  return tn_error_set(error, TN_CORRUPT, where, "replaying %s failed with %s: %.150s", op, tn_status_name(status),
                      inner.text);
}

/* The version that the journal says made what follows; 0 when it says nothing of this instance. */
static uint32_t recorded_version(const tni_replay *r, const char *instance) {
  int64_t version = 0;
  (void)tn_as_int(tn_item(tn_field(tn_built(&r->models), instance), 1), &version);
  return (uint32_t)version;
}

static tn_status check_types(const tni_replay *r, tn_error *error) {
  for (tn_iter it = tn_iter_of(tn_built(&r->models)); tn_iter_next(&it);) {
    const tni_instance *instance = tni_catalog_instance(&r->engine->catalog, it.name);
    tn_slice type = {"", 0};
    (void)tn_as_string(tn_item(it.value, 0), &type);
    if (!instance) continue;
    if (tni_is_named(instance->model->plugin.name, type)) continue;
    char where[TN_ERROR_WHERE_MAX];
    snprintf(where, sizeof where, "$.models.%s.type", instance->name);
    return tn_error_set(error, TN_INVALID, where, "the data was written by a '%.*s', the config says '%s'",
                        (int)type.size, (const char *)type.data, instance->model->plugin.name);
  }
  return TN_OK;
}

static tn_status take_models(tni_replay *r, tn_value models, tn_error *error) {
  r->op = NULL;
  tn_builder_clear(&r->models);
  tn_add(&r->models, models);
  if (tn_builder_status(&r->models) != TN_OK) return tn_error_set(error, TN_NOMEM, NULL, "out of memory");
  return check_types(r, error);
}

static tn_status find_instance(const tni_replay *r, tn_slice name, tni_instance **out, tn_error *error) {
  char where[TN_ERROR_WHERE_MAX];
  *out = tni_catalog_instance(&r->engine->catalog, name);
  if (*out) return TN_OK;
  snprintf(where, sizeof where, "$.models.%.*s", (int)(name.size < 64 ? name.size : 64), (const char *)name.data);
  return tn_error_set(error, TN_INVALID, where,
                      "the data holds a model that the config does not name; add it to \"models\"");
}

/* Handlers of another version might do something else now: their commands are not run again. */
static tn_status check_version(const tni_replay *r, const tni_instance *instance, tn_error *error) {
  uint32_t version = recorded_version(r, instance->name);
  if (version == 0 || version == instance->model->plugin.version) return TN_OK;
  return tn_error_set(error, TN_INVALID, instance->name,
                      "the journal needs version %u of model '%s' and this is version %u; open it with that version "
                      "and write a snapshot first",
                      (unsigned)version, instance->model->plugin.name, (unsigned)instance->model->plugin.version);
}

static tn_status apply_change(tni_replay *r, const tni_instance *instance, tn_value change, tn_error *error) {
  tn_slice name, key, value;
  if (!tn_as_string(tn_item(change, 0), &name) || !tn_as_bytes(tn_item(change, 1), &key))
    return damaged(r, error, "a change is not [map, key, value]");
  uint32_t map = 0;
  while (map < instance->model->map_count && !tni_is_named(instance->model->maps[map].name, name)) map++;
  if (map == instance->model->map_count) return damaged(r, error, "a change names a map that the model has not");
  tn_status status = tn_as_bytes(tn_item(change, 2), &value)
                         ? tni_map_put(r->state, instance->map_base + map, key, value)
                         : tni_map_delete(r->state, instance->map_base + map, key);
  return status == TN_OK ? TN_OK : at_record(r, status, "a change", error);
}

static tn_status run_command(tni_replay *r, tni_env *env, const tn_op *op, const tn_value *argv, tn_error *error) {
  tn_builder_clear(&r->result);
  tn_status status = tni_exec_op(env, op, argv, (tni_sink){NULL, NULL}, &r->result, error);
  return status == TN_OK ? TN_OK : at_record(r, status, op->def->name, error);
}

static tn_status apply_command(tni_replay *r, tni_env *env, const tn_op *op, tn_value args, tn_error *error) {
  tn_value argv[TN_OP_PARAM_MAX];
  tn_status status = tni_bind(op, args, argv, error);
  return status == TN_OK ? run_command(r, env, op, argv, error) : at_record(r, status, op->def->name, error);
}

/* Makes r->op the command that those names stand for. */
static tn_status find_command(tni_replay *r, tn_slice model, tn_slice name, tn_error *error) {
  tni_instance *instance;
  if (r->op && tni_is_named(r->op->instance->name, model) && tni_is_named(r->op->def->name, name)) return TN_OK;
  TRY(find_instance(r, model, &instance, error));
  TRY(check_version(r, instance, error));
  const tn_op *op = tni_instance_op(instance, name);
  if (!op || op->def->kind != TN_COMMAND) return damaged(r, error, "an operation is none of its model's commands");
  r->op = op;
  return TN_OK;
}

static tn_status apply_changes(tni_replay *r, tn_slice model, tn_value changes, tn_error *error) {
  tni_instance *instance;
  TRY(find_instance(r, model, &instance, error));
  for (tn_iter it = tn_iter_of(changes); tn_iter_next(&it);) TRY(apply_change(r, instance, it.value, error));
  return TN_OK;
}

/* Tells the map which keys the next commands will look at. */
#define TOGETHER 16

static void expect(const tni_replay *r, size_t from) {
  const tni_batch *b = r->batch;
  size_t end = from + TOGETHER < b->ready_count ? from + TOGETHER : b->ready_count;
  for (size_t i = from; i < end;) {
    tn_slice keys[TOGETHER];
    uint32_t map = b->ready[i].map;
    size_t count = 0;
    for (; i < end && b->ready[i].map == map; i++)
      if (b->ready[i].size > 0) keys[count++] = (tn_slice){b->keys.data + b->ready[i].start, b->ready[i].size};
    tni_map_expect(r->state, map, keys, count);
  }
}

static void expect_next(const tni_replay *r) {
  if (r->ready % TOGETHER != 0) return;
  tni_map_expect_now(r->state);
  expect(r, r->ready + TOGETHER);
}

/* The op, where it has been made ready. */
static const tni_ready *ready_for(tni_replay *r, const tni_record *record, uint64_t op_number) {
  const tni_batch *b = r->batch;
  if (!b || r->ready == b->ready_count) return NULL;
  const tni_ready *ready = &b->ready[r->ready];
  if (&b->records[ready->record] != record || ready->number != op_number) return NULL;
  expect_next(r);
  r->ready++;
  return ready;
}

static tn_status apply_ready(tni_replay *r, tni_env *env, const tni_ready *ready, tn_error *error) {
  if (r->op != ready->op) TRY(check_version(r, ready->op->instance, error));
  r->op = ready->op;
  if (ready->size > 0) env->first.key = (tn_slice){r->batch->keys.data + ready->start, ready->size};
  return run_command(r, env, ready->op, ready->argv, error);
}

static tn_status apply_op(tni_replay *r, tni_env *env, tn_value entry, tn_error *error) {
  tn_slice model, name;
  tn_container parts = tn_container_of(entry);
  tn_value part[4] = {TN_NO_VALUE, TN_NO_VALUE, TN_NO_VALUE, TN_NO_VALUE};
  for (uint32_t i = 0; i < parts.count && i < 4 && !parts.is_object; i++)
    part[i] = tn_bytes_value(tn_container_slot(&parts, i));
  if (!tn_as_string(part[0], &model) || !tn_as_string(part[1], &name))
    return damaged(r, error, "an operation is not [model, op, args]");
  if (parts.count == 4) return apply_changes(r, model, part[3], error);
  TRY(find_command(r, model, name, error));
  return apply_command(r, env, r->op, part[2], error);
}

static tn_status check_digest(const tni_replay *r, const tni_record *record, tn_error *error) {
  char have[33], want[33], text[TN_ERROR_TEXT_MAX];
  tni_digest digest = tni_state_digest(r->state);
  if (tni_digest_equal(digest, record->digest)) return TN_OK;
  tni_digest_text(digest, have);
  tni_digest_text(record->digest, want);
  snprintf(text, sizeof text, "after this record the state's digest is %s, it was %s; a handler is not deterministic",
           have, want);
  return damaged(r, error, text);
}

static void begin_record(tni_replay *r, const tni_record *record) {
  tni_env *env = &r->env;
  env->state = r->state;
  env->roots = tni_state_working(r->state);
  env->seq = record->seq;
  env->now_us = record->time_us;
  env->seed = record->seed;
  env->op_number = 0;
}

tn_status tni_replay_record(tni_replay *r, const tni_record *record, tn_error *error) {
  tni_env *env = &r->env;
  if (record->seq != r->seq + 1)
    return damaged(r, error, "a record has another number inside than the journal gives it");
  if (record->epoch < r->epoch) return damaged(r, error, "a record's epoch is older than the one before");
  if (!tn_is_absent(record->models)) TRY(take_models(r, record->models, error));
  begin_record(r, record);
  for (tn_iter it = tn_iter_of(record->ops); tn_iter_next(&it); env->op_number++) {
    const tni_ready *ready = ready_for(r, record, env->op_number);
    env->random_drawn = 0;
    env->first = (tni_first){{NULL, 0}, NULL};
    TRY(ready ? apply_ready(r, env, ready, error) : apply_op(r, env, it.value, error));
  }
  TRY(check_digest(r, record, error));
  r->seq = record->seq;
  r->epoch = record->epoch;
  r->time_us = record->time_us;
  r->records++;
  return TN_OK;
}

/* ---- the journal ---------------------------------------------------------------------------- */

static tn_status replay_batch(tni_replay *r, const tni_batch *b, tn_error *error) {
  r->batch = b;
  r->ready = 0;
  expect(r, 0);
  for (size_t i = 0; i < b->count; i++) {
    TRY(tni_replay_go_on(r, error));
    r->stopped = r->has_until && b->records[i].time_us > r->until_us;
    if (r->stopped) return TN_OK;
    TRY(tni_replay_record(r, &b->records[i], error));
  }
  return TN_OK;
}

tn_status tni_replay_journal(tni_replay *r, uint64_t to, tn_error *error) {
  tni_ahead *ahead;
  const tni_batch *batch;
  uint64_t end = to != 0 ? to : r->engine->storage_found.next_seq - 1;
  tn_status status = TN_OK;
  if (r->seq >= end) return TN_OK;
  TRY(tni_ahead_open(r->engine, r->seq + 1, end, &ahead, error));
  while (status == TN_OK && r->seq < end && !r->stopped) {
    status = tni_ahead_next(ahead, tni_state_room(r->state), &batch, error);
    if (status == TN_OK) status = replay_batch(r, batch, error);
  }
  r->batch = NULL;
  tni_ahead_close(ahead);
  return status;
}

tn_status tni_replay_snapshot(tni_replay *r, uint64_t seq, tn_error *error) {
  TRY(tni_snapshot_load(r, seq, error));
  return check_types(r, error);
}

/* ---- choosing where to start ---------------------------------------------------------------- */

typedef struct seq_list {
  const tn_memory *memory;
  uint64_t *seqs;
  size_t count;
} seq_list;

static tn_status collect_seq(void *arg, uint64_t seq, uint64_t size) {
  seq_list *list = (seq_list *)arg;
  (void)size;
  size_t bytes = list->count * sizeof seq;
  uint64_t *seqs = (uint64_t *)tni_resize(list->memory, list->seqs, bytes, bytes + sizeof seq);
  if (!seqs) return TN_NOMEM;
  seqs[list->count++] = seq;
  list->seqs = seqs;
  return TN_OK;
}

tn_status tni_snapshot_seqs(tn_engine *e, uint64_t **out, size_t *count, tn_error *error) {
  seq_list list = {&e->memory.memory, NULL, 0};
  tn_status status = e->storage->snapshot_list(e->storage_self, collect_seq, &list, error);
  if (status != TN_OK) {
    tni_free(list.memory, list.seqs, list.count * sizeof *list.seqs);
    return tn_error_set(error, status, NULL, "the snapshots cannot be listed");
  }
  *out = list.seqs;
  *count = list.count;
  return TN_OK;
}

/* A snapshot further than the journal means that the journal lost records. */
static bool is_ahead(const tn_engine *e, uint64_t seq) { return seq >= e->storage_found.next_seq; }

/* It is of records that the operator gave up; left there it would be taken for the state of their successors. */
static tn_status give_up_snapshot(tn_engine *e, uint64_t seq, tn_error *error) {
  if (e->read_only) return TN_OK;
  tni_log(e, TN_LOG_WARNING, "snapshot %llu is of records that were given up and is removed",
          (unsigned long long)seq);
  return e->storage->snapshot_remove(e->storage_self, seq, error);
}

tn_status tni_replay_pass_over(tni_replay *r, uint64_t seq, const tn_error *found, tn_error *error) {
  tn_engine *e = r->engine;
  tni_log(e, TN_LOG_WARNING, "snapshot %llu is damaged and is passed over: %s (%s)", (unsigned long long)seq,
          found->text, found->where);
  tni_replay_fini(r);
  return tni_replay_init(r, e, error);
}

static tn_status load_newest(tn_engine *e, tni_replay *r, const uint64_t *seqs, size_t count, tn_error *error) {
  for (size_t i = 0; i < count; i++) {
    tn_error found = TN_ERROR_INIT;
    if (is_ahead(e, seqs[i]) && e->config.truncate_damaged) {
      TRY(give_up_snapshot(e, seqs[i], error));
      continue;
    }
    if (is_ahead(e, seqs[i]) && e->read_only) continue; /* the owner has just made it */
    if (is_ahead(e, seqs[i]))
      return tn_error_set(error, TN_CORRUPT, NULL, "there is a snapshot of record %llu, but the journal ends at %llu",
                          (unsigned long long)seqs[i], (unsigned long long)e->storage_found.next_seq - 1);
    tn_status status = tni_replay_snapshot(r, seqs[i], &found);
    if (status == TN_OK) return TN_OK;
    if (status != TN_CORRUPT) return *error = found, status;
    TRY(tni_replay_pass_over(r, seqs[i], &found, error));
  }
  return TN_OK;
}

static tn_status check_reach(const tn_engine *e, const tni_replay *r, tn_error *error) {
  if (r->seq + 1 >= e->storage_found.first_seq) return TN_OK;
  return tn_error_set(error, TN_CORRUPT, NULL, "the journal begins at record %llu and no valid snapshot reaches it",
                      (unsigned long long)e->storage_found.first_seq);
}

static tn_status restore(tn_engine *e, tni_replay *r, tn_error *error) {
  uint64_t *seqs;
  size_t count;
  TRY(tni_snapshot_seqs(e, &seqs, &count, error));
  tn_status status = load_newest(e, r, seqs, count, error);
  if (status == TN_OK) status = check_reach(e, r, error);
  if (status == TN_OK) {
    atomic_store(&e->snapshot_seq, r->seq);
    status = tni_replay_journal(r, 0, error);
  }
  tni_free(&e->memory.memory, seqs, count * sizeof *seqs);
  return status;
}

/* Data of another version that no journal follows: the model's upgrade may take it on. */
static tn_status check_upgrades(const tni_replay *r, tn_error *error) {
  const tni_catalog *c = &r->engine->catalog;
  for (size_t i = 0; i < c->instance_count; i++) {
    uint32_t version = recorded_version(r, c->instances[i].name);
    uint32_t own = c->instances[i].model->plugin.version;
    bool possible = version < own && c->instances[i].model->upgrade && r->records == 0 && !r->engine->read_only;
    if (version == 0 || version == own || possible) continue;
    return check_version(r, &c->instances[i], error);
  }
  return TN_OK;
}

/* All of them in one record: after it the data is of no old version any more. */
static tn_status run_upgrades(tn_engine *e, const tni_replay *r, tn_error *error) {
  size_t size = e->catalog.instance_count * sizeof(uint32_t);
  uint32_t *from = (uint32_t *)tni_alloc_zero(&e->memory.memory, size);
  if (!from) return tn_error_set(error, TN_NOMEM, NULL, "no memory for the upgrades");
  bool any = false;
  for (size_t i = 0; i < e->catalog.instance_count; i++) {
    uint32_t version = recorded_version(r, e->catalog.instances[i].name);
    if (version != 0 && version != e->catalog.instances[i].model->plugin.version) from[i] = version, any = true;
  }
  tn_status status = any ? tni_upgrade(e, from, error) : TN_OK;
  tni_free(&e->memory.memory, from, size);
  return status;
}

/* Whether the journal says already which models make what follows. */
static tn_status compare_models(tn_engine *e, const tni_replay *r, tn_error *error) {
  tn_builder now = TN_BUILDER_INIT;
  now.memory = &e->memory.memory;
  tni_models_value(e, &now);
  tn_status status = tn_builder_status(&now);
  e->models_recorded = status == TN_OK && tn_value_same(tn_built(&now), tn_built(&r->models));
  tn_builder_free(&now);
  return status == TN_OK ? TN_OK : tn_error_set(error, status, NULL, "no memory to compare the models");
}

/* The replayed state becomes the engine's, with a version for readers. */
static tn_status adopt(tn_engine *e, tni_replay *r, tn_error *error) {
  tni_version *version;
  TRY(compare_models(e, r, error));
  tni_state_set_exclusive(r->state, false);
  if (tni_state_seal(r->state, r->seq, r->epoch, r->time_us, &version) != TN_OK)
    return tn_error_set(error, TN_NOMEM, NULL, "no memory for the first version");
  tni_state_publish(r->state, version);
  tni_state_set_memory_max(r->state, (uint64_t)e->config.memory_max);
  e->state = r->state;
  r->state = NULL;
  e->applied_seq = e->synced_seq = r->seq;
  atomic_store(&e->acked_seq, r->seq);
  e->applied_time_us = r->time_us;
  if (r->epoch > e->storage_found.epoch) e->storage_found.epoch = r->epoch;
  return TN_OK;
}

tn_status tni_recover(tn_engine *e, tn_error *error) {
  tni_replay r;
  TRY(tni_replay_init(&r, e, error));
  tn_status status = e->in_history ? tni_history_restore(&r, error) : restore(e, &r, error);
  if (status == TN_OK) status = check_upgrades(&r, error);
  if (status == TN_OK) status = adopt(e, &r, error);
  if (status == TN_OK) status = run_upgrades(e, &r, error);
  tni_replay_fini(&r);
  return status;
}
