/* copy.c - the data of one engine into the storage and the formats of another config. What is being made is marked as
 * unfinished in its log's meta until it was read back and found to be the same. */
#include <stdio.h>

#include "engine.h"
#include "try.h"

#define UNFINISHED "copy"
#define RUN_RECORDS 4096                /* appended and synced at once */
#define RUN_BYTES_MAX ((size_t)8 << 20) /* of them, the last one not counted */

typedef struct copying {
  tn_engine *from, *to;
  const tni_version *version; /* pinned: what the target shall hold */
  unsigned interrupts_seen;
  uint64_t records, snapshots;
  bool resumed;
  tn_error *error;
} copying;

static tn_status no_memory(const copying *c) {
  return tn_error_set(c->error, TN_NOMEM, NULL, "no memory for a copy");
}

static tn_status go_on(const copying *c) {
  if (atomic_load(&c->from->interrupts) == c->interrupts_seen) return TN_OK;
  return tn_error_set(c->error, TN_INTERRUPTED, NULL,
                      "the copy was stopped; make it again to complete it, or remove it");
}

/* ---- the two configs ------------------------------------------------------------------------ */

static const tni_instance *find_same(const tn_engine *e, const tni_instance *wanted) {
  const tni_instance *found = tni_catalog_instance(&e->catalog, (tn_slice){wanted->name, strlen(wanted->name)});
  bool same = found && strcmp(found->model->plugin.name, wanted->model->plugin.name) == 0 &&
              found->model->plugin.version == wanted->model->plugin.version;
  return same ? found : NULL;
}

static tn_status compare_models(const tn_engine *a, const tn_engine *b, const char *whose, tn_error *error) {
  for (size_t i = 0; i < a->catalog.instance_count; i++) {
    const tni_instance *wanted = &a->catalog.instances[i];
    char where[TN_ERROR_WHERE_MAX];
    if (find_same(b, wanted)) continue;
    snprintf(where, sizeof where, "$.models.%s", wanted->name);
    return tn_error_set(error, TN_INVALID, where,
                        "only the %s has this model as a '%s' of version %u; a copy needs the same models", whose,
                        wanted->model->plugin.name, (unsigned)wanted->model->plugin.version);
  }
  return TN_OK;
}

static tn_status check_configs(const copying *c) {
  TRY(compare_models(c->from, c->to, "source", c->error));
  TRY(compare_models(c->to, c->from, "target", c->error));
  if (tni_storage_sets_meta(c->to->storage)) return TN_OK;
  return tn_error_set(c->error, TN_UNSUPPORTED, "$.storage.type",
                      "nothing can be copied into storage '%s': it cannot replace its log's meta",
                      c->to->storage->plugin.name);
}

/* ---- the target ----------------------------------------------------------------------------- */

/* Whole data is somebody's. */
static tn_status check_unfinished(const copying *c) {
  tn_slice unfinished;
  TRY(tni_meta_check(c->to, &unfinished, c->error));
  if (unfinished.size == strlen(UNFINISHED) && memcmp(unfinished.data, UNFINISHED, unfinished.size) == 0)
    return TN_OK;
  return tn_error_set(c->error, TN_EXISTS, c->to->config.data,
                      "there is data already; a copy goes into an empty place");
}

/* Looks without a lock first, so that data which is not to be touched is not. */
static tn_status look_at_target(const copying *c) {
  tn_error found = TN_ERROR_INIT, ignored;
  c->to->read_only = true;
  tn_status status = tni_storage_open(c->to, NULL, 1, 1, &found);
  c->to->read_only = false;
  if (status == TN_NOT_FOUND) return TN_OK;
  if (status != TN_OK) return *c->error = found, status;
  status = check_unfinished(c);
  return tni_storage_close(c->to, &ignored) == TN_OK || status != TN_OK ? status
                                                                        : (*c->error = ignored, ignored.status);
}

/* The record `seq` of an engine's storage, decoded. */
static tn_status read_one(tn_engine *e, uint64_t seq, tn_builder *out, tni_record *record, tn_error *error) {
  void *cursor;
  tn_record bytes;
  TRY(e->storage->read_open(e->storage_self, seq, &cursor, error));
  tn_status status = e->storage->read_next(e->storage_self, cursor, &bytes, error);
  if (status == TN_OK) status = tni_record_decode(e->journal_format, &bytes, out, error);
  if (status == TN_OK) status = tni_record_read(tn_built(out), record, error);
  e->storage->read_close(e->storage_self, cursor);
  return status;
}

