#include "support/naive_algorithms.h"

#include <math.h>
#include <string.h>

typedef int matrix[NAIVE_NODES_MAX][NAIVE_NODES_MAX];

/* How many edges lead from one node to another in a direction; a self-loop is two in both. */
static void count_edges(const naive_net *net, naive_direction direction, matrix m) {
  memset(m, 0, sizeof(matrix));
  for (int i = 0; i < net->arc_count; i++) {
    if (direction & NAIVE_OUT) m[net->arcs[i].from][net->arcs[i].to]++;
    if (direction & NAIVE_IN) m[net->arcs[i].to][net->arcs[i].from]++;
  }
}

void naive_sssp(const naive_net *net, naive_direction direction, int from, double *values) {
  for (int n = 0; n < net->count; n++) values[n] = n == from ? 0 : INFINITY;
  for (int round = 0; round < net->count; round++) {
    for (int i = 0; i < net->arc_count; i++) {
      const naive_arc *a = &net->arcs[i];
      if (direction & NAIVE_OUT) values[a->to] = fmin(values[a->to], values[a->from] + a->weight);
      if (direction & NAIVE_IN) values[a->from] = fmin(values[a->from], values[a->to] + a->weight);
    }
  }
}

void naive_bfs(const naive_net *net, naive_direction direction, int from, double *values) {
  naive_net light = *net;
  for (int i = 0; i < light.arc_count; i++) light.arcs[i].weight = 1;
  naive_sssp(&light, direction, from, values);
}

void naive_degrees(const naive_net *net, naive_direction direction, double *values) {
  matrix m;
  count_edges(net, direction, m);
  for (int n = 0; n < net->count; n++) {
    values[n] = 0;
    for (int k = 0; k < net->count; k++) values[n] += m[n][k];
  }
}

void naive_pagerank(const naive_net *net, naive_direction direction, double damping, int iterations, double *values) {
  matrix m;
  double degrees[NAIVE_NODES_MAX], next[NAIVE_NODES_MAX];
  count_edges(net, direction, m);
  naive_degrees(net, direction, degrees);
  for (int n = 0; n < net->count; n++) values[n] = 1.0 / net->count;
  for (int round = 0; round < iterations; round++) {
    double lost = 0;
    for (int n = 0; n < net->count; n++) lost += degrees[n] == 0 ? values[n] : 0;
    for (int n = 0; n < net->count; n++) {
      next[n] = (1 - damping) / net->count + damping * lost / net->count;
      for (int k = 0; k < net->count; k++)
        if (m[k][n] > 0) next[n] += damping * m[k][n] * values[k] / degrees[k];
    }
    memcpy(values, next, sizeof next);
  }
}

static void reach(const naive_net *net, naive_direction direction, matrix m) {
  count_edges(net, direction, m);
  for (int n = 0; n < net->count; n++) m[n][n] = 1;
  for (int k = 0; k < net->count; k++)
    for (int a = 0; a < net->count; a++)
      for (int b = 0; b < net->count; b++) m[a][b] = m[a][b] || (m[a][k] && m[k][b]);
}

static void smallest_of_each(const naive_net *net, matrix m, double *values) {
  for (int n = 0; n < net->count; n++)
    for (int k = net->count - 1; k >= 0; k--)
      if (m[n][k] && m[k][n]) values[n] = k;
}

void naive_wcc(const naive_net *net, double *values) {
  matrix m;
  reach(net, NAIVE_BOTH, m);
  smallest_of_each(net, m, values);
}

void naive_scc(const naive_net *net, double *values) {
  matrix m;
  reach(net, NAIVE_OUT, m);
  smallest_of_each(net, m, values);
}

void naive_cdlp(const naive_net *net, int iterations, double *values) {
  matrix m;
  double next[NAIVE_NODES_MAX];
  count_edges(net, NAIVE_BOTH, m);
  for (int n = 0; n < net->count; n++) values[n] = n;
  for (int round = 0; round < iterations; round++) {
    for (int n = 0; n < net->count; n++) {
      int votes[NAIVE_NODES_MAX] = {0}, best = 0;
      for (int k = 0; k < net->count; k++) votes[(int)values[k]] += m[n][k];
      for (int label = 1; label < net->count; label++)
        if (votes[label] > votes[best]) best = label;
      next[n] = votes[best] > 0 ? best : values[n];
    }
    memcpy(values, next, sizeof next);
  }
}

void naive_lcc(const naive_net *net, bool both_ways, double *values) {
  matrix near, edges;
  count_edges(net, NAIVE_BOTH, near);
  count_edges(net, both_ways ? NAIVE_BOTH : NAIVE_OUT, edges);
  for (int n = 0; n < net->count; n++) {
    double neighbours = 0, found = 0;
    for (int a = 0; a < net->count; a++) {
      if (a == n || !near[n][a]) continue;
      neighbours++;
      for (int b = 0; b < net->count; b++) found += b != n && b != a && near[n][b] && edges[a][b];
    }
    values[n] = neighbours > 1 ? found / (neighbours * (neighbours - 1)) : 0;
  }
}

void naive_triangles(const naive_net *net, double *values) {
  matrix m;
  count_edges(net, NAIVE_BOTH, m);
  for (int n = 0; n < net->count; n++) {
    values[n] = 0;
    for (int a = 0; a < net->count; a++)
      for (int b = 0; b < a; b++) values[n] += a != n && b != n && m[n][a] && m[n][b] && m[a][b];
  }
}

/* The smallest node that is not placed and that no such node leads to; -1 when there is none. */
static int next_of(const naive_net *net, matrix m, const bool *placed) {
  for (int n = 0; n < net->count; n++) {
    bool fine = !placed[n];
    for (int k = 0; k < net->count && fine; k++) fine = placed[k] || m[k][n] == 0;
    if (fine) return n;
  }
  return -1;
}

bool naive_sort(const naive_net *net, int *order) {
  matrix m;
  bool placed[NAIVE_NODES_MAX] = {false};
  count_edges(net, NAIVE_OUT, m);
  for (int i = 0; i < net->count; i++) {
    order[i] = next_of(net, m, placed);
    if (order[i] < 0) return false;
    placed[order[i]] = true;
  }
  return true;
}

int naive_cycle(const naive_net *net, int node) {
  double values[NAIVE_NODES_MAX], best = INFINITY;
  naive_bfs(net, NAIVE_OUT, node, values);
  for (int i = 0; i < net->arc_count; i++)
    if (net->arcs[i].to == node) best = fmin(best, values[net->arcs[i].from] + 1);
  return isinf(best) ? 0 : (int)best;
}
