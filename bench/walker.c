#include "walker.h"

#include <stdlib.h>

#include "try.h"

tn_status bench_walker_init(bench_walker *w, const bench_net *net, void *self, uint32_t nodes) {
  size_t size = (size_t)nodes * sizeof *w->room;
  *w = (bench_walker){.net = net, .self = self, .room = malloc(size), .queue = malloc(size), .seen = calloc(1, size)};
  return w->room && w->queue && w->seen ? TN_OK : TN_NOMEM;
}

void bench_walker_fini(bench_walker *w) {
  free(w->room);
  free(w->queue);
  free(w->seen);
}

static void begin(bench_walker *w, uint32_t from) {
  w->walk++;
  w->seen[from] = w->walk;
  w->queue[0] = from;
  w->count = 1;
}

/* Puts the nodes that edges of one lead to into the queue, unless the walk was there. */
static tn_status go_on_from(bench_walker *w, uint32_t node, tn_error *error) {
  const uint32_t *nodes;
  uint64_t count;
  TRY(w->net->out(w->self, node, w->room, &nodes, &count, error));
  for (uint64_t i = 0; i < count; i++) {
    uint32_t to = nodes[i];
    if (w->seen[to] == w->walk) continue;
    w->seen[to] = w->walk;
    w->queue[w->count++] = to;
  }
  return TN_OK;
}

tn_status bench_walker_one_hop(bench_walker *w, uint32_t from, uint64_t *seen, tn_error *error) {
  const uint32_t *nodes;
  uint64_t sum = 0;
  TRY(w->net->out(w->self, from, w->room, &nodes, seen, error));
  for (uint64_t i = 0; i < *seen; i++) sum += nodes[i];
  bench_sink += sum;
  return TN_OK;
}

tn_status bench_walker_two_hops(bench_walker *w, uint32_t from, uint64_t *seen, tn_error *error) {
  begin(w, from);
  TRY(go_on_from(w, from, error));
  for (uint32_t at = 1, near = w->count; at < near; at++) TRY(go_on_from(w, w->queue[at], error));
  *seen = w->count - 1;
  return TN_OK;
}

tn_status bench_walker_reach(bench_walker *w, uint32_t from, uint64_t *seen, tn_error *error) {
  begin(w, from);
  for (uint32_t at = 0; at < w->count; at++) TRY(go_on_from(w, w->queue[at], error));
  *seen = w->count;
  return TN_OK;
}

/* Level by level, from one end. */
tn_status bench_walker_shortest(bench_walker *w, uint32_t from, uint32_t to, uint64_t *length, tn_error *error) {
  *length = 0;
  begin(w, from);
  for (uint32_t at = 0, level = 1; at < w->count && w->seen[to] != w->walk; level++) {
    for (uint32_t end = w->count; at < end && w->seen[to] != w->walk; at++) TRY(go_on_from(w, w->queue[at], error));
    *length = w->seen[to] == w->walk ? level : 0;
  }
  return TN_OK;
}
