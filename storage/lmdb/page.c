#include "page.h"

#define NODE_HEAD 8
#define NODE_BIG 1

static const uint8_t *node_at(const uint8_t *page, unsigned i) {
  return page + tni_lget16(page + TNI_LPAGE_HEAD + 2 * i);
}

tni_lnode tni_lpage_node(const uint8_t *page, unsigned i) {
  const uint8_t *node = node_at(page, i);
  unsigned flags = tni_lget16(node + 4), key_size = tni_lget16(node + 6);
  const uint8_t *behind = node + NODE_HEAD + key_size;
  tni_lnode found = {.key = {node + NODE_HEAD, key_size}};
  if (tni_lpage_flags(page) == TNI_LPAGE_BRANCH)
    found.page = tni_lget32(node) | (uint64_t)flags << 32;
  else if (flags == NODE_BIG)
    found.size = tni_lget32(node), found.page = tni_lget64(behind);
  else
    found.size = tni_lget32(node), found.data = behind;
  return found;
}

/* Bytes that a node takes; it begins at least NODE_HEAD bytes before the page's end. */
static uint64_t node_size(const uint8_t *node, bool leaf) {
  uint64_t size = NODE_HEAD + tni_lget16(node + 6);
  if (leaf) size += tni_lget16(node + 4) == NODE_BIG ? 8 : tni_lget32(node);
  return (size + 1) / 2 * 2;
}

static const char *node_fault(const uint8_t *page, uint32_t size, unsigned i) {
  unsigned upper = tni_lget16(page + 14), offset = tni_lget16(page + TNI_LPAGE_HEAD + 2 * i);
  if (offset < upper || offset % 2 != 0 || offset > size - NODE_HEAD) return "an entry is out of its bounds";
  const uint8_t *node = page + offset;
  bool leaf = tni_lpage_flags(page) == TNI_LPAGE_LEAF;
  if (tni_lget16(node + 6) > TNI_LPAGE_KEY_MAX) return "a key is too long";
  if (leaf && tni_lget16(node + 4) > NODE_BIG) return "an entry is of no known kind";
  return offset + node_size(node, leaf) > size ? "an entry is longer than its page" : NULL;
}

/* Each node begins where another one ends, so none lies in another. */
static const char *nodes_fault(const uint8_t *page, uint32_t size, unsigned count) {
  uint64_t begins[TNI_LPAGE_SIZE_MAX / 2 / 64] = {0};
  bool leaf = tni_lpage_flags(page) == TNI_LPAGE_LEAF;
  for (unsigned i = 0; i < count; i++) {
    const char *fault = node_fault(page, size, i);
    if (fault) return fault;
    unsigned half = (unsigned)(node_at(page, i) - page) / 2;
    begins[half / 64] |= (uint64_t)1 << half % 64;
  }
  uint64_t at = tni_lget16(page + 14);
  for (unsigned i = 0; i < count; i++) {
    if (at >= size || !(begins[at / 128] >> at / 2 % 64 & 1)) return "its entries do not follow one another";
    at += node_size(page + at, leaf);
  }
  return at == size ? NULL : "its entries do not fill it";
}

const char *tni_lpage_fault(const uint8_t *page, uint32_t size, uint64_t number) {
  unsigned flags = tni_lpage_flags(page), lower = tni_lget16(page + 12), upper = tni_lget16(page + 14);
  if (tni_lpage_number(page) != number) return "it names another number";
  if (flags != TNI_LPAGE_BRANCH && flags != TNI_LPAGE_LEAF) return "it is of no known kind";
  if (lower < TNI_LPAGE_HEAD || lower % 2 != 0 || upper < lower || upper % 2 != 0 || upper > size)
    return "its bounds make no sense";
  return nodes_fault(page, size, tni_lpage_count(page));
}