/* What an earlier copy brought must be the source's. Its last record tells: it has the digest of everything before
 * it. */
static tn_status compare_last(const copying *c, uint64_t last) {
  tn_builder a = TN_BUILDER_INIT, b = TN_BUILDER_INIT;
  tni_record source, target;
  a.memory = b.memory = &c->to->memory.memory;
  tn_status status = read_one(c->from, last, &a, &source, c->error);
  if (status == TN_OK) status = read_one(c->to, last, &b, &target, c->error);
  bool same = status == TN_OK && tni_digest_equal(source.digest, target.digest) && source.time_us == target.time_us;
  tn_builder_free(&a);
  tn_builder_free(&b);
  if (status != TN_OK || same) return status;
  return tn_error_set(c->error, TN_INVALID, c->to->config.data,
                      "the unfinished copy there is of other data; remove it");
}

static tn_status check_resumed(copying *c) {
  const tn_storage_state *t = &c->to->storage_found;
  uint64_t first = atomic_load(&c->from->first_seq);
  c->resumed = t->next_seq > t->first_seq;
  if (t->next_seq > c->version->seq + 1 || t->first_seq > first)
    return tn_error_set(c->error, TN_INVALID, c->to->config.data,
                        "the unfinished copy there is of other data; remove it");
  if (t->next_seq < first)
    return tn_error_set(c->error, TN_TRIMMED, c->to->config.data,
                        "the source has dropped record %llu, with which the unfinished copy would go on; remove it",
                        (unsigned long long)t->next_seq);
  return c->resumed && t->next_seq > first ? compare_last(c, t->next_seq - 1) : TN_OK;
}

static tn_status open_target(copying *c) {
  const tn_storage_state *from = &c->from->storage_found;
  TRY(look_at_target(c));
  TRY(tni_storage_open(c->to, UNFINISHED, atomic_load(&c->from->first_seq), from->epoch, c->error));
  TRY(check_unfinished(c));
  return check_resumed(c);
}

/* ---- records -------------------------------------------------------------------------------- */

/* Records in the target's format, to be appended together. */
typedef struct run {
  copying *copying;
  tn_buffer bytes;
  size_t *ends;
  tn_slice *slices;
  size_t count;
  uint64_t first_seq;
  tn_builder value;
  bool same_format;
} run;

static tn_status add_record(run *r, const tn_record *record) {
  const copying *c = r->copying;
  if (r->same_format) {
    if (tn_buffer_append(&r->bytes, record->bytes.data, record->bytes.size) != TN_OK) return no_memory(c);
  } else {
    TRY(tni_record_decode(c->from->journal_format, record, &r->value, c->error));
    TRY(c->to->journal_format->encode(&tni_host, tn_built(&r->value), &r->bytes, c->error));
  }
  if (r->count == 0) r->first_seq = record->seq;
  r->ends[r->count++] = r->bytes.size;
  return TN_OK;
}

static tn_status append_run(run *r) {
  copying *c = r->copying;
  if (r->count == 0) return TN_OK;
  for (size_t i = 0, start = 0; i < r->count; start = r->ends[i++])
    r->slices[i] = (tn_slice){r->bytes.data + start, r->ends[i] - start};
  TRY(c->to->storage->append(c->to->storage_self, r->first_seq, r->slices, r->count, TN_APPEND_SYNC, c->error));
  c->records += r->count;
  r->count = r->bytes.size = 0;
  return TN_OK;
}

static tn_status copy_from(run *r, void *cursor, uint64_t from_seq) {
  const copying *c = r->copying;
  for (uint64_t seq = from_seq; seq <= c->version->seq; seq++) {
    tn_record record;
    TRY(go_on(c));
    tn_status status = c->from->storage->read_next(c->from->storage_self, cursor, &record, c->error);
    if (status == TN_NOT_FOUND && c->from->read_only)
      return tn_error_set(c->error, TN_BUSY, NULL,
                          "the source's owner has not shown record %llu yet; make the copy again",
                          (unsigned long long)seq);
    if (status == TN_NOT_FOUND || (status == TN_OK && record.seq != seq))
      return tn_error_set(c->error, TN_CORRUPT, NULL, "the source's journal lacks record %llu",
                          (unsigned long long)seq);
    TRY(status);
    TRY(add_record(r, &record));
    if (r->count == RUN_RECORDS || r->bytes.size >= RUN_BYTES_MAX) TRY(append_run(r));
  }
  return append_run(r);
}

