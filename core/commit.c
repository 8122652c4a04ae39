/* commit.c - the commit path: who may write, what is made durable together, and who is told. */
#include <errno.h>
#include <time.h>

#include "engine.h"
#include "try.h"

#define LOOKS 4   /* for the writer's right, before sleeping, and ... */
#define PAUSES 64 /* ... between two of them */

#define GATHER_NOT 4                 /* groups that are not gathered after one that was in vain */
#define GATHER_NS_MAX (10 * 1000000) /* that a group is gathered */

/* ---- the writer's right --------------------------------------------------------------------- */

tn_status tni_failed(tn_engine *e, tn_error *error) {
  return tn_error_set(error, TN_IO, e->failure.where,
                      "an earlier write failed (%s: %.150s); reopen the engine to write again",
                      tn_status_name(e->failure.status), e->failure.text);
}

static int64_t monotonic_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static struct timespec monotonic_after(int64_t ms) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  t.tv_sec += ms / 1000;
  t.tv_nsec += (ms % 1000) * 1000000;
  if (t.tv_nsec >= 1000000000) t.tv_sec++, t.tv_nsec -= 1000000000;
  return t;
}

/* [mu] A command takes less time than falling asleep and being woken: looks some microseconds long before that. */
static void watch_writer(tn_engine *e) {
  for (int look = 0; e->writer_held && look < LOOKS; look++) {
    pthread_mutex_unlock(&e->mu);
    for (int i = 0; i < PAUSES; i++) tni_pause();
    pthread_mutex_lock(&e->mu);
  }
}

/* [mu] */
static tn_status wait_for_writer(tn_engine *e, int64_t wait_ms, tn_error *error) {
  if (!e->writer_held) return TN_OK;
  if (pthread_equal(e->writer, pthread_self()))
    return tn_error_set(error, TN_MISUSE, NULL, "this thread has a write txn open; commit or abort it first");
  if (wait_ms > 0) watch_writer(e);
  struct timespec until = monotonic_after(wait_ms);
  while (e->writer_held)
    if (pthread_cond_timedwait(&e->writer_free, &e->mu, &until) == ETIMEDOUT && e->writer_held)
      return tn_error_set(error, TN_BUSY, "write_wait_ms", "another write txn went on for more than %lld ms",
                          (long long)wait_ms);
  return TN_OK;
}

tn_status tni_writer_take(tn_engine *e, int64_t wait_ms, tn_error *error) {
  if (e->read_only)
    return tn_error_set(error, TN_DENIED, NULL, "the engine was opened %s",
                        e->in_history ? "at a point in history" : "read only");
  pthread_mutex_lock(&e->mu);
  tn_status status = wait_for_writer(e, wait_ms, error);
  if (status == TN_OK && atomic_load(&e->failed)) {
    status = tni_failed(e, error);
    pthread_cond_signal(&e->writer_free); /* the next one is to hear of it as well */
  }
  if (status == TN_OK) {
    e->writer_held = true;
    e->writer = pthread_self();
  }
  pthread_mutex_unlock(&e->mu);
  return status;
}

void tni_writer_give(tn_engine *e) {
  pthread_mutex_lock(&e->mu);
  e->writer_held = false;
  pthread_cond_signal(&e->writer_free);
  pthread_cond_signal(&e->sealable);
  if (e->building->jobs.first) { /* whoever polls or serves could not flush them until now */
    pthread_cond_broadcast(&e->flushed);
    pthread_cond_signal(&e->service_wake);
  }
  pthread_mutex_unlock(&e->mu);
}

/* ---- building a group ----------------------------------------------------------------------- */

static tn_status room_for_one(tn_engine *e, tni_group *g) {
  if (g->count < g->capacity) return TN_OK;
  const tn_memory *memory = &e->memory.memory;
  size_t old = g->capacity, capacity = old == 0 ? 64 : old * 2;
  tn_slice *records = (tn_slice *)tni_alloc(memory, capacity * sizeof *records);
  uint64_t *ends =
      records ? (uint64_t *)tni_resize(memory, g->ends, old * sizeof *ends, capacity * sizeof *ends) : NULL;
  if (!ends) {
    tni_free(memory, records, capacity * sizeof *records);
    return TN_NOMEM;
  }
  tni_free(memory, g->records, old * sizeof *records);
  g->records = records;
  g->ends = ends;
  g->capacity = capacity;
  return TN_OK;
}

