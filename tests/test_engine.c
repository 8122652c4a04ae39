/* What an application relies on: operations, transactions, batches, submit, history of failures. */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "support/shop.h"

/* ---- run ------------------------------------------------------------------------------------ */

static void a_command_answers_and_a_query_finds_it(void **state) {
  shop *s = *state;
  assert_status(shop_put(s, "apples", 3), TN_OK);
  assert_int_equal(s->result.seq, 1);
  assert_int_equal(shop_number(s, "apples"), 3);
  assert_int_equal(s->result.seq, 1);
}

static void a_result_is_the_callers_own(void **state) {
  shop *s = *state;
  assert_status(shop_put(s, "apples", 3), TN_OK);
  tn_result kept = TN_RESULT_INIT;
  assert_status(tn_run(s->engine, "cart", "get", tn_obj(&s->args, "key", "apples"), &kept, &s->error), TN_OK);
  assert_status(shop_put(s, "apples", 4), TN_OK);
  memset(kept.builder.data, 0, kept.builder.size); /* scribbling over it changes nothing in the engine */
  assert_int_equal(shop_number(s, "apples"), 4);
  tn_result_free(&kept);
}

static void arguments_may_lie_in_the_result_that_is_passed_again(void **state) {
  shop *s = *state;
  char before[33], after[33];
  tn_result r = TN_RESULT_INIT;
  assert_status(tn_run(s->engine, "cart", "put",
                       tn_obj(&s->args, "key", "k", "value", tn_arr(&r.builder, "other", "text")), NULL, &s->error),
                TN_OK);
  assert_status(tn_run(s->engine, "cart", "get", tn_obj(&s->args, "key", "k"), &r, &s->error), TN_OK);
  assert_status(tn_run(s->engine, "cart", "put", r.value, &r, &s->error), TN_OK); /* ["other", "text"] by position */
  assert_int_equal(r.seq, 2);
  assert_status(shop_get(s, "other"), TN_OK);
  shop_digest(s, before);
  shop_reopen(s);
  shop_digest(s, after);
  assert_string_equal(before, after);
  tn_result_free(&r);
}

static void a_user_must_be_utf8(void **state) {
  shop *s = *state;
  const tn_op *put;
  tn_call call = {.user = "\xff"};
  assert_status(tn_op_prepare(s->engine, "cart", "put", &put, &s->error), TN_OK);
  assert_status(tn_run_op(s->engine, put, tn_obj(&s->args, "key", "k", "value", 1), &call, NULL, &s->error),
                TN_INVALID);
  assert_string_equal(s->error.where, "user");
}

static void unknown_names_name_the_nearest(void **state) {
  shop *s = *state;
  assert_status(tn_run(s->engine, "cat", "put", TN_NO_VALUE, NULL, &s->error), TN_UNKNOWN);
  assert_string_equal(s->error.text, "no model is named 'cat'; did you mean 'cart'?");
  assert_status(tn_run(s->engine, "cart", "putt", TN_NO_VALUE, NULL, &s->error), TN_UNKNOWN);
  assert_string_equal(s->error.text, "'cart' (a kv) has no operation 'putt'; did you mean 'put'?");
  assert_status(tn_run(s->engine, "cart", "put", tn_obj(&s->args, "kye", 1), NULL, &s->error), TN_UNKNOWN);
  assert_string_equal(s->error.where, "kye");
}

static void bad_arguments_change_nothing(void **state) {
  shop *s = *state;
  char before[33], after[33];
  assert_status(shop_put(s, "apples", 3), TN_OK);
  shop_digest(s, before);
  assert_status(tn_run(s->engine, "cart", "put", tn_obj(&s->args, "key", "x"), NULL, &s->error), TN_INVALID);
  assert_string_equal(s->error.text, "'put' needs the argument 'value'");
  assert_status(
      tn_run(s->engine, "cart", "put", tn_obj(&s->args, "key", "x", "value", 1, "ttl_ms", "soon"), NULL, &s->error),
      TN_INVALID);
  assert_string_equal(s->error.where, "ttl_ms");
  assert_string_equal(s->error.text, "'ttl_ms' of 'put' takes int, got string");
  assert_status(tn_run(s->engine, "cart", "put", tn_arr(&s->args, 1, 2, 3, 4, 5, 6, 7, 8), NULL, &s->error),
                TN_INVALID);
  tn_builder_clear(&s->args);
  tn_add(&s->args, 3);
  assert_status(tn_run(s->engine, "cart", "put", tn_built(&s->args), NULL, &s->error), TN_INVALID);
  shop_digest(s, after);
  assert_string_equal(before, after);
  assert_int_equal(shop_stat(s, "seq"), 1);
}

