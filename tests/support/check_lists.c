#include "check_lists.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "depgraph.h"

#define NONE SIZE_MAX
#define LIST_NO_ORDER (LIST_INTERNAL | LIST_INCOMPATIBLE | LIST_PHANTOM) /* the reads tell no order of versions */

/* Who appended an element. */
typedef struct writer {
  int list;
  int64_t element;
  size_t txn;
  bool last;     /* the txn's last to this list */
  bool observed; /* stands in the longest read */
} writer;

/* One list's versions: the longest that was read. */
typedef struct version_order {
  int list;
  const history_op *longest;
} version_order;

typedef struct checking {
  history_txn **txns;
  size_t count;
  bool *committed;
  writer *writers; /* by list and element */
  size_t writer_count;
  version_order *orders;
  size_t order_count;
  depgraph graph;
  list_report *report;
} checking;

static void *must(void *data) {
  if (!data) abort();
  return data;
}

static void *of_size(size_t count, size_t size) { return must(calloc(count + 1, size)); }

/* ---- anomalies ------------------------------------------------------------------------------ */

static const char *const anomaly_names[] = {
    "G1a",      "G1b", "internal",    "incompatible-order", "phantom",           "G0",         "G1c",
    "G-single", "G2",  "G0-realtime", "G1c-realtime",       "G-single-realtime", "G2-realtime"};

const char *list_anomaly_names(unsigned anomalies) {
  static char names[200];
  size_t used = 0;
  names[0] = '\0';
  for (size_t i = 0; i < sizeof anomaly_names / sizeof *anomaly_names; i++)
    if (anomalies & 1u << i)
      used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", used ? " " : "", anomaly_names[i]);
  return names;
}

static FILE *begin_text(checking *c, list_anomaly what) {
  c->report->anomalies |= what;
  if (c->report->text[0] != '\0') return NULL;
  FILE *text = must(fmemopen(c->report->text, sizeof c->report->text, "w"));
  fprintf(text, "%s: ", list_anomaly_names(what));
  return text;
}

static void note_read(checking *c, list_anomaly what, size_t reader, const history_op *op, size_t other) {
  FILE *text = begin_text(c, what);
  if (!text) return;
  fprintf(text, "a read of list %d\n", op->object);
  history_print(text, c->txns[reader]);
  if (other != NONE) history_print(text, c->txns[other]);
  fclose(text);
}

static void note_cycle(checking *c, list_anomaly what, const dep_cycle *cycle) {
  FILE *text = begin_text(c, what);
  if (!text) return;
  fprintf(text, "each of these comes before the next, and the last before the first\n");
  for (size_t i = 0; i < cycle->length && i < DEPGRAPH_CYCLE_MAX; i++) {
    const dep *d = &cycle->deps[i];
    history_print(text, c->txns[d->from]);
    if (d->kind == DEP_TIME)
      fprintf(text, "    then, by time\n");
    else
      fprintf(text, "    then, by list %d (%s)\n", d->object,
              d->kind == DEP_WW   ? "ww"
              : d->kind == DEP_WR ? "wr"
                                  : "rw");
  }
  fclose(text);
}

/* ---- who wrote what ------------------------------------------------------------------------- */

static int by_element(const void *a, const void *b) {
  const writer *x = a, *y = b;
  if (x->list != y->list) return x->list < y->list ? -1 : 1;
  return (x->element > y->element) - (x->element < y->element);
}

static writer *writer_of(const checking *c, int list, int64_t element) {
  writer key = {.list = list, .element = element};
  return c->writer_count ? bsearch(&key, c->writers, c->writer_count, sizeof key, by_element) : NULL;
}

static bool appends_later(const history_txn *t, size_t after, int list) {
  for (size_t i = after + 1; i < t->op_count; i++)
    if (t->ops[i].kind == HISTORY_APPEND && t->ops[i].object == list) return true;
  return false;
}

static void collect_writers(checking *c) {
  size_t most = 0;
  for (size_t i = 0; i < c->count; i++) most += c->txns[i]->op_count;
  c->writers = of_size(most, sizeof *c->writers);
  for (size_t i = 0; i < c->count; i++)
    for (size_t k = 0; k < c->txns[i]->op_count; k++) {
      const history_op *op = &c->txns[i]->ops[k];
      if (op->kind == HISTORY_APPEND)
        c->writers[c->writer_count++] =
            (writer){op->object, op->value, i, !appends_later(c->txns[i], k, op->object), false};
    }
  if (c->writer_count) qsort(c->writers, c->writer_count, sizeof *c->writers, by_element);
  c->report->appends = c->writer_count;
}

/* ---- what was read -------------------------------------------------------------------------- */

