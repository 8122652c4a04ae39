#include "map.h"

#include <assert.h>

#include "map_finger.h"
#include "map_ways.h"

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
  atomic_init(&state->fresh, NULL);
  state->roots = (tni_root *)tni_alloc_zero(memory, (map_count + 1) * sizeof *state->roots);
  state->seeds = (uint64_t *)tni_alloc_zero(memory, (map_count + 1) * sizeof *state->seeds);
  state->newest = tni_box_create(memory, map_count);
  state->slots = tni_slots_create(memory, TNI_SLOTS_FIRST);
  state->finger = (tni_finger *)tni_alloc(memory, sizeof *state->finger);
  if (!state->roots || !state->seeds || !state->newest || !state->slots || !state->finger) {
    tni_state_destroy(state);
    return TN_NOMEM;
  }
  tni_finger_init(state->finger, state);
  if (map_count > 0) memcpy(state->seeds, map_seeds, map_count * sizeof *map_seeds);
  atomic_store_explicit(&state->published, tni_version_in(state->newest), memory_order_release);
  *out = state;
  return TN_OK;
}

static void free_boxes(tni_state *state, tni_box *box) {
  for (tni_box *older; box; box = older) {
    older = box->older;
    tni_free_retired(state, &box->retired);
    tni_box_destroy(state->memory, box, state->map_count);
  }
}

static void free_frames(tni_state *state) {
  for (tni_saved *frame = state->frames, *above; frame; frame = above) {
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
  tni_free(state->memory, state->finger, sizeof *state->finger);
  tni_free(state->memory, state->ways, sizeof *state->ways);
  tni_free(state->memory, state->roots, (state->map_count + 1) * sizeof *state->roots);
  tni_free(state->memory, state->seeds, (state->map_count + 1) * sizeof *state->seeds);
  tni_free(state->memory, state, sizeof *state);
}

void tni_state_set_memory_max(tni_state *state, uint64_t bytes) { state->memory_max = bytes; }
const tni_root *tni_state_working(const tni_state *state) { return state->roots; }
tni_digest tni_state_digest(const tni_state *state) { return state->digest; }
uint64_t tni_state_edits(const tni_state *state) { return state->edits; }

#define ROOM_BYTES ((size_t)8 << 20)
tn_slice tni_state_room(const tni_state *state) { return tni_slab_room(&state->slab, ROOM_BYTES); }

#define ENTRY_BYTES_LEAST 16
void tni_state_expect(tni_state *state, uint64_t entries) {
  tni_slab_expect(&state->slab, entries < UINT32_MAX ? entries * ENTRY_BYTES_LEAST : 0);
}

/* ---- stats ---------------------------------------------------------------------------------- */

tni_state_stats tni_state_get_stats(tni_state *state) {
  tni_state_stats stats = {.live_bytes = state->slab.used_bytes - state->retired_bytes,
                           .retired_bytes = state->retired_bytes,
                           .reserved_bytes = state->slab.reserved_bytes,
                           .nodes = state->slab.node_count,
                           .pins = tni_slots_count_held(state->slots)};
  return stats;
}
