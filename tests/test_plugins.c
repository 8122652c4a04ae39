/* Plugins from shared objects: what is refused, what a handler may do, and what the journal keeps of it. */
#include <stdio.h>
#include <unistd.h>

#include "support/shop.h"

#ifndef TEST_PLUGINS
#define TEST_PLUGINS "build/asan/tests/plugins"
#endif

/* Opens with the plugin file and a model of the given type beside the cart. */
static tn_status open_with(shop *s, const char *file, const char *type) {
  char more[512], cwd[256];
  shop_close(s);
  assert_non_null(getcwd(cwd, sizeof cwd));
  snprintf(more, sizeof more,
           "\"plugins\": [\"%s/" TEST_PLUGINS
           "/%s\"], \"models\": {\"cart\": {\"type\": \"kv\"}, \"o\": {\"type\": \"%s\", \"uses\": [\"cart\"]}}",
           cwd, file, type);
  return shop_try_open(s, more);
}

static void open_odd(shop *s, const char *file) {
  tn_status status = open_with(s, file, "odd");
  if (status != TN_OK) fail_msg("%s [%s]", s->error.text, s->error.where);
}

static tn_status odd(shop *s, const char *op, const char *name) {
  return tn_run(s->engine, "o", op, tn_arr(&s->args, name), &s->result, &s->error);
}

static void a_plugin_that_breaks_the_rules_is_refused_by_name(void **state) {
  static const struct {
    const char *file;
    tn_status status;
    const char *text;
  } faults[] = {
      {"refused_1.so", TN_INVALID, "a plugin was built for ABI 999 and this library has ABI 1; rebuild it"},
      {"refused_2.so", TN_INVALID, "model plugin 'refused': an op lacks the required slot 'fn'"},
      {"refused_3.so", TN_INVALID, "model plugin 'refused': an op's name is not [a-z][a-z0-9_]*"},
      {"refused_4.so", TN_INVALID,
       "model plugin 'refused': a default is of a type that its parameter does not accept"},
      {"refused_5.so", TN_INVALID,
       "model plugin 'refused': an optional parameter of a command that accepts null needs a default"},
      {"refused_6.so", TN_INVALID, "model plugin 'refused': an op has an unknown flag"},
      {"refused_7.so", TN_INVALID, "plugin 'refused' has version 0; they count from 1"},
      {"refused_8.so", TN_EXISTS, "there is a model plugin named 'kv' already"},
      {"refused_9.so", TN_INVALID, "formatter plugin 'half' lacks the required slot 'encode'"},
      {"refused_10.so", TN_INVALID, "this shared object exports no tn_plugins; see TN_EXPORT_PLUGINS"},
      {"refused_11.so", TN_INVALID, "model plugin 'refused': two maps have one name"},
      {"refused_12.so", TN_INVALID, "model plugin 'refused': an op is keyed without a required argument or a map"},
      {"none.so", TN_NOT_FOUND, "there is no such plugin file"},
  };
  shop *s = *state;
  for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
    tn_status status = open_with(s, faults[i].file, "refused");
    assert_string_equal(s->error.text, faults[i].text);
    assert_status(status, faults[i].status);
  }
}

static void a_model_of_an_unknown_type_is_refused(void **state) {
  shop *s = *state;
  assert_status(open_with(s, "odd_1.so", "old"), TN_UNKNOWN);
  assert_string_equal(s->error.text, "no model plugin is named 'old'; did you mean 'odd'?");
  assert_string_equal(s->error.where, "$.models.o.type");
}

static void a_handler_that_fails_late_leaves_nothing(void **state) {
  shop *s = *state;
  char before[33], after[33];
  open_odd(s, "odd_1.so");
  assert_status(odd(s, "set", "a"), TN_OK);
  shop_digest(s, before);
  assert_status(odd(s, "fail_late", "a"), TN_CONSTRAINT);
  assert_string_equal(s->error.text, "it fails after changing things");
  shop_digest(s, after);
  assert_string_equal(before, after);
  shop_reopen(s);
  shop_digest(s, after);
  assert_string_equal(before, after);
}

static void a_handler_that_oversteps_is_stopped(void **state) {
  shop *s = *state;
  open_odd(s, "odd_1.so");
  assert_status(odd(s, "write_in_query", "a"), TN_MISUSE);
  assert_status(odd(s, "wrong_map", "a"), TN_MISUSE);
}

static void a_handler_queries_only_the_models_it_uses(void **state) {
  shop *s = *state;
  open_odd(s, "odd_1.so");
  assert_status(shop_put(s, "apples", 3), TN_OK);
  assert_status(tn_run(s->engine, "o", "ask", tn_arr(&s->args, "cart", "get", "apples"), &s->result, &s->error),
                TN_OK);
  int64_t n = 0;
  assert_true(tn_as_int(s->result.value, &n));
  assert_int_equal(n, 3);
  assert_status(tn_run(s->engine, "o", "ask", tn_arr(&s->args, "o", "get", "x"), NULL, &s->error), TN_DENIED);
  assert_status(tn_run(s->engine, "o", "ask", tn_arr(&s->args, "cart", "take", "apples"), NULL, &s->error),
                TN_MISUSE);
  assert_status(tn_run(s->engine, "o", "ask", tn_arr(&s->args, "cart", "get", "none"), NULL, &s->error),
                TN_NOT_FOUND);
}