static void a_failed_command_neither_takes_nor_skips_a_seq(void **state) {
  shop *s = *state;
  assert_status(shop_put(s, "apples", 3), TN_OK);
  assert_status(tn_run(s->engine, "cart", "put", tn_obj(&s->args, "key", "apples", "value", 4, "if_version", 7), NULL,
                       &s->error),
                TN_CONFLICT);
  shop_reopen(s);
  assert_int_equal(shop_stat(s, "seq"), 1);
  assert_status(shop_put(s, "pears", 1), TN_OK);
  assert_int_equal(s->result.seq, 2);
  shop_reopen(s);
  assert_int_equal(shop_number(s, "apples"), 3);
  assert_int_equal(shop_number(s, "pears"), 1);
}

static void a_command_that_changes_nothing_makes_no_record(void **state) {
  shop *s = *state;
  assert_status(tn_run(s->engine, "cart", "delete_range", TN_NO_VALUE, &s->result, &s->error), TN_OK);
  assert_int_equal(s->result.seq, 0);
  assert_int_equal(shop_stat(s, "seq"), 0);
}

static tn_status count_row(void *arg, tn_value row) {
  (void)row;
  int *left = arg;
  return --*left > 0 ? TN_OK : TN_LIMIT;
}

static void rows_stream_until_the_caller_has_enough(void **state) {
  shop *s = *state;
  const tn_op *scan;
  int left = 3;
  for (int i = 0; i < 10; i++) assert_status(shop_put(s, (char[]){'a', (char)('0' + i), 0}, i), TN_OK);
  assert_status(tn_op_prepare(s->engine, "cart", "scan", &scan, &s->error), TN_OK);
  tn_call call = {.on_row = count_row, .row_arg = &left};
  assert_status(tn_run_op(s->engine, scan, TN_NO_VALUE, &call, NULL, &s->error), TN_LIMIT);
  assert_int_equal(left, 0);
  assert_status(tn_run_op(s->engine, scan, TN_NO_VALUE, NULL, &s->result, &s->error), TN_OK);
  assert_int_equal(tn_count(s->result.value), 10);
}

static tn_status take_user(void *arg, uint64_t seq, tn_value record) {
  (void)seq;
  return tn_get_string(record, "user", arg) == TN_OK ? TN_LIMIT : TN_OK;
}

static void the_record_says_who_and_when(void **state) {
  shop *s = *state;
  const tn_op *put;
  tn_slice user = {"", 0};
  assert_status(tn_op_prepare(s->engine, "cart", "put", &put, &s->error), TN_OK);
  tn_call call = {.user = "ada"};
  assert_status(tn_run_op(s->engine, put, tn_obj(&s->args, "key", "k", "value", 1), &call, NULL, &s->error), TN_OK);
  assert_status(tn_journal_read(s->engine, 0, 0, take_user, &user, &s->error), TN_LIMIT);
  assert_int_equal(user.size, 3);
}

/* ---- batches -------------------------------------------------------------------------------- */

static void a_batch_is_one_record_and_later_operations_use_earlier_results(void **state) {
  shop *s = *state;
  tn_builder a = TN_BUILDER_INIT, b = TN_BUILDER_INIT, ref = TN_BUILDER_INIT;
  tn_value first = tn_obj(&a, "key", "n", "by", 41);
  tn_value target = tn_arr(&s->args, 0, "");
  tn_value second = tn_obj(&b, "key", "copy", "value", tn_obj(&ref, "$result", target));
  tn_batch_op ops[] = {{"cart", "incr", first}, {"cart", "put", second}};
  assert_status(tn_batch(s->engine, ops, 2, NULL, &s->result, &s->error), TN_OK);
  assert_int_equal(s->result.seq, 1);
  assert_int_equal(tn_count(s->result.value), 2);
  assert_int_equal(shop_number(s, "copy"), 41);
  tn_builder_free(&a);
  tn_builder_free(&b);
  tn_builder_free(&ref);
}

