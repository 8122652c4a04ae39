/* map_sequence.h - entries of one or two nodes of a level, and at most one new one, in order: what is to become one
 * or two new nodes. It measures and builds; it knows nothing of trees. */
#ifndef TENON_MAP_SEQUENCE_H
#define TENON_MAP_SEQUENCE_H

#include "map_node.h"

#define TNI_SEQUENCE_MAX (2 * TNI_NODE_COUNT_MAX + 2)

/* Few entries may share a node larger than its level's usual size, up to the largest. */
#define TNI_LARGE_COUNT_MAX 8

typedef struct tni_item {
  const tni_node *node; /* NULL: the new entry */
  uint16_t slot;
  uint16_t key_size;
  uint16_t payload_size; /* bytes of the heap that are not key */
} tni_item;

typedef struct tni_sequence {
  uint8_t level;
  uint32_t count;
  uint32_t prefix_hint; /* the prefix of a node of one entry: what its neighbour would share with it */
  tn_slice key;         /* of the new entry */
  tni_payload payload;
  tni_item items[TNI_SEQUENCE_MAX];
} tni_sequence;

/* How items [from, to) would lie in one node. */
typedef struct tni_plan {
  uint32_t prefix_size;
  uint32_t bytes;    /* the node's, with nothing free */
  uint32_t expanded; /* the same without a prefix */
  bool brief;
} tni_plan;

void tni_sequence_init(tni_sequence *s, uint8_t level);
void tni_sequence_add(tni_sequence *s, const tni_node *node, uint32_t from, uint32_t to);
/* The sequence keeps the slices; in an inner level the new entry is not the first of all. */
void tni_sequence_add_new(tni_sequence *s, tn_slice key, const tni_payload *payload);
/* The key of item i, to `out`. */
tn_slice tni_sequence_key(const tni_sequence *s, uint32_t i, uint8_t *out);

tni_plan tni_sequence_plan(const tni_sequence *s, uint32_t from, uint32_t to);
/* Whether a plan for `count` items may become one node of at most the usual class, or any where they are few. */
bool tni_plan_fits_one(const tni_plan *plan, uint32_t count, uint8_t usual_class);
/* The smallest class, from `least` on, with room for it. */
uint8_t tni_plan_class(const tni_plan *plan, uint8_t least);
/* Where to cut so that both sides need about the same. */
uint32_t tni_sequence_middle(const tni_sequence *s);
/* The shortest key above item at - 1 and not above item `at`, to `out`; in an inner level item at's own. */
tn_slice tni_sequence_separator(const tni_sequence *s, uint32_t at, uint8_t *out);

/* Fills `node`, whose size_class is set and large enough, with items [from, to). */
void tni_sequence_build(const tni_sequence *s, uint32_t from, uint32_t to, const tni_plan *plan, uint64_t birth,
                        tni_node *node);

#endif
