#include "changes.h"

#include "key.h"
#include "try.h"

struct tni_changes {
  const tn_memory *memory;
  tni_replay replay; /* its state is sealed and published after each record */
  tn_builder list, key;
};

/* ---- where it begins ------------------------------------------------------------------------- */

static tn_status load_before(tni_replay *r, uint64_t seq, const uint64_t *seqs, size_t count, tn_error *error) {
  for (size_t i = 0; i < count; i++) {
    tn_error found = TN_ERROR_INIT;
    if (seqs[i] > seq) continue;
    tn_status status = tni_replay_snapshot(r, seqs[i], &found);
    if (status == TN_OK) return TN_OK;
    if (status != TN_CORRUPT && status != TN_NOT_FOUND) return *error = found, status;
    TRY(tni_replay_pass_over(r, seqs[i], &found, error));
  }
  return TN_OK;
}

/* Nobody removes a snapshot or trims meanwhile; but the owner beside whom a reader stands does, and then TRIMMED it
 * is. */
static tn_status go_to(tni_replay *r, uint64_t seq, tn_error *error) {
  tn_engine *e = r->engine;
  uint64_t *seqs;
  size_t count;
  if (seq == 0) return TN_OK;
  TRY(tni_snapshot_seqs(e, &seqs, &count, error));
  tn_status status = load_before(r, seq, seqs, count, error);
  tni_free(&e->memory.memory, seqs, count * sizeof *seqs);
  return status == TN_OK ? tni_replay_journal(r, seq, error) : status;
}

static tn_status publish(tni_changes *c, tn_error *error) {
  tni_replay *r = &c->replay;
  tni_version *version;
  if (tni_state_seal(r->state, r->seq, r->epoch, r->time_us, &version) != TN_OK)
    return tn_error_set(error, TN_NOMEM, NULL, "no memory to seal a version");
  tni_state_publish(r->state, version);
  return TN_OK;
}

tn_status tni_changes_open(tn_engine *e, uint64_t seq, tni_changes **out, tn_error *error) {
  const tn_memory *memory = &e->memory.memory;
  tni_changes *c = (tni_changes *)tni_alloc_zero(memory, sizeof *c);
  if (!c) return tn_error_set(error, TN_NOMEM, NULL, "no memory to follow changes");
  c->memory = memory;
  c->list = c->key = (tn_builder)TN_BUILDER_INIT;
  c->list.memory = c->key.memory = memory;
  tn_status status = tni_replay_init(&c->replay, e, error);
  pthread_mutex_lock(&e->keeping);
  if (status == TN_OK) status = go_to(&c->replay, seq, error);
  pthread_mutex_unlock(&e->keeping);
  if (status == TN_OK) status = publish(c, error);
  if (status == TN_OK)
    *out = c;
  else
    tni_changes_close(c);
  return status;
}

void tni_changes_close(tni_changes *c) {
  if (!c) return;
  tni_replay_fini(&c->replay);
  tn_builder_free(&c->list);
  tn_builder_free(&c->key);
  tni_free(c->memory, c, sizeof *c);
}

tn_status tni_changes_oldest(tn_engine *e, uint64_t seq, uint64_t *out, tn_error *error) {
  uint64_t *seqs;
  size_t count;
  *out = seq;
  if (seq == 0) return TN_OK;
  TRY(tni_snapshot_seqs(e, &seqs, &count, error));
  for (size_t i = 0; i < count && seqs[i] >= seq; i++) *out = seqs[i];
  tni_free(&e->memory.memory, seqs, count * sizeof *seqs);
  return TN_OK;
}

/* ---- what differs ---------------------------------------------------------------------------- */

typedef struct differing {
  tni_changes *changes;
  const tni_instance *instance;
  const tn_map_def *map;
} differing;

static void add_value(tn_builder *list, const char *name, const tn_map_def *map, tn_slice value) {
  if (!value.data) return;
  if (map->values == TN_VALUES_VALUE)
    tn_set(list, name, tn_bytes_value(value));
  else
    tn_set(list, name, value);
}

static tn_status add_change(void *arg, tn_slice key, tn_slice old_value, tn_slice new_value) {
  const differing *d = (const differing *)arg;
  tn_builder *list = &d->changes->list, *parts = &d->changes->key;
  bool is_tuple = d->map->keys == TN_KEYS_TUPLE;
  tn_builder_clear(parts);
  if (is_tuple) TRY(tni_key_decode(key, parts));
  tn_object_begin(list);
  tn_set(list, "model", d->instance->name);
  tn_set(list, "map", d->map->name);
  if (is_tuple)
    tn_set(list, "key", tn_built(parts));
  else
    tn_set(list, "key", key);
  add_value(list, "old", d->map, old_value);
  add_value(list, "new", d->map, new_value);
  tn_end(list);
  return list->status;
}

static tn_status list_changes(tni_changes *c, const tni_root *before, const tni_root *after) {
  const tni_catalog *catalog = &c->replay.engine->catalog;
  tn_builder_clear(&c->list);
  tn_array_begin(&c->list);
  for (size_t i = 0; i < catalog->instance_count; i++) {
    const tni_instance *instance = &catalog->instances[i];
    for (uint32_t map = 0; map < instance->model->map_count; map++) {
      differing d = {c, instance, &instance->model->maps[map]};
      TRY(tni_map_diff(c->replay.state, before, after, instance->map_base + map, add_change, &d));
    }
  }
  tn_end(&c->list);
  return tn_builder_status(&c->list);
}

static tn_status take(tni_changes *c, const tni_version *before, const tni_record *record, bool wanted,
                      tn_error *error) {
  tni_replay *r = &c->replay;
  TRY(tni_replay_record(r, record, error));
  tn_status status = wanted ? list_changes(c, before->roots, tni_state_working(r->state)) : TN_OK;
  if (status != TN_OK)
    return tn_error_set(error, status, NULL, "the changes of record %llu cannot be listed: %s",
                        (unsigned long long)record->seq, tn_status_text(status));
  return publish(c, error);
}

tn_status tni_changes_take(tni_changes *c, const tni_record *record, tn_value *out, tn_error *error) {
  tni_replay *r = &c->replay;
  tni_pin before;
  if (tni_pin_take(r->state, &before) != TN_OK)
    return tn_error_set(error, TN_NOMEM, NULL, "no memory to pin a version");
  const tni_version *v = before.version;
  tn_status status = take(c, v, record, out != NULL, error);
  if (status == TN_OK && out) *out = tn_built(&c->list);
  if (status != TN_OK) {
    tni_state_abandon(r->state);
    r->seq = v->seq;
    r->epoch = v->epoch;
    r->time_us = v->time_us;
  }
  tni_pin_drop(r->state, &before);
  return status;
}
