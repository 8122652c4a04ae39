/* txn.c - interactive transactions: a pinned version to read, or the one writer's next record. */
#include "try.h"
#include "work.h"

struct tn_txn {
  tn_engine *engine;
  tn_txn_mode mode;
  tn_call call;
  tni_pin pin;   /* TN_READ */
  tni_work work; /* TN_WRITE; its env serves TN_READ too */
  int64_t started_ms;
  bool over; /* aborted by txn_max_ms */
};

static tn_status begin_write(tn_engine *e, tn_txn *txn, tn_error *error) {
  TRY(tni_writer_take(e, e->config.write_wait_ms, error));
  tni_group_close(e);
  tn_status status = tni_work_begin(e, &txn->call, &txn->work, error);
  if (status != TN_OK) tni_writer_give(e);
  return status;
}

static tn_status begin_read(tn_engine *e, tn_txn *txn, tn_error *error) {
  if (tni_pin_take(e->state, &txn->pin) != TN_OK)
    return tn_error_set(error, TN_NOMEM, NULL, "no memory to pin a version");
  txn->work.env = tni_env_pinned(e, txn->pin.version);
  return TN_OK;
}

static tn_status take_place(tn_engine *e, tn_txn_mode mode, tn_error *error) {
  pthread_mutex_lock(&e->mu);
  tn_status status =
      mode == TN_READ ? tni_limit_check(&e->config.limits, TNI_READ_TXNS, e->open_reads + 1, error) : TN_OK;
  if (status == TN_OK) {
    e->open_txns++;
    e->open_reads += mode == TN_READ;
  }
  pthread_mutex_unlock(&e->mu);
  return status;
}

static void give_place(tn_engine *e, tn_txn_mode mode) {
  pthread_mutex_lock(&e->mu);
  e->open_txns--;
  e->open_reads -= mode == TN_READ;
  pthread_mutex_unlock(&e->mu);
}

static void txn_free(tn_txn *txn) {
  give_place(txn->engine, txn->mode);
  tni_free(&txn->engine->memory.memory, txn, sizeof *txn);
}

tn_status tn_begin(tn_engine *engine, tn_txn_mode mode, const tn_call *call, tn_txn **out, tn_error *error) {
  TRY(take_place(engine, mode, error));
  tn_txn *txn = (tn_txn *)tni_alloc_zero(&engine->memory.memory, sizeof *txn);
  if (!txn) return give_place(engine, mode), tn_error_set(error, TN_NOMEM, NULL, "no memory for a txn");
  txn->engine = engine;
  txn->mode = mode;
  txn->started_ms = tni_monotonic_ms();
  if (call) txn->call = *call;
  txn->call.timeout_ms = 0;
  tn_status status = mode == TN_WRITE ? begin_write(engine, txn, error) : begin_read(engine, txn, error);
  if (status == TN_OK)
    *out = txn;
  else
    txn_free(txn);
  return status;
}

/* Past txn_max_ms a write txn is taken back at its next call, and the writer's right passes on. */
static tn_status check_age(tn_txn *txn, tn_error *error) {
  tn_engine *e = txn->engine;
  if (txn->mode != TN_WRITE || e->config.txn_max_ms == 0) return TN_OK;
  if (!txn->over && tni_monotonic_ms() - txn->started_ms <= e->config.txn_max_ms) return TN_OK;
  if (!txn->over) {
    tni_work_drop(e, &txn->work);
    tni_writer_give(e);
    txn->over = true;
  }
  return tn_error_set(error, TN_LIMIT, "txn_max_ms", "the txn went on for more than %lld ms and was aborted",
                      (long long)e->config.txn_max_ms);
}

/* In a write txn a command has a savepoint of its own. */
static tn_status do_command(tn_txn *txn, const tn_op *op, const tn_value *argv, tn_builder *result, bool *changed,
                            tn_error *error) {
  tn_engine *e = txn->engine;
  tni_savepoint own;
  if (txn->mode != TN_WRITE)
    return tn_error_set(error, TN_MISUSE, op->def->name, "'%s' is a command; this is a read txn", op->def->name);
  if (tni_state_savepoint(e->state, &own) != TN_OK) return tn_error_set(error, TN_NOMEM, NULL, "out of memory");
  uint64_t ops = e->draft.op_count;
  tn_status status = tni_work_command(e, &txn->work, op, argv, result, error);
  *changed = e->draft.op_count != ops;
  if (status == TN_OK)
    tni_state_release(e->state, &own);
  else
    tni_state_rollback(e->state, &own);
  return status;
}

static tn_status do_into(tn_txn *txn, const char *model, const char *name, tn_value args, tn_builder *result,
                         const tn_op **op, uint64_t *seq, tn_error *error) {
  tn_engine *e = txn->engine;
  tn_value argv[TN_OP_PARAM_MAX];
  txn->work.env.interrupts_seen = atomic_load(&e->interrupts);
  TRY(check_age(txn, error));
  TRY(tn_op_prepare(e, model, name, op, error));
  TRY(tni_bind(*op, args, argv, error));
  *seq = txn->work.env.seq;
  if ((*op)->def->kind == TN_COMMAND) {
    bool changed = false;
    TRY(do_command(txn, *op, argv, result, &changed, error));
    if (!changed) *seq = 0;
    return TN_OK;
  }
  if (txn->mode != TN_WRITE) return tni_exec_op(&txn->work.env, *op, argv, tni_sink_of(&txn->call), result, error);
  *seq = e->applied_seq;
  return tni_work_query(e, &txn->work, *op, argv, tni_sink_of(&txn->call), result, error);
}

tn_status tn_do(tn_txn *txn, const char *model, const char *op, tn_value args, tn_result *result, tn_error *error) {
  tn_error own_error;
  tni_answering a;
  const tn_op *found = NULL;
  uint64_t seq = 0;
  tni_answer_begin(&a, result, result && tni_lies_in(args, &result->builder));
  tn_status status = do_into(txn, model, op, args, a.out, &found, &seq, &own_error);
  tni_answer_end(&a, status, seq);
  tni_hand_over(&own_error, status, error);
  return found ? tni_count_outcome(txn->engine, found->def->kind, status) : status;
}

tn_status tn_commit(tn_txn *txn, uint64_t *seq, tn_error *error) {
  tn_engine *e = txn->engine;
  tn_error own_error;
  uint64_t made = 0;
  error = error ? error : &own_error;
  tn_status status = check_age(txn, error);
  if (txn->mode == TN_READ) {
    tni_pin_drop(e->state, &txn->pin);
  } else if (!txn->over) {
    status = tni_work_end(e, &txn->work, &made, error);
    status = tni_work_answer(e, status, made, error);
  }
  txn_free(txn);
  if (status == TN_OK && seq) *seq = made;
  return status;
}

void tn_abort(tn_txn *txn) {
  if (!txn) return;
  tn_engine *e = txn->engine;
  if (txn->mode == TN_READ) {
    tni_pin_drop(e->state, &txn->pin);
  } else if (!txn->over) {
    tni_work_drop(e, &txn->work);
    tni_writer_give(e);
  }
  txn_free(txn);
}
