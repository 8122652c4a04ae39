/* test_threads.c - one engine, many threads: what each of them was promised holds at every moment and
 * afterwards. Most of its worth is under ThreadSanitizer. Killed processes are in crash/test_kill_loop.c. */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "memory.h"
#include "support/assert_status.h"
#include "support/folder.h"
#include "tenon.h"

#ifndef TEST_PLUGINS
#define TEST_PLUGINS "build/asan/tests/plugins"
#endif

#define ACCOUNTS 10
#define ACCOUNT_START 1000
#define FILLERS 1000 /* so that some reads take long enough to be interrupted */
#define WORKERS 8

static void sleep_us(int64_t us) { (void)nanosleep(&(struct timespec){us / 1000000, us % 1000000 * 1000}, NULL); }

/* ---- a bank, and who works there ------------------------------------------------------------ */

/* Accounts "a0".. whose sum never changes, counters that only grow, and a model that fails after changing things. */
typedef struct bank {
  folder folder;
  char config[1200];
  char data[100]; /* in place of the config's; "" = as it says */
  tni_counted_memory memory;
  tn_engine *engine;
  bool service_thread;
  atomic_bool stop;
  pthread_mutex_t mutex;
  char failure[500]; /* [mutex] the first one */
  int backups;       /* made so far, and what the last one holds */
  uint64_t backup_seq;
  _Atomic int64_t interrupted, counted, jobs_accepted, jobs_done, jobs_good;
} bank;

typedef struct worker {
  bank *bank;
  bool (*turn)(struct worker *w); /* false ends the thread */
  int number;
  uint64_t random, turns;
  uint64_t seq;    /* the newest it has seen */
  int64_t n;       /* how far its own key is */
  int64_t counter; /* the newest count it has seen */
  int64_t polled;  /* the newest result of its polled jobs */
  tn_builder args, more, rest;
  tn_result result;
  tn_error error;
} worker;

static uint64_t draw(worker *w, uint64_t below) {
  uint64_t z = w->random += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return (z ^ (z >> 31)) % below;
}

/* cmocka's assertions are for the thread that runs the test; the others leave word. */
static bool complain(worker *w, const char *what, int64_t value) {
  pthread_mutex_lock(&w->bank->mutex);
  if (!w->bank->failure[0])
    snprintf(w->bank->failure, sizeof w->bank->failure, "worker %d, turn %" PRIu64 ": %s (%lld); last error: %s: %s",
             w->number, w->turns, what, (long long)value, tn_status_name(w->error.status), w->error.text);
  pthread_mutex_unlock(&w->bank->mutex);
  atomic_store(&w->bank->stop, true);
  return false;
}