tn_status tni_group_add(tn_engine *e, uint64_t seq, int64_t time_us, tn_value record, tn_error *error) {
  tni_group *g = e->building;
  size_t before = g->bytes.size;
  tn_status status = room_for_one(e, g);
  if (status != TN_OK) return tn_error_set(error, status, NULL, "no memory for the record");
  status = e->journal_format->encode(&tni_host, record, &g->bytes, error);
  if (status != TN_OK) {
    g->bytes.size = before;
    return status;
  }
  if (g->count == 0) g->first_seq = seq;
  g->ends[g->count++] = g->bytes.size;
  e->applied_seq = seq;
  e->applied_time_us = time_us;
  return TN_OK;
}

static bool group_is_empty(const tni_group *g) { return g->count == 0 && !g->waiters && !g->jobs.first; }

/* The group whose durability covers everything the working state holds; NULL when all of it is acknowledged. [mu] */
static tni_group *covering_group(tn_engine *e) { return !group_is_empty(e->building) ? e->building : e->sealed; }

void tni_group_wait_for(tn_engine *e, tni_waiter *waiter) {
  pthread_mutex_lock(&e->mu);
  tni_group *g = waiter->has_record ? e->building : covering_group(e);
  waiter->group = g;
  if (g) {
    waiter->next = g->waiters;
    g->waiters = waiter;
    g->waiter_count++;
    if (e->gathering && g->waiter_count >= e->crowd) pthread_cond_signal(&e->gathered);
  } else {
    waiter->status = atomic_load(&e->failed) ? TN_OUTCOME_UNKNOWN : TN_OK;
    atomic_store(&waiter->done, true);
  }
  pthread_mutex_unlock(&e->mu);
}

static void job_list_clear(tni_job_list *list) {
  list->first = NULL;
  list->last = &list->first;
}

static void job_list_add(tni_job_list *list, tni_job *job) {
  job->next = NULL;
  *list->last = job;
  list->last = &job->next;
}

void tni_group_add_job(tn_engine *e, tni_job *job) {
  pthread_mutex_lock(&e->mu);
  job_list_add(&e->building->jobs, job);
  pthread_mutex_unlock(&e->mu);
}

/* [mu] */
static void complete(tn_engine *e, tni_job *job) {
  job_list_add(job->by == TN_DONE_POLLED ? &e->polled : &e->completed, job);
}

void tni_group_add_query(tn_engine *e, tni_job *job) {
  job->is_query = true;
  pthread_mutex_lock(&e->mu);
  if (e->building->jobs.first)
    job_list_add(&e->building->jobs, job);
  else if (e->sealed && e->sealed->jobs.first)
    job_list_add(&e->sealed->jobs, job);
  else
    complete(e, job);
  pthread_mutex_unlock(&e->mu);
}

/* ---- sealing -------------------------------------------------------------------------------- */

static void tell(tn_engine *e, tni_group *g, tn_status with_record, tn_status without);

static void group_clear(tni_group *g) {
  g->bytes.size = 0;
  g->count = 0;
  g->version = NULL;
  g->waiters = NULL;
  g->waiter_count = 0;
  job_list_clear(&g->jobs);
}

/* [writer] No memory to seal: nothing was written, so the group never was. */
static void drop_building(tn_engine *e) {
  tni_state_abandon(e->state);
  e->applied_seq = atomic_load(&e->acked_seq);
  e->models_recorded = false;
  tell(e, e->building, TN_NOMEM, TN_NOMEM);
  tni_gate_wake_all(&e->building->gate);
}

