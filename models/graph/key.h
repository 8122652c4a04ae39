/* key.h - keys made of whole numbers alone, as most of the graph's are: the core's tuple encoding (docs/FORMAT.md,
 * "Key") made and read in place, because a walk makes one for each node it looks at. */
#ifndef TENON_GRAPH_KEY_H
#define TENON_GRAPH_KEY_H

#include "tenon_plugin.h"

#define TNI_GRAPH_PART_SIZE TN_KEY_NUMBER_SIZE /* as a rule */
#define TNI_GRAPH_PART_MAX 11
#define TNI_GRAPH_PARTS_MAX 4

typedef struct tni_graph_key {
  uint32_t size;
  uint8_t data[TNI_GRAPH_PARTS_MAX * TNI_GRAPH_PART_MAX + 1];
} tni_graph_key;

static inline tn_slice tni_graph_key_slice(const tni_graph_key *key) { return (tn_slice){key->data, key->size}; }

static inline uint64_t tni_graph_big_endian(uint64_t n) {
  return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_bswap64(n) : n;
}

static inline uint64_t tni_graph_key_word(const uint8_t *at) {
  uint64_t n;
  memcpy(&n, at, sizeof n);
  return tni_graph_big_endian(n);
}

/* For the two below. */
static inline void tni_graph_key_add_double(tni_graph_key *key, double part) {
  tn_key_put_number(key->data + key->size, part);
  key->size += TNI_GRAPH_PART_SIZE;
}
void tni_graph_key_add_large(tni_graph_key *key, int64_t part);

/* Appends a part; at most TNI_GRAPH_PARTS_MAX. */
static inline void tni_graph_key_add(tni_graph_key *key, int64_t part) {
  if (part > -TN_KEY_INT_END && part < TN_KEY_INT_END)
    tni_graph_key_add_double(key, (double)part);
  else
    tni_graph_key_add_large(key, part);
}
/* A key of the first `count` of the parts; the others are not looked at. */
tni_graph_key tni_graph_key_of(uint32_t count, int64_t a, int64_t b, int64_t c, int64_t d);
/* The smallest key above all that begin with the parts of `key`. */
tni_graph_key tni_graph_key_end(const tni_graph_key *key);

int tni_graph_key_compare_any(tn_slice key, const tni_graph_key *other);
/* The order that keys have in a map; mostly both are of two numbers, and a word or two decide. */
static inline int tni_graph_key_compare(tn_slice key, const tni_graph_key *other) {
  const size_t size = 2 * TNI_GRAPH_PART_SIZE;
  if (key.size != size || other->size != size) return tni_graph_key_compare_any(key, other);
  const uint8_t *data = key.data;
  uint64_t a = tni_graph_key_word(data), b = tni_graph_key_word(other->data);
  if (a == b) a = tni_graph_key_word(data + 8), b = tni_graph_key_word(other->data + 8);
  if (a == b) a = tni_graph_key_word(data + size - 8), b = tni_graph_key_word(other->data + size - 8);
  return (a > b) - (a < b);
}

/* Takes a number off the front of `rest`; false when there is none. */
bool tni_graph_key_read(tn_slice *rest, int64_t *out);

#endif
