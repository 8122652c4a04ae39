/* test_engine_lmdb.c - engines over storage lmdb: what the engine's own tests ask, history and copies beside a live
 * owner in one process, and a swap of the storage by one line of the config. */
#include <stdio.h>
#include <stdlib.h>

#include "support/process.h"
#include "support/shop.h"

#ifndef TN_WITH_LMDB
int main(void) {
  printf("# storage \"lmdb\" was left out: so are its tests\n");
  return 0;
}
#else

#define LMDB "\"storage\": {\"type\": \"lmdb\"}"
#define APART "\"storage\": {\"type\": \"lmdb\", \"snapshots\": \"apart\"}"
#define CART "\"models\": {\"cart\": {\"type\": \"kv\"}}"

static tn_engine *open_config(shop *s, const char *config, bool read_only, uint64_t at_seq) {
  tn_engine *engine;
  tn_open_options options = s->options;
  options.config_text = config;
  options.read_only = read_only;
  options.at_seq = at_seq;
  tn_status status = tn_open(NULL, &options, &engine, &s->error);
  if (status != TN_OK) fail_msg("open: %s: %s [%s]", tn_status_name(status), s->error.text, s->error.where);
  return engine;
}

static void digest_of(shop *s, tn_engine *engine, char out[33]) {
  tn_engine *own = s->engine;
  s->engine = engine;
  shop_digest(s, out);
  s->engine = own;
}

static void close_engine(tn_engine *engine) { assert_status(tn_close(engine, NULL), TN_OK); }

static void put(shop *s, int count) {
  char key[16];
  for (int i = 0; i < count; i++) {
    snprintf(key, sizeof key, "k%d", i % 37);
    assert_status(shop_put(s, key, i), TN_OK);
  }
}

/* ---- the engine's own tests ----------------------------------------------------------------- */

static void run_over_lmdb(const char *name) {
  char path[128];
  snprintf(path, sizeof path, "%s/tests/%s", TEST_BUILD, name);
  const char *const argv[] = {"/usr/bin/env", "TENON_TEST_STORAGE=lmdb", path, NULL};
  outcome o = process_run(argv, "", 0);
  if (o.code != 0) print_error("%s: %d\n%s%s\n", name, o.code, o.out, o.err);
  assert_int_equal(o.code, 0);
  outcome_free(&o);
}

static void the_tests_of_engines_hold(void **state) {
  (void)state;
  run_over_lmdb("test_engine");
}

static void the_tests_of_feeds_hold(void **state) {
  (void)state;
  run_over_lmdb("test_feed");
}

static void the_tests_of_threads_hold(void **state) {
  (void)state;
  run_over_lmdb("test_threads");
}

static void the_tests_of_plugins_hold(void **state) {
  (void)state;
  run_over_lmdb("test_plugins");
}

/* ---- beside a live owner -------------------------------------------------------------------- */

static void every_record_can_be_gone_back_to_beside_the_owner(void **state) {
  shop *s = *state;
  char digests[61][33], digest[33];
  shop_open_fresh(s, LMDB);
  for (int n = 1; n <= 60; n++) {
    put(s, 1);
    shop_digest(s, digests[n]);
    if (n % 25 == 0) assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
  }
  assert_status(tn_tick(s->engine, &s->error), TN_OK); /* says that the newest is durable */
  for (uint64_t n = 1; n <= 60; n++) {
    tn_engine *then = open_config(s, s->config, true, n);
    put(s, 3);
    digest_of(s, then, digest);
    assert_string_equal(digest, digests[n]);
    close_engine(then);
  }
}

static void what_is_not_kept_is_named(void **state) {
  shop *s = *state;
  shop_open_fresh(s,
                  LMDB ", \"journal\": {\"keep\": \"snapshot\"}, \"snapshot\": {\"every_commands\": 0, \"keep\": 1}");
  put(s, 50);
  assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
  put(s, 5);
  tn_engine *then;
  tn_open_options options = s->options;
  options.at_seq = 20;
  options.read_only = true;
  assert_status(tn_open(NULL, &options, &then, &s->error), TN_TRIMMED);
  assert_int_equal(shop_stat(s, "journal.first_seq"), 51);
  assert_status(tn_check(s->engine, NULL, NULL, NULL, &s->error), TN_OK);
}