/* [writer] Nothing is sealed. */
static void seal(tn_engine *e) {
  tni_group *g = e->building;
  if (g->count > 0 &&
      tni_state_seal(e->state, e->applied_seq, e->storage_found.epoch, e->applied_time_us, &g->version) != TN_OK) {
    drop_building(e);
    return;
  }
  tni_state_stats stats = tni_state_get_stats(e->state);
  pthread_mutex_lock(&e->mu);
  e->state_stats = stats;
  e->sealed = g;
  e->building = g == &e->groups[0] ? &e->groups[1] : &e->groups[0];
  pthread_cond_signal(&e->sealable);
  if (e->gathering) pthread_cond_signal(&e->gathered);
  pthread_mutex_unlock(&e->mu);
}

static tni_group *flush_once(tn_engine *e);

/* [mu] Gives the flusher's right back. The gate of those one of whom has to take it; NULL = of nobody. Who waits for
 * the group after one that nobody waits for flushes both. */
static tni_gate *give_flusher(tn_engine *e) {
  tni_group *g = e->sealed && e->sealed->waiters ? e->sealed : e->building;
  e->flushing = false;
  pthread_cond_broadcast(&e->flushed);
  if (!g->waiters) return NULL;
  tni_gate_open(&g->gate);
  return &g->gate;
}

/* [flusher] Flushes, and gives the right back. Whoever goes on with the next group is woken first. */
static void flush_and_give(tn_engine *e) {
  tni_group *told = flush_once(e);
  pthread_mutex_lock(&e->mu);
  tni_gate *next = give_flusher(e);
  pthread_mutex_unlock(&e->mu);
  if (next) tni_gate_wake_one(next);
  if (told) tni_gate_wake_all(&told->gate);
}

/* [mu] Flushes for everybody where nobody does, nor wants the right for something else. */
static bool flush_if_free(tn_engine *e) {
  if (e->flushing || e->flusher_wanted > 0) return false;
  e->flushing = true;
  pthread_mutex_unlock(&e->mu);
  flush_and_give(e);
  pthread_mutex_lock(&e->mu);
  return true;
}

void tni_group_close(tn_engine *e) {
  pthread_mutex_lock(&e->mu);
  while (e->sealed)
    if (!flush_if_free(e)) pthread_cond_wait(&e->flushed, &e->mu);
  bool empty = group_is_empty(e->building);
  pthread_mutex_unlock(&e->mu);
  if (!empty) seal(e);
}

/* ---- telling -------------------------------------------------------------------------------- */

void tni_deliver(tn_engine *e) {
  pthread_mutex_lock(&e->mu);
  while (!e->delivering && e->completed.first) {
    tni_job *job = e->completed.first;
    e->completed.first = job->next;
    if (!job->next) e->completed.last = &e->completed.first;
    e->delivering = true;
    pthread_mutex_unlock(&e->mu);
    job->done(job->arg, job->status, &job->result, &job->error);
    tn_result_free(&job->result);
    tni_free(&e->memory.memory, job, sizeof *job);
    pthread_mutex_lock(&e->mu);
    e->delivering = false;
    e->jobs_in_flight--;
    pthread_cond_broadcast(&e->flushed);
  }
  pthread_mutex_unlock(&e->mu);
}

static void settle_job(tn_engine *e, tni_job *job, tn_status with_record, tn_status without) {
  tn_status status = job->has_record ? with_record : without;
  if (status == TN_OK || job->is_query) return;
  job->status = status;
  job->result.value = TN_NO_VALUE;
  tn_error_set(&job->error, status, e->failure.where, "%s: %.180s", tn_status_text(status), e->failure.text);
}

/* The group is over: waiters and jobs hear how it ended, and the group is empty again. Those who sleep at its gate
 * have still to be woken. */
static void tell(tn_engine *e, tni_group *g, tn_status with_record, tn_status without) {
  for (tni_job *job = g->jobs.first; job; job = job->next) settle_job(e, job, with_record, without);
  pthread_mutex_lock(&e->mu);
  for (tni_waiter *w = g->waiters, *next; w; w = next) {
    next = w->next;
    w->status = w->has_record ? with_record : without;
    atomic_store(&w->done, true);
  }
  for (tni_job *job = g->jobs.first, *next; job; job = next) {
    next = job->next;
    complete(e, job);
  }
  if (e->sealed == g) e->sealed = NULL;
  e->crowd = g->waiter_count + (g == e->building ? 0 : e->building->waiter_count);
  e->told_ns = monotonic_ns();
  group_clear(g);
  tni_gate_open(&g->gate);
  pthread_cond_broadcast(&e->flushed);
  pthread_cond_signal(&e->sealable);
  if (e->completed.first) pthread_cond_signal(&e->service_wake);
  pthread_mutex_unlock(&e->mu);
}

