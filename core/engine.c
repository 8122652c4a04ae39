/* engine.c - an engine's life: composed from a config, recovered, closed. */
#include "engine.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "io.h"
#include "try.h"

#define READER_ATTEMPTS 5

const char *tn_version(void) { return TN_VERSION; }

void tni_log(tn_engine *e, tn_log_level level, const char *format, ...) {
  if (!e->log) return;
  char line[TN_ERROR_TEXT_MAX + TN_ERROR_WHERE_MAX];
  va_list args;
  va_start(args, format);
  vsnprintf(line, sizeof line, format, args);
  va_end(args);
  e->log(e->log_arg, level, line);
}

static void log_from_storage(void *arg, const char *line) { tni_log((tn_engine *)arg, TN_LOG_WARNING, "%s", line); }

static int64_t system_clock_us(void *arg) {
  struct timespec now;
  (void)arg;
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Off by a tick of the kernel at most, and far cheaper. */
static int64_t coarse_clock_us(void *arg) {
  struct timespec now;
  (void)arg;
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t tni_next_time_us(const tn_engine *e, int64_t last_us) {
  int64_t now_us = e->clock_us(e->clock_arg);
  return now_us > last_us ? now_us : last_us + 1;
}

/* ---- composing ------------------------------------------------------------------------------ */

static tn_status find_plugins(tn_engine *e, tn_error *error) {
  const tn_plugin *plugin;
  const tni_config *c = &e->config;
  TRY(tni_registry_create(&e->memory.memory, &e->registry, error));
  for (size_t i = 0; i < c->plugin_count; i++) TRY(tni_registry_load(e->registry, c->plugins[i], error));
  TRY(tni_registry_find(e->registry, TN_KIND_STORAGE, c->storage_type, "$.storage.type", &plugin, error));
  e->storage = (const tn_storage *)(const void *)plugin;
  TRY(tni_registry_find(e->registry, TN_KIND_FORMATTER, c->journal_format, "$.format.journal", &plugin, error));
  e->journal_format = (const tn_formatter *)(const void *)plugin;
  TRY(tni_registry_find(e->registry, TN_KIND_FORMATTER, c->snapshot_format, "$.format.snapshot", &plugin, error));
  e->snapshot_format = (const tn_formatter *)(const void *)plugin;
  TRY(tni_registry_find(e->registry, TN_KIND_FORMATTER, c->wire_format, "$.format.wire", &plugin, error));
  return tni_catalog_create(c, e->registry, &e->catalog, error);
}

static tn_status call_open(tn_ctx *ctx, void *arg) {
  const tni_instance *instance = (const tni_instance *)arg;
  tn_value options = tn_built(&instance->config->options);
  if (instance->model->open) return instance->model->open(ctx, options);
  if (tn_count(options) == 0) return TN_OK;
  tn_iter it = tn_iter_of(options);
  (void)tn_iter_next(&it);
  char key[64];
  snprintf(key, sizeof key, "%.*s", (int)it.name.size, (const char *)it.name.data);
  return tn_fail(ctx, TN_UNKNOWN, key, "unknown key '%s'; a '%s' takes none but \"type\" and \"uses\"", key,
                 instance->model->plugin.name);
}

static tn_status call_close(tn_ctx *ctx, void *arg) {
  ((const tni_instance *)arg)->model->close(ctx);
  return TN_OK;
}

static tni_env bare_env(tn_engine *e) { return (tni_env){.catalog = &e->catalog, .memory = &e->memory.memory}; }

static tn_status open_models(tn_engine *e, tn_error *error) {
  for (size_t i = 0; i < e->catalog.instance_count; i++) {
    tni_instance *instance = &e->catalog.instances[i];
    tni_env env = bare_env(e);
    tn_status status = tni_exec_slot(&env, instance, call_open, instance, (tni_sink){NULL, NULL}, error);
    if (status != TN_OK) {
      char where[TN_ERROR_WHERE_MAX];
      snprintf(where, sizeof where, "$.models.%s%s%.80s", instance->name, error->where[0] ? "." : "", error->where);
      memcpy(error->where, where, sizeof where);
      return status;
    }
    instance->opened = true;
  }
  return TN_OK;
}

static void close_models(tn_engine *e) {
  for (size_t i = 0; i < e->catalog.instance_count; i++) {
    tni_instance *instance = &e->catalog.instances[i];
    tni_env env = bare_env(e);
    tn_error ignored;
    if (instance->opened && instance->model->close &&
        tni_exec_slot(&env, instance, call_close, instance, (tni_sink){NULL, NULL}, &ignored) != TN_OK)
      tni_log(e, TN_LOG_WARNING, "model '%s' did not close", instance->name);
    instance->opened = false;
  }
}

/* ---- the storage ---------------------------------------------------------------------------- */

void tni_meta_build(const tn_engine *e, const char *unfinished, tn_builder *out) {
  const tni_config *c = &e->config;
  tn_builder_clear(out);
  tn_object_begin(out);
  tn_set(out, "journal", (const char *)c->journal_format);
  tn_set(out, "snapshot", (const char *)c->snapshot_format);
  if (unfinished) tn_set(out, "unfinished", unfinished);
  tn_end(out);
}

static tn_status check_format(tn_value meta, const char *which, const char *configured, tn_error *error) {
  tn_slice name;
  char where[64];
  snprintf(where, sizeof where, "$.format.%s", which);
  if (tn_get_string(meta, which, &name) != TN_OK)
    return tn_error_set(error, TN_CORRUPT, where, "the data does not say which format it is in");
  if (name.size == strlen(configured) && memcmp(name.data, configured, name.size) == 0) return TN_OK;
  return tn_error_set(error, TN_INVALID, where,
                      "the data was written as '%.*s', the config says '%s'; change it back, or bring "
                      "the data to another folder with `tenon copy`",
                      (int)name.size, (const char *)name.data, configured);
}

tn_status tni_meta_check(const tn_engine *e, tn_slice *unfinished, tn_error *error) {
  tn_value meta;
  tn_slice what = {NULL, 0};
  if (tn_value_check(e->storage_found.meta, &meta, NULL) != TN_OK)
    return tn_error_set(error, TN_CORRUPT, NULL, "the data's meta is no value");
  TRY(check_format(meta, "journal", e->config.journal_format, error));
  TRY(check_format(meta, "snapshot", e->config.snapshot_format, error));
  (void)tn_get_string(meta, "unfinished", &what);
  *unfinished = what;
  return TN_OK;
}

static tn_status refuse_unfinished(const tn_engine *e, tn_slice what, tn_error *error) {
  bool is_copy = what.size == 4 && memcmp(what.data, "copy", 4) == 0;
  return tn_error_set(
      error, TN_INVALID, e->config.data, "the data is an unfinished %.*s; %s", (int)what.size,
      (const char *)what.data,
      is_copy ? "make the same copy again to complete it, or remove it" : "remove it and make another");
}

static tn_status check_meta(const tn_engine *e, tn_error *error) {
  tn_slice unfinished;
  TRY(tni_meta_check(e, &unfinished, error));
  return unfinished.size == 0 ? TN_OK : refuse_unfinished(e, unfinished, error);
}

/* A fault of one of its own options gets the path that the config has it at. */
static void place_option(const tn_engine *e, tn_error *error) {
  char where[TN_ERROR_WHERE_MAX];
  if (error->where[0] == '\0' || tn_is_absent(tn_field(tn_built(&e->config.storage), error->where))) return;
  snprintf(where, sizeof where, "$.storage.%.80s", error->where);
  memcpy(error->where, where, sizeof where);
}

tn_status tni_storage_open(tn_engine *e, const char *unfinished, uint64_t base_seq, uint64_t base_epoch,
                           tn_error *error) {
  tn_builder meta = TN_BUILDER_INIT;
  meta.memory = &e->memory.memory;
  tni_meta_build(e, unfinished, &meta);
  tn_storage_options options = {.host = &tni_host,
                                .memory = &e->memory.memory,
                                .io = e->io,
                                .path = e->config.data,
                                .config = tn_built(&e->config.storage),
                                .meta = tn_value_bytes(tn_built(&meta)),
                                .base_seq = base_seq,
                                .base_epoch = base_epoch,
                                .read_only = e->read_only,
                                .text = e->journal_format->text,
                                .text_snapshots = e->snapshot_format->text,
                                .truncate_damaged = e->config.truncate_damaged,
                                .log = log_from_storage,
                                .log_arg = e,
                                .find = tni_registry_find_storage,
                                .find_arg = e->registry};
  tn_status status = tn_builder_status(&meta);
  if (!e->storage_self) e->storage_self = tni_alloc_zero(&e->memory.memory, e->storage->state_size + 1);
  if (e->storage_self) memset(e->storage_self, 0, e->storage->state_size + 1);
  if (status != TN_OK || !e->storage_self)
    status = tn_error_set(error, TN_NOMEM, NULL, "no memory for the storage");
  else
    status = e->storage->open(e->storage_self, &options, &e->storage_found, error);
  e->storage_open = status == TN_OK;
  if (status == TN_INVALID) place_option(e, error);
  if (status == TN_OK) atomic_store(&e->first_seq, e->storage_found.first_seq);
  tn_builder_free(&meta);
  return status;
}

tn_status tni_storage_close(tn_engine *e, tn_error *error) {
  if (!e->storage_open) return TN_OK;
  e->storage_open = false;
  return e->storage->close(e->storage_self, error);
}

/* ---- life ----------------------------------------------------------------------------------- */

static void init_builder(tn_engine *e, tn_builder *b) {
  *b = (tn_builder)TN_BUILDER_INIT;
  b->memory = &e->memory.memory;
}

static tn_status init_locks(tn_engine *e, tn_error *error) {
  pthread_condattr_t monotonic;
  pthread_cond_t *conds[] = {&e->writer_free, &e->sealable,     &e->flushed,
                             &e->gathered,    &e->service_wake, &e->feeds_wake};
  if (pthread_mutex_init(&e->mu, NULL) != 0 || pthread_mutex_init(&e->keeping, NULL) != 0 ||
      pthread_condattr_init(&monotonic) != 0)
    return tn_error_set(error, TN_NOMEM, NULL, "no memory for locks");
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  for (size_t i = 0; i < sizeof conds / sizeof conds[0]; i++) pthread_cond_init(conds[i], &monotonic);
  pthread_condattr_destroy(&monotonic);
  return TN_OK;
}

static tn_engine *make_engine(const tn_open_options *options) {
  const tn_memory *under = options->memory ? options->memory : tn_memory_system();
  tn_engine *e = (tn_engine *)tni_alloc_zero(under, sizeof *e);
  if (!e) return NULL;
  tni_counted_memory_init(&e->memory, under);
  e->io = options->io ? options->io : tni_io_posix();
  e->log = options->log;
  e->log_arg = options->log_arg;
  e->clock_us = options->clock_us ? options->clock_us : system_clock_us;
  e->query_clock_us = options->clock_us ? options->clock_us : coarse_clock_us;
  e->clock_arg = options->clock_arg;
  e->interrupted = options->interrupted;
  e->interrupted_arg = options->interrupted_arg;
  e->at_seq = options->at_seq;
  e->at_time_us = options->at_time_us;
  e->in_history = e->at_seq != 0 || e->at_time_us != 0;
  e->read_only = options->read_only || e->in_history;
  e->building = &e->groups[0];
  for (int i = 0; i < 2; i++) {
    e->groups[i].bytes.memory = &e->memory.memory;
    e->groups[i].jobs.last = &e->groups[i].jobs.first;
  }
  e->polled.last = &e->polled.first;
  e->completed.last = &e->completed.first;
  tn_builder *builders[] = {&e->draft.ops,     &e->draft.events, &e->draft.command_events,
                            &e->draft.changes, &e->draft.record, &e->draft.models};
  for (size_t i = 0; i < sizeof builders / sizeof builders[0]; i++) init_builder(e, builders[i]);
  return e;
}

static void free_engine(tn_engine *e) {
  const tn_memory *memory = &e->memory.memory;
  const tn_memory *under = e->memory.under;
  close_models(e);
  tni_state_destroy(e->state);
  tni_catalog_fini(&e->catalog);
  if (e->storage) tni_free(memory, e->storage_self, e->storage->state_size + 1);
  tni_registry_destroy(e->registry);
  if (e->config.memory) tni_config_fini(&e->config);
  for (int i = 0; i < 2; i++) {
    tn_buffer_free(&e->groups[i].bytes);
    tni_free(memory, e->groups[i].ends, e->groups[i].capacity * sizeof *e->groups[i].ends);
    tni_free(memory, e->groups[i].records, e->groups[i].capacity * sizeof *e->groups[i].records);
  }
  tn_builder *builders[] = {&e->draft.ops,     &e->draft.events, &e->draft.command_events,
                            &e->draft.changes, &e->draft.record, &e->draft.models};
  for (size_t i = 0; i < sizeof builders / sizeof builders[0]; i++) tn_builder_free(builders[i]);
  pthread_cond_destroy(&e->writer_free);
  pthread_cond_destroy(&e->sealable);
  pthread_cond_destroy(&e->gathered);
  pthread_cond_destroy(&e->flushed);
  pthread_cond_destroy(&e->service_wake);
  pthread_cond_destroy(&e->feeds_wake);
  pthread_mutex_destroy(&e->mu);
  pthread_mutex_destroy(&e->keeping);
  tni_free(under, e, sizeof *e);
}

static void close_storage(tn_engine *e) {
  tn_error ignored;
  if (tni_storage_close(e, &ignored) != TN_OK)
    tni_log(e, TN_LOG_WARNING, "the storage did not close: %s", ignored.text);
  if (e->storage) tni_free(&e->memory.memory, e->storage_self, e->storage->state_size + 1);
  e->storage_self = NULL;
}

/* A reader beside an owner may find that what it was about to read has just been trimmed: then it looks again. */
static tn_status open_data(tn_engine *e, tn_error *error) {
  for (int attempt = 1;; attempt++) {
    TRY(tni_storage_open(e, NULL, 1, 1, error));
    TRY(check_meta(e, error));
    tn_status status = tni_recover(e, error);
    bool raced = e->read_only && (status == TN_TRIMMED || status == TN_NOT_FOUND || status == TN_CORRUPT);
    if (!raced || attempt == READER_ATTEMPTS) return status;
    close_storage(e);
  }
}

static tn_status compose(tn_engine *e, const char *config_path, const tn_open_options *options, tn_error *error) {
  TRY(tni_config_read(config_path, options, &e->memory.memory, &e->config, error));
  TRY(find_plugins(e, error));
  return open_models(e, error);
}

static tn_status bring_up(tn_engine *e, tn_error *error) {
  TRY(tni_host.random_bytes(&e->seed, sizeof e->seed) == TN_OK
          ? TN_OK
          : tn_error_set(error, TN_IO, NULL, "the system gives no random bytes"));
  TRY(open_data(e, error));
  e->last_sync_ms = tni_monotonic_ms();
  return tni_service_start(e, error);
}

void tni_engine_drop(tn_engine *e) {
  tn_error ignored;
  if (tni_storage_close(e, &ignored) != TN_OK)
    tni_log(e, TN_LOG_WARNING, "the storage did not close: %s", ignored.text);
  free_engine(e);
}

tn_status tni_engine_compose(const char *config_path, const tn_open_options *options, tn_engine **out,
                             tn_error *error) {
  static const tn_open_options defaults = TN_OPEN_OPTIONS_INIT;
  options = options ? options : &defaults;
  if (options->at_seq != 0 && options->at_time_us != 0)
    return tn_error_set(error, TN_MISUSE, NULL, "at_seq and at_time_us name one point in two ways; give one of them");
  tn_engine *e = make_engine(options);
  if (!e) return tn_error_set(error, TN_NOMEM, NULL, "no memory for an engine");
  tn_status status = init_locks(e, error);
  if (status != TN_OK) {
    tni_free(e->memory.under, e, sizeof *e);
    return status;
  }
  status = compose(e, config_path, options, error);
  if (status == TN_OK)
    *out = e;
  else
    tni_engine_drop(e);
  return status;
}

tn_status tn_open(const char *config_path, const tn_open_options *options, tn_engine **out, tn_error *error) {
  tn_error own_error;
  tn_engine *e;
  error = error ? error : &own_error;
  TRY(tni_engine_compose(config_path, options, &e, error));
  tn_status status = bring_up(e, error);
  e->interrupted = NULL;
  if (status == TN_OK)
    *out = e;
  else
    tni_engine_drop(e);
  return status;
}

/* Completions that nobody will poll for any more. */
static void deliver_rest(tn_engine *e) {
  size_t count = 0;
  tn_error ignored;
  do {
    if (tn_poll(e, 0, &count, &ignored) != TN_OK) return;
  } while (count > 0);
}

tn_status tn_close(tn_engine *engine, tn_error *error) {
  tn_error own_error;
  error = error ? error : &own_error;
  if (!engine) return TN_OK;
  pthread_mutex_lock(&engine->mu);
  size_t open = engine->open_txns;
  bool fed = engine->feeds != NULL;
  pthread_mutex_unlock(&engine->mu);
  if (open > 0) return tn_error_set(error, TN_MISUSE, NULL, "open txns: %zu; commit or abort first", open);
  if (fed) return tn_error_set(error, TN_MISUSE, NULL, "a feed is open; close it first");
  tni_feeds_stop(engine);
  tni_service_stop(engine);
  while (tni_group_flush(engine)) continue;
  deliver_rest(engine);
  bool failed = atomic_load(&engine->failed);
  tn_status status = failed ? tni_failed(engine, error) : TN_OK;
  tn_error closing = TN_ERROR_INIT;
  tn_status closed = tni_storage_close(engine, &closing);
  if (status == TN_OK && closed != TN_OK) *error = closing, status = closed;
  free_engine(engine);
  return status;
}