static void a_failing_batch_changes_nothing_and_says_where(void **state) {
  shop *s = *state;
  tn_builder a = TN_BUILDER_INIT, b = TN_BUILDER_INIT;
  tn_batch_op ops[] = {{"cart", "put", tn_obj(&a, "key", "x", "value", 1)},
                       {"cart", "take", tn_obj(&b, "key", "none")}};
  assert_status(tn_batch(s->engine, ops, 2, NULL, &s->result, &s->error), TN_NOT_FOUND);
  assert_memory_equal(s->error.where, "batch[1]", 8);
  assert_int_equal(shop_number(s, "x"), -1);
  assert_int_equal(shop_stat(s, "seq"), 0);
  tn_builder_free(&a);
  tn_builder_free(&b);
}

static void a_reference_must_point_to_an_earlier_answer(void **state) {
  shop *s = *state;
  tn_builder a = TN_BUILDER_INIT, ref = TN_BUILDER_INIT, target = TN_BUILDER_INIT;
  tn_value self = tn_obj(&ref, "$result", tn_arr(&target, 0, ""));
  tn_batch_op ops[] = {{"cart", "put", tn_obj(&a, "key", "x", "value", self)}};
  assert_status(tn_batch(s->engine, ops, 1, NULL, &s->result, &s->error), TN_INVALID);
  /* Outside a batch it is a value like any other. */
  assert_status(tn_run(s->engine, "cart", "put", tn_obj(&a, "key", "x", "value", self), NULL, &s->error), TN_OK);
  tn_builder_free(&a);
  tn_builder_free(&ref);
  tn_builder_free(&target);
}

/* ---- transactions --------------------------------------------------------------------------- */

static tn_status do_put(shop *s, tn_txn *txn, const char *key, int64_t value) {
  return tn_do(txn, "cart", "put", tn_obj(&s->args, "key", key, "value", value), &s->result, &s->error);
}

static void a_txn_sees_its_own_writes_and_others_do_not(void **state) {
  shop *s = *state;
  tn_txn *txn;
  uint64_t seq;
  assert_status(tn_begin(s->engine, TN_WRITE, NULL, &txn, &s->error), TN_OK);
  assert_status(do_put(s, txn, "x", 1), TN_OK);
  assert_status(tn_do(txn, "cart", "get", tn_obj(&s->args, "key", "x"), &s->result, &s->error), TN_OK);
  assert_int_equal(shop_number(s, "x"), -1);
  assert_status(tn_commit(txn, &seq, &s->error), TN_OK);
  assert_int_equal(seq, 1);
  assert_int_equal(shop_number(s, "x"), 1);
}

static void a_failed_do_takes_back_only_itself(void **state) {
  shop *s = *state;
  tn_txn *txn;
  assert_status(tn_begin(s->engine, TN_WRITE, NULL, &txn, &s->error), TN_OK);
  assert_status(do_put(s, txn, "x", 1), TN_OK);
  assert_int_equal(s->result.seq, 1);
  assert_status(tn_do(txn, "cart", "persist", tn_obj(&s->args, "key", "x"), &s->result, &s->error), TN_OK);
  assert_int_equal(s->result.seq, 0); /* it changed nothing */
  assert_status(tn_do(txn, "cart", "take", tn_obj(&s->args, "key", "none"), NULL, &s->error), TN_NOT_FOUND);
  assert_status(do_put(s, txn, "y", 2), TN_OK);
  assert_status(tn_commit(txn, NULL, &s->error), TN_OK);
  shop_reopen(s);
  assert_int_equal(shop_number(s, "x"), 1);
  assert_int_equal(shop_number(s, "y"), 2);
}

static void abort_then_command_then_snapshot_then_reopen_applies_the_command_once(void **state) {
  shop *s = *state;
  tn_txn *txn;
  char before[33], after[33];
  assert_status(tn_begin(s->engine, TN_WRITE, NULL, &txn, &s->error), TN_OK);
  assert_status(do_put(s, txn, "x", 1), TN_OK);
  tn_abort(txn);
  assert_status(tn_run(s->engine, "cart", "incr", tn_obj(&s->args, "key", "n"), NULL, &s->error), TN_OK);
  assert_status(tn_snapshot(s->engine, NULL, &s->error), TN_OK);
  shop_digest(s, before);
  shop_reopen(s);
  shop_digest(s, after);
  assert_string_equal(before, after);
  assert_int_equal(shop_number(s, "n"), 1);
  assert_int_equal(shop_number(s, "x"), -1);
}

