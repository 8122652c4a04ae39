/* feed.c - feeds: the journal read behind what is durable, and how those who read hear that there is more. A feed
 * holds nothing but its place: the journal is the queue, so nobody who commits waits for one.
 *
 * The place (seq, epoch, cursor, the decoded record) belongs to whoever takes items: the caller of tn_feed_next(),
 * or, while `busy`, whoever serves its callback. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "engine.h"
#include "nearest.h"
#include "try.h"

#define PASS_AT_ONCE 1024 /* unwanted records between two looks at the clock */
#define SERVE_AT_ONCE 256 /* items of one feed before the next one's turn */
#define ROUNDS_PER_TICK 64
#define FOLLOW_STEP_MS 20  /* how often the thread looks for what a live owner has written */
#define START_WAIT_MS 3000 /* a reader may not see yet what the owner's feed handed out already */

struct tn_feed {
  tn_engine *engine;
  bool *wanted; /* for each instance; NULL = all */
  void (*on_item)(void *arg, const tn_feed_item *item);
  void (*on_end)(void *arg, const tn_error *error);
  void *arg;

  _Atomic uint64_t seq; /* of the last record looked at */
  uint64_t epoch;       /* its epoch */
  bool has_place;       /* epoch and seq are a pair */
  bool more;            /* read only: the last look found something after seq */
  void *cursor;         /* NULL = to be opened */
  tn_builder record;
  tn_error end;      /* why it ended ... */
  atomic_bool ended; /* ... once it did */

  int fd;         /* [mu] -1 = none */
  bool fd_set;    /* [mu] */
  bool busy;      /* [mu] `by` serves it */
  pthread_t by;   /* [mu] */
  bool closing;   /* [mu] closed within on_item */
  uint64_t round; /* [mu] it was served last */
  tn_feed *next;  /* [mu] */
};

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

/* The consumer has seen all there is: the fd falls silent, unless more has come meanwhile. */
static void quiet_fd(tn_feed *f) {
  tn_engine *e = f->engine;
  eventfd_t ignored;
  pthread_mutex_lock(&e->mu);
  bool more = e->read_only ? f->more : e->synced_seq > atomic_load(&f->seq);
  if (f->fd_set && !more) f->fd_set = eventfd_read(f->fd, &ignored) != 0;
  pthread_mutex_unlock(&e->mu);
}

/* ---- reading --------------------------------------------------------------------------------- */

static void close_cursor(tn_feed *f) {
  tn_engine *e = f->engine;
  if (f->cursor) e->storage->read_close(e->storage_self, f->cursor);
  f->cursor = NULL;
}

static tn_status lagged(tn_error *error) {
  tn_error found = *error;
  return tn_error_set(error, TN_LAGGED, "",
                      "the feed fell behind what the journal keeps (%.120s); open it again from the oldest",
                      found.text);
}

static tn_status open_cursor(tn_feed *f, uint64_t seq, tn_error *error) {
  tn_engine *e = f->engine;
  close_cursor(f);
  tn_status status = e->storage->read_open(e->storage_self, seq, &f->cursor, error);
  if (status != TN_OK) f->cursor = NULL;
  return status;
}

/* The bytes of the record `seq`; a cursor that stood at the end is asked again as a new one. */
static tn_status read_bytes(tn_feed *f, uint64_t seq, tn_slice *out, tn_error *error) {
  tn_engine *e = f->engine;
  tn_record found;
  tn_status status = TN_NOT_FOUND;
  for (bool fresh = false; status == TN_NOT_FOUND && !fresh;) {
    fresh = !f->cursor;
    if (fresh) TRY(open_cursor(f, seq, error));
    status = e->storage->read_next(e->storage_self, f->cursor, &found, error);
    if (status != TN_OK) close_cursor(f);
  }
  if (status == TN_OK && found.seq != seq)
    status = tn_error_set(error, TN_CORRUPT, NULL, "the journal hands out record %llu for %llu",
                          (unsigned long long)found.seq, (unsigned long long)seq);
  if (status == TN_OK) *out = found.bytes;
  return status;
}

