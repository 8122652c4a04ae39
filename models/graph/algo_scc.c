/* scc: which nodes lead to each other, by Tarjan without recursion; a component is named by its smallest node. */
#include "algo_groups.h"
#include "ops.h"

#define NO_GROUP UINT32_MAX

typedef struct scc {
  tni_graph_algo *algo;
  const tni_graph_lane *arcs;
  uint32_t *numbers; /* in the order in which nodes are first met, from 1; 0 = not yet */
  uint32_t *lowest;  /* the lowest number that is known to be reached */
  uint64_t *next;    /* the arc to go along next */
  uint32_t *calls;   /* nodes that are being gone through, each reached from the one before */
  uint32_t *open;    /* nodes that are in no component yet */
  uint32_t *groups;
  uint32_t call_count, open_count, number, steps;
} scc;

static void enter(scc *s, uint32_t node) {
  s->numbers[node] = s->lowest[node] = ++s->number;
  s->next[node] = s->arcs->start[node];
  s->calls[s->call_count++] = node;
  s->open[s->open_count++] = node;
}

static void lower(scc *s, uint32_t node, uint32_t to) {
  if (to < s->lowest[node]) s->lowest[node] = to;
}

/* What was opened since `node` is a component. */
static void close_component(scc *s, uint32_t node) {
  uint32_t from = s->open_count, smallest = node;
  do
    if (s->open[--from] < smallest) smallest = s->open[from];
  while (s->open[from] != node);
  for (uint32_t i = from; i < s->open_count; i++) s->groups[s->open[i]] = smallest;
  s->open_count = from;
}

static void leave(scc *s, uint32_t node) {
  if (s->lowest[node] == s->numbers[node]) close_component(s, node);
  if (--s->call_count > 0) lower(s, s->calls[s->call_count - 1], s->lowest[node]);
}

/* Goes on from the last node until another one is entered, or it is done. */
static void go_on(scc *s) {
  uint32_t node = s->calls[s->call_count - 1];
  while (s->next[node] < s->arcs->start[node + 1]) {
    uint32_t to = s->arcs->to[s->next[node]++];
    if (s->numbers[to] == 0) {
      enter(s, to);
      return;
    }
    if (s->groups[to] == NO_GROUP) lower(s, node, s->numbers[to]);
  }
  leave(s, node);
}

static tn_status search(scc *s) {
  for (uint32_t n = 0; n < s->algo->count; n++) {
    if (s->numbers[n] == 0) enter(s, n);
    while (s->call_count > 0) {
      TRY(tni_graph_algo_at(s->algo, s->steps++));
      s->algo->done = s->number;
      go_on(s);
    }
  }
  return TN_OK;
}

static tn_status find(tni_graph_algo *a, uint32_t **groups) {
  scc s = {.algo = a, .arcs = &a->ahead.lanes[0]};
  TRY(TNI_GRAPH_ARRAY(a, a->count, &s.numbers));
  TRY(TNI_GRAPH_ARRAY(a, a->count, &s.lowest));
  TRY(TNI_GRAPH_ARRAY(a, a->count, &s.next));
  TRY(TNI_GRAPH_ARRAY(a, a->count, &s.calls));
  TRY(TNI_GRAPH_ARRAY(a, a->count, &s.open));
  TRY(TNI_GRAPH_ARRAY(a, a->count, &s.groups));
  memset(s.groups, 0xff, a->count * sizeof *s.groups);
  TRY(search(&s));
  *groups = s.groups;
  return TN_OK;
}

enum { SCC_TYPES, SCC_GROUPS, SCC_MEMBERS, SCC_TAIL };

tn_status tni_graph_op_scc(tn_ctx *ctx, const tn_value *argv, tn_builder *result) {
  tni_graph_algo_spec spec = {.types = argv[SCC_TYPES], .otherwise = TNI_GRAPH_OUT, .tail = argv + SCC_TAIL};
  return tni_graph_algo_group(ctx, &spec, argv + SCC_GROUPS, find, NULL, result);
}
