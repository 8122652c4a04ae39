#include "map.h"

#include <assert.h>

#include "map_internal.h"

/* ---- life ----------------------------------------------------------------------------------- */

tn_status tni_state_create(const tn_memory *memory, uint32_t map_count, const uint64_t *map_seeds, tni_state **out) {
  assert(map_count <= TNI_MAP_MAX);
  tni_state *state = (tni_state *)tni_alloc_zero(memory, sizeof *state);
  if (!state) return TN_NOMEM;
  state->memory = memory;
  state->map_count = map_count;
  state->generation = 1;
  tni_slab_init(&state->slab, memory);
  atomic_init(&state->published, NULL);
  state->roots = (tni_root *)tni_alloc_zero(memory, (map_count + 1) * sizeof *state->roots);
  state->seeds = (uint64_t *)tni_alloc_zero(memory, (map_count + 1) * sizeof *state->seeds);
  state->newest = (tni_box *)tni_alloc_zero(memory, tni_box_bytes(map_count));
  state->slots = tni_slots_create(memory, TNI_SLOTS_FIRST);
  if (!state->roots || !state->seeds || !state->newest || !state->slots) {
    tni_state_destroy(state);
    return TN_NOMEM;
  }
  if (map_count > 0) memcpy(state->seeds, map_seeds, map_count * sizeof *map_seeds);
  atomic_store_explicit(&state->published, tni_version_in(state->newest), memory_order_release);
  *out = state;
  return TN_OK;
}

static void free_boxes(tni_state *state, tni_box *box) {
  for (tni_box *older; box; box = older) {
    older = box->older;
    tni_free_retired(state, &box->retired);
    tni_free(state->memory, box, tni_box_bytes(state->map_count));
  }
}

static void free_frames(tni_state *state) {
  for (tni_frame *frame = state->frames, *above; frame; frame = above) {
    above = frame->above;
    tni_free(state->memory, frame, sizeof *frame + state->map_count * sizeof(tni_root));
  }
}

void tni_state_destroy(tni_state *state) {
  if (!state) return;
  tni_free_retired(state, &state->log);
  free_boxes(state, state->newest);
  free_boxes(state, state->boxes);
  for (uint32_t map = 0; map < state->map_count && state->slab.blob_count > 0; map++)
    if (state->roots[map].node != 0) tni_free_young(state, state->roots[map].node, 0);
  free_frames(state);
  tni_slab_fini(&state->slab);
  tni_slots_destroy(state->memory, state->slots);
  tni_free(state->memory, state->roots, (state->map_count + 1) * sizeof *state->roots);
  tni_free(state->memory, state->seeds, (state->map_count + 1) * sizeof *state->seeds);
  tni_free(state->memory, state, sizeof *state);
}

void tni_state_set_memory_max(tni_state *state, uint64_t bytes) { state->memory_max = bytes; }
const tni_root *tni_state_working(const tni_state *state) { return state->roots; }
tni_digest tni_state_digest(const tni_state *state) { return state->digest; }
uint64_t tni_state_edits(const tni_state *state) { return state->edits; }

/* ---- lookups -------------------------------------------------------------------------------- */

tn_status tni_map_get(const tni_state *state, const tni_root *roots, uint32_t map, tn_slice key, tn_slice *value) {
  const tni_directory *directory = tni_directory_of(state);
  uint32_t number = roots[map].node;
  if (number == 0 || key.size > TNI_KEY_SIZE_MAX) return TN_NOT_FOUND;
  if (key.size == 0) key.data = "";
  const tni_node *node = tni_node_in(directory, number);
  for (uint32_t level = roots[map].height - 1; level > 0; level--) {
    node = tni_node_in(directory, tni_children(node)[tni_inner_find(node, key)]);
    tni_prefetch(node, level > 1 ? TNI_INNER_LINES : TNI_LEAF_TOP_LINES);
  }
  bool exact;
  uint32_t slot = tni_leaf_find(node, key, &exact);
  if (!exact) return TN_NOT_FOUND;
  *value = tni_leaf_value(node, slot);
  return TN_OK;
}

/* The lookups take each step together, so that their cache misses overlap: also the one on the record, which the last
 * comparison reads. */