static tn_status read_record(tn_feed *f, uint64_t seq, tni_record *out, tn_error *error) {
  tn_engine *e = f->engine;
  tn_record bytes = {seq, {NULL, 0}};
  tn_status status = read_bytes(f, seq, &bytes.bytes, error);
  if (status == TN_TRIMMED) return lagged(error);
  if (status != TN_OK) return status;
  status = tni_record_decode(e->journal_format, &bytes, &f->record, error);
  if (status == TN_OK) status = tni_record_read(tn_built(&f->record), out, error);
  if (status != TN_OK) close_cursor(f);
  return status;
}

static uint64_t durable_seq(tn_engine *e) {
  pthread_mutex_lock(&e->mu);
  uint64_t seq = e->synced_seq;
  pthread_mutex_unlock(&e->mu);
  return seq;
}

/* Waits under mu until records became durable. */
static tn_status wait_durable(tn_feed *f, int64_t until_ms) {
  tn_engine *e = f->engine;
  struct timespec until = {until_ms / 1000, until_ms % 1000 * 1000000};
  int waited = 0;
  pthread_mutex_lock(&e->mu);
  while (e->synced_seq <= atomic_load(&f->seq) && waited == 0)
    waited = pthread_cond_timedwait(&e->feeds_wake, &e->mu, &until);
  bool more = e->synced_seq > atomic_load(&f->seq);
  pthread_mutex_unlock(&e->mu);
  return more ? TN_OK : TN_NOT_FOUND;
}

static tn_status follow(tn_feed *f, int64_t timeout_ms, tn_error *error) {
  tn_engine *e = f->engine;
  return e->storage->follow(e->storage_self, atomic_load(&f->seq), timeout_ms > 0 ? (uint32_t)timeout_ms : 0, error);
}

/* Is there a record after the place? */
static tn_status wait_for_more(tn_feed *f, int64_t until_ms, tn_error *error) {
  if (!f->engine->read_only) return wait_durable(f, until_ms);
  if (f->more) return TN_OK;
  tn_status status = follow(f, until_ms - tni_monotonic_ms(), error);
  f->more = status == TN_OK;
  return status;
}

static bool is_wanted(const tn_feed *f, const tni_record *record) {
  const tni_catalog *c = &f->engine->catalog;
  tn_slice name;
  if (!f->wanted) return true;
  for (tn_iter it = tn_iter_of(record->ops); tn_iter_next(&it);) {
    const tni_instance *instance = tn_as_string(tn_item(it.value, 0), &name) ? tni_catalog_instance(c, name) : NULL;
    if (instance && f->wanted[instance - c->instances]) return true;
  }
  return false;
}

static void move_to(tn_feed *f, const tni_record *record) {
  atomic_store(&f->seq, record->seq);
  f->epoch = record->epoch;
  f->has_place = true;
}

static tn_status take(tn_feed *f, int64_t until_ms, tn_feed_item *item, tn_error *error) {
  for (unsigned passed = 0; passed < PASS_AT_ONCE || tni_monotonic_ms() < until_ms; passed++) {
    tni_record record;
    TRY(wait_for_more(f, until_ms, error));
    tn_status status = read_record(f, atomic_load(&f->seq) + 1, &record, error);
    if (status == TN_NOT_FOUND) f->more = false;
    if (status == TN_NOT_FOUND && tni_monotonic_ms() < until_ms) continue;
    if (status != TN_OK) return status;
    move_to(f, &record);
    if (!is_wanted(f, &record)) continue;
    *item = (tn_feed_item){record.epoch, record.seq, record.time_us, tn_built(&f->record), record.ops, record.events};
    return TN_OK;
  }
  return TN_NOT_FOUND;
}

