#include <stddef.h>

#include "map_internal.h"

/* A slot is taken by writing the version's address into it, and means nothing before that address is found to be the
 * published one still: a reader that was slow in between looks again. The writer looks at the slots only after it has
 * looked at what is published, so it sees every pin of an older version that will ever hold (hazard pointers). */

tni_slots *tni_slots_create(const tn_memory *memory, uint32_t count) {
  size_t size = sizeof(tni_slots) + count * sizeof(tni_slot), raw_size = size + TNI_SLOT_BYTES;
  void *raw = tni_alloc(memory, raw_size);
  if (!raw) return NULL;
  size_t skip = (TNI_SLOT_BYTES - (uintptr_t)raw % TNI_SLOT_BYTES) % TNI_SLOT_BYTES;
  tni_slots *slots = (tni_slots *)(void *)((uint8_t *)raw + skip);
  atomic_init(&slots->next, NULL);
  slots->raw = raw;
  slots->raw_size = raw_size;
  slots->count = count;
  for (uint32_t i = 0; i < count; i++) atomic_init(&slots->slots[i].version, NULL);
  return slots;
}

void tni_slots_destroy(const tn_memory *memory, tni_slots *slots) {
  for (tni_slots *next; slots; slots = next) {
    next = atomic_load_explicit(&slots->next, memory_order_relaxed);
    tni_free(memory, slots->raw, slots->raw_size);
  }
}

static tni_slots *next_of(const tni_slots *slots) { return atomic_load_explicit(&slots->next, memory_order_acquire); }

/* Where a thread looks first: its stack tells threads apart. */
static uint32_t first_try(uint32_t count) {
  char here;
  uint64_t mixed = ((uint64_t)(uintptr_t)&here >> 12) * 0x9e3779b97f4a7c15u;
  return (uint32_t)(mixed >> 40) % count;
}

static tni_slot *claim_in(tni_slots *slots, const tni_version *version) {
  uint32_t start = first_try(slots->count);
  for (uint32_t i = 0; i < slots->count; i++) {
    tni_slot *slot = &slots->slots[(start + i) % slots->count];
    const tni_version *none = NULL;
    if (atomic_load_explicit(&slot->version, memory_order_relaxed) == NULL &&
        atomic_compare_exchange_strong(&slot->version, &none, version))
      return slot;
  }
  return NULL;
}

/* The run behind the last, made by whoever comes first. */
static tni_slots *grow(const tn_memory *memory, tni_slots *last) {
  tni_slots *more = tni_slots_create(memory, TNI_SLOTS_MORE), *none = NULL;
  if (!more) return next_of(last);
  if (atomic_compare_exchange_strong(&last->next, &none, more)) return more;
  tni_slots_destroy(memory, more);
  return none;
}

static tni_slot *claim(tni_state *state, const tni_version *version) {
  for (tni_slots *slots = state->slots; slots;) {
    tni_slot *slot = claim_in(slots, version);
    if (slot) return slot;
    tni_slots *next = next_of(slots);
    slots = next ? next : grow(state->memory, slots);
  }
  return NULL;
}

#define FRESH_LINES 4 /* of a root: with a few dozen children that is all of it */

/* Beside a writer these come from the cache of its processor: together, and while a slot is claimed, which may have
 * to come from there as well. Neither address need be good any more. */
static void fetch_news(const tni_state *state, const tni_version *version) {
  tni_prefetch(version, 1);
  const tni_node *fresh = atomic_load_explicit(&state->fresh, memory_order_relaxed);
  if (fresh) tni_prefetch(fresh, FRESH_LINES);
}

tn_status tni_pin_take(tni_state *state, tni_pin *out) {
  const tni_version *version = atomic_load(&state->published);
  fetch_news(state, version);
  tni_slot *slot = claim(state, version);
  if (!slot) return TN_NOMEM;
  for (const tni_version *now; (now = atomic_load(&state->published)) != version; version = now)
    atomic_store(&slot->version, now);
  *out = (tni_pin){version, slot};
  return TN_OK;
}

void tni_pin_drop(tni_state *state, tni_pin *pin) {
  (void)state;
  tni_slot *slot = (tni_slot *)pin->slot;
  atomic_store_explicit(&slot->version, NULL, memory_order_release);
  *pin = (tni_pin){NULL, NULL};
}

void tni_slots_scan(tni_state *state) {
  state->scan++;
  for (tni_slots *slots = state->slots; slots; slots = next_of(slots)) {
    for (uint32_t i = 0; i < slots->count; i++) {
      const tni_version *version = atomic_load(&slots->slots[i].version);
      if (version) tni_box_of(version)->scan = state->scan;
    }
  }
}

uint32_t tni_slots_count_held(tni_slots *slots) {
  uint32_t held = 0;
  for (; slots; slots = next_of(slots))
    for (uint32_t i = 0; i < slots->count; i++)
      held += atomic_load_explicit(&slots->slots[i].version, memory_order_relaxed) != NULL;
  return held;
}
