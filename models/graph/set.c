#include "set.h"

#include "names.h"

#define CAPACITY_MIN 64
#define SET_CAPACITY_MIN 256     /* what two hops find mostly needs no more */
#define HASH 0x9e3779b97f4a7c15u /* multiplicative hashing; the high bits are the good ones */

static uint64_t slot_of(uint64_t id, uint64_t capacity) {
  return (id * HASH) >> (64 - (unsigned)__builtin_ctzll(capacity));
}

static void *zeros(tn_ctx *ctx, uint64_t count, size_t size) {
  void *data = tn_scratch(ctx, (size_t)count * size);
  if (data) memset(data, 0, (size_t)count * size);
  return data;
}

/* ---- the set ----------------------------------------------------------------------------------- */

tn_status tni_graph_set_init(tni_graph_set *set, tn_ctx *ctx) {
  *set = (tni_graph_set){.ctx = ctx, .capacity = SET_CAPACITY_MIN};
  set->slots = zeros(ctx, set->capacity, sizeof *set->slots);
  return set->slots ? TN_OK : tni_no_memory(ctx);
}

static bool bit_of(const tni_graph_set *set, uint64_t id) { return set->bits[id / 64] >> (id % 64) & 1; }

/* Where the id is, or the empty slot where it would be. */
static uint64_t find(const uint64_t *slots, uint64_t capacity, uint64_t id) {
  uint64_t at = slot_of(id, capacity);
  while (slots[at] != 0 && slots[at] != id) at = (at + 1) & (capacity - 1);
  return at;
}

bool tni_graph_set_has(const tni_graph_set *set, uint64_t id) {
  if (set->bits) return id <= set->last && bit_of(set, id);
  return set->slots[find(set->slots, set->capacity, id)] == id;
}

size_t tni_graph_set_rest(const tni_graph_set *set, uint64_t *ids, size_t count) {
  const uint64_t *slots = set->slots;
  uint64_t before = 0, capacity = set->capacity;
  size_t kept = 0;
  for (size_t i = 0; i < count; i++) {
    uint64_t id = ids[i];
    bool is_new = slots ? slots[find(slots, capacity, id)] != id : !tni_graph_set_has(set, id);
    ids[kept] = id;
    kept += is_new & (id != before);
    before = id;
  }
  return kept;
}

static tn_status become_bits(tni_graph_set *set) {
  set->bits = zeros(set->ctx, set->last / 64 + 1, sizeof *set->bits);
  if (!set->bits) return tni_no_memory(set->ctx);
  for (uint64_t i = 0; i < set->capacity; i++) {
    uint64_t id = set->slots[i];
    if (id > set->last) return tni_graph_corrupt(set->ctx, "an id");
    if (id != 0) set->bits[id / 64] |= UINT64_C(1) << (id % 64);
  }
  set->slots = NULL;
  return TN_OK;
}

static tn_status find_last(tni_graph_set *set) {
  int64_t last;
  TRY(tni_graph_counter_get(set->ctx, TNI_GRAPH_LAST_NODE, 0, &last));
  return set->last = (uint64_t)last, TN_OK;
}

static tn_status grow(tni_graph_set *set) {
  uint64_t capacity = set->capacity * 4;
  if (set->last == 0) TRY(find_last(set));
  if (capacity >= set->last / 64) return become_bits(set);
  uint64_t *slots = zeros(set->ctx, capacity, sizeof *slots);
  if (!slots) return tni_no_memory(set->ctx);
  for (uint64_t i = 0; i < set->capacity; i++)
    if (set->slots[i] != 0) slots[find(slots, capacity, set->slots[i])] = set->slots[i];
  set->slots = slots;
  set->capacity = capacity;
  return TN_OK;
}

tn_status tni_graph_set_add(tni_graph_set *set, uint64_t id, bool *added) {
  if (!set->bits && set->count * 2 >= set->capacity) TRY(grow(set));
  if (set->bits) {
    if (id > set->last) return tni_graph_corrupt(set->ctx, "an id");
    *added = !bit_of(set, id);
    set->bits[id / 64] |= UINT64_C(1) << (id % 64);
  } else {
    uint64_t *slot = &set->slots[find(set->slots, set->capacity, id)];
    *added = *slot == 0;
    *slot = id;
  }
  set->count += *added;
  return TN_OK;
}

/* ---- the trail --------------------------------------------------------------------------------- */

tn_status tni_graph_trail_init(tni_graph_trail *trail, tn_ctx *ctx) {
  *trail = (tni_graph_trail){ctx, NULL, CAPACITY_MIN, 0};
  trail->slots = zeros(ctx, trail->capacity, sizeof *trail->slots);
  return trail->slots ? TN_OK : tni_no_memory(ctx);
}

static tni_graph_step *step_of(tni_graph_step *slots, uint64_t capacity, uint64_t id) {
  uint64_t at = slot_of(id, capacity);
  while (slots[at].id != 0 && slots[at].id != id) at = (at + 1) & (capacity - 1);
  return &slots[at];
}

tni_graph_step *tni_graph_trail_at(const tni_graph_trail *trail, uint64_t id) {
  tni_graph_step *step = step_of(trail->slots, trail->capacity, id);
  return step->id == id ? step : NULL;
}

static tn_status grow_trail(tni_graph_trail *trail) {
  uint64_t capacity = trail->capacity * 4;
  tni_graph_step *slots = zeros(trail->ctx, capacity, sizeof *slots);
  if (!slots) return tni_no_memory(trail->ctx);
  for (uint64_t i = 0; i < trail->capacity; i++)
    if (trail->slots[i].id != 0) *step_of(slots, capacity, trail->slots[i].id) = trail->slots[i];
  trail->slots = slots;
  trail->capacity = capacity;
  return TN_OK;
}

tn_status tni_graph_trail_add(tni_graph_trail *trail, uint64_t id, tni_graph_step **step, bool *added) {
  if (trail->count * 2 >= trail->capacity) TRY(grow_trail(trail));
  *step = step_of(trail->slots, trail->capacity, id);
  *added = (*step)->id == 0;
  (*step)->id = id;
  trail->count += *added;
  return TN_OK;
}

/* ---- lists ------------------------------------------------------------------------------------- */

tn_status tni_graph_list_grow(tni_graph_list *list, size_t more) {
  size_t capacity = list->capacity == 0 ? CAPACITY_MIN : list->capacity * 2;
  if (capacity < list->count + more) capacity = list->count + more;
  uint64_t *items = tn_scratch(list->ctx, capacity * sizeof *items);
  if (!items) return tni_no_memory(list->ctx);
  if (list->count > 0) memcpy(items, list->items, list->count * sizeof *items);
  list->items = items;
  list->capacity = capacity;
  return TN_OK;
}