/* From here on every call answers the same. */
static void end_feed(tn_feed *f, const tn_error *error) {
  f->end = *error;
  atomic_store(&f->ended, true);
  pthread_mutex_lock(&f->engine->mu);
  set_fd(f);
  pthread_mutex_unlock(&f->engine->mu);
}

static tn_status refuse_with_callback(tn_error *error) {
  return tn_error_set(error, TN_MISUSE, NULL, "this feed's items go to its on_item");
}

tn_status tn_feed_next(tn_feed *feed, uint32_t timeout_ms, tn_feed_item *item, tn_error *error) {
  tn_error own = TN_ERROR_INIT;
  if (feed->on_item) return refuse_with_callback(error);
  tn_status status =
      atomic_load(&feed->ended) ? feed->end.status : take(feed, tni_monotonic_ms() + timeout_ms, item, &own);
  if (status == TN_OK) return TN_OK;
  if (status == TN_NOT_FOUND) quiet_fd(feed);
  if (status == TN_LAGGED && !atomic_load(&feed->ended)) end_feed(feed, &own);
  if (atomic_load(&feed->ended)) own = feed->end;
  if (status == TN_NOT_FOUND) return tn_error_set(error, status, NULL, "no record is waiting");
  return tn_error_set(error, status, own.where, "%s", own.text);
}

tn_status tn_feed_position(const tn_feed *feed, uint64_t *epoch, uint64_t *seq) {
  if (!feed->has_place) return TN_NOT_FOUND;
  *epoch = feed->epoch;
  *seq = atomic_load(&feed->seq);
  return TN_OK;
}

/* ---- serving callbacks and fds --------------------------------------------------------------- */

static void tell_end(tn_feed *f, tn_status status, tn_error *error) {
  if (error->status != status) tn_error_set(error, status, "", "%s", tn_status_text(status));
  end_feed(f, error);
  if (f->on_end)
    f->on_end(f->arg, error);
  else
    tni_log(f->engine, TN_LOG_WARNING, "a feed ended: %s: %s", tn_status_name(status), error->text);
}

static bool serve_callback(tn_feed *f) {
  tn_error error = TN_ERROR_INIT;
  tn_status status = TN_OK;
  tn_feed_item item;
  int count = 0;
  for (; count < SERVE_AT_ONCE && !f->closing; count++) {
    status = take(f, 0, &item, &error);
    if (status != TN_OK) break;
    f->on_item(f->arg, &item);
  }
  if (status != TN_OK && status != TN_NOT_FOUND) tell_end(f, status, &error);
  return count > 0;
}

/* On a read-only engine nobody else looks whether there is more. */
static void serve_fd(tn_feed *f) {
  tn_error error;
  if (follow(f, 0, &error) == TN_NOT_FOUND) return;
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

static void free_feed(tn_feed *f) {
  const tn_memory *memory = &f->engine->memory.memory;
  close_cursor(f);
  tn_builder_free(&f->record);
  if (f->fd >= 0) close(f->fd);
  tni_free(memory, f->wanted, f->engine->catalog.instance_count * sizeof *f->wanted);
  tni_free(memory, f, sizeof *f);
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
    free_feed(f);
    pthread_mutex_lock(&e->mu);
  }
  pthread_cond_broadcast(&e->feeds_wake);
  return did;
}

/* [mu] Everybody's turn. True when somebody got something. */
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
  /* The application's signals are not for this thread. */
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  e->feed_thread_running = pthread_create(&e->feed_thread, NULL, serve_feeds, e) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
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
  if (feed->on_item) return refuse_with_callback(error);
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

/* ---- where it begins ------------------------------------------------------------------------- */

static tn_status not_in_history(uint64_t epoch, uint64_t seq, const char *why, tn_error *error) {
  return tn_error_set(error, TN_CONFLICT, "from", "(%llu, %llu) is no record of this history: %s",
                      (unsigned long long)epoch, (unsigned long long)seq, why);
}

