#include "writer.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define IN_FLIGHT 12 /* of a thread that submits */

typedef struct worker worker;

typedef struct crew {
  tn_engine *engine;
  told *told;
  atomic_bool stop;
  atomic_int wrong; /* statuses that nobody may be told here */
} crew;

struct worker {
  crew *crew;
  int number;
  tn_status (*commit)(worker *w, uint64_t n);
  char t[8], u[8]; /* its keys */
  atomic_int in_flight;
  tn_builder one, two;
  tn_error error;
};

/* ---- what was told -------------------------------------------------------------------------- */

told *told_map(const char *path) {
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  void *memory = MAP_FAILED;
  struct stat info = {.st_size = 0};
  bool there = fd >= 0 && fstat(fd, &info) == 0 && info.st_size == sizeof(told);
  if (there || (fd >= 0 && ftruncate(fd, sizeof(told)) == 0))
    memory = mmap(NULL, sizeof(told), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (fd >= 0) close(fd);
  return memory == MAP_FAILED ? NULL : (told *)memory;
}

void told_unmap(told *t) { (void)munmap(t, sizeof *t); }

static void raise_to(_Atomic uint64_t *at, uint64_t n) {
  uint64_t there = atomic_load(at);
  while (there < n && !atomic_compare_exchange_weak(at, &there, n)) continue;
}

/* ---- committing ----------------------------------------------------------------------------- */

static tn_value put_args(tn_builder *b, const char *key, uint64_t n) { return tn_obj(b, "key", key, "value", n); }

static tn_status commit_by_run(worker *w, uint64_t n) {
  return tn_run(w->crew->engine, "cart", "put", put_args(&w->one, w->t, n), NULL, &w->error);
}

static tn_status commit_by_batch(worker *w, uint64_t n) {
  tn_batch_op ops[] = {{"cart", "put", put_args(&w->one, w->t, n)}, {"cart", "put", put_args(&w->two, w->u, n)}};
  return tn_batch(w->crew->engine, ops, 2, NULL, NULL, &w->error);
}

static tn_status commit_by_txn(worker *w, uint64_t n) {
  tn_txn *txn;
  tn_status status = tn_begin(w->crew->engine, TN_WRITE, NULL, &txn, &w->error);
  if (status != TN_OK) return status;
  status = tn_do(txn, "cart", "put", put_args(&w->one, w->t, n), NULL, &w->error);
  if (status == TN_OK) status = tn_do(txn, "cart", "put", put_args(&w->one, w->u, n), NULL, &w->error);
  if (status == TN_OK) return tn_commit(txn, NULL, &w->error);
  tn_abort(txn);
  return status;
}

typedef struct job {
  worker *worker;
  uint64_t n;
  atomic_bool open;
} job;

static void job_done(void *arg, tn_status status, const tn_result *result, const tn_error *error) {
  job *j = arg;
  (void)result, (void)error;
  if (status == TN_OK)
    raise_to(&j->worker->crew->told->answered[j->worker->number], j->n);
  else
    atomic_store(&j->worker->crew->stop, true);
  atomic_store(&j->open, false);
}

/* A place for one more job; polls for it. */
static job *free_job(worker *w, job *jobs) {
  size_t count;
  for (;;) {
    for (int i = 0; i < IN_FLIGHT; i++)
      if (!atomic_load(&jobs[i].open)) return &jobs[i];
    if (tn_poll(w->crew->engine, 100, &count, &w->error) != TN_OK) return NULL;
  }
}

static void wait_for_jobs(worker *w, job *jobs) {
  size_t count;
  for (int i = 0; i < IN_FLIGHT; i++)
    while (atomic_load(&jobs[i].open))
      if (tn_poll(w->crew->engine, 100, &count, &w->error) != TN_OK) return;
}

static bool is_expected(tn_status status) {
  return status == TN_OUTCOME_UNKNOWN || status == TN_IO || status == TN_FULL;
}

static void end_with(worker *w, tn_status status) {
  if (status != TN_OK && !is_expected(status)) {
    fprintf(stderr, "thread %d: %s: %s\n", w->number, tn_status_name(status), w->error.text);
    atomic_fetch_add(&w->crew->wrong, 1);
  }
  atomic_store(&w->crew->stop, true);
}

static void *submit_numbers(void *arg) {
  worker *w = arg;
  told *t = w->crew->told;
  const tn_op *put;
  static job places[WRITER_THREADS][IN_FLIGHT];
  job *jobs = places[w->number];
  tn_status status = tn_op_prepare(w->crew->engine, "cart", "put", &put, &w->error);
  for (uint64_t n = atomic_load(&t->there[w->number]) + 1; status == TN_OK && !atomic_load(&w->crew->stop); n++) {
    job *j = free_job(w, jobs);
    if (!j) break;
    j->worker = w;
    j->n = n;
    atomic_store(&j->open, true);
    atomic_store(&t->begun[w->number], n);
    status = tn_submit(w->crew->engine, put, put_args(&w->one, w->t, n), TN_DONE_POLLED, job_done, j, &w->error);
    if (status != TN_OK) atomic_store(&j->open, false);
  }
  wait_for_jobs(w, jobs);
  end_with(w, status);
  return NULL;
}

static void *commit_numbers(void *arg) {
  worker *w = arg;
  told *t = w->crew->told;
  tn_status status = TN_OK;
  for (uint64_t n = atomic_load(&t->there[w->number]) + 1; status == TN_OK && !atomic_load(&w->crew->stop); n++) {
    atomic_store(&t->begun[w->number], n);
    status = w->commit(w, n);
    if (status == TN_OK) atomic_store(&t->answered[w->number], n);
  }
  end_with(w, status);
  return NULL;
}

/* ---- the writer ----------------------------------------------------------------------------- */

static tn_status open_engine(const writer_plan *plan, bool read_only, tn_engine **out, tn_error *error) {
  char config[800];
  snprintf(config, sizeof config,
           "{\"data\": \"data\", \"storage\": %s, \"journal\": {\"keep\": \"snapshot\"}, \"sync_interval_ms\": 5, "
           "\"snapshot\": {\"every_commands\": 60, \"keep\": 2}, \"models\": {\"cart\": {\"type\": \"kv\"}}%s}",
           plan->place->storage->config, plan->more);
  tn_open_options options = {.config_text = config, .read_only = read_only};
  place_set(plan->place, &options);
  return tn_open(NULL, &options, out, error);
}

static void name_keys(int number, char t[8], char u[8]) {
  snprintf(t, 8, "t%d", number);
  snprintf(u, 8, "u%d", number);
}

static void sleep_ms(unsigned ms) {
  (void)nanosleep(&(struct timespec){ms / 1000, (long)(ms % 1000) * 1000000}, NULL);
}

/* After a failure: no more writes, but reads. */
static int look_at_failed(tn_engine *engine) {
  tn_error error = TN_ERROR_INIT;
  tn_builder args = TN_BUILDER_INIT;
  tn_status status = tn_run(engine, "cart", "put", put_args(&args, "more", 1), NULL, &error);
  tn_status read = tn_run(engine, "cart", "count", TN_NO_VALUE, NULL, &error);
  tn_builder_free(&args);
  if (status == TN_IO && read == TN_OK) return 0;
  fprintf(stderr, "after a failure: put answers %s, count %s\n", tn_status_name(status), tn_status_name(read));
  return 4;
}

static bool is_writable(tn_engine *engine) {
  bool writable = false;
  tn_result stats = TN_RESULT_INIT;
  if (tn_stats(engine, &stats, NULL) == TN_OK) (void)tn_get_bool(stats.value, "writable", &writable);
  tn_result_free(&stats);
  return writable;
}

static int run_crew(crew *c, unsigned ms_max) {
  static worker workers[WRITER_THREADS];
  static tn_status (*const ways[])(worker * w, uint64_t n) = {commit_by_run, commit_by_batch, commit_by_txn, NULL};
  pthread_t threads[WRITER_THREADS];
  for (int i = 0; i < WRITER_THREADS; i++) {
    worker *w = &workers[i];
    *w = (worker){.crew = c, .number = i, .commit = ways[i % 4], .one = TN_BUILDER_INIT, .two = TN_BUILDER_INIT};
    name_keys(i, w->t, w->u);
    if (pthread_create(&threads[i], NULL, w->commit ? commit_numbers : submit_numbers, w) != 0) return 5;
  }
  for (unsigned ms = 0; !atomic_load(&c->stop) && (ms_max == 0 || ms < ms_max); ms += 2) sleep_ms(2);
  atomic_store(&c->stop, true);
  for (int i = 0; i < WRITER_THREADS; i++) {
    (void)pthread_join(threads[i], NULL);
    tn_builder_free(&workers[i].one);
    tn_builder_free(&workers[i].two);
  }
  return atomic_load(&c->wrong) ? 6 : 0;
}

int writer_run(const writer_plan *plan, told *t, unsigned ms_max) {
  crew c = {.told = t};
  tn_error error = TN_ERROR_INIT;
  tn_status status = open_engine(plan, false, &c.engine, &error);
  if (status != TN_OK) {
    if (is_expected(status)) return 0;
    fprintf(stderr, "the writer cannot open: %s: %s [%s]\n", tn_status_name(status), error.text, error.where);
    return 3;
  }
  atomic_store(&t->is_open, true);
  int code = run_crew(&c, ms_max);
  bool writable = is_writable(c.engine);
  if (code == 0 && !writable) code = look_at_failed(c.engine);
  status = tn_close(c.engine, &error);
  if (code == 0 && !writable && status == TN_OK) code = 7;
  return code;
}

/* ---- the checker ---------------------------------------------------------------------------- */

typedef struct audit {
  uint64_t last[WRITER_THREADS]; /* in the journal; 0 = none yet */
  char wrong[200];
} audit;

static bool complain(audit *a, const char *what, int thread, uint64_t got, uint64_t than) {
  if (!a->wrong[0])
    snprintf(a->wrong, sizeof a->wrong, "thread %d: %s (%" PRIu64 ", %" PRIu64 ")", thread, what, got, than);
  return false;
}

static uint64_t number_at(tn_engine *engine, const char *key) {
  int64_t n = 0;
  tn_builder args = TN_BUILDER_INIT;
  tn_result result = TN_RESULT_INIT;
  if (tn_run(engine, "cart", "get", tn_obj(&args, "key", key), &result, NULL) == TN_OK)
    (void)tn_as_int(result.value, &n);
  tn_builder_free(&args);
  tn_result_free(&result);
  return (uint64_t)n;
}

/* Each put of a "tI" holds the number after the one before; a pair is in one record. */
static tn_status audit_record(void *arg, uint64_t seq, tn_value record) {
  audit *a = arg;
  uint64_t first = 0;
  for (tn_iter it = tn_iter_of(tn_field(record, "ops")); tn_iter_next(&it);) {
    tn_slice key = {"", 0};
    int64_t n = 0;
    tn_value args = tn_item(it.value, 2);
    if (!tn_as_string(tn_item(args, 0), &key) || !tn_as_int(tn_item(args, 1), &n) || key.size != 2) continue;
    int thread = ((const char *)key.data)[1] - '0';
    if (((const char *)key.data)[0] == 'u' && (uint64_t)n != first) complain(a, "half a pair", thread, seq, first);
    if (((const char *)key.data)[0] != 't') continue;
    first = (uint64_t)n;
    if (a->last[thread] != 0 && first != a->last[thread] + 1) complain(a, "a gap", thread, first, a->last[thread]);
    a->last[thread] = first;
  }
  return TN_OK;
}

static bool audit_thread(audit *a, tn_engine *engine, told *t, int i) {
  char key[8], pair[8];
  name_keys(i, key, pair);
  uint64_t there = number_at(engine, key), other = number_at(engine, pair);
  if (there < atomic_load(&t->answered[i]))
    return complain(a, "less is there than was answered", i, there, t->answered[i]);
  if (there > atomic_load(&t->begun[i])) return complain(a, "more is there than was begun", i, there, t->begun[i]);
  if (a->last[i] != 0 && a->last[i] != there) return complain(a, "the journal ends elsewhere", i, there, a->last[i]);
  bool paired = i % 4 == 1 || i % 4 == 2;
  if (paired && other != there) return complain(a, "half a pair is there", i, there, other);
  atomic_store(&t->there[i], there);
  atomic_store(&t->begun[i], there);
  atomic_store(&t->answered[i], there);
  return true;
}

static void print_problem(void *arg, const char *line) {
  (void)arg;
  fprintf(stderr, "%s\n", line);
}

static bool audit_engine(audit *a, tn_engine *engine, told *t) {
  tn_result stats = TN_RESULT_INIT;
  tn_error error = TN_ERROR_INIT;
  int64_t epoch = 0;
  tn_status status = tn_journal_read(engine, 0, 0, audit_record, a, &error);
  bool good = status == TN_OK && !a->wrong[0];
  for (int i = 0; i < WRITER_THREADS && good; i++) good = audit_thread(a, engine, t, i);
  if (good && tn_stats(engine, &stats, &error) == TN_OK) (void)tn_get_int(stats.value, "epoch", &epoch);
  if (good && (uint64_t)epoch < atomic_load(&t->epoch))
    good = complain(a, "an older epoch", 0, (uint64_t)epoch, t->epoch);
  atomic_store(&t->epoch, (uint64_t)epoch);
  if (good && stats.seq % 8 == 0) good = tn_check(engine, print_problem, NULL, NULL, &error) == TN_OK;
  if (!good) fprintf(stderr, "%s %s [%s]\n", a->wrong, error.text, error.where);
  tn_result_free(&stats);
  return good;
}

bool writer_check(const writer_plan *plan, told *t, bool close) {
  audit a = {.wrong = ""};
  tn_engine *engine;
  tn_error error = TN_ERROR_INIT;
  tn_status status = open_engine(plan, false, &engine, &error);
  if (status != TN_OK) {
    fprintf(stderr, "open: %s: %s [%s]\n", tn_status_name(status), error.text, error.where);
    return false;
  }
  bool good = audit_engine(&a, engine, t);
  if (close) good = tn_close(engine, &error) == TN_OK && good;
  return good;
}

bool writer_look(const writer_plan *plan) {
  tn_engine *engine;
  tn_error error = TN_ERROR_INIT;
  tn_status status = open_engine(plan, true, &engine, &error);
  if (status == TN_NOT_FOUND) return true; /* the writer has not made it yet */
  bool good = status == TN_OK;
  for (int i = 0; i < WRITER_THREADS && good; i++) {
    char key[8], pair[8];
    name_keys(i, key, pair);
    if (i % 4 == 1 || i % 4 == 2) good = number_at(engine, key) == number_at(engine, pair);
  }
  if (!good) fprintf(stderr, "beside: %s: %s [%s]\n", tn_status_name(status), error.text, error.where);
  if (status == TN_OK) (void)tn_close(engine, NULL);
  return good;
}