static bool begins_with(const history_op *whole, const history_op *start) {
  return start->list_size <= whole->list_size &&
         (start->list_size == 0 || memcmp(whole->list, start->list, start->list_size * sizeof *start->list) == 0);
}

static version_order *order_of(checking *c, int list) {
  for (size_t i = 0; i < c->order_count; i++)
    if (c->orders[i].list == list) return &c->orders[i];
  c->orders = must(realloc(c->orders, (c->order_count + 1) * sizeof *c->orders));
  c->orders[c->order_count] = (version_order){list, NULL};
  return &c->orders[c->order_count++];
}

static void take_read(checking *c, size_t reader, const history_op *op) {
  version_order *order = order_of(c, op->object);
  if (!order->longest || begins_with(op, order->longest))
    order->longest = op;
  else if (!begins_with(order->longest, op))
    note_read(c, LIST_INCOMPATIBLE, reader, op, NONE);
}

/* Elements must be somebody's, once, and of nobody who aborted. */
static void check_elements(checking *c, size_t reader, const history_op *op) {
  for (size_t i = 0; i < op->list_size; i++) {
    writer *w = writer_of(c, op->object, op->list[i]);
    if (!w) {
      note_read(c, LIST_PHANTOM, reader, op, NONE);
      return;
    }
    for (size_t k = 0; k < i; k++)
      if (op->list[k] == op->list[i]) note_read(c, LIST_PHANTOM, reader, op, NONE);
    if (c->txns[w->txn]->outcome == HISTORY_ABORTED) note_read(c, LIST_G1A, reader, op, w->txn);
    c->committed[w->txn] = true;
  }
}

/* How much of the list was there before the txn itself: all but its own appends so far, which must be at the end. */
static bool outside_part(const history_txn *t, size_t at, size_t *size) {
  const history_op *op = &t->ops[at];
  *size = op->list_size;
  for (size_t i = at; i-- > 0;) {
    if (t->ops[i].kind != HISTORY_APPEND || t->ops[i].object != op->object) continue;
    if (*size == 0 || op->list[*size - 1] != t->ops[i].value) return false;
    --*size;
  }
  return true;
}

/* The same list read again shows the same, and what the txn appended in between. */
static bool agrees_with_before(const history_txn *t, size_t at) {
  size_t added = 0;
  for (size_t i = at; i-- > 0;) {
    if (t->ops[i].object != t->ops[at].object) continue;
    if (t->ops[i].kind == HISTORY_APPEND) added++;
    if (t->ops[i].kind == HISTORY_READ_LIST)
      return begins_with(&t->ops[at], &t->ops[i]) && t->ops[at].list_size == t->ops[i].list_size + added;
  }
  return true;
}

static void check_read(checking *c, size_t reader, size_t at) {
  const history_txn *t = c->txns[reader];
  const history_op *op = &t->ops[at];
  size_t outside;
  c->report->reads++;
  if (!outside_part(t, at, &outside) || !agrees_with_before(t, at)) {
    note_read(c, LIST_INTERNAL, reader, op, NONE);
    return;
  }
  check_elements(c, reader, op);
  take_read(c, reader, op);
  const writer *w = outside > 0 ? writer_of(c, op->object, op->list[outside - 1]) : NULL;
  if (w && !w->last && w->txn != reader) note_read(c, LIST_G1B, reader, op, w->txn);
}

static void check_reads(checking *c) {
  for (size_t i = 0; i < c->count; i++) {
    if (c->txns[i]->outcome != HISTORY_OK) continue;
    c->committed[i] = true;
    for (size_t k = 0; k < c->txns[i]->op_count; k++)
      if (c->txns[i]->ops[k].kind == HISTORY_READ_LIST) check_read(c, i, k);
  }
}

/* ---- dependencies --------------------------------------------------------------------------- */

static void add_dep(checking *c, size_t from, size_t to, dep_kind kind, int list) {
  if (c->committed[from] && c->committed[to]) depgraph_add(&c->graph, from, to, kind, list);
}

/* What was appended and stands in no read comes after all that does. */
static void add_to_unobserved(checking *c, size_t from, dep_kind kind, int list) {
  for (size_t i = 0; i < c->writer_count; i++) {
    const writer *w = &c->writers[i];
    if (w->list == list && !w->observed) add_dep(c, from, w->txn, kind, list);
  }
}

static void add_version_deps(checking *c, const version_order *order) {
  const history_op *longest = order->longest;
  const writer *before = NULL;
  for (size_t i = 0; i < longest->list_size; i++) {
    writer *w = writer_of(c, order->list, longest->list[i]);
    if (!w) return;
    w->observed = true;
    if (before) add_dep(c, before->txn, w->txn, DEP_WW, order->list);
    before = w;
  }
  if (before) add_to_unobserved(c, before->txn, DEP_WW, order->list);
}