static tn_status other_epoch(uint64_t epoch, uint64_t seq, uint64_t found, tn_error *error) {
  char why[64];
  snprintf(why, sizeof why, "that record has epoch %llu", (unsigned long long)found);
  return not_in_history(epoch, seq, why, error);
}

/* The epoch of the record `seq`, from the journal, or where that begins right after it from a snapshot. */
static tn_status epoch_of(tn_feed *f, uint64_t seq, uint64_t *epoch, tn_error *error) {
  tn_engine *e = f->engine;
  tni_record record;
  int64_t time_us;
  tn_status status = read_record(f, seq, &record, error);
  if (status == TN_OK) *epoch = record.epoch;
  if (status != TN_LAGGED) return status;
  tn_error ignored;
  return tni_snapshot_peek(e, seq, epoch, &time_us, &ignored) == TN_OK ? TN_OK : TN_LAGGED;
}

static tn_status begin_after(tn_feed *f, uint64_t epoch, uint64_t seq, tn_error *error) {
  tn_engine *e = f->engine;
  uint64_t found = epoch;
  tn_status status = TN_OK;
  if (seq > 0) {
    if (e->read_only) {
      atomic_store(&f->seq, seq - 1);
      status = follow(f, START_WAIT_MS, error);
      if (status != TN_OK && status != TN_NOT_FOUND) return status;
    }
    if (!e->read_only && seq > durable_seq(e)) status = TN_NOT_FOUND;
    if (status == TN_OK) status = epoch_of(f, seq, &found, error);
  }
  if (status == TN_NOT_FOUND) return not_in_history(epoch, seq, "the journal ends before it", error);
  if (status == TN_OK && found != epoch) return other_epoch(epoch, seq, found, error);
  TRY(status);
  atomic_store(&f->seq, seq);
  f->epoch = epoch;
  f->has_place = true;
  if (f->cursor) return TN_OK;
  status = open_cursor(f, seq + 1, error);
  return status == TN_TRIMMED ? lagged(error) : status;
}

/* The published version is of the newest acknowledged record. */
static tn_status begin_now(tn_feed *f, tn_error *error) {
  tni_pin pin;
  if (tni_pin_take(f->engine->state, &pin) != TN_OK)
    return tn_error_set(error, TN_NOMEM, NULL, "no memory to pin a version");
  atomic_store(&f->seq, pin.version->seq);
  f->epoch = pin.version->seq == 0 ? 1 : pin.version->epoch;
  f->has_place = true;
  tni_pin_drop(f->engine->state, &pin);
  return TN_OK;
}

/* A cursor at the oldest record there is. Whoever trims does so beside this, and a reader does not know how far: so
 * it is sought, from what was there when the engine was opened. */
static tn_status find_oldest(tn_feed *f, uint64_t *out, tn_error *error) {
  uint64_t low = atomic_load(&f->engine->first_seq), high = low;
  tn_status status;
  while ((status = open_cursor(f, high, error)) == TN_TRIMMED && high < UINT64_MAX / 2) {
    low = high + 1;
    high *= 2;
  }
  while (status == TN_OK && low < high) {
    uint64_t middle = low + (high - low) / 2;
    status = open_cursor(f, middle, error);
    if (status == TN_TRIMMED)
      low = middle + 1, status = TN_OK;
    else
      high = middle;
  }
  if (status == TN_OK) status = open_cursor(f, low, error);
  if (status == TN_OK) *out = low;
  return status == TN_TRIMMED ? lagged(error) : status;
}

static tn_status begin_oldest(tn_feed *f, tn_error *error) {
  uint64_t oldest = 1;
  TRY(find_oldest(f, &oldest, error));
  atomic_store(&f->seq, oldest - 1);
  f->epoch = 1;
  f->has_place = oldest == 1;
  return TN_OK;
}

