/* faults.h - which call of a storage fails, and how. It knows calls and numbers; storing is somebody else's. */
#ifndef TENON_FAULTY_FAULTS_H
#define TENON_FAULTY_FAULTS_H

#include <stdatomic.h>

#include "tenon_plugin.h"

/* The calls that can fail. An append that also syncs is an append and then a sync. */
#define TNI_FAULT_CALLS(X) \
  X(open)                  \
  X(close)                 \
  X(append)                \
  X(sync)                  \
  X(read_open)             \
  X(read_next)             \
  X(trim)                  \
  X(snapshot_begin)        \
  X(snapshot_write)        \
  X(snapshot_commit)       \
  X(snapshot_list)         \
  X(snapshot_open)         \
  X(snapshot_read)         \
  X(snapshot_remove)       \
  X(follow)                \
  X(maintain)              \
  X(set_meta)

typedef enum tni_fault_call {
#define TNI_FAULT_CALL(name) TNI_FAULT_##name,
  TNI_FAULT_CALLS(TNI_FAULT_CALL)
#undef TNI_FAULT_CALL
      TNI_FAULT_ANY
} tni_fault_call;

typedef enum tni_fault_kind {
  TNI_FAIL_IO,    /* IO; nothing was done */
  TNI_FAIL_FULL,  /* FULL; nothing was done */
  TNI_FAIL_SHORT, /* IO; half of the records of an append, or of the bytes of a snapshot_write, were written */
  TNI_FAIL_FLIP   /* OK, but one bit of what read_next or snapshot_read hands out is not what it was */
} tni_fault_kind;

/*   "on"         the call: "append", "sync", ...; "any" (the default) = all
 *   "fail"       "io" (the default), "full", "short", "flip"
 *   "nth"        the call that fails, counted from 1 over those that "on" names, from open on; 0 = none
 *   "all_after"  true: and every one after it
 *   "rate"       the fraction of the calls that fail besides, 0 to 1, drawn from "seed" and the call's number
 *   "seed"       1
 *   "sync_ms"    each sync takes so much longer */
typedef struct tni_faults {
  tni_fault_call on;
  tni_fault_kind kind;
  uint64_t nth;
  bool all_after;
  double rate;
  uint64_t seed;
  uint32_t sync_ms;
  _Atomic uint64_t calls;  /* that could have failed so far */
  _Atomic uint64_t failed; /* that did */
} tni_faults;

/* Takes one key of the config. UNKNOWN: it is none of these; INVALID, with the key as where. */
tn_status tni_faults_take(tni_faults *f, const tn_host *host, tn_slice key, tn_value value,
                          tn_error *error) TN_MUST_USE;
/* After the last key: what does not go together is INVALID. */
tn_status tni_faults_check(const tni_faults *f, const tn_host *host, tn_error *error) TN_MUST_USE;

/* Counts a call; whether it shall fail. Any thread. */
bool tni_fault_due(tni_faults *f, tni_fault_call call);
/* The failure of a call that is due. */
tn_status tni_fault_fail(const tni_faults *f, const tn_host *host, tni_fault_call call, tn_error *error);
/* Which of `size` bits to flip. */
size_t tni_fault_bit(const tni_faults *f, size_t size);

#endif