static void add_read_deps(checking *c, size_t reader, size_t at) {
  const history_op *op = &c->txns[reader]->ops[at];
  const history_op *longest = order_of(c, op->object)->longest;
  size_t outside;
  if (!outside_part(c->txns[reader], at, &outside)) return;
  const writer *w = outside > 0 ? writer_of(c, op->object, op->list[outside - 1]) : NULL;
  if (w) add_dep(c, w->txn, reader, DEP_WR, op->object);
  if (outside >= longest->list_size) {
    add_to_unobserved(c, reader, DEP_RW, op->object);
    return;
  }
  w = writer_of(c, op->object, longest->list[outside]);
  if (w) add_dep(c, reader, w->txn, DEP_RW, op->object);
}

static void add_data_deps(checking *c) {
  for (size_t i = 0; i < c->order_count; i++)
    if (c->orders[i].longest) add_version_deps(c, &c->orders[i]);
  for (size_t i = 0; i < c->count; i++)
    for (size_t k = 0; c->txns[i]->outcome == HISTORY_OK && k < c->txns[i]->op_count; k++)
      if (c->txns[i]->ops[k].kind == HISTORY_READ_LIST) add_read_deps(c, i, k);
}

/* From the latest ended txns to each that began after them; what ended before one of those began is implied. */
static void add_time_deps(checking *c) {
  for (size_t i = 0; i < c->count; i++) {
    uint64_t horizon = 0; /* the latest beginning of what had ended before txn i began */
    for (size_t k = i; k-- > 0;)
      if (c->committed[k] && c->txns[k]->ended < c->txns[i]->began && c->txns[k]->began > horizon)
        horizon = c->txns[k]->began;
    for (size_t k = i; k-- > 0;)
      if (c->txns[k]->ended < c->txns[i]->began && c->txns[k]->ended > horizon) add_dep(c, k, i, DEP_TIME, 0);
  }
}

static void add_client_deps(checking *c) {
  size_t last[HISTORY_CLIENTS_MAX];
  for (int i = 0; i < HISTORY_CLIENTS_MAX; i++) last[i] = NONE;
  for (size_t i = 0; i < c->count; i++) {
    if (!c->txns[i]->in_order || !c->committed[i]) continue;
    size_t *before = &last[c->txns[i]->client];
    if (*before != NONE) add_dep(c, *before, i, DEP_TIME, 0);
    *before = i;
  }
}

/* ---- cycles --------------------------------------------------------------------------------- */

static bool find(checking *c, list_anomaly what, dep_kind first, unsigned rest) {
  dep_cycle cycle;
  if (!depgraph_cycle(&c->graph, first, rest, &cycle)) return false;
  note_cycle(c, what, &cycle);
  return true;
}

/* A kind of cycle is looked for with the order of time only where there is none without it. */
static void check_cycles(checking *c) {
  const unsigned writes = DEP_WW, flow = DEP_WW | DEP_WR, all = DEP_WW | DEP_WR | DEP_RW;
  bool g0 = find(c, LIST_G0, DEP_WW, writes);
  bool g1c = find(c, LIST_G1C, DEP_WR, flow);
  bool single = find(c, LIST_G_SINGLE, DEP_RW, flow);
  bool g2 = !single && find(c, LIST_G2, DEP_RW, all);
  if (g0 || g1c || single || g2) return;
  (void)find(c, LIST_G0_TIME, DEP_WW, writes | DEP_TIME);
  (void)find(c, LIST_G1C_TIME, DEP_WR, flow | DEP_TIME);
  if (!find(c, LIST_G_SINGLE_TIME, DEP_RW, flow | DEP_TIME)) (void)find(c, LIST_G2_TIME, DEP_RW, all | DEP_TIME);
}

static void check_order(checking *c) {
  add_data_deps(c);
  add_time_deps(c);
  add_client_deps(c);
  check_cycles(c);
}

void check_lists(const history *h, list_report *out) {
  checking c = {.report = out};
  *out = (list_report){0};
  c.txns = history_txns(h, &c.count);
  c.committed = of_size(c.count, sizeof *c.committed);
  depgraph_init(&c.graph, c.count);
  collect_writers(&c);
  check_reads(&c);
  if (!(out->anomalies & LIST_NO_ORDER)) check_order(&c);
  out->txns = c.count;
  out->deps = c.graph.count;
  depgraph_fini(&c.graph);
  free(c.txns);
  free(c.committed);
  free(c.writers);
  free(c.orders);
}