#define LANES 16 /* lookups on their way at once */
#define RECORD_LINES 2
#define ROOM_LINES 2 /* where an entry that is added goes, at the end of what is free */

/* Each key's leaf, and where in it the key may be; that record is on its way. */
static void find_lanes(const tni_directory *directory, tni_root root, const tn_slice *keys, uint32_t count,
                       const tni_node **nodes, tni_span *spans) {
  for (uint32_t i = 0; i < count; i++) nodes[i] = tni_node_in(directory, root.node);
  for (uint32_t level = root.height - 1; level > 0; level--) {
    for (uint32_t i = 0; i < count; i++) {
      nodes[i] = tni_node_in(directory, tni_children(nodes[i])[tni_inner_find(nodes[i], keys[i])]);
      tni_prefetch(nodes[i], level > 1 ? TNI_INNER_LINES : TNI_LEAF_TOP_LINES);
    }
  }
  for (uint32_t i = 0; i < count; i++) {
    spans[i] = tni_leaf_narrow(nodes[i], keys[i]);
    if (spans[i].from < spans[i].to)
      tni_prefetch(tni_slot_rest(nodes[i], (spans[i].from + spans[i].to) / 2), RECORD_LINES);
  }
}

static void get_lanes(const tni_directory *directory, tni_root root, const tn_slice *keys, uint32_t count,
                      tn_slice *values) {
  const tni_node *nodes[LANES];
  tni_span spans[LANES];
  find_lanes(directory, root, keys, count, nodes, spans);
  for (uint32_t i = 0; i < count; i++) {
    bool exact = false;
    uint32_t slot = tni_leaf_decide(nodes[i], spans[i], keys[i], &exact);
    values[i] = exact ? tni_leaf_value(nodes[i], slot) : (tn_slice){NULL, 0};
  }
}

static bool plain_keys(const tn_slice *keys, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (keys[i].size == 0 || keys[i].size > TNI_KEY_SIZE_MAX) return false;
  return true;
}

void tni_map_get_many(const tni_state *state, const tni_root *roots, uint32_t map, const tn_slice *keys, size_t count,
                      tn_slice *values) {
  const tni_directory *directory = tni_directory_of(state);
  for (size_t at = 0; at < count; at += LANES) {
    size_t lanes = count - at < LANES ? count - at : LANES;
    if (roots[map].node != 0 && plain_keys(keys + at, lanes)) {
      get_lanes(directory, roots[map], keys + at, (uint32_t)lanes, values + at);
      continue;
    }
    for (size_t i = at; i < at + lanes; i++)
      if (tni_map_get(state, roots, map, keys[i], &values[i]) != TN_OK) values[i] = (tn_slice){NULL, 0};
  }
}

void tni_map_prefetch(const tni_state *state, uint32_t map, const tn_slice *keys, size_t count) {
  const tni_node *nodes[LANES];
  tni_span spans[LANES];
  for (size_t at = 0; at < count && state->roots[map].node != 0; at += LANES) {
    size_t lanes = count - at < LANES ? count - at : LANES;
    if (!plain_keys(keys + at, lanes)) continue;
    find_lanes(tni_directory_of(state), state->roots[map], keys + at, (uint32_t)lanes, nodes, spans);
    for (size_t i = 0; i < lanes; i++)
      tni_prefetch((const uint8_t *)nodes[i] + nodes[i]->heap - ROOM_LINES * TNI_LINE, ROOM_LINES);
  }
}

#define ROOM_BYTES ((size_t)8 << 20)
tn_slice tni_state_room(const tni_state *state) { return tni_slab_room(&state->slab, ROOM_BYTES); }

/* ---- stats ---------------------------------------------------------------------------------- */

tni_state_stats tni_state_get_stats(tni_state *state) {
  tni_state_stats stats = {.live_bytes = state->slab.used_bytes - state->retired_bytes,
                           .retired_bytes = state->retired_bytes,
                           .reserved_bytes = state->slab.reserved_bytes,
                           .nodes = state->slab.node_count,
                           .pins = tni_slots_count_held(state->slots)};
  return stats;
}
