#include "links.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data.h"

#define SEED 9
#define NODES_MIN 100
#define FROM_SKEW 1.5 /* a node's place among n is n * u^skew for even u: how much more the first ones get */
#define TO_SKEW 2.5

/* ---- arrays ------------------------------------------------------------------------------------ */

typedef uint32_t (*end_fn)(const bench_link *link);
static uint32_t from_of(const bench_link *link) { return link->from; }
static uint32_t to_of(const bench_link *link) { return link->to; }

/* Counting sort: keeps the order of what is the same. `start` has nodes + 1 numbers. */
static void sort_by(end_fn end, const bench_link *in, uint64_t count, uint32_t nodes, uint64_t *start,
                    bench_link *out) {
  memset(start, 0, ((size_t)nodes + 1) * sizeof *start);
  for (uint64_t i = 0; i < count; i++) start[end(&in[i]) + 1]++;
  for (uint32_t n = 0; n < nodes; n++) start[n + 1] += start[n];
  for (uint64_t i = 0; i < count; i++) out[start[end(&in[i])]++] = in[i];
  memmove(start + 1, start, nodes * sizeof *start);
  start[0] = 0;
}

bool bench_array_init(bench_array *array, const bench_links *links, bool reversed) {
  size_t size = links->count * sizeof(bench_link) + 1;
  bench_link *one = malloc(size), *other = malloc(size);
  end_fn key = reversed ? to_of : from_of, value = reversed ? from_of : to_of;
  array->start = malloc(((size_t)links->nodes + 1) * sizeof *array->start);
  array->to = malloc(links->count * sizeof *array->to + 1);
  bool fine = one && other && array->start && array->to;
  if (fine) {
    sort_by(value, links->items, links->count, links->nodes, array->start, one);
    sort_by(key, one, links->count, links->nodes, array->start, other);
    for (uint64_t i = 0; i < links->count; i++) array->to[i] = value(&other[i]);
  }
  free(one);
  free(other);
  if (!fine) bench_array_fini(array);
  return fine;
}

void bench_array_fini(bench_array *array) {
  free(array->start);
  free(array->to);
  *array = (bench_array){NULL, NULL};
}

/* ---- making them ------------------------------------------------------------------------------- */

uint32_t bench_link_weight(const bench_link *link) {
  return 1 + (uint32_t)(bench_mix((uint64_t)link->from << 32 | link->to) % 100);
}

static uint32_t draw(uint64_t *seed, uint32_t nodes, double skew) {
  double even = (double)(bench_random(seed) >> 11) * 0x1p-53;
  return (uint32_t)((double)nodes * pow(even, skew));
}

/* Which node has a place: no two the same, and neighbours in the order are none in the numbers. */
static void shuffle(uint64_t *seed, uint32_t *order, uint32_t nodes) {
  for (uint32_t n = 0; n < nodes; n++) {
    uint32_t at = (uint32_t)bench_below(seed, (uint64_t)n + 1);
    order[n] = order[at];
    order[at] = n;
  }
}

/* Where the link is in the table, or the empty slot where it belongs. */
static uint64_t *slot_of(uint64_t *slots, uint64_t mask, uint64_t link) {
  uint64_t at = bench_mix(link) & mask;
  while (slots[at] != 0 && slots[at] != link) at = (at + 1) & mask;
  return &slots[at];
}

/* `slots` holds the links there are already, from << 32 | to, 0 = empty; 0 is no link. */
static void draw_links(bench_links *links, const uint32_t *from_order, const uint32_t *to_order, uint64_t *slots,
                       uint64_t mask) {
  uint64_t seed = SEED;
  for (uint64_t i = 0; i < links->count;) {
    bench_link link = {from_order[draw(&seed, links->nodes, FROM_SKEW)],
                       to_order[draw(&seed, links->nodes, TO_SKEW)]};
    uint64_t *slot = slot_of(slots, mask, (uint64_t)link.from << 32 | link.to);
    if (link.from == link.to || *slot != 0) continue;
    *slot = (uint64_t)link.from << 32 | link.to;
    links->items[i++] = link;
  }
}

static bool make_links(bench_links *links) {
  uint64_t slots_count = 16, seed = SEED + 1;
  while (slots_count < links->count * 2) slots_count *= 2;
  uint64_t *slots = calloc(slots_count, sizeof *slots);
  uint32_t *orders = malloc(2 * (size_t)links->nodes * sizeof *orders);
  bool fine = slots && orders;
  if (fine) {
    shuffle(&seed, orders, links->nodes);
    shuffle(&seed, orders + links->nodes, links->nodes);
    draw_links(links, orders, orders + links->nodes, slots, slots_count - 1);
  }
  free(slots);
  free(orders);
  return fine;
}

/* ---- what is reached --------------------------------------------------------------------------- */

static bool walk(bench_links *links, const bench_array *array) {
  uint8_t *seen = calloc(links->nodes, 1);
  uint32_t *queue = malloc(links->nodes * sizeof *queue);
  bool fine = seen && queue;
  if (fine) {
    seen[queue[0] = links->begin] = 1;
    links->reached = 1;
    for (uint32_t at = 0; at < links->reached; at++) {
      for (uint64_t i = array->start[queue[at]]; i < array->start[queue[at] + 1]; i++, links->walked++) {
        uint32_t to = array->to[i];
        if (!seen[to]) seen[queue[links->reached++] = to] = 1;
      }
    }
  }
  free(seen);
  free(queue);
  return fine;
}

static bool look_at(bench_links *links) {
  bench_array array;
  if (!bench_array_init(&array, links, false)) return false;
  for (uint32_t n = 1; n < links->nodes; n++)
    if (array.start[n + 1] - array.start[n] > array.start[links->begin + 1] - array.start[links->begin])
      links->begin = n;
  bool fine = walk(links, &array);
  bench_array_fini(&array);
  return fine;
}

tn_status bench_links_init(bench_links *links, uint64_t count) {
  uint64_t nodes = count / BENCH_LINKS_PER_NODE;
  if (nodes < NODES_MIN) nodes = NODES_MIN;
  *links = (bench_links){.nodes = (uint32_t)nodes, .count = nodes * BENCH_LINKS_PER_NODE};
  links->items = malloc(links->count * sizeof *links->items);
  return links->items && make_links(links) && look_at(links) ? TN_OK : TN_NOMEM;
}

void bench_links_fini(bench_links *links) {
  free(links->items);
  links->items = NULL;
}
