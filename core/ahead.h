/* ahead.h - the journal's records, read, checked and taken apart ahead of who replays them: by a thread of its own
 * where the engine has threads and there are many records, else by who asks for them. It applies nothing. */
#ifndef TENON_AHEAD_H
#define TENON_AHEAD_H

#include "catalog.h"
#include "map.h"
#include "record.h"
#include "tenon.h"

typedef struct tni_ahead tni_ahead;

/* A command that has been found, and its arguments bound. */
typedef struct tni_ready {
  size_t record; /* of the batch ... */
  size_t number; /* ... and the op's in that */
  const tn_op *op;
  const tn_value *argv;
  uint32_t map;       /* where an op that is TN_OP_KEYED will look first, ... */
  size_t start, size; /* ... and the key, in `keys`; size 0: unknown */
} tni_ready;

/* Some records in order. They live until the next batch is asked for. */
typedef struct tni_batch {
  tni_record *records;
  size_t count;
  tni_ready *ready; /* in the records' order; not every op is among them */
  size_t ready_count;
  tn_buffer keys;
} tni_batch;

/* Reads the records from `from` up to `to`, which the journal should hold; no more than that. */
tn_status tni_ahead_open(tn_engine *e, uint64_t from, uint64_t to, tni_ahead **out, tn_error *error) TN_MUST_USE;
/* At least one record more. NOT_FOUND after the last; CORRUPT and whatever reading says, once all before it was
 * handed out. `room` is memory that whoever replays will write to next (empty = unknown): a thread that has time
 * faults it in. */
tn_status tni_ahead_next(tni_ahead *ahead, tn_slice room, const tni_batch **out, tn_error *error) TN_MUST_USE;
void tni_ahead_close(tni_ahead *ahead);

#endif
