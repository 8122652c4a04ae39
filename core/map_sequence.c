#include "map_sequence.h"

#include <assert.h>

void tni_sequence_init(tni_sequence *s, uint8_t level) {
  s->level = level;
  s->count = 0;
  s->prefix_hint = 0;
}

static tni_item leaf_item(const tni_node *leaf, uint32_t slot) {
  uint32_t s = tni_leaf_slots(leaf)[slot], key_size = leaf->prefix_size + tni_tail_of(s);
  uint16_t size;
  memcpy(&size, (const uint8_t *)leaf + (s & 0xffff), sizeof size);
  size_t payload_size = s & TNI_SLOT_BLOB ? sizeof(struct tni_blob *) : TNI_INLINE_HEADER + (size_t)size;
  return (tni_item){leaf, (uint16_t)slot, (uint16_t)key_size, (uint16_t)payload_size};
}

void tni_sequence_add(tni_sequence *s, const tni_node *node, uint32_t from, uint32_t to) {
  assert(s->count + (to - from) <= TNI_SEQUENCE_MAX);
  if (s->level == 0)
    for (uint32_t i = from; i < to; i++) s->items[s->count++] = leaf_item(node, i);
  else
    for (uint32_t i = from; i < to; i++)
      s->items[s->count++] = (tni_item){node, (uint16_t)i, (uint16_t)tni_slot_key_size(node, i), 0};
}

void tni_sequence_add_new(tni_sequence *s, tn_slice key, const tni_payload *payload) {
  assert(s->count < TNI_SEQUENCE_MAX);
  size_t inline_size = TNI_INLINE_HEADER + payload->value.size;
  size_t size = s->level > 0 ? 0 : payload->blob ? sizeof payload->blob : inline_size;
  s->key = key;
  s->payload = *payload;
  s->items[s->count++] = (tni_item){NULL, 0, (uint16_t)key.size, (uint16_t)size};
}

/* ---- one item ------------------------------------------------------------------------------- */

static void key_read(const tni_sequence *s, tni_item item, uint32_t from, uint32_t to, uint8_t *out) {
  if (item.node)
    tni_key_read(item.node, item.slot, from, to, out);
  else if (to > from)
    memcpy(out, (const uint8_t *)s->key.data + from, to - from);
}

tn_slice tni_sequence_key(const tni_sequence *s, uint32_t i, uint8_t *out) {
  uint32_t size = s->items[i].key_size;
  key_read(s, s->items[i], 0, size, out);
  return (tn_slice){out, size};
}

/* The head of an item whose node has a prefix that is shorter by `lost` bytes. */
static uint32_t later_head(tni_item item, uint32_t lost) {
  const uint8_t *rest = tni_slot_rest(item.node, item.slot);
  return tni_heads(item.node)[item.slot] << 8 * lost | tni_load_be32(rest) >> (32 - 8 * lost);
}

/* The four bytes of the key behind `prefix_size`, as a head. */
static uint32_t key_head(const tni_sequence *s, tni_item item, uint32_t prefix_size) {
  uint32_t lost = item.node ? prefix_size - item.node->prefix_size : UINT32_MAX;
  if (lost == 0) return tni_heads(item.node)[item.slot];
  if (lost < TNI_HEAD_SIZE && item.key_size >= item.node->prefix_size + 2 * TNI_HEAD_SIZE)
    return later_head(item, lost);
  uint8_t bytes[TNI_HEAD_SIZE];
  uint32_t size = item.key_size - prefix_size;
  if (size > TNI_HEAD_SIZE) size = TNI_HEAD_SIZE;
  key_read(s, item, prefix_size, prefix_size + size, bytes);
  return tni_head(bytes, size);
}

