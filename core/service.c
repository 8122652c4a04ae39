/* service.c - what an engine does by itself: interval syncs, snapshots that are due, the models' maintenance,
 * segments ahead of time, reclaiming, and flushing for those who submitted and went on. By its own thread, or by
 * tn_tick(). */
#include <time.h>

#include "engine.h"
#include "thread.h"
#include "try.h"

#define TICK_MS 100
#define MAINTAIN_MS 1000
#define MAINTAIN_ROUNDS_MAX 100

/* ---- one tick -------------------------------------------------------------------------------- */

static tn_status sync_if_due(tn_engine *e, int64_t now_ms, tn_error *error) {
  if (e->config.durability != TNI_INTERVAL || now_ms - e->last_sync_ms < e->config.sync_interval_ms) return TN_OK;
  e->last_sync_ms = now_ms;
  tni_flusher_take(e);
  tn_status status = atomic_load(&e->failed) ? TN_OK : tni_sync(e, error);
  tni_flusher_give(e);
  return status;
}

static tn_status snapshot_if_due(tn_engine *e, tn_error *error) {
  uint64_t seq, every = (uint64_t)e->config.snapshot_every;
  if (every == 0 || atomic_load(&e->acked_seq) - atomic_load(&e->snapshot_seq) < every) return TN_OK;
  tn_status status = tni_snapshot_now(e, &seq, error);
  return status == TN_BUSY ? TN_OK : status;
}

typedef struct question {
  tni_instance *instance;
  tn_maintenance wanted;
} question;

static tn_status ask(tn_ctx *ctx, void *arg) {
  question *q = (question *)arg;
  return q->instance->model->maintain(ctx, &q->wanted);
}

/* Asks a model what it wants done; wanted.op stays NULL when nothing. */
static tn_status ask_model(tn_engine *e, question *q, tn_error *error) {
  tni_pin pin;
  if (tni_pin_take(e->state, &pin) != TN_OK) return tn_error_set(error, TN_NOMEM, NULL, "no memory to pin a version");
  tni_env env = tni_env_pinned(e, pin.version);
  tn_status status = tni_exec_slot(&env, q->instance, ask, q, (tni_sink){NULL, NULL}, error);
  tni_pin_drop(e->state, &pin);
  return status;
}

static tn_status maintain_model(tn_engine *e, tni_instance *instance, tn_error *error) {
  tn_builder args = TN_BUILDER_INIT;
  args.memory = &e->memory.memory;
  tn_status status = TN_OK;
  for (int round = 0; round < MAINTAIN_ROUNDS_MAX && status == TN_OK; round++) {
    question q = {instance, {NULL, &args}};
    tn_builder_clear(&args);
    status = ask_model(e, &q, error);
    if (status != TN_OK || !q.wanted.op) break;
    status = tn_run(e, instance->name, q.wanted.op, tn_built(&args), NULL, error);
  }
  tn_builder_free(&args);
  return status;
}

static tn_status maintain_models(tn_engine *e, tn_error *error) {
  tn_status first = TN_OK;
  for (size_t i = 0; i < e->catalog.instance_count; i++) {
    tni_instance *instance = &e->catalog.instances[i];
    tn_error own = TN_ERROR_INIT;
    if (!instance->model->maintain) continue;
    tn_status status = maintain_model(e, instance, &own);
    if (status == TN_OK || tn_status_retryable(status) || first != TN_OK) continue;
    first = status;
    *error = own;
  }
  return first;
}

static tn_status maintain_if_due(tn_engine *e, tn_error *error) {
  int64_t now_us = e->clock_us(e->clock_arg);
  if (now_us - e->last_maintain_us < MAINTAIN_MS * 1000) return TN_OK;
  e->last_maintain_us = now_us;
  tn_status status = maintain_models(e, error);
  tni_flusher_take(e);
  tn_error own = TN_ERROR_INIT;
  tn_status ahead = atomic_load(&e->failed) ? TN_OK : e->storage->maintain(e->storage_self, &own);
  tni_flusher_give(e);
  if (status == TN_OK && ahead != TN_OK) *error = own;
  return status == TN_OK ? ahead : status;
}

