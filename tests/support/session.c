#include "support/session.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define LOOK_MS 30

typedef void (*step_fn)(session *s);

struct session {
  tn_engine *engine;
  tn_txn *txn; /* NULL: none is open */
  pthread_t thread;
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  step_fn step; /* [mutex] to be done now; NULL = none */
  bool ends;    /* [mutex] */
  /* What the step is about, and what came of it. */
  tn_txn_mode mode;
  const char *op;
  tn_value args;
  tn_status status;
  tn_builder builder;
  tn_result result;
};

/* ---- the thread ----------------------------------------------------------------------------- */

static void *run(void *arg) {
  session *s = arg;
  pthread_mutex_lock(&s->mutex);
  while (!s->ends) {
    if (s->step) {
      step_fn step = s->step;
      pthread_mutex_unlock(&s->mutex);
      step(s);
      pthread_mutex_lock(&s->mutex);
      s->step = NULL;
      pthread_cond_broadcast(&s->changed);
    } else {
      pthread_cond_wait(&s->changed, &s->mutex);
    }
  }
  pthread_mutex_unlock(&s->mutex);
  return NULL;
}

static void give(session *s, step_fn step) {
  pthread_mutex_lock(&s->mutex);
  s->step = step;
  pthread_cond_broadcast(&s->changed);
  pthread_mutex_unlock(&s->mutex);
}

static void wait_for(session *s) {
  pthread_mutex_lock(&s->mutex);
  while (s->step) pthread_cond_wait(&s->changed, &s->mutex);
  pthread_mutex_unlock(&s->mutex);
}

static tn_status take(session *s, step_fn step) {
  give(s, step);
  wait_for(s);
  return s->status;
}

session *session_start(tn_engine *engine) {
  session *s = calloc(1, sizeof *s);
  if (!s) abort();
  s->engine = engine;
  s->builder = (tn_builder)TN_BUILDER_INIT;
  s->result = (tn_result)TN_RESULT_INIT;
  pthread_mutex_init(&s->mutex, NULL);
  pthread_cond_init(&s->changed, NULL);
  if (pthread_create(&s->thread, NULL, run, s) != 0) abort();
  return s;
}

void session_stop(session *s) {
  if (!s) return;
  session_abort(s);
  pthread_mutex_lock(&s->mutex);
  s->ends = true;
  pthread_cond_broadcast(&s->changed);
  pthread_mutex_unlock(&s->mutex);
  pthread_join(s->thread, NULL);
  pthread_cond_destroy(&s->changed);
  pthread_mutex_destroy(&s->mutex);
  tn_builder_free(&s->builder);
  tn_result_free(&s->result);
  free(s);
}

/* ---- txns ----------------------------------------------------------------------------------- */

static void step_begin(session *s) {
  s->status = tn_begin(s->engine, s->mode, NULL, &s->txn, NULL);
  if (s->status != TN_OK) s->txn = NULL;
}

static void step_commit(session *s) {
  s->status = tn_commit(s->txn, NULL, NULL);
  s->txn = NULL;
}

static void step_abort(session *s) {
  tn_abort(s->txn);
  s->txn = NULL;
}

tn_status session_begin(session *s, tn_txn_mode mode) {
  s->mode = mode;
  return take(s, step_begin);
}

tn_status session_commit(session *s) { return take(s, step_commit); }
void session_abort(session *s) { (void)take(s, step_abort); }

void session_begin_later(session *s) {
  s->mode = TN_WRITE;
  give(s, step_begin);
}

bool session_waits(session *s) {
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += LOOK_MS * 1000000;
  until.tv_sec += until.tv_nsec / 1000000000;
  until.tv_nsec %= 1000000000;
  pthread_mutex_lock(&s->mutex);
  while (s->step && pthread_cond_timedwait(&s->changed, &s->mutex, &until) != ETIMEDOUT) continue;
  bool waits = s->step != NULL;
  pthread_mutex_unlock(&s->mutex);
  return waits;
}

tn_status session_begun(session *s) {
  wait_for(s);
  return s->status;
}

/* ---- operations ----------------------------------------------------------------------------- */

static void step_run(session *s) {
  s->status = s->txn ? tn_do(s->txn, "cart", s->op, s->args, &s->result, NULL)
                     : tn_run(s->engine, "cart", s->op, s->args, &s->result, NULL);
}

static tn_status run_op(session *s, const char *op, tn_value args) {
  s->op = op;
  s->args = args;
  return take(s, step_run);
}

tn_status session_put(session *s, const char *key, int64_t value) {
  return run_op(s, "put", tn_obj(&s->builder, "key", key, "value", value));
}

tn_status session_put_if(session *s, const char *key, int64_t value, int64_t if_version) {
  return run_op(s, "put", tn_obj(&s->builder, "key", key, "value", value, "if_version", if_version));
}

tn_status session_append(session *s, const char *key, const char *text) {
  return run_op(s, "append", tn_obj(&s->builder, "key", key, "value", text));
}

int64_t session_get(session *s, const char *key) {
  int64_t n = -1;
  if (run_op(s, "get", tn_obj(&s->builder, "key", key)) == TN_OK) (void)tn_as_int(s->result.value, &n);
  return n;
}

int64_t session_version(session *s, const char *key) {
  int64_t version = -1;
  if (run_op(s, "entry", tn_obj(&s->builder, "key", key)) == TN_OK)
    (void)tn_get_int(s->result.value, "version", &version);
  return version;
}

int64_t session_count(session *s, const char *prefix, int64_t value) {
  int64_t count = 0, n;
  if (run_op(s, "scan", tn_obj(&s->builder, "prefix", prefix)) != TN_OK) return -1;
  for (tn_iter it = tn_iter_of(s->result.value); tn_iter_next(&it);)
    count += tn_get_int(it.value, "value", &n) == TN_OK && n == value;
  return count;
}
