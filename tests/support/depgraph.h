/* depgraph.h - which transaction must come before which, and why; and cycles in that, which no order can have. It
 * knows nothing of what a transaction is. */
#ifndef TENON_TESTS_DEPGRAPH_H
#define TENON_TESTS_DEPGRAPH_H

#include <stdbool.h>
#include <stddef.h>

typedef enum dep_kind {
  DEP_WW = 1,  /* `to` wrote the version after one that `from` wrote */
  DEP_WR = 2,  /* `to` read what `from` wrote */
  DEP_RW = 4,  /* `to` wrote the version after the one that `from` read */
  DEP_TIME = 8 /* `from` had ended, or its client had begun it, before `to` began */
} dep_kind;

typedef struct dep {
  size_t from, to;
  dep_kind kind;
  int object; /* where; not for DEP_TIME */
} dep;

typedef struct depgraph {
  size_t node_count;
  dep *deps;
  size_t count, capacity;
  size_t *starts; /* deps of node i, once sorted: from starts[i] to before starts[i + 1] */
} depgraph;

void depgraph_init(depgraph *g, size_t node_count);
void depgraph_fini(depgraph *g);
/* One that leads from a node to itself is left out. */
void depgraph_add(depgraph *g, size_t from, size_t to, dep_kind kind, int object);

#define DEPGRAPH_CYCLE_MAX 16
typedef struct dep_cycle {
  dep deps[DEPGRAPH_CYCLE_MAX]; /* the first ones, when it is longer */
  size_t length;
} dep_cycle;

/* A shortest cycle with a dep of kind `first` and else only deps whose kinds are in the set `rest`. */
bool depgraph_cycle(depgraph *g, dep_kind first, unsigned rest, dep_cycle *out);

#endif
