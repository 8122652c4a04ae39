/* links.h - the graph that is measured: directed edges between nodes 0, 1, ..., some nodes with very many and most
 * with few, no two the same and none from a node to itself. The same seed makes the same one each time. */
#ifndef TENON_BENCH_LINKS_H
#define TENON_BENCH_LINKS_H

#include "tenon_base.h"

#define BENCH_LINKS_PER_NODE 10

typedef struct bench_link {
  uint32_t from, to;
} bench_link;

typedef struct bench_links {
  uint32_t nodes;
  uint64_t count;
  bench_link *items; /* in the order in which they are loaded, which is none */
  uint32_t begin;    /* the node that walks over all of it begin at: the one with the most edges */
  uint32_t reached;  /* nodes that are reached from it, itself among them */
  uint64_t walked;   /* the edges that lead on from these */
} bench_links;

/* About `count` of them. NOMEM. */
tn_status bench_links_init(bench_links *links, uint64_t count) TN_MUST_USE;
void bench_links_fini(bench_links *links);

/* What a link weighs where links have weights: 1 to 100. */
uint32_t bench_link_weight(const bench_link *link);

/* The links as plain arrays: those of node n lead to to[start[n]] up to to[start[n + 1]], rising. */
typedef struct bench_array {
  uint64_t *start;
  uint32_t *to;
} bench_array;

/* Sorts in two passes, by `to` and then by `from`. False when there is no memory. */
bool bench_array_init(bench_array *array, const bench_links *links, bool reversed);
void bench_array_fini(bench_array *array);

#endif