/* ---- flushing ------------------------------------------------------------------------------- */

static void fail(tn_engine *e, tn_status status, const tn_error *error) {
  if (atomic_load(&e->failed)) return;
  e->failure = *error;
  if (e->failure.status != status) tn_error_set(&e->failure, status, "", "%s", tn_status_text(status));
  atomic_store(&e->failed, true);
  tni_log(e, TN_LOG_ERROR, "writing failed, the engine takes no more writes: %s: %s (%s)", tn_status_name(status),
          e->failure.text, e->failure.where);
}

static tn_status append_records(tn_engine *e, tni_group *g, tn_error *error) {
  for (size_t i = 0; i < g->count; i++) {
    size_t start = i == 0 ? 0 : (size_t)g->ends[i - 1];
    g->records[i] = (tn_slice){g->bytes.data + start, (size_t)g->ends[i] - start};
  }
  uint32_t flags = e->config.durability == TNI_SYNC ? TN_APPEND_SYNC : 0;
  return e->storage->append(e->storage_self, g->first_seq, g->records, g->count, flags, error);
}

/* [flusher] */
static tn_status write_group(tn_engine *e, tni_group *g) {
  tn_error error = TN_ERROR_INIT;
  if (atomic_load(&e->failed)) return TN_OUTCOME_UNKNOWN;
  if (g->count == 0) return TN_OK;
  int64_t start_ns = monotonic_ns();
  tn_status status = append_records(e, g, &error);
  e->append_ns = monotonic_ns() - start_ns;
  if (status != TN_OK) {
    fail(e, status, &error);
    return TN_OUTCOME_UNKNOWN;
  }
  uint64_t last = g->first_seq + g->count - 1;
  atomic_store(&e->acked_seq, last); /* first: who has seen the version finds its records in the journal */
  tni_state_publish(e->state, g->version);
  atomic_fetch_add_explicit(&e->totals.records, g->count, memory_order_relaxed);
  atomic_fetch_add_explicit(&e->totals.groups, 1, memory_order_relaxed);
  atomic_fetch_add_explicit(&e->totals.journal_bytes, g->bytes.size, memory_order_relaxed);
  if (e->config.durability == TNI_SYNC) {
    pthread_mutex_lock(&e->mu);
    e->synced_seq = last;
    tni_feeds_wake(e);
    pthread_mutex_unlock(&e->mu);
    atomic_fetch_add_explicit(&e->totals.syncs, 1, memory_order_relaxed);
  }
  return TN_OK;
}

/* [mu] Unlike the group's records, which only the writer may look at. */
static bool somebody_waits(const tni_group *g) { return g->waiters || g->jobs.first; }

/* [mu, flusher] While a group is synced the next one is built, and so committers would come to be two halves that
 * take turns, each waiting for two syncs. Those who were told come back in less time than a sync takes, as a rule:
 * they are waited for, half as long at most, so that one sync serves all. */
static void gather(tn_engine *e) {
  const tni_group *g = e->building;
  size_t had = g->waiter_count;
  if (e->config.durability != TNI_SYNC || had == 0 || had >= e->crowd) return;
  if (e->gather_not > 0) {
    e->gather_not--;
    return;
  }
  int64_t half_ns = e->append_ns / 2, until_ns = e->told_ns + (half_ns < GATHER_NS_MAX ? half_ns : GATHER_NS_MAX);
  if (monotonic_ns() >= until_ns) return;
  struct timespec until = {.tv_sec = until_ns / 1000000000, .tv_nsec = until_ns % 1000000000};
  int waited = 0;
  e->gathering = true;
  while (waited == 0 && !e->sealed && e->flusher_wanted == 0 && g->waiter_count < e->crowd)
    waited = pthread_cond_timedwait(&e->gathered, &e->mu, &until);
  e->gathering = false;
  if (waited != 0 && g->waiter_count < had + (e->crowd - had) / 4) e->gather_not = GATHER_NOT;
}