static void a_read_txn_stays_at_its_version(void **state) {
  shop *s = *state;
  tn_txn *txn;
  assert_status(shop_put(s, "x", 1), TN_OK);
  assert_status(tn_begin(s->engine, TN_READ, NULL, &txn, &s->error), TN_OK);
  assert_status(shop_put(s, "x", 2), TN_OK);
  int64_t n = 0;
  assert_status(tn_do(txn, "cart", "get", tn_obj(&s->args, "key", "x"), &s->result, &s->error), TN_OK);
  assert_true(tn_as_int(s->result.value, &n));
  assert_int_equal(n, 1);
  assert_status(do_put(s, txn, "x", 3), TN_MISUSE);
  assert_status(tn_close(s->engine, &s->error), TN_MISUSE); /* and the engine stays */
  tn_abort(txn);
  assert_int_equal(shop_number(s, "x"), 2);
}

static void nesting_on_one_thread_is_misuse(void **state) {
  shop *s = *state;
  tn_txn *txn, *second;
  assert_status(tn_begin(s->engine, TN_WRITE, NULL, &txn, &s->error), TN_OK);
  assert_status(tn_begin(s->engine, TN_WRITE, NULL, &second, &s->error), TN_MISUSE);
  assert_status(shop_put(s, "x", 1), TN_MISUSE);
  tn_abort(txn);
  assert_status(shop_put(s, "x", 1), TN_OK);
}

static void *put_from_elsewhere(void *arg) {
  shop *s = arg;
  tn_builder args = TN_BUILDER_INIT;
  tn_error error = TN_ERROR_INIT;
  tn_status status = tn_run(s->engine, "cart", "put", tn_obj(&args, "key", "other", "value", 1), NULL, &error);
  tn_builder_free(&args);
  return (void *)(intptr_t)status;
}

static tn_status status_of_other_thread(shop *s) {
  pthread_t thread;
  void *status;
  assert_int_equal(pthread_create(&thread, NULL, put_from_elsewhere, s), 0);
  assert_int_equal(pthread_join(thread, &status), 0);
  return (tn_status)(intptr_t)status;
}

static void a_writer_behind_a_long_txn_hears_busy(void **state) {
  shop *s = *state;
  tn_txn *txn;
  shop_open(s, "\"write_wait_ms\": 20");
  assert_status(tn_begin(s->engine, TN_WRITE, NULL, &txn, &s->error), TN_OK);
  assert_status(status_of_other_thread(s), TN_BUSY);
  assert_true(tn_status_retryable(TN_BUSY));
  tn_abort(txn);
  assert_status(status_of_other_thread(s), TN_OK);
}

static void a_txn_past_its_time_is_aborted(void **state) {
  shop *s = *state;
  tn_txn *txn;
  shop_open(s, "\"txn_max_ms\": 1");
  assert_status(tn_begin(s->engine, TN_WRITE, NULL, &txn, &s->error), TN_OK);
  assert_status(do_put(s, txn, "x", 1), TN_OK);
  usleep(10000);
  assert_status(do_put(s, txn, "y", 1), TN_LIMIT);
  assert_status(status_of_other_thread(s), TN_OK); /* the writer's right has passed on */
  assert_status(tn_commit(txn, NULL, &s->error), TN_LIMIT);
  assert_int_equal(shop_number(s, "x"), -1);
}

/* ---- limits --------------------------------------------------------------------------------- */

static void a_deadline_ends_a_long_query(void **state) {
  shop *s = *state;
  const tn_op *scan;
  shop_open(s, "\"durability\": \"none\"");
  for (int k = 0; k < 3000; k++) {
    char key[16];
    snprintf(key, sizeof key, "%d", k);
    assert_status(shop_put(s, key, k), TN_OK);
  }
  assert_status(tn_op_prepare(s->engine, "cart", "scan", &scan, &s->error), TN_OK);
  tn_call call = {.timeout_ms = 1};
  tn_status status = TN_OK;
  for (int i = 0; i < 100 && status == TN_OK; i++)
    status = tn_run_op(s->engine, scan, TN_NO_VALUE, &call, &s->result, &s->error);
  assert_status(status, TN_LIMIT);
  assert_string_equal(s->error.where, "timeout_ms");
}

