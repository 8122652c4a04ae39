#include "map_node.h"

#include <assert.h>

#include "map_search.h"

/* ---- keys ----------------------------------------------------------------------------------- */

void tni_key_read(const tni_node *n, uint32_t slot, uint32_t from, uint32_t to, uint8_t *out) {
  uint32_t head_at = n->prefix_size, rest_at = head_at + TNI_HEAD_SIZE;
  if (from < head_at) {
    uint32_t end = to < head_at ? to : head_at;
    memcpy(out, n->bytes + from, end - from);
    out += end - from;
    from = end;
  }
  uint32_t head = tni_heads(n)[slot];
  if (from == head_at && to >= rest_at) {
    tni_store_be32(out, head);
    out += TNI_HEAD_SIZE;
    from = rest_at;
  }
  for (; from < to && from < rest_at; from++) *out++ = (uint8_t)(head >> (24 - 8 * (from - head_at)));
  if (from < to) memcpy(out, tni_slot_rest(n, slot) + (from - rest_at), to - from);
}

uint32_t tni_key_copy(const tni_node *n, uint32_t slot, uint8_t *out) {
  uint32_t size = tni_slot_key_size(n, slot);
  tni_key_read(n, slot, 0, size, out);
  return size;
}

/* ---- search --------------------------------------------------------------------------------- */

int tni_prefix_compare(const tni_node *n, tn_slice key) { return tni_compare_prefix(n, key); }

int tni_slot_compare(const tni_node *n, uint32_t slot, tn_slice key) {
  int order = tni_compare_prefix(n, key);
  if (order != 0) return order;
  const uint8_t *tail = (const uint8_t *)key.data + n->prefix_size;
  uint32_t size = (uint32_t)key.size - n->prefix_size;
  uint32_t head = tni_head(tail, size), have = tni_heads(n)[slot];
  return head != have ? (head > have) - (head < have) : tni_compare_tail(n, slot, tail, size);
}