static void a_journal_is_kept_to_so_many_bytes(void **state) {
  shop *s = *state;
  shop_open_fresh(s, LMDB ", \"journal\": {\"keep\": {\"bytes\": 20000}}, \"snapshot\": {\"every_commands\": 0}");
  for (int i = 0; i < 8; i++) {
    put(s, 100);
    assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
  }
  assert_true(shop_stat(s, "journal.first_seq") > 300);
  assert_true(shop_stat(s, "storage.journal_bytes") > 10000);
  shop_reopen(s);
  assert_status(tn_check(s->engine, NULL, NULL, NULL, &s->error), TN_OK);
}

static void a_backup_of_a_live_engine_opens(void **state) {
  shop *s = *state;
  char dir[128], digest[33], saved[33];
  shop_open_fresh(s, LMDB);
  put(s, 200);
  assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
  put(s, 50);
  shop_digest(s, digest);
  snprintf(dir, sizeof dir, "%s/saved", s->folder.path);
  assert_status(tn_backup(s->engine, dir, NULL, &s->error), TN_OK);
  tn_engine *backup = open_config(s, "{\"data\": \"saved\", " LMDB ", " CART "}", false, 0);
  digest_of(s, backup, saved);
  assert_string_equal(saved, digest);
  close_engine(backup);
}

/* ---- swapping ------------------------------------------------------------------------------- */

static void a_copy_goes_from_storage_to_storage_and_its_digest_with_it(void **state) {
  static const char *const stations[] = {
      "{\"data\": \"one\", " LMDB ", " CART "}",
      "{\"data\": \"two\", " APART ", \"format\": {\"journal\": \"json\", \"snapshot\": \"json\"}, " CART "}",
      "{\"data\": \"three\", \"storage\": {\"type\": \"file\"}, " CART "}",
  };
  shop *s = *state;
  char digest[33], copied[33];
  put(s, 3000);
  assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
  put(s, 500);
  shop_digest(s, digest);
  for (size_t i = 0; i < sizeof stations / sizeof *stations; i++) {
    tn_open_options options = s->options;
    options.config_text = stations[i];
    assert_status(tn_copy(s->engine, NULL, &options, NULL, &s->error), TN_OK);
    shop_close(s);
    s->engine = open_config(s, stations[i], false, 0);
    shop_digest(s, copied);
    assert_string_equal(copied, digest);
    assert_status(tn_check(s->engine, NULL, NULL, NULL, &s->error), TN_OK);
  }
}

static void the_other_storage_s_data_is_refused(void **state) {
  shop *s = *state;
  put(s, 3);
  shop_close(s);
  assert_status(shop_try_open(s, LMDB), TN_INVALID);
  assert_non_null(strstr(s->error.text, "holds other files"));
  shop_open_fresh(s, LMDB);
  shop_close(s);
  assert_status(shop_try_open(s, "\"storage\": {\"type\": \"file\"}"), TN_INVALID);
  assert_non_null(strstr(s->error.text, "holds other files"));
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, shop_setup, shop_teardown)
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_tests_of_engines_hold),
      cmocka_unit_test(the_tests_of_feeds_hold),
      cmocka_unit_test(the_tests_of_threads_hold),
      cmocka_unit_test(the_tests_of_plugins_hold),
      TEST(every_record_can_be_gone_back_to_beside_the_owner),
      TEST(what_is_not_kept_is_named),
      TEST(a_journal_is_kept_to_so_many_bytes),
      TEST(a_backup_of_a_live_engine_opens),
      TEST(a_copy_goes_from_storage_to_storage_and_its_digest_with_it),
      TEST(the_other_storage_s_data_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
