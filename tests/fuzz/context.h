/* context.h - a tn_ctx without an engine, for driving what models are made of: scratch memory, builders, errors,
 * hints and steps; maps, rows and the rest are not there. */
#ifndef TENON_FUZZ_CONTEXT_H
#define TENON_FUZZ_CONTEXT_H

#include "arena.h"
#include "fuzz.h"
#include "tenon_plugin.h"

typedef struct fuzz_context {
  tn_ctx ctx; /* first: what a host function is handed is the whole */
  tn_error error;
  tni_arena arena;
  uint64_t steps_left;
  uint64_t random;
} fuzz_context;

/* In place; must not move afterwards. After `steps` calls of tn_step() the time is up. */
void fuzz_context_begin(fuzz_context *c, uint64_t steps);
void fuzz_context_end(fuzz_context *c);
/* tn_random() begins again. */
void fuzz_context_reseed(tn_ctx *ctx);

#endif
