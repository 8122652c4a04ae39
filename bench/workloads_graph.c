/* The workloads about graphs: loading, going from node to node, and going over all of it. */
#include <stdlib.h>

#include "net.h"
#include "try.h"
#include "walker.h"

typedef struct held {
  const bench_net *net;
  const bench_setup *setup;
  bench_links links;
  bench_walker walker;
  void *self;
  void *weighted; /* one with weights, once it is asked for */
  uint64_t seed;
  uint32_t next; /* node to ask about */
} held;

/* ---- life ----------------------------------------------------------------------------------- */

static tn_status open_filled(held *h, bool weighted, void **out, tn_error *error) {
  void *self;
  TRY(h->net->open(h->setup, &h->links, &self, error));
  tn_status status = h->net->load(self, weighted, error);
  if (status == TN_OK)
    *out = self;
  else
    h->net->close(self);
  return status;
}

tn_status bench_net_open(const bench_net *net, const bench_setup *setup, void **self, tn_error *error) {
  held *h = calloc(1, sizeof *h);
  if (!h) return tn_error_set(error, TN_NOMEM, NULL, "no memory");
  *h = (held){.net = net, .setup = setup, .seed = 6};
  tn_status status = bench_links_init(&h->links, setup->data->count);
  if (status == TN_OK) status = open_filled(h, false, &h->self, error);
  if (status == TN_OK) status = bench_walker_init(&h->walker, net, h->self, h->links.nodes);
  if (status == TN_OK)
    *self = h;
  else
    bench_net_close(h);
  return status;
}

void bench_net_close(void *self) {
  held *h = self;
  bench_walker_fini(&h->walker);
  if (h->weighted) h->net->close(h->weighted);
  if (h->self) h->net->close(h->self);
  bench_links_fini(&h->links);
  free(h);
}

/* ---- loading -------------------------------------------------------------------------------- */

static tn_status load(void *self, const bench_round *round, double *value, tn_error *error) {
  held *h = self;
  void *other;
  TRY(h->net->open(h->setup, &h->links, &other, error));
  double start = bench_now();
  tn_status status = h->net->load(other, round->arg != 0, error);
  *value = (double)h->links.count / (bench_now() - start);
  h->net->close(other);
  return status;
}

static tn_status bytes_per_edge(void *self, const bench_round *round, double *value, tn_error *error) {
  held *h = self;
  uint64_t bytes = 0;
  (void)round;
  if (!h->net->bytes) return TN_UNSUPPORTED;
  TRY(h->net->bytes(h->self, &bytes, error));
  *value = (double)bytes / (double)h->links.count / h->net->directions;
  return TN_OK;
}

/* ---- going from node to node ------------------------------------------------------------------- */

/* One of those below. *seen += what it is counted in. */
typedef tn_status (*ask_fn)(held *h, uint64_t *seen, tn_error *error);

static tn_status repeat(held *h, ask_fn ask, const bench_round *round, double *value, tn_error *error) {
  uint64_t seen = 0;
  double start = bench_now(), now;
  do TRY(ask(h, &seen, error));
  while ((now = bench_now()) < start + round->seconds);
  *value = (double)seen / (now - start);
  return TN_OK;
}

static uint32_t any_node(held *h) { return (uint32_t)bench_below(&h->seed, h->links.nodes); }

static tn_status one_hop(held *h, uint32_t from, uint64_t *seen, tn_error *error) {
  return h->net->one_hop ? h->net->one_hop(h->self, from, seen, error)
                         : bench_walker_one_hop(&h->walker, from, seen, error);
}

#define PAGE 1000 /* nodes that are asked about together, where that can be done */

static tn_status neighbors_of(held *h, uint32_t first, uint32_t count, uint64_t *seen, tn_error *error) {
  uint64_t found = 0;
  if (h->net->neighbors) return h->net->neighbors(h->self, first, count, seen, error);
  for (*seen = 0; count > 0; first++, count--, *seen += found)
    TRY(bench_walker_one_hop(&h->walker, first, &found, error));
  return TN_OK;
}

/* The nodes in their order, again and again; counted in neighbours. */
static tn_status ask_neighbors(held *h, uint64_t *seen, tn_error *error) {
  uint32_t left = h->links.nodes - h->next, count = left < PAGE ? left : PAGE;
  uint64_t found = 0;
  TRY(neighbors_of(h, h->next, count, &found, error));
  h->next = count < left ? h->next + count : 0;
  *seen += found;
  return TN_OK;
}

