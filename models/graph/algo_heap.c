#include "algo_heap.h"

#define CHILDREN 4 /* of an item: fewer levels, and they lie beside each other */

tn_status tni_graph_heap_init(tni_graph_heap *heap, tni_graph_algo *a) {
  heap->count = 0;
  TRY(TNI_GRAPH_ARRAY(a, a->count, &heap->items));
  return TNI_GRAPH_ARRAY(a, a->count, &heap->places);
}

static bool is_before(tni_graph_heap_item a, tni_graph_heap_item b) {
  return a.key != b.key ? a.key < b.key : a.node < b.node;
}

static void place(tni_graph_heap *heap, uint32_t at, tni_graph_heap_item item) {
  heap->items[at] = item;
  heap->places[item.node] = at + 1;
}

void tni_graph_heap_put(tni_graph_heap *heap, uint32_t node, double key) {
  tni_graph_heap_item item = {key, node};
  uint32_t at = heap->places[node] != 0 ? heap->places[node] - 1 : heap->count++;
  for (; at > 0 && is_before(item, heap->items[(at - 1) / CHILDREN]); at = (at - 1) / CHILDREN)
    place(heap, at, heap->items[(at - 1) / CHILDREN]);
  place(heap, at, item);
}

/* The first of the items below one; the heap's count when there is none. */
static uint64_t first_child(const tni_graph_heap *heap, uint64_t at) {
  uint64_t from = CHILDREN * at + 1, to = from + CHILDREN, best = from;
  if (from >= heap->count) return heap->count;
  if (to > heap->count) to = heap->count;
  for (uint64_t i = from + 1; i < to; i++)
    if (is_before(heap->items[i], heap->items[best])) best = i;
  return best;
}

tni_graph_heap_item tni_graph_heap_take(tni_graph_heap *heap) {
  tni_graph_heap_item first = heap->items[0], last = heap->items[--heap->count];
  uint64_t at = 0;
  heap->places[first.node] = 0;
  if (heap->count == 0) return first;
  for (uint64_t child; (child = first_child(heap, at)) < heap->count && is_before(heap->items[child], last);
       at = child)
    place(heap, (uint32_t)at, heap->items[child]);
  place(heap, (uint32_t)at, last);
  return first;
}
