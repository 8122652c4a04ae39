#include "history.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A test that has no memory ends. */
static void *must(void *data) {
  if (!data) abort();
  return data;
}

void history_init(history *h) { memset(h, 0, sizeof *h); }

static void free_txn(history_txn *t) {
  for (size_t i = 0; i < t->op_count; i++) free(t->ops[i].list);
  free(t->ops);
  free(t);
}

void history_fini(history *h) {
  for (int i = 0; i < HISTORY_CLIENTS_MAX; i++)
    for (history_txn *t = h->first[i], *next; t; t = next) {
      next = t->next;
      free_txn(t);
    }
  history_init(h);
}

/* ---- recording ------------------------------------------------------------------------------ */

static uint64_t now(history *h) { return atomic_fetch_add(&h->clock, 1); }

history_txn *history_begin(history *h, int client) {
  history_txn *t = must(calloc(1, sizeof *t));
  t->client = client;
  t->ended = UINT64_MAX;
  if (h->last[client])
    h->last[client]->next = t;
  else
    h->first[client] = t;
  h->last[client] = t;
  t->began = now(h);
  return t;
}

void history_end(history *h, history_txn *t, history_outcome outcome) {
  t->outcome = outcome;
  t->ended = outcome == HISTORY_UNKNOWN ? UINT64_MAX : now(h);
}

static history_op *add(history_txn *t, history_kind kind, int object) {
  if (t->op_count == t->op_capacity) {
    t->op_capacity = t->op_capacity ? t->op_capacity * 2 : 4;
    t->ops = must(realloc(t->ops, t->op_capacity * sizeof *t->ops));
  }
  history_op *op = &t->ops[t->op_count++];
  *op = (history_op){.kind = kind, .object = object};
  return op;
}

void history_append(history_txn *t, int list, int64_t element) { add(t, HISTORY_APPEND, list)->value = element; }

void history_read_list(history_txn *t, int list, const int64_t *elements, size_t count) {
  history_op *op = add(t, HISTORY_READ_LIST, list);
  op->list = must(malloc((count + 1) * sizeof *elements));
  if (count > 0) memcpy(op->list, elements, count * sizeof *elements);
  op->list_size = count;
}

void history_write(history_txn *t, int reg, int64_t value) { add(t, HISTORY_WRITE, reg)->value = value; }
void history_read(history_txn *t, int reg, int64_t found) { add(t, HISTORY_READ, reg)->found = found; }

void history_swap(history_txn *t, int reg, int64_t value, int64_t found) {
  history_op *op = add(t, HISTORY_SWAP, reg);
  op->value = value;
  op->found = found;
}

void history_cas(history_txn *t, int reg, int64_t expected, int64_t value, bool done) {
  history_op *op = add(t, done ? HISTORY_CAS : HISTORY_CAS_FAILED, reg);
  op->expected = expected;
  op->value = value;
}

/* ---- looking -------------------------------------------------------------------------------- */

static int by_beginning(const void *a, const void *b) {
  uint64_t x = (*(history_txn *const *)a)->began, y = (*(history_txn *const *)b)->began;
  return (x > y) - (x < y);
}

history_txn **history_txns(const history *h, size_t *count) {
  size_t n = 0;
  for (int i = 0; i < HISTORY_CLIENTS_MAX; i++)
    for (const history_txn *t = h->first[i]; t; t = t->next) n++;
  history_txn **all = must(malloc((n + 1) * sizeof *all));
  *count = 0;
  for (int i = 0; i < HISTORY_CLIENTS_MAX; i++)
    for (history_txn *t = h->first[i]; t; t = t->next) all[(*count)++] = t;
  qsort(all, n, sizeof *all, by_beginning);
  return all;
}

static void print_op(FILE *out, const history_op *op) {
  switch (op->kind) {
    case HISTORY_APPEND: fprintf(out, "append %" PRId64 " to %d", op->value, op->object); break;
    case HISTORY_WRITE: fprintf(out, "write %d := %" PRId64, op->object, op->value); break;
    case HISTORY_READ: fprintf(out, "read %d = %" PRId64, op->object, op->found); break;
    case HISTORY_SWAP: fprintf(out, "swap %d := %" PRId64 ", was %" PRId64, op->object, op->value, op->found); break;
    case HISTORY_CAS:
    case HISTORY_CAS_FAILED:
      fprintf(out, "cas %d %" PRId64 " -> %" PRId64 "%s", op->object, op->expected, op->value,
              op->kind == HISTORY_CAS ? "" : " refused");
      break;
    case HISTORY_READ_LIST:
      fprintf(out, "read %d =", op->object);
      for (size_t i = 0; i < op->list_size; i++) fprintf(out, " %" PRId64, op->list[i]);
  }
}

void history_print(FILE *out, const history_txn *t) {
  static const char *const outcomes[] = {"unknown", "ok", "aborted"};
  fprintf(out, "client %d [%" PRIu64 ", ", t->client, t->began);
  if (t->ended == UINT64_MAX)
    fprintf(out, "-");
  else
    fprintf(out, "%" PRIu64, t->ended);
  fprintf(out, "] %s:", outcomes[t->outcome]);
  for (size_t i = 0; i < t->op_count; i++) {
    fprintf(out, "%s", i == 0 ? " " : ", ");
    print_op(out, &t->ops[i]);
  }
  fprintf(out, "\n");
}