static tn_status copy_records(copying *c) {
  tn_engine *from = c->from;
  const tn_memory *memory = &c->to->memory.memory;
  uint64_t next = c->to->storage_found.next_seq;
  void *cursor;
  if (next > c->version->seq) return TN_OK;
  run r = {.copying = c, .bytes = {memory, NULL, 0, 0}, .value = TN_BUILDER_INIT};
  r.same_format = strcmp(from->config.journal_format, c->to->config.journal_format) == 0;
  r.value.memory = memory;
  r.ends = (size_t *)tni_alloc(memory, RUN_RECORDS * sizeof *r.ends);
  r.slices = (tn_slice *)tni_alloc(memory, RUN_RECORDS * sizeof *r.slices);
  tn_status status =
      r.ends && r.slices ? from->storage->read_open(from->storage_self, next, &cursor, c->error) : no_memory(c);
  if (status == TN_OK) {
    status = copy_from(&r, cursor, next);
    from->storage->read_close(from->storage_self, cursor);
  }
  tn_buffer_free(&r.bytes);
  tn_builder_free(&r.value);
  tni_free(memory, r.ends, RUN_RECORDS * sizeof *r.ends);
  tni_free(memory, r.slices, RUN_RECORDS * sizeof *r.slices);
  return status;
}

/* ---- snapshots ------------------------------------------------------------------------------ */

static tn_status write_snapshot(copying *c, const tni_snapshot_of *of) {
  const tn_storage *storage = c->to->storage;
  TRY(tni_snapshot_write_as(of, c->to->snapshot_format, storage, c->to->storage_self, c->error));
  c->snapshots++;
  return TN_OK;
}

static tn_status copy_loaded(copying *c, tni_replay *r) {
  tni_version *version;
  tni_state_set_exclusive(r->state, false);
  if (tni_state_seal(r->state, r->seq, r->epoch, r->time_us, &version) != TN_OK) return no_memory(c);
  tni_state_publish(r->state, version);
  return write_snapshot(c, &(tni_snapshot_of){c->from, r->state, version, tn_built(&r->models)});
}

/* One that is damaged, or that a live owner has dropped meanwhile, is passed over. */
static tn_status copy_snapshot(copying *c, uint64_t seq) {
  tni_replay r;
  tn_error found = TN_ERROR_INIT;
  TRY(go_on(c));
  TRY(tni_replay_init(&r, c->from, c->error));
  tn_status status = tni_replay_snapshot(&r, seq, &found);
  if (status == TN_OK) {
    status = copy_loaded(c, &r);
  } else if (status == TN_CORRUPT || status == TN_NOT_FOUND) {
    tni_log(c->to, TN_LOG_WARNING, "snapshot %llu is not copied: %s", (unsigned long long)seq, found.text);
    status = TN_OK;
  } else {
    *c->error = found;
  }
  tni_replay_fini(&r);
  return status;
}

static tn_status copy_missing(copying *c, const uint64_t *seqs, size_t count, const uint64_t *there,
                              size_t there_count) {
  for (size_t i = count; i-- > 0;) {
    bool skip = seqs[i] > c->version->seq;
    for (size_t k = 0; k < there_count && !skip; k++) skip = there[k] == seqs[i];
    if (!skip) TRY(copy_snapshot(c, seqs[i]));
  }
  return TN_OK;
}

/* Where the journal does not begin with the first record ever, some snapshot has to reach it. */
static tn_status ensure_base(copying *c) {
  uint64_t *seqs, first = c->to->storage_found.first_seq;
  size_t count;
  if (first == 1) return TN_OK;
  TRY(tni_snapshot_seqs(c->to, &seqs, &count, c->error));
  bool reached = count > 0 && seqs[0] + 1 >= first;
  tni_free(&c->to->memory.memory, seqs, count * sizeof *seqs);
  if (reached) return TN_OK;
  tn_builder models = TN_BUILDER_INIT;
  models.memory = &c->to->memory.memory;
  tni_models_value(c->from, &models);
  tn_status status =
      tn_builder_status(&models) == TN_OK
          ? write_snapshot(c, &(tni_snapshot_of){c->from, c->from->state, c->version, tn_built(&models)})
          : no_memory(c);
  tn_builder_free(&models);
  return status;
}

