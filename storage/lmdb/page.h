/* page.h - a page of an LMDB file (liblmdb 0.9, its data version 1) as bytes: what stands where, and whether it can
 * be so. It knows no file and none of our keys.
 *
 * Numbers are in the machine's byte order, as LMDB writes them. A page of a tree:
 *
 *   0        8     10      12      14      16
 *   +--------+-----+-------+-------+-------+----------------------+------+---------------------------+
 *   | number | pad | flags | lower | upper | offsets of the nodes | free | nodes, in no order        |
 *   +--------+-----+-------+-------+-------+----------------------+------+---------------------------+
 *                                                             lower    upper                      the end
 *   a node of a leaf     0 size of the value 4 | 4 flags 2 | 6 size of the key 2 | 8 key | value, or with the flag
 *                        BIG the number of the first of the pages that hold it 8
 *   a node of a branch   0 number of the child, lower part 4 | 4 its upper part 2 | 6 size of the key 2 | 8 key
 *
 * Nodes begin at even offsets and follow one another without gaps. The key of a branch is the lowest of its child;
 * that of the first child does not count. A value on pages of its own begins behind the head (16 bytes) of the first
 * of them, which has the number of pages where others have lower and upper. */
#ifndef TENON_LMDB_PAGE_H
#define TENON_LMDB_PAGE_H

#include "tenon_plugin.h"

#define TNI_LPAGE_SIZE_MIN 512
#define TNI_LPAGE_SIZE_MAX 32768
#define TNI_LPAGE_HEAD 16
#define TNI_LPAGE_KEY_MAX 24 /* longer than any key of ours */

enum { TNI_LPAGE_BRANCH = 1, TNI_LPAGE_LEAF = 2, TNI_LPAGE_BIG = 4, TNI_LPAGE_META = 8 };

typedef struct tni_lnode {
  tn_slice key;        /* in the page */
  const uint8_t *data; /* of a leaf: the value in the page; NULL = it begins on another one: */
  uint64_t page;       /* that one; of a branch: the child */
  uint64_t size;       /* of the value */
} tni_lnode;

static inline uint16_t tni_lget16(const uint8_t *at) {
  uint16_t n;
  memcpy(&n, at, sizeof n);
  return n;
}
static inline uint32_t tni_lget32(const uint8_t *at) {
  uint32_t n;
  memcpy(&n, at, sizeof n);
  return n;
}
static inline uint64_t tni_lget64(const uint8_t *at) {
  uint64_t n;
  memcpy(&n, at, sizeof n);
  return n;
}

static inline uint64_t tni_lpage_number(const uint8_t *page) { return tni_lget64(page); }
static inline unsigned tni_lpage_flags(const uint8_t *page) { return tni_lget16(page + 10); }
static inline unsigned tni_lpage_count(const uint8_t *page) {
  return (unsigned)(tni_lget16(page + 12) - TNI_LPAGE_HEAD) / 2;
}
/* Of the first page of a big value. */
static inline uint32_t tni_lpage_run(const uint8_t *page) { return tni_lget32(page + 12); }
/* How many pages a value of so many bytes takes, at least. */
static inline uint64_t tni_lpages_for(uint64_t size, uint32_t page_size) {
  return (TNI_LPAGE_HEAD + size + page_size - 1) / page_size;
}

/* What is wrong with a page of a tree, or NULL: only then may its nodes be looked at. */
const char *tni_lpage_fault(const uint8_t *page, uint32_t size, uint64_t number);
tni_lnode tni_lpage_node(const uint8_t *page, unsigned i);

#endif