uint32_t tni_find_among_ties(const tni_node *n, uint32_t low, uint32_t high, const uint8_t *tail, uint32_t size,
                             bool *exact) {
  while (low < high) {
    uint32_t middle = (low + high) / 2;
    int order = tni_compare_tail(n, middle, tail, size);
    if (order == 0) return *exact = true, middle;
    if (order > 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

uint32_t tni_leaf_find(const tni_node *leaf, tn_slice key, bool *exact) {
  tni_span span = tni_search_leaf(leaf, key);
  *exact = false;
  if (span.from == span.to) return span.from;
  const uint8_t *tail = (const uint8_t *)key.data + leaf->prefix_size;
  return tni_find_among_ties(leaf, span.from, span.to, tail, (uint32_t)key.size - leaf->prefix_size, exact);
}

uint32_t tni_inner_find(const tni_node *inner, tn_slice key) { return tni_search_inner(inner, key); }

/* ---- edits in place ------------------------------------------------------------------------- */

uint32_t tni_slot_record_size(const tni_node *n, uint32_t slot) {
  if (n->brief || (n->level > 0 && slot == 0)) return 0;
  uint32_t rest = tni_rest_size(tni_tail_size(n, slot));
  if (n->level > 0) return rest;
  if (tni_slot_is_blob(n, slot)) return rest + (uint32_t)sizeof(struct tni_blob *);
  return rest + TNI_INLINE_HEADER + (uint32_t)tni_slot_inline(n, slot).size;
}

/* A separator that a brief node can hold. */
static bool is_brief(const uint8_t *tail, uint32_t size) {
  return size <= TNI_HEAD_SIZE && (size == 0 || tail[size - 1] != 0);
}

static bool may_expand(const tni_node *n, uint32_t more) { return tni_node_expanded(n) + more <= TNI_EXPANDED_MAX; }

bool tni_node_fits(const tni_node *n, tn_slice key, const tni_payload *payload) {
  if (n->count >= TNI_NODE_COUNT_MAX || tni_compare_prefix(n, key) != 0) return false;
  uint32_t size = (uint32_t)key.size - n->prefix_size;
  if (n->brief && !is_brief((const uint8_t *)key.data + n->prefix_size, size)) return false;
  uint32_t more = 4u * tni_node_arrays(n) + tni_record_size(n, size, payload);
  return more <= tni_node_gap(n) && may_expand(n, more + n->prefix_size);
}

static void open_slot(tni_node *n, uint32_t at) {
  uint32_t *heads = tni_heads_edit(n), count = n->count;
  for (uint32_t i = tni_node_arrays(n); i-- > 0;) {
    uint32_t *from = heads + i * count, *to = heads + i * (count + 1);
    memmove(to + at + 1, from + at, (count - at) * sizeof *to);
    memmove(to, from, at * sizeof *to);
  }
  n->count++;
}

static void close_slots(tni_node *n, uint32_t from, uint32_t to) {
  uint32_t *heads = tni_heads_edit(n), count = n->count, left = count - (to - from);
  for (uint32_t i = 0; i < tni_node_arrays(n); i++) {
    uint32_t *have = heads + i * count, *want = heads + i * left;
    memmove(want, have, from * sizeof *want);
    memmove(want + from, have + to, (count - to) * sizeof *want);
  }
  n->count = (uint16_t)left;
}

/* Writes a record below the heap and returns the slot that points to it. */
static uint32_t write_record(tni_node *n, const uint8_t *rest, uint32_t tail_size, const tni_payload *payload) {
  uint32_t rest_size = tni_rest_size(tail_size), size = tni_record_size(n, tail_size, payload);
  n->heap = (uint16_t)(n->heap - size);
  uint8_t *out = (uint8_t *)n + n->heap;
  uint32_t slot = n->heap | tail_size << 16;
  if (n->level == 0 && !payload->blob) {
    uint16_t value_size = (uint16_t)payload->value.size;
    memcpy(out, &value_size, sizeof value_size);
    out += TNI_INLINE_HEADER;
  }
  if (rest_size > 0) memcpy(out, rest, rest_size);
  out += rest_size;
  if (n->level > 0) return slot;
  if (payload->blob) return memcpy(out, &payload->blob, sizeof payload->blob), slot | TNI_SLOT_BLOB;
  if (payload->value.size > 0) memcpy(out, payload->value.data, payload->value.size);
  return slot;
}

static void note_insert(tni_node *n, uint32_t at) {
  if (at != n->link + 1)
    n->run = 0;
  else if (n->run < UINT8_MAX)
    n->run++;
  n->link = at;
}

void tni_node_insert(tni_node *n, uint32_t at, tn_slice key, const tni_payload *payload) {
  assert(at <= n->count && (at > 0 || n->level == 0));
  const uint8_t *tail = (const uint8_t *)key.data + n->prefix_size;
  uint32_t size = (uint32_t)key.size - n->prefix_size;
  uint32_t slot = n->brief ? 0 : write_record(n, tail + TNI_HEAD_SIZE, size, payload);
  open_slot(n, at);
  tni_heads_edit(n)[at] = tni_head(tail, size);
  if (n->level > 0) tni_children_edit(n)[at] = payload->child;
  if (!n->brief) tni_slots_edit(n)[at] = slot;
  note_insert(n, at);
}

static bool same_record_size(const tni_node *leaf, uint32_t slot, const tni_payload *payload) {
  return tni_slot_is_blob(leaf, slot) == (payload->blob != NULL) &&
         tni_slot_record_size(leaf, slot) == tni_record_size(leaf, tni_tail_size(leaf, slot), payload);
}

bool tni_leaf_replace_fits(const tni_node *leaf, uint32_t slot, const tni_payload *payload) {
  if (same_record_size(leaf, slot, payload)) return true;
  uint32_t size = tni_record_size(leaf, tni_tail_size(leaf, slot), payload);
  return size <= tni_node_gap(leaf) && may_expand(leaf, size);
}

static void overwrite_payload(tni_node *leaf, uint32_t slot, const tni_payload *payload) {
  uint32_t s = tni_slots_of(leaf)[slot];
  uint8_t *out = (uint8_t *)leaf + (s & 0xffff) + tni_rest_size(tni_tail_of(s));
  if (payload->blob)
    memcpy(out, &payload->blob, sizeof payload->blob);
  else if (payload->value.size > 0)
    memmove(out + TNI_INLINE_HEADER, payload->value.data, payload->value.size);
}

bool tni_leaf_replace(tni_node *leaf, uint32_t slot, const tni_payload *payload) {
  if (!tni_leaf_replace_fits(leaf, slot, payload)) return false;
  if (same_record_size(leaf, slot, payload)) return overwrite_payload(leaf, slot, payload), true;
  leaf->dead = (uint16_t)(leaf->dead + tni_slot_record_size(leaf, slot));
  uint32_t s = write_record(leaf, tni_slot_rest(leaf, slot), tni_tail_size(leaf, slot), payload);
  tni_slots_edit(leaf)[slot] = s;
  return true;
}

void tni_node_remove(tni_node *n, uint32_t from, uint32_t to) {
  assert(from <= to && to <= n->count);
  for (uint32_t i = from; i < to; i++) n->dead = (uint16_t)(n->dead + tni_slot_record_size(n, i));
  bool new_first = n->level > 0 && from == 0 && to < n->count;
  if (new_first) n->dead = (uint16_t)(n->dead + tni_slot_record_size(n, to));
  close_slots(n, from, to);
  if (new_first) {
    tni_heads_edit(n)[0] = 0;
    if (!n->brief) tni_slots_edit(n)[0] = 0;
  }
  if (n->dead == tni_node_size(n) - n->heap) {
    n->heap = (uint16_t)tni_node_size(n);
    n->dead = 0;
  }
}

void tni_node_init(tni_node *n, uint64_t birth, uint8_t level, bool brief, uint32_t prefix_size) {
  n->birth = birth;
  n->link = 0;
  n->count = 0;
  n->level = level;
  n->heap = (uint16_t)tni_node_size(n);
  n->dead = 0;
  n->prefix_size = (uint16_t)prefix_size;
  n->brief = brief;
  n->run = 0;
}

void tni_node_copy(tni_node *to, const tni_node *from) {
  assert(to->size_class == from->size_class);
  uint32_t arrays_end = tni_heads_offset(from) + 4u * tni_node_arrays(from) * from->count;
  memcpy(to, from, arrays_end);
  memcpy((uint8_t *)to + from->heap, (const uint8_t *)from + from->heap, tni_node_size(from) - from->heap);
}