static tn_status copy_snapshots(copying *c) {
  uint64_t *seqs, *there = NULL;
  size_t count, there_count = 0;
  TRY(tni_snapshot_seqs(c->from, &seqs, &count, c->error));
  tn_status status = tni_snapshot_seqs(c->to, &there, &there_count, c->error);
  if (status == TN_OK) status = copy_missing(c, seqs, count, there, there_count);
  tni_free(&c->from->memory.memory, seqs, count * sizeof *seqs);
  tni_free(&c->to->memory.memory, there, there_count * sizeof *there);
  return status == TN_OK ? ensure_base(c) : status;
}

/* ---- the end -------------------------------------------------------------------------------- */

/* As an open would read it, but that nothing may be upgraded. */
static tn_status read_back(copying *c) {
  tn_engine *to = c->to;
  char have[33], want[33];
  to->storage_found.next_seq = c->version->seq + 1;
  to->read_only = true;
  tn_status status = tni_recover(to, c->error);
  to->read_only = false;
  TRY(status);
  tni_digest digest = tni_state_digest(to->state);
  if (to->applied_seq == c->version->seq && tni_digest_equal(digest, c->version->digest)) return TN_OK;
  tni_digest_text(digest, have);
  tni_digest_text(c->version->digest, want);
  return tn_error_set(c->error, TN_CORRUPT, to->config.data, "the copy read back has digest %s, the source %s", have,
                      want);
}

static tn_status take_mark_back(copying *c) {
  tn_builder meta = TN_BUILDER_INIT;
  meta.memory = &c->to->memory.memory;
  tni_meta_build(c->to, NULL, &meta);
  tn_status status = tn_builder_status(&meta) == TN_OK ? TN_OK : no_memory(c);
  if (status == TN_OK)
    status = c->to->storage->set_meta(c->to->storage_self, tn_value_bytes(tn_built(&meta)), c->error);
  tn_builder_free(&meta);
  return status;
}

static tn_status copy_all(copying *c) {
  TRY(check_configs(c));
  TRY(open_target(c));
  TRY(copy_records(c));
  TRY(c->to->storage->sync(c->to->storage_self, c->error));
  TRY(copy_snapshots(c));
  TRY(read_back(c));
  TRY(go_on(c));
  TRY(take_mark_back(c));
  return tni_storage_close(c->to, c->error);
}

static tn_status tell(const copying *c, tn_result *result) {
  char digest[33];
  tni_digest_text(c->version->digest, digest);
  result->seq = c->version->seq;
  result->value = tn_obj(&result->builder, "seq", c->version->seq, "digest", (const char *)digest, "records",
                         c->records, "snapshots", c->snapshots, "resumed", c->resumed);
  return tn_is_absent(result->value) ? no_memory(c) : TN_OK;
}

tn_status tn_copy(tn_engine *engine, const char *to_config, const tn_open_options *to_options, tn_result *result,
                  tn_error *error) {
  tn_error own_error;
  tni_pin pin;
  copying c = {
      .from = engine, .interrupts_seen = atomic_load(&engine->interrupts), .error = error ? error : &own_error};
  if (to_options && to_options->read_only)
    return tn_error_set(error, TN_INVALID, "read_only", "a copy cannot be written read only");
  TRY(tni_engine_compose(to_config, to_options, &c.to, c.error));
  pthread_mutex_lock(&engine->keeping); /* before the pin: nothing that is to be copied may go meanwhile */
  if (tni_pin_take(engine->state, &pin) != TN_OK) {
    pthread_mutex_unlock(&engine->keeping);
    tni_engine_drop(c.to);
    return no_memory(&c);
  }
  c.version = pin.version;
  tn_status status = copy_all(&c);
  if (status == TN_OK && result) status = tell(&c, result);
  tni_pin_drop(engine->state, &pin);
  pthread_mutex_unlock(&engine->keeping);
  tni_engine_drop(c.to);
  return status;
}
