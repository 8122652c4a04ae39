/* walker.h - walks for those that can say where a node's edges lead and nothing more: in the application, with arrays
 * by node. */
#ifndef TENON_BENCH_WALKER_H
#define TENON_BENCH_WALKER_H

#include "net.h"

typedef struct bench_walker {
  const bench_net *net;
  void *self;
  uint32_t *room;
  uint32_t *queue;
  uint32_t *seen; /* the walk that was at a node last */
  uint32_t walk;  /* the one that is going on, from 1 */
  uint32_t count; /* in the queue */
} bench_walker;

/* NOMEM. */
tn_status bench_walker_init(bench_walker *walker, const bench_net *net, void *self, uint32_t nodes) TN_MUST_USE;
void bench_walker_fini(bench_walker *walker);

/* As the slots of net.h of the same names. */
tn_status bench_walker_one_hop(bench_walker *walker, uint32_t from, uint64_t *seen, tn_error *error);
tn_status bench_walker_two_hops(bench_walker *walker, uint32_t from, uint64_t *seen, tn_error *error);
tn_status bench_walker_reach(bench_walker *walker, uint32_t from, uint64_t *seen, tn_error *error);
tn_status bench_walker_shortest(bench_walker *walker, uint32_t from, uint32_t to, uint64_t *length, tn_error *error);

#endif