static void reclaim(tn_engine *e) {
  tn_error ignored;
  if (tni_writer_take(e, 0, &ignored) != TN_OK) return;
  tni_state_reclaim(e->state);
  tni_writer_give(e);
}

void tni_service_breathe(tn_engine *e) {
  tn_error ignored;
  if (e->service_running && !pthread_equal(e->service, pthread_self())) return;
  while (tni_group_flush(e)) continue;
  if (!atomic_load(&e->failed) && sync_if_due(e, tni_monotonic_ms(), &ignored) != TN_OK)
    tni_log(e, TN_LOG_ERROR, "a sync failed: %s", ignored.text);
}

/* One thing that fails keeps none of the others from being done; the first failure is told. */
static tn_status tick(tn_engine *e, tn_error *error) {
  tn_error own = TN_ERROR_INIT;
  while (tni_group_flush(e)) continue;
  if (e->read_only || atomic_load(&e->failed)) return TN_OK;
  tn_status first = sync_if_due(e, tni_monotonic_ms(), error);
  tn_status maintained = maintain_if_due(e, &own);
  if (first == TN_OK && maintained != TN_OK) *error = own, first = maintained;
  reclaim(e);
  tn_status written = snapshot_if_due(e, &own);
  if (first == TN_OK && written != TN_OK) *error = own, first = written;
  return first;
}

tn_status tn_tick(tn_engine *engine, tn_error *error) {
  tn_error own_error;
  if (engine->service_running || atomic_exchange(&engine->ticking, true)) return TN_OK;
  tn_status status = tick(engine, error ? error : &own_error);
  tni_feeds_tick(engine);
  atomic_store(&engine->ticking, false);
  return status;
}

/* ---- the thread ------------------------------------------------------------------------------ */

static void wait_for_work(tn_engine *e) {
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_nsec += TICK_MS * 1000000;
  if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
  bool idle = !e->service_poked && !e->completed.first;
  e->service_poked = false;
  if (idle && !e->service_stop) pthread_cond_timedwait(&e->service_wake, &e->mu, &until);
}

static void *serve(void *arg) {
  tn_engine *e = (tn_engine *)arg;
  int64_t last_tick_ms = 0;
  tn_status reported = TN_OK;
  pthread_mutex_lock(&e->mu);
  while (!e->service_stop) {
    wait_for_work(e);
    pthread_mutex_unlock(&e->mu);
    while (tni_group_flush(e)) continue;
    if (tni_monotonic_ms() - last_tick_ms >= TICK_MS) {
      tn_error error = TN_ERROR_INIT;
      tn_status status = tick(e, &error);
      if (status != TN_OK && status != reported)
        tni_log(e, TN_LOG_WARNING, "in the background: %s: %s (%s)", tn_status_name(status), error.text, error.where);
      reported = status;
      last_tick_ms = tni_monotonic_ms();
    }
    pthread_mutex_lock(&e->mu);
  }
  pthread_mutex_unlock(&e->mu);
  return NULL;
}

tn_status tni_service_start(tn_engine *e, tn_error *error) {
  if (!e->config.service_thread || e->read_only) return TN_OK;
  pthread_mutex_lock(&e->mu); /* the thread looks at both fields */
  e->service_running = tni_thread_start(&e->service, serve, e);
  pthread_mutex_unlock(&e->mu);
  if (e->service_running) return TN_OK;
  return tn_error_set(error, TN_NOMEM, "$.service_thread", "the service thread cannot be started");
}

void tni_service_stop(tn_engine *e) {
  if (!e->service_running) return;
  pthread_mutex_lock(&e->mu);
  e->service_stop = true;
  pthread_cond_broadcast(&e->service_wake);
  pthread_mutex_unlock(&e->mu);
  pthread_join(e->service, NULL);
  e->service_running = false;
}

void tni_service_poke(tn_engine *e) {
  pthread_mutex_lock(&e->mu);
  e->service_poked = true;
  pthread_cond_signal(&e->service_wake);
  pthread_mutex_unlock(&e->mu);
}