static void random_numbers_are_the_same_at_replay(void **state) {
  shop *s = *state;
  char before[33], after[33];
  open_odd(s, "odd_1.so");
  for (int i = 0; i < 5; i++) assert_status(odd(s, "roll", i % 2 ? "a" : "b"), TN_OK);
  shop_digest(s, before);
  shop_reopen(s);
  shop_digest(s, after);
  assert_string_equal(before, after);
}

static void a_failed_command_of_a_txn_takes_no_random_number_of_the_next(void **state) {
  shop *s = *state;
  tn_txn *txn;
  char before[33], after[33];
  open_odd(s, "odd_1.so");
  assert_status(tn_begin(s->engine, TN_WRITE, NULL, &txn, &s->error), TN_OK);
  assert_status(tn_do(txn, "o", "roll", tn_arr(&s->args, "a"), NULL, &s->error), TN_OK);
  assert_status(tn_do(txn, "o", "roll_and_fail", tn_arr(&s->args, "b"), NULL, &s->error), TN_CONSTRAINT);
  assert_status(tn_do(txn, "o", "roll", tn_arr(&s->args, "c"), NULL, &s->error), TN_OK);
  assert_status(tn_commit(txn, NULL, &s->error), TN_OK);
  shop_digest(s, before);
  shop_reopen(s);
  shop_digest(s, after);
  assert_string_equal(before, after);
}

static void recorded_changes_are_replayed_in_place_of_the_handler(void **state) {
  shop *s = *state;
  char before[33], after[33];
  open_odd(s, "odd_1.so");
  assert_status(odd(s, "wild_recorded", "a"), TN_OK);
  assert_status(odd(s, "fill_recorded", "a"), TN_OK);
  shop_digest(s, before);
  shop_reopen(s);
  shop_digest(s, after);
  assert_string_equal(before, after);
}

static tn_status count_op_items(void *arg, uint64_t seq, tn_value record) {
  uint32_t *items = arg;
  (void)seq;
  *items = tn_count(tn_item(tn_field(record, "ops"), 0));
  return TN_OK;
}

static void a_call_that_says_so_is_recorded_by_its_arguments(void **state) {
  shop *s = *state;
  char before[33], after[33];
  uint32_t items = 0;
  open_odd(s, "odd_1.so");
  assert_status(odd(s, "wild_recorded", "a"), TN_OK);
  assert_status(tn_journal_read(s->engine, 0, 0, count_op_items, &items, &s->error), TN_OK);
  assert_int_equal(items, 4); /* [model, op, args, changes] */
  assert_status(odd(s, "set_by_args", "b"), TN_OK);
  assert_status(tn_journal_read(s->engine, 0, 0, count_op_items, &items, &s->error), TN_OK);
  assert_int_equal(items, 3);
  shop_digest(s, before);
  shop_reopen(s);
  shop_digest(s, after);
  assert_string_equal(before, after);
}

static void a_handler_says_so_before_it_changes_anything(void **state) {
  shop *s = *state;
  open_odd(s, "odd_1.so");
  assert_status(odd(s, "args_late", "a"), TN_MISUSE);
  assert_string_equal(s->error.text, "a handler changed maps before tn_journal_args()");
  assert_status(odd(s, "get", "a"), TN_NOT_FOUND);
}

static void an_insert_hands_out_what_is_there(void **state) {
  shop *s = *state;
  int64_t n = 0;
  open_odd(s, "odd_1.so");
  assert_status(odd(s, "add", "a"), TN_OK);
  assert_true(tn_is_null(s->result.value));
  assert_status(odd(s, "set", "b"), TN_OK);
  assert_status(odd(s, "add", "b"), TN_OK);
  assert_true(tn_as_int(s->result.value, &n));
  assert_int_equal(n, 7);
  shop_reopen(s);
  assert_int_equal(shop_stat(s, "seq"), 2);
}

static void a_handler_that_is_not_deterministic_is_found_at_its_record(void **state) {
  shop *s = *state;
  open_odd(s, "odd_1.so");
  assert_status(odd(s, "set", "a"), TN_OK);
  assert_status(odd(s, "wild", "a"), TN_OK);
  shop_close(s);
  assert_status(tn_open(NULL, &s->options, &s->engine, &s->error), TN_CORRUPT);
  assert_string_equal(s->error.where, "record 2");
  s->engine = NULL;
}

static tn_status find_event(void *arg, uint64_t seq, tn_value record) {
  tn_slice *name = arg;
  (void)seq;
  return tn_get_string(record, "events.0.1", name) == TN_OK ? TN_LIMIT : TN_OK;
}

