/* feed_serve.c - how those who wait for a feed's items hear that there are some: callbacks, and file descriptors. */
#include "feed.h"
#include "thread.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <time.h>

#define SERVE_AT_ONCE 256 /* items of one feed before the next one's turn */
#define ROUNDS_PER_TICK 64
#define FOLLOW_STEP_MS 20 /* how often the thread looks for what a live owner has written */

/* ---- being told ------------------------------------------------------------------------------ */

/* [mu] */
static void set_fd(tn_feed *f) {
  if (f->fd < 0 || f->fd_set) return;
  f->fd_set = eventfd_write(f->fd, 1) == 0;
}

/* [mu] */
static void poke(tn_engine *e) {
  e->feeds_poked = true;
  pthread_cond_broadcast(&e->feeds_wake);
}

void tni_feeds_wake(tn_engine *e) {
  if (!e->feeds) return;
  for (tn_feed *f = e->feeds; f; f = f->next) set_fd(f);
  poke(e);
}

void tni_feed_quiet(tn_feed *f) {
  tn_engine *e = f->engine;
  eventfd_t ignored;
  pthread_mutex_lock(&e->mu);
  bool more = e->read_only ? f->more : e->synced_seq > atomic_load(&f->seq);
  if (f->fd_set && !more) f->fd_set = eventfd_read(f->fd, &ignored) != 0;
  pthread_mutex_unlock(&e->mu);
}

void tni_feed_end(tn_feed *f, const tn_error *error) {
  f->end = *error;
  atomic_store(&f->ended, true);
  pthread_mutex_lock(&f->engine->mu);
  set_fd(f);
  pthread_mutex_unlock(&f->engine->mu);
}

/* ---- serving --------------------------------------------------------------------------------- */

static void tell_end(tn_feed *f, tn_status status, tn_error *error) {
  if (error->status != status) tn_error_set(error, status, "", "%s", tn_status_text(status));
  tni_feed_end(f, error);
  if (f->on_end)
    f->on_end(f->arg, error);
  else
    tni_log(f->engine, TN_LOG_WARNING, "a feed ended: %s: %s", tn_status_name(status), error->text);
}

/* True when the place has moved: then there may be more, were it behind records that were only passed over. */
static bool serve_callback(tn_feed *f) {
  tn_error error = TN_ERROR_INIT;
  tn_status status = TN_OK;
  tn_feed_item item;
  uint64_t before = atomic_load(&f->seq);
  for (int count = 0; count < SERVE_AT_ONCE && !f->closing; count++) {
    status = tni_feed_take(f, 0, &item, &error);
    if (status != TN_OK) break;
    f->on_item(f->arg, &item);
  }
  if (status != TN_OK && status != TN_NOT_FOUND) tell_end(f, status, &error);
  return atomic_load(&f->seq) != before;
}

/* On a read-only engine nobody else looks whether there is more. */
static void serve_fd(tn_feed *f) {
  tn_error error;
  if (tni_feed_follow(f, 0, &error) == TN_NOT_FOUND) return;
  pthread_mutex_lock(&f->engine->mu);
  set_fd(f);
  pthread_mutex_unlock(&f->engine->mu);
}

/* [mu] One that has not had its turn. */
static tn_feed *pick(tn_engine *e, uint64_t round) {
  for (tn_feed *f = e->feeds; f; f = f->next) {
    bool needed = f->on_item ? !atomic_load(&f->ended) : e->read_only && f->fd >= 0 && !f->fd_set;
    if (needed && !f->busy && f->round != round) return f;
  }
  return NULL;
}

/* [mu] */
static void unlink_feed(tn_feed *f) {
  tn_feed **at = &f->engine->feeds;
  while (*at != f) at = &(*at)->next;
  *at = f->next;
}

/* [mu] which it lets go meanwhile. */
static bool serve(tn_engine *e, tn_feed *f) {
  f->busy = true;
  f->by = pthread_self();
  pthread_mutex_unlock(&e->mu);
  bool did = false;
  if (f->on_item)
    did = serve_callback(f);
  else
    serve_fd(f);
  pthread_mutex_lock(&e->mu);
  f->busy = false;
  if (f->closing) {
    unlink_feed(f);
    pthread_mutex_unlock(&e->mu);
    tni_feed_free(f);
    pthread_mutex_lock(&e->mu);
  }
  pthread_cond_broadcast(&e->feeds_wake);
  return did;
}

