/* test_gather.c - committers who come back soon share a sync. */
#include <pthread.h>
#include <unistd.h>

#include "engine.h"
#include "support/assert_status.h"

#define THREADS 8
#define COMMITS 30      /* of each thread */
#define TRIES 10        /* who gets no processor does not come back soon; those who take turns never need so few */
#define APPEND_US 20000 /* what an append takes; half of it is what the others have to come back */

static const tn_storage *real;

static tn_status append_slowly(void *self, uint64_t first_seq, const tn_slice *records, size_t n, uint32_t flags,
                               tn_error *error) {
  usleep(APPEND_US);
  return real->append(self, first_seq, records, n, flags, error);
}

static void *commit_all(void *arg) {
  tn_engine *e = arg;
  tn_builder args = TN_BUILDER_INIT;
  for (int i = 0; i < COMMITS; i++) {
    tn_value argv = tn_arr(&args, "a", (uint64_t)(uintptr_t)&args + (uint64_t)i);
    assert_status(tn_run(e, "shop", "put", argv, NULL, NULL), TN_OK);
  }
  tn_builder_free(&args);
  return NULL;
}

/* How many groups it took. */
static uint64_t commit_with(int threads) {
  tn_open_options options = {.config_text =
                                 "{\"storage\": {\"type\": \"memory\"}, \"service_thread\": false, "
                                 "\"models\": {\"shop\": {\"type\": \"kv\"}}}"};
  tn_engine *e;
  pthread_t others[THREADS];
  assert_status(tn_open(NULL, &options, &e, NULL), TN_OK);
  real = e->storage;
  tn_storage slow = *real;
  slow.append = append_slowly;
  e->storage = &slow;
  for (int i = 1; i < threads; i++) assert_int_equal(pthread_create(&others[i], NULL, commit_all, e), 0);
  (void)commit_all(e);
  for (int i = 1; i < threads; i++) assert_int_equal(pthread_join(others[i], NULL), 0);
  uint64_t groups = atomic_load(&e->totals.groups);
  e->storage = real;
  assert_status(tn_close(e, NULL), TN_OK);
  return groups;
}

static void those_who_come_back_soon_do_not_take_turns(void **state) {
  (void)state;
  int tries = 1;
  while (commit_with(THREADS) >= COMMITS + COMMITS / 2) assert_true(tries++ < TRIES);
}

static void one_alone_waits_for_nobody(void **state) {
  (void)state;
  assert_int_equal(commit_with(1), COMMITS);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(those_who_come_back_soon_do_not_take_turns),
      cmocka_unit_test(one_alone_waits_for_nobody),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