static tn_status interrupt_at_first_row(void *arg, tn_value row) {
  (void)row;
  tn_interrupt(arg);
  return TN_OK;
}

static void interrupt_ends_what_is_running(void **state) {
  shop *s = *state;
  const tn_op *scan;
  shop_open(s, "\"durability\": \"none\"");
  for (int k = 0; k < 300; k++)
    assert_status(shop_put(s, (char[]){(char)(1 + k / 100), (char)(1 + k % 100), 0}, k), TN_OK);
  assert_status(tn_op_prepare(s->engine, "cart", "scan", &scan, &s->error), TN_OK);
  tn_call call = {.on_row = interrupt_at_first_row, .row_arg = s->engine};
  assert_status(tn_run_op(s->engine, scan, TN_NO_VALUE, &call, NULL, &s->error), TN_INTERRUPTED);
  assert_status(tn_run_op(s->engine, scan, TN_NO_VALUE, NULL, NULL, &s->error), TN_OK); /* only what was running */
}

static void an_interrupt_does_not_stick_to_a_txn(void **state) {
  shop *s = *state;
  tn_txn *txn;
  assert_status(tn_begin(s->engine, TN_WRITE, NULL, &txn, &s->error), TN_OK);
  tn_interrupt(s->engine);
  assert_status(do_put(s, txn, "x", 1), TN_OK);
  assert_status(tn_commit(txn, NULL, &s->error), TN_OK);
}

static void *put_in_20_ms(void *arg) {
  shop *s = arg;
  tn_builder args = TN_BUILDER_INIT;
  tn_error error = TN_ERROR_INIT;
  tn_call call = {.timeout_ms = 20};
  const tn_op *put;
  tn_status status = tn_op_prepare(s->engine, "cart", "put", &put, &error);
  if (status == TN_OK)
    status = tn_run_op(s->engine, put, tn_obj(&args, "key", "late", "value", 1), &call, NULL, &error);
  tn_builder_free(&args);
  return (void *)(intptr_t)status;
}

static void a_deadline_covers_the_wait_behind_a_txn(void **state) {
  shop *s = *state;
  tn_txn *txn;
  pthread_t thread;
  void *status;
  assert_status(tn_begin(s->engine, TN_WRITE, NULL, &txn, &s->error), TN_OK);
  assert_int_equal(pthread_create(&thread, NULL, put_in_20_ms, s), 0);
  assert_int_equal(pthread_join(thread, &status), 0);
  assert_status((tn_status)(intptr_t)status, TN_LIMIT);
  tn_abort(txn);
}

static tn_status say_not_found(void *arg, uint64_t seq, tn_value record) {
  (void)arg, (void)seq, (void)record;
  return TN_NOT_FOUND;
}

static void whatever_a_record_callback_answers_comes_back(void **state) {
  shop *s = *state;
  assert_status(shop_put(s, "x", 1), TN_OK);
  assert_status(tn_journal_read(s->engine, 0, 0, say_not_found, NULL, &s->error), TN_NOT_FOUND);
}

/* ---- submit --------------------------------------------------------------------------------- */

typedef struct completions {
  int count;
  int64_t order[64];
  tn_status statuses[64];
  uint64_t seqs[64];
} completions;

static completions *all;
static void note(void *arg, tn_status status, const tn_result *result, const tn_error *error) {
  (void)error;
  all->order[all->count] = (int64_t)(intptr_t)arg;
  all->statuses[all->count] = status;
  all->seqs[all->count++] = result->seq;
}

