/* frame.h - one call of a handler: what the host knows while it runs, for exec.c, which runs handlers, and the host's
 * answers to them (host.c, host_maps.c). The handler's context comes first, so that a tn_ctx is a frame. */
#ifndef TENON_FRAME_H
#define TENON_FRAME_H

#include <stdarg.h>

#include "arena.h"
#include "exec.h"

#define TNI_STEPS_BETWEEN_CHECKS 64

typedef struct tni_frame {
  tn_ctx ctx;
  tni_env *env;
  tni_instance *instance;
  const tn_op *op; /* NULL for a slot */
  tni_sink sink;
  tn_builder *result;
  bool writable;
  bool explained; /* the error has been filled */
  bool changed;   /* a map was edited */
  unsigned depth; /* queries that query */
  unsigned steps;
  uint64_t budget_ms; /* of tn_budget(); 0 = none */
  int64_t budget_end;
  const char *budget_where;
  unsigned progresses; /* calls of tn_progress() */
  tni_first first;
  tn_value first_arg; /* what its key was made of */
  struct tni_owned_builder *builders;
  tn_memory builder_memory;
  tni_arena arena; /* freed when the handler returns */
} tni_frame;

static inline tni_frame *tni_frame_of(tn_ctx *ctx) { return (tni_frame *)(void *)ctx; }

void tni_frame_init(tni_frame *f, tni_env *env, tni_instance *instance, const tn_op *op, tni_sink sink,
                    tn_error *error);
void tni_frame_fini(tni_frame *f);

/* Runs its op's handler (exec.c). On TN_OK `result` holds a finished value, else the frame's error is filled. */
tn_status tni_frame_run(tni_frame *f, const tn_value *argv, tn_builder *result) TN_MUST_USE;

/* ---- failing: these fill the frame's error, and answer its status --------------------------- */

tn_status tni_frame_explain(tni_frame *f, tn_status status, const char *where, const char *format, ...)
    TN_PRINTF(4, 5);
tn_status tni_frame_explain_v(tni_frame *f, tn_status status, const char *where, const char *format, va_list args);
tn_status tni_frame_no_memory(tni_frame *f);

/* MISUSE in a query. */
tn_status tni_frame_may_write(tni_frame *f) TN_MUST_USE;
tn_status tni_frame_within(tni_frame *f, tni_limit limit, uint64_t size) TN_MUST_USE;
/* INTERRUPTED, or LIMIT once the call has run out of its time. */
tn_status tni_frame_check_call(tni_frame *f) TN_MUST_USE;
/* What a step asks when it is not over at once: the budget, and where `due` the call. */
tn_status tni_frame_check(tni_frame *f, bool due) TN_MUST_USE;

/* Every call of a handler that may be one of many begins with it. */
static inline TN_MUST_USE tn_status tni_frame_step(tni_frame *f) {
  bool due = ++f->steps % TNI_STEPS_BETWEEN_CHECKS == 0;
  return f->budget_ms == 0 && !due ? TN_OK : tni_frame_check(f, due);
}

/* ---- memory and budget ---------------------------------------------------------------------- */

/* Lives as long as the frame; NULL when there is no memory. */
tn_builder *tni_frame_builder(tni_frame *f);
/* As tn_budget(). At replay nothing is ever late. */
void tni_frame_budget(tni_frame *f, uint64_t ms, const char *where);

#endif
