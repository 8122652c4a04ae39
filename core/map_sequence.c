#include "map_sequence.h"

#include <assert.h>

void tni_sequence_init(tni_sequence *s, uint8_t level) {
  s->level = level;
  s->count = 0;
  s->prefix_hint = 0;
}

void tni_sequence_add(tni_sequence *s, const tni_node *node, uint32_t from, uint32_t to) {
  assert(s->count + (to - from) <= TNI_SEQUENCE_MAX);
  for (uint32_t i = from; i < to; i++) s->items[s->count++] = (tni_item){node, i};
}

void tni_sequence_add_new(tni_sequence *s, tn_slice key, const tni_payload *payload) {
  assert(s->count < TNI_SEQUENCE_MAX);
  s->key = key;
  s->payload = *payload;
  s->items[s->count++] = (tni_item){NULL, 0};
}

/* ---- one item ------------------------------------------------------------------------------- */

static uint32_t key_size(const tni_sequence *s, tni_item item) {
  return item.node ? tni_slot_key_size(item.node, item.slot) : (uint32_t)s->key.size;
}

static void key_read(const tni_sequence *s, tni_item item, uint32_t from, uint32_t to, uint8_t *out) {
  if (item.node)
    tni_key_read(item.node, item.slot, from, to, out);
  else if (to > from)
    memcpy(out, (const uint8_t *)s->key.data + from, to - from);
}

tn_slice tni_sequence_key(const tni_sequence *s, uint32_t i, uint8_t *out) {
  uint32_t size = key_size(s, s->items[i]);
  key_read(s, s->items[i], 0, size, out);
  return (tn_slice){out, size};
}

/* The four bytes of the key behind `prefix_size`, as a head. */
static uint32_t key_head(const tni_sequence *s, tni_item item, uint32_t prefix_size) {
  if (item.node && item.node->prefix_size == prefix_size) return tni_heads(item.node)[item.slot];
  uint8_t bytes[TNI_HEAD_SIZE];
  uint32_t size = key_size(s, item) - prefix_size;
  if (size > TNI_HEAD_SIZE) size = TNI_HEAD_SIZE;
  key_read(s, item, prefix_size, prefix_size + size, bytes);
  return tni_head(bytes, size);
}

/* Bytes of the heap that are not key. */
static uint32_t payload_size(const tni_sequence *s, tni_item item) {
  if (s->level > 0) return 0;
  if (!item.node)
    return s->payload.blob ? (uint32_t)sizeof s->payload.blob : TNI_INLINE_HEADER + (uint32_t)s->payload.value.size;
  return tni_slot_record_size(item.node, item.slot) - tni_rest_size(tni_tail_size(item.node, item.slot));
}

static tni_payload payload_of(const tni_sequence *s, tni_item item) {
  if (!item.node) return s->payload;
  tni_payload payload = {{NULL, 0}, NULL, 0};
  if (s->level > 0)
    payload.child = tni_children(item.node)[item.slot];
  else if (tni_slot_is_blob(item.node, item.slot))
    payload.blob = tni_slot_blob(item.node, item.slot);
  else
    payload.value = tni_slot_inline(item.node, item.slot);
  return payload;
}

/* ---- measuring ------------------------------------------------------------------------------ */

/* The first item of an inner node has no key. */
static uint32_t first_key(const tni_sequence *s, uint32_t from) { return from + (s->level > 0); }

static uint32_t plan_prefix(const tni_sequence *s, uint32_t from, uint32_t to) {
  uint8_t a[TNI_KEY_SIZE_MAX], b[TNI_KEY_SIZE_MAX];
  uint32_t first = first_key(s, from);
  if (first >= to) return 0;
  if (first + 1 == to) {
    uint32_t size = key_size(s, s->items[first]);
    return s->prefix_hint < size ? s->prefix_hint : size;
  }
  return tni_common_prefix(tni_sequence_key(s, first, a), tni_sequence_key(s, to - 1, b));
}

static bool brief_key(const tni_sequence *s, tni_item item, uint32_t prefix_size) {
  uint32_t size = key_size(s, item);
  if (size - prefix_size > TNI_HEAD_SIZE) return false;
  if (size == prefix_size) return true;
  uint8_t last;
  key_read(s, item, size - 1, size, &last);
  return last != 0;
}

tni_plan tni_sequence_plan(const tni_sequence *s, uint32_t from, uint32_t to) {
  tni_plan plan = {.prefix_size = plan_prefix(s, from, to), .brief = s->level > 0};
  uint32_t records = 0, keys = 0, count = to - from;
  for (uint32_t i = first_key(s, from); i < to; i++) {
    uint32_t size = key_size(s, s->items[i]);
    records += tni_rest_size(size - plan.prefix_size) + payload_size(s, s->items[i]);
    keys += size + payload_size(s, s->items[i]);
    plan.brief = plan.brief && brief_key(s, s->items[i], plan.prefix_size);
  }
  uint32_t arrays = s->level > 0 && !plan.brief ? 3 : 2;
  plan.bytes = TNI_NODE_HEADER + tni_round4(plan.prefix_size) + 4 * arrays * count + (plan.brief ? 0 : records);
  plan.expanded = TNI_NODE_HEADER + 4 * 3 * count + keys;
  return plan;
}