/* How many bytes two keys share. Their heads tell as a rule. */
static uint32_t shared_size(const tni_sequence *s, uint32_t i, uint32_t k) {
  uint8_t a[TNI_KEY_SIZE_MAX], b[TNI_KEY_SIZE_MAX];
  tni_item x = s->items[i], y = s->items[k];
  if (x.node && x.node == y.node) {
    uint32_t prefix = x.node->prefix_size, differ = tni_heads(x.node)[x.slot] ^ tni_heads(x.node)[y.slot];
    uint32_t size = differ != 0 ? prefix + (uint32_t)__builtin_clz(differ) / 8 : UINT32_MAX;
    if (size < x.key_size && size < y.key_size) return size;
  }
  return tni_common_prefix(tni_sequence_key(s, i, a), tni_sequence_key(s, k, b));
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
  uint32_t first = first_key(s, from);
  if (first >= to) return 0;
  if (first + 1 == to) {
    uint32_t size = s->items[first].key_size;
    return s->prefix_hint < size ? s->prefix_hint : size;
  }
  return shared_size(s, first, to - 1);
}

static bool brief_key(const tni_sequence *s, tni_item item, uint32_t prefix_size) {
  uint32_t size = item.key_size;
  if (size - prefix_size > TNI_HEAD_SIZE) return false;
  if (size == prefix_size) return true;
  uint8_t last;
  key_read(s, item, size - 1, size, &last);
  return last != 0;
}

static bool brief_keys(const tni_sequence *s, uint32_t from, uint32_t to, uint32_t prefix_size) {
  if (s->level == 0) return false;
  for (; from < to; from++)
    if (!brief_key(s, s->items[from], prefix_size)) return false;
  return true;
}

tni_plan tni_sequence_plan(const tni_sequence *s, uint32_t from, uint32_t to) {
  uint32_t records = 0, keys = 0, count = to - from, first = first_key(s, from);
  tni_plan plan = {.prefix_size = plan_prefix(s, from, to)};
  for (uint32_t i = first; i < to; i++) {
    const tni_item *item = &s->items[i];
    records += tni_rest_size(item->key_size - plan.prefix_size) + item->payload_size;
    keys += (uint32_t)item->key_size + item->payload_size;
  }
  plan.brief = brief_keys(s, first, to, plan.prefix_size);
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
  return 12u + s->items[i].key_size + s->items[i].payload_size;
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
  key.size = shared_size(s, at - 1, at) + 1;
  return key;
}

/* ---- building ------------------------------------------------------------------------------- */

/* Copies the key behind prefix and head, and the payload. */
static uint32_t build_record(const tni_sequence *s, tni_item item, tni_node *node) {
  uint32_t size = item.key_size, tail_size = size - node->prefix_size, rest_size = tni_rest_size(tail_size);
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

/* The record as it lies, where the prefix stays the same or grows: the key's rest loses what went to prefix and head.
 */
static uint32_t copy_record(tni_item item, tni_node *node) {
  uint32_t slot = tni_slots_of(item.node)[item.slot], lost = node->prefix_size - item.node->prefix_size;
  uint32_t rest = tni_rest_size(tni_tail_of(slot)),
           header = node->level > 0 || slot & TNI_SLOT_BLOB ? 0 : TNI_INLINE_HEADER;
  uint32_t skip = lost < rest ? lost : rest, size = rest + item.payload_size - skip;
  const uint8_t *from = (const uint8_t *)item.node + (slot & 0xffff);
  node->heap = (uint16_t)(node->heap - size);
  uint8_t *to = (uint8_t *)node + node->heap;
  memcpy(to, from, header);
  memcpy(to + header, from + header + skip, size - header);
  return (slot & TNI_SLOT_BLOB) | (tni_tail_of(slot) - lost) << 16 | node->heap;
}

static void build_slot(const tni_sequence *s, tni_item item, uint32_t i, tni_node *node) {
  tni_heads_edit(node)[i] = key_head(s, item, node->prefix_size);
  if (node->level > 0) tni_children_edit(node)[i] = item.node ? tni_children(item.node)[item.slot] : s->payload.child;
  if (node->brief) return;
  bool as_it_lies = item.node && !item.node->brief && item.node->prefix_size <= node->prefix_size;
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
