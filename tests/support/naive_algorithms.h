/* naive_algorithms.h - what the graph's algorithms have to answer, computed in the simplest way from their
 * definitions, with a matrix of edges. */
#ifndef TENON_NAIVE_ALGORITHMS_H
#define TENON_NAIVE_ALGORITHMS_H

#include <stdbool.h>
#include <stdint.h>

#define NAIVE_NODES_MAX 60
#define NAIVE_EDGES_MAX 600

typedef struct naive_arc {
  int from, to; /* from 0 */
  double weight;
} naive_arc;

typedef struct naive_net {
  int count; /* of nodes */
  int arc_count;
  naive_arc arcs[NAIVE_EDGES_MAX];
} naive_net;

typedef enum naive_direction { NAIVE_OUT = 1, NAIVE_IN = 2, NAIVE_BOTH = 3 } naive_direction;

/* `values` are of node 0, 1, ... Labels are numbers of nodes. */
void naive_bfs(const naive_net *net, naive_direction direction, int from, double *values); /* INFINITY: not reached */
void naive_sssp(const naive_net *net, naive_direction direction, int from, double *values);
void naive_pagerank(const naive_net *net, naive_direction direction, double damping, int iterations, double *values);
void naive_wcc(const naive_net *net, double *values);
void naive_scc(const naive_net *net, double *values);
void naive_cdlp(const naive_net *net, int iterations, double *values);
void naive_lcc(const naive_net *net, bool both_ways, double *values);
void naive_triangles(const naive_net *net, double *values);
void naive_degrees(const naive_net *net, naive_direction direction, double *values);
/* False when there is a cycle; else order[i] is the node at place i. */
bool naive_sort(const naive_net *net, int *order);
/* The number of edges of the shortest cycle that a node is on; 0 = none. */
int naive_cycle(const naive_net *net, int node);

#endif
