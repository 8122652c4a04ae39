/* key.h - keys made of whole numbers alone, as most of the graph's are: the core's tuple encoding (docs/FORMAT.md,
 * "Key") made and read in place, because a walk makes one for each node it looks at. */
#ifndef TENON_GRAPH_KEY_H
#define TENON_GRAPH_KEY_H

#include "tenon_plugin.h"

#define TNI_GRAPH_PART_MAX 11 /* bytes of a number */
#define TNI_GRAPH_PARTS_MAX 4

typedef struct tni_graph_key {
  uint32_t size;
  uint8_t data[TNI_GRAPH_PARTS_MAX * TNI_GRAPH_PART_MAX + 1];
} tni_graph_key;

static inline tn_slice tni_graph_key_slice(const tni_graph_key *key) { return (tn_slice){key->data, key->size}; }

/* Appends a part; at most TNI_GRAPH_PARTS_MAX. */
void tni_graph_key_add(tni_graph_key *key, int64_t part);
/* A key of the first `count` of the parts; the others are not looked at. */
tni_graph_key tni_graph_key_of(uint32_t count, int64_t a, int64_t b, int64_t c, int64_t d);
/* The smallest key above all that begin with the parts of `key`. */
tni_graph_key tni_graph_key_end(const tni_graph_key *key);

/* The order of keys by their first part, of which `part` is one and nothing else. */
int tni_graph_key_compare_front(tn_slice key, const tni_graph_key *part);
/* Whether the bytes are the part. */
bool tni_graph_key_is(tn_slice bytes, const tni_graph_key *part);

/* Takes a number off the front of `rest`; false when there is none. */
bool tni_graph_key_read(tn_slice *rest, int64_t *out);

#endif
