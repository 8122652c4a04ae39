/* test_rights.c - whoever waits for the flusher's or the writer's right is woken when it is theirs to act. */
#include <pthread.h>
#include <unistd.h>

#include "engine.h"
#include "support/assert_status.h"

#define WAITERS 3
#define PATIENCE_MS 10000
#define WAIT_MS 60000 /* more than the patience: who is not woken is not done in time */

typedef struct world {
  tn_engine *engine;
  atomic_int done;
} world;

static world open_world(void) {
  tn_open_options options = {.config_text =
                                 "{\"storage\": {\"type\": \"memory\"}, \"service_thread\": false, "
                                 "\"models\": {\"shop\": {\"type\": \"kv\"}}}"};
  world w = {NULL, 0};
  assert_status(tn_open(NULL, &options, &w.engine, NULL), TN_OK);
  return w;
}

static bool are_done(world *w, int count) {
  for (int ms = 0; ms < PATIENCE_MS && atomic_load(&w->done) < count; ms++) usleep(1000);
  return atomic_load(&w->done) == count;
}

/* ---- the flusher's -------------------------------------------------------------------------- */

static void ignore(void *arg, tn_status status, const tn_result *result, const tn_error *error) {
  (void)arg, (void)status, (void)result, (void)error;
}

/* What is submitted is sealed by the txn behind it, which then waits for a group of its own. */
static void *submit_then_commit(void *arg) {
  world *w = arg;
  tn_txn *txn;
  const tn_op *put;
  tn_builder args = TN_BUILDER_INIT;
  assert_status(tn_op_prepare(w->engine, "shop", "put", &put, NULL), TN_OK);
  assert_status(tn_submit(w->engine, put, tn_arr(&args, "a", 1), TN_DONE_POLLED, ignore, NULL, NULL), TN_OK);
  assert_status(tn_begin(w->engine, TN_WRITE, NULL, &txn, NULL), TN_OK);
  assert_status(tn_do(txn, "shop", "put", tn_arr(&args, "b", 2), NULL, NULL), TN_OK);
  assert_status(tn_commit(txn, NULL, NULL), TN_OK);
  tn_builder_free(&args);
  atomic_fetch_add(&w->done, 1);
  return NULL;
}

static void a_commit_behind_a_group_that_nobody_waits_for_is_flushed(void **state) {
  world w = open_world();
  pthread_t thread;
  size_t count;
  (void)state;
  tni_flusher_take(w.engine);
  assert_int_equal(pthread_create(&thread, NULL, submit_then_commit, &w), 0);
  usleep(50000); /* so that it most likely waits; it has to end whenever the right is given */
  tni_flusher_give(w.engine);
  bool woken = are_done(&w, 1);
  if (!woken) assert_status(tn_tick(w.engine, NULL), TN_OK);
  pthread_join(thread, NULL);
  assert_true(woken);
  assert_status(tn_poll(w.engine, 0, &count, NULL), TN_OK);
  assert_status(tn_close(w.engine, NULL), TN_OK);
}

/* ---- the writer's --------------------------------------------------------------------------- */

static void *take_in_vain(void *arg) {
  world *w = arg;
  assert_status(tni_writer_take(w->engine, WAIT_MS, NULL), TN_IO);
  atomic_fetch_add(&w->done, 1);
  return NULL;
}

static void all_who_wait_to_write_hear_that_nobody_writes_any_more(void **state) {
  world w = open_world();
  pthread_t threads[WAITERS];
  (void)state;
  assert_status(tni_writer_take(w.engine, 0, NULL), TN_OK);
  for (int i = 0; i < WAITERS; i++) assert_int_equal(pthread_create(&threads[i], NULL, take_in_vain, &w), 0);
  usleep(50000);
  atomic_store(&w.engine->failed, true);
  tni_writer_give(w.engine);
  assert_true(are_done(&w, WAITERS));
  for (int i = 0; i < WAITERS; i++) pthread_join(threads[i], NULL);
  atomic_store(&w.engine->failed, false); /* nothing did */
  assert_status(tn_close(w.engine, NULL), TN_OK);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_commit_behind_a_group_that_nobody_waits_for_is_flushed),
      cmocka_unit_test(all_who_wait_to_write_hear_that_nobody_writes_any_more),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
