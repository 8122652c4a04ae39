/* submit.c - many operations in flight from one thread: applied at once, completed later. */
#include <time.h>

#include "try.h"
#include "work.h"

static tn_status job_take_place(tn_engine *e, tn_error *error) {
  pthread_mutex_lock(&e->mu);
  bool room = e->jobs_in_flight < TN_SUBMIT_MAX;
  if (room) e->jobs_in_flight++;
  pthread_mutex_unlock(&e->mu);
  return room ? TN_OK : tn_error_set(error, TN_BUSY, NULL, "%d operations are submitted and not done", TN_SUBMIT_MAX);
}

static void job_give_place(tn_engine *e) {
  pthread_mutex_lock(&e->mu);
  e->jobs_in_flight--;
  pthread_mutex_unlock(&e->mu);
}

static void job_finish(tni_job *job) {
  if (job->status == TN_OK) job->result.value = tn_built(&job->result.builder);
}

/* Once the job is in a group, whoever flushes it owns it. */
static tn_status job_command(tn_engine *e, tni_job *job, const tn_op *op, const tn_value *argv, tn_error *error) {
  TRY(tni_writer_take(e, e->config.write_wait_ms, error));
  job->status = tni_command_once(e, op, argv, NULL, &job->result.builder, &job->result.seq, &job->error);
  job->has_record = job->status == TN_OK && job->result.seq != 0;
  job_finish(job);
  tni_count_outcome(e, TN_COMMAND, job->status);
  tni_group_add_job(e, job);
  tni_writer_give(e);
  return TN_OK;
}

static tn_status job_run(tn_engine *e, tni_job *job, const tn_op *op, tn_value args, tn_error *error) {
  tn_value argv[TN_OP_PARAM_MAX];
  job->result.builder.memory = &e->memory.memory;
  job->status = tni_bind(op, args, argv, &job->error);
  if (job->status == TN_OK && op->def->kind == TN_COMMAND) return job_command(e, job, op, argv, error);
  if (job->status == TN_OK)
    job->status = tni_query_once(e, op, argv, NULL, &job->result.builder, &job->result.seq, &job->error);
  job_finish(job);
  tni_count_outcome(e, op->def->kind, job->status);
  tni_group_add_query(e, job);
  return TN_OK;
}

/* Where no thread serves, what is completed at once is told at once; but not to a thread in the middle of a write
 * txn. */
static void deliver_unless_writing(tn_engine *e) {
  pthread_mutex_lock(&e->mu);
  bool writing = e->writer_held && pthread_equal(e->writer, pthread_self());
  pthread_mutex_unlock(&e->mu);
  if (!writing) tni_deliver(e);
}

tn_status tn_submit(tn_engine *engine, const tn_op *op, tn_value args, tn_done_by by, tn_done_fn done, void *arg,
                    tn_error *error) {
  TRY(job_take_place(engine, error));
  tni_job *job = (tni_job *)tni_alloc_zero(&engine->memory.memory, sizeof *job);
  tn_status status = job ? TN_OK : tn_error_set(error, TN_NOMEM, NULL, "no memory to submit");
  if (job) {
    *job = (tni_job){.done = done, .arg = arg, .by = by, .result = TN_RESULT_INIT};
    status = job_run(engine, job, op, args, error);
  }
  if (status != TN_OK) {
    tni_free(&engine->memory.memory, job, job ? sizeof *job : 0);
    job_give_place(engine);
    return status;
  }
  if (engine->service_running)
    tni_service_poke(engine);
  else
    deliver_unless_writing(engine);
  return TN_OK;
}

static size_t deliver(tn_engine *e, tni_job *jobs) {
  size_t count = 0;
  while (jobs) {
    tni_job *job = jobs;
    jobs = job->next;
    job->done(job->arg, job->status, &job->result, &job->error);
    tn_result_free(&job->result);
    tni_free(&e->memory.memory, job, sizeof *job);
    job_give_place(e);
    count++;
  }
  return count;
}

static tni_job *take_polled(tn_engine *e) {
  tni_job *jobs = e->polled.first;
  e->polled.first = NULL;
  e->polled.last = &e->polled.first;
  return jobs;
}

/* Waits under mu until somebody finished a group, or `until_ms`. */
static void wait_flushed(tn_engine *e, int64_t until_ms) {
  struct timespec until = {until_ms / 1000, until_ms % 1000 * 1000000};
  pthread_cond_timedwait(&e->flushed, &e->mu, &until);
}

tn_status tn_poll(tn_engine *engine, uint32_t timeout_ms, size_t *count, tn_error *error) {
  (void)error;
  int64_t until_ms = tni_monotonic_ms() + timeout_ms;
  tni_job *jobs;
  pthread_mutex_lock(&engine->mu);
  while (!(jobs = take_polled(engine)) && engine->jobs_in_flight > 0) {
    pthread_mutex_unlock(&engine->mu);
    bool flushed = tni_group_flush(engine);
    pthread_mutex_lock(&engine->mu);
    if (flushed || engine->polled.first) continue;
    if (tni_monotonic_ms() >= until_ms) break;
    wait_flushed(engine, until_ms);
  }
  pthread_mutex_unlock(&engine->mu);
  *count = deliver(engine, jobs);
  return TN_OK;
}

void tn_interrupt(tn_engine *engine) { atomic_fetch_add(&engine->interrupts, 1); }
