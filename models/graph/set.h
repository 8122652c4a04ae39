/* set.h - the nodes that a walk was at. Begins as a hash table; where that would be larger than a bit for each id
 * that was ever given out, it becomes these bits, which is what makes walks over most of a graph fast. In scratch
 * memory. */
#ifndef TENON_GRAPH_SET_H
#define TENON_GRAPH_SET_H

#include "store.h"

typedef struct tni_graph_set {
  tn_ctx *ctx;
  uint64_t last; /* the last id that was given out; 0 until it decides how to grow */
  uint64_t count;
  uint64_t *slots;   /* ids, 0 = empty; NULL when there are bits */
  uint64_t capacity; /* of slots, a power of two */
  uint64_t *bits;
} tni_graph_set;

tn_status tni_graph_set_init(tni_graph_set *set, tn_ctx *ctx) TN_MUST_USE;
bool tni_graph_set_has(const tni_graph_set *set, uint64_t id);
/* Of ids that rise, or are the same, each that the set does not have, once, at the front. Returns how many. */
size_t tni_graph_set_rest(const tni_graph_set *set, uint64_t *ids, size_t count);
/* *added false: it was there. NOMEM; CORRUPT: an id that was never given out, as far as that is noticed. */
tn_status tni_graph_set_add(tni_graph_set *set, uint64_t id, bool *added) TN_MUST_USE;

/* Where a walk came from: id -> {the node before, the side and arc that led here, how far}. */
typedef struct tni_graph_step {
  uint64_t id; /* 0 = empty */
  uint64_t before;
  int64_t side;
  uint64_t edge;
  double distance;
} tni_graph_step;

typedef struct tni_graph_trail {
  tn_ctx *ctx;
  tni_graph_step *slots;
  uint64_t capacity, count;
} tni_graph_trail;

tn_status tni_graph_trail_init(tni_graph_trail *trail, tn_ctx *ctx) TN_MUST_USE;
/* NULL when there is none. Lives until the next add. */
tni_graph_step *tni_graph_trail_at(const tni_graph_trail *trail, uint64_t id);
/* The step of an id, new (with `id` and zeros) when *added. NOMEM. */
tn_status tni_graph_trail_add(tni_graph_trail *trail, uint64_t id, tni_graph_step **step, bool *added) TN_MUST_USE;

/* Numbers, one behind another. In scratch memory. */
typedef struct tni_graph_list {
  tn_ctx *ctx;
  uint64_t *items;
  size_t count, capacity;
} tni_graph_list;

tn_status tni_graph_list_grow(tni_graph_list *list, size_t more) TN_MUST_USE;
/* Room for `more` items behind those there are. */
static inline tn_status tni_graph_list_reserve(tni_graph_list *list, size_t more) {
  return more <= list->capacity - list->count ? TN_OK : tni_graph_list_grow(list, more);
}
static inline tn_status tni_graph_list_add(tni_graph_list *list, uint64_t item) {
  tn_status status = tni_graph_list_reserve(list, 1);
  if (status == TN_OK) list->items[list->count++] = item;
  return status;
}

#endif