static tn_status ask_one_hop(held *h, uint64_t *seen, tn_error *error) {
  uint64_t found = 0;
  ++*seen;
  return one_hop(h, any_node(h), &found, error);
}

static tn_status ask_two_hops(held *h, uint64_t *seen, tn_error *error) {
  uint64_t found = 0;
  ++*seen;
  if (h->net->two_hops) return h->net->two_hops(h->self, any_node(h), &found, error);
  return bench_walker_two_hops(&h->walker, any_node(h), &found, error);
}

static tn_status ask_path(held *h, uint64_t *seen, tn_error *error) {
  uint64_t length = 0;
  uint32_t from = any_node(h), to = any_node(h);
  ++*seen;
  if (h->net->shortest) return h->net->shortest(h->self, from, to, &length, error);
  return bench_walker_shortest(&h->walker, from, to, &length, error);
}

static tn_status check_reached(const held *h, uint64_t reached, tn_error *error) {
  if (reached == h->links.reached) return TN_OK;
  return tn_error_set(error, TN_CORRUPT, NULL, "%llu nodes are reached, not %u", (unsigned long long)reached,
                      (unsigned)h->links.reached);
}

/* These two are counted in edges. */
static tn_status ask_reach(held *h, uint64_t *seen, tn_error *error) {
  uint64_t reached = 0;
  TRY(h->net->reach ? h->net->reach(h->self, h->links.begin, &reached, error)
                    : bench_walker_reach(&h->walker, h->links.begin, &reached, error));
  *seen += h->links.walked;
  return check_reached(h, reached, error);
}

static tn_status ask_reach_compact(held *h, uint64_t *seen, tn_error *error) {
  uint64_t reached = 0;
  TRY(h->net->reach_compact(h->self, h->links.begin, &reached, error));
  *seen += h->links.walked;
  return check_reached(h, reached, error);
}

#define REPEATED(name, ask)                                                                     \
  static tn_status name(void *self, const bench_round *round, double *value, tn_error *error) { \
    return repeat(self, ask, round, value, error);                                              \
  }
REPEATED(neighbors, ask_neighbors)
REPEATED(hop, ask_one_hop)
REPEATED(hops, ask_two_hops)
REPEATED(path, ask_path)
REPEATED(bfs, ask_reach)

/* ---- going over all of it ---------------------------------------------------------------------- */

/* What is made once for all that come after is made before it counts. */
static tn_status bfs_compact(void *self, const bench_round *round, double *value, tn_error *error) {
  held *h = self;
  uint64_t reached;
  if (!h->net->reach_compact) return TN_UNSUPPORTED;
  for (int i = 0; i < 2; i++) TRY(h->net->reach_compact(h->self, h->links.begin, &reached, error));
  return repeat(h, ask_reach_compact, round, value, error);
}

/* Counted in edges of all rounds of the algorithm. */
static tn_status run_on(held *h, void *net, bench_algorithm which, const bench_round *round, double *value,
                        tn_error *error) {
  uint64_t runs = 0, rounds = which == BENCH_PAGERANK || which == BENCH_CDLP ? BENCH_ROUNDS : 1;
  for (int i = 0; i < 2; i++) TRY(h->net->run(net, which, error));
  double start = bench_now(), now;
  do {
    TRY(h->net->run(net, which, error));
    runs++;
  } while ((now = bench_now()) < start + round->seconds);
  *value = (double)(runs * rounds * h->links.count) / (now - start);
  return TN_OK;
}

static tn_status algorithm(void *self, const bench_round *round, double *value, tn_error *error) {
  held *h = self;
  bench_algorithm which = (bench_algorithm)round->arg;
  if (!h->net->run) return TN_UNSUPPORTED;
  if (which == BENCH_SSSP && !h->weighted) TRY(open_filled(h, true, &h->weighted, error));
  return run_on(h, which == BENCH_SSSP ? h->weighted : h->self, which, round, value, error);
}

const bench_measure bench_net_measures[] = {
    {"graph_load", load, NULL, NULL},
    {"neighbors", neighbors, NULL, NULL},
    {"one_hop", hop, NULL, NULL},
    {"two_hops", hops, NULL, NULL},
    {"reach", bfs, NULL, NULL},
    {"reach_compact", bfs_compact, NULL, NULL},
    {"path", path, NULL, NULL},
    {"algorithm", algorithm, NULL, NULL},
    {"bytes_per_edge", bytes_per_edge, NULL, NULL},
    {NULL, NULL, NULL, NULL},
};