static void submitted_commands_complete_in_order_and_share_one_sync(void **state) {
  shop *s = *state;
  const tn_op *incr, *get;
  completions seen = {0};
  size_t done, total = 0;
  all = &seen;
  assert_status(tn_op_prepare(s->engine, "cart", "incr", &incr, &s->error), TN_OK);
  assert_status(tn_op_prepare(s->engine, "cart", "get", &get, &s->error), TN_OK);
  for (intptr_t i = 0; i < 30; i++)
    assert_status(
        tn_submit(s->engine, incr, tn_obj(&s->args, "key", "n"), TN_DONE_POLLED, note, (void *)i, &s->error), TN_OK);
  assert_status(tn_submit(s->engine, get, tn_obj(&s->args, "key", "none"), TN_DONE_POLLED, note, (void *)(intptr_t)30,
                          &s->error),
                TN_OK);
  while (total < 31) {
    assert_status(tn_poll(s->engine, 1000, &done, &s->error), TN_OK);
    total += done;
  }
  for (int i = 0; i < 31; i++) assert_int_equal(seen.order[i], i);
  assert_status(seen.statuses[30], TN_NOT_FOUND);
  assert_int_equal(seen.seqs[29], 30);
  assert_int_equal(shop_stat(s, "since_open.syncs"), 1);
  assert_int_equal(shop_number(s, "n"), 30);
}

static void a_submitted_query_does_not_wait_for_a_write_txn(void **state) {
  shop *s = *state;
  const tn_op *get;
  tn_txn *txn;
  completions seen = {0};
  size_t done = 0;
  all = &seen;
  assert_status(shop_put(s, "x", 1), TN_OK);
  assert_status(tn_op_prepare(s->engine, "cart", "get", &get, &s->error), TN_OK);
  assert_status(tn_begin(s->engine, TN_WRITE, NULL, &txn, &s->error), TN_OK);
  assert_status(tn_submit(s->engine, get, tn_obj(&s->args, "key", "x"), TN_DONE_POLLED, note, NULL, &s->error),
                TN_OK);
  assert_status(tn_poll(s->engine, 0, &done, &s->error), TN_OK);
  assert_int_equal(done, 1);
  tn_abort(txn);
}

typedef struct chain {
  tn_engine *engine;
  const tn_op *incr;
  tn_status submitted;
  _Atomic int count;
} chain;

/* Submits the next one from within the one before. */
static void submit_next(void *arg, tn_status status, const tn_result *result, const tn_error *error) {
  chain *c = arg;
  tn_builder args = TN_BUILDER_INIT;
  (void)result, (void)error;
  if (status == TN_OK && ++c->count < 10)
    c->submitted = tn_submit(c->engine, c->incr, tn_obj(&args, "key", "n"), TN_DONE_ANYWHERE, submit_next, c, NULL);
  tn_builder_free(&args);
}

static void a_completion_may_submit_again(void **state) {
  shop *s = *state;
  chain c = {.engine = s->engine};
  tn_txn *txn;
  assert_status(tn_op_prepare(s->engine, "cart", "incr", &c.incr, &s->error), TN_OK);
  assert_status(
      tn_submit(s->engine, c.incr, tn_obj(&s->args, "key", "n"), TN_DONE_ANYWHERE, submit_next, &c, &s->error),
      TN_OK);
  assert_status(tn_begin(s->engine, TN_WRITE, NULL, &txn, &s->error),
                TN_OK); /* flushes the first, holding the writer's right */
  tn_abort(txn);
  for (int i = 0; i < 20 && c.count < 10; i++) assert_status(tn_tick(s->engine, &s->error), TN_OK);
  assert_status(c.submitted, TN_OK);
  assert_int_equal(c.count, 10);
  assert_int_equal(shop_number(s, "n"), 10);
}

static _Atomic int done_anywhere;
static void count_done(void *arg, tn_status status, const tn_result *result, const tn_error *error) {
  (void)arg, (void)result, (void)error;
  if (status == TN_OK) done_anywhere++;
}

static void the_service_thread_completes_what_was_submitted(void **state) {
  shop *s = *state;
  const tn_op *incr;
  done_anywhere = 0;
  shop_open(s, "\"sync_interval_ms\": 10");
  shop_close(s);
  char *flag = strstr(s->config, "\"service_thread\": false");
  memcpy(flag, "\"service_thread\": true ", 23);
  assert_status(tn_open(NULL, &s->options, &s->engine, &s->error), TN_OK);
  assert_status(tn_op_prepare(s->engine, "cart", "incr", &incr, &s->error), TN_OK);
  for (int i = 0; i < 50; i++)
    assert_status(
        tn_submit(s->engine, incr, tn_obj(&s->args, "key", "n"), TN_DONE_ANYWHERE, count_done, NULL, &s->error),
        TN_OK);
  for (int i = 0; i < 2000 && done_anywhere < 50; i++) usleep(1000);
  assert_int_equal(done_anywhere, 50);
  assert_int_equal(shop_number(s, "n"), 50);
}