/* [flusher] Writes the sealed group, sealing what is being built when there is none. The group whose waiters are
 * done; NULL = there was none. */
static tni_group *flush_once(tn_engine *e) {
  pthread_mutex_lock(&e->mu);
  if (!e->sealed) gather(e);
  while (!e->sealed && e->writer_held && somebody_waits(e->building)) pthread_cond_wait(&e->sealable, &e->mu);
  bool must_seal = !e->sealed && !e->writer_held && !group_is_empty(e->building);
  if (must_seal) {
    e->writer_held = true;
    e->writer = pthread_self();
  }
  pthread_mutex_unlock(&e->mu);
  if (must_seal) {
    seal(e);
    tni_writer_give(e);
  }
  pthread_mutex_lock(&e->mu);
  tni_group *g = e->sealed;
  pthread_mutex_unlock(&e->mu);
  if (!g) return NULL;
  tn_status status = write_group(e, g);
  tell(e, g, status, status);
  return g;
}

/* Until the waiter is done; true when this thread flushed. */
static bool flush_or_sleep(tn_engine *e, const tni_waiter *waiter) {
  bool flushed = false;
  while (!atomic_load(&waiter->done)) {
    pthread_mutex_lock(&e->mu);
    uint32_t look = tni_gate_look(&waiter->group->gate);
    bool sleeps = !atomic_load(&waiter->done) && !flush_if_free(e);
    pthread_mutex_unlock(&e->mu);
    if (sleeps) tni_gate_wait(&waiter->group->gate, look);
    flushed = flushed || !sleeps;
  }
  return flushed;
}

tn_status tni_group_wait(tn_engine *e, tni_waiter *waiter, tn_error *error) {
  bool flushed = flush_or_sleep(e, waiter);
  tn_status status = waiter->status;
  if (flushed) tni_deliver(e);
  if (status == TN_OK) return TN_OK;
  if (status == TN_NOMEM) return tn_error_set(error, status, NULL, "no memory to commit; nothing was changed");
  return tn_error_set(error, status, e->failure.where, "the journal could not be written: %.200s", e->failure.text);
}

bool tni_group_flush(tn_engine *e) {
  pthread_mutex_lock(&e->mu);
  bool work = !e->flushing && (e->sealed || (!e->writer_held && !group_is_empty(e->building)));
  if (work) e->flushing = true;
  pthread_mutex_unlock(&e->mu);
  if (!work) {
    tni_deliver(e);
    return false;
  }
  flush_and_give(e);
  tni_deliver(e);
  return true;
}

void tni_flusher_take(tn_engine *e) {
  pthread_mutex_lock(&e->mu);
  e->flusher_wanted++;
  if (e->gathering) pthread_cond_signal(&e->gathered);
  while (e->flushing) pthread_cond_wait(&e->flushed, &e->mu);
  e->flusher_wanted--;
  e->flushing = true;
  pthread_mutex_unlock(&e->mu);
}

void tni_flusher_give(tn_engine *e) {
  pthread_mutex_lock(&e->mu);
  tni_gate *next = give_flusher(e);
  pthread_mutex_unlock(&e->mu);
  if (next) tni_gate_wake_one(next);
}

tn_status tni_sync(tn_engine *e, tn_error *error) {
  tn_error own = TN_ERROR_INIT;
  uint64_t upto = atomic_load(&e->acked_seq);
  if (atomic_load(&e->failed)) return tni_failed(e, error);
  pthread_mutex_lock(&e->mu);
  bool nothing = e->synced_seq >= upto;
  pthread_mutex_unlock(&e->mu);
  if (nothing) return TN_OK;
  tn_status status = e->storage->sync(e->storage_self, &own);
  if (status != TN_OK) {
    fail(e, status, &own);
    if (error) *error = own;
    return status;
  }
  pthread_mutex_lock(&e->mu);
  e->synced_seq = upto;
  tni_feeds_wake(e);
  pthread_mutex_unlock(&e->mu);
  atomic_fetch_add_explicit(&e->totals.syncs, 1, memory_order_relaxed);
  return TN_OK;
}
