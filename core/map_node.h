/* map_node.h - one node of the B+tree: how its bytes lie, how a key is found in it, and edits in place. It knows no
 * other node, and nothing of versions. */
#ifndef TENON_MAP_NODE_H
#define TENON_MAP_NODE_H

#include <string.h>

#include "map.h"

struct tni_blob;

#define TNI_NODE_CLASSES 7 /* 512 bytes to 32 KiB */
#define TNI_NODE_BYTES(size_class) (512u << (size_class))
#define TNI_INNER_CLASS 1 /* 1 KiB, and more where keys are long */
#define TNI_LEAF_CLASS 1  /* 1 KiB, and more where entries are large */
#define TNI_NODE_COUNT_MAX 255

/* Leaf (level 0):
 *
 *   header 24 | prefix | heads u32[count] | slots u32[count] | free ... | heap, growing down
 *
 * Inner node (level > 0), with one separator fewer than children; slot 0 has no key:
 *
 *   header 24 | prefix | heads u32[count] | children u32[count] | slots u32[count] | free ... | heap
 *
 * Every key of the node begins with `prefix` (padded to 4 bytes). A head is the next four bytes of the key as a
 * big-endian number, zeros where the key has ended, so that heads are sorted and few lines decide most searches. A
 * slot is offset | bytes of the key behind the prefix << 16 | TNI_SLOT_BLOB; at that offset lies, in the heap,
 *
 *   leaf, value inline:  value size u16 | key behind prefix and head | value
 *   leaf, blob:          key behind prefix and head | pointer to the blob
 *   inner:               key behind prefix and head
 *
 * An inner node is `brief` when every separator fits prefix and head and does not end in a zero byte: it has no
 * slots and no heap, and a separator's size follows from its head.
 *
 * A key that does not begin with the prefix is below or above the whole node: searching compares it, so nothing
 * about a node depends on its neighbours or on the way to it. */
typedef struct tni_node {
  uint64_t birth; /* generation */
  uint32_t link;  /* free or retired: the next of its list; else: where the last insert went */
  uint16_t count; /* entries; children */
  uint8_t level;  /* 0 = leaf */
  uint8_t size_class;
  uint16_t heap; /* offset of the heap's lowest byte */
  uint16_t dead; /* bytes of the heap in no use */
  uint16_t prefix_size;
  uint8_t brief;
  uint8_t run; /* inserts one behind the other, up to 255 */
  uint8_t bytes[];
} tni_node;

#define TNI_NODE_HEADER 24u
_Static_assert(sizeof(tni_node) == TNI_NODE_HEADER, "the header has no padding");

#define TNI_SLOT_BLOB 0x80000000u
#define TNI_INLINE_HEADER 2u /* the value's size */
#define TNI_HEAD_SIZE 4u

/* ---- parts ---------------------------------------------------------------------------------- */

static inline uint32_t tni_round4(uint32_t n) { return (n + 3u) & ~3u; }

/* The parallel arrays of u32 that lie one behind the other: heads, then children or slots, then slots. */
static inline uint32_t tni_node_arrays(const tni_node *n) { return n->level > 0 && !n->brief ? 3 : 2; }
static inline uint32_t tni_heads_offset(const tni_node *n) { return TNI_NODE_HEADER + tni_round4(n->prefix_size); }

static inline const uint32_t *tni_heads(const tni_node *n) {
  return (const uint32_t *)(const void *)((const uint8_t *)n + tni_heads_offset(n));
}
static inline const uint32_t *tni_children(const tni_node *n) { return tni_heads(n) + n->count; }
static inline const uint32_t *tni_slots_of(const tni_node *n) {
  return tni_heads(n) + (n->level > 0 ? 2u : 1u) * n->count;
}
/* The same of a leaf. */
static inline const uint32_t *tni_leaf_slots(const tni_node *leaf) { return tni_heads(leaf) + leaf->count; }
static inline uint32_t *tni_heads_edit(tni_node *n) {
  return (uint32_t *)(void *)((uint8_t *)n + tni_heads_offset(n));
}
static inline uint32_t *tni_children_edit(tni_node *n) { return tni_heads_edit(n) + n->count; }
static inline uint32_t *tni_slots_edit(tni_node *n) {
  return tni_heads_edit(n) + (n->level > 0 ? 2u : 1u) * n->count;
}