/* ---- requests, stats, describe -------------------------------------------------------------- */

static tn_status request(shop *s, const char *json) {
  tn_builder b = TN_BUILDER_INIT;
  assert_status(tn_decode("json", (tn_slice){json, strlen(json)}, &b, NULL, &s->error), TN_OK);
  tn_status status = tn_request(s->engine, tn_built(&b), NULL, &s->result, &s->error);
  tn_builder_free(&b);
  return status;
}

static void a_request_can_be_a_value(void **state) {
  shop *s = *state;
  assert_status(request(s, "[\"cart\",\"put\",{\"key\":\"a\",\"value\":1}]"), TN_OK);
  assert_status(request(s, "[\"cart\",\"put\",[\"a\",1]]"), TN_OK);
  assert_status(request(s, "[\"cart\",\"count\"]"), TN_OK);
  assert_status(request(s, "{\"batch\":[[\"cart\",\"incr\",[\"n\"]],[\"cart\",\"get\",[\"n\"]]]}"), TN_OK);
  assert_int_equal(tn_count(s->result.value), 2);
  const char *nonsense[] = {"1",
                            "[]",
                            "[\"cart\"]",
                            "[1,2,3]",
                            "{}",
                            "{\"batch\":1}",
                            "{\"batch\":[1]}",
                            "{\"batch\":[],\"x\":1}",
                            "[\"cart\",\"get\",[\"a\"],4]",
                            "\"cart\""};
  for (size_t i = 0; i < sizeof nonsense / sizeof nonsense[0]; i++)
    assert_status(request(s, nonsense[i]), TN_INVALID);
}

static void describe_lists_plugins_and_ops(void **state) {
  shop *s = *state;
  assert_status(tn_describe(s->engine, &s->result, &s->error), TN_OK);
  tn_slice name;
  assert_status(tn_get_string(s->result.value, "models.cart.ops.0.params.0.name", &name), TN_OK);
  assert_status(tn_get_string(s->result.value, "models.cart.type", &name), TN_OK);
  assert_status(tn_describe(NULL, &s->result, &s->error), TN_OK);
  assert_true(tn_count(tn_field(s->result.value, "plugins")) >= 5);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, shop_setup, shop_teardown)
  const struct CMUnitTest tests[] = {
      TEST(a_command_answers_and_a_query_finds_it),
      TEST(a_result_is_the_callers_own),
      TEST(arguments_may_lie_in_the_result_that_is_passed_again),
      TEST(a_user_must_be_utf8),
      TEST(unknown_names_name_the_nearest),
      TEST(bad_arguments_change_nothing),
      TEST(a_failed_command_neither_takes_nor_skips_a_seq),
      TEST(a_command_that_changes_nothing_makes_no_record),
      TEST(rows_stream_until_the_caller_has_enough),
      TEST(the_record_says_who_and_when),
      TEST(a_batch_is_one_record_and_later_operations_use_earlier_results),
      TEST(a_failing_batch_changes_nothing_and_says_where),
      TEST(a_reference_must_point_to_an_earlier_answer),
      TEST(a_txn_sees_its_own_writes_and_others_do_not),
      TEST(a_failed_do_takes_back_only_itself),
      TEST(abort_then_command_then_snapshot_then_reopen_applies_the_command_once),
      TEST(a_read_txn_stays_at_its_version),
      TEST(nesting_on_one_thread_is_misuse),
      TEST(a_writer_behind_a_long_txn_hears_busy),
      TEST(a_txn_past_its_time_is_aborted),
      TEST(a_deadline_ends_a_long_query),
      TEST(interrupt_ends_what_is_running),
      TEST(an_interrupt_does_not_stick_to_a_txn),
      TEST(a_deadline_covers_the_wait_behind_a_txn),
      TEST(whatever_a_record_callback_answers_comes_back),
      TEST(submitted_commands_complete_in_order_and_share_one_sync),
      TEST(a_submitted_query_does_not_wait_for_a_write_txn),
      TEST(a_completion_may_submit_again),
      TEST(the_service_thread_completes_what_was_submitted),
      TEST(a_request_can_be_a_value),
      TEST(describe_lists_plugins_and_ops),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