static tn_status begin(tn_feed *f, const tn_feed_options *options, tn_error *error) {
  tn_engine *e = f->engine;
  tn_status status;
  if (options->from_oldest)
    status = begin_oldest(f, error);
  else if (options->epoch == 0 && options->seq == 0)
    status = begin_now(f, error);
  else
    status = begin_after(f, options->epoch, options->seq, error);
  if (status != TN_OK || !e->read_only) return status;
  status = follow(f, 0, error);
  if (status == TN_UNSUPPORTED)
    return tn_error_set(error, status, NULL, "the storage '%s' cannot follow another engine",
                        e->storage->plugin.name);
  return status == TN_NOT_FOUND ? TN_OK : status;
}

/* ---- life ------------------------------------------------------------------------------------ */

static tn_status want(tn_feed *f, const char *name, tn_error *error) {
  const tni_catalog *c = &f->engine->catalog;
  tn_slice text = {name, strlen(name)};
  const tni_instance *instance = tni_catalog_instance(c, text);
  if (instance) {
    f->wanted[instance - c->instances] = true;
    return TN_OK;
  }
  char hint[96];
  tni_nearest nearest = tni_nearest_to(text);
  for (size_t i = 0; i < c->instance_count; i++) tni_nearest_offer(&nearest, c->instances[i].name);
  return tn_error_set(error, TN_UNKNOWN, "models", "no model is named '%.64s'%s", name,
                      tni_nearest_hint(&nearest, hint, sizeof hint));
}

static tn_status choose_models(tn_feed *f, const char *const *models, tn_error *error) {
  if (!models) return TN_OK;
  if (!models[0]) return tn_error_set(error, TN_INVALID, "models", "the list of models is empty; NULL means all");
  f->wanted =
      (bool *)tni_alloc_zero(&f->engine->memory.memory, f->engine->catalog.instance_count * sizeof *f->wanted);
  if (!f->wanted) return tn_error_set(error, TN_NOMEM, NULL, "no memory for a feed");
  for (; *models; models++) TRY(want(f, *models, error));
  return TN_OK;
}

static tn_status link_feed(tn_feed *f, tn_error *error) {
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

tn_status tn_feed_open(tn_engine *engine, const tn_feed_options *options, tn_feed **out, tn_error *error) {
  static const tn_feed_options defaults = TN_FEED_OPTIONS_INIT;
  tn_error own = TN_ERROR_INIT;
  options = options ? options : &defaults;
  if (engine->in_history)
    return tn_error_set(error, TN_MISUSE, NULL,
                        "the engine stands at a point in history, where nothing comes any more");
  tn_feed *f = (tn_feed *)tni_alloc_zero(&engine->memory.memory, sizeof *f);
  if (!f) return tn_error_set(error, TN_NOMEM, NULL, "no memory for a feed");
  f->engine = engine;
  f->on_item = options->on_item;
  f->on_end = options->on_end;
  f->arg = options->arg;
  f->fd = -1;
  f->record = (tn_builder)TN_BUILDER_INIT;
  f->record.memory = &engine->memory.memory;
  tn_status status = choose_models(f, options->models, &own);
  if (status == TN_OK) status = begin(f, options, &own);
  if (status == TN_OK) status = link_feed(f, &own);
  if (status == TN_OK) {
    *out = f;
    return TN_OK;
  }
  free_feed(f);
  return tn_error_set(error, status, own.where, "%s", own.text);
}

void tn_feed_close(tn_feed *feed) {
  if (!feed) return;
  tn_engine *e = feed->engine;
  pthread_mutex_lock(&e->mu);
  bool within = feed->busy && pthread_equal(feed->by, pthread_self());
  if (within) feed->closing = true;
  while (!within && feed->busy) pthread_cond_wait(&e->feeds_wake, &e->mu);
  if (!within) unlink_feed(feed);
  pthread_mutex_unlock(&e->mu);
  if (!within) free_feed(feed);
}
