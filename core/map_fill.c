#include "map_fill.h"

#include <assert.h>

/* ---- choosing ------------------------------------------------------------------------------- */

static bool belongs_in_a_leaf(const tni_entry *entry) {
  return entry->key.size > 0 && entry->key.size <= TNI_KEY_SIZE_MAX && entry->value.size <= TNI_INLINE_MAX;
}

static tni_fill_plan plan_of_one(const tni_entry *entry, uint32_t shared) {
  uint32_t size = (uint32_t)entry->key.size;
  return (tni_fill_plan){.plan = {.prefix_size = shared},
                         .count = 1,
                         .common = UINT32_MAX,
                         .keys = size,
                         .payloads = TNI_INLINE_HEADER + (uint32_t)entry->value.size,
                         .key_least = size,
                         .key_most = size};
}

static uint32_t rests_of(const tni_fill_plan *f, const tni_entry *entries) {
  uint32_t before = f->plan.prefix_size + TNI_HEAD_SIZE, rests = 0;
  if (f->key_least >= before) return f->keys - f->count * before;
  if (f->key_most <= before) return 0;
  for (uint32_t i = 0; i < f->count; i++) rests += tni_rest_size((uint32_t)entries[i].key.size - f->plan.prefix_size);
  return rests;
}

static void measure(tni_fill_plan *f, const tni_entry *entries) {
  tni_plan *plan = &f->plan;
  uint32_t prefix = TNI_NODE_HEADER + tni_round4(plan->prefix_size);
  plan->bytes = prefix + 4 * 2 * f->count + f->payloads + rests_of(f, entries);
  plan->expanded = TNI_NODE_HEADER + 4 * 3 * f->count + f->keys + f->payloads;
}

/* Bytes that two keys share; false unless `next` is above. */
static bool is_above(tn_slice key, tn_slice next, uint32_t *shared) {
  uint32_t size = tni_common_prefix(key, next);
  *shared = size;
  if (size == key.size || size == next.size) return key.size < next.size;
  return ((const uint8_t *)key.data)[size] < ((const uint8_t *)next.data)[size];
}

/* Makes it a plan for the entry behind the last one as well. */
static bool add_next(tni_fill_plan *f, const tni_entry *entries) {
  const tni_entry *next = &entries[f->count];
  uint32_t shared, size = (uint32_t)next->key.size;
  if (!belongs_in_a_leaf(next) || !is_above(next[-1].key, next->key, &shared)) return false;
  if (shared < f->common) f->common = f->plan.prefix_size = shared;
  f->keys += size;
  f->payloads += TNI_INLINE_HEADER + (uint32_t)next->value.size;
  if (size < f->key_least) f->key_least = size;
  if (size > f->key_most) f->key_most = size;
  f->count++;
  return true;
}

static uint32_t node_bytes(const tni_fill_plan *f) {
  return f->plan.bytes <= TNI_NODE_BYTES(TNI_LEAF_CLASS) ? TNI_NODE_BYTES(TNI_LEAF_CLASS)
                                                         : TNI_NODE_BYTES(tni_plan_class(&f->plan, TNI_LEAF_CLASS));
}

/* Few may share a node of any size, and more may join them as long as it need not grow. `largest` is its size for as
 * few, so far. */
static bool may_share(const tni_fill_plan *f, uint32_t *largest) {
  if (f->count > TNI_NODE_COUNT_MAX || f->plan.expanded > TNI_EXPANDED_MAX) return false;
  if (f->count < TNI_LARGE_COUNT_MAX) *largest = node_bytes(f);
  return f->plan.bytes <= *largest;
}

tni_fill_plan tni_fill_choose(const tni_entry *entries, size_t count, uint32_t shared) {
  const tni_fill_plan none = {.count = 0};
  uint32_t largest = 0;
  if (count == 0 || !belongs_in_a_leaf(&entries[0])) return none;
  tni_fill_plan now = plan_of_one(&entries[0], shared), best;
  measure(&now, entries);
  best = now;
  while (may_share(&now, &largest)) {
    if (node_bytes(&now) * best.count <= node_bytes(&best) * now.count) best = now;
    if (now.count == count || !add_next(&now, entries)) return none;
    measure(&now, entries);
  }
  return best;
}

/* ---- building ------------------------------------------------------------------------------- */

/* Writes the entry's record below the heap and returns the slot that points to it. */
static uint32_t write_entry(tni_node *leaf, const tni_entry *entry) {
  uint32_t tail_size = (uint32_t)entry->key.size - leaf->prefix_size, rest_size = tni_rest_size(tail_size);
  const uint8_t *rest = (const uint8_t *)entry->key.data + entry->key.size - rest_size;
  uint16_t value_size = (uint16_t)entry->value.size;
  leaf->heap = (uint16_t)(leaf->heap - TNI_INLINE_HEADER - rest_size - value_size);
  uint8_t *out = (uint8_t *)leaf + leaf->heap;
  memcpy(out, &value_size, sizeof value_size);
  out += TNI_INLINE_HEADER;
  if (rest + rest_size == (const uint8_t *)entry->value.data) {
    memcpy(out, rest, rest_size + value_size);
  } else {
    memcpy(out, rest, rest_size);
    if (value_size > 0) memcpy(out + rest_size, entry->value.data, value_size);
  }
  return leaf->heap | tail_size << 16;
}

void tni_fill_leaf(tni_node *leaf, uint64_t birth, const tni_entry *entries, const tni_fill_plan *chosen) {
  uint32_t prefix_size = chosen->plan.prefix_size, count = chosen->count;
  tni_node_init(leaf, birth, 0, false, prefix_size);
  memcpy(leaf->bytes, entries[0].key.data, prefix_size);
  leaf->count = (uint16_t)count;
  uint32_t *heads = tni_heads_edit(leaf), *slots = tni_slots_edit(leaf);
  for (uint32_t i = 0; i < count; i++) {
    tn_slice key = entries[i].key;
    heads[i] = tni_head((const uint8_t *)key.data + prefix_size, key.size - prefix_size);
    slots[i] = write_entry(leaf, &entries[i]);
  }
  leaf->link = count - 1;
  leaf->run = (uint8_t)(count - 1);
  assert(tni_heads_offset(leaf) + 4 * 2 * count <= leaf->heap);
}
