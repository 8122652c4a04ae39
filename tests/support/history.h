/* history.h - what clients of a database did and were told, by any number of them at once: transactions of reads and
 * writes, each with when it began and when its answer came. It judges nothing; check_lists.h and check_registers.h
 * do.
 *
 * A list grows by appends, each of an element that no other append to it has, and is read as a whole. A register
 * holds one number, 0 at first. An object is the one or the other, for good. */
#ifndef TENON_TESTS_HISTORY_H
#define TENON_TESTS_HISTORY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define HISTORY_CLIENTS_MAX 64

typedef enum history_kind {
  HISTORY_APPEND,    /* `value` to a list */
  HISTORY_READ_LIST, /* the list was `list` */
  HISTORY_WRITE,     /* `value` to a register */
  HISTORY_READ,      /* the register was `found` */
  HISTORY_SWAP,      /* `value` to a register that was `found` */
  HISTORY_CAS,       /* `value` to a register that was `expected` */
  HISTORY_CAS_FAILED /* the register was not `expected` */
} history_kind;

typedef struct history_op {
  history_kind kind;
  int object;
  int64_t value, expected, found;
  int64_t *list;
  size_t list_size;
} history_op;

typedef enum history_outcome {
  HISTORY_UNKNOWN, /* it may have taken effect, then or later: also what never ended */
  HISTORY_OK,
  HISTORY_ABORTED /* it must have had no effect */
} history_outcome;

/* Times are moments of one clock that all clients share: what ended at an earlier moment than another began came
 * before it. What a client recorded as in order took effect in the order in which it began it. */
typedef struct history_txn {
  int client;
  uint64_t began, ended; /* UINT64_MAX: it never did */
  history_outcome outcome;
  bool in_order;
  history_op *ops;
  size_t op_count, op_capacity;
  struct history_txn *next; /* of the client */
} history_txn;

typedef struct history {
  _Atomic uint64_t clock;
  history_txn *first[HISTORY_CLIENTS_MAX];
  history_txn *last[HISTORY_CLIENTS_MAX];
} history;

void history_init(history *h);
void history_fini(history *h);

/* A client's calls come from one thread at a time; other clients may be at work meanwhile. A txn stays where it is.
 */
history_txn *history_begin(history *h, int client);
void history_end(history *h, history_txn *t, history_outcome outcome);

/* Each adds an operation to a txn that has not ended; those that found something, once it is known. */
void history_append(history_txn *t, int list, int64_t element);
void history_read_list(history_txn *t, int list, const int64_t *elements, size_t count);
void history_write(history_txn *t, int reg, int64_t value);
void history_read(history_txn *t, int reg, int64_t found);
void history_swap(history_txn *t, int reg, int64_t value, int64_t found);
void history_cas(history_txn *t, int reg, int64_t expected, int64_t value, bool done);

/* All txns in the order in which they began; freed with free(). Nobody may be at work. */
history_txn **history_txns(const history *h, size_t *count);
/* One line: "client 3 [12, 17] ok: append 5 to 1, read 2 = 1 2". */
void history_print(FILE *out, const history_txn *t);

#endif
