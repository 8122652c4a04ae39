#include "depgraph.h"

#include <stdint.h>
#include <stdlib.h>

#define NONE SIZE_MAX

static void *must(void *data) {
  if (!data) abort();
  return data;
}

void depgraph_init(depgraph *g, size_t node_count) { *g = (depgraph){.node_count = node_count}; }

void depgraph_fini(depgraph *g) {
  free(g->deps);
  free(g->starts);
  depgraph_init(g, 0);
}

void depgraph_add(depgraph *g, size_t from, size_t to, dep_kind kind, int object) {
  if (from == to) return;
  if (g->count == g->capacity) {
    g->capacity = g->capacity ? g->capacity * 2 : 256;
    g->deps = must(realloc(g->deps, g->capacity * sizeof *g->deps));
  }
  g->deps[g->count++] = (dep){from, to, kind, object};
  free(g->starts);
  g->starts = NULL;
}

static int by_from(const void *a, const void *b) {
  const dep *x = a, *y = b;
  return (x->from > y->from) - (x->from < y->from);
}

static void sort(depgraph *g) {
  if (g->starts) return;
  if (g->count > 0) qsort(g->deps, g->count, sizeof *g->deps, by_from);
  g->starts = must(calloc(g->node_count + 2, sizeof *g->starts));
  for (size_t i = 0; i < g->count; i++) g->starts[g->deps[i].from + 1]++;
  for (size_t i = 0; i <= g->node_count; i++) g->starts[i + 1] += g->starts[i];
}

/* ---- strongly connected components (Tarjan, "Depth-first search and linear graph algorithms", 1972) ---- */

typedef struct components {
  const depgraph *g;
  unsigned kinds;
  size_t *index, *low, *stack, *component; /* of each node; NONE = not yet */
  size_t next, stack_size, count;
} components;

static void visit(components *c, size_t node) {
  c->index[node] = c->low[node] = c->next++;
  c->stack[c->stack_size++] = node;
  for (size_t i = c->g->starts[node]; i < c->g->starts[node + 1]; i++) {
    size_t to = c->g->deps[i].to;
    if (!(c->g->deps[i].kind & c->kinds) || c->component[to] != NONE) continue;
    if (c->index[to] == NONE) visit(c, to);
    if (c->low[to] < c->low[node]) c->low[node] = c->low[to];
  }
  if (c->low[node] != c->index[node]) return;
  size_t member;
  do {
    member = c->stack[--c->stack_size];
    c->component[member] = c->count;
  } while (member != node);
  c->count++;
}

static size_t *of_none(size_t count) {
  size_t *all = must(malloc((count + 1) * sizeof *all));
  for (size_t i = 0; i < count; i++) all[i] = NONE;
  return all;
}

/* The component of each node; freed with free(). */
static size_t *components_of(const depgraph *g, unsigned kinds) {
  components c = {.g = g, .kinds = kinds, .index = of_none(g->node_count), .component = of_none(g->node_count)};
  c.low = of_none(g->node_count);
  c.stack = of_none(g->node_count);
  for (size_t i = 0; i < g->node_count; i++)
    if (c.index[i] == NONE) visit(&c, i);
  free(c.index);
  free(c.low);
  free(c.stack);
  return c.component;
}

/* ---- cycles --------------------------------------------------------------------------------- */

/* By breadth: through[i] becomes the dep by which node i was reached from `from`. */
static bool reach(const depgraph *g, size_t from, size_t to, unsigned kinds, size_t *through, size_t *queue) {
  size_t taken = 0, filled = 0;
  for (size_t i = 0; i < g->node_count; i++) through[i] = NONE;
  queue[filled++] = from;
  while (taken < filled && through[to] == NONE) {
    size_t node = queue[taken++];
    for (size_t i = g->starts[node]; i < g->starts[node + 1]; i++) {
      const dep *d = &g->deps[i];
      if (!(d->kind & kinds) || d->to == from || through[d->to] != NONE) continue;
      through[d->to] = i;
      queue[filled++] = d->to;
    }
  }
  return through[to] != NONE;
}

static void take_cycle(const depgraph *g, const dep *first, const size_t *through, dep_cycle *out) {
  dep back[DEPGRAPH_CYCLE_MAX];
  size_t length = 0;
  for (size_t node = first->from; node != first->to; node = g->deps[through[node]].from)
    if (length < DEPGRAPH_CYCLE_MAX - 1) back[length++] = g->deps[through[node]];
  out->deps[0] = *first;
  for (size_t i = 0; i < length; i++) out->deps[i + 1] = back[length - 1 - i];
  out->length = length + 1;
}

bool depgraph_cycle(depgraph *g, dep_kind first, unsigned rest, dep_cycle *out) {
  sort(g);
  size_t *component = components_of(g, rest | (unsigned)first);
  size_t *through = of_none(g->node_count), *queue = of_none(g->node_count);
  bool found = false;
  for (size_t i = 0; i < g->count; i++) {
    const dep *d = &g->deps[i];
    dep_cycle one;
    if (d->kind != first || component[d->from] != component[d->to]) continue;
    if (!reach(g, d->to, d->from, rest, through, queue)) continue;
    take_cycle(g, d, through, &one);
    if (!found || one.length < out->length) *out = one;
    found = true;
  }
  free(component);
  free(through);
  free(queue);
  return found;
}
