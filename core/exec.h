/* exec.h - runs one op's handler: gives it its context, its maps and its limits. It decides nothing about locks,
 * journals or when a change is taken back; whoever calls it does. */
#ifndef TENON_EXEC_H
#define TENON_EXEC_H

#include <stdatomic.h>

#include "catalog.h"
#include "limit.h"
#include "map.h"

/* What the host offers to every plugin. */
extern const tn_host tni_host;

/* What an op that is TN_OP_KEYED looks up first. */
typedef struct tni_first {
  tn_slice key;                /* of its first argument; NULL = nobody has made it yet */
  const struct tni_node *leaf; /* where that may be, in a pinned version; NULL = nobody has looked yet */
} tni_first;

/* What all handlers of one txn share. */
typedef struct tni_env {
  const tni_catalog *catalog;
  const tn_memory *memory;
  tni_state *state;
  const tni_root *roots; /* a pinned version's, or the working state's */
  bool writable;
  bool replaying;           /* permissions are not enforced: what was once allowed is done again */
  const tni_limits *limits; /* NULL = none are enforced */
  uint64_t seq;
  int64_t now_us;
  int64_t deadline_ms;           /* on the monotonic clock; 0 = none */
  const atomic_uint *interrupts; /* counts tn_interrupt calls; NULL = cannot be interrupted */
  unsigned interrupts_seen;
  void (*on_progress)(void *arg, const char *what, uint64_t done, uint64_t total); /* NULL = nobody asks */
  void *progress_arg;
  uint64_t seed;         /* of tn_random(), the record's */
  uint64_t op_number;    /* the op's place in the record: each has a sequence of its own */
  uint64_t random_drawn; /* how many numbers this op took */
  tni_first first;       /* of this op */
  tn_builder *changes;   /* an open array that collects [map, key, value|null]; NULL = not recorded */
  tn_builder *events;    /* an open array that collects [model, event, data]; NULL = dropped */
} tni_env;

/* Where the rows of a streamed query go; `take` NULL collects them in the result. */
typedef struct tni_sink {
  tn_status (*take)(void *arg, tn_value row);
  void *arg;
} tni_sink;

/* Sends for the entry that op, a query, will look up first, so that it comes from memory while the call is made
 * ready; goes into the env of that call. `room` has TN_KEY_SIZE_MAX bytes and lives as long as the env. */
tni_first tni_exec_send_for(const tni_state *state, const tni_root *roots, const tn_op *op, const tn_value *argv,
                            uint8_t *room);

/* Runs op with bound arguments. On TN_OK `result` holds a finished value. On failure `error` (never NULL) is filled;
 * what a command did to the maps is still there. */
tn_status tni_exec_op(tni_env *env, const tn_op *op, const tn_value *argv, tni_sink sink, tn_builder *result,
                      tn_error *error) TN_MUST_USE;

/* The slots of a model that are no op. `call` gets the context; `writable` as the env's. */
typedef tn_status (*tni_slot_fn)(tn_ctx *ctx, void *arg);
tn_status tni_exec_slot(tni_env *env, tni_instance *instance, tni_slot_fn call, void *arg, tni_sink sink,
                        tn_error *error) TN_MUST_USE;

/* Milliseconds on the monotonic clock. */
int64_t tni_monotonic_ms(void);

#endif