static inline uint32_t tni_node_size(const tni_node *n) { return TNI_NODE_BYTES(n->size_class); }
/* Bytes that the node would need if its heap held nothing dead. */
static inline uint32_t tni_node_used(const tni_node *n) {
  return tni_heads_offset(n) + 4u * tni_node_arrays(n) * n->count + (tni_node_size(n) - n->heap) - n->dead;
}
/* Bytes between the arrays and the heap. */
static inline uint32_t tni_node_gap(const tni_node *n) {
  return n->heap - (tni_heads_offset(n) + 4u * tni_node_arrays(n) * n->count);
}

/* At least what the node's entries need in a node without a prefix. */
static inline uint32_t tni_node_expanded(const tni_node *n) {
  return tni_node_used(n) + n->count * (n->prefix_size + 8u);
}
/* What a node would need were its prefix empty stays below this, so that a key that shares nothing with the others
 * can always come in: the largest node has room for it then. */
#define TNI_EXPANDED_MAX (27u * 1024)

/* ---- keys ----------------------------------------------------------------------------------- */

static inline uint32_t tni_load_be32(const uint8_t *data) {
  return (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 | (uint32_t)data[2] << 8 | data[3];
}
static inline uint64_t tni_load_be64(const uint8_t *data) {
  return (uint64_t)tni_load_be32(data) << 32 | tni_load_be32(data + 4);
}

/* The first four bytes as a big-endian number, zeros behind the end. */
static inline uint32_t tni_head(const uint8_t *key, size_t size) {
  if (size >= TNI_HEAD_SIZE) return tni_load_be32(key);
  uint32_t head = 0;
  for (size_t i = 0; i < size; i++) head |= (uint32_t)key[i] << (24 - 8 * i);
  return head;
}

static inline void tni_store_be32(uint8_t *out, uint32_t n) {
  for (int i = 0; i < 4; i++) out[i] = (uint8_t)(n >> (24 - 8 * i));
}

/* Bytes of the key behind the prefix. */
static inline uint32_t tni_tail_of(uint32_t slot) { return slot >> 16 & 0x1fff; }
static inline uint32_t tni_tail_size(const tni_node *n, uint32_t slot) {
  if (!n->brief) return tni_tail_of(tni_slots_of(n)[slot]);
  uint32_t head = tni_heads(n)[slot];
  return head == 0 ? 0 : TNI_HEAD_SIZE - (uint32_t)__builtin_ctz(head) / 8;
}
static inline uint32_t tni_slot_key_size(const tni_node *n, uint32_t slot) {
  return n->prefix_size + tni_tail_size(n, slot);
}
static inline bool tni_slot_is_blob(const tni_node *leaf, uint32_t slot) {
  return (tni_leaf_slots(leaf)[slot] & TNI_SLOT_BLOB) != 0;
}
static inline uint32_t tni_rest_size(uint32_t tail_size) {
  return tail_size > TNI_HEAD_SIZE ? tail_size - TNI_HEAD_SIZE : 0;
}
/* The key behind prefix and head. */
static inline const uint8_t *tni_slot_rest(const tni_node *n, uint32_t slot) {
  uint32_t s = tni_slots_of(n)[slot];
  uint32_t skip = n->level == 0 && !(s & TNI_SLOT_BLOB) ? TNI_INLINE_HEADER : 0;
  return (const uint8_t *)n + (s & 0xffff) + skip;
}
/* The value behind the rest of its key. */
static inline tn_slice tni_record_value(const uint8_t *rest, uint32_t rest_size) {
  uint16_t size;
  memcpy(&size, rest - TNI_INLINE_HEADER, sizeof size);
  return (tn_slice){rest + rest_size, size};
}
static inline tn_slice tni_slot_inline(const tni_node *leaf, uint32_t slot) {
  uint32_t s = tni_leaf_slots(leaf)[slot];
  const uint8_t *record = (const uint8_t *)leaf + (s & 0xffff);
  return tni_record_value(record + TNI_INLINE_HEADER, tni_rest_size(tni_tail_of(s)));
}
static inline struct tni_blob *tni_slot_blob(const tni_node *leaf, uint32_t slot) {
  struct tni_blob *blob;
  memcpy(&blob, tni_slot_rest(leaf, slot) + tni_rest_size(tni_tail_size(leaf, slot)), sizeof blob);
  return blob;
}

/* Bytes [from, to) of the slot's key, to `out`. */
void tni_key_read(const tni_node *n, uint32_t slot, uint32_t from, uint32_t to, uint8_t *out);
/* The whole key; `out` has room for TNI_KEY_SIZE_MAX. Returns its size. */
uint32_t tni_key_copy(const tni_node *n, uint32_t slot, uint8_t *out);
/* How many bytes two keys share from their beginning. */
static inline uint32_t tni_common_prefix(tn_slice a, tn_slice b) {
  const uint8_t *x = (const uint8_t *)a.data, *y = (const uint8_t *)b.data;
  size_t end = a.size < b.size ? a.size : b.size, i = 0;
  for (; i + 8 <= end; i += 8) {
    uint64_t differ = tni_load_be64(x + i) ^ tni_load_be64(y + i);
    if (differ != 0) return (uint32_t)(i + (size_t)__builtin_clzll(differ) / 8);
  }
  while (i < end && x[i] == y[i]) i++;
  return (uint32_t)i;
}

/* ---- search --------------------------------------------------------------------------------- */

/* How the key compares with the node's prefix: 0 when it begins with it. */
int tni_prefix_compare(const tni_node *n, tn_slice key);
/* < 0 when the key is below the slot's, 0 when it is that, else > 0. */
int tni_slot_compare(const tni_node *n, uint32_t slot, tn_slice key);
/* The entries [from, to) that heads alone cannot tell from a key; where none, from == to is where it belongs. */
typedef struct tni_span {
  uint32_t from, to;
} tni_span;
/* The first entry whose key is not below `key`; count when there is none. */
uint32_t tni_leaf_find(const tni_node *leaf, tn_slice key, bool *exact);
/* The child whose range holds the key. */
uint32_t tni_inner_find(const tni_node *inner, tn_slice key);

/* ---- edits in place ------------------------------------------------------------------------- */

/* What an entry brings along besides its key: an inline value, a blob, or a child. */
typedef struct tni_payload {
  tn_slice value;
  struct tni_blob *blob;
  uint32_t child;
} tni_payload;

/* Bytes of the heap that the record of such an entry takes. */
static inline uint32_t tni_record_size(const tni_node *n, uint32_t tail_size, const tni_payload *payload) {
  uint32_t rest = tni_rest_size(tail_size);
  if (n->level > 0) return rest;
  return rest + (payload->blob ? (uint32_t)sizeof payload->blob : TNI_INLINE_HEADER + (uint32_t)payload->value.size);
}
uint32_t tni_slot_record_size(const tni_node *n, uint32_t slot);

/* Whether the entry can be inserted with the node's prefix and room as they are. */
bool tni_node_fits(const tni_node *n, tn_slice key, const tni_payload *payload);
/* tni_node_fits() must have said yes; in an inner node `at` is above 0. The value may lie in this node. */
void tni_node_insert(tni_node *n, uint32_t at, tn_slice key, const tni_payload *payload);
/* Gives the slot's entry another value, where there is room; false: nothing was changed. */
bool tni_leaf_replace(tni_node *leaf, uint32_t slot, const tni_payload *payload);
/* Whether tni_leaf_replace() would say yes. */
bool tni_leaf_replace_fits(const tni_node *leaf, uint32_t slot, const tni_payload *payload);
void tni_node_remove(tni_node *n, uint32_t from, uint32_t to);

/* An empty node: prefix of `prefix_size` bytes to be filled in by the caller, no entries. */
void tni_node_init(tni_node *n, uint64_t birth, uint8_t level, bool brief, uint32_t prefix_size);
/* Copies all but what is free, and the size class. */
void tni_node_copy(tni_node *to, const tni_node *from);

#endif
