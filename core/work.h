/* work.h - what running an operation is made of, for run.c, txn.c and submit.c: where its answer goes, the record
 * that its commands make, and when it may be answered. */
#ifndef TENON_WORK_H
#define TENON_WORK_H

#include "engine.h"

/* ---- a call's options ----------------------------------------------------------------------- */

/* What of them concerns the handlers. `call` may be NULL. */
void tni_call_apply(const tn_call *call, tni_env *env);
tni_sink tni_sink_of(const tn_call *call);
/* Waits for the writer's right as long as the config says and the call's own time allows. */
tn_status tni_call_writer(tn_engine *e, const tn_call *call, tn_error *error) TN_MUST_USE;

/* ---- a call's answer ------------------------------------------------------------------------ */

/* Where an operation's answer is built: the caller's builder; or one of its own where he wants none, or where his
 * arguments lie in the result he passes again. */
typedef struct tni_answering {
  tn_result *result;
  tn_builder own;
  tn_builder *out;
} tni_answering;

bool tni_lies_in(tn_value value, const tn_builder *b);
void tni_answer_begin(tni_answering *a, tn_result *result, bool aliased);
void tni_answer_end(tni_answering *a, tn_status status, uint64_t seq);
/* A call fills its caller's error only when it fails; what handlers tried on the way stays out of it. */
tn_status tni_hand_over(const tn_error *own, tn_status status, tn_error *error);
tn_status tni_count_outcome(tn_engine *e, tn_op_kind kind, tn_status status);

/* ---- a record in the making: from begin to end or drop the caller holds the writer's right ---- */

typedef struct tni_work {
  tni_env env;
  tni_savepoint before;
  tn_slice user;
  bool draws; /* a command took random numbers: the record needs its seed */
} tni_work;

tn_status tni_work_begin(tn_engine *e, const tn_call *call, tni_work *w, tn_error *error) TN_MUST_USE;
/* Runs one command on the working state. What a failing one did is still there. */
tn_status tni_work_command(tn_engine *e, tni_work *w, const tn_op *op, const tn_value *argv, tn_builder *result,
                           tn_error *error) TN_MUST_USE;
tn_status tni_work_query(tn_engine *e, tni_work *w, const tn_op *op, const tn_value *argv, tni_sink sink,
                         tn_builder *result, tn_error *error) TN_MUST_USE;
/* Turns what the commands did into a record of the group being built; *seq is 0 when they changed nothing. On failure
 * all of it is taken back. */
tn_status tni_work_end(tn_engine *e, tni_work *w, uint64_t *seq, tn_error *error) TN_MUST_USE;
void tni_work_drop(tn_engine *e, tni_work *w);
/* Gives the writer's right back and waits until what was done, or only read, may be answered. */
tn_status tni_work_answer(tn_engine *e, tn_status status, uint64_t seq, tn_error *error) TN_MUST_USE;

/* ---- one operation -------------------------------------------------------------------------- */

/* One command as a record of its own. The writer's right is held. */
tn_status tni_command_once(tn_engine *e, const tn_op *op, const tn_value *argv, const tn_call *call,
                           tn_builder *result, uint64_t *seq, tn_error *error) TN_MUST_USE;
/* One query on the newest acknowledged version. */
tn_status tni_query_once(tn_engine *e, const tn_op *op, const tn_value *argv, const tn_call *call, tn_builder *result,
                         uint64_t *seq, tn_error *error) TN_MUST_USE;

#endif
