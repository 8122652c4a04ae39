/* check_state.h - what must hold of files that a stopped engine left: it opens with what was promised, no batch is
 * half there, and it goes on. A check that says false has left what was wrong in check_failure(). */
#ifndef TENON_TESTS_CHECK_STATE_H
#define TENON_TESTS_CHECK_STATE_H

#include "crash/lab.h"

/* All of it, of a state after the first `op` operations of the lab's recording. What takes long is done where
 * `number` says so: every fourth state is read before, killed again, or written to. `state` is used up. */
bool check_state(const lab *l, size_t op, const recorded_io *state, size_t number);

/* The parts. Opens, and says what is there. */
bool check_opens(const lab *l, const recorded_io *io, tn_engine **out, lab_found *found);
/* Everything promised by then, nothing that was not handed in by then, and nothing in halves. */
bool check_is_right(const lab *l, size_t op, const lab_found *found);
/* An open engine that ends with record `seq` takes a new command, which is still there after a close, or a kill. */
bool check_goes_on(const lab *l, const recorded_io *io, tn_engine *engine, uint64_t seq, bool kill);
/* The same record and digest. */
bool check_same(const lab_found *a, const lab_found *b);

const char *check_failure(void);

#endif