static void events_stand_in_the_record(void **state) {
  shop *s = *state;
  tn_slice name = {"", 0};
  open_odd(s, "odd_1.so");
  assert_status(odd(s, "fill", "a"), TN_OK);
  assert_status(tn_journal_read(s->engine, 0, 0, find_event, &name, &s->error), TN_LIMIT);
  assert_int_equal(name.size, 6);
}

static void a_newer_model_takes_old_data_on_from_a_snapshot_only(void **state) {
  shop *s = *state;
  char before[33], after[33];
  open_odd(s, "odd_1.so");
  assert_status(odd(s, "set", "a"), TN_OK);
  assert_status(open_with(s, "odd_2.so", "odd"), TN_INVALID);
  assert_non_null(strstr(s->error.text, "needs version 1 of model 'odd' and this is version 2"));
  open_odd(s, "odd_1.so");
  assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
  open_odd(s, "odd_2.so");
  assert_status(odd(s, "get", "upgraded_from"), TN_OK);
  int64_t n = 0;
  assert_true(tn_as_int(s->result.value, &n));
  assert_int_equal(n, 1);
  shop_digest(s, before);
  shop_reopen(s); /* the upgrade is a record like any other, and is not done twice */
  shop_digest(s, after);
  assert_string_equal(before, after);
  assert_int_equal(shop_stat(s, "seq"), 2);
  assert_status(tn_check(s->engine, NULL, NULL, NULL, &s->error), TN_OK); /* what version 1 did is passed over */
}

static void several_models_are_upgraded_in_one_record(void **state) {
  shop *s = *state;
  char more[512], cwd[256];
  assert_non_null(getcwd(cwd, sizeof cwd));
  for (int version = 1; version <= 2; version++) {
    snprintf(more, sizeof more,
             "\"plugins\": [\"%s/" TEST_PLUGINS
             "/odd_%d.so\"], \"models\": {\"o\": {\"type\": \"odd\"}, \"p\": {\"type\": \"odd\"}}",
             cwd, version);
    shop_open(s, more);
    if (version == 2) break;
    assert_status(odd(s, "set", "a"), TN_OK);
    assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
  }
  assert_int_equal(shop_stat(s, "seq"), 2);
  assert_status(tn_run(s->engine, "p", "get", tn_arr(&s->args, "upgraded_from"), NULL, &s->error), TN_OK);
  shop_reopen(s);
  assert_int_equal(shop_stat(s, "seq"), 2);
}

static void a_txn_whose_record_cannot_be_made_leaves_nothing(void **state) {
  shop *s = *state;
  tn_txn *txn;
  uint64_t limit;
  open_odd(s, "odd_1.so");
  for (uint64_t fail = 1; fail < 60; fail++) { /* wherever the memory ends, what commits is what was done */
    char before[33], after[33];
    assert_status(tn_begin(s->engine, TN_WRITE, NULL, &txn, &s->error), TN_OK);
    for (int i = 0; i < 3; i++) {
      limit = atomic_load(&s->memory.requests) + fail;
      atomic_store(&s->memory.fail_at, i == 1 ? limit : 0);
      tn_status status = tn_do(txn, "o", "fill", tn_arr(&s->args, "x"), NULL, &s->error);
      atomic_store(&s->memory.fail_at, 0);
      assert_true(status == TN_OK || status == TN_NOMEM || status == TN_LIMIT);
    }
    tn_status committed = tn_commit(txn, NULL, &s->error);
    assert_true(committed == TN_OK || committed == TN_NOMEM);
    shop_digest(s, before);
    shop_reopen(s);
    shop_digest(s, after);
    assert_string_equal(before, after);
  }
}

static void a_model_that_takes_no_options_refuses_them(void **state) {
  shop *s = *state;
  shop_close(s);
  assert_status(shop_try_open(s, "\"models\": {\"cart\": {\"type\": \"kv\", \"colour\": \"red\"}}"), TN_UNKNOWN);
  assert_string_equal(s->error.where, "$.models.cart.colour");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, shop_setup, shop_teardown)
  const struct CMUnitTest tests[] = {
      TEST(a_plugin_that_breaks_the_rules_is_refused_by_name),
      TEST(a_model_of_an_unknown_type_is_refused),
      TEST(a_handler_that_fails_late_leaves_nothing),
      TEST(a_handler_that_oversteps_is_stopped),
      TEST(a_handler_queries_only_the_models_it_uses),
      TEST(random_numbers_are_the_same_at_replay),
      TEST(a_failed_command_of_a_txn_takes_no_random_number_of_the_next),
      TEST(recorded_changes_are_replayed_in_place_of_the_handler),
      TEST(a_call_that_says_so_is_recorded_by_its_arguments),
      TEST(a_handler_says_so_before_it_changes_anything),
      TEST(an_insert_hands_out_what_is_there),
      TEST(a_handler_that_is_not_deterministic_is_found_at_its_record),
      TEST(events_stand_in_the_record),
      TEST(a_newer_model_takes_old_data_on_from_a_snapshot_only),
      TEST(several_models_are_upgraded_in_one_record),
      TEST(a_txn_whose_record_cannot_be_made_leaves_nothing),
      TEST(a_model_that_takes_no_options_refuses_them),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