/* [mu] Everybody's turn. True when somebody got on. */
static bool serve_round(tn_engine *e) {
  uint64_t round = ++e->feed_round;
  bool did = false;
  for (tn_feed *f; (f = pick(e, round)) != NULL;) {
    f->round = round;
    did |= serve(e, f);
  }
  return did;
}

void tni_feeds_tick(tn_engine *e) {
  pthread_mutex_lock(&e->mu);
  for (int i = 0; i < ROUNDS_PER_TICK && !e->feed_thread_running && serve_round(e); i++) continue;
  pthread_mutex_unlock(&e->mu);
}

/* [mu] */
static void wait_for_work(tn_engine *e) {
  struct timespec until;
  if (!e->read_only || !e->feeds) {
    while (!e->feeds_poked && !e->feed_thread_stop) pthread_cond_wait(&e->feeds_wake, &e->mu);
  } else {
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += FOLLOW_STEP_MS * 1000000;
    if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
    for (int waited = 0; waited == 0 && !e->feeds_poked && !e->feed_thread_stop;)
      waited = pthread_cond_timedwait(&e->feeds_wake, &e->mu, &until);
  }
  e->feeds_poked = false;
}

static void *serve_feeds(void *arg) {
  tn_engine *e = (tn_engine *)arg;
  pthread_mutex_lock(&e->mu);
  while (!e->feed_thread_stop)
    if (!serve_round(e)) wait_for_work(e);
  pthread_mutex_unlock(&e->mu);
  return NULL;
}

/* [mu] */
static tn_status need_thread(tn_engine *e, tn_error *error) {
  if (!e->config.service_thread || e->feed_thread_running) return TN_OK;
  e->feed_thread_running = tni_thread_start(&e->feed_thread, serve_feeds, e);
  if (e->feed_thread_running) return TN_OK;
  return tn_error_set(error, TN_NOMEM, NULL, "the thread that serves feeds cannot be started");
}

void tni_feeds_stop(tn_engine *e) {
  pthread_mutex_lock(&e->mu);
  bool running = e->feed_thread_running;
  e->feed_thread_stop = true;
  pthread_cond_broadcast(&e->feeds_wake);
  pthread_mutex_unlock(&e->mu);
  if (running) pthread_join(e->feed_thread, NULL);
  e->feed_thread_running = false;
}

tn_status tn_feed_fd(tn_feed *feed, int *fd, tn_error *error) {
  tn_engine *e = feed->engine;
  tn_status status = TN_OK;
  if (feed->on_item) return tni_feed_refuse_callback(error);
  pthread_mutex_lock(&e->mu);
  if (feed->fd < 0) feed->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (feed->fd < 0) status = tn_error_set(error, TN_IO, NULL, "the system gives no eventfd: %s", strerror(errno));
  if (status == TN_OK && e->read_only) status = need_thread(e, error);
  if (status == TN_OK && (atomic_load(&feed->ended) || e->synced_seq > atomic_load(&feed->seq))) set_fd(feed);
  poke(e);
  if (status == TN_OK) *fd = feed->fd;
  pthread_mutex_unlock(&e->mu);
  return status;
}

/* ---- coming and going ------------------------------------------------------------------------ */

tn_status tni_feed_link(tn_feed *f, tn_error *error) {
  tn_engine *e = f->engine;
  pthread_mutex_lock(&e->mu);
  tn_status status = f->on_item ? need_thread(e, error) : TN_OK;
  if (status == TN_OK) {
    f->next = e->feeds;
    e->feeds = f;
    poke(e);
  }
  pthread_mutex_unlock(&e->mu);
  return status;
}

bool tni_feed_unlink(tn_feed *f) {
  tn_engine *e = f->engine;
  pthread_mutex_lock(&e->mu);
  bool within = f->busy && pthread_equal(f->by, pthread_self());
  if (within) f->closing = true;
  while (!within && f->busy) pthread_cond_wait(&e->feeds_wake, &e->mu);
  if (!within) unlink_feed(f);
  pthread_mutex_unlock(&e->mu);
  return !within;
}
