/* net.h - what the bench asks of anything that keeps a graph, and the measures that work with all of them; store.h is
 * the same for entries. */
#ifndef TENON_BENCH_NET_H
#define TENON_BENCH_NET_H

#include "bench.h"
#include "links.h"

typedef enum bench_algorithm {
  BENCH_PAGERANK, /* BENCH_ROUNDS rounds */
  BENCH_WCC,
  BENCH_CDLP, /* BENCH_ROUNDS rounds */
  BENCH_LCC,
  BENCH_SSSP /* from links->begin, with the weights of links */
} bench_algorithm;
#define BENCH_ROUNDS 10

typedef struct bench_net {
  uint32_t directions; /* in which each edge is stored: 1, or 2 where it is found from both ends */

  /* Opened with the nodes there are, and no edges; `links` lives as long. There may be several. */
  tn_status (*open)(const bench_setup *setup, const bench_links *links, void **net, tn_error *error);
  void (*close)(void *net);
  /* All links, 1000 a transaction. With weights as a property, UNSUPPORTED where there is no sssp. */
  tn_status (*load)(void *net, bool weighted, tn_error *error);
  /* What its edges take; UNSUPPORTED. Optional. */
  tn_status (*bytes)(void *net, uint64_t *bytes, tn_error *error);

  /* The nodes that edges of one lead to: in `room`, which holds as many as there are nodes, or elsewhere until the
   * next call. Those after it are walked with this where they are missing. */
  tn_status (*out)(void *net, uint32_t node, uint32_t *room, const uint32_t **nodes, uint64_t *count,
                   tn_error *error);

  /* All optional. How many edges go out from `count` nodes, from `first` on; each node they lead to is looked at. */
  tn_status (*neighbors)(void *net, uint32_t first, uint32_t count, uint64_t *seen, tn_error *error);
  /* How many nodes are reached by one or two edges, without the first one. */
  tn_status (*one_hop)(void *net, uint32_t from, uint64_t *seen, tn_error *error);
  tn_status (*two_hops)(void *net, uint32_t from, uint64_t *seen, tn_error *error);
  /* How many nodes are reached at all, the first one among them. */
  tn_status (*reach)(void *net, uint32_t from, uint64_t *seen, tn_error *error);
  /* How many edges the shortest path has; 0 = there is none. */
  tn_status (*shortest)(void *net, uint32_t from, uint32_t to, uint64_t *length, tn_error *error);

  /* Optional, without them it takes no part. The same as reach(), in the form that algorithms use. */
  tn_status (*reach_compact)(void *net, uint32_t from, uint64_t *seen, tn_error *error);
  tn_status (*run)(void *net, bench_algorithm algorithm, tn_error *error);
} bench_net;

/* bench_system.open and .close of a system with a net: opened, and filled. */
tn_status bench_net_open(const bench_net *net, const bench_setup *setup, void **self, tn_error *error);
void bench_net_close(void *self);
extern const bench_measure bench_net_measures[];

#endif