#define EXPECT(condition, value)                                        \
  do {                                                                  \
    if (!(condition)) return complain(w, #condition, (int64_t)(value)); \
  } while (0)

static bool was_interrupted(worker *w) {
  atomic_fetch_add(&w->bank->interrupted, 1);
  return true;
}

/* Any operation may be interrupted; it has changed nothing then, and the turn is over. */
#define RUN(call)                                             \
  do {                                                        \
    tn_status status_ = (call);                               \
    if (status_ == TN_INTERRUPTED) return was_interrupted(w); \
    if (status_ != TN_OK) return complain(w, #call, status_); \
  } while (0)

#define FAIL(call, expected)                                       \
  do {                                                             \
    tn_status status_ = (call);                                    \
    if (status_ == TN_INTERRUPTED) return was_interrupted(w);      \
    if (status_ != (expected)) return complain(w, #call, status_); \
  } while (0)

static tn_status cart(worker *w, const char *op, tn_value args) {
  return tn_run(w->bank->engine, "cart", op, args, &w->result, &w->error);
}

static void account_name(int64_t i, char out[8]) { snprintf(out, 8, "a%d", (int)i); }

/* A command's record comes after everything the thread has seen. */
static bool new_record(worker *w) {
  EXPECT(w->result.seq > w->seq, w->result.seq);
  w->seq = w->result.seq;
  return true;
}

/* ---- writers -------------------------------------------------------------------------------- */

static bool put_own(worker *w) {
  char key[16];
  int64_t there = 0;
  snprintf(key, sizeof key, "own%d", w->number);
  RUN(cart(w, "put", tn_obj(&w->args, "key", key, "value", w->n + 1)));
  w->n++;
  if (!new_record(w)) return false;
  RUN(cart(w, "get", tn_obj(&w->args, "key", key)));
  EXPECT(tn_as_int(w->result.value, &there) && there == w->n, there);
  EXPECT(w->result.seq >= w->seq, w->result.seq);
  return true;
}

static bool count_one(worker *w) {
  int64_t sum = 0;
  RUN(cart(w, "incr", tn_obj(&w->args, "key", "count")));
  atomic_fetch_add(&w->bank->counted, 1);
  if (!new_record(w)) return false;
  EXPECT(tn_as_int(w->result.value, &sum) && sum > w->counter, sum);
  w->counter = sum;
  return true;
}

static bool commit_turn(worker *w) { return put_own(w) && count_one(w); }

/* Changes that are taken back: nobody else may ever see them. */
static bool refused_turn(worker *w) {
  tn_engine *e = w->bank->engine;
  FAIL(tn_run(e, "o", "fail_late", tn_arr(&w->args, "x"), &w->result, &w->error), TN_CONSTRAINT);
  tn_batch_op ops[] = {{"cart", "put", tn_obj(&w->args, "key", "a3", "value", 1000000)},
                       {"cart", "delete", tn_obj(&w->more, "key", "a5")},
                       {"cart", "append", tn_obj(&w->rest, "key", "a1", "value", "x")}};
  FAIL(tn_batch(e, ops, 3, NULL, &w->result, &w->error), TN_INVALID);
  return count_one(w);
}

static bool transfer_turn(worker *w) {
  char from[8], to[8];
  int64_t amount = (int64_t)draw(w, 50);
  account_name((int64_t)draw(w, ACCOUNTS), from);
  account_name((int64_t)draw(w, ACCOUNTS), to);
  tn_batch_op ops[] = {{"cart", "incr", tn_obj(&w->args, "key", from, "by", -amount)},
                       {"cart", "incr", tn_obj(&w->more, "key", to, "by", amount)}};
  RUN(tn_batch(w->bank->engine, ops, 2, NULL, &w->result, &w->error));
  return new_record(w);
}

static tn_status add_in_txn(worker *w, tn_txn *txn, const char *account, int64_t amount) {
  int64_t balance = 0;
  tn_status status = tn_do(txn, "cart", "get", tn_obj(&w->args, "key", account), &w->result, &w->error);
  if (status != TN_OK) return status;
  (void)tn_as_int(w->result.value, &balance);
  tn_value put = tn_obj(&w->args, "key", account, "value", balance + amount);
  return tn_do(txn, "cart", "put", put, NULL, &w->error);
}

static tn_status transfer_in_txn(worker *w, tn_txn *txn) {
  char from[8], to[8];
  int64_t amount = (int64_t)draw(w, 50);
  account_name((int64_t)draw(w, ACCOUNTS), from);
  account_name((int64_t)draw(w, ACCOUNTS), to);
  tn_status status = add_in_txn(w, txn, from, -amount);
  if (status == TN_OK) status = tn_do(txn, "o", "fail_late", tn_arr(&w->args, "x"), NULL, &w->error);
  if (status == TN_CONSTRAINT) status = TN_OK;
  if (status == TN_OK) status = add_in_txn(w, txn, to, amount);
  return status;
}

/* Every fourth one breaks the sum, looks, and takes it back. */
static bool txn_turn(worker *w) {
  tn_txn *txn;
  uint64_t seq = 0;
  RUN(tn_begin(w->bank->engine, TN_WRITE, NULL, &txn, &w->error));
  tn_status status = transfer_in_txn(w, txn);
  bool give_up = draw(w, 4) == 0;
  if (status == TN_OK && give_up) status = add_in_txn(w, txn, "a0", 77777);
  if (status != TN_OK || give_up) {
    tn_abort(txn);
    RUN(status);
    return true;
  }
  RUN(tn_commit(txn, &seq, &w->error));
  EXPECT(seq > w->seq, seq);
  w->seq = seq;
  return true;
}

/* ---- readers -------------------------------------------------------------------------------- */

static int64_t sum_of_rows(tn_value rows) {
  int64_t sum = 0, n;
  for (tn_iter it = tn_iter_of(rows); tn_iter_next(&it);)
    if (tn_get_int(it.value, "value", &n) == TN_OK) sum += n;
  return sum;
}

static int64_t sum_of_items(tn_value items) {
  int64_t sum = 0, n;
  for (tn_iter it = tn_iter_of(items); tn_iter_next(&it);)
    if (tn_as_int(it.value, &n)) sum += n;
  return sum;
}

static tn_value all_accounts(worker *w) {
  tn_value names = tn_arr(&w->more, "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9");
  return tn_obj(&w->args, "keys", names);
}

static bool same_version(worker *w, uint64_t seq) {
  EXPECT(w->result.seq == seq, w->result.seq);
  return true;
}

/* Reads the same things in two ways, with time between them: one version. */
static bool read_pinned(worker *w, tn_txn *txn) {
  int64_t count = 0, again = 0;
  RUN(tn_do(txn, "cart", "scan", tn_obj(&w->args, "prefix", "a"), &w->result, &w->error));
  uint64_t seq = w->result.seq;
  EXPECT(seq >= w->seq, seq);
  w->seq = seq;
  EXPECT(sum_of_rows(w->result.value) == ACCOUNTS * ACCOUNT_START, sum_of_rows(w->result.value));
  RUN(tn_do(txn, "cart", "get", tn_obj(&w->args, "key", "count", "default", 0), &w->result, &w->error));
  EXPECT(tn_as_int(w->result.value, &count) && count >= w->counter, count);
  w->counter = count;
  if (draw(w, 4) == 0) sleep_us((int64_t)draw(w, 3000));
  RUN(tn_do(txn, "cart", "count", tn_obj(&w->args, "prefix", "z"), &w->result, &w->error));
  EXPECT(tn_as_int(w->result.value, &again) && again == FILLERS, again);
  RUN(tn_do(txn, "cart", "mget", all_accounts(w), &w->result, &w->error));
  EXPECT(sum_of_items(w->result.value) == ACCOUNTS * ACCOUNT_START, sum_of_items(w->result.value));
  if (!same_version(w, seq)) return false;
  RUN(tn_do(txn, "cart", "get", tn_obj(&w->args, "key", "count", "default", 0), &w->result, &w->error));
  EXPECT(tn_as_int(w->result.value, &again) && again == count, again);
  return same_version(w, seq);
}

static bool read_turn(worker *w) {
  tn_txn *txn;
  RUN(tn_begin(w->bank->engine, TN_READ, NULL, &txn, &w->error));
  bool good = read_pinned(w, txn);
  tn_abort(txn);
  return good;
}

static tn_status add_row(void *arg, tn_value row) {
  int64_t n;
  if (tn_get_int(row, "value", &n) == TN_OK) *(int64_t *)arg += n;
  return TN_OK;
}

static bool scan_rows(worker *w) {
  const tn_op *scan;
  int64_t sum = 0;
  tn_call call = {.on_row = add_row, .row_arg = &sum};
  RUN(tn_op_prepare(w->bank->engine, "cart", "scan", &scan, &w->error));
  RUN(tn_run_op(w->bank->engine, scan, tn_obj(&w->args, "prefix", "a", "reverse", tn_arg_bool(true)), &call,
                &w->result, &w->error));
  EXPECT(sum == ACCOUNTS * ACCOUNT_START, sum);
  EXPECT(w->result.seq >= w->seq, w->result.seq);
  w->seq = w->result.seq;
  return true;
}

/* What a failing handler put into this map must not be counted in any version. */
static bool look_at_stats(worker *w) {
  int64_t texts = -1;
  RUN(tn_stats(w->bank->engine, &w->result, &w->error));
  EXPECT(tn_get_int(w->result.value, "entries.o.texts", &texts) == TN_OK && texts == 0, texts);
  EXPECT(w->result.seq >= w->seq, w->result.seq);
  w->seq = w->result.seq;
  return true;
}

static tn_status next_record(void *arg, uint64_t seq, tn_value record) {
  uint64_t *last = arg;
  (void)record;
  if (*last != 0 && seq != *last + 1) return TN_CORRUPT;
  *last = seq;
  return TN_OK;
}

static bool read_journal(worker *w) {
  uint64_t from = w->seq > 40 ? w->seq - 40 : 0, last = 0;
  tn_status status = tn_journal_read(w->bank->engine, from, 0, next_record, &last, &w->error);
  if (status == TN_TRIMMED) return true;
  RUN(status);
  EXPECT(last >= w->seq, last);
  return true;
}

static void backup_path(const bank *b, int number, char out[100]) {
  snprintf(out, 100, "%s/backup%d", b->folder.path, number);
}

static bool back_up(worker *w) {
  char path[100];
  uint64_t seq = 0;
  backup_path(w->bank, w->bank->backups, path);
  tn_status status = tn_backup(w->bank->engine, path, &seq, &w->error);
  if (status == TN_BUSY) return true;
  RUN(status);
  EXPECT(seq >= w->seq, seq);
  w->bank->backup_seq = seq;
  w->bank->backups++;
  return true;
}

static bool keeper_turn(worker *w) {
  tn_engine *e = w->bank->engine;
  if (!scan_rows(w) || !look_at_stats(w) || !read_journal(w)) return false;
  if (w->turns % 7 == 0) {
    uint64_t seq = 0;
    tn_status status = tn_snapshot(e, &seq, &w->error);
    if (status != TN_OK) FAIL(status, TN_BUSY);
  }
  if (!w->bank->service_thread) RUN(tn_tick(e, &w->error));
  if (w->turns % 5 == 0) tn_interrupt(e);
  if (w->turns > 40 * (uint64_t)w->bank->backups + 10 && !back_up(w)) return false;
  sleep_us(1000);
  return true;
}

/* ---- submitting ----------------------------------------------------------------------------- */

static void job_done(worker *w, tn_status status, const tn_result *result) {
  if (status == TN_OK)
    atomic_fetch_add(&w->bank->jobs_good, 1);
  else if (status != TN_INTERRUPTED)
    complain(w, "a job failed", status);
  if (status == TN_OK && result->seq == 0) complain(w, "a job without a record", 0);
  atomic_fetch_add(&w->bank->jobs_done, 1);
}

static void done_anywhere(void *arg, tn_status status, const tn_result *result, const tn_error *error) {
  (void)error;
  job_done(arg, status, result);
}

/* Only within tn_poll() of its own thread, in the order of submission. */
static void done_polled(void *arg, tn_status status, const tn_result *result, const tn_error *error) {
  worker *w = arg;
  int64_t sum = 0;
  (void)error;
  job_done(w, status, result);
  if (status != TN_OK) return;
  if (!tn_as_int(result->value, &sum) || sum <= w->polled) complain(w, "polled jobs out of order", sum);
  w->polled = sum;
}

static bool submit_turn(worker *w) {
  tn_engine *e = w->bank->engine;
  const tn_op *incr;
  size_t count;
  RUN(tn_op_prepare(e, "cart", "incr", &incr, &w->error));
  for (uint64_t i = 1 + draw(w, 32); i > 0; i--) {
    bool polled = draw(w, 2);
    RUN(tn_submit(e, incr, tn_obj(&w->args, "key", "jobs"), polled ? TN_DONE_POLLED : TN_DONE_ANYWHERE,
                  polled ? done_polled : done_anywhere, w, &w->error));
    atomic_fetch_add(&w->bank->jobs_accepted, 1);
  }
  RUN(tn_poll(e, (uint32_t)draw(w, 3), &count, &w->error));
  return true;
}

static bool all_jobs_done(const bank *b) { return atomic_load(&b->jobs_done) == atomic_load(&b->jobs_accepted); }

/* ---- the day -------------------------------------------------------------------------------- */

static void *work(void *arg) {
  worker *w = arg;
  size_t count;
  while (!atomic_load(&w->bank->stop) && w->turn(w)) w->turns++;
  if (w->turn != submit_turn) return NULL;
  while (!all_jobs_done(w->bank))
    if (tn_poll(w->bank->engine, 10, &count, &w->error) != TN_OK) break;
  return NULL;
}

static tn_status try_open_bank(bank *b, const char *more, bool read_only, tn_engine **out, tn_error *error) {
  char cwd[300] = "";
  if (TEST_PLUGINS[0] != '/' && !getcwd(cwd, sizeof cwd)) return tn_error_set(error, TN_IO, NULL, "no folder");
  snprintf(b->config, sizeof b->config,
           "{\"data\": \"data\", \"storage\": {\"type\": \"file\", \"segment_bytes_min\": 65536, "
           "\"segment_bytes_max\": 65536}, \"plugins\": [\"%s%s" TEST_PLUGINS
           "/odd_1.so\"], "
           "\"models\": {\"cart\": {\"type\": \"kv\"}, \"o\": {\"type\": \"odd\"}}%s%s}",
           cwd, cwd[0] ? "/" : "", more[0] ? ", " : "", more);
  tn_open_options options = {.config_text = b->config,
                             .base_dir = b->folder.path,
                             .data = b->data[0] ? b->data : NULL,
                             .read_only = read_only,
                             .memory = &b->memory.memory};
  return tn_open(NULL, &options, out, error);
}

static void open_bank(bank *b, const char *more) {
  tn_error error = TN_ERROR_INIT;
  tn_status status = try_open_bank(b, more, false, &b->engine, &error);
  if (status != TN_OK) fail_msg("open: %s: %s (%s)", tn_status_name(status), error.text, error.where);
}

static void fill(bank *b, tn_builder *args) {
  tn_txn *txn;
  assert_status(tn_begin(b->engine, TN_WRITE, NULL, &txn, NULL), TN_OK);
  for (int i = 0; i < FILLERS; i++) {
    char key[16];
    snprintf(key, sizeof key, "z%d", i);
    assert_status(tn_do(txn, "cart", "put", tn_obj(args, "key", key, "value", i), NULL, NULL), TN_OK);
  }
  assert_status(tn_commit(txn, NULL, NULL), TN_OK);
}

static void make_bank(bank *b, const char *more) {
  tn_builder args = TN_BUILDER_INIT;
  memset(b, 0, sizeof *b);
  assert_true(folder_make(&b->folder));
  tni_counted_memory_init(&b->memory, tn_memory_system());
  pthread_mutex_init(&b->mutex, NULL);
  open_bank(b, more);
  for (int i = 0; i < ACCOUNTS; i++) {
    char name[8];
    account_name(i, name);
    tn_value put = tn_obj(&args, "key", name, "value", ACCOUNT_START);
    assert_status(tn_run(b->engine, "cart", "put", put, NULL, NULL), TN_OK);
  }
  fill(b, &args);
  tn_builder_free(&args);
}

static int64_t number_at(bank *b, const char *key) {
  tn_builder args = TN_BUILDER_INIT;
  tn_result result = TN_RESULT_INIT;
  int64_t n = 0;
  tn_value get = tn_obj(&args, "key", key, "default", 0);
  assert_status(tn_run(b->engine, "cart", "get", get, &result, NULL), TN_OK);
  assert_true(tn_as_int(result.value, &n));
  tn_builder_free(&args);
  tn_result_free(&result);
  return n;
}

static void read_digest(bank *b, char out[33]) {
  tn_result stats = TN_RESULT_INIT;
  tn_slice digest = {NULL, 0};
  assert_status(tn_stats(b->engine, &stats, NULL), TN_OK);
  assert_status(tn_get_string(stats.value, "digest", &digest), TN_OK);
  memcpy(out, digest.data, 32);
  out[32] = '\0';
  tn_result_free(&stats);
}

static void print_problem(void *arg, const char *line) {
  (void)arg;
  print_message("%s\n", line);
}

/* The service thread may remove a snapshot that is being looked at: that ends a check, but it is no damage. */
static void check_engine(bank *b) {
  tn_error error = TN_ERROR_INIT;
  tn_status status = TN_BUSY;
  for (int i = 0; i < 20 && status != TN_OK && status != TN_CORRUPT; i++) {
    if (i > 0) sleep_us(50000);
    status = tn_check(b->engine, print_problem, NULL, NULL, &error);
  }
  if (status != TN_OK) fail_msg("check: %s: %s (%s)", tn_status_name(status), error.text, error.where);
}

static void check_sum(bank *b) {
  int64_t sum = 0;
  for (int i = 0; i < ACCOUNTS; i++) {
    char name[8];
    account_name(i, name);
    sum += number_at(b, name);
  }
  assert_int_equal(sum, ACCOUNTS * ACCOUNT_START);
  check_engine(b);
}

static void check_books(bank *b, const worker *workers) {
  assert_int_equal(number_at(b, "count"), atomic_load(&b->counted));
  assert_int_equal(number_at(b, "jobs"), atomic_load(&b->jobs_good));
  assert_int_equal(number_at(b, "own0"), workers[0].n);
  assert_int_equal(number_at(b, "own1"), workers[1].n);
  check_sum(b);
}

static void check_last_backup(bank *b, const char *more) {
  tn_result stats = TN_RESULT_INIT;
  assert_true(b->backups > 0);
  backup_path(b, b->backups - 1, b->data);
  open_bank(b, more);
  assert_status(tn_stats(b->engine, &stats, NULL), TN_OK);
  assert_int_equal(stats.seq, b->backup_seq);
  tn_result_free(&stats);
  check_sum(b);
  assert_status(tn_close(b->engine, NULL), TN_OK);
}

static void start(worker *w, bank *b, int number, pthread_t *thread) {
  static bool (*const turns[WORKERS])(worker *) = {commit_turn, commit_turn, refused_turn, transfer_turn,
                                                   txn_turn,    read_turn,   keeper_turn,  submit_turn};
  *w = (worker){.bank = b, .turn = turns[number], .number = number, .random = (uint64_t)number};
  w->args = w->more = w->rest = (tn_builder)TN_BUILDER_INIT;
  w->result = (tn_result)TN_RESULT_INIT;
  assert_int_equal(pthread_create(thread, NULL, work, w), 0);
}

static void end(worker *w, pthread_t thread) {
  pthread_join(thread, NULL);
  tn_builder_free(&w->args);
  tn_builder_free(&w->more);
  tn_builder_free(&w->rest);
  tn_result_free(&w->result);
}

static void close_bank(bank *b) { assert_status(tn_close(b->engine, NULL), TN_OK); }

static void spend_a_day(const char *more, bool service_thread, int64_t ms) {
  static bank b;
  static worker workers[WORKERS];
  pthread_t threads[WORKERS];
  char before[33], after[33];
  make_bank(&b, more);
  b.service_thread = service_thread;
  for (int i = 0; i < WORKERS; i++) start(&workers[i], &b, i, &threads[i]);
  for (int64_t i = 0; i < ms && !atomic_load(&b.stop); i += 10) sleep_us(10000);
  atomic_store(&b.stop, true);
  for (int i = 0; i < WORKERS; i++) end(&workers[i], threads[i]);
  if (b.failure[0]) fail_msg("%s", b.failure);
  for (int i = 0; i < WORKERS; i++) assert_true(workers[i].turns > 0);
  check_books(&b, workers);
  read_digest(&b, before);
  close_bank(&b);
  open_bank(&b, more);
  read_digest(&b, after);
  assert_string_equal(before, after);
  check_books(&b, workers);
  close_bank(&b);
  check_last_backup(&b, more);
  assert_int_equal(atomic_load(&b.memory.bytes), 0);
  pthread_mutex_destroy(&b.mutex);
  folder_remove(&b.folder);
  static const char *const names[WORKERS] = {"commit", "commit", "refused", "batch", "txn", "read", "look", "submit"};
  print_message("# turns:");
  for (int i = 0; i < WORKERS; i++) print_message(" %" PRIu64 " %s,", workers[i].turns, names[i]);
  print_message(" %" PRId64 " jobs, %d backups, %" PRId64 " interrupted\n", atomic_load(&b.jobs_done), b.backups,
                atomic_load(&b.interrupted));
}

static void threads_beside_a_service_thread_see_only_whole_versions(void **state) {
  (void)state;
  spend_a_day("\"snapshot\": {\"every_commands\": 300, \"keep\": 2}, \"journal\": {\"keep\": \"snapshot\"}", true,
              2500);
}

static void threads_without_a_service_thread_see_only_whole_versions(void **state) {
  (void)state;
  spend_a_day(
      "\"service_thread\": false, \"durability\": \"interval\", \"sync_interval_ms\": 5, "
      "\"snapshot\": {\"every_commands\": 1000, \"keep\": 2}",
      false, 1500);
}

static void threads_of_an_engine_that_never_syncs_see_only_whole_versions(void **state) {
  (void)state;
  spend_a_day("\"durability\": \"none\", \"snapshot\": {\"every_commands\": 2000, \"keep\": 1}", true, 1500);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(threads_beside_a_service_thread_see_only_whole_versions),
      cmocka_unit_test(threads_without_a_service_thread_see_only_whole_versions),
      cmocka_unit_test(threads_of_an_engine_that_never_syncs_see_only_whole_versions),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