bool tni_plan_fits_one(const tni_plan *plan, uint32_t count, uint8_t usual_class) {
  if (count > TNI_NODE_COUNT_MAX || plan->expanded > TNI_EXPANDED_MAX) return false;
  return plan->bytes <= TNI_NODE_BYTES(usual_class) || count < TNI_LARGE_COUNT_MAX;
}

uint8_t tni_plan_class(const tni_plan *plan, uint8_t least) {
  while (TNI_NODE_BYTES(least) < plan->bytes) least++;
  assert(least < TNI_NODE_CLASSES);
  return least;
}

static uint32_t item_weight(const tni_sequence *s, uint32_t i) {
  return 12 + key_size(s, s->items[i]) + payload_size(s, s->items[i]);
}

uint32_t tni_sequence_middle(const tni_sequence *s) {
  uint32_t total = 0, left = 0, at = 0;
  for (uint32_t i = 0; i < s->count; i++) total += item_weight(s, i);
  while (at < s->count && left + item_weight(s, at) / 2 < total / 2) left += item_weight(s, at++);
  uint32_t least = s->level > 0 && s->count >= 4 ? 2 : 1;
  if (at < least) return least;
  return at > s->count - least ? s->count - least : at;
}

tn_slice tni_sequence_separator(const tni_sequence *s, uint32_t at, uint8_t *out) {
  tn_slice key = tni_sequence_key(s, at, out);
  if (s->level > 0) return key;
  uint8_t left[TNI_KEY_SIZE_MAX];
  key.size = tni_common_prefix(tni_sequence_key(s, at - 1, left), key) + 1;
  return key;
}

/* ---- building ------------------------------------------------------------------------------- */

/* Copies the key behind prefix and head, and the payload. */
static uint32_t build_record(const tni_sequence *s, tni_item item, tni_node *node) {
  uint32_t size = key_size(s, item), tail_size = size - node->prefix_size, rest_size = tni_rest_size(tail_size);
  tni_payload payload = payload_of(s, item);
  node->heap = (uint16_t)(node->heap - tni_record_size(node, tail_size, &payload));
  uint8_t *out = (uint8_t *)node + node->heap;
  uint32_t slot = node->heap | tail_size << 16;
  if (s->level == 0 && !payload.blob) {
    uint16_t value_size = (uint16_t)payload.value.size;
    memcpy(out, &value_size, sizeof value_size);
    out += TNI_INLINE_HEADER;
  }
  key_read(s, item, size - rest_size, size, out);
  out += rest_size;
  if (s->level > 0) return slot;
  if (payload.blob) return memcpy(out, &payload.blob, sizeof payload.blob), slot | TNI_SLOT_BLOB;
  if (payload.value.size > 0) memcpy(out, payload.value.data, payload.value.size);
  return slot;
}

/* The record as it lies, where the prefix stays the same. */
static uint32_t copy_record(tni_item item, tni_node *node) {
  uint32_t size = tni_slot_record_size(item.node, item.slot), slot = tni_slots_of(item.node)[item.slot];
  node->heap = (uint16_t)(node->heap - size);
  if (size > 0) memcpy((uint8_t *)node + node->heap, (const uint8_t *)item.node + (slot & 0xffff), size);
  return (slot & 0xffff0000u) | node->heap;
}

static void build_slot(const tni_sequence *s, tni_item item, uint32_t i, tni_node *node) {
  tni_heads_edit(node)[i] = key_head(s, item, node->prefix_size);
  if (node->level > 0) tni_children_edit(node)[i] = item.node ? tni_children(item.node)[item.slot] : s->payload.child;
  if (node->brief) return;
  bool as_it_lies = item.node && !item.node->brief && item.node->prefix_size == node->prefix_size;
  tni_slots_edit(node)[i] = as_it_lies ? copy_record(item, node) : build_record(s, item, node);
}

static void build_first_child(const tni_sequence *s, tni_item item, tni_node *node) {
  tni_heads_edit(node)[0] = 0;
  tni_children_edit(node)[0] = item.node ? tni_children(item.node)[item.slot] : s->payload.child;
  if (!node->brief) tni_slots_edit(node)[0] = 0;
}

void tni_sequence_build(const tni_sequence *s, uint32_t from, uint32_t to, const tni_plan *plan, uint64_t birth,
                        tni_node *node) {
  uint32_t first = first_key(s, from);
  tni_node_init(node, birth, s->level, plan->brief, plan->prefix_size);
  if (first < to) key_read(s, s->items[first], 0, plan->prefix_size, node->bytes);
  node->count = (uint16_t)(to - from);
  if (first > from) build_first_child(s, s->items[from], node);
  for (uint32_t i = first; i < to; i++) build_slot(s, s->items[i], i - from, node);
  node->link = node->count;
  assert(tni_heads_offset(node) + 4 * tni_node_arrays(node) * node->count <= node->heap);
}
